"""A consistent copy of the whole database as one SQLite file, without what must not outlive its time in a backup.

Left out are the keys by which people and open surveys can be read (they are handed over apart, to be kept once and
never in old versions), everything short-lived, and the keyed indexes, from which somebody with today's keys could
guess who was here. What is put back (`revive`) is a database in which whoever was erased since stays erased: without a
key nothing of theirs can be read, and their rows go.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from storage.addresses import INDEXED
from storage.copying import copy_database
from storage.database import Database
from storage.keys import key_of
from storage.outbox import DAY
from storage.store import Store
from storage.tables import addresses, member_keys, members, surveys
from storage.unit import Unit
from storage.vault import Vault

LEFT_OUT = (
    "member_keys", "conversations", "survey_drafts", "answer_links", "link_codes", "link_tries", "media_links",
    "browser_messages", "removals",
)  # fmt: skip
"""Tables of which no row is in a backup."""

BLANKED = {
    "surveys.secret_sealed": "NULL",
    "inbox.payload_sealed": "NULL",
    "outbox.screen_sealed": "NULL",
    "addresses.peer_index": "randomblob(32)",
}
"""Columns of which no value is in a backup, and what stands there instead."""

TRIMMED = (
    "DELETE FROM files WHERE expires_at IS NOT NULL",
    "DELETE FROM outbox WHERE kind = 'screen'",
    "DELETE FROM outbox WHERE kind LIKE 'survey%' AND settled_at IS NOT NULL",
    f"UPDATE inbox SET heard_at = heard_at / {DAY} * {DAY}",  # noqa: S608 - a number of ours
)
"""What goes besides: generated files; replies, whose question is long past; and what would tell who answered a survey,
how and how long it took them."""


class Damaged(Exception):
    """A copy is not whole, and why, in words for an operator."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys that a copy does without, as they are sealed in the database."""

    people: list[tuple[int, int, bytes]] = field(default_factory=list)
    """Key id, member id, key."""
    surveys: list[tuple[int, bytes]] = field(default_factory=list)
    """Survey id, secret."""


@dataclass(frozen=True, slots=True)
class Revived:
    """What putting back found: people who can be read, and people erased since, who are gone again."""

    people: int
    erased: int


async def take(database: Database, path: Path) -> None:
    """Write the copy to a path where nothing is yet, beside a running bot."""
    if database.is_sqlite:
        async with database.engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None  # noqa: S101
            await driver.execute("VACUUM INTO ?", (str(path),))
    else:
        copy = Database(f"sqlite:///{path}", database.vault)
        try:
            await copy_database(database, copy)
        finally:
            await copy.close()
    await asyncio.to_thread(_leave_out, path)


async def secrets_now(unit: Unit) -> Secrets:
    """Read the keys that a copy does without, as they are at this moment."""
    store = Store(unit)
    people = await store.all(sa.select(member_keys))
    secret = surveys.c.secret_sealed
    open_ones = await store.all(sa.select(surveys.c.id, secret).where(secret.is_not(None)))
    return Secrets(
        [(row.id, row.member_id, bytes(row.key_sealed)) for row in people],
        [(row.id, bytes(row.secret_sealed)) for row in open_ones],
    )


def check(path: Path) -> dict[str, int]:
    """Look through a copy and return its rows by table; raises Damaged."""
    with _opened(path) as copy:
        try:
            (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
            loose = copy.execute("PRAGMA foreign_key_check").fetchone()
            names = [
                name
                for (name,) in copy.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                )
            ]
            counts = {name: _count(copy, name) for name in sorted(names)}
        except sqlite3.DatabaseError as error:
            raise Damaged(f"the database in it can't be read ({error})") from None
    if found != "ok" or loose is not None:
        raise Damaged("the database in it is damaged")
    return counts


async def mark(path: Path, vault: Vault) -> str:
    """Return the audit's mark in a copy; empty where nothing was noted yet."""
    database = Database(f"sqlite:///{path}", vault)
    try:
        async with database.reading() as unit:
            newest = await unit.audit.newest()
    finally:
        await database.close()
    return newest[0].mark if newest else ""


async def revive(path: Path, vault: Vault, secrets: Secrets) -> Revived:
    """Make a copy whole again with today's keys; who has none any more was erased since, and goes again."""
    database = Database(f"sqlite:///{path}", vault)
    try:
        async with database.unit() as unit:
            await _put_back(unit, secrets)
            return await _sort_out(unit)
    finally:
        await database.close()


async def _put_back(unit: Unit, secrets: Secrets) -> None:
    store = Store(unit)
    known = {row.id for row in await store.all(sa.select(members.c.id))}
    await store.run(
        member_keys.insert(),
        [
            {"id": key_id, "member_id": member_id, "key_sealed": key}
            for key_id, member_id, key in secrets.people
            if member_id in known
        ],
    )
    for survey_id, secret in secrets.surveys:
        still = (surveys.c.id == survey_id, surveys.c.state == "open")
        await store.run(surveys.update().where(*still).values(secret_sealed=secret))


async def _sort_out(unit: Unit) -> Revived:
    store = Store(unit)
    kept = {row.id for row in await store.all(sa.select(member_keys.c.id))}
    names = await store.all(sa.select(members.c.id, members.c.name_sealed))
    erased = {row.id for row in names if _lost(row.name_sealed, kept)}
    rows = await store.all(sa.select(addresses))
    erased |= {row.member_id for row in rows if _lost(row.peer_sealed, kept)}
    for row in rows:
        if row.member_id not in erased:
            await unit.keys.load(row.peer_sealed)
            peer = unit.keys.open_text(row.peer_sealed, "addresses", "peer", row.id)
            index = unit.vault.index(INDEXED, row.channel, peer)
            await store.run(addresses.update().where(addresses.c.id == row.id).values(peer_index=index))
    for member_id in sorted(erased):
        await unit.members.erase(member_id)
    return Revived(len(names) - len(erased), len(erased))


def _lost(sealed: bytes | None, kept: set[int]) -> bool:
    key_id = key_of(sealed)
    return bool(key_id) and key_id not in kept


def _leave_out(path: Path) -> None:
    with _opened(path) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("PRAGMA secure_delete=ON")
        copy.execute("BEGIN")
        for table in LEFT_OUT:
            copy.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        for name, value in BLANKED.items():
            table, column = name.split(".")
            copy.execute(f"UPDATE {table} SET {column} = {value} WHERE {column} IS NOT NULL")  # noqa: S608
        for statement in TRIMMED:
            copy.execute(statement)
        copy.execute("COMMIT")
        copy.execute("VACUUM")


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        copy.execute("PRAGMA temp_store=MEMORY")
        yield copy


def _count(copy: sqlite3.Connection, name: str) -> int:
    counted: Any = copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608
    return int(counted[0])
