"""Mentorship: what people offer and seek, the pairs that come of it, their sessions and their own notes.

A pair is proposed → active (both said yes) → closed; or refused, lapsed (nobody answered in time), withdrawn. Goals
and notes belong to the two of them; everybody else gets counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from storage.store import AnyRow, Store
from storage.tables import members, mentor_offers, organisations, pair_notes, pair_sessions, pairs
from storage.vault import random_id

PARTS = ("themes", "langs", "places", "times")
LIVE = ("proposed", "active")
"""States in which a pair takes one of the mentor's places."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody offers (side `mentor`) or seeks (side `mentee`). `capacity` is how many mentees at once."""

    member_id: int
    side: str
    organisation_id: int | None = None
    state: str = "draft"
    themes: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    capacity: int = 1

    def chosen(self, part: str) -> tuple[str, ...]:
        """Return the codes chosen for a part."""
        chosen: tuple[str, ...] = getattr(self, part)
        return chosen


@dataclass(frozen=True, slots=True)
class Pair:
    """A mentor and a mentee; None stands for somebody who is gone."""

    id: int
    mentor_id: int | None
    mentee_id: int | None
    state: str
    mentor_said: str
    mentee_said: str
    mentor_fit: str
    mentee_fit: str
    goal: str
    ending: str
    proposed_at: datetime
    begun_at: datetime | None
    touched_at: datetime
    nudged_at: datetime | None

    def side_of(self, member_id: int) -> str:
        """Return on which side somebody is, or an empty text."""
        return {self.mentee_id: "mentee", self.mentor_id: "mentor"}.get(member_id, "")

    def other(self, member_id: int) -> int | None:
        """Return who is on the other side."""
        return self.mentee_id if self.mentor_id == member_id else self.mentor_id

    def said(self, side: str) -> str:
        """Return what a side answered to the proposal."""
        return self.mentor_said if side == "mentor" else self.mentee_said


@dataclass(frozen=True, slots=True)
class Session:
    """One meeting of a pair; it counts once both agree that it took place."""

    id: int
    pair_id: int
    held_on: date
    minutes: int
    mode: str
    state: str
    author_id: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the programme sees of mentorship."""

    mentors: int
    mentees: int
    proposed: int
    active: int
    closed: int
    met: int
    sessions: int
    minutes: int


class Mentoring(Store):
    """Offers, pairs, sessions and notes."""

    # --- offers ---

    async def offer(self, member_id: int, side: str) -> Offer | None:
        """Find what somebody offers or seeks."""
        found = await self._offers(mentor_offers.c.member_id == member_id, mentor_offers.c.side == side)
        return found[0] if found else None

    async def open_offers(self, side: str) -> list[Offer]:
        """List what waits for a match on one side, who has waited longest in front."""
        return await self._offers(mentor_offers.c.side == side, mentor_offers.c.state == "open")

    async def change_offer(self, member_id: int, side: str, **fields: Any) -> None:
        """Set columns of somebody's offer, made if need be; parts take tuples of codes."""
        values = {name: ",".join(value) if name in PARTS else value for name, value in fields.items()}
        insert = self.upsert(mentor_offers).values(member_id=member_id, side=side, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["member_id", "side"], set_=values))

    async def hold_offer(self, member_id: int, side: str) -> None:
        """Let nobody else count or change a person's places until this transaction ends."""
        mine = (mentor_offers.c.member_id == member_id, mentor_offers.c.side == side)
        await self.one(sa.select(mentor_offers.c.side).where(*mine).with_for_update())

    async def _offers(self, *conditions: sa.ColumnElement[bool]) -> list[Offer]:
        rows = await self.all(
            sa.select(mentor_offers, members.c.organisation_id)
            .join(members, members.c.id == mentor_offers.c.member_id)
            .where(*conditions)
            .order_by(mentor_offers.c.opened_at, mentor_offers.c.member_id)
        )
        return [
            Offer(
                member_id=row.member_id,
                side=row.side,
                organisation_id=row.organisation_id,
                state=row.state,
                capacity=row.capacity,
                **{part: tuple(filter(None, getattr(row, part).split(","))) for part in PARTS},
            )
            for row in rows
        ]

    # --- pairs ---

    async def get(self, pair_id: int) -> Pair | None:
        """Find a pair by id."""
        return next(iter(await self.pairs(pairs.c.id == pair_id)), None)

    async def of(self, member_id: int, *states: str) -> list[Pair]:
        """List somebody's pairs, on either side."""
        mine = sa.or_(pairs.c.mentor_id == member_id, pairs.c.mentee_id == member_id)
        return await self.pairs(mine, pairs.c.state.in_(states))

    async def listed(self, *, limit: int, offset: int) -> list[Pair]:
        """List proposed and active pairs, those that were silent longest in front."""
        return await self.pairs(pairs.c.state.in_(LIVE), limit=limit, offset=offset)

    async def load(self) -> dict[int, int]:
        """Count, by mentor, the places that are taken."""
        rows = await self.all(
            sa.select(pairs.c.mentor_id, sa.func.count().label("taken"))
            .where(pairs.c.state.in_(LIVE), pairs.c.mentor_id.is_not(None))
            .group_by(pairs.c.mentor_id)
        )
        return {row.mentor_id: row.taken for row in rows}

    async def taken(self, mentor_id: int) -> int:
        """Count the places of one mentor that are taken."""
        mine = (pairs.c.mentor_id == mentor_id, pairs.c.state.in_(LIVE))
        return int(await self.scalar(sa.select(sa.func.count()).select_from(pairs).where(*mine)) or 0)

    async def paired(self) -> set[int]:
        """Return the mentees who have a mentor or a proposal."""
        rows = await self.all(sa.select(pairs.c.mentee_id).where(pairs.c.state.in_(LIVE)))
        return {row.mentee_id for row in rows if row.mentee_id is not None}

    async def apart(self) -> set[tuple[int, int]]:
        """Return the pairs of people who were matched before, however it ended; not those withdrawn unanswered."""
        rows = await self.all(
            sa.select(pairs.c.mentor_id, pairs.c.mentee_id).where(
                pairs.c.state.not_in(("withdrawn", "lapsed"))
            )
        )
        return {(row.mentor_id, row.mentee_id) for row in rows if row.mentor_id and row.mentee_id}

    async def propose(self, mentor_id: int, mentee_id: int, at: datetime) -> Pair:
        """Propose two people to each other."""
        pair_id = random_id()
        await self.run(
            pairs.insert().values(
                id=pair_id, mentor_id=mentor_id, mentee_id=mentee_id, proposed_at=at, touched_at=at
            )
        )
        found = await self.get(pair_id)
        assert found is not None  # noqa: S101
        return found

    async def change(self, pair_id: int, before: str, **fields: Any) -> bool:
        """Set columns of a pair that is in a state; False where it is not: somebody was faster."""
        values = dict(fields)
        if "goal" in values:
            goal = values.pop("goal")
            mentee = await self.scalar(sa.select(pairs.c.mentee_id).where(pairs.c.id == pair_id))
            values["goal_sealed"] = (
                await self.unit.keys.seal(mentee, goal, "pairs", "goal", pair_id) if mentee else None
            )
        mine = (pairs.c.id == pair_id, pairs.c.state == before)
        return await self.run(pairs.update().where(*mine).values(**values)) == 1

    async def hold(self, pair_id: int) -> Pair | None:
        """Return a pair that nobody else changes until this transaction ends."""
        await self.one(sa.select(pairs.c.id).where(pairs.c.id == pair_id).with_for_update())
        return await self.get(pair_id)

    async def unanswered(self, before: datetime) -> list[Pair]:
        """List proposals made before a moment."""
        return await self.pairs(pairs.c.state == "proposed", pairs.c.proposed_at <= before)

    async def silent(self, before: datetime) -> list[Pair]:
        """List active pairs of which nothing was heard since a moment, and whom nobody has asked since."""
        asked = sa.or_(pairs.c.nudged_at.is_(None), pairs.c.nudged_at <= before)
        return await self.pairs(pairs.c.state == "active", pairs.c.touched_at <= before, asked)

    async def halved(self) -> list[Pair]:
        """List proposed and active pairs of which one side is gone, or in which one person is both."""
        gone = sa.or_(
            pairs.c.mentor_id.is_(None), pairs.c.mentee_id.is_(None), pairs.c.mentor_id == pairs.c.mentee_id
        )
        return await self.pairs(pairs.c.state.in_(LIVE), gone)

    async def pairs(
        self, *conditions: sa.ColumnElement[bool], limit: int = 500, offset: int = 0
    ) -> list[Pair]:
        """List pairs that meet every condition, those that were silent longest in front."""
        rows = await self.all(
            sa.select(pairs)
            .where(*conditions)
            .order_by(pairs.c.touched_at, pairs.c.id)
            .limit(limit)
            .offset(offset)
        )
        await self.unit.keys.load_column(rows, "goal_sealed")
        return [self._pair(row) for row in rows]

    def _pair(self, row: AnyRow) -> Pair:
        goal = self.unit.keys.open_text(row.goal_sealed, "pairs", "goal", row.id)
        names = [name for name in Pair.__slots__ if name != "goal"]
        return Pair(goal=goal, **{name: getattr(row, name) for name in names})

    # --- sessions ---

    async def session(self, session_id: int) -> Session | None:
        """Find a session by id."""
        return next(iter(await self._sessions(pair_sessions.c.id == session_id)), None)

    async def sessions(self, pair_id: int) -> list[Session]:
        """List a pair's sessions, the newest in front."""
        return await self._sessions(pair_sessions.c.pair_id == pair_id)

    async def log(self, pair_id: int, author_id: int, held_on: date, minutes: int, mode: str) -> Session:
        """Write a session down, one a day: what stands there for the day already is kept unless it was disputed."""
        new = {"minutes": minutes, "mode": mode, "state": "logged", "author_id": author_id}
        insert = self.upsert(pair_sessions).values(id=random_id(), pair_id=pair_id, held_on=held_on, **new)
        await self.run(
            insert.on_conflict_do_update(
                index_elements=["pair_id", "held_on"], set_=new, where=pair_sessions.c.state == "disputed"
            )
        )
        day = (pair_sessions.c.pair_id == pair_id, pair_sessions.c.held_on == held_on)
        return (await self._sessions(*day))[0]

    async def settle_session(self, session_id: int, state: str) -> bool:
        """Confirm or dispute a session that waits for it; False where it does not."""
        mine = (pair_sessions.c.id == session_id, pair_sessions.c.state == "logged")
        return await self.run(pair_sessions.update().where(*mine).values(state=state)) == 1

    async def _sessions(self, *conditions: sa.ColumnElement[bool]) -> list[Session]:
        rows = await self.all(
            sa.select(pair_sessions)
            .where(*conditions)
            .order_by(pair_sessions.c.held_on.desc(), pair_sessions.c.id)
            .limit(200)
        )
        return [Session(**{name: getattr(row, name) for name in Session.__slots__}) for row in rows]

    # --- notes ---

    async def note(self, pair_id: int, author_id: int, text: str, at: datetime) -> None:
        """Keep a note for the two of them."""
        note_id = random_id()
        await self.run(
            pair_notes.insert().values(
                id=note_id,
                pair_id=pair_id,
                author_id=author_id,
                text_sealed=await self.unit.keys.seal(author_id, text, "pair_notes", "text", note_id),
                at=at,
            )
        )

    async def notes(self, pair_id: int, *, limit: int) -> list[str]:
        """Return a pair's newest notes, the oldest of them in front."""
        rows = await self.all(
            sa.select(pair_notes)
            .where(pair_notes.c.pair_id == pair_id)
            .order_by(pair_notes.c.at.desc(), pair_notes.c.id)
            .limit(limit)
        )
        return await self._notes(rows[::-1])

    async def notes_since(self, author_id: int, since: datetime) -> int:
        """Count the notes that somebody wrote since a moment."""
        mine = (pair_notes.c.author_id == author_id, pair_notes.c.at >= since)
        return int(await self.scalar(sa.select(sa.func.count()).select_from(pair_notes).where(*mine)) or 0)

    async def _notes(self, rows: Sequence[AnyRow]) -> list[str]:
        await self.unit.keys.load_column(rows, "text_sealed")
        opened = self.unit.keys.open_text
        return [opened(row.text_sealed, "pair_notes", "text", row.id) for row in rows]

    async def forget(self, before: datetime) -> int:
        """Drop the goals and notes of pairs that ended before a moment; the counts stay."""
        over = sa.select(pairs.c.id).where(pairs.c.closed_at < before)
        dropped = await self.run(pair_notes.delete().where(pair_notes.c.pair_id.in_(over)))
        goals = pairs.update().where(pairs.c.closed_at < before, pairs.c.goal_sealed.is_not(None))
        return dropped + await self.run(goals.values(goal_sealed=None))

    # --- what the programme and the person see ---

    async def figures(self) -> Figures:
        """Count everything that the programme may know."""
        offering = await self._tally(
            sa.select(mentor_offers.c.side, sa.func.count())
            .where(mentor_offers.c.state == "open")
            .group_by(mentor_offers.c.side)
        )
        standing = await self._tally(sa.select(pairs.c.state, sa.func.count()).group_by(pairs.c.state))
        held = await self.one(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(pair_sessions.c.minutes), 0)).where(
                pair_sessions.c.state == "confirmed"
            )
        )
        met = await self.scalar(sa.select(sa.func.count()).select_from(pairs).where(pairs.c.ending == "met"))
        return Figures(
            mentors=offering.get("mentor", 0),
            mentees=offering.get("mentee", 0),
            proposed=standing.get("proposed", 0),
            active=standing.get("active", 0),
            closed=standing.get("closed", 0),
            met=int(met or 0),
            sessions=int(held[0]) if held else 0,
            minutes=int(held[1]) if held else 0,
        )

    async def _tally(self, statement: sa.Select[Any]) -> dict[str, int]:
        return {row[0]: int(row[1]) for row in await self.all(statement)}

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return somebody's offers, pairs, sessions and notes, as plain values."""
        found: list[dict[str, Any]] = [
            {
                "as": one.side,
                "state": one.state,
                **{part: list(one.chosen(part)) for part in PARTS},
                "capacity": one.capacity,
            }
            for one in await self._offers(mentor_offers.c.member_id == member_id)
        ]
        mine = sa.or_(pairs.c.mentor_id == member_id, pairs.c.mentee_id == member_id)
        for pair in await self.pairs(mine):
            own = sa.and_(pair_notes.c.pair_id == pair.id, pair_notes.c.author_id == member_id)
            side = pair.side_of(member_id)
            found.append(
                {
                    "pair_as": side,
                    "state": pair.state,
                    "goal": pair.goal,
                    "your_answer": pair.said(side),
                    "your_word_on_the_fit": pair.mentor_fit if side == "mentor" else pair.mentee_fit,
                    "ending": pair.ending,
                    "proposed_at": pair.proposed_at.isoformat(),
                    "sessions": [
                        {"on": one.held_on.isoformat(), "minutes": one.minutes, "mode": one.mode, "state": one.state}
                        for one in await self.sessions(pair.id)
                    ],
                    "your_notes": await self._notes(await self.all(sa.select(pair_notes).where(own))),
                }
            )  # fmt: skip
        return found

    async def places_of(self, organisation_id: int | None) -> tuple[str, ...]:
        """Return the governorate of an organisation, where it is known."""
        known = sa.select(organisations.c.governorate).where(organisations.c.id == organisation_id)
        return tuple(filter(None, [str(await self.scalar(known) or "")]))
