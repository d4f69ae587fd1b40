"""T30: no text of anybody ever becomes a formula in a spreadsheet of ours, and none breaks it."""

from __future__ import annotations

import io
import itertools
import zipfile

import openpyxl

from handlers.rules.spreadsheets import workbook

STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    "\x00=",
    " =",
    "＝",
    "＋",
    "－",
    "＠",
    "\u200f=",
    "\u202e=",
    "\u2066=",
    "'=",
    '"=',
)
PAYLOADS = (
    "1+1",
    'HYPERLINK("http://evil.example","x")',
    "cmd|' /C calc'!A0",
    "SUM(A1:A9)",
    "9647701234567",
    'IMPORTXML("x")',
)
ODD = ("\x0b", "\x1f", "\ufffe", "😀" * 9, "نص عربي", "دەقی کوردی", "<x>&", "]]>", "_x000D_", "", " ")
TEXTS = [*(start + rest for start, rest in itertools.product(STARTS, PAYLOADS)),
         *(a + b + c for a, b, c in itertools.product(ODD, ODD[:4], STARTS[:10]))]  # fmt: skip


def _formulas(body: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name]
    return sum(one.count("<f>") + one.count("<f ") for one in sheets)


def test_T30_five_hundred_payloads_and_no_formula() -> None:
    assert len(TEXTS) >= 500
    body = workbook("people", [("name", "note"), *((text, text) for text in TEXTS)])
    assert _formulas(body) == 0
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert len(cells) > 900
    assert {cell.data_type for cell in cells} == {"s"}


def test_T30_texts_come_back_as_they_were() -> None:
    plain = [
        text
        for text in TEXTS
        if text.isprintable() and text.strip() == text and text and text[0] not in "\u200f"
    ]
    body = workbook("people", [("name",), *((text,) for text in plain)])
    rows = list(openpyxl.load_workbook(io.BytesIO(body)).active.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == plain


def test_T30_control_the_library_alone_makes_formulas() -> None:
    book = openpyxl.Workbook()
    for number, text in enumerate(('=HYPERLINK("x")', "=1+1"), 1):
        book.active.cell(number, 1, text)
    buffer = io.BytesIO()
    book.save(buffer)
    assert _formulas(buffer.getvalue()) == 2
