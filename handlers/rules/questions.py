"""The questions of a survey, and what counts as an answer to each.

A new kind of question is a new subclass of Question here, and says all about itself: what it offers, what it
accepts when typed, and which numbers come of its answers. A new survey is a new line in TEMPLATES. Answers are kept
as codes, never as labels, so that a translation can change without orphaning them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from locales import N_, NP_, Message, clean, to_ascii_digits
from storage.surveys import Answers

LONGEST_TEXT = 2_000
LARGEST_TEXT = 3_800
"""A text's characters, and its bytes once written down: with the other answers it must fit a sealed ballot."""


class Misfit(Enum):
    """Why something typed is no answer."""

    CHOOSE = "choose"
    EMPTY = "empty"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. A label of None shows the code itself, as for a number."""

    code: str
    label: Message | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question: `code` never changes, `name` is its short name, `text` what is asked."""

    code: str
    name: Message
    text: Message

    options: tuple[Option, ...] = ()
    typed = False
    """Whether the answer is written rather than chosen."""

    def read(self, given: str) -> str | Misfit:
        """Return what to keep of a tapped code or a typed text."""
        code = to_ascii_digits(given).strip()
        return code if code in {option.code for option in self.options} else Misfit.CHOOSE

    def mean(self, counts: Mapping[str, int]) -> float | None:
        """Return the mean of the answers, where one makes sense."""
        return None


@dataclass(frozen=True, slots=True)
class Choice(Question):
    """One of a few options."""


@dataclass(frozen=True, slots=True)
class Rating(Question):
    """A number from 1 to 5; 5 is best."""

    options: tuple[Option, ...] = tuple(Option(str(number)) for number in range(1, 6))

    def mean(self, counts: Mapping[str, int]) -> float | None:
        """Return the mean rating."""
        total = sum(counts.values())
        return sum(int(code) * count for code, count in counts.items()) / total if total else None


@dataclass(frozen=True, slots=True)
class Words(Question):
    """A text in the person's own words, of several lines if they like."""

    typed = True

    def read(self, given: str) -> str | Misfit:
        """Return the text without what it can't hold; too long a one is not cut but refused."""
        text = "\n".join(clean(line) for line in given.splitlines()).strip()
        if not text:
            return Misfit.EMPTY
        written = len(json.dumps(text, ensure_ascii=False).encode())
        return Misfit.LONG if len(text) > LONGEST_TEXT or written > LARGEST_TEXT else text


TEMPLATES: dict[str, tuple[Question, ...]] = {
    "day": (
        Rating(
            "rating",
            NP_("button", "Rating"),
            N_("How useful was this day for your work? 1 means not useful, 5 means very useful."),
        ),
        Words(
            "words",
            NP_("button", "Your words"),
            N_("What should be kept, and what should be different tomorrow?"),
        ),
    ),
    "event": (
        Rating(
            "rating",
            NP_("button", "Rating"),
            N_("How useful was this for your work? 1 means not useful, 5 means very useful."),
        ),
        Choice(
            "use",
            NP_("button", "Use"),
            N_("How will you use what you took from it?"),
            (
                Option("own", NP_("button", "In my own work")),
                Option("share", NP_("button", "Share with my team")),
                Option("change", NP_("button", "Change how we work")),
                Option("partner", NP_("button", "Work with partners")),
                Option("none", NP_("button", "Not yet")),
            ),
        ),
        Words(
            "words",
            NP_("button", "Your words"),
            N_("What is one thing you learned, or one thing to do better next time?"),
        ),
    ),
}


def questions(template: str) -> tuple[Question, ...]:
    """List the questions of a template; none where it no longer exists."""
    return TEMPLATES.get(template, ())


def find(template: str, code: str) -> Question | None:
    """Find a question by its code."""
    return next((one for one in questions(template) if one.code == code), None)


def place(template: str, code: str) -> int:
    """Return which question it is, from 1; 0 where there is none of that code."""
    codes = [one.code for one in questions(template)]
    return codes.index(code) + 1 if code in codes else 0


def before(template: str, code: str) -> Question | None:
    """Return the question before one, None before the first."""
    at = place(template, code)
    return questions(template)[at - 2] if at > 1 else None


def next_unanswered(template: str, answers: Collection[str] | Answers) -> Question | None:
    """Return the first question neither answered nor skipped, None when all are."""
    return next((one for one in questions(template) if one.code not in answers), None)
