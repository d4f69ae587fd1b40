"""Civil-society organisations, and how many people stand behind each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import members, organisations

KINDS = ("prime", "subgrantee", "organiser", "donor")


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation. Names are empty where nobody has given one in that language."""

    id: int
    slug: str
    name_en: str
    name_ar: str
    name_ku: str
    kind: str
    governorate: str
    active: bool

    def name(self, lang: str) -> str:
        """Return its name in a language, or the nearest one that is known."""
        names = {"en": self.name_en, "ar": self.name_ar, "ku": self.name_ku}
        return names.get(lang) or self.name_en or self.name_ar or self.name_ku

    @property
    def role(self) -> str:
        """Return the role that people of this organisation hold when they join."""
        return role_of(self.kind)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be known of an organisation; the slug tells which one is meant."""

    slug: str
    name_en: str
    name_ar: str
    name_ku: str
    kind: str
    governorate: str

    @property
    def role(self) -> str:
        """Return the role that people of this organisation hold when they join."""
        return role_of(self.kind)


def role_of(kind: str) -> str:
    """Return the role that people of a kind of organisation hold when they join."""
    return "donor" if kind == "donor" else "member"


class Organisations(Store):
    """The organisations of the community."""

    async def get(self, organisation_id: int) -> Organisation | None:
        """Find an organisation by id."""
        row = await self.one(sa.select(organisations).where(organisations.c.id == organisation_id))
        return None if row is None else _read(row)

    async def by_slug(self) -> dict[str, Organisation]:
        """Return every organisation, also inactive ones, under its slug."""
        rows = await self.all(sa.select(organisations))
        return {row.slug: _read(row) for row in rows}

    async def listed(self, lang: str) -> list[Organisation]:
        """List the active ones in the order of their names in a language."""
        rows = await self.all(sa.select(organisations).where(organisations.c.active))
        return sorted(map(_read, rows), key=lambda one: (one.name(lang).casefold(), one.slug))

    async def put(self, entry: Entry) -> int:
        """Add an organisation or change the one with this slug; return its id."""
        values = {
            "name_en": entry.name_en,
            "name_ar": entry.name_ar,
            "name_ku": entry.name_ku,
            "kind": entry.kind,
            "governorate": entry.governorate,
            "active": True,
        }
        insert = self.upsert(organisations).values(slug=entry.slug, **values)
        statement = insert.on_conflict_do_update(index_elements=["slug"], set_=values)
        return int(await self.scalar(statement.returning(organisations.c.id)))

    async def headcounts(self) -> dict[int, int]:
        """Count the people of each organisation that has any."""
        rows = await self.all(
            sa.select(members.c.organisation_id, sa.func.count().label("people"))
            .where(members.c.organisation_id.is_not(None))
            .group_by(members.c.organisation_id)
        )
        return {row.organisation_id: row.people for row in rows}

    async def people(self, organisation_id: int | None) -> list[int]:
        """List the member ids of an organisation, or of those without one, in the order they came."""
        rows = await self.all(
            sa.select(members.c.id)
            .where(
                members.c.organisation_id.is_(None)
                if organisation_id is None
                else members.c.organisation_id == organisation_id
            )
            .order_by(members.c.created_at, members.c.id)
        )
        return [row.id for row in rows]


def _read(row: sa.Row[Any]) -> Organisation:
    return Organisation(
        id=row.id,
        slug=row.slug,
        name_en=row.name_en,
        name_ar=row.name_ar,
        name_ku=row.name_ku,
        kind=row.kind,
        governorate=row.governorate,
        active=row.active,
    )
