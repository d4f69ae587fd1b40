"""Keeping little: what is kept of people ends by itself, and then leaves the disk too.

Every period is a line of KEPT. Each is done in a transaction of its own and harmless to repeat.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handlers.kit import Tick, tick
from storage.rekeying import Rekeying
from storage.retention import Retention
from storage.unit import Unit

YEAR = timedelta(days=365)
IDLE = timedelta(hours=24)
"""After how long a chat's waiting question is dropped; what was last offered can still be chosen."""

SCRUB_FROM_HOUR = 3
"""The local hour after which the night's rewriting of the disk is done."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """How long something is kept, and what ends it."""

    what: str
    period: timedelta
    end: Callable[[Unit, datetime], Awaitable[int]]


KEPT = (
    Kept("payloads set aside", timedelta(hours=48), lambda unit, before: unit.inbox.shred(before)),
    Kept("updates heard", timedelta(days=8), lambda unit, before: unit.inbox.forget(before)),
    Kept("message bodies", timedelta(days=7), lambda unit, before: unit.outbox.shred(before)),
    Kept("delivery facts", timedelta(days=90), lambda unit, before: unit.outbox.forget(before)),
    Kept("WhatsApp openings", timedelta(days=400), lambda unit, before: unit.openings.forget(before)),
    Kept("generated files", timedelta(0), lambda unit, before: unit.files.remove_expired(before)),
    Kept("survey drafts", timedelta(days=7), lambda unit, before: unit.surveys.drop_drafts(before)),
    Kept("codes for linking", timedelta(0), lambda unit, before: unit.linking.forget(before)),
    Kept("invitations", timedelta(days=14), lambda unit, before: Retention(unit).forget_invitations(before)),
    Kept("questions", timedelta(days=90), lambda unit, before: unit.questions.forget(before)),
    Kept("nominations", timedelta(days=90), lambda unit, before: unit.nominations.forget(before)),
    Kept("suggestions", timedelta(days=180), lambda unit, before: unit.suggestions.forget(before)),
    Kept("messages passed on", timedelta(days=30), lambda unit, before: unit.relays.forget_words(before)),
    Kept("conversations", timedelta(days=180), lambda unit, before: unit.relays.forget(before)),
    Kept("goals and notes of pairs", timedelta(days=90), lambda unit, before: unit.mentoring.forget(before)),
    Kept("who belonged where", YEAR, lambda unit, before: unit.profiles.unlink(before)),
    Kept("who registered", YEAR, lambda unit, before: Retention(unit).unlink_registrations(before)),
    Kept("who attended", YEAR, lambda unit, before: unit.attendance.unlink(before)),
    Kept("who has a certificate", 5 * YEAR, lambda unit, before: unit.certificates.unlink(before)),
    Kept("who said to come", timedelta(days=30), lambda unit, before: unit.intentions.forget(before)),
    Kept("check-in codes", timedelta(days=30), lambda unit, before: unit.attendance.forget_codes(before)),
    Kept("who answered by name", YEAR, lambda unit, before: Retention(unit).unlink_answers(before)),
)
"""Counted from when it was settled, touched, expired or took place."""


@tick("housekeeping", every=timedelta(hours=1))
async def housekeeping(tick: Tick) -> None:
    """End what is past its time; once a night, also on the disk."""
    for kept in KEPT:
        async with tick.unit() as unit:
            await kept.end(unit, tick.now - kept.period)
    await _drop_idle_questions(tick)
    await _owe_nightly_scrub(tick)


async def _drop_idle_questions(tick: Tick) -> None:
    """Look only at chats that became idle since the last time."""
    until = tick.now - IDLE
    async with tick.unit() as unit:
        kept = await unit.facts.get("questions_dropped_until")
        since = datetime.fromisoformat(kept) if kept else BEGINNING
        await unit.conversations.drop_asks(since, until)
        await unit.facts.put("questions_dropped_until", until.isoformat())


async def _owe_nightly_scrub(tick: Tick) -> None:
    local = tick.now.astimezone(tick.community.zone)
    if local.hour < SCRUB_FROM_HOUR:
        return
    async with tick.unit() as unit:
        if await unit.facts.get("scrubbed_on") != local.date().isoformat():
            await unit.facts.put("scrubbed_on", local.date().isoformat())
            await owe_scrub(unit)


async def owe_scrub(unit: Unit) -> None:
    """Have the remains of deleted rows taken off the disk soon after this transaction; survives a restart."""
    await unit.facts.put("scrub", "owed")


@tick("keys", every=timedelta(minutes=1))
async def renew_keys(tick: Tick) -> None:
    """Seal anew, by the newest key of the ring, what older ones sealed; harmless to repeat, also after a kill."""
    async with tick.unit() as unit:
        if not await Rekeying(unit).pending():
            return
    done = 1
    while done:
        async with tick.unit() as unit:
            done = await Rekeying(unit).step()


@tick("scrub", every=timedelta(minutes=1))
async def scrub(tick: Tick) -> None:
    """Take the remains of deleted rows off the disk where that is owed, until it succeeds."""
    async with tick.unit() as unit:
        owed = await unit.facts.get("scrub") == "owed"
    if owed and await tick.scrub():
        async with tick.unit() as unit:
            await unit.facts.put("scrub", "")
