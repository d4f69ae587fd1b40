"""When a question to the coordinators is spoken of again, so that none is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

DAY = timedelta(days=1)
CLAIM_LASTS = timedelta(days=2)
"""After how long without an answer a question goes back to everybody."""
ANSWER_LASTS = timedelta(days=7)
"""After how long an answer that nobody takes up again closes its question."""
MOST_OPEN, MOST_A_DAY = 3, 10
"""How many unanswered questions somebody may have, and how often they may write in a day."""


def days_waiting(since: datetime, now: datetime) -> int:
    """Count the whole days for which nobody has taken a question on."""
    return max(0, (now - since) // DAY)


def may_ask(unanswered: int, today: int) -> bool:
    """Say whether somebody may ask another question."""
    return unanswered < MOST_OPEN and may_write(today)


def may_write(today: int) -> bool:
    """Say whether somebody may write to the coordinators once more today."""
    return today < MOST_A_DAY
