"""People: who they are to the community, and what they want to hear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from storage.prepared import often
from storage.retention import Retention
from storage.store import AnyRow, Store
from storage.tables import addresses, members
from storage.vault import random_id

ROLES = ("guest", "member", "coordinator", "administrator", "donor")
STAFF = ("coordinator", "administrator")


@dataclass(frozen=True, slots=True)
class Member:
    """One person. `lang` is empty until chosen; `name` is what they asked to be called, or empty.

    `second_lang` is spoken where a channel can't carry the first one.
    """

    id: int
    name: str
    lang: str
    role: str
    state: str
    organisation_id: int | None
    consent_version: int
    silenced: bool
    muted: tuple[str, ...]
    created_at: datetime
    second_lang: str = "ar"
    zone: str = ""
    """Whose clock they want to see beside Baghdad's; empty where that is enough."""
    meets: str = ""
    """How they prefer to meet: in_person, online or either; empty until they say."""
    hold: str = ""
    """Why nothing is open to this person now: locked by themselves, frozen by a coordinator, or empty."""

    @property
    def coordinates(self) -> bool:
        """Say whether this person may do what coordinators do."""
        return self.role in STAFF

    @property
    def consented(self) -> bool:
        """Say whether the privacy notice was accepted."""
        return self.consent_version > 0


class Members(Store):
    """The members of the community and the guests who follow it."""

    async def get(self, member_id: int) -> Member | None:
        """Find a person by id."""
        row = await self.one(_get(), {"given_id": member_id})
        return None if row is None else (await self._all_read([row]))[0]

    async def many(self, member_ids: Sequence[int]) -> list[Member]:
        """Find several people; those who are gone are left out."""
        rows = await self.all(sa.select(members).where(members.c.id.in_(member_ids)))
        return await self._all_read(rows)

    async def with_roles(self, *roles: str) -> list[Member]:
        """List people who hold one of the roles."""
        rows = await self.all(
            sa.select(members).where(members.c.role.in_(roles)).order_by(members.c.created_at)
        )
        return await self._all_read(rows)

    async def named(self, matches: Callable[[str], bool], *, limit: int) -> list[int]:
        """List people whose name matches, those who came last in front. Names can only be compared one by one."""
        found: list[int] = []
        newest = sa.select(members.c.id, members.c.name_sealed).where(members.c.name_sealed.is_not(None))
        rows = await self.all(newest.order_by(members.c.created_at.desc(), members.c.id))
        await self.unit.keys.load_column(rows, "name_sealed")
        for row in rows:
            if matches(self.unit.keys.open_text(row.name_sealed, "members", "name", row.id)):
                found.append(row.id)
            if len(found) == limit:
                break
        return found

    async def add(self, *, at: datetime, lang: str = "", role: str = "guest") -> Member:
        """Take in a person nothing is known of yet."""
        member_id = random_id()
        await self.run(
            members.insert().values(id=member_id, lang=lang, role=role, created_at=at, seen_on=at.date())
        )
        return Member(member_id, "", lang, role, "new", None, 0, False, (), at)

    async def change(self, member_id: int, **fields: Any) -> None:
        """Set columns of a person; `name` is sealed here, and `muted` takes a tuple of kinds."""
        values = dict(fields)
        if "name" in values:
            name = values.pop("name")
            values["name_sealed"] = (
                await self.unit.keys.seal(member_id, name, "members", "name", member_id) if name else None
            )
        if "muted" in values:
            values["muted"] = f",{','.join(values['muted'])}," if values["muted"] else ""
        await self.run(members.update().where(members.c.id == member_id).values(**values))

    async def silence_holder(self, address_id: int) -> None:
        """Silence the person whose address this is, in all their apps: they opted out with the provider."""
        holder = sa.select(addresses.c.member_id).where(addresses.c.id == address_id).scalar_subquery()
        await self.run(members.update().where(members.c.id == holder).values(silenced=True))

    async def seen(self, member_id: int, day: date) -> None:
        """Note the day on which a person was last heard."""
        await self.run(_seen(), {"given_id": member_id, "given_day": day})

    async def erase(self, member_id: int) -> None:
        """Forget a person: everything that hangs on them goes, registrations stay as counts without a person.

        With their key, also what old backups hold of them.
        """
        await Retention(self.unit).let_go(member_id)
        self.unit.vault.opened.forget(member_id)
        await self.unit.certificates.forget_person(member_id)
        await self.run(members.delete().where(members.c.id == member_id))

    def holding(self, roles: Sequence[str], besides: int = 0) -> sa.Select[tuple[int]]:
        """Select the people who hold one of the roles, but for one of them."""
        return sa.select(members.c.id).where(members.c.role.in_(roles), members.c.id != besides)

    def readers(self, people: sa.Select[tuple[int]], langs: Sequence[str]) -> sa.Select[tuple[int]]:
        """Narrow a selection of people to the readers of some languages."""
        return sa.select(members.c.id).where(members.c.id.in_(people), members.c.lang.in_(langs))

    async def meeting_preferences(self) -> dict[str, int]:
        """Count how people prefer to meet, those who have not said left out."""
        said = sa.select(members.c.meets, sa.func.count()).where(members.c.meets != "")
        return {row[0]: int(row[1]) for row in await self.all(said.group_by(members.c.meets))}

    async def size(self, people: sa.Select[tuple[int]]) -> int:
        """Count a selection of people."""
        return int(await self.scalar(sa.select(sa.func.count()).select_from(people.subquery())) or 0)

    async def count(self, *conditions: sa.ColumnElement[bool]) -> int:
        """Count people under conditions on the members table."""
        return int(await self.scalar(sa.select(sa.func.count()).select_from(members).where(*conditions)) or 0)

    async def _all_read(self, rows: Sequence[AnyRow]) -> list[Member]:
        await self.unit.keys.load_column(rows, "name_sealed")
        return [self._read(row) for row in rows]

    def _read(self, row: sa.Row[Any]) -> Member:
        return Member(
            id=row.id,
            name=self.unit.keys.open_text(row.name_sealed, "members", "name", row.id),
            lang=row.lang,
            role=row.role,
            state=row.state,
            organisation_id=row.organisation_id,
            consent_version=row.consent_version,
            silenced=row.silenced,
            muted=tuple(kind for kind in row.muted.split(",") if kind),
            created_at=row.created_at,
            second_lang=row.second_lang,
            zone=row.zone,
            meets=row.meets,
            hold=row.hold,
        )


@often
def _get() -> sa.Select[Any]:
    return sa.select(members).where(members.c.id == sa.bindparam("given_id"))


@often
def _seen() -> sa.Update:
    day = sa.bindparam("given_day", type_=sa.Date)
    return (
        members.update()
        .where(members.c.id == sa.bindparam("given_id"), members.c.seen_on < day)
        .values(seen_on=day)
    )
