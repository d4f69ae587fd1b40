"""T20. No sequence of result views lets a number of fewer than five people be worked out.

What is looked for is not only a difference of two views: every set of answers that fits all that is shown is tried, by
a reader who knows the rules. Reports are tried in tests/rules/test_suppression.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.questions import Rating
from handlers.rules.results import Tally, tallies
from handlers.rules.surveys import ENOUGH
from handlers.rules.templates import TEMPLATES
from locales import Message
from storage.surveys import Answered

QUESTION = Rating("rating", Message("Rating"), Message("How was it?"))
Counts = tuple[int, ...]


def _tally(counts: Counts) -> Tally:
    """Count the answers as results are counted."""
    answers = [
        Answered(None, {"rating": code})
        for code, count in zip(QUESTION.codes, counts, strict=True)
        for _ in range(count)
    ]
    (tally,) = tallies([QUESTION], answers)
    return tally


def _views(counts: Counts) -> object:
    """Return all that is shown of a rating: whether, how many, which counts, the mean."""
    tally = _tally(counts)
    mean = None if tally.mean is None else round(tally.mean, 1)
    return tally.shown, tally.answered, tuple(tally.told.values()), mean


def _everything(counts: Counts) -> object:
    return counts


def _only_small_ones_hidden(counts: Counts) -> object:
    total = sum(counts)
    mean = sum(at * count for at, count in enumerate(counts, 1)) / total if total else None
    shown = tuple(None if 0 < count < ENOUGH else count for count in counts)
    return total, shown, None if mean is None else round(mean, 1)


def worked_out(views: Callable[[Counts], object], most: int) -> list[Counts]:
    """Return the answers of up to `most` people of which the views give a small number away."""
    fitting: dict[object, list[Counts]] = defaultdict(list)
    for counts in product(range(most + 1), repeat=5):
        if sum(counts) <= most:
            fitting[views(counts)].append(counts)
    found = []
    for possible in fitting.values():
        for cell in range(5):
            values = {counts[cell] for counts in possible}
            if len(values) == 1 and 0 < min(values) < ENOUGH:
                found.append(possible[0])
    return found


@pytest.mark.parametrize("most", [12])
def test_t20_no_view_of_a_rating_gives_few_people_away(most: int) -> None:
    assert worked_out(_views, most) == []


@pytest.mark.parametrize("views", [_everything, _only_small_ones_hidden])
def test_t20_control_usual_ways_are_caught(views: Callable[[Counts], object]) -> None:
    assert worked_out(views, 8)


@given(st.lists(st.sets(st.sampled_from("abcde")), max_size=40))
def test_t20_of_several_answers_neither_few_nor_all_but_few_are_told(chosen: list[set[str]]) -> None:
    question = next(one for one in TEMPLATES["workshop"].questions if one.several)
    codes = dict(zip("abcde", question.codes, strict=True))
    answers = [
        Answered(None, {question.code: ",".join(codes[one] for one in sorted(some))}) for some in chosen
    ]
    (tally,) = tallies([question], answers)
    for count in tally.told.values():
        assert count is None or count in (0, tally.answered) or ENOUGH <= count <= tally.answered - ENOUGH
