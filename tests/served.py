"""The pages of a stage over real HTTP, behind the server's own guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx
import uvicorn
from starlette.applications import Starlette

from bot.guard import Guard
from bot.machine import Machine
from bot.pages.answering import answer_routes
from bot.pages.public import public_routes
from handlers.kit import Community
from storage.database import Database
from tests.fakes.twilio import _listener, _QuietServer
from tests.play import Stage, staged


def pages(database: Database, community: Community, now: Any) -> Guard:
    """Build the pages over a database; `now` tells the time."""
    machine = cast(
        Machine, SimpleNamespace(database=database, community=community, time=SimpleNamespace(now=now))
    )
    return Guard(Starlette(routes=[*public_routes(machine), *answer_routes(machine)]))


@asynccontextmanager
async def served(database: Database, now: datetime) -> AsyncIterator[tuple[Stage, str]]:
    """Run a stage whose pages are served, and give their address."""
    listener = _listener("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    community = Community(telegram_link="https://t.me/diwakhan_bot", public_url=url)
    async with staged(database, now, community) as stage:
        app = pages(database, community, lambda: stage.now)
        config = uvicorn.Config(
            app, lifespan="off", loop="none", log_config=None, log_level="critical", access_log=False
        )
        server = _QuietServer(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield stage, url
        finally:
            server.ending.set()
            await serving


@asynccontextmanager
async def visiting(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Visit pages as a browser without cookies or scripts does."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client
