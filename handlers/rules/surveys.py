"""The life of a survey: who may answer, what closing does, and when things are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum

from handlers.rules.quiet import around, is_quiet
from storage.surveys import BEFORE, Survey

ENOUGH = 5
"""With fewer answers nothing but their number is shown, and anonymous ones are destroyed unread."""

OPEN_FOR = timedelta(days=7)
EXTENSION = timedelta(days=7)
REMIND_AFTER = timedelta(days=2)
BEFORE_REMINDER = timedelta(days=1)
"""How long before an event begins those who have not answered what is asked before it are reminded."""
WARN_BEFORE = timedelta(days=1)
"""How long before an anonymous survey closes its coordinators hear that too few have answered."""


class Refusal(Enum):
    """Why somebody can't answer."""

    UNKNOWN = "unknown"
    NOT_REGISTERED = "not registered"
    ANSWERED = "answered"
    CLOSED = "closed"


class Shown(Enum):
    """What a coordinator may see of the answers."""

    RESULTS = "results"
    AFTER_CLOSING = "after closing"
    TOO_FEW = "too few"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a new survey's people are asked and reminded, and when it closes."""

    ask: datetime
    remind: datetime | None
    warn: datetime | None
    close: datetime


def refusal(survey: Survey | None, *, registered: bool, answered: bool, now: datetime) -> Refusal | None:
    """Say why this person can't answer now, or None where they can."""
    if survey is None:
        return Refusal.UNKNOWN
    if answered:
        return Refusal.ANSWERED
    if not survey.takes_answers(now):
        return Refusal.CLOSED
    return None if registered else Refusal.NOT_REGISTERED


def calendar(now: datetime, zone: tzinfo) -> Calendar:
    """Plan a survey that opens now: nobody is written to in quiet hours."""
    close = now + OPEN_FOR
    return Calendar(
        ask=next_allowed(now, zone),
        remind=next_allowed(now + REMIND_AFTER, zone),
        warn=next_allowed(close - WARN_BEFORE, zone),
        close=close,
    )


def calendar_before(now: datetime, starts_at: datetime, zone: tzinfo) -> Calendar:
    """Plan what is asked before an event: it closes when the event begins, and can't be kept open longer."""
    remind = next_allowed(starts_at - BEFORE_REMINDER, zone)
    return Calendar(
        ask=next_allowed(now, zone),
        remind=remind if now + BEFORE_REMINDER < remind < starts_at else None,
        warn=None,
        close=starts_at,
    )


def next_allowed(moment: datetime, zone: tzinfo) -> datetime:
    """Return the moment itself, or the morning after where it lies in quiet hours."""
    return around(moment, zone)[1] if is_quiet(moment, zone) else moment


def may_extend(survey: Survey, now: datetime) -> bool:
    """Say whether the survey may stay open longer: once, while it is open, and not past an event's beginning."""
    return (
        survey.day != BEFORE
        and survey.takes_answers(now)
        and survey.closes_at - survey.created_at <= OPEN_FOR
    )


def shown(survey: Survey, answered: int) -> Shown:
    """Say what of the answers may be seen."""
    if survey.anonymous and survey.state == "open":
        return Shown.AFTER_CLOSING
    if answered >= ENOUGH:
        return Shown.RESULTS
    return Shown.DISCARDED if survey.anonymous else Shown.TOO_FEW
