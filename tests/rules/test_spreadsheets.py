"""Spreadsheets: what is read, what is refused, and that nothing leaves as a formula."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from handlers.rules.spreadsheets import (
    MAX_BYTES,
    MAX_ROWS,
    Checked,
    Fault,
    Line,
    Reason,
    Refusal,
    check,
    preview,
    workbook,
)
from storage.organisations import Entry, Organisation

BASRA = Entry("org-basra", "Organisation, Basra", "منظمة، البصرة", "ڕێکخراو، بەسرە", "prime", "Basra")
HEADING = ["slug", "name_en", "name_ar", "name_ku", "kind", "governorate", "invitations"]
ROW = ["org-basra", "Organisation, Basra", "منظمة، البصرة", "ڕێکخراو، بەسرە", "prime", "Basra", "5"]


def as_csv(*rows: list[str], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def good(body: bytes) -> Checked:
    found = check(body)
    assert isinstance(found, Checked), found
    return found


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_file_is_read(delimiter: str, encoding: str) -> None:
    found = good(as_csv(HEADING, ROW, delimiter=delimiter, encoding=encoding))
    assert found == Checked((Line(2, BASRA, 5),), ())


def test_an_arabic_windows_file_is_read() -> None:
    found = good(as_csv(["الاسم بالعربية", "slug"], ["منظمة", "org"], encoding="cp1256"))
    assert found.lines[0].entry.name_ar == "منظمة"


@pytest.mark.parametrize(
    "heading",
    [
        ["Name (English)", "Type", "Governorate"],
        ["الاسم بالإنجليزية", "النوع", "المحافظة"],
        ["ناوی ئینگلیزی", "جۆر", "پارێزگا"],
        ["  NAME_EN ", "kind", "province"],
    ],
)
def test_columns_are_known_by_their_heading_in_three_languages(heading: list[str]) -> None:
    found = good(as_csv(heading, ["Organisation, Erbil", "sub-grantee", "Erbil"]))
    assert found.lines[0].entry == Entry(
        "organisation-erbil", "Organisation, Erbil", "", "", "subgrantee", "Erbil"
    )


def test_an_xlsx_file_is_read_with_its_row_numbers() -> None:
    found = good(as_xlsx(HEADING, [], [*ROW[:-1], 5.0], [None, None, None, None, "prime", None, None]))
    assert found.lines[0] == Line(3, BASRA, 5)
    assert found.faults == (Fault(4, "name_en", Reason.NO_NAME),)


def test_faults_say_the_row_and_the_reason() -> None:
    rows = [
        ["ok", "Fine", "", "", "", "", ""],
        ["ok", "Again", "", "", "", "", ""],
        ["Bad slug!", "Name", "", "", "", "", ""],
        ["", "", "منظمة", "", "", "", ""],
        ["long", "x" * 201, "", "", "", "", ""],
        ["kind", "Name", "", "", "club", "", ""],
        ["count", "Name", "", "", "", "", "many"],
        ["more", "Name", "", "", "", "", "1001"],
        ["digits", "Name", "", "", "المانح", "", "٥"],
    ]
    found = good(as_csv(HEADING, *rows))
    assert found.faults == (
        Fault(3, "slug", Reason.TWICE),
        Fault(4, "slug", Reason.BAD_SLUG),
        Fault(5, "slug", Reason.NO_SLUG),
        Fault(6, "name_en", Reason.TOO_LONG),
        Fault(7, "kind", Reason.UNKNOWN_KIND),
        Fault(8, "invitations", Reason.BAD_COUNT),
        Fault(9, "invitations", Reason.BAD_COUNT),
    )
    assert (found.lines[-1].invitations, found.lines[-1].entry.kind) == (5, "donor")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", Refusal.EMPTY),
        (b"slug,name_en\n", Refusal.EMPTY),
        (b"colour,shape\nred,round\n", Refusal.NO_COLUMNS),
        (b"\xd0\xcf\x11\xe0" + bytes(100), Refusal.OLD_EXCEL),
        (b"%PDF-1.7\x00\x01\x02", Refusal.UNREADABLE),
        (b"PK\x03\x04 not a zip", Refusal.UNREADABLE),
        (b"a" * (MAX_BYTES + 1), Refusal.TOO_LARGE),
        (as_csv(["name_en"], *[[f"Name {one}"] for one in range(MAX_ROWS + 1)]), Refusal.TOO_MANY_ROWS),
        (as_xlsx(["name_en"], *[[f"Name {one}"] for one in range(MAX_ROWS + 1)]), Refusal.TOO_MANY_ROWS),
    ],
)
def test_a_file_is_refused_whole(body: bytes, refusal: Refusal) -> None:
    assert check(body) is refusal


def test_rows_far_below_are_not_lost() -> None:
    book = Workbook()
    book.active["A1"] = "name_en"
    book.active["A5000"] = "Organisation, far below"
    body = io.BytesIO()
    book.save(body)
    assert good(body.getvalue()).lines[0].row == 5000


def test_a_file_that_unpacks_to_much_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    assert len(packed.getvalue()) < MAX_BYTES
    assert check(packed.getvalue()) is Refusal.TOO_LARGE


def test_a_workbook_without_the_right_parts_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert check(packed.getvalue()) is Refusal.UNREADABLE


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    assert isinstance(check(body), Checked | Refusal)
    assert isinstance(check(b"name_en\n" + body), Checked | Refusal)


@settings(max_examples=50)
@given(st.integers(0, 4000), st.integers(0, 255))
def test_a_damaged_workbook_does_not_make_it_fail(at: int, byte: int) -> None:
    body = bytearray(as_xlsx(list(HEADING), list(ROW)))
    body[at % len(body)] = byte
    assert isinstance(check(bytes(body)), Checked | Refusal)


def test_the_preview_counts_new_changed_and_same() -> None:
    def known(entry: Entry) -> Organisation:
        return Organisation(
            1, entry.slug, entry.name_en, entry.name_ar, entry.name_ku, entry.kind, "Basra", True
        )

    lines = good(
        as_csv(HEADING, ROW, ["changed", "New name", "", "", "", "", "2"], ["new", "New", "", "", "", "", ""])
    ).lines
    changed = Entry("changed", "Old name", "", "", "prime", "")
    found = preview(lines, {"org-basra": known(BASRA), "changed": known(changed)})
    assert (found.new, found.changed, found.same, found.invitations) == (1, 1, 1, 7)


@settings(max_examples=50)
@given(
    st.lists(
        st.sampled_from(["=1+1", "+964 750", "-1", "@x", "＝1", "\u200f=1", "\x07bell", "plain"]), min_size=1
    )
)
def test_no_text_leaves_as_a_formula(cells: list[str]) -> None:
    sheet = load_workbook(io.BytesIO(workbook("codes", [cells, [*range(len(cells))]]))).active
    assert {cell.data_type for cell in sheet[1]} == {"s"}
    assert {cell.data_type for cell in sheet[2]} == {"n"}


def test_what_is_written_can_be_read_back() -> None:
    assert good(workbook("organisations", [HEADING, ROW])).lines == (Line(2, BASRA, 5),)
