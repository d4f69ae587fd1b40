"""Moving house: everything in one database copied into another, empty one, row by row and counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.migrate import current, migrate
from storage.tables import metadata

AT_ONCE = 1_000


class NotCopied(Exception):
    """The copy was not made, and why, in words for an operator. The target is left as it was."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: rows by table."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        """Count all rows."""
        return sum(self.rows.values())


async def copy_database(
    source: Database, target: Database, *, tell: Callable[[str, int], None] = lambda *_: None
) -> Copied:
    """Copy everything in one transaction of the target, then compare the counts; raises NotCopied.

    What is written to the source meanwhile is not in the copy. `tell` is told each table and its number of rows.
    """
    found, wanted = await current(source)
    if found != wanted:
        raise NotCopied("the database to copy is not up to date; run `diwakhan migrate` first")
    await migrate(target)
    copied: dict[str, int] = {}
    async with source.engine.connect() as plain, target.engine.begin() as writing:
        # One snapshot for all tables; SQLite's reading transaction is one anyway.
        isolation = "SERIALIZABLE" if source.is_sqlite else "REPEATABLE READ"
        reading = await plain.execution_options(isolation_level=isolation)
        for table in metadata.sorted_tables:
            if await _count(writing, table):
                raise NotCopied(f"the database to copy into is not empty: it has rows in {table.name}")
        for table in metadata.sorted_tables:
            copied[table.name] = await _copy(reading, writing, table)
            if await _count(writing, table) != copied[table.name]:
                raise NotCopied(f"not every row of {table.name} arrived")
            tell(table.name, copied[table.name])
        if not target.is_sqlite:
            await _continue_counting(writing)
    return Copied(copied)


async def _copy(reading: AsyncConnection, writing: AsyncConnection, table: sa.Table) -> int:
    count = 0
    async with reading.stream(sa.select(table).execution_options(yield_per=AT_ONCE)) as rows:
        async for batch in rows.mappings().partitions(AT_ONCE):
            given: list[dict[str, Any]] = [dict(row) for row in batch]
            await writing.execute(table.insert(), given)
            count += len(given)
    return count


async def _count(connection: AsyncConnection, table: sa.Table) -> int:
    return int((await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def _continue_counting(connection: AsyncConnection) -> None:
    """Let PostgreSQL give out ids after the highest that was copied."""
    for table in metadata.sorted_tables:
        key = table.c.get("id")
        if key is None or not key.autoincrement:
            continue
        sequence = (
            await connection.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, "id")))
        ).scalar()
        highest = (await connection.execute(sa.select(sa.func.max(key)))).scalar()
        if sequence and highest:
            await connection.execute(sa.select(sa.func.setval(sequence, highest)))
