"""T27: a hijacked coordinator's script, with an open session and no PIN in its way, gets nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.second import HALTED, RULE_OFF
from tests.play import Person, Stage
from tests.security.people import a_crowd, drafts, got, sets_pin

TEXT = "Come tomorrow"


async def script(stage: Stage, thief: Person, victim: Person, other: Person) -> None:
    """Try everything that would do harm, every button that the bot offers for it included."""
    mine, theirs, others = (
        (await thief.member()).id,
        (await victim.member()).id,
        (await other.member()).id,
    )
    await thief.forges(await drafts(stage, thief))
    await thief.forges("poll-new")
    for action in (
        f"role:{theirs}:coordinator", f"role:{others}:member", f"role:{mine}:administrator",
        "second-off", "second-off-yes",
        f"merge-yes:{mine}:{theirs}:administrator", f"merge-yes:{theirs}:{others}:member",
        f"hold-set:{mine}:open", "halt-end", "pin-away", *(f"approval-alone:{number}" for number in range(1, 9)),
    ):  # fmt: skip
        await thief.forges(action)
    async with stage.database.reading() as unit:
        asked = await unit.approvals.waiting(stage.now)
    for one in asked:
        await thief.forges(f"approval-yes:{one.id}:{one.signed[:12]}")


async def test_T27_a_hijacked_administrator_gets_nowhere(stage: Stage) -> None:
    thief = await stage.known("en", role="administrator")
    other, victim = await stage.known("ku", role="coordinator"), await stage.known("en", name="Victim")
    people = await a_crowd(stage)
    await script(stage, thief, victim, other)
    await stage.passes(timedelta(seconds=10))
    assert len(other.phone) >= 4, "the other coordinator was told of each within ten seconds"
    await stage.passes(timedelta(hours=2))
    assert got(people, TEXT) == 0
    assert (await victim.member()).role == "member"
    assert (await other.member()).role == "coordinator"
    async with stage.database.reading() as unit:
        assert not await unit.facts.get(RULE_OFF)
        assert not await unit.facts.get(HALTED)
        assert len(await unit.members.with_roles("coordinator", "administrator")) == 2


async def test_T27_control_the_same_script_succeeds_where_the_rule_is_off(stage: Stage) -> None:
    thief = await stage.known("en", role="administrator")
    other, victim = await stage.known("ku", role="coordinator"), await stage.known("en", name="Victim")
    people = await a_crowd(stage)
    async with stage.database.unit() as unit:
        await unit.facts.put(RULE_OFF, "off")
    await script(stage, thief, victim, other)
    assert got(people, TEXT) > 0
    assert (await other.member()).role == "member"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_T27_a_stolen_phone_meets_the_pin_and_then_a_frozen_account(stage: Stage) -> None:
    owner, other = (
        await stage.known("en", role="coordinator", name="Owner"),
        await stage.known("en", role="coordinator"),
    )
    await sets_pin(stage, owner)
    assert "set or changed their PIN" in other.last.text
    await stage.passes(timedelta(minutes=16))
    await owner.forges("announcements")
    assert "Please type your PIN" in owner.sees
    await owner.forges(f"hold-set:{(await other.member()).id}:frozen")
    assert "Please type your PIN" in owner.sees
    assert (await other.member()).hold == ""
    await other.forges(f"hold-set:{(await owner.member()).id}:frozen")
    await owner.forges("announcements")
    assert "closed for now" in owner.sees
