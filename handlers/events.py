"""Events as members meet them: what is coming, one event's card, and what they registered for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.kit import MEMBERS, Button, Screen, Turn, action, column, lines, paragraphs, tap
from handlers.menu import menu_button
from handlers.pages import Page, numbered_label, page_buttons, page_of
from handlers.presence import days_lines, own_buttons, own_lines
from handlers.rules.kinds import KINDS, MODES, is_in_person, is_online
from handlers.rules.nominating import may_nominate
from handlers.rules.seats import (
    Applied,
    Asker,
    Because,
    Closed,
    Joined,
    Outcome,
    Reason,
    Waitlisted,
    decide,
    free_seats,
)
from handlers.zones import own_time
from locales import block, speech
from storage.events import Event
from storage.registrations import TURNED_AWAY, Registration, Seats


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one person stands with an event. `place` is theirs in line, 0 for who is not waiting.

    `outlook` is what would become of them if they asked for a seat now.
    """

    mine: Registration | None
    place: int
    seats: Seats
    outlook: Outcome

    @property
    def confirmed(self) -> bool:
        """Say whether a seat is theirs."""
        return self.mine is not None and self.mine.state == "confirmed"


@tap("events")
async def upcoming(turn: Turn, page: int = 0) -> Screen:
    """List what is coming."""
    return await events_screen(turn, page)


async def events_screen(turn: Turn, page: int = 0, note: str = "") -> Screen:
    """Show a page of what is coming, with a word about what just happened."""
    shown = await page_of(
        lambda limit, offset: turn.unit.events.upcoming(
            turn.now,
            limit=limit,
            offset=offset,
            seen_by=None if turn.member.coordinates else turn.member.id,
        ),
        page,
    )
    text: str
    if not shown.items:
        text = turn._("Nothing is planned at the moment. When something is, you will find it here.")
    else:
        text = paragraphs(turn._("Choose an event to see more and to register."), listing(turn, shown))
    return turn.screen(
        text,
        title=turn._("Coming events"),
        rows=[
            *item_rows(turn, shown, "event"),
            page_buttons(turn, shown, "events"),
            [menu_button(turn)],
        ],
        note=note,
    )


@tap("mine")
async def mine(turn: Turn, page: int = 0) -> Screen:
    """List what this person registered for and what is still ahead."""
    shown = await page_of(
        lambda limit, offset: turn.unit.events.of_member(
            turn.member.id, turn.now, limit=limit, offset=offset
        ),
        page,
    )
    standings = [await _standing_line(turn, event) for event in shown.items]
    none = turn._("You are not registered for anything at the moment. See what is coming under Events.")
    return turn.screen(
        listing(turn, shown, standings) if shown.items else none,
        title=turn._("My registrations"),
        rows=[
            *item_rows(turn, shown, "event"),
            page_buttons(turn, shown, "mine"),
            [
                Button(turn.p("button", "My certificates"), "certificates"),
                Button(turn.p("button", "My calendar"), "feed"),
            ],
            [Button(turn.p("button", "Events"), "events"), menu_button(turn)],
        ],
    )


def listing(turn: Turn, page: Page[Event], standings: Sequence[str] = ()) -> str:
    """List events with their numbers: title, when and how, and where somebody stands with each."""
    return paragraphs(
        *(
            lines(
                turn._("{number}. {name}", number=number, name=event.title(turn.lang)),
                when_line(turn, event),
                turn.say(MODES[event.mode]),
                *standings[number - page.first : number - page.first + 1],
            )
            for number, event in enumerate(page.items, page.first)
        )
    )


def item_rows(turn: Turn, page: Page[Event], name: str) -> list[list[Button]]:
    """Return a button for each event of a page."""
    return [
        [Button(numbered_label(turn, number, event.title(turn.lang)), action(name, event.id))]
        for number, event in enumerate(page.items, page.first)
    ]


async def _standing_line(turn: Turn, event: Event) -> str:
    if event.state == "cancelled":
        return turn._("This event was cancelled.")
    return _my_line(turn, await standing_of(turn, event))


# --- one event ----------------------------------------------------------------------------------------------


@tap("event")
async def event(turn: Turn, event_id: int, revision: int = 0) -> Screen:
    """Show an event's card; a button of an earlier revision is told that something changed."""
    found = await turn.unit.events.get(event_id)
    if found is None or found.state == "draft":
        return await no_such_event(turn)
    changed = revision not in (0, found.revision)
    return await event_card(turn, found, turn._("This event has changed since.") if changed else "")


async def no_such_event(turn: Turn) -> Screen:
    """Answer a button of an event that is no longer there."""
    return await events_screen(turn, note=turn._("This event is no longer there."))


async def standing_of(turn: Turn, event: Event) -> Standing:
    """Find out where this person stands with an event."""
    registrations = turn.unit.registrations
    asker = await asker_of(turn, event)
    outlook = decide(event, await registrations.line(event.id), asker, event.revision, turn.now)
    place = await registrations.place(asker.mine) if asker.mine else 0
    return Standing(asker.mine, place, await registrations.seats(event.id), outlook)


async def asker_of(turn: Turn, event: Event) -> Asker:
    """Say who this person is to those who give out an event's seats."""
    mine = await turn.unit.registrations.of(event.id, turn.member.id)
    last = mine or await turn.unit.registrations.last_of(event.id, turn.member.id)
    away = last.state if last is not None and last.state in TURNED_AWAY else ""
    return Asker(turn.member.role, turn.member.organisation_id, mine, turned_away=away)


async def event_card(turn: Turn, event: Event, note: str = "") -> Screen:
    """Show everything a person needs to know of an event, and what they can do about it."""
    standing = await standing_of(turn, event)
    return turn.screen(
        paragraphs(
            card_text(turn, event, standing), await own_lines(turn, event, confirmed=standing.confirmed)
        ),
        title=event.title(turn.lang),
        rows=[
            *column(*await own_buttons(turn, event, confirmed=standing.confirmed)),
            *_card_buttons(turn, event, standing),
        ],
        note=note,
        private=standing.confirmed and bool(event.join_link),
    )


def card_text(turn: Turn, event: Event, standing: Standing) -> str:
    """Say what an event is, when, where and for whom, as this person may know it."""
    written_in = event.title_lang(turn.lang)
    foreign = written_in not in ("", turn.lang)
    return paragraphs(
        _status_line(turn, event, standing),
        lines(
            kind_line(turn, event),
            days_lines(turn, event) or when_line(turn, event),
            where_lines(turn, event, inside=standing.confirmed),
            _seats_line(turn, event, standing),
            _deadline_line(turn, event),
        ),
        turn._("This text is in: {language}", language=speech(written_in).name) if foreign else "",
        block(event.description(turn.lang)),
    )


def kind_line(turn: Turn, event: Event) -> str:
    """Name the kind of event."""
    return turn.say(KINDS[event.kind].label) if event.kind in KINDS else ""


def when_line(turn: Turn, event: Event) -> str:
    """Say when an event takes place, in Baghdad's time and, for people abroad, in theirs."""
    if event.starts_at is None or event.ends_at is None:
        return turn._("No time yet")
    when = turn.speech.when(event.starts_at, event.ends_at, turn.now)
    here = turn._("{when} (Baghdad time)", when=when)
    elsewhere = own_time(turn, event.starts_at, event.ends_at)
    return turn._("{here}; {elsewhere}", here=here, elsewhere=elsewhere) if elsewhere else here


def where_lines(turn: Turn, event: Event, *, inside: bool) -> str:
    """Say how people take part and where; the join link is for those who are inside only."""
    place = event.place(turn.lang) if is_in_person(event.mode) else ""
    link = event.join_link if is_online(event.mode) else ""
    return lines(
        turn.say(MODES[event.mode]),
        turn._("Place: {place}", place=place) if place else "",
        turn._("Join here:") if link and inside else "",
        block(link) if link and inside else "",
        turn._("You get the join link when you have a seat.") if link and not inside else "",
    )


def _status_line(turn: Turn, event: Event, standing: Standing) -> str:
    if event.state == "cancelled":
        return turn._("This event was cancelled.")
    if event.over(turn.now):
        return turn._("You took part in this event.") if standing.confirmed else turn._("This event is over.")
    reason = standing.outlook.reason if isinstance(standing.outlook, Closed) else None
    return lines(_my_line(turn, standing), refusal(turn, reason))


def _my_line(turn: Turn, standing: Standing) -> str:
    if standing.mine is None:
        return ""
    match standing.mine.state:
        case "confirmed":
            return turn._("You are registered.")
        case "offered" if standing.mine.offer_until is not None:
            until = turn.speech.moment(standing.mine.offer_until, turn.now)
            return turn._("A seat is held for you until: {moment}", moment=until)
        case "applied":
            return turn._("You applied. The coordinators choose who comes, and you get a message.")
        case "invited":
            return turn._("You are invited. Would you like to come?")
        case _:
            return turn._("You are on the waiting list. Your place in line: {place}", place=standing.place)


def refusal(turn: Turn, reason: Reason | None) -> str:
    """Say why somebody can't register, or nothing."""
    match reason:
        case Reason.CANCELLED:
            return turn._("This event was cancelled.")
        case Reason.STARTED:
            return turn._("This event has already begun.")
        case Reason.DEADLINE:
            return turn._("Registration is closed.")
        case Reason.MEMBERS_ONLY if turn.member.role == "donor":
            return turn._("This event is for the members of the community.")
        case Reason.MEMBERS_ONLY:
            return turn._("Members can register. To become one, join with your organisation.")
        case Reason.INVITE_ONLY:
            return turn._("This event is by invitation only.")
        case Reason.DECLINED:
            return turn._("You applied, and were not chosen this time.")
        case Reason.REMOVED:
            return turn._(
                "The coordinators have taken your name off the list. Please ask them if you want to come."
            )
        case Reason.NOT_PUBLISHED:
            return turn._("This event is not open yet.")
        case None:
            return ""


def _seats_line(turn: Turn, event: Event, standing: Standing) -> str:
    if event.over(turn.now) or event.state != "published":
        return ""
    free = free_seats(event, standing.seats)
    asks = standing.mine is None or standing.mine.state == "invited"
    return lines(_free_line(turn, event, standing, free), _limits_line(turn, event)) if asks else ""


def _free_line(turn: Turn, event: Event, standing: Standing, free: int | None) -> str:
    match standing.outlook:
        case Waitlisted(_, Because.ORGANISATION):
            return turn._("Your organisation has all the seats it can have here. There is a waiting list.")
        case Waitlisted():
            return turn._("All seats are taken. There is a waiting list.")
    if free is None or event.approval:
        return ""
    if free == 0:
        return turn._("All seats are taken. There is a waiting list.")
    return turn.n("{count} seat left", "{count} seats left", free)


def _limits_line(turn: Turn, event: Event) -> str:
    most = event.per_organisation
    return lines(
        turn._("The coordinators choose who comes among those who apply.") if event.approval else "",
        turn.n(
            "At most {count} person from one organisation",
            "At most {count} people from one organisation",
            most,
        )
        if most
        else "",
    )


def _deadline_line(turn: Turn, event: Event) -> str:
    if event.closes_at is None or event.closes_at <= turn.now:
        return ""
    return turn._("Register until: {moment}", moment=turn.speech.moment(event.closes_at, turn.now))


def _card_buttons(turn: Turn, event: Event, standing: Standing) -> tuple[tuple[Button, ...], ...]:
    open_still = event.state == "published" and not event.over(turn.now)
    mine = standing.mine.state if standing.mine else ""
    return column(
        *_seat_buttons(turn, event, standing),
        Button(turn.p("button", "Join"), "joining") if turn.member.role == "guest" and open_still else None,
        Button(turn.p("button", "Cancel registration"), action("unregister", event.id))
        if mine in ("confirmed", "waitlisted", "applied") and open_still
        else None,
        Button(turn.p("button", "Add to calendar"), action("calendar", event.id))
        if open_still or (event.state == "cancelled" and mine)
        else None,
        Button(turn.p("button", "Slides and tools"), action("materials-of", event.id))
        if turn.member.role in MEMBERS and (standing.confirmed or event.started(turn.now))
        else None,
        Button(turn.p("button", "Nominate a colleague"), action("nominate", event.id))
        if may_nominate(event, turn.member, turn.now)
        else None,
        Button(turn.p("button", "Manage"), action("manage", event.id)) if turn.member.coordinates else None,
        Button(turn.p("button", "Back"), "events"),
    )


def _seat_buttons(turn: Turn, event: Event, standing: Standing) -> list[Button]:
    """Return what asks for a seat, takes the one that is held, or turns it down."""
    mine = standing.mine
    no = Button(turn.p("button", "No, thank you"), action("offer-no", event.id))
    if mine is not None and mine.state == "offered" and event.state == "published" and mine.offer_until:
        yes = Button(turn.p("button", "Yes, I am coming"), action("offer-yes", event.id))
        return [yes, no] if mine.offer_until > turn.now else []
    label = _register_label(turn, standing)
    asking = [Button(label, action("register", event.id, event.revision))] if label else []
    return [*asking, no] if mine is not None and mine.state == "invited" and asking else asking


def _register_label(turn: Turn, standing: Standing) -> str:
    waits = standing.mine is not None and standing.mine.state == "waitlisted"
    match standing.outlook:
        case Joined():
            return turn.p("button", "Take a free seat") if waits else turn.p("button", "Register")
        case Applied():
            return turn.p("button", "Apply")
        case Waitlisted():
            return turn.p("button", "Join waiting list")
        case _:
            return ""
