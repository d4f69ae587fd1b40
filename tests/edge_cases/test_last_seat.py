"""Edge cases 3: the last seat, limits that are raised or lowered, choosing when all is full."""

from __future__ import annotations

import asyncio

import pytest

from storage.registrations import Seats
from tests.handlers.happenings import publish, register, seats, set_capacity
from tests.play import Stage

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("people", [2, 9])
async def test_many_at_once_for_the_last_seat(stage: Stage, people: int) -> None:
    event = await publish(stage, capacity=3)
    for _ in range(2):
        await register(await stage.known("en"), event)
    late = [await stage.known("en") for _ in range(people)]
    await asyncio.gather(*(one.forges(f"register:{event.id}:{event.revision}") for one in late))
    assert await seats(stage, event) == Seats(confirmed=3, waitlisted=people - 1)
    assert sum("You are registered." in one.sees for one in late) == 1


async def test_colleagues_race_for_their_organisations_last_seat(stage: Stage) -> None:
    event = await publish(stage, per_organisation=2)
    place, other = await stage.organisation("org-one"), await stage.organisation("org-two")
    mates = [await stage.known("en", organisation=place) for _ in range(5)]
    await asyncio.gather(*(one.forges(f"register:{event.id}:{event.revision}") for one in mates))
    assert await seats(stage, event) == Seats(confirmed=2, waitlisted=3)
    waiting = next(one for one in mates if "waiting list" in one.last.text)
    assert "Your organisation has all the seats it can have here." in waiting.sees
    stranger = await stage.known("en", organisation=other)
    await register(stranger, event)
    assert "You are registered." in stranger.sees


@SQLITE
async def test_a_seat_that_one_organisation_may_not_have_goes_past_it(stage: Stage) -> None:
    event = await publish(stage, capacity=3, per_organisation=2)
    place, other = await stage.organisation("org-one"), await stage.organisation("org-two")
    mates = [await stage.known("en", organisation=place) for _ in range(3)]
    for person in mates:
        await register(person, event)
    first, second = [await stage.known("en", organisation=other) for _ in range(2)]
    await register(first, event)
    await register(second, event)
    assert await seats(stage, event) == Seats(confirmed=3, waitlisted=2)
    await first.forges(f"unregister-yes:{event.id}")
    assert "a seat is free for you" in second.last.text, "the colleague in front has to let others pass"
    assert "a seat is free" not in mates[2].last.text
    await mates[0].forges(f"unregister-yes:{event.id}")
    assert "a seat is free for you" in mates[2].last.text


@SQLITE
async def test_a_lowered_limit_drops_nobody_and_shows_that_there_are_too_many(stage: Stage) -> None:
    event = await publish(stage, capacity=4)
    people = [await stage.known("en") for _ in range(4)]
    for person in people:
        await register(person, event)
    await set_capacity(stage, event, 2)
    assert await seats(stage, event) == Seats(confirmed=4)
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"manage:{event.id}")
    assert "Nobody loses theirs" in coordinator.sees
    late = await stage.known("en")
    await late.forges(f"event:{event.id}")
    await late.taps("Join waiting list")
    for leaver in people[:2]:
        await leaver.forges(f"unregister-yes:{event.id}")
        assert await seats(stage, event) == Seats(
            confirmed=4 - people.index(leaver) - 1, waitlisted=1, cancelled=people.index(leaver) + 1
        )
    await people[2].forges(f"unregister-yes:{event.id}")
    assert await seats(stage, event) == Seats(confirmed=1, offered=1, cancelled=3)


@SQLITE
async def test_who_is_chosen_when_all_is_full_waits_and_is_told(stage: Stage) -> None:
    event = await publish(stage, capacity=1, approval=True)
    first, second = [await stage.known("en") for _ in range(2)]
    coordinator = await stage.known("en", role="coordinator")
    for person in (first, second):
        await register(person, event)
    await coordinator.forges("decided:1:yes:applied:work")
    await coordinator.forges("decided:2:yes:applied:first")
    assert "no seat is free" in coordinator.sees
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=1)
    assert "You were chosen, but all seats are taken." in second.last.text
    await first.forges(f"unregister-yes:{event.id}")
    assert "a seat is free for you" in second.last.text
