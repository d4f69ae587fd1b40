"""Questions to the coordinators: what was asked, who has taken it on, and what was answered.

States: waiting (nobody has taken it on) → claimed → answered → closed. Whoever asked may write again, which brings
the question back to whoever answered it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import members, question_words, questions
from storage.vault import random_id

STAFF = ("coordinator", "administrator")
OPEN = ("waiting", "claimed")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `about` says what it was asked from (such as `call-3`), empty where it stands by itself."""

    id: int
    member_id: int
    state: str
    claimer_id: int | None
    about: str
    asked_at: datetime
    waiting_since: datetime
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """What one side wrote to the other. `author_id` is None once its author is gone."""

    staff: bool
    author_id: int | None
    text: str
    at: datetime


class Questions(Store):
    """The shared inbox of the coordinators."""

    async def get(self, question_id: int) -> Question | None:
        """Find a question by id."""
        row = await self.one(sa.select(questions).where(questions.c.id == question_id))
        return None if row is None else _read(row)

    async def ask(self, member_id: int, text: str, at: datetime, about: str = "") -> Question:
        """Take in a question."""
        question_id = random_id()
        await self.run(
            questions.insert().values(
                id=question_id, member_id=member_id, about=about, asked_at=at, waiting_since=at, touched_at=at
            )
        )
        await self.write(question_id, member_id, text, at, staff=False)
        return Question(question_id, member_id, "waiting", None, about, at, at, at)

    async def write(self, question_id: int, author_id: int, text: str, at: datetime, *, staff: bool) -> None:
        """Add what somebody wrote."""
        words_id = random_id()
        before = sa.select(sa.func.count()).where(question_words.c.question_id == question_id)
        asker = await self.scalar(sa.select(questions.c.member_id).where(questions.c.id == question_id))
        sealed = await self.unit.keys.seal(int(asker), text, "question_words", "text", words_id)
        await self.run(
            question_words.insert().values(
                id=words_id,
                question_id=question_id,
                number=before.scalar_subquery(),
                staff=staff,
                author_id=author_id,
                text_sealed=sealed,
                at=at,
            )
        )

    async def words(self, question_id: int, *, limit: int) -> list[Words]:
        """List the newest of what was written, the oldest of it in front."""
        rows = await self.all(
            sa.select(question_words)
            .where(question_words.c.question_id == question_id)
            .order_by(question_words.c.number.desc())
            .limit(limit)
        )
        await self.unit.keys.load_column(rows, "text_sealed")
        return [self._words(row) for row in reversed(rows)]

    async def move(self, question: Question, state: str, at: datetime, *, claimer_id: int | None) -> bool:
        """Change state and claimer together; False where somebody was faster. Waiting anew counts from now."""
        values: dict[str, Any] = {"state": state, "claimer_id": claimer_id, "touched_at": at}
        if state == "waiting":
            values["waiting_since"] = at
        same = (
            questions.c.claimer_id.is_(None)
            if question.claimer_id is None
            else questions.c.claimer_id == question.claimer_id
        )
        changed = await self.run(
            questions.update()
            .where(questions.c.id == question.id, questions.c.state == question.state, same)
            .values(**values)
        )
        return changed == 1

    async def of_member(self, member_id: int, *, limit: int, offset: int = 0) -> list[Question]:
        """List what somebody asked, the newest in front."""
        statement = sa.select(questions).where(questions.c.member_id == member_id)
        return await self._list(statement.order_by(questions.c.asked_at.desc()), limit, offset)

    async def open(self, *, limit: int, offset: int = 0) -> list[Question]:
        """List what is not answered yet: first what nobody has taken on, the oldest in front."""
        statement = sa.select(questions).where(questions.c.state.in_(OPEN))
        order = (questions.c.state.desc(), questions.c.waiting_since, questions.c.id)
        return await self._list(statement.order_by(*order), limit, offset)

    async def count_open(self, member_id: int | None = None) -> int:
        """Count what is not answered yet, of one person or of everybody."""
        mine = sa.true() if member_id is None else questions.c.member_id == member_id
        statement = sa.select(sa.func.count()).where(questions.c.state.in_(OPEN), mine)
        return int(await self.scalar(statement) or 0)

    async def written_since(self, member_id: int, since: datetime) -> int:
        """Count what somebody wrote to the coordinators since a moment."""
        statement = sa.select(sa.func.count()).where(
            question_words.c.author_id == member_id, ~question_words.c.staff, question_words.c.at >= since
        )
        return int(await self.scalar(statement) or 0)

    async def waiting_before(self, before: datetime, limit: int = 50) -> list[Question]:
        """List what nobody has taken on since a moment, the oldest in front."""
        statement = sa.select(questions).where(
            questions.c.state == "waiting", questions.c.waiting_since <= before
        )
        return await self._list(statement.order_by(questions.c.waiting_since), limit, 0)

    async def claimed_before(self, before: datetime, limit: int = 50) -> list[Question]:
        """List what was taken on before a moment and is still not answered."""
        statement = sa.select(questions).where(
            questions.c.state == "claimed", questions.c.touched_at <= before
        )
        return await self._list(statement.order_by(questions.c.touched_at), limit, 0)

    async def deserted(self, limit: int = 50) -> list[Question]:
        """List what was taken on by somebody who is gone or coordinates no more."""
        staff = sa.select(members.c.id).where(members.c.role.in_(STAFF))
        gone = sa.or_(questions.c.claimer_id.is_(None), questions.c.claimer_id.not_in(staff))
        return await self._list(sa.select(questions).where(questions.c.state == "claimed", gone), limit, 0)

    async def close_answered(self, before: datetime) -> int:
        """Close what was answered before a moment and not taken up again."""
        return await self.run(
            questions.update()
            .where(questions.c.state == "answered", questions.c.touched_at < before)
            .values(state="closed")
        )

    async def forget(self, before: datetime) -> int:
        """Drop what was closed and untouched since before a moment."""
        return await self.run(
            questions.delete().where(questions.c.state == "closed", questions.c.touched_at < before)
        )

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return what somebody asked and was answered, as plain values."""
        found = await self.of_member(member_id, limit=1000)
        return [
            {
                "state": one.state,
                "asked_at": one.asked_at.isoformat(),
                "words": [
                    {"by_a_coordinator": words.staff, "text": words.text, "at": words.at.isoformat()}
                    for words in await self.words(one.id, limit=1000)
                ],
            }
            for one in found
        ]

    async def _list(self, statement: sa.Select[Any], limit: int, offset: int) -> list[Question]:
        return [_read(row) for row in await self.all(statement.limit(limit).offset(offset))]

    def _words(self, row: sa.Row[Any]) -> Words:
        text = self.unit.keys.open_text(row.text_sealed, "question_words", "text", row.id)
        return Words(row.staff, row.author_id, text, row.at)


def _read(row: sa.Row[Any]) -> Question:
    return Question(
        id=row.id,
        member_id=row.member_id,
        state=row.state,
        claimer_id=row.claimer_id,
        about=row.about,
        asked_at=row.asked_at,
        waiting_since=row.waiting_since,
        touched_at=row.touched_at,
    )
