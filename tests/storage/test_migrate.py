"""The migrations make what the code needs, on both databases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.database import Database
from storage.migrate import FOLDER, head, migrate
from storage.tables import metadata
from storage.vault import Vault


async def test_an_empty_database_gets_the_very_tables_of_the_code(empty_url: str, vault: Vault) -> None:
    database = Database(empty_url, vault)
    try:
        assert await migrate(database) == ("", head())
        assert await migrate(database) == (head(), head())
        async with database.engine.connect() as connection:
            assert await connection.run_sync(_differences) == []
    finally:
        await database.close()


def _differences(connection: sa.Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_file_names_tell_the_revisions_in_their_order() -> None:
    scripts = ScriptDirectory(str(FOLDER))
    ordered = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert ordered == sorted(path.stem.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))
    assert scripts.get_current_head() == head()
