"""Taking the remains of deleted rows off the disk.

A deleted row lives on in the write-ahead log, and the order of writing in the pages, until both are rewritten.
"""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

REWRITTEN = (
    "surveys", "survey_voters", "survey_ballots", "survey_answers", "survey_drafts", "answer_links",
    "conversations", "removals", "inbox", "outbox",
)  # fmt: skip
"""Tables whose history must not outlive their rows: ballots, and what tells how somebody went about voting."""

IN_MEMORY = 65_536
"""A SQLite file of more pages (256 MiB) is rewritten by way of a temporary file, for want of memory."""

PATIENCE = 2.0
"""Seconds for which whoever is in the way is waited for on PostgreSQL."""

PAUSE = 0.05

_BEFORE_US = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND xact_start < :began"
    " AND datname = current_database() AND pid <> pg_backend_pid()"
)
_RETIRES = sa.text(
    "SELECT has_function_privilege('pg_switch_wal()', 'EXECUTE') AND ("
    " EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)"
    " OR EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'USAGE')))"
)
_KEEPS = sa.text("SELECT current_setting('wal_recycle') = 'on' OR current_setting('archive_mode') <> 'off'")


async def rewrite_file(driver: Any) -> bool:
    """Rewrite a SQLite file and empty its log; False where a reader was in the way. Changes pragmas."""
    ((pages,),) = await driver.execute_fetchall("PRAGMA page_count")
    if pages > IN_MEMORY:
        await driver.execute_fetchall("PRAGMA temp_store=FILE")
    await driver.execute_fetchall("VACUUM")
    # Writers wait as long as this does, so it gives up soon.
    await driver.execute_fetchall("PRAGMA busy_timeout=1000")
    ((busy, _, _),) = await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
    return bool(busy == 0)


async def rewrite_tables(engine: AsyncEngine) -> bool:
    """Rewrite the tables on PostgreSQL and have its log begin anew; False where somebody was in the way."""
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        # A row that an older transaction may still look at would be written along.
        if not await _others_ended(connection):
            return False
        try:
            await connection.execute(sa.text(f"SET lock_timeout = '{PATIENCE:.0f}s'"))
            for table in REWRITTEN:
                await connection.execute(sa.text(f"VACUUM (FULL) {table}"))
        except sa.exc.DBAPIError:
            return False
        finally:
            await connection.execute(sa.text("RESET lock_timeout"))
        if await connection.scalar(_RETIRES):
            await connection.execute(sa.text("SELECT pg_switch_wal()"))
            await connection.execute(sa.text("CHECKPOINT"))
    return True


async def log_goes(engine: AsyncEngine) -> bool:
    """Say whether a PostgreSQL server lets us end its log, and then removes what it wrote before."""
    async with engine.connect() as connection:
        return bool(await connection.scalar(_RETIRES)) and not await connection.scalar(_KEEPS)


async def _others_ended(connection: AsyncConnection) -> bool:
    began = await connection.scalar(sa.text("SELECT clock_timestamp()"))
    for _ in range(int(PATIENCE / PAUSE)):
        if not await connection.scalar(_BEFORE_US, {"began": began}):
            return True
        await asyncio.sleep(PAUSE)
    return False
