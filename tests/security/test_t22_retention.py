"""T22. Nothing of a person outlives its time: the clock is moved over every period, up to their last one.

Somebody who is silent for eighteen months is asked twice; any word keeps them, no answer erases them.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from handlers.housekeeping import REPORT, housekeeping, scrub
from handlers.kit import Community, Tick
from handlers.rules.silence import FIRST_ANSWER, LAST_ANSWER, SILENT
from handlers.silence import ASKED_UNTIL, ENDED, mind_the_silent
from locales import speech
from storage.database import Database
from storage.seizure import Seizure, linked
from storage.tables import audit, members, registrations
from tests.play import Person, Stage
from tests.security.everything import Told, somebody

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
END = SILENT + FIRST_ANSWER + LAST_ANSWER - 9 * HOUR
"""Silence is counted in days; the fixture's clock says nine."""
ENDS = {
    "file.json": HOUR,
    "body": HOUR,
    "parked": 48 * HOUR,
    "screen": 7 * DAY,
    "draft": 7 * DAY,
    "relayed": 30 * DAY,
    "nominee": 90 * DAY,
    "why": 90 * DAY,
    "name": END,
    "offered": END,
    "question": END,
    "reason": 365 * DAY - 2 * HOUR,
}
"""When each text is over. A reason goes with the seat, a year after the event; a question when it is closed."""
KEPT_WITHOUT_PERSON = {"answer", "suggestion"}
"""What stays in the end, and of whom it is can no longer be found."""


async def night(database: Database, moment: datetime) -> None:
    """Do what the clock does of retention, on a machine that was awake the day before."""
    async with database.unit() as unit:
        await unit.facts.put(ASKED_UNTIL, (moment - DAY).date().isoformat())
    tick = Tick(database.unit, moment, Community(), database.scrub)
    await housekeeping(tick)
    await mind_the_silent(tick)
    await scrub(tick)


async def left_of(database: Database, told: Told) -> set[str]:
    """Return which of a person's texts can still be read, with all keys."""
    async with database.reading() as unit:
        opened = "\n".join([text async for _, text in Seizure(unit).opened()])
    return {text.rpartition("-")[2] for text in told.texts if text in opened}


async def rows_of(database: Database, member_id: int) -> set[str]:
    """Return which columns still lead to a person."""
    async with database.reading() as unit:
        found = set()
        for table in linked():
            for column in table.columns:
                if column.name.endswith("_id") or column is members.c.id:
                    same = sa.cast(column, sa.String) == str(member_id)
                    if await unit.audit.scalar(sa.select(sa.func.count()).select_from(table).where(same)):
                        found.add(f"{table.name}.{column.name}")
    return found


async def test_T22_every_text_is_there_until_its_time_and_gone_after_it(
    database: Database, now: datetime
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
        assert await unit.outbox.settle(1, "sent", now=now) is not False
    wrong = {}
    looks = {end + margin for end in ENDS.values() for margin in (-HOUR / 2, HOUR / 2)}
    for passed in sorted({*looks, SILENT, SILENT + FIRST_ANSWER}):
        await night(database, now + passed)
        left = await left_of(database, told) - KEPT_WITHOUT_PERSON
        due = {what for what, end in ENDS.items() if end > passed}
        if left != due:
            wrong[passed] = left ^ due
    assert not wrong
    assert await rows_of(database, told.member_id) == set()
    async with database.reading() as unit:
        seats = await unit.audit.all(sa.select(registrations.c.member_id))
        assert len(seats) >= 2, "seats stay as counts"
        assert await unit.audit.scalar(
            sa.select(sa.func.count()).select_from(audit).where(audit.c.action == "erased-silent")
        )


async def test_T22_control_without_the_nights_everything_is_still_there(
    database: Database, now: datetime
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
    assert len(await left_of(database, told)) == len(told.texts)
    assert await rows_of(database, told.member_id) >= {"members.id", "addresses.member_id"}


# --- eighteen months of silence -----------------------------------------------------------------------------


async def sleeps(stage: Stage, by: timedelta) -> None:
    """Let days go by on which the machine is awake, without playing each of them."""
    stage.now += by
    async with stage.database.unit() as unit:
        await unit.facts.put(ASKED_UNTIL, (stage.now - DAY).date().isoformat())
    tick = Tick(stage.database.unit, stage.now, stage.community, stage.database.scrub)
    await mind_the_silent(tick)
    await mind_the_silent(tick)
    await stage.settles()


async def is_here(stage: Stage, person: Person) -> bool:
    async with stage.database.reading() as unit:
        return await unit.addresses.find(person.channel.name, "stage", person.peer) is not None


@pytest.mark.parametrize("lang", ["en", "ar", "ku"])
async def test_T22_the_silent_are_asked_twice_and_then_forgotten(stage: Stage, lang: str) -> None:
    person = await stage.known(lang)
    await sleeps(stage, SILENT - DAY)
    assert not person.phone
    await sleeps(stage, DAY)
    assert speech(lang)._("Are you still with us?") in person.last.text
    assert [action.split(":")[0] for action in person.last.labels.values()] == ["stay", "delete-me"]
    await sleeps(stage, FIRST_ANSWER - DAY)
    assert len(person.phone) == 1
    await sleeps(stage, DAY)
    assert len(person.phone) == 2
    await sleeps(stage, LAST_ANSWER - DAY)
    assert await is_here(stage, person)
    await sleeps(stage, DAY)
    assert not await is_here(stage, person)
    assert len(person.phone) == 2
    tick = Tick(stage.database.unit, stage.now.replace(hour=22) + HOUR * 3, stage.community)
    await housekeeping(tick)
    async with stage.database.reading() as unit:
        assert json.loads(await unit.facts.get(REPORT))[ENDED] == 1
        assert await unit.facts.get("scrub") == "owed"


@pytest.mark.parametrize("answer", ["stay", "word", "late"])
async def test_T22_any_word_keeps_them_for_as_long_again(stage: Stage, answer: str) -> None:
    person = await stage.known("en")
    await sleeps(stage, SILENT)
    if answer == "late":
        await sleeps(stage, FIRST_ANSWER)
        await sleeps(stage, LAST_ANSWER - DAY)
    await (person.says("hello") if answer == "word" else person.taps("Stay"))
    if answer != "word":
        assert "Everything stays as it is" in person.sees
        await person.forges("stay")
    heard = len(person.phone)
    await sleeps(stage, SILENT - DAY)
    assert await is_here(stage, person)
    assert len(person.phone) == heard
    await sleeps(stage, DAY)
    assert "Are you still with us?" in person.last.text
    await sleeps(stage, FIRST_ANSWER)
    await sleeps(stage, LAST_ANSWER)
    assert not await is_here(stage, person)


async def test_T22_who_wants_to_go_goes_at_once(stage: Stage) -> None:
    person = await stage.known("en")
    await sleeps(stage, SILENT)
    await person.taps("Delete my data")
    await person.taps("Continue")
    await person.taps("Delete everything")
    assert not await is_here(stage, person)


async def test_T22_who_said_stop_or_is_out_of_reach_goes_too_and_nobody_is_written_to(stage: Stage) -> None:
    stopped, blocked = await stage.known("en"), await stage.known("en")
    await stopped.says("stop")
    async with stage.database.unit() as unit:
        found = await unit.addresses.find("telegram", "stage", blocked.peer)
        assert found is not None
        await unit.addresses.mark(found.id, "blocked")
    heard = len(stopped.phone)
    for days in (SILENT, FIRST_ANSWER, LAST_ANSWER):
        await sleeps(stage, days)
    assert len(stopped.phone) == heard
    assert not await is_here(stage, stopped)
    assert not await is_here(stage, blocked)


async def test_T22_those_who_coordinate_are_never_erased_by_the_clock(stage: Stage) -> None:
    gone, boss = (
        await stage.known("en", role="coordinator", name="Salam"),
        await stage.known(role="administrator"),
    )
    for days in (SILENT, FIRST_ANSWER):
        await sleeps(stage, days)
    assert "nothing of yours is deleted by itself" in gone.last.text
    await boss.says("hello")
    heard = len(boss.phone)
    await sleeps(stage, LAST_ANSWER)
    await sleeps(stage, 30 * DAY)
    assert await is_here(stage, gone)
    assert (await gone.member()).role == "coordinator"
    assert len(boss.phone) == heard + 1, "told once"
    assert "Salam" in boss.last.text
    await boss.taps("Look at this person")
    assert "Salam" in boss.sees


async def test_T22_a_machine_that_was_away_asks_anew_before_it_erases(stage: Stage) -> None:
    person = await stage.known("en")
    await sleeps(stage, SILENT)
    await sleeps(stage, FIRST_ANSWER)
    stage.now += LAST_ANSWER + DAY  # off, or an old backup: what people answered meanwhile may be lost
    await stage.passes(HOUR)
    assert await is_here(stage, person)
    assert len(person.phone) == 3
    await sleeps(stage, LAST_ANSWER - DAY)
    assert await is_here(stage, person)
    await sleeps(stage, DAY)
    assert not await is_here(stage, person)


async def test_T22_somebody_elses_number_by_now_is_no_answer(stage: Stage) -> None:
    person = await stage.known("en", channel="whatsapp")
    await person.says("hello")
    await sleeps(stage, SILENT)
    await person.says("who is this?")
    assert "numbers pass from one person to another" in person.sees
    async with stage.database.reading() as unit:
        assert len(await unit.silence.warn(stage.now.date(), stage.now.date(), 5)) == 1, "still open"
    await person.taps("still-me")
    async with stage.database.reading() as unit:
        assert not await unit.silence.warn(stage.now.date(), stage.now.date(), 5)
