"""Who was there, as coordinators note it: a day's code, a list to tap, people who walk in, and closing the day.

Registering and being there are two things: a seat says nothing of a day until somebody checks in, is tapped, or
the day is closed. Whoever is not noted by then did not come, or is excused if they had said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from handlers.announcements import file_fault
from handlers.certificates import settle_certificates
from handlers.events import no_such_event
from handlers.kit import (
    COORDINATORS,
    Attachment,
    Button,
    Outdated,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    aside,
    column,
    lines,
    paragraphs,
    tap,
)
from handlers.pages import page_buttons, page_in
from handlers.posters import check_in_poster
from handlers.presence import named_day
from handlers.rules.attendance import STATES, at_closing, may_close, may_mark, open_for_check_in
from handlers.rules.days import Day, day_of, days_of
from handlers.rules.walk_ins import LONGEST_NAME, MOST_AT_ONCE, Entry, entries
from locales import N_, NP_, Message, Safe, clean, fold, search_key
from storage.attendance import Mark, Sheet
from storage.events import Event
from storage.intentions import Intention

POSTER_LASTS = timedelta(days=2)
MOST_SEATED = 2_000
LIST_PAGE = 5
FOUND = 6
MOST_SHEETS = 10
MARKING: dict[str, Message] = {
    "present": NP_("button", "Mark: was there"),
    "partly": NP_("button", "Mark: part of day"),
    "excused": NP_("button", "Mark: excused"),
}
"""The buttons that change what a tap on a name notes; each leads on to the next."""
NOTING: dict[str, Message] = {
    "present": N_("A tap notes that somebody was there."),
    "partly": N_("A tap notes that somebody was there for a part of the day."),
    "excused": N_("A tap notes that somebody is excused."),
}
SIGNS = {"present": "✓", "partly": "◐", "excused": "~", "absent": "✗"}
SAID: dict[str, Message] = {
    "yes": N_("Said to come: {count}"),
    "partly": N_("Said not every day: {count}"),
    "no": N_("Said they can't come: {count}"),
    "": N_("Have not said: {count}"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One name on a day's list: somebody with an account, or one who was written down."""

    member_id: int
    mark_id: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Place:
    """An event and one of its days, as a coordinator looks at it."""

    event: Event
    day: Day
    sheet: Sheet


async def _place(turn: Turn, event_id: int, number: int, *, hold: bool = False) -> Place | Screen:
    """Find a day; 0 means the one it is now. What is gone or not published has nothing to show."""
    events = turn.unit.events
    event = await (events.hold(event_id) if hold else events.get(event_id))
    days = days_of(event) if event else ()
    if event is None or event.state == "draft" or not days:
        return await no_such_event(turn)
    day = day_of(event, number) or _current(turn, days)
    return Place(event, day, await turn.unit.attendance.sheet(event_id, day.number))


def _current(turn: Turn, days: tuple[Day, ...]) -> Day:
    """Return the last day that people can have come to, else the first."""
    begun = [day for day in days if day.starts_at - timedelta(hours=3) <= turn.now]
    return begun[-1] if begun else days[0]


# --- a day at a glance --------------------------------------------------------------------------------------


@tap("attendance", who=COORDINATORS)
async def attendance(turn: Turn, event_id: int, number: int = 0) -> Screen:
    """Show how a day stands, and what can be noted."""
    place = await _place(turn, event_id, number)
    return place if isinstance(place, Screen) else await _day_screen(turn, place)


async def _day_screen(turn: Turn, place: Place, note: str = "") -> Screen:
    event, day = place.event, place.day
    sheets = await turn.unit.attendance.sheets(event.id, day.number)
    return turn.screen(
        paragraphs(
            lines(
                named_day(turn, event, day),
                turn._("This day is closed.") if place.sheet.closed else "",
                turn._("This event was cancelled.") if event.state == "cancelled" else "",
            ),
            await _counts(turn, place),
            turn._("Photographed sheets: {count}", count=len(sheets)) if sheets else "",
        ),
        title=event.title(turn.lang),
        rows=[*_day_buttons(turn, place, sheets=bool(sheets)), _other_days(turn, place), _back(turn, event)],
        note=note,
        private=True,
    )


def _day_buttons(turn: Turn, place: Place, *, sheets: bool) -> list[list[Button]]:
    event, day = place.event, place.day
    here = (event.id, day.number)
    marking = may_mark(event, day, turn.now)
    closing = may_close(event, day, turn.now)
    code = open_for_check_in(event, day, closed=place.sheet.closed, now=turn.now) or turn.now < day.starts_at
    return [
        [Button(turn.p("button", "Code and QR"), action("day-code", *here))]
        if code and event.state == "published"
        else [],
        [Button(turn.p("button", "List of names"), action("day-list", *here, "present", 0))]
        if marking
        else [],
        [
            Button(turn.p("button", "Walk-in"), action("walk-in", *here)),
            Button(turn.p("button", "Sign-in sheet"), action("day-sheet", *here)),
        ]
        if marking
        else [],
        [Button(turn.p("button", "See the sheets"), action("day-sheets", *here))] if sheets else [],
        [
            Button(turn.p("button", "Open the day again"), action("day-open", *here))
            if place.sheet.closed
            else Button(turn.p("button", "Close the day"), action("day-close", *here))
        ]
        if closing
        else [],
    ]


def _other_days(turn: Turn, place: Place) -> list[Button]:
    near = (place.day.number - 1, place.day.number + 1)
    return [
        Button(turn.p("button", "Day {day}", day=number), action("attendance", place.event.id, number))
        for number in near
        if day_of(place.event, number)
    ]


def _back(turn: Turn, event: Event) -> list[Button]:
    return [Button(turn.p("button", "Back"), action("days", event.id))]


async def _counts(turn: Turn, place: Place) -> str:
    event, number = place.event, place.day.number
    marks = await turn.unit.attendance.marks(event.id, number)
    seated = await _seated(turn, event)
    noted = {mark.member_id for mark in marks}
    unmarked = [one for one in seated if one not in noted]
    counts = {state: sum(mark.state == state for mark in marks) for state in STATES}
    walked_in = sum(mark.walk_in for mark in marks if mark.state in ("present", "partly"))
    return paragraphs(
        lines(
            turn._("Registered: {count}", count=len(seated)),
            turn._("Were there: {count}", count=counts["present"]),
            turn._("There for a part: {count}", count=counts["partly"]) if counts["partly"] else "",
            turn._("Among them without a seat: {count}", count=walked_in) if walked_in else "",
            turn._("Excused: {count}", count=counts["excused"]) if counts["excused"] else "",
            turn._("Did not come: {count}", count=counts["absent"]) if place.sheet.closed else "",
            turn._("Not noted yet: {count}", count=len(unmarked)) if not place.sheet.closed else "",
        ),
        "" if place.sheet.closed else await _said(turn, event, unmarked),
    )


async def _said(turn: Turn, event: Event, people: list[int]) -> str:
    """Say who of those not noted yet had said that they come, and how."""
    said = await turn.unit.intentions.of_event(event.id)
    if not said:
        return ""
    answers = [said.get(one, Intention()) for one in people]
    coming = {key: sum(answer.coming == key for answer in answers) for key in SAID}
    rooms = [answer.way for answer in said.values()]
    return lines(
        *(turn.say(text, count=coming[key]) for key, text in SAID.items() if coming[key]),
        turn._("In the room: {count}", count=rooms.count("in_person")) if event.mode == "hybrid" else "",
        turn._("Online: {count}", count=rooms.count("online")) if event.mode == "hybrid" else "",
    )


async def _seated(turn: Turn, event: Event) -> list[int]:
    """List the people with a seat, those who were erased left out."""
    found = await turn.unit.registrations.roster(event.id, "confirmed", limit=MOST_SEATED)
    return [one.member_id for one in found if one.member_id]


# --- code and QR --------------------------------------------------------------------------------------------


@tap("day-code", who=COORDINATORS)
async def day_code(turn: Turn, event_id: int, number: int) -> Screen:
    """Show the day's code, and a picture of it to put on a screen or a wall."""
    place = await _place(turn, event_id, number, hold=True)
    return place if isinstance(place, Screen) else await _code_screen(turn, place)


async def _code_screen(turn: Turn, place: Place, note: str = "") -> Screen:
    event, day = place.event, place.day
    if event.state != "published" or place.sheet.closed:
        return await _day_screen(turn, place)
    code = await turn.unit.attendance.code(event.id, day.number, turn.now)
    link = turn.community.check_in_link(code)
    when = named_day(turn, event, day)
    body = await aside(check_in_poster, event.title(turn.lang), when, code, link)
    file = await turn.unit.files.add(
        "check-in.png", "image/png", body, at=turn.now, expires_at=turn.now + POSTER_LASTS
    )
    here = (event.id, day.number)
    return turn.screen(
        paragraphs(
            turn._("Code of the day: {code}", code=f"{code[:3]} {code[3:]}"),
            turn._(
                "Show this picture where people arrive. They scan it, or choose “Check in” here and write the code. "
                "It works from three hours before the day begins until you close the day."
            ),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "New code"), action("day-code-new", *here, place.sheet.code or code)),
            Button(turn.p("button", "Back"), action("attendance", *here)),
        ),
        attachments=[Attachment(file.id, picture=True)],
        note=note,
    )


@tap("day-code-new", who=COORDINATORS)
async def new_code(turn: Turn, event_id: int, number: int, old: str) -> Screen:
    """Give the day another code, once for each tap on a code that was shown."""
    place = await _place(turn, event_id, number, hold=True)
    if isinstance(place, Screen):
        return place
    if place.sheet.code == old and not place.sheet.closed and place.event.state == "published":
        await turn.unit.attendance.new_code(event_id, place.day.number, turn.now)
        return await _code_screen(turn, place, turn._("The code before this one does not work any more."))
    return await _code_screen(turn, place)


# --- the list of names --------------------------------------------------------------------------------------


@tap("day-list", who=COORDINATORS)
async def day_list(turn: Turn, event_id: int, number: int, marking: str, page: int) -> Screen:
    """Show everybody with a seat and everybody who walked in; a tap notes one of them."""
    place = await _place(turn, event_id, number)
    return place if isinstance(place, Screen) else await _list_screen(turn, place, marking, page)


async def _list_screen(turn: Turn, place: Place, marking: str, page: int, note: str = "") -> Screen:
    if marking not in MARKING:
        raise Outdated(marking)
    if not may_mark(place.event, place.day, turn.now):
        return await _day_screen(turn, place, turn._("Nobody can have come yet."))
    shown = page_in(await _list(turn, place), page, LIST_PAGE)
    here = (place.event.id, place.day.number)
    following = list(MARKING)[(list(MARKING).index(marking) + 1) % len(MARKING)]
    return turn.screen(
        paragraphs(
            turn._("Tap a name to note it, and once more to take it back. To find somebody, write the name."),
            turn.say(NOTING[marking]),
            _legend(turn),
            "" if shown.items else turn._("Nobody yet."),
        ),
        title=_list_title(turn, place),
        rows=[
            *([_name_button(turn, place, one, marking, page)] for one in shown.items),
            page_buttons(turn, shown, "day-list", *here, marking),
            [
                Button(turn.say(MARKING[following]), action("day-list", *here, following, page)),
                Button(turn.p("button", "Back"), action("attendance", *here)),
            ],
        ],
        ask=action("day-find", *here, marking),
        note=note,
        private=True,
    )


def _legend(turn: Turn) -> str:
    return turn._("✓ was there, ◐ part of the day, ~ excused, ✗ did not come")


def _list_title(turn: Turn, place: Place) -> str:
    if len(days_of(place.event)) == 1:
        return turn._("Who was there")
    return turn._("Who was there on day {day}", day=place.day.number)


async def _list(turn: Turn, place: Place) -> list[Line]:
    """List everybody, by name."""
    marks = await turn.unit.attendance.marks(place.event.id, place.day.number)
    by_member = {mark.member_id: mark for mark in marks if mark.member_id}
    ids = dict.fromkeys([*await _seated(turn, place.event), *by_member])
    known = await turn.unit.members.many(list(ids))
    listed = [_of_member(turn, one.id, one.name, by_member.get(one.id)) for one in known]
    listed += [Line(0, mark.id, mark.name, mark.state) for mark in marks if mark.name]
    return sorted(listed, key=lambda line: (fold(line.name), line.member_id, line.mark_id))


def _of_member(turn: Turn, member_id: int, name: str, mark: Mark | None) -> Line:
    return Line(member_id, 0, name or turn._("no name"), mark.state if mark else "")


def _name_button(turn: Turn, place: Place, line: Line, marking: str, page: int) -> Button:
    here = (place.event.id, place.day.number)
    label = Safe(f"{SIGNS.get(line.state, '▫️')} {_short(line.name)}")
    if not line.member_id:
        return Button(label, action("strike-out", *here, line.mark_id, marking, page))
    state = "none" if line.state == marking else marking
    return Button(label, action("mark", *here, line.member_id, state, marking, page))


def _short(name: str) -> str:
    name = clean(name)
    return name if len(name) <= 20 else name[:19].rstrip() + "…"


@answer("day-find", who=COORDINATORS)
async def day_find(turn: Turn, reply: Reply, event_id: int, number: int, marking: str) -> Screen:
    """Show the names that hold what was typed."""
    place = await _place(turn, event_id, number)
    if isinstance(place, Screen):
        return place
    key = search_key(reply.text[:LONGEST_NAME])
    found = [one for one in await _list(turn, place) if key and key in search_key(one.name)][:FOUND]
    if not found or marking not in MARKING or not may_mark(place.event, place.day, turn.now):
        return await _list_screen(
            turn, place, marking, 0, turn._("Nobody on this list has this in their name.")
        )
    here = (place.event.id, place.day.number)
    return turn.screen(
        _legend(turn),
        title=_list_title(turn, place),
        rows=[
            *([_name_button(turn, place, one, marking, 0)] for one in found),
            [Button(turn.p("button", "Back"), action("day-list", *here, marking, 0))],
        ],
        ask=action("day-find", *here, marking),
        private=True,
    )


@tap("mark", who=COORDINATORS)
async def mark(
    turn: Turn, event_id: int, number: int, member_id: int, state: str, marking: str, page: int
) -> Screen:
    """Note somebody's state for a day, or take it back; tapped twice it is the same."""
    place = await _place(turn, event_id, number, hold=True)
    if isinstance(place, Screen):
        return place
    if state not in (*MARKING, "none"):
        raise Outdated(state)
    if may_mark(place.event, place.day, turn.now) and await _belongs(turn, place, member_id):
        await _note(turn, place, member_id, state)
    return await _list_screen(turn, place, marking, page)


async def _belongs(turn: Turn, place: Place, member_id: int) -> bool:
    """Say whether somebody is on the list: by a seat, or since they checked in."""
    if await turn.unit.attendance.of(place.event.id, place.day.number, member_id):
        return True
    mine = await turn.unit.registrations.of(place.event.id, member_id)
    return mine is not None and mine.state == "confirmed"


async def _note(turn: Turn, place: Place, member_id: int, state: str) -> None:
    store, event_id, number = turn.unit.attendance, place.event.id, place.day.number
    if state != "none":
        await store.mark(event_id, number, member_id, state, turn.now, how="list")
    elif not place.sheet.closed:
        await store.unmark(event_id, number, member_id)
    else:
        said = await turn.unit.intentions.of(event_id, member_id)
        state = at_closing(said.coming)
        await store.mark(event_id, number, member_id, state, turn.now, how="closing")
    await settle_certificates(turn.unit, place.event, turn.now)


# --- people who walk in -------------------------------------------------------------------------------------


@tap("walk-in", who=COORDINATORS)
async def walk_in(turn: Turn, event_id: int, number: int) -> Screen:
    """Ask who came without being registered."""
    place = await _place(turn, event_id, number)
    if isinstance(place, Screen):
        return place
    if not may_mark(place.event, place.day, turn.now):
        return await _day_screen(turn, place, turn._("Nobody can have come yet."))
    return _ask_walk_in(turn, place)


def _ask_walk_in(turn: Turn, place: Place, note: str = "") -> Screen:
    here = (place.event.id, place.day.number)
    return turn.screen(
        turn._(
            "Who came without being registered? Write one person a line: the name, a comma, the organisation. "
            "A whole paper list can be typed like this. Who has the app can check in with the code instead."
        ),
        title=turn._("Walk-ins"),
        rows=column(Button(turn.p("button", "Back"), action("attendance", *here))),
        ask=action("walk-in", *here),
        note=note,
        private=True,
    )


@answer("walk-in", who=COORDINATORS)
async def walked_in(turn: Turn, reply: Reply, event_id: int, number: int) -> Screen:
    """Write down the people of a message, one a line; who stands there already is not written twice."""
    place = await _place(turn, event_id, number, hold=True)
    if isinstance(place, Screen):
        return place
    if not may_mark(place.event, place.day, turn.now):
        return await _day_screen(turn, place, turn._("Nobody can have come yet."))
    given = entries(reply.text)
    if not given:
        fault = turn._("Please write up to {count} names, one a line.", count=MOST_AT_ONCE)
        return _ask_walk_in(turn, place, fault)
    added = await _write_down(turn, place, given)
    note = turn.n("Written down: {count} person", "Written down: {count} people", added)
    return await _day_screen(turn, place, note)


async def _write_down(turn: Turn, place: Place, given: list[Entry]) -> int:
    known = {
        fold(name): one.id
        for one in (await turn.unit.organisations.by_slug()).values()
        for name in (one.name_en, one.name_ar, one.name_ku)
        if name
    }
    added = 0
    for one in given:
        organisation = known.get(fold(one.organisation))
        name = one.name if organisation or not one.organisation else f"{one.name}, {one.organisation}"
        key = f"{fold(one.name)}|{fold(one.organisation)}"
        added += await turn.unit.attendance.write_down(
            place.event.id, place.day.number, name, key, organisation, turn.now
        )
    return added


@tap("strike-out", who=COORDINATORS)
async def strike_out(turn: Turn, event_id: int, number: int, mark_id: int, marking: str, page: int) -> Screen:
    """Take somebody who was written down off the list again."""
    place = await _place(turn, event_id, number, hold=True)
    if isinstance(place, Screen):
        return place
    removed = await turn.unit.attendance.strike_out(event_id, mark_id)
    return await _list_screen(turn, place, marking, page, turn._("Taken off the list.") if removed else "")


# --- photographed sheets ------------------------------------------------------------------------------------


@tap("day-sheet", who=COORDINATORS)
async def day_sheet(turn: Turn, event_id: int, number: int) -> Screen:
    """Ask for a photograph of the signed list."""
    place = await _place(turn, event_id, number)
    return place if isinstance(place, Screen) else _ask_sheet(turn, place)


def _ask_sheet(turn: Turn, place: Place, note: str = "") -> Screen:
    here = (place.event.id, place.day.number)
    return turn.screen(
        turn._(
            "Send a photograph or a PDF of the signed list. It is stored encrypted, for coordinators only."
        ),
        title=turn._("Sign-in sheet"),
        rows=column(Button(turn.p("button", "Back"), action("attendance", *here))),
        ask=action("day-sheet", *here),
        accepts="file",
        note=note,
    )


@answer("day-sheet", who=COORDINATORS)
async def sheet_given(turn: Turn, reply: Reply, event_id: int, number: int) -> Screen:
    """Keep a photographed sheet with its day."""
    place = await _place(turn, event_id, number, hold=True)
    if isinstance(place, Screen):
        return place
    upload = reply.upload
    if upload is None or not upload.file_id:
        return _ask_sheet(turn, place, file_fault(turn, upload.fault if upload else "gone"))
    if not upload.mime.startswith(("image/", "application/pdf")):
        return _ask_sheet(turn, place, turn._("That is neither a picture nor a PDF."))
    store = turn.unit.attendance
    if len(await store.sheets(event_id, place.day.number)) >= MOST_SHEETS:
        return await _day_screen(turn, place, turn._("There are as many sheets as there can be."))
    await store.attach(event_id, place.day.number, upload.file_id, turn.now)
    return await _day_screen(turn, place, turn._("The sheet is kept with this day."))


@tap("day-sheets", who=COORDINATORS)
async def day_sheets(turn: Turn, event_id: int, number: int) -> Screen:
    """Show the photographed sheets of a day."""
    place = await _place(turn, event_id, number)
    if isinstance(place, Screen):
        return place
    sheets = await turn.unit.attendance.sheets(event_id, place.day.number)
    if not sheets:
        return await _day_screen(turn, place)
    return turn.screen(
        named_day(turn, place.event, place.day),
        title=turn._("Sign-in sheets"),
        rows=column(Button(turn.p("button", "Back"), action("attendance", event_id, place.day.number))),
        attachments=[Attachment(one) for one in sheets],
        private=True,
    )


# --- closing the day ----------------------------------------------------------------------------------------


@tap("day-close", who=COORDINATORS)
async def day_close(turn: Turn, event_id: int, number: int) -> Screen:
    """Say what closing a day would note, before it does."""
    place = await _place(turn, event_id, number)
    if isinstance(place, Screen):
        return place
    if place.sheet.closed or not may_close(place.event, place.day, turn.now):
        return await _day_screen(turn, place)
    others = await _not_noted(turn, place)
    here = (place.event.id, place.day.number)
    return turn.screen(
        paragraphs(
            named_day(turn, place.event, place.day),
            turn.n(
                "{count} registered person is not noted. They will count as not having come, or as excused if they "
                "had said so.",
                "{count} registered people are not noted. They will count as not having come, or as excused if they "
                "had said so.",
                len(others),
            )
            if others
            else turn._("Everybody is noted."),
            turn._("Afterwards nobody can check in by code. You can still correct the list."),
        ),
        title=turn._("Close the day?"),
        rows=column(
            Button(turn.p("button", "Yes, close it"), action("day-close-yes", *here)),
            Button(turn.p("button", "Back"), action("attendance", *here)),
        ),
    )


async def _not_noted(turn: Turn, place: Place) -> dict[int, str]:
    """Return what closing notes of each person with a seat of whom nothing is noted."""
    marks = await turn.unit.attendance.marks(place.event.id, place.day.number)
    noted = {mark.member_id for mark in marks}
    said = await turn.unit.intentions.of_event(place.event.id)
    return {
        one: at_closing(said.get(one, Intention()).coming)
        for one in await _seated(turn, place.event)
        if one not in noted
    }


@tap("day-close-yes", who=COORDINATORS)
async def day_close_yes(turn: Turn, event_id: int, number: int) -> Screen:
    """Close a day, once; with the last one certificates are issued."""
    place = await _place(turn, event_id, number, hold=True)
    if isinstance(place, Screen):
        return place
    if not may_close(place.event, place.day, turn.now):
        return await _day_screen(turn, place)
    others = await _not_noted(turn, place)
    if not await turn.unit.attendance.close(event_id, place.day.number, others, turn.now):
        return await _day_screen(turn, place)
    issued = await settle_certificates(turn.unit, place.event, turn.now)
    note = (
        turn.n(
            "The day is closed. {count} person gets a certificate.",
            "The day is closed. {count} people get a certificate.",
            issued,
        )
        if issued
        else turn._("The day is closed.")
    )
    return await _day_screen(turn, await _again(turn, place), note)


@tap("day-open", who=COORDINATORS)
async def day_open(turn: Turn, event_id: int, number: int) -> Screen:
    """Open a closed day again: what its closing noted is taken back."""
    place = await _place(turn, event_id, number, hold=True)
    if isinstance(place, Screen):
        return place
    opened = await turn.unit.attendance.reopen(event_id, place.day.number)
    await settle_certificates(turn.unit, place.event, turn.now)
    return await _day_screen(turn, await _again(turn, place), turn._("The day is open.") if opened else "")


async def _again(turn: Turn, place: Place) -> Place:
    sheet = await turn.unit.attendance.sheet(place.event.id, place.day.number)
    return Place(place.event, place.day, sheet)
