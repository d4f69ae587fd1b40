"""What a Turn and a broadcast cost, each beside a floor measured in the same run.

Figures are ratios: this machine's speed drifts, and only what was measured side by side can be compared. The
spread of the repetitions is printed with them.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from storage.audience import Audience
from storage.database import Database
from storage.migrate import migrate
from storage.outbox import BROADCAST
from storage.vault import Vault
from tests.play import Stage, staged

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


async def _database(folder: Path) -> Database:
    database = Database(f"sqlite:///{folder / 'bench.db'}", Vault([bytes(range(32))]))
    await migrate(database)
    return database


def floor_commits(folder: Path, count: int) -> float:
    """Return the seconds that so many one-row transactions take on the same settings, with nothing around them."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, value TEXT)")
    start = time.perf_counter()
    for _ in range(count):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows (value) VALUES ('x')")
        connection.execute("COMMIT")
    connection.close()
    return time.perf_counter() - start


async def turns(stage: Stage, count: int) -> float:
    """Return the seconds that so many menu taps take, from Inbound to the message on the phone."""
    people = [await stage.known("en") for _ in range(10)]
    for person in people:
        await person.says("/menu")
    start = time.perf_counter()
    for number in range(count):
        await people[number % 10].forges("events" if number % 2 else "menu")
    return time.perf_counter() - start


async def broadcast(database: Database) -> float:
    """Return the seconds that queueing one announcement for everybody takes."""
    start = time.perf_counter()
    async with database.unit() as unit:
        await unit.outbox.notify(
            "announcement",
            Audience().recipients(),
            subject=f"bench:{start}",
            occurrence="1",
            at=NOW,
            args=(1,),
            lane=BROADCAST,
        )
    return time.perf_counter() - start


async def _populate(database: Database, people: int) -> None:
    async with database.unit() as unit:
        for number in range(people):
            member = await unit.members.add(at=NOW, lang="ar")
            await unit.members.change(member.id, state="active", consent_version=1)
            await unit.addresses.add(member.id, "telegram", "bench", str(number))


async def _paired(
    name: str, count: int, runs: int, folder: Path, work: Callable[[], Awaitable[float]], each: str
) -> None:
    """Measure the work and the floor in turn and print the ratio of medians per item, and the spread."""
    ratios = []
    for _ in range(runs):
        ours = await work()
        floor = floor_commits(folder, count)
        ratios.append(ours / floor)
    print(
        f"{name}: {statistics.median(ratios):.2f} floor commits per {each} "
        f"(spread {min(ratios):.2f} to {max(ratios):.2f}, {runs} runs of {count})"
    )


async def main(*, smoke: bool) -> None:
    """Run every measurement; a smoke run only shows that they run."""
    runs, count, people = (1, 20, 200) if smoke else (5, 300, 5_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = await _database(folder)
        async with staged(database, NOW) as stage:
            await _paired(
                "a menu tap, heard to delivered", count, runs, folder, lambda: turns(stage, count), "tap"
            )
        await _populate(database, people)
        await _paired(
            f"queueing an announcement for {people} people",
            people,
            runs,
            folder,
            lambda: broadcast(database),
            "person",
        )
        await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser("benchmarks")
    parser.add_argument("--smoke", action="store_true", help="only show that the measurements run")
    asyncio.run(main(smoke=parser.parse_args().smoke))
