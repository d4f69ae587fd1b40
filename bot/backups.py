"""Backups: a consistent copy, looked through, encrypted, written down whole, and no older than was promised.

A backup is two files. The copy is encrypted by the ring's newest key and kept for up to four weeks. The keys by which
people can be read lie in one other file, elsewhere, that is replaced every time: of somebody who was erased there is
then no key anywhere, and old copies tell nothing of them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import make_url

from bot.settings import Settings, SettingsError
from storage import snapshots
from storage.copying import copy_database
from storage.database import Database
from storage.migrate import head, migrate
from storage.snapshots import Damaged, Revived, Secrets
from storage.vault import Vault, VaultError

MAGIC = b"diwakhan backup 1\n"
CHUNK = 1024 * 1024
TAG = 16
PREFIX = 7
"""Random bytes of a file's nonces; four more count the chunks, and one marks the last."""
DAYS, WEEKS = 7, 4
LONGEST = timedelta(days=28)
"""A backup older than this is gone: 30 days are promised."""
NAME = re.compile(r"diwakhan-(\d{8}T\d{6})Z\.backup")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: where, how many bytes and rows, and the audit's mark at that moment."""

    path: Path
    size: int
    rows: int
    mark: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look into a backup found."""

    made_at: datetime
    rows: int
    mark: str
    revived: Revived


class Backups:
    """The backups of one installation."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        """Take where they lie from the settings; raises SettingsError where keys would lie among them."""
        self.folder = _folder(settings)
        self.keys_file = (
            Path(settings.backup_keys_file)
            if settings.backup_keys_file
            else self.folder.parent / "backup-keys"
        )
        self._vault = vault
        for path in (self.keys_file, Path(settings.secret_keys_file or self.keys_file)):
            if path.resolve().is_relative_to(self.folder.resolve()):
                raise SettingsError(f"BACKUP_FOLDER: keys may not lie among the backups: move {path}")

    def listed(self) -> list[Path]:
        """List the backups, the newest in front."""
        found = [path for path in self.folder.glob("*.backup") if NAME.fullmatch(path.name)]
        return sorted(found, key=lambda path: path.name, reverse=True)

    async def make(self, database: Database, now: datetime) -> Made:
        """Make a backup beside the running bot, look through it, and let older ones go; raises Damaged, OSError."""
        async with self._desk() as desk:
            copy = desk / "copy.db"
            await snapshots.take(database, copy)
            counts = await asyncio.to_thread(snapshots.check, copy)
            mark = await snapshots.mark(copy, self._vault)
            manifest = {"made_at": now.isoformat(), "schema": head(), "rows": counts, "audit": mark}
            path = self.folder / f"diwakhan-{now.astimezone(UTC):%Y%m%dT%H%M%S}Z.backup"
            size = await asyncio.to_thread(self._write, path, manifest, copy)
        # Read now, not with the copy: who was erased meanwhile has no key here either.
        await self._renew_keys(database)
        self.rotate(now)
        return Made(path, size, sum(counts.values()), mark)

    async def renew_keys(self, database: Database) -> None:
        """Write the file of keys anew, so that who was erased has none in it either; nothing where there is none."""
        if self.keys_file.exists():
            await self._renew_keys(database)

    async def _renew_keys(self, database: Database) -> None:
        async with database.reading() as unit:
            kept = await snapshots.secrets_now(unit)
        await asyncio.to_thread(self._write_keys, kept)

    async def verify(self, path: Path) -> Verified:
        """Put a backup back in a place of its own and look at everything; raises Damaged and VaultError."""
        async with self._revived(path) as (_, verified):
            return verified

    async def restore(self, path: Path, target: Database) -> Verified:
        """Put a backup into an empty database; raises Damaged, VaultError and NotCopied."""
        async with self._revived(path) as (source, verified):
            await copy_database(source, target)
            return verified

    def rotate(self, now: datetime) -> list[Path]:
        """Remove backups that are neither the newest of a recent day nor of a recent week; return them."""
        kept, days, weeks = set[Path](), set[str](), set[str]()
        for path in self.listed():
            made = _made_at(path)
            if now - made > LONGEST:
                continue
            day, week = f"{made:%Y%m%d}", f"{made:%G%V}"
            if (day not in days and len(days) < DAYS) or (week not in weeks and len(weeks) < WEEKS):
                kept.add(path)
            days.add(day)
            weeks.add(week)
        gone = [path for path in self.listed() if path not in kept]
        for path in gone:
            path.unlink()
        return gone

    def key_ids(self) -> set[str]:
        """Name the keys of the ring that backups need."""
        return {_header(path)[0] for path in [*self.listed(), self.keys_file] if path.exists()}

    @asynccontextmanager
    async def _revived(self, path: Path) -> AsyncIterator[tuple[Database, Verified]]:
        async with self._desk() as desk:
            copy = desk / "copy.db"
            manifest = await asyncio.to_thread(self._read, path, copy)
            if await asyncio.to_thread(snapshots.check, copy) != manifest["rows"]:
                raise Damaged("the database in it has not the rows that it had")
            database = Database(f"sqlite:///{copy}", self._vault)
            try:
                await migrate(database)
                revived = await snapshots.revive(copy, self._vault, await asyncio.to_thread(self._read_keys))
                async with database.reading() as unit:
                    chain = await unit.audit.verify(manifest["audit"])
                if chain.fault:
                    raise Damaged(f"the audit in it is broken: {chain.fault}")
                made_at = datetime.fromisoformat(manifest["made_at"])
                found = Verified(made_at, sum(manifest["rows"].values()), manifest["audit"], revived)
                yield database, found
            finally:
                await database.close()

    @asynccontextmanager
    async def _desk(self) -> AsyncIterator[Path]:
        """Give a place to work in that nobody else can read, on the backups' own disk; nothing stays there."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self.folder.glob("work-*"):
            if datetime.now(UTC).timestamp() - left.stat().st_mtime > timedelta(hours=6).total_seconds():
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="work-", dir=self.folder) as desk:
            yield Path(desk)

    def _write(self, path: Path, manifest: dict[str, Any], copy: Path) -> int:
        words = json.dumps(manifest).encode()

        def plain() -> Iterator[bytes]:
            yield len(words).to_bytes(4, "big") + words
            with copy.open("rb") as file:
                while block := file.read(CHUNK):
                    yield block

        _replace(path, self._vault, plain())
        return path.stat().st_size

    def _read(self, path: Path, copy: Path) -> dict[str, Any]:
        with copy.open("wb") as file:
            os.chmod(copy, 0o600)
            blocks = _opened(path, self._vault)
            begun = next(blocks, b"")
            length = int.from_bytes(begun[:4], "big")
            while len(begun) < 4 + length:
                more = next(blocks, b"")
                if not more:
                    raise Damaged("the backup is cut short")
                begun += more
            file.write(begun[4 + length :])
            for block in blocks:
                file.write(block)
        manifest: dict[str, Any] = json.loads(begun[4 : 4 + length])
        return manifest

    def _write_keys(self, kept: Secrets) -> None:
        def text(value: bytes) -> str:
            return base64.b64encode(value).decode()

        words = {
            "people": [[key_id, member_id, text(key)] for key_id, member_id, key in kept.people],
            "surveys": [[survey_id, text(secret)] for survey_id, secret in kept.surveys],
        }
        self.keys_file.parent.mkdir(parents=True, exist_ok=True)
        _replace(self.keys_file, self._vault, iter([json.dumps(words).encode()]))

    def _read_keys(self) -> Secrets:
        if not self.keys_file.exists():
            raise Damaged(f"the file with people's keys is missing: put it back at {self.keys_file}")
        words = json.loads(b"".join(_opened(self.keys_file, self._vault)))
        return Secrets(
            [(key_id, member_id, base64.b64decode(key)) for key_id, member_id, key in words["people"]],
            [(survey_id, base64.b64decode(secret)) for survey_id, secret in words["surveys"]],
        )


def _folder(settings: Settings) -> Path:
    if settings.backup_folder:
        return Path(settings.backup_folder)
    url = make_url(settings.database_url)
    beside = Path(url.database).parent if url.get_backend_name() == "sqlite" and url.database else Path("var")
    return beside / "backups"


def _made_at(path: Path) -> datetime:
    found = NAME.fullmatch(path.name)
    assert found is not None  # noqa: S101 - listed() lists no others
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


# --- the form of a file: magic | key id (4) | nonce prefix (7) | chunks, each sealed with its number --------------


def _replace(path: Path, vault: Vault, plain: Iterator[bytes]) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _seal(file, vault, plain)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _seal(file: BinaryIO, vault: Vault, plain: Iterator[bytes]) -> None:
    key_id, prefix = bytes.fromhex(vault.key_ids[0]), secrets.token_bytes(PREFIX)
    head_bytes = MAGIC + key_id + prefix
    cipher = AESGCM(vault.key_for("backup"))
    file.write(head_bytes)
    number, waiting = 0, b""
    for block in plain:
        waiting += block
        while len(waiting) > CHUNK:
            file.write(cipher.encrypt(_nonce(prefix, number, last=False), waiting[:CHUNK], head_bytes))
            number, waiting = number + 1, waiting[CHUNK:]
    file.write(cipher.encrypt(_nonce(prefix, number, last=True), waiting, head_bytes))


def _header(path: Path) -> tuple[str, bytes]:
    with path.open("rb") as file:
        start = file.read(len(MAGIC) + 4 + PREFIX)
    if not start.startswith(MAGIC) or len(start) < len(MAGIC) + 4 + PREFIX:
        raise Damaged(f"{path.name} is not a backup of Diwakhan")
    return start[len(MAGIC) : len(MAGIC) + 4].hex(), start


def _opened(path: Path, vault: Vault) -> Iterator[bytes]:
    """Decrypt a file block by block; raises Damaged where anything was changed or cut off."""
    key_id, start = _header(path)
    try:
        cipher = AESGCM(vault.key_for("backup", key_id))
    except VaultError:
        raise Damaged(
            f"{path.name} was made with another key ({key_id}): put it back into the ring"
        ) from None
    prefix = start[-PREFIX:]
    left = path.stat().st_size - len(start)
    with path.open("rb") as file:
        file.seek(len(start))
        for number in range(max(1, -(-left // (CHUNK + TAG)))):
            sealed = file.read(CHUNK + TAG)
            left -= len(sealed)
            try:
                yield cipher.decrypt(_nonce(prefix, number, last=left == 0), sealed, start)
            except (InvalidTag, ValueError):
                raise Damaged(f"{path.name} is damaged or cut short") from None


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])
