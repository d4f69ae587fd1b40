"""Registration: a seat by one tap, a place in line where there is none, and giving either back."""

from __future__ import annotations

from datetime import datetime

from handlers.events import event_card, kind_line, no_such_event, refusal, when_line, where_lines
from handlers.kit import (
    Button,
    Community,
    Screen,
    Template,
    Turn,
    action,
    column,
    lines,
    notice,
    paragraphs,
    tap,
)
from handlers.materials import send_published
from handlers.rules.seats import Already, Changed, Closed, Joined, Outcome, Waitlisted, decide, promotions
from storage.events import Event
from storage.unit import Unit


@tap("register")
async def register(turn: Turn, event_id: int, revision: int) -> Screen:
    """Take a seat, or a place in line, and say at once which it is."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    outcome = await _join(turn, event, revision)
    if isinstance(outcome, Joined):
        await send_published(turn, event.id)
    return await event_card(turn, event, _told(turn, outcome))


async def _join(turn: Turn, event: Event, revision: int) -> Outcome:
    registrations = turn.unit.registrations
    mine = await registrations.of(event.id, turn.member.id)
    seats = await registrations.seats(event.id)
    outcome = decide(event, mine, seats, turn.member.role, revision, turn.now)
    if isinstance(outcome, Joined | Waitlisted):
        state = "confirmed" if isinstance(outcome, Joined) else "waitlisted"
        await registrations.add(event.id, turn.member.id, turn.member.organisation_id, state, turn.now)
    return outcome


def _told(turn: Turn, outcome: Outcome) -> str:
    match outcome:
        case Joined():
            return turn._("You are registered. Good to have you with us!")
        case Waitlisted(place):
            return turn._(
                "All seats are taken, so you are on the waiting list. Your place in line: {place}. "
                "You get a seat, and a message, as soon as one is free.",
                place=place,
            )
        case Already():
            return turn._("You had registered already. Nothing has changed.")
        case Changed():
            return turn._("This event has changed since. Please look again before you register.")
        case Closed(reason):
            return refusal(turn, reason)


# --- giving a seat back -------------------------------------------------------------------------------------


@tap("unregister")
async def unregister(turn: Turn, event_id: int) -> Screen:
    """Ask whether somebody really wants to give their seat or place back."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if mine is None or event.over(turn.now):
        return await event_card(turn, event, "" if mine else turn._("You are not registered for this event."))
    return turn.screen(
        paragraphs(
            turn._("Do you want to cancel your registration?"),
            when_line(turn, event),
            turn._("Your seat goes to the next person in line.")
            if mine.state == "confirmed"
            else turn._("You give up your place in line."),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Yes, cancel"), action("unregister-yes", event_id)),
            Button(turn.p("button", "No, keep it"), action("event", event_id)),
        ),
    )


@tap("unregister-yes")
async def unregister_yes(turn: Turn, event_id: int) -> Screen:
    """Give the seat or place back; whoever waits longest gets the seat."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    if event.over(turn.now) or not await turn.unit.registrations.cancel(event_id, turn.member.id, turn.now):
        return await event_card(turn, event, turn._("You are not registered for this event."))
    await fill_seats(turn.unit, event, turn.now)
    return await event_card(turn, event, turn._("Your registration is cancelled. Thank you for telling us."))


@tap("keep")
async def keep(turn: Turn, event_id: int) -> Screen:
    """Thank somebody who comes although the event moved."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    kept = turn._("Good, nothing changes for you.")
    return await event_card(turn, event, kept if mine else turn._("You are not registered for this event."))


# --- seats that become free ---------------------------------------------------------------------------------


async def fill_seats(unit: Unit, event: Event, now: datetime) -> int:
    """Give free seats to those who waited longest, tell them, and return how many; the event must be held."""
    free = promotions(event, await unit.registrations.seats(event.id), now)
    promoted = await unit.registrations.promote(event.id, free, now)
    for member_id in promoted:
        await unit.outbox.notify_one(
            "promoted",
            member_id,
            subject=f"event:{event.id}",
            occurrence=f"{now.timestamp():.0f}",
            at=now,
            args=(event.id,),
            expires_at=event.starts_at,
        )
        await _hand_over(unit, member_id, event.id, now)
    return len(promoted)


async def _hand_over(unit: Unit, member_id: int, event_id: int, now: datetime) -> None:
    """Send somebody who got a seat later what those before them got."""
    member = await unit.members.get(member_id)
    address = await unit.addresses.best(member_id)
    if member is not None and address is not None:
        await send_published(Turn(unit, member, address, now, Community()), event_id)


async def release_seats(unit: Unit, member_id: int, now: datetime) -> None:
    """Free the seats of somebody who is about to be erased, and give them to those who wait."""
    for event_id in await unit.registrations.upcoming_of(member_id, now):
        event = await unit.events.hold(event_id)
        if event is not None and await unit.registrations.cancel(event_id, member_id, now):
            await fill_seats(unit, event, now)


@notice("promoted")
async def promoted(turn: Turn, event_id: int) -> Screen | None:
    """Tell somebody who waited that a seat is theirs now."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.state != "published" or event.started(turn.now):
        return None
    if mine is None or mine.state != "confirmed":
        return None
    return turn.screen(
        paragraphs(
            turn._("Good news: a seat became free, and it is yours. You are registered."),
            lines(kind_line(turn, event), when_line(turn, event), where_lines(turn, event, inside=True)),
            turn._("If you can't come, please cancel so that somebody else can."),
        ),
        title=event.title(turn.lang),
        rows=column(*seat_buttons(turn, event)),
        lasting=True,
        private=bool(event.join_link),
        template=Template("seat_offered", (event.title(turn.lang), when_line(turn, event))),
    )


def seat_buttons(turn: Turn, event: Event) -> list[Button]:
    """Return what somebody with a seat can do in a message about it."""
    return [
        Button(turn.p("button", "See the event"), action("event", event.id)),
        Button(turn.p("button", "Add to calendar"), action("calendar", event.id)),
        Button(turn.p("button", "Cancel registration"), action("unregister", event.id)),
    ]
