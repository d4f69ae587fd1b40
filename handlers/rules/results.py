"""What a survey's answers come to: counts, means and texts, question by question.

Of an anonymous survey nothing is told of a question that fewer than ENOUGH have answered, nor of an answer that fewer
gave, and a mean from which such a number could be worked out is rounded to halves. There is no other view of
the same answers: no filter, no crossing of two questions and no running total, from which a smaller number could be
subtracted. Texts of different questions are sorted by themselves, so that those of one person can't be put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handlers.rules.questions import Question, chosen
from handlers.rules.suppression import suppressed
from handlers.rules.surveys import ENOUGH
from storage.surveys import Answered

A_PAGE = 900
"""How many characters of texts a page holds; a longer text has a page of its own."""

MOST_ON_A_PAGE = 5


@dataclass(frozen=True, slots=True)
class Tally:
    """The numbers of one question: counts in the order of its options, and a mean where it has one.

    `told` are the counts that may be shown, None for those that may not; the mean may always be shown.
    """

    question: Question
    counts: dict[str, int]
    told: dict[str, int | None]
    mean: float | None
    answered: int
    """How many answered this question rather than skipping it."""
    shown: bool = True
    """Whether enough did for the numbers to be told."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one person wrote; `member_id` only in a named survey."""

    text: str
    member_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a question came to before and after; of the same people where the surveys had names, else of each group."""

    question: Question
    before: float
    after: float
    more: int | None = None
    same: int | None = None
    less: int | None = None
    """How many gave more, as much or less afterwards; None where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A question's mean now, and that of earlier events of the same kind that asked it too."""

    question: Question
    now: float
    earlier: float
    events: int


def tallies(
    questions: Sequence[Question], answered: Sequence[Answered], *, anonymous: bool = True
) -> list[Tally]:
    """Count the answers to every question that offers options; codes that are not offered are left out."""
    return [_tally(question, answered, anonymous) for question in questions if question.options]


def texts(
    questions: Sequence[Question], answered: Sequence[Answered], *, anonymous: bool = True
) -> list[Said]:
    """List what was written, question by question; anonymous texts of few only where everybody was asked."""
    found: list[Said] = []
    for question in questions:
        if question.typed:
            said = [Said(text, one.member_id) for one in answered if (text := one.answers.get(question.code))]
            if not anonymous:
                found += said
            elif question.when is None or len(said) >= ENOUGH:
                found += sorted(said, key=lambda one: one.text)
    return found


def changes(
    before: tuple[Sequence[Question], Sequence[Answered]],
    after: tuple[Sequence[Question], Sequence[Answered]],
    *,
    named: bool,
) -> list[Change]:
    """Compare the questions asked before as well as after, each answered by enough people both times."""
    asked = {one.code: one for one in before[0] if one.numbered}
    pairs = [one for one in after[0] if one.code in asked and asked[one.code].kind == one.kind]
    found = [(_matched if named else _grouped)(one, before[1], after[1]) for one in pairs]
    return [one for one in found if one is not None]


def earlier(
    now: tuple[Sequence[Question], Sequence[Answered]],
    others: Iterable[tuple[Sequence[Question], Sequence[Answered]]],
) -> list[Earlier]:
    """Compare each number with that of earlier surveys, every one of them answered by enough people."""
    means = [_means(*one) for one in others]
    found = []
    for question, mean in _means(*now).values():
        known = [
            one[question.code][1]
            for one in means
            if question.code in one and one[question.code][0].kind == question.kind
        ]
        if known:
            found.append(Earlier(question, mean, sum(known) / len(known), len(known)))
    return found


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


def _tally(question: Question, answered: Sequence[Answered], anonymous: bool) -> Tally:
    given = [set(_codes(question, one)) & set(question.codes) for one in answered]
    many = sum(bool(one) for one in given)
    if anonymous and many < ENOUGH:
        return Tally(question, {}, {}, None, 0, shown=False)
    counted = Counter(code for one in given for code in one)
    counts = {code: counted[code] for code in question.codes}
    told: dict[str, int | None] = _told(question, counts, many) if anonymous else {**counts}
    mean = question.mean(counts)
    if mean is not None and None in told.values():
        # Some counts and the mean together would tell the others.
        told, mean = dict.fromkeys(told), round(2 * mean) / 2
    return Tally(question, counts, told, mean, many)


def _told(question: Question, counts: dict[str, int], many: int) -> dict[str, int | None]:
    """Leave out the counts of few people, and where one of several answers is possible, what would give them away."""
    if not question.several:
        return suppressed(counts)
    return {
        code: None if 0 < count < ENOUGH or 0 < many - count < ENOUGH else count
        for code, count in counts.items()
    }


def _codes(question: Question, one: Answered) -> list[str]:
    given = one.answers.get(question.code)
    if question.several:
        return chosen(given)
    return [given] if given else []


def _means(questions: Sequence[Question], answered: Sequence[Answered]) -> dict[str, tuple[Question, float]]:
    return {
        one.question.code: (one.question, one.mean)
        for one in tallies(questions, answered)
        if one.mean is not None
    }


def _grouped(question: Question, before: Sequence[Answered], after: Sequence[Answered]) -> Change | None:
    first, second = _tally(question, before, anonymous=True), _tally(question, after, anonymous=True)
    if first.mean is None or second.mean is None:
        return None
    return Change(question, first.mean, second.mean)


def _matched(question: Question, before: Sequence[Answered], after: Sequence[Answered]) -> Change | None:
    first, second = _by_person(question, before), _by_person(question, after)
    both = first.keys() & second.keys()
    if len(both) < ENOUGH:
        return None
    steps = [second[one] - first[one] for one in both]
    return Change(
        question,
        sum(first[one] for one in both) / len(both),
        sum(second[one] for one in both) / len(both),
        more=sum(step > 0 for step in steps),
        same=steps.count(0),
        less=sum(step < 0 for step in steps),
    )


def _by_person(question: Question, answered: Sequence[Answered]) -> dict[int, int]:
    return {
        one.member_id: int(given)
        for one in answered
        if one.member_id is not None and (given := one.answers.get(question.code)) in question.codes
    }
