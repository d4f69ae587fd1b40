"""A coordinator writes a survey in chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.rules.questions import Question, find, questions, read, worded
from handlers.rules.wording import MOST_QUESTIONS
from handlers.survey_builder import MOST_KEPT
from storage.surveys import BEFORE
from tests.handlers.surveyed import event_of, gives, survey_of
from tests.play import Person, Stage

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def form_of(stage: Stage, event_id: int, part: str = "event") -> tuple[Question, ...]:
    async with stage.database.reading() as unit:
        kept = await unit.forms.of(event_id, part)
    return read(kept.questions) if kept else ()


@pytest.fixture
async def boss(stage: Stage) -> Person:
    return await stage.known(role="coordinator")


async def test_a_survey_is_written_asked_and_counted(stage: Stage, boss: Person) -> None:
    """From an empty one: a choice, a question that depends on it, translated, moved, previewed, answered."""
    people = [
        await stage.known(lang, name=f"Member, Basra {at}")
        for at, lang in enumerate(("en", "ku", "ar", "ku", "en"))
    ]
    event = await event_of(stage, "coffee_chat", people, mode="named", starts_at=stage.now + DAY)
    await boss.forges(f"manage:{event.id}")
    await boss.taps("event-survey:")
    await boss.taps(f"form:{event.id}:event:0")
    assert "usual questions" in boss.sees
    await boss.taps("form-templates:")
    await boss.taps("Empty")
    await boss.taps("Use it")
    assert "Nothing is asked." in boss.sees
    await boss.taps("Add a question")
    await boss.taps("One answer")
    await boss.says("x" * 301)
    assert "up to 300" in boss.sees
    await boss.says("How did you hear of it?")
    await boss.says("Friend")
    await boss.says("A\nA")
    assert "the same" in boss.sees
    await boss.says("Friend\nPoster")
    await boss.taps("کوردی")
    await boss.says("هاوڕێ\nپۆستەر")
    await boss.taps("Done")
    assert "Missing in" in boss.sees
    await boss.taps("کوردی")
    await boss.says("چۆن پێت زانی؟")
    await boss.taps("Back")
    await boss.taps("Add a question")
    await boss.taps("1 to 5")
    await boss.says("How clear was the poster? 5 means very clear.")
    await boss.taps("Ask only if")
    await boss.taps("How did you")
    await boss.taps("Poster", again=True)
    assert "✓" in "".join(boss.buttons), "a double tap asks for it once"
    await boss.taps("Back")
    assert "Poster" in boss.sees
    first, second = await form_of(stage, event.id)
    assert first.codes == ["a", "b"]
    assert second.when is not None
    assert (second.when.code, second.when.among) == (first.code, ("b",))
    await boss.forges(f"form-preview:{event.id}:event:0:ku")
    assert "چۆن پێت زانی؟" in boss.sees
    assert "هاوڕێ" in boss.sees
    await stage.passes(DAY + 3 * HOUR)
    survey = await survey_of(stage, event)
    assert (survey.template, len(questions(survey))) == ("own", 2)
    for person in people[:2]:
        await gives(person, survey, f"{first.code}:a")
    for person in people[2:]:
        await gives(person, survey, f"{first.code}:b", f"{second.code}:4")
    await boss.forges(f"survey-report:{survey.id}")
    seen = boss.sees.replace("⁨", "").replace("⁩", "")
    assert "Friend: 2\nPoster: 3" in seen, "answers in three languages are one result"
    assert "4: 3" in seen


async def test_the_first_change_makes_a_copy_and_the_usual_ones_come_back(stage: Stage, boss: Person) -> None:
    event = await event_of(stage, "workshop", [], starts_at=stage.now + DAY)
    await boss.forges(f"form-remove:{event.id}:event:quote")
    await boss.forges(f"form-remove:{event.id}:event:quote")
    codes = [one.code for one in await form_of(stage, event.id)]
    assert codes == ["rating", "recommend", "best", "use", "hurdles", "words"]
    await boss.forges(f"form-move:{event.id}:event:words:1")
    await boss.forges(f"form-move:{event.id}:event:words:1")
    assert (await form_of(stage, event.id))[0].code == "words"
    await boss.forges(f"form-text:{event.id}:event:words:en")
    await boss.says("What did you miss?")
    words = find(await form_of(stage, event.id), "words")
    assert words is not None
    assert worded(words.text, "en") == "What did you miss?"
    await boss.forges(f"form-always:{event.id}:event:hurdles")
    hurdles = find(await form_of(stage, event.id), "hurdles")
    assert hurdles is not None
    assert hurdles.when is None
    await boss.forges(f"form-usual:{event.id}:event")
    assert await form_of(stage, event.id) == ()


async def test_templates_are_kept_used_again_and_bounded(stage: Stage, boss: Person) -> None:
    event = await event_of(stage, "webinar", [], starts_at=stage.now + DAY)
    await boss.forges(f"form-remove:{event.id}:event:use")
    for _ in range(2):
        await boss.forges(f"form-keep:{event.id}:event")
        await boss.says("Short one")
    async with stage.database.reading() as unit:
        (kept,) = await unit.forms.kept(10)
    other = await event_of(stage, "roundtable", [], starts_at=stage.now + DAY)
    await boss.forges(f"form-template:{other.id}:event:{kept.id}")
    assert "Short one" in boss.sees
    await boss.taps("Use it")
    assert [one.code for one in await form_of(stage, other.id)] == ["rating", "words"]
    async with stage.database.unit() as unit:
        for at in range(MOST_KEPT - 1):
            assert await unit.forms.keep(f"Template {at}", [], stage.now, most=MOST_KEPT)
    await boss.forges(f"form-keep:{event.id}:event")
    await boss.says("One too many")
    assert "Delete one first" in boss.sees
    await boss.forges(f"form-forget:{event.id}:event:{kept.id}")
    await boss.forges(f"form-take:{event.id}:event:{kept.id}")
    assert [one.code for one in await form_of(stage, event.id)] == ["rating", "words"]


async def test_a_survey_does_not_grow_past_its_bound(stage: Stage, boss: Person) -> None:
    event = await event_of(stage, "webinar", [], starts_at=stage.now + DAY)
    async with stage.database.unit() as unit:
        one = {"kind": "rating", "name": {}, "text": {"en": "?"}, "options": [], "when": None}
        full = [{**one, "code": f"q{at}"} for at in range(MOST_QUESTIONS)]
        await unit.forms.put(event.id, "event", full, stage.now)
    await boss.forges(f"form:{event.id}:event:0")
    assert "Add a question" not in boss.buttons
    await boss.forges(f"form-add:{event.id}:event")
    assert "up to 12" in boss.sees


async def test_something_can_be_asked_before_any_event_and_be_taken_back(stage: Stage, boss: Person) -> None:
    person = await stage.known(name="Member, Basra")
    event = await event_of(stage, "webinar", [person], starts_at=stage.now + 2 * DAY)

    async def armed() -> bool:
        async with stage.database.reading() as unit:
            return await unit.moments.next_due("survey-before", event.id) is not None

    assert not await armed()
    await boss.forges(f"form-take:{event.id}:before:baseline")
    assert await armed()
    await boss.forges(f"form-usual:{event.id}:before")
    assert not await armed()
    await boss.forges(f"form-take:{event.id}:before:baseline")
    await stage.passes(HOUR)
    assert "Where do you stand" in person.last.text
    assert len(questions(await survey_of(stage, event, BEFORE))) == 6


async def test_questions_without_answers_to_choose_from_are_not_asked(stage: Stage, boss: Person) -> None:
    person = await stage.known(name="Member, Basra")
    event = await event_of(stage, "webinar", [person], starts_at=stage.now + DAY)
    await boss.forges(f"form-new:{event.id}:event:choice:en")
    await boss.says("Which one?")
    await boss.says("Only one")
    await boss.taps("Cancel")
    assert "no answers to choose from" in boss.sees
    await stage.passes(DAY + 3 * HOUR)
    assert len(questions(await survey_of(stage, event))) == 3
