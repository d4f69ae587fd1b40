"""What a stolen SQLite file tells about a closed anonymous survey, to somebody who has the keys as well.

The attacker knows in which order people answered and looks for that order, and for what was deleted, in the bytes
of the database and its write-ahead log.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import ballots
from storage.database import Database
from storage.store import Store
from storage.surveys import Answers, Survey
from storage.tables import survey_answers, survey_ballots, survey_drafts, survey_voters, surveys
from storage.vault import Vault
from tests.storage.people import opened, past_event, registered

MANY = 60
CHANCE = (MANY - 1) / 2
FAR = 5 * ((MANY + 1) / 12) ** 0.5
"""Neighbours that stand in the order of answering, of 60 in random order: 29.5, give or take 2.3; here times 5."""


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    return Path(shutil.copyfile(sqlite_template, tmp_path / "stolen.db"))


@pytest.fixture
def database_url(file: Path) -> str:
    return f"sqlite:///{file}"


async def _answered(database: Database, now: datetime) -> tuple[Survey, list[bytes]]:
    """Have many people answer one after the other; return the survey and every sealed draft that existed."""
    drafts = []
    async with database.unit() as unit:
        event = await past_event(unit, now)
        people = await registered(unit, event.id, MANY, now)
        survey = await opened(unit, event.id, "anonymous", now)
    for number, member_id in enumerate(people):
        answers: Answers = {"rating": "3", "use": None, "words": f"{number:03}"}
        async with database.unit() as unit:
            await unit.surveys.keep_draft(survey.id, member_id, answers, now)
            drafts.append(await Store(unit).scalar(sa.select(survey_drafts.c.answers_sealed)))
        async with database.unit() as unit:
            await unit.surveys.send(survey.id, member_id, answers, now)
    return survey, drafts


async def _column(database: Database, column: sa.Column[bytes]) -> list[bytes]:
    async with database.reading() as unit:
        return [row[0] for row in await Store(unit).all(sa.select(column))]


async def _close(database: Database, survey: Survey) -> None:
    async with database.unit() as unit:
        assert await unit.surveys.close(survey.id, least=5) == MANY
    assert await database.scrub()


def _stolen(file: Path) -> bytes:
    return b"".join(one.read_bytes() for one in sorted(file.parent.glob(f"{file.name}*")))


def _in_order(stolen: bytes, marks: Sequence[bytes]) -> int:
    """Count neighbours in the file whose people answered in the same order. `marks` are in the order of answering."""
    places = [stolen.find(mark) for mark in marks]
    assert min(places) >= 0
    found = sorted(range(len(marks)), key=places.__getitem__)
    return sum(earlier < later for earlier, later in itertools.pairwise(found))


async def test_the_attack_works_on_an_open_survey(
    database: Database, file: Path, vault: Vault, now: datetime
) -> None:
    """The measure is not blind: while the box is open, its bytes stand in the order of answering."""
    survey, _ = await _answered(database, now)
    (kept,) = await _column(database, surveys.c.secret_sealed)
    secret = ballots.read_secret(vault.open(kept, "surveys", "secret", survey.event_id))
    box = await _column(database, survey_ballots.c.sealed)
    by_time = sorted(box, key=lambda ballot: secret.open(ballot, survey.id))
    assert abs(_in_order(_stolen(file), by_time) - CHANCE) > FAR


async def test_after_closing_the_order_of_answering_is_gone(
    database: Database, file: Path, now: datetime
) -> None:
    survey, _ = await _answered(database, now)
    await _close(database, survey)
    async with database.reading() as unit:
        said = await unit.surveys.answers(survey.id)
        ids = [
            row.id
            for row in await Store(unit).all(sa.select(survey_answers.c.id).order_by(survey_answers.c.id))
        ]
    by_time = [
        row_id for _, row_id in sorted(zip([one.answers["words"] or "" for one in said], ids, strict=True))
    ]
    assert abs(_in_order(_stolen(file), by_time) - CHANCE) <= FAR
    by_key = [ids.index(row_id) for row_id in by_time]
    assert abs(sum(a < b for a, b in itertools.pairwise(by_key)) - CHANCE) <= FAR


async def test_after_closing_nothing_of_the_box_is_left(
    database: Database, file: Path, vault: Vault, now: datetime
) -> None:
    survey, drafts = await _answered(database, now)
    gone = [*drafts]
    for column in (
        survey_ballots.c.sealed,
        survey_ballots.c.id,
        survey_voters.c.tag,
        surveys.c.secret_sealed,
    ):
        gone += await _column(database, column)
    secret = ballots.read_secret(vault.open(gone[-1], "surveys", "secret", survey.event_id))
    assert sum(one in _stolen(file) for one in gone) > MANY
    await _close(database, survey)
    stolen = _stolen(file)
    assert [one for one in (*gone, secret.tags, secret.private) if one in stolen] == []
    assert file.with_name(f"{file.name}-wal").stat().st_size == 0


async def test_a_reader_in_the_way_is_reported(database: Database, now: datetime) -> None:
    survey, _ = await _answered(database, now)
    async with database.reading() as reader:
        assert await reader.surveys.get(survey.id)
        async with database.unit() as unit:
            await unit.surveys.close(survey.id, least=5)
        assert not await database.scrub()
    assert await database.scrub()
