"""Openings: messages by which we began to talk to somebody who had not written lately.

WhatsApp limits how many people a day are talked to so, and each such message that arrives is paid for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage.addresses import best_address
from storage.outbox import BROADCAST, DAILY
from storage.store import Store
from storage.tables import (
    Instant,
    addresses,
    announcements,
    events,
    members,
    moments,
    outbox,
    registrations,
)
from storage.tables import whatsapp_openings as openings

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that waits for a day on which its conversation may begin."""

    row_id: int
    address_id: int
    broadcast: bool
    not_before: datetime


class Openings(Store):
    """One row for each template message that the provider took."""

    async def add(
        self,
        account: str,
        address_id: int,
        provider_id: str,
        *,
        row_id: int,
        template: str,
        category: str,
        at: datetime,
    ) -> None:
        """Note that a template message went out, what was reported of it already being kept."""
        insert = self.upsert(openings).values(
            account=account,
            address_id=address_id,
            provider_id=provider_id,
            row_id=row_id,
            template=template,
            category=category,
            sent_at=at,
        )
        await self.run(
            insert.on_conflict_do_update(index_elements=["provider_id"], set_={"category": category})
        )

    async def advance(self, provider_id: str, state: str, row_id: int, template: str, at: datetime) -> None:
        """Note that a template message was delivered, or failed; what was delivered stays so.

        A report may come before the message that it is about could be noted.
        """
        of = sa.select(
            outbox.c.account,
            outbox.c.address_id,
            outbox.c.id,
            sa.literal(provider_id),
            sa.literal(template),
            sa.literal(""),
            sa.literal(state),
            sa.literal(at, Instant),
        ).where(outbox.c.id == row_id)
        names = ["account", "address_id", "row_id", "provider_id", "template", "category", "state", "sent_at"]
        insert = self.upsert(openings).from_select(names, of)
        await self.run(
            insert.on_conflict_do_update(
                index_elements=["provider_id"], set_={"state": state}, where=openings.c.state != "delivered"
            )
        )

    async def recent(self, account: str, now: datetime) -> dict[int, datetime]:
        """Map each address that was opened within the last 24 hours to when it first was.

        Of one account, or of all where none is named.
        """
        rows = await self.all(
            sa.select(openings.c.address_id, sa.func.min(openings.c.sent_at, type_=Instant))
            .where(*_within_a_day(account, now), openings.c.address_id.is_not(None))
            .group_by(openings.c.address_id)
        )
        return {row[0]: row[1] for row in rows}

    async def reserved(self, now: datetime) -> int:
        """Count the people whose window is closed and whom a reminder or a survey is due to within 24 hours."""
        due = sa.select(moments.c.subject_id).where(
            moments.c.kind.in_(("reminder", "survey")),
            moments.c.state == "waiting",
            moments.c.due_at > now,
            moments.c.due_at <= now + DAY,
        )
        statement = (
            sa.select(sa.func.count(sa.distinct(registrations.c.member_id)))
            .select_from(registrations)
            .join(members, members.c.id == registrations.c.member_id)
            .join(addresses, addresses.c.id == best_address())
            .where(
                registrations.c.event_id.in_(due),
                registrations.c.state == "confirmed",
                addresses.c.window_until <= now,
            )
        )
        return int(await self.scalar(statement) or 0)

    async def queue(self, channel: str, account: str, limit: int = 20_000) -> list[Queued]:
        """List what waits for its day, the most urgent first.

        Notices before broadcasts, and what is about the next event before what is about a later one or none.
        """
        about = sa.case(
            (outbox.c.subject.like("event:%"), outbox.c.subject),
            else_=sa.literal("event:").concat(sa.cast(announcements.c.event_id, sa.String)),
        )
        named = sa.literal("announcement:").concat(sa.cast(announcements.c.id, sa.String))
        rows = await self.all(
            sa.select(outbox.c.id, outbox.c.address_id, outbox.c.lane, outbox.c.not_before)
            .select_from(outbox)
            .outerjoin(announcements, named == outbox.c.subject)
            .outerjoin(events, sa.literal("event:").concat(sa.cast(events.c.id, sa.String)) == about)
            .where(
                outbox.c.channel == channel,
                outbox.c.account == account,
                outbox.c.state == "queued",
                outbox.c.reason == DAILY,
            )
            .order_by(outbox.c.lane, events.c.starts_at.asc().nulls_last(), outbox.c.id)
            .limit(limit)
        )
        return [Queued(row.id, row.address_id, row.lane == BROADCAST, row.not_before) for row in rows]

    async def opener_out(self, address_id: int, since: datetime) -> bool:
        """Say whether an opener went to an address since a moment and did not fail."""
        found = await self.scalar(
            sa.select(openings.c.id)
            .where(
                openings.c.address_id == address_id,
                openings.c.template == "opener",
                openings.c.sent_at >= since,
                openings.c.state != "failed",
            )
            .limit(1)
        )
        return found is not None

    async def behind(
        self, address_id: int, provider_id: str, since: datetime, limit: int = 3
    ) -> list[tuple[str, tuple[Any, ...]]]:
        """List (kind, arguments) of the notices that template messages to an address stood for, oldest first.

        Of the one that was tapped, if it is known; else of the newest since a moment.
        """
        stood_for = (
            sa.select(outbox.c.kind, outbox.c.args, openings.c.provider_id)
            .join(outbox, outbox.c.id == openings.c.row_id)
            .where(openings.c.address_id == address_id, openings.c.template != "opener")
        )
        if provider_id:
            tapped = await self.scalar(
                sa.select(openings.c.template).where(
                    openings.c.address_id == address_id, openings.c.provider_id == provider_id
                )
            )
            if tapped == "opener":
                return []
            if tapped:
                return _notices(await self.all(stood_for.where(openings.c.provider_id == provider_id)))
        recent = stood_for.where(openings.c.sent_at >= since, openings.c.state != "failed")
        return _notices(await self.all(recent.order_by(openings.c.sent_at.desc()).limit(limit)))[::-1]

    async def tally(self, since: datetime, until: datetime) -> list[tuple[str, str, int]]:
        """Count template messages between two moments by (category, state)."""
        rows = await self.all(
            sa.select(openings.c.category, openings.c.state, sa.func.count())
            .where(openings.c.sent_at >= since, openings.c.sent_at < until)
            .group_by(openings.c.category, openings.c.state)
            .order_by(openings.c.category, openings.c.state)
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def forget(self, before: datetime) -> int:
        """Drop rows sent before a moment and return how many."""
        return await self.run(openings.delete().where(openings.c.sent_at < before))


def _within_a_day(account: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    mine = openings.c.account == account if account else sa.true()
    return (mine, openings.c.sent_at > now - DAY, openings.c.state != "failed")


def _notices(rows: Sequence[Any]) -> list[tuple[str, tuple[Any, ...]]]:
    return [(row.kind, tuple(row.args)) for row in rows]
