"""One person on two channels: linking by a code, and what must never come of one."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from locales import LANGUAGES
from storage.members import Member
from storage.tables import link_codes, outbox
from tests.handlers.happenings import publish
from tests.play import Person, Stage

IN_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
CODE = re.compile(r"[0-9]{5}-[0-9]{5}-[0-9]{5}")


async def chooses(person: Person, name: str, *, again: bool = False) -> Person:
    """Tap the newest button that leads to a handler, whatever its arguments."""
    actions = (one for shown in reversed(person.phone) for one in shown.labels.values())
    return await person.taps(next(one for one in actions if one.partition(":")[0] == name), again=again)


async def code_of(person: Person) -> str:
    """Let somebody's chat show a code, as they do it, and return it."""
    await person.says("/settings")
    await person.taps("apps")
    await person.taps("link-app")
    shown = next(found for one in reversed(person.phone) if (found := CODE.search(one.text)))
    return shown.group()


async def linked(stage: Stage, person: Person, channel: str = "whatsapp") -> Person:
    """Link another app of somebody and return it."""
    other = stage.person(channel)
    await other.says(await code_of(person))
    await chooses(other, "link-yes")
    assert (await other.member()).id == (await person.member()).id
    return other


async def channels_of(stage: Stage, member: Member) -> set[str]:
    async with stage.database.reading() as unit:
        return {one.channel for one in await unit.addresses.of_member(member.id)}


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_stranger_who_types_the_code_is_the_same_person(stage: Stage, lang: str) -> None:
    person = await stage.known(lang, name="Member, Basra")
    code = await code_of(person)
    other = stage.person("whatsapp", "whatsapp:US.1234")
    await other.says(f" {code.replace('-', ' ')} " if lang == "en" else code.translate(IN_ARABIC))
    assert "Member, Basra" in other.sees
    await chooses(other, "link-yes")
    mine = await person.member()
    assert (await other.member()) == mine
    assert await channels_of(stage, mine) == {"telegram", "whatsapp"}
    async with stage.database.reading() as unit:
        assert await unit.members.count() == 1
    assert "WhatsApp" in person.phone[-1].text
    assert "US.1234" not in "".join(one.text for one in [*person.phone, *other.phone])


async def test_the_link_that_carries_the_code_does_the_same(stage: Stage) -> None:
    person = await stage.known("en", channel="whatsapp")
    code = await code_of(person)
    link = re.search(r"\?start=(l[0-9]{15})", "\n".join(one.text for one in person.phone))
    assert link
    assert link.group(1) == f"l{code.replace('-', '')}"
    other = await stage.person("telegram").starts(link.group(1))
    await chooses(other, "link-yes")
    assert (await other.member()).id == (await person.member()).id


async def test_a_double_tap_shows_the_same_code_and_links_once(stage: Stage) -> None:
    person = await stage.known("en")
    first = await code_of(person)
    assert await code_of(person) == first
    other = await stage.person("whatsapp").says(first)
    await chooses(other, "link-yes", again=True)
    assert "you are one person here" in other.sees
    assert await channels_of(stage, await person.member()) == {"telegram", "whatsapp"}


async def test_a_code_works_once_and_for_ten_minutes(stage: Stage) -> None:
    person = await stage.known("en")
    other = await linked(stage, person)
    used = next(found for one in reversed(person.phone) if (found := CODE.search(one.text))).group()
    late = await stage.known("en", channel="browser")
    await late.says(used)
    assert "does not work" in late.sees
    code = await code_of(person)
    stage.now += timedelta(minutes=10)
    await late.says(code)
    assert "does not work" in late.sees
    assert (await other.member()).id == (await person.member()).id
    assert (await late.member()).id != (await person.member()).id


async def test_a_preview_that_waited_too_long_links_nothing(stage: Stage) -> None:
    person = await stage.known("en")
    other = await (await stage.known("en", channel="whatsapp")).says(await code_of(person))
    stage.now += timedelta(minutes=11)
    await chooses(other, "link-yes")
    assert "does not work" in other.sees
    assert (await other.member()).id != (await person.member()).id


async def test_five_wrong_codes_lock_the_right_one_out_even_for_who_leaves_and_comes_back(
    stage: Stage,
) -> None:
    person = await stage.known("en")
    guesser = await stage.known("en", channel="whatsapp")
    for number in range(5):
        await guesser.says(f"{number:015}")
        assert "does not work" in guesser.sees
    code = await code_of(person)
    await guesser.says(code)
    assert "one try too many" in guesser.sees
    await guesser.forges("delete-me")
    await chooses(guesser, "delete-sure")
    await chooses(guesser, "delete-now")
    await guesser.says(code)
    assert "one try too many" in guesser.sees
    assert "Welcome" in guesser.sees
    stage.now += timedelta(minutes=10)
    await guesser.says(await code_of(person))
    assert guesser.last.labels


async def test_what_is_no_code_is_asked_again_and_does_not_count(stage: Stage) -> None:
    person, other = await stage.known("en"), await stage.known("en", channel="whatsapp")
    await other.forges("apps")
    await other.taps("link-code")
    for _ in range(7):
        await other.says("1234")
        assert "A code has 15 digits" in other.sees
    await other.taps("Cancel")
    await other.says(await code_of(person))
    assert "Link this chat?" in other.sees


async def test_a_no_uses_the_code_up(stage: Stage) -> None:
    person = await stage.known("en")
    code = await code_of(person)
    other = await stage.person("whatsapp").says(code)
    await chooses(other, "link-no")
    await other.says(code)
    assert "does not work" in other.sees
    async with stage.database.reading() as unit:
        assert await unit.members.scalar(link_codes.select()) is None


async def test_two_phones_type_the_same_code_at_once_and_one_gets_it(stage: Stage) -> None:
    person = await stage.known("en")
    code = await code_of(person)
    phones = [stage.person("whatsapp") for _ in range(4)]
    await asyncio.gather(*(one.says(code) for one in phones))
    offered = [one for one in phones if any(name.startswith("link-yes") for name in one.last.labels.values())]
    assert len(offered) == 1
    action = next(name for name in offered[0].last.labels.values() if name.startswith("link-yes"))
    await asyncio.gather(*(one.forges(action) for one in phones))
    mine = (await person.member()).id
    assert [one for one in phones if (await one.member()).id == mine] == offered


async def test_what_a_full_member_has_comes_along_and_is_said_before(stage: Stage) -> None:
    event = await publish(stage, capacity=1)
    one = await stage.known("en", name="Member, Basra", organisation=await stage.organisation("org-erbil"))
    other, waiting = await stage.known("en", channel="whatsapp"), await stage.known("en")
    await other.forges(f"register:{event.id}:{event.revision}")
    await waiting.forges(f"register:{event.id}:{event.revision}")
    await other.says(await code_of(one))
    assert "Registrations: 1" in other.sees
    assert "role and organisation stay" in other.sees
    before = await one.member()
    await chooses(other, "link-yes")
    merged = await other.member()
    assert (merged.id, merged.role, merged.organisation_id, merged.name) == (
        before.id, before.role, before.organisation_id, "Member, Basra",
    )  # fmt: skip
    await one.forges(f"event:{event.id}")
    assert "You are registered" in one.sees
    async with stage.database.reading() as unit:
        assert (await unit.registrations.seats(event.id)).confirmed == 1


async def test_a_seat_that_was_held_twice_goes_to_who_waits(stage: Stage) -> None:
    event = await publish(stage, capacity=2)
    one, other = await stage.known("en"), await stage.known("en", channel="whatsapp")
    waiting = await stage.known("en")
    for person in (one, other, waiting):
        await person.forges(f"register:{event.id}:{event.revision}")
    await other.says(await code_of(one))
    await chooses(other, "link-yes")
    async with stage.database.reading() as unit:
        seats = await unit.registrations.seats(event.id)
    assert (seats.confirmed, seats.offered, seats.waitlisted, seats.cancelled) == (1, 1, 0, 0)
    assert any("a seat is free for you" in shown.text for shown in waiting.phone)


@pytest.mark.parametrize("role", ["member", "coordinator", "donor", "administrator"])
async def test_nobody_rises_by_a_code_that_somebody_else_typed(stage: Stage, role: str) -> None:
    guest, victim = (
        await stage.known("en", role="guest"),
        await stage.known("en", channel="whatsapp", role=role),
    )
    await victim.says(await code_of(guest))
    assert "other way round" in victim.sees
    await victim.forges(f"link-yes:{(await guest.member()).id}")
    assert ((await guest.member()).role, (await victim.member()).role) == ("guest", role)
    assert (await guest.member()).id != (await victim.member()).id


async def test_two_with_granted_roles_are_left_to_an_administrator(stage: Stage) -> None:
    one = await stage.known("en", role="coordinator")
    other = await stage.known("en", role="coordinator", channel="whatsapp")
    await other.says(await code_of(one))
    assert "ask an administrator" in other.sees
    assert (await one.member()).id != (await other.member()).id


async def test_a_coordinators_code_needs_their_own_yes(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    phone = await stage.person("whatsapp").says(await code_of(coordinator))
    await chooses(phone, "link-yes", again=True)
    assert "say yes in the app that showed the code" in phone.sees
    assert (await phone.member()).role == "guest"
    asked = [one for one in coordinator.phone if "Was it you?" in one.text]
    assert len(asked) == 1
    await chooses(coordinator, "link-let", again=True)
    assert (await phone.member()).id == (await coordinator.member()).id
    assert (await phone.member()).role == "coordinator"
    assert "you are one person here" in phone.phone[-1].text


async def test_a_thief_of_a_coordinators_code_is_refused(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    thief = await stage.person("whatsapp").says(await code_of(coordinator))
    await chooses(thief, "link-yes")
    allow = next(one for one in coordinator.last.labels.values() if one.startswith("link-let"))
    await chooses(coordinator, "link-refuse")
    await chooses(thief, "link-yes")
    assert (await thief.member()).role == "guest"
    await coordinator.forges(allow)
    assert (await thief.member()).role == "guest"


async def test_nobody_says_yes_in_the_coordinators_stead(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    thief = await (await stage.known("en", channel="whatsapp")).says(await code_of(coordinator))
    async with stage.database.reading() as unit:
        address = await unit.addresses.find("whatsapp", "stage", thief.peer)
    assert address is not None
    await coordinator.forges(f"link-let:{address.id}")
    assert (await thief.member()).role == "member"
    await chooses(thief, "link-yes")
    await thief.forges(f"link-let:{address.id}")
    assert (await thief.member()).role == "member"


# --- two devices, one person --------------------------------------------------------------------------------


async def test_a_tap_on_the_second_device_finds_the_state_of_the_first(stage: Stage) -> None:
    event = await publish(stage)
    one = await stage.known("en")
    other = await linked(stage, one)
    await one.forges(f"event:{event.id}")
    await other.forges(f"event:{event.id}")
    await one.taps("Register")
    await other.taps("Register")
    assert "You had registered already" in other.sees
    await one.forges("rename")
    await other.says("/menu")
    await one.says("Member, Erbil")
    assert "Member, Erbil" in one.sees
    await other.says("/menu")
    assert "Member, Erbil" in other.sees


async def test_answers_go_to_the_chat_that_asked_and_announcements_to_the_preferred_one(stage: Stage) -> None:
    one = await stage.known("en")
    other = await linked(stage, one)
    before = len(one.phone)
    stage.now += timedelta(minutes=1)
    await other.says("/menu")
    assert len(one.phone) == before
    await one.forges("apps")
    await one.taps("Telegram")
    await chooses(one, "app-prefer")
    stage.now += timedelta(minutes=1)
    await other.says("/menu")
    administrator = await stage.known("en", role="administrator")
    await administrator.forges(f"role:{(await one.member()).id}:coordinator")
    assert "coordinator" in one.phone[-1].text
    assert not any("Your role" in shown.text for shown in other.phone)


async def test_a_stop_word_in_one_app_silences_all(stage: Stage) -> None:
    one = await stage.known("en")
    other = await linked(stage, one)
    await other.says("STOP")
    assert (await one.member()).silenced
    shown = len(one.phone) + len(other.phone)
    administrator = await stage.known("en", role="administrator")
    await administrator.forges(f"role:{(await one.member()).id}:coordinator")
    assert len(one.phone) + len(other.phone) == shown


async def test_silence_outlasts_linking(stage: Stage) -> None:
    one, other = await stage.known("en"), await stage.known("en", channel="whatsapp")
    await other.says("stop")
    await other.says(await code_of(one))
    await chooses(other, "link-yes")
    assert (await one.member()).silenced


async def test_erasing_covers_every_app_and_says_goodbye_where_it_was_asked(stage: Stage) -> None:
    one = await stage.known("en")
    other = await linked(stage, one)
    shown = len(one.phone)
    await other.forges("delete-me")
    await chooses(other, "delete-sure")
    await chooses(other, "delete-now")
    assert "Goodbye" in other.sees
    assert len(one.phone) == shown
    async with stage.database.reading() as unit:
        for person in (one, other):
            assert await unit.addresses.find(person.channel.name, "stage", person.peer) is None
        assert await unit.members.count() == 0
        assert not await unit.outbox.all(outbox.select())


async def test_a_peer_without_a_number_is_as_good_as_any(stage: Stage) -> None:
    person = stage.person("whatsapp", "whatsapp:US.13491208655302741918")
    await person.says("hello")
    await person.taps("speak:ar")
    assert (await person.member()).lang == "ar"
    await person.says("/menu")
    async with stage.database.reading() as unit:
        assert await unit.members.count() == 1
