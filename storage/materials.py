"""Materials: slides, tools and recordings, by event and language, and the library that is searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import events, materials, registrations


@dataclass(frozen=True, slots=True)
class Material:
    """One file or link. `search_key` holds folded words, so that every spelling finds it."""

    id: int
    event_id: int | None
    kind: str
    title: str
    search_key: str
    lang: str
    file_id: int | None
    link: str
    state: str
    created_at: datetime
    day: int = 0
    """Of which day of its event it is; 0 where it is of all of it."""
    organisation_id: int | None = None

    @property
    def ready(self) -> bool:
        """Say whether there is something to give, and a name for it."""
        return bool((self.file_id or self.link) and self.title and self.kind and self.lang)


class Materials(Store):
    """The library."""

    async def draft(self, at: datetime, lang: str, event_id: int | None = None, day: int = 0) -> Material:
        """Begin a material."""
        values = {
            "event_id": event_id,
            "day": day,
            "kind": "slides",
            "title": "",
            "lang": lang,
            "created_at": at,
        }
        found = await self.get(await self.insert(materials.insert().values(state="draft", **values)))
        assert found is not None  # noqa: S101 - it was just written
        return found

    async def get(self, material_id: int) -> Material | None:
        """Find a material by id."""
        row = await self.one(sa.select(materials).where(materials.c.id == material_id))
        return None if row is None else _read(row)

    async def change(self, material_id: int, **fields: Any) -> None:
        """Set columns."""
        await self.run(materials.update().where(materials.c.id == material_id).values(**fields))

    async def advance(self, material_id: int, before: str, state: str) -> bool:
        """Move from one state to the next; False where it is not in the first: somebody was faster."""
        statement = materials.update().where(materials.c.id == material_id, materials.c.state == before)
        return await self.run(statement.values(state=state)) == 1

    async def remove_draft(self, material_id: int) -> bool:
        """Forget a material that was never published."""
        statement = materials.delete().where(materials.c.id == material_id, materials.c.state == "draft")
        return await self.run(statement) == 1

    async def drafts(self, *, limit: int) -> list[Material]:
        """List what was sent in but not published yet, the newest in front."""
        statement = sa.select(materials).where(materials.c.state == "draft")
        return [_read(row) for row in await self.all(statement.order_by(materials.c.id.desc()).limit(limit))]

    async def of_event(self, event_id: int, *, limit: int = 50, offset: int = 0) -> list[Material]:
        """List what was published for an event, by day, kind and age."""
        statement = _published().where(materials.c.event_id == event_id)
        rows = await self.all(
            statement.order_by(materials.c.day, materials.c.kind, materials.c.id).limit(limit).offset(offset)
        )
        return [_read(row) for row in rows]

    async def latest_event_of_kind(self, kind: str) -> int | None:
        """Find the latest event of a kind that has something published; its materials can be sent again."""
        having = (
            sa.select(events.c.id)
            .join(materials, materials.c.event_id == events.c.id)
            .where(events.c.kind == kind, materials.c.state == "published")
        )
        found: int | None = await self.scalar(having.order_by(events.c.starts_at.desc()).limit(1))
        return found

    async def without_event(self, *, limit: int, offset: int = 0) -> list[Material]:
        """List what belongs to no event, the newest in front."""
        statement = _published().where(materials.c.event_id.is_(None))
        rows = await self.all(statement.order_by(materials.c.id.desc()).limit(limit).offset(offset))
        return [_read(row) for row in rows]

    async def events_with(self, *, limit: int, offset: int = 0) -> list[int]:
        """List the ids of events for which something was published, the latest in front."""
        rows = await self.all(
            sa.select(events.c.id)
            .where(events.c.id.in_(sa.select(materials.c.event_id).where(materials.c.state == "published")))
            .order_by(events.c.starts_at.desc(), events.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return [row.id for row in rows]

    async def events_of(self, member_id: int) -> list[int]:
        """List the ids of events in which somebody has a seat and for which something was published."""
        rows = await self.all(
            sa.select(registrations.c.event_id)
            .where(
                registrations.c.member_id == member_id,
                registrations.c.state == "confirmed",
                registrations.c.event_id.in_(
                    sa.select(materials.c.event_id).where(materials.c.state == "published")
                ),
            )
            .order_by(registrations.c.event_id)
        )
        return [row.event_id for row in rows]

    async def search(self, words: Sequence[str], *, limit: int, offset: int = 0) -> list[Material]:
        """List what holds every one of some folded words, the newest in front."""
        holding = [materials.c.search_key.contains(word, autoescape=True) for word in words]
        statement = _published().where(*holding).order_by(materials.c.id.desc())
        return [_read(row) for row in await self.all(statement.limit(limit).offset(offset))]


def _published() -> sa.Select[Any]:
    return sa.select(materials).where(materials.c.state == "published")


def _read(row: sa.Row[Any]) -> Material:
    return Material(
        id=row.id,
        event_id=row.event_id,
        kind=row.kind,
        title=row.title,
        search_key=row.search_key,
        lang=row.lang,
        file_id=row.file_id,
        link=row.link,
        state=row.state,
        created_at=row.created_at,
        day=row.day,
        organisation_id=row.organisation_id,
    )
