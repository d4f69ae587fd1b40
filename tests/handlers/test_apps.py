"""My apps: unlinking, a number that changed hands, a phone that two people share."""

from __future__ import annotations

from datetime import timedelta

import pytest

from locales import LANGUAGES
from tests.handlers.happenings import publish, register
from tests.handlers.test_linking import channels_of, chooses, linked
from tests.play import Person, Stage

SILENCE = timedelta(days=181)


async def address_of(stage: Stage, person: Person) -> int:
    async with stage.database.reading() as unit:
        found = await unit.addresses.find(person.channel.name, "stage", person.peer)
        assert found is not None
        return found.id


async def test_no_number_is_ever_shown(stage: Stage) -> None:
    one = await stage.known("en")
    other = await linked(stage, one)
    for person in (one, other):
        await person.forges("apps")
        for shown in person.phone:
            assert one.peer not in shown.text
            assert other.peer not in shown.text
    assert "WhatsApp: this chat" in other.sees


@pytest.mark.parametrize("channel", ["whatsapp", "browser"])
async def test_unlinking_the_other_app_leaves_it_to_begin_anew(stage: Stage, channel: str) -> None:
    one = await stage.known("en", name="Member, Basra")
    other = await linked(stage, one, channel)
    gone = await address_of(stage, other)
    await one.forges(f"app:{gone}")
    await one.taps(f"app-unlink:{gone}")
    await one.taps(f"app-unlink-yes:{gone}", again=True)
    assert await channels_of(stage, await one.member()) == {"telegram"}
    await other.says("/settings")
    assert "Member, Basra" not in other.sees
    assert (await other.member()).state == "new"


async def test_unlinking_this_very_chat_says_goodbye_here_and_tells_the_other(stage: Stage) -> None:
    one = await stage.known("en")
    other = await linked(stage, one)
    mine = await address_of(stage, other)
    await other.forges(f"app-unlink:{mine}")
    await other.taps("Unlink this app")
    assert "This chat is unlinked" in other.sees
    assert "No longer linked to you: WhatsApp" in one.phone[-1].text
    async with stage.database.reading() as unit:
        assert await unit.addresses.find("whatsapp", "stage", other.peer) is None
    await other.says("/settings")
    assert (await other.member()).id != (await one.member()).id


async def test_the_only_app_and_somebody_elses_stay(stage: Stage) -> None:
    one, stranger = await stage.known("en"), await stage.known("en", channel="whatsapp")
    other = await linked(stage, one, "browser")
    for person, theirs in ((stranger, stranger), (stranger, other), (one, stranger)):
        for name in ("app", "app-unlink", "app-unlink-yes", "app-prefer"):
            await person.forges(f"{name}:{await address_of(stage, theirs)}")
            assert "My apps" in person.sees
    assert await channels_of(stage, await one.member()) == {"telegram", "browser"}
    assert await channels_of(stage, await stranger.member()) == {"whatsapp"}


async def test_a_new_number_is_linked_and_the_old_one_goes(stage: Stage) -> None:
    one = await stage.known("en", channel="whatsapp")
    fresh = await linked(stage, one)
    old = await address_of(stage, one)
    await fresh.forges(f"app-unlink-yes:{old}")
    member = await fresh.member()
    assert await channels_of(stage, member) == {"whatsapp"}
    assert member.role == "member"


# --- a number that passed to somebody else ------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_after_long_silence_nothing_is_shown_before_it_is_settled(
    stage: Stage, lang: str, channel: str
) -> None:
    person = await stage.known(lang, channel=channel, name="Member, Basra")
    event = await publish(stage, starts_at=stage.now + timedelta(days=300))
    await register(person, event)
    stage.now += SILENCE
    for action in ("settings", "export", "delete-me", "my-data", "mine", "apps", "joining", f"event:{event.id}",
                   "link-app", "link-code", f"unregister-yes:{event.id}", "rename", "resume"):  # fmt: skip
        await person.forges(action)
        assert person.last.labels, action
        assert all(name.startswith(("still-me", "not-me")) for name in person.last.labels.values()), action
        assert "Member, Basra" not in person.sees
    for text in ("/start", "/settings", "hello", "7", "123456789012345"):
        await person.says(text)
        assert "Member, Basra" not in person.sees
    before = await person.member()
    await person.says("/start")
    await person.taps(f"not-me:{before.id}:ar")
    after = await person.member()
    assert (after.id != before.id, after.role, after.state, after.lang) == (True, "guest", "new", "ar")
    async with stage.database.reading() as unit:
        kept = await unit.members.get(before.id)
        assert kept is not None
        assert kept.name == "Member, Basra"
        assert await unit.registrations.of(event.id, before.id) is not None
        assert await unit.addresses.of_member(before.id) == []


async def test_who_is_still_the_same_goes_on(stage: Stage) -> None:
    person = await stage.known("en", name="Member, Basra")
    await person.says("/menu")
    stage.now += SILENCE
    await person.says("/menu")
    await person.taps("It is still me", again=True)
    assert "Member, Basra" in person.last.text
    await person.says("/settings")
    assert "Member, Basra" in person.sees


async def test_a_stop_word_is_heard_even_then(stage: Stage) -> None:
    person = await stage.known("en")
    await person.says("/menu")
    stage.now += SILENCE
    await person.says("stop")
    assert (await person.member()).silenced


async def test_somebody_seen_of_late_is_not_asked(stage: Stage) -> None:
    person = await stage.known("en")
    for _ in range(3):
        await person.says("/menu")
        assert "What would you like to do?" in person.sees
        stage.now += timedelta(days=179)


@pytest.mark.parametrize("role", ["coordinator", "donor"])
async def test_a_granted_role_is_not_kept_by_a_word(stage: Stage, role: str) -> None:
    administrator = await stage.known("en", role="administrator")
    person = await stage.known("en", role=role, name="Somebody, Erbil")
    await person.says("/menu")
    stage.now += SILENCE
    await person.says("/menu")
    await person.taps("It is still me")
    assert (await person.member()).role == "member"
    told = administrator.phone[-1]
    assert "Somebody, Erbil" in told.text
    await administrator.taps("Roles")
    assert "Make coordinator" in administrator.buttons


async def test_the_last_administrator_stays_one_even_then(stage: Stage) -> None:
    person = await stage.known("en", role="administrator")
    await person.says("/menu")
    stage.now += SILENCE
    await person.says("/menu")
    await person.taps("It is still me")
    assert (await person.member()).role == "administrator"


async def test_by_command_a_chat_begins_anew_once(stage: Stage) -> None:
    one = await stage.known("ku", name="Member, Basra")
    other = await linked(stage, one)
    before = await one.member()
    await other.says("/notme")
    await chooses(other, "not-me", again=True)
    fresh = await other.member()
    assert (fresh.role, fresh.state, fresh.lang) == ("guest", "new", "ku")
    assert await channels_of(stage, before) == {"telegram"}
    assert "WhatsApp" in one.phone[-1].text
    async with stage.database.reading() as unit:
        assert await unit.members.count() == 2
    await other.forges(f"not-me:{before.id}:en")
    assert (await other.member()).id == fresh.id
