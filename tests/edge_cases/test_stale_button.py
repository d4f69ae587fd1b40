"""Edge cases 2: a button of a screen that is no longer true answers with the present state and fresh buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from storage.registrations import Seats
from tests.handlers.happenings import publish, register, seats
from tests.play import Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"closes_at": -HOUR}, "Registration is closed."),
        ({"starts_at": -HOUR}, "already begun"),
        ({"state": "cancelled"}, "This event was cancelled."),
        ({"capacity": 0}, "All seats are taken"),
        ({"invite_only": True}, "by invitation only"),
        ({"approval": True}, "Thank you! Your application has arrived."),
    ],
)
async def test_a_register_button_that_is_out_of_date_says_how_things_stand(
    stage: Stage, channel: str, changes: dict[str, Any], said: str
) -> None:
    event = await publish(stage)
    person = await stage.known("en", channel=channel)
    await person.forges(f"event:{event.id}")
    moments = {name: stage.now + by if isinstance(by, timedelta) else by for name, by in changes.items()}
    async with stage.database.unit() as unit:
        await unit.events.change(event, **moments)
    await person.forges(f"register:{event.id}:{event.revision}")
    if said in person.sees:
        return
    assert "This event has changed since" in person.sees, person.sees
    assert await seats(stage, event) == Seats()
    await person.forges(f"register:{event.id}:{event.revision + 1}")
    assert said in person.sees
    assert person.buttons


@pytest.mark.parametrize(
    "action", ["offer-yes:{}", "offer-no:{}", "unregister:{}", "unregister-yes:{}", "keep:{}"]
)
async def test_an_answer_to_what_is_over_changes_nothing_and_says_so(stage: Stage, action: str) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await person.forges(action.format(event.id))
    assert person.sees
    assert person.buttons
    assert await seats(stage, event) == Seats()


async def test_who_was_a_coordinator_decides_nothing_any_more(stage: Stage) -> None:
    event = await publish(stage, approval=True)
    member, former = await stage.known("en"), await stage.known("en", role="coordinator")
    await register(member, event)
    await former.forges(f"roster:{event.id}:applied:0")
    async with stage.database.unit() as unit:
        await unit.members.change((await former.member()).id, role="member")
    await former.taps("registrant:1")
    assert "not open to you" in former.sees
    for forged in ("decided:1:yes:applied:work", f"event-invite:{event.id}", f"nominations:{event.id}:0"):
        await former.forges(forged)
        assert "not open to you" in former.sees
    await former.says("1")
    assert await seats(stage, event) == Seats(applied=1)


async def test_a_coordinators_older_decision_shows_who_was_faster(stage: Stage) -> None:
    event = await publish(stage, approval=True)
    member = await stage.known("en")
    one, other = [await stage.known("en", role="coordinator") for _ in range(2)]
    await register(member, event)
    await other.forges("decide:1:no:applied")
    await one.forges("decided:1:yes:applied:work")
    await other.says("She was here before")
    assert "This has been settled already." in other.sees
    assert "Registered" in other.sees
    assert await seats(stage, event) == Seats(confirmed=1)
