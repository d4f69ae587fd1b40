"""Whether people with a seat say that they come, and how: asked the day before, seen by coordinators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import events, intentions, registrations


@dataclass(frozen=True, slots=True)
class Intention:
    """What somebody said. `coming`: yes, partly, no; `way`: online, in_person; empty where they did not say."""

    coming: str = ""
    way: str = ""


class Intentions(Store):
    """One row for an event and a person. It counts while they have the seat that they had when they said it."""

    async def of(self, event_id: int, member_id: int) -> Intention:
        """Return what somebody said about an event."""
        row = await self.one(sa.select(intentions).where(_of(event_id, member_id), _still_seated()))
        return Intention() if row is None else Intention(row.coming, row.way)

    async def say(self, event_id: int, member_id: int, at: datetime, **what: str) -> None:
        """Keep what somebody says: `coming`, `way`, or both."""
        insert = self.upsert(intentions).values(event_id=event_id, member_id=member_id, at=at, **what)
        keys = ["event_id", "member_id"]
        await self.run(insert.on_conflict_do_update(index_elements=keys, set_={**what, "at": at}))

    async def of_event(self, event_id: int) -> dict[int, Intention]:
        """Return what everybody said about an event."""
        rows = await self.all(sa.select(intentions).where(intentions.c.event_id == event_id, _still_seated()))
        return {row.member_id: Intention(row.coming, row.way) for row in rows}

    async def in_the_room(self, event_id: int) -> int:
        """Count those with a seat who take part in person."""
        here = (intentions.c.event_id == event_id, intentions.c.way == "in_person", _still_seated())
        return int(await self.scalar(sa.select(sa.func.count()).select_from(intentions).where(*here)) or 0)

    async def forget_coming(self, event_id: int, at: datetime) -> None:
        """Take back who said that they come: the event takes place at another time now."""
        await self.run(intentions.update().where(intentions.c.event_id == event_id).values(coming="", at=at))

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return what a person said, for them to take along."""
        rows = await self.all(
            sa.select(intentions).where(intentions.c.member_id == member_id).order_by(intentions.c.event_id)
        )
        return [{"event_number": row.event_id, "coming": row.coming, "way": row.way} for row in rows]

    async def forget(self, before: datetime) -> int:
        """Drop what was said about events that began before a moment."""
        past = sa.select(events.c.id).where(events.c.starts_at < before)
        return await self.run(intentions.delete().where(intentions.c.event_id.in_(past)))


def _still_seated() -> sa.ColumnElement[bool]:
    """Match what was said since the person has the seat: who gave theirs back and came again says it anew."""
    return sa.exists().where(
        registrations.c.event_id == intentions.c.event_id,
        registrations.c.member_id == intentions.c.member_id,
        registrations.c.state == "confirmed",
        registrations.c.joined_at <= intentions.c.at,
    )


def _of(event_id: int, member_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(intentions.c.event_id == event_id, intentions.c.member_id == member_id)
