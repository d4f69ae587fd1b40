"""The life of a survey: it opens when its event ends or draws near, reminds once, and closes by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from handlers.housekeeping import owe_scrub
from handlers.kit import Button, Screen, Template, Tick, Turn, action, notice, paragraphs, tick
from handlers.menu import menu_button
from handlers.rules.days import day_of
from handlers.rules.questions import Question, path, questions, read, written
from handlers.rules.schedule import parse_occurrence
from handlers.rules.surveys import (
    ENOUGH,
    Calendar,
    Refusal,
    calendar,
    calendar_before,
    may_extend,
    next_allowed,
    refusal,
)
from handlers.rules.templates import BEFORE_PART, part_of, usual_template
from handlers.rules.wording import ready
from storage.events import Event
from storage.moments import Arming, Moment
from storage.surveys import BEFORE, LATER, Survey
from storage.unit import Unit

OWN = "own"
"""In place of a template's name where coordinators wrote the questions."""

STAFF = ("coordinator", "administrator")


@tick("surveys", every=timedelta(seconds=10))
async def surveys(tick: Tick) -> None:
    """Open, remind, warn and close what is due, each in a transaction of its own."""
    for kind, handle in DUE.items():
        await _each_due(tick, kind, handle)


async def _each_due(tick: Tick, kind: str, handle: Callable[[Tick, Unit, Moment], Awaitable[None]]) -> None:
    async with tick.unit() as unit:
        due = await unit.moments.due(kind, tick.now)
    for moment in due:
        late = moment.useful_until is not None and tick.now > moment.useful_until
        async with tick.unit() as unit:
            if await unit.moments.settle(moment.id, "missed" if late else "done", tick.now) and not late:
                await handle(tick, unit, moment)


async def _open(tick: Tick, unit: Unit, moment: Moment) -> None:
    event = await unit.events.get(moment.subject_id)
    if event is None or event.state != "published" or event.survey_mode == "none":
        return
    if moment.occurrence == f"r{event.schedule_revision}":
        await _ask_about(tick, unit, event, 0, calendar(tick.now, tick.community.zone))


async def _open_later(tick: Tick, unit: Unit, moment: Moment) -> None:
    event = await unit.events.get(moment.subject_id)
    if event is None or event.state != "published" or event.survey_mode == "none":
        return
    if moment.occurrence == f"r{event.schedule_revision}":
        await _ask_about(tick, unit, event, LATER, calendar(tick.now, tick.community.zone))


async def _open_day(tick: Tick, unit: Unit, moment: Moment) -> None:
    event = await unit.events.get(moment.subject_id)
    if event is None or event.state != "published" or event.survey_mode == "none" or not event.daily_survey:
        return
    day, revision = parse_occurrence(moment.occurrence)
    if revision == event.schedule_revision and day_of(event, day):
        await _ask_about(tick, unit, event, day, calendar(tick.now, tick.community.zone))


async def _open_before(tick: Tick, unit: Unit, moment: Moment) -> None:
    event = await unit.events.get(moment.subject_id)
    if event is None or event.state != "published" or event.survey_mode == "none" or event.starts_at is None:
        return
    if moment.occurrence == f"r{event.schedule_revision}":
        plan = calendar_before(tick.now, event.starts_at, tick.community.zone)
        await _ask_about(tick, unit, event, BEFORE, plan)


async def asked_in(unit: Unit, event: Event, part: str) -> tuple[str, tuple[Question, ...]]:
    """Return what a part of an event is to be asked: the template's name, and the questions."""
    own = await unit.forms.of(event.id, part)
    if own is not None:
        return OWN, ready(read(own.questions))
    usual = usual_template(event.kind, part)
    return (usual.name, usual.questions) if usual else ("", ())


async def asks_before(unit: Unit, event: Event) -> bool:
    """Say whether people are asked something before the event begins."""
    return event.survey_mode != "none" and bool((await asked_in(unit, event, BEFORE_PART))[1])


async def _ask_about(tick: Tick, unit: Unit, event: Event, day: int, plan: Calendar) -> None:
    """Open the survey of an event, or of a part of it, and ask everyone who is registered."""
    template, form = await asked_in(unit, event, part_of(day))
    if not form:
        return
    survey = await unit.surveys.create(
        event.id,
        event.survey_mode,
        template,
        written(form),
        people=unit.registrations.recipients(event.id, "confirmed"),
        at=tick.now,
        closes_at=plan.close,
        day=day,
    )
    if survey is not None:
        await _arm(unit, survey, plan)
        await _ask(unit, survey, "survey", tick.now, not_before=plan.ask)


async def _arm(unit: Unit, survey: Survey, plan: Calendar) -> None:
    if plan.remind is not None:
        await unit.moments.arm("survey-reminder", survey.id, [Arming("once", plan.remind, plan.close)])
    if survey.anonymous and plan.warn is not None:
        await unit.moments.arm("survey-few", survey.id, [Arming("once", plan.warn, plan.close)])
    await unit.moments.arm("survey-close", survey.id, [Arming("close", plan.close, None)])


async def _ask(unit: Unit, survey: Survey, kind: str, now: datetime, not_before: datetime) -> None:
    """Queue a notice for everyone who is registered; who has answered by then is left out when it is sent.

    So no list of those who have not answered is ever written down.
    """
    await unit.outbox.notify(
        kind,
        unit.registrations.recipients(survey.event_id, "confirmed"),
        subject=f"survey:{survey.id}",
        occurrence="once",
        at=now,
        args=(survey.id,),
        topic="surveys",
        not_before=not_before,
        expires_at=survey.closes_at,
    )


async def _remind(tick: Tick, unit: Unit, moment: Moment) -> None:
    survey = await unit.surveys.get(moment.subject_id)
    if survey is not None and survey.takes_answers(tick.now):
        await _count_anew(unit, survey)
        await _ask(unit, survey, "survey-reminder", tick.now, next_allowed(tick.now, tick.community.zone))


async def _count_anew(unit: Unit, survey: Survey) -> None:
    """Count those who registered since as asked, as they are by a reminder and by their list of surveys."""
    if survey.day == BEFORE:
        people = unit.registrations.recipients(survey.event_id, "confirmed")
        await unit.surveys.count_invited(survey.id, people)


async def _warn(tick: Tick, unit: Unit, moment: Moment) -> None:
    await _tell_staff(unit, "survey-few", moment.subject_id, tick.now)


async def _close(tick: Tick, unit: Unit, moment: Moment) -> None:
    survey = await unit.surveys.get(moment.subject_id)
    if survey is None or survey.closes_at > tick.now:
        return
    await _count_anew(unit, survey)
    if await unit.surveys.close(survey.id, least=ENOUGH) is None:
        return
    if survey.anonymous:
        await leave_no_trace(unit, survey, tick.now)
    await _tell_staff(unit, "survey-closed", survey.id, tick.now)


async def leave_no_trace(unit: Unit, survey: Survey, now: datetime) -> None:
    """Take away, and off the disk, what beside the ballots would tell how somebody answered."""
    await unit.outbox.forget_traceless(now)
    await unit.outbox.forget_told(f"survey:{survey.id}")
    await unit.outbox.blur(survey.created_at)
    await unit.inbox.blur(survey.created_at)
    await owe_scrub(unit)


async def _tell_staff(unit: Unit, kind: str, survey_id: int, now: datetime) -> None:
    subject = f"survey-results:{survey_id}"
    await unit.outbox.notify_roles(
        kind, *STAFF, subject=subject, occurrence="once", at=now, args=(survey_id,), topic="surveys"
    )


DUE = {
    "survey": _open,
    "survey-before": _open_before,
    "survey-day": _open_day,
    "survey-later": _open_later,
    "survey-reminder": _remind,
    "survey-few": _warn,
    "survey-close": _close,
}
"""What is done when a moment of each kind is due."""


async def extend(unit: Unit, survey: Survey, closes_at: datetime) -> None:
    """Keep a survey open until later."""
    await _move_closing(unit, survey, closes_at, "extended")


async def close_now(unit: Unit, survey: Survey, now: datetime) -> None:
    """Refuse answers from now on; the clock does the rest within seconds."""
    await _move_closing(unit, survey, now, "now")


async def event_moved(unit: Unit, event: Event) -> None:
    """Let what is asked before an event stay open until it begins at its new time."""
    survey = await unit.surveys.of_event(event.id, BEFORE)
    if survey is not None and event.starts_at is not None and survey.closes_at != event.starts_at:
        await _move_closing(unit, survey, event.starts_at, f"r{event.schedule_revision}")


async def _move_closing(unit: Unit, survey: Survey, closes_at: datetime, occurrence: str) -> None:
    # Each has an occurrence of its own: one the clock is about to settle must not take the new one with it.
    if await unit.surveys.set_closing(survey.id, closes_at):
        await unit.moments.withdraw("survey-close", survey.id)
        await unit.moments.arm("survey-close", survey.id, [Arming(occurrence, closes_at, None)])


# --- what people are told -----------------------------------------------------------------------------------


@notice("survey")
async def invitation(turn: Turn, survey_id: int) -> Screen | None:
    """Ask somebody for feedback, unless they can't or need not answer any more."""
    return await _invite(turn, survey_id, remind=False)


@notice("survey-reminder")
async def reminder(turn: Turn, survey_id: int) -> Screen | None:
    """Ask once more."""
    return await _invite(turn, survey_id, remind=True)


async def _invite(turn: Turn, survey_id: int, *, remind: bool) -> Screen | None:
    survey = await look(turn, survey_id)
    if isinstance(survey, Refusal):
        return None
    event = await turn.unit.events.get(survey.event_id)
    if event is None or event.state == "cancelled":
        return None
    if await _stayed_away(turn, survey):
        return None
    title = survey_title(turn, survey, event)
    count = len(path(questions(survey), {}))
    effort = turn.n("It is one short question.", "It is {count} short questions, about a minute.", count)
    until = turn._("You can answer until {moment}.", moment=turn.speech.moment(survey.closes_at, turn.now))
    return turn.screen(
        paragraphs(_asking(turn, survey, event, remind=remind), effort, until),
        title=turn._("Before it begins") if survey.day == BEFORE else turn._("Your feedback"),
        rows=[[Button(turn.p("button", "Give feedback"), action("survey", survey.id)), menu_button(turn)]],
        lasting=True,
        template=Template("feedback_asked", (title,)),
    )


def _asking(turn: Turn, survey: Survey, event: Event, *, remind: bool) -> str:
    if survey.day == BEFORE:
        return turn._("Where do you stand before this begins? {event}", event=event.title(turn.lang))
    if survey.day == LATER:
        return turn._("Some weeks have passed. What became of it? {event}", event=event.title(turn.lang))
    title = survey_title(turn, survey, event)
    if remind:
        return turn._("There is still time to say how this was for you: {event}", event=title)
    return turn._("How was this for you? {event}", event=title)


def survey_title(turn: Turn, survey: Survey, event: Event) -> str:
    """Say what a survey is about: an event, one of its days, or what people bring along."""
    title = event.title(turn.lang)
    if survey.day == BEFORE:
        return turn._("{title}, before it begins", title=title)
    if survey.day == LATER:
        return turn._("{title}, weeks later", title=title)
    return turn._("{title}, day {day}", title=title, day=survey.day) if survey.day else title


async def _stayed_away(turn: Turn, survey: Survey) -> bool:
    """Say whether all that was noted of this person is that they did not come; nothing noted says nothing."""
    noted = await turn.unit.attendance.of_person(survey.event_id, turn.member.id)
    states = [state for day, state in noted.items() if survey.day in (0, LATER, day)]
    return bool(states) and not {"present", "partly"} & set(states)


async def look(turn: Turn, survey_id: int) -> Survey | Refusal:
    """Return the survey where this person can answer it now, else why not."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return Refusal.UNKNOWN
    turn.traceless = survey.anonymous
    registration = await turn.unit.registrations.of(survey.event_id, turn.member.id)
    registered = registration is not None and registration.state == "confirmed"
    answered = await turn.unit.surveys.has_answered(survey, turn.member.id)
    return refusal(survey, registered=registered, answered=answered, now=turn.now) or survey


@notice("survey-few")
async def few(turn: Turn, survey_id: int) -> Screen | None:
    """Warn a coordinator that an anonymous survey is about to end with too few answers to show."""
    survey = await turn.unit.surveys.get(survey_id)
    event = await turn.unit.events.get(survey.event_id) if survey else None
    if survey is None or event is None or not may_extend(survey, turn.now):
        return None
    answered = await turn.unit.surveys.count_answers(survey)
    if answered >= ENOUGH:
        return None
    until = turn.speech.moment(survey.closes_at, turn.now)
    return turn.screen(
        paragraphs(
            turn._(
                "Few people have answered the survey about: {event}", event=survey_title(turn, survey, event)
            ),
            turn._("Answers so far: {answered} of {invited}", answered=answered, invited=survey.invited),
            turn._("It closes on: {moment}", moment=until),
            turn._("With fewer than five answers, all are destroyed unread. You can keep it open longer."),
        ),
        title=turn._("A survey needs answers"),
        rows=[
            [Button(turn.p("button", "Keep open 7 days"), action("survey-extend", survey.id))],
            [
                Button(turn.p("button", "Survey results"), action("survey-report", survey.id)),
                menu_button(turn),
            ],
        ],
        lasting=True,
    )


@notice("survey-closed")
async def closed(turn: Turn, survey_id: int) -> Screen | None:
    """Tell a coordinator that the results are in."""
    survey = await turn.unit.surveys.get(survey_id)
    event = await turn.unit.events.get(survey.event_id) if survey else None
    if survey is None or event is None:
        return None
    answered = await turn.unit.surveys.count_answers(survey)
    return turn.screen(
        paragraphs(
            turn._("The survey has closed: {event}", event=survey_title(turn, survey, event)),
            turn._("Answers: {answered} of {invited}", answered=answered, invited=survey.invited),
        ),
        title=turn._("Survey closed"),
        rows=[
            [
                Button(turn.p("button", "Survey results"), action("survey-report", survey.id)),
                menu_button(turn),
            ]
        ],
        lasting=True,
    )
