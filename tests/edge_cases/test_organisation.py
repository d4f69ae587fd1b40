"""Edge cases 15: people who change organisation, organisations at their limit, colleagues from another app."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from handlers.counting import counted
from handlers.rules.periods import Quarter
from locales import BAGHDAD
from storage.registrations import Seats
from tests.handlers.happenings import publish, register, registration, seats
from tests.play import Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_who_changes_organisation_counts_for_the_old_one_until_then(stage: Stage) -> None:
    old, new = await stage.organisation("org-old"), await stage.organisation("org-new")
    person = await stage.known("en", organisation=old)
    member = await person.member()
    event, later = await publish(stage), await publish(stage, starts_at=stage.now + timedelta(days=9))
    async with stage.database.unit() as unit:
        await unit.attendance.mark(event.id, 1, member.id, "present", stage.now, how="list")
        await unit.members.change(member.id, organisation_id=new)
        await unit.attendance.mark(later.id, 1, member.id, "present", stage.now, how="list")
    await stage.passes(timedelta(days=12))
    async with stage.database.unit() as unit:
        said = await counted(unit, Quarter(2026, 1), BAGHDAD, stage.now)
    assert (said.figure("organisations").period, said.figure("people").period) == (2, 1)


async def test_a_seat_goes_along_with_who_changes_organisation(stage: Stage) -> None:
    event = await publish(stage, per_organisation=1)
    old, new = await stage.organisation("org-old"), await stage.organisation("org-new")
    mover, colleague = [await stage.known("en", organisation=old) for _ in range(2)]
    await register(mover, event)
    await register(colleague, event)
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=1)
    async with stage.database.unit() as unit:
        await unit.members.change((await mover.member()).id, organisation_id=new)
    mine = await registration(stage, event, mover)
    assert mine is not None
    assert mine.state == "confirmed", "nobody loses a seat by moving"


async def test_an_organisation_whose_people_have_all_left_stands_in_past_counts_only(stage: Stage) -> None:
    place = await stage.organisation("org-gone")
    person = await stage.known("en", organisation=place)
    member = await person.member()
    event = await publish(stage)
    async with stage.database.unit() as unit:
        await unit.attendance.mark(event.id, 1, member.id, "present", stage.now, how="list")
    await person.forges("delete-sure")
    await person.taps("Delete everything")
    await stage.passes(timedelta(days=5))
    async with stage.database.unit() as unit:
        said = await counted(unit, Quarter(2026, 1), BAGHDAD, stage.now)
        assert await unit.organisations.people(place) == []
    assert said.figure("organisations").period == 1
    assert (said.figure("people").period, said.figure("participations").period) == (0, 1)


async def test_a_nominated_colleague_without_telegram_comes_by_whatsapp(stage: Stage) -> None:
    event = await publish(stage)
    member, coordinator = await stage.known("en"), await stage.known("en", role="coordinator")
    await member.forges(f"nominate:{event.id}")
    await member.says("Somebody new")
    await member.taps("Skip")
    await coordinator.taps("Nominated")
    await coordinator.taps("1.")
    await coordinator.taps("Send them a link")
    codes = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3,}", "\n".join(one.text for one in member.phone))
    assert codes, "there is a code to pass on"
    colleague = stage.person("whatsapp")
    await colleague.says(codes[-1])
    await colleague.taps("English")
    await colleague.taps("I agree")
    await colleague.says("Colleague")
    assert (await colleague.member()).role == "member"
    await register(colleague, event)
    assert "You are registered." in colleague.sees
