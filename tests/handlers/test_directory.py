"""The directory shows what was agreed to, to members, a little at a time; messages pass without a number."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from handlers.rules.directory import MOST_A_DAY
from storage.store import Store
from storage.tables import memberships, registrations, relay_words
from tests.play import Person, Stage
from tests.storage.people import past_event


async def with_focal(stage: Stage, lang: str = "en", **page: object) -> tuple[Person, int]:
    """Have an organisation with a focal point and a page."""
    place = await stage.organisation()
    focal = await stage.known(lang, name="Focal point, Basra", organisation=place)
    options = {"themes": ("rights",), "places": ("basra",), "listed": True, "asks": True, **page}
    async with stage.database.unit() as unit:
        await unit.profiles.change(place, focal_id=(await focal.member()).id, **options)
        await unit.profiles.put_line(place, "en", "We observe trials")
    return focal, place


def said(person: Person) -> str:
    return " ".join(shown.text for shown in person.phone)


async def test_only_what_was_agreed_to_is_shown_and_to_members_only(stage: Stage) -> None:
    focal, place = await with_focal(stage, listed=False)
    member = await stage.known("en", organisation=await stage.organisation("org-erbil"))
    guest, donor = await stage.known("en", role="guest"), await stage.known("en", role="donor")
    for person in (member, guest, donor):
        for wanted in (f"organisation:{place}", "directory-in:themes:rights:0", f"profile:{place}"):
            await person.forges(wanted)
        assert "observe trials" not in said(person)
    await focal.forges(f"profile-switch:{place}:listed:on")
    await member.forges(f"organisation:{place}")
    assert "We observe trials" in member.last.text
    assert "Focal point, Basra" not in member.last.text
    assert member.last.part.private
    await focal.forges(f"profile-switch:{place}:shows_focal:on")
    await member.forges(f"organisation:{place}")
    assert "Focal point, Basra" in member.last.text


async def test_it_is_found_in_any_spelling_and_nothing_else(stage: Stage) -> None:
    await with_focal(stage)
    member = await stage.known("en")
    for wanted in ("TRIALS", "منظمه"):
        await member.forges("directory-search")
        await member.says(wanted)
        assert "What was found" in member.sees
    await member.forges("directory-search")
    await member.says("fisheries")
    assert "Nothing was found" in member.sees


async def test_nobody_copies_the_directory_in_a_day(stage: Stage) -> None:
    _, place = await with_focal(stage)
    member = await stage.known("en")
    async with stage.database.unit() as unit:
        day, who = (stage.now + timedelta(hours=3)).date(), (await member.member()).id
        for _ in range(MOST_A_DAY):
            assert await unit.profiles.viewed(who, day, MOST_A_DAY)
    await member.forges(f"organisation:{place}")
    assert "please go on tomorrow" in member.last.text
    await stage.passes(timedelta(days=1))
    await member.forges(f"organisation:{place}")
    assert "We observe trials" in member.last.text


async def test_a_page_is_changed_by_its_focal_point_and_coordinators_only(stage: Stage) -> None:
    focal, place = await with_focal(stage)
    colleague, coordinator = await stage.known("en"), await stage.known("en", role="coordinator")
    await colleague.forges(f"profile:{place}")
    assert "We observe trials" in colleague.last.text
    for wanted in (
        "profile-set:{}:themes:youth:0:on",
        "profile-switch:{}:listed:off",
        "profile-lines:{}",
        "focal:{}:0",
    ):
        await colleague.forges(wanted.format(place))
    for person, theme in ((focal, "women"), (coordinator, "law")):
        await person.forges(f"profile-set:{place}:themes:{theme}:0:on")
        await person.forges(f"profile-set:{place}:themes:{theme}:0:on")
    await coordinator.forges(f"profile-switch:{place}:shows_focal:on")
    async with stage.database.reading() as unit:
        profile = await unit.profiles.get(place)
    assert profile.themes == ("law", "rights", "women")
    assert profile.listed
    assert not profile.shows_focal


async def test_a_question_reaches_the_focal_point_without_a_number_either_way(stage: Stage) -> None:
    focal, place = await with_focal(stage)
    member = await stage.known("en", channel="whatsapp", name="Member, Erbil")
    await member.forges(f"organisation-ask:{place}")
    await member.says("May we join you?")
    assert "May we join you?" in focal.last.text
    assert member.peer not in said(focal)
    await focal.taps("Reply")
    await focal.says("Yes")
    assert "Yes" in member.last.text
    assert "Focal point, Basra" not in said(member)
    async with stage.database.reading() as unit:
        sealed = await Store(unit).all(sa.select(relay_words.c.text_sealed))
    assert all(b"join you" not in row.text_sealed for row in sealed)
    await stage.passes(timedelta(days=31))
    async with stage.database.reading() as unit:
        assert await Store(unit).all(sa.select(relay_words.c.id)) == []


async def test_who_is_blocked_gets_nothing_through(stage: Stage) -> None:
    focal, place = await with_focal(stage)
    member = await stage.known("en")
    await member.forges(f"organisation-ask:{place}")
    await member.says("A word")
    await focal.taps("Block", again=True)
    seen = len(focal.phone)
    await member.taps("Write")
    await member.says("A word again")
    assert "can't be delivered" in member.sees
    await member.forges(f"organisation-ask:{place}")
    await member.says("And again")
    assert "does not take questions now" in member.sees
    assert len(focal.phone) == seen
    await focal.taps("Unblock")
    await member.forges(f"organisation-ask:{place}")
    await member.says("Thank you")
    assert "Thank you" in focal.last.text


async def test_a_new_focal_point_takes_the_conversation_over(stage: Stage) -> None:
    focal, place = await with_focal(stage)
    member = await stage.known("en", organisation=await stage.organisation("org-erbil"))
    other = await stage.known("en", organisation=place, name="Second, Basra")
    await member.forges(f"organisation-ask:{place}")
    await member.says("A word")
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"focal-is:{place}:{(await other.member()).id}")
    await member.taps("Write")
    await member.says("Are you there?")
    assert "Are you there?" in other.last.text
    assert "Are you there?" not in said(focal)
    await focal.taps("Reply")
    assert "has ended" in focal.sees


async def test_a_stranger_to_a_conversation_sees_nothing_of_it(stage: Stage) -> None:
    focal, place = await with_focal(stage)
    member, other = await stage.known("en"), await stage.known("en")
    await member.forges(f"organisation-ask:{place}")
    await member.says("Confidential")
    reply = next(one for one in focal.last.labels.values() if one.startswith("relay-write"))
    for wanted in (reply, reply.replace("write", "block") + ":on", reply.replace("relay-write", "relay")):
        await other.forges(wanted)
    assert "Confidential" not in said(other)
    assert "has ended" in other.sees


async def test_only_somebody_of_the_organisation_speaks_for_it(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    place, elsewhere = await stage.organisation(), await stage.organisation("org-erbil")
    outsider = await stage.known("en", organisation=elsewhere)
    await coordinator.forges(f"focal-is:{place}:{(await outsider.member()).id}")
    async with stage.database.reading() as unit:
        assert (await unit.profiles.get(place)).focal_id is None


async def test_a_focal_point_confirms_a_colleague_once(stage: Stage) -> None:
    focal, place = await with_focal(stage)
    coordinator = await stage.known("en", role="coordinator")
    other, elsewhere = await stage.known("en"), await stage.organisation("org-erbil")
    guest = await stage.known("en", role="guest", name="Colleague")
    async with stage.database.unit() as unit:
        await unit.members.change((await guest.member()).id, organisation_id=None)
    await guest.forges(f"join-org:{place}")
    assert "Colleague" in focal.last.text
    confirm = next(one for one in focal.last.labels.values() if one.endswith("approved"))
    await other.forges(confirm)
    assert (await guest.member()).role == "guest"
    await focal.taps(confirm, again=True)
    assert (await guest.member()).organisation_id == place
    await coordinator.taps("Decline")
    assert "was approved" in coordinator.last.text
    assert (await guest.member()).role == "member"
    await guest.forges(f"join-org:{elsewhere}")
    await focal.forges(f"vouch:{2}:approved")
    assert (await guest.member()).organisation_id == place, "only requests to join one's own organisation"


async def test_who_moves_keeps_the_past_and_speaks_for_the_old_one_no_more(stage: Stage) -> None:
    focal, place = await with_focal(stage)
    member = await focal.member()
    elsewhere = await stage.organisation("org-erbil")
    async with stage.database.unit() as unit:
        await unit.profiles.belongs_now(member.id, place, stage.now)
        event = await past_event(unit, stage.now)
        await unit.registrations.add(event.id, member.id, place, "confirmed", stage.now)
    coordinator = await stage.known("en", role="coordinator")
    await focal.forges(f"join-org:{elsewhere}")
    await coordinator.taps("Approve")
    async with stage.database.reading() as unit:
        assert (await unit.profiles.get(place)).focal_id is None
        kept = await Store(unit).all(sa.select(memberships).order_by(memberships.c.id))
        assert [(row.organisation_id, row.until is None) for row in kept] == [
            (place, False),
            (elsewhere, True),
        ]
        assert await Store(unit).scalar(sa.select(registrations.c.organisation_id)) == place
