"""The clock: APScheduler as the ticker over due rows, and the time that everything is told."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.metrics import Metrics
from handlers.kit import Community, registry
from handlers.kit.registry import Tick as Timed
from handlers.kit.ticks import Tick
from storage.database import Database

LEAD = "demo-clock-lead"
STEP_SECONDS = 2.0
"""By so much the system's clock must go back to count as stepped."""
STOP_SECONDS = 10.0
DEADLINE = 900.0
"""Seconds a tick may take; the longest honest one (nightly retention of a large community) takes minutes."""
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

    def __init__(
        self,
        database: Database,
        community: Community,
        now: Callable[[], datetime],
        *,
        leads: Callable[[], bool] = lambda: True,
        metrics: Metrics | None = None,
        scrub: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._database = database
        self._scrub = scrub or database.scrub
        self._community = community
        self._now = now
        self._leads = leads
        self._metrics = metrics or Metrics()
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._locks = {name: asyncio.Lock() for name in registry.ticks}
        self._began: dict[str, float] = {}
        self._minding: asyncio.Task[None] | None = None
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
        self._minding = asyncio.create_task(self._mind_the_system_clock())

    async def stop(self) -> None:
        """Tick no more, and let a tick under way come to its end."""
        if self._minding is not None:
            self._minding.cancel()
            await asyncio.gather(self._minding, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.pause()
            for lock in self._locks.values():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lock.acquire(), STOP_SECONDS)
            self._scheduler.shutdown(wait=False)

    async def tick_all(self) -> None:
        """Run every Tick once, now: after the demo's clock was moved."""
        for timed in registry.ticks.values():
            await self._run(timed)

    async def _mind_the_system_clock(self) -> None:
        """Tick at once where the system's clock was put back: the ticker would wait until it is there again."""
        wall, steady = datetime.now(UTC), time.monotonic()
        while True:
            await asyncio.sleep(1)
            wall_before, steady_before = wall, steady
            wall, steady = datetime.now(UTC), time.monotonic()
            if (wall - wall_before).total_seconds() < (steady - steady_before) - STEP_SECONDS:
                log.warning("the system clock went back")
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=wall)

    async def _run(self, timed: Timed) -> None:
        if self._leads():
            async with self._locks[timed.name]:
                await self._tick(timed)
        self.beat = time.monotonic()

    async def _tick(self, timed: Timed) -> None:
        began = time.monotonic()
        before = self._began.get(timed.name)
        if before is not None:
            late = began - before - timed.every.total_seconds()
            self._metrics.tick_lag.labels(timed.name).set(max(0.0, late))
        self._began[timed.name] = began
        try:
            async with asyncio.timeout(DEADLINE):
                await timed.handler(self._hands())
        except Exception as error:
            log.error("tick failed", tick=timed.name, error=type(error).__name__)
        self._metrics.tick_seconds.labels(timed.name).observe(time.monotonic() - began)

    def _hands(self) -> Tick:
        return Tick(self._database.unit, self._now(), self._community, self._scrub)
