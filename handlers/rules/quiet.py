"""Quiet hours: at night nobody is disturbed for something that can wait or could have come before."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from locales import BAGHDAD

EVENING, NIGHT, MORNING = time(20, 30), time(21), time(8)


def is_quiet(at: datetime, zone: tzinfo = BAGHDAD) -> bool:
    """Say whether a moment lies between 21:00 and 08:00."""
    clock = at.astimezone(zone).time()
    return clock >= NIGHT or clock < MORNING


def around(at: datetime, zone: tzinfo = BAGHDAD) -> tuple[datetime, datetime]:
    """Return the evening before and the morning after a moment in quiet hours."""
    local = at.astimezone(zone)
    evening_of = local.date() if local.time() >= NIGHT else local.date() - timedelta(days=1)
    evening = datetime.combine(evening_of, EVENING, tzinfo=zone)
    return evening, datetime.combine(evening_of + timedelta(days=1), MORNING, tzinfo=zone)


def awake(start: datetime, length: timedelta, zone: tzinfo = BAGHDAD) -> datetime:
    """Return the end of a length of time that begins at a moment of the day and does not run at night."""
    local = start.astimezone(zone)
    while local + length > (night := datetime.combine(local.date(), NIGHT, tzinfo=zone)):
        length -= night - local
        local = datetime.combine(local.date() + timedelta(days=1), MORNING, tzinfo=zone)
    return local + length
