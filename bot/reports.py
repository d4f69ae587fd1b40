"""What providers report later of what they took: delivered, read, or come to nothing after all.

Reports come late, twice, in any order, and before our own row is written: delivery only moves forward, and what
is reported of a try that was given up counts no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.channels.contract import (
    DeliveryReport,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Stopped,
    Unreachable,
)
from handlers.rules.routes import OPENER
from storage.outbox import BROADCAST, UnderWay
from storage.unit import Unit

TRIES = 5
"""How often a message is sent at most where the provider keeps reporting that it came to nothing."""
FIRST_WAIT = 900.0
"""Seconds before the next try, doubled each time, where the provider does not say."""
OPENING_WAIT = 3 * 3600.0
"""The same for what begins a conversation: the limit of a day may be what it ran into."""
OPENER_AGAIN = 6 * 3600.0
"""The same for an opener, which is a nudge each time."""

log = structlog.get_logger()


async def settle_report(unit: Unit, report: DeliveryReport, now: datetime) -> None:
    """Write a report down, and do what a failure asks for."""
    if report.template and report.state in ("delivered", "read", "failed"):
        state = "failed" if report.failure is not None else "delivered"
        await unit.openings.advance(report.provider_id, state, report.row_id, report.template, now)
    if report.failure is not None:
        await _failed(unit, report, report.failure, now)
    elif report.template != OPENER:
        await unit.outbox.advance(
            report.state,
            now=now,
            row_id=report.row_id,
            channel=report.channel,
            provider_id=report.provider_id,
        )


async def _failed(unit: Unit, report: DeliveryReport, failure: Outcome, now: datetime) -> None:
    row = await unit.outbox.under_way(report.row_id, report.channel, report.provider_id)
    if row is None or not row.concerned_by(report.provider_id):
        return
    match failure:
        case Stopped(detail, reason):
            await unit.addresses.mark(row.address_id, "blocked")
            await _end(unit, row, report, reason, detail, now)
            if reason == "opted_out":
                await unit.members.silence_holder(row.address_id)
            else:
                await unit.outbox.fall_over(row.id, now=now)
        case Unreachable(detail, reason):
            await unit.addresses.mark(row.address_id, "unreachable")
            await _end(unit, row, report, reason, detail, now)
            await unit.outbox.fall_over(row.id, now=now)
        case Rejected(detail, "window_closed"):
            await unit.addresses.window_closed(row.address_id, now)
            # What went as a template needed no window: another try would be no better.
            if report.template or not await unit.outbox.come_to_nothing(row.id, report.provider_id, now):
                await _end(unit, row, report, "window_closed", detail, now)
        case Retry(reason="withheld") if await unit.outbox.fall_over(row.id, now=now):
            return
        case Retry(after, detail, reason=reason):
            later = now + timedelta(seconds=_wait(row, after, report.template))
            again = row.attempts < TRIES and await unit.outbox.come_to_nothing(
                row.id, report.provider_id, later
            )
            if not again:
                await _end(unit, row, report, reason, detail, now)
        case Misconfigured(detail, fault):
            await _end(unit, row, report, "misconfigured", detail, now)
            await stop_for_fault(
                unit, report.channel, row.subject if row.lane == BROADCAST else "", detail, fault, now
            )
        case Rejected(detail, reason):
            await _end(unit, row, report, reason, detail, now)


def _wait(row: UnderWay, after: float | None, template: str) -> float:
    """Return the seconds before another try: growing, and long where it would be one more nudge."""
    least = OPENER_AGAIN if template == OPENER else OPENING_WAIT if template else FIRST_WAIT
    return float(max(after or 0.0, least) * 2 ** max(0, row.attempts - 1))


async def _end(
    unit: Unit, row: UnderWay, report: DeliveryReport, reason: str, detail: str, now: datetime
) -> None:
    await unit.outbox.advance(
        "failed",
        now=now,
        row_id=row.id,
        provider_id=report.provider_id,
        reason=reason,
        detail=detail,
    )


async def stop_for_fault(
    unit: Unit, channel: str, subject: str, detail: str, fault: str, now: datetime
) -> None:
    """Take the rest of a broadcast back and tell those who look after the bot, once an hour."""
    log.error("channel misconfigured", channel=channel, detail=detail)
    if subject:
        await unit.outbox.withdraw(subject, now=now, reason="misconfigured")
    await unit.outbox.notify_roles(
        "delivery-fault",
        "administrator",
        subject=f"fault:{channel}",
        occurrence=f"{now:%Y-%m-%dT%H}",
        at=now,
        args=(channel, detail, fault),
    )
