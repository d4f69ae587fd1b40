"""Events as coordinators make them: a guided draft, one question at a time, a review, and publishing.

A draft is a row from its first tap on, so that nothing typed is lost. Until it is published every answer simply
changes the row; afterwards those who are registered are told what matters to them: time, place and link.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from handlers.coordinate_events import FARTHEST, confirm_move, manage_list, manage_screen
from handlers.event_changes import tell_of_change
from handlers.events import Standing, card_text, kind_line, no_such_event, when_line, where_lines
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
    paragraphs,
    tap,
)
from handlers.newcomers import preferences_line
from handlers.offers import fill_seats
from handlers.reminders import arm
from handlers.rules.drafts import Obstacle, gaps, lacks_link, link_in, obstacles
from handlers.rules.kinds import KINDS, MODES, REMINDERS, SURVEY_MODES, is_in_person, is_online
from handlers.rules.seats import Asker, decide
from locales import (
    BAGHDAD,
    LANGUAGES,
    N_,
    NP_,
    Message,
    block,
    clean,
    parse_count,
    parse_date,
    parse_duration,
    parse_moment,
    parse_time,
    speech,
    to_ascii_digits,
)
from storage.events import Event

LONGEST = {"title": 200, "description": 2_000, "place": 300}
MOST_SEATS = 10_000
LONGEST_EVENT = 14 * 24 * 60
"""Minutes; the longest activity of the programme has four days."""

QUESTIONS: dict[str, Message] = {
    "title": N_("What is the event called? Write the title in {language}."),
    "description": N_("What is it about? Write a few sentences in {language}."),
    "place": N_("Where is it? Write the place in {language}."),
    "when": N_("When does it begin, in Baghdad time? Write day and time, for example: {example}"),
    "minutes": N_("How long does it last? For example: {example}"),
    "link": N_("Send the link by which people join. Only those who are registered see it."),
    "capacity": N_("How many seats are there? Write a number."),
    "per_organisation": N_("How many people of one organisation may come at most? Write a number."),
    "closes": N_("Until when can people register? Write day and time, for example: {example}"),
}
FAULTS: dict[str, Message] = {
    "title": N_("A title has from 1 to {most} characters."),
    "description": N_("A description has from 1 to {most} characters."),
    "place": N_("A place has from 1 to {most} characters."),
    "when": N_("I could not read that as a day and time to come."),
    "minutes": N_("I could not read that as a length of time."),
    "link": N_("That is not a link that begins with https://"),
    "capacity": N_("That is not a number of seats."),
    "per_organisation": N_("That is not a number of people."),
    "closes": N_("That must be a day and time before the event begins."),
}
OBSTACLES: dict[Obstacle, Message] = {
    Obstacle.NO_TITLE: N_("It needs a title in at least one language."),
    Obstacle.NO_TIME: N_("It needs a time."),
    Obstacle.PAST: N_("Its time is already past."),
    Obstacle.DEADLINE: N_("Registration must close after now and before it begins."),
}
MISSING: dict[str, Message] = {
    "title": N_("⚠ Title missing in: {languages}"),
    "description": N_("⚠ Description missing in: {languages}"),
    "place": N_("⚠ Place missing in: {languages}"),
}
LIMITS = ("capacity", "per_organisation")
SWITCHES: dict[str, tuple[Message, Message]] = {
    "approval": (NP_("button", "You choose who comes"), N_("You choose among those who apply.")),
    "invite_only": (NP_("button", "By invitation only"), N_("Only those whom you invite can register.")),
}
"""What can be switched on and off about who can come: its button, and how it reads among the settings."""
IN_LANGUAGES = ("title", "description", "place")


# --- a new event --------------------------------------------------------------------------------------------


@tap("new-event", who=COORDINATORS)
async def new_event(turn: Turn) -> Screen:
    """Ask what kind of event it is."""
    token = secrets.token_hex(8)
    return turn.screen(
        turn._("What kind of event is it? Each comes with what usually suits it; you can change everything."),
        title=turn._("New event"),
        rows=[
            *(
                [Button(turn.say(kind.label), action("event-new", kind.name, token))]
                for kind in KINDS.values()
            ),
            [Button(turn.p("button", "Back"), "coordinate")],
        ],
    )


@tap("event-new", who=COORDINATORS)
async def begin(turn: Turn, kind: str, token: str) -> Screen:
    """Begin a draft; tapped twice, it is still one draft."""
    if kind not in KINDS or len(token) > 32:
        raise Outdated(kind)
    usual = KINDS[kind]
    event = await turn.unit.events.draft(
        token,
        kind,
        at=turn.now,
        minutes=usual.minutes,
        mode=usual.mode,
        capacity=usual.capacity,
        reminders=usual.reminders,
        survey_mode=usual.survey_mode,
        certificate=usual.certificate,
        daily_survey=usual.daily_survey,
        per_organisation=usual.per_organisation,
        approval=usual.approval,
    )
    return await onward(turn, event) if event.state == "draft" else await manage_screen(turn, event)


async def onward(turn: Turn, event: Event, note: str = "") -> Screen:
    """Ask for what a draft can't do without, then show it for review."""
    if not event.title(turn.lang):
        return _ask(turn, event, "title", turn.lang, note)
    if event.starts_at is None:
        return _ask(turn, event, "when", "", note)
    return await review(turn, event, note)


async def _next_gap(turn: Turn, event: Event, note: str) -> Screen:
    """Go on with a draft: after how it takes place comes where, then the link; Back leads to the review."""
    if is_in_person(event.mode) and not event.place(turn.lang):
        return _ask(turn, event, "place", turn.lang, note)
    if lacks_link(event):
        return _ask(turn, event, "link", "", note)
    return await onward(turn, event, note)


@tap("manage", who=COORDINATORS)
async def manage(turn: Turn, event_id: int) -> Screen:
    """Show where an event stands to those who run it: a draft's next question or review, else who comes."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    return await onward(turn, event) if event.state == "draft" else await manage_screen(turn, event)


async def _settled(turn: Turn, event: Event | None) -> Screen | None:
    """Return what to show where an event is gone, cancelled or over and can't be changed any more."""
    if event is None:
        return await no_such_event(turn)
    if event.state == "cancelled" or (event.state == "published" and event.over(turn.now)):
        return await manage_screen(turn, event, turn._("This event can't be changed any more."))
    return None


async def _held(turn: Turn, event_id: int) -> Event | Screen:
    """Hold an event that may be changed, or return what to show instead."""
    event = await turn.unit.events.hold(event_id)
    refused = await _settled(turn, event)
    return refused or event or await no_such_event(turn)


# --- one question at a time ---------------------------------------------------------------------------------


@tap("event-ask", who=COORDINATORS)
async def ask(turn: Turn, event_id: int, field: str, lang: str = "") -> Screen:
    """Ask for one thing about an event."""
    if field not in QUESTIONS or (field in IN_LANGUAGES) != (lang in LANGUAGES):
        raise Outdated(field)
    event = await turn.unit.events.get(event_id)
    if refused := await _settled(turn, event):
        return refused
    return _ask(turn, event, field, lang) if event else await no_such_event(turn)


def _ask(turn: Turn, event: Event, field: str, lang: str = "", note: str = "") -> Screen:
    now_says = event.said(field, lang) if field in IN_LANGUAGES else ""
    return turn.screen(
        paragraphs(
            turn.say(QUESTIONS[field], **_hints(turn, field, lang)),
            lines(turn._("It says now:"), block(now_says)) if now_says else "",
        ),
        title=event.title(turn.lang) or turn.say(KINDS[event.kind].label),
        rows=column(*_shortcuts(turn, event, field, lang), *_ways_out(turn, event)),
        ask=action("event-ask", event.id, field, *([lang] if lang else [])),
        note=note,
    )


def _ways_out(turn: Turn, event: Event) -> list[Button]:
    if event.title(turn.lang) and event.starts_at:
        return [Button(turn.p("button", "Back"), action("manage", event.id))]
    return [
        Button(turn.p("button", "Finish later"), action("manage-events", "drafts")),
        Button(turn.p("button", "Delete the draft"), action("event-delete", event.id)),
    ]


def _hints(turn: Turn, field: str, lang: str) -> dict[str, str]:
    if field in IN_LANGUAGES:
        return {"language": speech(lang).name}
    if field in ("when", "closes"):
        return {"example": (turn.now + timedelta(days=7)).astimezone(BAGHDAD).strftime("%d/%m 15:30")}
    return {"example": turn.speech.duration(90)} if field == "minutes" else {}


def _shortcuts(turn: Turn, event: Event, field: str, lang: str) -> list[Button]:
    if field in LIMITS:
        return [Button(turn.p("button", "No limit"), action("event-clear", event.id, field))]
    if field == "closes":
        return [Button(turn.p("button", "Until it begins"), action("event-clear", event.id, "closes_at"))]
    if field in ("description", "place") and event.said(field, lang):
        return [Button(turn.p("button", "Remove this text"), action("event-clear", event.id, field, lang))]
    return []


@tap("event-clear", who=COORDINATORS)
async def clear(turn: Turn, event_id: int, field: str, lang: str = "") -> Screen:
    """Take away a text, or a limit: of seats, or of time to register."""
    event = await _held(turn, event_id)
    if isinstance(event, Screen):
        return event
    if field in ("description", "place") and lang in LANGUAGES:
        return (
            await _set_text(turn, event, field, lang, "")
            if event.said(field, lang)
            else await edit_screen(turn, event)
        )
    if field not in (*LIMITS, "closes_at"):
        raise Outdated(field)
    if getattr(event, field) is not None:
        limits: dict[str, Any] = {field: None}
        event = await turn.unit.events.change(event, **limits)
        await fill_seats(turn.unit, event, turn.now)
    return _entry_part(turn, event, turn._("Kept."))


@answer("event-ask", who=COORDINATORS)
async def answered(turn: Turn, reply: Reply, event_id: int, field: str, lang: str = "") -> Screen:
    """Keep an answer, or ask again with a word about what is expected."""
    event = await _held(turn, event_id)
    if isinstance(event, Screen):
        return event
    match field:
        case "title" | "description" | "place" if lang in LANGUAGES:
            return await _keep_text(turn, event, field, lang, reply.text)
        case "when":
            return await _keep_when(turn, event, reply.text)
        case "minutes" | "capacity" | "per_organisation" | "closes" | "link":
            return await _keep_value(turn, event, field, reply.text)
        case _:
            raise Outdated(field)


async def _keep_text(turn: Turn, event: Event, field: str, lang: str, given: str) -> Screen:
    text = given.strip() if field == "description" else clean(given)
    if not 0 < len(text) <= LONGEST[field]:
        return _ask(turn, event, field, lang, turn.say(FAULTS[field], most=LONGEST[field]))
    return await _set_text(turn, event, field, lang, text)


async def _set_text(turn: Turn, event: Event, field: str, lang: str, text: str) -> Screen:
    if event.said(field, lang) == text:
        return await _after_answer(turn, event, turn._("Kept."))
    calendar = event.state == "published" and field in ("title", "place")
    changed = await turn.unit.events.put_text(event, lang, field, text, recalendar=calendar)
    if field == "place":
        await tell_of_change(turn.unit, changed, turn.now)
    return await _after_answer(turn, changed, turn._("Kept."), chained=field == "place")


async def _after_answer(turn: Turn, event: Event, note: str, *, chained: bool = False) -> Screen:
    """Go on with a draft, or back to the list of what can be changed."""
    if event.state != "draft":
        return await edit_screen(turn, event, note)
    return await (_next_gap if chained else onward)(turn, event, note)


async def _keep_value(turn: Turn, event: Event, field: str, given: str) -> Screen:
    values = _value(turn, event, field, given)
    if not values:
        return _ask(turn, event, field, "", turn.say(FAULTS[field]))
    told = field in ("minutes", "link")
    if field == "minutes":
        values["plan"] = ()
    changed = await turn.unit.events.change(event, recalendar=told and event.state == "published", **values)
    offered = await fill_seats(turn.unit, changed, turn.now) if field in LIMITS else 0
    if field == "minutes":
        await arm(turn.unit, changed, turn.now)
    if told:
        await tell_of_change(turn.unit, changed, turn.now)
    if field not in (*LIMITS, "closes"):
        return await _after_answer(turn, changed, turn._("Kept."))
    moved_up = turn.n(
        "Kept. {count} person who waited is offered a seat now.",
        "Kept. {count} people who waited are offered a seat now.",
        offered,
    )
    return _entry_part(turn, changed, moved_up if offered else turn._("Kept."))


def _value(turn: Turn, event: Event, field: str, given: str) -> dict[str, Any]:
    match field:
        case "minutes":
            minutes = parse_duration(given)
            return {"minutes": minutes} if minutes and minutes <= LONGEST_EVENT else {}
        case "capacity":
            count = parse_count(given)
            return {"capacity": count} if count and count <= MOST_SEATS else {}
        case "per_organisation":
            count = parse_count(given)
            return {"per_organisation": count} if count and count <= MOST_SEATS else {}
        case "link":
            link = link_in(to_ascii_digits(given))
            return {"join_link": link} if link else {}
        case _:
            closes = parse_moment(given, turn.now, BAGHDAD)
            fits = closes and turn.now < closes and (event.starts_at is None or closes <= event.starts_at)
            return {"closes_at": closes} if fits else {}


# --- when it begins -----------------------------------------------------------------------------------------


async def _keep_when(turn: Turn, event: Event, given: str) -> Screen:
    moment = parse_moment(given, turn.now, BAGHDAD)
    if moment is not None and turn.now < moment <= turn.now + FARTHEST:
        return await _settle_when(turn, event, moment)
    day = parse_date(given, turn.now.astimezone(BAGHDAD).date())
    if moment is None and day is not None:
        return _ask_time(turn, event, day)
    return _ask(turn, event, "when", "", turn.say(FAULTS["when"]))


def _ask_time(turn: Turn, event: Event, day: date, note: str = "") -> Screen:
    noon = datetime.combine(day, time(12), BAGHDAD)
    return turn.screen(
        paragraphs(
            turn.speech.date(noon, turn.now),
            turn._("At what time does it begin? For example: {example}", example="15:30"),
        ),
        title=event.title(turn.lang) or turn.say(KINDS[event.kind].label),
        rows=column(Button(turn.p("button", "Another day"), action("event-ask", event.id, "when"))),
        ask=action("event-time", event.id, day.isoformat()),
        note=note,
    )


@answer("event-time", who=COORDINATORS)
async def time_given(turn: Turn, reply: Reply, event_id: int, day: str) -> Screen:
    """Put day and time together."""
    event = await _held(turn, event_id)
    if isinstance(event, Screen):
        return event
    clock = parse_time(reply.text)
    on = parse_date(day, turn.now.date())
    if on is None:
        return _ask(turn, event, "when")
    if clock is None:
        return _ask_time(turn, event, on, turn._("I could not read that as a time. Write it like 15:30."))
    moment = datetime.combine(on, clock, BAGHDAD)
    if not turn.now < moment <= turn.now + FARTHEST:
        return _ask(turn, event, "when", "", turn.say(FAULTS["when"]))
    return await _settle_when(turn, event, moment)


async def _settle_when(turn: Turn, event: Event, moment: datetime) -> Screen:
    """Say a time back in words before it counts; a published event shows old and new and who is told."""
    if event.state != "draft":
        return await confirm_move(turn, event, moment)
    minute = int(moment.timestamp() // 60)
    return turn.screen(
        paragraphs(
            turn._("You mean: {moment} (Baghdad time)", moment=turn.speech.moment(moment)),
            turn._("Is that right?"),
        ),
        title=event.title(turn.lang) or turn.say(KINDS[event.kind].label),
        rows=column(
            Button(turn.p("button", "Yes, that is it"), action("event-at", event.id, minute)),
            Button(turn.p("button", "Another time"), action("event-ask", event.id, "when")),
            *_ways_out(turn, event),
        ),
    )


@tap("event-at", who=COORDINATORS)
async def set_time(turn: Turn, event_id: int, minute: int) -> Screen:
    """Keep a draft's time, and go on to how it takes place."""
    event = await _held(turn, event_id)
    if isinstance(event, Screen):
        return event
    if not turn.now.timestamp() < minute * 60 <= (turn.now + FARTHEST).timestamp():
        return _ask(turn, event, "when", "", turn.say(FAULTS["when"]))
    moment = datetime.fromtimestamp(minute * 60, BAGHDAD)
    if event.state != "draft":
        return await confirm_move(turn, event, moment)
    first_time = event.starts_at is None
    if event.starts_at != moment:
        event = await turn.unit.events.change(event, starts_at=moment)
    return await _mode_part(turn, event) if first_time else await review(turn, event, turn._("Kept."))


# --- choices ------------------------------------------------------------------------------------------------


@tap("event-part", who=COORDINATORS)
async def part(turn: Turn, event_id: int, name: str) -> Screen:
    """Show what can be changed in one part of an event."""
    event = await turn.unit.events.get(event_id)
    if refused := await _settled(turn, event):
        return refused
    if event is None:
        return await no_such_event(turn)
    match name:
        case "title" | "description" | "place":
            return _texts_part(turn, event, name)
        case "mode":
            return await _mode_part(turn, event)
        case "survey_mode" if event.state == "draft":
            return _choices(turn, event, "survey_mode", SURVEY_MODES, _survey_question(turn))
        case "reminders":
            return _reminders_part(turn, event)
        case "entry":
            return _entry_part(turn, event)
        case _:
            return await edit_screen(turn, event)


def _survey_question(turn: Turn) -> str:
    return turn._(
        "How shall people be asked afterwards? Once the event is published this can't be changed, "
        "so that nobody's answers are ever shown otherwise than promised."
    )


async def _mode_part(turn: Turn, event: Event) -> Screen:
    places = Button(turn.p("button", "Places"), action("event-part", event.id, "place"))
    link = Button(turn.p("button", "Join link"), action("event-ask", event.id, "link"))
    return _choices(
        turn,
        event,
        "mode",
        MODES,
        paragraphs(turn._("How does it take place?"), await preferences_line(turn)),
        *([places] if is_in_person(event.mode) else []),
        *([link] if is_online(event.mode) else []),
    )


def _texts_part(turn: Turn, event: Event, name: str) -> Screen:
    return turn.screen(
        lines(
            *(
                turn._(
                    "{language}: {text}",
                    language=speech(lang).name,
                    text=clean(event.said(name, lang))[:80] or "–",
                )
                for lang in LANGUAGES
            )
        ),
        title=event.title(turn.lang),
        rows=[
            [Button(speech(lang).name, action("event-ask", event.id, name, lang)) for lang in LANGUAGES],
            [Button(turn.p("button", "Back"), action("event-edit", event.id))],
        ],
    )


def _choices(
    turn: Turn, event: Event, field: str, labels: Mapping[str, Message], question: str, *others: Button
) -> Screen:
    chosen = getattr(event, field)
    return turn.screen(
        question,
        title=event.title(turn.lang),
        rows=column(
            *(
                Button(
                    _ticked(turn, label) if value == chosen else turn.say(label),
                    action("event-set", event.id, field, value),
                )
                for value, label in labels.items()
            ),
            *others,
            Button(turn.p("button", "Back"), action("event-edit", event.id)),
        ),
    )


def _ticked(turn: Turn, label: Message) -> str:
    return turn.p("button", "✓ {label}", label=turn.say(label))


@tap("event-set", who=COORDINATORS)
async def choose(turn: Turn, event_id: int, field: str, value: str) -> Screen:
    """Keep a choice."""
    event = await _held(turn, event_id)
    if isinstance(event, Screen):
        return event
    allowed = {"mode": MODES, "survey_mode": SURVEY_MODES}.get(field, {})
    if value not in allowed or (field == "survey_mode" and event.state != "draft"):
        raise Outdated(field)
    if getattr(event, field) != value:
        chosen: dict[str, Any] = {field: value}
        event = await turn.unit.events.change(event, recalendar=event.state == "published", **chosen)
        if field == "mode":
            await tell_of_change(turn.unit, event, turn.now)
    return await _after_answer(turn, event, turn._("Kept."), chained=field == "mode")


def _entry_part(turn: Turn, event: Event, note: str = "") -> Screen:
    """Show who can come: how many, how many of one organisation, until when, and who decides."""
    return turn.screen(
        _entry_lines(turn, event),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Seats"), action("event-ask", event.id, "capacity")),
            Button(turn.p("button", "Per organisation"), action("event-ask", event.id, "per_organisation")),
            Button(turn.p("button", "Deadline"), action("event-ask", event.id, "closes")),
            *(
                Button(
                    _ticked(turn, label) if getattr(event, field) else turn.say(label),
                    action("event-switch", event.id, field, int(not getattr(event, field))),
                )
                for field, (label, _) in SWITCHES.items()
            ),
            Button(turn.p("button", "Back"), action("event-edit", event.id)),
        ),
        note=note,
    )


def _entry_lines(turn: Turn, event: Event) -> str:
    return lines(
        turn._("Seats: {count}", count=event.capacity) if event.capacity else turn._("Seats: no limit"),
        turn._("From one organisation at most: {count}", count=event.per_organisation)
        if event.per_organisation
        else "",
        turn._("Register until: {moment}", moment=turn.speech.moment(event.closes_at, turn.now))
        if event.closes_at
        else turn._("Register until: it begins"),
        *(turn.say(said) for field, (_, said) in SWITCHES.items() if getattr(event, field)),
    )


@tap("event-switch", who=COORDINATORS)
async def switch(turn: Turn, event_id: int, field: str, on: int) -> Screen:
    """Switch on or off that coordinators choose, or that only those who are invited can come."""
    event = await _held(turn, event_id)
    if isinstance(event, Screen):
        return event
    if field not in SWITCHES:
        raise Outdated(field)
    if getattr(event, field) != bool(on):
        switched: dict[str, Any] = {field: bool(on)}
        event = await turn.unit.events.change(event, **switched)
    return _entry_part(turn, event, turn._("Kept."))


def _reminders_part(turn: Turn, event: Event) -> Screen:
    return turn.screen(
        turn._("When are people reminded? Tap to switch one on or off. Nights are left quiet."),
        title=event.title(turn.lang),
        rows=column(
            *(
                Button(
                    _ticked(turn, label) if minutes in event.reminders else turn.say(label),
                    action("event-remind", event.id, minutes, int(minutes not in event.reminders)),
                )
                for minutes, label in REMINDERS.items()
            ),
            Button(turn.p("button", "Back"), action("event-edit", event.id)),
        ),
    )


@tap("event-remind", who=COORDINATORS)
async def remind(turn: Turn, event_id: int, minutes: int, on: int) -> Screen:
    """Switch one reminder on or off."""
    event = await _held(turn, event_id)
    if isinstance(event, Screen):
        return event
    if minutes not in REMINDERS:
        raise Outdated("event-remind")
    wanted = {*event.reminders, minutes} if on else set(event.reminders) - {minutes}
    if wanted != set(event.reminders):
        event = await turn.unit.events.change(event, reminders=sorted(wanted, reverse=True))
        await arm(turn.unit, event, turn.now)
    return _reminders_part(turn, event)


# --- review, preview, publish -------------------------------------------------------------------------------


@tap("event-edit", who=COORDINATORS)
async def edit(turn: Turn, event_id: int) -> Screen:
    """Show everything about an event that can be changed."""
    event = await turn.unit.events.get(event_id)
    if refused := await _settled(turn, event):
        return refused
    return await edit_screen(turn, event) if event else await no_such_event(turn)


async def edit_screen(turn: Turn, event: Event, note: str = "") -> Screen:
    """Show how an event is set, and a way to change each thing."""

    def part_button(label: str, name: str) -> Button:
        return Button(label, action("event-part", event.id, name))

    def ask_button(label: str, field: str) -> Button:
        return Button(label, action("event-ask", event.id, field))

    reminders = part_button(turn.p("button", "Reminders"), "reminders")
    survey = Button(turn.p("button", "Survey"), action("event-survey", event.id))
    preview_button = Button(turn.p("button", "Preview"), action("event-preview", event.id))
    return turn.screen(
        paragraphs(_outline(turn, event), _settings_text(turn, event), _missing_text(turn, event)),
        title=event.title(turn.lang),
        rows=[
            [
                part_button(turn.p("button", "Titles"), "title"),
                part_button(turn.p("button", "Descriptions"), "description"),
            ],
            [
                ask_button(turn.p("button", "Day and time"), "when"),
                ask_button(turn.p("button", "Duration"), "minutes"),
            ],
            [part_button(turn.p("button", "How and where"), "mode")],
            [part_button(turn.p("button", "Who can come"), "entry")],
            [reminders, survey],
            [
                *([] if event.state == "draft" else [preview_button]),
                Button(turn.p("button", "Back"), action("manage", event.id)),
            ],
        ],
        note=note,
        private=bool(event.join_link),
    )


async def review(turn: Turn, event: Event, note: str = "") -> Screen:
    """Show all that a draft says and what it lacks, and lead on to publishing it."""
    kept_back = obstacles(event, turn.now)
    publish_button = Button(turn.p("button", "Publish"), action("event-publish", event.id, event.revision))
    return turn.screen(
        paragraphs(
            turn._("Draft, seen by coordinators only."),
            _outline(turn, event),
            block(event.description(turn.lang)),
            _settings_text(turn, event),
            _missing_text(turn, event, kept_back),
        ),
        title=event.title(turn.lang),
        rows=column(
            None if kept_back else publish_button,
            Button(turn.p("button", "Edit"), action("event-edit", event.id)),
            Button(turn.p("button", "Preview"), action("event-preview", event.id)),
            Button(turn.p("button", "Days and agenda"), action("days", event.id)),
            Button(turn.p("button", "Delete the draft"), action("event-delete", event.id)),
            Button(turn.p("button", "Back"), action("manage-events", "drafts")),
        ),
        note=note,
        private=bool(event.join_link),
    )


def _outline(turn: Turn, event: Event) -> str:
    return lines(kind_line(turn, event), when_line(turn, event), where_lines(turn, event, inside=True))


def _settings_text(turn: Turn, event: Event) -> str:
    reminders = [
        turn.say(REMINDERS[minutes])
        for minutes in sorted(event.reminders, reverse=True)
        if minutes in REMINDERS
    ]
    return lines(
        turn._("Duration: {duration}", duration=turn.speech.duration(event.minutes)),
        _entry_lines(turn, event),
        turn._("Reminders: {list}", list=turn.speech.list(reminders))
        if reminders
        else turn._("Reminders: none"),
        turn._("Survey afterwards: {mode}", mode=turn.say(SURVEY_MODES[event.survey_mode])),
    )


def _missing_text(turn: Turn, event: Event, kept_back: Sequence[Obstacle] = ()) -> str:
    return lines(
        *(
            turn.say(
                MISSING[gap.column], languages=turn.speech.list([speech(lang).name for lang in gap.langs])
            )
            for gap in gaps(event)
        ),
        turn._("⚠ The join link is missing.") if lacks_link(event) else "",
        *(turn.say(OBSTACLES[obstacle]) for obstacle in kept_back),
    )


@tap("event-preview", who=COORDINATORS)
async def preview(turn: Turn, event_id: int) -> Screen:
    """Show the card as members who read each language will see it."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    seats = await turn.unit.registrations.seats(event.id)
    line = await turn.unit.registrations.line(event.id)
    shown = replace(event, state="published") if event.state == "draft" else event
    outlook = decide(shown, line, Asker("member", None), shown.revision, turn.now)
    seen = []
    for lang in LANGUAGES:
        reader = turn.reading(lang)
        text = card_text(reader, shown, Standing(None, 0, seats, outlook))
        seen.append(reader.screen(text, title=event.title(lang)))
    back = turn.screen(
        turn._("This is how readers of each language see it."),
        rows=column(Button(turn.p("button", "Back"), action("manage", event.id))),
    )
    return seen[0].followed_by(*seen[1:], back)


@tap("event-publish", who=COORDINATORS)
async def publish(turn: Turn, event_id: int, revision: int) -> Screen:
    """Publish a draft, once, arm what is due, and offer to announce it."""
    event = await turn.unit.events.hold(event_id)
    if event is None:
        return await no_such_event(turn)
    if event.state != "draft":
        return await manage_screen(turn, event)
    if event.revision != revision:
        return await review(turn, event, turn._("The draft has changed since. Please look again."))
    if obstacles(event, turn.now):
        return await review(turn, event)
    published = await turn.unit.events.change(event, state="published")
    await arm(turn.unit, published, turn.now)
    return turn.screen(
        turn._("It is published: members find it under Events. Shall it be announced as well?"),
        title=published.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Announce it"), action("new-announcement", published.id)),
            Button(turn.p("button", "Manage"), action("manage", published.id)),
            Button(turn.p("button", "Back"), "coordinate"),
        ),
    )


@tap("event-delete", who=COORDINATORS)
async def ask_delete(turn: Turn, event_id: int) -> Screen:
    """Ask before a draft is forgotten."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state != "draft":
        return await manage_list(turn)
    return turn.screen(
        turn._("Shall this draft be deleted? Everything written for it is lost."),
        title=event.title(turn.lang) or turn.say(KINDS[event.kind].label),
        rows=column(
            Button(turn.p("button", "Keep the draft"), action("manage", event.id)),
            Button(turn.p("button", "Delete the draft"), action("event-delete-yes", event.id)),
        ),
    )


@tap("event-delete-yes", who=COORDINATORS)
async def delete_draft(turn: Turn, event_id: int) -> Screen:
    """Forget a draft; what was ever published stays."""
    removed = await turn.unit.events.remove_draft(event_id)
    return await manage_list(turn, note=turn._("The draft was deleted.") if removed else "")
