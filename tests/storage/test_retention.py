"""Forgetting in time, where it concerns several aggregates."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from storage.conversations import Conversation
from storage.retention import Retention
from storage.store import Store
from storage.surveys import Sending
from storage.tables import inbox, invitations, registrations, survey_answers
from storage.unit import Unit
from tests.storage.people import opened, past_event, registered

HOUR = timedelta(hours=1)


async def test_registrations_and_named_answers_lose_their_person_and_stay_as_counts(
    unit: Unit, now: datetime
) -> None:
    event = await past_event(unit, now, survey_mode="named")
    people = await registered(unit, event.id, 3, now)
    survey = await opened(unit, event.id, "named", now)
    assert await unit.surveys.send(survey.id, people[0], {"rating": "4"}, now) is Sending.TAKEN
    keep, end = now - 3 * HOUR, now
    assert await Retention(unit).unlink_registrations(keep) == await Retention(unit).unlink_answers(keep) == 0
    assert await Retention(unit).unlink_registrations(end) == 3
    assert await Retention(unit).unlink_answers(end) == 1
    assert await Retention(unit).unlink_registrations(end) == await Retention(unit).unlink_answers(end) == 0
    assert (await unit.registrations.seats(event.id)).confirmed == 3
    for table in (registrations, survey_answers):
        assert {row.member_id for row in await Store(unit).all(sa.select(table))} == {None}


async def test_expired_invitations_go(unit: Unit, now: datetime) -> None:
    for seed, expires_at in (("old", now - HOUR), ("new", now)):
        await unit.invitations.issue(
            seed, organisation_id=None, role="member", uses=1, at=now - 2 * HOUR, expires_at=expires_at
        )
    assert await Retention(unit).forget_invitations(now) == 1
    assert len(await Store(unit).all(sa.select(invitations))) == 1


async def test_an_idle_chat_loses_its_question_but_not_its_choices(unit: Unit, now: datetime) -> None:
    offered = (("Events", "events"),)
    addresses = []
    for touched in (now - 2 * HOUR, now):
        member = await unit.members.add(at=now)
        address = await unit.addresses.add(member.id, "telegram", "stage", str(member.id))
        await unit.conversations.put(address.id, Conversation("name", "text", offered), touched)
        addresses.append(address.id)
    assert await unit.conversations.drop_asks(now - 3 * HOUR, now - HOUR) == 1
    assert await unit.conversations.drop_asks(now - 3 * HOUR, now - HOUR) == 0
    assert await unit.conversations.get(addresses[0]) == Conversation(offered=offered)
    assert await unit.conversations.get(addresses[1]) == Conversation("name", "text", offered)


async def test_payloads_set_aside_go_before_their_rows(unit: Unit, now: datetime) -> None:
    await unit.inbox.attempt("telegram", "stage", "1", now)
    await unit.inbox.park("telegram", "stage", "1", error="ValueError", payload="{}")
    assert await unit.inbox.shred(now) == 0
    assert await unit.inbox.shred(now + HOUR) == 1
    (row,) = await Store(unit).all(sa.select(inbox))
    assert (row.state, row.payload_sealed) == ("parked", None)


async def test_shredding_forgets_what_was_shown_and_in_answer_to_what(unit: Unit, now: datetime) -> None:
    for name in ("one", "two"):
        member = await unit.members.add(at=now)
        address = await unit.addresses.add(member.id, "telegram", "stage", name)
        await unit.outbox.reply(name, address, "{}", at=now, replaces="message", callback="tap")
        (claimed,) = await unit.outbox.claim("telegram", "stage", "lease", now=now, limit=1, lanes=(0,))
        await unit.outbox.settle(claimed.id, "sent", now=now)
    assert await unit.outbox.shred(now) == 0
    assert await unit.outbox.shred(now + HOUR) == 2
