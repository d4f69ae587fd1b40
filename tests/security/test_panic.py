"""A member's /panic, and the plain words that mean the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.play import Stage
from tests.security.people import drafts


@pytest.mark.parametrize("word", ["/panic", "tea is ready", "الشاي جاهز", "چا ئامادەیە"])
async def test_panic_closes_stops_and_empties_the_chat(stage: Stage, word: str) -> None:
    member, author = await stage.known("en"), await stage.known("en", role="coordinator")
    await member.says("/menu")
    await member.says("/settings")
    await member.forges("rename")
    before = {shown.id for shown in member.phone}
    await member.says(word)
    assert not before & {shown.id for shown in member.phone}, "what the bot wrote is gone"
    assert len([one for one in member.channel.taken_out[member.peer] if one.startswith("typed")]) == 3
    assert "closed for now" in member.sees
    await member.says("/menu")
    assert "closed for now" in member.sees
    await author.forges(await drafts(stage, author))
    await stage.passes(timedelta(minutes=2))
    assert not any("Come tomorrow" in shown.text for shown in member.phone)
    await author.forges(f"hold-set:{(await member.member()).id}:open")
    await member.says("/menu")
    assert "What would you like to do?" in member.sees


async def test_panic_offers_to_leave_for_good(stage: Stage) -> None:
    member = await stage.known("en")
    await member.says("/panic")
    await member.taps("Delete my data")
    await member.taps("Continue")
    await member.taps("Delete everything")
    assert "It is done" in member.sees


async def test_panic_of_a_stranger_keeps_nothing(stage: Stage) -> None:
    stranger = stage.person()
    await stranger.says("/panic")
    async with stage.database.reading() as unit:
        assert await unit.addresses.find("telegram", "stage", stranger.peer) is None


async def test_panic_is_heard_whatever_question_waits(stage: Stage) -> None:
    member = await stage.known("en")
    await member.forges("rename")
    await member.says("Tea is ready")
    assert (await member.member()).hold == "locked"


async def test_a_list_with_names_leaves_the_chat_after_ten_minutes(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await stage.known("en", name="Member, Basra")
    await coordinator.forges("hold")
    await coordinator.says("Basra")
    assert any("Member, Basra" in shown.labels for shown in coordinator.phone)
    await stage.passes(timedelta(minutes=9))
    assert any("Member, Basra" in shown.labels for shown in coordinator.phone), (
        "control: it stands until then"
    )
    await stage.passes(timedelta(minutes=2))
    assert not any("Member, Basra" in shown.labels for shown in coordinator.phone)


async def test_what_took_the_place_of_a_list_stays(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await stage.known("en", name="Member, Basra")
    await coordinator.forges("hold")
    await coordinator.says("Basra")
    await coordinator.taps("Cancel")
    await stage.passes(timedelta(minutes=12))
    assert "Safety" in coordinator.last.text
