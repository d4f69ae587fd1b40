"""A new key for everything: what older keys of the ring sealed is sealed anew by the newest, a batch at a time.

It goes on while people use the bot, and after a kill: each batch is a transaction that also keeps the place behind
which work goes on. What is left to do is read off the rows themselves: only a pass that found nothing ends it. People's
own keys are sealed anew; what lies under them stays. Keyed indexes are computed anew behind a cursor, and until
then looked up by every key of the ring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storage.addresses import INDEXED
from storage.audit import KEY as AUDIT_KEY
from storage.store import AnyRow, Store
from storage.tables import addresses, facts, metadata
from storage.vault import VERSION, VaultError

CHECK = "key-check"
IN_USE = "keys-in-use"
"""The fact that names every key that some row may still need."""
INDEX = "keys-index"
"""The fact that says how far the indexes are: `key id|last address`, or `key id|done`."""
RESEALED = "keys-resealed"
"""The fact that says how far the sealed values are: a Pass, written down."""
SEALED_FACTS = (CHECK, AUDIT_KEY)
BATCH = 200
LARGE = ("files",)
"""Tables whose values are so large that one makes a batch."""
SUFFIX = "_sealed"

ROWS: dict[str, Callable[[AnyRow], int | str]] = {
    "conversations": lambda row: int(row.address_id),
    "event_days": lambda row: f"{row.event_id}|{row.day}",
    "events": lambda row: str(row.uid),
    "inbox": lambda row: f"{row.channel}|{row.account}|{row.provider_id}",
    "outbox": lambda row: str(row.key),
    "member_traits": lambda row: int(row.member_id),
    "pins": lambda row: int(row.member_id),
    "survey_answers": lambda row: str(row.id.hex()),
    "survey_drafts": lambda row: f"{row.survey_id}|{row.member_id}",
    "surveys": lambda row: int(row.event_id),
}
"""What a table's sealed values are bound to, where that is not its `id`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A column of sealed values."""

    table: sa.Table
    column: sa.Column[Any]

    @property
    def name(self) -> str:
        """The name by which values are bound to the column."""
        return self.column.name.removesuffix(SUFFIX)

    def row(self, row: AnyRow) -> int | str:
        """Return what a row's value is bound to."""
        bound = ROWS.get(self.table.name)
        return int(row.id) if bound is None else bound(row)

    @property
    def cursor(self) -> sa.Column[Any] | None:
        """Return the number by which rows are gone through in order, where the table has one."""
        key = next(iter(self.table.primary_key.columns))
        return key if isinstance(key.type, sa.Integer) else None

    @property
    def batch(self) -> int:
        """How many rows are done in one transaction."""
        return 1 if self.table.name in LARGE else BATCH


@dataclass(frozen=True, slots=True)
class Pass:
    """How far one pass over all columns has come: in which column, behind which row, and how many it has found."""

    key_id: str
    place: int = 0
    after: int | None = None
    found: int = 0

    @property
    def written(self) -> str:
        """Write it down as a fact."""
        return f"{self.key_id}|{self.place}|{'' if self.after is None else self.after}|{self.found}"

    @classmethod
    def read(cls, fact: str) -> Pass:
        """Read it back; one of no key where there is none."""
        key_id, *numbers = fact.split("|")
        if len(numbers) != 3:
            return cls("")
        place, after, found = numbers
        return cls(key_id, int(place), int(after) if after else None, int(found))


def places() -> Iterator[Place]:
    """List every column of sealed values."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith(SUFFIX):
                yield Place(table, column)


class Rekeying(Store):
    """Each method is one step; any may be repeated."""

    async def check(self) -> None:
        """Refuse a ring that lacks a key which rows need, or belongs to another database; raises VaultError."""
        vault = self.unit.vault
        kept = await self.unit.facts.get(CHECK)
        if kept:
            vault.open(bytes.fromhex(kept), "facts", "value", CHECK)
        else:
            await self.unit.facts.put(CHECK, vault.seal("diwakhan", "facts", "value", CHECK).hex())
        needed = set(filter(None, (await self.unit.facts.get(IN_USE)).split(",")))
        if missing := needed - set(vault.key_ids):
            raise VaultError(f"rows still need the key(s) {', '.join(sorted(missing))}")
        if vault.key_ids[0] not in needed:
            await self.unit.facts.put(IN_USE, ",".join(sorted({*needed, vault.key_ids[0]})))
            await self.unit.facts.put(RESEALED, "")

    async def pending(self) -> bool:
        """Say whether something may be left to do."""
        first = self.unit.vault.key_ids[0]
        settled = await self.unit.facts.get(IN_USE) == first
        return not settled or await self.unit.facts.get(INDEX) != f"{first}|done"

    async def step(self) -> int:
        """Do one batch and return how many rows it took; 0: all is done, and the older keys may go."""
        if done := await self._reseal_next() or await self._reseal_facts() or await self._reindex():
            return done
        await self.unit.facts.put(IN_USE, self.unit.vault.key_ids[0])
        return 0

    async def in_use(self) -> dict[str, int]:
        """Count sealed values by the key of the ring that opens them."""
        found: dict[str, int] = {}
        for place in places():
            ident = sa.func.substr(place.column, 2, 4)
            counted = sa.select(ident, sa.func.count()).where(_by_ring(place.column)).group_by(ident)
            for key_id, count in await self.all(counted):
                found[bytes(key_id).hex()] = found.get(bytes(key_id).hex(), 0) + count
        return found

    async def _reseal_next(self) -> int:
        """Go on with the pass, and begin another one as long as there was anything to do."""
        first = self.unit.vault.key_ids[0]
        kept = Pass.read(await self.unit.facts.get(RESEALED))
        now = kept if kept.key_id == first else Pass(first)
        everywhere = list(places())
        while now.place < len(everywhere):
            done, last = await self._reseal(everywhere[now.place], now.after)
            if done:
                await self.unit.facts.put(RESEALED, Pass(first, now.place, last, now.found + done).written)
                return done
            now = Pass(first, now.place + 1, None, now.found)
        again = Pass(first) if now.found else now
        if again.written != kept.written:
            await self.unit.facts.put(RESEALED, again.written)
        return now.found

    async def _reseal(self, place: Place, after: int | None) -> tuple[int, int | None]:
        """Do a batch of one column and return how many rows it had, and behind which the next one begins."""
        vault = self.unit.vault
        first = bytes.fromhex(vault.key_ids[0])
        older = sa.and_(_by_ring(place.column), sa.func.substr(place.column, 2, 4) != sa.literal(first))
        left = sa.select(place.table).where(older).limit(place.batch)
        key = place.cursor
        if key is not None:
            left = left.order_by(key).where(sa.true() if after is None else key >= after)
        rows = await self.all(left)
        for row in rows:
            old = getattr(row, place.column.name)
            bound = (place.table.name, place.name, place.row(row))
            same = [key == getattr(row, key.name) for key in place.table.primary_key.columns]
            # Compared, since on PostgreSQL somebody else may have written it meanwhile.
            await self.run(
                place.table.update()
                .where(*same, place.column == old)
                .values({place.column.name: vault.seal(vault.open(old, *bound), *bound)})
            )
        return len(rows), (getattr(rows[-1], key.name) if rows and key is not None else None)

    async def _reseal_facts(self) -> int:
        vault, done = self.unit.vault, 0
        for name in SEALED_FACTS:
            row = await self.one(sa.select(facts.c.value).where(facts.c.name == name).with_for_update())
            old = b"" if row is None else bytes.fromhex(row.value)
            if old and old[1:5].hex() != vault.key_ids[0]:
                opened = vault.open(old, "facts", "value", name)
                await self.unit.facts.put(name, vault.seal(opened, "facts", "value", name).hex())
                done += 1
        return done

    async def _reindex(self) -> int:
        vault, first = self.unit.vault, self.unit.vault.key_ids[0]
        key_id, _, last = (await self.unit.facts.get(INDEX)).partition("|")
        if (key_id, last) == (first, "done"):
            return 0
        after = int(last) if key_id == first else 0
        rows = await self.all(
            sa.select(addresses).where(addresses.c.id > after).order_by(addresses.c.id).limit(BATCH)
        )
        await self.unit.keys.load_column(rows, "peer_sealed")
        for row in rows:
            peer = self.unit.keys.open_text(row.peer_sealed, "addresses", "peer", row.id)
            index = vault.index(INDEXED, row.channel, peer)
            if bytes(row.peer_index) != index:
                await self.run(addresses.update().where(addresses.c.id == row.id).values(peer_index=index))
        await self.unit.facts.put(INDEX, f"{first}|{rows[-1].id if rows else 'done'}")
        return len(rows)


def _by_ring(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(column.is_not(None), sa.func.substr(column, 1, 1) == sa.literal(VERSION))
