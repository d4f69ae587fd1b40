"""A spreadsheet of organisations: checked, previewed, taken in whole or not at all, and once."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from handlers.rules.spreadsheets import workbook
from storage.invitations import canonical
from storage.tables import files, organisations
from tests.play import Person, Stage

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADING = ("slug", "name_en", "name_ar", "name_ku", "kind", "governorate", "invitations")
ROWS = (
    ("org-basra", "Organisation, Basra", "منظمة، البصرة", "ڕێکخراو، بەسرە", "prime", "Basra", 5),
    ("org-erbil", "Organisation, Erbil", "منظمة، أربيل", "ڕێکخراو، هەولێر", "subgrantee", "Erbil", 0),
)


async def sending(stage: Stage, body: bytes, name: str = "organisations.xlsx") -> Person:
    administrator = await stage.known("en", role="administrator")
    await administrator.forges("organisations-import")
    return await administrator.sends(name, body, XLSX)


async def slugs(stage: Stage) -> set[str]:
    async with stage.database.reading() as unit:
        return set(await unit.organisations.by_slug())


async def sheet_of(stage: Stage, person: Person) -> list[tuple[object, ...]]:
    sent = next(shown.part.attachment for shown in reversed(person.phone) if shown.part.attachment)
    async with stage.database.reading() as unit:
        body = await unit.files.body(sent.file_id)
    assert body is not None
    return list(load_workbook(io.BytesIO(body)).active.iter_rows(values_only=True))


async def test_it_is_previewed_and_taken_in_once_with_codes_that_work(stage: Stage) -> None:
    administrator = await sending(stage, workbook("organisations", [HEADING, *ROWS]))
    assert "New: 2" in administrator.sees or "New: 1" in administrator.sees
    assert "org-erbil" not in await slugs(stage)
    await administrator.taps("Confirm", again=True)
    assert {"org-basra", "org-erbil"} <= await slugs(stage)
    heading, *rows = await sheet_of(stage, administrator)
    assert heading[1] == "code"
    assert len(rows) == 1
    code = str(rows[0][1])
    assert str(rows[0][2]).endswith(canonical(code))
    async with stage.database.reading() as unit:
        found = await unit.invitations.find(canonical(code))
        count = (await unit.connection.exec_driver_sql("SELECT count(*) FROM invitations")).scalar_one()
    assert found is not None
    assert (found.uses_left, found.role, count) == (5, "member", 1)


async def test_faults_are_shown_by_row_and_nothing_changes(stage: Stage) -> None:
    before = await slugs(stage)
    body = workbook("organisations", [HEADING, ROWS[0], ("", "", "", "", "", "", "many"), *[ROWS[0]] * 10])
    administrator = await sending(stage, body)
    assert "Row 3" in administrator.sees.replace("\u2068", "").replace("\u2069", "")
    assert "And 4 more." in administrator.sees
    assert not any(one.startswith("organisations-confirm") for one in administrator.last.labels.values())
    assert await slugs(stage) - {"org-basra"} == before - {"org-basra"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"%PDF-1.7\x00", "does not look like"),
        (b"PK\x03\x04broken", "does not look like"),
        (b"a,b\n1,2\n", "does not name"),
        (b"name_en\n", "no organisation"),
        (b"x" * (1024 * 1024 + 1), "too large"),
    ],
)
async def test_a_file_that_cannot_be_read_is_asked_for_again(stage: Stage, body: bytes, says: str) -> None:
    administrator = await sending(stage, body, "file.csv")
    assert says in administrator.sees
    await administrator.sends("good.xlsx", workbook("organisations", [HEADING, *ROWS]), XLSX)
    await administrator.taps("Confirm")
    assert "org-erbil" in await slugs(stage)


async def test_the_uploaded_file_does_not_stay(stage: Stage) -> None:
    administrator = await sending(stage, workbook("organisations", [HEADING, *ROWS]))
    await stage.passes(timedelta(hours=1, minutes=1))
    async with stage.database.reading() as unit:
        assert await unit.files.scalar(files.select()) is None
    await administrator.taps("Confirm")
    assert "org-erbil" not in await slugs(stage)
    assert "waited for too long" in administrator.sees


async def test_cancelling_forgets_the_file_and_no_other(stage: Stage) -> None:
    async with stage.database.unit() as unit:
        other = await unit.files.add("slides.pdf", "application/pdf", b"%PDF", at=stage.now)
    administrator = await sending(stage, workbook("organisations", [HEADING, *ROWS]))
    await administrator.forges(f"organisations-drop:{other.id}")
    await administrator.forges(f"organisations-confirm:{other.id}")
    await administrator.taps("Cancel")
    async with stage.database.reading() as unit:
        assert [row.id for row in await unit.files.all(files.select())] == [other.id]


async def test_the_template_holds_what_is_known_and_can_be_sent_back(stage: Stage) -> None:
    administrator = await stage.known("ku", role="administrator")
    await administrator.forges("organisations-import")
    await administrator.taps("organisations-template")
    heading, *rows = await sheet_of(stage, administrator)
    assert heading == HEADING
    assert [row[0] for row in rows] == ["org-basra"]
    await administrator.sends(
        "back.xlsx", workbook("organisations", [list(map(str, heading)), *map(_texts, rows)]), XLSX
    )
    async with stage.database.reading() as unit:
        assert (await unit.organisations.scalar(organisations.select())) is not None
    assert any(one.startswith("organisations-confirm") for one in administrator.last.labels.values())


def _texts(row: tuple[object, ...]) -> list[str]:
    return [str(cell or "") for cell in row]


async def test_only_administrators_may(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("organisations-import")
    await coordinator.sends("organisations.xlsx", workbook("organisations", [HEADING, *ROWS]), XLSX)
    assert "org-erbil" not in await slugs(stage)
