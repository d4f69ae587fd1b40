"""Being there: checking in by a day's code, and saying the day before whether one comes."""

from __future__ import annotations

from handlers.events import event_card, no_such_event, when_line
from handlers.kit import (
    Button,
    Outdated,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    column,
    lines,
    paragraphs,
    tap,
)
from handlers.menu import menu_button, menu_screen
from handlers.presence import WAYS
from handlers.rules.attendance import CheckIn, check_in
from handlers.rules.codes import code_in
from handlers.rules.days import day_of, days_of
from locales import N_, Message
from storage.attendance import Sheet
from storage.events import Event

REFUSED: dict[CheckIn, Message] = {
    CheckIn.TOO_EARLY: N_("Checking in is not open yet. It opens three hours before the day begins."),
    CheckIn.OVER: N_("Checking in is over for this day. If you were there, please tell a coordinator."),
    CheckIn.CANCELLED: N_("This event was cancelled."),
}
ANSWERS = ("yes", "partly", "no")


# --- checking in --------------------------------------------------------------------------------------------


@tap("check-in")
async def ask_code(turn: Turn) -> Screen:
    """Ask for the code of the day."""
    return _ask(turn)


def _ask(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        turn._(
            "Please write the code of the day. It has six digits and is shown where the event takes place."
        ),
        title=turn._("Check in"),
        rows=column(menu_button(turn)),
        ask="check-in",
        note=note,
    )


@answer("check-in")
async def code_typed(turn: Turn, reply: Reply) -> Screen:
    """Check in by a typed code."""
    return await here(turn, reply.text)


@tap("here")
async def here(turn: Turn, code: str) -> Screen:
    """Check somebody in by a code; doing it twice changes nothing."""
    invitations = turn.unit.invitations
    if not await invitations.may_try(turn.member.id, turn.now):
        too_many = turn._("That was one try too many. Please wait an hour, or ask a coordinator for help.")
        return await menu_screen(turn, too_many)
    written = code_in(code)
    if not written:
        return _ask(turn, turn._("That is not a code. The code has six digits."))
    sheet = await turn.unit.attendance.find_code(written)
    event = await turn.unit.events.hold(sheet.event_id) if sheet else None
    if sheet is None or event is None or event.state == "draft":
        await invitations.tried_wrong(turn.member.id, turn.now)
        return _ask(turn, turn._("This code does not work. Please look again, or ask a coordinator."))
    return await _arrive(turn, event, sheet)


async def _arrive(turn: Turn, event: Event, sheet: Sheet) -> Screen:
    day = day_of(event, sheet.day)
    if day is None:
        return await event_card(turn, event, turn.say(REFUSED[CheckIn.OVER]))
    # Read again now that the event is held: the day may have been closed meanwhile.
    closed = (await turn.unit.attendance.sheet(event.id, sheet.day)).closed
    mine = await turn.unit.attendance.of(event.id, sheet.day, turn.member.id)
    outcome = check_in(event, day, mine.state if mine else "", closed=closed, now=turn.now)
    if outcome in REFUSED:
        return await event_card(turn, event, turn.say(REFUSED[outcome]))
    if outcome is CheckIn.TAKEN:
        await turn.unit.attendance.mark(event.id, sheet.day, turn.member.id, "present", turn.now, how="code")
    return await _welcome(turn, event, sheet.day, again=outcome is CheckIn.ALREADY)


async def _welcome(turn: Turn, event: Event, day: int, *, again: bool) -> Screen:
    mine = await turn.unit.attendance.of(event.id, day, turn.member.id)
    many = len(days_of(event))
    which = turn._("You are checked in for day {day} of {days}.", day=day, days=many)
    agenda = day in await turn.unit.agendas.days(event.id)
    return turn.screen(
        paragraphs(
            turn._("You were checked in already.") if again else turn._("Good to have you here!"),
            which if many > 1 else turn._("You are checked in."),
            turn._("You had not registered, so the coordinators see that you came without a seat.")
            if mine and mine.walk_in
            else "",
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Agenda"), action("agenda", event.id, day)) if agenda else None,
            Button(turn.p("button", "See the event"), action("event", event.id)),
            menu_button(turn),
        ),
    )


# --- will you come? -----------------------------------------------------------------------------------------


def coming_buttons(turn: Turn, event: Event) -> list[Button]:
    """Return the answers to whether somebody comes."""
    several = len(days_of(event)) > 1
    labels = {
        "yes": turn.p("button", "I am coming"),
        "partly": turn.p("button", "Not every day") if several else "",
        "no": turn.p("button", "I can't come"),
    }
    return [Button(label, action("coming", event.id, one)) for one, label in labels.items() if label]


@tap("coming")
async def coming(turn: Turn, event_id: int, said: str) -> Screen:
    """Keep whether somebody comes; who can't is asked whether the seat goes on."""
    if said not in ANSWERS:
        raise Outdated(said)
    event = await turn.unit.events.get(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if mine is None or mine.state != "confirmed":
        return await event_card(turn, event, turn._("You are not registered for this event."))
    if event.state != "published" or event.over(turn.now):
        return await event_card(turn, event)
    await turn.unit.intentions.say(event_id, turn.member.id, turn.now, coming=said)
    if said == "no":
        return _give_seat(turn, event)
    return await event_card(turn, event, turn._("Thank you for telling us."))


def _give_seat(turn: Turn, event: Event) -> Screen:
    return turn.screen(
        lines(
            turn._("Thank you for telling us. You will be missed, and you count as excused."),
            turn._("Shall your seat go to somebody else?"),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Give my seat away"), action("unregister", event.id)),
            Button(turn.p("button", "I can come after all"), action("coming", event.id, "yes")),
            Button(turn.p("button", "See the event"), action("event", event.id)),
        ),
    )


# --- in person or online ------------------------------------------------------------------------------------


@tap("way")
async def way(turn: Turn, event_id: int) -> Screen:
    """Ask somebody with a seat in a hybrid event how they take part."""
    event = await turn.unit.events.get(event_id)
    return await _way_screen(turn, event) if event else await no_such_event(turn)


async def _way_screen(turn: Turn, event: Event, note: str = "") -> Screen:
    if event.state == "draft":
        return await no_such_event(turn)
    mine = await turn.unit.registrations.of(event.id, turn.member.id)
    confirmed = mine is not None and mine.state == "confirmed"
    if not confirmed or event.mode != "hybrid" or event.state != "published" or event.over(turn.now):
        return await event_card(turn, event, note)
    said = await turn.unit.intentions.of(event.id, turn.member.id)
    left = await places_left(turn, event)
    return turn.screen(
        paragraphs(
            turn._("How will you take part?"),
            when_line(turn, event),
            ""
            if left is None
            else turn._("Places left in the room: {count}", count=left)
            if left
            else turn._("All places in the room are taken."),
        ),
        title=event.title(turn.lang),
        rows=column(
            *(
                Button(
                    turn.p("button", "✓ {label}", label=turn.say(label))
                    if said.way == one
                    else turn.say(label),
                    action("way-set", event.id, one),
                )
                for one, label in WAYS.items()
            ),
            Button(turn.p("button", "Back"), action("event", event.id)),
        ),
        note=note,
    )


async def places_left(turn: Turn, event: Event) -> int | None:
    """Return how many places of the room nobody has chosen; None where there is no limit."""
    if event.room is None:
        return None
    return max(0, event.room - await turn.unit.intentions.in_the_room(event.id))


@tap("way-set")
async def way_set(turn: Turn, event_id: int, chosen: str) -> Screen:
    """Keep how somebody takes part, if the room still has a place."""
    if chosen not in WAYS:
        raise Outdated(chosen)
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if mine is None or mine.state != "confirmed" or event.mode != "hybrid" or event.over(turn.now):
        return await event_card(turn, event)
    said = await turn.unit.intentions.of(event_id, turn.member.id)
    left = await places_left(turn, event)
    if chosen == "in_person" and said.way != chosen and left == 0:
        return await _way_screen(
            turn, event, turn._("All places in the room are taken. You can join online.")
        )
    if said.way != chosen:
        await turn.unit.intentions.say(event_id, turn.member.id, turn.now, way=chosen)
    return await event_card(turn, event, turn._("Kept."))
