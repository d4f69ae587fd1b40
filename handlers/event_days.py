"""The days of an event as coordinators set them: how each stands, when it is, certificates, places in the room."""

from __future__ import annotations

from datetime import timedelta

from handlers.certificates import settle_certificates
from handlers.event_changes import tell_of_change
from handlers.events import no_such_event
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
from handlers.presence import day_line, named_day, series_line
from handlers.reminders import arm
from handlers.rules.days import (
    LONGEST_DAY,
    Day,
    Plan,
    changed_day,
    day_of,
    days_of,
    length_of,
    plan_of,
    resized_day,
    with_another_day,
    without_last_day,
)
from locales import BAGHDAD, N_, NP_, Message, parse_count, parse_duration, parse_moment
from storage.events import Event

MOST_PLACES = 10_000
RULES: dict[str, Message] = {
    "all": NP_("button", "Every day"),
    "most": NP_("button", "4 of 5 days (80%)"),
    "none": NP_("button", "No certificate"),
}
RULE_LINES: dict[str, Message] = {
    "all": N_("Certificate: for being there every day"),
    "most": N_("Certificate: for being there on 80% of the days"),
    "": N_("Certificate: none"),
}


@tap("days", who=COORDINATORS)
async def days(turn: Turn, event_id: int) -> Screen:
    """Show an event's days, and lead on to attendance, agenda and what belongs to them."""
    event = await turn.unit.events.get(event_id)
    return await days_screen(turn, event) if event else await no_such_event(turn)


async def days_screen(turn: Turn, event: Event, note: str = "") -> Screen:
    """Show an event's days with how many were there on each."""
    there = (await turn.unit.attendance.present_per_day([event.id])).get(event.id, {})
    closed = await turn.unit.attendance.closed_days(event.id)
    listed = [
        _day_lines(turn, event, day, there.get(day.number), day.number in closed) for day in days_of(event)
    ]
    issued = await turn.unit.certificates.count(event.id)
    return turn.screen(
        paragraphs(
            lines(*listed) or turn._("No time yet"),
            lines(
                turn.say(RULE_LINES[event.certificate]),
                turn._("Certificates given: {count}", count=issued) if issued else "",
                turn._("Survey: after each day, and after the event") if _asks_daily(event) else "",
                turn._("Places in the room: {count}", count=event.room) if event.room else "",
                await series_line(turn, event),
            ),
        ),
        title=event.title(turn.lang),
        rows=_days_buttons(turn, event),
        note=note,
    )


def _day_lines(turn: Turn, event: Event, day: Day, there: int | None, closed: bool) -> str:
    counted = turn._("Were there: {count}", count=there or 0) if closed or there else ""
    return lines(named_day(turn, event, day), counted)


def _days_buttons(turn: Turn, event: Event) -> list[list[Button]]:
    timed = event.starts_at is not None
    changeable = timed and event.state != "cancelled" and not event.over(turn.now)
    return [
        [Button(turn.p("button", "Attendance"), action("attendance", event.id, 0))]
        if timed and event.state == "published"
        else [],
        [
            Button(turn.p("button", "Write agenda"), action("agenda-edit", event.id, 1)),
            Button(turn.p("button", "Change days"), action("plan", event.id, 1)),
        ]
        if changeable
        else [],
        [
            Button(turn.p("button", "Certificate"), action("certificate-rule", event.id)),
            Button(turn.p("button", "Series"), action("series-edit", event.id)),
        ]
        if event.state != "cancelled"
        else [],
        [_daily_button(turn, event)] if changeable and len(days_of(event)) > 1 and _surveyed(event) else [],
        [Button(turn.p("button", "Places in the room"), action("room", event.id))]
        if changeable and event.mode == "hybrid"
        else [],
        [Button(turn.p("button", "Back"), action("manage", event.id))],
    ]


def _surveyed(event: Event) -> bool:
    return event.survey_mode != "none"


def _asks_daily(event: Event) -> bool:
    return event.daily_survey and _surveyed(event) and len(days_of(event)) > 1


def _daily_button(turn: Turn, event: Event) -> Button:
    off, on = turn.p("button", "No daily survey"), turn.p("button", "Survey every day")
    return Button(
        off if event.daily_survey else on, action("daily-survey", event.id, int(not event.daily_survey))
    )


@tap("daily-survey", who=COORDINATORS)
async def daily_survey(turn: Turn, event_id: int, on: int) -> Screen:
    """Ask for feedback after each day as well, or only after the event."""
    event = await _open(turn, event_id)
    if isinstance(event, Screen):
        return event
    if event.daily_survey != bool(on):
        event = await turn.unit.events.change(event, daily_survey=bool(on))
        await arm(turn.unit, event, turn.now)
    return await days_screen(turn, event, turn._("Kept."))


async def _open(turn: Turn, event_id: int) -> Event | Screen:
    """Hold an event that may still be changed, or return what to show instead."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.starts_at is None:
        return await no_such_event(turn)
    if event.state == "cancelled" or event.over(turn.now):
        return await days_screen(turn, event, turn._("This event can't be changed any more."))
    return event


# --- when each day is ---------------------------------------------------------------------------------------


@tap("plan", who=COORDINATORS)
async def plan(turn: Turn, event_id: int, number: int) -> Screen:
    """Show one day's time and how to change it, add a day or take the last one away."""
    event = await _open(turn, event_id)
    return event if isinstance(event, Screen) else await _plan_screen(turn, event, number)


async def _plan_screen(turn: Turn, event: Event, number: int, note: str = "") -> Screen:
    day = day_of(event, number) or days_of(event)[0]
    count = len(days_of(event))
    here = (event.id, day.number)
    near = [one for one in (day.number - 1, day.number + 1) if day_of(event, one)]
    last = day.number == count > 1
    return turn.screen(
        lines(
            day_line(turn, day),
            turn._("Days: {count}", count=count),
            turn._("The first day begins when the event does. To change that, change day and time.")
            if day.number == 1
            else "",
        ),
        title=event.title(turn.lang),
        rows=[
            [
                Button(turn.p("button", "When it begins"), action("day-when", *here))
                if day.number > 1
                else Button(turn.p("button", "Day and time"), action("event-ask", event.id, "when")),
                Button(turn.p("button", "Duration"), action("day-minutes", *here)),
            ],
            [Button(turn.p("button", "Day {day}", day=one), action("plan", event.id, one)) for one in near],
            [Button(turn.p("button", "Add a day"), action("day-add", event.id, count))],
            [Button(turn.p("button", "Remove last day"), action("day-remove", event.id, count))]
            if last
            else [],
            [Button(turn.p("button", "Back"), action("days", event.id))],
        ],
        note=note,
    )


async def _replan(turn: Turn, event: Event, plan: Plan, number: int) -> Screen:
    """Keep other days; those who are registered are told once it has settled."""
    if plan == plan_of(event):
        return await _plan_screen(turn, event, number, turn._("Kept."))
    published = event.state == "published"
    changed = await turn.unit.events.change(event, recalendar=published, plan=plan, minutes=length_of(plan))
    await arm(turn.unit, changed, turn.now)
    await tell_of_change(turn.unit, changed, turn.now)
    return await _plan_screen(turn, changed, number, turn._("Kept."))


@tap("day-add", who=COORDINATORS)
async def day_add(turn: Turn, event_id: int, count: int) -> Screen:
    """Add a day after the last; tapped twice, it is still one."""
    event = await _open(turn, event_id)
    if isinstance(event, Screen):
        return event
    if count != len(days_of(event)):
        return await _plan_screen(turn, event, len(days_of(event)))
    plan = with_another_day(event)
    if plan is None:
        return await _plan_screen(turn, event, count, turn._("There are as many days as there can be."))
    return await _replan(turn, event, plan, len(plan))


@tap("day-remove", who=COORDINATORS)
async def day_remove(turn: Turn, event_id: int, count: int) -> Screen:
    """Take the last day away, unless somebody was there; tapped twice, it is still one."""
    event = await _open(turn, event_id)
    if isinstance(event, Screen):
        return event
    plan = without_last_day(event)
    if plan is None or count != len(days_of(event)):
        return await _plan_screen(turn, event, len(days_of(event)))
    if await turn.unit.attendance.marks(event.id, count):
        return await _plan_screen(
            turn, event, count, turn._("People are noted as having been there that day.")
        )
    if days_of(event)[count - 2].ends_at <= turn.now:
        return await _plan_screen(turn, event, count, turn._("The days before it are over already."))
    return await _replan(turn, event, plan, len(plan))


@tap("day-when", who=COORDINATORS)
async def day_when(turn: Turn, event_id: int, number: int) -> Screen:
    """Ask when a day begins."""
    event = await _open(turn, event_id)
    return event if isinstance(event, Screen) else _ask_when(turn, event, number)


def _ask_when(turn: Turn, event: Event, number: int, note: str = "") -> Screen:
    day = day_of(event, number) or days_of(event)[-1]
    example = day.starts_at.astimezone(BAGHDAD).strftime("%d/%m %H:%M")
    return turn.screen(
        paragraphs(
            day_line(turn, day),
            turn._(
                "When does this day begin, in Baghdad time? Write day and time, for example: {example}",
                example=example,
            ),
        ),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "Back"), action("plan", event.id, day.number))),
        ask=action("day-when", event.id, day.number),
        note=note,
    )


@answer("day-when", who=COORDINATORS)
async def when_given(turn: Turn, reply: Reply, event_id: int, number: int) -> Screen:
    """Let a day begin at another time, after the one before it and before the next."""
    event = await _open(turn, event_id)
    if isinstance(event, Screen):
        return event
    day = day_of(event, number)
    moment = parse_moment(reply.text, turn.now, BAGHDAD)
    if day is None or number == 1:
        return await _plan_screen(turn, event, 1)
    if moment is None or moment <= turn.now:
        return _ask_when(turn, event, number, turn._("I could not read that as a day and time to come."))
    plan = changed_day(event, number, moment, _minutes(day))
    if plan is None:
        fault = turn._("Days follow one another: this one must begin after the day before it has ended.")
        return _ask_when(turn, event, number, fault)
    return await _replan(turn, event, plan, number)


@tap("day-minutes", who=COORDINATORS)
async def day_minutes(turn: Turn, event_id: int, number: int) -> Screen:
    """Ask how long a day lasts."""
    event = await _open(turn, event_id)
    return event if isinstance(event, Screen) else _ask_minutes(turn, event, number)


def _ask_minutes(turn: Turn, event: Event, number: int, note: str = "") -> Screen:
    day = day_of(event, number) or days_of(event)[0]
    return turn.screen(
        paragraphs(
            day_line(turn, day),
            turn._(
                "How long does this day last? For example: {example}", example=turn.speech.duration(6 * 60)
            ),
        ),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "Back"), action("plan", event.id, day.number))),
        ask=action("day-minutes", event.id, day.number),
        note=note,
    )


@answer("day-minutes", who=COORDINATORS)
async def minutes_given(turn: Turn, reply: Reply, event_id: int, number: int) -> Screen:
    """Let a day last so long."""
    event = await _open(turn, event_id)
    if isinstance(event, Screen):
        return event
    day = day_of(event, number)
    minutes = parse_duration(reply.text)
    plan = resized_day(event, number, minutes) if minutes else None
    if day is None or plan is None:
        most = turn.speech.duration(LONGEST_DAY)
        fault = turn._("A day lasts at most {most}, and ends before the next one begins.", most=most)
        return _ask_minutes(turn, event, number, fault)
    return await _replan(turn, event, plan, number)


def _minutes(day: Day) -> int:
    return (day.ends_at - day.starts_at) // timedelta(minutes=1)


# --- certificates and the room ------------------------------------------------------------------------------


@tap("certificate-rule", who=COORDINATORS)
async def certificate_rule(turn: Turn, event_id: int) -> Screen:
    """Ask who gets a certificate."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    chosen = event.certificate or "none"
    return turn.screen(
        turn._("Who gets a certificate? It is given once all days are closed."),
        title=event.title(turn.lang),
        rows=column(
            *(
                Button(
                    turn.p("button", "✓ {label}", label=turn.say(label))
                    if rule == chosen
                    else turn.say(label),
                    action("certificate-set", event.id, rule),
                )
                for rule, label in RULES.items()
            ),
            Button(turn.p("button", "Back"), action("days", event.id)),
        ),
    )


@tap("certificate-set", who=COORDINATORS)
async def certificate_set(turn: Turn, event_id: int, rule: str) -> Screen:
    """Keep who gets a certificate; what was given by another rule is looked at again."""
    if rule not in RULES:
        raise Outdated(rule)
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "cancelled":
        return await no_such_event(turn)
    chosen = "" if rule == "none" else rule
    if chosen == event.certificate:
        return await days_screen(turn, event)
    if await turn.unit.certificates.count(event_id) and not chosen:
        return await days_screen(turn, event, turn._("Certificates were given already."))
    event = await turn.unit.events.change(event, certificate=chosen)
    await settle_certificates(turn.unit, event, turn.now)
    return await days_screen(turn, event, turn._("Kept."))


@tap("room", who=COORDINATORS)
async def room(turn: Turn, event_id: int) -> Screen:
    """Ask how many people the room of a hybrid event holds."""
    event = await _open(turn, event_id)
    return event if isinstance(event, Screen) else _ask_room(turn, event)


def _ask_room(turn: Turn, event: Event, note: str = "") -> Screen:
    return turn.screen(
        turn._("How many people can take part in the room? Everybody else joins online. Write a number."),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "No limit"), action("room-free", event.id)),
            Button(turn.p("button", "Back"), action("days", event.id)),
        ),
        ask=action("room", event.id),
        note=note,
    )


@answer("room", who=COORDINATORS)
async def room_given(turn: Turn, reply: Reply, event_id: int) -> Screen:
    """Keep how many the room holds; nobody who chose it already is sent away."""
    event = await _open(turn, event_id)
    if isinstance(event, Screen):
        return event
    count = parse_count(reply.text)
    if not count or count > MOST_PLACES:
        return _ask_room(turn, event, turn._("That is not a number of places."))
    return await _keep_room(turn, event, count)


@tap("room-free", who=COORDINATORS)
async def room_free(turn: Turn, event_id: int) -> Screen:
    """Let as many into the room as want to."""
    event = await _open(turn, event_id)
    return event if isinstance(event, Screen) else await _keep_room(turn, event, None)


async def _keep_room(turn: Turn, event: Event, count: int | None) -> Screen:
    if event.room != count:
        event = await turn.unit.events.change(event, room=count)
    return await days_screen(turn, event, turn._("Kept."))
