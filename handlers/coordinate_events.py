"""Events as coordinators make them: a guided draft, a review, publishing, moving, cancelling, and who comes.

A draft is a row from its first tap on, so that nothing typed is lost. Until it is published every answer simply
changes the row; afterwards those who are registered are told what matters to them: time, place and cancellation.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

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
    notice,
    paragraphs,
    tap,
)
from handlers.pages import numbered_label, page_buttons, page_of
from handlers.registration import fill_seats, seat_buttons
from handlers.reminders import arm, disarm
from handlers.rules.drafts import Obstacle, gaps, lacks_link, link_in, obstacles
from handlers.rules.kinds import KINDS, MODES, REMINDERS, SURVEY_MODES, is_in_person, is_online
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
from storage.registrations import Seats

LONGEST = {"title": 200, "description": 2_000, "place": 300}
MOST_SEATS = 10_000
LONGEST_EVENT = 14 * 24 * 60
"""Minutes; the longest activity of the programme has four days."""
FARTHEST = timedelta(days=3 * 365)
SETTLES_AFTER = timedelta(minutes=2)
"""So long a change of place waits for the next one, so that people hear of both at once."""
ROSTER_PAGE = 20

QUESTIONS: dict[str, Message] = {
    "title": N_("What is the event called? Write the title in {language}."),
    "description": N_("What is it about? Write a few sentences in {language}."),
    "place": N_("Where is it? Write the place in {language}."),
    "when": N_("When does it begin, in Baghdad time? Write day and time, for example: {example}"),
    "minutes": N_("How long does it last? For example: {example}"),
    "link": N_("Send the link by which people join. Only those who are registered see it."),
    "capacity": N_("How many seats are there? Write a number."),
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
    draft = await turn.unit.events.draft(
        token,
        kind,
        at=turn.now,
        minutes=usual.minutes,
        mode=usual.mode,
        capacity=usual.capacity,
        reminders=usual.reminders,
        survey_mode=usual.survey_mode,
    )
    return await _onward(turn, draft)


async def _onward(turn: Turn, event: Event, note: str = "") -> Screen:
    """Ask for what a draft can't do without, then show it."""
    if event.state == "draft" and not event.title(turn.lang):
        return _ask(turn, event, "title", turn.lang, note)
    if event.state == "draft" and event.starts_at is None:
        return _ask(turn, event, "when", "", note)
    return await review(turn, event, note)


# --- one question at a time ---------------------------------------------------------------------------------


@tap("event-ask", who=COORDINATORS)
async def ask(turn: Turn, event_id: int, field: str, lang: str = "") -> Screen:
    """Ask for one thing about an event."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    if field not in QUESTIONS or (field in IN_LANGUAGES) != (lang in LANGUAGES):
        raise Outdated(field)
    return _ask(turn, event, field, lang)


def _ask(turn: Turn, event: Event, field: str, lang: str = "", note: str = "") -> Screen:
    now_says = event.said(field, lang) if field in IN_LANGUAGES else ""
    return turn.screen(
        paragraphs(
            turn.say(QUESTIONS[field], **_hints(turn, field, lang)),
            lines(turn._("It says now:"), block(now_says)) if now_says else "",
        ),
        title=event.title(turn.lang) or turn.say(KINDS[event.kind].label),
        rows=column(
            *_shortcuts(turn, event, field),
            Button(turn.p("button", "Back"), action("manage", event.id))
            if event.title(turn.lang) and event.starts_at
            else Button(turn.p("button", "Delete the draft"), action("event-delete", event.id)),
        ),
        ask=action("event-ask", event.id, field, *([lang] if lang else [])),
        note=note,
    )


def _hints(turn: Turn, field: str, lang: str) -> dict[str, str]:
    if field in IN_LANGUAGES:
        return {"language": speech(lang).name}
    if field in ("when", "closes"):
        return {"example": (turn.now + timedelta(days=7)).astimezone(BAGHDAD).strftime("%d/%m 15:30")}
    return {"example": turn.speech.duration(90)} if field == "minutes" else {}


def _shortcuts(turn: Turn, event: Event, field: str) -> list[Button]:
    if field == "capacity":
        return [Button(turn.p("button", "No limit"), action("event-clear", event.id, "capacity"))]
    if field == "closes":
        return [Button(turn.p("button", "Until it begins"), action("event-clear", event.id, "closes_at"))]
    return []


@tap("event-clear", who=COORDINATORS)
async def clear(turn: Turn, event_id: int, field: str) -> Screen:
    """Take a limit away: of seats, or of time to register."""
    event = await turn.unit.events.hold(event_id)
    if event is None:
        return await no_such_event(turn)
    if field not in ("capacity", "closes_at"):
        raise Outdated(field)
    if getattr(event, field) is not None:
        limits: dict[str, Any] = {field: None}
        event = await turn.unit.events.change(event, **limits)
        await fill_seats(turn.unit, event, turn.now)
    return await _onward(turn, event)


@answer("event-ask", who=COORDINATORS)
async def answered(turn: Turn, reply: Reply, event_id: int, field: str, lang: str = "") -> Screen:
    """Keep an answer, or ask again with a word about what is expected."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "cancelled":
        return await no_such_event(turn)
    match field:
        case "title" | "description" | "place" if lang in LANGUAGES:
            return await _keep_text(turn, event, field, lang, reply.text)
        case "when":
            return await _keep_when(turn, event, reply.text)
        case "minutes" | "capacity" | "closes" | "link":
            return await _keep_value(turn, event, field, reply.text)
        case _:
            raise Outdated(field)


async def _keep_text(turn: Turn, event: Event, field: str, lang: str, given: str) -> Screen:
    text = block(given.strip()) if field == "description" else clean(given)
    if not 0 < len(text) <= LONGEST[field]:
        return _ask(turn, event, field, lang, turn.say(FAULTS[field], most=LONGEST[field]))
    text = given.strip() if field == "description" else text
    changed = await turn.unit.events.put_text(event, lang, field, text, recalendar=event.state == "published")
    if field == "place":
        await _tell_of_change(turn, changed)
    return await _onward(turn, changed, turn._("Kept."))


async def _keep_value(turn: Turn, event: Event, field: str, given: str) -> Screen:
    values = _value(turn, event, field, given)
    if not values:
        return _ask(turn, event, field, "", turn.say(FAULTS[field]))
    calendar = field in ("minutes", "link") and event.state == "published"
    changed = await turn.unit.events.change(event, recalendar=calendar, **values)
    if field == "capacity":
        await fill_seats(turn.unit, changed, turn.now)
    if field == "minutes":
        await arm(turn.unit, changed, turn.now)
    if field == "link":
        await _tell_of_change(turn, changed)
    return await _onward(turn, changed, turn._("Kept."))


def _value(turn: Turn, event: Event, field: str, given: str) -> dict[str, Any]:
    match field:
        case "minutes":
            minutes = parse_duration(given)
            return {"minutes": minutes} if minutes and minutes <= LONGEST_EVENT else {}
        case "capacity":
            count = parse_count(given)
            return {"capacity": count} if count and count <= MOST_SEATS else {}
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
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "cancelled":
        return await no_such_event(turn)
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
    """Set a draft's time at once; a published event is moved only after a look at old and new."""
    if event.state == "draft":
        changed = await turn.unit.events.change(event, starts_at=moment)
        return await _onward(turn, changed, turn.speech.moment(moment, turn.now))
    assert event.starts_at is not None  # noqa: S101 - what is published has a time
    seats = await turn.unit.registrations.seats(event.id)
    people = seats.confirmed + seats.waitlisted
    minute = int(moment.timestamp() // 60)
    return turn.screen(
        paragraphs(
            _old_and_new(turn, event.starts_at, moment),
            turn.n(
                "{count} registered person will be told.", "{count} registered people will be told.", people
            ),
        ),
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


def _old_and_new(turn: Turn, old: datetime, new: datetime) -> str:
    return lines(
        turn._("Until now: {moment}", moment=turn.speech.moment(old, turn.now)),
        turn._("New time: {moment}", moment=turn.speech.moment(new, turn.now)),
    )


@tap("event-move", who=COORDINATORS)
async def move(turn: Turn, event_id: int, schedule_revision: int, minute: int) -> Screen:
    """Move a published event, once: tell everybody old and new, and re-arm what is due."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state != "published" or event.starts_at is None:
        return await no_such_event(turn)
    if event.schedule_revision != schedule_revision:
        return await manage_screen(turn, event, turn._("It was moved already."))
    if not int(turn.now.timestamp() // 60) < minute <= int((turn.now + FARTHEST).timestamp() // 60):
        return _ask(turn, event, "when", "", turn.say(FAULTS["when"]))
    old, new = event.starts_at, datetime.fromtimestamp(minute * 60, UTC)
    closes = event.closes_at if event.closes_at is None or event.closes_at <= new else None
    moved = await turn.unit.events.change(event, reschedule=True, starts_at=new, closes_at=closes)
    await arm(turn.unit, moved, turn.now, moved_from=old)
    await turn.unit.outbox.withdraw(
        f"event:{event.id}", now=turn.now, reason="not_applicable", kind="reminder"
    )
    told = await _tell(
        turn, "moved", moved, f"r{moved.schedule_revision}", moved.schedule_revision, int(old.timestamp())
    )
    return await manage_screen(
        turn,
        moved,
        turn.n("Moved. {count} person is being told.", "Moved. {count} people are being told.", told),
    )


@notice("moved")
async def moved_notice(turn: Turn, event_id: int, schedule_revision: int, old: int) -> Screen | None:
    """Tell somebody registered that an event moved, from when to when, and let them decide."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if (
        event is None
        or event.starts_at is None
        or event.schedule_revision != schedule_revision
        or mine is None
    ):
        return None
    return turn.screen(
        paragraphs(
            turn._("This event has a new time."),
            _old_and_new(turn, datetime.fromtimestamp(old, UTC), event.starts_at),
            turn._("Your registration stays. If the new time does not suit you, please cancel."),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "I am coming"), action("keep", event.id)),
            Button(turn.p("button", "Cancel registration"), action("unregister", event.id)),
            Button(turn.p("button", "Add to calendar"), action("calendar", event.id)),
        ),
        lasting=True,
    )


async def _tell(turn: Turn, kind: str, event: Event, occurrence: str, *args: int) -> int:
    """Queue a notice for everybody who has a seat or waits for one."""
    return await turn.unit.outbox.notify(
        kind,
        turn.unit.registrations.recipients(event.id, "confirmed", "waitlisted"),
        subject=f"event:{event.id}",
        occurrence=occurrence,
        at=turn.now,
        args=(event.id, *args),
    )


async def _tell_of_change(turn: Turn, event: Event) -> None:
    """Queue word of a new place or link, a little later, so that several changes are told as one."""
    if event.state == "published" and not event.over(turn.now):
        await turn.unit.outbox.notify(
            "event-changed",
            turn.unit.registrations.recipients(event.id, "confirmed", "waitlisted"),
            subject=f"event:{event.id}",
            occurrence=str(event.revision),
            at=turn.now,
            args=(event.id, event.revision),
            not_before=turn.now + SETTLES_AFTER,
        )


@notice("event-changed")
async def event_changed(turn: Turn, event_id: int, revision: int) -> Screen | None:
    """Tell somebody registered how and where an event takes place now; an older word of it is left out."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.state != "published" or event.revision != revision or mine is None:
        return None
    return turn.screen(
        paragraphs(
            turn._("Something about this event has changed. This is how it stands now:"),
            lines(when_line(turn, event), where_lines(turn, event, inside=mine.state == "confirmed")),
        ),
        title=event.title(turn.lang),
        rows=column(*seat_buttons(turn, event)),
        lasting=True,
        private=bool(event.join_link),
    )


# --- choices ------------------------------------------------------------------------------------------------


@tap("event-part", who=COORDINATORS)
async def part(turn: Turn, event_id: int, name: str) -> Screen:
    """Show what can be changed in one part of an event."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    match name:
        case "title" | "description" | "place":
            return _texts_part(turn, event, name)
        case "mode":
            return _choices(turn, event, "mode", MODES, turn._("How does it take place?"))
        case "survey_mode" if event.state == "draft":
            return _choices(turn, event, "survey_mode", SURVEY_MODES, _survey_question(turn))
        case "reminders":
            return _reminders_part(turn, event)
        case _:
            return await review(turn, event)


def _survey_question(turn: Turn) -> str:
    return turn._(
        "How shall people be asked afterwards? Once the event is published this can't be changed, "
        "so that nobody's answers are ever shown otherwise than promised."
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


def _choices(turn: Turn, event: Event, field: str, labels: dict[str, Message], question: str) -> Screen:
    return turn.screen(
        question,
        title=event.title(turn.lang),
        rows=column(
            *(
                Button(turn.say(label), action("event-set", event.id, field, value))
                for value, label in labels.items()
            ),
            Button(turn.p("button", "Back"), action("event-edit", event.id)),
        ),
    )


@tap("event-set", who=COORDINATORS)
async def choose(turn: Turn, event_id: int, field: str, value: str) -> Screen:
    """Keep a choice."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "cancelled":
        return await no_such_event(turn)
    allowed = {"mode": MODES, "survey_mode": SURVEY_MODES}.get(field, {})
    if value not in allowed or (field == "survey_mode" and event.state != "draft"):
        raise Outdated(field)
    if getattr(event, field) != value:
        chosen: dict[str, Any] = {field: value}
        event = await turn.unit.events.change(event, recalendar=event.state == "published", **chosen)
        if field == "mode":
            await _tell_of_change(turn, event)
    return await review(turn, event)


def _reminders_part(turn: Turn, event: Event) -> Screen:
    return turn.screen(
        turn._("When are people reminded? Tap to switch one on or off. Nights are left quiet."),
        title=event.title(turn.lang),
        rows=column(
            *(
                Button(
                    turn.p("button", "✓ {label}", label=turn.say(label))
                    if minutes in event.reminders
                    else turn.say(label),
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
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "cancelled":
        return await no_such_event(turn)
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
    """Show an event with every way to change it."""
    event = await turn.unit.events.get(event_id)
    return await no_such_event(turn) if event is None else await _onward(turn, event)


async def review(turn: Turn, event: Event, note: str = "") -> Screen:
    """Show all that an event says, what is missing, and every way to change it."""
    draft = event.state == "draft"
    kept_back = obstacles(event, turn.now) if draft else []
    return turn.screen(
        paragraphs(
            card_text(turn, event, Standing(None, 0, Seats())) if not draft else _draft_text(turn, event),
            _settings_text(turn, event),
            _missing_text(turn, event, kept_back),
        ),
        title=event.title(turn.lang),
        rows=[
            [
                _part(turn, event, NP_("button", "Titles"), "title"),
                _part(turn, event, NP_("button", "Descriptions"), "description"),
            ],
            [
                Button(turn.p("button", "Day and time"), action("event-ask", event.id, "when")),
                Button(turn.p("button", "Duration"), action("event-ask", event.id, "minutes")),
            ],
            [
                Button(turn.p("button", "How it takes place"), action("event-part", event.id, "mode")),
                *([_part(turn, event, NP_("button", "Places"), "place")] if is_in_person(event.mode) else []),
                *(
                    [Button(turn.p("button", "Join link"), action("event-ask", event.id, "link"))]
                    if is_online(event.mode)
                    else []
                ),
            ],
            [
                Button(turn.p("button", "Seats"), action("event-ask", event.id, "capacity")),
                Button(turn.p("button", "Deadline"), action("event-ask", event.id, "closes")),
            ],
            [
                Button(turn.p("button", "Reminders"), action("event-part", event.id, "reminders")),
                *(
                    [Button(turn.p("button", "Survey"), action("event-part", event.id, "survey_mode"))]
                    if draft
                    else []
                ),
            ],
            [Button(turn.p("button", "Preview"), action("event-preview", event.id))],
            *(
                [
                    [Button(turn.p("button", "Publish"), action("event-publish", event.id))]
                    if not kept_back
                    else [],
                    [Button(turn.p("button", "Delete the draft"), action("event-delete", event.id))],
                ]
                if draft
                else []
            ),
            [Button(turn.p("button", "Back"), "manage-events" if draft else action("manage", event.id))],
        ],
        note=note,
    )


def _part(turn: Turn, event: Event, label: Message, name: str) -> Button:
    return Button(turn.say(label), action("event-part", event.id, name))


def _draft_text(turn: Turn, event: Event) -> str:
    return paragraphs(
        turn._("Draft, seen by coordinators only."),
        lines(kind_line(turn, event), when_line(turn, event), where_lines(turn, event, inside=True)),
        block(event.description(turn.lang)),
    )


def _settings_text(turn: Turn, event: Event) -> str:
    reminders = [
        turn.say(REMINDERS[minutes])
        for minutes in sorted(event.reminders, reverse=True)
        if minutes in REMINDERS
    ]
    return lines(
        turn._("Duration: {duration}", duration=turn.speech.duration(event.minutes)),
        turn._("Seats: {count}", count=event.capacity) if event.capacity else turn._("Seats: no limit"),
        turn._("Register until: {moment}", moment=turn.speech.moment(event.closes_at, turn.now))
        if event.closes_at
        else turn._("Register until: it begins"),
        turn._("Reminders: {list}", list=turn.speech.list(reminders))
        if reminders
        else turn._("Reminders: none"),
        turn._("Survey afterwards: {mode}", mode=turn.say(SURVEY_MODES[event.survey_mode])),
    )


def _missing_text(turn: Turn, event: Event, kept_back: Sequence[Obstacle]) -> str:
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
    """Show the card as readers of each language will see it."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    seen = []
    for lang in LANGUAGES:
        reader = turn.reading(lang)
        text = card_text(reader, event, Standing(None, 0, Seats()))
        seen.append(reader.screen(text, title=event.title(lang)))
    back = turn.screen(
        turn._("This is how readers of each language see it."),
        rows=column(Button(turn.p("button", "Back"), action("event-edit", event.id))),
    )
    return seen[0].followed_by(*seen[1:], back)


@tap("event-publish", who=COORDINATORS)
async def publish(turn: Turn, event_id: int) -> Screen:
    """Publish a draft, once, arm what is due, and offer to announce it."""
    event = await turn.unit.events.hold(event_id)
    if event is None:
        return await no_such_event(turn)
    if event.state != "draft":
        return await manage_screen(turn, event)
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
async def delete_draft(turn: Turn, event_id: int) -> Screen:
    """Forget a draft; what was ever published stays."""
    removed = await turn.unit.events.remove_draft(event_id)
    return await manage_list(turn, note=turn._("The draft was deleted.") if removed else "")


# --- managing -----------------------------------------------------------------------------------------------


@tap("manage-events", who=COORDINATORS)
async def manage_events(turn: Turn, which: str = "coming", page: int = 0) -> Screen:
    """List drafts, what is coming, or what is over."""
    return await manage_list(turn, which, page)


async def manage_list(turn: Turn, which: str = "coming", page: int = 0, note: str = "") -> Screen:
    """Show a page of events to manage, with a word about what just happened."""

    async def slice_of(limit: int, offset: int) -> list[Event]:
        if which == "drafts":
            return await turn.unit.events.drafts(limit=limit, offset=offset)
        if which == "past":
            return await turn.unit.events.archive(turn.now, limit=limit, offset=offset)
        return await turn.unit.events.upcoming(turn.now, limit=limit, offset=offset)

    shown = await page_of(slice_of, page, 4)
    untitled = turn._("No title yet")
    numbered = [
        (number, one, one.title(turn.lang) or untitled) for number, one in enumerate(shown.items, shown.first)
    ]
    return turn.screen(
        paragraphs(
            *(
                lines(turn._("{number}. {name}", number=number, name=name), when_line(turn, one))
                for number, one, name in numbered
            )
        )
        or turn._("Nothing here."),
        title=turn._("Manage events"),
        rows=[
            *(
                [Button(numbered_label(turn, number, name), action("manage", one.id))]
                for number, one, name in numbered
            ),
            page_buttons(turn, shown, "manage-events", which),
            [
                *([Button(turn.p("button", "Coming"), "manage-events")] if which != "coming" else []),
                *(
                    [Button(turn.p("button", "Drafts"), action("manage-events", "drafts"))]
                    if which != "drafts"
                    else []
                ),
                *(
                    [Button(turn.p("button", "Past"), action("manage-events", "past"))]
                    if which != "past"
                    else []
                ),
            ],
            [
                Button(turn.p("button", "New event"), "new-event"),
                Button(turn.p("button", "Back"), "coordinate"),
            ],
        ],
        note=note,
    )


@tap("manage", who=COORDINATORS)
async def manage(turn: Turn, event_id: int) -> Screen:
    """Show one event to those who run it."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    return await _onward(turn, event) if event.state == "draft" else await manage_screen(turn, event)


async def manage_screen(turn: Turn, event: Event, note: str = "") -> Screen:
    """Show how many come, what was missed, and what can be done."""
    seats = await turn.unit.registrations.seats(event.id)
    missed = await turn.unit.moments.missed("reminder", event.id)
    ahead = event.state == "published" and not event.over(turn.now)
    return turn.screen(
        paragraphs(
            turn._("This event was cancelled.") if event.state == "cancelled" else "",
            lines(kind_line(turn, event), when_line(turn, event), where_lines(turn, event, inside=True)),
            lines(
                turn._("Registered: {count}", count=seats.confirmed),
                turn._("Waiting: {count}", count=seats.waitlisted),
                turn._("Cancelled: {count}", count=seats.cancelled),
                turn._("Seats: {count}", count=event.capacity)
                if event.capacity
                else turn._("Seats: no limit"),
                turn._("Reminders that came too late and were not sent: {count}", count=missed)
                if missed
                else "",
            ),
        ),
        title=event.title(turn.lang),
        rows=[
            [
                Button(turn.p("button", "Who is registered"), action("roster", event.id, "confirmed", 0)),
                *([Button(turn.p("button", "Edit"), action("event-edit", event.id))] if ahead else []),
            ],
            [
                Button(turn.p("button", "Move"), action("event-ask", event.id, "when")),
                Button(turn.p("button", "Cancel the event"), action("event-cancel", event.id)),
            ]
            if ahead
            else [],
            [Button(turn.p("button", "Announce"), action("new-announcement", event.id))] if ahead else [],
            [
                Button(turn.p("button", "Send slides"), action("material-new", event.id)),
                Button(turn.p("button", "Survey results"), action("survey-results", event.id)),
            ]
            if event.state == "published"
            else [],
            [Button(turn.p("button", "Back"), "manage-events")],
        ],
        note=note,
    )


@tap("event-cancel", who=COORDINATORS)
async def ask_cancel(turn: Turn, event_id: int) -> Screen:
    """Ask once more before an event is cancelled."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state != "published":
        return await manage_list(turn)
    seats = await turn.unit.registrations.seats(event.id)
    people = seats.confirmed + seats.waitlisted
    return turn.screen(
        paragraphs(
            turn._("Do you want to cancel this event? This can't be undone."),
            when_line(turn, event),
            turn.n(
                "{count} registered person will be told.", "{count} registered people will be told.", people
            ),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Yes, cancel it"), action("event-cancel-yes", event.id)),
            Button(turn.p("button", "No, keep it"), action("manage", event.id)),
        ),
    )


@tap("event-cancel-yes", who=COORDINATORS)
async def cancel(turn: Turn, event_id: int) -> Screen:
    """Cancel an event, once: nothing queued for it goes out, and everybody registered is told."""
    event = await turn.unit.events.hold(event_id)
    if event is None:
        return await no_such_event(turn)
    if event.state != "published":
        return await manage_screen(turn, event)
    cancelled = await turn.unit.events.change(event, recalendar=True, state="cancelled")
    await disarm(turn.unit, cancelled, turn.now)
    told = await _tell(turn, "event-cancelled", cancelled, "1")
    return await manage_screen(
        turn,
        cancelled,
        turn.n("Cancelled. {count} person is being told.", "Cancelled. {count} people are being told.", told),
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
    )


@tap("roster", who=COORDINATORS)
async def roster(turn: Turn, event_id: int, state: str, page: int) -> Screen:
    """List who is registered, or who waits, with their organisations, for coordinators only."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    if state not in ("confirmed", "waitlisted"):
        raise Outdated(state)
    shown = await page_of(
        lambda limit, offset: turn.unit.registrations.roster(event_id, state, limit=limit, offset=offset),
        page,
        ROSTER_PAGE,
    )
    people = {
        one.id: one
        for one in await turn.unit.members.many([one.member_id for one in shown.items if one.member_id])
    }
    organisations = {one.id: one.name(turn.lang) for one in await turn.unit.organisations.listed(turn.lang)}
    named = [
        turn._(
            "{number}. {name}, {organisation}",
            number=number,
            name=people[one.member_id].name if one.member_id in people else turn._("no longer a member"),
            organisation=organisations.get(one.organisation_id or 0, "–"),
        )
        for number, one in enumerate(shown.items, shown.first)
    ]
    other = "waitlisted" if state == "confirmed" else "confirmed"
    return turn.screen(
        lines(*named) or turn._("Nobody yet."),
        title=turn._("Who is registered") if state == "confirmed" else turn._("Waiting list"),
        rows=[
            page_buttons(turn, shown, "roster", event_id, state),
            [
                Button(
                    turn.p("button", "Waiting list")
                    if other == "waitlisted"
                    else turn.p("button", "Who is registered"),
                    action("roster", event_id, other, 0),
                )
            ],
            [Button(turn.p("button", "Back"), action("manage", event_id))],
        ],
        private=True,
    )
