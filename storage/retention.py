"""Forgetting in time, where it concerns several aggregates: what is kept of people ends here."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from storage.store import Store
from storage.tables import events, invitations, registrations, survey_answers, surveys


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
        return await self.run(
            survey_answers.update()
            .where(survey_answers.c.member_id.is_not(None), survey_answers.c.survey_id.in_(past))
            .values(member_id=None)
        )
