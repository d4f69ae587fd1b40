"""T26: every action and every question, for every role in every state: one generated matrix, every cell decided.

`docs/roles.md` is the matrix; `python -m tests.security.test_roles` writes it anew, so that a change of who may do what
is a change that somebody reads.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import handlers  # noqa: F401 - importing it registers every handler
from handlers.kit import Turn, registry
from handlers.kit.registry import Entry
from handlers.rules.access import LOCKED, PIN_TYPED, STOPPING, Access, access, needs_pin
from storage.database import Database
from storage.members import STAFF, Member
from storage.tables import inbox
from tests.play import Person, Stage
from tests.security.people import sets_pin

PAGE = Path(__file__).parents[2] / "docs" / "roles.md"
COLUMNS = {
    "new": ("guest", ""),
    "guest": ("guest", ""),
    "unvouched": ("guest", ""),
    "member": ("member", ""),
    "coordinator": ("coordinator", ""),
    "administrator": ("administrator", ""),
    "donor": ("donor", ""),
    "locked": ("member", "locked"),
    "frozen": ("member", "frozen"),
    "locked coordinator": ("coordinator", "locked"),
    "frozen coordinator": ("coordinator", "frozen"),
    "frozen administrator": ("administrator", "frozen"),
}
"""Each state in which somebody may come: a role, and why their account is closed."""
YES, NO, PIN, CLOSED, FIRST = "yes", "–", "PIN", "closed", "first"
INTRODUCTION = (
    "# Who may do what\n\n"
    "Generated from the code by `python -m tests.security.test_roles`; `tests/security/test_roles.py` compares it and "
    "decides every cell with the real dispatcher. **yes**: open. **PIN**: open, and behind the PIN where one is set. "
    "**–**: answered with “not open to you”. **closed**: the account is closed, by its owner (locked) or by a "
    "coordinator (frozen). **first**: the steps of arrival come first. Who left is *new* again. *unvouched* waits for "
    "an answer to a request to join and is a guest until then.\n"
)


def cell(entry: Entry, column: str) -> str:
    """Say what somebody in a state meets."""
    role, hold = COLUMNS[column]
    member = Member(
        1, "", "en", role, "active", None, 1, False, (), datetime(2026, 1, 1, tzinfo=UTC), hold=hold
    )
    match access(entry.name, entry.who, member):
        case Access.CLOSED:
            return CLOSED
        case _ if column == "new" and entry.consent:
            return FIRST
        case Access.NOT_THEIRS:
            return NO
    return PIN if needs_pin(entry.name, entry.who) else YES


def table(title: str, entries: dict[str, Entry]) -> str:
    """Write one half of the matrix."""
    lines = [f"## {title}", "", f"| | {' | '.join(COLUMNS)} |", f"|---{'|---' * len(COLUMNS)}|"]
    for name in sorted(entries):
        lines.append(f"| `{name}` | {' | '.join(cell(entries[name], column) for column in COLUMNS)} |")
    return "\n".join(lines)


def page() -> str:
    """Write the whole page."""
    return "\n".join(
        [
            INTRODUCTION,
            table("Buttons and commands", registry.taps),
            "",
            table("Typed answers", registry.answers),
            "",
        ]
    )


def stands(half: int) -> dict[tuple[str, str], str]:
    """Read the checked-in matrix: what stands there is what has to be so."""
    found: dict[tuple[str, str], str] = {}
    for line in PAGE.read_text(encoding="utf-8").split("\n## ")[half].splitlines():
        if line.startswith("| `"):
            name, *cells = (one.strip(" `") for one in line.strip("|").split("|"))
            found |= {(name, column): one for column, one in zip(COLUMNS, cells, strict=True)}
    return found


def test_T26_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run python -m tests.security.test_roles, and read what changed"
    )


async def _comes(stage: Stage, column: str) -> Person:
    role, hold = COLUMNS[column]
    if column == "new":
        person = stage.person()
        await person.starts()
        return person
    person = await stage.known("en", role=role, name=f"Somebody {column}")
    if role in STAFF and not hold:
        await sets_pin(stage, person)
        async with stage.database.unit() as unit:
            await unit.pins.change((await person.member()).id, open_until=None)
    async with stage.database.unit() as unit:
        member = await person.member()
        await unit.members.change(member.id, hold=hold)
        if column == "unvouched":
            assert member.organisation_id is not None
            await unit.members.change(member.id, organisation_id=None)
            await unit.join_requests.ask(member.id, member.organisation_id, stage.now)
    return person


def _met(text: str) -> str:
    for words, found in {
        "closed for now": CLOSED,
        "not open to you": NO,
        "Please type your PIN": PIN,
        "Which language shall we use": FIRST,
    }.items():
        if words in text:
            return found
    return YES


@pytest.mark.parametrize("half", [1, 2], ids=["taps", "answers"])
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_T26_every_cell_is_decided_as_the_matrix_says(stage: Stage, column: str, half: int) -> None:
    person = await _comes(stage, column)
    entries = registry.taps if half == 1 else registry.answers
    matrix = stands(half)
    assert {name for name, _ in matrix} == set(entries)
    async with stage.database.unit() as unit:
        address = await unit.addresses.find("telegram", "stage", person.peer)
        assert address is not None
        member = await unit.members.get(address.member_id)
        assert member is not None
        for name, entry in entries.items():
            turn = Turn(unit, member, address, stage.now, stage.community, removes=True)
            instead = await stage.dispatcher._allowed(turn, entry, name)
            met = _met(instead.text + instead.note) if instead is not None else YES
            wanted = matrix[name, column]
            wanted = YES if wanted == PIN and COLUMNS[column][1] else wanted
            assert met == wanted, (name, column)


@pytest.mark.parametrize("column", [one for one in COLUMNS if one not in ("new",)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_T26_what_is_refused_is_refused_at_the_door_too(stage: Stage, column: str) -> None:
    """Played through the whole machine, with forged arguments: a different score of cells each day."""
    person = await _comes(stage, column)
    refused = [name for (name, one), met in stands(1).items() if one == column and met in (NO, CLOSED, PIN)]
    chosen = random.Random(f"{stage.now.date()}{column}").sample(refused, min(20, len(refused)))
    for name in chosen:
        kinds = registry.taps[name].kinds
        await person.forges(":".join([name, *("1" if kind is int else "x" for kind in kinds)]))
        assert _met(person.sees) == stands(1)[name, column], name
    async with stage.database.reading() as unit:
        assert not await unit.inbox.all(inbox.select().where(inbox.c.state == "parked"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_T26_a_closed_account_opens_by_nothing_that_its_owner_sends(stage: Stage) -> None:
    for hold in ("locked", "frozen"):
        for role in ("member", "coordinator", "administrator"):
            person = await stage.known("en", role=role)
            member_id = (await person.member()).id
            async with stage.database.unit() as unit:
                await unit.members.change(member_id, hold=hold)
            for text in ("/start", "/menu", "hello", "/coordinate", "anything at all", "7"):
                await person.says(text)
                assert "closed for now" in person.sees
            for forged in (
                f"hold-set:{member_id}:open",
                "resume",
                "start",
                "no-such-thing",
                "pin-close",
                "export",
            ):
                await person.forges(forged)
            assert (await person.member()).hold == hold


async def test_T26_other_peoples_buttons_are_worth_nothing(stage: Stage) -> None:
    """Every button that a coordinator, an administrator and a member were shown, sent by a guest and by a stranger."""
    shown: set[str] = set()
    for role in ("member", "coordinator", "administrator"):
        person = await stage.known("en", role=role, name=f"Somebody {role}")
        for action in (
            "menu",
            "coordinate",
            "people",
            "roles-org:1",
            "safety",
            "hold",
            "announcements",
            "settings",
        ):
            await person.forges(action)
            shown |= set(person.last.labels.values())
        shown |= {f"person:{(await person.member()).id}", f"role:{(await person.member()).id}:donor"}
        shown |= {
            f"hold-set:{(await person.member()).id}:frozen",
            f"delete-now:{(await person.member()).id}:en",
        }
    before = await _people(stage.database)
    guest, stranger = await stage.known("en", role="guest"), stage.person()
    for person in (stranger, guest):
        for action in sorted(shown - {"delete-now"}):
            if not action.startswith(("stop", "panic", "delete")):
                await person.forges(action)
    await guest.forges(next(one for one in shown if one.startswith("delete-now")))
    assert "Delete my data?" in guest.sees, "somebody else's last button only asks"
    after = await _people(stage.database)
    assert {one: after[one] for one in before} == before


async def _people(database: Database) -> dict[int, tuple[str, str, bool]]:
    async with database.reading() as unit:
        found = await unit.members.with_roles("guest", "member", "coordinator", "administrator", "donor")
        return {one.id: (one.role, one.hold, one.silenced) for one in found}


CONTROLS: dict[str, Callable[[], object]] = {
    "a stop needs no PIN": lambda: not any(needs_pin(name, registry.taps[name].who) for name in STOPPING),
    "what opens needs none": lambda: not needs_pin(PIN_TYPED, registry.answers[PIN_TYPED].who),
    "leaving is open to the locked": lambda: {"delete-me", "delete-sure", "delete-now"} <= LOCKED,
    "all that is named exists": lambda: set(registry.taps) >= (LOCKED | STOPPING),
}


@pytest.mark.parametrize("control", CONTROLS)
def test_T26_controls(control: str) -> None:
    assert CONTROLS[control]()


def test_T26_control_a_wrong_matrix_is_noticed() -> None:
    wrong = page().replace("| `coordinate` | first | –", "| `coordinate` | first | yes")
    assert wrong != page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
