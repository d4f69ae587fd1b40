"""Who comes to what. Take `events.hold` before anything here that changes seats: that is what keeps them countable.

States: confirmed, waitlisted, cancelled. At most one of a person's registrations for an event is not cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.events import ends_after
from storage.store import Store
from storage.tables import events, registrations

ACTIVE = ("confirmed", "waitlisted")


@dataclass(frozen=True, slots=True)
class Registration:
    """One person's seat or place in line. `member_id` is None once the person was erased."""

    id: int
    event_id: int
    member_id: int | None
    organisation_id: int | None
    state: str
    joined_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Seats:
    """How many registrations of an event are in each state."""

    confirmed: int = 0
    waitlisted: int = 0
    cancelled: int = 0


class Registrations(Store):
    """Seats and places in line."""

    async def of(self, event_id: int, member_id: int) -> Registration | None:
        """Find a person's seat or place in line; nothing where they have none or gave it back."""
        row = await self.one(sa.select(registrations).where(_active(event_id, member_id)))
        return None if row is None else _read(row)

    async def seats(self, event_id: int) -> Seats:
        """Count an event's registrations; somebody who cancelled and came back counts as coming."""
        again = registrations.alias("again")
        came_back = sa.exists().where(
            again.c.event_id == registrations.c.event_id,
            again.c.member_id == registrations.c.member_id,
            again.c.id > registrations.c.id,
        )
        rows = await self.all(
            sa.select(registrations.c.state, sa.func.count())
            .where(registrations.c.event_id == event_id, ~came_back)
            .group_by(registrations.c.state)
        )
        return Seats(**{row[0]: row[1] for row in rows})

    async def place(self, registration: Registration) -> int:
        """Return somebody's place in line, 1 being the next; 0 for who is not waiting."""
        if registration.state != "waitlisted":
            return 0
        table = registrations.c
        ahead = sa.or_(
            table.joined_at < registration.joined_at,
            sa.and_(table.joined_at == registration.joined_at, table.id < registration.id),
        )
        waiting = (table.event_id == registration.event_id, table.state == "waitlisted")
        return int(await self.scalar(sa.select(sa.func.count()).where(*waiting, ahead)) or 0) + 1

    async def add(
        self, event_id: int, member_id: int, organisation_id: int | None, state: str, at: datetime
    ) -> bool:
        """Take a seat or a place in line for somebody; False where they have one already."""
        insert = self.upsert(registrations).values(
            event_id=event_id,
            member_id=member_id,
            organisation_id=organisation_id,
            state=state,
            joined_at=at,
            changed_at=at,
        )
        active = insert.on_conflict_do_nothing(
            index_elements=["event_id", "member_id"], index_where=sa.text("state <> 'cancelled'")
        )
        return await self.run(active) == 1

    async def cancel(self, event_id: int, member_id: int, at: datetime) -> bool:
        """Give a seat or a place in line back; False where there was none."""
        statement = registrations.update().where(_active(event_id, member_id))
        return await self.run(statement.values(state="cancelled", changed_at=at)) > 0

    async def promote(self, event_id: int, count: int, at: datetime) -> list[int]:
        """Give seats to those who waited longest and return who they are."""
        if count <= 0:
            return []
        rows = await self.all(
            sa.select(registrations.c.id, registrations.c.member_id)
            .where(
                registrations.c.event_id == event_id,
                registrations.c.state == "waitlisted",
                registrations.c.member_id.is_not(None),
            )
            .order_by(registrations.c.joined_at, registrations.c.id)
            .limit(count)
        )
        await self.run(
            registrations.update()
            .where(registrations.c.id.in_([row.id for row in rows]))
            .values(state="confirmed", changed_at=at)
        )
        return [row.member_id for row in rows]

    async def roster(self, event_id: int, state: str, *, limit: int, offset: int = 0) -> list[Registration]:
        """List an event's registrations of one state in the order in which people came."""
        rows = await self.all(
            sa.select(registrations)
            .where(registrations.c.event_id == event_id, registrations.c.state == state)
            .order_by(registrations.c.joined_at, registrations.c.id)
            .limit(limit)
            .offset(offset)
        )
        return [_read(row) for row in rows]

    async def by_organisation(self, event_id: int, state: str) -> dict[int | None, int]:
        """Count an event's registrations of one state by organisation, the most in front."""
        count = sa.func.count()
        rows = await self.all(
            sa.select(registrations.c.organisation_id, count)
            .where(registrations.c.event_id == event_id, registrations.c.state == state)
            .group_by(registrations.c.organisation_id)
            .order_by(count.desc(), registrations.c.organisation_id)
        )
        return {row[0]: row[1] for row in rows}

    def recipients(self, event_id: int, *states: str) -> sa.Select[tuple[int]]:
        """Select the ids of the people whose registration is in one of the states (default: active ones)."""
        return sa.select(registrations.c.member_id).where(
            registrations.c.event_id == event_id,
            registrations.c.state.in_(states or ACTIVE),
            registrations.c.member_id.is_not(None),
        )

    async def upcoming_of(self, member_id: int, now: datetime) -> list[int]:
        """List the events that are not over and in which somebody has a seat or a place in line, by id."""
        rows = await self.all(
            sa.select(registrations.c.event_id)
            .join(events, events.c.id == registrations.c.event_id)
            .where(registrations.c.member_id == member_id, registrations.c.state.in_(ACTIVE), ends_after(now))
            .order_by(registrations.c.event_id)
        )
        return [row.event_id for row in rows]


def _active(event_id: int, member_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        registrations.c.event_id == event_id,
        registrations.c.member_id == member_id,
        registrations.c.state.in_(ACTIVE),
    )


def _read(row: sa.Row[Any]) -> Registration:
    return Registration(
        id=row.id,
        event_id=row.event_id,
        member_id=row.member_id,
        organisation_id=row.organisation_id,
        state=row.state,
        joined_at=row.joined_at,
        changed_at=row.changed_at,
    )
