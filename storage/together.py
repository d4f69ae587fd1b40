"""What people do among themselves, where two records of one person become one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import (
    answer_links,
    calendar_feeds,
    call_people,
    directory_views,
    grants,
    intentions,
    memberships,
    mentor_offers,
    nominations,
    pair_notes,
    pair_sessions,
    pairs,
    paper_readers,
    papers,
    profiles,
    question_words,
    questions,
    registrations,
    relay_blocks,
    relay_people,
    relay_words,
    relays,
    suggestion_supports,
    suggestions,
)

CARRIED: tuple[sa.Column[Any], ...] = (
    questions.c.member_id,
    questions.c.claimer_id,
    question_words.c.author_id,
    nominations.c.author_id,
    registrations.c.nominator_id,
    suggestions.c.member_id,
    suggestion_supports.c.member_id,
    profiles.c.focal_id,
    memberships.c.member_id,
    directory_views.c.member_id,
    relays.c.asker_id,
    relay_people.c.member_id,
    relay_words.c.author_id,
    relay_blocks.c.blocker_id,
    relay_blocks.c.blocked_id,
    intentions.c.member_id,
    answer_links.c.member_id,
    calendar_feeds.c.member_id,
    mentor_offers.c.member_id,
    pairs.c.mentor_id,
    pairs.c.mentee_id,
    pair_sessions.c.author_id,
    pair_notes.c.author_id,
    call_people.c.member_id,
    grants.c.contact_id,
    papers.c.author_id,
    paper_readers.c.member_id,
)
"""Every column here that references a member."""


class Together(Store):
    """Reads and writes across the tables of the community among itself."""

    async def carry_over(self, gone_id: int, kept_id: int) -> None:
        """Give everything of one record to another; of what both have once each, the kept one's stays."""
        for column in CARRIED:
            table = column.table
            assert isinstance(table, sa.Table)  # noqa: S101
            if column.name in table.primary_key.columns:
                await self._drop_doubles(table, column.name, gone_id, kept_id)
            await self.run(table.update().where(column == gone_id).values({column.name: kept_id}))

    async def _drop_doubles(self, table: sa.Table, column: str, gone_id: int, kept_id: int) -> None:
        twin = table.alias()
        others = [one.name for one in table.primary_key.columns if one.name != column]
        same = [table.c[other] == twin.c[other] for other in others]
        await self.run(
            table.delete().where(
                table.c[column] == gone_id, sa.exists().where(twin.c[column] == kept_id, *same)
            )
        )
