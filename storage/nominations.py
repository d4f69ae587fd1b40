"""Colleagues whom a member proposes for an event: kept in their words, until coordinators settle them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.store import AnyRow, Store
from storage.tables import nominations
from storage.vault import random_id


@dataclass(frozen=True, slots=True)
class Nomination:
    """One proposal: who is meant, and why, as its author wrote it."""

    id: int
    event_id: int
    author_id: int
    state: str
    name: str
    why: str
    at: datetime


class Nominations(Store):
    """What waits for coordinators, event by event."""

    async def begin(self, event_id: int, author_id: int, name: str, at: datetime) -> int:
        """Keep whom somebody means, in place of what they began for the event before; return its id."""
        mine = (nominations.c.event_id == event_id, nominations.c.author_id == author_id)
        await self.run(nominations.delete().where(*mine, nominations.c.state == "begun"))
        nomination_id = random_id()
        await self.run(
            nominations.insert().values(
                id=nomination_id,
                event_id=event_id,
                author_id=author_id,
                state="begun",
                name_sealed=await self.unit.keys.seal(author_id, name, "nominations", "name", nomination_id),
                at=at,
            )
        )
        return nomination_id

    async def pass_on(self, nomination_id: int, why: str, state: str) -> bool:
        """Keep why, and let a proposal wait for coordinators or be settled; False where it was passed on before."""
        begun = (nominations.c.id == nomination_id, nominations.c.state == "begun")
        author_id = await self.scalar(sa.select(nominations.c.author_id).where(*begun))
        if author_id is None:
            return False
        place = ("nominations", "why", nomination_id)
        sealed = await self.unit.keys.seal(author_id, why, *place) if why else None
        return await self.run(nominations.update().where(*begun).values(why_sealed=sealed, state=state)) == 1

    async def drop(self, nomination_id: int) -> None:
        """Forget a proposal that was not passed on."""
        begun = (nominations.c.id == nomination_id, nominations.c.state == "begun")
        await self.run(nominations.delete().where(*begun))

    async def get(self, nomination_id: int) -> Nomination | None:
        """Find a proposal."""
        row = await self.one(sa.select(nominations).where(nominations.c.id == nomination_id))
        return None if row is None else (await self._all_read([row]))[0]

    async def waiting(self, event_id: int, *, limit: int, offset: int = 0) -> list[Nomination]:
        """List what waits for an event, the oldest in front."""
        rows = await self.all(
            sa.select(nominations)
            .where(nominations.c.event_id == event_id, nominations.c.state == "waiting")
            .order_by(nominations.c.at, nominations.c.id)
            .limit(limit)
            .offset(offset)
        )
        return await self._all_read(rows)

    async def count(self, event_id: int, author_id: int | None = None) -> int:
        """Count what waits for an event, or all that one person has passed on for it."""
        waiting, passed_on = nominations.c.state == "waiting", nominations.c.state != "begun"
        which = waiting if author_id is None else sa.and_(nominations.c.author_id == author_id, passed_on)
        counted = sa.select(sa.func.count()).where(nominations.c.event_id == event_id, which)
        return int(await self.scalar(counted) or 0)

    async def settle(self, nomination_id: int) -> bool:
        """End a proposal; False where somebody was faster."""
        waiting = (nominations.c.id == nomination_id, nominations.c.state == "waiting")
        return await self.run(nominations.update().where(*waiting).values(state="settled")) == 1

    async def records(self, author_id: int) -> list[dict[str, str]]:
        """Return what somebody proposed, as plain values."""
        rows = await self.all(
            sa.select(nominations).where(nominations.c.author_id == author_id).order_by(nominations.c.at)
        )
        found = await self._all_read(rows)
        return [{"name": one.name, "why": one.why, "at": one.at.isoformat()} for one in found]

    async def forget(self, before: datetime) -> int:
        """Drop what was proposed before a moment and return how many."""
        return await self.run(nominations.delete().where(nominations.c.at < before))

    async def _all_read(self, rows: Sequence[AnyRow]) -> list[Nomination]:
        await self.unit.keys.load_column(rows, "name_sealed")
        await self.unit.keys.load_column(rows, "why_sealed")
        return [self._read(row) for row in rows]

    def _read(self, row: AnyRow) -> Nomination:
        opened = self.unit.keys.open_text
        return Nomination(
            id=row.id,
            event_id=row.event_id,
            author_id=row.author_id,
            state=row.state,
            name=opened(row.name_sealed, "nominations", "name", row.id),
            why=opened(row.why_sealed, "nominations", "why", row.id),
            at=row.at,
        )
