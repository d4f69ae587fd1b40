"""The machine looks after itself, and tells administrators what it can't mend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.backups import Backups
from bot.settings import Settings
from bot.upkeep import Upkeep
from handlers.kit import Community
from storage.database import Database
from storage.migrate import migrate
from storage.tables import audit
from storage.vault import Vault
from tests.play import Stage

pytestmark = pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)


@pytest.fixture
async def database(empty_url: str, vault: Vault) -> AsyncIterator[Database]:
    """Return a database made by the migrations, as a backup's copy is read by them."""
    opened = Database(empty_url, vault)
    await migrate(opened)
    yield opened
    await opened.close()


def upkeep(stage: Stage, folder: Path, **given: Any) -> Upkeep:
    backups = Backups(Settings(backup_folder=str(folder)), stage.database.vault)
    return Upkeep(
        stage.database, Community(), {}, lambda: stage.now, backups=backups, leads=lambda: True, **given
    )


async def test_a_backup_every_night_a_trial_every_week_and_nothing_to_tell(
    stage: Stage, tmp_path: Path
) -> None:
    boss = await stage.known("en", role="administrator")
    looks = upkeep(stage, tmp_path / "backups")
    assert looks.backups is not None
    for hours in range(0, 24 * 9, 4):
        stage.now += timedelta(hours=4 if hours else 0)
        assert await looks.look() == set()
        assert await looks.look() == set()
    assert len(looks.backups.listed()) in (7, 8)  # seven days, and the weeks before them
    async with stage.database.reading() as unit:
        done = [entry.action for entry in await unit.audit.newest(99)]
        assert await unit.facts.get("drill") == "good"
    assert done.count("backup") == 9
    assert done.count("drill") == 2  # in the first nights of two weeks, never by day
    await stage.settles()
    assert boss.sees == ""


async def test_what_needs_a_person_is_told_once_a_day(stage: Stage, tmp_path: Path) -> None:
    boss, member = await stage.known("en", role="administrator"), await stage.known("en")
    (tmp_path / "backups").write_text("not a folder")

    async def not_ours() -> bool:
        return False

    looks = upkeep(stage, tmp_path / "backups", webhook_is_ours=not_ours)
    assert await looks.look() == {"webhook"}
    stage.now += timedelta(hours=40)
    for _ in range(3):
        assert await looks.look() == {"webhook", "backup"}
    await stage.settles()
    said = [shown.text for shown in boss.phone]
    assert sum("an address that is not ours" in one for one in said) == 2
    assert sum("no fresh backup" in one for one in said) == 1
    assert member.sees == ""


async def test_a_changed_audit_and_a_backup_that_cannot_be_restored_are_told(
    stage: Stage, tmp_path: Path
) -> None:
    looks = upkeep(stage, tmp_path / "backups")
    assert looks.backups is not None
    assert await looks.look() == set()
    assert not looks.backups.listed(), "by day it waits for the night"
    stage.now += timedelta(hours=27)
    assert await looks.look() == set(), "unless that is long in coming"
    async with stage.database.unit() as unit:
        await unit.audit.run(sa.text("DROP TRIGGER audit_changes"))
        await unit.audit.run(audit.update().values(action="other"))
    (newest,) = looks.backups.listed()
    newest.write_bytes(newest.read_bytes()[:-5])
    async with stage.database.unit() as unit:
        await unit.facts.put("drilled-in", "2025-50")  # so long ago that it does not wait for the night
    stage.now += timedelta(hours=2)
    assert await looks.look() == {"audit", "drill"}
