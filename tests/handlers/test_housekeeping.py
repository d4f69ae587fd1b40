"""Housekeeping: nothing outlives its time, and the disk forgets too."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from handlers.housekeeping import (
    ASIDE,
    FILE,
    IDLE,
    KEPT,
    REPORT,
    TOLD,
    housekeeping,
    owe_scrub,
    rehearse,
    scrub,
)
from handlers.kit import Community, Tick
from handlers.settings import EXPORT_LASTS
from storage.database import Database
from storage.store import Store
from storage.tables import files, inbox, invitations, media_links, outbox, registrations, survey_drafts
from storage.unit import Unit
from tests.play import Stage
from tests.storage.people import opened, past_event, registered

DAY = timedelta(days=1)


def a_tick(database: Database, now: datetime) -> Tick:
    return Tick(database.unit, now, Community(), database.scrub)


async def fact(database: Database, name: str) -> str:
    async with database.reading() as unit:
        return await unit.facts.get(name)


async def _everything(unit: Unit, now: datetime) -> None:
    """Leave one of everything that ends."""
    event = await past_event(unit, now)
    (member_id,) = await registered(unit, event.id, 1, now)
    survey = await opened(unit, event.id, "anonymous", now)
    await unit.surveys.keep_draft(survey.id, member_id, {"rating": "4"}, now)
    address = await unit.addresses.add(member_id, "telegram", "stage", "1")
    await unit.outbox.reply("key", address, "{}", at=now)
    await unit.outbox.settle(1, "sent", now=now)
    await unit.inbox.attempt("telegram", "stage", "1", now)
    await unit.invitations.issue("seed", organisation_id=None, role="member", uses=1, at=now, expires_at=now)
    file = await unit.files.add("chart.png", "image/png", b"png", at=now, expires_at=now + timedelta(hours=1))
    await unit.files.link(file.id, expires_at=now + timedelta(hours=1), fetches=1)


COUNTED = {
    "drafts": (sa.select(survey_drafts.c.survey_id), 7),
    "bodies": (sa.select(outbox.c.id).where(outbox.c.screen_sealed.is_not(None)), 7),
    "rows": (sa.select(outbox.c.id), 90),
    "updates": (sa.select(inbox.c.provider_id), 8),
    "invitations": (sa.select(invitations.c.id), 14),
    "files": (sa.select(files.c.id), 1 / 24),
    "links": (sa.select(media_links.c.file_id), 1 / 24),
    "people": (sa.select(registrations.c.id).where(registrations.c.member_id.is_not(None)), 365),
}
"""What there is, and after how many days there must be none of it."""


async def test_everything_is_there_until_its_time_and_gone_after_it(
    database: Database, now: datetime
) -> None:
    async with database.unit() as unit:
        await _everything(unit, now)
    for days in sorted({1 / 48, *(days for _, days in COUNTED.values())}):
        for margin in (-timedelta(hours=3), timedelta(minutes=1)) if days >= 1 else (timedelta(minutes=1),):
            moment = now + timedelta(days=days) + margin
            await housekeeping(a_tick(database, moment))
            async with database.reading() as unit:
                left = {name for name, (rows, _) in COUNTED.items() if await Store(unit).all(rows)}
            assert left == {name for name, (_, end) in COUNTED.items() if now + timedelta(days=end) > moment}


SAID = {
    1 / 24: "1 hour",
    2: "48 hours",
    7: "7 days",
    30: "30 days",
    90: "90 days",
    180: "180 days",
    365: "12 months",
}


def test_what_people_are_told_is_what_is_done() -> None:
    for kept in KEPT:
        if kept.told is not None and kept.period:
            assert SAID[kept.period.days] in str(kept.told.msgid), kept.what
    assert SAID[EXPORT_LASTS / DAY] in str(FILE.msgid)
    assert f"{IDLE // timedelta(hours=1)} hours" in str(ASIDE.msgid)
    assert len(TOLD) == 9


async def test_a_rehearsal_counts_and_changes_nothing(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        await _everything(unit, now)
    later = now + timedelta(days=400)
    async with database.engine.connect() as connection:
        would = await rehearse(Unit(connection, database.vault, {}), later)
        await connection.rollback()
    assert would["survey drafts"] == would["invitations"] == would["who registered"] == 1
    async with database.reading() as unit:
        assert await Store(unit).all(sa.select(survey_drafts))
    await housekeeping(a_tick(database, later.replace(hour=9)))
    async with database.reading() as unit:
        report = json.loads(await unit.facts.get(REPORT))
        (row,) = await unit.audit.newest(1)
    assert {what: count for what, count in would.items() if count} == report
    assert (row.action, row.subject) == ("retention", f"rows:{sum(report.values())}")


def test_every_period_is_positive_and_named_once() -> None:
    assert all(kept.period >= timedelta(0) for kept in KEPT)
    assert len({kept.what for kept in KEPT}) == len(KEPT)


async def test_a_question_left_for_a_day_no_longer_waits(stage: Stage) -> None:
    person = stage.person()
    await person.starts()
    await person.taps("speak:en")
    await person.taps("agree:1")
    await stage.passes(timedelta(hours=30))
    async with stage.database.reading() as unit:
        address = await unit.addresses.find("telegram", "stage", person.peer)
        assert address is not None
        assert (await unit.conversations.get(address.id)).ask == ""


async def test_the_disk_is_rewritten_once_a_night(database: Database, now: datetime) -> None:
    midnight = now.replace(hour=21)  # 00:00 in Baghdad
    for hours, owed in ((0, ""), (2, ""), (3, "owed"), (4, ""), (26, ""), (27, "owed")):
        moment = midnight + timedelta(hours=hours)
        await housekeeping(a_tick(database, moment))
        assert await fact(database, "scrub") == owed, hours
        await scrub(a_tick(database, moment))
        assert await fact(database, "scrub") == ""


async def test_a_scrub_that_fails_is_tried_again(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        await owe_scrub(unit)

    async def busy() -> bool:
        return False

    await scrub(Tick(database.unit, now, Community(), busy))
    assert await fact(database, "scrub") == "owed"
    await scrub(a_tick(database, now))
    assert await fact(database, "scrub") == ""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_locked_table_puts_the_scrub_off(database: Database) -> None:
    @asynccontextmanager
    async def locked() -> AsyncIterator[None]:
        async with database.unit() as unit:
            await unit.connection.execute(sa.text("LOCK TABLE survey_ballots IN ACCESS SHARE MODE"))
            yield

    async with locked():
        assert not await database.scrub()
    assert await database.scrub()
