"""What one coordinator can do alone: nobody is erased, no list of people is taken out, no period is changed."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle

import pytest
import sqlalchemy as sa

from handlers.kit import COORDINATORS, registry
from handlers.rules.approving import FEW
from handlers.second import ACTS
from storage.tables import facts, files, members
from tests.handlers.happenings import publish
from tests.play import Person, Stage
from tests.security.people import a_crowd

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TOLD_OFF = {"stop", "delete-now", "panic", "panic-now", "not-me", "disagree"}
"""What ends the script by taking its own account away; of others' ids it is tried by itself below."""
OURS = {
    "audit-key", "audit-marked", "halted", "keys-in-use", "keys-index", "keys-resealed", "pulse",
    "questions_dropped_until", "retention-ended", "retention-report", "scrub", "scrubbed_on", "second-person",
    "silence",
}  # fmt: skip
"""Every fact that the script and the clock leave behind."""


async def every_button(coordinator: Person, ids: list[int]) -> None:
    """Forge every action that takes an id, with the ids of people, and every one that takes none."""
    for name, entry in sorted(registry.taps.items()):
        if name in TOLD_OFF or not set(COORDINATORS) & set(entry.who):
            continue
        given = [str(number) if kind is int else "member" for kind, number in zip(entry.kinds, cycle(ids))]
        await coordinator.forges(":".join([name, *given]))


async def test_alone_nobody_else_is_erased_and_no_file_of_people_is_made(stage: Stage) -> None:
    thief, other = await stage.known("en", role="administrator"), await stage.known("en", role="coordinator")
    victims = [await stage.known("en", name=f"Zaynab{number}") for number in range(3)]
    await publish(stage)
    ids = [(await one.member()).id for one in victims]
    async with stage.database.reading() as unit:
        before = {row.id: row.role for row in await unit.audit.all(sa.select(members.c.id, members.c.role))}
    await every_button(thief, ids)
    for victim in ids:
        for forged in (f"delete-now:{victim}:en", f"not-me:{victim}:en", f"hold-set:{victim}:frozen"):
            await other.forges(forged)
    async with stage.database.reading() as unit:
        bodies = [await unit.files.body(row.id) for row in await unit.audit.all(sa.select(files.c.id))]
    assert bodies, "control: files were made"
    assert not [one for one in bodies if one and b"Zaynab" in one]
    await stage.passes(timedelta(hours=2))
    async with stage.database.reading() as unit:
        after = {row.id: row.role for row in await unit.audit.all(sa.select(members.c.id, members.c.role))}
        assert {one: after.get(one) for one in before} == before, "nobody is gone, nobody has another role"
        assert not await unit.inbox.parked()
        kept = {row.name for row in await unit.audit.all(sa.select(facts.c.name))}
    assert kept <= OURS, "nothing is kept that a period could be read from"


async def test_alone_the_own_file_is_ones_own(stage: Stage) -> None:
    """Control: the look into files finds a name where there is one."""
    person = await stage.known("en", name="Zaynab", role="coordinator")
    await person.forges("export")
    async with stage.database.reading() as unit:
        (row,) = await unit.audit.all(sa.select(files.c.id))
        assert b"Zaynab" in (await unit.files.body(row.id) or b"")


def test_alone_every_act_of_the_list_needs_a_second_person(database_url: str) -> None:
    assert {
        "announcement", "poll", "call", "paper", "coffee", "invite", "role", "merge", "rule-off", "halt-end",
    } == set(ACTS)  # fmt: skip
    assert all(one.always or one.sends for one in ACTS.values())


async def _invited(stage: Stage, people: list[Person]) -> int:
    return sum(any("invite you to this event" in shown.text for shown in one.phone) for one in people)


async def test_T28_inviting_a_whole_organisation_needs_a_second_person(stage: Stage) -> None:
    author, other = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage)
    event = (await publish(stage)).id
    place = (await people[0].member()).organisation_id
    await author.forges(f"event-invite-org:{place}:{event}")
    assert "Another coordinator has to agree" in author.sees
    await stage.passes(timedelta(minutes=1))
    assert await _invited(stage, people) == 0
    await other.taps("approval:")
    assert "Would be invited" in other.sees
    await other.taps("approval-yes:", again=True)
    await stage.passes(timedelta(seconds=65))
    assert await _invited(stage, people) == len(people)


async def test_T28_one_invitation_after_another_counts_together(stage: Stage) -> None:
    author, _ = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    people = await a_crowd(stage, FEW + 2)
    event = (await publish(stage)).id
    for one in people:
        await author.forges(f"event-invite-one:{event}:{(await one.member()).id}")
    assert await _invited(stage, people) == FEW
    assert "Another coordinator has to agree" in author.sees


async def test_T28_control_alone_in_the_community_everybody_is_invited_at_once(stage: Stage) -> None:
    author = await stage.known("en", role="coordinator")
    people = await a_crowd(stage)
    event = (await publish(stage)).id
    await author.forges(f"event-invite-org:{(await people[0].member()).organisation_id}:{event}")
    assert await _invited(stage, people) == len(people)
