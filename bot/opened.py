"""The database as commands open it: with the keys that belong to it, and up to date."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.keys import check_ring, read_ring
from bot.settings import read_settings
from storage.database import Database
from storage.migrate import migrate
from storage.vault import Vault


@asynccontextmanager
async def opened_database() -> AsyncIterator[Database]:
    """Open the configured database for a command; raises SettingsError and NewerSchema."""
    settings = read_settings()
    ring, _ = read_ring(settings)
    database = Database(settings.database_url, Vault(ring))
    try:
        await migrate(database)
        await check_ring(database)
        yield database
    finally:
        await database.close()
