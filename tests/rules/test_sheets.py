"""A survey filled in all at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.questions import Choice, Condition, Misfit, Option, Question, Rating, path
from handlers.rules.sheets import read_sheet
from handlers.rules.templates import TEMPLATES

FORMS = [one.questions for one in TEMPLATES.values()]
CODES = sorted({one.code for form in FORMS for one in form})
ANSWERS = st.one_of(st.sampled_from(["", " ", "1", "5", "6", "own", "٣", "\u200e"]), st.text(max_size=30))


@given(st.sampled_from(FORMS), st.dictionaries(st.sampled_from([*CODES, "other"]), ANSWERS, max_size=6))
def test_only_what_fits_and_concerns_is_kept(form: tuple[Question, ...], given: dict[str, str]) -> None:
    sheet = read_sheet(form, given)
    assert set(sheet.answers) == {one.code for one in path(form, sheet.answers)}
    assert set(sheet.misfits) <= set(sheet.answers)
    for one in form:
        kept = sheet.answers.get(one.code)
        assert kept is None or one.read(kept) == kept
        assert not (kept and one.code in sheet.misfits)
    if not any(text.strip() for text in given.values()):
        assert sheet.empty


EVENT = TEMPLATES["event"].questions


def test_what_does_not_fit_is_named() -> None:
    sheet = read_sheet(EVENT, {"rating": "9", "use": "own", "words": "x" * 2_001})
    assert sheet.misfits == {"rating": Misfit.CHOOSE, "words": Misfit.LONG}
    assert not sheet.empty
    assert read_sheet(EVENT, {"words": "\u200e"}).empty


def test_what_is_beside_the_point_is_left_out() -> None:
    on = Rating("first", {"en": "First"}, {"en": "First?"})
    then = Choice(
        "why", {"en": "Why"}, {"en": "Why?"}, (Option("a", {"en": "A"}),), Condition("first", ("1", "2"))
    )
    assert read_sheet((on, then), {"first": "5", "why": "a"}).answers == {"first": "5"}
    assert read_sheet((on, then), {"first": "5", "why": "gone"}).misfits == {}
    assert read_sheet((on, then), {"first": "1", "why": "a"}).answers == {"first": "1", "why": "a"}
    assert read_sheet((on, then), {"first": "1", "why": "gone"}).misfits == {"why": Misfit.CHOOSE}
