"""Keeping little: what is kept of people ends by itself, and then leaves the disk too.

Every period is a line of KEPT. Each is done in a transaction of its own and harmless to repeat.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handlers.kit import Tick, tick
from locales import N_, Message
from storage.rekeying import Rekeying
from storage.retention import Retention
from storage.unit import Unit

YEAR = timedelta(days=365)
IDLE = timedelta(hours=24)
"""After how long a chat's waiting question is dropped; what was last offered can still be chosen."""

SCRUB_FROM_HOUR = 3
"""The local hour after which the night's rewriting of the disk is done."""

ENDED, REPORT = "retention-ended", "retention-report"
"""Facts: how many rows of what ended since the last night, and on the night before."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


SEATS = N_(
    "What you registered for, and answers with your name: 12 months after the event, then without you."
)
UNSENT = N_("Anonymous answers: without your name from the start. Answers you did not send: 7 days.")
SENT = N_("The texts of our messages to you: 7 days. Whether they arrived: 90 days.")
ASIDE = N_("A question of ours that waits for you: 24 hours. A message that we could not handle: 48 hours.")
ASKED = N_("What you asked the coordinators, and their answers: 90 days after it was closed.")
TOPICS = N_("Topics that you suggested: 180 days after it was decided what becomes of them.")
PASSED_ON = N_(
    "Messages that we pass on between you and others: 30 days. Where you belonged before: 12 months."
)
FILE = N_("A file with your own data that you asked for: 1 hour.")
STAYS = N_(
    "Your name, organisation and chat address: until you delete them, or do not answer when we ask after 18 months "
    "without a word from you."
)
"""What people are told of it: one sentence may stand for several lines of KEPT."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How long something is kept, what ends it, and how people are told; `told` is missing where it is not theirs."""

    what: str
    period: timedelta
    end: Callable[[Unit, datetime], Awaitable[int]]
    told: Message | None = None


KEPT = (
    Kept("payloads set aside", timedelta(hours=48), lambda unit, before: unit.inbox.shred(before), ASIDE),
    Kept("updates heard", timedelta(days=8), lambda unit, before: unit.inbox.forget(before)),
    Kept("message bodies", timedelta(days=7), lambda unit, before: unit.outbox.shred(before), SENT),
    Kept(
        "replies about anonymous surveys",
        timedelta(hours=48),
        lambda unit, before: unit.outbox.forget_traceless(before),
    ),
    Kept("delivery facts", timedelta(days=90), lambda unit, before: unit.outbox.forget(before), SENT),
    Kept("WhatsApp openings", timedelta(days=400), lambda unit, before: unit.openings.forget(before)),
    Kept("generated files", timedelta(0), lambda unit, before: unit.files.remove_expired(before), FILE),
    Kept("survey drafts", timedelta(days=7), lambda unit, before: unit.surveys.drop_drafts(before), UNSENT),
    Kept("links to surveys", timedelta(0), lambda unit, before: unit.answer_links.forget(before)),
    Kept("codes for linking", timedelta(0), lambda unit, before: unit.linking.forget(before)),
    Kept("links to reports", timedelta(0), lambda unit, before: unit.reports.forget_links(before)),
    Kept("invitations", timedelta(days=14), lambda unit, before: Retention(unit).forget_invitations(before)),
    Kept("questions", timedelta(days=90), lambda unit, before: unit.questions.forget(before), ASKED),
    Kept("nominations", timedelta(days=90), lambda unit, before: unit.nominations.forget(before)),
    Kept("second persons", timedelta(days=90), lambda unit, before: unit.approvals.forget(before)),
    Kept("removals in vain", timedelta(hours=48), lambda unit, before: unit.removals.forget(before)),
    Kept("suggestions", timedelta(days=180), lambda unit, before: unit.suggestions.forget(before), TOPICS),
    Kept(
        "messages passed on",
        timedelta(days=30),
        lambda unit, before: unit.relays.forget_words(before),
        PASSED_ON,
    ),
    Kept("conversations", timedelta(days=180), lambda unit, before: unit.relays.forget(before)),
    Kept("goals and notes of pairs", timedelta(days=90), lambda unit, before: unit.mentoring.forget(before)),
    Kept("who met over coffee", YEAR, lambda unit, before: unit.coffee.forget(before), PASSED_ON),
    Kept("who belonged where", YEAR, lambda unit, before: unit.profiles.unlink(before), PASSED_ON),
    Kept("who registered", YEAR, lambda unit, before: Retention(unit).unlink_registrations(before), SEATS),
    Kept("who attended", YEAR, lambda unit, before: unit.attendance.unlink(before), SEATS),
    Kept("who has a certificate", 5 * YEAR, lambda unit, before: unit.certificates.unlink(before)),
    Kept("who said to come", timedelta(days=30), lambda unit, before: unit.intentions.forget(before)),
    Kept("check-in codes", timedelta(days=30), lambda unit, before: unit.attendance.forget_codes(before)),
    Kept("audit", 2 * YEAR, lambda unit, before: unit.audit.forget(before)),
    Kept("who answered by name", YEAR, lambda unit, before: Retention(unit).unlink_answers(before), SEATS),
)
"""Counted from when it was settled, touched, expired or took place."""


TOLD = (*dict.fromkeys(kept.told for kept in reversed(KEPT) if kept.told), STAYS)
"""What the privacy notice says of it, in the order in which people care."""


@tick("housekeeping", every=timedelta(hours=1))
async def housekeeping(tick: Tick) -> None:
    """End what is past its time; once a night, also on the disk, and a row of the audit says how much."""
    ended: dict[str, int] = {}
    for kept in KEPT:
        async with tick.unit() as unit:
            ended[kept.what] = await kept.end(unit, tick.now - kept.period)
    await _drop_idle_questions(tick)
    if any(ended.values()):
        async with tick.unit() as unit:
            await count_ended(unit, ended)
    await _owe_nightly_scrub(tick)


async def rehearse(unit: Unit, now: datetime) -> dict[str, int]:
    """Say how many rows of what would end now. The caller takes the transaction back."""
    return {kept.what: await kept.end(unit, now - kept.period) for kept in KEPT}


async def count_ended(unit: Unit, ended: dict[str, int]) -> None:
    """Add to what has ended since the last night's report."""
    so_far = Counter(json.loads(await unit.facts.get(ENDED, "{}")))
    await unit.facts.put(ENDED, json.dumps(so_far + Counter(ended)))


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
            report = await unit.facts.get(ENDED, "{}")
            await unit.facts.put(REPORT, report)
            await unit.facts.put(ENDED, "{}")
            rows = sum(json.loads(report).values())
            await unit.audit.append("retention", f"rows:{rows}", actor_id=None, at=tick.now)


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
