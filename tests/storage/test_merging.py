"""Two records made one: nothing that hangs on a member is lost, doubled or forgotten."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from storage.conversations import Conversation
from storage.database import Database
from storage.merging import COVERED
from storage.organisations import Entry
from storage.tables import announcements, link_codes, metadata, outbox, polls, registrations
from storage.unit import Unit
from tests.storage import together
from tests.storage.people import opened, past_event


def test_every_column_that_references_a_member_is_covered() -> None:
    """A new one belongs into `storage.merging`: what is not carried over there is deleted with the record."""
    referencing = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "members"
    }
    assert referencing == COVERED


async def two(unit: Unit, now: datetime) -> tuple[int, int]:
    """Make two settled people, one on each channel, and return the ids."""
    people = []
    for channel in ("telegram", "whatsapp"):
        member = await unit.members.add(at=now, lang="en", role="member")
        await unit.members.change(member.id, name=f"Member, {channel}", state="active", consent_version=1)
        await unit.addresses.add(member.id, channel, "bot", f"peer-{channel}")
        people.append(member.id)
    return people[0], people[1]


async def join(unit: Unit, kept: int, gone: int, now: datetime, role: str = "member") -> bool:
    return await unit.merging.join(kept, gone, role=role, organisation_id=None, now=now)


async def leftovers(unit: Unit, member_id: int) -> list[str]:
    """Name every column in which a member still stands."""
    found = []
    for name in sorted(COVERED):
        table, column = name.split(".")
        mine = metadata.tables[table].c[column]
        if await unit.members.one(mine.table.select().where(mine == member_id)) is not None:
            found.append(name)
    return found


async def furnish(unit: Unit, member_id: int, now: datetime) -> None:
    """Put a row of this person into every covered table."""
    event = await past_event(unit, now, survey_mode="named")
    await unit.registrations.add(event.id, member_id, None, "confirmed", now)
    survey = await opened(unit, event.id, "named", now)
    await unit.surveys.send(survey.id, member_id, {"q": "5"}, now)
    other = await past_event(unit, now)
    await unit.registrations.add(other.id, member_id, None, "confirmed", now)
    await unit.surveys.keep_draft((await opened(unit, other.id, "named", now)).id, member_id, {"q": "4"}, now)
    poll = await unit.polls.draft(member_id, "en", now)
    await unit.polls.run(
        metadata.tables["poll_votes"].insert().values(poll_id=poll.id, member_id=member_id, choice=1)
    )
    await unit.announcements.run(announcements.insert().values(author_id=member_id, created_at=now))
    place = await unit.organisations.put(Entry(f"org-{member_id}", "Org", "", "", "prime", ""))
    await unit.join_requests.ask(member_id, place, now)
    await unit.outbox.notify_one("role-changed", member_id, subject="role:x", occurrence="1", at=now)
    address = (await unit.addresses.of_member(member_id))[0]
    await unit.linking.issue(member_id, address.id, now)
    await unit.pins.set_pin(member_id, "190273", now)
    approval = await unit.approvals.ask(
        "role", [member_id], signed="x", people=0, asker_id=member_id, at=now, ends_at=now
    )
    await unit.approvals.advance(approval.id, ("waiting",), "approved", approver_id=member_id)
    await together.furnish(unit, member_id, now)


async def test_everything_goes_over_and_nothing_is_left(unit: Unit, now: datetime) -> None:
    kept, gone = await two(unit, now)
    await furnish(unit, gone, now)
    assert set(await leftovers(unit, gone)) == COVERED
    assert await join(unit, kept, gone, now)
    assert await unit.members.get(gone) is None
    assert await leftovers(unit, gone) == []
    assert set(await leftovers(unit, kept)) == COVERED - {"link_codes.member_id"}
    has = await unit.merging.belongings(kept)
    assert (has.registrations, has.answers, has.votes, has.requests) == (2, 1, 1, 1)
    assert set(has.channels) == {"telegram", "whatsapp"}
    assert await unit.pins.is_pin(kept, "190273"), "sealed anew for the record that stays"


async def test_two_full_records_become_one_without_a_clash(unit: Unit, now: datetime) -> None:
    kept, gone = await two(unit, now)
    for member_id in (kept, gone):
        await furnish(unit, member_id, now)
    assert await join(unit, kept, gone, now)
    assert await leftovers(unit, gone) == []
    has = await unit.merging.belongings(kept)
    assert (has.registrations, has.answers, has.requests) == (4, 2, 1)
    assert await unit.members.scalar(polls.select()) is not None


async def test_a_record_joins_once_and_never_itself(unit: Unit, now: datetime) -> None:
    kept, gone = await two(unit, now)
    assert not await join(unit, kept, kept, now)
    assert await join(unit, kept, gone, now)
    assert not await join(unit, kept, gone, now)


@pytest.mark.parametrize(
    ("mine", "theirs", "best"),
    [
        ("confirmed", "waitlisted", "confirmed"),
        ("waitlisted", "confirmed", "confirmed"),
        ("cancelled", "waitlisted", "waitlisted"),
        ("cancelled", "cancelled", "cancelled"),
        ("confirmed", "confirmed", "confirmed"),
    ],
)
async def test_one_person_has_one_seat_the_better_one(
    unit: Unit, now: datetime, mine: str, theirs: str, best: str
) -> None:
    kept, gone = await two(unit, now)
    event = await past_event(unit, now)
    for member_id, state in ((kept, mine), (gone, theirs)):
        await unit.registrations.add(event.id, member_id, None, state, now)
    assert await unit.merging.shared_events(kept, gone) == [event.id]
    await join(unit, kept, gone, now)
    rows = await unit.registrations.all(registrations.select())
    assert [(row.member_id, row.state) for row in rows] == [(kept, best)]


async def test_who_voted_in_a_sealed_survey_cannot_vote_again_as_the_other_record(
    unit: Unit, now: datetime
) -> None:
    kept, gone = await two(unit, now)
    event = await past_event(unit, now)
    for member_id in (kept, gone):
        await unit.registrations.add(event.id, member_id, None, "confirmed", now)
    survey = await opened(unit, event.id, "anonymous", now)
    await unit.surveys.send(survey.id, gone, {"q": "5"}, now)
    await join(unit, kept, gone, now)
    assert await unit.surveys.has_answered(survey, kept)
    assert await unit.surveys.count_answers(survey) == 1


async def test_answers_under_way_can_be_read_by_the_record_that_stays(unit: Unit, now: datetime) -> None:
    kept, gone = await two(unit, now)
    survey = None
    for member_id in (gone, kept):
        event = await past_event(unit, now)
        await unit.registrations.add(event.id, gone, None, "confirmed", now)
        survey = await opened(unit, event.id, "named", now)
        await unit.surveys.keep_draft(survey.id, gone, {"q": str(member_id)}, now)
    assert survey is not None
    await unit.surveys.keep_draft(survey.id, kept, {"q": "mine"}, now)
    await join(unit, kept, gone, now)
    assert await unit.surveys.draft(survey.id, kept) == {"q": "mine"}
    assert await unit.surveys.draft(survey.id - 1, kept) == {"q": str(gone)}


async def test_what_waits_for_both_is_sent_once(unit: Unit, now: datetime) -> None:
    kept, gone = await two(unit, now)
    for member_id in (kept, gone):
        await unit.outbox.notify_one(
            "announcement", member_id, subject="announcement:1", occurrence="1", at=now
        )
    await unit.outbox.notify_one("announcement", gone, subject="announcement:2", occurrence="1", at=now)
    await join(unit, kept, gone, now)
    rows = await unit.outbox.all(outbox.select().where(outbox.c.state == "queued"))
    assert sorted(row.key for row in rows) == [
        f"announcement|announcement:{number}|{kept}|1" for number in (1, 2)
    ]
    assert await unit.outbox.told("announcement", "announcement:2", kept, "1")


async def test_what_one_record_got_already_is_not_sent_to_the_other(unit: Unit, now: datetime) -> None:
    kept, gone = await two(unit, now)
    for member_id in (kept, gone):
        await unit.outbox.notify_one(
            "announcement", member_id, subject="announcement:1", occurrence="1", at=now
        )
    await unit.outbox.run(outbox.update().where(outbox.c.member_id == gone).values(state="delivered"))
    await join(unit, kept, gone, now)
    states = {row.state for row in await unit.outbox.all(outbox.select())}
    assert states == {"delivered", "withdrawn"}


async def test_the_person_keeps_silence_consent_and_what_they_muted(unit: Unit, now: datetime) -> None:
    kept, gone = await two(unit, now)
    await unit.members.change(kept, muted=("polls",), consent_version=0, name="")
    await unit.members.change(gone, muted=("surveys",), silenced=True, role="coordinator")
    gone_address = (await unit.addresses.of_member(gone))[0]
    await unit.conversations.put(gone_address.id, Conversation("name"), now)
    await join(unit, kept, gone, now, role="guest")
    member = await unit.members.get(kept)
    assert member is not None
    assert (member.name, member.role, member.silenced) == ("Member, whatsapp", "guest", True)
    assert (set(member.muted), member.consented, member.state) == ({"polls", "surveys"}, True, "active")
    assert (await unit.conversations.get(gone_address.id)).ask == ""


async def test_two_merges_in_opposite_directions_leave_one_person(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        one, other = await two(unit, now)

    async def merge(kept: int, gone: int) -> bool:
        async with database.unit() as unit:
            return await join(unit, kept, gone, now)

    done = await asyncio.gather(merge(one, other), merge(other, one))
    assert sorted(done) == [False, True]
    async with database.reading() as unit:
        assert await unit.members.count() == 1
        assert len(await unit.addresses.all(metadata.tables["addresses"].select())) == 2


async def test_codes_and_tries_are_forgotten_in_time(unit: Unit, now: datetime) -> None:
    from storage.linking import Tries

    kept, _ = await two(unit, now)
    address = (await unit.addresses.of_member(kept))[0]
    code, _ = await unit.linking.issue(kept, address.id, now)
    await unit.linking.keep_tries(address, Tries(3, now))
    kept_row = await unit.linking.one(link_codes.select())
    assert kept_row is not None
    assert code.encode() not in b"".join(bytes(one) for one in (kept_row.code_index, kept_row.seed))
    await unit.linking.forget(now + timedelta(minutes=9))
    assert await unit.linking.find(code, now) is not None
    assert await unit.linking.forget(now + timedelta(minutes=21)) == 2
    assert await unit.linking.tries(address) is None
