"""Fixtures: both databases, a fixed moment, and an environment without the operator's own settings."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from storage.database import Database
from storage.tables import metadata
from storage.unit import Unit
from storage.vault import Vault
from tests.play import Stage, staged
from tests.postgres import running_postgres

# A loaded machine is no reason to fail: speed is measured in benchmarks/.
hypothesis.settings.register_profile("diwakhan", deadline=None)
hypothesis.settings.load_profile("diwakhan")

SETTINGS_PREFIXES = (
    "TELEGRAM_",
    "TWILIO_",
    "WHATSAPP_",
    "DIWAKHAN_",
    "DATABASE_URL",
    "SECRET_KEYS",
    "PUBLIC_URL",
    "ADMIN_",
)
_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave PostgreSQL under what lies above the storage to the slow tests: it is the storage that differs."""
    for item in items:
        given = (
            item.callspec.params.values()
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            else ()
        )
        if "postgresql" in given and "storage" not in item.path.parts:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(SETTINGS_PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Start a real PostgreSQL for this test process and return its address."""
    with running_postgres() as url:
        yield url


@pytest.fixture
def now() -> datetime:
    """Return the moment at which every test happens: a Sunday noon in Baghdad."""
    return datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def vault() -> Vault:
    """Return a vault with a test key."""
    return Vault([bytes(range(32))])


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file with today's tables, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _run(_make_tables(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """Return the name of a database with today's tables, made once and copied for each test."""
    name = f"template_{os.getpid()}"

    async def make() -> None:
        async with _administering(postgres_url) as connection:
            await connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        await _make_tables(make_url(postgres_url).set(database=name).render_as_string(hide_password=False))

    _run(make())
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a database without tables, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    async with _made(request.getfixturevalue("postgres_url"), "template1") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a database with today's tables and no rows, of each kind in turn."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    template = request.getfixturevalue("postgres_template")
    async with _made(request.getfixturevalue("postgres_url"), template) as url:
        yield url


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Finish work in a loop of its own, since a test's loop may be running already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _make_tables(url: str) -> None:
    opened = Database(url, Vault([bytes(range(32))]))
    async with opened.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await opened.close()


@asynccontextmanager
async def _administering(server: str) -> AsyncIterator[AsyncConnection]:
    address = make_url(server).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    async with engine.connect() as connection:
        yield connection


@asynccontextmanager
async def _made(server: str, template: str) -> AsyncIterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    async with _administering(server) as connection:
        await connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        await connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
async def database(database_url: str, vault: Vault) -> AsyncIterator[Database]:
    """Return a database with today's schema."""
    opened = Database(database_url, vault)
    yield opened
    await opened.close()


@pytest.fixture
async def unit(database: Database) -> AsyncIterator[Unit]:
    """Return a writing unit of work."""
    async with database.unit() as opened:
        yield opened


@pytest.fixture
async def stage(database: Database, now: datetime) -> AsyncIterator[Stage]:
    """Return a stage on which people talk to the real machine."""
    async with staged(database, now) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what the tests by force measured, also where they ran in other processes."""
    for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", []):
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {value}")
