"""Who was there: when people can check in, what a closed day says of everybody, and who completed an event."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import Enum, auto

from handlers.rules.days import Day
from storage.events import Event

OPENS_BEFORE = timedelta(hours=3)
STAYS_OPEN = timedelta(hours=6)
"""So long after a day's end people can still check in, unless it was closed: phones are empty, nets are down."""

STATES = ("present", "partly", "excused", "absent")
SHARE = (4, 5)
"""Who was there for this share of the days completed an event whose rule is `most`."""


class CheckIn(Enum):
    """What becomes of somebody who checks in."""

    TAKEN = auto()
    ALREADY = auto()
    TOO_EARLY = auto()
    OVER = auto()
    CANCELLED = auto()


def check_in(event: Event, day: Day, mine: str, *, closed: bool, now: datetime) -> CheckIn:
    """Decide, from what is noted of somebody that day (or an empty text), whether they may check in now."""
    if mine == "present":
        return CheckIn.ALREADY
    if event.state != "published":
        return CheckIn.CANCELLED
    if now < day.starts_at - OPENS_BEFORE:
        return CheckIn.TOO_EARLY
    return CheckIn.OVER if closed or now > day.ends_at + STAYS_OPEN else CheckIn.TAKEN


def open_for_check_in(event: Event, day: Day, *, closed: bool, now: datetime) -> bool:
    """Say whether people can check in for a day now."""
    return check_in(event, day, "", closed=closed, now=now) is CheckIn.TAKEN


def may_mark(event: Event, day: Day, now: datetime) -> bool:
    """Say whether coordinators can note who was there: from when people arrive on, for as long as they like."""
    return event.state == "published" and now >= day.starts_at - OPENS_BEFORE


def may_close(event: Event, day: Day, now: datetime) -> bool:
    """Say whether a day can be closed: only once it has begun, or nobody could have come."""
    return event.state == "published" and now >= day.starts_at


def at_closing(coming: str) -> str:
    """Say what a closed day notes of somebody with a seat who did not come, from what they had answered."""
    return "excused" if coming == "no" else "absent"


def completed(rule: str, days: int, present: Collection[int]) -> bool:
    """Say whether somebody who was present on these days completed an event of so many days.

    `all`: every day. `most`: four days of five. Any other rule asks for one day.
    """
    there = len({day for day in present if 0 < day <= days})
    if rule == "all":
        return there == days > 0
    if rule == "most":
        return there * SHARE[1] >= days * SHARE[0] and there > 0
    return there > 0


def who_completed(rule: str, days: int, present: Mapping[int, Collection[int]]) -> list[int]:
    """List who completed an event, from the days on which each was present."""
    return sorted(one for one, theirs in present.items() if completed(rule, days, theirs))
