"""Prepared statements say the same as SQLAlchemy does, values and errors alike, and are compiled once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import Database
from storage.prepared import Prepared, driver_errors, often, prepared
from storage.tables import Instant
from storage.vault import Vault

THINGS = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, unique=True),
    sa.Column("at", Instant),
    sa.Column("args", sa.JSON, nullable=False),
    sa.Column("shown", sa.Boolean, nullable=False),
)
NAMES = ("name", "at", "args", "shown")
INSERT = (
    THINGS.insert()
    .values(**{name: sa.bindparam(name, type_=THINGS.c[name].type) for name in NAMES})
    .returning(THINGS.c.id)
)
BY_ID = sa.select(THINGS).where(THINGS.c.id == sa.bindparam("given_id"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - `timezones` gives the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=3))]),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[sa.Connection]:
    """Return a connection to a database in memory with one table of every type that needs a conversion."""
    engine = sa.create_engine("sqlite://", isolation_level="AUTOCOMMIT")
    with engine.connect() as opened:
        THINGS.create(opened)
        yield opened
    engine.dispose()


def _run(connection: sa.Connection, statement: Any, **given_values: Any) -> Any:
    return prepared(statement, connection.dialect).run(connection, given_values)


def _ask_sqlalchemy(connection: sa.Connection, statement: Any, **given_values: Any) -> Any:
    return connection.execute(statement, given_values)


def _thing(name: str = "one", **values: Any) -> dict[str, Any]:
    return {"name": name, "at": None, "args": [], "shown": False, **values}


@pytest.fixture(autouse=True)
def _nothing_is_kept(connection: sa.Connection) -> Iterator[None]:
    yield
    connection.execute(THINGS.delete())


@settings(max_examples=40)
@given(name=st.none() | st.text(max_size=20), at=st.none() | MOMENTS, args=JSON, shown=st.booleans())
def test_values_go_in_and_come_out_as_with_sqlalchemy(
    connection: sa.Connection, name: str | None, at: datetime | None, args: Any, shown: bool
) -> None:
    values = {"name": name, "at": at, "args": args, "shown": shown}
    kept = sa.select(*(sa.type_coerce(THINGS.c[name], sa.types.NullType) for name in NAMES))
    rows = []
    for run in (_run, _ask_sqlalchemy):
        number = run(connection, INSERT, **values).scalar()
        rows.append(connection.execute(kept).one())
        read = run(connection, BY_ID, given_id=number).first()
        assert read._asdict() == {"id": number, **values}
        assert type(read.shown) is bool
        connection.execute(THINGS.delete())
    assert rows[0] == rows[1], "in the file there is no difference either"


def test_a_value_that_the_statement_holds_itself_stands_until_another_is_given(
    connection: sa.Connection,
) -> None:
    for name, shown in (("one", True), ("two", False)):
        _run(connection, INSERT, **_thing(name, shown=shown))
    which = sa.select(THINGS.c.name).where(THINGS.c.shown == sa.bindparam("wanted", value=True))
    assert _run(connection, which).scalar() == "one"
    assert _run(connection, which, wanted=False).scalar() == "two"


def test_answers_have_the_face_of_sqlalchemys_results(connection: sa.Connection) -> None:
    every = sa.select(THINGS.c.name, THINGS.c.shown).order_by(THINGS.c.id)
    assert (_run(connection, every).first(), _run(connection, every).scalar()) == (None, None)
    assert _run(connection, every).all() == []
    for name in ("one", "two"):
        _run(connection, INSERT, **_thing(name))
    assert [row.name for row in _run(connection, every).all()] == ["one", "two"]
    assert _run(connection, every).first() == ("one", False)
    hide = THINGS.update().values(shown=True)
    assert _run(connection, hide).rowcount == 2
    assert _run(connection, hide.where(THINGS.c.name == sa.bindparam("given", "nobody"))).rowcount == 0


def test_asking_for_the_first_row_only_leaves_no_writing_statement_open(connection: sa.Connection) -> None:
    for name in ("one", "two", "three"):
        _run(connection, INSERT, **_thing(name))
    connection.exec_driver_sql("BEGIN")
    answer = _run(connection, THINGS.update().values(shown=True).returning(THINGS.c.id))
    assert answer.first() is not None
    connection.exec_driver_sql("COMMIT")  # SQLite refuses this while a statement is still writing.
    left = sa.select(sa.func.count()).where(THINGS.c.shown.is_(sa.false()))
    assert connection.execute(left).scalar_one() == 0


def test_an_error_is_sqlalchemys_and_says_nothing_of_the_values(connection: sa.Connection) -> None:
    _run(connection, INSERT, **_thing("Member, Basra"))
    with pytest.raises(sa.exc.IntegrityError) as caught:
        _run(connection, INSERT, **_thing("Member, Basra"))
    assert isinstance(caught.value.orig, driver_errors(connection.dialect))
    assert "Basra" not in str(caught.value)


def test_a_moment_without_a_zone_is_refused_here_too(connection: sa.Connection) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        _run(connection, INSERT, **_thing(at=datetime(2026, 3, 1)))  # noqa: DTZ001 - the mistake that is tested


def test_each_variant_is_built_and_compiled_once(connection: sa.Connection) -> None:
    built: list[int] = []

    @often
    def statement(limit: int) -> sa.Select[tuple[int]]:
        built.append(limit)
        return sa.select(THINGS.c.id).limit(limit)

    assert statement(1) is statement(1)
    assert statement(2) is not statement(1)
    assert built == [1, 2]
    assert statement(1).get_execution_options()["often"] is True
    compiled = prepared(statement(1), connection.dialect)
    assert isinstance(compiled, Prepared)
    assert prepared(statement(1), connection.dialect) is compiled


async def test_what_is_run_often_shares_its_units_fate(
    sqlite_template: Path, tmp_path: Path, vault: Vault, now: datetime
) -> None:
    """The driver is asked behind SQLAlchemy's back: a unit that fails takes that back all the same."""
    shutil.copyfile(sqlite_template, tmp_path / "prepared.db")
    database = Database(f"sqlite:///{tmp_path / 'prepared.db'}", vault)

    async def attempted(unit: Any) -> int:
        tries: int = await unit.inbox.attempt("telegram", "1", "update", now)
        return tries

    async def fails(unit: Any) -> None:
        assert await attempted(unit) == 1
        raise LookupError

    with pytest.raises(LookupError):
        await database.work(fails)
    assert await database.work(attempted) == 1, "the failed unit's attempt was taken back"
    assert await database.work(attempted) == 2
    await database.close()
