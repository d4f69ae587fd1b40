"""Edge cases 10: another language in the middle of something, missing translations, mixed scripts, spellings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from locales import search_key, speech
from tests.handlers.happenings import publish
from tests.handlers.test_feedback import asked
from tests.play import Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FSI, PDI = "⁨", "⁩"


async def test_another_language_in_the_middle_of_a_survey_keeps_answers_and_place(stage: Stage) -> None:
    (person,), survey = await asked(stage, 1, mode="named")
    await person.forges(f"survey-next:{survey.id}")
    await person.taps("4")
    for lang in ("ku", "ar"):
        await person.forges(f"speak:{lang}")
        await person.forges(f"survey-next:{survey.id}")
        assert speech(lang)._("Question {number} of {total}", number=2, total=3) in person.sees
    member = await person.member()
    async with stage.database.reading() as unit:
        kept = await unit.surveys.draft(survey.id, member.id)
    assert kept == {"rating": "4"}, "a code, never a label"


async def test_what_is_not_translated_is_shown_in_another_language_and_says_so(stage: Stage) -> None:
    event = await publish(stage, langs=("ar",))
    reader = await stage.known("en")
    await reader.forges(f"event:{event.id}")
    assert "ما الذي ينجح" in reader.sees
    assert speech("ar").name in reader.sees, "in which language it is written"


async def test_latin_names_and_links_are_isolated_in_right_to_left_text(stage: Stage) -> None:
    place = await stage.organisation("org-latin")
    person = await stage.known("ar", name="Member (Basra) 7", organisation=place)
    await person.says("/settings")
    assert f"{FSI}Member (Basra) 7{PDI}" in person.sees
    assert person.sees.count(FSI) + person.sees.count("⁧") + person.sees.count("⁦") == person.sees.count(PDI)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("کۆمەڵگەی پراکتیک", "كۆمەڵگەي پراكتيك"),
        ("بەڵگەنامەکان", "بەڵگەنامەكان"),
        ("الميزانية", "المیزانیة"),
    ],
)
async def test_kurdish_and_arabic_letters_find_each_other(stage: Stage, written: str, typed: str) -> None:
    assert search_key(written) == search_key(typed)


async def test_reminders_follow_the_language_that_somebody_reads_now(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await person.forges(f"event:{event.id}")
    await person.taps(f"register:{event.id}:{event.revision}")
    await person.forges("speak:ku")
    await stage.passes(timedelta(days=2))
    assert "چی کار دەکات" in person.last.text
