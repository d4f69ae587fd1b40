"""The ledger: writes down what became of rows, all that ended meanwhile in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot.channels.contract import (
    Misconfigured,
    Outcome,
    Postponed,
    Rejected,
    Retry,
    Sent,
    Stopped,
    Unknown,
    Unreachable,
    Waiting,
)
from bot.delivery.backoff import backoff
from bot.delivery.rendering import Dropped, Ready
from bot.present import offered
from bot.reports import stop_for_fault
from storage.database import Database
from storage.outbox import BROADCAST, NOTICE, REPLY, Claimed
from storage.unit import Unit

AGAIN_SECONDS = 0.5
"""How long to wait before trying once more to write to a database that can't be reached."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PartSent:
    """One message of several was taken by the provider."""

    parts: int


@dataclass(frozen=True, slots=True)
class Later:
    """It did not leave and goes back into its queue for so many seconds."""

    seconds: float


Event = Outcome | Dropped | PartSent | Later
Entry = tuple[Claimed, Ready | None, Event]


class Ledger:
    """What was sent is written down whatever happens: through a database's outage, until the process ends."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, row: Claimed, ready: Ready | None, event: Event) -> None:
        """Return once it is written. Calling this off does not call the writing off."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((row, ready, event), written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await asyncio.shield(written)

    async def settled(self) -> None:
        """Return once everything is written."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing})

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            entries = [entry for entry, _ in batch]
            await self._written(entries)
            for _, written in batch:
                if not written.done():
                    written.set_result(None)

    async def _written(self, entries: list[Entry]) -> None:
        while True:
            try:
                return await self._database.work(lambda unit: self._together(unit, entries))
            except (sa.exc.DBAPIError, OSError) as error:
                log.error("outcomes wait for the database", rows=len(entries), error=type(error).__name__)
                await asyncio.sleep(AGAIN_SECONDS)
            except Exception as error:
                if len(entries) == 1:
                    log.error("an outcome can't be written", error=type(error).__name__, row=entries[0][0].id)
                    return None
                for entry in entries:
                    await self._written([entry])
                return None

    async def _together(self, unit: Unit, entries: list[Entry]) -> None:
        now = self._now()
        sent = [(row.id, event.id) for row, _, event in entries if isinstance(event, Sent)]
        await unit.outbox.sent(sent, now)
        for row, ready, event in entries:
            if isinstance(event, Sent):
                await _remember(unit, row, None if event.whole else ready, event.id, now)
            else:
                await _settle(unit, row, event, now)


async def _settle(unit: Unit, row: Claimed, event: Event, now: datetime) -> None:
    match event:
        case PartSent(parts):
            await unit.outbox.note_parts(row.id, parts)
        case Later(seconds):
            await unit.outbox.retry(row, not_before=now + timedelta(seconds=seconds))
        case Dropped(state, reason, detail):
            await unit.outbox.settle(row.id, state, now=now, reason=reason, detail=detail)
        case Retry(reason="withheld") if await unit.outbox.fall_over(row.id, now=now):
            return
        case Retry():
            await _again(unit, row, event, now)
        case Waiting():
            await unit.outbox.hold(row.id, row.lease)
        case Postponed(until):
            await unit.outbox.postpone(row.id, row.lease, until)
        case Stopped(detail, reason):
            await unit.addresses.mark(row.address.id, "blocked")
            await unit.outbox.settle(row.id, "failed", now=now, reason=reason, detail=detail)
            if reason == "opted_out":
                await unit.members.silence_holder(row.address.id)
            else:
                await unit.outbox.fall_over(row.id, now=now)
        case Unreachable(detail, reason):
            await unit.addresses.mark(row.address.id, "unreachable")
            await unit.outbox.settle(row.id, "failed", now=now, reason=reason, detail=detail)
            await unit.outbox.fall_over(row.id, now=now)
        case Rejected(detail, reason):
            await unit.outbox.settle(row.id, "failed", now=now, reason=reason, detail=detail)
        case Misconfigured(detail, fault):
            await unit.outbox.settle(row.id, "failed", now=now, reason="misconfigured", detail=detail)
            subject = row.subject if row.lane == BROADCAST else ""
            await stop_for_fault(unit, row.address.channel, subject, detail, fault, now)
        case Unknown(detail):
            await _unsure(unit, row, detail, now)


async def _again(unit: Unit, row: Claimed, event: Retry, now: datetime) -> None:
    later = now + timedelta(seconds=backoff(row.attempts) if event.after is None else event.after)
    if later >= row.expires_at:
        await unit.outbox.settle(row.id, "failed", now=now, reason=event.reason, detail=event.detail)
    else:
        await unit.outbox.retry(row, not_before=later, detail=event.detail)


async def _unsure(unit: Unit, row: Claimed, detail: str, now: datetime) -> None:
    """A reply may be repeated, a reminder once; a broadcast is left for a coordinator to decide."""
    again = row.lane == REPLY or (row.lane == NOTICE and row.attempts < 2)
    later = now + timedelta(seconds=backoff(row.attempts))
    if again and later < row.expires_at:
        await unit.outbox.retry(row, not_before=later, detail=detail)
    else:
        await unit.outbox.settle(row.id, "unknown", now=now, reason="unsure", detail=detail)


async def _remember(unit: Unit, row: Claimed, ready: Ready | None, provider_id: str, now: datetime) -> None:
    if ready is None:
        return
    card = ready.screen.card or row.card
    if card and provider_id:
        await unit.outbox.remember_card(row.address.id, card, provider_id)
    choices = offered(ready.screen)
    if row.lane != REPLY and choices:
        # A number typed now means the choices of the message that was just read.
        conversation = await unit.conversations.get(row.address.id)
        await unit.conversations.put(row.address.id, replace(conversation, offered=choices), now)
