"""What answers come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.questions import Condition, Option, Rating, Scale, Several, Words
from handlers.rules.results import (
    A_PAGE,
    MOST_ON_A_PAGE,
    Said,
    changes,
    earlier,
    paged,
    share,
    tallies,
    texts,
)
from handlers.rules.surveys import ENOUGH
from handlers.rules.templates import TEMPLATES
from storage.surveys import Answered

QUESTIONS = TEMPLATES["event"].questions
RATINGS = st.lists(st.sampled_from(["1", "2", "3", "4", "5", None]), max_size=40)


@given(RATINGS)
def test_counts_and_mean_are_of_those_who_answered(ratings: list[str | None]) -> None:
    answered = [Answered(None, {"rating": one}) for one in ratings]
    rating, use = tallies(QUESTIONS, answered, anonymous=False)
    given_ = [int(one) for one in ratings if one]
    assert rating.answered == len(given_)
    assert list(rating.counts) == ["1", "2", "3", "4", "5"]
    assert rating.mean == (pytest.approx(sum(given_) / len(given_)) if given_ else None)
    assert (use.answered, use.mean) == (0, None)


@given(RATINGS)
def test_of_an_anonymous_question_nothing_is_told_below_five(ratings: list[str | None]) -> None:
    answered = [Answered(None, {"rating": one, "use": "own"}) for one in ratings]
    rating, _ = tallies(QUESTIONS, answered)
    enough = sum(one is not None for one in ratings) >= ENOUGH
    assert rating.shown == enough
    exact = tallies(QUESTIONS, answered, anonymous=False)[0]
    if enough:
        assert (rating.counts, rating.answered) == (exact.counts, exact.answered)
        assert rating.mean == pytest.approx(exact.mean, abs=0.25)
        assert all(count in (None, exact.counts[code]) for code, count in rating.told.items())
    else:
        assert (rating.counts, rating.mean, rating.answered) == ({}, None, 0)


def test_several_answers_are_counted_each_and_people_once() -> None:
    best = Several("best", {}, {}, tuple(Option(code, {"en": code}) for code in "abc"))
    given_ = ["a", "a,b", "a,c", "b,gone", None, "", "gone"]
    (tally,) = tallies([best], [Answered(None, {"best": one}) for one in given_], anonymous=False)
    assert (tally.counts, tally.answered, tally.mean) == ({"a": 3, "b": 2, "c": 1}, 4, None)


def test_texts_asked_only_of_some_are_told_from_five_on_and_in_an_order_that_tells_nothing() -> None:
    some = Words("why", {}, {}, when=Condition("use", ("none",)))
    everybody = Words("words", {}, {})

    def said(count: int) -> list[Answered]:
        return [Answered(None, {"why": f"why {9 - at}", "words": f"words {at}"}) for at in range(count)]

    assert [one.text for one in texts([some, everybody], said(4))] == [f"words {at}" for at in range(4)]
    found = [one.text for one in texts([some, everybody], said(5))]
    assert found == [*(f"why {at}" for at in range(5, 10)), *(f"words {at}" for at in range(5))]


# --- before and after, and earlier events -------------------------------------------------------------------

KNOWS = Rating("knows", {}, {})


def rated(*given_: int, first: int | None = None) -> list[Answered]:
    """Return ratings; of people numbered from `first` on, or of nobody."""
    return [
        Answered(None if first is None else first + at, {"knows": str(one)}) for at, one in enumerate(given_)
    ]


def test_with_names_each_person_is_compared_with_themselves() -> None:
    before, after = rated(1, 2, 3, 3, 4, 5, first=1), rated(3, 3, 3, 5, 3, 1, first=1)
    (change,) = changes(([KNOWS], before), ([KNOWS], after), named=True)
    assert (change.before, change.after) == (3.0, 3.0)
    assert (change.more, change.same, change.less) == (3, 1, 2)
    only_some = rated(5, 5, 5, 5, 5, 5, first=3)
    assert changes(([KNOWS], before), ([KNOWS], only_some), named=True) == [], "four people are too few"


def test_without_names_only_the_groups_are_compared() -> None:
    before, after = rated(1, 2, 3, 3, 1), rated(5, 5, 4, 4, 4, 5)
    (change,) = changes(([KNOWS], before), ([KNOWS], after), named=False)
    assert (change.before, change.after) == (2.0, 4.5)
    assert (change.more, change.same, change.less) == (None, None, None)
    assert changes(([KNOWS], before), ([KNOWS], after[:4]), named=False) == []
    assert changes(([KNOWS], before[:4]), ([KNOWS], after), named=False) == []
    assert changes(([Scale("knows", {}, {})], before), ([KNOWS], after), named=False) == []


@given(st.lists(st.lists(st.integers(1, 5), max_size=8), max_size=5), st.lists(st.integers(1, 5), max_size=8))
def test_earlier_events_count_once_each_and_only_with_five_answers(
    others: list[list[int]], now: list[int]
) -> None:
    found = earlier(([KNOWS], rated(*now)), [([KNOWS], rated(*one)) for one in others])
    counted = [sum(one) / len(one) for one in others if len(one) >= ENOUGH]
    if len(now) < ENOUGH or not counted:
        assert found == []
    else:
        (one,) = found
        assert one.now == pytest.approx(sum(now) / len(now), abs=0.25), "in halves at worst"
        assert one.earlier == pytest.approx(sum(counted) / len(counted), abs=0.25)
        assert one.events == len(counted)


def test_a_code_no_longer_offered_is_left_out() -> None:
    rating, use = tallies(QUESTIONS, [Answered(None, {"rating": "9", "use": "gone"})], anonymous=False)
    assert (rating.answered, use.answered) == (0, 0)


def test_texts_keep_order_and_author_and_leave_out_who_skipped() -> None:
    said = [
        Answered(1, {"words": "a"}),
        Answered(2, {"words": None}),
        Answered(None, {}),
        Answered(3, {"words": "b"}),
    ]
    assert texts(QUESTIONS, said, anonymous=False) == [Said("a", 1), Said("b", 3)]


@given(st.lists(st.text(min_size=1, max_size=2_000)))
def test_pages_hold_every_text_once_and_are_not_too_long(written: list[str]) -> None:
    pages = paged([Said(text, None) for text in written])
    assert [one.text for page in pages for one in page] == written
    for page in pages:
        assert 1 <= len(page) <= MOST_ON_A_PAGE
        assert len(page) == 1 or sum(len(one.text) for one in page) <= A_PAGE


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(0, 0, 0), (1, 3, 33), (2, 3, 67), (5, 5, 100), (6, 5, 120)]
)
def test_share(part: int, whole: int, percent: int) -> None:
    assert share(part, whole) == percent
