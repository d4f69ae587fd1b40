"""Requests to join: one waiting per person, decided once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from storage.database import Database
from storage.organisations import Entry
from storage.unit import Unit


async def organisation(unit: Unit, slug: str) -> int:
    return await unit.organisations.put(Entry(slug, slug, "", "", "prime", ""))


async def test_asking_twice_is_one_request(unit: Unit, now: datetime) -> None:
    member, first = await unit.members.add(at=now), await organisation(unit, "first")
    asked = await unit.join_requests.ask(member.id, first, now)
    assert asked is not None
    assert await unit.join_requests.ask(member.id, first, now) is None
    assert [one.id for one in await unit.join_requests.waiting()] == [asked.id]


async def test_asking_for_another_organisation_withdraws_the_first(unit: Unit, now: datetime) -> None:
    member = await unit.members.add(at=now)
    first, second = await organisation(unit, "first"), await organisation(unit, "second")
    asked = await unit.join_requests.ask(member.id, first, now)
    again = await unit.join_requests.ask(member.id, second, now)
    assert asked is not None
    assert again is not None
    before = await unit.join_requests.get(asked.id)
    assert before is not None
    assert before.state == "withdrawn"
    assert await unit.join_requests.waiting_of(member.id) == again


async def test_only_one_decision_counts(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        member, wanted = await unit.members.add(at=now), await organisation(unit, "first")
        asked = await unit.join_requests.ask(member.id, wanted, now)
    assert asked is not None
    request_id = asked.id

    async def decide(state: str) -> bool:
        async with database.unit() as unit:
            return await unit.join_requests.decide(request_id, state)

    decided = await asyncio.gather(decide("approved"), decide("declined"), decide("approved"))
    assert sum(decided) == 1


async def test_withdrawing_and_counting(unit: Unit, now: datetime) -> None:
    member, wanted = await unit.members.add(at=now), await organisation(unit, "first")
    await unit.join_requests.ask(member.id, wanted, now)
    await unit.join_requests.withdraw(member.id)
    assert await unit.join_requests.waiting_of(member.id) is None
    assert await unit.join_requests.asked_since(member.id, now) == 1
    assert await unit.join_requests.asked_since(member.id, now + timedelta(seconds=1)) == 0
