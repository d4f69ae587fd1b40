"""What a survey's answers come to: counts, means and texts, question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handlers.rules.questions import Question
from storage.surveys import Answered

A_PAGE = 900
"""How many characters of texts a page holds; a longer text has a page of its own."""

MOST_ON_A_PAGE = 5


@dataclass(frozen=True, slots=True)
class Tally:
    """The numbers of one question: counts in the order of its options, and a mean where it has one."""

    question: Question
    counts: dict[str, int]
    mean: float | None

    @property
    def answered(self) -> int:
        """Count who answered this question rather than skipping it."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Said:
    """What one person wrote; `member_id` only in a named survey."""

    text: str
    member_id: int | None


def tallies(questions: Sequence[Question], answered: Sequence[Answered]) -> list[Tally]:
    """Count the answers to every question that offers options; codes no longer offered are left out."""
    return [_tally(question, answered) for question in questions if question.options]


def texts(questions: Sequence[Question], answered: Sequence[Answered]) -> list[Said]:
    """List what was written, in the order of the answers."""
    written = [question.code for question in questions if question.typed]
    return [
        Said(text, one.member_id) for code in written for one in answered if (text := one.answers.get(code))
    ]


def share(part: int, whole: int) -> int:
    """Return the part in whole percent, 0 of nothing."""
    return round(100 * part / whole) if whole else 0


def paged(said: Iterable[Said]) -> list[list[Said]]:
    """Fill pages with texts in their order."""
    pages: list[list[Said]] = []
    room = 0
    for one in said:
        if not pages or len(one.text) > room or len(pages[-1]) == MOST_ON_A_PAGE:
            pages.append([])
            room = A_PAGE
        pages[-1].append(one)
        room -= len(one.text)
    return pages


def _tally(question: Question, answered: Sequence[Answered]) -> Tally:
    given = Counter(one.answers.get(question.code) for one in answered)
    counts = {option.code: given[option.code] for option in question.options}
    return Tally(question, counts, question.mean(counts))
