"""Feedback from the event's end to the coordinator's results, as people live it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from locales import LANGUAGES, speech
from storage.store import Store
from storage.surveys import Survey
from storage.tables import (
    conversations,
    outbox,
    survey_answers,
    survey_ballots,
    survey_drafts,
    survey_voters,
)
from tests.play import Person, Stage
from tests.storage.people import past_event

TEXT = "The budgeting exercise was the best part."
DAY = timedelta(days=1)


async def event_over(stage: Stage, people: list[Person], mode: str = "anonymous") -> int:
    """Make an event that has just ended, with people registered, and its survey armed."""
    from handlers.reminders import arm

    async with stage.database.unit() as unit:
        event = await past_event(unit, stage.now, survey_mode=mode)
        for person in people:
            address = await unit.addresses.find(person.channel.name, person.channel.account, person.peer)
            assert address is not None
            await unit.registrations.add(event.id, address.member_id, None, "confirmed", stage.now)
        await arm(unit, event, stage.now)
    return event.id


async def crowd(stage: Stage, count: int = 6, lang: str = "en", channel: str = "telegram") -> list[Person]:
    return [await stage.known(lang, channel=channel, name=f"Member, Basra {at}") for at in range(count)]


async def asked(
    stage: Stage, count: int = 6, mode: str = "anonymous", **options: str
) -> tuple[list[Person], Survey]:
    """Bring people in whose event is over and who have been asked."""
    people = await crowd(stage, count, **options)
    event_id = await event_over(stage, people, mode)
    await stage.passes(timedelta(minutes=20))
    return people, await survey_of(stage, event_id)


async def survey_of(stage: Stage, event_id: int) -> Survey:
    async with stage.database.reading() as unit:
        survey = await unit.surveys.of_event(event_id)
    assert survey is not None
    return survey


async def answers(person: Person, survey: Survey, *, rating: int = 4, text: str = TEXT) -> Person:
    await person.forges(f"survey-next:{survey.id}")
    await person.taps(f"rate:{survey.id}:rating:{rating}")
    await person.taps(f"rate:{survey.id}:use:share")
    await (person.says(text) if text else person.taps(f"survey-skip:{survey.id}:words"))
    return await person.taps(f"survey-send:{survey.id}")


async def count(stage: Stage, table: sa.Table) -> int:
    async with stage.database.reading() as unit:
        return int(await Store(unit).scalar(sa.select(sa.func.count()).select_from(table)) or 0)


# --- being asked --------------------------------------------------------------------------------------------


async def test_people_are_asked_once_when_their_event_is_over(stage: Stage) -> None:
    people = await crowd(stage, 3)
    outsider = await stage.known()
    event_id = await event_over(stage, people)
    await stage.passes(timedelta(minutes=5))
    for person in people:
        assert "How was this for you?" in person.last.text
        assert "Grant writing" in person.last.text
        assert person.last.part.lasting
    assert not outsider.phone
    survey = await survey_of(stage, event_id)
    assert (survey.mode, survey.invited, survey.closes_at) == ("anonymous", 3, stage.now + 7 * DAY)
    await stage.passes(timedelta(minutes=5))
    assert [len(person.phone) for person in people] == [1, 1, 1]


async def test_at_night_the_question_waits_for_the_morning(stage: Stage) -> None:
    people = await crowd(stage, 1)
    stage.now = stage.now.replace(hour=19)  # 22:00 in Baghdad
    await event_over(stage, people)
    await stage.passes(timedelta(minutes=5))
    assert not people[0].phone
    await stage.passes(timedelta(hours=10))
    assert "How was this for you?" in people[0].last.text


async def test_a_moved_event_is_not_asked_about_at_its_old_time(stage: Stage) -> None:
    people = await crowd(stage, 1)
    event_id = await event_over(stage, people)
    async with stage.database.unit() as unit:
        event = await unit.events.get(event_id)
        assert event is not None
        await unit.events.change(event, reschedule=True, starts_at=stage.now + DAY)
    await stage.passes(timedelta(minutes=5))
    assert not people[0].phone
    async with stage.database.reading() as unit:
        assert await unit.surveys.of_event(event_id) is None


async def test_too_late_a_question_is_noted_as_missed(stage: Stage) -> None:
    people = await crowd(stage, 1)
    event_id = await event_over(stage, people)
    stage.now += 10 * DAY
    await stage.passes(timedelta())
    assert not people[0].phone
    async with stage.database.reading() as unit:
        assert await unit.moments.missed("survey", event_id) == 1


async def test_only_those_who_have_not_answered_are_reminded_and_only_once(stage: Stage) -> None:
    (done, waiting, *_), survey = await asked(stage)
    await answers(done, survey)
    before = len(done.phone), len(waiting.phone)
    await stage.passes(2 * DAY)
    await stage.passes(DAY)
    assert (len(done.phone), len(waiting.phone)) == (before[0], before[1] + 1)
    assert "There is still time" in waiting.last.text


async def test_who_muted_feedback_questions_gets_none(stage: Stage) -> None:
    people = await crowd(stage, 2)
    async with stage.database.unit() as unit:
        await unit.members.change((await people[0].member()).id, muted=("surveys",))
    await event_over(stage, people)
    await stage.passes(timedelta(minutes=20))
    assert not people[0].phone
    assert people[1].phone


# --- answering ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_whole_way_on_every_channel_and_in_every_language(
    stage: Stage, lang: str, channel: str
) -> None:
    people, survey = await asked(stage, 1, lang=lang, channel=channel)
    person, voice = people[0], speech(lang)
    await person.taps(voice.p("button", "Give feedback"))
    await person.taps(voice.p("button", "Begin"))
    assert voice._("Question {number} of {total}", number=1, total=3) in person.sees
    await person.says({"en": "5", "ar": "٥", "ku": "۵"}[lang])
    assert voice._("Question {number} of {total}", number=2, total=3) in person.sees
    await person.taps(voice.p("button", "In my own work"))
    await person.says("سوپاس")
    await person.taps(voice.p("button", "Send"))
    assert voice._("Thank you!") in person.sees
    async with stage.database.reading() as unit:
        assert await unit.surveys.count_answers(survey) == 1


async def test_the_mode_is_said_before_the_first_question(stage: Stage) -> None:
    for mode, said in (
        ("anonymous", "Coordinators never see who gave which answer"),
        ("named", "coordinators see your name"),
    ):
        people, survey = await asked(stage, 1, mode)
        await people[0].taps(f"survey:{survey.id}")
        assert said in people[0].sees
        assert "fully anonymous" not in people[0].sees.lower()


async def test_skip_back_change_and_finish_later(stage: Stage) -> None:
    people, survey = await asked(stage, 1, "named")
    person = people[0]
    await person.taps(f"survey:{survey.id}")
    await person.taps("Begin")
    await person.taps("2")
    await person.taps("Back")
    await person.taps("3")
    await person.taps("Skip")
    await person.taps("Finish later")
    assert "kept, locked, for seven days" in person.sees
    await person.taps("Continue")
    assert "Question 3 of 3" in person.sees
    await person.says("  too\u202e good  ")
    assert "Rating: 3" in person.sees.replace("\u2068", "").replace("\u2069", "")
    assert "skipped" in person.sees
    await person.taps("Rating")
    await person.taps("5")
    assert "Ready to send?" in person.sees
    await person.taps("Send")
    async with stage.database.reading() as unit:
        (said,) = await unit.surveys.answers(survey.id)
    assert said.answers == {"rating": "5", "use": None, "words": "too good"}


async def test_a_switch_of_language_goes_on_at_the_same_question(stage: Stage) -> None:
    people, survey = await asked(stage, 1)
    person = people[0]
    await person.forges(f"survey-next:{survey.id}")
    await person.taps("4")
    await person.forges("speak:ku")
    await person.forges(f"survey:{survey.id}")
    await person.taps(speech("ku").p("button", "Continue"))
    assert speech("ku")._("Question {number} of {total}", number=2, total=3) in person.sees


async def test_what_does_not_fit_is_asked_again(stage: Stage) -> None:
    people, survey = await asked(stage, 1)
    person = people[0]
    for action in (f"rate:{survey.id}:rating:6", f"rate:{survey.id}:use:x", f"rate:{survey.id}:words: "):
        await person.forges(action)
        assert "Question" in person.sees
    await person.forges(f"rate:{survey.id}:gone:1")
    assert "Question 1 of 3" in person.sees
    await person.forges(f"survey-ask:{survey.id}:words")
    await person.says("x" * 2_001)
    assert "at most 2000 characters" in person.sees
    assert "Question 3 of 3" in person.sees


async def test_with_every_question_skipped_nothing_can_be_sent(stage: Stage) -> None:
    people, survey = await asked(stage, 1)
    person = people[0]
    await person.forges(f"survey-next:{survey.id}")
    for _ in range(3):
        await person.taps("Skip")
    assert "nothing to send yet" in person.sees
    assert "Send" not in person.buttons
    await person.forges(f"survey-send:{survey.id}")
    assert await count(stage, survey_ballots) == 0


async def test_a_second_answer_and_stale_buttons_are_refused_kindly(stage: Stage) -> None:
    people, survey = await asked(stage, 1)
    person = await answers(people[0], survey)
    for action in ("survey", "survey-next", "survey-send", "survey-stop"):
        await person.forges(f"{action}:{survey.id}")
        assert "have arrived already" in person.sees
    await person.forges(f"rate:{survey.id}:rating:1")
    assert "have arrived already" in person.sees
    assert await count(stage, survey_drafts) == 0
    assert await count(stage, survey_ballots) == 1


async def test_strangers_to_the_event_and_those_too_late_are_refused_kindly(stage: Stage) -> None:
    people, survey = await asked(stage, 1)
    outsider = await stage.known()
    await outsider.forges(f"survey:{survey.id}")
    assert "registered for the event" in outsider.sees
    await outsider.forges("survey:999")
    assert "does not exist" in outsider.sees
    stage.now += 8 * DAY
    await people[0].forges(f"rate:{survey.id}:rating:1")
    assert "has closed" in people[0].sees


async def test_what_was_not_sent_can_be_deleted(stage: Stage) -> None:
    people, survey = await asked(stage, 1)
    person = people[0]
    await person.forges(f"rate:{survey.id}:rating:1")
    await person.taps("Finish later")
    await person.taps("Delete my answers")
    assert "deleted" in person.sees
    await person.forges(f"survey-drop:{survey.id}")
    assert await count(stage, survey_drafts) == 0


async def test_feedback_lists_what_waits(stage: Stage) -> None:
    people, survey = await asked(stage, 1)
    await people[0].forges("feedback")
    assert f"survey:{survey.id}" in people[0].last.labels.values()
    await answers(people[0], survey)
    await people[0].forges("feedback")
    assert "Nothing waits for your feedback now" in people[0].sees


async def test_an_anonymous_answer_is_nowhere_but_in_its_ballot(stage: Stage) -> None:
    """No screen, waiting question or draft that is kept shows what was answered, or to which questions."""
    (person, silent, *_), survey = await asked(stage)
    await answers(person, survey, rating=2)
    await answers(silent, survey, rating=5, text="")
    kept: dict[int, list[str]] = {}
    async with stage.database.reading() as unit:
        for row in await Store(unit).all(
            sa.select(outbox).where(outbox.c.screen_sealed.is_not(None)).order_by(outbox.c.id)
        ):
            screen = unit.vault.open_text(row.screen_sealed, "outbox", "screen", row.key)
            assert TEXT not in screen
            kept.setdefault(row.member_id, []).append(screen)
        for row in await Store(unit).all(sa.select(conversations)):
            assert TEXT not in unit.vault.open_text(
                row.state_sealed, "conversations", "state", row.address_id
            )
    one, other = kept.values()
    assert one == other, "the screens of two people with different answers are the same"
    assert await count(stage, survey_drafts) == 0
    assert await count(stage, survey_voters) == 2


# --- closing and results ------------------------------------------------------------------------------------


async def test_anonymous_results_come_after_closing_and_name_nobody(stage: Stage) -> None:
    people, survey = await asked(stage)
    coordinator = await stage.known("en", role="coordinator")
    for at, person in enumerate(people):
        await answers(person, survey, rating=at % 5 + 1, text=f"Text number {at}")
    await coordinator.forges(f"survey-report:{survey.id}")
    assert "sealed until the survey closes" in coordinator.sees
    assert "6 of 6 (100 %)" in coordinator.sees
    for hidden in ("survey-chart", "survey-texts"):
        await coordinator.forges(f"{hidden}:{survey.id}" + (":0" if hidden == "survey-texts" else ""))
        assert "sealed until" in coordinator.sees
    await coordinator.taps("Close now")
    assert "cannot be opened again" in coordinator.sees
    await coordinator.taps("Yes, close it", again=True)
    await stage.passes(timedelta(minutes=1))
    assert "The survey has closed" in coordinator.last.text
    await coordinator.taps("Survey results")
    assert "Mean: 2.5" in coordinator.sees, "few people each, so the mean is told in halves"
    await coordinator.taps("What they wrote")
    assert "Page 1 of 2" in coordinator.sees
    assert coordinator.sees.count("Text number") == 5
    assert "Member, Basra" not in coordinator.sees
    for table in (survey_ballots, survey_voters, survey_drafts):
        assert await count(stage, table) == 0
    async with stage.database.reading() as unit:
        assert await unit.facts.get("scrub") == "", "the file was rewritten"
        assert (
            await Store(unit).scalar(
                sa.select(sa.func.count()).where(survey_answers.c.member_id.is_not(None))
            )
            == 0
        )
        readable = sa.select(outbox.c.id).where(
            outbox.c.screen_sealed.is_not(None), outbox.c.created_at < stage.now - timedelta(seconds=50)
        )
        mine = readable.where(outbox.c.member_id == (await people[0].member()).id)
        assert await Store(unit).all(mine) == [], "screens of those who were asked are gone too"


async def test_too_few_anonymous_answers_are_destroyed_and_coordinators_are_warned_in_time(
    stage: Stage,
) -> None:
    people, survey = await asked(stage)
    coordinator = await stage.known("en", role="coordinator")
    await answers(people[0], survey)
    await stage.passes(6 * DAY)
    assert "A survey needs answers" in coordinator.last.text
    await coordinator.taps("Keep open 7 days", again=True)
    assert (await survey_of(stage, survey.event_id)).closes_at == survey.closes_at + 7 * DAY
    assert "Keep open 7 days" not in coordinator.buttons
    await stage.passes(2 * DAY)
    assert (await survey_of(stage, survey.event_id)).state == "open"
    await stage.passes(7 * DAY)
    assert (await survey_of(stage, survey.event_id)).state == "closed"
    assert await count(stage, survey_answers) == 0
    await coordinator.forges(f"survey-report:{survey.id}")
    assert "destroyed unread" in coordinator.sees


async def test_named_results_are_there_from_five_on_with_names(stage: Stage) -> None:
    people, survey = await asked(stage, mode="named")
    coordinator = await stage.known("en", role="coordinator")
    for person in people[:4]:
        await answers(person, survey)
    await coordinator.forges(f"survey-results:{survey.event_id}")
    assert "once at least five people have answered" in coordinator.sees
    assert "Mean" not in coordinator.sees
    await answers(people[4], survey)
    await coordinator.forges(f"survey-results:{survey.event_id}")
    assert "Mean: 4" in coordinator.sees
    await coordinator.taps("What they wrote")
    assert "Member, Basra" in coordinator.sees
    await coordinator.taps("Back")
    await coordinator.taps("Chart")
    picture = coordinator.last.part.attachment
    assert picture is not None
    assert picture.picture


async def test_the_list_of_surveys(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("survey-results")
    assert "There is no survey yet" in coordinator.sees
    for _ in range(7):
        await asked(stage, 1)
    await coordinator.forges("survey-results")
    assert coordinator.sees.count("0 of 1") == 6
    await coordinator.taps("Next")
    assert coordinator.sees.count("0 of 1") == 1
    await coordinator.forges("survey-results:999")
    assert "no survey yet" in coordinator.sees
    await coordinator.forges("survey-report:999")
    assert "does not exist" in coordinator.sees


async def test_members_see_no_results(stage: Stage) -> None:
    people, survey = await asked(stage, 1)
    for action in (
        "survey-results",
        f"survey-report:{survey.id}",
        f"survey-texts:{survey.id}:0",
        f"survey-end:{survey.id}",
    ):
        await people[0].forges(action)
        assert "not open to you" in people[0].sees
    assert (await survey_of(stage, survey.event_id)).state == "open"
