"""What was done by whom: rows that are only ever added, each sealed together with the one before it.

A seal is a keyed hash over the row and the seal before, so that a row that was changed, taken out or moved breaks the
chain. A cut tail leaves a shorter chain that is whole: it is found by a mark (number and seal) that was written down
elsewhere, in the coordinators' chats and with every backup. Rows hold ids and counts, never a name or a text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import audit

KEY = "audit-key"
BASE = "audit-base"
"""The fact that says up to which row the chain was forgotten in time: `number|seal|proof`."""
LOCK = 0x6175_6469_74
"""The advisory lock under which rows are added on PostgreSQL: "audit"."""
SUBJECT = re.compile(r"[a-z][a-z_-]*(:[A-Za-z0-9_.,=-]+)*|")
MARK = re.compile(r"(\d{1,18})-([0-9a-f]{12})")
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One row."""

    number: int
    at: datetime
    actor_id: int | None
    action: str
    subject: str
    seal: bytes

    @property
    def mark(self) -> str:
        """Return what is written down elsewhere, so that a chain cut short of this row is found."""
        return f"{self.number}-{self.seal.hex()[:12]}"


@dataclass(frozen=True, slots=True)
class Chain:
    """What a look at the whole chain found. `fault` says in words what is wrong with it; empty: nothing."""

    count: int
    mark: str
    fault: str = ""


class Audit(Store):
    """The chain. Nothing changes a row; rows past their time go from its beginning only."""

    async def append(self, action: str, subject: str = "", *, actor_id: int | None, at: datetime) -> Entry:
        """Add a row and return it; raises ValueError where the words could hold more than ids and counts."""
        if not SUBJECT.fullmatch(subject) or not SUBJECT.fullmatch(action) or not action:
            raise ValueError("the audit takes ids and counts only")
        if self.unit.is_postgresql:
            await self.run(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        number, before = await self._end()
        values = (number + 1, at, actor_id, action[:40], subject[:80])
        entry = Entry(*values, _seal(await self._key(), before, values))
        await self.run(
            audit.insert().values(
                number=entry.number, at=at, actor_id=actor_id, action=entry.action, subject=entry.subject,
                seal=entry.seal,
            )
        )  # fmt: skip
        return entry

    async def newest(self, limit: int = 1) -> list[Entry]:
        """List the newest rows, the newest in front."""
        rows = await self.all(sa.select(audit).order_by(audit.c.number.desc()).limit(limit))
        return [_read(row) for row in rows]

    async def last_act(self) -> int:
        """Return the number of the newest row of a person's act, not the machine's; 0: there is none."""
        acts = sa.select(sa.func.max(audit.c.number)).where(audit.c.actor_id.is_not(None))
        return int(await self.scalar(acts) or 0)

    async def verify(self, mark: str = "") -> Chain:
        """Follow the whole chain; with a mark that was written down elsewhere, ask for that very row too."""
        key = await self._kept_key()
        if not key:
            return Chain(0, "", "its key is gone" if await self.newest() else "")
        number, before = await self._base()
        if number < 0:
            return Chain(0, "", "where the chain begins was changed")
        first = number
        wanted = MARK.fullmatch(mark.strip())
        if mark and wanted is None:
            return Chain(0, "", "that is not a mark")
        met = wanted is None or int(wanted[1]) <= number
        entry: Entry | None = None
        while rows := await self._after(number):
            for row in rows:
                entry = _read(row)
                if entry.number != number + 1:
                    return Chain(number - first, "", f"rows {number + 1} to {entry.number - 1} are missing")
                number = entry.number
                values = (number, entry.at, entry.actor_id, entry.action, entry.subject)
                if not hmac.compare_digest(entry.seal, _seal(key, before, values)):
                    return Chain(number - first, "", f"row {number} was changed or moved")
                before = entry.seal
                met = met or entry.mark == mark.strip()
        here = entry.mark if entry else ""
        fault = "" if met else "the row that the mark names is gone or another one: the end was cut off"
        return Chain(number - first, here, fault)

    async def forget(self, before: datetime) -> int:
        """Drop the rows from before a moment, from the chain's beginning, and return how many."""
        row = await self.one(
            sa.select(audit).where(audit.c.at < before).order_by(audit.c.number.desc()).limit(1)
        )
        if row is None:
            return 0
        proof = _proof(await self._key(), row.number, row.seal)
        await self.unit.facts.put(BASE, f"{row.number}|{row.seal.hex()}|{proof}")
        return await self.run(audit.delete().where(audit.c.number <= row.number))

    async def count_before(self, before: datetime) -> int:
        """Count what `forget` would drop."""
        return int(await self.scalar(sa.select(sa.func.count()).where(audit.c.at < before)) or 0)

    async def _after(self, number: int) -> Any:
        following = sa.select(audit).where(audit.c.number > number).order_by(audit.c.number)
        return await self.all(following.limit(AT_ONCE))

    async def _end(self) -> tuple[int, bytes]:
        newest = await self.newest()
        return (newest[0].number, newest[0].seal) if newest else await self._base()

    async def _base(self) -> tuple[int, bytes]:
        """Return the number and seal that the chain goes on from; a number below zero where that was changed."""
        kept = await self.unit.facts.get(BASE)
        if not kept:
            return 0, b""
        number, seal, proof = kept.split("|")
        if not hmac.compare_digest(proof, _proof(await self._key(), int(number), bytes.fromhex(seal))):
            return -1, b""
        return int(number), bytes.fromhex(seal)

    async def _key(self) -> bytes:
        """Return the chain's own key, drawn with its first row: it stays when the ring changes."""
        if kept := await self._kept_key():
            return kept
        key = secrets.token_bytes(32)
        await self.unit.facts.put(KEY, self.unit.vault.seal(key, "facts", "value", KEY).hex())
        return key

    async def _kept_key(self) -> bytes:
        kept = await self.unit.facts.get(KEY)
        return self.unit.vault.open(bytes.fromhex(kept), "facts", "value", KEY) if kept else b""


def _seal(key: bytes, before: bytes, values: tuple[int, datetime, int | None, str, str]) -> bytes:
    number, at, actor_id, action, subject = values
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    words = "\x1f".join((str(number), moment, str(actor_id or ""), action, subject))
    return hmac.new(key, before + words.encode(), hashlib.sha256).digest()


def _proof(key: bytes, number: int, seal: bytes) -> str:
    return hmac.new(key, f"base|{number}|".encode() + seal, hashlib.sha256).hexdigest()


def _read(row: sa.Row[Any]) -> Entry:
    return Entry(row.number, row.at, row.actor_id, row.action, row.subject, bytes(row.seal))
