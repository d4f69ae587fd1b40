"""Messages that are to be taken out of chats, where the channel allows it: what was typed in secret, or everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.addresses import Address
from storage.store import Store
from storage.tables import addresses, outbox, removals


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
            {"address_id": address_id, "message": one, "asked_at": at}
            for one in dict.fromkeys(messages)
            if one
        ]
        if not rows:
            return 0
        insert = self.upsert(removals).on_conflict_do_nothing(index_elements=["address_id", "message"])
        await self.run(insert, rows)
        self.unit.removing = True
        return len(rows)

    async def sent_since(self, address_id: int, since: datetime) -> list[str]:
        """List the provider's ids of what was sent to a chat since a moment."""
        rows = await self.all(
            sa.select(outbox.c.provider_id).where(
                outbox.c.address_id == address_id, outbox.c.provider_id != "", outbox.c.created_at >= since
            )
        )
        return [row.provider_id for row in rows]

    async def waiting(self, channel: str, account: str, limit: int = 100) -> list[Removal]:
        """List what is to be removed on one account."""
        rows = await self.all(
            sa.select(removals)
            .join(addresses, addresses.c.id == removals.c.address_id)
            .where(addresses.c.channel == channel, addresses.c.account == account)
            .order_by(removals.c.id)
            .limit(limit)
        )
        found = []
        for row in rows:
            address = await self.unit.addresses.get(row.address_id)
            assert address is not None  # noqa: S101 - it was just joined
            found.append(Removal(row.id, address, row.message))
        return found

    async def done(self, ids: Sequence[int]) -> None:
        """Forget what was removed, or can't be."""
        await self.run(removals.delete().where(removals.c.id.in_(ids)))
