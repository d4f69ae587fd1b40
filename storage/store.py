"""What every aggregate's file shares: a unit of work and three ways to run a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from storage.unit import Unit


AnyRow = sa.Row[*tuple[Any, ...]]
"""A row of whatever was selected."""


class Store:
    """One aggregate within a unit of work."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    async def one(self, statement: sa.Executable, given: dict[str, Any] | None = None) -> AnyRow | None:
        """Return the first row, or nothing. `given` fills a statement that was built once for all."""
        row: AnyRow | None = (await self.unit.connection.execute(statement, given)).first()
        return row

    async def all(self, statement: sa.Executable, given: dict[str, Any] | None = None) -> Sequence[AnyRow]:
        """Return every row."""
        rows: Sequence[AnyRow] = (await self.unit.connection.execute(statement, given)).all()
        return rows

    async def scalar(self, statement: sa.Executable, given: dict[str, Any] | None = None) -> Any:
        """Return the first column of the first row, or nothing."""
        return (await self.unit.connection.execute(statement, given)).scalar()

    async def run(
        self, statement: sa.Executable, rows: Sequence[dict[str, Any]] | dict[str, Any] | None = None
    ) -> int:
        """Run a statement that changes rows, once or for each of several fillings; return how many it changed."""
        if rows is not None and not rows:
            return 0
        result: sa.CursorResult[Any] = await self.unit.connection.execute(statement, rows)
        return result.rowcount

    async def insert(self, statement: sa.Insert) -> int:
        """Insert one row and return its new integer id."""
        result = await self.unit.connection.execute(statement)
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101
        return int(key[0])

    def upsert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """Return the database's own INSERT, which knows ON CONFLICT."""
        return self.upsert_on(self.unit.is_postgresql, table)

    @staticmethod
    def upsert_on(is_postgresql: bool, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """Return one database's INSERT, for statements that are built once for all."""
        return postgresql.insert(table) if is_postgresql else sqlite.insert(table)
