"""T18. A person erased: no byte of theirs on the disk, also with a reader open meanwhile, and none in old backups.

The thief has the database's file, its log and journal, every backup, and today's keys.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.backups import Backups
from bot.settings import Settings
from bot.upkeep import Upkeep
from handlers.housekeeping import scrub
from handlers.kit import Community, Tick
from storage import snapshots, tables
from storage.database import Database
from storage.migrate import migrate
from storage.seizure import Seizure
from storage.vault import Vault
from tests.play import staged
from tests.security.everything import Told, somebody

LASTS = ("name", "question", "suggestion", "reason", "nominee", "why", "answer", "relayed")
"""What of a person is in a backup."""

OWNED = (
    tables.members.c.id,
    tables.addresses.c.member_id,
    tables.member_keys.c.member_id,
    tables.question_words.c.author_id,
    tables.relay_words.c.author_id,
    tables.nominations.c.author_id,
    tables.survey_answers.c.member_id,
    tables.survey_drafts.c.member_id,
)
"""Columns by which a person's rows are found."""


@pytest.fixture
async def database(empty_url: str, vault: Vault) -> AsyncIterator[Database]:
    opened = Database(empty_url, vault)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
def backups(tmp_path: Path, vault: Vault) -> Backups:
    return Backups(Settings(backup_folder=str(tmp_path / "backups")), vault)


def on_disk(folder: Path) -> bytes:
    """Read everything that SQLite may leave: database, log, shared memory, journal, temporary files."""
    return b"".join(one.read_bytes() for one in sorted(folder.iterdir()) if one.is_file())


async def bytes_of(database: Database, told: Told) -> list[bytes]:
    """Collect what only this person's rows hold: ciphertexts, their key, their index."""
    found: list[bytes] = []
    async with database.reading() as unit:
        for column in OWNED:
            rows = await unit.audit.all(sa.select(column.table).where(column == told.member_id))
            assert rows, column
            found += [bytes(value) for row in rows for value in row if isinstance(value, bytes)]
    return found


async def readable(backups: Backups, path: Path, vault: Vault, tmp_path: Path) -> str:
    """Read all that a thief with a backup, the file of people's keys and the ring can read, by every way."""
    den = tmp_path / "den"
    den.mkdir(exist_ok=True)
    copy = den / "thief.db"
    copy.unlink(missing_ok=True)
    backups._read(path, copy)
    thief = Database(f"sqlite:///{copy}", Vault([bytes(range(32))]))
    async with thief.unit() as unit:
        await snapshots._put_back(unit, backups._read_keys())
    async with thief.reading() as unit:
        texts = [text async for _, text in Seizure(unit).opened()]
    await thief.close()
    return "\n".join(texts)


async def erase(database: Database, told: Told, now: datetime) -> None:
    """Have the person delete everything in their chat."""
    async with staged(database, now) as stage:
        person = stage.person("whatsapp", told.peer)
        for what in ("delete-me", "delete-sure", f"delete-now:{told.member_id}:en"):
            await person.forges(what)


async def test_t18_nothing_is_left_on_the_disk_nor_readable_in_backups(
    database: Database, backups: Backups, now: datetime, vault: Vault, tmp_path: Path
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
        other = await somebody(unit, now, "other", "+9647700000000")
    marks = await bytes_of(database, told)
    made = await backups.make(database, now)
    before = await readable(backups, made.path, vault, tmp_path)
    mine = [text for text in told.texts if text.rsplit("-", 1)[1] in LASTS]
    assert [text for text in (*mine, told.peer) if text not in before] == []  # control: the thief can read
    if database.is_sqlite:
        assert all(mark in on_disk(tmp_path) for mark in marks)  # control: the look is not blind

    began = time.monotonic()
    await erase(database, told, now)
    upkeep = Upkeep(database, Community(), {}, lambda: now, backups=backups, leads=lambda: True)
    tick = Tick(database.unit, now, Community(), upkeep.scrub)
    if database.is_sqlite:
        async with database.reading() as reader:
            await reader.facts.get("x")
            await scrub(tick)
            assert await reader.facts.get("scrub") == "owed"  # a reader was in the way: it is tried again
    await scrub(tick)
    assert time.monotonic() - began < 60
    async with database.reading() as unit:
        assert await unit.facts.get("scrub") == ""
        assert await unit.members.get(told.member_id) is None
        assert await unit.members.get(other.member_id) is not None
    if database.is_sqlite:
        left = on_disk(tmp_path)
        assert [mark for mark in marks if mark in left] == []
        assert not any(text.encode() in left for text in (*told.texts, told.peer))

    after = await readable(backups, made.path, vault, tmp_path)
    gone = [text for text in (*told.texts, told.peer) if text in after]
    assert gone == []
    assert other.peer in after  # control: the same thief, the same backup, somebody who stayed
    verified = await backups.verify(made.path)
    assert verified.revived.erased == 1


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
async def test_t18_control_without_the_scrub_the_bytes_are_still_there(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
    marks = await bytes_of(database, told)
    await erase(database, told, now)
    assert any(mark in on_disk(tmp_path) for mark in marks)


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
async def test_t18_control_one_key_for_everybody_would_leave_old_backups_readable(
    database: Database, backups: Backups, now: datetime, vault: Vault, tmp_path: Path
) -> None:
    """The file of people's keys from before the erasure opens it all again: so it is kept once, and replaced."""
    async with database.unit() as unit:
        told = await somebody(unit, now)
    made = await backups.make(database, now)
    old_keys = backups.keys_file.read_bytes()
    await erase(database, told, now)
    await backups.renew_keys(database)
    assert told.peer not in await readable(backups, made.path, vault, tmp_path)
    backups.keys_file.write_bytes(old_keys)
    assert told.peer in await readable(backups, made.path, vault, tmp_path)


async def test_t18_a_backup_made_after_the_erasure_holds_nothing_and_the_audit_an_id(
    database: Database, backups: Backups, now: datetime, vault: Vault, tmp_path: Path
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
    await erase(database, told, now)
    made = await backups.make(database, now + timedelta(minutes=1))
    read = await readable(backups, made.path, vault, tmp_path)
    assert not any(text in read for text in (*told.texts, told.peer) if not text.endswith("-suggestion"))
    async with database.reading() as unit:
        (entry,) = await unit.audit.newest()
    assert (entry.action, entry.actor_id, entry.subject) == ("erased", told.member_id, "")
