"""The real program as a child process, to be talked to over HTTP, stopped and killed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """Return a loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """`diwakhan run` with its own folder and settings."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": f"sqlite:///{folder / 'diwakhan.db'}",
            "PORT": str(self.port),
            **settings,
        }
        self.log = folder / "log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, within: float = 30.0) -> None:
        """Start it and wait until it is healthy."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot.command_line", "run",
                cwd=self.folder, env=self.settings, stdout=log, stderr=log,
            )  # fmt: skip
        async with asyncio.timeout(within), aiohttp.ClientSession() as session:
            while True:
                assert self._process.returncode is None, self.log.read_text()
                try:
                    async with session.get(f"{self.url}/health") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Run another command of the program and return its exit status and what it said on both streams."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.command_line", *words, cwd=self.folder, env=self.settings,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> int:
        """Ask it to stop and return its exit status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(25):
            return await self._process.wait()
