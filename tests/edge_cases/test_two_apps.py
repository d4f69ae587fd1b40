"""Edge cases 11: one person in two apps, numbers that change or change hands, a shared phone, two records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.registrations import Seats
from tests.handlers.happenings import publish, register, seats
from tests.handlers.test_apps import address_of
from tests.handlers.test_linking import chooses, linked
from tests.handlers.test_merging import preview
from tests.handlers.test_reminders import reminders
from tests.play import Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = timedelta(days=1)


async def test_one_person_counts_once_and_is_reminded_once_where_they_prefer(stage: Stage) -> None:
    event = await publish(stage)
    here = await stage.known("en")
    there = await linked(stage, here)
    await here.forges(f"app-prefer:{await address_of(stage, there)}")
    await register(here, event)
    before = {shown.id for shown in here.phone}
    await stage.passes(2 * DAY)
    assert await seats(stage, event) == Seats(confirmed=1)
    assert await reminders(stage, here) == ["sent"]
    assert {shown.id for shown in here.phone} <= before, "nothing new in the other app"
    assert "What Works" in there.last.text
    async with stage.database.reading() as unit:
        assert await unit.members.count() == 1


async def test_what_was_answered_in_one_app_is_said_in_the_other(stage: Stage) -> None:
    event = await publish(stage)
    here = await stage.known("en")
    there = await linked(stage, here)
    await register(here, event)
    await there.forges(f"register:{event.id}:{event.revision}")
    assert "already registered" in there.sees or "You are registered" in there.sees
    await there.forges(f"unregister-yes:{event.id}")
    await here.forges(f"event:{event.id}")
    assert "You are registered" not in here.sees
    assert await seats(stage, event) == Seats(cancelled=1)


async def test_an_app_that_is_unlinked_is_a_stranger_and_gets_nothing(stage: Stage) -> None:
    event = await publish(stage)
    here = await stage.known("en")
    there = await linked(stage, here)
    await register(here, event)
    await here.forges(f"app-unlink-yes:{await address_of(stage, there)}")
    before = len(there.phone)
    await stage.passes(2 * DAY)
    assert await reminders(stage, here) == ["sent"]
    assert "What Works" in here.last.text
    assert len(there.phone) == before
    await there.forges("mine")
    assert "What Works" not in there.sees


async def test_a_changed_number_keeps_seat_and_role(stage: Stage) -> None:
    event = await publish(stage)
    old = await stage.known("en", channel="whatsapp")
    await register(old, event)
    fresh = await linked(stage, old)
    await fresh.forges(f"app-unlink-yes:{await address_of(stage, old)}")
    await fresh.forges("mine")
    assert "What Works" in fresh.sees
    await stage.passes(2 * DAY)
    assert await reminders(stage, fresh) == ["sent"]
    assert "What Works" in fresh.last.text


async def test_a_number_that_changed_hands_shows_nothing_of_who_had_it(stage: Stage) -> None:
    event = await publish(stage)
    before = await stage.known("en", channel="whatsapp", name="Member, Basra")
    await register(before, event)
    member = await before.member()
    await before.says("/notme")
    await chooses(before, "not-me")
    assert "Member, Basra" not in before.sees
    after = await before.member()
    assert (after.id != member.id, after.role, after.name) == (True, "guest", "")
    await before.forges("mine")
    assert "What Works" not in before.sees


async def test_two_colleagues_with_one_phone_are_one_chat_and_the_second_is_nominated(stage: Stage) -> None:
    """A chat is one person; a colleague without an app of their own has a seat through a nomination."""
    event = await publish(stage)
    owner = await stage.known("en")
    await register(owner, event)
    await owner.forges(f"register:{event.id}:{event.revision}")
    assert await seats(stage, event) == Seats(confirmed=1)
    await owner.forges(f"nominate:{event.id}")
    await owner.says("A colleague, Basra")
    assert await seats(stage, event) == Seats(confirmed=1), (
        "a nomination holds no seat before it is looked at"
    )
    assert (await owner.member()).name == "Member en"


async def test_two_records_with_a_seat_each_become_one_person_with_one_seat(stage: Stage) -> None:
    event = await publish(stage, capacity=2)
    coordinator = await stage.known("en", role="coordinator")
    one, other = (
        await stage.known("en", name="Trainer, Basra"),
        await stage.known("en", name="Trainers, Basra"),
    )
    waiting = await stage.known("en")
    for person in (one, other, waiting):
        await register(person, event)
    await preview(coordinator, "trainer, b", "trainers")
    await chooses(coordinator, "merge-yes", again=True)
    assert (await one.member()).id == (await other.member()).id
    assert await seats(stage, event) == Seats(confirmed=1, offered=1)
    assert "a seat is free for you" in waiting.last.text
