"""Edge cases 6: an event is cancelled when much is on its way: nothing of it goes out, and it may be held after all."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.events import Event
from storage.registrations import Seats
from storage.tables import outbox
from tests.handlers.happenings import now_is, publish, register, seats
from tests.play import Person, Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def going_out(stage: Stage, event: Event) -> dict[str, int]:
    """Count what is still queued for an event, by kind."""
    async with stage.database.reading() as unit:
        rows = await unit.outbox.all(
            sa.select(outbox.c.kind, sa.func.count().label("n"))
            .where(outbox.c.subject == f"event:{event.id}", outbox.c.state.in_(("queued", "paused")))
            .group_by(outbox.c.kind)
        )
    return {row.kind: row.n for row in rows}


async def crowded(stage: Stage) -> tuple[Event, Person, Person, Person]:
    """Publish a full event, with somebody waiting, and a coordinator."""
    event = await publish(stage, capacity=1, survey_mode="anonymous")
    inside = await register(await stage.known("en"), event)
    waiting = await register(await stage.known("en"), event)
    return event, inside, waiting, await stage.known("en", role="coordinator")


async def test_moves_changes_offers_and_reminders_are_all_suppressed(stage: Stage) -> None:
    event, inside, waiting, coordinator = await crowded(stage)
    stage.now += 11 * HOUR  # night, so that offers and moves wait
    await inside.forges(f"unregister-yes:{event.id}")
    other = await register(await stage.known("en"), event)
    await coordinator.forges(f"event-move:{event.id}:1:{int((stage.now + 9 * DAY).timestamp() // 60)}")
    assert set(await going_out(stage, event)) >= {"offer", "moved"}
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    assert await going_out(stage, event) == {}
    await stage.passes(12 * DAY)
    for person in (waiting, other):
        said = "".join(shown.text for shown in person.phone)
        assert "this event was cancelled" in said
        for word in ("a seat is free", "new time", "It begins", "How was this"):
            assert word not in said


async def test_an_announcement_that_waits_does_not_invite_to_what_is_cancelled(stage: Stage) -> None:
    event, _, _, coordinator = await crowded(stage)
    reader = await stage.known("en")
    async with stage.database.unit() as unit:
        author = await coordinator.member()
        announcement = (await unit.announcements.draft(author.id, stage.now, event.id)).id
        await unit.announcements.put_text(announcement, "en", "You are invited")
        await unit.outbox.notify_one(
            "announcement",
            (await reader.member()).id,
            subject=f"announcement:{announcement}",
            occurrence="1",
            at=stage.now,
            args=(announcement,),
            not_before=stage.now + HOUR,
        )
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    await stage.passes(2 * HOUR)
    assert reader.phone == []


async def test_no_survey_and_no_reminder_for_a_cancelled_event(stage: Stage) -> None:
    event, inside, _, coordinator = await crowded(stage)
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    seen = {shown.id for shown in inside.phone}
    await stage.passes(4 * DAY)
    assert {shown.id for shown in inside.phone} <= seen


async def test_the_calendar_takes_the_entry_out(stage: Stage) -> None:
    event, inside, _, coordinator = await crowded(stage)
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    await inside.taps("Remove from calendar")
    attachment = next(shown.part.attachment for shown in reversed(inside.phone) if shown.part.attachment)
    async with stage.database.reading() as unit:
        body = await unit.files.body(attachment.file_id) or b""
    for word in (b"METHOD:CANCEL", b"STATUS:CANCELLED", b"SEQUENCE:1"):
        assert word in body


async def test_a_cancelled_event_can_be_held_after_all_and_everything_is_armed_anew(stage: Stage) -> None:
    event, inside, waiting, coordinator = await crowded(stage)
    await stage.passes(2 * DAY)  # the reminder of the day before has gone out
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    await coordinator.forges(f"event-revive:{event.id}")
    for person in (inside, waiting):
        assert "this event takes place after all" in "".join(shown.text for shown in person.phone[-2:])
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=1)
    assert (await now_is(stage, event)).sequence == 2
    await stage.passes(23 * HOUR)
    assert "It begins" in inside.last.text


async def test_a_cancelled_event_that_would_have_begun_stays_cancelled(stage: Stage) -> None:
    event, _, _, coordinator = await crowded(stage)
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    await stage.passes(4 * DAY)
    await coordinator.forges(f"event-revive:{event.id}")
    assert (await now_is(stage, event)).state == "cancelled"
    assert "Hold it after all" not in coordinator.buttons
