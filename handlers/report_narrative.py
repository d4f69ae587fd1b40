"""A report as it is handed in: a summary, what took place, the objectives, who took part, how it was counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from handlers.charts import Bar
from handlers.counting import CUTS, Content
from handlers.cuts import EXPLAINED, cell_name, cells, cut_name, shown
from handlers.numbers import amount_in, months_in
from handlers.report_pages import Bars, Block, Line, Table
from handlers.report_rows import kind_name, title_in
from handlers.reporting import objective_name, of_objective
from handlers.rules.indicators import INDICATORS, OBJECTIVES, Figure, indicator
from locales import Speech, digits


def narrative(voice: Speech, said: Content, zone: tzinfo, now: datetime) -> Iterable[Block]:
    """Yield a report as it is handed in, from its title to its definitions."""
    yield Line(voice._("Iraqi Community of Practice"), 10, quiet=True)
    yield Line(months_in(voice, said.quarter, zone), 20, bold=True)
    yield Line(_standing(voice, said, zone, now), 9, quiet=True)
    yield Line(voice._("Summary"), 13, bold=True, above=0.25)
    for text in _summary(voice, said):
        yield Line(text)
    yield Line(voice._("Activities"), 13, bold=True, above=0.25)
    yield Bars(_progress(voice, said), 100)
    yield Table(_activity_table(voice, said), (0.4, 0.15, 0.15, 0.15, 0.15))
    yield Line(voice._("What took place"), 13, bold=True, above=0.2)
    if said.activities:
        yield Table(_log_table(voice, said, zone), (0.24, 0.18, 0.43, 0.15))
    else:
        yield Line(voice._("There is nothing in this quarter."))
    for objective in OBJECTIVES:
        yield Line(objective_name(voice, objective), 13, bold=True, above=0.25)
        yield Table(_objective_table(voice, said, objective), (0.4, 0.15, 0.15, 0.15, 0.15))
    yield from _notes(voice, said)
    yield from _people(voice, said)
    yield from _corrections(voice, said)
    yield Line(voice._("How the numbers are counted"), 13, bold=True, above=0.25)
    for one in INDICATORS:
        if one.objective:
            yield Line(voice._("{name}: {what}", name=voice.say(one.name), what=voice.say(one.definition)), 9)


def _standing(voice: Speech, said: Content, zone: tzinfo, now: datetime) -> str:
    if said.locked_at is None:
        return voice._("Draft of {date}", date=voice.date(now, zone=zone))
    return voice._("Locked on {date}", date=voice.date(said.locked_at, zone=zone))


def _summary(voice: Speech, said: Content) -> Iterable[str]:
    held = len(said.activities)
    yield voice.n("{count} event took place.", "{count} events took place.", held)
    joined = int(said.figure("participations").period or 0)
    yield voice.n(
        "{count} participation was noted, by different people: {people}.",
        "{count} participations were noted, by different people: {people}.",
        joined,
        people=said.people,
    )
    organisations = int(said.figure("organisations").period or 0)
    yield voice.n(
        "People of {count} organisation took part.",
        "People of {count} organisations took part.",
        organisations,
    )
    useful = said.figure("useful").period
    if useful is not None:
        mean = amount_in(voice, "mean", useful)
        yield voice._("On a scale from 1 to 5, people found it this useful for their work: {mean}", mean=mean)
    applied = said.figure("applied").period
    if applied is not None:
        share = amount_in(voice, "percent", applied)
        yield voice._("Five weeks later, this many had used what they learned: {share}", share=share)


def _progress(voice: Speech, said: Content) -> list[Bar]:
    bars = []
    for one in of_objective(0):
        figure = said.figure(one.code)
        if figure.target:
            done = voice._("{done} of {target}", done=int(figure.cumulative or 0), target=int(figure.target))
            bars.append(Bar(voice.say(one.name), figure.percent or 0, done))
    return bars


def _activity_table(voice: Speech, said: Content) -> list[list[str]]:
    heading: list[str] = [
        voice.p("column", "Activity"),
        voice.p("column", "Target"),
        voice.p("column", "This quarter"),
        voice.p("column", "In all"),
        voice.p("column", "Remaining"),
    ]
    rows = [[voice.say(one.name), *_amounts(voice, said.figure(one.code))] for one in of_objective(0)]
    return [heading, *rows]


def _amounts(voice: Speech, figure: Figure) -> list[str]:
    numbers = (figure.target, figure.period, figure.cumulative, figure.remaining)
    return [amount_in(voice, "count", number) for number in numbers]


def _log_table(voice: Speech, said: Content, zone: tzinfo) -> list[list[str]]:
    heading: list[str] = [
        voice.p("column", "Date"),
        voice.p("column", "Activity"),
        voice.p("column", "Title"),
        voice.p("column", "People"),
    ]
    rows = [
        [
            voice.date(one.at, said.quarter.starts(zone), zone=zone),
            kind_name(voice, one),
            title_in(one, voice.lang),
            digits(str(one.participations), voice.lang),
        ]
        for one in said.activities
    ]
    return [heading, *rows]


def _objective_table(voice: Speech, said: Content, objective: int) -> list[list[str]]:
    heading: list[str] = [
        voice.p("column", "Indicator"),
        voice.p("column", "Target"),
        voice.p("column", "This quarter"),
        voice.p("column", "In all"),
        voice.p("column", "% of target"),
    ]
    rows = []
    for one in of_objective(objective):
        figure = said.figure(one.code)
        numbers = (figure.target, figure.period, figure.cumulative)
        reached = amount_in(voice, "percent", figure.percent)
        rows.append(
            [voice.say(one.name), *(amount_in(voice, one.unit, number) for number in numbers), reached]
        )
    return [heading, *rows]


def _notes(voice: Speech, said: Content) -> Iterable[Block]:
    noted = [(one, said.figure(one.code).note) for one in INDICATORS if said.figure(one.code).note]
    if noted:
        yield Line(voice._("Notes"), 13, bold=True, above=0.25)
    for one, note in noted:
        yield Line(voice._("{name}: {what}", name=voice.say(one.name), what=note))


def _people(voice: Speech, said: Content) -> Iterable[Block]:
    if not said.cuts:
        return
    voice = voice
    yield Line(voice._("Who took part"), 13, bold=True, above=0.25)
    yield Line(voice.n("{count} person took part.", "{count} people took part.", said.people))
    for code in CUTS:
        told = list(cells(said, code))
        heading = [cut_name(voice, code), voice.p("column", "People")]
        rows = [[cell_name(voice, code, cell), shown(voice, count)] for cell, count in told]
        if any(count is not None for _, count in told):
            yield Table([heading, *rows], (0.7, 0.3))
    yield Line(voice.say(EXPLAINED), 9, quiet=True)


def _corrections(voice: Speech, said: Content) -> Iterable[Block]:
    if not said.corrections:
        return
    yield Line(voice._("Corrections to the report before"), 13, bold=True, above=0.25)
    for one in said.corrections:
        found = indicator(one.code)
        if found:
            today, locked = (amount_in(voice, found.unit, number) for number in (one.today, one.locked))
            yield Line(
                voice._(
                    "{name}: {today} instead of {locked}",
                    name=voice.say(found.name),
                    today=today,
                    locked=locked,
                )
            )
