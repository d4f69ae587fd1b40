"""Edge cases 5 and 6 in calendars: moved, cancelled, held after all, given back; a private address that ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from icalendar import Calendar
from starlette.applications import Starlette

from bot.machine import Machine
from bot.pages.public import public_routes
from handlers.kit import Community
from storage.database import Database
from storage.events import Event
from storage.tables import calendar_feeds
from tests.handlers.happenings import now_is, publish, register
from tests.handlers.test_attendance import seen
from tests.play import Person, Stage, staged

BASE = "https://bot.example.org"


@asynccontextmanager
async def web(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the public pages over the stage's database."""
    clock = SimpleNamespace(now=lambda: stage.now)
    machine = SimpleNamespace(database=stage.database, community=stage.community, time=clock)
    app = Starlette(routes=public_routes(cast(Machine, machine)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


@pytest.fixture
async def stage(database: Database, now: datetime) -> AsyncIterator[Stage]:
    """Return a stage that has an address on the web."""
    community = Community(telegram_link="https://t.me/diwakhan_bot", public_url=BASE)
    async with staged(database, now, community) as opened:
        yield opened


async def subscribed(stage: Stage, person: Person) -> str:
    """Let a person take an address, and return its path."""
    await person.forges("feed-make")
    return person.last.text.strip().removeprefix(BASE)


async def entries(stage: Stage, path: str) -> dict[str, Any]:
    """Read the events of a feed by UID."""
    async with web(stage) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    found = Calendar.from_ical(answer.text).walk("VEVENT")
    return {str(one["uid"]): one for one in found}


async def booked(stage: Stage, kind: str = "webinar") -> tuple[Event, Person, str]:
    event = await publish(stage, kind, approval=False)
    member = await register(await stage.known("en"), event)
    return event, member, await subscribed(stage, member)


async def test_a_moved_event_keeps_its_uid_and_counts_up(stage: Stage) -> None:
    event, _, path = await booked(stage)
    before = (await entries(stage, path))[f"{event.uid}@diwakhan"]
    coordinator = await stage.known("en", role="coordinator")
    later = stage.now + timedelta(days=5)
    await coordinator.forges(
        f"event-move:{event.id}:{event.schedule_revision}:{int(later.timestamp() // 60)}"
    )
    after = (await entries(stage, path))[f"{event.uid}@diwakhan"]
    assert int(after["sequence"]) == int(before["sequence"]) + 1
    assert after["dtstart"].dt == later.replace(second=0, microsecond=0)
    assert str(after["status"]) == "CONFIRMED"


async def test_a_cancelled_event_is_cancelled_in_the_calendar_too(stage: Stage) -> None:
    event, _, path = await booked(stage)
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    entry = (await entries(stage, path))[f"{event.uid}@diwakhan"]
    assert (str(entry["status"]), int(entry["sequence"])) == (
        "CANCELLED",
        (await now_is(stage, event)).sequence,
    )


async def test_a_seat_given_back_is_cancelled_without_its_link(stage: Stage) -> None:
    event, member, path = await booked(stage)
    assert "what-works" in str((await entries(stage, path))[f"{event.uid}@diwakhan"]["location"])
    await member.forges(f"unregister-yes:{event.id}")
    entry = (await entries(stage, path))[f"{event.uid}@diwakhan"]
    assert str(entry["status"]) == "CANCELLED"
    assert "location" not in entry


async def test_each_day_has_an_entry_of_its_own(stage: Stage) -> None:
    event, _, path = await booked(stage, "workshop")
    found = await entries(stage, path)
    assert len(found) == 4
    assert found[f"{event.uid}-2@diwakhan"]["dtstart"].dt - event.starts_at == timedelta(days=1)


async def test_an_address_that_ended_or_was_never_made_is_not_there(stage: Stage) -> None:
    _, member, old = await booked(stage)
    new = await subscribed(stage, member)
    async with web(stage) as client:
        for path in (old, "/calendar/x.ics", f"/calendar/{'A' * 500}.ics", old.removesuffix(".ics")):
            assert (await client.get(path)).status_code == 404
        assert (await client.get(new)).status_code == 200
        page = await client.get(new.removesuffix(".ics"))
        assert "webcal://bot.example.org/calendar/" in page.text
        assert "Or copy this address" in page.text
        assert page.headers["cache-control"] == "private, no-store"
        await member.forges("feed-end")
        assert "The address has ended." in seen(member)
        assert (await client.get(new)).status_code == 404


async def test_the_address_is_kept_as_a_hash_of_at_least_eighty_random_bits(stage: Stage) -> None:
    _, member, path = await booked(stage)
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) * 6 >= 80
    async with stage.database.reading() as unit:
        assert await unit.calendars.whose(token) == (await member.member()).id
        rows = await unit.calendars.all(calendar_feeds.select())
    assert token.encode() not in b"".join(row.token_hash for row in rows)


async def test_pages_for_everybody_say_no_more_than_they_must(stage: Stage) -> None:
    async with web(stage) as client:
        assert "No certificate with this number is known." in (await client.get("/certificate/0000")).text
        assert "Is a certificate genuine?" in (await client.get("/certificate")).text
        shown = await client.get("/in/123456")
        assert "https://t.me/diwakhan_bot?start=c123456" in shown.text
        assert "هل الشهادة صحيحة؟" in (await client.get("/certificate")).text
        assert (await client.get("/in/12")).status_code == 404
        assert (await client.get("/page.css")).headers["content-type"].startswith("text/css")
