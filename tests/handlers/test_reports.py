"""Reports to the donor: drafted, looked through, locked, corrected; as files and as a page; and what they hide."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from handlers.report_sheets import report_csv, report_workbook
from storage.events import Event
from tests.handlers.happenings import publish
from tests.play import Person, Stage

ISOLATES = dict.fromkeys(map(ord, "⁦⁧⁨⁩"))
AFTER = timedelta(days=33)


def seen(person: Person) -> str:
    return person.sees.translate(ISOLATES)


async def crowd(stage: Stage, event: Event, women: int, men: int, silent: int = 0) -> list[int]:
    """Have people attend an event, of whom so many said that they are women or men."""
    place = await stage.organisation()
    said = ["woman"] * women + ["man"] * men + [""] * silent
    async with stage.database.unit() as unit:
        ids = []
        for gender in said:
            member = await unit.members.add(at=stage.now, lang="ar", role="member")
            await unit.members.change(member.id, organisation_id=place, state="active")
            if gender:
                await unit.traits.say(member.id, "gender", gender)
            await unit.attendance.mark(event.id, 1, member.id, "present", stage.now, how="list")
            ids.append(member.id)
    return ids


async def quarter_over(stage: Stage, *, women: int = 8, men: int = 7) -> Person:
    """Let a webinar with so many people take place, and the quarter end; return a coordinator."""
    coordinator = await stage.known("en", role="coordinator")
    event = await publish(stage)
    await crowd(stage, event, women, men)
    await stage.passes(AFTER)
    return coordinator


async def lock(coordinator: Person) -> None:
    await coordinator.forges("report:2026Q1:activities")
    await coordinator.taps("I looked it through")
    await coordinator.taps("Lock the report")
    await coordinator.taps("Lock the report")


async def test_a_report_is_drafted_looked_through_and_locked(stage: Stage) -> None:
    coordinator = await quarter_over(stage)
    await coordinator.says("/coordinate")
    assert "Participations by quarter" in coordinator.sees
    await coordinator.taps("Results and reports")
    assert "January to March 2026: draft" in seen(coordinator)
    await coordinator.taps("January to March")
    assert "Webinars: 1 of 8, 7 to go, 1 this quarter" in seen(coordinator)
    assert "This is a draft." in coordinator.sees
    assert "Lock the report" not in coordinator.buttons
    await coordinator.taps("I looked it through")
    await coordinator.taps("Lock the report")
    assert "It cannot be unlocked." in coordinator.sees
    await coordinator.taps("Lock the report", again=True)
    assert "these numbers stay" in coordinator.last.text
    await coordinator.taps("Objective 2")
    assert "Organisations that took part: 1 this quarter, 1 in all, target 37" in seen(coordinator)


async def test_a_quarter_that_is_not_over_cant_be_locked(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("report:2026Q1:activities")
    assert "still grow" in coordinator.sees
    for action in ("report-review:2026Q1", "report-freeze:2026Q1"):
        await coordinator.forges(action)
    async with stage.database.reading() as unit:
        assert await unit.reports.get("2026Q1") is None


async def test_people_are_told_apart_only_when_it_is_locked_and_never_in_small_numbers(stage: Stage) -> None:
    coordinator = await quarter_over(stage, women=11, men=2)
    await coordinator.forges("report:2026Q1:people")
    assert "13 people took part." in seen(coordinator)
    assert "Woman" not in coordinator.sees
    await lock(coordinator)
    await coordinator.taps("Who took part")
    shown = seen(coordinator)
    assert re.search(r"Too few people to be told apart by: [^\n]*Gender", shown)
    assert "11" not in shown, "11 of 13 would tell that two are men"


async def test_large_numbers_are_shown(stage: Stage) -> None:
    coordinator = await quarter_over(stage, women=8, men=7)
    await lock(coordinator)
    await coordinator.taps("Who took part")
    assert "Woman 8" in seen(coordinator)
    assert "Man 7" in seen(coordinator)


async def test_what_is_locked_stays_and_what_changes_is_a_correction_of_the_next(stage: Stage) -> None:
    coordinator = await quarter_over(stage)
    await lock(coordinator)
    async with stage.database.unit() as unit:
        (event,) = await unit.events.past(stage.now, limit=5)
        await unit.events.change(event, state="cancelled")
    await coordinator.forges("report:2026Q1:activities")
    assert "Webinars: 1 of 8" in seen(coordinator)
    await coordinator.forges("report:2026Q2:2")
    assert "Corrections to the report before:" in coordinator.sees
    assert "Webinars: 0 instead of 1" in seen(coordinator)
    await coordinator.forges("report:2026Q2:1")
    assert "People who took part: 0 this quarter, 15 in all" in seen(coordinator)


async def test_a_number_opens_to_its_definition_its_note_and_its_evidence(stage: Stage) -> None:
    coordinator = await quarter_over(stage)
    await coordinator.forges("report:2026Q1:1")
    await coordinator.taps("Numbers one by one")
    await coordinator.taps("Participations")
    assert "Each person counted once for each event" in coordinator.sees
    await coordinator.taps("Write a note")
    await coordinator.says("x" * 301)
    assert "up to 300 characters" in coordinator.sees
    await coordinator.says("Two sessions moved to the next quarter")
    assert "Two sessions moved" in coordinator.sees
    await coordinator.taps("Baseline and target")
    await coordinator.says("lots")
    assert "not one or two numbers" in coordinator.sees
    await coordinator.says("٥ ٢٠٠")
    assert "Baseline: 5\nTarget: 200" in seen(coordinator)
    await coordinator.taps("Where it comes from")
    assert "What Works: Wednesday, 4 March, 15 people" in seen(coordinator)
    await coordinator.taps("What Works")
    assert "Were there: 15" in seen(coordinator)


async def test_a_locked_report_takes_no_note(stage: Stage) -> None:
    coordinator = await quarter_over(stage)
    await coordinator.forges("figure-note:2026Q1:people")
    async with stage.database.unit() as unit:
        await unit.reports.review("2026Q1", stage.now)
    await coordinator.forges("report-freeze:2026Q1")
    await coordinator.forges("figure-note:2026Q1:people")
    await coordinator.says("Too late")
    assert "This report is locked." in coordinator.sees
    async with stage.database.reading() as unit:
        assert await unit.reports.notes("2026Q1") == {}


@pytest.mark.parametrize("lang", ["en", "ar", "ku"])
async def test_the_spreadsheet_has_numbers_right_directions_and_no_formula(stage: Stage, lang: str) -> None:
    coordinator = await quarter_over(stage)
    async with stage.database.unit() as unit:
        (event,) = await unit.events.past(stage.now, limit=5)
        await unit.events.put_text(event, lang, "title", '=HYPERLINK("https://evil.example","x")')
        await unit.reports.put_note("2026Q1", "webinar", "+1+1")
    await coordinator.forges(f"report-file:2026Q1:xlsx:{lang}")
    book = load_workbook(io.BytesIO(await _attached(stage, coordinator)))
    assert [sheet.sheet_view.rightToLeft for sheet in book] == [lang != "en"] * 3
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell.value for cell in cells if str(cell.value).startswith("=HYPERLINK")]
    table = book.worksheets[0]
    webinars = next(row for row in table.iter_rows(values_only=True) if row[5] == 8 and row[0] != 1)
    assert webinars[4:11] == (0, 8, 1, 1, 7, 12, "+1+1")
    log = list(book.worksheets[1].iter_rows(values_only=True))
    assert (log[1][3], log[1][5]) == (1, 15)


async def _attached(stage: Stage, person: Person) -> bytes:
    attached = [one.part.attachment for one in person.phone if one.part.attachment]
    async with stage.database.reading() as unit:
        return await unit.files.body(attached[-1].file_id)


def test_plain_rows_hold_no_formula_either() -> None:
    body = report_csv([["Title"], ["=1+1"], ["-2"], ["@x"], ["ordinary, with comma"]])
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows == [["Title"], ["'=1+1"], ["'-2"], ["'@x"], ["ordinary, with comma"]]


def test_a_tab_is_named_whatever_its_title() -> None:
    book = load_workbook(io.BytesIO(report_workbook([("a/b:c" + "x" * 40, [["h"]])], rtl=False)))
    assert book.sheetnames[0].startswith("a b c")


@pytest.mark.parametrize("lang", ["en", "ar", "ku"])
async def test_the_pdf_is_made_in_each_language(stage: Stage, lang: str) -> None:
    coordinator = await quarter_over(stage)
    await lock(coordinator)
    await coordinator.forges("report-get:2026Q1")
    await coordinator.taps("PDF to hand in")
    await coordinator.taps(f"report-file:2026Q1:pdf:{lang}")
    body = await _attached(stage, coordinator)
    assert body.startswith(b"%PDF-")
    assert body.count(b"/Type /Page\n") + body.count(b"/Type /Page ") >= 2


# --- the donor ----------------------------------------------------------------------------------------------


async def test_the_donor_reads_locked_reports_only(stage: Stage) -> None:
    coordinator = await quarter_over(stage)
    donor = await stage.known("en", role="donor")
    await donor.says("/reports")
    assert "There is no report yet." in donor.sees
    await donor.forges("report-file:2026Q1:xlsx:en")
    assert not [one for one in donor.phone if one.part.attachment]
    await donor.forges("report:2026Q1:activities")
    assert "Webinars" not in donor.sees
    await lock(coordinator)
    await donor.says("/reports")
    assert "Webinars: 1 of 8" in seen(donor)
    await donor.taps("Objective 1")
    assert "Participations: 15 this quarter" in seen(donor)
    await donor.forges("report-file:2026Q1:xlsx:en")
    assert (await _attached(stage, donor)).startswith(b"PK")


async def test_a_link_opens_a_report_once(stage: Stage) -> None:
    async with stage.database.unit() as unit:
        token = await unit.reports.link("2026Q1", "ar", stage.now + timedelta(days=7))
    async with stage.database.unit() as unit:
        assert await unit.reports.linked(token, stage.now) is not None
        found = await unit.reports.use_link(token, stage.now)
        assert found is not None
        assert (found.period, found.lang) == ("2026Q1", "ar")
        assert await unit.reports.use_link(token, stage.now) is None
        assert await unit.reports.linked("x" * 500, stage.now) is None
        late = await unit.reports.link("2026Q1", "ar", stage.now)
        assert await unit.reports.use_link(late, stage.now) is None
        assert await unit.reports.forget_links(stage.now + timedelta(seconds=1)) == 1


# --- what people say of themselves --------------------------------------------------------------------------


async def test_people_say_what_they_like_and_take_it_back(stage: Stage) -> None:
    member = await stage.known("en")
    await member.forges("my-data")
    await member.taps("For the count")
    assert "Gender: not said" in seen(member)
    await member.taps("Gender")
    await member.taps("Woman", again=True)
    assert "Gender: Woman" in member.last.text.translate(ISOLATES)
    await member.taps("Age")
    await member.taps("Prefer not to say")
    assert "Age: Prefer not to say" in seen(member)
    for name in ("Gender", "Age"):
        await member.taps(name)
        await member.taps("Take it back")
    assert "Gender: not said" in seen(member)
    known = await member.member()
    async with stage.database.reading() as unit:
        assert await unit.traits.records(known.id) == []


async def test_the_pulse_shows_quarters_as_a_picture(stage: Stage) -> None:
    coordinator = await quarter_over(stage)
    await coordinator.forges("pulse")
    assert "January to March 2026: 15" in seen(coordinator)
    assert (await _attached(stage, coordinator)).startswith(b"\x89PNG")
