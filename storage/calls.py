"""Calls: what people are invited to take part in until a deadline. Small grants, and collaboration labs.

A call is a draft → open → closed. Of a grant, people note their interest; of a lab, they become its members. A grant
is applied → awarded → under way → delivered, or declined. A lab has drafts for its members, and final papers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import (
    call_people,
    call_texts,
    calls,
    grants,
    members,
    milestones,
    organisations,
    paper_readers,
    papers,
)
from storage.vault import random_id

NEAREST = ("en", "ar", "ku")


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `texts` holds (title, text) by language; `people` is how many are interested, or take part."""

    id: int
    kind: str
    state: str
    lang: str
    link: str
    deadline: datetime | None
    paper_sent_at: datetime | None
    people: int
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def said(self, lang: str, part: int) -> str:
        """Return the title (0) or text (1) in a language, or the nearest one that has it."""
        order = (lang, self.lang, *NEAREST)
        return next((self.texts[one][part] for one in order if self.texts.get(one, ("", ""))[part]), "")

    def title(self, lang: str) -> str:
        """Return the title in a language, or the nearest one that has it."""
        return self.said(lang, 0)

    @property
    def ready(self) -> bool:
        """Say whether enough is known to publish it."""
        return bool(self.said(self.lang, 0) and self.said(self.lang, 1) and self.deadline)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an organisation applied for, and how far it has come. `contact_id` is who is reminded."""

    id: int
    call_id: int
    organisation_id: int
    contact_id: int | None
    state: str
    material_id: int | None


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step of a grant and the day it is due; a day is missing until it is said."""

    id: int
    grant_id: int
    what: str
    due_on: date | None
    done: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of a document in one language."""

    id: int
    call_id: int
    stage: str
    lang: str
    version: int
    file_id: int | None
    link: str
    author_id: int | None


class Calls(Store):
    """Calls, and who takes part in them."""

    async def get(self, call_id: int) -> Call | None:
        """Find a call by id."""
        return next(iter(await self._calls(calls.c.id == call_id)), None)

    async def hold(self, call_id: int) -> Call | None:
        """Return a call that nobody else changes until this transaction ends."""
        await self.one(sa.select(calls.c.id).where(calls.c.id == call_id).with_for_update())
        return await self.get(call_id)

    async def listed(self, kind: str, *states: str, limit: int = 50, offset: int = 0) -> list[Call]:
        """List calls of a kind in some states, the newest in front."""
        mine = (calls.c.kind == kind, calls.c.state.in_(states))
        return await self._calls(*mine, limit=limit, offset=offset)

    async def draft(self, kind: str, lang: str, at: datetime) -> int:
        """Begin a call and return its id."""
        return await self.insert(calls.insert().values(kind=kind, lang=lang, created_at=at))

    async def change(self, call_id: int, **fields: Any) -> None:
        """Set columns of a call."""
        await self.run(calls.update().where(calls.c.id == call_id).values(**fields))

    async def put_text(self, call_id: int, lang: str, **fields: str) -> None:
        """Set the title or the text in one language."""
        insert = self.upsert(call_texts).values(call_id=call_id, lang=lang, **fields)
        await self.run(insert.on_conflict_do_update(index_elements=["call_id", "lang"], set_=fields))

    async def advance(self, call_id: int, before: str, state: str) -> bool:
        """Move from one state to the next; False where it is not in the first: somebody was faster."""
        mine = (calls.c.id == call_id, calls.c.state == before)
        return await self.run(calls.update().where(*mine).values(state=state)) == 1

    async def remove_draft(self, call_id: int) -> None:
        """Forget a call that was never published."""
        await self.run(calls.delete().where(calls.c.id == call_id, calls.c.state == "draft"))

    async def join(self, call_id: int, member_id: int, at: datetime) -> None:
        """Note somebody's interest, or take them in."""
        insert = self.upsert(call_people).values(call_id=call_id, member_id=member_id, at=at)
        await self.run(insert.on_conflict_do_nothing(index_elements=["call_id", "member_id"]))

    async def leave(self, call_id: int, member_id: int) -> None:
        """Let somebody out again."""
        mine = (call_people.c.call_id == call_id, call_people.c.member_id == member_id)
        await self.run(call_people.delete().where(*mine))

    async def takes_part(self, call_id: int, member_id: int) -> bool:
        """Say whether somebody is interested, or takes part."""
        mine = (call_people.c.call_id == call_id, call_people.c.member_id == member_id)
        return await self.scalar(sa.select(call_people.c.call_id).where(*mine)) is not None

    def people(self, call_id: int, until: datetime | None = None, besides: int = 0) -> sa.Select[tuple[int]]:
        """Select who is interested or takes part, perhaps only those who were so by a moment, but for one of them."""
        early = sa.true() if until is None else call_people.c.at <= until
        mine = (call_people.c.call_id == call_id, call_people.c.member_id != besides)
        return sa.select(call_people.c.member_id).where(*mine, early)

    async def _calls(
        self, *conditions: sa.ColumnElement[bool], limit: int = 50, offset: int = 0
    ) -> list[Call]:
        count = (
            sa.select(sa.func.count())
            .where(call_people.c.call_id == calls.c.id)
            .correlate(calls)
            .scalar_subquery()
        )
        found = sa.select(calls, count.label("people")).where(*conditions)
        rows = await self.all(found.order_by(calls.c.id.desc()).limit(limit).offset(offset))
        texts: dict[int, dict[str, tuple[str, str]]] = {row.id: {} for row in rows}
        for one in await self.all(sa.select(call_texts).where(call_texts.c.call_id.in_(texts))):
            texts[one.call_id][one.lang] = (one.title, one.text)
        return [
            Call(
                id=row.id,
                kind=row.kind,
                state=row.state,
                lang=row.lang,
                link=row.link,
                deadline=row.deadline,
                paper_sent_at=row.paper_sent_at,
                people=row.people,
                texts=texts[row.id],
            )
            for row in rows
        ]

    # --- grants ---

    async def grant(self, grant_id: int) -> Grant | None:
        """Find a grant by id."""
        return next(iter(await self._grants(grants.c.id == grant_id)), None)

    async def grants_of(self, call_id: int) -> list[Grant]:
        """List what was applied for under a call."""
        return await self._grants(grants.c.call_id == call_id)

    async def grants_for(self, organisation_id: int) -> list[Grant]:
        """List what an organisation applied for."""
        return await self._grants(grants.c.organisation_id == organisation_id)

    async def apply(
        self, call_id: int, organisation_id: int, contact_id: int | None, at: datetime
    ) -> tuple[Grant, bool]:
        """Note that an organisation has applied; False with the grant that there was already."""
        insert = self.upsert(grants).values(
            id=random_id(), call_id=call_id, organisation_id=organisation_id, contact_id=contact_id, changed_at=at
        )  # fmt: skip
        new = (
            await self.run(insert.on_conflict_do_nothing(index_elements=["call_id", "organisation_id"])) == 1
        )
        mine = (grants.c.call_id == call_id, grants.c.organisation_id == organisation_id)
        return (await self._grants(*mine))[0], new

    async def change_grant(self, grant_id: int, before: tuple[str, ...], **fields: Any) -> bool:
        """Set columns of a grant in one of some states; False where it is in another."""
        mine = (grants.c.id == grant_id, grants.c.state.in_(before))
        return await self.run(grants.update().where(*mine).values(**fields)) == 1

    async def standings(self) -> dict[str, int]:
        """Count grants by state."""
        rows = await self.all(sa.select(grants.c.state, sa.func.count()).group_by(grants.c.state))
        return {row[0]: int(row[1]) for row in rows}

    async def _grants(self, *conditions: sa.ColumnElement[bool]) -> list[Grant]:
        rows = await self.all(
            sa.select(grants).where(*conditions).order_by(grants.c.changed_at, grants.c.id).limit(200)
        )
        return [Grant(**{name: getattr(row, name) for name in Grant.__slots__}) for row in rows]

    # --- milestones ---

    async def milestones(self, grant_id: int) -> list[Milestone]:
        """List a grant's milestones, the first due in front."""
        return await self._milestones(milestones.c.grant_id == grant_id)

    async def milestone(self, milestone_id: int) -> Milestone | None:
        """Find a milestone by id."""
        return next(iter(await self._milestones(milestones.c.id == milestone_id)), None)

    async def add_milestone(self, grant_id: int, what: str) -> int:
        """Begin a milestone whose day is still to be said, and return its id."""
        milestone_id = random_id()
        sealed = self.unit.vault.seal(what, "milestones", "what", milestone_id)
        await self.run(milestones.insert().values(id=milestone_id, grant_id=grant_id, what_sealed=sealed))
        return milestone_id

    async def change_milestone(self, milestone_id: int, **fields: Any) -> None:
        """Set columns of a milestone."""
        await self.run(milestones.update().where(milestones.c.id == milestone_id).values(**fields))

    async def drop_undated(self, grant_id: int) -> None:
        """Forget milestones whose day was never said."""
        mine = (milestones.c.grant_id == grant_id, milestones.c.due_on.is_(None))
        await self.run(milestones.delete().where(*mine))

    async def due_milestones(self, until: date) -> list[tuple[Milestone, Grant]]:
        """List open milestones that are due up to a day, of grants that are going on."""
        going = sa.select(grants.c.id).where(grants.c.state.in_(("awarded", "under_way")))
        found = await self._milestones(
            ~milestones.c.done, milestones.c.due_on <= until, milestones.c.grant_id.in_(going)
        )
        return [(one, grant) for one in found if (grant := await self.grant(one.grant_id)) is not None]

    async def _milestones(self, *conditions: sa.ColumnElement[bool]) -> list[Milestone]:
        rows = await self.all(
            sa.select(milestones)
            .where(*conditions)
            .order_by(milestones.c.due_on.nulls_last(), milestones.c.id)
            .limit(500)
        )
        opened = self.unit.vault.open_text
        return [
            Milestone(row.id, row.grant_id, opened(row.what_sealed, "milestones", "what", row.id), row.due_on, row.done)
            for row in rows
        ]  # fmt: skip

    # --- a lab's papers ---

    async def papers(self, call_id: int, stage: str) -> list[Paper]:
        """List the newest version in each language."""
        newest = (
            sa.select(papers.c.lang, sa.func.max(papers.c.version).label("version"))
            .where(papers.c.call_id == call_id, papers.c.stage == stage)
            .group_by(papers.c.lang)
            .subquery()
        )
        rows = await self.all(
            sa.select(papers)
            .join(newest, sa.and_(papers.c.lang == newest.c.lang, papers.c.version == newest.c.version))
            .where(papers.c.call_id == call_id, papers.c.stage == stage)
            .order_by(papers.c.lang)
        )
        return [self._paper(row) for row in rows]

    async def paper(self, paper_id: int) -> Paper | None:
        """Find one version by id."""
        row = await self.one(sa.select(papers).where(papers.c.id == paper_id))
        return None if row is None else self._paper(row)

    async def add_paper(
        self, call_id: int, stage: str, lang: str, author_id: int, at: datetime, *, file_id: int | None, link: str
    ) -> Paper:  # fmt: skip
        """Keep a new version. Hold the call first, so that no two take one number."""
        mine = (papers.c.call_id == call_id, papers.c.stage == stage, papers.c.lang == lang)
        last = int(await self.scalar(sa.select(sa.func.max(papers.c.version)).where(*mine)) or 0)
        paper_id = await self.insert(
            papers.insert().values(
                call_id=call_id, stage=stage, lang=lang, version=last + 1, file_id=file_id, link=link,
                author_id=author_id, created_at=at,
            )
        )  # fmt: skip
        found = await self.paper(paper_id)
        assert found is not None  # noqa: S101
        return found

    async def opened(self, call_id: int, member_id: int, lang: str) -> None:
        """Note that somebody has opened the final paper; the first time counts."""
        insert = self.upsert(paper_readers).values(call_id=call_id, member_id=member_id, lang=lang)
        await self.run(insert.on_conflict_do_nothing(index_elements=["call_id", "member_id"]))

    async def readers(self, call_id: int) -> dict[str, int]:
        """Count by language who has opened the final paper."""
        mine = paper_readers.c.call_id == call_id
        rows = await self.all(
            sa.select(paper_readers.c.lang, sa.func.count()).where(mine).group_by(paper_readers.c.lang)
        )
        return {row[0]: int(row[1]) for row in rows}

    async def reading_organisations(self, call_id: int) -> list[int]:
        """List the organisations whose people have opened the final paper."""
        rows = await self.all(
            sa.select(members.c.organisation_id)
            .join(paper_readers, paper_readers.c.member_id == members.c.id)
            .where(paper_readers.c.call_id == call_id, members.c.organisation_id.is_not(None))
            .distinct()
            .order_by(members.c.organisation_id)
        )
        return [row.organisation_id for row in rows]

    async def send_paper(self, call_id: int, at: datetime) -> bool:
        """Note that the final paper goes to everybody; False where it went before."""
        mine = (calls.c.id == call_id, calls.c.paper_sent_at.is_(None))
        return await self.run(calls.update().where(*mine).values(paper_sent_at=at)) == 1

    @staticmethod
    def _paper(row: Any) -> Paper:
        return Paper(**{name: getattr(row, name) for name in Paper.__slots__})

    # --- what the person sees ---

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return the calls that somebody joined, grants they look after, papers sent in and read, as plain values."""
        joined = sa.select(call_people.c.call_id).where(call_people.c.member_id == member_id)
        found: list[dict[str, Any]] = [
            {"call": one.title("en"), "kind": one.kind} for one in await self._calls(calls.c.id.in_(joined))
        ]
        for grant in await self._grants(grants.c.contact_id == member_id):
            name = sa.select(organisations.c.name_en).where(organisations.c.id == grant.organisation_id)
            found.append(
                {"grant_you_look_after_for": str(await self.scalar(name) or ""), "state": grant.state}
            )
        for row in await self.all(sa.select(papers).where(papers.c.author_id == member_id)):
            found.append(
                {"paper_sent_in": row.lang, "version": row.version, "at": row.created_at.isoformat()}
            )
        for row in await self.all(sa.select(paper_readers).where(paper_readers.c.member_id == member_id)):
            found.append({"paper_opened": row.call_id, "language": row.lang})
        return found
