"""What people with a seat, or waiting for one, are told when an event moves, changes or is cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handlers.events import kind_line, when_line, where_lines
from handlers.kit import Button, Screen, Template, Turn, action, column, lines, notice, paragraphs
from handlers.offers import offer_buttons, seat_buttons
from handlers.rules.schedule import move_told_at
from storage.events import Event
from storage.registrations import CONCERNED
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
        unit.registrations.recipients(event.id, *CONCERNED),
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


async def tell_of_move(unit: Unit, event: Event, old: datetime, now: datetime) -> int:
    """Queue word of a new time and return how many people will be told.

    It waits a little, and at night for the morning. A move that follows meanwhile is told together with it, from
    the time that people know to the latest; moved back to that, nobody is troubled at all.
    """
    assert event.starts_at is not None  # noqa: S101
    subject = f"event:{event.id}"
    untold = await unit.outbox.untold("moved", subject, now)
    known = datetime.fromtimestamp(int(untold[2]), UTC) if untold else old
    for kind in ("moved", "event-changed"):
        await unit.outbox.withdraw(subject, now=now, reason="not_applicable", kind=kind)
    if known == event.starts_at:
        return 0
    return await tell(
        unit,
        "moved",
        event,
        now,
        event.schedule_revision,
        int(known.timestamp()),
        occurrence=f"r{event.schedule_revision}",
        not_before=move_told_at(min(known, event.starts_at), now),
    )


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
            where_lines(turn, event, inside=mine.state == "confirmed"),
            _what_to_do(turn, mine.state),
        ),
        title=event.title(turn.lang),
        rows=column(
            *moved_buttons(turn, event, mine.state),
            Button(turn.p("button", "Add to calendar"), action("calendar", event.id)),
        ),
        lasting=True,
        private=mine.state == "confirmed" and bool(event.join_link),
        template=_news(
            turn, event, turn._("New time: {moment}", moment=turn.speech.moment(event.starts_at, turn.now))
        ),
    )


def _what_to_do(turn: Turn, state: str) -> str:
    if state == "offered":
        return turn._("A seat is still held for you. Does the new time suit you?")
    return turn._("Your registration stays. If the new time does not suit you, please cancel.")


def moved_buttons(turn: Turn, event: Event, state: str) -> list[Button]:
    """Return the two answers to a new time."""
    if state == "offered":
        return offer_buttons(turn, event)
    return [
        Button(turn.p("button", "I am coming"), action("keep", event.id)),
        Button(turn.p("button", "Cancel registration"), action("unregister", event.id)),
    ]


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


@notice("event-revived")
async def event_revived(turn: Turn, event_id: int) -> Screen | None:
    """Tell somebody registered that an event takes place after all."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.state != "published" or event.started(turn.now) or mine is None:
        return None
    inside = mine.state == "confirmed"
    return turn.screen(
        paragraphs(
            turn._("Good news: this event takes place after all."),
            lines(kind_line(turn, event), when_line(turn, event), where_lines(turn, event, inside=inside)),
            turn._("Your registration stays. If you can't come, please cancel."),
        ),
        title=event.title(turn.lang),
        rows=column(*moved_buttons(turn, event, mine.state)),
        lasting=True,
        private=inside and bool(event.join_link),
        template=_news(turn, event, turn._("It takes place after all")),
    )


def _news(turn: Turn, event: Event, what: str) -> Template:
    return Template("event_changed", (event.title(turn.lang), what))
