"""Registration: a seat by one tap, a place in line where there is none, and giving either back."""

from __future__ import annotations

from handlers.events import asker_of, event_card, no_such_event, refusal, when_line
from handlers.kit import Button, Screen, Turn, action, column, paragraphs, tap
from handlers.materials import send_published
from handlers.offers import fill_seats
from handlers.rules.seats import (
    STATES,
    Already,
    Applied,
    Because,
    Changed,
    Closed,
    Joined,
    Outcome,
    Waitlisted,
    decide,
)
from storage.events import Event
from storage.registrations import Registration


@tap("register")
async def register(turn: Turn, event_id: int, revision: int) -> Screen:
    """Take a seat, apply for one or get a place in line, and say at once which it is."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    outcome = await _join(turn, event, revision)
    if isinstance(outcome, Joined):
        await send_published(turn, event.id)
    if isinstance(outcome, Applied):
        await _tell_coordinators(turn, event)
    return await event_card(turn, event, _told(turn, outcome))


async def _join(turn: Turn, event: Event, revision: int) -> Outcome:
    registrations, person = turn.unit.registrations, turn.member
    asker = await asker_of(turn, event)
    mine = asker.mine
    outcome = decide(event, await registrations.line(event.id), asker, revision, turn.now)
    state = STATES.get(type(outcome))
    if state and mine is not None:
        at = mine.joined_at if mine.state == "waitlisted" else turn.now
        await registrations.move(
            mine,
            state,
            turn.now,
            joined_at=at,
            organisation_id=person.organisation_id,
            kept_schedule=event.schedule_revision,
        )
    elif state:
        await registrations.add(
            event.id,
            person.id,
            person.organisation_id,
            state,
            turn.now,
            schedule=event.schedule_revision,
        )
    return outcome


async def _tell_coordinators(turn: Turn, event: Event) -> None:
    """Say, once a day for each event, that somebody applied."""
    await turn.unit.outbox.notify_roles(
        "applied",
        "coordinator",
        "administrator",
        subject=f"event:{event.id}",
        occurrence=f"{turn.now:%Y-%m-%d}",
        at=turn.now,
        args=(event.id,),
    )


def _told(turn: Turn, outcome: Outcome) -> str:
    match outcome:
        case Joined():
            return turn._("You are registered. Good to have you with us!")
        case Applied():
            return turn._("Thank you! Your application has arrived.")
        case Waitlisted(_, Because.FULL):
            return turn._("All seats are taken. When one becomes free for you, you get a message and decide.")
        case Waitlisted():
            return turn._(
                "Your organisation has all the seats it can have here. "
                "When one becomes free for you, you get a message and decide."
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
            _what_is_given_up(turn, mine),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Yes, cancel"), action("unregister-yes", event_id)),
            Button(turn.p("button", "No, keep it"), action("event", event_id)),
        ),
    )


def _what_is_given_up(turn: Turn, mine: Registration) -> str:
    match mine.state:
        case "confirmed" | "offered":
            return turn._("Your seat goes to the next person in line.")
        case "waitlisted":
            return turn._("You give up your place in line.")
        case "applied":
            return turn._("You take your application back.")
        case _:
            return ""


@tap("unregister-yes")
async def unregister_yes(turn: Turn, event_id: int) -> Screen:
    """Give the seat or place back; whoever waits longest is offered the seat."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    if event.over(turn.now) or not await turn.unit.registrations.cancel(event_id, turn.member.id, turn.now):
        return await event_card(turn, event, turn._("You are not registered for this event."))
    await fill_seats(turn.unit, event, turn.now)
    return await event_card(turn, event, turn._("Your registration is cancelled. Thank you for telling us."))


@tap("keep")
async def keep(turn: Turn, event_id: int) -> Screen:
    """Thank somebody who comes although the event moved, and let the coordinators see it."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if mine is not None and not event.over(turn.now):
        await turn.unit.registrations.keep(mine.id, event.schedule_revision)
    kept = turn._("Good, nothing changes for you.")
    return await event_card(turn, event, kept if mine else turn._("You are not registered for this event."))
