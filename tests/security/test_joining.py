"""T29: joining never reveals who is a member, and codes can't be guessed, bent or used by somebody else."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

import pytest

from storage.invitations import ALPHABET, LENGTH, WRONG_CODES, grouped
from storage.tables import invitations
from tests.play import Person, Stage

SEED = "0123456789abcdef"


async def _code(stage: Stage, slug: str = "org-basra", *, uses: int = 1, days: int = 3) -> str:
    place = await stage.organisation(slug)
    async with stage.database.unit() as unit:
        return await unit.invitations.issue(
            f"{slug}{uses}{days}{SEED}",
            organisation_id=place,
            role="member",
            uses=uses,
            at=stage.now,
            expires_at=stage.now + timedelta(days=days),
        )


async def _newcomer(stage: Stage, name: str, payload: str = "") -> list[str]:
    """Go through arrival under a name, and return every text that came back."""
    person = stage.person()
    seen: list[str] = []
    await person.starts(payload)
    seen.append(person.sees)
    for step in ("English", "I agree"):
        await person.taps(step)
        seen.append(person.sees)
    await person.says(name)
    seen.append(person.sees)
    return seen


async def test_T29_the_name_of_a_member_and_of_nobody_are_met_alike(stage: Stage) -> None:
    await stage.known("en", name="Member, Basra")
    assert await _newcomer(stage, "Member, Basra") == await _newcomer(stage, "Nobody, Basra")


async def test_T29_asking_to_join_where_one_is_known_looks_the_same_as_where_nobody_is(stage: Stage) -> None:
    full, empty = await stage.organisation("org-basra"), await stage.organisation("org-erbil")
    await stage.known("en", name="Member, Basra", organisation=full)
    said = []
    for place in (full, empty):
        person = await stage.known("en", role="guest", name="Member, Basra")
        async with stage.database.unit() as unit:
            await unit.members.change((await person.member()).id, organisation_id=None)
        await person.forges(f"join-org:{place}")
        said.append(person.sees)
    assert said[0] == said[1]


async def _refusals(stage: Stage, typed: list[str]) -> list[str]:
    said = []
    for one in typed:
        person = await stage.known("en", role="guest")
        await person.forges("join-code")
        await person.says(one)
        said.append(person.sees)
    return said


async def test_T29_used_expired_and_invented_codes_are_refused_in_the_same_words(stage: Stage) -> None:
    used, old = await _code(stage), await _code(stage, days=14)
    first = await stage.known("en", role="guest")
    await first.forges("join-code")
    await first.says(grouped(used))
    other = await _code(stage, "org-erbil", days=1)
    stage.now += timedelta(days=2)
    said = await _refusals(stage, [grouped(used), grouped(other), "0000-0000-0000-0000", "not a code"])
    assert len(set(said)) == 1
    good = await stage.known("en", role="guest")
    await good.forges("join-code")
    await good.says(grouped(old))
    assert "joined" in good.sees, "control: a good code is met with other words"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_T29_a_code_that_exists_takes_no_longer_to_refuse(stage: Stage) -> None:
    """The difference of the medians is below five thousandths of a second."""
    used = await _code(stage)
    first = await stage.known("en", role="guest")
    await first.forges("join-code")
    await first.says(grouped(used))
    times: dict[str, list[float]] = {used: [], "0" * LENGTH: []}
    for _ in range(15):
        for typed, taken in times.items():
            async with stage.database.unit() as unit:
                began = time.perf_counter()
                assert await unit.invitations.use(typed, stage.now) is None
                taken.append(time.perf_counter() - began)
    medians = [statistics.median(one) for one in times.values()]
    assert abs(medians[0] - medians[1]) < 0.005


async def test_T29_codes_have_eighty_bits_and_are_kept_as_hashes(stage: Stage) -> None:
    code = await _code(stage)
    assert len(ALPHABET) ** LENGTH >= 2**80
    assert len(set(ALPHABET)) == 32
    async with stage.database.reading() as unit:
        row = (await unit.invitations.all(invitations.select()))[0]
    assert code not in repr(tuple(row))
    assert grouped(code) not in repr(tuple(row))
    assert row.organisation_id is not None


async def test_T29_guesses_are_counted_and_then_not_even_a_good_code_works(stage: Stage) -> None:
    code = await _code(stage)
    person = await stage.known("en", role="guest")
    async with stage.database.unit() as unit:
        await unit.members.change((await person.member()).id, organisation_id=None)
    await person.forges("join-code")
    for number in range(WRONG_CODES):
        await person.says(f"0000-0000-0000-000{number}")
    await person.says(grouped(code))
    assert (await person.member()).organisation_id is None
    stage.now += timedelta(hours=1, minutes=1)
    await person.forges("join-code")
    await person.says(grouped(code))
    assert (await person.member()).organisation_id is not None, "control: the code itself was good"


async def test_T29_a_code_works_no_oftener_than_it_says(stage: Stage) -> None:
    code = await _code(stage, uses=2)
    joined = 0
    for _ in range(4):
        person: Person = await stage.known("en", role="guest")
        async with stage.database.unit() as unit:
            await unit.members.change((await person.member()).id, organisation_id=None)
        await person.forges("join-code")
        await person.says(grouped(code))
        joined += (await person.member()).organisation_id is not None
    assert joined == 2
