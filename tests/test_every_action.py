"""Every action against every role, fresh and outdated: an answer each time, and never one that is not theirs."""

from __future__ import annotations

import itertools

import pytest

from handlers.kit import Inbound, registry
from locales import LANGUAGES, speech
from storage.tables import inbox, outbox
from tests.play import Person, Stage

ROLES = ("stranger", "guest", "member", "coordinator", "administrator", "donor")
ARGUMENTS = {int: ("0", "1", "999999"), str: ("x", "en", "coming")}
NOT_ALLOWED = "This is not open to you here."

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def forged(name: str) -> list[str]:
    """Write an action down with arguments that fit its types but, mostly, nothing that exists."""
    kinds = registry.taps[name].kinds
    choices = [ARGUMENTS[kind] for kind in kinds]
    some = list(itertools.islice(zip(*choices, strict=True), 2)) if choices else [()]
    return [":".join([name, *arguments]) for arguments in some]


async def _person(stage: Stage, role: str) -> Person:
    return stage.person() if role == "stranger" else await stage.known("en", role=role)


@pytest.mark.parametrize("role", ROLES)
async def test_every_action_is_answered_kindly_to_every_role(stage: Stage, role: str) -> None:
    for name, entry in sorted(registry.taps.items()):
        person = await _person(stage, role)
        for action in forged(name):
            person.phone.clear()
            await person.forges(action)
            said = " ".join(
                [*(shown.text for shown in person.phone), *stage.channels["telegram"].notes[person.peer]]
            )
            assert said.strip(), f"{action} got silence"
            assert "Traceback" not in said
            if role != "stranger" and role not in entry.who:
                assert NOT_ALLOWED in said, f"{role} may not {action}, but saw {said[:200]}"
    async with stage.database.reading() as unit:
        parked = await unit.inbox.all(inbox.select().where(inbox.c.state == "parked"))
        assert not parked, [row.error for row in parked]


@pytest.mark.parametrize("role", ROLES)
async def test_every_question_that_no_longer_waits_is_answered(stage: Stage, role: str) -> None:
    """An answer to a question of another role, or of an earlier version, resets politely."""
    from storage.conversations import Conversation

    for name in [*sorted(registry.answers), "gone-since"]:
        entry = registry.answers.get(name)
        written = ":".join(
            [name, *(("1" if kind is int else "en") for kind in (entry.kinds if entry else ()))]
        )
        person = await _person(stage, role)
        await person.starts()
        async with stage.database.unit() as unit:
            address = await unit.addresses.find("telegram", "stage", person.peer)
            assert address is not None
            await unit.conversations.put(address.id, Conversation(written, "either"), stage.now)
        await person.says("some answer")
        assert person.sees.strip(), f"{written} got silence"
        if entry is not None and role != "stranger" and role not in entry.who:
            assert NOT_ALLOWED in person.sees
    async with stage.database.reading() as unit:
        parked = await unit.inbox.all(inbox.select().where(inbox.c.state == "parked"))
        assert not parked, [row.error for row in parked]


BROKEN = (
    "",
    ":",
    "event",
    "event:",
    "event:x",
    "event:1:2:3:4",
    "event:" + "9" * 50,
    "nothing",
    "register:1",
    "\u202eevent:1",
    "event:-1",
    "vote:1:-5",
    "event:٣",
)


@pytest.mark.parametrize("action", BROKEN)
async def test_a_broken_action_leads_to_the_menu(stage: Stage, action: str) -> None:
    person = await stage.known("en")
    await person.forges(action)
    assert person.buttons


async def test_everything_the_machine_can_say_has_a_label_that_fits(stage: Stage) -> None:
    """No screen that these roles can reach in two taps shows a label that any channel would cut."""
    for lang in LANGUAGES:
        for role in ("guest", "member", "coordinator", "administrator"):
            person = await stage.known(lang, role=role)
            await person.says("/menu")
            for action in dict.fromkeys(person.last.labels.values()):
                if action in ("stop",):
                    continue
                await person.forges(action)
                for label in person.last.labels:
                    assert len(label) <= 64, (lang, label)
    assert speech("ku").rtl


async def test_a_double_tap_arrives_with_a_new_id_and_changes_nothing(stage: Stage) -> None:
    coordinator, member = await stage.known("en", role="coordinator"), await stage.known("en")
    await coordinator.says("/coordinate")
    await coordinator.taps("New event")
    await coordinator.taps("Coffee chat", again=True)
    await coordinator.says("Coffee")
    await coordinator.says("tomorrow 20:00")
    await coordinator.taps("Yes, that is it", again=True)
    await coordinator.forges("manage:1")
    await coordinator.taps("Publish", again=True)
    await member.says("/events")
    await member.taps("1.")
    await member.taps("Register", again=True)
    async with stage.database.reading() as unit:
        assert len(await unit.events.upcoming(stage.now, limit=10)) == 1
        assert (await unit.registrations.seats(1)).confirmed == 1


async def test_a_resent_update_changes_nothing(stage: Stage) -> None:
    member = await stage.known("en")
    update = Inbound("telegram", "stage", member.peer, "same", stage.now, "text", text="/menu")
    for _ in range(3):
        await stage.dispatcher.receive(update)
    await stage.settles()
    assert len(member.phone) == 1
    async with stage.database.reading() as unit:
        assert len(await unit.outbox.all(outbox.select())) == 1
