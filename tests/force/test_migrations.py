"""Killed while the tables are being made: either none of them is there afterwards or all are."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from tests.force.checker import query
from tests.force.conftest import Measured
from tests.force.fleet import World

STATEMENT = "alembic.ddl.impl:DefaultImpl._exec"
KILLS, STATEMENTS = 6, 80
TABLES = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE 'force_%'",
    "postgresql": "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
    "AND relkind IN ('r', 'i') AND relname NOT LIKE 'force_%'",
}


async def _emptied(world: World) -> None:
    """Take everything out of the database."""
    await world.database.close()
    if world.database.is_sqlite:
        path = Path(world.url.removeprefix("sqlite:///"))
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
    else:
        await query(world.url, "DROP SCHEMA public CASCADE")
        await query(world.url, "CREATE SCHEMA public")


async def test_killed_while_the_tables_are_made(everything: World, measured: Measured) -> None:
    tables = TABLES[everything.url.partition(":")[0]]
    whole = (await query(everything.url, tables))[0][0]
    await _emptied(everything)
    node = everything.node()
    for number in range(KILLS):
        nth = everything.chance.randint(2, STATEMENTS)
        await node.start(healthy=False, crash=[STATEMENT, "after", nth])
        assert node.ended is not None
        assert await asyncio.wait_for(asyncio.shield(node.ended), 30) == -signal.SIGKILL, everything.logs()
        assert (await query(everything.url, tables))[0][0] == 0, f"kill {number} left something half done"
    assert await node.start(), everything.logs()
    assert (await query(everything.url, tables))[0][0] == whole
    assert await node.end(signal.SIGTERM) == 0, everything.logs()
    measured(f"{KILLS} kills while {whole} tables and indexes were made: none was left half done")
