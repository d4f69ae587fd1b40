"""A spreadsheet of organisations: read within bounds, checked row by row, compared with what is known.

Everything here is a pure function of the file's bytes. A file is refused whole, or gives rows and faults. The
library is loaded when the first file comes, since it brings 18 MiB with it.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any

from locales import clean, fold, number_in
from storage.organisations import KINDS, Entry, Organisation

MAX_BYTES = 1024 * 1024
MAX_UNPACKED = 20 * MAX_BYTES
MAX_PARTS = 200
MAX_ROWS = 2000
MAX_COLUMNS = 30
EXCEL_ROWS = 1_048_576
MAX_CELL = 2000
MOST_INVITATIONS = 1000
LENGTHS = {"slug": 64, "name_en": 200, "name_ar": 200, "name_ku": 200, "governorate": 40}

COLUMNS: dict[str, tuple[str, ...]] = {
    "slug": ("slug", "code", "short name", "id", "الرمز", "الاسم المختصر", "کۆد", "ناوی کورت"),
    "name_en": (
        "name_en", "name", "name (english)", "english name", "organisation", "organization",
        "الاسم بالإنجليزية", "الاسم الإنجليزي", "الاسم بالانكليزية", "ناو بە ئینگلیزی", "ناوی ئینگلیزی",
    ),
    "name_ar": (
        "name_ar", "name (arabic)", "arabic name", "الاسم", "الاسم بالعربية", "الاسم العربي", "اسم المنظمة",
        "ناو بە عەرەبی", "ناوی عەرەبی",
    ),
    "name_ku": (
        "name_ku", "name (kurdish)", "kurdish name", "الاسم بالكردية", "الاسم الكردي", "ناو", "ناو بە کوردی",
        "ناوی کوردی", "ناوی ڕێکخراو",
    ),
    "kind": ("kind", "type", "النوع", "نوع المنظمة", "جۆر", "جۆری ڕێکخراو"),
    "governorate": ("governorate", "province", "المحافظة", "پارێزگا"),
    "invitations": ("invitations", "invites", "الدعوات", "عدد الدعوات", "بانگهێشتەکان", "ژمارەی بانگهێشت"),
}  # fmt: skip
"""The columns and the headings by which they are known."""

KIND_WORDS: dict[str, tuple[str, ...]] = {
    "prime": ("prime", "prime member", "عضو رئيسي", "رئيسي", "ئەندامی سەرەکی", "سەرەکی"),
    "subgrantee": (
        "subgrantee", "sub grantee", "sub-grantee", "منحة فرعية", "متلقي منحة فرعية", "وەرگری گرانتی لاوەکی",
        "لاوەکی",
    ),
    "organiser": ("organiser", "organizer", "المنظم", "الجهة المنظمة", "ڕێکخەر"),
    "donor": ("donor", "المانح", "الجهة المانحة", "بەخشەر"),
}  # fmt: skip

_HEADINGS = {fold(heading): column for column, headings in COLUMNS.items() for heading in headings}
_KINDS = {fold(word): kind for kind, words in KIND_WORDS.items() for word in words}
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


class Refusal(Enum):
    """Why a file can't be looked at at all."""

    TOO_LARGE = "too large"
    UNREADABLE = "unreadable"
    OLD_EXCEL = "old excel"
    NO_COLUMNS = "no columns"
    TOO_MANY_ROWS = "too many rows"
    EMPTY = "empty"


class Reason(Enum):
    """What is wrong with a row."""

    NO_NAME = "no name"
    NO_SLUG = "no slug"
    BAD_SLUG = "bad slug"
    TWICE = "twice"
    TOO_LONG = "too long"
    UNKNOWN_KIND = "unknown kind"
    BAD_COUNT = "bad count"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: the row's number as the spreadsheet shows it, the column, and why."""

    row: int
    column: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Line:
    """One good row: an organisation, and for how many people an invitation is wanted."""

    row: int
    entry: Entry
    invitations: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was looked at: its good rows and everything wrong in it."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do."""

    new: int
    changed: int
    same: int
    invitations: int


def check(body: bytes) -> Checked | Refusal:
    """Read a CSV or XLSX file and check every row."""
    if len(body) > MAX_BYTES:
        return Refusal.TOO_LARGE
    rows = _cells(body)
    if isinstance(rows, Refusal):
        return rows
    if len(rows) - 1 > MAX_ROWS:
        return Refusal.TOO_MANY_ROWS
    columns = _columns(rows[0][1]) if rows else {}
    if rows and not columns.keys() & {"name_en", "name_ar", "name_ku"}:
        return Refusal.NO_COLUMNS
    return _checked(columns, rows[1:]) if rows[1:] else Refusal.EMPTY


def preview(lines: Iterable[Line], known: Mapping[str, Organisation]) -> Preview:
    """Say what an import of these rows would do to the organisations that are known by slug."""
    new = changed = same = invitations = 0
    for line in lines:
        invitations += line.invitations
        before = known.get(line.entry.slug)
        if before is None:
            new += 1
        elif before.active and entry_of(before) == line.entry:
            same += 1
        else:
            changed += 1
    return Preview(new, changed, same, invitations)


def entry_of(organisation: Organisation) -> Entry:
    """Return what a spreadsheet would say of an organisation."""
    return Entry(
        slug=organisation.slug,
        name_en=organisation.name_en,
        name_ar=organisation.name_ar,
        name_ku=organisation.name_ku,
        kind=organisation.kind,
        governorate=organisation.governorate,
    )


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for: one such character in a name, and nobody could open the file."""


def harmless(text: str) -> str:
    """Return a text without what a spreadsheet's file can't hold."""
    return _NOT_XML.sub("", clean(text))


def workbook(title: str, rows: Iterable[Sequence[str | int]]) -> bytes:
    """Write an XLSX file in which no text is ever a formula; the first row is the heading."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = title[:31]
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            text = value if isinstance(value, int) else harmless(value)
            cell = sheet.cell(number, column, text)
            # openpyxl takes any text that begins with "=" for a formula.
            cell.data_type = "n" if isinstance(value, int) else "s"
    for letter in "ABCDEFG":
        sheet.column_dimensions[letter].width = 28
    sheet.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


# --- reading ------------------------------------------------------------------------------------------------

Numbered = list[tuple[int, list[str]]]
"""The rows that are not empty, each with the number that the spreadsheet shows, one more than may be at most."""


def _cells(body: bytes) -> Numbered | Refusal:
    if body.startswith(b"PK\x03\x04"):
        return _xlsx(body)
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        return Refusal.OLD_EXCEL
    return _csv(body)


def _xlsx(body: bytes) -> Numbered | Refusal:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                return Refusal.TOO_LARGE
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            found = sheet.iter_rows(max_row=EXCEL_ROWS, max_col=MAX_COLUMNS, values_only=True)
            rows = (
                (number, [_text(cell) for cell in row]) for number, row in enumerate(found, 1) if any(row)
            )
            return list(islice(rows, MAX_ROWS + 2))
        finally:
            book.close()
    except Exception:
        # Damaged parts make zipfile, zlib, expat and openpyxl raise whatever they happen to; all mean the same.
        return Refusal.UNREADABLE


def _csv(body: bytes) -> Numbered | Refusal:
    text = _decoded(body)
    if text is None:
        return Refusal.UNREADABLE
    heading = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t|", key=heading.count)
    found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = (
        (number, [_text(cell) for cell in row[:MAX_COLUMNS]]) for number, row in enumerate(found, 1) if row
    )
    try:
        return list(islice(((number, row) for number, row in rows if any(row)), MAX_ROWS + 2))
    except csv.Error:
        return Refusal.UNREADABLE


def _decoded(body: bytes) -> str | None:
    """Read text as Excel and others write it: UTF-16 with a mark, UTF-8, or the Arabic Windows code page."""
    utf_16 = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf_16 else ("utf-8-sig", "cp1256"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if any(ord(one) < 32 and one not in "\r\n\t" for one in text) else text
    return None


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return clean(str(cell)[:MAX_CELL])


# --- checking -----------------------------------------------------------------------------------------------


def _columns(heading: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(heading):
        column = _HEADINGS.get(fold(cell))
        if column is not None:
            found.setdefault(column, at)
    return found


def _checked(columns: Mapping[str, int], rows: Numbered) -> Checked:
    lines: list[Line] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    for number, cells in rows:
        values = {name: cells[at] if at < len(cells) else "" for name, at in columns.items()}
        line, wrong = _line(number, values, seen)
        lines.append(line)
        faults += wrong
        seen.add(line.entry.slug)
    return Checked(tuple(lines), tuple(faults))


def _line(number: int, values: Mapping[str, str], seen: set[str]) -> tuple[Line, list[Fault]]:
    names = {column: values.get(column, "") for column in ("name_en", "name_ar", "name_ku")}
    slug = values.get("slug", "").lower() or _slug(names["name_en"])
    kind = _kind(values.get("kind", ""))
    invitations = _count(values.get("invitations", ""))
    found = [
        Fault(number, column, Reason.TOO_LONG)
        for column, most in LENGTHS.items()
        if len(values.get(column, "")) > most
    ]
    if not any(names.values()):
        found.append(Fault(number, "name_en", Reason.NO_NAME))
    elif not slug:
        found.append(Fault(number, "slug", Reason.NO_SLUG))
    if slug and not _SLUG.fullmatch(slug):
        found.append(Fault(number, "slug", Reason.BAD_SLUG))
    if slug and slug in seen:
        found.append(Fault(number, "slug", Reason.TWICE))
    if kind is None:
        found.append(Fault(number, "kind", Reason.UNKNOWN_KIND))
    if invitations is None:
        found.append(Fault(number, "invitations", Reason.BAD_COUNT))
    entry = Entry(slug, **names, kind=kind or KINDS[0], governorate=values.get("governorate", ""))
    return Line(number, entry, invitations or 0), found


def _slug(name: str) -> str:
    return _NOT_SLUG.sub("-", name.lower())[: LENGTHS["slug"]].strip("-")


def _kind(cell: str) -> str | None:
    return _KINDS.get(fold(cell)) if cell else KINDS[0]


def _count(cell: str) -> int | None:
    if not cell:
        return 0
    number = number_in(cell)
    return number if number is not None and number <= MOST_INVITATIONS else None
