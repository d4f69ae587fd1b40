"""How far the programme has come, counted from what took place."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import sqlalchemy as sa

from storage.store import Store
from storage.tables import calls, events, grants, pairs


class Progress(Store):
    """Counts over events, pairs, grants and labs."""

    async def held(self, now: datetime) -> dict[str, int]:
        """Count, by kind, the events that are over; cancelled ones never count.

        Mentorships count from their beginning, grants when they are delivered, labs when their paper went out: not
        the events about them.
        """
        rows = await self.all(
            sa.select(events.c.kind, events.c.starts_at, events.c.minutes).where(
                events.c.state == "published", events.c.starts_at < now
            )
        )
        counted = Counter(row.kind for row in rows if row.starts_at + timedelta(minutes=row.minutes) <= now)
        for kind, table, reached in (
            ("mentorship", pairs, pairs.c.begun_at <= now),
            ("small_grant", grants, grants.c.state == "delivered"),
            ("collaboration_lab", calls, calls.c.paper_sent_at <= now),
        ):
            counting = sa.select(sa.func.count()).select_from(table).where(reached)
            counted[kind] = int(await self.scalar(counting) or 0)
        return +counted
