"""The questions of a survey, and what counts as an answer to each.

A new kind of question is a new subclass of Question here, listed in KINDS, and says all about itself: what it offers,
what it accepts when typed, and which numbers come of its answers. Answers are kept as codes, never as labels, so that
a translation can change without orphaning them. A survey carries a copy of its questions from the moment it opens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, ClassVar

from locales import LANGUAGES, N_, NP_, Message, clean, speech, to_ascii_digits
from storage.events import FALLBACK
from storage.surveys import Answers, Survey

LONGEST_TEXT = 2_000
LARGEST_TEXT = 3_700
"""The characters of all texts of one person, and their bytes once written down: all answers must fit a ballot."""

ANYTHING = "any"
"""In a condition on a question that is answered in own words, in place of a code."""

SEPARATOR = ","
"""Stands between the codes of several chosen options."""

_BETWEEN = re.compile(r"[\s,،;؛.+و-]+")

Wording = Message | Mapping[str, str]
"""A text of the catalogs, or what was written of it in each language."""


def worded(wording: Wording, lang: str) -> str:
    """Return a text in a language, or in the nearest one that has it."""
    if isinstance(wording, Message):
        return speech(lang).say(wording)
    return next((text for one in (lang, *FALLBACK) if (text := wording.get(one, ""))), "")


class Misfit(Enum):
    """Why something typed is no answer."""

    CHOOSE = "choose"
    EMPTY = "empty"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. A label of None shows the code itself, as for a number."""

    code: str
    label: Wording | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Asked only of those who answered an earlier question with one of these codes, or wrote ANYTHING at all."""

    code: str
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question: `code` never changes, `name` is its short name, `text` what is asked."""

    code: str
    name: Wording
    text: Wording
    options: tuple[Option, ...] = ()
    when: Condition | None = None

    kind: ClassVar[str]
    typed: ClassVar[bool] = False
    """Whether the answer is in the person's own words rather than a code."""
    several: ClassVar[bool] = False
    """Whether more than one option may be chosen."""
    numbered: ClassVar[bool] = False
    """Whether the options are numbers, which one may type as well."""
    own_options: ClassVar[bool] = False
    """Whether the options are for whoever writes the question to say."""
    hint: ClassVar[Message | None] = None
    """How to answer where that can be typed; None where an answer can only be tapped."""

    def read(self, given: str) -> str | Misfit:
        """Return what to keep of a tapped code or a typed text."""
        code = to_ascii_digits(given).strip()
        return code if code in self.codes else Misfit.CHOOSE

    @property
    def codes(self) -> list[str]:
        """List the codes of its options."""
        return [option.code for option in self.options]

    @property
    def grounds(self) -> list[str]:
        """List what a condition on this question may name."""
        return [ANYTHING] if self.typed else self.codes

    def mean(self, counts: Mapping[str, int]) -> float | None:
        """Return the mean of the answers, where one makes sense."""
        total = sum(counts.values())
        if not self.numbered or not total:
            return None
        return sum(int(code) * count for code, count in counts.items()) / total


@dataclass(frozen=True, slots=True)
class Choice(Question):
    """One of a few options."""

    kind = "choice"
    own_options = True


@dataclass(frozen=True, slots=True)
class Several(Question):
    """Any number of a few options; the answer is their codes in the order of the options."""

    kind = "several"
    several = True
    own_options = True
    hint = N_("Tap all that fit, then Done. Or send their numbers in one message, for example: 1 3")

    def read(self, given: str) -> str | Misfit:
        """Return the codes of what was chosen, given as codes or as places in the list."""
        found = {self._code(one) for one in _BETWEEN.split(to_ascii_digits(given)) if one}
        if not found or not found <= set(self.codes):
            return Misfit.CHOOSE
        return SEPARATOR.join(code for code in self.codes if code in found)

    def _code(self, one: str) -> str:
        at = int(one) if one.isascii() and one.isdigit() and len(one) <= 2 else 0
        return self.codes[at - 1] if 0 < at <= len(self.options) else one


@dataclass(frozen=True, slots=True)
class Rating(Question):
    """A number from 1 to 5; 5 is best."""

    options: tuple[Option, ...] = tuple(Option(str(number)) for number in range(1, 6))

    kind = "rating"
    numbered = True


@dataclass(frozen=True, slots=True)
class Scale(Question):
    """A number from 0 to 10; 10 is most."""

    options: tuple[Option, ...] = tuple(Option(str(number)) for number in range(11))

    kind = "scale"
    numbered = True
    hint = N_("Tap or send a number from 0 to 10.")


@dataclass(frozen=True, slots=True)
class Consent(Question):
    """Yes or no; whoever skips it has not agreed."""

    options: tuple[Option, ...] = (
        Option("yes", NP_("button", "Yes, I agree")),
        Option("no", NP_("button", "No")),
    )

    kind = "consent"


@dataclass(frozen=True, slots=True)
class Words(Question):
    """A text in the person's own words, of several lines if they like."""

    share: int = 1
    """Among how many such questions the room of a ballot is divided."""

    kind = "words"
    typed = True
    hint = N_("Write your answer as a message.")

    @property
    def longest(self) -> int:
        """Return how many characters the text may have."""
        return LONGEST_TEXT // self.share

    def read(self, given: str) -> str | Misfit:
        """Return the text without what it can't hold; too long a one is not cut but refused."""
        text = "\n".join(clean(line) for line in given.splitlines()).strip()
        if not text:
            return Misfit.EMPTY
        written = len(json.dumps(text, ensure_ascii=False).encode())
        too_long = len(text) > self.longest or written > LARGEST_TEXT // self.share
        return Misfit.LONG if too_long else text


KINDS: dict[str, type[Question]] = {one.kind: one for one in (Rating, Scale, Choice, Several, Words, Consent)}
"""Every kind of question under its name, in the order in which a coordinator chooses."""


# --- written down -------------------------------------------------------------------------------------------


def written(questions: Iterable[Question]) -> list[dict[str, Any]]:
    """Write questions down in every language, for a survey or a template to keep."""
    return [
        {
            "kind": one.kind,
            "code": one.code,
            "name": _texts(one.name),
            "text": _texts(one.text),
            "options": [{"code": option.code, "label": _label(option)} for option in one.options],
            "when": {"code": one.when.code, "among": list(one.when.among)} if one.when else None,
        }
        for one in questions
    ]


def read(kept: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Read back what `written` wrote; a kind that no longer exists is left out."""
    found = tuple(_question(one) for one in kept if one["kind"] in KINDS)
    share = max(1, sum(one.typed for one in found))
    return tuple(replace(one, share=share) if isinstance(one, Words) else one for one in found)


def questions(survey: Survey) -> tuple[Question, ...]:
    """List the questions of a survey as they were when it opened."""
    return read(survey.form)


def _texts(wording: Wording) -> dict[str, str]:
    if isinstance(wording, Message):
        return {lang: worded(wording, lang) for lang in LANGUAGES}
    return {lang: text for lang, text in wording.items() if text}


def _label(option: Option) -> dict[str, str] | None:
    return None if option.label is None else _texts(option.label)


def _question(kept: Mapping[str, Any]) -> Question:
    when = kept["when"]
    return KINDS[kept["kind"]](
        kept["code"],
        kept["name"],
        kept["text"],
        tuple(Option(option["code"], option["label"]) for option in kept["options"]),
        Condition(when["code"], tuple(when["among"])) if when else None,
    )


# --- the way through them -----------------------------------------------------------------------------------


def path(form: Sequence[Question], answers: Mapping[str, str | None]) -> list[Question]:
    """List the questions that concern somebody who has answered so far as given, in order.

    A condition on a question that does not concern them, was skipped or is not answered yet is not met.
    """
    concerned: dict[str, Question] = {}
    for one in form:
        if one.when is None or (
            one.when.code in concerned and _met(concerned[one.when.code], one.when, answers)
        ):
            concerned[one.code] = one
    return list(concerned.values())


def _met(on: Question, when: Condition, answers: Mapping[str, str | None]) -> bool:
    given = answers.get(when.code)
    if on.typed:
        return bool(given)
    return bool(set(chosen(given)) & set(when.among))


def chosen(answer: str | None) -> list[str]:
    """List the codes that an answer to a question with options holds."""
    return answer.split(SEPARATOR) if answer else []


def settled(form: Sequence[Question], answers: Mapping[str, str | None]) -> Answers:
    """Leave of answers what is to be sent: those to the questions that concern the person."""
    return {one.code: answers.get(one.code) for one in path(form, answers)}


def find(form: Iterable[Question], code: str) -> Question | None:
    """Find a question by its code."""
    return next((one for one in form if one.code == code), None)


def place(form: Sequence[Question], code: str) -> int:
    """Return which question it is, from 1; 0 where there is none of that code."""
    codes = [one.code for one in form]
    return codes.index(code) + 1 if code in codes else 0


def before(form: Sequence[Question], code: str) -> Question | None:
    """Return the question before one, None before the first."""
    at = place(form, code)
    return form[at - 2] if at > 1 else None


def next_unanswered(form: Sequence[Question], answers: Collection[str]) -> Question | None:
    """Return the first question neither answered nor skipped, None when all are."""
    return next((one for one in form if one.code not in answers), None)
