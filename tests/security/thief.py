"""A thief who has the files of a closed anonymous survey, and the keys, and tries to find out who said what.

What the thief knows besides is the worst case: who answered, and in which order. Every attack is a script that takes
bytes or rows and returns the answers in an order of its own; the thief gives the first of them to whoever answered
first. `linked` counts how often that is right: of answers in random order it is right once, whatever their number.
"""

from __future__ import annotations

import itertools
import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

WAL_HEADER, FRAME_HEADER = 32, 24
FAR = 6.0
"""Standard deviations that neighbours in random order do not reach: their number has lighter tails than the normal."""
UNLIKELY = 1e-8
PAGE_SIZE_AT = 16
"""Where a SQLite file says how large its pages are."""


@dataclass(frozen=True, slots=True)
class Row:
    """A published answer as the thief reads it: its key, what it says, and bytes by which to find it in a file."""

    key: bytes | int
    said: str
    mark: bytes


@dataclass(frozen=True, slots=True)
class Loot:
    """What was stolen: the database's bytes, its log's, and its answers in the order in which SQL gives them."""

    file: bytes
    log: bytes
    rows: tuple[Row, ...]


def stolen(path: Path, rows: Sequence[Row]) -> Loot:
    """Take the files as they lie there."""
    log = path.with_name(f"{path.name}-wal")
    return Loot(path.read_bytes(), log.read_bytes() if log.exists() else b"", tuple(rows))


# --- the attacks --------------------------------------------------------------------------------------------


def by_sql(loot: Loot) -> list[str]:
    """Take the rows as a plain SELECT gives them."""
    return [row.said for row in loot.rows]


def by_key(loot: Loot) -> list[str]:
    """Sort by key: numbers and keys made of the time give everything away."""
    return [row.said for row in sorted(loot.rows, key=lambda row: row.key)]


def by_place(loot: Loot) -> list[str]:
    """Sort by place in the file: within a page, what was written first stands last."""
    size = _page_size(loot.file)

    def place(row: Row) -> tuple[int, int]:
        at = loot.file.find(row.mark)
        return at // size, -at

    return [row.said for row in sorted(loot.rows, key=place)]


def by_log(loot: Loot) -> list[str]:
    """Sort by the first page in the write-ahead log that has the row; rows that were never there go last."""
    size = _page_size(loot.file) + FRAME_HEADER

    def frame(row: Row) -> int:
        at = loot.log.find(row.mark)
        return (at - WAL_HEADER) // size if at >= 0 else len(loot.log)

    return [row.said for row in sorted(loot.rows, key=frame)]


ATTACKS: dict[str, Callable[[Loot], list[str]]] = {
    "order of SQL": by_sql,
    "keys": by_key,
    "place in the file": by_place,
    "write-ahead log": by_log,
}


def _page_size(file: bytes) -> int:
    size = int.from_bytes(file[PAGE_SIZE_AT : PAGE_SIZE_AT + 2], "big")
    return 65_536 if size == 1 else size


# --- how well they did --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Score:
    """What one attack came to, over many surveys."""

    surveys: int = 0
    answers: int = 0
    linked: int = 0
    neighbours: int = 0
    """How many that stand beside each other were given in the same order."""

    @property
    def share(self) -> float:
        """Return which part of all answers was given to the right person."""
        return self.linked / self.answers

    def most_by_chance(self) -> int:
        """Return how many are linked by chance less than once in a hundred million times.

        In random order one of a survey's answers is linked, whatever their number, and the tail is below that of a
        Poisson distribution; Chernoff's bound for that one is solved by trying.
        """
        most = self.surveys
        while most - self.surveys - most * math.log(most / self.surveys) > math.log(UNLIKELY):
            most += 1
        return most

    @property
    def in_order(self) -> float:
        """Return by how many standard deviations the neighbours are more, or fewer, than by chance."""
        pairs = self.answers - self.surveys
        spread = ((self.answers + self.surveys) / 12) ** 0.5
        return (self.neighbours - pairs / 2) / spread

    def add(self, found: Sequence[str], truth: Sequence[str]) -> None:
        """Count one survey; both are in the order of answering, as the thief has it and as it was."""
        self.surveys += 1
        self.answers += len(truth)
        self.linked += sum(guess == was for guess, was in zip(found, truth, strict=True))
        places = [found.index(said) for said in truth]
        self.neighbours += sum(earlier < later for earlier, later in itertools.pairwise(places))


@dataclass(slots=True)
class Scores:
    """What every attack came to."""

    by_attack: dict[str, Score] = field(default_factory=lambda: {name: Score() for name in ATTACKS})

    def attack(self, loot: Loot, truth: Sequence[str]) -> None:
        """Try every attack on one survey; `truth` is what was said, in the order of answering."""
        for name, attack in ATTACKS.items():
            self.by_attack[name].add(attack(loot), truth)

    def best(self) -> float:
        """Return which part the best attack linked."""
        return max(score.share for score in self.by_attack.values())


# --- traces beside the answers ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trace:
    """What a database tells of how somebody went about it: how many replies, messages, taps, and the longest pause."""

    replies: int = 0
    messages: int = 0
    taps: int = 0
    pause: float = 0.0


def traces(path: Path, sessions: dict[int, tuple[datetime, datetime]]) -> dict[int, Trace]:
    """Read, from one database, what each person's session left; the thief knows from when to when it lasted."""
    with closing(sqlite3.connect(path)) as file:
        return {person: _trace(file, person, *session) for person, session in sessions.items()}


def _trace(file: sqlite3.Connection, person: int, since: datetime, until: datetime) -> Trace:
    between = (int(since.timestamp() * 1e6), int(until.timestamp() * 1e6))
    replies = file.execute(
        "SELECT created_at, provider_id, replaces FROM outbox"
        " WHERE member_id = ? AND kind = 'screen' AND created_at BETWEEN ? AND ?",
        (person, *between),
    ).fetchall()
    heard = file.execute("SELECT heard_at FROM inbox WHERE heard_at BETWEEN ? AND ?", between).fetchall()
    moments = sorted([row[0] for row in replies] + [row[0] for row in heard])
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    return Trace(
        len(replies),
        len({row[1] for row in replies}),
        sum(bool(row[2]) for row in replies),
        max(pauses, default=0) / 1e6,
    )


def tells_apart(found: dict[int, Trace]) -> int:
    """Count the people whose trace differs from the most common one."""
    (_, common), *_ = Counter(found.values()).most_common(1)
    return len(found) - common
