"""Series such as "What Works": which event belongs to one, and how far each has come."""

from __future__ import annotations

import secrets

from handlers.event_days import days_screen
from handlers.events import events_screen, item_rows, listing, no_such_event
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
from handlers.pages import numbered_label, page_buttons, page_in, page_of
from locales import LANGUAGES, clean, parse_count, speech
from storage.events import Event
from storage.series import Series

LONGEST_TITLE = 120
MOST_PLANNED = 200
CHOICES = 5


@tap("series")
async def series(turn: Turn, series_id: int, page: int = 0) -> Screen:
    """Show a series: how far it has come, and its events."""
    found = await turn.unit.series.get(series_id)
    if found is None:
        return await events_screen(turn)
    events = await turn.unit.events.of_series(series_id)
    shown = page_in(events, page)
    return turn.screen(
        paragraphs(progress(turn, found, events), listing(turn, shown)),
        title=found.title(turn.lang),
        rows=[
            *item_rows(turn, shown, "event"),
            page_buttons(turn, shown, "series", series_id),
            [Button(turn.p("button", "Back"), "events")],
        ],
    )


def progress(turn: Turn, series: Series, events: list[Event]) -> str:
    """Say how many of a series took place: "5 of 8"."""
    held = sum(event.over(turn.now) for event in events)
    coming = len(events) - held
    return lines(
        turn._("Took place: {held} of {planned}", held=held, planned=max(series.planned, held)),
        turn._("Coming: {count}", count=coming) if coming else "",
    )


# --- which series an event belongs to -----------------------------------------------------------------------


@tap("series-of", who=COORDINATORS)
async def series_of(turn: Turn, event_id: int, page: int = 0) -> Screen:
    """Ask which series an event belongs to."""
    event = await turn.unit.events.get(event_id)
    return await _choose(turn, event, page) if event else await no_such_event(turn)


async def _choose(turn: Turn, event: Event, page: int = 0, note: str = "") -> Screen:
    shown = await page_of(
        lambda limit, offset: turn.unit.series.newest(limit=limit, offset=offset), page, CHOICES
    )
    mine = await turn.unit.series.get(event.series_id) if event.series_id else None
    return turn.screen(
        paragraphs(
            turn._("It belongs to: {title}", title=mine.title(turn.lang))
            if mine
            else turn._("It belongs to no series."),
            turn._("A series has several events, and its progress is shown as “5 of 8”. Which one is it?"),
        ),
        title=event.title(turn.lang),
        rows=[
            *(
                [
                    Button(
                        numbered_label(turn, number, one.title(turn.lang)),
                        action("series-set", event.id, one.id),
                    )
                ]
                for number, one in enumerate(shown.items, shown.first)
            ),
            page_buttons(turn, shown, "series-of", event.id),
            [Button(turn.p("button", "New series"), action("series-new", event.id, secrets.token_hex(8)))],
            [
                *([Button(turn.p("button", "No series"), action("series-set", event.id, 0))] if mine else []),
                Button(turn.p("button", "Back"), action("days", event.id)),
            ],
        ],
        note=note,
    )


@tap("series-set", who=COORDINATORS)
async def series_set(turn: Turn, event_id: int, series_id: int) -> Screen:
    """Put an event into a series, or into none."""
    event = await turn.unit.events.hold(event_id)
    if event is None:
        return await no_such_event(turn)
    found = await turn.unit.series.get(series_id) if series_id else None
    if series_id and found is None:
        return await _choose(turn, event)
    if event.series_id != (found.id if found else None):
        event = await turn.unit.events.change(event, series_id=found.id if found else None)
    return await days_screen(turn, event, turn._("Kept."))


@tap("series-new", who=COORDINATORS)
async def series_new(turn: Turn, event_id: int, token: str) -> Screen:
    """Ask for the title of a new series."""
    event = await turn.unit.events.get(event_id)
    return _ask_title(turn, event, token) if event else await no_such_event(turn)


def _ask_title(turn: Turn, event: Event, token: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("What is the series called? Write the title in {language}.", language=turn.speech.name),
        title=turn._("New series"),
        rows=column(Button(turn.p("button", "Cancel"), action("series-of", event.id))),
        ask=action("series-new", event.id, token),
        note=note,
    )


@answer("series-new", who=COORDINATORS)
async def title_given(turn: Turn, reply: Reply, event_id: int, token: str) -> Screen:
    """Begin a series with this title and the event in it, and ask how many are planned."""
    event = await turn.unit.events.hold(event_id)
    title = clean(reply.text)
    if len(token) > 32:
        raise Outdated(token)
    if event is None:
        return await no_such_event(turn)
    if not 0 < len(title) <= LONGEST_TITLE:
        fault = turn._("A title has from 1 to {most} characters.", most=LONGEST_TITLE)
        return _ask_title(turn, event, token, fault)
    begun = await turn.unit.series.add(token, turn.lang, title, 1, turn.now)
    if event.series_id != begun.id:
        event = await turn.unit.events.change(event, series_id=begun.id)
    return _ask_planned(turn, event, begun)


@tap("series-edit", who=COORDINATORS)
async def series_edit(turn: Turn, event_id: int) -> Screen:
    """Show what can be changed of the series that an event belongs to."""
    held = await _held_series(turn, event_id)
    return held if isinstance(held, Screen) else _edit_screen(turn, *held)


def _edit_screen(turn: Turn, event: Event, series: Series, note: str = "") -> Screen:
    named = lines(
        *(
            turn._("{language}: {text}", language=speech(lang).name, text=series.titles.get(lang) or "–")
            for lang in LANGUAGES
        )
    )
    return turn.screen(
        paragraphs(named, turn._("Planned: {count}", count=series.planned)),
        title=series.title(turn.lang),
        rows=[
            [Button(speech(lang).name, action("series-title", event.id, lang)) for lang in LANGUAGES],
            [Button(turn.p("button", "How many planned"), action("series-planned", event.id))],
            [Button(turn.p("button", "Another series"), action("series-of", event.id))],
            [Button(turn.p("button", "Back"), action("days", event.id))],
        ],
        note=note,
    )


async def _held_series(turn: Turn, event_id: int) -> tuple[Event, Series] | Screen:
    event = await turn.unit.events.get(event_id)
    found = await turn.unit.series.get(event.series_id) if event and event.series_id else None
    if event is None or found is None:
        return await _choose(turn, event) if event else await no_such_event(turn)
    return event, found


@tap("series-planned", who=COORDINATORS)
async def series_planned(turn: Turn, event_id: int) -> Screen:
    """Ask how many events a series is meant to have."""
    held = await _held_series(turn, event_id)
    return held if isinstance(held, Screen) else _ask_planned(turn, *held)


def _ask_planned(turn: Turn, event: Event, series: Series, note: str = "") -> Screen:
    return turn.screen(
        turn._("How many events are planned in this series? Write a number."),
        title=series.title(turn.lang),
        rows=column(Button(turn.p("button", "Back"), action("series-edit", event.id))),
        ask=action("series-planned", event.id),
        note=note,
    )


@answer("series-planned", who=COORDINATORS)
async def planned_given(turn: Turn, reply: Reply, event_id: int) -> Screen:
    """Keep how many are planned."""
    held = await _held_series(turn, event_id)
    if isinstance(held, Screen):
        return held
    event, found = held
    count = parse_count(reply.text)
    if not count or count > MOST_PLANNED:
        return _ask_planned(turn, event, found, turn._("That is not a number of events."))
    await turn.unit.series.plan(found.id, count)
    return _edit_screen(turn, event, await turn.unit.series.get(found.id) or found, turn._("Kept."))


@tap("series-title", who=COORDINATORS)
async def series_title(turn: Turn, event_id: int, lang: str) -> Screen:
    """Ask for a series' title in one language."""
    if lang not in LANGUAGES:
        raise Outdated(lang)
    held = await _held_series(turn, event_id)
    return held if isinstance(held, Screen) else _ask_title_in(turn, *held, lang)


def _ask_title_in(turn: Turn, event: Event, series: Series, lang: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("What is the series called? Write the title in {language}.", language=speech(lang).name),
        title=series.title(turn.lang),
        rows=column(Button(turn.p("button", "Back"), action("series-edit", event.id))),
        ask=action("series-title", event.id, lang),
        note=note,
    )


@answer("series-title", who=COORDINATORS)
async def title_in_given(turn: Turn, reply: Reply, event_id: int, lang: str) -> Screen:
    """Keep a series' title in one language."""
    if lang not in LANGUAGES:
        raise Outdated(lang)
    held = await _held_series(turn, event_id)
    if isinstance(held, Screen):
        return held
    event, found = held
    title = clean(reply.text)
    if not 0 < len(title) <= LONGEST_TITLE:
        fault = turn._("A title has from 1 to {most} characters.", most=LONGEST_TITLE)
        return _ask_title_in(turn, event, found, lang, fault)
    await turn.unit.series.put_title(found.id, lang, title)
    return _edit_screen(turn, event, await turn.unit.series.get(found.id) or found, turn._("Kept."))
