"""Announcements: what coordinators tell an audience, in up to three languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.audience import Audience, Reach, Ways, reach_of, ways_of
from storage.store import Store
from storage.tables import announcement_texts, announcements

TOPIC = "announcements"


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement. `event_id` is the event it invites to, if any; `texts` maps languages to texts."""

    id: int
    state: str
    event_id: int | None
    audience: Audience
    file_id: int | None
    author_id: int | None
    created_at: datetime
    confirmed_at: datetime | None
    send_at: datetime | None = None
    people: int = 0
    told_at: datetime | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Return the name under which its outbox rows are kept."""
        return f"announcement:{self.id}"


class Announcements(Store):
    """Drafts, what is being sent, and what was sent."""

    async def draft(self, author_id: int, at: datetime, event_id: int | None = None) -> Announcement:
        """Begin an announcement; an untouched draft of the same author for the same event is taken up again."""
        untouched = sa.select(announcements.c.id).where(
            announcements.c.state == "draft",
            announcements.c.author_id == author_id,
            announcements.c.event_id == event_id if event_id else announcements.c.event_id.is_(None),
            announcements.c.id.not_in(sa.select(announcement_texts.c.announcement_id)),
        )
        found = await self.scalar(untouched.order_by(announcements.c.id.desc()))
        if found is None:
            values = {"author_id": author_id, "event_id": event_id, "created_at": at}
            found = await self.insert(announcements.insert().values(audience=Audience().to_json(), **values))
        draft = await self.get(found)
        assert draft is not None  # noqa: S101 - it was just read or written
        return draft

    async def get(self, announcement_id: int) -> Announcement | None:
        """Find an announcement by id."""
        return next(
            iter(await self._read(sa.select(announcements).where(announcements.c.id == announcement_id))),
            None,
        )

    async def put_text(self, announcement_id: int, lang: str, text: str) -> None:
        """Set the text in one language; an empty one takes it away."""
        mine = (announcement_texts.c.announcement_id == announcement_id, announcement_texts.c.lang == lang)
        if not text:
            await self.run(announcement_texts.delete().where(*mine))
            return
        insert = self.upsert(announcement_texts).values(announcement_id=announcement_id, lang=lang, text=text)
        await self.run(
            insert.on_conflict_do_update(index_elements=["announcement_id", "lang"], set_={"text": text})
        )

    async def change(self, announcement_id: int, **fields: Any) -> None:
        """Set columns of a draft; `audience` takes an Audience."""
        if "audience" in fields:
            fields["audience"] = fields["audience"].to_json()
        await self.run(
            announcements.update()
            .where(announcements.c.id == announcement_id, announcements.c.state == "draft")
            .values(**fields)
        )

    async def advance(self, announcement_id: int, before: Sequence[str], state: str, **fields: Any) -> bool:
        """Move from one of several states to another; False where it is in none of them: somebody was faster."""
        statement = announcements.update().where(
            announcements.c.id == announcement_id, announcements.c.state.in_(before)
        )
        return await self.run(statement.values(state=state, **fields)) == 1

    async def reaches(self, announcement_id: int, people: int) -> None:
        """Note for how many people it was queued, those left out included."""
        await self.run(
            announcements.update().where(announcements.c.id == announcement_id).values(people=people)
        )

    async def told(self, announcement_id: int, at: datetime) -> None:
        """Note when its author was last told how far it has come."""
        await self.run(announcements.update().where(announcements.c.id == announcement_id).values(told_at=at))

    async def remove_draft(self, announcement_id: int) -> bool:
        """Forget an announcement that was never sent."""
        return (
            await self.run(
                announcements.delete().where(
                    announcements.c.id == announcement_id, announcements.c.state == "draft"
                )
            )
            == 1
        )

    async def sent(self, *, limit: int, offset: int = 0) -> list[Announcement]:
        """List announcements that were confirmed, the newest in front."""
        statement = sa.select(announcements).where(announcements.c.state != "draft")
        return await self._read(statement.order_by(announcements.c.id.desc()).limit(limit).offset(offset))

    async def drafts(self, author_id: int, *, limit: int) -> list[Announcement]:
        """List an author's drafts that hold something, the newest in front."""
        statement = sa.select(announcements).where(
            announcements.c.state == "draft",
            announcements.c.author_id == author_id,
            announcements.c.id.in_(sa.select(announcement_texts.c.announcement_id)),
        )
        return await self._read(statement.order_by(announcements.c.id.desc()).limit(limit))

    async def under_way(self) -> list[Announcement]:
        """List what is being sent."""
        return await self._read(sa.select(announcements).where(announcements.c.state == "sending"))

    async def finished(self, since: datetime) -> list[Announcement]:
        """List what was finished or stopped since a moment: receipts may still come in."""
        statement = sa.select(announcements).where(
            announcements.c.state.in_(("done", "stopped")), announcements.c.finished_at >= since
        )
        return await self._read(statement)

    async def reach(self, audience: Audience, topic: str = TOPIC) -> Reach:
        """Count whom an audience reaches, and whom not and why."""
        rows = await self.all(reach_of(audience, topic))
        return Reach(
            {(row[0], row[1]): row[3] for row in rows if not row[2]},
            _added((row[2], row[3]) for row in rows if row[2]),
        )

    async def ways(
        self, audience: Audience, topic: str, now: datetime, langs: Sequence[str], *, opener: bool
    ) -> Ways:
        """Count in which ways a message would reach an audience; see `ways_of`."""
        rows = await self.all(ways_of(audience, topic, now, langs, opener=opener))
        return Ways(**{row[0]: row[1] for row in rows})

    async def _read(self, statement: sa.Select[Any]) -> list[Announcement]:
        rows = await self.all(statement)
        ids = [row.id for row in rows]
        texts: dict[int, dict[str, str]] = {}
        for text in await self.all(
            sa.select(announcement_texts).where(announcement_texts.c.announcement_id.in_(ids))
        ):
            texts.setdefault(text.announcement_id, {})[text.lang] = text.text
        return [
            Announcement(
                id=row.id,
                state=row.state,
                event_id=row.event_id,
                audience=Audience.from_json(row.audience),
                file_id=row.file_id,
                author_id=row.author_id,
                created_at=row.created_at,
                confirmed_at=row.confirmed_at,
                send_at=row.send_at,
                people=row.people,
                told_at=row.told_at,
                texts=texts.get(row.id, {}),
            )
            for row in rows
        ]


def _added(pairs: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reason, count in pairs:
        counts[reason] = counts.get(reason, 0) + count
    return counts
