"""Reminders: each once, across moves, restarts and nights; what came too late is owned up to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from storage.tables import moments, outbox
from tests.handlers.happenings import LINK, TITLES, now_is, publish, register
from tests.play import Person, Stage, staged

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def reminders(stage: Stage, person: Person) -> list[str]:
    """List the states of the reminders queued for somebody."""
    member = await person.member()
    async with stage.database.reading() as unit:
        rows = await unit.outbox.all(
            sa.select(outbox.c.state)
            .where(outbox.c.kind == "reminder", outbox.c.member_id == member.id)
            .order_by(outbox.c.id)
        )
    return [row.state for row in rows]


async def moment_states(stage: Stage) -> dict[str, str]:
    """Return the state of each reminder by its occurrence."""
    async with stage.database.reading() as unit:
        rows = await unit.moments.all(sa.select(moments).where(moments.c.kind == "reminder"))
    return {row.occurrence: row.state for row in rows}


@pytest.mark.parametrize(
    ("lang", "tomorrow", "soon"),
    [
        ("en", "It begins tomorrow: 12:00", "It begins in one hour: 12:00"),
        ("ar", "12:00", "12:00"),
        ("ku", "12:00", "12:00"),
    ],
)
async def test_a_day_and_an_hour_before(stage: Stage, lang: str, tomorrow: str, soon: str) -> None:
    event = await publish(stage)
    person = await stage.known(lang)
    await register(person, event)
    person.seen = {shown.id: shown.part for shown in person.phone}
    await stage.passes(2 * DAY)
    assert tomorrow in person.last.text
    assert TITLES[lang] in person.last.text
    assert LINK in person.last.text
    await stage.passes(DAY - HOUR)
    assert soon in person.last.text
    assert await reminders(stage, person) == ["sent", "sent"]
    await stage.passes(10 * DAY)
    assert await reminders(stage, person) == ["sent", "sent"]


async def test_coffee_chats_also_a_week_before(stage: Stage) -> None:
    event = await publish(stage, "coffee_chat", starts_at=stage.now + 10 * DAY)
    person = await stage.known("en", role="donor")
    await register(person, event)
    for by, count in ((2 * DAY, 0), (DAY, 1), (6 * DAY, 2), (23 * HOUR, 3)):
        await stage.passes(by)
        assert len(await reminders(stage, person)) == count
    assert set(await moment_states(stage)) == {"10080:r1", "1440:r1", "60:r1"}


async def test_only_those_with_a_seat_are_reminded(stage: Stage) -> None:
    event = await publish(stage, capacity=1)
    inside, waiting, left, stranger = [await stage.known("en") for _ in range(4)]
    await register(left, event)
    await left.forges(f"unregister-yes:{event.id}")
    await register(inside, event)
    await register(waiting, event)
    await stage.passes(2 * DAY)
    counts = [len(await reminders(stage, one)) for one in (inside, waiting, left, stranger)]
    assert counts == [1, 0, 0, 0]


async def test_who_muted_reminders_gets_none(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await register(person, event)
    member = await person.member()
    async with stage.database.unit() as unit:
        await unit.members.change(member.id, muted=("reminders",))
    await stage.passes(2 * DAY)
    assert await reminders(stage, person) == ["failed"]
    assert all("It begins" not in shown.text for shown in person.phone)


async def test_exactly_once_across_restarts_and_several_clocks(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await register(person, event)
    await stage.passes(2 * DAY)
    async with staged(stage.database, stage.now) as again:
        await again.passes(timedelta(seconds=10))
        await again.passes(timedelta(seconds=10))
    assert await reminders(stage, person) == ["sent"]


async def test_the_night_is_left_quiet(stage: Stage) -> None:
    start = datetime(2026, 3, 4, 19, 0, tzinfo=UTC)  # 22:00 in Baghdad
    event = await publish(stage, starts_at=start)
    person = await stage.known("en")
    await register(person, event)
    async with stage.database.reading() as unit:
        due = await unit.moments.next_due("reminder", event.id)
    assert due == datetime(2026, 3, 3, 17, 30, tzinfo=UTC), "20:30 the evening before"
    stage.now = start - HOUR
    await stage.passes(timedelta(seconds=1))
    assert "It begins in one hour" in person.last.text, "near its event a reminder comes at night too"


async def test_late_but_useful_goes_out_and_useless_is_owned_up_to_once(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    coordinator = await stage.known("ar", role="coordinator")
    administrator = await stage.known("en", role="administrator")
    await register(person, event)
    await stage.passes(2 * DAY + 5 * HOUR)
    assert "It begins tomorrow" in person.last.text, "five hours late is still of use"
    await stage.passes(5 * DAY)
    assert await moment_states(stage) == {"1440:r1": "done", "60:r1": "missed"}
    assert await reminders(stage, person) == ["sent"]
    assert len(coordinator.phone) == len(administrator.phone) == 1
    assert "too late" in administrator.last.text
    await administrator.taps("Manage event")
    assert "not sent: 1" in administrator.sees


async def test_after_a_long_stop_only_the_last_of_several_goes_out(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await register(person, event)
    await stage.passes(3 * DAY - timedelta(minutes=40))
    assert await moment_states(stage) == {"1440:r1": "missed", "60:r1": "done"}
    assert await reminders(stage, person) == ["sent"]
    assert "in 40 minutes" in person.last.text


async def test_a_move_arms_what_had_gone_out_already_again(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    coordinator = await stage.known("en", role="coordinator")
    await register(person, event)
    await stage.passes(2 * DAY)
    later = event.starts_at + 7 * DAY if event.starts_at else stage.now
    await coordinator.forges(f"event-move:{event.id}:1:{int(later.timestamp() // 60)}")
    assert await moment_states(stage) == {
        "1440:r1": "done",
        "60:r1": "withdrawn",
        "1440:r2": "waiting",
        "60:r2": "waiting",
    }
    await stage.passes(7 * DAY)
    assert await reminders(stage, person) == ["sent", "sent"]


async def test_moved_to_before_its_point_it_goes_out_now(stage: Stage) -> None:
    event = await publish(stage, starts_at=stage.now + 20 * DAY)
    person = await stage.known("en")
    coordinator = await stage.known("en", role="coordinator")
    await register(person, event)
    sooner = stage.now + 20 * HOUR
    await coordinator.forges(f"event-move:{event.id}:1:{int(sooner.timestamp() // 60)}")
    await stage.passes(timedelta(seconds=10))
    assert await reminders(stage, person) == ["sent"]
    assert "It begins tomorrow" in person.last.text


async def test_what_is_queued_for_an_older_time_or_a_cancelled_event_stays_unsent(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await register(person, event)
    member = await person.member()
    before = len(person.phone)
    async with stage.database.unit() as unit:
        for occurrence, args in (("old", (event.id, 7, 60)), ("seatless", (999, 1, 60))):
            await unit.outbox.notify_one(
                "reminder", member.id, subject="event:0", occurrence=occurrence, at=stage.now, args=args
            )
    await stage.settles()
    assert await reminders(stage, person) == ["withdrawn", "withdrawn"]
    assert len(person.phone) == before


async def test_a_cancelled_event_reminds_nobody(stage: Stage) -> None:
    event = await publish(stage, survey_mode="anonymous")
    person = await stage.known("en")
    coordinator = await stage.known("en", role="coordinator")
    await register(person, event)
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    assert (await now_is(stage, event)).state == "cancelled"
    await stage.passes(2 * DAY)
    assert await reminders(stage, person) == []
    async with stage.database.reading() as unit:
        assert await unit.moments.next_due("survey", event.id) is None
