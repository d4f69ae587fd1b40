"""SQLite's shorter way: units of work that are run to their end in one hop to one thread, several to a commit.

Each statement that goes through the asynchronous driver costs several hops between threads (measured: 530 µs a
SELECT, of which the statement itself is 20). Handlers await nothing but storage, so that on SQLite, where a
statement is answered at once, such a coroutine never has to wait: it can be run by hand, in the thread that owns
the connection. What waits meanwhile is run in the same transaction, behind a savepoint of its own, so that many
share one wait for the disk. See docs/decisions/0010.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from storage.prepared import driver_errors, prepared

T = TypeVar("T")
LOOK_SECONDS = 1.0
"""How often a thread at work is looked after."""


class Connection(Protocol):
    """What storage asks of a connection; SQLAlchemy's asynchronous one is such a thing."""

    @property
    def dialect(self) -> sa.Dialect:
        """The database's own ways."""

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """Run a statement and return its result, as SQLAlchemy's `CursorResult`."""


Task = Callable[[Connection], Awaitable[Any]]


class CalledOff(BaseException):
    """Raised inside a unit of work whose time is up. Not an Exception: no handler is to catch it."""


class Driven:
    """A connection that answers at once, behind the face of one that is awaited."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """Run a statement, without ever suspending."""
        if parameters is not None and statement.get_execution_options().get("often"):
            return prepared(statement, self.dialect).run(self._connection, parameters)
        return self._connection.execute(statement, parameters)


@dataclass(slots=True, eq=False)
class Job:
    """A unit of work that waits to be run, or was.

    `first` is committed before, in a transaction that outlives the process but perhaps not a power cut; where it
    returns true, the job is a suspect: that is not kept but done again when its turn has come, after all others, and
    its task is run by itself. So a job that kills the process has no other one counted with it more than once.
    `within` is in seconds.
    """

    task: Task
    first: Task | None = None
    within: float = 0.0
    result: Any = None
    error: BaseException | None = None
    suspect: bool = False
    apart: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Direct:
    """One thread with one connection of its own."""

    def __init__(self, engine: sa.Engine, name: str, *, writes: bool) -> None:
        self._engine = engine
        self._writes = writes
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: sa.Connection | None = None
        self._guard = threading.Lock()
        self._ident = 0
        self._current: tuple[Job, float] | None = None

    async def run(self, jobs: Sequence[Job]) -> None:
        """Run jobs and note what came of each: its result, once that is committed, or its error."""
        future = asyncio.wrap_future(self._thread.submit(self._together, jobs))
        while not future.done():
            await asyncio.wait({future}, timeout=LOOK_SECONDS)
            self._call_off()
        await future

    async def close(self) -> None:
        """Let go of the connection and end the thread."""
        await asyncio.wrap_future(self._thread.submit(self._let_go))
        self._thread.shutdown(wait=False)

    # --- in the event loop's thread -------------------------------------------------------------------------

    def _call_off(self) -> None:
        """Interrupt the job at work if its time is up."""
        with self._guard:
            if self._current is None or self._connection is None:
                return
            job, began = self._current
            if job.within and time.monotonic() - began > job.within:
                driver: Any = self._connection.connection.driver_connection
                driver.interrupt()
                _raise_in(self._ident, CalledOff)

    # --- in the connection's thread -------------------------------------------------------------------------

    def _together(self, jobs: Sequence[Job]) -> None:
        self._ident = threading.get_ident()
        try:
            self._note(jobs)
            ready = [job for job in jobs if job.error is None]
            group = [job for job in ready if not job.suspect]
            if len(group) > 1 and not self._in_one(group):
                for job in group:
                    job.apart = True
            elif len(group) == 1:
                group[0].apart = True
            for job in ready:
                if job.apart and not job.suspect:
                    self._alone(job, job.task)
            for job in ready:
                if job.suspect:
                    self._note([job], keep=True)
                    self._alone(job, job.task)
        except BaseException as error:
            for job in jobs:
                job.error = job.error or error
            self._let_go()

    def _note(self, jobs: Sequence[Job], *, keep: bool = False) -> None:
        """Commit what is to be known first, without waiting for the disk; of suspects only if told to `keep` it."""
        if not any(job.first for job in jobs):
            return
        self._synchronous("NORMAL")
        try:
            with self._begin() as connection:
                driver: Any = connection.connection.driver_connection
                for job in jobs:
                    if job.first is None:
                        continue
                    driver.execute("SAVEPOINT note")
                    job.suspect = bool(run_to_end(job.first(Driven(connection))))
                    if job.suspect and not keep:
                        driver.execute("ROLLBACK TO note")
                    driver.execute("RELEASE note")
        finally:
            self._synchronous("FULL")

    def _in_one(self, jobs: Sequence[Job]) -> bool:
        """Run jobs in one transaction; False where that could not be, and nothing of it was kept."""
        try:
            with self._begin() as connection:
                for job in jobs:
                    self._behind_savepoint(connection, job)
        except (CalledOff, sa.exc.DBAPIError, driver_errors(self._engine.dialect)):
            self._let_go()
            return False
        return True

    def _behind_savepoint(self, connection: sa.Connection, job: Job) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute("SAVEPOINT job")
        try:
            self._driven(connection, job, job.task)
        except sa.exc.DBAPIError:
            raise
        except Exception as error:
            job.error = error
            driver.execute("ROLLBACK TO job")
        driver.execute("RELEASE job")

    def _alone(self, job: Job, task: Task) -> None:
        job.error = None
        try:
            with self._begin() as connection:
                self._driven(connection, job, task)
        except CalledOff:
            job.error = TimeoutError(f"a unit of work took longer than {job.within} seconds")
            self._let_go()
        except sa.exc.DBAPIError as error:
            # The file may have been full, moved or locked: begin anew with a fresh connection.
            job.error = error
            self._let_go()
        except Exception as error:
            job.error = error

    def _driven(self, connection: sa.Connection, job: Job, task: Task) -> None:
        with self._guard:
            self._current = (job, time.monotonic())
        try:
            job.result = run_to_end(task(Driven(connection)))
        finally:
            with self._guard:
                self._current = None
                _raise_in(self._ident, None)

    @contextlib.contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        connection = self._open()
        with connection.begin():
            yield connection

    def _open(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(diwakhan_writes=self._writes)
        return self._connection

    def _synchronous(self, level: str) -> None:
        driver: Any = self._open().connection.driver_connection
        driver.execute(f"PRAGMA synchronous={level}")

    def _let_go(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    """Raise an exception in another thread at its next step, or take back one that was not raised yet."""
    raised = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)


def run_to_end(work: Awaitable[T]) -> T:
    """Run a coroutine that never has to wait; raises RuntimeError where it does."""
    coroutine: Coroutine[Any, Any, T] = work  # type: ignore[assignment]
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError("a unit of work may await nothing but storage")
