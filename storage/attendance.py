"""Who was there, day by day, apart from who registered.

At most one row for a person (or a written name) and day: marking somebody twice changes nothing. A row keeps the
organisation that the person belonged to that day. Days are counted from 1.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import attendance, attendance_sheets, event_days, events, files, members, registrations
from storage.vault import random_id

DIGITS = 6
TRIES = 20
"""How often a code is drawn anew because another day has it."""
BETTER = ("present", "partly", "excused", "absent")
"""Of two records of one person for a day, the one that stays is the first of these."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a day stands: its code, empty while there is none, and whether it is closed."""

    event_id: int
    day: int
    code: str = ""
    closed_at: datetime | None = None

    @property
    def closed(self) -> bool:
        """Say whether who is not marked counts as not come."""
        return self.closed_at is not None


@dataclass(frozen=True, slots=True)
class Mark:
    """What is noted of one person on one day. `name` is only that of somebody without an account."""

    id: int
    day: int
    member_id: int | None
    organisation_id: int | None
    state: str
    how: str
    walk_in: bool
    name: str
    at: datetime


class Attendance(Store):
    """Marks, codes and photographed sheets."""

    # --- days -----------------------------------------------------------------------------------------------

    async def sheet(self, event_id: int, day: int) -> Sheet:
        """Say how a day stands."""
        row = await self.one(sa.select(event_days).where(_day(event_days, event_id, day)))
        return Sheet(event_id, day) if row is None else self._sheet(row)

    async def code(self, event_id: int, day: int, at: datetime) -> str:
        """Return a day's code, made if there is none."""
        known = await self.sheet(event_id, day)
        return known.code or await self.new_code(event_id, day, at)

    async def new_code(self, event_id: int, day: int, at: datetime) -> str:
        """Give a day another code; the one before it does not work any more."""
        vault = self.unit.vault
        for _ in range(TRIES):
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
            index = vault.index("check-in", code)
            taken = event_days.c.code_index.in_(vault.indexes("check-in", code))
            if await self.scalar(sa.select(event_days.c.day).where(taken)):
                continue
            values = {
                "code_sealed": vault.seal(code, "event_days", "code", f"{event_id}|{day}"),
                "code_index": index,
                "made_at": at,
            }
            insert = self.upsert(event_days).values(event_id=event_id, day=day, **values)
            await self.run(insert.on_conflict_do_update(index_elements=["event_id", "day"], set_=values))
            return code
        raise RuntimeError("no free check-in code was found")

    async def find_code(self, code: str) -> Sheet | None:
        """Find the day that a code belongs to."""
        indexes = self.unit.vault.indexes("check-in", code)
        row = await self.one(sa.select(event_days).where(event_days.c.code_index.in_(indexes)))
        return None if row is None else self._sheet(row)

    async def forget_codes(self, before: datetime) -> int:
        """Drop codes made before a moment, so that their numbers become free."""
        old = (event_days.c.made_at < before, event_days.c.code_index.is_not(None))
        return await self.run(event_days.update().where(*old).values(code_sealed=None, code_index=None))

    async def close(self, event_id: int, day: int, others: Mapping[int, str], at: datetime) -> bool:
        """Close a day, noting of each of the others what is given; False where it was closed already.

        `others` are people with a seat of whom nothing was noted. Hold the event first.
        """
        if (await self.sheet(event_id, day)).closed:
            return False
        insert = self.upsert(event_days).values(event_id=event_id, day=day, made_at=at, closed_at=at)
        await self.run(
            insert.on_conflict_do_update(index_elements=["event_id", "day"], set_={"closed_at": at})
        )
        for member_id, state in others.items():
            await self.mark(event_id, day, member_id, state, at, how="closing")
        return True

    async def reopen(self, event_id: int, day: int) -> bool:
        """Open a closed day again and take back what its closing had noted; False where it was open."""
        which = _day(event_days, event_id, day)
        opened = event_days.update().where(which, event_days.c.closed_at.is_not(None)).values(closed_at=None)
        if not await self.run(opened):
            return False
        noted = (_day(attendance, event_id, day), attendance.c.how == "closing")
        await self.run(attendance.delete().where(*noted))
        return True

    async def closed_days(self, event_id: int) -> set[int]:
        """List the days of an event that are closed."""
        rows = await self.all(
            sa.select(event_days.c.day).where(
                event_days.c.event_id == event_id, event_days.c.closed_at.is_not(None)
            )
        )
        return {row.day for row in rows}

    # --- marks ----------------------------------------------------------------------------------------------

    async def mark(
        self, event_id: int, day: int, member_id: int, state: str, at: datetime, *, how: str
    ) -> bool:
        """Note somebody's state for a day, with their organisation as it is; False where it was noted already.

        Whoever has no seat is noted as having walked in.
        """
        organisation = sa.select(members.c.organisation_id).where(members.c.id == member_id)
        seat = sa.exists().where(
            registrations.c.event_id == event_id,
            registrations.c.member_id == member_id,
            registrations.c.state == "confirmed",
        )
        insert = self.upsert(attendance).values(
            id=random_id(),
            event_id=event_id,
            day=day,
            member_id=member_id,
            organisation_id=organisation.scalar_subquery(),
            state=state,
            how=how,
            walk_in=~seat,
            at=at,
        )
        changed = await self.run(
            insert.on_conflict_do_update(
                index_elements=["event_id", "day", "member_id"],
                set_={"state": state, "how": how, "at": at},
                where=attendance.c.state != state,
            )
        )
        return changed == 1

    async def unmark(self, event_id: int, day: int, member_id: int) -> bool:
        """Take back what was noted of somebody for a day."""
        which = (_day(attendance, event_id, day), attendance.c.member_id == member_id)
        return await self.run(attendance.delete().where(*which)) == 1

    async def write_down(
        self, event_id: int, day: int, name: str, key: str, organisation_id: int | None, at: datetime
    ) -> bool:
        """Note by name somebody without an account who came; False where that name stands there already.

        `key` is the name as it is compared.
        """
        row_id = random_id()
        insert = self.upsert(attendance).values(
            id=row_id,
            event_id=event_id,
            day=day,
            organisation_id=organisation_id,
            state="present",
            how="list",
            walk_in=True,
            name_sealed=self.unit.vault.seal(name, "attendance", "name", row_id),
            name_index=self.unit.vault.index("walk-in", key),
            at=at,
        )
        return await self.run(insert.on_conflict_do_nothing()) == 1

    async def strike_out(self, event_id: int, mark_id: int) -> bool:
        """Forget somebody who was noted by name."""
        which = (attendance.c.id == mark_id, attendance.c.event_id == event_id)
        return await self.run(attendance.delete().where(*which, attendance.c.name_index.is_not(None))) == 1

    async def of(self, event_id: int, day: int, member_id: int) -> Mark | None:
        """Find what is noted of somebody for a day."""
        which = (_day(attendance, event_id, day), attendance.c.member_id == member_id)
        row = await self.one(sa.select(attendance).where(*which))
        return None if row is None else self._mark(row)

    async def of_person(self, event_id: int, member_id: int) -> dict[int, str]:
        """Return what is noted of somebody, by day."""
        rows = await self.all(
            sa.select(attendance.c.day, attendance.c.state)
            .where(attendance.c.event_id == event_id, attendance.c.member_id == member_id)
            .order_by(attendance.c.day)
        )
        return {row.day: row.state for row in rows}

    async def marks(self, event_id: int, day: int) -> list[Mark]:
        """List everything that is noted for a day."""
        rows = await self.all(
            sa.select(attendance)
            .where(_day(attendance, event_id, day))
            .order_by(attendance.c.at, attendance.c.id)
        )
        return [self._mark(row) for row in rows]

    # --- counts ---------------------------------------------------------------------------------------------

    async def present_per_day(self, event_ids: Sequence[int]) -> dict[int, dict[int, int]]:
        """Count who was present, by event and day: participations, walk-ins with and without an account included.

        Who was there for a part of a day only counts as well; whoever completed is for `handlers.rules.attendance`.
        """
        rows = await self.all(
            sa.select(attendance.c.event_id, attendance.c.day, sa.func.count())
            .where(attendance.c.event_id.in_(event_ids), attendance.c.state.in_(("present", "partly")))
            .group_by(attendance.c.event_id, attendance.c.day)
            .order_by(attendance.c.event_id, attendance.c.day)
        )
        found: dict[int, dict[int, int]] = {}
        for event_id, day, count in rows:
            found.setdefault(event_id, {})[day] = count
        return found

    async def present_days(self, event_id: int) -> dict[int, set[int]]:
        """Return the days on which each person with an account was present, for the rule of completion."""
        rows = await self.all(
            sa.select(attendance.c.member_id, attendance.c.day).where(
                attendance.c.event_id == event_id,
                attendance.c.state == "present",
                attendance.c.member_id.is_not(None),
            )
        )
        found: dict[int, set[int]] = {}
        for row in rows:
            found.setdefault(row.member_id, set()).add(row.day)
        return found

    async def people(self, event_ids: Sequence[int]) -> int:
        """Count the different people with an account who were there on any day of any of the events."""
        statement = sa.select(sa.func.count(sa.distinct(attendance.c.member_id))).where(
            attendance.c.event_id.in_(event_ids), attendance.c.state.in_(("present", "partly"))
        )
        return int(await self.scalar(statement) or 0)

    # --- photographed sheets --------------------------------------------------------------------------------

    async def attach(self, event_id: int, day: int, file_id: int, at: datetime) -> None:
        """Keep a photographed sheet with its day."""
        insert = self.upsert(attendance_sheets).values(event_id=event_id, day=day, file_id=file_id, at=at)
        await self.run(insert.on_conflict_do_nothing())

    async def sheets(self, event_id: int, day: int) -> list[int]:
        """List the photographed sheets of a day, by the ids of their files."""
        rows = await self.all(
            sa.select(attendance_sheets.c.file_id)
            .where(_day(attendance_sheets, event_id, day))
            .order_by(attendance_sheets.c.at, attendance_sheets.c.file_id)
        )
        return [row.file_id for row in rows]

    # --- one person, two records, and forgetting ------------------------------------------------------------

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return what is noted of a person, for them to take along."""
        rows = await self.all(
            sa.select(attendance)
            .where(attendance.c.member_id == member_id)
            .order_by(attendance.c.event_id, attendance.c.day)
        )
        return [
            {
                "event_number": row.event_id,
                "day": row.day,
                "state": row.state,
                "without_registration": row.walk_in,
                "at": row.at.isoformat(),
            }
            for row in rows
        ]

    async def carry_over(self, gone_id: int, kept_id: int) -> None:
        """Give one record's days to another; of what both have, the better one stays."""
        rows = await self.all(
            sa.select(attendance.c.id, attendance.c.event_id, attendance.c.day, attendance.c.state).where(
                attendance.c.member_id.in_((gone_id, kept_id))
            )
        )
        best: dict[tuple[int, int], int] = {}
        spare = []
        for row in sorted(rows, key=lambda row: BETTER.index(row.state)):
            if best.setdefault((row.event_id, row.day), row.id) != row.id:
                spare.append(row.id)
        await self.run(attendance.delete().where(attendance.c.id.in_(spare)))
        await self.run(attendance.update().where(attendance.c.member_id == gone_id).values(member_id=kept_id))

    async def unlink(self, before: datetime) -> int:
        """Take people and photographed sheets out of events that began before a moment; the counts stay."""
        past = sa.select(events.c.id).where(events.c.starts_at < before)
        sheets = sa.select(attendance_sheets.c.file_id).where(attendance_sheets.c.event_id.in_(past))
        removed = await self.run(files.delete().where(files.c.id.in_(sheets)))
        named = sa.or_(attendance.c.member_id.is_not(None), attendance.c.name_sealed.is_not(None))
        unnamed = {"member_id": None, "name_sealed": None, "name_index": None}
        return removed + await self.run(
            attendance.update().where(attendance.c.event_id.in_(past), named).values(**unnamed)
        )

    def _sheet(self, row: sa.Row[Any]) -> Sheet:
        place = f"{row.event_id}|{row.day}"
        code = self.unit.vault.open_text(row.code_sealed, "event_days", "code", place)
        return Sheet(row.event_id, row.day, code, row.closed_at)

    def _mark(self, row: sa.Row[Any]) -> Mark:
        return Mark(
            id=row.id,
            day=row.day,
            member_id=row.member_id,
            organisation_id=row.organisation_id,
            state=row.state,
            how=row.how,
            walk_in=row.walk_in,
            name=self.unit.vault.open_text(row.name_sealed, "attendance", "name", row.id),
            at=row.at,
        )


def _day(table: sa.Table, event_id: int, day: int) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.event_id == event_id, table.c.day == day)
