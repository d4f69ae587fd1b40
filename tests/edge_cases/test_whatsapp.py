"""Edge cases 12: a window that closes in the middle, templates that are refused, answers that are no button."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.kit import Inbound
from storage.registrations import Seats
from storage.tables import outbox
from tests.bot.house import House, bodies, house, openers
from tests.bot.test_whatsapp_windows import announce, announced_to
from tests.handlers.happenings import publish, register, registration, seats
from tests.handlers.test_feedback import asked
from tests.play import Person, Stage

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[House]:
    """Run the machine beside a fake Twilio."""
    async with house(tmp_path) as opened:
        yield opened


async def test_a_window_that_closes_in_the_middle_holds_what_comes_until_the_person_writes(
    running: House,
) -> None:
    await running.templates()
    person = await running.known("ku")
    await person.say("/settings")
    await running.settles()
    await running.passes(timedelta(hours=25))
    person.close_window()
    await announce(running, None, ku="دەقێک")
    assert not any("دەقێک" in body for body in bodies(person))
    assert len(openers(person)) == 1
    await person.say("/settings")
    await person.expect("دەقێک")
    await running.settles()
    assert sum("دەقێک" in body for body in bodies(person)) == 1
    assert [row.state for row in await announced_to(running, person)] == ["delivered"]


async def test_refused_templates_send_nothing_and_lose_nothing(running: House) -> None:
    await running.templates(approve=lambda name, lang: False)
    person = await running.known("en")
    await running.passes(timedelta(days=2))
    await announce(running, None, en="Hello")
    assert not person.messages
    assert [row.state for row in await announced_to(running, person)] == ["queued"]
    await person.say("hi")
    await person.expect("Hello")


async def test_a_paused_template_stops_the_rest_and_the_administrator_hears_why(running: House) -> None:
    await running.templates()
    administrator, person = await running.known("en", role="administrator"), await running.known("en")
    await running.passes(timedelta(days=2))
    await administrator.say("hello")
    for content in running.twilio.contents.values():
        content.approval.update(status="paused") if content.approval else None
    event = await publish(running)
    await announce(running, event.id, en="Come!")
    await administrator.expect("prepared wording")
    assert not person.messages
    assert not await running.rows(outbox.c.kind == "announcement", outbox.c.state == "sent")


async def hears(person: Person, kind: str) -> Person:
    """Let somebody send what is neither text nor a tap nor a file: a voice note, a sticker, a place."""
    number = next(person.stage.numbers)
    person.seen = {shown.id: shown.part for shown in person.phone}
    await person.stage.dispatcher.receive(
        Inbound(
            channel=person.channel.name,
            account=person.channel.account,
            peer=person.peer,
            provider_id=f"{kind}{number}",
            at=person.stage.now,
            what="other",
        )
    )
    await person.stage.settles()
    return person


@on_sqlite
async def test_a_voice_note_or_sticker_is_answered_kindly_and_changes_nothing(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en", channel="whatsapp")
    await person.forges(f"event:{event.id}")
    for kind in ("voice", "sticker"):
        await hears(person, kind)
        assert "not this kind of message" in person.sees
        assert person.buttons
    assert await registration(stage, event, person) is None


@on_sqlite
@pytest.mark.parametrize("typed", ["1", "١", "۱", " 1 ", "1️⃣", "1."])
async def test_a_number_that_is_typed_is_the_choice_that_stands_there(stage: Stage, typed: str) -> None:
    event = await publish(stage)
    person = await stage.known("ku", channel="whatsapp")
    await person.forges(f"event:{event.id}")
    first = next(iter(person.last.labels.values()))
    assert first == f"register:{event.id}:{event.revision}"
    await person.says(typed)
    assert await seats(stage, event) == Seats(confirmed=1)


@on_sqlite
@pytest.mark.parametrize("typed", ["👍", "9", "99", "maybe", "0"])
async def test_what_stands_for_no_choice_chooses_nothing_and_shows_the_way_on(
    stage: Stage, typed: str
) -> None:
    event = await publish(stage)
    person = await stage.known("en", channel="whatsapp")
    await register(person, event)
    await person.forges(f"unregister:{event.id}")
    await person.says(typed)
    assert person.buttons, "there is a way on"
    assert await seats(stage, event) == Seats(confirmed=1)


@on_sqlite
async def test_words_instead_of_a_button_in_a_survey_are_asked_again_and_nothing_is_lost(
    stage: Stage,
) -> None:
    (person,), survey = await asked(stage, 1, mode="named")
    await person.forges(f"survey-next:{survey.id}")
    await person.taps("4")
    await person.says("It was all right, I think")
    assert person.buttons
    member = await person.member()
    async with stage.database.reading() as unit:
        kept = await unit.surveys.draft(survey.id, member.id)
    assert kept is not None
    assert kept["rating"] == "4"
    await person.forges(f"survey-next:{survey.id}")
    assert "2" in person.sees
