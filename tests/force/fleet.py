"""A provider that keeps a log, processes of the program, and people who go on talking until they are heard."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import sqlalchemy as sa

from storage.database import Database
from storage.migrate import migrate
from storage.outbox import BROADCAST
from storage.tables import members
from storage.vault import Vault, new_key, parse_key
from tests.fakes.telegram import FakeTelegram
from tests.force.checker import PENDING, Report, check, query
from tests.process import ROOT, free_port

TOKEN = "123456:test-token-of-the-fake"
ACCOUNT = "123456"
SECRET = "a-secret-of-the-webhook-1"
FIRST_PERSON = 10_000
PATIENCE = 120.0


class Starter:
    """Talks to the launcher."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._started: dict[int, asyncio.Future[int]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._next = 0

    async def __aenter__(self) -> Starter:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.force.launcher", cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None and self._process.stdin is not None and self._reading is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reading

    async def start(self, request: dict[str, Any]) -> tuple[int, asyncio.Future[int]]:
        """Start a child and return its id and the future of its exit status (-9 where it was killed)."""
        assert self._process is not None and self._process.stdin is not None
        self._next += 1
        started = self._started[self._next] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({**request, "id": self._next}).encode() + b"\n")
        pid = await started
        return pid, self._end_of(pid)

    def _end_of(self, pid: int) -> asyncio.Future[int]:
        return self._ended.setdefault(pid, asyncio.get_running_loop().create_future())

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "started" in said:
                self._ended.pop(said["pid"], None)
                self._started.pop(said["started"]).set_result(said["pid"])
            else:
                self._end_of(said["ended"]).set_result(said["status"])


class Node:
    """One process of the program."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = world.folder / f"log-{number}"
        self.pid = 0
        self.ended: asyncio.Future[int] | None = None

    @property
    def alive(self) -> bool:
        """Say whether it runs."""
        return self.ended is not None and not self.ended.done()

    async def start(self, *, healthy: bool = True, **hooks: Any) -> bool:
        """Start it; wait until it is healthy or has ended, and say whether it is healthy."""
        environment = {**self._world.settings, "PORT": str(self.port), "PUBLIC_URL": self.url}
        self.pid, self.ended = await self._world.starter.start(
            {
                "folder": str(self._world.folder), "log": str(self.log), "environment": environment,
                "effects": True, **hooks,
            }
        )  # fmt: skip
        return await self.healthy() if healthy else True

    async def healthy(self, within: float = 60.0) -> bool:
        """Wait until it says that it is well; False where it ended instead."""
        assert self.ended is not None
        async with asyncio.timeout(within):
            while not self.ended.done():
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with self._world.http.get(f"{self.url}/health") as answer:
                        if answer.status == 200:
                            return True
                await asyncio.sleep(0.02)
        return False

    def tell(self, number: int) -> None:
        """Send it a signal."""
        if self.alive:
            os.kill(self.pid, number)

    async def end(self, number: int = signal.SIGKILL, within: float = 30.0) -> int:
        """Send it a signal and return its exit status."""
        assert self.ended is not None
        self.tell(number)
        return await asyncio.wait_for(asyncio.shield(self.ended), within)


@dataclass
class World:
    """Everything one test needs."""

    folder: Path
    url: str
    telegram: FakeTelegram
    starter: Starter
    http: aiohttp.ClientSession
    database: Database
    settings: dict[str, str]
    people: int
    seed: int
    nodes: list[Node] = field(default_factory=list)
    taken: int = 0
    _said: dict[int, int] = field(default_factory=dict)
    _update: int = 1_000_000

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.acknowledged = self.folder / "acknowledged.jsonl"
        self.acknowledged.touch()
        self.provider_log = self.folder / "provider.jsonl"

    def node(self) -> Node:
        """Add a process that is not started yet."""
        self.nodes.append(Node(self, len(self.nodes)))
        return self.nodes[-1]

    @property
    def persons(self) -> range:
        """The people's chats."""
        return range(FIRST_PERSON, FIRST_PERSON + self.people)

    def update(self, person: int, text: str) -> dict[str, Any]:
        """Make an update with a text."""
        self._update += 1
        user = {"id": person, "is_bot": False, "first_name": "Member", "language_code": "en"}
        return {
            "update_id": self._update,
            "message": {
                "message_id": self._update, "date": int(time.time()), "text": text, "from": user,
                "chat": {"id": person, "type": "private", "first_name": "Member"},
            },
        }  # fmt: skip

    def says(self, person: int, word: str = "word") -> dict[str, Any]:
        """Make a person's next update: a text of its own."""
        self._said[person] = self._said.get(person, 0) + 1
        return self.update(person, f"{word}{self._said[person]}")

    async def post(self, update: dict[str, Any], node: Node | None = None, within: float = 10.0) -> int:
        """Deliver an update once, to any process, and return the answer's status (0: none came)."""
        alive = [one for one in self.nodes if one.alive]
        if not alive:
            return 0
        chosen = node or self.chance.choice(alive)
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        try:
            async with self.http.post(
                f"{chosen.url}/telegram/webhook", json=update, headers=headers,
                timeout=aiohttp.ClientTimeout(total=within),
            ) as answer:  # fmt: skip
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def heard(self, update: dict[str, Any], within: float = 10.0) -> None:
        """Deliver an update until it is acknowledged, as a provider does, and note that it was."""
        while await self.post(update, within=within) != 200:
            await asyncio.sleep(0.05)
        self.note(update)

    def note(self, update: dict[str, Any]) -> None:
        """Note that an update was acknowledged."""
        person, text = update["message"]["chat"]["id"], update["message"]["text"]
        order = int("".join(sign for sign in text if sign.isdigit()))
        with self.acknowledged.open("a") as file:
            file.write(json.dumps([update["update_id"], person, text, order]) + "\n")
        self.taken += 1

    @asynccontextmanager
    async def talk(self, at_once: int = 8) -> AsyncIterator[None]:
        """Have some people go on talking, each in order."""
        done = asyncio.Event()

        async def go_on(people: Sequence[int]) -> None:
            while not done.is_set():
                await self.heard(self.says(self.chance.choice(people)))

        shares = [list(self.persons)[number::at_once] for number in range(at_once)]
        tasks = [asyncio.create_task(go_on(share)) for share in shares]
        try:
            yield
        finally:
            done.set()
            try:
                async with asyncio.timeout(PATIENCE):
                    await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()

    async def broadcast(self, occurrence: str) -> int:
        """Write a broadcast to everybody and return to how many."""

        async def write(unit: Any) -> int:
            everybody = sa.select(members.c.id)
            return int(
                await unit.outbox.notify(
                    "apology", everybody, subject="force", occurrence=occurrence, at=datetime.now(UTC),
                    lane=BROADCAST,
                )
            )  # fmt: skip

        return await self.database.work(write)

    async def settled(self, within: float = PATIENCE) -> None:
        """Wait until nothing is left to be sent."""
        async with asyncio.timeout(within):
            while (await query(self.url, PENDING))[0][0]:
                await asyncio.sleep(0.1)

    async def report(self) -> Report:
        """Let the checker compare."""
        return await check(self.provider_log, self.acknowledged, self.url)

    def logs(self) -> str:
        """Return the end of what the processes said."""
        return "\n".join(node.log.read_text()[-4000:] for node in self.nodes if node.log.exists())


@asynccontextmanager
async def world(
    folder: Path, url: str, starter: Starter, *, people: int = 40, seed: int = 0
) -> AsyncIterator[World]:
    """Make a community on an empty database, and a provider."""
    key = new_key()
    database = Database(url, Vault([parse_key(key)]))
    await _settle_people(database, people)
    async with (
        FakeTelegram(
            token=TOKEN, per_second=None, per_chat=None, log_path=folder / "provider.jsonl"
        ) as telegram,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True)) as http,
    ):
        settings = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "DATABASE_URL": url,
            "SECRET_KEYS": key, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url,
            "TELEGRAM_MODE": "webhook", "TELEGRAM_WEBHOOK_SECRET": SECRET,
            "TELEGRAM_MESSAGES_PER_SECOND": "2000", "MESSAGES_PER_MINUTE": "0", "LOG_LEVEL": "warning",
        }  # fmt: skip
        made = World(folder, url, telegram, starter, http, database, settings, people, seed)
        for person in made.persons:
            telegram.user(person, language_code="en").chat.reachable = True
        try:
            yield made
        finally:
            for node in made.nodes:
                if node.alive:
                    node.tell(signal.SIGCONT)
                    await node.end()
            await database.close()


async def _settle_people(database: Database, people: int) -> None:
    now = datetime.now(UTC)
    await migrate(database)
    async with database.unit() as unit:
        for person in range(FIRST_PERSON, FIRST_PERSON + people):
            member = await unit.members.add(at=now, lang="en", role="member")
            await unit.members.change(
                member.id, name="Member", state="active", consent_version=1, consented_at=now
            )
            await unit.addresses.add(member.id, "telegram", ACCOUNT, str(person))
    url = database.url
    if database.is_sqlite:
        connection = sqlite3.connect(str(url.database))
        connection.execute(
            "CREATE TABLE force_effects (id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT, said TEXT)"
        )
        connection.commit()
        connection.close()
    else:
        server = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        await server.execute("CREATE TABLE force_effects (id BIGSERIAL PRIMARY KEY, person TEXT, said TEXT)")
        await server.close()
