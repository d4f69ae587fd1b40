"""T35. A new key while people write, and while the work is cut short again and again: nothing becomes unreadable."""

from __future__ import annotations

import asyncio
import copy
import random
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.keys import check_ring, read_ring
from bot.settings import Settings, SettingsError
from handlers.housekeeping import renew_keys
from handlers.kit import Community, Tick
from storage import rekeying
from storage.database import Database
from storage.portability import Portability
from storage.rekeying import ROWS, Rekeying, places
from storage.tables import metadata
from storage.vault import Vault, VaultError, new_key
from tests.security.everything import Told, somebody

OLD, NEW = bytes(range(32)), bytes(range(7, 39))
PEOPLE = 5


class Cut(Exception):
    """The process was killed: what it had not committed is gone."""


def same(database: Database, *ring: bytes) -> Database:
    """Open the same database with another ring, as after a restart."""
    other = copy.copy(database)
    other.vault = Vault(list(ring))
    return other


@pytest.fixture
async def people(database: Database, now: datetime) -> list[Told]:
    await check_ring(database)
    told = []
    for number in range(PEOPLE):
        async with database.unit() as unit:
            told.append(await somebody(unit, now, f"p{number}", f"+96477000000{number:02}"))
    return told


async def _unreadable(database: Database, told: list[Told]) -> int:
    """Count texts of people that can't be read any more, and people who are not found."""
    missing = 0
    async with database.reading() as unit:
        for one in told:
            found = await unit.addresses.find("whatsapp", "stage", one.peer)
            missing += found is None or found.member_id != one.member_id
            everything = str(await Portability(unit).everything(one.member_id))
            missing += sum(
                text not in everything
                for text in one.texts
                if text.rsplit("-", 1)[1]
                in ("name", "question", "suggestion", "answer", "draft", "relayed", "reason")
            )
    return missing


async def test_t35_control_the_old_key_gone_too_early_is_noticed_and_refused(
    database: Database, people: list[Told]
) -> None:
    early = same(database, NEW)
    with pytest.raises(VaultError):
        await _unreadable(early, people)
    with pytest.raises(SettingsError, match="do not belong"):
        await check_ring(early)
    both = same(database, NEW, OLD)
    await check_ring(both)
    async with both.unit() as unit:
        await Rekeying(unit).step()
    with pytest.raises(SettingsError):
        await check_ring(early)


async def test_t35_rotation_under_load_and_cut_short_loses_nothing(
    database: Database, people: list[Told], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekeying, "BATCH", 2)
    chance = random.Random(35)
    both = same(database, NEW, OLD)
    await check_ring(both)
    assert await _unreadable(both, people) == 0
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        while not stop.is_set():
            one = people[count % len(people)]
            async with both.unit() as unit:
                await unit.members.change(one.member_id, name=one.texts[0])
                await unit.questions.ask(one.member_id, one.texts[3], now)
            count += 1
            await asyncio.sleep(0)
        return count

    writing = asyncio.create_task(write())
    cuts, done = 0, 1
    while done:
        try:
            async with both.unit() as unit:
                done = await Rekeying(unit).step()
                if done and chance.random() < 0.3:
                    raise Cut
        except Cut:
            cuts += 1
        assert not writing.done() or writing.result()
    stop.set()
    assert await writing > 0
    assert cuts > 3
    async with both.reading() as unit:
        assert not await Rekeying(unit).pending()
        assert set(await Rekeying(unit).in_use()) == {Vault([NEW]).key_ids[0]}
    alone = same(database, NEW)
    await check_ring(alone)
    assert await _unreadable(alone, people) == 0
    with pytest.raises(SettingsError):
        await check_ring(same(database, OLD))


async def test_t35_what_a_process_of_the_old_ring_writes_afterwards_is_found_too(
    database: Database, people: list[Told], now: datetime
) -> None:
    new_first, old_first = same(database, NEW, OLD), same(database, OLD, NEW)
    for ring in (new_first, old_first):
        await _renewed(new_first)
        await check_ring(ring)
    async with old_first.unit() as unit:
        await unit.files.add("late.txt", "text/plain", b"late", at=now)
    async with new_first.reading() as unit:
        assert await Rekeying(unit).pending()
    await _renewed(new_first)
    async with new_first.reading() as unit:
        assert set(await Rekeying(unit).in_use()) == {Vault([NEW]).key_ids[0]}


async def _renewed(database: Database) -> None:
    """Seal anew until nothing is left to do."""
    await check_ring(database)
    done = 1
    while done:
        async with database.unit() as unit:
            done = await Rekeying(unit).step()


async def test_t35_the_clock_does_it_by_itself(database: Database, people: list[Told], now: datetime) -> None:
    both = same(database, NEW, OLD)
    await check_ring(both)
    await renew_keys(Tick(both.unit, now, Community()))
    assert await _unreadable(same(database, NEW), people) == 0


def test_t35_every_sealed_column_is_one_that_rotation_reaches() -> None:
    reached = {f"{place.table.name}.{place.column.name}" for place in places()}
    assert {
        f"{t.name}.{c.name}" for t in metadata.tables.values() for c in t.c if "sealed" in c.name
    } == reached | {"survey_ballots.sealed"}  # that one by the survey's own key
    for place in places():
        assert place.table.name in ROWS or isinstance(place.table.c.id.type, sa.BigInteger)


@pytest.mark.parametrize(
    "key",
    [
        "", "short", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "Y2hhbmdlLW1lLWNoYW5nZS1tZS1jaGFuZ2UtbWUtMTI=",
        "_" * 43 + "=", "-" * 44,
    ],
    ids=["missing", "short", "repeated", "counted", "typed", "ones", "dashes"],
)  # fmt: skip
def test_t35_a_key_that_nobody_drew_stops_the_start(tmp_path: Path, key: str) -> None:
    file = tmp_path / "keys"
    file.write_text(key + "\n")
    file.chmod(0o600)
    with pytest.raises(SettingsError):
        read_ring(Settings(secret_keys_file=str(file)))


def test_t35_a_key_file_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(new_key() + "\n")
    for mode in (0o640, 0o604, 0o620, 0o602):
        file.chmod(mode)
        with pytest.raises(SettingsError, match="chmod 600"):
            read_ring(Settings(secret_keys_file=str(file)))
    file.chmod(0o600)
    assert len(read_ring(Settings(secret_keys_file=str(file)))[0]) == 1
    with pytest.raises(SettingsError, match="missing"):
        read_ring(Settings(secret_keys_file=str(tmp_path / "none")))
