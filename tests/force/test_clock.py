"""Reminders across several processes, restarts, stalls, a clock that is stepped, and a moment slept through."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from handlers.reminders import arm
from storage.events import Event
from storage.tables import members
from tests.force.checker import query
from tests.force.conftest import Measured
from tests.force.fleet import World

TITLES = ("First meeting", "Second meeting")
ONE_MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


async def _event(world: World, title: str, starts_at: datetime) -> Event:
    """Publish an event for which everybody has a seat."""
    now = datetime.now(UTC)

    async def write(unit):  # type: ignore[no-untyped-def]
        draft = await unit.events.draft(
            title.replace(" ", ""), "webinar", at=now, minutes=60, mode="online", capacity=None,
            reminders=(1440, 60), survey_mode="none",
        )  # fmt: skip
        await unit.events.put_text(draft, "en", "title", title)
        values = {"starts_at": starts_at, "join_link": "https://meet.example.org/room"}
        event = await unit.events.change(draft, state="published", **values)
        await arm(unit, event, now)
        for row in await unit.events.all(sa.select(members.c.id)):
            await unit.registrations.add(event.id, row.id, None, "confirmed", now)
        return event

    return await world.database.work(write)  # type: ignore[no-any-return]


async def _reminded(world: World, title: str) -> Counter[int]:
    log = [json.loads(line) for line in world.provider_log.read_text().splitlines()]
    return Counter(
        one["chat"] for one in log if one["ok"] and "Reminder" in one["text"] and title in one["text"]
    )


async def _all_reminded(world: World, title: str, times: int) -> None:
    async with asyncio.timeout(60):
        while len(found := await _reminded(world, title)) < world.people or min(found.values()) < times:
            await asyncio.sleep(0.2)


async def test_each_reminder_comes_exactly_once_or_is_owned_up_to(
    everything: World, measured: Measured
) -> None:
    offset = everything.folder / "offset"
    noon = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    first, second = noon + timedelta(days=5), noon + timedelta(days=9)
    for title, starts_at in zip(TITLES, (first, second), strict=True):
        await _event(everything, title, starts_at)

    def set_clock(moment: datetime, seconds: float = 0.0) -> None:
        fresh = offset.with_suffix(".new")
        fresh.write_text(str((moment - datetime.now(UTC)).total_seconds() + seconds))
        fresh.replace(offset)

    set_clock(datetime.now(UTC))
    for _ in range(1 if everything.database.is_sqlite else 4):
        assert await everything.node().start(clock=str(offset)), everything.logs()
    # A day before: due while the processes stand still.
    _all(everything, signal.SIGSTOP)
    set_clock(first, ONE_MINUTE - DAY)
    _all(everything, signal.SIGCONT)
    await _all_reminded(everything, TITLES[0], 1)
    # The clock an hour back, and forward again over the same moment; a kill and a restart in between.
    set_clock(first, ONE_MINUTE - DAY - HOUR)
    await asyncio.sleep(3)
    struck = everything.nodes[0]
    await struck.end()
    assert await struck.start(clock=str(offset)), everything.logs()
    set_clock(first, 2 * ONE_MINUTE - DAY)
    await asyncio.sleep(12)
    # Ten minutes of standing still across the hour before.
    set_clock(first, -HOUR - 5 * ONE_MINUTE)
    await asyncio.sleep(1)
    _all(everything, signal.SIGSTOP)
    set_clock(first, -HOUR + 5 * ONE_MINUTE)
    _all(everything, signal.SIGCONT)
    await _all_reminded(everything, TITLES[0], 2)
    # Nobody runs from before the second's first reminder until the event is over.
    for node in everything.nodes:
        await node.end()
    set_clock(second, 2 * HOUR)
    for node in everything.nodes:
        assert await node.start(clock=str(offset)), everything.logs()
    async with asyncio.timeout(60):
        while len(missed := await _missed(everything)) < 2:
            await asyncio.sleep(0.2)
    counts = {title: Counter((await _reminded(everything, title)).values()) for title in TITLES}
    measured(
        f"{len(everything.nodes)} process(es): reminders per person {counts}; recorded as missed {len(missed)}"
    )
    assert counts[TITLES[0]] == {2: everything.people}
    assert not counts[TITLES[1]]


async def _missed(world: World) -> list[tuple[object, ...]]:
    return await query(world.url, "SELECT id FROM moments WHERE kind = 'reminder' AND state = 'missed'")


def _all(world: World, number: int) -> None:
    for node in world.nodes:
        node.tell(number)
