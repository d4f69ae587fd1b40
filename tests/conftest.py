"""Fixtures: both databases, a fixed moment, and an environment without the operator's own settings."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

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


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of an empty database of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server = make_url(request.getfixturevalue("postgres_url"))
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = create_async_engine(server.set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    yield server.set(database=name).render_as_string(hide_password=False)
    async with admin.connect() as connection:
        await connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    await admin.dispose()


@pytest.fixture
async def database(database_url: str, vault: Vault) -> AsyncIterator[Database]:
    """Return a database with today's schema."""
    opened = Database(database_url, vault)
    async with opened.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
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
