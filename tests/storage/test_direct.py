"""SQLite's shorter way: units in one hop, several to a commit, none harmed by its neighbour."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage import direct
from storage.database import Database
from storage.unit import Unit
from storage.vault import Vault


@pytest.fixture
async def file(sqlite_template: Path, tmp_path: Path, vault: Vault) -> AsyncIterator[Database]:
    """Return a database in a file."""
    path = tmp_path / "direct.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}", vault)
    yield database
    await database.close()


def _put(name: str, value: str = "1") -> Callable[[Unit], Any]:
    async def put(unit: Unit) -> str:
        await unit.facts.put(name, value)
        return name

    return put


async def _facts(database: Database, *names: str) -> list[str]:
    return [await database.look(lambda unit, name=name: unit.facts.get(name)) for name in names]


async def test_units_that_wait_together_share_a_commit(file: Database) -> None:
    commits = 0

    @sa.event.listens_for(sa.Engine, "commit")
    def _count(_connection: sa.Connection) -> None:
        nonlocal commits
        commits += 1

    try:
        names = [f"fact{number}" for number in range(20)]
        assert await asyncio.gather(*(file.work(_put(name)) for name in names)) == names
    finally:
        sa.event.remove(sa.Engine, "commit", _count)
    assert await _facts(file, *names) == ["1"] * 20
    assert commits <= 2, "the first may go alone, the others wait for it and go together"


async def test_a_unit_that_fails_takes_nothing_of_its_neighbours_with_it(file: Database) -> None:
    async def fails(unit: Unit) -> None:
        await unit.facts.put("half", "done")
        raise ValueError("on purpose")

    async def breaks(unit: Unit) -> None:
        await unit.facts.put("other half", "done")
        await unit.connection.execute(sa.text("INSERT INTO nowhere VALUES (1)"))

    results = await asyncio.gather(
        file.work(_put("before")), file.work(fails), file.work(breaks), file.work(_put("after")),
        return_exceptions=True,
    )  # fmt: skip
    assert results[0] == "before"
    assert isinstance(results[1], ValueError)
    assert isinstance(results[2], sa.exc.OperationalError)
    assert results[3] == "after"
    assert await _facts(file, "before", "half", "other half", "after") == ["1", "", "", "1"]


@pytest.mark.parametrize("hangs_in", ["python", "sql"])
async def test_a_unit_whose_time_is_up_is_interrupted_and_others_go_on(
    file: Database, monkeypatch: pytest.MonkeyPatch, hangs_in: str
) -> None:
    monkeypatch.setattr(direct, "LOOK_SECONDS", 0.02)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

    async def hangs(unit: Unit) -> None:
        await unit.facts.put("half", "done")
        if hangs_in == "sql":
            await unit.connection.execute(sa.text(endless))
        while True:
            pass

    late, fine = await asyncio.gather(
        file.work(hangs, within=0.1), file.work(_put("fine")), return_exceptions=True
    )
    assert isinstance(late, TimeoutError)
    assert fine == "fine"
    assert await file.work(_put("later")) == "later"
    assert await _facts(file, "half", "fine", "later") == ["", "1", "1"]


async def test_a_unit_that_awaits_anything_but_storage_is_refused(file: Database) -> None:
    async def waits(unit: Unit) -> None:
        await unit.facts.put("half", "done")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="nothing but storage"):
        await file.work(waits)
    assert await _facts(file, "half") == [""]


async def test_a_suspect_is_noted_and_run_after_all_others(file: Database) -> None:
    order: list[str] = []

    def task(name: str) -> Callable[[Unit], Any]:
        async def run(_unit: Unit) -> None:
            order.append(name)

        return run

    async def suspected(unit: Unit) -> bool:
        await unit.facts.put("noted", str(int(await unit.facts.get("noted", "0")) + 1))
        return True

    await asyncio.gather(
        file.work(task("first")), file.work(task("suspect"), first=suspected), file.work(task("last"))
    )
    assert order == ["first", "last", "suspect"]
    assert await _facts(file, "noted") == ["1"], "it is counted once, when its turn has come"
