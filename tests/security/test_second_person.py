"""T28: what one coordinator asks for, another agrees to: exactly that, in time, and nobody else's yes counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.audience import Audience
from tests.play import Stage
from tests.security.people import a_crowd, drafts, got, sets_pin, waiting

TEXT = "Come tomorrow"


async def test_T28_another_person_agrees_and_a_minute_later_it_goes_out(stage: Stage) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("ku", role="coordinator")
    people = await a_crowd(stage)
    await author.forges(await drafts(stage, author))
    assert "Another coordinator has to agree" in author.sees
    await other.taps("approval:")
    assert TEXT in other.sees, "exactly what would be sent is shown"
    await other.taps("approval-yes:", again=True)
    assert got(people, TEXT) == 0, "there is a minute to undo it"
    await stage.passes(timedelta(seconds=65))
    assert got(people, TEXT) == len(people)
    await other.forges("approval-undo:1")
    await stage.passes(timedelta(minutes=5))
    assert all(sum(TEXT in shown.text for shown in one.phone) == 1 for one in people), (
        "once, whatever is tapped"
    )


async def test_T28_control_without_a_second_coordinator_it_goes_out_at_once(stage: Stage) -> None:
    author = await stage.known("en", role="coordinator")
    people = await a_crowd(stage)
    await author.forges(await drafts(stage, author))
    assert got(people, TEXT) == len(people)


async def test_T28_few_people_need_no_second_person(stage: Stage) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage, 3)
    await author.forges(await drafts(stage, author))
    assert got([*people, other], TEXT) == 4


async def test_T28_many_small_ones_in_a_day_count_together(stage: Stage) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage, 6)
    for number in range(4):
        await author.forges(await drafts(stage, author, f"Number {number}."))
    assert [got([*people, other], f"Number {number}.") for number in range(4)] == [7, 7, 0, 0]
    stage.now += timedelta(days=1, minutes=1)
    await author.forges(await drafts(stage, author, "Number 5."))
    assert got([*people, other], "Number 5.") == 7, "control: the next day begins anew"


async def test_T28_the_author_is_not_another_person_on_any_channel(stage: Stage) -> None:
    author, _ = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    elsewhere = stage.person("whatsapp", "+9647000000009")
    async with stage.database.unit() as unit:
        await unit.addresses.add((await author.member()).id, "whatsapp", "stage", elsewhere.peer)
    people = await a_crowd(stage)
    await author.forges(await drafts(stage, author))
    async with stage.database.reading() as unit:
        asked = (await unit.approvals.waiting(stage.now))[0]
    for person in (author, elsewhere):
        await person.forges(f"approval-yes:{asked.id}:{asked.signed[:12]}")
        assert "another person" in person.sees
    await stage.passes(timedelta(minutes=2))
    assert got(people, TEXT) == 0


@pytest.mark.parametrize("change", ["text", "audience", "file", "size"])
async def test_T28_any_change_makes_the_yes_void(stage: Stage, change: str) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage)
    await author.forges(await drafts(stage, author))
    yes = "approval-yes:"
    await other.taps("approval:")
    async with stage.database.unit() as unit:
        found = (await unit.announcements.drafts((await author.member()).id, limit=1))[0]
        if change == "text":
            await unit.announcements.put_text(found.id, "en", "Send money")
        elif change == "audience":
            await unit.announcements.change(found.id, audience=Audience("language", "en"))
        elif change == "file":
            file = await unit.files.add("a.pdf", "application/pdf", b"%PDF-1.4", at=stage.now)
            await unit.announcements.change(found.id, file_id=file.id)
    if change == "size":
        people.append(await stage.known("en"))
    await other.taps(yes)
    assert "no longer counts" in other.sees
    await stage.passes(timedelta(minutes=2))
    assert got(people, TEXT) == got(people, "Send money") == 0


async def test_T28_a_change_within_the_minute_makes_it_void_too(stage: Stage) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage)
    await author.forges(await drafts(stage, author))
    await other.taps("approval:")
    await other.taps("approval-yes:")
    async with stage.database.unit() as unit:
        await unit.announcements.put_text(1, "en", "Send money")
    await stage.passes(timedelta(minutes=2))
    assert got(people, TEXT) == got(people, "Send money") == 0
    assert got([author], "no longer counts") == 1


@pytest.mark.parametrize("how", ["late", "forged", "member", "undone", "declined", "replayed"])
async def test_T28_a_yes_that_does_not_count(stage: Stage, how: str) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage)
    await author.forges(await drafts(stage, author))
    await other.taps("approval:")
    yes = waiting(other, "approval-yes")
    if how == "late":
        await stage.passes(timedelta(minutes=31))
        await other.forges(yes)
    elif how == "forged":
        for forged in (
            "approval-yes:1:",
            "approval-yes:1:x",
            "approval-yes:1:000000000000",
            "approval-yes:2:x",
        ):
            await other.forges(forged)
    elif how == "member":
        await people[0].forges(yes)
    else:
        if how == "declined":
            await other.taps("approval-no:")
        else:
            await other.forges(yes)
            await author.forges("approval-undo:1")
        await other.forges(yes)
    await stage.passes(timedelta(minutes=3))
    assert got(people, TEXT) == 0


async def test_T28_alone_only_behind_a_settled_pin_and_after_half_an_hour(stage: Stage) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage)
    send = await drafts(stage, author)
    await author.forges(send)
    assert not any(one.startswith("approval-alone") for one in author.last.labels.values())
    await author.forges("approval-alone:1")
    await stage.passes(timedelta(minutes=45))
    assert got(people, TEXT) == 0
    await sets_pin(stage, author, days_ago=2)
    await author.forges(send)
    await author.taps("approval-alone:")
    assert "unless somebody stops it" in other.last.text
    await stage.passes(timedelta(minutes=29))
    assert got(people, TEXT) == 0
    await stage.passes(timedelta(minutes=2))
    assert got(people, TEXT) == len(people)
    assert other.phone


async def test_T28_the_stop_for_everything_stops_what_was_agreed_to(stage: Stage) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage)
    send = await drafts(stage, author)
    await author.forges(send)
    await other.taps("approval:")
    await other.taps("approval-yes:")
    await other.forges("halt")
    assert "stopped all sending" in author.last.text
    await author.forges(send)
    await stage.passes(timedelta(minutes=5))
    assert got(people, TEXT) == 0
    await author.forges("halt-end")
    await other.taps("approval:")
    await other.taps("approval-yes:")
    await stage.passes(timedelta(minutes=2))
    await author.forges(send)
    await other.taps("approval:")
    await other.taps("approval-yes:")
    await stage.passes(timedelta(minutes=2))
    assert got(people, TEXT) == len(people)
