"""Links to the page on which somebody answers a survey outside the chat. Only a hash of each is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import answer_links, surveys
from storage.vault import code_hash

TOKEN_BYTES = 16
"""128 random bits."""


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """Who may answer which survey by a link."""

    survey_id: int
    member_id: int


class AnswerLinks(Store):
    """At most one link for each person and survey: making another ends the one before."""

    async def make(self, survey_id: int, member_id: int, expires_at: datetime) -> str:
        """Make a link and return its token, which can't be read again later."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        values = {"token_hash": code_hash(token), "expires_at": expires_at}
        insert = self.upsert(answer_links).values(survey_id=survey_id, member_id=member_id, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["survey_id", "member_id"], set_=values))
        return token

    async def find(self, token: str, now: datetime) -> AnswerLink | None:
        """Return whose link this is, if it still works."""
        row = await self.one(
            sa.select(answer_links).where(
                answer_links.c.token_hash == code_hash(token), answer_links.c.expires_at > now
            )
        )
        return None if row is None else AnswerLink(row.survey_id, row.member_id)

    async def end(self, survey_id: int, member_id: int) -> None:
        """Let a person's link to a survey stop working."""
        mine = (answer_links.c.survey_id == survey_id, answer_links.c.member_id == member_id)
        await self.run(answer_links.delete().where(*mine))

    async def end_all(self, survey_id: int) -> None:
        """Let every link to a survey stop working."""
        await self.run(answer_links.delete().where(answer_links.c.survey_id == survey_id))

    async def forget(self, before: datetime) -> int:
        """Drop links that ended before a moment and return how many."""
        return await self.run(answer_links.delete().where(answer_links.c.expires_at < before))

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return for which events a person has a link, for them to take along; the link itself is not known."""
        rows = await self.all(
            sa.select(surveys.c.event_id, answer_links.c.expires_at)
            .join(surveys, surveys.c.id == answer_links.c.survey_id)
            .where(answer_links.c.member_id == member_id)
            .order_by(surveys.c.id)
        )
        return [{"event_number": row.event_id, "works_until": row.expires_at.isoformat()} for row in rows]
