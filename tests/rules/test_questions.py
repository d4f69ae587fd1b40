"""What counts as an answer, and the order of questions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.questions import (
    LONGEST_TEXT,
    TEMPLATES,
    Misfit,
    Words,
    before,
    find,
    next_unanswered,
    place,
    questions,
)
from locales import N_, NP_
from storage import ballots, surveys

WORDS = Words("words", NP_("button", "Your words"), N_("Name"))


def test_codes_are_short_unique_and_fit_an_action() -> None:
    for template in TEMPLATES.values():
        codes = [question.code for question in template]
        assert len(set(codes)) == len(codes)
        for question in template:
            options = [option.code for option in question.options]
            assert len(set(options)) == len(options)
            assert all(code.isascii() and ":" not in code and len(code) <= 12 for code in (*codes, *options))
            assert len(options) + 3 <= 10, "a screen of ten buttons also needs its ways out"


@pytest.mark.parametrize(
    ("typed", "kept"), [("4", "4"), (" ٥ ", "5"), ("۱", "1"), ("6", Misfit.CHOOSE), ("", Misfit.CHOOSE)]
)
def test_a_rating_is_one_to_five_in_any_digits(typed: str, kept: str | Misfit) -> None:
    rating = find("event", "rating")
    assert rating is not None
    assert rating.read(typed) == kept


def test_a_choice_is_kept_by_its_code() -> None:
    use = find("event", "use")
    assert use is not None
    assert use.read("share") == "share"
    assert use.read("Share with my team") is Misfit.CHOOSE


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  good \n\n talk ", "good\n\ntalk"),
        ("ڕێکخراوەکەم‌ان", "ڕێکخراوەکەم‌ان"),
        ("a\u202eb\x00", "ab"),
        (" \u200f\n\t", Misfit.EMPTY),
        ("x" * LONGEST_TEXT, "x" * LONGEST_TEXT),
        ("x" * (LONGEST_TEXT + 1), Misfit.LONG),
        ("👩" * LONGEST_TEXT, Misfit.LONG),
    ],
)
def test_words_are_cleaned_and_bounded(typed: str, kept: str | Misfit) -> None:
    assert WORDS.read(typed) == kept


@given(st.text(max_size=3 * LONGEST_TEXT))
def test_whatever_is_accepted_fits_a_sealed_ballot_with_the_other_answers(typed: str) -> None:
    kept = WORDS.read(typed)
    if isinstance(kept, str):
        answers = {question.code: max((one.code for one in question.options), key=len, default=kept)
                   for question in questions("event")}  # fmt: skip
        written = json.dumps(answers, ensure_ascii=False, separators=(",", ":")).encode()
        assert len(written) <= ballots.LARGEST


def test_the_way_through_the_questions() -> None:
    codes = [question.code for question in questions("event")]
    assert [place("event", code) for code in codes] == [1, 2, 3]
    assert place("event", "gone") == 0
    assert before("event", codes[0]) is None
    assert before("event", codes[2]) == find("event", codes[1])
    answers: surveys.Answers = {}
    for code in codes:
        following = next_unanswered("event", answers)
        assert following is not None
        assert following.code == code
        answers[code] = None
    assert next_unanswered("event", answers) is None
    assert questions("gone") == ()
