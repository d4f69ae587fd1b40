"""Taking one's data along: everything that is linked to the person, and nothing of anybody else."""

from __future__ import annotations

import json
from datetime import datetime

from storage.organisations import Entry
from storage.portability import Portability
from storage.tables import metadata
from storage.unit import Unit
from tests.storage.people import opened, past_event

COVERED = {
    "member_keys",  # not theirs to take along: it opens only what lies here
    "addresses", "join_requests", "registrations", "announcements", "polls", "poll_votes", "survey_answers",
    "survey_drafts", "outbox", "link_codes", "pins", "approvals",
    "questions", "question_words", "nominations",
    "profiles", "memberships", "directory_views", "relays", "relay_people", "relay_words", "relay_blocks",
    "suggestions", "suggestion_supports",
    "attendance", "intentions", "certificates", "calendar_feeds", "answer_links",
    "mentor_offers", "pairs", "pair_sessions", "pair_notes",
    "coffee_guests", "member_traits", "call_people", "grants", "papers", "paper_readers",
}  # fmt: skip


def test_every_table_that_points_at_a_person_is_taken_along() -> None:
    pointing = {
        table.name
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "members"
    }
    assert pointing == COVERED


async def test_all_of_it_comes_readable_and_as_json(unit: Unit, now: datetime) -> None:
    organisation_id = await unit.organisations.put(
        Entry("org-basra", "Organisation, Basra", "", "", "prime", "")
    )
    member = await unit.members.add(at=now, lang="ku", role="member")
    await unit.members.change(
        member.id,
        name="ئەندام، بەسرە",
        organisation_id=organisation_id,
        consent_version=1,
        consented_at=now,
        muted=("polls",),
    )
    address = await unit.addresses.add(member.id, "whatsapp", "stage", "+9647000000001")
    await unit.join_requests.ask(member.id, organisation_id, now)
    named, sealed = await past_event(unit, now, survey_mode="named"), await past_event(unit, now)
    for event in (named, sealed):
        await unit.registrations.add(event.id, member.id, organisation_id, "confirmed", now)
    first, second = (
        await opened(unit, named.id, "named", now),
        await opened(unit, sealed.id, "anonymous", now),
    )
    await unit.surveys.send(first.id, member.id, {"comment": "Great"}, now)
    await unit.surveys.keep_draft(second.id, member.id, {"comment": "Not yet"}, now)
    await unit.outbox.reply("key", address, "{}", at=now)

    gathered = json.loads(json.dumps(await Portability(unit).everything(member.id)))

    person = gathered["person"]
    assert person["name"] == "ئەندام، بەسرە"
    assert person["organisation"] == "Organisation, Basra"
    assert person["kinds_of_messages_turned_off"] == ["polls"]
    assert person["privacy_notice_agreed_at"] == now.isoformat()
    assert [one["address"] for one in gathered["chat_addresses"]] == ["+9647000000001"]
    assert [one["state"] for one in gathered["join_requests"]] == ["waiting"]
    assert [one["event"]["ku"] for one in gathered["registrations"]] == ["نووسینی بەخشین"] * 2
    assert [one["answers"] for one in gathered["survey_answers"]] == [{"comment": "Great"}]
    assert [one["answers"] for one in gathered["survey_answers_under_way"]] == [{"comment": "Not yet"}]
    assert [one["kind"] for one in gathered["messages_sent_to_you"]] == ["screen"]


async def test_it_holds_nothing_of_anybody_else(unit: Unit, now: datetime) -> None:
    mine, other = await unit.members.add(at=now), await unit.members.add(at=now)
    await unit.members.change(other.id, name="Somebody else")
    await unit.addresses.add(other.id, "whatsapp", "stage", "+9647000000002")
    event = await past_event(unit, now)
    await unit.registrations.add(event.id, other.id, None, "confirmed", now)
    gathered = await Portability(unit).everything(mine.id)
    person = gathered.pop("person")
    assert person["number"] == mine.id
    assert all(part == [] for part in gathered.values())


async def test_nobody_has_nothing(unit: Unit) -> None:
    assert (await Portability(unit).everything(404))["person"] == {}
