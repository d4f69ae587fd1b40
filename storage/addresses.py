"""Where people can be reached: a channel, one of our accounts on it, and the provider's opaque peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage.prepared import often
from storage.store import AnyRow, Store
from storage.tables import Instant, addresses, members
from storage.vault import random_id

LONG_SILENCE = timedelta(days=180)
"""After how long without a word a number may have passed to somebody else."""

INDEXED = "address"
"""The purpose for which a peer's keyed index is computed."""


@dataclass(frozen=True, slots=True)
class Address:
    """One chat with one person. `peer` is opaque: never parse a number out of it."""

    id: int
    member_id: int
    channel: str
    account: str
    peer: str
    reachable: str
    window_until: datetime | None
    heard_at: datetime | None = None
    preferred: bool = False


def best_address() -> sa.ScalarSelect[int]:
    """Select, for the row of `members` in the outer query, the id of the address that announcements go to.

    A reachable address before one that is not; among those the preferred one, else the one heard last.
    """
    candidates = addresses.alias("candidates")
    return (
        sa.select(candidates.c.id)
        .where(candidates.c.member_id == members.c.id)
        .order_by(*best_first(candidates))
        .limit(1)
        .correlate(members)
        .scalar_subquery()
    )


def best_first(table: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
    """Order rows of `addresses` (or an alias of it) by where a person is best reached."""
    return (
        sa.and_(table.c.reachable == "yes", sa.not_(table.c.in_doubt)).desc(),
        table.c.preferred.desc(),
        table.c.heard_at.desc().nulls_last(),
        table.c.id,
    )


class Addresses(Store):
    """Look-ups by keyed index; the peer itself is sealed."""

    async def get(self, address_id: int) -> Address | None:
        """Find an address by id."""
        row = await self.one(sa.select(addresses).where(addresses.c.id == address_id))
        return None if row is None else (await self._all_read([row]))[0]

    async def find(self, channel: str, account: str, peer: str) -> Address | None:
        """Find the address of a provider's peer."""
        indexes = self.unit.vault.indexes(INDEXED, channel, peer)
        given: dict[str, Any] = {"given_channel": channel, "given_account": account}
        given |= {f"given_peer_{number}": index for number, index in enumerate(indexes)}
        row = await self.one(_find(len(indexes)), given)
        return None if row is None else (await self._all_read([row]))[0]

    async def add(self, member_id: int, channel: str, account: str, peer: str) -> Address:
        """Remember where a person can be reached."""
        address_id = random_id()
        await self.run(
            addresses.insert().values(
                id=address_id,
                member_id=member_id,
                channel=channel,
                account=account,
                peer_sealed=await self.unit.keys.seal(member_id, peer, "addresses", "peer", address_id),
                peer_index=self.unit.vault.index(INDEXED, channel, peer),
            )
        )
        return Address(address_id, member_id, channel, account, peer, "yes", None)

    async def heard(self, address_id: int, at: datetime, window_until: datetime | None) -> None:
        """Note that the person wrote: they are reachable, and a window may have opened for what waited.

        After LONG_SILENCE it is in doubt whether it is the same person: what waited goes on waiting until `trust`.
        """
        given = {
            "given_id": address_id,
            "given_moment": at,
            "given_past": at - LONG_SILENCE,
            "given_window": window_until,
        }
        in_doubt = await self.scalar(_heard(), given)
        if in_doubt is not None and not in_doubt and window_until is not None and window_until > at:
            await self.unit.outbox.window_opened(address_id, at)

    async def window_closed(self, address_id: int, at: datetime) -> None:
        """Note that the provider calls the window closed."""
        await self.run(
            addresses.update()
            .where(addresses.c.id == address_id, addresses.c.window_until > at)
            .values(window_until=at)
        )

    async def trust(self, address_id: int, now: datetime) -> bool:
        """Note that it is the same person, and send what waited for them; False where nobody doubted it."""
        row = await self.one(
            addresses.update()
            .where(addresses.c.id == address_id, addresses.c.in_doubt)
            .values(in_doubt=False)
            .returning(addresses.c.window_until)
        )
        if row is not None and row.window_until is not None and row.window_until > now:
            await self.unit.outbox.window_opened(address_id, now)
        return row is not None

    async def prefer(self, member_id: int, address_id: int) -> None:
        """Send a person's announcements to one of their addresses first."""
        await self.run(
            addresses.update()
            .where(addresses.c.member_id == member_id)
            .values(preferred=addresses.c.id == address_id)
        )

    async def remove(self, address: Address, now: datetime) -> None:
        """Forget an address. What waits to be sent there goes to the person's next best one; replies are dropped."""
        row = await self.one(
            sa.select(addresses)
            .where(addresses.c.member_id == address.member_id, addresses.c.id != address.id)
            .order_by(*best_first(addresses))
            .limit(1)
        )
        if row is not None:
            (other,) = await self._all_read([row])
            await self.unit.outbox.readdress(address.id, other, now=now)
        await self.unit.outbox.drop_for(address.id)
        await self.run(addresses.delete().where(addresses.c.id == address.id))

    async def mark(self, address_id: int, reachable: str) -> None:
        """Set whether the address can be reached: yes, blocked or unreachable."""
        await self.run(addresses.update().where(addresses.c.id == address_id).values(reachable=reachable))

    async def of_member(self, member_id: int) -> list[Address]:
        """List a person's addresses, the most recently heard one first."""
        rows = await self.all(
            sa.select(addresses)
            .where(addresses.c.member_id == member_id)
            .order_by(addresses.c.heard_at.desc().nulls_last(), addresses.c.id)
        )
        return await self._all_read(rows)

    async def best(self, member_id: int) -> Address | None:
        """Choose where to reach a person who did not just write; None where they can't be reached."""
        row = await self.one(
            sa.select(addresses)
            .where(addresses.c.member_id == member_id, addresses.c.reachable == "yes")
            .order_by(*best_first(addresses))
            .limit(1)
        )
        return None if row is None else (await self._all_read([row]))[0]

    async def _all_read(self, rows: Sequence[AnyRow]) -> list[Address]:
        await self.unit.keys.load_column(rows, "peer_sealed")
        return [self._read(row) for row in rows]

    def _read(self, row: sa.Row[Any]) -> Address:
        return Address(
            id=row.id,
            member_id=row.member_id,
            channel=row.channel,
            account=row.account,
            peer=self.unit.keys.open_text(row.peer_sealed, "addresses", "peer", row.id),
            reachable=row.reachable,
            window_until=row.window_until,
            heard_at=row.heard_at,
            preferred=row.preferred,
        )


@often
def _find(indexes: int) -> sa.Select[Any]:
    peers = [addresses.c.peer_index == sa.bindparam(f"given_peer_{number}") for number in range(indexes)]
    return sa.select(addresses).where(
        addresses.c.channel == sa.bindparam("given_channel"),
        addresses.c.account == sa.bindparam("given_account"),
        sa.or_(*peers),
    )


@often
def _heard() -> sa.Executable:
    moment = sa.bindparam("given_moment", type_=Instant)
    long_ago = sa.func.coalesce(addresses.c.heard_at < sa.bindparam("given_past", type_=Instant), sa.false())
    return (
        addresses.update()
        # What is made up for after an outage may be older than what was heard since.
        .where(
            addresses.c.id == sa.bindparam("given_id"),
            sa.or_(addresses.c.heard_at.is_(None), addresses.c.heard_at <= moment),
        )
        .values(
            heard_at=moment,
            window_until=sa.bindparam("given_window", type_=Instant),
            reachable="yes",
            in_doubt=sa.or_(addresses.c.in_doubt, long_ago),
        )
        .returning(addresses.c.in_doubt)
    )
