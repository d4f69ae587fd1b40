"""Ways of keeping "anonymous" answers that do not keep them: the thief's scripts must see through each of them.

Each is what people build: answers in a table without a person, "shuffled" by a random key, or kept apart from the
list of those who have answered.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.security.thief import Loot, Row, stolen

KEY = 16


@dataclass(frozen=True, slots=True)
class Design:
    """How a table of answers is made, and the key of its next row."""

    key_type: str
    key: Callable[[int], bytes | int]
    rowid: bool = True


def _by_time(number: int) -> bytes:
    """Make a key that begins with the time, as UUIDv7 and ULID do."""
    return (time.time_ns() + number).to_bytes(8, "big") + secrets.token_bytes(KEY - 8)


def _random(_number: int) -> bytes:
    return secrets.token_bytes(KEY)


DESIGNS = {
    "a number as key": Design("INTEGER", lambda number: number + 1),
    "a random key": Design("BLOB", _random),
    "a key made of the time": Design("BLOB", _by_time, rowid=False),
    "a random key without rowid": Design("BLOB", _random, rowid=False),
}


@contextmanager
def kept(design: Design, path: Path, said: Sequence[str], *, stopped: bool) -> Iterator[Loot]:
    """Keep answers one by one, each in a transaction of its own, and give what a thief gets.

    `stopped`: the bot ended in good order, which leaves the write-ahead log empty.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA secure_delete=ON")
        without = "" if design.rowid else " WITHOUT ROWID"
        file.execute(f"CREATE TABLE answers (id {design.key_type} PRIMARY KEY, said TEXT){without}")
        for number, one in enumerate(said):
            file.execute("INSERT INTO answers VALUES (?, ?)", (design.key(number), one))
        rows = [Row(key, one, one.encode()) for key, one in file.execute("SELECT id, said FROM answers")]
        file.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if stopped else 'PASSIVE'})")
        yield stolen(path, rows)
