"""The agenda of each day: members read it, coordinators write it in chat."""

from __future__ import annotations

from datetime import datetime, time

from handlers.events import event_card, no_such_event
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
from handlers.presence import day_line
from handlers.rules.agendas import LONGEST_ITEM, MOST_ITEMS, Item, Unread, agenda_in
from handlers.rules.days import Day, day_of, days_of
from locales import BAGHDAD, LANGUAGES, isolate, speech
from storage.agendas import in_language
from storage.events import Event


@tap("agenda")
async def agenda(turn: Turn, event_id: int, number: int) -> Screen:
    """Show what happens on a day of an event; 0 means today, or the first day."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    day = day_of(event, number) or _today(turn, event)
    if day is None:
        return await event_card(turn, event)
    written_in, items = in_language(await turn.unit.agendas.of_day(event_id, day.number), turn.lang)
    foreign = written_in not in ("", turn.lang)
    near = [one for one in (day.number - 1, day.number + 1) if day_of(event, one)]
    return turn.screen(
        paragraphs(
            day_line(turn, day) if len(days_of(event)) > 1 else turn.speech.date(day.starts_at, turn.now),
            items_text(turn, day, [Item(*item) for item in items])
            or turn._("The agenda of this day is not known yet."),
            turn._("Times are Baghdad time."),
            turn._("This text is in: {language}", language=speech(written_in).name) if foreign else "",
        ),
        title=event.title(turn.lang),
        rows=[
            [Button(turn.p("button", "Day {day}", day=one), action("agenda", event_id, one)) for one in near],
            [Button(turn.p("button", "Back"), action("event", event_id))],
        ],
    )


def _today(turn: Turn, event: Event) -> Day | None:
    ahead = [day for day in days_of(event) if day.ends_at > turn.now]
    return ahead[0] if ahead else next(iter(days_of(event)), None)


def items_text(turn: Turn, day: Day, items: list[Item]) -> str:
    """Write an agenda down, one line for each item."""
    return lines(*(_item_line(turn, day, item) for item in items))


def _item_line(turn: Turn, day: Day, item: Item) -> str:
    start = turn.speech.time(_clock(day, item.start))
    if not item.end:
        return turn._("{time}: {what}", time=start, what=item.text)
    end = turn.speech.time(_clock(day, item.end))
    return turn._("{start} to {end}: {what}", start=start, end=end, what=item.text)


def _clock(day: Day, minute: int) -> datetime:
    on = day.starts_at.astimezone(BAGHDAD).date()
    return datetime.combine(on, time(minute // 60, minute % 60), BAGHDAD)


# --- writing it ---------------------------------------------------------------------------------------------


@tap("agenda-edit", who=COORDINATORS)
async def edit(turn: Turn, event_id: int, number: int) -> Screen:
    """Show a day's agenda and in which languages it can be written."""
    event = await turn.unit.events.get(event_id)
    day = day_of(event, number) if event else None
    if event is None or day is None:
        return await no_such_event(turn)
    return await _edit_screen(turn, event, day)


async def _edit_screen(turn: Turn, event: Event, day: Day, note: str = "") -> Screen:
    agendas = await turn.unit.agendas.of_day(event.id, day.number)
    missing = [speech(lang).name for lang in LANGUAGES if lang not in agendas]
    shown = agendas.get(turn.lang, ())
    near = [one for one in (day.number - 1, day.number + 1) if day_of(event, one)]
    return turn.screen(
        paragraphs(
            day_line(turn, day),
            items_text(turn, day, [Item(*item) for item in shown]),
            turn._("⚠ Agenda missing in: {languages}", languages=turn.speech.list(missing))
            if missing
            else "",
            turn._("In which language do you want to write it?"),
        ),
        title=event.title(turn.lang),
        rows=[
            [
                Button(speech(lang).name, action("agenda-write", event.id, day.number, lang))
                for lang in LANGUAGES
            ],
            [
                Button(turn.p("button", "Day {day}", day=one), action("agenda-edit", event.id, one))
                for one in near
            ],
            [Button(turn.p("button", "Back"), action("days", event.id))],
        ],
        note=note,
    )


@tap("agenda-write", who=COORDINATORS)
async def write(turn: Turn, event_id: int, number: int, lang: str) -> Screen:
    """Ask for a day's agenda in one language."""
    event = await turn.unit.events.get(event_id)
    day = day_of(event, number) if event else None
    if lang not in LANGUAGES:
        raise Outdated(lang)
    if event is None or day is None:
        return await no_such_event(turn)
    return await _ask(turn, event, day, lang)


async def _ask(turn: Turn, event: Event, day: Day, lang: str, note: str = "") -> Screen:
    agendas = await turn.unit.agendas.of_day(event.id, day.number)
    now_says = items_text(turn, day, [Item(*item) for item in agendas.get(lang, ())])
    here = (event.id, day.number)
    return turn.screen(
        paragraphs(
            turn._(
                "Write the agenda of day {day} in {language}, one line for each item, the time first. For example:",
                day=day.number,
                language=speech(lang).name,
            ),
            lines(
                isolate(turn._("{time} Opening", time="09:00")), isolate(turn._("{time} Lunch", time="12:30"))
            ),
            lines(turn._("It says now:"), now_says) if now_says else "",
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Remove this text"), action("agenda-clear", *here, lang))
            if now_says
            else None,
            Button(turn.p("button", "Back"), action("agenda-edit", *here)),
        ),
        ask=action("agenda-write", *here, lang),
        note=note,
    )


@answer("agenda-write", who=COORDINATORS)
async def written(turn: Turn, reply: Reply, event_id: int, number: int, lang: str) -> Screen:
    """Keep a day's agenda, or say which line can't be read."""
    event = await turn.unit.events.hold(event_id)
    day = day_of(event, number) if event else None
    if lang not in LANGUAGES:
        raise Outdated(lang)
    if event is None or day is None:
        return await no_such_event(turn)
    found = agenda_in(reply.text)
    if isinstance(found, Unread):
        return await _ask(turn, event, day, lang, _fault(turn, found))
    await turn.unit.agendas.put(event_id, number, lang, [(one.start, one.end, one.text) for one in found])
    return await _edit_screen(turn, event, day, turn._("Kept."))


def _fault(turn: Turn, unread: Unread) -> str:
    limits = {"items": MOST_ITEMS, "letters": LONGEST_ITEM}
    expected = turn._("Up to {items} lines, each with a time and up to {letters} characters.", **limits)
    if not unread.line:
        return expected
    return lines(turn._("I could not read this line: «{line}»", line=unread.line), expected)


@tap("agenda-clear", who=COORDINATORS)
async def clear(turn: Turn, event_id: int, number: int, lang: str) -> Screen:
    """Take a day's agenda in one language away."""
    event = await turn.unit.events.hold(event_id)
    day = day_of(event, number) if event else None
    if lang not in LANGUAGES:
        raise Outdated(lang)
    if event is None or day is None:
        return await no_such_event(turn)
    await turn.unit.agendas.put(event_id, number, lang, ())
    return await _edit_screen(turn, event, day, turn._("Kept."))
