"""T19. Who has the files of a closed anonymous survey, and the keys, can't tell who said what.

The controls keep answers as people usually do, and the same scripts link them all.

By chance each survey gives one right guess, whatever its size. The bounds are such that chance passes them less than
once in a hundred million runs: `Score.most_by_chance` by Chernoff's bound for right guesses, six standard deviations
for neighbours.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.backups import Backups
from bot.settings import Settings
from bot.upkeep import Upkeep
from handlers.kit import Community
from handlers.surveys import leave_no_trace
from storage import ballots
from storage.database import Database
from storage.migrate import migrate
from storage.store import Store
from storage.surveys import Answers, Sending, Survey
from storage.tables import answer_links, survey_answers, survey_ballots, survey_voters, surveys
from storage.vault import Vault
from tests.handlers.test_feedback import asked
from tests.play import Person, Stage, staged
from tests.security.naive import DESIGNS, kept
from tests.security.thief import FAR, Row, Scores, on_disk, taken, tells_apart, traces
from tests.served import pages
from tests.storage.people import opened, past_event, registered

WORDS = "The trainer spoke too fast, and nobody dared to say so."
MARK = 64
"""By so many bytes a ballot is found in a file; all of one is longer than a page."""
Measured = Callable[[str, object], None]


@pytest.fixture
async def migrated(empty_url: str, vault: Vault) -> AsyncIterator[Database]:
    """Return a database that knows its schema's number, as backups need it."""
    opened_ = Database(empty_url, vault)
    await migrate(opened_)
    yield opened_
    await opened_.close()


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


@dataclass(frozen=True, slots=True)
class Open:
    """An open anonymous survey and who may answer it."""

    survey: Survey
    people: list[int]


async def an_open_one(database: Database, now: datetime, count: int) -> Open:
    """Open an anonymous survey for new people."""
    async with database.unit() as unit:
        event = await past_event(unit, now)
        people = await registered(unit, event.id, count, now)
        return Open(await opened(unit, event.id, "anonymous", now), people)


async def answers(database: Database, survey: Survey, member_id: int, said: str, now: datetime) -> None:
    """Have somebody answer, by way of a draft."""
    given: Answers = {"rating": "3", "use": None, "words": said}
    async with database.unit() as unit:
        await unit.surveys.keep_draft(survey.id, member_id, given, now)
    async with database.unit() as unit:
        assert await unit.surveys.send(survey.id, member_id, given, now) is Sending.TAKEN


async def answered(database: Database, now: datetime, said: list[str]) -> Survey:
    """Have people answer an anonymous survey one after the other."""
    held = await an_open_one(database, now, len(said))
    for member_id, one in zip(held.people, said, strict=True):
        await answers(database, held.survey, member_id, one, now)
    return held.survey


async def closed(database: Database, survey: Survey, now: datetime) -> None:
    """Close a survey as the clock does."""
    async with database.unit() as unit:
        assert await unit.surveys.close(survey.id, least=5)
        await leave_no_trace(unit, survey, now)
    assert await database.scrub()


async def published(database: Database, survey: Survey) -> list[Row]:
    """Read the answers as a thief with the keys does, in the order of a plain SELECT."""
    async with database.reading() as unit:
        rows = await Store(unit).all(
            sa.select(survey_answers.c.id).where(survey_answers.c.survey_id == survey.id)
        )
        opened_ = [str(one.answers["words"]) for one in await unit.surveys.answers(survey.id)]
    said = dict(zip(sorted(row.id for row in rows), opened_, strict=True))
    return [Row(row.id, said[row.id], row.id) for row in rows]


async def surveyed(database: Database, now: datetime, sizes: list[int], measured: Measured) -> None:
    """Hold surveys one after the other and close each; the thief tries after each, and on all in the end."""
    at_once, in_the_end, held = Scores(), Scores(), []
    for count in sizes:
        said = words(count)
        survey = await answered(database, now, said)
        await closed(database, survey, now)
        held.append((survey, said))
        at_once.attack(await taken(database, await published(database, survey)), said)
    for survey, said in held:
        in_the_end.attack(await taken(database, await published(database, survey)), said)
    by_chance(at_once, measured)
    by_chance(in_the_end, measured)


def by_chance(scores: Scores, measured: Measured) -> None:
    """Fail where an attack did better than chance."""
    for name, score in scores.by_attack.items():
        told = f"{name}: {score.linked} of {score.answers} linked, by chance {score.surveys}; {score.in_order:+.1f} sd"
        measured("measured", told)
        assert score.linked <= score.most_by_chance(), f"{name}: {score}"
        assert abs(score.in_order) < FAR, f"{name}: {score}"


async def test_t19_a_closed_survey_is_linked_no_better_than_by_chance(
    database: Database, now: datetime, record_property: Measured
) -> None:
    await surveyed(database, now, [10] * 6 + [60], record_property)


async def test_t19_answers_given_on_the_page_are_linked_no_better_either(
    database: Database, now: datetime, record_property: Measured
) -> None:
    scores = Scores()
    for count in (10, 10, 60):
        said = words(count)
        held = await an_open_one(database, now, count)
        for member_id, one in zip(held.people, said, strict=True):
            await answers_on_the_page(database, held.survey, member_id, one, now)
        links = await secrets_of_links(database)
        await closed(database, held.survey, now)
        scores.attack(await taken(database, await published(database, held.survey)), said)
        assert links == []  # each went when it was used
    by_chance(scores, record_property)


async def answers_on_the_page(
    database: Database, survey: Survey, member_id: int, said: str, now: datetime
) -> None:
    """Have somebody answer over the web, by a link of their own."""
    async with database.unit() as unit:
        if await unit.addresses.best(member_id) is None:
            await unit.addresses.add(member_id, "telegram", "stage", str(member_id))
        token = await unit.answer_links.make(survey.id, member_id, now + timedelta(hours=2))
    app = pages(database, Community(), lambda: now)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="https://bot.example.org"
    ) as web:
        sent = await web.post(f"/answer/{token}", data={"rating": "3", "words": said})
    assert sent.status_code == 303


async def secrets_of_links(database: Database) -> list[bytes]:
    """Read what is kept of the links that still work."""
    async with database.reading() as unit:
        return [bytes(row[0]) for row in await Store(unit).all(sa.select(answer_links.c.token_hash))]


async def test_t19_who_took_a_link_to_the_page_is_not_left_on_the_disk(
    database: Database, now: datetime
) -> None:
    held = await an_open_one(database, now, 6)
    for member_id in held.people[:5]:
        await answers_on_the_page(database, held.survey, member_id, WORDS, now)
    async with database.unit() as unit:
        await unit.answer_links.make(held.survey.id, held.people[5], now + timedelta(hours=2))
    gone = await secrets_of_links(database)
    before = await on_disk(database)
    assert [one in before for one in gone] == [True]  # control: the look is not blind
    await closed(database, held.survey, now)
    left = await on_disk(database)
    assert [one for one in gone if one in left] == []


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_t19_two_hundred_surveys(database: Database, now: datetime, record_property: Measured) -> None:
    await surveyed(database, now, [10, 60] * 100, record_property)


async def test_t19_control_while_it_is_open_the_order_of_answering_is_in_the_files(
    database: Database, now: datetime
) -> None:
    said = words(60)
    survey = await answered(database, now, said)
    scores = Scores()
    scores.attack(await taken(database, await box(database, survey), "survey_ballots"), said)
    assert scores.best() >= 0.95, scores.by_attack


async def box(database: Database, survey: Survey) -> list[Row]:
    """Read the ballots of an open survey as a thief with the keys does."""
    async with database.reading() as unit:
        secret = await unit.surveys._secret(survey)
        assert secret is not None
        rows = await Store(unit).all(sa.select(survey_ballots).where(survey_ballots.c.survey_id == survey.id))
    read = [(row, str(json.loads(secret.open(row.sealed, survey.id))["words"])) for row in rows]
    return [Row(row.id, said, row.id) for row, said in read]


# --- what is left on the disk -------------------------------------------------------------------------------


async def secrets_of(database: Database, survey: Survey, vault: Vault) -> list[bytes]:
    """Collect what must be nowhere once the survey is closed."""
    found: list[bytes] = []
    async with database.reading() as unit:
        for column in (survey_ballots.c.sealed, survey_ballots.c.id, survey_voters.c.tag):
            found += [bytes(row[0])[:MARK] for row in await Store(unit).all(sa.select(column))]
        sealed = await Store(unit).scalar(sa.select(surveys.c.secret_sealed).where(surveys.c.id == survey.id))
    secret = ballots.read_secret(vault.open(sealed, "surveys", "secret", survey.event_id))
    return [*found, bytes(sealed), secret.tags, secret.private]


async def test_t19_after_closing_nothing_of_the_box_is_left(
    database: Database, vault: Vault, now: datetime
) -> None:
    survey = await answered(database, now, words(10))
    gone = await secrets_of(database, survey, vault)
    before = await on_disk(database)
    # Control: the look is not blind. Only the secret itself is never written down unsealed.
    assert sum(one in before for one in gone) == len(gone) - 2
    await closed(database, survey, now)
    left = await on_disk(database)
    assert [one for one in gone if one in left] == []


async def test_t19_a_reader_in_the_way_is_reported(database: Database, now: datetime) -> None:
    survey = await answered(database, now, words(5))
    async with database.reading() as reader:
        assert await reader.surveys.get(survey.id)
        async with database.unit() as unit:
            await unit.surveys.close(survey.id, least=5)
        assert not await database.scrub()
    assert await database.scrub()


async def test_t19_whether_the_log_goes_too_is_told(database: Database, vault: Vault) -> None:
    assert await database.sheds_log()
    if database.is_sqlite:
        return
    async with database.unit() as unit:
        await Store(unit).run(sa.text("DROP ROLE IF EXISTS plain"))
        await Store(unit).run(sa.text("CREATE ROLE plain LOGIN"))
    plain = Database(database.url.set(username="plain").render_as_string(hide_password=False), vault)
    try:
        assert not await plain.sheds_log()
        assert await plain.scrub()  # what can be done without the right is done
    finally:
        await plain.close()


# --- while it is open, and in backups -----------------------------------------------------------------------


class Burglar:
    """Has every backup, the file of people's keys as it is now, and the ring."""

    def __init__(self, backups: Backups, vault: Vault, den: Path) -> None:
        self.backups = backups
        self.vault = vault
        self.copy = den / "burgled.db"

    def box(self, path: Path, survey: Survey) -> list[bytes]:
        """Take the ballots out of a backup."""
        self.backups._read(path, self.copy)
        with closing(sqlite3.connect(self.copy)) as copy:
            rows = copy.execute("SELECT sealed FROM survey_ballots WHERE survey_id = ?", (survey.id,))
            return [row[0] for row in rows]

    def links(self, paths: list[Path], survey: Survey) -> list[str | None]:
        """Say what was answered between one backup and the next, as far as it can be opened."""
        seen: set[bytes] = set()
        found: list[str | None] = []
        for path in paths:
            (new,) = set(self.box(path, survey)) - seen
            seen.add(new)
            found.append(self._opened(new, survey))
        return found

    def _opened(self, ballot: bytes, survey: Survey) -> str | None:
        kept = dict(self.backups._read_keys().surveys)
        with closing(sqlite3.connect(self.copy)) as copy:
            ((beside,),) = copy.execute("SELECT secret_sealed FROM surveys WHERE id = ?", (survey.id,))
        sealed = kept.get(survey.id, beside)
        if sealed is None:
            return None
        secret = ballots.read_secret(self.vault.open(sealed, "surveys", "secret", survey.event_id))
        return str(json.loads(secret.open(ballot, survey.id))["words"])


async def test_t19_backups_made_after_each_answer_open_nothing_once_the_survey_is_closed(
    migrated: Database, backups: Backups, vault: Vault, now: datetime, tmp_path: Path
) -> None:
    said = ["short", "x" * 300, "y" * 1_900, WORDS, "five", "six"]
    made: list[Path] = []
    survey = await an_open_one(migrated, now, len(said))
    for number, (member_id, one) in enumerate(zip(survey.people, said, strict=True)):
        await answers(migrated, survey.survey, member_id, one, now)
        one_made = await backups.make(migrated, now + timedelta(minutes=number))
        # The next one of the day takes its place; this thief has been here every day.
        made.append(Path(shutil.copyfile(one_made.path, tmp_path / f"{number}.backup")))
    burglar = Burglar(backups, vault, tmp_path)
    assert burglar.links(made, survey.survey) == said  # control: with the key it is told who said what
    assert len({len(one) for one in burglar.box(made[-1], survey.survey)}) == 1
    await closed(migrated, survey.survey, now)
    await Upkeep(migrated, Community(), {}, lambda: now, backups=backups, leads=lambda: True).scrub()
    assert burglar.links(made, survey.survey) == [None] * len(said)


async def test_t19_an_open_survey_is_ciphertext_to_who_has_no_key(
    migrated: Database, backups: Backups, now: datetime
) -> None:
    survey = await an_open_one(migrated, now, 3)
    for member_id in survey.people[:2]:
        await answers(migrated, survey.survey, member_id, WORDS, now)
    async with migrated.unit() as unit:
        await unit.surveys.keep_draft(survey.survey.id, survey.people[2], {"words": WORDS}, now)
        public = await Store(unit).scalar(sa.select(surveys.c.public_key))
    made = await backups.make(migrated, now)
    assert public in await on_disk(migrated)  # control: the look is not blind
    for stolen_ in (await on_disk(migrated), made.path.read_bytes(), backups.keys_file.read_bytes()):
        assert WORDS.encode() not in stolen_


# --- traces beside the ballots ------------------------------------------------------------------------------


async def test_t19_how_somebody_went_about_it_leaves_no_trace(stage: Stage, database: Database) -> None:
    """Who types and who skips, who tries twice and who thinks long: after closing all left the same."""
    people, survey = await asked(stage, 5)
    sessions, under_way = {}, {}
    for number, person in enumerate(people):
        began, member_id = stage.now, (await person.member()).id
        await goes_about(person, survey, number)
        under_way |= await traces(database, {member_id: (began, stage.now)})
        await person.taps(f"survey-send:{survey.id}")
        sessions[member_id] = (began, stage.now)
        await stage.passes(timedelta(hours=6))
    assert tells_apart(under_way) >= 3  # control: until they have sent, they can be told apart
    stage.now = survey.closes_at
    await stage.passes(timedelta(minutes=2))
    async with database.reading() as unit:
        assert (await unit.surveys.get(survey.id)).answered == len(people)
        assert await unit.facts.get("scrub") == ""
    assert tells_apart(await traces(database, sessions)) == 0


async def test_t19_who_answered_on_the_page_is_not_told_from_who_answered_in_the_chat(
    database: Database, now: datetime
) -> None:
    async with staged(database, now, Community(public_url="https://bot.example.org")) as stage:
        people, survey = await asked(stage, 5)
        sessions, under_way = {}, {}
        for number, person in enumerate(people):
            began, member_id = stage.now, (await person.member()).id
            await (person.forges(f"survey-page:{survey.id}") if number % 2 else goes_about(person, survey, 0))
            under_way |= await traces(database, {member_id: (began, stage.now)})
            if number % 2:
                await answers_on_the_page(database, survey, member_id, WORDS, stage.now)
            else:
                await person.taps(f"survey-send:{survey.id}")
            sessions[member_id] = (began, stage.now)
            await stage.passes(timedelta(hours=6))
        assert tells_apart(under_way) == 2  # control: until they have sent, they can be told apart
        stage.now = survey.closes_at
        await stage.passes(timedelta(minutes=2))
        assert tells_apart(await traces(database, sessions)) == 0


async def goes_about(person: Person, survey: Survey, number: int) -> None:
    """Answer in a way of one's own."""
    await person.forges(f"survey-next:{survey.id}")
    await person.taps(f"rate:{survey.id}:rating:{number % 5 + 1}")
    await person.taps("Skip")
    if number == 1:
        await person.says("x" * 2_001)
    if number == 2:
        person.stage.now += timedelta(minutes=40)
    await (person.taps("Skip") if number == 3 else person.says(WORDS))
    if number == 4:
        await person.taps("Rating")
        await person.taps("2")
