"""Surveys on both databases: once each, never after closing, and nobody behind an anonymous answer."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.store import Store
from storage.surveys import Answers, Sending, Survey
from storage.tables import survey_answers, survey_ballots, survey_drafts, survey_voters, surveys
from storage.unit import Unit
from tests.storage.people import opened, past_event, registered

ANSWERS: Answers = {"rating": "4", "use": "share", "words": "ڕێکخراوەکەمان سوودی لێ وەرگرت"}


async def _survey(unit: Unit, mode: str, now: datetime, count: int = 6) -> tuple[Survey, list[int]]:
    event = await past_event(unit, now)
    people = await registered(unit, event.id, count, now)
    return await opened(unit, event.id, mode, now), people


async def _send_all(unit: Unit, survey: Survey, people: list[int], now: datetime) -> None:
    for number, member_id in enumerate(people):
        answers: Answers = {"rating": str(number % 5 + 1), "use": None, "words": f"text {number:03}"}
        await unit.surveys.keep_draft(survey.id, member_id, answers, now)
        assert await unit.surveys.send(survey.id, member_id, answers, now) is Sending.TAKEN


async def test_an_event_has_one_survey_and_only_with_people_to_ask(unit: Unit, now: datetime) -> None:
    event = await past_event(unit, now)
    nobody = unit.registrations.recipients(event.id, "confirmed")
    args = (event.id, "anonymous", "event", [])
    assert await unit.surveys.create(*args, people=nobody, at=now, closes_at=now) is None
    await registered(unit, event.id, 3, now)
    first = await unit.surveys.create(*args, people=nobody, at=now, closes_at=now + timedelta(days=7))
    assert first is not None
    assert first.invited == 3
    assert await unit.surveys.create(*args, people=nobody, at=now, closes_at=now) is None
    assert await unit.surveys.of_event(event.id) == first


@pytest.mark.parametrize("mode", ["anonymous", "named"])
async def test_answers_are_taken_once_and_the_draft_goes(unit: Unit, now: datetime, mode: str) -> None:
    survey, (member_id, *_) = await _survey(unit, mode, now)
    await unit.surveys.keep_draft(survey.id, member_id, {"rating": "4"}, now)
    await unit.surveys.keep_draft(survey.id, member_id, ANSWERS, now)
    assert await unit.surveys.draft(survey.id, member_id) == ANSWERS
    assert not await unit.surveys.has_answered(survey, member_id)
    assert await unit.surveys.send(survey.id, member_id, ANSWERS, now) is Sending.TAKEN
    assert await unit.surveys.has_answered(survey, member_id)
    assert await unit.surveys.draft(survey.id, member_id) == {}
    assert await unit.surveys.send(survey.id, member_id, {"rating": "1"}, now) is Sending.TWICE
    assert await unit.surveys.count_answers(survey) == 1


async def test_one_person_on_two_devices_is_counted_once(database: Database, now: datetime) -> None:
    for mode in ("anonymous", "named"):
        async with database.unit() as unit:
            survey, (member_id, *_) = await _survey(unit, mode, now)

        async def send(survey: Survey = survey, member_id: int = member_id) -> Sending:
            async with database.unit() as unit:
                return await unit.surveys.send(survey.id, member_id, ANSWERS, now)

        outcomes = await asyncio.gather(*(send() for _ in range(8)))
        assert sorted(one.value for one in outcomes) == ["taken"] + ["twice"] * 7


@pytest.mark.parametrize("mode", ["anonymous", "named"])
async def test_nothing_is_taken_after_closing(unit: Unit, now: datetime, mode: str) -> None:
    survey, (member_id, *_) = await _survey(unit, mode, now)
    assert await unit.surveys.send(survey.id, member_id, ANSWERS, survey.closes_at) is Sending.CLOSED
    assert await unit.surveys.close(survey.id, least=5) == 0
    assert await unit.surveys.close(survey.id, least=5) is None
    assert await unit.surveys.send(survey.id, member_id, ANSWERS, now) is Sending.CLOSED
    assert not await unit.surveys.set_closing(survey.id, now + timedelta(days=30))


async def test_answers_that_race_with_closing_are_counted_or_refused(
    database: Database, now: datetime
) -> None:
    async with database.unit() as unit:
        survey, people = await _survey(unit, "anonymous", now, count=12)

    async def send(member_id: int) -> Sending:
        async with database.unit() as unit:
            return await unit.surveys.send(survey.id, member_id, ANSWERS, now)

    async def close() -> int | None:
        async with database.unit() as unit:
            return await unit.surveys.close(survey.id, least=0)

    *sent, answered = await asyncio.gather(*map(send, people[:6]), close(), *map(send, people[6:]), close())
    counted = [one for one in (*sent, answered) if isinstance(one, int)]
    taken = [one for one in sent if one is Sending.TAKEN]
    async with database.reading() as unit:
        written = await unit.surveys.answers(survey.id)
    assert counted == [len(taken)] == [len(written)]


async def test_closing_an_anonymous_survey_leaves_answers_without_people(unit: Unit, now: datetime) -> None:
    survey, people = await _survey(unit, "anonymous", now)
    await _send_all(unit, survey, people, now)
    assert await unit.surveys.answers(survey.id) == []
    assert await unit.surveys.close(survey.id, least=5) == 6
    said = await unit.surveys.answers(survey.id)
    assert sorted(str(one.answers["words"]) for one in said) == [f"text {number:03}" for number in range(6)]
    assert {one.member_id for one in said} == {None}
    closed = await unit.surveys.get(survey.id)
    assert closed is not None
    assert (closed.state, await unit.surveys.count_answers(closed)) == ("closed", 6)
    assert not await unit.surveys.has_answered(closed, people[0])
    for table in (survey_ballots, survey_voters, survey_drafts):
        assert await Store(unit).scalar(sa.select(sa.func.count()).select_from(table)) == 0
    keys = sa.select(surveys.c.secret_sealed, surveys.c.public_key)
    assert await Store(unit).all(keys) == [(None, None)]


async def test_too_few_anonymous_answers_are_destroyed_unread(unit: Unit, now: datetime) -> None:
    survey, people = await _survey(unit, "anonymous", now)
    await _send_all(unit, survey, people[:4], now)
    assert await unit.surveys.close(survey.id, least=5) == 4
    assert await unit.surveys.answers(survey.id) == []
    assert await Store(unit).scalar(sa.select(sa.func.count()).select_from(survey_ballots)) == 0


async def test_named_answers_can_be_read_at_once_and_go_with_their_author(unit: Unit, now: datetime) -> None:
    survey, people = await _survey(unit, "named", now)
    await _send_all(unit, survey, people[:2], now)
    assert {one.member_id for one in await unit.surveys.answers(survey.id)} == set(people[:2])
    await unit.members.erase(people[0])
    assert {one.member_id for one in await unit.surveys.answers(survey.id)} == {people[1]}
    await unit.surveys.close(survey.id, least=5)
    assert len(await unit.surveys.answers(survey.id)) == 1


async def test_open_surveys_wait_for_those_who_are_registered_and_have_not_answered(
    unit: Unit, now: datetime
) -> None:
    survey, (member_id, waiting, *_) = await _survey(unit, "anonymous", now)
    await unit.registrations.cancel(survey.event_id, waiting, now)
    assert await unit.surveys.open_for(member_id, now) == [survey]
    assert await unit.surveys.open_for(waiting, now) == []
    assert await unit.surveys.open_for(member_id, survey.closes_at) == []
    await unit.surveys.send(survey.id, member_id, ANSWERS, now)
    assert await unit.surveys.open_for(member_id, now) == []


async def test_drafts_end_after_a_while(unit: Unit, now: datetime) -> None:
    survey, (early, late, *_) = await _survey(unit, "anonymous", now)
    await unit.surveys.keep_draft(survey.id, early, ANSWERS, now - timedelta(days=8))
    await unit.surveys.keep_draft(survey.id, late, ANSWERS, now)
    assert await unit.surveys.drop_drafts(now - timedelta(days=7)) == 1
    assert await unit.surveys.draft(survey.id, early) == {}
    assert await unit.surveys.draft(survey.id, late) == ANSWERS


async def test_nothing_typed_lies_readable_in_the_tables(unit: Unit, now: datetime) -> None:
    survey, (member_id, other, *_) = await _survey(unit, "named", now)
    await unit.surveys.keep_draft(survey.id, other, ANSWERS, now)
    await unit.surveys.send(survey.id, member_id, ANSWERS, now)
    for table in (survey_drafts, survey_answers):
        for row in await Store(unit).all(sa.select(table)):
            assert str(ANSWERS["words"]).encode() not in bytes(row.answers_sealed)
