"""Surveys of every kind of event: questions that depend on others, several answers, before and after."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.outbox import TRACELESS
from storage.store import Store
from storage.surveys import BEFORE, LATER
from storage.tables import outbox
from tests.handlers.surveyed import event_of, gives, survey_of
from tests.play import Person, Stage

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def crowd(stage: Stage, count: int, channel: str = "telegram") -> list[Person]:
    return [await stage.known(channel=channel, name=f"Member, Basra {at}") for at in range(count)]


async def sent(stage: Stage, survey_id: int) -> list[dict[str, str | None]]:
    async with stage.database.reading() as unit:
        return [one.answers for one in await unit.surveys.answers(survey_id)]


# --- the way through ----------------------------------------------------------------------------------------


async def test_a_question_is_asked_only_after_the_answer_on_which_it_depends(stage: Stage) -> None:
    (person,) = await crowd(stage, 1)
    event = await event_of(stage, "training", [person], mode="named", starts_at=stage.now - 3 * HOUR)
    await stage.passes(timedelta(minutes=1))
    survey = await survey_of(stage, event)
    await person.taps("survey:")
    assert "6 questions" in person.sees
    await person.taps("survey-next:")
    for step in ("rating:4", "knows:3", "able:3", "recommend:9", "use:own"):
        await person.taps(f"rate:{survey.id}:{step}")
    assert "one thing you learned" in person.sees, "nobody who will use it is asked what is missing"
    assert "Question 6 of 6" in person.sees
    await person.taps("survey-ask:")
    assert "How will you use" in person.sees, "back leads to the question that was asked before"
    await person.taps(f"rate:{survey.id}:use:none")
    assert "What would you need" in person.sees
    assert "Question 6 of 7" in person.sees
    await person.says("1 ٣")
    await person.says("Short and clear.")
    assert "May we quote" in person.sees
    await person.taps(f"rate:{survey.id}:quote:yes")
    assert "Time and" in person.sees.replace("⁨", "").replace("⁩", "")
    await person.taps("survey-change:")
    await person.taps(f"survey-ask:{survey.id}:use")
    await person.taps(f"rate:{survey.id}:use:own")
    await person.taps("survey-send:")
    (answers,) = await sent(stage, survey.id)
    assert answers == {
        "rating": "4",
        "knows": "3",
        "able": "3",
        "recommend": "9",
        "use": "own",
        "words": "Short and clear.",
        "quote": "yes",
    }, "what was missing no longer concerns somebody who will use it"


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_several_answers_are_ticked_and_taken_by_done(stage: Stage, channel: str) -> None:
    (person,) = await crowd(stage, 1, channel)
    event = await event_of(stage, "workshop", [person], mode="named", starts_at=stage.now - 3 * HOUR)
    await stage.passes(timedelta(minutes=1))
    survey = await survey_of(stage, event)
    await person.forges(f"survey-next:{survey.id}")
    await person.taps(f"rate:{survey.id}:rating:4")
    assert "Skip" in person.sees if channel == "whatsapp" else "Skip" in person.buttons
    await person.says("10")
    await person.taps("survey-ticked:")
    assert "tap one of the answers" in person.sees, "nothing was ticked"
    await person.taps(f"survey-tick:{survey.id}:best:talks:1", again=True)
    assert any(label.startswith("✓") for label in person.buttons), "a double tap ticks once"
    await person.taps(f"survey-tick:{survey.id}:best:contacts:1")
    await person.taps(f"survey-tick:{survey.id}:best:talks:0")
    await person.taps(f"survey-tick:{survey.id}:best:exercises:1")
    await person.taps("survey-stop:")
    await stage.passes(3 * DAY)
    await person.taps("survey-next:")
    assert sum(label.startswith("✓") for label in person.buttons) == 2, "what was ticked is kept"
    await person.taps("survey-ticked:")
    for _ in range(2):
        await person.taps("survey-skip:")
    await person.taps("survey-send:")
    (answers,) = await sent(stage, survey.id)
    assert answers["best"] == "exercises,contacts"
    assert answers["recommend"] == "10"


async def test_where_there_are_more_answers_than_buttons_a_number_is_the_answer_not_its_place(
    stage: Stage,
) -> None:
    (person,) = await crowd(stage, 1, "whatsapp")
    event = await event_of(stage, "workshop", [person], mode="named", starts_at=stage.now - 3 * HOUR)
    await stage.passes(timedelta(minutes=1))
    survey = await survey_of(stage, event)
    await person.forges(f"survey-next:{survey.id}")
    await person.says("4")
    assert "0 · 1 · 2" in person.sees
    assert "2. 1" not in person.sees
    await person.says("3")
    async with stage.database.reading() as unit:
        draft = await unit.surveys.draft(survey.id, (await person.member()).id)
    assert draft == {"rating": "4", "recommend": "3"}


async def test_an_anonymous_way_leaves_no_screens_once_the_answers_are_sent(stage: Stage) -> None:
    (person, other) = await crowd(stage, 2)
    event = await event_of(stage, "workshop", [person, other], starts_at=stage.now - 3 * HOUR)
    await stage.passes(timedelta(minutes=1))
    survey = await survey_of(stage, event)

    async def traceless() -> int:
        async with stage.database.reading() as unit:
            counted = sa.select(sa.func.count()).where(outbox.c.subject == TRACELESS)
            return int(await Store(unit).scalar(counted) or 0)

    await other.forges(f"survey-next:{survey.id}")
    await gives(person, survey, "rating:4", "recommend:9", "1 2", "use:none", "1", "Good.", "quote:yes")
    assert await traceless() == 2, "the other's question, and that the answers were sent"
    await person.forges(f"survey-next:{survey.id}")
    await other.taps(f"rate:{survey.id}:rating:1")
    await other.forges(f"survey-drop:{survey.id}")
    assert await traceless() == 3, "what was dropped leaves no screens either"


async def test_an_open_survey_keeps_the_questions_it_opened_with(stage: Stage) -> None:
    (person,) = await crowd(stage, 1)
    event = await event_of(stage, "webinar", [person], mode="named", starts_at=stage.now - 3 * HOUR)
    await stage.passes(timedelta(minutes=1))
    async with stage.database.unit() as unit:
        await unit.forms.put(event.id, "event", [], stage.now)
    boss = await stage.known(role="coordinator")
    await boss.forges(f"form-remove:{event.id}:event:rating")
    assert "stay as they are" in boss.sees
    await person.taps("survey:")
    assert "3 questions" in person.sees


# --- before it begins ---------------------------------------------------------------------------------------


async def test_a_training_asks_the_same_before_and_after_and_compares_each_person(stage: Stage) -> None:
    people = await crowd(stage, 6)
    boss = await stage.known(role="coordinator")
    event = await event_of(stage, "training", people, mode="named", starts_at=stage.now + 10 * DAY)
    await stage.passes(6 * DAY)
    assert not people[0].phone, "not so long before"
    await stage.passes(1 * DAY + HOUR)
    assert "Where do you stand before this begins?" in people[0].last.text
    first = await survey_of(stage, event, BEFORE)
    assert first.closes_at == event.starts_at
    late = await stage.known(name="Member, Erbil")
    async with stage.database.unit() as unit:
        await unit.registrations.add(event.id, (await late.member()).id, None, "confirmed", stage.now)
    for at, person in enumerate(people):
        await gives(person, first, f"knows:{1 + at % 2}", "able:2", "-hope")
    before = len(people[0].phone)
    await stage.passes(2 * DAY)
    assert "Where do you stand" in late.last.text, "who registered since is asked by the reminder"
    assert len(people[0].phone) == before
    await boss.forges(f"survey-extend:{first.id}")
    assert "seven days longer" not in boss.sees, "it can't be kept open past the beginning"
    await stage.passes(2 * DAY)
    assert "Answers: 6 of 7" in boss.last.text
    await stage.passes(HOUR)
    second = await survey_of(stage, event)
    for at, person in enumerate(people):
        await gives(
            person,
            second,
            "rating:4",
            f"knows:{4 - 3 * (at == 0)}",
            "able:2",
            "-recommend",
            "use:own",
            "-words",
        )
    await boss.forges(f"survey-compare:{second.id}")
    seen = boss.sees.replace("⁨", "").replace("⁩", "")
    assert "Knowledge: 1.5 before, 3.5 after" in seen
    assert "Higher: 5, the same: 1, lower: 0" in seen
    assert "Confidence: 2 before, 2 after" in seen
    await boss.forges(f"survey-results:{event.id}")
    assert "before it begins" in boss.sees


async def test_without_names_the_groups_are_compared_and_only_from_five_on(stage: Stage) -> None:
    people = await crowd(stage, 6)
    boss = await stage.known(role="coordinator")
    event = await event_of(stage, "training", people, starts_at=stage.now + 2 * DAY)
    await stage.passes(HOUR)
    first = await survey_of(stage, event, BEFORE)
    for at, person in enumerate(people):
        await gives(person, first, f"knows:{1 + at % 2}", "-able" if at < 2 else "able:2", "-hope")
    await stage.passes(2 * DAY + 2 * HOUR)
    second = await survey_of(stage, event)
    for at, person in enumerate(people):
        use = ("use:none", "1 2") if at < 4 else ("use:own",)
        await gives(person, second, "rating:4", "knows:4", "able:4", f"recommend:{at}", *use, "-words")
    await boss.forges(f"survey-compare:{second.id}")
    assert "Knowledge" not in boss.sees, "while it is open nothing is shown"
    await stage.passes(8 * DAY)
    await boss.forges(f"survey-compare:{second.id}")
    seen = boss.sees.replace("⁨", "").replace("⁩", "")
    assert "Knowledge: 1.5 before, 4 after" in seen
    assert "Confidence" not in seen, "four people answered that before"
    assert "Higher" not in seen
    await boss.forges(f"survey-report:{second.id}")
    assert "What is missing" in boss.sees
    await boss.forges(f"survey-question:{second.id}:5")
    assert "nothing is shown" in boss.sees
    assert "4" not in boss.sees.split("need before")[1].split("Fewer")[0]
    await boss.forges(f"survey-chart:{second.id}")
    pictures = [one for one in boss.phone if one.part.attachment]
    assert len(pictures) == 2, "thirty-one bars, and none of what four people said"


async def test_what_is_asked_before_moves_with_the_event(stage: Stage) -> None:
    people = await crowd(stage, 2)
    event = await event_of(stage, "training", people, mode="named", starts_at=stage.now + 2 * DAY)
    await stage.passes(HOUR)
    async with stage.database.unit() as unit:
        from handlers.reminders import arm

        moved = await unit.events.change(event, reschedule=True, starts_at=stage.now + 6 * DAY)
        await arm(unit, moved, stage.now)
    before = len(people[0].phone)
    await stage.passes(4 * DAY)
    survey = await survey_of(stage, event, BEFORE)
    assert survey.takes_answers(stage.now)
    assert len(people[0].phone) <= before + 1, "nobody is asked anew, but reminded"
    await stage.passes(3 * DAY)
    assert (await survey_of(stage, event, BEFORE)).state == "closed"


# --- results ------------------------------------------------------------------------------------------------


async def test_who_has_not_answered_is_listed_only_where_there_are_names(stage: Stage) -> None:
    people = await crowd(stage, 3)
    boss = await stage.known(role="coordinator")
    for mode in ("named", "anonymous"):
        event = await event_of(stage, "webinar", people, mode=mode, starts_at=stage.now - 3 * HOUR)
        await stage.passes(timedelta(minutes=1))
        survey = await survey_of(stage, event)
        await gives(people[0], survey, "rating:4", "use:own", "-words")
        await boss.forges(f"survey-report:{survey.id}")
        assert ("Not answered yet" in boss.buttons) == (mode == "named")
        await boss.forges(f"survey-missing:{survey.id}:0")
        assert ("Member, Basra 1" in boss.sees) == (mode == "named")
        assert "Member, Basra 0" not in boss.sees


async def test_earlier_events_of_the_same_kind_stand_beside_the_numbers(stage: Stage) -> None:
    people = await crowd(stage, 5)
    boss = await stage.known(role="coordinator")
    for rating, kind in ((2, "webinar"), (5, "roundtable"), (4, "webinar")):
        event = await event_of(stage, kind, people, starts_at=stage.now - 3 * HOUR)
        await stage.passes(timedelta(minutes=1))
        survey = await survey_of(stage, event)
        for person in people:
            await gives(person, survey, f"rating:{rating}", "use:own", "-words")
        await stage.passes(8 * DAY)
    await boss.forges(f"survey-compare:{survey.id}")
    assert "Rating: 4 here, 2 at 1 event" in boss.sees.replace("⁨", "").replace("⁩", "")


# --- weeks later --------------------------------------------------------------------------------------------


async def test_five_weeks_later_those_who_came_are_asked_what_became_of_it(stage: Stage) -> None:
    came, stayed_away = await crowd(stage, 2)
    event = await event_of(stage, "webinar", [came, stayed_away], starts_at=stage.now - 3 * HOUR)
    async with stage.database.unit() as unit:
        for person, state in ((came, "present"), (stayed_away, "absent")):
            member = await person.member()
            await unit.attendance.mark(event.id, 1, member.id, state, stage.now, how="list")
    await stage.passes(34 * DAY)
    assert not came.phone, "what was asked at the end is of no use any more"
    await stage.passes(2 * DAY)
    assert "Some weeks have passed. What became of it?" in came.last.text
    assert not [one for one in stayed_away.phone if "Some weeks have passed" in one.text]
    survey = await survey_of(stage, event, LATER)
    await gives(came, survey, "used:partly", "together:yes", "-words")
    assert "Thank you" in came.sees


async def test_of_a_cancelled_event_nothing_became(stage: Stage) -> None:
    (person,) = await crowd(stage, 1)
    event = await event_of(stage, "webinar", [person], starts_at=stage.now - 3 * HOUR)
    async with stage.database.unit() as unit:
        await unit.events.change(event, state="cancelled")
    await stage.passes(40 * DAY)
    assert not [one for one in person.phone if "Some weeks have passed" in one.text]
