"""Edge cases 14: walk-ins, other organisations, a part of a day, paper typed later, a code shown twice, day 3 only."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from handlers.rules.attendance import completed
from storage.events import Event
from tests.handlers.happenings import publish, register
from tests.handlers.test_attendance import certificates, close, code_of, states
from tests.play import Person, Stage


async def begun(stage: Stage, kind: str = "training") -> Event:
    """Publish an event that has just begun, and for which nobody had registered."""
    event = await publish(stage, kind, starts_at=stage.now + timedelta(hours=1), approval=False)
    await stage.passes(timedelta(hours=1))
    return event


async def booked(stage: Stage, kind: str = "training", count: int = 1) -> tuple[Event, list[Person]]:
    """Publish an event that has just begun, with so many who registered in time."""
    starts = stage.now + timedelta(hours=1)
    event = await publish(stage, kind, starts_at=starts, approval=False, per_organisation=None)
    people = [await register(await stage.known("en", name=f"Person {n}"), event) for n in range(count)]
    await stage.passes(timedelta(hours=1))
    return event, people


async def test_a_walk_in_who_never_registered_is_there_and_can_complete(stage: Stage) -> None:
    event, coordinator = await begun(stage), await stage.known("en", role="coordinator")
    member = await stage.known("en")
    for day in (1, 2):
        await member.says(f"check-in {await code_of(stage, event, day)}")
        await close(coordinator, event, day)
        await stage.passes(timedelta(days=1))
    assert await certificates(stage, event) == 1
    async with stage.database.reading() as unit:
        assert [mark.walk_in for mark in await unit.attendance.marks(event.id, 1)] == [True]
        assert (await unit.registrations.seats(event.id)).confirmed == 0


async def test_who_changed_organisation_in_between_counts_for_the_one_of_that_day(stage: Stage) -> None:
    event, (member,) = await booked(stage)
    before, after = await stage.organisation("org-basra"), await stage.organisation("org-erbil")
    await member.says(f"check-in {await code_of(stage, event)}")
    async with stage.database.unit() as unit:
        await unit.members.change((await member.member()).id, organisation_id=after)
    await stage.passes(timedelta(days=1))
    await member.says(f"check-in {await code_of(stage, event, 2)}")
    async with stage.database.reading() as unit:
        days = [await unit.attendance.marks(event.id, day) for day in (1, 2)]
    assert [marks[0].organisation_id for marks in days] == [before, after]


async def test_twenty_minutes_by_phone_are_a_part_and_complete_nothing(stage: Stage) -> None:
    event, (member,) = await booked(stage)
    coordinator = await stage.known("en", role="coordinator")
    member_id = (await member.member()).id
    for day in (1, 2):
        await coordinator.forges(f"mark:{event.id}:{day}:{member_id}:partly:partly:0")
        await close(coordinator, event, day)
        await stage.passes(timedelta(days=1))
    assert await states(stage, event, member) == {1: "partly", 2: "partly"}
    assert await certificates(stage, event) == 0


async def test_a_paper_list_typed_days_later_still_counts(stage: Stage) -> None:
    event, people = await booked(stage, count=2)
    coordinator = await stage.known("en", role="coordinator")
    await close(coordinator, event, 1)
    await stage.passes(timedelta(days=1))
    await close(coordinator, event, 2)
    assert await states(stage, event, people[0]) == {1: "absent", 2: "absent"}
    await stage.passes(timedelta(days=4))
    for day in (1, 2):
        await coordinator.forges(f"day-list:{event.id}:{day}:present:0")
        await coordinator.taps("Person 0")
        await coordinator.forges(f"walk-in:{event.id}:{day}")
        await coordinator.says("Somebody on paper, Org org-basra")
    assert await states(stage, event, people[0]) == {1: "present", 2: "present"}
    assert await certificates(stage, event) == 1
    async with stage.database.reading() as unit:
        assert await unit.attendance.present_per_day([event.id]) == {event.id: {1: 2, 2: 2}}


async def test_a_code_shown_twice_is_the_same_and_scanned_twice_is_once(stage: Stage) -> None:
    event, (member,) = await booked(stage)
    coordinator = await stage.known("en", role="coordinator")
    for _ in range(2):
        await coordinator.forges(f"day-code:{event.id}:1")
    code = await code_of(stage, event)
    assert code == await code_of(stage, event)
    await asyncio.gather(*(member.starts(f"c{code}") for _ in range(4)))
    async with stage.database.reading() as unit:
        assert len(await unit.attendance.marks(event.id, 1)) == 1


async def test_who_came_on_the_third_day_only_has_that_day(stage: Stage) -> None:
    event, (member,) = await booked(stage, "workshop")
    coordinator = await stage.known("en", role="coordinator")
    for day in (1, 2, 3, 4):
        if day == 3:
            await member.says(f"check-in {await code_of(stage, event, day)}")
        await close(coordinator, event, day)
        await stage.passes(timedelta(days=1))
    assert await states(stage, event, member) == {1: "absent", 2: "absent", 3: "present", 4: "absent"}
    assert await certificates(stage, event) == 0


async def test_nobody_is_a_no_show_before_a_coordinator_closes_the_day(stage: Stage) -> None:
    event, (member,) = await booked(stage)
    await stage.passes(timedelta(days=20))
    assert await states(stage, event, member) == {}
    await close(await stage.known("en", role="coordinator"), event, 1)
    assert await states(stage, event, member) == {1: "absent"}


async def test_closing_and_checking_in_at_once_never_leave_both(stage: Stage) -> None:
    event, people = await booked(stage, count=4)
    coordinator = await stage.known("en", role="coordinator")
    code = await code_of(stage, event)
    await asyncio.gather(
        coordinator.forges(f"day-close-yes:{event.id}:1"),
        *(one.says(f"check-in {code}") for one in people),
    )
    for one in people:
        noted = (await states(stage, event, one))[1]
        told = "You are checked in" in one.sees
        assert told == (noted == "present")


def test_four_of_five_days_are_enough_and_three_of_four_are_not() -> None:
    assert completed("most", 5, {1, 2, 4, 5})
    assert not completed("most", 4, {1, 2, 3})
    assert completed("most", 1, {1})
    assert not completed("all", 2, {2, 3})
    assert not completed("all", 0, set())
