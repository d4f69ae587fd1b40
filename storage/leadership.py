"""Who does what only one process may do at a time: send for a channel account, poll a provider, run the clock.

PostgreSQL: an advisory lock for each role, held by one connection that does nothing else, so that it falls with
its process. The holder asks after its connection every two seconds; one that has not done so for eight (stopped,
cut off) is unseated by whoever wants the role, and knows by its own clock that it is not to act any more. SQLite:
one process has the file, and says so by a lock on a file beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import sqlalchemy as sa
import structlog

from storage.database import NOTIFIED

if TYPE_CHECKING:
    import asyncpg

ASK_SECONDS = 2.0
VALID_SECONDS = 6.0
"""After its last answer from the database a holder may act for so long ..."""
UNSEAT_SECONDS = 8.0
"""... and is unseated after so long: longer, so that two never act at once."""
FAMILY = 0x6469776B
"""The first key of our advisory locks: "diwk"."""
SERVER_SETTINGS = {
    "application_name": "diwakhan leadership",
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
_UNSEAT = """
SELECT pg_terminate_backend(activity.pid)
FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
WHERE locktype = 'advisory' AND classid = $1::oid AND objid = $2::oid AND objsubid = 2 AND granted
AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND activity.state_change < clock_timestamp() - make_interval(secs => $3)
"""

log = structlog.get_logger()


class AlreadyRunning(Exception):
    """Another process runs on this SQLite file."""


def _failures() -> tuple[type[BaseException], ...]:
    # Imported here since SQLite has no use for it, and it takes five megabytes.
    import asyncpg

    return OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError


class Leadership:
    """What this process may do by itself."""

    def __init__(self, url: sa.URL, roles: Sequence[str], hint: Callable[[], None] = lambda: None) -> None:
        """Take the roles to strive for; `hint` is called when another process has queued something."""
        self._url = url
        self._roles = tuple(roles)
        self._hint = hint
        self._held: dict[str, int] = {}
        self._terms = itertools.count(1)
        self._valid_until = 0.0
        self._connection: asyncpg.Connection[Any] | None = None
        self._file: TextIO | None = None

    def holds(self, role: str) -> bool:
        """Say whether this process holds a role at this very moment."""
        return self.term(role) > 0

    def term(self, role: str) -> int:
        """Return 0 where this process does not hold a role now, else a number that is new whenever it is taken.

        What was begun in one term is not to be ended in another: somebody else may have held the role between.
        """
        valid = self._file is not None or steady() < self._valid_until
        return self._held.get(role, 0) if valid else 0

    async def claim(self) -> None:
        """Strive for the roles for the first time; raises AlreadyRunning where an SQLite file is in use."""
        if self._url.get_backend_name() == "sqlite":
            self._lock_file()
        else:
            await self._ask()

    async def run(self) -> None:
        """Keep what is held and strive for the rest, for ever."""
        while self._file is None:
            await asyncio.sleep(ASK_SECONDS)
            await self._ask()

    async def close(self) -> None:
        """Give everything up, so that another process need not wait."""
        self._held.clear()
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(*_failures()):
                await connection.close(timeout=2)

    def _lock_file(self) -> None:
        path = Path(f"{self._url.database}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise AlreadyRunning(
                "another Diwakhan is running on this database; stop it first, or move to PostgreSQL "
                "(docs/scaling.md), where several may"
            ) from None
        self._file = file
        self._held = {role: next(self._terms) for role in self._roles}

    async def _ask(self) -> None:
        asked = steady()
        try:
            if self._connection is None:
                self._connection = await self._connect()
            for role in self._roles:
                await self._strive(self._connection, role)
            await self._connection.execute("SELECT 1")
            self._valid_until = asked + VALID_SECONDS
        except _failures() as error:
            if self._held or self._connection is None:
                log.warning("leadership can't be asked after", error=type(error).__name__)
            await self._lost()

    async def _connect(self) -> asyncpg.Connection[Any]:
        import asyncpg

        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(
            plain, timeout=5, command_timeout=5, server_settings=SERVER_SETTINGS
        )
        connection.add_termination_listener(lambda _: self._held.clear())
        await connection.add_listener(NOTIFIED, lambda *_: self._hint())
        return connection

    async def _strive(self, connection: asyncpg.Connection[Any], role: str) -> None:
        if role in self._held:
            return
        number = zlib.crc32(role.encode()) & 0x7FFFFFFF
        if await connection.fetchval("SELECT pg_try_advisory_lock($1::int, $2::int)", FAMILY, number):
            log.info("took over", role=role.partition(":")[0])
            self._held[role] = next(self._terms)
        elif await connection.fetch(_UNSEAT, FAMILY, number, UNSEAT_SECONDS):
            log.warning("unseated a holder that gave no sign of life", role=role.partition(":")[0])

    async def _lost(self) -> None:
        self._held.clear()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.terminate()


def steady() -> float:
    """Return seconds that pass also while the machine sleeps, where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)
