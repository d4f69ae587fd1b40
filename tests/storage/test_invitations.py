"""Codes: their form, their uses under concurrency, and how often somebody may guess."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import Database
from storage.invitations import ALPHABET, LENGTH, WRONG_CODES, canonical, grouped
from storage.organisations import Entry
from storage.unit import Unit


async def an_organisation(unit: Unit, slug: str = "org-basra") -> int:
    return await unit.organisations.put(Entry(slug, "Organisation, Basra", "", "", "prime", "basra"))


async def a_code(unit: Unit, now: datetime, *, uses: int = 3, seed: str = "seed") -> str:
    return await unit.invitations.issue(
        seed,
        organisation_id=await an_organisation(unit),
        role="member",
        uses=uses,
        at=now,
        expires_at=now + timedelta(days=14),
    )


@given(st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH), st.sampled_from(["", " ", "-", " - ", "–"]))
def test_a_code_is_read_however_it_is_spaced_and_cased(code: str, between: str) -> None:
    typed = between.join(code[start : start + 4] for start in range(0, LENGTH, 4))
    assert canonical(f" {typed.lower()} ") == code
    assert canonical(grouped(code)) == code


def test_letters_that_look_like_digits_are_those_digits() -> None:
    assert canonical("oOiIlL23-4567-89AB") == "0011112345678" + "9AB"


@pytest.mark.parametrize("typed", ["", "hello", "7KQ2-M4XR-0TVB", "7KQ2-M4XR-0TVB-9HCU", "7KQ2M4XR0TVB9HCDD"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert canonical(typed) == ""


async def test_codes_are_long_and_kept_only_as_a_hash(unit: Unit, now: datetime) -> None:
    code = await a_code(unit, now)
    assert len(code) * 5 >= 80
    assert set(code) <= set(ALPHABET)
    kept = (await unit.connection.exec_driver_sql("SELECT code_hash FROM invitations")).scalar_one()
    assert code.encode() not in bytes(kept)


async def test_the_same_seed_gives_the_same_code_and_one_row(unit: Unit, now: datetime) -> None:
    first, second = await a_code(unit, now), await a_code(unit, now)
    other = await a_code(unit, now, seed="another")
    assert first == second != other
    count = (await unit.connection.exec_driver_sql("SELECT count(*) FROM invitations")).scalar_one()
    assert count == 2


async def test_a_used_up_and_an_expired_code_give_nothing(unit: Unit, now: datetime) -> None:
    code = await a_code(unit, now, uses=1)
    assert (await unit.invitations.use(code, now + timedelta(days=14))) is None
    used = await unit.invitations.use(code, now)
    assert used is not None
    assert (used.role, used.uses_left) == ("member", 0)
    assert await unit.invitations.use(code, now) is None
    assert await unit.invitations.use("0" * 16, now) is None


async def test_concurrent_uses_never_exceed_the_number(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        code = await a_code(unit, now, uses=3)

    async def use() -> bool:
        async with database.unit() as unit:
            return await unit.invitations.use(code, now) is not None

    taken = await asyncio.gather(*(use() for _ in range(8)))
    assert sum(taken) == 3


async def test_wrong_codes_are_counted_for_an_hour(unit: Unit, now: datetime) -> None:
    member = await unit.members.add(at=now)
    for _ in range(WRONG_CODES):
        assert await unit.invitations.may_try(member.id, now)
        await unit.invitations.tried_wrong(member.id, now)
    assert not await unit.invitations.may_try(member.id, now + timedelta(minutes=59))
    later = now + timedelta(minutes=60)
    assert await unit.invitations.may_try(member.id, later)
    await unit.invitations.tried_wrong(member.id, later)
    assert await unit.invitations.may_try(member.id, later)
