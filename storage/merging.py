"""Two records of one person made one: everything that hangs on the one goes over to the other, which stays.

Every column that references a member is named in COVERED; a test compares it with the schema, since whatever is
forgotten here would be deleted together with the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.conversations import Conversation
from storage.outbox import FORWARD
from storage.store import AnyRow, Store
from storage.tables import (
    ACTIVE,
    addresses,
    announcements,
    approvals,
    join_requests,
    link_codes,
    member_keys,
    members,
    outbox,
    poll_votes,
    polls,
    registrations,
    survey_answers,
)
from storage.together import CARRIED, Together

COVERED = frozenset(
    {
        "addresses.member_id",
        "announcements.author_id",
        "attendance.member_id",
        "certificates.member_id",
        "coffee_guests.member_id",
        "approvals.approver_id",
        "approvals.asker_id",
        "join_requests.member_id",
        "link_codes.member_id",
        "member_keys.member_id",
        "member_traits.member_id",
        "outbox.member_id",
        "pins.member_id",
        "poll_votes.member_id",
        "polls.author_id",
        "registrations.member_id",
        "survey_answers.member_id",
        "survey_drafts.member_id",
    }
) | frozenset(f"{column.table.name}.{column.name}" for column in CARRIED)
"""The columns that `join` carries over, table by table."""

BEST_SEAT = {state: rank for rank, state in enumerate(reversed(ACTIVE))}
"""Which of two registrations stays: the one that is nearest to a seat; one that ended comes last."""


WAITING = tuple(state for state, rank in FORWARD.items() if rank == FORWARD["queued"])
"""The states of a message that nobody has begun to send."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """What hangs on one record: how many registrations, answers with a name, votes and requests, and which apps."""

    registrations: int
    answers: int
    votes: int
    requests: int
    channels: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Say whether there is nothing but the apps."""
        return not (self.registrations or self.answers or self.votes or self.requests)


class Merging(Store):
    """Reads and writes across aggregates on behalf of one person who was taken for two."""

    async def belongings(self, member_id: int) -> Belongings:
        """Count what hangs on a record."""
        channels = await self.all(
            sa.select(addresses.c.channel)
            .where(addresses.c.member_id == member_id)
            .order_by(addresses.c.heard_at.desc().nulls_last(), addresses.c.id)
        )
        return Belongings(
            registrations=await self._count(registrations, member_id, registrations.c.state.in_(ACTIVE)),
            answers=await self._count(survey_answers, member_id),
            votes=await self._count(poll_votes, member_id),
            requests=await self._count(join_requests, member_id, join_requests.c.state == "waiting"),
            channels=tuple(row.channel for row in channels),
        )

    async def shared_events(self, one_id: int, other_id: int) -> list[int]:
        """List the events for which both records are registered, in the order in which to hold them."""
        theirs = sa.select(registrations.c.event_id).where(registrations.c.member_id == other_id)
        rows = await self.all(
            sa.select(registrations.c.event_id)
            .where(registrations.c.member_id == one_id, registrations.c.event_id.in_(theirs))
            .distinct()
            .order_by(registrations.c.event_id)
        )
        return [row.event_id for row in rows]

    async def join(
        self, kept_id: int, gone_id: int, *, role: str, organisation_id: int | None, now: datetime
    ) -> bool:
        """Make two records one, with a role and an organisation; False where one of them is no longer there.

        Hold `shared_events` first: a seat that was held twice becomes free. There is no way back.
        """
        pair = sa.select(members).where(members.c.id.in_((kept_id, gone_id))).order_by(members.c.id)
        rows = {row.id: row for row in await self.all(pair.with_for_update())}
        if len(rows) != 2:
            return False
        await self._registrations(kept_id, gone_id)
        await self._requests(kept_id, gone_id, organisation_id)
        await self._votes(kept_id, gone_id)
        await self.unit.surveys.carry_over(gone_id, kept_id)
        await self.unit.attendance.carry_over(gone_id, kept_id)
        await self.unit.certificates.carry_over(gone_id, kept_id)
        await self.unit.traits.carry_over(gone_id, kept_id)
        await self.unit.coffee.carry_over(gone_id, kept_id)
        for table in (announcements, polls):
            await self.run(table.update().where(table.c.author_id == gone_id).values(author_id=kept_id))
        await Together(self.unit).carry_over(gone_id, kept_id)
        await self.unit.pins.carry_over(gone_id, kept_id)
        for column in (approvals.c.asker_id, approvals.c.approver_id):
            await self.run(approvals.update().where(column == gone_id).values({column.name: kept_id}))
        await self._outbox(kept_id, gone_id, now)
        await self._give(member_keys, kept_id, member_keys.c.member_id == gone_id)
        await self._addresses(kept_id, gone_id, now)
        await self.run(link_codes.delete().where(link_codes.c.member_id == gone_id))
        await self.run(members.delete().where(members.c.id == gone_id))
        await self._person(rows[kept_id], rows[gone_id], role, organisation_id)
        return True

    async def _count(self, table: sa.Table, member_id: int, *conditions: sa.ColumnElement[bool]) -> int:
        counted = sa.select(sa.func.count()).select_from(table)
        return int(await self.scalar(counted.where(table.c.member_id == member_id, *conditions)) or 0)

    async def _registrations(self, kept_id: int, gone_id: int) -> None:
        """Keep, for each event, the better of two registrations: one person takes one seat, counted once."""
        for event_id in await self.shared_events(kept_id, gone_id):
            rows = await self.all(
                sa.select(registrations.c.id, registrations.c.state, registrations.c.joined_at).where(
                    registrations.c.event_id == event_id, registrations.c.member_id.in_((kept_id, gone_id))
                )
            )
            best, *others = sorted(
                rows, key=lambda row: (BEST_SEAT.get(row.state, len(ACTIVE)), row.joined_at, row.id)
            )
            await self.run(registrations.delete().where(registrations.c.id.in_([row.id for row in others])))
            await self._give(registrations, kept_id, registrations.c.id == best.id)
        await self._give(registrations, kept_id, registrations.c.member_id == gone_id)

    async def _requests(self, kept_id: int, gone_id: int, organisation_id: int | None) -> None:
        """Leave at most one request waiting, and none for where the person belongs already."""
        waits = join_requests.c.state == "waiting"
        kept_waits = await self._count(join_requests, kept_id, waits)
        needless = sa.or_(
            join_requests.c.member_id == gone_id if kept_waits else sa.false(),
            join_requests.c.organisation_id == organisation_id,
        )
        await self.run(
            join_requests.update()
            .where(join_requests.c.member_id.in_((kept_id, gone_id)), waits, needless)
            .values(state="withdrawn")
        )
        await self._give(join_requests, kept_id, join_requests.c.member_id == gone_id)

    async def _votes(self, kept_id: int, gone_id: int) -> None:
        mine = sa.select(poll_votes.c.poll_id).where(poll_votes.c.member_id == kept_id)
        await self.run(
            poll_votes.delete().where(poll_votes.c.member_id == gone_id, poll_votes.c.poll_id.in_(mine))
        )
        await self._give(poll_votes, kept_id, poll_votes.c.member_id == gone_id)

    async def _outbox(self, kept_id: int, gone_id: int, now: datetime) -> None:
        """Put notices under the keys of the record that stays; what that one has already is not sent twice."""
        rows = await self.all(
            sa.select(outbox.c.id, outbox.c.key, outbox.c.kind, outbox.c.subject, outbox.c.state).where(
                outbox.c.member_id == gone_id
            )
        )
        for row in rows:
            before = f"{row.kind}|{row.subject}|{gone_id}|"
            if row.key.startswith(before):
                key = f"{row.kind}|{row.subject}|{kept_id}|{row.key.removeprefix(before)}"
                await self._rekey(row, key, now)
        await self._give(outbox, kept_id, outbox.c.member_id == gone_id)

    async def _rekey(self, row: AnyRow, key: str, now: datetime) -> None:
        twin = await self.one(sa.select(outbox.c.id, outbox.c.state).where(outbox.c.key == key))
        if twin is None:
            await self.run(outbox.update().where(outbox.c.id == row.id).values(key=key))
            return
        went = {one.id: FORWARD.get(one.state, 0) for one in (row, twin)}
        spare = row if went[row.id] <= went[twin.id] else twin
        await self.run(
            outbox.update()
            .where(outbox.c.id == spare.id, outbox.c.state.in_(WAITING))
            .values(state="withdrawn", reason="elsewhere", settled_at=now)
        )

    async def _addresses(self, kept_id: int, gone_id: int, now: datetime) -> None:
        """Bring the addresses over; a question that waits there was asked of the record that goes."""
        rows = await self.all(sa.select(addresses.c.id).where(addresses.c.member_id == gone_id))
        for row in rows:
            await self.unit.conversations.put(row.id, Conversation(), now)
        await self.run(
            addresses.update()
            .where(addresses.c.member_id == gone_id)
            .values(member_id=kept_id, preferred=False)
        )

    async def _person(self, kept: AnyRow, gone: AnyRow, role: str, organisation_id: int | None) -> None:
        """Fill what the record that stays did not have. Silence, consent and a hold of either count for both."""
        await self.unit.keys.load(kept.name_sealed, gone.name_sealed)
        opened = self.unit.keys.open_text
        name = opened(kept.name_sealed, "members", "name", kept.id) or opened(
            gone.name_sealed, "members", "name", gone.id
        )
        muted = {kind for row in (kept, gone) for kind in row.muted.split(",") if kind}
        agreed = max((kept, gone), key=lambda row: row.consent_version)
        tried = max((kept, gone), key=lambda row: row.wrong_codes)
        values: dict[str, Any] = {
            "name": name,
            "lang": kept.lang or gone.lang,
            "zone": kept.zone or gone.zone,
            "meets": kept.meets or gone.meets,
            "role": role,
            "organisation_id": organisation_id,
            "state": "active" if "active" in (kept.state, gone.state) else "new",
            "consent_version": agreed.consent_version,
            "consented_at": agreed.consented_at,
            "silenced": kept.silenced or gone.silenced,
            "muted": tuple(sorted(muted)),
            "created_at": min(kept.created_at, gone.created_at),
            "seen_on": max(kept.seen_on, gone.seen_on),
            "hold": kept.hold or gone.hold,
            "wrong_codes": tried.wrong_codes,
            "wrong_codes_since": tried.wrong_codes_since,
        }
        await self.unit.members.change(kept.id, **values)

    async def _give(self, table: sa.Table, kept_id: int, which: sa.ColumnElement[bool]) -> None:
        await self.run(table.update().where(which).values(member_id=kept_id))
