"""The database: one engine, SQLite or PostgreSQL, and the transaction in which a unit of work runs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.direct import Connection, Direct, Job
from storage.outbox import Claimed
from storage.scrubbing import log_goes, rewrite_file, rewrite_tables
from storage.unit import Unit
from storage.vault import Vault

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
)

JOBS_TOGETHER = 64
"""At most so many units of work share a commit on SQLite."""
NOTIFIED = "diwakhan_outgoing"
"""The PostgreSQL channel on which processes tell each other that something was queued."""

T = TypeVar("T")


class Listener(Protocol):
    """Told, after a commit, which replies this process is to send at once, and whether others were queued.

    `behind` are the addresses to which a reply was queued behind something else.
    """

    def __call__(
        self, handed: Sequence[Claimed] = (), *, queued: bool = True, behind: Sequence[int] = ()
    ) -> None:
        """Take them on."""


Task = Callable[[Unit], Awaitable[T]]

_NOTIFY = sa.select(sa.func.pg_notify(NOTIFIED, ""))
_NOT_FLUSHED = sa.text("SET LOCAL synchronous_commit TO off")


class Database:
    """Opens units of work. On SQLite writers queue in this process and begin IMMEDIATE; readers never wait."""

    def __init__(self, url: str, vault: Vault) -> None:
        """Take `sqlite:///path` or `postgresql://…`; the driver is chosen here."""
        self.url = make_url(url)
        self.vault = vault
        self.engine = _engine(self.url)
        self._writer = asyncio.Lock()
        self._suspects = asyncio.Lock()
        self._direct: dict[bool, Direct] = {}
        self._jobs: deque[Job] = deque()
        self._running: asyncio.Task[None] | None = None
        self._listeners: list[Listener] = []
        self._removers: list[Callable[[], None]] = []
        self.leases: dict[tuple[str, str], str] = {}
        """For each (channel, account) whose messages this process sends: the lease it sends them under."""

    @property
    def is_sqlite(self) -> bool:
        """Say whether one file holds everything."""
        return self.url.get_backend_name() == "sqlite"

    def on_outgoing(self, listener: Listener) -> None:
        """Call the listener after each commit that put something into the outbox: a hint, never the truth.

        It is given the replies that this process is to send at once.
        """
        self._listeners.append(listener)

    def on_removing(self, listener: Callable[[], None]) -> None:
        """Call the listener after each commit that asked for messages to be taken out of chats: a hint."""
        self._removers.append(listener)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        """Run a unit of work in one writing transaction: committed at the end, rolled back on any exception."""
        if self.is_sqlite:
            async with self._writer, self._begin(writes=True) as unit:
                yield unit
        else:
            async with self._begin(writes=True) as unit:
                yield unit
        self._tell(unit)

    async def work(self, task: Task[T], *, first: Task[bool] | None = None, within: float = 0.0) -> T:
        """Run a task as one unit of work and return what it returns, once that is committed.

        The task may await nothing but its unit: on SQLite it runs to its end in a thread, and may share its
        commit with others (see storage.direct). `first` is committed before, in a transaction of its own that
        outlives this process but perhaps not a power cut: cheap enough to note what one is about to do; where it
        returns true, the task is a suspect, which is run after all other suspects and shares its commit with
        nobody. Raises TimeoutError after `within` seconds. Not waiting any longer does not undo the work.
        """
        if self.is_sqlite:
            made: list[Unit] = []
            job = Job(
                self._unit_for(task, made), None if first is None else self._unit_for(first, []), within
            )
            await self._queued(job)
            made[-1].committed()
            self._tell(made[-1])
            result: T = job.result
            return result
        if first is None or await self._noted(first, within):
            return await self._within(task, within)
        async with self._suspects:
            await self._noted(first, within, keep=True)
            return await self._within(task, within)

    async def _within(self, task: Task[T], within: float) -> T:
        async with asyncio.timeout(within or None), self.unit() as unit:
            return await task(unit)

    async def _noted(self, first: Task[bool], within: float, *, keep: bool = False) -> bool:
        """Commit what is to be known first, and return true; not for a suspect, unless told to `keep` it."""
        async with asyncio.timeout(within or None), self.engine.connect() as raw:
            connection = await raw.execution_options(diwakhan_writes=True)
            async with connection.begin() as transaction:
                await connection.execute(_NOT_FLUSHED)
                suspect = await first(Unit(connection, self.vault, self.leases))
                if suspect and not keep:
                    await transaction.rollback()
            return keep or not suspect

    async def look(self, task: Task[T], *, within: float = 0.0) -> T:
        """Run a task that only reads, in one consistent snapshot; it may await nothing but its unit."""
        if self.is_sqlite:
            seen: list[Unit] = []
            job = Job(self._unit_for(task, seen), within=within)
            await self._directly(writes=False).run([job])
            if job.error is not None:
                raise job.error
            seen[-1].committed()
            result: T = job.result
            return result
        async with asyncio.timeout(within or None), self.reading() as unit:
            return await task(unit)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Unit]:
        """Run a unit of work that only reads, in one consistent snapshot."""
        async with self._begin(writes=False) as unit:
            yield unit

    @asynccontextmanager
    async def _begin(self, *, writes: bool) -> AsyncIterator[Unit]:
        async with self.engine.connect() as raw:
            connection = await raw.execution_options(diwakhan_writes=writes)
            async with connection.begin():
                unit = Unit(connection, self.vault, self.leases)
                yield unit
                if unit.outgoing and unit.is_postgresql:
                    await connection.execute(_NOTIFY)
        unit.committed()

    def _directly(self, *, writes: bool) -> Direct:
        if writes not in self._direct:
            name = "writer" if writes else "reader"
            self._direct[writes] = Direct(_sqlite_engine(self.url), name, writes=writes)
        return self._direct[writes]

    def _unit_for(self, task: Task[T], made: list[Unit]) -> Callable[[Connection], Awaitable[T]]:
        async def run(connection: Connection) -> T:
            made.append(Unit(connection, self.vault, self.leases))
            return await task(made[-1])

        return run

    async def _queued(self, job: Job) -> None:
        """Run a job with all that wait at the same time; raises its error."""
        self._jobs.append(job)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run_jobs())
        await job.done.wait()
        if job.error is not None:
            raise job.error

    async def _run_jobs(self) -> None:
        while self._jobs:
            async with self._writer:
                jobs = [self._jobs.popleft() for _ in range(min(len(self._jobs), JOBS_TOGETHER))]
                await self._directly(writes=True).run(jobs)
            for job in jobs:
                job.done.set()

    def _tell(self, unit: Unit) -> None:
        if unit.removing:
            for remover in self._removers:
                remover()
        if unit.outgoing or unit.handed:
            for listener in self._listeners:
                listener(unit.handed, queued=unit.outgoing, behind=unit.behind)

    async def scrub(self) -> bool:
        """Take the remains of deleted rows off the disk; False where somebody was in the way: try again."""
        if not self.is_sqlite:
            return await rewrite_tables(self.engine)
        async with self._writer, self.engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None  # noqa: S101
            try:
                return await rewrite_file(driver)
            finally:
                for pragma in SQLITE_PRAGMAS:
                    await driver.execute_fetchall(pragma)

    async def sheds_log(self) -> bool:
        """Say whether what the database's own log holds goes with `scrub`: on PostgreSQL its operator decides."""
        return self.is_sqlite or await log_goes(self.engine)

    async def close(self) -> None:
        """Let go of every connection."""
        for direct in self._direct.values():
            await direct.close()
        self._direct.clear()
        await self.engine.dispose()


def _engine(url: sa.URL) -> AsyncEngine:
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite(url)
    if backend == "postgresql":
        options = {"isolation_level": "READ COMMITTED", "pool_size": 10, "max_overflow": 10}
        return create_async_engine(url.set(drivername="postgresql+asyncpg"), **options)
    raise ValueError("DATABASE_URL must begin with sqlite:/// or postgresql://")


def _sqlite(url: sa.URL) -> AsyncEngine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"), pool_size=5, max_overflow=5)
    _configured(engine.sync_engine)
    return engine


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url.set(drivername="sqlite+pysqlite"), poolclass=sa.NullPool)
    _configured(engine)
    return engine


def _configured(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver's own implicit BEGIN is deferred: a read that turns into a write then fails at once.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("diwakhan_writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
