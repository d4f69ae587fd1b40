"""What answers come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.templates import TEMPLATES
from handlers.rules.results import A_PAGE, MOST_ON_A_PAGE, Said, paged, share, tallies, texts
from storage.surveys import Answered

QUESTIONS = TEMPLATES["event"].questions
RATINGS = st.lists(st.sampled_from(["1", "2", "3", "4", "5", None]), max_size=40)


@given(RATINGS)
def test_counts_and_mean_are_of_those_who_answered(ratings: list[str | None]) -> None:
    rating, use = tallies(QUESTIONS, [Answered(None, {"rating": one}) for one in ratings])
    given_ = [int(one) for one in ratings if one]
    assert rating.answered == len(given_)
    assert list(rating.counts) == ["1", "2", "3", "4", "5"]
    assert rating.mean == (pytest.approx(sum(given_) / len(given_)) if given_ else None)
    assert (use.answered, use.mean) == (0, None)


def test_a_code_no_longer_offered_is_left_out() -> None:
    rating, use = tallies(QUESTIONS, [Answered(None, {"rating": "9", "use": "gone"})])
    assert (rating.answered, use.answered) == (0, 0)


def test_texts_keep_order_and_author_and_leave_out_who_skipped() -> None:
    said = [
        Answered(1, {"words": "a"}),
        Answered(2, {"words": None}),
        Answered(None, {}),
        Answered(3, {"words": "b"}),
    ]
    assert texts(QUESTIONS, said) == [Said("a", 1), Said("b", 3)]


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
