"""Who has long been silent, who was asked whether to stay, and who has not answered.

Whoever is heard on the day of a question or later has answered it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from storage.members import STAFF
from storage.store import Store
from storage.tables import members

OPEN = sa.and_(members.c.asked_on.is_not(None), members.c.seen_on < members.c.asked_on)
"""Matches people who were asked and have not answered."""


class Silence(Store):
    """Questions whether people want to stay. Each method may be repeated at any time."""

    async def ask(self, heard_until: date, today: date, limit: int) -> list[int]:
        """Note that people who were last heard on a day or before are asked today; return them."""
        answered = sa.or_(members.c.asked_on.is_(None), members.c.asked_on <= members.c.seen_on)
        found = await self._some(limit, members.c.seen_on <= heard_until, answered)
        await self._note(found, asked_on=today, warned_on=None)
        return found

    async def warn(self, asked_until: date, today: date, limit: int) -> list[int]:
        """Note that people who were asked on a day or before, in vain, are asked a last time today; return them."""
        found = await self._some(
            limit, OPEN, members.c.asked_on <= asked_until, members.c.warned_on.is_(None)
        )
        await self._note(found, warned_on=today)
        return found

    async def warn_anew(self) -> int:
        """Forget that people were asked a last time, so that they are asked again."""
        return await self.run(
            members.update().where(OPEN, members.c.warned_on.is_not(None)).values(warned_on=None)
        )

    async def gone(self, warned_until: date, limit: int) -> list[int]:
        """List people who did not answer the last question; those who coordinate are not among them."""
        return await self._some(limit, *_in_vain(warned_until), members.c.role.not_in(STAFF))

    async def silent_staff(self, warned_until: date, limit: int) -> list[int]:
        """List people who coordinate and did not answer the last question."""
        return await self._some(limit, *_in_vain(warned_until), members.c.role.in_(STAFF))

    async def _some(self, limit: int, *conditions: sa.ColumnElement[bool]) -> list[int]:
        query = sa.select(members.c.id).where(*conditions).order_by(members.c.seen_on, members.c.id)
        return [row.id for row in await self.all(query.limit(limit))]

    async def _note(self, found: Sequence[int], **values: date | None) -> None:
        await self.run(members.update().where(members.c.id.in_(found)).values(**values))


def _in_vain(warned_until: date) -> tuple[sa.ColumnElement[bool], ...]:
    return OPEN, members.c.warned_on.is_not(None), members.c.warned_on <= warned_until
