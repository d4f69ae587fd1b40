"""Quick polls: one question with up to ten options, asked of an audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.audience import Audience
from storage.store import Store
from storage.tables import members, outbox, poll_texts, poll_votes, polls

TOPIC = "polls"
ASKED = "1"
"""The occurrence under which the outbox holds the question itself."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A poll in one language. An option's code is its position, so that every language counts as one."""

    question: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll. `lang` is the language it was written in: the one that all others fall back to."""

    id: int
    state: str
    lang: str
    audience: Audience
    author_id: int | None
    created_at: datetime
    shared_at: datetime | None
    wordings: Mapping[str, Wording] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Return the name under which its outbox rows are kept."""
        return f"poll:{self.id}"

    @property
    def original(self) -> Wording:
        """Return the wording it was written in."""
        return self.wordings.get(self.lang, Wording(""))

    def wording(self, lang: str) -> Wording:
        """Return the wording in a language, or the original where that one is not complete."""
        found = self.wordings.get(lang)
        return found if found and len(found.options) == len(self.original.options) else self.original

    @property
    def complete(self) -> bool:
        """Say whether there is a question and something to choose from."""
        return bool(self.original.question) and len(self.original.options) >= 2


class Polls(Store):
    """Drafts, open polls and closed ones, and their votes."""

    async def draft(self, author_id: int, lang: str, at: datetime) -> Poll:
        """Begin a poll; an untouched draft of the same author is taken up again."""
        untouched = sa.select(polls.c.id).where(
            polls.c.state == "draft",
            polls.c.author_id == author_id,
            polls.c.id.not_in(sa.select(poll_texts.c.poll_id)),
        )
        found = await self.scalar(untouched.order_by(polls.c.id.desc()))
        if found is None:
            values = {
                "author_id": author_id,
                "lang": lang,
                "created_at": at,
                "audience": Audience().to_json(),
            }
            found = await self.insert(polls.insert().values(**values))
        else:
            await self.change(found, lang=lang)
        draft = await self.get(found)
        assert draft is not None  # noqa: S101 - it was just read or written
        return draft

    async def get(self, poll_id: int) -> Poll | None:
        """Find a poll by id."""
        return next(iter(await self._read(sa.select(polls).where(polls.c.id == poll_id))), None)

    async def listed(self, *, limit: int, offset: int = 0) -> list[Poll]:
        """List polls that were asked or hold a question, the newest in front."""
        statement = sa.select(polls).where(polls.c.id.in_(sa.select(poll_texts.c.poll_id)))
        return await self._read(statement.order_by(polls.c.id.desc()).limit(limit).offset(offset))

    async def open(self) -> list[Poll]:
        """List polls that can be voted in."""
        return await self._read(sa.select(polls).where(polls.c.state == "open"))

    async def put(self, poll_id: int, lang: str, wording: Wording) -> None:
        """Set the wording in one language."""
        values = {"question": wording.question, "options": list(wording.options)}
        insert = self.upsert(poll_texts).values(poll_id=poll_id, lang=lang, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["poll_id", "lang"], set_=values))

    async def change(self, poll_id: int, **fields: Any) -> None:
        """Set columns of a draft; `audience` takes an Audience."""
        if "audience" in fields:
            fields["audience"] = fields["audience"].to_json()
        await self.run(polls.update().where(polls.c.id == poll_id, polls.c.state == "draft").values(**fields))

    async def advance(self, poll_id: int, before: str, state: str, **fields: Any) -> bool:
        """Move from one state to the next; False where it is not in the first: somebody was faster."""
        statement = polls.update().where(polls.c.id == poll_id, polls.c.state == before)
        return await self.run(statement.values(state=state, **fields)) == 1

    async def remove_draft(self, poll_id: int) -> bool:
        """Forget a poll that was never asked."""
        return await self.run(polls.delete().where(polls.c.id == poll_id, polls.c.state == "draft")) == 1

    async def share(self, poll_id: int, at: datetime) -> bool:
        """Note that the result is shared; False where it already was or the poll is not closed."""
        statement = polls.update().where(
            polls.c.id == poll_id, polls.c.state == "closed", polls.c.shared_at.is_(None)
        )
        return await self.run(statement.values(shared_at=at)) == 1

    async def vote(self, poll_id: int, member_id: int, choice: int) -> None:
        """Count a vote, or change it: one each."""
        insert = self.upsert(poll_votes).values(poll_id=poll_id, member_id=member_id, choice=choice)
        await self.run(
            insert.on_conflict_do_update(index_elements=["poll_id", "member_id"], set_={"choice": choice})
        )

    async def may_answer(self, poll: Poll, member_id: int) -> bool:
        """Say whether somebody was asked, or is among those whom the poll is for."""
        if await self.unit.outbox.told("poll", poll.subject, member_id, ASKED):
            return True
        meant = sa.select(members.c.id).where(
            members.c.id == member_id, members.c.id.in_(poll.audience.recipients())
        )
        return await self.scalar(meant) is not None

    def asked(self, poll: Poll) -> sa.Select[tuple[int]]:
        """Select the ids of the people who got the question or answered it."""
        got = sa.select(outbox.c.member_id).where(
            outbox.c.subject == poll.subject,
            outbox.c.kind == "poll",
            outbox.c.state.in_(("sent", "delivered", "read", "unknown")),
        )
        answered = sa.select(poll_votes.c.member_id).where(poll_votes.c.poll_id == poll.id)
        return sa.select(members.c.id).where(sa.or_(members.c.id.in_(got), members.c.id.in_(answered)))

    async def vote_of(self, poll_id: int, member_id: int) -> int | None:
        """Return the option that somebody chose."""
        choice = await self.scalar(
            sa.select(poll_votes.c.choice).where(
                poll_votes.c.poll_id == poll_id, poll_votes.c.member_id == member_id
            )
        )
        return None if choice is None else int(choice)

    async def tally(self, poll_id: int) -> dict[int, int]:
        """Count votes by option."""
        rows = await self.all(
            sa.select(poll_votes.c.choice, sa.func.count())
            .where(poll_votes.c.poll_id == poll_id)
            .group_by(poll_votes.c.choice)
        )
        return {row[0]: row[1] for row in rows}

    async def _read(self, statement: sa.Select[Any]) -> list[Poll]:
        rows = await self.all(statement)
        wordings: dict[int, dict[str, Wording]] = {}
        ids = [row.id for row in rows]
        for text in await self.all(sa.select(poll_texts).where(poll_texts.c.poll_id.in_(ids))):
            wordings.setdefault(text.poll_id, {})[text.lang] = Wording(text.question, tuple(text.options))
        return [
            Poll(
                id=row.id,
                state=row.state,
                lang=row.lang,
                audience=Audience.from_json(row.audience),
                author_id=row.author_id,
                created_at=row.created_at,
                shared_at=row.shared_at,
                wordings=wordings.get(row.id, {}),
            )
            for row in rows
        ]
