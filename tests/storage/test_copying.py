"""Moving from SQLite to PostgreSQL, and back: everything arrives, counted, and ids go on from there."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.demo import seed
from storage.copying import NotCopied, copy_database
from storage.database import Database
from storage.migrate import migrate
from storage.tables import metadata
from storage.vault import Vault


async def _rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    async with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = (await connection.execute(sa.select(table))).all()
            found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    return found


async def test_everything_arrives_and_the_new_house_can_be_lived_in(
    tmp_path: Path, empty_url: str, vault: Vault, now: datetime
) -> None:
    database = Database(empty_url, vault)
    source = Database(f"sqlite:///{tmp_path / 'old.db'}", vault)
    await migrate(source)
    await seed(source, "demo", now)
    copied = await copy_database(source, database)
    before, after = await _rows(source), await _rows(database)
    assert before == after
    assert copied.total == sum(len(rows) for rows in before.values()) > 100
    await source.close()
    async with database.unit() as unit:
        (author,) = [one.id for one in await unit.members.with_roles("administrator")][:1]
        draft = await unit.announcements.draft(author, now + timedelta(days=1))
    await database.close()
    assert draft.id > max((row[0] for row in before["announcements"]), default=0)  # type: ignore[type-var]


async def test_a_database_that_is_not_empty_is_not_copied_into(
    tmp_path: Path, empty_url: str, vault: Vault, now: datetime
) -> None:
    database = Database(empty_url, vault)
    source = Database(f"sqlite:///{tmp_path / 'old.db'}", vault)
    await migrate(source)
    await migrate(database)
    async with database.unit() as unit:
        await unit.members.add(at=now)
    with pytest.raises(NotCopied, match="not empty"):
        await copy_database(source, database)
    await source.close()
    await database.close()
