"""A report as a spreadsheet: numbers are numbers, no text is ever a formula, right to left where the language is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from handlers.rules.spreadsheets import harmless

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | date | None
Rows = Sequence[Sequence[Cell]]
WIDEST, NARROWEST = 60, 10
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_workbook(sheets: Iterable[tuple[str, Rows]], *, rtl: bool) -> bytes:
    """Write an XLSX file of several sheets, each with its heading as the first row."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(_tab(title))
        sheet.sheet_view.rightToLeft = rtl
        _fill(sheet, rows)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _tab(title: str) -> str:
    # Characters that a tab's name can't have, and how long it may be.
    return "".join(" " if sign in "[]:*?/\\" else sign for sign in harmless(title))[:31]


def _fill(sheet: Worksheet, rows: Rows) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    widths: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place)
            cell.value = harmless(value) if isinstance(value, str) else value
            if isinstance(value, str):
                # openpyxl takes any text that begins with "=" for a formula.
                cell.data_type = "s"
            if isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"
            if isinstance(value, float):
                cell.number_format = "0.0"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 1:
                cell.font = Font(bold=True)
                cell.fill = PatternFill("solid", fgColor="DCEBEC")
            length = len(str(value)) + 2 if value is not None else 0
            widths[cell.column_letter] = max(widths.get(cell.column_letter, NARROWEST), min(WIDEST, length))
    for letter, width in widths.items():
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"


def report_csv(rows: Rows) -> bytes:
    """Write a CSV file that spreadsheets open as it is: UTF-8 with its mark, and no text that is a formula."""
    kept = io.StringIO()
    writer = csv.writer(kept)
    for row in rows:
        writer.writerow([_plain(value) for value in row])
    return b"\xef\xbb\xbf" + kept.getvalue().encode()


def _plain(value: Cell) -> str:
    if isinstance(value, str):
        text = harmless(value)
        return f"'{text}" if text.startswith(BEGINS_FORMULA) else text
    if isinstance(value, datetime | date):
        return value.isoformat()
    return "" if value is None else str(value)
