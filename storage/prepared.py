"""Statements that every Turn and every delivery runs: compiled once, then handed to SQLite's driver as they are.

Going through SQLAlchemy's execution costs 60 µs each time, the statement itself 5 to 15 (measured). A statement
asks for this by the execution option `often`; it keeps its types on the way in and out. On PostgreSQL, where the
network is what costs, the option means nothing.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ParamSpec, TypeVar, cast

import sqlalchemy as sa

Processor = Callable[[Any], Any]
P = ParamSpec("P")
S = TypeVar("S")


class Answer:
    """What a prepared statement returned, with the face of SQLAlchemy's result."""

    __slots__ = ("_cursor", "_make", "rowcount")

    def __init__(self, cursor: Any, make: Callable[[tuple[Any, ...]], Any]) -> None:
        self._cursor = cursor
        self._make = make
        self.rowcount: int = cursor.rowcount

    def first(self) -> Any:
        """Return the first row, or nothing."""
        # A statement that returns rows while it writes has written only once all are fetched.
        rows = self._cursor.fetchall()
        return self._make(rows[0]) if rows else None

    def all(self) -> list[Any]:
        """Return every row."""
        return [self._make(row) for row in self._cursor.fetchall()]

    def scalar(self) -> Any:
        """Return the first column of the first row, or nothing."""
        row = self.first()
        return None if row is None else row[0]


class Prepared:
    """One statement for SQLite. It may hold no IN with a list of values: that is spelled out only when it runs."""

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._places: list[tuple[str, Any, Processor | None]] = [
            (name, compiled.params[name], _way_in(compiled.binds[name].type, dialect))
            for name in compiled.positiontup or ()
        ]
        self._make = _row_maker(statement, dialect)

    def run(self, connection: sa.Connection, given: dict[str, Any] | Sequence[dict[str, Any]]) -> Answer:
        """Run it with the given values, or once for each of several fillings."""
        driver: Any = connection.connection.driver_connection
        try:
            if isinstance(given, dict):
                return Answer(driver.execute(self._sql, self._filled(given)), self._make)
            return Answer(driver.executemany(self._sql, [self._filled(one) for one in given]), self._make)
        except driver_errors(connection.dialect) as error:
            raise sa.exc.DBAPIError.instance(
                self._sql, None, error, driver_errors(connection.dialect), hide_parameters=True
            ) from None

    def _filled(self, given: dict[str, Any]) -> list[Any]:
        values = []
        for name, constant, processor in self._places:
            value = given.get(name, constant)
            values.append(value if processor is None else processor(value))
        return values


def driver_errors(dialect: sa.Dialect) -> type[Exception]:
    """Return the class of all errors of a dialect's driver."""
    errors: type[Exception] = dialect.loaded_dbapi.Error
    return errors


@cache
def prepared(statement: Any, dialect: sa.Dialect) -> Prepared:
    """Compile a statement, once."""
    return Prepared(statement, dialect)


def _way_in(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Processor | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _way_out(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Processor | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _row_maker(statement: Any, dialect: sa.Dialect) -> Callable[[tuple[Any, ...]], Any]:
    columns = list(statement.exported_columns)
    if not columns:
        return tuple
    processors = [_way_out(column.type, dialect) for column in columns]
    row = namedtuple("row", [column.key for column in columns])  # type: ignore[misc]

    def make(values: tuple[Any, ...]) -> Any:
        return row._make(
            value if processor is None else processor(value)
            for value, processor in zip(values, processors, strict=True)
        )

    return make


def often(build: Callable[P, S]) -> Callable[P, S]:
    """Build a statement once for each of its variants, and have it prepared."""

    @cache
    def built(*variant: Any) -> Any:
        made: Any = build
        return made(*variant).execution_options(often=True)

    return cast("Callable[P, S]", built)
