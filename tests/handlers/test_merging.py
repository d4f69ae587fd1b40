"""A coordinator joins two records of one person: with a preview, and within what their role allows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.handlers.happenings import publish, register
from tests.handlers.test_linking import chooses
from tests.play import Person, Stage


async def preview(coordinator: Person, kept: str, gone: str) -> Person:
    """Find two people by name as a coordinator does, and look at both."""
    await coordinator.forges("people")
    await coordinator.taps("merge")
    await coordinator.says(kept)
    await coordinator.taps("1.")
    await coordinator.says(gone)
    return await coordinator.taps("1.")


async def test_two_records_are_shown_and_joined(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    one = await stage.known("en", name="Trainer, Basra")
    other = await stage.known("ar", name="Trainers, Basra", channel="whatsapp")
    event = await publish(stage)
    await register(other, event)
    await preview(coordinator, "trainer, b", "trainers")
    for text in (
        "Trainer, Basra",
        "Trainers, Basra",
        "Registrations: 1",
        "WhatsApp",
        "Telegram",
        "cannot be undone",
    ):
        assert text in coordinator.sees
    assert (await one.member()).id != (await other.member()).id
    await chooses(coordinator, "merge-yes", again=True)
    assert "one record now" in coordinator.last.text
    merged = await one.member()
    assert (merged.id, merged.name, merged.role) == ((await other.member()).id, "Trainer, Basra", "member")
    told = [
        shown.text for person in (one, other) for shown in person.phone if "joined two records" in shown.text
    ]
    assert len(told) == 1


async def test_the_search_asks_again_until_somebody_is_found(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("merge")
    await coordinator.says("x")
    assert "at least two letters" in coordinator.sees
    await coordinator.says("nobody at all")
    assert "Nobody here" in coordinator.sees
    for number in range(9):
        await stage.known("en", name=f"Member {number}, Mosul")
    await coordinator.says("mosul")
    assert "There are more" in coordinator.sees
    assert len(coordinator.last.labels) <= 10
    await coordinator.taps("Cancel")
    assert "People" in coordinator.sees


@pytest.mark.parametrize("role", ["coordinator", "administrator", "donor"])
async def test_granted_roles_are_left_to_administrators(stage: Stage, role: str) -> None:
    coordinator, administrator = (
        await stage.known("en", role="coordinator"),
        await stage.known("en", role="administrator"),
    )
    staff = await stage.known("en", name="Staff, Erbil", role=role)
    member = await stage.known("en", name="Member, Erbil", channel="whatsapp")
    kept, gone = (await member.member()).id, (await staff.member()).id
    for pair in (f"{kept}:{gone}", f"{gone}:{kept}"):
        await coordinator.forges(f"merge-view:{pair}")
        assert "Only an administrator" in coordinator.sees
        await coordinator.forges(f"merge-yes:{pair}:{role}")
    assert (await staff.member()).id != (await member.member()).id
    await administrator.forges(f"merge-view:{kept}:{gone}")
    await chooses(administrator, "merge-yes")
    await coordinator.taps("approval:")
    await coordinator.taps("approval-yes:")
    await stage.passes(timedelta(minutes=2))
    assert ((await member.member()).role, (await staff.member()).id) == (role, kept)


async def test_what_changed_since_the_preview_is_looked_at_again(stage: Stage) -> None:
    administrator = await stage.known("en", role="administrator")
    one, other = await stage.known("en", role="guest"), await stage.known("en", role="guest")
    kept, gone = (await one.member()).id, (await other.member()).id
    await administrator.forges(f"merge-view:{kept}:{gone}")
    async with stage.database.unit() as unit:
        await unit.members.change(gone, role="coordinator")
    await chooses(administrator, "merge-yes")
    assert "This has changed since" in administrator.sees
    assert (await one.member()).role == "guest"


async def test_ones_own_record_is_the_one_that_stays(stage: Stage) -> None:
    administrator = await stage.known("en", role="administrator")
    other = await stage.known("en", channel="whatsapp")
    mine, theirs = (await administrator.member()).id, (await other.member()).id
    await administrator.forges(f"merge-view:{theirs}:{mine}")
    assert "Your own record" in administrator.sees
    await administrator.forges(f"merge-yes:{theirs}:{mine}:administrator")
    assert (await other.member()).role == "member"
    await administrator.forges(f"merge-view:{mine}:{theirs}")
    await chooses(administrator, "merge-yes")
    assert (await other.member()).id == mine
    assert (await other.member()).role == "administrator"


async def test_names_are_found_by_coordinators_alone(stage: Stage) -> None:
    one, other = await stage.known("en", name="Trainer, Basra"), await stage.known("en")
    pair = f"{(await one.member()).id}:{(await other.member()).id}"
    for role in ("guest", "member", "donor"):
        person = await stage.known("en", role=role)
        for action in (
            "merge",
            f"merge-kept:{pair.partition(':')[0]}",
            f"merge-view:{pair}",
            f"merge-yes:{pair}:member",
        ):
            await person.forges(action)
            assert "Trainer" not in person.sees
    assert (await one.member()).id != (await other.member()).id
