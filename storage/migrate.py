"""Migrations: Alembic, run at start and by `diwakhan migrate`; a newer schema than the code is refused."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.database import Database

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x6469_7761_6B68_616E
"""The advisory lock under which one process at a time migrates a PostgreSQL database: "diwakhan"."""


class NewerSchema(Exception):
    """The database was migrated by a newer Diwakhan than this one."""


async def migrate(database: Database) -> tuple[str, str]:
    """Bring the schema up to date in one transaction; return the revision before and after.

    Raises NewerSchema where the database is ahead of the code.
    """
    async with database.engine.begin() as connection:
        if not database.is_sqlite:
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        return await connection.run_sync(_upgrade)


async def current(database: Database) -> tuple[str, str]:
    """Return the database's revision and the code's."""
    async with database.engine.connect() as connection:
        found = await connection.run_sync(_revision)
    return found, head()


def head() -> str:
    """Return the revision that this code needs."""
    return ScriptDirectory(str(FOLDER)).get_current_head() or ""


def _revision(connection: sa.Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def _upgrade(connection: sa.Connection) -> tuple[str, str]:
    scripts = ScriptDirectory(str(FOLDER))
    before = _revision(connection)
    known = {script.revision for script in scripts.walk_revisions()}
    if before and before not in known:
        raise NewerSchema(f"the database is at {before}, which this version does not know; update Diwakhan")
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before, scripts.get_current_head() or ""
