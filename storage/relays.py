"""Passing messages between people who do not know each other's numbers.

A relay is a conversation about something: a question to an organisation, a coffee chat, a mentorship. Whoever
blocks somebody gets nothing more from them, in any relay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import AnyRow, Store
from storage.tables import relay_blocks, relay_people, relay_words, relays
from storage.vault import random_id


@dataclass(frozen=True, slots=True)
class Relay:
    """One conversation. `subject_id` says what it is about: an organisation, a group or a pair, by its kind.

    `asker_id` is who began it, where one side asks the other.
    """

    id: int
    kind: str
    subject_id: int
    asker_id: int | None
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """One message."""

    id: int
    relay_id: int
    author_id: int
    text: str
    at: datetime


class Relays(Store):
    """Conversations that this service stands between."""

    async def get(self, relay_id: int) -> Relay | None:
        """Find a relay by id."""
        row = await self.one(sa.select(relays).where(relays.c.id == relay_id))
        return None if row is None else await self._read(row)

    async def about(self, kind: str, subject_id: int, asker_id: int | None = None) -> Relay | None:
        """Find the relay about something, or somebody's own about it."""
        asker = sa.true() if asker_id is None else relays.c.asker_id == asker_id
        row = await self.one(
            sa.select(relays).where(relays.c.kind == kind, relays.c.subject_id == subject_id, asker)
        )
        return None if row is None else await self._read(row)

    async def open(
        self, kind: str, subject_id: int, people: Sequence[int], at: datetime, asker_id: int | None = None
    ) -> Relay:
        """Begin a relay between people, or return the one that there is, with these people in it."""
        found = await self.about(kind, subject_id, asker_id)
        relay_id = found.id if found else random_id()
        if found is None:
            await self.run(
                relays.insert().values(
                    id=relay_id, kind=kind, subject_id=subject_id, asker_id=asker_id, touched_at=at
                )
            )
        await self.run(
            relay_people.delete().where(
                relay_people.c.relay_id == relay_id, relay_people.c.member_id.not_in(people)
            )
        )
        for member_id in people:
            insert = self.upsert(relay_people).values(relay_id=relay_id, member_id=member_id)
            await self.run(insert.on_conflict_do_nothing(index_elements=["relay_id", "member_id"]))
        return Relay(relay_id, kind, subject_id, asker_id, tuple(sorted(people)))

    async def close(self, kind: str, subject_id: int) -> None:
        """End the relays about something."""
        await self.run(relays.delete().where(relays.c.kind == kind, relays.c.subject_id == subject_id))

    async def write(self, relay: Relay, author_id: int, text: str, at: datetime) -> int:
        """Keep a message until it was passed on and read; return its id."""
        words_id = random_id()
        before = sa.select(sa.func.count()).where(relay_words.c.relay_id == relay.id).scalar_subquery()
        await self.run(
            relay_words.insert().values(
                id=words_id,
                relay_id=relay.id,
                number=before,
                author_id=author_id,
                text_sealed=await self.unit.keys.seal(author_id, text, "relay_words", "text", words_id),
                at=at,
            )
        )
        await self.run(relays.update().where(relays.c.id == relay.id).values(touched_at=at))
        return words_id

    async def passed(self, words_id: int) -> Passed | None:
        """Find one message."""
        row = await self.one(sa.select(relay_words).where(relay_words.c.id == words_id))
        return None if row is None else (await self._all_passed([row]))[0]

    async def words(self, relay_id: int, *, limit: int) -> list[Passed]:
        """List the newest messages, the oldest of them in front."""
        rows = await self.all(
            sa.select(relay_words)
            .where(relay_words.c.relay_id == relay_id)
            .order_by(relay_words.c.at.desc(), relay_words.c.number.desc())
            .limit(limit)
        )
        return await self._all_passed(rows[::-1])

    async def written_since(self, member_id: int, since: datetime) -> int:
        """Count what somebody had passed on since a moment."""
        statement = sa.select(sa.func.count()).where(
            relay_words.c.author_id == member_id, relay_words.c.at >= since
        )
        return int(await self.scalar(statement) or 0)

    async def begun_since(self, asker_id: int, since: datetime) -> int:
        """Count the relays that somebody began and in which something was said since a moment."""
        statement = sa.select(sa.func.count()).where(
            relays.c.asker_id == asker_id, relays.c.touched_at >= since
        )
        return int(await self.scalar(statement) or 0)

    async def block(self, blocker_id: int, blocked: Sequence[int]) -> None:
        """Let nothing more through from some people to somebody."""
        for member_id in blocked:
            insert = self.upsert(relay_blocks).values(blocker_id=blocker_id, blocked_id=member_id)
            await self.run(insert.on_conflict_do_nothing(index_elements=["blocker_id", "blocked_id"]))

    async def unblock(self, blocker_id: int, blocked: Sequence[int]) -> None:
        """Let messages from some people through again."""
        await self.run(
            relay_blocks.delete().where(
                relay_blocks.c.blocker_id == blocker_id, relay_blocks.c.blocked_id.in_(blocked)
            )
        )

    async def reached(self, author_id: int, people: Sequence[int]) -> list[int]:
        """Choose whom somebody's messages reach: neither has blocked the other."""
        rows = await self.all(
            sa.select(relay_blocks.c.blocker_id, relay_blocks.c.blocked_id).where(
                sa.or_(relay_blocks.c.blocked_id == author_id, relay_blocks.c.blocker_id == author_id)
            )
        )
        apart = {member_id for row in rows for member_id in (row.blocker_id, row.blocked_id)}
        return [one for one in people if one != author_id and one not in apart]

    async def blocks(self, blocker_id: int, people: Sequence[int]) -> bool:
        """Say whether somebody has blocked all the others."""
        others = {one for one in people if one != blocker_id}
        rows = await self.all(
            sa.select(relay_blocks.c.blocked_id).where(
                relay_blocks.c.blocker_id == blocker_id, relay_blocks.c.blocked_id.in_(others)
            )
        )
        return bool(others) and {row.blocked_id for row in rows} == others

    async def forget_words(self, before: datetime) -> int:
        """Drop messages from before a moment."""
        return await self.run(relay_words.delete().where(relay_words.c.at < before))

    async def forget(self, before: datetime) -> int:
        """Drop relays in which nothing was said since a moment."""
        return await self.run(relays.delete().where(relays.c.touched_at < before))

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return what somebody had passed on and that is still kept, as plain values."""
        rows = await self.all(
            sa.select(relay_words).where(relay_words.c.author_id == member_id).order_by(relay_words.c.at)
        )
        return [{"text": one.text, "at": one.at.isoformat()} for one in await self._all_passed(rows)]

    async def _read(self, row: sa.Row[Any]) -> Relay:
        people = await self.all(
            sa.select(relay_people.c.member_id)
            .where(relay_people.c.relay_id == row.id)
            .order_by(relay_people.c.member_id)
        )
        return Relay(row.id, row.kind, row.subject_id, row.asker_id, tuple(one.member_id for one in people))

    async def _all_passed(self, rows: Sequence[AnyRow]) -> list[Passed]:
        await self.unit.keys.load_column(rows, "text_sealed")
        return [self._passed(row) for row in rows]

    def _passed(self, row: sa.Row[Any]) -> Passed:
        text = self.unit.keys.open_text(row.text_sealed, "relay_words", "text", row.id)
        return Passed(row.id, row.relay_id, row.author_id, text, row.at)
