"""Reminders: armed when an event is published, moved or changed; sent by the clock, each exactly once."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.check_in import coming_buttons
from handlers.events import kind_line, when_line, where_lines
from handlers.kit import Button, Screen, Template, Tick, Turn, action, column, lines, notice, paragraphs, tick
from handlers.offers import seat_buttons
from handlers.rules.days import days_of
from handlers.rules.kinds import DAY
from handlers.rules.schedule import (
    NEAR,
    before_survey_arming,
    day_survey_armings,
    later_survey_arming,
    parse_occurrence,
    reminder_armings,
    survey_arming,
)
from handlers.surveys import asks_before, event_moved
from handlers.zones import own_time
from storage.events import Event
from storage.moments import Moment
from storage.unit import Unit

EVERY = timedelta(seconds=10)


async def arm(unit: Unit, event: Event, now: datetime, moved_from: datetime | None = None) -> None:
    """Arm what is due for a published event, in place of what was armed before.

    `moved_from` is the start that the event had until now, where it has just moved.
    """
    await unit.moments.withdraw("reminder", event.id, after=now)
    await unit.moments.withdraw("survey", event.id)
    await unit.moments.withdraw("survey-day", event.id)
    await unit.moments.withdraw("survey-before", event.id)
    await unit.moments.withdraw("survey-later", event.id)
    if event.state != "published" or event.starts_at is None or event.ends_at is None:
        return
    revision = event.schedule_revision
    reminders = reminder_armings(event.starts_at, event.reminders, revision, now, moved_from)
    await unit.moments.arm("reminder", event.id, reminders)
    if event.survey_mode != "none":
        await unit.moments.arm("survey", event.id, [survey_arming(event.ends_at, revision)])
        await unit.moments.arm("survey-later", event.id, [later_survey_arming(event.ends_at, revision)])
        if event.daily_survey:
            days = day_survey_armings(days_of(event), revision, now)
            await unit.moments.arm("survey-day", event.id, days)
    await arm_before(unit, event, now)


async def arm_before(unit: Unit, event: Event, now: datetime) -> None:
    """Arm what people are asked before a published event begins, or take it back where nothing is asked."""
    if event.state != "published" or event.starts_at is None or event.started(now):
        return
    await event_moved(unit, event)
    if await asks_before(unit, event):
        arming = before_survey_arming(event.starts_at, event.schedule_revision)
        await unit.moments.arm("survey-before", event.id, [arming])
    else:
        await unit.moments.withdraw("survey-before", event.id)


async def disarm(unit: Unit, event: Event, now: datetime) -> None:
    """Take back everything that would still come for an event: what is armed and what is queued."""
    for kind in ("reminder", "survey", "survey-day", "survey-before", "survey-later"):
        await unit.moments.withdraw(kind, event.id)
    await unit.outbox.withdraw(f"event:{event.id}", now=now, reason="not_applicable")


@tick("reminders", every=EVERY)
async def remind(tick: Tick) -> None:
    """Do what is due, each in a transaction of its own."""
    async with tick.unit() as unit:
        due = await unit.moments.due("reminder", tick.now)
    for moment in due:
        async with tick.unit() as unit:
            await _settle(unit, moment, tick.now)


async def _settle(unit: Unit, moment: Moment, now: datetime) -> None:
    """Queue a reminder for everybody who has a seat, or note that it came too late."""
    event = await unit.events.get(moment.subject_id)
    minutes, revision = parse_occurrence(moment.occurrence)
    if event is None or event.state != "published" or event.schedule_revision != revision:
        await unit.moments.settle(moment.id, "withdrawn", now)
    elif moment.useful_until is not None and moment.useful_until <= now:
        if await unit.moments.settle(moment.id, "missed", now):
            await _own_up(unit, event, now)
    elif await unit.moments.settle(moment.id, "done", now):
        await unit.outbox.notify(
            "reminder",
            unit.registrations.recipients(event.id, "confirmed"),
            subject=f"event:{event.id}",
            occurrence=moment.occurrence,
            at=now,
            args=(event.id, revision, minutes),
            topic="reminders",
            expires_at=event.starts_at,
        )


async def _own_up(unit: Unit, event: Event, now: datetime) -> None:
    """Tell the coordinators, once for each schedule of an event, that a reminder did not go out."""
    await unit.outbox.notify_roles(
        "reminders-missed",
        "coordinator",
        "administrator",
        subject=f"event:{event.id}",
        occurrence=f"r{event.schedule_revision}",
        at=now,
        args=(event.id,),
    )


@notice("reminder")
async def reminder(turn: Turn, event_id: int, schedule_revision: int, minutes: int) -> Screen | None:
    """Remind somebody who has a seat: what, when, and where or by which link."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state != "published" or event.schedule_revision != schedule_revision:
        return None
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event.starts_at is None or event.started(turn.now) or mine is None or mine.state != "confirmed":
        return None
    asks = minutes == DAY
    return turn.screen(
        paragraphs(
            _soon(turn, event.starts_at),
            lines(kind_line(turn, event), where_lines(turn, event, inside=True)),
            turn._("Will you come? Your answer helps us to prepare.") if asks else "",
            turn._("If you can't come, please cancel so that somebody else can."),
        ),
        title=turn._("Reminder: {title}", title=event.title(turn.lang)),
        rows=column(*_answers(turn, event) if asks else seat_buttons(turn, event)),
        lasting=True,
        private=bool(event.join_link),
        template=Template("reminder", (event.title(turn.lang), when_line(turn, event))),
    )


def _answers(turn: Turn, event: Event) -> list[Button]:
    return [
        *coming_buttons(turn, event),
        Button(turn.p("button", "See the event"), action("event", event.id)),
        Button(turn.p("button", "Add to calendar"), action("calendar", event.id)),
    ]


def _soon(turn: Turn, starts_at: datetime) -> str:
    """Say how soon it is, counted from now and not from when the reminder was due."""
    left, clock = starts_at - turn.now, turn.speech.time(starts_at)
    elsewhere = own_time(turn, starts_at)
    return lines(_how_soon(turn, starts_at, left, clock), elsewhere)


def _how_soon(turn: Turn, starts_at: datetime, left: timedelta, clock: str) -> str:
    if left <= NEAR:
        return turn._("It begins {until}: {time} (Baghdad time)", until=turn.speech.until(left), time=clock)
    day = turn.speech.relative_day(starts_at, turn.now)
    return turn._("It begins {day}: {time} (Baghdad time)", day=day, time=clock)


@notice("reminders-missed")
async def reminders_missed(turn: Turn, event_id: int) -> Screen | None:
    """Tell a coordinator that people were not reminded in time."""
    event = await turn.unit.events.get(event_id)
    if event is None or not turn.member.coordinates:
        return None
    return turn.screen(
        turn._("A reminder was due while the service was not running, and now it is too late for it."),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "Manage event"), action("manage", event.id))),
        lasting=True,
    )
