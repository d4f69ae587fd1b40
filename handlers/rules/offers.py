"""Offers: how long a seat that became free is held for who waits, so that it is neither wasted nor sprung on anyone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.rules.quiet import around, awake, is_quiet
from storage.events import Event

STOPS_BEFORE = timedelta(hours=2)
"""No offer lasts until later than this before the start."""
LEAST = timedelta(minutes=30)
"""Where there would be less time than this to think, a free seat is offered to nobody: whoever asks first has it."""
WINDOWS = ((timedelta(hours=48), timedelta(hours=24)), (timedelta(hours=24), timedelta(hours=12)))
"""How long people may think, by how far off the event is at least."""
SHORTEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """When an offer is told and until when it holds a seat."""

    tell_at: datetime
    until: datetime


def has_stopped(event: Event, now: datetime) -> bool:
    """Say whether it is too late to offer a seat of this event to those who wait."""
    return event.starts_at is None or event.starts_at - STOPS_BEFORE - LEAST < now


def terms(starts_at: datetime, now: datetime) -> Terms:
    """Return an offer's terms: told by day, its clock asleep at night, over before offers stop.

    Where there is no morning left before that, it is told at once, at night too.
    """
    last = starts_at - STOPS_BEFORE
    tell_at = around(now)[1] if is_quiet(now) else now
    if tell_at + SHORTEST > last:
        return Terms(now, min(now + SHORTEST, last))
    return Terms(tell_at, min(awake(tell_at, _window(starts_at - tell_at)), last))


def _window(left: timedelta) -> timedelta:
    return next((window for least, window in WINDOWS if left >= least), SHORTEST)
