"""Events as coordinators run them: what is prepared, coming and past, moving, cancelling, and who comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from handlers.event_changes import old_and_new, tell, tell_of_move
from handlers.events import kind_line, no_such_event, when_line, where_lines
from handlers.kit import COORDINATORS, Button, Outdated, Screen, Turn, action, column, lines, paragraphs, tap
from handlers.offers import fill_seats, shorten_offers
from handlers.pages import Page, numbered_label, page_buttons, page_of
from handlers.reminders import arm, disarm
from locales import NP_, Message
from storage.events import Event
from storage.registrations import CONCERNED, Registration, Seats

FARTHEST = timedelta(days=3 * 365)
MANAGE_PAGE = 4
"""Six items would leave no room for the lists' own buttons where ten is the most."""
ROSTER_PAGE = 20
CHOOSING_PAGE = 5
"""Of those who applied, each has a button of their own."""
SECTIONS = ("coming", "drafts", "past")
LISTS: dict[str, Message] = {
    "confirmed": NP_("button", "Who is registered"),
    "applied": NP_("button", "Applications"),
    "waitlisted": NP_("button", "Waiting list"),
    "offered": NP_("button", "Offered a seat"),
    "invited": NP_("button", "Invited"),
    "declined": NP_("button", "Not chosen"),
}
"""The lists of people of an event, by the state of their registration."""


@tap("manage-events", who=COORDINATORS)
async def manage_events(turn: Turn, which: str = "coming", page: int = 0) -> Screen:
    """List drafts, what is coming, or what is over."""
    return await manage_list(turn, which if which in SECTIONS else "coming", page)


async def manage_list(turn: Turn, which: str = "coming", page: int = 0, note: str = "") -> Screen:
    """Show a page of events to manage, with a word about what just happened."""
    shown = await _section(turn, which, page)
    untitled = turn._("No title yet")
    numbered = [
        (number, one, one.title(turn.lang) or untitled) for number, one in enumerate(shown.items, shown.first)
    ]
    listed = [
        lines(
            turn._("{number}. {name}", number=number, name=name),
            when_line(turn, one),
            turn._("This event was cancelled.") if one.state == "cancelled" else "",
        )
        for number, one, name in numbered
    ]
    items = [
        [Button(numbered_label(turn, number, name), action("manage", one.id))]
        for number, one, name in numbered
    ]
    return turn.screen(
        paragraphs(*listed) or turn._("Nothing here."),
        title=turn._("Manage events"),
        rows=[
            *items,
            page_buttons(turn, shown, "manage-events", which),
            _other_sections(turn, which),
            [
                Button(turn.p("button", "New event"), "new-event"),
                Button(turn.p("button", "Back"), "coordinate"),
            ],
        ],
        note=note,
    )


async def _section(turn: Turn, which: str, page: int) -> Page[Event]:
    events = turn.unit.events

    async def fetch(limit: int, offset: int) -> list[Event]:
        match which:
            case "drafts":
                return await events.drafts(limit=limit, offset=offset)
            case "past":
                return await events.archive(turn.now, limit=limit, offset=offset)
            case _:
                return await events.upcoming(turn.now, limit=limit, offset=offset)

    return await page_of(fetch, page, MANAGE_PAGE)


def _other_sections(turn: Turn, which: str) -> list[Button]:
    labels = {
        "coming": turn.p("button", "Coming"),
        "drafts": turn.p("button", "Drafts"),
        "past": turn.p("button", "Past"),
    }
    return [
        Button(label, action("manage-events", section))
        for section, label in labels.items()
        if section != which
    ]


# --- one event ----------------------------------------------------------------------------------------------


async def manage_screen(turn: Turn, event: Event, note: str = "") -> Screen:
    """Show how many come, what was missed, and what can be done."""
    seats = await turn.unit.registrations.seats(event.id)
    return turn.screen(
        paragraphs(
            turn._("This event was cancelled.") if event.state == "cancelled" else "",
            lines(kind_line(turn, event), when_line(turn, event), where_lines(turn, event, inside=True)),
            lines(_counts(turn, event, seats), await _proposed(turn, event)),
            await _kept_line(turn, event, seats),
            await _reminders_line(turn, event),
        ),
        title=event.title(turn.lang),
        rows=_manage_buttons(turn, event),
        note=note,
        private=bool(event.join_link),
    )


def _counts(turn: Turn, event: Event, seats: Seats) -> str:
    return lines(
        turn._("Registered: {count}", count=seats.confirmed),
        turn._("Applications to answer: {count}", count=seats.applied) if seats.applied else "",
        turn._("Invited, no answer yet: {count}", count=seats.invited) if seats.invited else "",
        turn._("Offered a seat: {count}", count=seats.offered) if seats.offered else "",
        turn._("Waiting: {count}", count=seats.waitlisted),
        turn._("Not chosen: {count}", count=seats.declined) if seats.declined else "",
        turn._("Cancelled: {count}", count=seats.cancelled),
        turn._("Seats: {count}", count=event.capacity) if event.capacity else turn._("Seats: no limit"),
        turn._("More are registered than there are seats. Nobody loses theirs.")
        if event.capacity is not None and seats.confirmed > event.capacity
        else "",
    )


async def _proposed(turn: Turn, event: Event) -> str:
    count = await turn.unit.nominations.count(event.id)
    return turn._("Nominated, not answered yet: {count}", count=count) if count else ""


async def _kept_line(turn: Turn, event: Event, seats: Seats) -> str:
    """Say how many of those with a seat have answered since the event moved."""
    if event.schedule_revision == 1 or not seats.confirmed or event.state != "published":
        return ""
    kept = await turn.unit.registrations.count_kept(event.id, event.schedule_revision)
    return lines(
        turn._("Said that the new time suits them: {count}", count=kept),
        turn._("Have not answered, and stay registered: {count}", count=seats.confirmed - kept),
    )


async def _reminders_line(turn: Turn, event: Event) -> str:
    missed = await turn.unit.moments.missed("reminder", event.id)
    due = await turn.unit.moments.next_due("reminder", event.id)
    return lines(
        turn._("Next reminder: {moment}", moment=turn.speech.moment(due, turn.now)) if due else "",
        turn._("Reminders that came too late and were not sent: {count}", count=missed) if missed else "",
    )


def _manage_buttons(turn: Turn, event: Event) -> list[list[Button]]:
    ahead = event.state == "published" and not event.over(turn.now)
    change = [
        Button(turn.p("button", "Edit"), action("event-edit", event.id)),
        Button(turn.p("button", "Move"), action("event-ask", event.id, "when")),
        Button(turn.p("button", "Cancel the event"), action("event-cancel", event.id)),
        Button(turn.p("button", "Announce"), action("new-announcement", event.id)),
    ]
    after = [
        Button(turn.p("button", "Send slides"), action("material-new", event.id)),
        Button(turn.p("button", "Survey"), action("event-survey", event.id)),
    ]
    return [
        [Button(turn.p("button", "Who is registered"), action("roster", event.id, "confirmed", 0))],
        change[:2] if ahead else [],
        change[2:] if ahead else [],
        after if event.state == "published" else [],
        [Button(turn.p("button", "Hold it after all"), action("event-revive", event.id))]
        if event.state == "cancelled" and not event.started(turn.now)
        else [],
        [
            Button(turn.p("button", "Days and attendance"), action("days", event.id)),
            Button(turn.p("button", "Back"), "manage-events"),
        ],
    ]


# --- moving -------------------------------------------------------------------------------------------------


async def confirm_move(turn: Turn, event: Event, start: datetime) -> Screen:
    """Show old and new, and how many people would be told, before a published event is moved."""
    if event.starts_at is None or event.starts_at == start:
        return await manage_screen(turn, event, turn._("That is the time it has already."))
    minute = int(start.timestamp() // 60)
    return turn.screen(
        paragraphs(old_and_new(turn, event.starts_at, start), await _how_many(turn, event)),
        title=turn._("Move: {title}", title=event.title(turn.lang)),
        rows=column(
            Button(
                turn.p("button", "Yes, move it"),
                action("event-move", event.id, event.schedule_revision, minute),
            ),
            Button(turn.p("button", "Another time"), action("event-ask", event.id, "when")),
            Button(turn.p("button", "Back"), action("manage", event.id)),
        ),
    )


async def _how_many(turn: Turn, event: Event) -> str:
    seats = await turn.unit.registrations.seats(event.id)
    return turn.n(
        "{count} registered person will be told.",
        "{count} registered people will be told.",
        sum(getattr(seats, state) for state in CONCERNED),
    )


@tap("event-move", who=COORDINATORS)
async def move(turn: Turn, event_id: int, schedule_revision: int, minute: int) -> Screen:
    """Move a published event, once: tell everybody old and new, and re-arm what is due."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.starts_at is None:
        return await no_such_event(turn)
    if event.state != "published" or event.over(turn.now):
        return await manage_screen(turn, event, turn._("This event can't be changed any more."))
    if event.schedule_revision != schedule_revision:
        return await manage_screen(turn, event, turn._("It was moved already."))
    if not turn.now.timestamp() < minute * 60 <= (turn.now + FARTHEST).timestamp():
        return await manage_screen(turn, event, turn._("That time is not ahead of us."))
    told = await _moved(turn, event, event.starts_at, datetime.fromtimestamp(minute * 60, UTC))
    return await manage_screen(
        turn,
        await turn.unit.events.get(event_id) or event,
        turn.n("Moved. {count} person will be told.", "Moved. {count} people will be told.", told)
        if told
        else "",
    )


async def _moved(turn: Turn, event: Event, old: datetime, new: datetime) -> int:
    """Move an event, and its deadline with it, and return how many people are told."""
    closes = event.closes_at and event.closes_at + (new - old)
    changed = await turn.unit.events.change(
        event, reschedule=True, starts_at=new, closes_at=closes if closes and closes > turn.now else None
    )
    await arm(turn.unit, changed, turn.now, moved_from=old)
    await turn.unit.intentions.forget_coming(event.id, turn.now)
    await shorten_offers(turn.unit, changed, turn.now)
    await turn.unit.outbox.withdraw(
        f"event:{event.id}", now=turn.now, reason="not_applicable", kind="reminder"
    )
    return await tell_of_move(turn.unit, changed, old, turn.now)


# --- cancelling ---------------------------------------------------------------------------------------------


@tap("event-cancel", who=COORDINATORS)
async def ask_cancel(turn: Turn, event_id: int) -> Screen:
    """Ask for the first time whether an event is to be cancelled, and say what follows."""
    return await _ask_cancel(
        turn,
        event_id,
        turn._("Do you want to cancel this event?"),
        Button(turn.p("button", "Yes, cancel it"), action("event-cancel-sure", event_id)),
    )


@tap("event-cancel-sure", who=COORDINATORS)
async def ask_cancel_again(turn: Turn, event_id: int) -> Screen:
    """Ask for the second time."""
    return await _ask_cancel(
        turn,
        event_id,
        turn._("Are you sure? The message to everybody registered goes out at once."),
        Button(turn.p("button", "Cancel it now"), action("event-cancel-yes", event_id)),
    )


async def _ask_cancel(turn: Turn, event_id: int, question: str, yes: Button) -> Screen:
    event = await turn.unit.events.get(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    if event.state != "published" or event.over(turn.now):
        return await manage_screen(turn, event)
    return turn.screen(
        paragraphs(question, when_line(turn, event), await _how_many(turn, event)),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "No, keep it"), action("manage", event.id)), yes),
    )


@tap("event-cancel-yes", who=COORDINATORS)
async def cancel(turn: Turn, event_id: int) -> Screen:
    """Cancel an event, once: nothing queued for it goes out, and everybody registered is told."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    if event.state != "published" or event.over(turn.now):
        return await manage_screen(turn, event)
    cancelled = await turn.unit.events.change(event, recalendar=True, state="cancelled")
    await disarm(turn.unit, cancelled, turn.now)
    told = await tell(turn.unit, "event-cancelled", cancelled, turn.now, occurrence=f"v{cancelled.revision}")
    return await manage_screen(
        turn,
        cancelled,
        turn.n("Cancelled. {count} person is being told.", "Cancelled. {count} people are being told.", told),
    )


@tap("event-revive", who=COORDINATORS)
async def revive(turn: Turn, event_id: int) -> Screen:
    """Hold a cancelled event after all, as it was: everybody who was registered still is, and is told."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    if event.state != "cancelled" or event.started(turn.now):
        return await manage_screen(turn, event)
    revived = await turn.unit.events.change(event, reschedule=True, state="published")
    await arm(turn.unit, revived, turn.now, moved_from=revived.starts_at)
    told = await tell(turn.unit, "event-revived", revived, turn.now, occurrence=f"v{revived.revision}")
    await fill_seats(turn.unit, revived, turn.now)
    return await manage_screen(
        turn,
        revived,
        turn.n(
            "It takes place. {count} person is being told.",
            "It takes place. {count} people are being told.",
            told,
        ),
    )


# --- who comes ----------------------------------------------------------------------------------------------


@tap("roster", who=COORDINATORS)
async def roster(turn: Turn, event_id: int, state: str, page: int) -> Screen:
    """List who is registered, or who waits, with their organisations, for coordinators only."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    return await roster_screen(turn, event, state, page)


async def roster_screen(turn: Turn, event: Event, state: str, page: int = 0, note: str = "") -> Screen:
    """Show a page of one of an event's lists; a number that is typed leads to the person who has it.

    Raises Outdated for a list that there is not.
    """
    if state not in LISTS:
        raise Outdated(state)
    shown = await page_of(
        lambda limit, offset: turn.unit.registrations.roster(event.id, state, limit=limit, offset=offset),
        page,
        CHOOSING_PAGE if state == "applied" else ROSTER_PAGE,
    )
    known = await turn.unit.members.many([one.member_id for one in shown.items if one.member_id])
    names = {one.id: one.name or "–" for one in known}
    return turn.screen(
        paragraphs(
            event.title(turn.lang),
            await _people(turn, shown, names),
            await _by_organisation(turn, event, state),
            turn._("To see one of them, write their number."),
        )
        if shown.items
        else turn._("Nobody yet."),
        title=turn.say(LISTS[state]),
        rows=[
            *(
                [
                    Button(
                        numbered_label(turn, number, names.get(one.member_id or 0, "–")),
                        action("registrant", one.id),
                    )
                ]
                for number, one in enumerate(shown.items, shown.first)
                if state == "applied"
            ),
            page_buttons(turn, shown, "roster", event.id, state),
            *await _roster_ways(turn, event, state),
        ],
        ask=action("roster", event.id, state, shown.number) if shown.items else "",
        note=note,
        private=True,
    )


async def _roster_ways(turn: Turn, event: Event, state: str) -> list[list[Button]]:
    """Return the ways on: from who is registered to every other list that has people, from the others back."""
    if state != "confirmed":
        return [[Button(turn.p("button", "Back"), action("roster", event.id, "confirmed", 0))]]
    seats = await turn.unit.registrations.seats(event.id)
    others = [
        Button(turn.say(label), action("roster", event.id, name, 0))
        for name, label in LISTS.items()
        if name != state and (name == "waitlisted" or getattr(seats, name))
    ]
    invite = Button(turn.p("button", "Invite"), action("event-invite", event.id))
    nominated = Button(turn.p("button", "Nominated"), action("nominations", event.id, 0))
    return [
        *([others[start : start + 2] for start in range(0, len(others), 2)]),
        [invite] if event.state == "published" and not event.started(turn.now) else [],
        [nominated] if await turn.unit.nominations.count(event.id) else [],
        [Button(turn.p("button", "Back"), action("manage", event.id))],
    ]


async def _people(turn: Turn, shown: Page[Registration], names: Mapping[int, str]) -> str:
    organisations = await organisation_names(turn)
    return lines(
        *(
            turn._(
                "{number}. {name}, {organisation}",
                number=number,
                name=names.get(one.member_id or 0) or turn._("no longer a member"),
                organisation=organisations.get(one.organisation_id or 0, "–"),
            )
            for number, one in enumerate(shown.items, shown.first)
        )
    )


async def _by_organisation(turn: Turn, event: Event, state: str) -> str:
    counts = await turn.unit.registrations.by_organisation(event.id, state)
    names = await organisation_names(turn)
    none = turn._("no organisation")
    return lines(
        turn._("By organisation:"),
        *(
            turn._("{organisation}: {count}", organisation=names.get(one or 0) or none, count=count)
            for one, count in counts.items()
        ),
    )


async def organisation_names(turn: Turn) -> dict[int, str]:
    """Return every organisation's name in this reader's language, by id."""
    everyone = await turn.unit.organisations.by_slug()
    return {one.id: one.name(turn.lang) for one in everyone.values()}
