"""When people are reminded of a deadline, and how a grant may go on."""

from __future__ import annotations

from datetime import date, datetime, timedelta

BEFORE = (timedelta(days=7), timedelta(days=1))
"""How long before a call's deadline those who are interested are reminded."""
DAYS_BEFORE = (7, 1)
"""How many days before a milestone's day its grantee is reminded."""

STAGES = ("applied", "awarded", "under_way", "delivered")
ONWARD = {
    "awarded": ("applied",),
    "declined": ("applied",),
    "under_way": ("awarded",),
    "delivered": ("awarded", "under_way"),
}
"""To each stage, those from which it is reached."""


def reminder_due(deadline: datetime, now: datetime) -> timedelta | None:
    """Return the reminder that is due now: the nearest one that has begun; None before and after."""
    if now >= deadline:
        return None
    begun = [before for before in BEFORE if now >= deadline - before]
    return min(begun, default=None)


def days_due(due_on: date, today: date) -> int | None:
    """Return the milestone's reminder that is due today: the nearest one that has begun; None before and after."""
    left = (due_on - today).days
    if left < 0:
        return None
    return min((days for days in DAYS_BEFORE if left <= days), default=None)


def next_stages(state: str) -> tuple[str, ...]:
    """List the stages that a grant can be moved to by hand; it is delivered by handing in the finished tool."""
    return tuple(stage for stage, before in ONWARD.items() if state in before and stage != "delivered")
