"""How far the programme has come, counted from what took place."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import sqlalchemy as sa

from storage.store import Store
from storage.tables import events, pairs


class Progress(Store):
    """Counts over events."""

    async def held(self, now: datetime) -> dict[str, int]:
        """Count, by kind, the events that are over and the mentorships that began; cancelled ones never count."""
        rows = await self.all(
            sa.select(events.c.kind, events.c.starts_at, events.c.minutes).where(
                events.c.state == "published", events.c.starts_at < now
            )
        )
        counted = Counter(row.kind for row in rows if row.starts_at + timedelta(minutes=row.minutes) <= now)
        begun = sa.select(sa.func.count()).select_from(pairs).where(pairs.c.begun_at <= now)
        counted["mentorship"] += int(await self.scalar(begun) or 0)
        return +counted
