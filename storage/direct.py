"""SQLite's shorter way: a unit of work that is run to its end in one hop to one thread.

Each statement that goes through the asynchronous driver costs several hops between threads (measured: 530 µs a
SELECT, of which the statement itself is 20). Handlers await nothing but storage, so that on SQLite, where a
statement is answered at once, such a coroutine never has to wait: it can be run by hand, in the thread that owns
the connection. See docs/decisions/0010.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
UNWIND_SECONDS = 5.0
"""How long a unit of work that was called off may take to let go."""


class Connection(Protocol):
    """What storage asks of a connection; SQLAlchemy's asynchronous one is such a thing."""

    @property
    def dialect(self) -> sa.Dialect:
        """The database's own ways."""

    async def execute(self, statement: sa.Executable, parameters: Any = None, /) -> sa.CursorResult[Any]:
        """Run a statement."""


Driver = Callable[["Driven"], Awaitable[T]]


class CalledOff(BaseException):
    """Raised inside a unit of work whose time is up. Not an Exception: no handler is to catch it."""


class Driven:
    """A connection that answers at once, behind the face of one that is awaited."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    async def execute(self, statement: sa.Executable, parameters: Any = None, /) -> sa.CursorResult[Any]:
        """Run a statement, without ever suspending."""
        return self._connection.execute(statement, parameters)


class Direct:
    """One thread with one connection of its own."""

    def __init__(self, engine: sa.Engine, name: str, *, writes: bool) -> None:
        self._engine = engine
        self._writes = writes
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: sa.Connection | None = None
        self._guard = threading.Lock()
        self._ident = 0
        """The thread's number while a task runs in it."""

    async def run(self, task: Driver[T], *, first: Driver[object] | None = None) -> T:
        """Run a task in a transaction: committed at its end, rolled back on any exception.

        `first` is committed before, without waiting for the disk. Where the caller gives up waiting, the task is
        interrupted and rolled back before this returns.
        """
        future = self._thread.submit(self._transactions, task, first)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            await self._call_off(future)
            raise

    async def close(self) -> None:
        """Let go of the connection and end the thread."""
        await asyncio.wrap_future(self._thread.submit(self._let_go))
        self._thread.shutdown(wait=False)

    def _transactions(self, task: Driver[T], first: Driver[object] | None) -> T:
        with self._guard:
            self._ident = threading.get_ident()
        try:
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(diwakhan_writes=self._writes)
            if first is not None:
                self._synchronous("NORMAL")
                try:
                    self._transaction(first)
                finally:
                    self._synchronous("FULL")
            return self._transaction(task)
        except sa.exc.DBAPIError:
            # The file may have been full, moved or locked: begin anew with a fresh connection.
            self._let_go()
            raise
        finally:
            with self._guard:
                _raise_in(self._ident, None)
                self._ident = 0

    def _transaction(self, task: Driver[T]) -> T:
        assert self._connection is not None  # noqa: S101 - the caller opened it
        with self._connection.begin():
            return run_to_end(task(Driven(self._connection)))

    def _synchronous(self, level: str) -> None:
        assert self._connection is not None  # noqa: S101 - the caller opened it
        driver: Any = self._connection.connection.driver_connection
        driver.execute(f"PRAGMA synchronous={level}")

    def _let_go(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()

    async def _call_off(self, future: Future[Any]) -> None:
        if future.cancel():
            return
        connection = self._connection
        with self._guard:
            if self._ident and connection is not None:
                driver: Any = connection.connection.driver_connection
                driver.interrupt()
                _raise_in(self._ident, CalledOff)
        await asyncio.to_thread(wait, [future], UNWIND_SECONDS)


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
