"""T14. A disk that takes no more: providers send again, nothing is half-written, and it goes on by itself."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tests.bot.house import bodies, house

FULL = 4096
"""Bytes at which every file ends: the log of the database grows past it with its first page."""


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """Let no file of this process grow, as on a disk that is full (the system's own limit, not a pretence)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_t14_a_full_disk_loses_and_breaks_nothing_and_somebody_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as running:
        running.twilio.retries = 0
        person, boss = await running.known(), await running.known(role="administrator")
        assert await person.say("/menu") == 200  # control: there is room
        await running.settles()
        before, upkeep = len(person.messages), running.machine.upkeep
        assert "read-only" not in await upkeep.look()
        told = len(boss.messages)
        with no_room():
            assert await person.say("/settings") == 503
            assert await person.say("/events") == 503
            assert await upkeep.look() == {"read-only"}
            assert await upkeep.look() == {"read-only"}
        assert len(person.messages) == before
        assert ["can't write to its disk" in one for one in bodies(boss)[told:]] == [True]
        assert await person.say("/settings") == 200
        await running.settles()
        assert len(person.messages) > before
        assert "read-only" not in await upkeep.look()
    with contextlib.closing(sqlite3.connect(tmp_path / "house.db")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        assert file.execute("SELECT count(*) FROM inbox WHERE state <> 'done'").fetchone() == (0,)
