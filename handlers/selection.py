"""Coordinators choose among those who apply, and take people off the list: with a reason each time, which is kept."""

from __future__ import annotations

from handlers.coordinate_events import manage_screen, organisation_names, roster_screen
from handlers.events import event_card, no_such_event, when_line
from handlers.kit import (
    COORDINATORS,
    Button,
    Outdated,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.offers import fill_seats, tell_of_seat
from handlers.rules.seats import Joined, seat
from handlers.rules.selecting import LONGEST_REASON, REASONS, VERDICTS, may_decide, ready_reason
from locales import N_, NP_, Message, block, clean, parse_count
from storage.events import Event
from storage.registrations import Registration, Seats

STANDS: dict[str, Message] = {
    "invited": N_("Invited, no answer yet"),
    "applied": N_("Applied"),
    "waitlisted": N_("On the waiting list"),
    "offered": N_("Has been offered a seat"),
    "confirmed": N_("Registered"),
    "declined": N_("Not chosen"),
    "refused": N_("Does not want to come"),
    "expired": N_("Did not take the seat in time"),
    "cancelled": N_("Cancelled"),
    "removed": N_("Taken off the list"),
}
QUESTIONS: dict[str, Message] = {
    "yes": N_("Why are they chosen?"),
    "no": N_("Why are they not chosen?"),
    "off": N_("Why are they taken off the list? Their seat goes to the next person."),
}
LABELS: dict[str, Message] = {
    "yes": NP_("button", "Choose"),
    "no": NP_("button", "Do not choose"),
    "off": NP_("button", "Take off the list"),
}


# --- one person ---------------------------------------------------------------------------------------------


@answer("roster", who=COORDINATORS)
async def by_number(turn: Turn, reply: Reply, event_id: int, state: str, page: int) -> Screen:
    """Show the person who has this number on a list."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    number = parse_count(reply.text)
    store = turn.unit.registrations
    found = await store.roster(event_id, state, limit=1, offset=number - 1) if number else []
    if not found:
        return await roster_screen(turn, event, state, page, turn._("Nobody on this list has that number."))
    return await registrant_screen(turn, event, found[0])


@tap("registrant", who=COORDINATORS)
async def registrant(turn: Turn, registration_id: int) -> Screen:
    """Show one person's registration."""
    found = await turn.unit.registrations.get(registration_id)
    event = await turn.unit.events.get(found.event_id) if found else None
    return await registrant_screen(turn, event, found) if event and found else await no_such_event(turn)


async def registrant_screen(turn: Turn, event: Event, one: Registration, note: str = "") -> Screen:
    """Show what coordinators need to know of one person in order to choose."""
    verdicts = [verdict for verdict in VERDICTS if may_decide(event, one, verdict, turn.now)]
    return turn.screen(
        paragraphs(
            event.title(turn.lang),
            lines(
                await _who(turn, one),
                turn.say(STANDS[one.state]),
                turn._("Since: {moment}", moment=turn.speech.moment(one.changed_at, turn.now)),
            ),
            await _background(turn, event, one),
            lines(turn._("Reason kept:"), _reason_text(turn, one.reason)) if one.reason else "",
        ),
        title=await _name(turn, one.member_id),
        rows=column(
            *(
                Button(turn.say(LABELS[verdict]), action("decide", one.id, verdict, one.state))
                for verdict in verdicts
            ),
            Button(turn.p("button", "Back"), action("roster", event.id, one.state, 0))
            if one.state in Seats.__slots__
            else Button(turn.p("button", "Back"), action("roster", event.id, "confirmed", 0)),
        ),
        note=note,
        private=True,
    )


async def _who(turn: Turn, one: Registration) -> str:
    names = await organisation_names(turn)
    none = turn._("no organisation")
    return turn._("Organisation: {organisation}", organisation=names.get(one.organisation_id or 0) or none)


async def _name(turn: Turn, member_id: int | None) -> str:
    found = await turn.unit.members.get(member_id) if member_id else None
    return found.name if found and found.name else turn._("no longer a member")


async def _background(turn: Turn, event: Event, one: Registration) -> str:
    registrations = turn.unit.registrations
    before = await registrations.taken_part(one.member_id or 0, turn.now)
    line = await registrations.line(event.id)
    others = line.taken.get(one.organisation_id, 0) if one.organisation_id else 0
    return lines(
        turn._("Past events with a seat: {count}", count=before),
        turn._("Seats of this organisation so far: {count}", count=others),
        turn._("Proposed by: {name}", name=await _name(turn, one.nominator_id)) if one.nominator_id else "",
    )


def _reason_text(turn: Turn, reason: str) -> str:
    ready = ready_reason(reason)
    return turn.say(ready) if ready else block(reason.removeprefix("="))


# --- deciding -----------------------------------------------------------------------------------------------


@tap("decide", who=COORDINATORS)
async def ask_reason(turn: Turn, registration_id: int, verdict: str, state: str) -> Screen:
    """Ask why, before somebody is chosen, not chosen, or taken off the list."""
    found = await _open(turn, registration_id, verdict, state)
    return found if isinstance(found, Screen) else await _ask_reason(turn, *found, verdict)


async def _ask_reason(turn: Turn, event: Event, one: Registration, verdict: str, note: str = "") -> Screen:
    numbered = list(enumerate(REASONS[verdict].items(), 1))
    back = Button(turn.p("button", "Cancel"), action("registrant", one.id))
    return turn.screen(
        paragraphs(
            turn.say(QUESTIONS[verdict]),
            lines(
                *(
                    turn._("{number}. {name}", number=number, name=turn.say(text))
                    for number, (_, text) in numbered
                )
            ),
            turn._("Choose one, or write it yourself. It is kept, and this person may ask to read it."),
        ),
        title=await _name(turn, one.member_id),
        rows=[
            [
                Button(
                    turn._("No. {number}", number=number),
                    action("decided", one.id, verdict, one.state, code),
                )
                for number, (code, _) in numbered
            ],
            [back],
        ],
        ask=action("decide", one.id, verdict, one.state),
        note=note,
        private=True,
    )


@tap("decided", who=COORDINATORS)
async def decided(turn: Turn, registration_id: int, verdict: str, state: str, code: str) -> Screen:
    """Carry a decision out with a ready reason."""
    if code not in REASONS.get(verdict, {}):
        raise Outdated(code)
    return await _decide(turn, registration_id, verdict, state, code)


@answer("decide", who=COORDINATORS)
async def decided_so(turn: Turn, reply: Reply, registration_id: int, verdict: str, state: str) -> Screen:
    """Carry a decision out with a coordinator's own reason."""
    reason = clean(reply.text)
    if not 0 < len(reason) <= LONGEST_REASON:
        found = await _open(turn, registration_id, verdict, state)
        if isinstance(found, Screen):
            return found
        short = turn._("Please keep it under {count} characters.", count=LONGEST_REASON)
        return await _ask_reason(turn, *found, verdict, short)
    return await _decide(turn, registration_id, verdict, state, f"={reason}")


async def _open(
    turn: Turn, registration_id: int, verdict: str, state: str
) -> tuple[Event, Registration] | Screen:
    """Hold the event of a registration that can be decided on, or return what to show instead."""
    if verdict not in VERDICTS:
        raise Outdated(verdict)
    seen = await turn.unit.registrations.get(registration_id)
    event = await turn.unit.events.hold(seen.event_id) if seen else None
    one = await turn.unit.registrations.get(registration_id)
    if event is None or one is None:
        return await no_such_event(turn)
    if one.state != state:
        return await registrant_screen(turn, event, one, turn._("This has been settled already."))
    if not may_decide(event, one, verdict, turn.now):
        return await manage_screen(turn, event, turn._("This can't be decided any more."))
    return event, one


async def _decide(turn: Turn, registration_id: int, verdict: str, state: str, reason: str) -> Screen:
    found = await _open(turn, registration_id, verdict, state)
    if isinstance(found, Screen):
        return found
    event, one = found
    await turn.unit.registrations.keep_reason(one.id, reason)
    match verdict:
        case "yes":
            note = await _choose(turn, event, one)
        case "no":
            await turn.unit.registrations.move(one, "declined", turn.now)
            await _tell(turn, event, one, "declined")
            note = turn._("Kept. The person is told, without the reason.")
        case _:
            await turn.unit.registrations.move(one, "removed", turn.now)
            await _tell(turn, event, one, "removed")
            await fill_seats(turn.unit, event, turn.now)
            note = turn._("Kept. The person is told, without the reason.")
    return await roster_screen(turn, event, state, 0, note)


async def _choose(turn: Turn, event: Event, one: Registration) -> str:
    """Give a seat to somebody who applied, or a place in line where none is free."""
    line = await turn.unit.registrations.line(event.id)
    if isinstance(seat(event, line, one.organisation_id, turn.now), Joined):
        await turn.unit.registrations.move(one, "confirmed", turn.now)
        await tell_of_seat(turn.unit, event, one, turn.now)
        return turn._("Chosen. The person is told.")
    await turn.unit.registrations.move(one, "waitlisted", turn.now, joined_at=turn.now)
    await _tell(turn, event, one, "waitlisted")
    return turn._("Chosen, but no seat is free: the person is told and is on the waiting list.")


async def _tell(turn: Turn, event: Event, one: Registration, state: str) -> None:
    if one.member_id is not None:
        await turn.unit.outbox.notify_one(
            "registration-decided",
            one.member_id,
            subject=f"event:{event.id}",
            occurrence=f"{one.id}:{state}:{turn.occasion}",
            at=turn.now,
            args=(one.id, state),
            expires_at=event.ends_at,
        )


# --- what people are told -----------------------------------------------------------------------------------


@notice("registration-decided")
async def registration_decided(turn: Turn, registration_id: int, state: str) -> Screen | None:
    """Tell somebody what coordinators decided, unless it has changed again."""
    one = await turn.unit.registrations.get(registration_id)
    event = await turn.unit.events.get(one.event_id) if one else None
    if one is None or event is None or one.member_id != turn.member.id or one.state != state:
        return None
    if event.state != "published" or event.started(turn.now):
        return None
    if state == "waitlisted":
        return await event_card(turn, event, turn._("You were chosen, but all seats are taken."))
    return turn.screen(
        paragraphs(_verdict_text(turn, state), when_line(turn, event)),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Ask coordinators"), "ask"),
            Button(turn.p("button", "Events"), "events"),
            menu_button(turn),
        ),
        lasting=True,
    )


def _verdict_text(turn: Turn, state: str) -> str:
    if state == "declined":
        return turn._(
            "Thank you for applying. There were more applications than seats, "
            "and this time you were not chosen. We hope to see you at the next one."
        )
    return turn._(
        "The coordinators have taken your name off the list of this event. "
        "If you think that this is a mistake, please ask them."
    )


@notice("applied")
async def applied(turn: Turn, event_id: int) -> Screen | None:
    """Tell a coordinator that somebody applied and waits for an answer."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state != "published" or not turn.member.coordinates:
        return None
    waiting = (await turn.unit.registrations.seats(event_id)).applied
    if not waiting:
        return None
    return turn.screen(
        turn.n(
            "{count} person has applied and waits for an answer.",
            "{count} people have applied and wait for an answer.",
            waiting,
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Choose who comes"), action("roster", event_id, "applied", 0)),
            Button(turn.p("button", "Manage event"), action("manage", event_id)),
        ),
        lasting=True,
    )
