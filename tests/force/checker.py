"""The independent checker: the provider's append-only log against the database. It shares no code with the program.

Reads the log file and, by SQL of its own, the database: `python -m tests.force.checker LOG ACKNOWLEDGED DATABASE_URL`.
ACKNOWLEDGED holds a line of JSON, [update id, person, text, order], for each update that was answered with 200.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg

PENDING = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. All but the first two and the last three have to be zero."""

    acknowledged: int
    """Updates that the program said it had taken."""
    messages: int
    """Messages that reached people."""
    lost_updates: int
    """Acknowledged, but without their effect."""
    lost_messages: int
    """Due by the database and neither marked nor to be found in the provider's log, or marked without being there."""
    double_effects: int
    out_of_order: int
    """People for whom something was handled before what they had said earlier."""
    unsettled: int
    """Rows that are still queued or being sent, updates that are still open."""
    damaged: int
    """Complaints of the database about itself."""
    repeated_broadcasts: int
    """Broadcasts that reached somebody more often than they were written for them."""
    duplicates: int
    """Replies and notices that reached somebody twice."""
    unknown: int
    """Broadcasts parked for a coordinator: they may or may not have arrived."""
    parked: int
    """Updates that were set aside."""

    def failures(self) -> dict[str, int]:
        """Return what must be zero and is not."""
        must = (
            "lost_updates", "lost_messages", "double_effects", "out_of_order", "unsettled", "damaged",
            "repeated_broadcasts",
        )  # fmt: skip
        return {name: value for name, value in asdict(self).items() if name in must and value}


async def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Ask the database by plain SQL."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()
    server = await asyncpg.connect(url, timeout=30)
    try:
        return [tuple(row) for row in await server.fetch(sql)]
    finally:
        await server.close()


async def check(log: Path, acknowledged: Path, url: str) -> Report:
    """Compare."""
    taken = [json.loads(line) for line in acknowledged.read_text().splitlines()]
    sends = [
        entry
        for line in log.read_text().splitlines()
        if (entry := json.loads(line))["ok"] and entry["method"].startswith("send") and entry["message_id"]
    ]
    reached = {str(entry["message_id"]) for entry in sends}
    rows = await query(url, "SELECT lane, state, provider_id, key FROM outbox")
    effects = await query(url, "SELECT person, said FROM force_effects ORDER BY id")
    inbox = dict(await query(url, "SELECT provider_id, state FROM inbox"))
    parked = {key for key, state in inbox.items() if state == "parked"}
    happened = Counter((person, said) for person, said in effects)
    marked = [str(one) for _, state, one, _ in rows if state in ("sent", "delivered", "read")]
    spoken = [entry for entry in sends if str(entry["message_id"]) not in set(marked)]
    unknown = sum(1 for lane, state, _, _ in rows if lane == 2 and state == "unknown")
    broadcast_texts = {
        entry["text"]
        for entry in sends
        if str(entry["message_id"]) in {str(one) for lane, _, one, _ in rows if lane == 2 and one}
    }
    loose_broadcasts = sum(1 for entry in spoken if entry["text"] in broadcast_texts)
    due = {f"|{update}|0" for update, *_ in taken if str(update) not in parked}
    written = {
        f"|{key.rsplit('|', 2)[1]}|0" for lane, _, _, key in rows if lane == 0 and key.startswith("reply|")
    }
    return Report(
        acknowledged=len(taken),
        messages=len(sends),
        lost_updates=sum(
            1 for update, person, said, _ in taken
            if str(update) not in parked and not happened[(str(person), said)]
        ),
        lost_messages=sum(1 for one in marked if one and one not in reached) + len(due - written),
        double_effects=sum(count - 1 for count in happened.values() if count > 1),
        out_of_order=_out_of_order(taken, effects),
        unsettled=(await query(url, PENDING))[0][0]
        + sum(1 for update, *_ in taken if inbox.get(str(update)) not in ("done", "parked")),
        damaged=await _damaged(url),
        repeated_broadcasts=max(0, loose_broadcasts - unknown),
        duplicates=len(spoken) - loose_broadcasts,
        unknown=unknown,
        parked=len(parked),
    )  # fmt: skip


def _out_of_order(taken: list[Any], effects: list[tuple[Any, ...]]) -> int:
    place = {(str(person), said): order for _, person, said, order in taken}
    last: dict[str, int] = {}
    wrong: set[str] = set()
    for person, said in effects:
        order = place.get((person, said))
        if order is None:
            continue
        if order < last.get(person, -1):
            wrong.add(person)
        last[person] = order
    return len(wrong)


async def _damaged(url: str) -> int:
    if not url.startswith("sqlite:///"):
        return 0
    found = await query(url, "PRAGMA integrity_check")
    return sum(1 for (line,) in found if line != "ok") + len(await query(url, "PRAGMA foreign_key_check"))


if __name__ == "__main__":
    print(asyncio.run(check(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
