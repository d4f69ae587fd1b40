"""What reports are counted from: who was there, and when things were done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.store import Store
from storage.tables import attendance, calls, grants, materials, organisations, pairs

PUBLISHED_KINDS = ("tool", "paper")


@dataclass(frozen=True, slots=True)
class There:
    """Somebody who was there on a day. `who` is empty once nobody knows any more who it was."""

    event_id: int
    day: int
    who: str
    organisation_id: int | None
    whole: bool


class EvidenceStore(Store):
    """Reads across aggregates; it names nobody."""

    async def presences(self) -> list[There]:
        """List who was there on which day, wholly or in part, walk-ins included."""
        rows = await self.all(
            sa.select(
                attendance.c.event_id,
                attendance.c.day,
                attendance.c.member_id,
                attendance.c.name_index,
                attendance.c.organisation_id,
                attendance.c.state,
            )
            .where(attendance.c.state.in_(("present", "partly")))
            .order_by(attendance.c.event_id, attendance.c.day, attendance.c.id)
        )
        return [
            There(
                row.event_id,
                row.day,
                _who(row.member_id, row.name_index),
                row.organisation_id,
                row.state == "present",
            )
            for row in rows
        ]

    async def done(self) -> dict[str, list[datetime]]:
        """Return when pairs began, grants were delivered, papers sent and tools published, by kind."""
        moments = {
            "mentorship": sa.select(pairs.c.begun_at).where(pairs.c.begun_at.is_not(None)),
            "small_grant": sa.select(grants.c.changed_at).where(grants.c.state == "delivered"),
            "collaboration_lab": sa.select(calls.c.paper_sent_at).where(calls.c.paper_sent_at.is_not(None)),
            "tools": sa.select(materials.c.created_at).where(
                materials.c.kind.in_(PUBLISHED_KINDS), materials.c.state == "published"
            ),
        }
        return {
            kind: sorted(row[0] for row in await self.all(statement)) for kind, statement in moments.items()
        }

    async def kinds(self) -> dict[int, tuple[str, str]]:
        """Return each organisation's kind and governorate."""
        rows = await self.all(
            sa.select(organisations.c.id, organisations.c.kind, organisations.c.governorate)
        )
        return {row.id: (row.kind, row.governorate) for row in rows}


def _who(member_id: int | None, name_index: bytes | None) -> str:
    if member_id is not None:
        return str(member_id)
    return f"named {name_index.hex()}" if name_index else ""
