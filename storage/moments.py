"""Due moments: what the clock has to do, each exactly once, keyed so that moving an event re-arms them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from storage.store import Store
from storage.tables import Instant, moments


@dataclass(frozen=True, slots=True)
class Moment:
    """Something due. `occurrence` tells it from others of its kind: e.g. `60:r2`, an hour before, revision 2."""

    id: int
    kind: str
    subject_id: int
    occurrence: str
    due_at: datetime
    useful_until: datetime | None


@dataclass(frozen=True, slots=True)
class Arming:
    """A moment to arm. After `useful_until` it is recorded as missed instead of done; None: always useful."""

    occurrence: str
    due_at: datetime
    useful_until: datetime | None


class Moments(Store):
    """Rows that the clock reads; APScheduler only ticks."""

    async def arm(
        self, kind: str, subject_id: int, armings: Iterable[Arming], *, zone: str = "Asia/Baghdad"
    ) -> None:
        """Arm moments. One that was already settled under the same occurrence stays settled."""
        for one in armings:
            values = {
                "due_at": one.due_at,
                "useful_until": one.useful_until,
                "local_due": one.due_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"),
                "zone": zone,
            }
            insert = self.upsert(moments).values(
                kind=kind, subject_id=subject_id, occurrence=one.occurrence, **values
            )
            await self.run(
                insert.on_conflict_do_update(
                    index_elements=["kind", "subject_id", "occurrence"],
                    set_={**values, "state": "waiting"},
                    where=moments.c.state.in_(("waiting", "withdrawn")),
                )
            )

    async def withdraw(self, kind: str, subject_id: int, *, after: datetime | None = None) -> None:
        """Take back what is still waiting, or only what is due after a moment."""
        waiting = [moments.c.kind == kind, moments.c.subject_id == subject_id, moments.c.state == "waiting"]
        if after is not None:
            waiting.append(moments.c.due_at > after)
        await self.run(moments.update().where(*waiting).values(state="withdrawn"))

    async def next_due(self, kind: str, subject_id: int) -> datetime | None:
        """Return when the next waiting moment of a subject is due."""
        found: datetime | None = await self.scalar(
            sa.select(sa.func.min(moments.c.due_at, type_=Instant)).where(
                moments.c.kind == kind, moments.c.subject_id == subject_id, moments.c.state == "waiting"
            )
        )
        return found

    async def due(self, kind: str, now: datetime, limit: int = 20) -> list[Moment]:
        """List what is due; on PostgreSQL the rows are locked and those of another process left out."""
        statement = (
            sa.select(moments)
            .where(moments.c.state == "waiting", moments.c.kind == kind, moments.c.due_at <= now)
            .order_by(moments.c.due_at, moments.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = await self.all(statement)
        return [
            Moment(row.id, row.kind, row.subject_id, row.occurrence, row.due_at, row.useful_until)
            for row in rows
        ]

    async def first_after(self, moment: datetime) -> datetime | None:
        """Return when, after a moment, the next thing of any kind is due."""
        found: datetime | None = await self.scalar(
            sa.select(sa.func.min(moments.c.due_at, type_=Instant)).where(
                moments.c.state == "waiting", moments.c.due_at > moment
            )
        )
        return found

    async def settle(self, moment_id: int, state: str, now: datetime) -> bool:
        """End a moment as done, missed or withdrawn; False where it was already ended."""
        changed = await self.run(
            moments.update()
            .where(moments.c.id == moment_id, moments.c.state == "waiting")
            .values(state=state, settled_at=now)
        )
        return changed == 1

    async def missed(self, kind: str, subject_id: int) -> int:
        """Count what came too late for one subject."""
        return int(
            await self.scalar(
                sa.select(sa.func.count()).where(
                    moments.c.kind == kind, moments.c.subject_id == subject_id, moments.c.state == "missed"
                )
            )
            or 0
        )
