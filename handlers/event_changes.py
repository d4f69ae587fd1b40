"""What people with a seat, or waiting for one, are told when an event moves, changes or is cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handlers.events import kind_line, when_line, where_lines
from handlers.kit import Button, Screen, Template, Turn, action, column, lines, notice, paragraphs
from handlers.offers import seat_buttons
from storage.events import Event
from storage.unit import Unit

SETTLES_AFTER = timedelta(minutes=2)
"""So long a change of place waits for the next one, so that people hear of both at once."""


async def tell(
    unit: Unit,
    kind: str,
    event: Event,
    now: datetime,
    *args: int,
    occurrence: str,
    not_before: datetime | None = None,
) -> int:
    """Queue a notice for everybody who has a seat or waits for one, in place of one still queued."""
    subject = f"event:{event.id}"
    await unit.outbox.withdraw(subject, now=now, reason="not_applicable", kind=kind)
    return await unit.outbox.notify(
        kind,
        unit.registrations.recipients(event.id, "confirmed", "waitlisted"),
        subject=subject,
        occurrence=occurrence,
        at=now,
        args=(event.id, *args),
        not_before=not_before,
    )


async def tell_of_change(unit: Unit, event: Event, now: datetime) -> None:
    """Queue word of a new place, link or length, a little later, so that several changes are told as one."""
    if event.state == "published" and not event.over(now):
        later = now + SETTLES_AFTER
        await tell(unit, "event-changed", event, now, occurrence=f"v{event.revision}", not_before=later)


def old_and_new(turn: Turn, old: datetime, new: datetime) -> str:
    """Say from when to when an event moves."""
    return lines(
        turn._("Until now: {moment}", moment=turn.speech.moment(old, turn.now)),
        turn._("New time: {moment}", moment=turn.speech.moment(new, turn.now)),
    )


@notice("moved")
async def moved(turn: Turn, event_id: int, schedule_revision: int, old: int) -> Screen | None:
    """Tell somebody registered that an event moved, from when to when, and let them decide."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.starts_at is None or event.state != "published" or mine is None:
        return None
    if event.schedule_revision != schedule_revision:
        return None
    return turn.screen(
        paragraphs(
            turn._("This event has a new time."),
            old_and_new(turn, datetime.fromtimestamp(old, UTC), event.starts_at),
            turn._("Your registration stays. If the new time does not suit you, please cancel."),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "I am coming"), action("keep", event.id)),
            Button(turn.p("button", "Cancel registration"), action("unregister", event.id)),
            Button(turn.p("button", "Add to calendar"), action("calendar", event.id)),
        ),
        lasting=True,
        template=_news(
            turn, event, turn._("New time: {moment}", moment=turn.speech.moment(event.starts_at, turn.now))
        ),
    )


@notice("event-changed")
async def event_changed(turn: Turn, event_id: int) -> Screen | None:
    """Tell somebody registered how and where an event takes place now."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.state != "published" or event.over(turn.now) or mine is None:
        return None
    inside = mine.state == "confirmed"
    return turn.screen(
        paragraphs(
            turn._("Something about this event has changed. This is how it stands now:"),
            lines(when_line(turn, event), where_lines(turn, event, inside=inside)),
        ),
        title=event.title(turn.lang),
        rows=column(*seat_buttons(turn, event)),
        lasting=True,
        private=inside and bool(event.join_link),
        template=_news(turn, event, turn._("The place, the link or the length has changed")),
    )


@notice("event-cancelled")
async def event_cancelled(turn: Turn, event_id: int) -> Screen | None:
    """Tell somebody registered that an event does not take place."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state != "cancelled":
        return None
    return turn.screen(
        paragraphs(
            turn._("Unfortunately this event was cancelled. There is nothing you need to do."),
            lines(kind_line(turn, event), when_line(turn, event)),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Remove from calendar"), action("calendar", event.id)),
            Button(turn.p("button", "Events"), "events"),
        ),
        lasting=True,
        template=_news(turn, event, turn._("It was cancelled")),
    )


def _news(turn: Turn, event: Event, what: str) -> Template:
    return Template("event_changed", (event.title(turn.lang), what))
