"""Topics that members suggest, and who else would like them.

States: open → planned (a coordinator made a draft of it) → announced, or declined, or withdrawn by its suggester. A
planned one whose draft was deleted is open again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import events, suggestion_supports, suggestions
from storage.vault import random_id


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One topic. `member_id` is None once its suggester is gone; `word` is why it was declined: a code or a text."""

    id: int
    member_id: int | None
    kind: str
    lang: str
    text: str
    state: str
    word: str
    event_id: int | None
    supports: int


class Suggestions(Store):
    """What members would like to happen."""

    async def get(self, suggestion_id: int) -> Suggestion | None:
        """Find a suggestion by id."""
        return next(iter(await self.all_of(suggestions.c.id == suggestion_id)), None)

    async def add(self, member_id: int, kind: str, lang: str, text: str, at: datetime) -> Suggestion:
        """Take a suggestion in."""
        suggestion_id = random_id()
        await self.run(
            suggestions.insert().values(
                id=suggestion_id,
                member_id=member_id,
                kind=kind,
                lang=lang,
                text_sealed=await self.unit.keys.seal(member_id, text, "suggestions", "text", suggestion_id),
                created_at=at,
                changed_at=at,
            )
        )
        return Suggestion(suggestion_id, member_id, kind, lang, text, "open", "", None, 0)

    async def open(self, *, limit: int, offset: int = 0) -> list[Suggestion]:
        """List open ones, those with the most support in front."""
        return await self.all_of(suggestions.c.state == "open", limit=limit, offset=offset)

    async def count_open(self, member_id: int | None = None) -> int:
        """Count open ones, of one person or of everybody."""
        mine = sa.true() if member_id is None else suggestions.c.member_id == member_id
        statement = sa.select(sa.func.count()).where(suggestions.c.state == "open", mine)
        return int(await self.scalar(statement) or 0)

    async def made_since(self, member_id: int, since: datetime) -> int:
        """Count what somebody suggested since a moment."""
        statement = sa.select(sa.func.count()).where(
            suggestions.c.member_id == member_id, suggestions.c.created_at >= since
        )
        return int(await self.scalar(statement) or 0)

    async def supports(self, suggestion_id: int, member_id: int) -> bool:
        """Say whether somebody supports a suggestion."""
        mine = (
            suggestion_supports.c.suggestion_id == suggestion_id,
            suggestion_supports.c.member_id == member_id,
        )
        return await self.scalar(sa.select(suggestion_supports.c.member_id).where(*mine)) is not None

    async def support(self, suggestion_id: int, member_id: int) -> None:
        """Count somebody's support, once."""
        insert = self.upsert(suggestion_supports).values(suggestion_id=suggestion_id, member_id=member_id)
        await self.run(insert.on_conflict_do_nothing(index_elements=["suggestion_id", "member_id"]))

    async def drop_support(self, suggestion_id: int, member_id: int) -> None:
        """Take somebody's support back."""
        await self.run(
            suggestion_supports.delete().where(
                suggestion_supports.c.suggestion_id == suggestion_id,
                suggestion_supports.c.member_id == member_id,
            )
        )

    async def advance(
        self, suggestion_id: int, before: str, state: str, at: datetime, *, event_id: int | None = None, word: str = ""
    ) -> bool:  # fmt: skip
        """Move from one state to the next; False where it is not in the first: somebody was faster."""
        sealed = self.unit.vault.seal(word, "suggestions", "word", suggestion_id) if word else None
        changed = await self.run(
            suggestions.update()
            .where(suggestions.c.id == suggestion_id, suggestions.c.state == before)
            .values(state=state, event_id=event_id, word_sealed=sealed, changed_at=at)
        )
        return changed == 1

    async def now_published(self) -> list[Suggestion]:
        """List planned ones whose event was published."""
        published = sa.select(events.c.id).where(events.c.state == "published")
        return await self.all_of(suggestions.c.state == "planned", suggestions.c.event_id.in_(published))

    async def reopen(self, at: datetime) -> int:
        """Open again what was planned but whose draft is gone, and return how many."""
        orphaned = (suggestions.c.state == "planned", suggestions.c.event_id.is_(None))
        return await self.run(suggestions.update().where(*orphaned).values(state="open", changed_at=at))

    def interested(self, suggestion: Suggestion) -> sa.Select[tuple[int]]:
        """Select who suggested it and who supports it."""
        mine = sa.select(suggestions.c.member_id).where(
            suggestions.c.id == suggestion.id, suggestions.c.member_id.is_not(None)
        )
        theirs = sa.select(suggestion_supports.c.member_id).where(
            suggestion_supports.c.suggestion_id == suggestion.id
        )
        both = sa.union(mine, theirs).subquery()
        return sa.select(both.c[0])

    async def forget(self, before: datetime) -> int:
        """Drop what was settled before a moment."""
        return await self.run(
            suggestions.delete().where(suggestions.c.state != "open", suggestions.c.changed_at < before)
        )

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return what somebody suggested and supports, as plain values."""
        supported = sa.select(suggestion_supports.c.suggestion_id).where(
            suggestion_supports.c.member_id == member_id
        )
        found = await self.all_of(
            sa.or_(suggestions.c.member_id == member_id, suggestions.c.id.in_(supported)), limit=1000
        )
        return [{"text": one.text, "state": one.state, "by_you": one.member_id == member_id} for one in found]

    async def all_of(
        self, *conditions: sa.ColumnElement[bool], limit: int = 50, offset: int = 0
    ) -> list[Suggestion]:
        """List those that meet every condition, those with the most support in front."""
        count = (
            sa.select(sa.func.count())
            .where(suggestion_supports.c.suggestion_id == suggestions.c.id)
            .correlate(suggestions)
            .scalar_subquery()
        )
        rows = await self.all(
            sa.select(suggestions, count.label("supports"))
            .where(*conditions)
            .order_by(sa.desc("supports"), suggestions.c.created_at, suggestions.c.id)
            .limit(limit)
            .offset(offset)
        )
        await self.unit.keys.load_column(rows, "text_sealed")
        opened = self.unit.keys.open_text
        return [
            Suggestion(
                id=row.id,
                member_id=row.member_id,
                kind=row.kind,
                lang=row.lang,
                text=opened(row.text_sealed, "suggestions", "text", row.id),
                state=row.state,
                word=opened(row.word_sealed, "suggestions", "word", row.id),
                event_id=row.event_id,
                supports=row.supports,
            )
            for row in rows
        ]
