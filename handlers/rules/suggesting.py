"""How many topics one person may suggest, so that everybody's are seen."""

from __future__ import annotations

from datetime import timedelta

WEEK = timedelta(days=7)
MOST_OPEN, MOST_A_WEEK = 3, 5


def may_suggest(open_now: int, this_week: int) -> bool:
    """Say whether somebody may suggest another topic."""
    return open_now < MOST_OPEN and this_week < MOST_A_WEEK
