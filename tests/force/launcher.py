"""Starts the real program in child processes, with hooks laid around named functions from the outside.

One process loads everything once and forks a child for each request, so that hundreds of starts cost little. It
reads requests as lines of JSON and answers with lines of JSON: {"started": id, "pid": …}, {"ended": pid, "status": …}.
The program itself knows nothing of this: a child replaces named functions before it runs `diwakhan run`.
"""

from __future__ import annotations

import functools
import gc
import importlib
import inspect
import json
import os
import resource
import selectors
import signal
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

TIMES_TOLD = ("bot.clock", "apscheduler.schedulers.base", "apscheduler.schedulers.asyncio", "apscheduler.job")


def place_of(target: str) -> tuple[Any, str]:
    """Find what holds a name that is written as module:Class.method."""
    module, _, names = target.partition(":")
    *path, name = names.split(".")
    holder: Any = importlib.import_module(module)
    for one in path:
        holder = getattr(holder, one)
    return holder, name


def kill_at(target: str, when: str, nth: int) -> None:
    """Have this process kill itself before or after the nth call of a named function."""
    holder, name = place_of(target)
    real = inspect.getattr_static(holder, name)
    static = isinstance(real, (classmethod, staticmethod))
    function = real.__func__ if static else real
    calls = 0

    def strike(moment: str) -> None:
        nonlocal calls
        if moment == when:
            calls += 1
            if calls == nth:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)

    @functools.wraps(function)
    def plain(*given: Any, **named: Any) -> Any:
        strike("before")
        result = function(*given, **named)
        strike("after")
        return result

    @functools.wraps(function)
    async def awaited(*given: Any, **named: Any) -> Any:
        strike("before")
        result = await function(*given, **named)
        strike("after")
        return result

    wrapped: Any = awaited if inspect.iscoroutinefunction(function) else plain
    setattr(holder, name, type(real)(wrapped) if static else wrapped)


def step_clock(path: str) -> None:
    """Have the system's clock read as it is plus the seconds that stand in a file."""
    offset = Path(path)

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(seconds=float(offset.read_text()))

    for module in TIMES_TOLD:
        loaded = importlib.import_module(module)
        if hasattr(loaded, "datetime"):
            loaded.datetime = Stepped  # type: ignore[attr-defined]


def count_effects() -> None:
    """Have the answer to a free text also write a row that nothing but its transaction keeps from being doubled.

    Texts that begin with raise, hang or kill do what they say.
    """
    import sqlalchemy as sa

    from handlers import fallback

    real = fallback.not_understood
    insert = sa.text("INSERT INTO force_effects (person, said) VALUES (:person, :said)")

    async def counted(turn: Any) -> Any:
        said = turn.inbound.text
        await turn.unit.connection.execute(insert, {"person": turn.inbound.peer, "said": said})
        if said.startswith("raise"):
            raise ValueError("poison")
        if said.startswith("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if said.startswith("hang"):
            await _hang(turn.unit.is_postgresql)
        return await real(turn)

    fallback.not_understood = counted


async def _hang(postgresql: bool) -> None:
    import asyncio

    if postgresql:
        await asyncio.sleep(3600)
    while True:
        time.sleep(0.01)  # noqa: ASYNC251 - what hangs does not ask


def child(request: dict[str, Any]) -> int:
    """Be the program."""
    os.chdir(request["folder"])
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(request["environment"])
    if request.get("largest_file"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["largest_file"],) * 2)
    if request.get("clock"):
        step_clock(request["clock"])
    if request.get("effects"):
        count_effects()
    for target, value in request.get("values", {}).items():
        setattr(*place_of(target), value)
    if request.get("crash"):
        kill_at(*request["crash"])
    from bot.command_line import main

    return main(["run"])


class Launcher:
    """Forks children on request and says when they end."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        self._children: set[int] = set()

    def run(self) -> None:
        """Serve requests until their pipe is closed, then end the children that are left."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        chosen = selectors.DefaultSelector()
        chosen.register(0, selectors.EVENT_READ)
        chosen.register(woken, selectors.EVENT_READ)
        rest = b""
        while True:
            for key, _ in chosen.select():
                if key.fd == woken:
                    os.read(woken, 4096)
                    self._reap()
                    continue
                read = os.read(0, 65536)
                if not read:
                    for pid in self._children:
                        os.kill(pid, signal.SIGKILL)
                    return
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    self._start(json.loads(line))

    def _start(self, request: dict[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.close(self._out)
            status = 1
            try:
                status = child(request)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(status)
        self._children.add(pid)
        self._say({"started": request["id"], "pid": pid})

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._children.discard(pid)
            self._say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})

    def _say(self, what: dict[str, Any]) -> None:
        os.write(self._out, json.dumps(what).encode() + b"\n")


def load() -> None:
    """Load, once, what every child needs."""
    for module in (
        "bot.command_line",
        "storage.leadership",
        "uvicorn.protocols.http.httptools_impl",
        "uvloop",
    ):
        try:
            importlib.import_module(module)
        except ImportError:
            continue
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    load()
    Launcher().run()
