"""The clock: APScheduler as the ticker over due rows, and the time that everything is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from handlers.kit import Community, registry
from handlers.kit.registry import Tick as Timed
from handlers.kit.ticks import Tick
from storage.database import Database

LEAD = "demo-clock-lead"
log = structlog.get_logger()


class Time:
    """Tells the time: the system's, plus the lead that the demo's clock was given."""

    def __init__(self) -> None:
        self._lead = timedelta()

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC) + self._lead

    async def restore(self, database: Database) -> None:
        """Take up the lead of an earlier run."""
        async with database.reading() as unit:
            self._lead = timedelta(seconds=float(await unit.facts.get(LEAD, "0")))

    async def advance(self, database: Database, by: timedelta) -> None:
        """Move time forward, never back."""
        self._lead += max(by, timedelta())
        async with database.unit() as unit:
            await unit.facts.put(LEAD, str(self._lead.total_seconds()))


class Clock:
    """Calls every Tick at its pace; each does its due rows exactly once, however often it is called."""

    def __init__(self, database: Database, community: Community, now: Callable[[], datetime]) -> None:
        self._database = database
        self._community = community
        self._now = now
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._locks = {name: asyncio.Lock() for name in registry.ticks}
        self.beat = time.monotonic()
        """When a tick last came through, by the monotonic clock."""

    def start(self) -> None:
        """Begin to tick."""
        for timed in registry.ticks.values():
            self._scheduler.add_job(
                self._run,
                "interval",
                seconds=timed.every.total_seconds(),
                args=(timed,),
                id=timed.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def tick_all(self) -> None:
        """Run every Tick once, now: after the demo's clock was moved."""
        for timed in registry.ticks.values():
            await self._run(timed)

    async def _run(self, timed: Timed) -> None:
        async with self._locks[timed.name]:
            try:
                await timed.handler(self._hands())
            except Exception as error:
                log.error("tick failed", tick=timed.name, error=type(error).__name__)
        self.beat = time.monotonic()

    def _hands(self) -> Tick:
        return Tick(self._database.unit, self._now(), self._community, self._database.scrub)
