"""What organisations say of themselves, who speaks for them, and who belonged to them when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import Instant, directory_views, memberships, organisations, profile_lines, profiles

PARTS = ("themes", "places", "langs")


@dataclass(frozen=True, slots=True)
class Profile:
    """One organisation's page. `focal_id` speaks for it; nothing is shown unless `listed`.

    `asks` says that it takes questions, `shows_focal` that its focal point agreed to be named.
    """

    organisation_id: int
    focal_id: int | None = None
    themes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    listed: bool = False
    asks: bool = False
    shows_focal: bool = False
    lines: Mapping[str, str] = field(default_factory=dict)

    def chosen(self, part: str) -> tuple[str, ...]:
        """Return the codes chosen for a part: themes, places or langs."""
        chosen: tuple[str, ...] = getattr(self, part)
        return chosen

    def line(self, lang: str) -> str:
        """Return the public line in a language, or in another that has one."""
        return next((self.lines[one] for one in (lang, "en", "ar", "ku") if self.lines.get(one)), "")


class Profiles(Store):
    """The directory's pages."""

    async def get(self, organisation_id: int) -> Profile:
        """Return an organisation's page, an empty one where nobody has written it."""
        found = await self._read(profiles.c.organisation_id == organisation_id)
        return found[0] if found else Profile(organisation_id)

    async def listed(self) -> list[Profile]:
        """List the pages that may be shown, of active organisations."""
        active = sa.select(organisations.c.id).where(organisations.c.active)
        return await self._read(profiles.c.listed, profiles.c.organisation_id.in_(active))

    async def change(self, organisation_id: int, **fields: Any) -> None:
        """Set columns of a page; themes, places and langs take tuples of codes."""
        values = {name: ",".join(value) if name in PARTS else value for name, value in fields.items()}
        insert = self.upsert(profiles).values(organisation_id=organisation_id, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["organisation_id"], set_=values))

    async def put_line(self, organisation_id: int, lang: str, text: str) -> None:
        """Set the public line in one language; an empty one takes it away."""
        page = self.upsert(profiles).values(organisation_id=organisation_id)
        await self.run(page.on_conflict_do_nothing(index_elements=["organisation_id"]))
        insert = self.upsert(profile_lines).values(organisation_id=organisation_id, lang=lang, text=text)
        await self.run(
            insert.on_conflict_do_update(index_elements=["organisation_id", "lang"], set_={"text": text})
        )

    async def spoken_for(self, member_id: int) -> list[int]:
        """List the organisations that somebody speaks for."""
        rows = await self.all(sa.select(profiles.c.organisation_id).where(profiles.c.focal_id == member_id))
        return [row.organisation_id for row in rows]

    async def belongs_now(self, member_id: int, organisation_id: int, at: datetime) -> None:
        """Write down that somebody belongs to an organisation from now on; they speak for no other."""
        mine = (memberships.c.member_id == member_id, memberships.c.until.is_(None))
        current = await self.scalar(sa.select(memberships.c.organisation_id).where(*mine))
        if current == organisation_id:
            return
        await self.run(memberships.update().where(*mine).values(until=at))
        await self.run(
            memberships.insert().values(member_id=member_id, organisation_id=organisation_id, since=at)
        )
        await self.run(
            profiles.update()
            .where(profiles.c.focal_id == member_id, profiles.c.organisation_id != organisation_id)
            .values(focal_id=None)
        )

    def newcomers(self, after: datetime, until: datetime) -> sa.Select[tuple[int]]:
        """Select who came to belong to an organisation for the first time between two moments."""
        first = sa.func.min(memberships.c.since, type_=Instant)
        return (
            sa.select(memberships.c.member_id)
            .where(memberships.c.member_id.is_not(None))
            .group_by(memberships.c.member_id)
            .having(first > after, first <= until)
        )

    async def history(self, member_id: int) -> list[dict[str, Any]]:
        """Return where somebody belonged and when, the first in front, as plain values."""
        rows = await self.all(
            sa.select(memberships.c.since, memberships.c.until, organisations.c.name_en)
            .join(organisations, organisations.c.id == memberships.c.organisation_id)
            .where(memberships.c.member_id == member_id)
            .order_by(memberships.c.since, memberships.c.id)
        )
        return [
            {
                "organisation": row.name_en,
                "since": row.since.isoformat(),
                "until": row.until.isoformat() if row.until else None,
            }
            for row in rows
        ]

    async def unlink(self, before: datetime) -> int:
        """Take the person out of belongings that ended before a moment; the counts stay."""
        return await self.run(
            memberships.update()
            .where(memberships.c.member_id.is_not(None), memberships.c.until < before)
            .values(member_id=None)
        )

    async def viewed(self, member_id: int, day: date, most: int) -> bool:
        """Count one more screen of the directory for somebody; False where they have had enough for the day."""
        insert = self.upsert(directory_views).values(member_id=member_id, day=day, count=1)
        counted = insert.on_conflict_do_update(
            index_elements=["member_id"],
            set_={
                "day": day,
                "count": sa.case((directory_views.c.day == day, directory_views.c.count + 1), else_=1),
            },
        )
        return int(await self.scalar(counted.returning(directory_views.c.count)) or 0) <= most

    async def _read(self, *conditions: sa.ColumnElement[bool]) -> list[Profile]:
        rows = await self.all(sa.select(profiles).where(*conditions).order_by(profiles.c.organisation_id))
        said = await self._lines([row.organisation_id for row in rows])
        return [
            Profile(
                organisation_id=row.organisation_id,
                focal_id=row.focal_id,
                themes=_codes(row.themes),
                places=_codes(row.places),
                langs=_codes(row.langs),
                listed=row.listed,
                asks=row.asks,
                shows_focal=row.shows_focal,
                lines=said.get(row.organisation_id, {}),
            )
            for row in rows
        ]

    async def _lines(self, organisation_ids: Sequence[int]) -> dict[int, dict[str, str]]:
        rows = await self.all(
            sa.select(profile_lines).where(profile_lines.c.organisation_id.in_(organisation_ids))
        )
        said: dict[int, dict[str, str]] = {}
        for row in rows:
            said.setdefault(row.organisation_id, {})[row.lang] = row.text
        return said


def _codes(kept: str) -> tuple[str, ...]:
    return tuple(code for code in kept.split(",") if code)
