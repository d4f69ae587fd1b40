"""The days of an event: an event that lasts longer than a day takes place on several, at the same hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from storage.events import Event

DAY = 24 * 60
SHORTEST_DAY, LONGEST_DAY = 15, 16 * 60
"""Minutes. What is longer takes place on several days: nobody sits for so long."""
MOST_DAYS = 14

Plan = tuple[tuple[int, int], ...]
"""For each day, how many minutes after the event's start it begins, and how many it lasts."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an event; `number` counts from 1."""

    number: int
    starts_at: datetime
    ends_at: datetime


def even_plan(minutes: int) -> Plan:
    """Cut a length of time into days of equal length."""
    if minutes <= LONGEST_DAY:
        return ((0, minutes),)
    whole, rest = divmod(minutes, DAY)
    if not whole:
        return ((0, minutes),)
    count = whole + 1 if rest else whole
    return tuple((number * DAY, min(rest or LONGEST_DAY, LONGEST_DAY)) for number in range(count))


def plan_of(event: Event) -> Plan:
    """Return an event's days as a plan."""
    return event.plan or even_plan(event.minutes)


def days_of(event: Event) -> tuple[Day, ...]:
    """List an event's days; none while it has no time."""
    if event.starts_at is None:
        return ()
    start = event.starts_at
    return tuple(
        Day(number, start + timedelta(minutes=after), start + timedelta(minutes=after + minutes))
        for number, (after, minutes) in enumerate(plan_of(event), 1)
    )


def day_of(event: Event, number: int) -> Day | None:
    """Find one of an event's days."""
    return next((day for day in days_of(event) if day.number == number), None)


def length_of(plan: Plan) -> int:
    """Return how many minutes lie between the first day's beginning and the last one's end."""
    return max(after + minutes for after, minutes in plan)


def changed_day(event: Event, number: int, starts_at: datetime, minutes: int) -> Plan | None:
    """Return the plan with one day at another time; None where days would overlap or reach too far.

    The first day begins when the event does; moving that is moving the event.
    """
    plan = list(plan_of(event))
    if event.starts_at is None or not 1 < number <= len(plan) + 1 or number > MOST_DAYS:
        return None
    after = (starts_at - event.starts_at) // timedelta(minutes=1)
    plan[number - 1 : number] = [(after, minutes)]
    return tuple(plan) if _in_order(plan) else None


def resized_day(event: Event, number: int, minutes: int) -> Plan | None:
    """Return the plan with one day of another length; None where days would overlap."""
    plan = list(plan_of(event))
    if not 1 <= number <= len(plan) or not SHORTEST_DAY <= minutes <= LONGEST_DAY:
        return None
    plan[number - 1] = (plan[number - 1][0], minutes)
    return tuple(plan) if _in_order(plan) else None


def without_last_day(event: Event) -> Plan | None:
    """Return the plan without its last day; None where there is only one."""
    plan = plan_of(event)
    return plan[:-1] if len(plan) > 1 else None


def with_another_day(event: Event) -> Plan | None:
    """Return the plan with one more day, a day after the last and as long; None where that is too many."""
    plan = plan_of(event)
    after, minutes = plan[-1]
    return (*plan, (after + DAY, min(minutes, LONGEST_DAY))) if len(plan) < MOST_DAYS else None


def _in_order(plan: Sequence[tuple[int, int]]) -> bool:
    fits = all(0 < minutes <= LONGEST_DAY for _, minutes in plan)
    pairs = pairwise(plan)
    return fits and all(after + minutes <= following for (after, minutes), (following, _) in pairs)
