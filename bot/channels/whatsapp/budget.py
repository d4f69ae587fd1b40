"""How many people a day we may begin to talk to, and when the others' turn comes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

DAY = timedelta(hours=24)
AGAIN = timedelta(hours=1)
"""When to look again where nobody was talked to yet and still none is left: all is kept for what is urgent."""


def postponed(
    opened: Mapping[int, datetime],
    address_id: int,
    *,
    limit: int,
    reserved: int,
    waiting: int,
    now: datetime,
) -> datetime | None:
    """Return when a new conversation may begin, or None where it may at once.

    `opened` maps whoever was talked to within the last 24 hours to when; they count once, however much they are
    told. `reserved` places are kept for what is more urgent, and `waiting` others come first.
    """
    if address_id in opened or len(opened) + reserved < limit:
        return None
    return slot(opened.values(), waiting, now)


def slot(opened: Collection[datetime], waiting: int, now: datetime) -> datetime:
    """Return when the next place is free for somebody whom so many others are waiting before.

    A place is free 24 hours after it was taken: the first in line gets the oldest one.
    """
    taken = sorted(opened)
    if not taken:
        return now + AGAIN
    days, place = divmod(waiting, len(taken))
    return max(taken[place] + DAY * (days + 1), now)
