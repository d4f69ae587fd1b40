"""Communities to measure with: settled members who can be reached, an administrator, an announcement to send."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.people import ADMINISTRATOR, FIRST_PERSON
from bot import upkeep
from handlers.kit import Community as Settlement
from storage.database import Database
from storage.migrate import migrate
from storage.rekeying import Rekeying
from storage.tables import addresses, members
from storage.unit import Unit
from storage.vault import Vault, new_key, parse_key, random_id

TOKEN = f"4242:{'A' * 35}"
ACCOUNT = TOKEN.partition(":")[0]
LANGUAGES = ("ar", "ku", "en")
TEXTS = {
    "ar": "ورشة العمل القادمة يوم الأحد في الساعة العاشرة صباحاً. ننتظركم.",
    "ku": "وۆرکشۆپی داهاتوو ڕۆژی یەکشەممە کاتژمێر دەی بەیانییە. چاوەڕێتانین.",
    "en": "The next workshop is on Sunday at ten in the morning. See you there.",
}
BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Community:
    """A prepared database: where it is, its key, and the announcement that waits to be sent to everyone."""

    url: str
    key: str
    people: int
    announcement: int

    @property
    def chats(self) -> range:
        """Return the chats of the members."""
        return range(FIRST_PERSON, FIRST_PERSON + self.people)

    def copy(self, folder: Path) -> Community:
        """Copy an SQLite community into a folder."""
        source = make_url(self.url).database
        assert source is not None
        shutil.copyfile(source, folder / "diwakhan.db")
        return replace(self, url=f"sqlite:///{folder / 'diwakhan.db'}")


class PostgresCommunity:
    """A prepared PostgreSQL database, and copies of it."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._engine = create_async_engine(
            _asynchronous(make_url(community.url).set(database="postgres")), isolation_level="AUTOCOMMIT"
        )

    @classmethod
    async def prepare(cls, url: str, people: int) -> PostgresCommunity:
        """Fill a database of a server with so many settled members."""
        prepared = make_url(url).set(database="prepared")
        server = create_async_engine(_asynchronous(make_url(url)), isolation_level="AUTOCOMMIT")
        async with server.connect() as connection:
            await connection.execute(sa.text("CREATE DATABASE prepared"))
        await server.dispose()
        return cls(await prepare(prepared.render_as_string(hide_password=False), people))

    @asynccontextmanager
    async def copied(self) -> AsyncIterator[Community]:
        """Lend a copy, to be changed at will."""
        async with self._engine.connect() as connection:
            await connection.execute(sa.text("CREATE DATABASE copied TEMPLATE prepared STRATEGY FILE_COPY"))
        url = make_url(self._community.url).set(database="copied").render_as_string(hide_password=False)
        try:
            yield replace(self._community, url=url)
        finally:
            async with self._engine.connect() as connection:
                await connection.execute(sa.text("DROP DATABASE copied WITH (FORCE)"))
            await self._engine.dispose()


def _asynchronous(url: sa.URL) -> sa.URL:
    return url.set(drivername="postgresql+asyncpg")


async def prepare(url: str, people: int) -> Community:
    """Fill an empty database with so many settled members and a written announcement."""
    key = new_key()
    database = Database(url, Vault([parse_key(key)]))
    now = datetime.now(UTC)
    await migrate(database)
    async with database.unit() as unit:
        author = await unit.members.add(at=now, lang="en", role="administrator")
        await unit.addresses.add(author.id, "telegram", ACCOUNT, str(ADMINISTRATOR))
        await unit.members.change(
            author.id,
            name="Administrator",
            state="active",
            consent_version=1,
            consented_at=now,
            silenced=True,
        )
        draft = await unit.announcements.draft(author.id, now)
        for lang, text in TEXTS.items():
            await unit.announcements.put_text(draft.id, lang, text)
        await _night_is_done(unit, now)
        await Rekeying(unit).check()
        while await Rekeying(unit).step():
            pass
    chats = range(FIRST_PERSON, FIRST_PERSON + people)
    for first in range(0, people, BATCH):
        await _settle(database, chats[first : first + BATCH], now)
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("ANALYZE"))
    await database.close()
    return Community(url, key, people, draft.id)


async def _night_is_done(unit: Unit, now: datetime) -> None:
    """Note tonight's backup and this week's drill as made, whatever the hour: what is measured is a day."""
    local = now.astimezone(Settlement().zone)
    for fact, value in (
        (upkeep.SINCE, now.isoformat()),
        (upkeep.MADE, now.isoformat()),
        (upkeep.MADE_ON, local.date().isoformat()),
        (upkeep.DRILLED, f"{local:%G-%V}"),
    ):
        await unit.facts.put(fact, value)


async def _settle(database: Database, chats: range, now: datetime) -> None:
    """Write many members at once, as the bot itself would one by one."""
    people: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    for chat in chats:
        member, address = random_id(), random_id()
        name = database.vault.seal(f"Member {secrets.randbelow(1000)}", "members", "name", member)
        people.append(
            {
                "id": member, "name_sealed": name, "lang": LANGUAGES[chat % 3], "role": "member",
                "state": "active", "consent_version": 1, "consented_at": now, "created_at": now,
                "seen_on": now.date(),
            }
        )  # fmt: skip
        places.append(
            {
                "id": address, "member_id": member, "channel": "telegram", "account": ACCOUNT,
                "peer_sealed": database.vault.seal(str(chat), "addresses", "peer", address),
                "peer_index": database.vault.index("address", "telegram", str(chat)), "heard_at": now,
            }
        )  # fmt: skip
    async with database.engine.begin() as connection:
        for table, rows in ((members, people), (addresses, places)):
            if database.is_sqlite:
                await connection.execute(table.insert(), rows)
                continue
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.copy_records_to_table(table.name, records=_written(table, rows), columns=list(rows[0]))


def _written(table: sa.Table, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Turn values into what the columns keep of them, for COPY, which does not ask the columns' types."""
    dialect = asyncpg.dialect()
    processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in rows[0]]
    return [
        tuple(write(value) if write else value for write, value in zip(processors, row.values(), strict=True))
        for row in rows
    ]
