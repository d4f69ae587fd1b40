"""How many people a day we may begin to talk to, and when the others' turn comes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from storage.openings import Queued

DAY = timedelta(hours=24)
AGAIN = timedelta(hours=1)
"""When to look again where every place is kept for what is more urgent."""
SLACK = timedelta(minutes=1)


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
    return slot(opened.values(), waiting, limit - reserved, now)


def slot(opened: Collection[datetime], waiting: int, limit: int, now: datetime) -> datetime:
    """Return when the next place is free for somebody whom so many others are waiting before.

    A place is free 24 hours after it was taken: the first in line gets the oldest one.
    """
    free = max(0, limit - len(opened))
    if waiting < free:
        return now
    places = [*sorted(opened), *([now] * free)]
    if not places:
        return now + AGAIN
    days, place = divmod(waiting - free, len(places))
    return max(places[place] + DAY * (days + 1), now)


def replanned(
    queue: Sequence[Queued],
    opened: Collection[datetime],
    *,
    limit: int,
    reserved: int,
    now: datetime,
) -> list[tuple[int, datetime]]:
    """Give what waits its place, the most urgent first, and return (row, moment) of those that move.

    Several messages to one address take one place; places are reserved from broadcasts only.
    """
    moved, places = [], dict[int, datetime]()
    for one in queue:
        if one.address_id not in places:
            room = limit - reserved if one.broadcast else limit
            places[one.address_id] = slot(opened, len(places), room, now)
        at = places[one.address_id]
        # One whose moment has come is about to be tried anyway.
        if abs(one.not_before - at) > SLACK and (one.not_before > now or at > now + SLACK):
            moved.append((one.row_id, at))
    return moved
