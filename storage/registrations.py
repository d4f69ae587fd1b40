"""Who comes to what. Take `events.hold` before anything here that changes seats: that is what keeps them countable.

A registration is active while it is invited, applied, waitlisted, offered (a seat is held for them until
`offer_until`) or confirmed; at most one of a person's registrations for an event is. It ends as declined (by
coordinators, of those who applied), refused (an offer or invitation, by the person), expired (an offer that ran
out), cancelled (by the person) or removed (by coordinators).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.addresses import best_address
from storage.events import ends_after
from storage.store import AnyRow, Store
from storage.tables import ACTIVE, ACTIVE_REGISTRATION, addresses, events, members, registrations

CONCERNED = ("applied", "waitlisted", "offered", "confirmed")
"""The states of those who hear of it when an event moves or is cancelled."""
TURNED_AWAY = ("declined", "removed")
"""The states in which coordinators end a registration."""
HOLDING = ("offered", "confirmed")
"""The states that take up a seat."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Where one person stands with an event. `member_id` is None once the person was erased."""

    id: int
    event_id: int
    member_id: int | None
    organisation_id: int | None
    state: str
    joined_at: datetime
    changed_at: datetime
    offer_until: datetime | None = None
    nominator_id: int | None = None
    reason: str = ""
    kept_schedule: int | None = None
    """The event's schedule revision whose time they said suits them."""


@dataclass(frozen=True, slots=True)
class Seats:
    """How many people of an event stand where.

    `declined` are those who applied and were not chosen; `cancelled` counts everybody else who is out of it.
    """

    confirmed: int = 0
    waitlisted: int = 0
    cancelled: int = 0
    offered: int = 0
    applied: int = 0
    invited: int = 0
    declined: int = 0

    @property
    def held(self) -> int:
        """Count the seats that are taken or held for somebody."""
        return self.confirmed + self.offered


@dataclass(frozen=True, slots=True)
class Line:
    """The seats that are taken or held, by organisation, and those who wait and can be reached, in order."""

    taken: Mapping[int | None, int] = field(default_factory=dict)
    waiting: Sequence[Registration] = ()
    length: int = 0
    """How many wait in all, also those who can't be reached."""


class Registrations(Store):
    """Seats and places in line."""

    async def get(self, registration_id: int) -> Registration | None:
        """Find a registration by id, in whatever state."""
        row = await self.one(sa.select(registrations).where(registrations.c.id == registration_id))
        return None if row is None else (await self._all_read([row]))[0]

    async def of(self, event_id: int, member_id: int) -> Registration | None:
        """Find a person's active registration; nothing where they have none or it ended."""
        row = await self.one(sa.select(registrations).where(_active(event_id, member_id)))
        return None if row is None else (await self._all_read([row]))[0]

    async def last_of(self, event_id: int, member_id: int) -> Registration | None:
        """Find a person's latest registration, also one that ended."""
        row = await self.one(
            sa.select(registrations)
            .where(registrations.c.event_id == event_id, registrations.c.member_id == member_id)
            .order_by(registrations.c.id.desc())
            .limit(1)
        )
        return None if row is None else (await self._all_read([row]))[0]

    async def seats(self, event_id: int) -> Seats:
        """Count an event's registrations; somebody who left and came back counts as coming."""
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
        counts = {row[0]: row[1] for row in rows}
        told_apart = {state: counts.pop(state, 0) for state in (*ACTIVE, "declined")}
        return Seats(cancelled=sum(counts.values()), **told_apart)

    async def line(self, event_id: int) -> Line:
        """Return the seats that are taken and who waits; whoever can't be reached is not asked to take a seat."""
        taken = await self.all(
            sa.select(registrations.c.organisation_id, sa.func.count())
            .where(registrations.c.event_id == event_id, registrations.c.state.in_(HOLDING))
            .group_by(registrations.c.organisation_id)
        )
        waiting = (registrations.c.event_id == event_id, registrations.c.state == "waitlisted")
        rows = await self.all(
            sa.select(registrations)
            .join(members, members.c.id == registrations.c.member_id)
            .join(addresses, addresses.c.id == best_address())
            .where(*waiting, addresses.c.reachable == "yes", ~members.c.silenced)
            .order_by(registrations.c.joined_at, registrations.c.id)
        )
        length = await self.scalar(sa.select(sa.func.count()).where(*waiting))
        return Line({row[0]: row[1] for row in taken}, await self._all_read(rows), int(length or 0))

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
        self,
        event_id: int,
        member_id: int,
        organisation_id: int | None,
        state: str,
        at: datetime,
        *,
        nominator_id: int | None = None,
        schedule: int | None = None,
    ) -> bool:
        """Begin somebody's registration in a state; False where they have an active one already.

        `schedule` is the event's schedule revision that they saw when they asked for it.
        """
        insert = self.upsert(registrations).values(
            event_id=event_id,
            member_id=member_id,
            organisation_id=organisation_id,
            state=state,
            joined_at=at,
            changed_at=at,
            nominator_id=nominator_id,
            kept_schedule=schedule,
        )
        active = insert.on_conflict_do_nothing(
            index_elements=["event_id", "member_id"], index_where=sa.text(ACTIVE_REGISTRATION)
        )
        return await self.run(active) == 1

    async def move(self, registration: Registration, state: str, at: datetime, **fields: Any) -> bool:
        """Change a registration's state; False where it is no longer in the one that was seen."""
        changed = await self.run(
            registrations.update()
            .where(registrations.c.id == registration.id, registrations.c.state == registration.state)
            .values(state=state, changed_at=at, offer_until=None, **fields)
        )
        return changed == 1

    async def cancel(self, event_id: int, member_id: int, at: datetime) -> bool:
        """Give a seat or a place in line back; False where there was none."""
        statement = registrations.update().where(_active(event_id, member_id))
        return await self.run(statement.values(state="cancelled", changed_at=at, offer_until=None)) > 0

    async def keep(self, registration_id: int, schedule_revision: int) -> None:
        """Note that the time of a schedule suits somebody."""
        await self.run(
            registrations.update()
            .where(registrations.c.id == registration_id)
            .values(kept_schedule=schedule_revision)
        )

    async def count_kept(self, event_id: int, schedule_revision: int) -> int:
        """Count those with a seat who said that the time of a schedule suits them, or came when it was that."""
        return int(
            await self.scalar(
                sa.select(sa.func.count()).where(
                    registrations.c.event_id == event_id,
                    registrations.c.state == "confirmed",
                    registrations.c.kept_schedule == schedule_revision,
                )
            )
            or 0
        )

    async def keep_reason(self, registration_id: int, reason: str) -> None:
        """Keep why coordinators chose or declined somebody."""
        this = registrations.c.id == registration_id
        member_id = await self.scalar(sa.select(registrations.c.member_id).where(this))
        place = ("registrations", "reason", registration_id)
        sealed = await self.unit.keys.seal(member_id, reason, *place) if reason and member_id else None
        await self.run(registrations.update().where(this).values(reason_sealed=sealed))

    # --- offers ---------------------------------------------------------------------------------------------

    async def offer(self, chosen: Sequence[Registration], until: datetime, at: datetime) -> None:
        """Hold a seat for each of those who wait, until a moment."""
        await self.run(
            registrations.update()
            .where(registrations.c.id.in_([one.id for one in chosen]), registrations.c.state == "waitlisted")
            .values(state="offered", offer_until=until, changed_at=at)
        )

    async def clip_offers(self, event_id: int, latest: datetime) -> None:
        """Let no offer of an event last longer than this."""
        offered = (registrations.c.event_id == event_id, registrations.c.state == "offered")
        await self.run(
            registrations.update()
            .where(*offered, registrations.c.offer_until > latest)
            .values(offer_until=latest)
        )

    async def lapsed(self, now: datetime, limit: int = 50) -> list[int]:
        """List the events in which an offer has run out, by id."""
        rows = await self.all(
            sa.select(registrations.c.event_id)
            .where(registrations.c.state == "offered", registrations.c.offer_until <= now)
            .distinct()
            .order_by(registrations.c.event_id)
            .limit(limit)
        )
        return [row.event_id for row in rows]

    async def expire(self, event_id: int, now: datetime) -> list[Registration]:
        """End the offers of an event that have run out, and return them."""
        rows = await self.all(
            sa.select(registrations)
            .where(
                registrations.c.event_id == event_id,
                registrations.c.state == "offered",
                registrations.c.offer_until <= now,
            )
            .order_by(registrations.c.id)
        )
        ended = await self._all_read(rows)
        await self.run(
            registrations.update()
            .where(registrations.c.id.in_([one.id for one in ended]), registrations.c.state == "offered")
            .values(state="expired", changed_at=now, offer_until=None)
        )
        return ended

    # --- lists ----------------------------------------------------------------------------------------------

    async def roster(self, event_id: int, state: str, *, limit: int, offset: int = 0) -> list[Registration]:
        """List an event's registrations of one state in the order in which people came."""
        rows = await self.all(
            sa.select(registrations)
            .where(registrations.c.event_id == event_id, registrations.c.state == state)
            .order_by(registrations.c.joined_at, registrations.c.id)
            .limit(limit)
            .offset(offset)
        )
        return await self._all_read(rows)

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
        """List the events that are not over and in which somebody's registration is active, by id."""
        rows = await self.all(
            sa.select(registrations.c.event_id)
            .join(events, events.c.id == registrations.c.event_id)
            .where(registrations.c.member_id == member_id, registrations.c.state.in_(ACTIVE), ends_after(now))
            .order_by(registrations.c.event_id)
        )
        return [row.event_id for row in rows]

    async def taken_part(self, member_id: int, now: datetime) -> int:
        """Count the past events in which somebody had a seat."""
        count = sa.select(sa.func.count()).select_from(registrations)
        return int(
            await self.scalar(
                count.join(events, events.c.id == registrations.c.event_id).where(
                    registrations.c.member_id == member_id,
                    registrations.c.state == "confirmed",
                    events.c.state == "published",
                    ~ends_after(now),
                )
            )
            or 0
        )

    async def _all_read(self, rows: Sequence[AnyRow]) -> list[Registration]:
        await self.unit.keys.load_column(rows, "reason_sealed")
        return [self._read(row) for row in rows]

    def _read(self, row: sa.Row[Any]) -> Registration:
        return Registration(
            id=row.id,
            event_id=row.event_id,
            member_id=row.member_id,
            organisation_id=row.organisation_id,
            state=row.state,
            joined_at=row.joined_at,
            changed_at=row.changed_at,
            offer_until=row.offer_until,
            nominator_id=row.nominator_id,
            kept_schedule=row.kept_schedule,
            reason=self.unit.keys.open_text(row.reason_sealed, "registrations", "reason", row.id),
        )


def _active(event_id: int, member_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        registrations.c.event_id == event_id,
        registrations.c.member_id == member_id,
        registrations.c.state.in_(ACTIVE),
    )
