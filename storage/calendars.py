"""Private addresses under which a person's calendar finds their events. Only a hash of each is kept."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import calendar_feeds, events, registrations
from storage.vault import code_hash

TOKEN_BYTES = 16
"""128 random bits."""


class Calendars(Store):
    """At most one address a person; making another ends the one before."""

    async def make(self, member_id: int, at: datetime) -> str:
        """Make an address for a person and return its token, which can't be read again later."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        values = {"token_hash": code_hash(token), "made_at": at}
        insert = self.upsert(calendar_feeds).values(member_id=member_id, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["member_id"], set_=values))
        return token

    async def made_at(self, member_id: int) -> datetime | None:
        """Return when a person's address was made; None where there is none."""
        row = await self.one(
            sa.select(calendar_feeds.c.made_at).where(calendar_feeds.c.member_id == member_id)
        )
        return None if row is None else row.made_at

    async def end(self, member_id: int) -> bool:
        """Let a person's address stop working; False where there was none."""
        return await self.run(calendar_feeds.delete().where(calendar_feeds.c.member_id == member_id)) == 1

    async def whose(self, token: str) -> int | None:
        """Return whose address this is."""
        found = await self.scalar(
            sa.select(calendar_feeds.c.member_id).where(calendar_feeds.c.token_hash == code_hash(token))
        )
        return None if found is None else int(found)

    async def states(self, member_id: int, since: datetime, limit: int) -> dict[int, str]:
        """Return the state of a person's latest registration for each event that begins after a moment."""
        latest = (
            sa.select(sa.func.max(registrations.c.id))
            .join(events, events.c.id == registrations.c.event_id)
            .where(registrations.c.member_id == member_id, events.c.starts_at >= since)
            .group_by(registrations.c.event_id)
            .order_by(sa.func.max(registrations.c.id).desc())
            .limit(limit)
        )
        rows = await self.all(
            sa.select(registrations.c.event_id, registrations.c.state)
            .where(registrations.c.id.in_(latest))
            .order_by(registrations.c.event_id)
        )
        return {row.event_id: row.state for row in rows}

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return that a person has an address, for them to take along; the address itself is not known."""
        made = await self.made_at(member_id)
        return [] if made is None else [{"made_at": made.isoformat()}]
