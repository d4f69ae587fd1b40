"""The report as a file: a spreadsheet, a PDF to hand in, or plain rows; in the language that is chosen."""

from __future__ import annotations

from datetime import timedelta

from handlers.counting import Content, content
from handlers.kit import (
    COORDINATORS,
    Attachment,
    Button,
    Outdated,
    Screen,
    Turn,
    action,
    aside,
    column,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.numbers import months_in
from handlers.report_narrative import narrative
from handlers.report_pages import report_pdf
from handlers.report_rows import indicator_rows, workbook_sheets
from handlers.report_sheets import report_csv, report_workbook
from handlers.rules.periods import Quarter, quarter_named
from handlers.spreadsheets import XLSX
from locales import LANGUAGES, NP_, Language, Message, speech

LASTS = timedelta(hours=1)
FORMATS: dict[str, Message] = {
    "pdf": NP_("button", "PDF to hand in"),
    "xlsx": NP_("button", "Spreadsheet"),
    "csv": NP_("button", "CSV"),
}
MIMES = {"pdf": "application/pdf", "xlsx": XLSX, "csv": "text/csv"}
EXPORTERS = (*COORDINATORS, "donor")


@tap("report-get", who=EXPORTERS)
async def report_get(turn: Turn, period: str) -> Screen:
    """Ask in which form a report is wanted."""
    quarter = _quarter(period)
    if not await may_read(turn, quarter):
        raise Outdated(period)
    return turn.screen(
        turn._("In which form do you want it?"),
        title=months_in(turn.speech, quarter, turn.community.zone),
        rows=column(
            *(
                Button(turn.say(label), action("report-in", quarter.code, form))
                for form, label in FORMATS.items()
            ),
            _back(turn, quarter),
        ),
    )


def _quarter(period: str) -> Quarter:
    found = quarter_named(period)
    if found is None:
        raise Outdated(period)
    return found


def _back(turn: Turn, quarter: Quarter) -> Button:
    back = action("report", quarter.code, "activities") if turn.member.coordinates else "donor-report"
    return Button(turn.p("button", "Back"), back)


async def may_read(turn: Turn, quarter: Quarter) -> bool:
    """Say whether somebody may read a report: the donor's staff only once it is locked."""
    if turn.member.coordinates:
        return True
    known = await turn.unit.reports.get(quarter.code)
    return known is not None and known.locked


@tap("report-in", who=EXPORTERS)
async def report_in(turn: Turn, period: str, form: str) -> Screen:
    """Ask in which language a report is wanted."""
    quarter = _quarter(period)
    if form not in FORMATS or not await may_read(turn, quarter):
        raise Outdated(form)
    return turn.screen(
        turn._("In which language do you want it?"),
        title=months_in(turn.speech, quarter, turn.community.zone),
        rows=column(
            *(
                Button(speech(lang).name, action("report-file", quarter.code, form, lang))
                for lang in LANGUAGES
            ),
            _back(turn, quarter),
        ),
    )


@tap("report-file", who=EXPORTERS)
async def report_file(turn: Turn, period: str, form: str, lang: str) -> Screen:
    """Send a report as a file."""
    quarter = _quarter(period)
    chosen = next((one for one in LANGUAGES if one == lang), None)
    if chosen is None or form not in FORMATS or not await may_read(turn, quarter):
        raise Outdated(form)
    said = await content(turn.unit, quarter, turn.community.zone, turn.now)
    body = await aside(_made, turn, said, form, chosen)
    name = f"report-{quarter.code}-{chosen}.{form}"
    file = await turn.unit.files.add(name, MIMES[form], body, at=turn.now, expires_at=turn.now + LASTS)
    return turn.screen(
        paragraphs(
            turn._("Here is the report."),
            "" if said.locked_at else turn._("It is not locked: it says that it is a draft."),
        ),
        title=months_in(turn.speech, quarter, turn.community.zone),
        rows=[[_back(turn, quarter), menu_button(turn)]],
        attachments=[Attachment(file.id)],
    )


def _made(turn: Turn, said: Content, form: str, lang: Language) -> bytes:
    voice, zone = speech(lang), turn.community.zone
    if form == "xlsx":
        return report_workbook(workbook_sheets(voice, said, zone), rtl=voice.rtl)
    if form == "csv":
        return report_csv(indicator_rows(voice, said))
    foot = voice._("Report: {period}", period=months_in(voice, said.quarter, zone))
    return report_pdf(narrative(voice, said, zone, turn.now), foot, rtl=voice.rtl)
