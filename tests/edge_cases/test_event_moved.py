"""Edge cases 5: an event moves: everything is recomputed, everybody hears of it once, and decides."""

from __future__ import annotations

from datetime import datetime, timedelta

import icalendar
import pytest
import sqlalchemy as sa

from storage.events import Event
from storage.tables import outbox
from tests.handlers.happenings import now_is, publish, register, registration
from tests.play import Person, Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def stage_with(stage: Stage, **fields: object) -> tuple[Event, Person, Person]:
    """Publish an event, register somebody, and bring in a coordinator."""
    event = await publish(stage, **fields)
    return event, await register(await stage.known("en"), event), await stage.known("en", role="coordinator")


async def move(stage: Stage, coordinator: Person, event: Event, to: datetime) -> Event:
    """Move an event from its present time."""
    revision = (await now_is(stage, event)).schedule_revision
    await coordinator.forges(f"event-move:{event.id}:{revision}:{int(to.timestamp() // 60)}")
    return await now_is(stage, event)


async def states(stage: Stage, kind: str) -> list[str]:
    """List the states of the notices of a kind."""
    async with stage.database.reading() as unit:
        rows = await unit.outbox.all(
            sa.select(outbox.c.state).where(outbox.c.kind == kind).order_by(outbox.c.id)
        )
    return [row.state for row in rows]


async def test_a_reminder_that_had_gone_out_is_sent_again_for_the_new_time(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage)
    await stage.passes(2 * DAY)
    assert await states(stage, "reminder") == ["sent"]
    assert event.starts_at is not None
    await move(stage, coordinator, event, event.starts_at + 5 * DAY)
    await stage.passes(5 * DAY)
    assert await states(stage, "reminder") == ["sent", "sent"]
    assert "Reminder" in member.last.part.title or "It begins" in member.last.text


async def test_reminders_of_the_old_time_never_go_out(stage: Stage) -> None:
    event, _, coordinator = await stage_with(stage)
    await move(stage, coordinator, event, stage.now + 20 * DAY)
    await stage.passes(10 * DAY)
    assert await states(stage, "reminder") == []


async def test_two_moves_in_ten_minutes_are_one_notice_from_the_known_time_to_the_last(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage)
    await move(stage, coordinator, event, stage.now + 8 * DAY)
    await stage.passes(timedelta(minutes=9))
    await move(stage, coordinator, event, stage.now + 9 * DAY)
    await stage.passes(HOUR)
    assert await states(stage, "moved") == ["withdrawn", "sent"]
    assert "Until now: Wednesday, 4 March, 12:00" in member.last.text
    assert "New time: Tuesday, 10 March, 12:09" in member.last.text


async def test_two_moves_a_day_apart_are_two_notices(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage)
    await move(stage, coordinator, event, stage.now + 8 * DAY)
    await stage.passes(DAY)
    await move(stage, coordinator, event, stage.now + 9 * DAY)
    await stage.passes(HOUR)
    assert await states(stage, "moved") == ["sent", "sent"]
    assert "Until now: Monday, 9 March" in member.last.text


async def test_a_move_to_the_past_is_refused(stage: Stage) -> None:
    event, _, coordinator = await stage_with(stage)
    moved = await move(stage, coordinator, event, stage.now - HOUR)
    assert "That time is not ahead of us." in coordinator.sees
    assert moved == event


async def test_moved_to_where_a_reminder_is_overdue_it_goes_out_at_once(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage, starts_at=stage.now + 9 * DAY)
    await move(stage, coordinator, event, stage.now + 5 * HOUR)
    await stage.passes(timedelta(minutes=11))
    assert await states(stage, "reminder") == ["sent"]
    assert await states(stage, "moved") == ["sent"]
    assert member.phone


async def test_where_time_presses_people_hear_of_it_at_once(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage, starts_at=stage.now + 2 * HOUR)
    await move(stage, coordinator, event, stage.now + 9 * DAY)
    assert "This event has a new time." in member.last.text


async def test_word_of_a_move_at_night_waits_for_the_morning(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage, starts_at=stage.now + 9 * DAY)
    stage.now += timedelta(hours=13)  # 01:00 in Baghdad
    await move(stage, coordinator, event, stage.now + 12 * DAY)
    await stage.passes(HOUR)
    assert await states(stage, "moved") == ["queued"]
    await stage.passes(7 * HOUR)
    assert "This event has a new time." in member.last.text


async def test_no_answer_keeps_the_seat_and_is_shown_to_coordinators(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage)
    await move(stage, coordinator, event, stage.now + 8 * DAY)
    await stage.passes(DAY)
    mine = await registration(stage, event, member)
    assert mine is not None
    assert mine.state == "confirmed"
    await coordinator.forges(f"manage:{event.id}")
    assert "Have not answered, and stay registered: 1" in coordinator.sees
    await member.taps("I am coming")
    await coordinator.forges(f"manage:{event.id}")
    assert "Have not answered, and stay registered: 0" in coordinator.sees


async def test_the_calendar_entry_counts_up_and_keeps_its_name(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage)
    entries = []
    for days in (0, 8, 9):
        if days:
            await move(stage, coordinator, event, stage.now + days * DAY)
        await member.forges(f"calendar:{event.id}")
        attachment = member.last.part.attachment
        assert attachment is not None
        async with stage.database.reading() as unit:
            body = await unit.files.body(attachment.file_id) or b""
        entries.append(icalendar.Calendar.from_ical(body).walk("VEVENT")[0])
    assert [entry["sequence"] for entry in entries] == [0, 1, 2]
    assert len({entry["uid"] for entry in entries}) == 1


async def test_an_offer_never_outlasts_a_nearer_time(stage: Stage) -> None:
    event, member, coordinator = await stage_with(stage, capacity=1, starts_at=stage.now + 9 * DAY)
    waiting = await register(await stage.known("en"), event)
    await member.forges(f"unregister-yes:{event.id}")
    soon = stage.now + 6 * HOUR
    await move(stage, coordinator, event, soon)
    mine = await registration(stage, event, waiting)
    assert mine is not None
    assert mine.offer_until is not None
    assert mine.offer_until <= soon - 2 * HOUR
