"""The bots that are measured: each a process of its own, watched from outside through /proc."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bot_api import BotApi
from benchmarks.community import TOKEN, Community
from benchmarks.people import ADMINISTRATOR, SECRET, Hook
from bot.settings import Settings

ROOT = Path(__file__).parent.parent
OURS = "Diwakhan"
START_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Bot:
    """A bot to be started: its name in the table, its command, its settings, where it takes updates."""

    name: str
    command: list[str]
    environment: dict[str, str]
    path: str
    community: Community | None = None


def most_per_second() -> int:
    """Return the highest rate that Diwakhan can be set to: what stands for a server without a limit."""
    for bound in Settings.model_fields["telegram_messages_per_second"].metadata:
        if getattr(bound, "le", None) is not None:
            return int(bound.le)
    raise LookupError("TELEGRAM_MESSAGES_PER_SECOND has no upper bound")


def diwakhan(community: Community, *, per_second: int = 0) -> Bot:
    """Describe Diwakhan as it is shipped, over a prepared database; 0: as fast as it can be set to."""
    environment = {
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": community.url,
        "SECRET_KEYS": community.key,
        "ADMIN_TELEGRAM_IDS": str(ADMINISTRATOR),
        "PUBLIC_URL": "https://bench.example.org",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_MODE": "webhook",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "TELEGRAM_MESSAGES_PER_SECOND": str(per_second or most_per_second()),
        "MESSAGES_PER_MINUTE": "0",
    }
    command = [sys.executable, "-m", "bot.command_line", "run"]
    return Bot(OURS, command, environment, "/telegram/webhook", community)


class Running:
    """A bot that runs, in a folder of its own; for `async with`."""

    def __init__(self, bot: Bot, api: BotApi) -> None:
        self.bot = bot
        self._api = api
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        self.folder = Path(self._folder.name)
        self._process: asyncio.subprocess.Process | None = None
        self.hook = Hook(_free_port(), bot.path)

    async def __aenter__(self) -> Running:
        bot, folder = self.bot, self.folder
        given = dict(bot.environment)
        if bot.community is not None and bot.community.url.startswith("sqlite"):
            given["DATABASE_URL"] = bot.community.copy(folder).url
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "PORT": str(self.hook.port),
            "TELEGRAM_API_URL": self._api.url, **given,
        }  # fmt: skip
        with (folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *bot.command, cwd=folder, env=environment, stdout=log, stderr=log
            )
        try:
            await self._listening()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hook.close()
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        self._folder.cleanup()

    def cpu(self) -> float:
        """Return the seconds of CPU used so far."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self, *, peak: bool) -> float:
        """Return the resident memory now, or the most there ever was, in MiB."""
        name = "VmHWM:" if peak else "VmRSS:"
        line = next(line for line in self._proc("status").splitlines() if line.startswith(name))
        return int(line.split()[1]) / 1024

    def said(self) -> str:
        """Return the end of what the bot printed."""
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def _proc(self, name: str) -> str:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/{name}").read_text()

    async def _listening(self) -> None:
        assert self._process is not None
        async with asyncio.timeout(START_SECONDS):
            while True:
                if self._process.returncode is not None:
                    raise RuntimeError(f"{self.bot.name} does not run:\n{self.said()}")
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.hook.port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
