"""T19. Who has the files of a closed anonymous survey, and the keys, can't tell who said what.

The controls keep answers as people usually do, and the same scripts link them all.
"""

from __future__ import annotations

import itertools
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.backups import Backups
from bot.settings import Settings
from handlers.surveys import leave_no_trace
from storage import ballots, snapshots
from storage.database import Database
from storage.store import Store
from storage.surveys import Answers, Sending, Survey
from storage.tables import survey_answers, survey_ballots
from storage.unit import Unit
from storage.vault import Vault
from tests.play import Person, Stage
from tests.security.naive import DESIGNS, kept
from tests.security.thief import Row, Scores, Trace, stolen, tells_apart, traces
from tests.storage.people import opened, past_event, registered

FAR = 4
"""Standard deviations that chance does not reach: once in 16,000 runs of an attack."""


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    return Path(shutil.copyfile(sqlite_template, tmp_path / "stolen.db"))


@pytest.fixture
def database_url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def backups(tmp_path: Path, vault: Vault) -> Backups:
    return Backups(Settings(backup_folder=str(tmp_path / "backups")), vault)


# --- order, place, log --------------------------------------------------------------------------------------


def words(count: int) -> list[str]:
    """Return what each of several people says: all differ, none tells its place."""
    return [f"word{secrets.token_hex(6)}" for _ in range(count)]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("stopped", [True, False])
def test_t19_control_naive_designs_are_linked(tmp_path: Path, design: str, stopped: bool) -> None:
    scores = Scores()
    for number, count in enumerate((10, 60)):
        said = words(count)
        with kept(DESIGNS[design], tmp_path / f"{number}.db", said, stopped=stopped) as loot:
            scores.attack(loot, said)
    assert scores.best() >= 0.95, f"{design}: {scores.by_attack}"


async def answered(database: Database, now: datetime, said: list[str]) -> Survey:
    """Have people answer an anonymous survey one after the other."""
    async with database.unit() as unit:
        event = await past_event(unit, now)
        people = await registered(unit, event.id, len(said), now)
        survey = await opened(unit, event.id, "anonymous", now)
    for member_id, one in zip(people, said, strict=True):
        answers: Answers = {"rating": "3", "use": None, "words": one}
        async with database.unit() as unit:
            await unit.surveys.keep_draft(survey.id, member_id, answers, now)
        async with database.unit() as unit:
            assert await unit.surveys.send(survey.id, member_id, answers, now) is Sending.TAKEN
    return survey


async def closed(database: Database, survey: Survey, now: datetime) -> None:
    """Close a survey as the clock does."""
    async with database.unit() as unit:
        assert await unit.surveys.close(survey.id, least=5)
        await leave_no_trace(unit, survey, now)
    assert await database.scrub()


async def published(unit: Unit, survey: Survey) -> list[Row]:
    """Read the answers as a thief with the keys does, in the order of a plain SELECT."""
    rows = await Store(unit).all(sa.select(survey_answers).where(survey_answers.c.survey_id == survey.id))
    said = {
        row.id: str(one.answers["words"])
        for row, one in zip(
            sorted(rows, key=lambda row: row.id), await unit.surveys.answers(survey.id), strict=True
        )
    }
    return [Row(row.id, said[row.id], row.id) for row in rows]


async def surveyed(database: Database, file: Path, now: datetime, sizes: list[int]) -> Scores:
    """Hold surveys one after the other, close each, and let the thief try on what is left in the end."""
    scores, held = Scores(), []
    for count in sizes:
        said = words(count)
        survey = await answered(database, now, said)
        await closed(database, survey, now)
        held.append((survey, said))
        async with database.reading() as unit:
            rows = await published(unit, survey)
        scores.attack(stolen(file, rows), said)
    async with database.reading() as unit:
        for survey, said in held:
            scores.attack(stolen(file, await published(unit, survey)), said)
    return scores


def by_chance(scores: Scores) -> None:
    """Fail where an attack did better than chance."""
    for name, score in scores.by_attack.items():
        assert score.above_chance < FAR, f"{name}: {score}"
        assert abs(score.in_order) < FAR, f"{name}: {score}"


async def test_t19_a_closed_survey_is_linked_no_better_than_by_chance(
    database: Database, file: Path, now: datetime
) -> None:
    by_chance(await surveyed(database, file, now, [10] * 6 + [60]))


@pytest.mark.slow
async def test_t19_two_hundred_surveys(database: Database, file: Path, now: datetime) -> None:
    scores = await surveyed(database, file, now, [10, 60] * 100)
    for name, score in scores.by_attack.items():
        print(f"{name}: {score.linked} of {score.answers} linked, chance {score.surveys}")
    by_chance(scores)
