"""A thief who has the files of a closed anonymous survey, and the keys, and tries to find out who said what.

What the thief knows besides is the worst case: who answered, and in which order. Every attack is a script that takes
bytes or rows and returns the answers in an order of its own; the thief gives the first of them to whoever answered
first. `linked` counts how often that is right: of answers in random order it is right once, whatever their number.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from storage.database import Database
from storage.store import Store
from storage.tables import inbox, outbox

FAR = 6.0
"""Standard deviations that neighbours in random order do not reach: their number has lighter tails than the normal."""
UNLIKELY = 1e-8
PAGE_SIZE_AT = 16
"""Where a SQLite file says how large its pages are."""
POSTGRES_PAGE = 8192


@dataclass(frozen=True, slots=True)
class Row:
    """A published answer as the thief reads it: its key, what it says, and bytes by which to find it in a file."""

    key: bytes | int
    said: str
    mark: bytes


@dataclass(frozen=True, slots=True)
class Loot:
    """What was stolen: the bytes of the table, those of the log, and the answers in the order that SQL gives them."""

    file: bytes
    log: bytes
    page: int
    rows: tuple[Row, ...]


def stolen(path: Path, rows: Sequence[Row]) -> Loot:
    """Take a SQLite database's files as they lie there."""
    log = path.with_name(f"{path.name}-wal")
    file = path.read_bytes()
    size = int.from_bytes(file[PAGE_SIZE_AT : PAGE_SIZE_AT + 2], "big")
    return Loot(file, log.read_bytes() if log.exists() else b"", 65_536 if size == 1 else size, tuple(rows))


async def taken(database: Database, rows: Sequence[Row], table: str = "survey_answers") -> Loot:
    """Take the files of either database as they lie there; of PostgreSQL the table's own and the log."""
    if database.is_sqlite:
        return stolen(Path(str(database.url.database)), rows)
    async with database.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(sa.text("CHECKPOINT"))  # else what was just written may not lie there yet
        folder = Path(await connection.scalar(sa.text("SHOW data_directory")))
        file = await connection.scalar(sa.text("SELECT pg_relation_filepath(:name)"), {"name": table})
    return Loot((folder / file).read_bytes(), _wal(folder), POSTGRES_PAGE, tuple(rows))


async def on_disk(database: Database) -> bytes:
    """Read all that a database has on the disk: every file of its own, and the log."""
    if database.is_sqlite:
        file = Path(str(database.url.database))
        return b"".join(one.read_bytes() for one in sorted(file.parent.glob(f"{file.name}*")))
    async with database.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(sa.text("CHECKPOINT"))
        folder = Path(await connection.scalar(sa.text("SHOW data_directory")))
        own = await connection.scalar(
            sa.text("SELECT oid FROM pg_database WHERE datname = current_database()")
        )
    files = [one for one in sorted((folder / "base" / str(own)).iterdir()) if one.is_file()]
    return b"".join(one.read_bytes() for one in files) + _wal(folder)


def _wal(folder: Path) -> bytes:
    files = [one for one in sorted((folder / "pg_wal").iterdir()) if one.is_file()]
    return b"".join(one.read_bytes() for one in files)


# --- the attacks --------------------------------------------------------------------------------------------


def by_sql(loot: Loot) -> list[str]:
    """Take the rows as a plain SELECT gives them."""
    return [row.said for row in loot.rows]


def by_key(loot: Loot) -> list[str]:
    """Sort by key: numbers and keys made of the time give everything away."""
    return [row.said for row in sorted(loot.rows, key=lambda row: row.key)]


def by_place(loot: Loot) -> list[str]:
    """Sort by place in the file: within a page, what was written first stands last."""

    def place(row: Row) -> tuple[int, int]:
        at = loot.file.find(row.mark)
        return at // loot.page, -at

    return [row.said for row in sorted(loot.rows, key=place)]


def by_log(loot: Loot) -> list[str]:
    """Sort by the first place in the write-ahead log; rows that were never there go last."""

    def place(row: Row) -> int:
        at = loot.log.find(row.mark)
        return at if at >= 0 else len(loot.log)

    return [row.said for row in sorted(loot.rows, key=place)]


ATTACKS: dict[str, Callable[[Loot], list[str]]] = {
    "order of SQL": by_sql,
    "keys": by_key,
    "place in the file": by_place,
    "write-ahead log": by_log,
}


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
    pause: timedelta = timedelta()


async def traces(database: Database, sessions: dict[int, tuple[datetime, datetime]]) -> dict[int, Trace]:
    """Read what each person's session left; the thief knows from when to when it lasted."""
    async with database.reading() as unit:
        return {person: await _trace(Store(unit), person, *session) for person, session in sessions.items()}


async def _trace(store: Store, person: int, since: datetime, until: datetime) -> Trace:
    theirs = (outbox.c.member_id == person, outbox.c.kind == "screen")
    replies = await store.all(sa.select(outbox).where(*theirs, outbox.c.created_at.between(since, until)))
    heard = await store.all(sa.select(inbox.c.heard_at).where(inbox.c.heard_at.between(since, until)))
    moments = sorted([row.created_at for row in replies] + [row.heard_at for row in heard])
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    return Trace(
        len(replies),
        len({row.provider_id for row in replies}),
        sum(bool(row.replaces) for row in replies),
        max(pauses, default=timedelta()),
    )


def tells_apart(found: dict[int, Trace]) -> int:
    """Count the people whose trace differs from the most common one."""
    (_, common), *_ = Counter(found.values()).most_common(1)
    return len(found) - common
