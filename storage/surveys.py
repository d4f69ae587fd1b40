"""Feedback after events: drafts, named answers, and the sealed ballot box of anonymous surveys.

An anonymous answer is two rows without a person: a keyed tag that somebody has answered, and a sealed ballot.
Closing opens the ballots, shuffles them, writes them down without a person and destroys box, tags and key.
`Database.scrub` then takes the remains out of the file.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from storage import ballots
from storage.store import Store
from storage.tables import (
    events,
    registrations,
    survey_answers,
    survey_ballots,
    survey_drafts,
    survey_voters,
    surveys,
)

Answers = dict[str, str | None]
"""Question code → the option's code or the text; None where the question was skipped."""

BEFORE, LATER = -1, -2
"""In place of a day: what people are asked before an event begins, and weeks after it."""


class Sending(Enum):
    """What became of answers that were sent."""

    TAKEN = "taken"
    TWICE = "twice"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Survey:
    """The survey of one event. `mode` never changes; `answered` is how many had answered when it closed."""

    id: int
    event_id: int
    mode: str
    state: str
    template: str
    invited: int
    answered: int | None
    created_at: datetime
    closes_at: datetime
    form: Sequence[Mapping[str, Any]]
    """Its questions as they were when it opened, written down."""
    day: int = 0
    """Which day of the event it is about; 0 for all of it, BEFORE and LATER for what is asked then."""

    @property
    def anonymous(self) -> bool:
        """Say whether answers are kept without their author."""
        return self.mode == "anonymous"

    def takes_answers(self, now: datetime) -> bool:
        """Say whether it is still open at this moment."""
        return self.state == "open" and now < self.closes_at


@dataclass(frozen=True, slots=True)
class Answered:
    """One person's answers; `member_id` only in a named survey, and only while the person is with us."""

    member_id: int | None
    answers: Answers


class Surveys(Store):
    """Surveys and what people answered."""

    async def create(
        self,
        event_id: int,
        mode: str,
        template: str,
        form: Sequence[Mapping[str, Any]],
        *,
        people: sa.Select[tuple[int]],
        at: datetime,
        closes_at: datetime,
        day: int = 0,
    ) -> Survey | None:
        """Open the survey of an event, or of one of its days, for people (a SELECT of member ids).

        `form` are its questions, which never change from now on. Nothing where it has a survey already, or there is
        nobody to ask.
        """
        invited = int(await self.scalar(sa.select(sa.func.count()).select_from(people.subquery())) or 0)
        if not invited:
            return None
        values: dict[str, Any] = {}
        if mode == "anonymous":
            secret = ballots.new_secret()
            values["public_key"] = secret.public
            values["secret_sealed"] = self.unit.vault.seal(secret.to_bytes(), "surveys", "secret", event_id)
        insert = self.upsert(surveys).values(
            event_id=event_id,
            day=day,
            mode=mode,
            template=template,
            form=list(form),
            invited=invited,
            created_at=at,
            closes_at=closes_at,
            **values,
        )
        created = await self.run(insert.on_conflict_do_nothing(index_elements=["event_id", "day"]))
        return await self.of_event(event_id, day) if created else None

    async def get(self, survey_id: int) -> Survey | None:
        """Find a survey."""
        row = await self.one(sa.select(surveys).where(surveys.c.id == survey_id))
        return None if row is None else _read(row)

    async def of_event(self, event_id: int, day: int = 0) -> Survey | None:
        """Find the survey of an event, or of one of its days."""
        row = await self.one(sa.select(surveys).where(surveys.c.event_id == event_id, surveys.c.day == day))
        return None if row is None else _read(row)

    async def alike(self, survey: Survey, kind: str, *, limit: int) -> list[Survey]:
        """List closed surveys of earlier events of a kind, about the same part of them, the newest in front."""
        part = surveys.c.day > 0 if survey.day > 0 else surveys.c.day == survey.day
        rows = await self.all(
            sa.select(surveys)
            .join(events, events.c.id == surveys.c.event_id)
            .where(
                events.c.kind == kind,
                events.c.state == "published",
                part,
                surveys.c.state == "closed",
                surveys.c.event_id != survey.event_id,
                surveys.c.created_at < survey.created_at,
            )
            .order_by(surveys.c.created_at.desc(), surveys.c.id.desc())
            .limit(limit)
        )
        return [_read(row) for row in rows]

    async def unanswered(self, survey: Survey, limit: int, offset: int = 0) -> list[int]:
        """List the people of a survey with names who are registered and have not answered, by id.

        Of an anonymous survey nobody is listed: who has answered is not for anyone to know.
        """
        if survey.anonymous:
            return []
        answered = sa.select(survey_answers.c.member_id).where(
            survey_answers.c.survey_id == survey.id, survey_answers.c.member_id.is_not(None)
        )
        rows = await self.all(
            sa.select(registrations.c.member_id)
            .where(
                registrations.c.event_id == survey.event_id,
                registrations.c.state == "confirmed",
                registrations.c.member_id.is_not(None),
                registrations.c.member_id.not_in(answered),
            )
            .order_by(registrations.c.member_id)
            .limit(limit)
            .offset(offset)
        )
        return [int(row.member_id) for row in rows]

    async def about(self, event_id: int) -> list[Survey]:
        """List every survey of an event."""
        statement = sa.select(surveys).where(surveys.c.event_id == event_id).order_by(surveys.c.id)
        return [_read(row) for row in await self.all(statement)]

    async def newest(self, limit: int, offset: int = 0) -> list[Survey]:
        """List surveys, the newest first."""
        statement = sa.select(surveys).order_by(surveys.c.created_at.desc(), surveys.c.id.desc())
        return [_read(row) for row in await self.all(statement.offset(offset).limit(limit))]

    async def open_for(self, member_id: int, now: datetime) -> list[Survey]:
        """List the surveys that wait for a person's answer, the one that closes first in front."""
        rows = await self.all(
            sa.select(surveys)
            .join(registrations, registrations.c.event_id == surveys.c.event_id)
            .where(
                registrations.c.member_id == member_id,
                registrations.c.state == "confirmed",
                surveys.c.state == "open",
                surveys.c.closes_at > now,
            )
            .order_by(surveys.c.closes_at, surveys.c.id)
        )
        found = [_read(row) for row in rows]
        return [survey for survey in found if not await self.has_answered(survey, member_id)]

    async def has_answered(self, survey: Survey, member_id: int) -> bool:
        """Say whether a person has answered; of a closed anonymous survey nobody knows."""
        if not survey.anonymous:
            mine = (survey_answers.c.survey_id == survey.id, survey_answers.c.member_id == member_id)
            return await self.scalar(sa.select(survey_answers.c.id).where(*mine)) is not None
        secret = await self._secret(survey)
        if secret is None:
            return False
        tag = secret.tag(survey.id, member_id)
        voted = (survey_voters.c.survey_id == survey.id, survey_voters.c.tag == tag)
        return await self.scalar(sa.select(survey_voters.c.tag).where(*voted)) is not None

    async def count_answers(self, survey: Survey) -> int:
        """Count who has answered."""
        if survey.answered is not None:
            return survey.answered
        table = survey_voters if survey.anonymous else survey_answers
        counted = sa.select(sa.func.count()).select_from(table).where(table.c.survey_id == survey.id)
        return int(await self.scalar(counted) or 0)

    async def answers(self, survey_id: int) -> list[Answered]:
        """Read every answer, in an order that tells nothing. Empty while an anonymous survey is open."""
        rows = await self.all(
            sa.select(survey_answers)
            .where(survey_answers.c.survey_id == survey_id)
            .order_by(survey_answers.c.id)
        )
        await self.unit.keys.load_column(rows, "answers_sealed")
        opened = self.unit.keys.open_text
        return [
            Answered(
                row.member_id,
                json.loads(opened(row.answers_sealed, "survey_answers", "answers", row.id.hex())),
            )
            for row in rows
        ]

    async def draft(self, survey_id: int, member_id: int) -> Answers:
        """Return the answers under way, none where nothing was begun."""
        sealed = await self.scalar(
            sa.select(survey_drafts.c.answers_sealed).where(_draft(survey_id, member_id))
        )
        if sealed is None:
            return {}
        answers: Answers = json.loads(self._open("survey_drafts", sealed, f"{survey_id}|{member_id}"))
        return answers

    async def keep_draft(self, survey_id: int, member_id: int, answers: Answers, at: datetime) -> None:
        """Keep the answers under way."""
        sealed = self._seal("survey_drafts", answers, f"{survey_id}|{member_id}")
        values = {"answers_sealed": sealed, "touched_at": at}
        insert = self.upsert(survey_drafts).values(survey_id=survey_id, member_id=member_id, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["survey_id", "member_id"], set_=values))

    async def drop_draft(self, survey_id: int, member_id: int) -> None:
        """Destroy the answers under way."""
        await self.run(survey_drafts.delete().where(_draft(survey_id, member_id)))

    async def drop_drafts(self, before: datetime) -> int:
        """Destroy drafts untouched since a moment and return how many."""
        return await self.run(survey_drafts.delete().where(survey_drafts.c.touched_at < before))

    async def send(self, survey_id: int, member_id: int, answers: Answers, now: datetime) -> Sending:
        """Take a person's answers, once, and destroy the draft; raises ValueError where they are too long."""
        # The lock keeps the survey from being closed between this look and the end of the transaction.
        row = await self.one(sa.select(surveys).where(surveys.c.id == survey_id).with_for_update(read=True))
        await self.drop_draft(survey_id, member_id)
        await self.unit.answer_links.end(survey_id, member_id)
        if row is None or not _read(row).takes_answers(now):
            return Sending.CLOSED
        survey = _read(row)
        take = self._drop_ballot if survey.anonymous else self._write_named
        return Sending.TAKEN if await take(survey, member_id, answers) else Sending.TWICE

    async def _write_named(self, survey: Survey, member_id: int, answers: Answers) -> bool:
        row_id = secrets.token_bytes(16)
        place = ("survey_answers", "answers", row_id.hex())
        insert = self.upsert(survey_answers).values(
            id=row_id,
            survey_id=survey.id,
            member_id=member_id,
            answers_sealed=await self.unit.keys.seal(member_id, _json(answers).decode(), *place),
        )
        return await self.run(insert.on_conflict_do_nothing(index_elements=["survey_id", "member_id"])) == 1

    async def _drop_ballot(self, survey: Survey, member_id: int, answers: Answers) -> bool:
        secret = await self._secret(survey)
        if secret is None:
            return False
        voter = self.upsert(survey_voters).values(survey_id=survey.id, tag=secret.tag(survey.id, member_id))
        if not await self.run(voter.on_conflict_do_nothing()):
            return False
        sealed = ballots.seal(_json(answers), secret.public, survey.id)
        await self.run(
            survey_ballots.insert().values(id=secrets.token_bytes(16), survey_id=survey.id, sealed=sealed)
        )
        return True

    async def carry_over(self, from_id: int, to_id: int) -> None:
        """Let what one record did for open surveys count for another record of the same person.

        Of two answers or drafts the one of the record that stays is kept; of two sealed ballots neither can be told
        from the other, so both stay. Answers under way are sealed for their row, and are sealed anew.
        """
        mine = sa.select(survey_answers.c.survey_id).where(survey_answers.c.member_id == to_id)
        await self.run(
            survey_answers.delete().where(
                survey_answers.c.member_id == from_id, survey_answers.c.survey_id.in_(mine)
            )
        )
        await self.run(
            survey_answers.update().where(survey_answers.c.member_id == from_id).values(member_id=to_id)
        )
        drafts = await self.all(sa.select(survey_drafts).where(survey_drafts.c.member_id == from_id))
        for row in drafts:
            if not await self.draft(row.survey_id, to_id):
                kept = await self.draft(row.survey_id, from_id)
                await self.keep_draft(row.survey_id, to_id, kept, row.touched_at)
            await self.drop_draft(row.survey_id, from_id)
        open_ones = sa.select(surveys).where(surveys.c.state == "open", surveys.c.mode == "anonymous")
        for row in await self.all(open_ones):
            await self._carry_tag(_read(row), from_id, to_id)

    async def _carry_tag(self, survey: Survey, from_id: int, to_id: int) -> None:
        secret = await self._secret(survey)
        if secret is None or await self.has_answered(survey, to_id):
            return
        await self.run(
            survey_voters.update()
            .where(
                survey_voters.c.survey_id == survey.id, survey_voters.c.tag == secret.tag(survey.id, from_id)
            )
            .values(tag=secret.tag(survey.id, to_id))
        )

    async def count_invited(self, survey_id: int, people: sa.Select[tuple[int]]) -> None:
        """Count anew whom an open survey is for: more may have registered since it opened."""
        counted = sa.select(sa.func.count()).select_from(people.subquery()).scalar_subquery()
        await self.run(
            surveys.update()
            .where(surveys.c.id == survey_id, surveys.c.state == "open")
            .values(invited=counted)
        )

    async def set_closing(self, survey_id: int, closes_at: datetime) -> bool:
        """Move the moment at which an open survey closes; False where it is closed already."""
        changed = await self.run(
            surveys.update()
            .where(surveys.c.id == survey_id, surveys.c.state == "open")
            .values(closes_at=closes_at)
        )
        return changed == 1

    async def close(self, survey_id: int, *, least: int) -> int | None:
        """Close a survey and return how many answered; nothing where it is closed already.

        The ballots of an anonymous survey are opened and written down shuffled, without a person; fewer than
        `least` are destroyed unread. Box, tags, drafts, links and key go in either case.
        """
        # Taking the row first keeps answers out: `send` holds it shared, so the count is complete.
        taken = await self.run(
            surveys.update()
            .where(surveys.c.id == survey_id, surveys.c.state == "open")
            .values(state="closed")
        )
        survey = await self.get(survey_id)
        if not taken or survey is None:
            return None
        answered = await self.count_answers(survey)
        if survey.anonymous and answered >= least:
            await self._publish(survey)
        for table in (survey_ballots, survey_voters, survey_drafts):
            await self.run(table.delete().where(table.c.survey_id == survey_id))
        await self.unit.answer_links.end_all(survey_id)
        await self.run(
            surveys.update()
            .where(surveys.c.id == survey_id)
            .values(answered=answered, secret_sealed=None, public_key=None)
        )
        return answered

    async def _publish(self, survey: Survey) -> None:
        secret = await self._secret(survey)
        if secret is None:
            return
        box = sa.select(survey_ballots.c.sealed).where(survey_ballots.c.survey_id == survey.id)
        opened = [secret.open(row.sealed, survey.id) for row in await self.all(box)]
        secrets.SystemRandom().shuffle(opened)
        rows = []
        for plain in opened:
            row_id = secrets.token_bytes(16)
            sealed = self.unit.vault.seal(plain, "survey_answers", "answers", row_id.hex())
            rows.append({"id": row_id, "survey_id": survey.id, "answers_sealed": sealed})
        await self.run(survey_answers.insert(), rows)

    async def _secret(self, survey: Survey) -> ballots.Secret | None:
        sealed = await self.scalar(sa.select(surveys.c.secret_sealed).where(surveys.c.id == survey.id))
        if sealed is None:
            return None
        return ballots.read_secret(self.unit.vault.open(sealed, "surveys", "secret", survey.event_id))

    def _seal(self, table: str, answers: Answers, row: str) -> bytes:
        return self.unit.vault.seal(_json(answers), table, "answers", row)

    def _open(self, table: str, sealed: bytes, row: str) -> bytes:
        return self.unit.vault.open(sealed, table, "answers", row)


def _json(answers: Answers) -> bytes:
    return json.dumps(answers, ensure_ascii=False, separators=(",", ":")).encode()


def _draft(survey_id: int, member_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(survey_drafts.c.survey_id == survey_id, survey_drafts.c.member_id == member_id)


def _read(row: sa.Row[Any]) -> Survey:
    return Survey(
        id=row.id,
        event_id=row.event_id,
        mode=row.mode,
        state=row.state,
        template=row.template,
        invited=row.invited,
        answered=row.answered,
        created_at=row.created_at,
        closes_at=row.closes_at,
        form=row.form,
        day=row.day,
    )
