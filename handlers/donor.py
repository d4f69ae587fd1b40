"""The donor's view: locked reports, in chat and as a page that opens once. Aggregates only."""

from __future__ import annotations

from datetime import timedelta

from handlers.counting import thawed
from handlers.kit import Button, Outdated, Screen, Turn, action, paragraphs, tap
from handlers.menu import menu_button, two_a_row
from handlers.numbers import month_names
from handlers.reporting import SECTIONS, section_text
from storage.reports import Report

READERS = ("donor", "coordinator", "administrator")
LASTS = timedelta(days=7)
"""For how long a link waits to be opened."""


@tap("donor-report", who=READERS)
async def donor_report(turn: Turn, back: int = 0, section: str = "activities") -> Screen:
    """Show a part of a locked report, the newest first."""
    if section not in SECTIONS or back < 0:
        raise Outdated(section)
    locked = await turn.unit.reports.locked()
    if not locked:
        return turn.screen(
            turn._("There is no report yet. You find it here as soon as the coordinators have locked one."),
            title=turn._("Reports"),
            rows=[[menu_button(turn)]],
        )
    back = min(back, len(locked) - 1)
    return _report(turn, locked[back], back, section, older=back + 1 < len(locked))


def _report(turn: Turn, report: Report, back: int, section: str, *, older: bool) -> Screen:
    said = thawed(report)
    moment = said.locked_at or turn.now
    other = [
        Button(turn.say(label), action("donor-report", back, code))
        for code, label in SECTIONS.items()
        if code != section
    ]
    leafing = [
        *([Button(turn.p("button", "Earlier"), action("donor-report", back + 1, section))] if older else []),
        *([Button(turn.p("button", "Later"), action("donor-report", back - 1, section))] if back else []),
    ]
    return turn.screen(
        paragraphs(
            section_text(turn, said, section),
            turn._("Locked on {date}: these numbers stay.", date=turn.speech.date(moment, turn.now)),
        ),
        title=month_names(turn, said.quarter),
        rows=[
            *two_a_row(other),
            [Button(turn.p("button", "Get the report"), action("report-get", report.period))],
            [Button(turn.p("button", "As a page"), action("report-page", report.period))],
            leafing,
            [menu_button(turn)],
        ],
    )


@tap("report-page", who=READERS)
async def report_page(turn: Turn, period: str) -> Screen:
    """Give a link to a locked report's page; it opens once, so that it is of no use to whoever finds it later."""
    known = await turn.unit.reports.get(period)
    if known is None or not known.locked:
        raise Outdated(period)
    back = Button(turn.p("button", "Back"), "donor-report")
    if not turn.community.public_url:
        return turn.screen(
            turn._("At the moment there is no such page here. You can get the report as a file."),
            rows=[[back, menu_button(turn)]],
        )
    until = turn.now + LASTS
    token = await turn.unit.reports.link(period, turn.lang, until)
    address = f"{turn.community.public_url.rstrip('/')}/report/{token}"
    return turn.screen(
        turn._(
            "This link opens the report once, until {date}. It shows numbers only. You can print the page.",
            date=turn.speech.date(until, turn.now),
        ),
        title=month_names(turn, thawed(known).quarter),
        rows=[[Button(turn.p("button", "Open the page"), url=address)], [back, menu_button(turn)]],
        private=True,
    )
