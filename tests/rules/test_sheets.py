"""A survey filled in all at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.questions import TEMPLATES, Misfit, questions
from handlers.rules.sheets import read_sheet

CODES = [one.code for name in TEMPLATES for one in questions(name)]
ANSWERS = st.one_of(st.sampled_from(["", " ", "1", "5", "6", "own", "٣", "\u200e"]), st.text(max_size=30))


@given(
    st.sampled_from([*TEMPLATES, "gone"]),
    st.dictionaries(st.sampled_from([*CODES, "other"]), ANSWERS, max_size=5),
)
def test_every_question_is_answered_or_skipped_or_misfits(template: str, given: dict[str, str]) -> None:
    sheet = read_sheet(template, given)
    codes = {one.code for one in questions(template)}
    assert set(sheet.answers) | set(sheet.misfits) == codes
    assert not set(sheet.answers) & set(sheet.misfits)
    for one in questions(template):
        kept = sheet.answers.get(one.code)
        assert kept is None or one.read(kept) == kept
    if not any(text.strip() for text in given.values()):
        assert sheet.empty == (not sheet.misfits)


def test_what_does_not_fit_is_named() -> None:
    sheet = read_sheet("event", {"rating": "9", "use": "own", "words": "x" * 2_001})
    assert sheet.misfits == {"rating": Misfit.CHOOSE, "words": Misfit.LONG}
    assert not sheet.empty
    assert read_sheet("event", {"words": "\u200e"}).empty
