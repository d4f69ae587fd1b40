"""Migrations: Alembic, run at start and by `diwakhan migrate`; a newer schema than the code is refused.

Alembic is imported only where there is something to bring up to date: it takes ten megabytes that stay.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from storage.database import Database

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x6469_7761_6B68_616E
"""The advisory lock under which one process at a time migrates a PostgreSQL database: "diwakhan"."""


REVISIONS = sa.table("alembic_version", sa.column("version_num"))


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
    return max(_known())


def _known() -> set[str]:
    """Return all revisions; each file's name begins with its own, and they are in a row."""
    return {path.stem.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py")}


def _revision(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table(REVISIONS.name):
        return ""
    return str(connection.execute(sa.select(REVISIONS.c.version_num)).scalar() or "")


def _upgrade(connection: sa.Connection) -> tuple[str, str]:
    before, wanted = _revision(connection), head()
    if before and before not in _known():
        raise NewerSchema(f"the database is at {before}, which this version does not know; update Diwakhan")
    if before != wanted:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, wanted
