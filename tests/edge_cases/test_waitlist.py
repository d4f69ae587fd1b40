"""Edge cases 4: a seat that becomes free: one offer, its clock, its end, and who comes next."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from handlers.rules.offers import STOPS_BEFORE
from locales import BAGHDAD
from storage.events import Event
from storage.registrations import Seats
from storage.tables import outbox
from tests.handlers.happenings import TITLES, publish, register, registration, seats, set_capacity
from tests.play import Person, Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


async def full(stage: Stage, waiting: int = 2, **fields: object) -> tuple[Event, Person, list[Person]]:
    """Publish an event with one seat, taken, and people waiting for it."""
    event = await publish(stage, **{"capacity": 1, **fields})
    inside = await stage.known("en")
    line = [await stage.known("en") for _ in range(waiting)]
    for person in (inside, *line):
        await register(person, event)
    return event, inside, line


async def until(stage: Stage, event: Event, person: Person) -> datetime:
    """Return until when a seat is held for somebody."""
    mine = await registration(stage, event, person)
    assert mine is not None
    assert mine.offer_until is not None
    return mine.offer_until


async def offers(stage: Stage) -> int:
    """Count the offers ever written."""
    async with stage.database.reading() as unit:
        return int(await unit.outbox.scalar(sa.select(sa.func.count()).where(outbox.c.kind == "offer")) or 0)


async def test_one_cancelled_seat_makes_exactly_one_offer_with_event_date_and_deadline(stage: Stage) -> None:
    event, inside, (first, second) = await full(stage)
    await inside.forges(f"unregister-yes:{event.id}")
    assert await seats(stage, event) == Seats(offered=1, waitlisted=1, cancelled=1)
    assert await offers(stage) == 1
    for word in (TITLES["en"], "Wednesday, 4 March, from 12:00", "The seat is held for you until: "):
        assert word in first.last.part.text or word in first.last.text
    assert "a seat is free" not in second.last.text
    newcomer = await stage.known("en")
    await register(newcomer, event)
    assert "waiting list" in newcomer.sees, "a held seat is nobody else's"


async def test_an_offer_ends_at_its_second_and_the_next_in_line_is_asked(stage: Stage) -> None:
    event, inside, (first, second) = await full(stage)
    await inside.forges(f"unregister-yes:{event.id}")
    end = await until(stage, event, first)
    await stage.passes(end - stage.now - SECOND)
    assert await seats(stage, event) == Seats(offered=1, waitlisted=1, cancelled=1)
    await stage.passes(SECOND)
    assert "The time to take the seat is over" in first.last.text
    assert "a seat is free for you" in second.last.text
    assert await seats(stage, event) == Seats(offered=1, cancelled=2)


async def test_an_acceptance_a_second_late_is_refused_even_before_the_clock_ran(stage: Stage) -> None:
    event, inside, (first, second) = await full(stage)
    await inside.forges(f"unregister-yes:{event.id}")
    stage.now = await until(stage, event, first)
    await first.forges(f"offer-yes:{event.id}")
    assert "The time to take this seat is over." in first.sees
    assert await registration(stage, event, first) is None
    assert "a seat is free for you" in second.last.text


async def test_the_clock_of_an_offer_sleeps_at_night(stage: Stage) -> None:
    event, inside, (first, _) = await full(stage, starts_at=stage.now + timedelta(days=1, hours=10))
    stage.now += timedelta(hours=8)  # 20:00 in Baghdad
    await inside.forges(f"unregister-yes:{event.id}")
    end = (await until(stage, event, first)).astimezone(BAGHDAD)
    assert 8 <= end.hour < 21
    assert end - stage.now > 12 * HOUR, "the hours of the night do not count"


async def test_an_offer_made_at_night_is_told_in_the_morning(stage: Stage) -> None:
    event, inside, (first, _) = await full(stage)
    stage.now += timedelta(hours=11)  # 23:00 in Baghdad
    await inside.forges(f"unregister-yes:{event.id}")
    assert await seats(stage, event) == Seats(offered=1, waitlisted=1, cancelled=1)
    assert "a seat is free" not in first.last.text
    await stage.passes(9 * HOUR)
    assert "a seat is free for you" in first.last.text


async def test_there_is_less_time_to_answer_the_nearer_the_event_is(stage: Stage) -> None:
    lengths = []
    for lead in (10 * DAY, 30 * HOUR, 4 * HOUR):
        event, inside, (first, _) = await full(stage, starts_at=stage.now + lead)
        await inside.forges(f"unregister-yes:{event.id}")
        lengths.append(await until(stage, event, first) - stage.now)
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] == HOUR
    assert lengths[0] > lengths[-1]


async def test_no_offer_once_it_is_too_late_and_whoever_asks_first_gets_the_seat(stage: Stage) -> None:
    event, inside, (first, second) = await full(stage, starts_at=stage.now + STOPS_BEFORE)
    await inside.forges(f"unregister-yes:{event.id}")
    assert await offers(stage) == 0
    await second.forges(f"event:{event.id}")
    await second.taps("Take a free seat")
    assert "You are registered." in second.sees
    await first.forges(f"event:{event.id}")
    assert "Take a free seat" not in first.buttons
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=1, cancelled=1)


async def test_who_moved_up_and_then_cancels_frees_the_seat_again(stage: Stage) -> None:
    event, inside, (first, second) = await full(stage)
    await inside.forges(f"unregister-yes:{event.id}")
    await first.taps("Yes, I am coming")
    await first.forges(f"unregister-yes:{event.id}")
    assert "a seat is free for you" in second.last.text
    await second.taps("No, thank you")
    assert await seats(stage, event) == Seats(cancelled=3)


async def test_three_more_seats_make_three_offers_in_order(stage: Stage) -> None:
    event, _, line = await full(stage, waiting=4)
    await set_capacity(stage, event, 4)
    await stage.settles()
    assert await seats(stage, event) == Seats(confirmed=1, offered=3, waitlisted=1)
    assert ["a seat is free" in person.last.text for person in line] == [True, True, True, False]


async def test_who_blocked_the_bot_is_passed_by_and_keeps_the_place(stage: Stage) -> None:
    event, inside, (first, second) = await full(stage)
    async with stage.database.unit() as unit:
        address = await unit.addresses.find("telegram", "stage", first.peer)
        assert address is not None
        await unit.addresses.mark(address.id, "blocked")
    await inside.forges(f"unregister-yes:{event.id}")
    assert "a seat is free for you" in second.last.text
    mine = await registration(stage, event, first)
    assert mine is not None
    assert mine.state == "waitlisted"


async def test_an_offer_is_withdrawn_when_the_event_is_cancelled(stage: Stage) -> None:
    event, inside, (first, _) = await full(stage)
    coordinator = await stage.known("en", role="coordinator")
    stage.now += timedelta(hours=11)  # night: the offer waits to be told
    await inside.forges(f"unregister-yes:{event.id}")
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    assert "this event was cancelled" in first.last.text
    await stage.passes(9 * HOUR)
    assert "a seat is free" not in "".join(shown.text for shown in first.phone)
    await first.forges(f"offer-yes:{event.id}")
    assert "This event was cancelled." in first.sees
    assert (await seats(stage, event)).confirmed == 0
