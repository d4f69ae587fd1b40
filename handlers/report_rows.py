"""A report's rows, in a language: the indicator table, the log of activities, who took part, corrections."""

from __future__ import annotations

from datetime import tzinfo

from handlers.counting import CUTS, Activity, Content
from handlers.cuts import EXPLAINED, cell_name, cells, cut_name
from handlers.numbers import NOTHING
from handlers.report_sheets import Cell, Rows
from handlers.rules.indicators import INDICATORS, indicator
from handlers.rules.kinds import KINDS
from locales import NP_, Message, Speech

MODES: dict[str, Message] = {
    "online": NP_("mode", "online"),
    "in_person": NP_("mode", "in person"),
    "hybrid": NP_("mode", "in person and online"),
}


def workbook_sheets(voice: Speech, said: Content, zone: tzinfo) -> list[tuple[str, Rows]]:
    """Return a report's sheets in a language."""
    sheets: list[tuple[str, Rows]] = [
        (voice.p("sheet", "Indicators"), indicator_rows(voice, said)),
        (voice.p("sheet", "Activities"), activity_rows(voice, said, zone)),
        (voice.p("sheet", "Who took part"), people_rows(voice, said)),
    ]
    if said.corrections:
        sheets.append((voice.p("sheet", "Corrections"), correction_rows(voice, said)))
    return sheets


def indicator_rows(voice: Speech, said: Content) -> Rows:
    """Return the indicator table."""
    heading: list[Cell] = [
        voice.p("column", "Objective"),
        voice.p("column", "Indicator"),
        voice.p("column", "Definition"),
        voice.p("column", "Unit"),
        voice.p("column", "Baseline"),
        voice.p("column", "Target"),
        voice.p("column", "This quarter"),
        voice.p("column", "In all"),
        voice.p("column", "Remaining"),
        voice.p("column", "% of target"),
        voice.p("column", "Note"),
    ]
    units = {
        "count": voice.p("unit", "number"),
        "mean": voice.p("unit", "mean, 1 to 5"),
        "percent": voice.p("unit", "percent"),
    }
    rows: list[list[Cell]] = [heading]
    for one in INDICATORS:
        figure = said.figure(one.code)
        whole = one.unit == "count"
        rows.append(
            [
                one.objective or voice.p("column", "Activities"),
                voice.say(one.name),
                voice.say(one.definition),
                units[one.unit],
                *(_number(number, whole=whole) for number in (figure.baseline, figure.target)),
                *(_number(number, whole=whole) for number in (figure.period, figure.cumulative)),
                _number(figure.remaining, whole=whole) if whole else None,
                figure.percent,
                figure.note,
            ]
        )
    return rows


def _number(number: float | None, *, whole: bool) -> Cell:
    if number is None:
        return None
    return round(number) if whole else round(number, 1)


def activity_rows(voice: Speech, said: Content, zone: tzinfo) -> Rows:
    """Return the log of activities."""
    rows: list[list[Cell]] = [
        [
            voice.p("column", "Date"),
            voice.p("column", "Activity"),
            voice.p("column", "Title"),
            voice.p("column", "Days"),
            voice.p("column", "Where"),
            voice.p("column", "People"),
        ]
    ]
    rows += [
        [
            one.at.astimezone(zone).date(),
            kind_name(voice, one),
            title_in(one, voice.lang),
            one.days,
            voice.say(MODES[one.mode]) if one.mode in MODES else "",
            one.participations,
        ]
        for one in said.activities
    ]
    return rows


def kind_name(voice: Speech, one: Activity) -> str:
    return voice.say(KINDS[one.kind].label) if one.kind in KINDS else ""


def title_in(one: Activity, lang: str) -> str:
    """Return an activity's title in a language, or in the nearest that it has."""
    return one.titles.get(lang) or one.titles.get("en", "")


def people_rows(voice: Speech, said: Content) -> Rows:
    """Return how many people of which kind took part; small numbers are dashes."""
    rows: list[list[Cell]] = [
        [voice.p("column", "By"), voice.p("column", "Kind"), voice.p("column", "People")],
        [voice.p("column", "All"), "", said.people],
    ]
    for code in CUTS:
        for cell, count in cells(said, code):
            name, kind = cut_name(voice, code), cell_name(voice, code, cell)
            rows.append([name, kind, NOTHING if count is None else count])
    rows.append([voice.say(EXPLAINED), "", None])
    return rows


def correction_rows(voice: Speech, said: Content) -> Rows:
    """Return which numbers of the report before would be others today."""
    rows: list[list[Cell]] = [
        [voice.p("column", "Indicator"), voice.p("column", "As reported"), voice.p("column", "Corrected")]
    ]
    rows += [
        [voice.say(found.name), one.locked, one.today]
        for one in said.corrections
        if (found := indicator(one.code))
    ]
    return rows
