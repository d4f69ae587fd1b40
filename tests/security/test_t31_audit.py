"""T31. The audit: every edit, deletion, reordering and cut tail is found, also one made past the triggers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from storage.audit import BASE
from storage.database import Database
from storage.migrate import migrate
from storage.tables import audit, facts
from storage.vault import Vault

ROWS = 6


@pytest.fixture
async def database(empty_url: str, vault: Vault) -> AsyncIterator[Database]:
    """Return a database made by the migrations, since the triggers are theirs."""
    opened = Database(empty_url, vault)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def marks(database: Database, now: datetime) -> list[str]:
    """Fill the chain and return the mark of each row."""
    kept = []
    for number in range(ROWS):
        async with database.unit() as unit:
            at = now + timedelta(days=number)
            entry = await unit.audit.append("role", f"member:{number}", actor_id=7, at=at)
            kept.append(entry.mark)
    return kept


async def _as_attacker(database: Database, *statements: sa.Executable) -> None:
    """Change rows as somebody who owns the server does: triggers first."""
    async with database.engine.begin() as connection:
        if database.is_sqlite:
            for name in ("audit_changes", "audit_deletions"):
                await connection.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            await connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        for statement in statements:
            await connection.execute(statement)


async def _fault(database: Database, mark: str = "") -> str:
    async with database.reading() as unit:
        return (await unit.audit.verify(mark)).fault


async def test_t31_control_an_untouched_chain_is_whole(database: Database, marks: list[str]) -> None:
    async with database.reading() as unit:
        chain = await unit.audit.verify(marks[2])
    assert (chain.count, chain.mark, chain.fault) == (ROWS, marks[-1], "")


@pytest.mark.parametrize("column", ["at", "actor_id", "action", "subject"])
async def test_t31_an_edit_is_found(database: Database, marks: list[str], now: datetime, column: str) -> None:
    other = {"at": now - timedelta(days=1), "actor_id": 8, "action": "other", "subject": "member:9"}
    await _as_attacker(database, audit.update().where(audit.c.number == 3).values({column: other[column]}))
    assert await _fault(database) == "row 3 was changed or moved"


async def test_t31_a_deletion_is_found(database: Database, marks: list[str]) -> None:
    await _as_attacker(database, audit.delete().where(audit.c.number == 3))
    assert await _fault(database) == "rows 3 to 3 are missing"


async def test_t31_a_deletion_with_the_rest_moved_up_is_found(database: Database, marks: list[str]) -> None:
    moved = [audit.update().where(audit.c.number == one).values(number=one - 1) for one in range(4, ROWS + 1)]
    await _as_attacker(database, audit.delete().where(audit.c.number == 3), *moved)
    assert await _fault(database) == "row 3 was changed or moved"


async def test_t31_reordering_is_found(database: Database, marks: list[str]) -> None:
    swap = [
        audit.update().where(audit.c.number == one).values(number=other)
        for one, other in ((3, 99), (4, 3), (99, 4))
    ]
    await _as_attacker(database, *swap)
    assert await _fault(database) == "row 3 was changed or moved"


async def test_t31_a_cut_tail_is_found_by_a_mark_and_only_by_a_mark(
    database: Database, marks: list[str]
) -> None:
    await _as_attacker(database, audit.delete().where(audit.c.number > 4))
    assert await _fault(database) == ""
    assert await _fault(database, marks[3]) == ""
    assert "cut off" in await _fault(database, marks[4])
    async with database.unit() as unit:  # the thief lets it grow again
        for _ in range(3):
            await unit.audit.append(
                "role", "member:1", actor_id=7, at=datetime.fromisoformat("2026-05-01T00:00:00+00:00")
            )
    assert "cut off" in await _fault(database, marks[4])


async def test_t31_a_cut_beginning_is_found(database: Database, marks: list[str]) -> None:
    await _as_attacker(
        database,
        audit.delete().where(audit.c.number <= 2),
        facts.insert().values(name=BASE, value=f"2|{'00' * 32}|{'00' * 32}"),
    )
    assert await _fault(database) == "where the chain begins was changed"


async def test_t31_the_database_refuses_changes(database: Database, marks: list[str]) -> None:
    for statement in (audit.update().values(action="x"), audit.delete().where(audit.c.number == ROWS)):
        with pytest.raises(sa.exc.DBAPIError, match="only grows"):
            async with database.unit() as unit:
                await unit.audit.run(statement)
    assert await _fault(database, marks[-1]) == ""


async def test_t31_what_is_past_its_time_goes_and_the_rest_is_still_proven(
    database: Database, marks: list[str], now: datetime
) -> None:
    async with database.unit() as unit:
        assert await unit.audit.forget(now) == 0
        assert await unit.audit.count_before(now + timedelta(days=2)) == 2
        assert await unit.audit.forget(now + timedelta(days=2)) == 2
    assert await _fault(database, marks[-1]) == ""
    async with database.unit() as unit:
        assert await unit.audit.forget(now + timedelta(days=99)) == ROWS - 2
        assert (await unit.audit.append("role", "member:1", actor_id=7, at=now)).number == ROWS + 1
    assert await _fault(database, marks[-1]) == ""


@pytest.mark.parametrize("words", ["Member, Basra", "07701234567 called", "عضو", "a" * 5 + "\n"])
async def test_t31_it_takes_no_text(database: Database, now: datetime, words: str) -> None:
    async with database.unit() as unit:
        with pytest.raises(ValueError, match="ids and counts"):
            await unit.audit.append("role", words, actor_id=1, at=now)
