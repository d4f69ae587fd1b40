"""What counts as an answer, and the way through the questions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.kinds import KINDS as EVENT_KINDS
from handlers.rules.questions import (
    KINDS,
    LONGEST_TEXT,
    SEPARATOR,
    Choice,
    Condition,
    Misfit,
    Option,
    Question,
    Rating,
    Scale,
    Several,
    Words,
    before,
    find,
    next_unanswered,
    path,
    place,
    read,
    settled,
    worded,
    written,
)
from handlers.rules.templates import TEMPLATES, USUAL, usual_template
from handlers.rules.wording import MOST_QUESTIONS, MOST_TEXTS
from locales import LANGUAGES, N_, NP_
from storage import ballots, surveys

WORDS = Words("words", NP_("button", "Your words"), N_("Name"))
EVENT = TEMPLATES["event"].questions


def asked(code: str, form: tuple[Question, ...] = EVENT) -> Question:
    found = find(form, code)
    assert found is not None
    return found


def test_codes_are_short_unique_and_fit_an_action() -> None:
    for one in TEMPLATES.values():
        codes = [question.code for question in one.questions]
        assert len(set(codes)) == len(codes) <= MOST_QUESTIONS
        assert sum(question.typed for question in one.questions) <= MOST_TEXTS
        for question in one.questions:
            assert len(set(question.codes)) == len(question.codes)
            assert all(
                code.isascii() and code.isalnum() and len(code) <= 12 for code in (*codes, *question.codes)
            )
            assert question.numbered or len(question.options) <= 5, "more are hard to read on a phone"
            if question.when is not None:
                earlier = asked(question.when.code, one.questions)
                assert place(one.questions, earlier.code) < place(one.questions, question.code)
                assert set(question.when.among) <= set(earlier.grounds)


def test_every_template_is_said_in_every_language() -> None:
    for template in TEMPLATES.values():
        for question in read(written(template.questions)):
            texts = [question.name, question.text, *(one.label for one in question.options if one.label)]
            for text in texts:
                assert len({worded(text, lang) for lang in LANGUAGES}) == len(LANGUAGES), question.code


def test_an_events_kind_chooses_what_is_asked() -> None:
    assert set(USUAL) <= set(EVENT_KINDS)
    names = {
        (kind, part): getattr(usual_template(kind, part), "name", "")
        for kind in ("webinar", "training", "workshop", "mentorship")
        for part in ("before", "day", "event")
    }
    assert names == {
        ("webinar", "before"): "",
        ("webinar", "day"): "day",
        ("webinar", "event"): "event",
        ("training", "before"): "training_before",
        ("training", "day"): "day",
        ("training", "event"): "training",
        ("workshop", "before"): "",
        ("workshop", "day"): "day",
        ("workshop", "event"): "workshop",
        ("mentorship", "before"): "",
        ("mentorship", "day"): "day",
        ("mentorship", "event"): "mentorship",
    }


def test_before_and_after_a_training_the_same_is_asked() -> None:
    first, second = TEMPLATES["training_before"].questions, TEMPLATES["training"].questions
    same = [one for one in second if find(first, one.code) == one]
    assert [one.code for one in same] == ["knows", "able"]


@pytest.mark.parametrize(
    ("typed", "kept"), [("4", "4"), (" ٥ ", "5"), ("۱", "1"), ("6", Misfit.CHOOSE), ("", Misfit.CHOOSE)]
)
def test_a_rating_is_one_to_five_in_any_digits(typed: str, kept: str | Misfit) -> None:
    assert asked("rating").read(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"), [("0", "0"), ("١٠", "10"), ("11", Misfit.CHOOSE), ("-1", Misfit.CHOOSE)]
)
def test_a_scale_is_nought_to_ten_in_any_digits(typed: str, kept: str | Misfit) -> None:
    assert Scale("recommend", {}, {}).read(typed) == kept


def test_a_choice_is_kept_by_its_code() -> None:
    assert asked("use").read("share") == "share"
    assert asked("use").read("Share with my team") is Misfit.CHOOSE


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("b", "b"),
        ("c,a", "a,c"),
        ("1 3", "a,c"),
        ("٣، ١", "a,c"),
        ("1، 1 و 2", "a,b"),
        ("1-2", "a,b"),
        ("4", Misfit.CHOOSE),
        ("0", Misfit.CHOOSE),
        ("1 x", Misfit.CHOOSE),
        ("", Misfit.CHOOSE),
        ("999999999999999999999", Misfit.CHOOSE),
        ("²", Misfit.CHOOSE),
    ],
)
def test_several_are_kept_in_the_order_of_the_options(typed: str, kept: str | Misfit) -> None:
    options = tuple(Option(code, {"en": code.upper()}) for code in "abc")
    assert Several("best", {}, {}, options).read(typed) == kept


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


@given(st.lists(st.text(max_size=2 * LONGEST_TEXT), min_size=MOST_TEXTS, max_size=MOST_TEXTS))
def test_whatever_is_accepted_fits_a_sealed_ballot_with_the_other_answers(typed: list[str]) -> None:
    """Three texts and nine questions with all of ten answers chosen: nothing larger can be built."""
    options = tuple(Option(code, {"en": code}) for code in "abcdefghij")
    form = read(
        written(
            [
                *(Words(f"qabcde{at}", {}, {}) for at in range(MOST_TEXTS)),
                *(Several(f"qabcd{at:02}", {}, {}, options) for at in range(MOST_QUESTIONS - MOST_TEXTS)),
            ]
        )
    )
    answers = {one.code: SEPARATOR.join(one.codes) for one in form if one.several}
    for question, text in zip((one for one in form if one.typed), typed, strict=True):
        kept = question.read(text)
        if isinstance(kept, str):
            answers[question.code] = kept
    packed = json.dumps(answers, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(packed) <= ballots.LARGEST


def test_the_longest_texts_are_taken_and_fit() -> None:
    form = read(written([Words(f"q{at}", {}, {}) for at in range(MOST_TEXTS)]))
    for question in form:
        assert question.read("ب" * 600) == "ب" * 600
        assert question.read("ب" * 700) is Misfit.LONG


def test_the_way_through_the_questions() -> None:
    codes = [question.code for question in EVENT]
    assert [place(EVENT, code) for code in codes] == [1, 2, 3]
    assert place(EVENT, "gone") == 0
    assert before(EVENT, codes[0]) is None
    assert before(EVENT, codes[2]) == find(EVENT, codes[1])
    answers: surveys.Answers = {}
    for code in codes:
        following = next_unanswered(EVENT, answers)
        assert following is not None
        assert following.code == code
        answers[code] = None
    assert next_unanswered(EVENT, answers) is None


# --- conditions ---------------------------------------------------------------------------------------------


@st.composite
def forms(draw: st.DrawFn) -> tuple[Question, ...]:
    """Questions of which each may depend on any earlier one."""
    form: list[Question] = []
    for at in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from([Rating, Choice, Several, Words]))
        options = tuple(Option(code, {"en": code}) for code in "abc") if kind.own_options else None
        earlier = [one for one in form if one.grounds]
        when = None
        if earlier and draw(st.booleans()):
            on = draw(st.sampled_from(earlier))
            when = Condition(on.code, tuple(draw(st.sets(st.sampled_from(on.grounds), min_size=1))))
        given_options = {} if options is None else {"options": options}
        form.append(kind(f"q{at}", {}, {"en": f"Question {at}"}, when=when, **given_options))
    return tuple(form)


@st.composite
def walked(draw: st.DrawFn) -> tuple[tuple[Question, ...], surveys.Answers]:
    """Somebody answers, skips, goes back and answers otherwise, in any order that the screens allow."""
    form = draw(forms())
    answers: surveys.Answers = {}
    for _ in range(draw(st.integers(0, 20))):
        way = path(form, answers)
        question = draw(st.sampled_from(way)) if draw(st.booleans()) else next_unanswered(way, answers)
        if question is None:
            break
        given_ = draw(st.sampled_from([*question.codes, None])) if question.options else "text"
        answers[question.code] = given_
    return form, answers


@given(walked())
def test_only_those_are_asked_whose_condition_is_met(
    found: tuple[tuple[Question, ...], surveys.Answers],
) -> None:
    form, answers = found
    way = path(form, answers)
    codes = [one.code for one in way]
    assert codes == [one.code for one in form if one.code in codes], "the order stays"
    for one in form:
        on = find(form, one.when.code) if one.when else None
        if one.when is None or on is None:
            assert one.code in codes
        else:
            met = bool(answers.get(on.code)) if on.typed else answers.get(on.code) in one.when.among
            assert (one.code in codes) == (on.code in codes and met)


@given(walked())
def test_what_is_sent_holds_no_answer_to_a_question_that_was_not_asked(
    found: tuple[tuple[Question, ...], surveys.Answers],
) -> None:
    form, answers = found
    sent = settled(form, answers)
    assert list(sent) == [one.code for one in path(form, answers)]
    assert all(answers.get(code) == value for code, value in sent.items())
    assert path(form, sent) == path(form, answers), "taking answers away opens no other way"


@given(walked())
def test_one_comes_to_the_end_and_back_to_the_beginning(
    found: tuple[tuple[Question, ...], surveys.Answers],
) -> None:
    form, answers = found
    for _ in form:
        question = next_unanswered(path(form, answers), answers)
        if question is None:
            break
        answers[question.code] = None
    way = path(form, answers)
    assert next_unanswered(way, answers) is None
    steps, at = 1, way[-1]
    while (earlier := before(way, at.code)) is not None:
        steps, at = steps + 1, earlier
    assert (steps, at) == (len(way), way[0])


@given(forms())
def test_questions_are_read_back_as_they_were_written_down(form: tuple[Question, ...]) -> None:
    kept = json.loads(json.dumps(written(form)))
    assert written(read(kept)) == kept
    assert [one.kind for one in read(kept)] == [one.kind for one in form]
    assert read([{**kept[0], "kind": "gone"}]) == ()


def test_every_kind_says_what_it_is() -> None:
    assert [kind.kind for kind in KINDS.values()] == list(KINDS)
