"""Organisations and invitations from a spreadsheet: checked, previewed, and then taken in whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from handlers.kit import (
    ADMINISTRATORS,
    Attachment,
    Button,
    Reply,
    Screen,
    Turn,
    Upload,
    action,
    answer,
    aside,
    column,
    lines,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.people import link_for
from handlers.rules.spreadsheets import (
    COLUMNS,
    MAX_BYTES,
    MAX_ROWS,
    MOST_INVITATIONS,
    Checked,
    Fault,
    Line,
    Preview,
    Reason,
    Refusal,
    check,
    entry_of,
    preview,
    workbook,
)
from storage.invitations import grouped

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT = timedelta(hours=1)
CODES_WORK = timedelta(days=14)
FAULTS_SHOWN = 8
WAITING = "organisations awaiting confirmation"


@tap("organisations-import", who=ADMINISTRATORS)
async def ask_spreadsheet(turn: Turn) -> Screen:
    """Ask for the file."""
    return _ask(turn)


def _ask(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        paragraphs(
            turn._("Please send a spreadsheet of organisations, as an XLSX or CSV file."),
            turn._("Its first row names the columns: {columns}", columns=", ".join(COLUMNS)),
            turn._(
                "Only a name is needed. With a number under «invitations» you also get a code for that many "
                "people. Nothing changes until you have seen what would, and confirm."
            ),
        ),
        title=turn._("Organisations from a spreadsheet"),
        rows=column(
            Button(turn.p("button", "Get the template"), "organisations-template"),
            Button(turn.p("button", "Cancel"), "people"),
        ),
        ask="organisations-file",
        accepts="file",
        note=note,
    )


@tap("organisations-template", who=ADMINISTRATORS)
async def template(turn: Turn) -> Screen:
    """Send a spreadsheet with the right columns and the organisations that are known."""
    known = [entry_of(one) for one in await turn.unit.organisations.listed("en")]
    rows = [(one.slug, one.name_en, one.name_ar, one.name_ku, one.kind, one.governorate) for one in known]
    file_id = await _sheet(turn, "organisations.xlsx", [tuple(COLUMNS), *rows])
    return turn.screen(
        turn._("Fill it in, add rows as you like, and send it back here."),
        title=turn._("Organisations from a spreadsheet"),
        rows=column(Button(turn.p("button", "Cancel"), "people")),
        attachments=[Attachment(file_id)],
        ask="organisations-file",
        accepts="file",
    )


@answer("organisations-file", who=ADMINISTRATORS)
async def take_spreadsheet(turn: Turn, reply: Reply) -> Screen:
    """Check a file and show what it would do."""
    body = await _body(turn, reply.upload)
    if body is None:
        return _ask(turn, _file_trouble(turn, reply.upload))
    checked = await aside(check, body)
    if isinstance(checked, Refusal):
        return _ask(turn, _refusal(turn, checked))
    if checked.faults:
        return _faults_screen(turn, checked)
    kept = await turn.unit.files.add(
        WAITING, "application/octet-stream", body, at=turn.now, expires_at=turn.now + KEPT
    )
    known = await turn.unit.organisations.by_slug()
    return _preview_screen(turn, preview(checked.lines, known), kept.id)


async def _body(turn: Turn, upload: Upload | None) -> bytes | None:
    """Take the bytes over from where uploads are kept for good."""
    if upload is None or upload.fault or not upload.file_id:
        return None
    body = await turn.unit.files.body(upload.file_id)
    await turn.unit.files.remove(upload.file_id)
    return body


def _file_trouble(turn: Turn, upload: Upload | None) -> str:
    if upload is not None and upload.fault == "large":
        return _refusal(turn, Refusal.TOO_LARGE)
    return turn._("Please send the spreadsheet as a file.")


def _refusal(turn: Turn, refusal: Refusal) -> str:
    match refusal:
        case Refusal.TOO_LARGE:
            return turn._("This file is too large: {count} MB at most.", count=MAX_BYTES // 1024 // 1024)
        case Refusal.TOO_MANY_ROWS:
            return turn._("These are too many rows: {count} at most.", count=MAX_ROWS)
        case Refusal.OLD_EXCEL:
            return turn._("This is the old Excel format. Please save it as XLSX and send it again.")
        case Refusal.NO_COLUMNS:
            return turn._("The first row does not name a column for names.")
        case Refusal.EMPTY:
            return turn._("There is no organisation in this file.")
        case Refusal.UNREADABLE:
            return turn._("This does not look like an XLSX or CSV file.")


def _faults_screen(turn: Turn, checked: Checked) -> Screen:
    shown = checked.faults[:FAULTS_SHOWN]
    more = len(checked.faults) - len(shown)
    return turn.screen(
        paragraphs(
            turn.n("Rows looked at: {count}", "Rows looked at: {count}", len(checked.lines)),
            lines(*(_fault(turn, one) for one in shown)),
            turn.n("And {count} more.", "And {count} more.", more) if more else "",
            turn._("Nothing was changed. Please correct the file and send it again."),
        ),
        title=turn._("Not yet: some rows need a look"),
        rows=column(Button(turn.p("button", "Cancel"), "people")),
        ask="organisations-file",
        accepts="file",
    )


def _fault(turn: Turn, fault: Fault) -> str:
    return turn._(
        "Row {row}, {column}: {reason}", row=fault.row, column=fault.column, reason=_reason(turn, fault)
    )


def _reason(turn: Turn, fault: Fault) -> str:
    match fault.reason:
        case Reason.NO_NAME:
            return turn._("there is no name")
        case Reason.NO_SLUG:
            return turn._("a short name in Latin letters is needed, as there is no English name")
        case Reason.BAD_SLUG:
            return turn._("only Latin letters, digits and dashes")
        case Reason.TWICE:
            return turn._("an earlier row has the same short name")
        case Reason.TOO_LONG:
            return turn._("too long")
        case Reason.UNKNOWN_KIND:
            return turn._("not one of: prime, subgrantee, organiser, donor")
        case Reason.BAD_COUNT:
            return turn._("not a number up to {count}", count=MOST_INVITATIONS)


def _preview_screen(turn: Turn, found: Preview, file_id: int) -> Screen:
    return turn.screen(
        paragraphs(
            lines(
                turn._("New: {count}", count=found.new),
                turn._("Changed: {count}", count=found.changed),
                turn._("As before: {count}", count=found.same),
                turn._("People who could join with a code: {count}", count=found.invitations),
            ),
            turn._("Shall I take this in?"),
        ),
        title=turn._("What this would do"),
        rows=column(
            Button(turn.p("button", "Confirm"), action("organisations-confirm", file_id)),
            Button(turn.p("button", "Cancel"), action("organisations-drop", file_id)),
        ),
    )


@tap("organisations-drop", who=ADMINISTRATORS)
async def drop(turn: Turn, file_id: int) -> Screen:
    """Forget a file that shall not be taken in."""
    if await _waiting(turn, file_id) is not None:
        await turn.unit.files.remove(file_id)
    return _done_screen(turn, turn._("Nothing was changed."))


@tap("organisations-confirm", who=ADMINISTRATORS)
async def confirm(turn: Turn, file_id: int) -> Screen:
    """Take the whole file in, once, and send the codes."""
    body = await _waiting(turn, file_id)
    checked = await aside(check, body) if body is not None else None
    if not isinstance(checked, Checked) or checked.faults:
        return _done_screen(
            turn, turn._("This was taken in already, or waited for too long. Please send it again.")
        )
    await turn.unit.files.remove(file_id)
    found = preview(checked.lines, await turn.unit.organisations.by_slug())
    codes = [await _take_in(turn, line, file_id) for line in checked.lines]
    wanted = [one for one in codes if one]
    done = _done_screen(
        turn, turn._("Done. New: {new}, changed: {changed}.", new=found.new, changed=found.changed)
    )
    return done.followed_by(await _codes_screen(turn, wanted)) if wanted else done


async def _codes_screen(turn: Turn, codes: Sequence[Sequence[str | int]]) -> Screen:
    """Send the codes as a message of their own, which a second tap can't replace: they are shown only once."""
    file_id = await _sheet(turn, "invitations.xlsx", [CODES_HEADING, *codes])
    return turn.screen(
        turn._("The codes are in the file. Please pass each on by itself, and delete the file then."),
        attachments=[Attachment(file_id)],
        private=True,
    )


async def _waiting(turn: Turn, file_id: int) -> bytes | None:
    """Return the bytes of a file that waits for its confirmation, and of no other file."""
    file = await turn.unit.files.get(file_id)
    return await turn.unit.files.body(file_id) if file is not None and file.name == WAITING else None


CODES_HEADING = ("organisation", "code", "link", "people", "until")


async def _take_in(turn: Turn, line: Line, file_id: int) -> tuple[str | int, ...] | None:
    """Write one organisation down; return its invitation as a row, where one is wanted."""
    organisation_id = await turn.unit.organisations.put(line.entry)
    if not line.invitations:
        return None
    until = turn.now + CODES_WORK
    code = await turn.unit.invitations.issue(
        f"{turn.member.id}|{file_id}|{line.row}",
        organisation_id=organisation_id,
        role=line.entry.role,
        uses=line.invitations,
        at=turn.now,
        expires_at=until,
    )
    name = line.entry.name_en or line.entry.name_ar or line.entry.name_ku
    return (name, grouped(code), link_for(turn, code), line.invitations, until.date().isoformat())


async def _sheet(turn: Turn, name: str, rows: Sequence[Sequence[str | int]]) -> int:
    body = await aside(workbook, name.partition(".")[0], rows)
    file = await turn.unit.files.add(name, XLSX, body, at=turn.now, expires_at=turn.now + KEPT)
    return file.id


def _done_screen(turn: Turn, text: str) -> Screen:
    return turn.screen(
        text,
        title=turn._("Organisations from a spreadsheet"),
        rows=column(
            Button(turn.p("button", "Another file"), "organisations-import"),
            Button(turn.p("button", "People"), "people"),
            menu_button(turn),
        ),
    )
