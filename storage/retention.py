"""Forgetting in time, where it concerns several aggregates: what is kept of people ends here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from storage.store import AnyRow, Store
from storage.tables import events, invitations, pairs, registrations, suggestions, survey_answers, surveys
from storage.vault import VaultError


class Retention(Store):
    """Ends what nobody needs any more. Each method may be repeated at any time and returns how many rows."""

    async def forget_invitations(self, before: datetime) -> int:
        """Drop codes that expired before a moment."""
        return await self.run(invitations.delete().where(invitations.c.expires_at < before))

    async def unlink_registrations(self, before: datetime) -> int:
        """Take the person out of registrations for events that began before a moment; the counts stay."""
        past = sa.select(events.c.id).where(events.c.starts_at < before)
        return await self.run(
            registrations.update()
            .where(registrations.c.member_id.is_not(None), registrations.c.event_id.in_(past))
            .values(member_id=None, nominator_id=None, reason_sealed=None)
        )

    async def unlink_answers(self, before: datetime) -> int:
        """Take the person out of named surveys about events that began before a moment; the answers stay."""
        past = (
            sa.select(surveys.c.id)
            .join(events, events.c.id == surveys.c.event_id)
            .where(events.c.starts_at < before)
        )
        theirs = (survey_answers.c.member_id.is_not(None), survey_answers.c.survey_id.in_(past))
        return await self._release(survey_answers, "answers", *theirs, row=lambda row: row.id.hex())

    async def let_go(self, member_id: int) -> None:
        """Take a person who is about to be erased out of what stays: seats as counts, and suggested topics."""
        await self.run(survey_answers.delete().where(survey_answers.c.member_id == member_id))
        mine = registrations.c.member_id == member_id
        await self.run(registrations.update().where(mine).values(reason_sealed=None))
        both = sa.or_(pairs.c.mentor_id == member_id, pairs.c.mentee_id == member_id)
        await self.run(pairs.update().where(both).values(goal_sealed=None))
        await self._release(suggestions, "text", suggestions.c.member_id == member_id, row=lambda row: row.id)

    async def _release(
        self,
        table: sa.Table,
        column: str,
        *conditions: sa.ColumnElement[bool],
        row: Callable[[AnyRow], int | str],
    ) -> int:
        """Take the person out of rows whose words stay: they are sealed anew, since the person's key goes some day."""
        sealed = f"{column}_sealed"
        rows = await self.all(sa.select(table.c.id, table.c[sealed]).where(*conditions))
        await self.unit.keys.load_column(rows, sealed)
        for one in rows:
            place = (table.name, column, row(one))
            same = table.c.id == one.id
            try:
                words = self.unit.keys.open_text(getattr(one, sealed), *place)
            except VaultError:  # the key went before, as in an old backup of somebody erased
                await self.run(table.delete().where(same))
                continue
            values = {"member_id": None, sealed: self.unit.vault.seal(words, *place)}
            await self.run(table.update().where(same).values(values))
        return len(rows)
