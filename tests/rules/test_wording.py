"""Writing a survey's questions: whatever is changed, what is asked stays sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.polling import Fault as OptionFault
from handlers.rules.questions import ANYTHING, Condition, find, path, read, written
from handlers.rules.templates import TEMPLATES
from handlers.rules.wording import (
    LONGEST_QUESTION,
    MOST_QUESTIONS,
    MOST_TEXTS,
    Fault,
    Form,
    added,
    before_it,
    conditioned,
    labels,
    missing,
    moved,
    own,
    ready,
    removed,
    reworded,
    with_options,
)

TRAINING = own(TEMPLATES["training"].questions)


def adding(form: Form, kind: str, text: str = "What?", lang: str = "en") -> tuple[Form, str]:
    done = added(form, kind, lang, text)
    assert not isinstance(done, Fault)
    return done


def offering(form: Form, code: str, lang: str, typed: str) -> Form:
    done = with_options(form, code, lang, typed)
    assert not isinstance(done, OptionFault)
    return done


def test_a_new_question_has_a_code_of_its_own_and_what_is_missing_is_known() -> None:
    form, first = adding((), "choice")
    form, second = adding(form, "rating")
    assert first != second
    assert [one.code for one in form] == [first, second]
    assert missing(form[1]) == ["ar", "ku"]
    done = reworded(form, second, "ar", " ما\u202e؟ ")
    assert not isinstance(done, Fault)
    assert done[1].text == {"en": "What?", "ar": "ما؟"}
    assert [one.code for one in ready(done)] == [second], "nothing can be chosen in the first yet"


@pytest.mark.parametrize("text", ["", " \u200f ", "x" * (LONGEST_QUESTION + 1)])
def test_texts_are_bounded(text: str) -> None:
    assert added((), "rating", "en", text) is Fault.LENGTH
    assert reworded(TRAINING, "rating", "en", text) is Fault.LENGTH


def test_a_survey_is_bounded() -> None:
    form: Form = ()
    for _ in range(MOST_TEXTS):
        form, _code = adding(form, "words")
    assert added(form, "words", "en", "What?") is Fault.TEXTS
    while len(form) < MOST_QUESTIONS:
        form, _code = adding(form, "scale")
    assert added(form, "scale", "en", "What?") is Fault.FULL


def test_answers_come_in_one_language_and_are_translated_in_their_order() -> None:
    form, code = adding((), "several")
    form = offering(form, code, "en", "Morning")
    form = offering(form, code, "en", "Noon")
    assert with_options(form, code, "en", "noon") is OptionFault.SAME
    assert with_options(form, code, "ku", "A\nB\nC") is OptionFault.NOT_AS_MANY
    form = offering(form, code, "ku", "بەیانی\nنیوەڕۆ")
    question = find(form, code)
    assert question is not None
    assert question.codes == ["a", "b"]
    assert (labels(question, "en"), labels(question, "ku")) == (("Morning", "Noon"), ("بەیانی", "نیوەڕۆ"))
    assert missing(question) == ["ar", "ku"], "the Kurdish question itself is not written yet"
    form = offering(form, code, "en", "Evening")
    question = find(form, code)
    assert question is not None
    assert question.codes == ["a", "b", "c"]
    assert labels(question, "ku") == ("بەیانی", "نیوەڕۆ")
    form = offering(form, code, "ku", "ئێوارە")
    form = offering(form, code, "en", "One\nTwo\nThree")
    question = find(form, code)
    assert question is not None
    assert labels(question, "ku") == ("بەیانی", "نیوەڕۆ", "ئێوارە"), "as many answers keep their translations"
    form = offering(form, code, "en", "One\nTwo")
    question = find(form, code)
    assert question is not None
    assert labels(question, "ku") == (), "another number of answers is another question"


def test_a_condition_goes_with_what_it_depends_on() -> None:
    hurdles = find(TRAINING, "hurdles")
    assert hurdles is not None
    assert hurdles.when == Condition("use", ("none",))
    for changed in (
        removed(TRAINING, "use"),
        moved(TRAINING, "hurdles", 1),
        moved(TRAINING, "use", 8),
        offering(TRAINING, "use", "en", "Yes\nNo"),
    ):
        found = find(changed, "hurdles")
        assert found is not None
        assert found.when is None


def test_a_question_depends_on_one_other() -> None:
    form = conditioned(TRAINING, "quote", "use", "own", wanted=True)
    form = conditioned(form, "quote", "use", "share", wanted=True)
    form = conditioned(form, "quote", "use", "share", wanted=True)
    quote = find(form, "quote")
    assert quote is not None
    assert quote.when == Condition("use", ("own", "share"))
    form = conditioned(form, "quote", "words", ANYTHING, wanted=True)
    quote = find(form, "quote")
    assert quote is not None
    assert quote.when == Condition("words", (ANYTHING,))
    form = conditioned(form, "quote", "words", ANYTHING, wanted=False)
    quote = find(form, "quote")
    assert quote is not None
    assert quote.when is None


CODES = st.sampled_from([one.code for one in TRAINING])


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("remove"), CODES),
            st.tuples(st.just("move"), CODES, st.integers(-1, 20)),
            st.tuples(
                st.just("if"), CODES, CODES, st.sampled_from(["none", "own", "1", "yes", "any", "gone"])
            ),
            st.tuples(st.just("add"), st.sampled_from(["choice", "words", "scale"])),
            st.tuples(st.just("options"), CODES, st.sampled_from(["A", "A\nB", "A\nB\nC", "A\nA", ""])),
        ),
        max_size=12,
    )
)
def test_whatever_is_changed_in_any_order_can_be_asked(steps: list[tuple[str, ...]]) -> None:
    form = TRAINING
    for step in steps:
        match step:
            case ("remove", code):
                form = removed(form, code)
            case ("move", code, to):
                form = moved(form, code, int(to))
            case ("if", code, on, value):
                if on in [one.code for one in before_it(form, code)]:
                    form = conditioned(form, code, on, value, wanted=True)
            case ("add", kind):
                done = added(form, kind, "ku", "چی؟")
                form = form if isinstance(done, Fault) else done[0]
            case ("options", code, typed):
                offered = with_options(form, code, "en", typed)
                form = form if isinstance(offered, OptionFault) else offered
    asked = ready(form)
    codes = [one.code for one in asked]
    assert len(set(codes)) == len(codes) <= MOST_QUESTIONS
    for at, one in enumerate(asked):
        assert one.text
        assert not one.own_options or len(one.options) >= 2
        if one.when is not None:
            earlier = find(asked[:at], one.when.code)
            assert earlier is not None
            assert one.when.among
            assert set(one.when.among) <= set(earlier.grounds)
    assert written(read(written(asked))) == written(asked)
    assert [one for one in asked if one.when is None] == path(asked, {})
