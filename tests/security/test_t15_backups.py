"""T15. Backups made while people write can all be restored; nothing damaged, changed or foreign is taken for one."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import backups as backups_module
from bot.backups import Backups
from bot.settings import Settings, SettingsError
from storage.copying import NotCopied
from storage.database import Database
from storage.migrate import migrate
from storage.portability import Portability
from storage.snapshots import BLANKED, LEFT_OUT, Damaged
from storage.store import Store
from storage.tables import facts, metadata
from storage.vault import Vault
from tests.security.everything import somebody

KEPT = ("name", "question", "suggestion", "answer", "relayed", "reason", "nominee", "why")
"""What of a person is in a backup; the rest is short-lived and left out."""


@pytest.fixture
async def database(empty_url: str, vault: Vault) -> Database:
    """Return a database made by the migrations."""
    opened = Database(empty_url, vault)
    await migrate(opened)
    return opened


@pytest.fixture
def backups(tmp_path: Path, vault: Vault) -> Backups:
    return Backups(Settings(backup_folder=str(tmp_path / "backups")), vault)


async def test_t15_backups_under_load_are_each_one_moment_and_restore(
    database: Database,
    backups: Backups,
    now: datetime,
    vault: Vault,
    tmp_path: Path,
) -> None:
    """Each write changes two rows together: in a copy that is not one moment, they would differ."""
    stop, written = asyncio.Event(), asyncio.Event()
    count = 0

    async def write() -> None:
        nonlocal count
        while not stop.is_set():
            async with database.unit() as unit:
                await unit.facts.put("left", str(count))
                await unit.members.add(at=now)
                await unit.audit.append("role", f"member:{count}", actor_id=1, at=now)
                await unit.facts.put("right", str(count))
            count += 1
            written.set()

    async with database.unit() as unit:
        await unit.audit.append("role", "member:1", actor_id=1, at=now)
    writing = asyncio.create_task(write())
    for number in range(3):
        written.clear()
        await written.wait()
        floor = count
        made = await backups.make(database, now + timedelta(minutes=number))
        target = Database(f"sqlite:///{tmp_path / f'restored-{number}.db'}", vault)
        verified = await backups.restore(made.path, target)
        async with target.reading() as unit:
            left, right = await unit.facts.get("left"), await unit.facts.get("right")
            people = await unit.members.count()
        await target.close()
        assert left == right
        assert int(left) == people - 1 >= floor - 1
        assert verified.mark == made.mark != ""
    stop.set()
    await writing
    await database.close()


async def test_t15_control_a_plain_copy_of_the_live_file_lacks_what_was_committed(
    tmp_path: Path, vault: Vault, now: datetime
) -> None:
    live = Database(f"sqlite:///{tmp_path / 'live.db'}", vault)
    await migrate(live)
    for _ in range(20):
        async with live.unit() as unit:
            await unit.members.add(at=now)
    shutil.copy(tmp_path / "live.db", tmp_path / "copy.db")
    try:
        copied = sqlite3.connect(tmp_path / "copy.db").execute("SELECT count(*) FROM members").fetchone()[0]
    except sqlite3.OperationalError:
        copied = 0
    assert copied < 20
    await live.close()


async def test_t15_what_comes_back_is_all_of_a_person(
    database: Database, backups: Backups, now: datetime, tmp_path: Path
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
    made = await backups.make(database, now)
    target = Database(f"sqlite:///{tmp_path / 'new.db'}", Vault([bytes(range(32))]))
    verified = await backups.restore(made.path, target)
    assert (verified.revived.people, verified.revived.erased) == (2, 0)
    async with target.reading() as unit:
        found = await unit.addresses.find("whatsapp", "stage", told.peer)
        assert found is not None
        everything = str(await Portability(unit).everything(found.member_id))
    for text in told.texts:
        assert (text in everything) == (text.rsplit("-", 1)[1] in KEPT), text
    with pytest.raises(NotCopied, match="not empty"):
        await backups.restore(made.path, target)
    await target.close()
    await database.close()


async def test_t15_nothing_can_be_read_in_a_backup_and_nothing_short_lived_is_in_it(
    database: Database, backups: Backups, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
    made = await backups.make(database, now)
    written = made.path.read_bytes() + backups.keys_file.read_bytes()
    assert b"SQLite format" not in written
    assert not any(text.encode() in written for text in (*told.texts, told.peer))
    copy = tmp_path / "copy.db"
    backups._read(made.path, copy)
    opened = sqlite3.connect(copy)
    for table in LEFT_OUT:
        assert opened.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608
    for name in BLANKED:
        table, column = name.split(".")
        assert column in metadata.tables[table].c
    assert opened.execute("SELECT count(*) FROM files WHERE expires_at IS NOT NULL").fetchone() == (0,)
    opened.close()
    assert list(backups.folder.glob("work-*")) == []
    await database.close()


async def test_t15_any_damage_is_found(
    database: Database, backups: Backups, now: datetime, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups_module, "CHUNK", 16 * 1024)
    async with database.unit() as unit:
        await somebody(unit, now)
    path = (await backups.make(database, now)).path
    assert (await backups.verify(path)).revived.people == 2  # control: untouched
    whole = path.read_bytes()
    chunk, head = 16 * 1024 + 16, len(backups_module.MAGIC) + 4 + 7
    first, second = whole[head : head + chunk], whole[head + chunk : head + 2 * chunk]
    damages = {
        "a bit": whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:],
        "cut": whole[:-100],
        "cut at a block": whole[: head + 2 * chunk],
        "a block gone": whole[: head + chunk] + whole[head + 2 * chunk :],
        "blocks swapped": whole[:head] + second + first + whole[head + 2 * chunk :],
        "longer": whole + b"x",
        "empty": b"",
        "another file": b"SQLite format 3\x00" * 100,
    }  # fmt: skip
    for what, bytes_now in damages.items():
        path.write_bytes(bytes_now)
        with pytest.raises(Damaged):
            await backups.verify(path)
        assert bytes_now != whole, what
    path.write_bytes(whole)
    stranger = Backups(Settings(backup_folder=str(backups.folder)), Vault([bytes(range(9, 41))]))
    with pytest.raises(Damaged, match="another key"):
        await stranger.verify(path)
    backups.keys_file.unlink()
    with pytest.raises(Damaged, match="people's keys"):
        await backups.verify(path)
    await database.close()


def test_t15_seven_days_and_four_weeks_are_kept_and_nothing_beyond_28_days(
    backups: Backups, now: datetime
) -> None:
    backups.folder.mkdir()
    for hours in range(0, 24 * 40, 12):
        made = now - timedelta(hours=hours)
        (backups.folder / f"diwakhan-{made:%Y%m%dT%H%M%S}Z.backup").touch()
    (backups.folder / "something-else.txt").touch()
    backups.rotate(now)
    kept = [backups_module._made_at(path) for path in backups.listed()]
    assert len({made.date() for made in kept}) == len(kept)
    assert 9 <= len(kept) <= 11
    assert [made.date() for made in kept[:7]] == [(now - timedelta(days=day)).date() for day in range(7)]
    assert now - min(kept) <= timedelta(days=28)
    assert (backups.folder / "something-else.txt").exists()
    assert backups.rotate(now) == []


def test_t15_keys_may_not_lie_among_the_backups(tmp_path: Path, vault: Vault) -> None:
    folder = tmp_path / "backups"
    for settings in (
        Settings(backup_folder=str(folder), backup_keys_file=str(folder / "keys")),
        Settings(backup_folder=str(folder), secret_keys_file=str(folder / ".." / "backups" / "ring")),
    ):
        with pytest.raises(SettingsError, match="BACKUP_FOLDER"):
            Backups(settings, vault)


async def test_t15_a_copy_with_a_cut_audit_is_refused(
    database: Database, backups: Backups, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark in the manifest that the copy's audit does not reach: the end was cut off."""
    async with database.unit() as unit:
        await Store(unit).run(facts.insert().values(name="x", value="1"))
        entry = await unit.audit.append("role", "member:1", actor_id=1, at=now)
    made = await backups.make(database, now)
    assert (await backups.verify(made.path)).mark == entry.mark
    async with database.engine.begin() as connection:
        if database.is_sqlite:
            await connection.execute(sa.text("DROP TRIGGER audit_deletions"))
        else:
            await connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        await connection.execute(metadata.tables["audit"].delete())
    real = backups._write
    monkeypatch.setattr(
        backups, "_write", lambda path, manifest, copy: real(path, manifest | {"audit": entry.mark}, copy)
    )
    cut = await backups.make(database, now + timedelta(hours=1))
    with pytest.raises(Damaged, match="cut off"):
        await backups.verify(cut.path)
    await database.close()
