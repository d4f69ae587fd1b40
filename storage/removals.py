"""Messages that are to be taken out of chats, where the channel allows it: what was typed in secret, or everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.addresses import Address
from storage.store import Store
from storage.tables import addresses, outbox, removals

KEY = "key:"
"""Before the key of a reply, instead of the provider's id of a message."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One message to be removed; `message` is the provider's id of it."""

    id: int
    address: Address
    message: str


class Removals(Store):
    """A to-do list that survives a crash; taking a message out twice harms nobody."""

    async def ask(self, address_id: int, messages: Iterable[str], at: datetime) -> int:
        """Have messages of one chat removed; return how many."""
        rows = [
            {"address_id": address_id, "message": one, "asked_at": at, "due_at": at}
            for one in dict.fromkeys(messages)
            if one
        ]
        if not rows:
            return 0
        insert = self.upsert(removals).on_conflict_do_nothing(index_elements=["address_id", "message"])
        await self.run(insert, rows)
        self.unit.removing = True
        return len(rows)

    async def expire(self, address_id: int, key: str, at: datetime, due_at: datetime) -> None:
        """Have the message of a reply taken out later, unless something else stands in its place by then."""
        values = {"address_id": address_id, "message": f"{KEY}{key}", "asked_at": at, "due_at": due_at}
        insert = self.upsert(removals).values(values)
        await self.run(insert.on_conflict_do_nothing(index_elements=["address_id", "message"]))

    async def sent_since(self, address_id: int, since: datetime) -> list[str]:
        """List the provider's ids of what was sent to a chat since a moment."""
        rows = await self.all(
            sa.select(outbox.c.provider_id).where(
                outbox.c.address_id == address_id, outbox.c.provider_id != "", outbox.c.created_at >= since
            )
        )
        return [row.provider_id for row in rows]

    async def waiting(self, channel: str, account: str, now: datetime, limit: int = 100) -> list[Removal]:
        """List what is to be removed on one account; `message` is empty where nothing is left to remove."""
        rows = await self.all(
            sa.select(removals)
            .join(addresses, addresses.c.id == removals.c.address_id)
            .where(addresses.c.channel == channel, addresses.c.account == account, removals.c.due_at <= now)
            .order_by(removals.c.id)
            .limit(limit)
        )
        found = []
        for row in rows:
            address = await self.unit.addresses.get(row.address_id)
            assert address is not None  # noqa: S101 - it was just joined
            key = row.message.removeprefix(KEY)
            message = row.message if key == row.message else await self._still_shown(address.id, key)
            found.append(Removal(row.id, address, message))
        return found

    async def _still_shown(self, address_id: int, key: str) -> str:
        """Return the provider's id of a reply's message, if no later one was put in its place."""
        mine = await self.one(sa.select(outbox.c.id, outbox.c.provider_id).where(outbox.c.key == key))
        if mine is None or not mine.provider_id:
            return ""
        newest = await self.scalar(
            sa.select(sa.func.max(outbox.c.id)).where(
                outbox.c.address_id == address_id, outbox.c.provider_id == mine.provider_id
            )
        )
        return str(mine.provider_id) if newest == mine.id else ""

    async def forget(self, before: datetime) -> int:
        """Give up what could not be removed since a moment."""
        return await self.run(removals.delete().where(removals.c.due_at < before))

    async def done(self, ids: Sequence[int]) -> None:
        """Forget what was removed, or can't be."""
        await self.run(removals.delete().where(removals.c.id.in_(ids)))
