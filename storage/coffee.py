"""Coffee rounds: who signed up, who was put together with whom, and whether they met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import coffee_groups, coffee_guests, coffee_rounds, members


@dataclass(frozen=True, slots=True)
class Round:
    """One round; people sign up while it is open, and belong to groups once it is paired."""

    id: int
    state: str
    closes_at: datetime
    paired_at: datetime | None
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Taking:
    """Somebody who signed up; `group_id` None until pairs are made, or where nobody was there to meet."""

    member_id: int
    organisation_id: int | None
    group_id: int | None
    met: str


class Coffee(Store):
    """Rounds, one open at a time."""

    async def draft(self, closes_at: datetime, at: datetime) -> Round:
        """Make a round that nobody has heard of yet; a draft that was left lying is taken up again."""
        left = await self.one(sa.select(coffee_rounds).where(coffee_rounds.c.state == "draft"))
        if left is not None:
            which = coffee_rounds.c.id == left.id
            await self.run(coffee_rounds.update().where(which).values(closes_at=closes_at))
            return await self._again(left.id)
        return await self._again(
            await self.insert(coffee_rounds.insert().values(closes_at=closes_at, created_at=at))
        )

    async def get(self, round_id: int) -> Round | None:
        """Find a round."""
        row = await self.one(sa.select(coffee_rounds).where(coffee_rounds.c.id == round_id))
        return None if row is None else _read(row)

    async def newest(self, limit: int, offset: int = 0) -> list[Round]:
        """List rounds that people have heard of, the newest first."""
        known = sa.select(coffee_rounds).where(coffee_rounds.c.state != "draft")
        ordered = known.order_by(coffee_rounds.c.id.desc()).limit(limit).offset(offset)
        return [_read(row) for row in await self.all(ordered)]

    async def current(self) -> Round | None:
        """Find the round that people can sign up for."""
        row = await self.one(sa.select(coffee_rounds).where(coffee_rounds.c.state == "open"))
        return None if row is None else _read(row)

    async def advance(self, round_id: int, before: str, after: str, **values: Any) -> bool:
        """Move a round from one state to the next; False where it is not in the first: somebody was faster."""
        which = (coffee_rounds.c.id == round_id, coffee_rounds.c.state == before)
        return await self.run(coffee_rounds.update().where(*which).values(state=after, **values)) == 1

    async def remove_draft(self, round_id: int) -> None:
        """Forget a round that nobody has heard of."""
        which = (coffee_rounds.c.id == round_id, coffee_rounds.c.state == "draft")
        await self.run(coffee_rounds.delete().where(*which))

    async def due(self, now: datetime) -> list[Round]:
        """List open rounds for which nobody can sign up any more."""
        which = (coffee_rounds.c.state == "open", coffee_rounds.c.closes_at <= now)
        return [_read(row) for row in await self.all(sa.select(coffee_rounds).where(*which))]

    async def unasked(self, paired_before: datetime) -> list[Round]:
        """List rounds of which people were not asked yet whether they met."""
        which = (
            coffee_rounds.c.state == "paired",
            coffee_rounds.c.paired_at <= paired_before,
            coffee_rounds.c.asked_at.is_(None),
        )
        return [_read(row) for row in await self.all(sa.select(coffee_rounds).where(*which))]

    async def asked(self, round_id: int, at: datetime) -> bool:
        """Note that people are being asked; False where they were."""
        which = (coffee_rounds.c.id == round_id, coffee_rounds.c.asked_at.is_(None))
        return await self.run(coffee_rounds.update().where(*which).values(asked_at=at)) == 1

    # --- people ---------------------------------------------------------------------------------------------

    async def join(self, round_id: int, member_id: int) -> None:
        """Let somebody take part."""
        insert = self.upsert(coffee_guests).values(round_id=round_id, member_id=member_id)
        await self.run(insert.on_conflict_do_nothing(index_elements=["round_id", "member_id"]))

    async def leave(self, round_id: int, member_id: int) -> None:
        """Let somebody out who has not been put together with anybody."""
        mine = (coffee_guests.c.round_id == round_id, coffee_guests.c.member_id == member_id)
        await self.run(coffee_guests.delete().where(*mine, coffee_guests.c.group_id.is_(None)))

    async def guests(self, round_id: int) -> list[Taking]:
        """List who signed up."""
        return await self._takings(coffee_guests.c.round_id == round_id)

    async def of(self, round_id: int, member_id: int) -> Taking | None:
        """Find somebody's part in a round."""
        mine = (coffee_guests.c.round_id == round_id, coffee_guests.c.member_id == member_id)
        return next(iter(await self._takings(*mine)), None)

    async def latest(self, member_id: int) -> tuple[Round, Taking] | None:
        """Find the newest round in which somebody was put together with others."""
        row = await self.one(
            sa.select(coffee_guests.c.round_id)
            .where(coffee_guests.c.member_id == member_id, coffee_guests.c.group_id.is_not(None))
            .order_by(coffee_guests.c.round_id.desc())
            .limit(1)
        )
        found = await self.get(row.round_id) if row else None
        taking = await self.of(found.id, member_id) if found else None
        return (found, taking) if found and taking else None

    async def group(self, group_id: int) -> list[int]:
        """List who belongs to a group."""
        return [one.member_id for one in await self._takings(coffee_guests.c.group_id == group_id)]

    async def put_together(self, round_id: int, groups: Sequence[Sequence[int]]) -> None:
        """Write down who meets whom."""
        for people in groups:
            group_id = await self.insert(coffee_groups.insert().values(round_id=round_id))
            theirs = (coffee_guests.c.round_id == round_id, coffee_guests.c.member_id.in_(people))
            await self.run(coffee_guests.update().where(*theirs).values(group_id=group_id))

    async def say(self, round_id: int, member_id: int, met: str) -> None:
        """Keep whether somebody met the others."""
        mine = (coffee_guests.c.round_id == round_id, coffee_guests.c.member_id == member_id)
        await self.run(coffee_guests.update().where(*mine).values(met=met))

    async def met(self) -> dict[frozenset[int], int]:
        """Return which two people were put together how many rounds ago, 1 being the last one."""
        rounds = [one.id for one in await self.newest(10_000) if one.state == "paired"]
        ago = {round_id: number for number, round_id in enumerate(rounds, 1)}
        together: dict[int, list[tuple[int, int]]] = {}
        rows = await self.all(
            sa.select(coffee_guests.c.round_id, coffee_guests.c.group_id, coffee_guests.c.member_id).where(
                coffee_guests.c.group_id.is_not(None)
            )
        )
        for row in rows:
            together.setdefault(row.group_id, []).append((row.member_id, ago[row.round_id]))
        found: dict[frozenset[int], int] = {}
        for people in together.values():
            for (one, number), (other, _) in combinations(people, 2):
                pair = frozenset((one, other))
                found[pair] = min(number, found.get(pair, number))
        return found

    async def carry_over(self, gone_id: int, kept_id: int) -> None:
        """Give one record's rounds to another, but for those in which both took part."""
        both = sa.select(coffee_guests.c.round_id).where(coffee_guests.c.member_id == kept_id)
        theirs = coffee_guests.c.member_id == gone_id
        await self.run(coffee_guests.delete().where(theirs, coffee_guests.c.round_id.in_(both)))
        await self.run(coffee_guests.update().where(theirs).values(member_id=kept_id))

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return in which rounds somebody took part, for them to take along."""
        rows = await self.all(
            sa.select(coffee_rounds.c.closes_at, coffee_guests.c.group_id, coffee_guests.c.met)
            .join(coffee_guests, coffee_guests.c.round_id == coffee_rounds.c.id)
            .where(coffee_guests.c.member_id == member_id)
            .order_by(coffee_rounds.c.id)
        )
        return [
            {
                "signed_up_until": row.closes_at.isoformat(),
                "put_together_with_somebody": row.group_id is not None,
                "said_that_you_met": row.met,
            }
            for row in rows
        ]

    async def forget(self, before: datetime) -> int:
        """Forget who met whom in rounds that closed before a moment."""
        old = sa.select(coffee_rounds.c.id).where(coffee_rounds.c.closes_at < before)
        return await self.run(coffee_guests.delete().where(coffee_guests.c.round_id.in_(old)))

    async def _takings(self, *conditions: sa.ColumnElement[bool]) -> list[Taking]:
        rows = await self.all(
            sa.select(coffee_guests, members.c.organisation_id)
            .join(members, members.c.id == coffee_guests.c.member_id)
            .where(*conditions)
            .order_by(coffee_guests.c.member_id)
        )
        return [Taking(row.member_id, row.organisation_id, row.group_id, row.met) for row in rows]

    async def _again(self, round_id: int) -> Round:
        row = await self.one(sa.select(coffee_rounds).where(coffee_rounds.c.id == round_id))
        assert row is not None  # noqa: S101
        return _read(row)


def _read(row: sa.Row[Any]) -> Round:
    return Round(row.id, row.state, row.closes_at, row.paired_at, row.asked_at)
