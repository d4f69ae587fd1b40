"""When reminders and the survey of an event are due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from handlers.rules.days import Day
from handlers.rules.quiet import around, is_quiet
from storage.moments import Arming

NEAR = timedelta(hours=3)
"""So close to its event a reminder comes at night too; a shifted one keeps at least this distance."""
STILL_USEFUL = timedelta(minutes=30)
MOVE_SETTLES = timedelta(minutes=10)
"""So long word of a new time waits for another move."""
SURVEY_AFTER = timedelta(minutes=15)
SURVEY_USEFUL = timedelta(days=7)
SURVEY_LATER, LATER_USEFUL = timedelta(days=35), timedelta(days=14)
"""How long after an event people are asked whether they used what they took from it, and until when it is of use."""
SURVEY_BEFORE = timedelta(days=3)
"""So long before an event begins people are asked where they stand."""
DAY_SURVEY_USEFUL = timedelta(days=1)


def reminder_point(starts_at: datetime, minutes: int) -> datetime:
    """Return when a reminder is due: so many minutes before the start, but not in quiet hours.

    Out of quiet hours it goes to the nearer of the evening before (20:30) and the morning after (08:00), the
    latter only where the event is still some hours off.
    """
    point = starts_at - timedelta(minutes=minutes)
    if not is_quiet(point) or starts_at - point <= NEAR:
        return point
    evening, morning = around(point)
    too_late = morning + NEAR > starts_at
    return evening if too_late or point - evening <= morning - point else morning


def reminder_armings(
    starts_at: datetime,
    reminders: Iterable[int],
    schedule_revision: int,
    now: datetime,
    moved_from: datetime | None = None,
) -> list[Arming]:
    """Return what to arm. Each is useful until the next one is due, the last until the event starts.

    A reminder whose point has passed is left out; but where the event was moved so that the point was overtaken,
    the last such one is due at once if the event is still far enough ahead.
    """
    points = {reminder_point(starts_at, minutes): minutes for minutes in sorted(set(reminders), reverse=True)}
    due = {point: minutes for point, minutes in points.items() if point > now}
    passed = [minutes for point, minutes in points.items() if point <= now]
    if moved_from is not None and starts_at - now > STILL_USEFUL:
        overtaken = [minutes for minutes in passed if reminder_point(moved_from, minutes) > now]
        if overtaken:
            due[now] = min(overtaken)
    until = [*sorted(due)[1:], starts_at][: len(due)]
    return [
        Arming(occurrence(due[point], schedule_revision), point, end)
        for point, end in zip(sorted(due), until, strict=True)
    ]


def move_told_at(sooner: datetime, now: datetime) -> datetime:
    """Return when people hear that an event moved, of whose old and new time this is the sooner.

    After a while, so that a second thought is told with the first; in the morning where it is night and the
    morning is early enough; at once where time presses.
    """
    settled = now + MOVE_SETTLES
    if is_quiet(settled):
        settled = around(settled)[1]
    if settled + NEAR <= sooner:
        return settled
    return now + MOVE_SETTLES if now + MOVE_SETTLES + NEAR <= sooner else now


def survey_arming(ends_at: datetime, schedule_revision: int) -> Arming:
    """Return when people are asked how it was."""
    due = ends_at + SURVEY_AFTER
    return Arming(f"r{schedule_revision}", due, due + SURVEY_USEFUL)


def later_survey_arming(ends_at: datetime, schedule_revision: int) -> Arming:
    """Return when people are asked what became of it."""
    due = ends_at + SURVEY_LATER
    return Arming(f"r{schedule_revision}", due, due + LATER_USEFUL)


def before_survey_arming(starts_at: datetime, schedule_revision: int) -> Arming:
    """Return when people are asked where they stand before an event; too late is when it begins."""
    return Arming(f"r{schedule_revision}", starts_at - SURVEY_BEFORE, starts_at)


def day_survey_armings(days: Sequence[Day], schedule_revision: int, now: datetime) -> list[Arming]:
    """Return when people are asked how each day was, but for the last, which ends with the event, and those over."""
    return [
        Arming(
            occurrence(day.number, schedule_revision),
            day.ends_at + SURVEY_AFTER,
            day.ends_at + DAY_SURVEY_USEFUL,
        )
        for day in days[:-1]
        if day.ends_at > now
    ]


def occurrence(minutes: int, schedule_revision: int) -> str:
    """Name a reminder, or a day's survey, so that it comes once for each schedule of an event."""
    return f"{minutes}:r{schedule_revision}"


def parse_occurrence(written: str) -> tuple[int, int]:
    """Read a reminder's minutes, or a survey's day, and the schedule revision back."""
    minutes, _, revision = written.partition(":r")
    return int(minutes), int(revision)
