"""Edge cases 1: double taps, re-sent callbacks with a new id, two devices, two apps at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.registrations import Seats
from storage.tables import outbox, registrations
from tests.handlers.happenings import publish, register, seats
from tests.play import Person, Stage


async def count(stage: Stage, kind: str) -> int:
    """Count the notices of a kind."""
    async with stage.database.reading() as unit:
        return int(await unit.outbox.scalar(sa.select(sa.func.count()).where(outbox.c.kind == kind)) or 0)


async def test_two_devices_at_once_make_one_registration_and_both_are_answered(stage: Stage) -> None:
    event = await publish(stage, capacity=5)
    person = await stage.known("en")
    await asyncio.gather(*(person.forges(f"register:{event.id}:{event.revision}") for _ in range(6)))
    assert await seats(stage, event) == Seats(confirmed=1)
    said = stage.channels["telegram"].notes[person.peer]
    assert said, "a tap got no answer"


async def test_telegram_and_whatsapp_at_once_are_one_person(stage: Stage) -> None:
    event = await publish(stage, capacity=5)
    here = await stage.known("en")
    there = Person(stage, stage.channels["whatsapp"], "+9647000000777")
    async with stage.database.unit() as unit:
        await unit.addresses.add((await here.member()).id, "whatsapp", "stage", there.peer)
    await asyncio.gather(*(one.forges(f"register:{event.id}:{event.revision}") for one in (here, there)))
    assert await seats(stage, event) == Seats(confirmed=1)
    assert here.phone
    assert there.phone


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_resent_answer_to_an_offer_or_an_application_changes_nothing(stage: Stage) -> None:
    event = await publish(stage, capacity=1)
    first, second, third = [await stage.known("en") for _ in range(3)]
    for person in (first, second, third):
        await register(person, event)
    await first.forges(f"unregister-yes:{event.id}")
    for _ in range(3):
        await second.forges(f"offer-yes:{event.id}")
        await first.forges(f"unregister-yes:{event.id}")
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=1, cancelled=1)
    assert await count(stage, "offer") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_decision_tapped_twice_is_made_and_told_once(stage: Stage) -> None:
    event = await publish(stage, approval=True)
    member, coordinator = await stage.known("en"), await stage.known("en", role="coordinator")
    await register(member, event)
    async with stage.database.reading() as unit:
        (row,) = await unit.registrations.all(sa.select(registrations.c.id))
    decision = f"decided:{row.id}:no:applied:seats"
    await asyncio.gather(*(coordinator.forges(decision) for _ in range(3)))
    await stage.passes(timedelta(minutes=1))
    assert await count(stage, "registration-decided") == 1
    assert await seats(stage, event) == Seats(declined=1)
