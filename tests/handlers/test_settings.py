"""What people decide: their name, what they hear, silence, their data, and leaving for good."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from handlers.settings import TOPICS
from locales import LANGUAGES
from storage.tables import files, members
from tests.play import Person, Stage
from tests.storage.people import past_event


async def count(stage: Stage) -> int:
    async with stage.database.reading() as unit:
        return await unit.members.count()


async def test_a_name_is_changed_and_a_bad_one_is_not(stage: Stage) -> None:
    person = await stage.known("en", name="Before")
    await person.says("/settings")
    await person.taps("rename")
    await person.says("12345")
    assert "at least one letter" in person.sees
    await person.says("x" * 61)
    assert (await person.member()).name == "Before"
    await person.says("After")
    assert (await person.member()).name == "After"
    assert "After" in person.sees


async def test_leaving_the_question_keeps_the_name(stage: Stage) -> None:
    person = await stage.known("en", name="Before")
    await person.forges("rename")
    await person.taps("Cancel")
    await person.says("Something else")
    assert (await person.member()).name == "Before"


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_each_kind_of_messages_is_turned_off_and_on(stage: Stage, lang: str) -> None:
    person = await stage.known(lang)
    await person.says("/settings")
    await person.taps("topics")
    for topic in TOPICS:
        await person.taps(f"topic:{topic}:off", again=True)
    assert (await person.member()).muted == tuple(TOPICS)
    await person.taps("topic:reminders:on", again=True)
    assert "reminders" not in (await person.member()).muted
    assert len(person.last.labels) <= 10


async def test_a_kind_that_does_not_exist_is_not_kept(stage: Stage) -> None:
    person = await stage.known("en")
    for action in ("topic:gossip:off", "topic:polls:perhaps"):
        await person.forges(action)
    assert (await person.member()).muted == ()


@pytest.mark.parametrize(("lang", "word"), [("en", "STOP!"), ("ar", "إيقاف"), ("ku", "ڕاگرتن")])
async def test_a_stop_word_silences_until_start(stage: Stage, lang: str, word: str) -> None:
    person = await stage.known(lang, channel="whatsapp")
    await person.says(word)
    assert (await person.member()).silenced
    await person.says("/events")
    assert (await person.member()).silenced
    assert person.sees
    await person.says("/start")
    assert not (await person.member()).silenced


@pytest.mark.parametrize(
    "word", ["unsubscibe", "please stop", "Opt-Out", "لا اريد رسائل", "وقفوا", "نامە مەنێرە", "ڕايگرن"]
)
async def test_opting_out_holds_on_every_address_until_it_is_taken_back_in_so_many_words(
    stage: Stage, word: str
) -> None:
    person = await stage.known("en", channel="whatsapp")
    async with stage.database.unit() as unit:
        member = await person.member()
        other = stage.person("telegram")
        await unit.addresses.add(member.id, "telegram", "stage", other.peer)
    await person.says(word)
    for greeting in ("hello", "مرحبا", "سڵاو", "/menu"):
        await other.says(greeting)
        assert (await person.member()).silenced, "a greeting is no consent"
    shown = len(other.phone) + len(person.phone)
    async with stage.database.unit() as unit:
        await unit.outbox.notify_one("apology", member.id, subject="x", occurrence="1", at=stage.now)
    await stage.settles()
    assert len(other.phone) + len(person.phone) == shown
    await other.says("resume")
    assert not (await person.member()).silenced


async def test_silence_holds_against_notices(stage: Stage) -> None:
    person, administrator = await stage.known("en"), await stage.known("en", role="administrator")
    await person.says("/stop")
    shown = len(person.phone)
    await administrator.forges(f"role:{(await person.member()).id}:coordinator")
    assert len(person.phone) == shown
    assert (await person.member()).role == "coordinator"


async def test_the_language_changes_and_the_rest_stays(stage: Stage) -> None:
    person = await stage.known("en")
    await person.says("/language")
    await person.taps("speak:ku", again=True)
    member = await person.member()
    assert (member.lang, member.role, member.state) == ("ku", "member", "active")
    await person.forges("speak:fr")
    assert (await person.member()).lang == "ku"


async def test_the_export_is_a_file_that_goes_away(stage: Stage) -> None:
    person = await stage.known("ku", name="ئەندام، بەسرە")
    await person.forges("export")
    sent = next(shown.part.attachment for shown in reversed(person.phone) if shown.part.attachment)
    async with stage.database.reading() as unit:
        file, body = await unit.files.get(sent.file_id), await unit.files.body(sent.file_id)
    assert file is not None
    assert body is not None
    assert (file.name, file.mime) == ("my-data.json", "application/json")
    gathered = json.loads(body)
    assert gathered["person"]["name"] == "ئەندام، بەسرە"
    assert gathered["chat_addresses"][0]["address"] == person.peer
    await stage.passes(timedelta(hours=1, minutes=1))
    async with stage.database.reading() as unit:
        assert await unit.files.scalar(files.select()) is None


async def delete(person: Person) -> str:
    await person.forges("delete-me")
    await person.taps("delete-sure")
    action = next(one for one in person.last.labels.values() if one.startswith("delete-now"))
    await person.taps(action)
    return action


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
async def test_deleting_leaves_nobody_and_says_goodbye(stage: Stage, channel: str) -> None:
    person = await stage.known("ar", channel=channel)
    action = await delete(person)
    assert await count(stage) == 0
    goodbye = person.last.text
    await person.forges(action)
    assert person.last.text == goodbye
    assert await count(stage) == 0


async def test_deleting_is_asked_twice(stage: Stage) -> None:
    person = await stage.known("en")
    await person.forges("delete-me")
    await person.taps("Continue")
    await person.taps("Keep my data")
    assert await count(stage) == 1


async def test_an_old_button_does_not_delete_somebody_who_came_back(stage: Stage) -> None:
    person = await stage.known("en")
    action = await delete(person)
    await person.starts()
    await person.taps("speak:en")
    await person.taps("agree:1")
    await person.says("Member, Basra")
    await person.taps("follow")
    await person.forges(action)
    assert await count(stage) == 1
    assert "delete-sure" in person.last.labels.values()


async def test_a_seat_is_freed_and_a_past_one_stays_as_a_count(stage: Stage) -> None:
    person, waiting = await stage.known("en"), await stage.known("en")
    leaving, next_one = (await person.member()).id, (await waiting.member()).id
    async with stage.database.unit() as unit:
        past, coming = await past_event(unit, stage.now), await past_event(unit, stage.now)
        coming = await unit.events.change(coming, starts_at=stage.now + timedelta(days=2), capacity=1)
        await unit.registrations.add(past.id, leaving, None, "confirmed", stage.now)
        await unit.registrations.add(coming.id, leaving, None, "confirmed", stage.now)
        await unit.registrations.add(coming.id, next_one, None, "waitlisted", stage.now)
    await delete(person)
    async with stage.database.reading() as unit:
        promoted = await unit.registrations.of(coming.id, next_one)
        assert promoted is not None
        assert promoted.state == "offered"
        assert (await unit.registrations.seats(past.id)).confirmed == 1
        assert await unit.members.count(members.c.id == leaving) == 0
    assert "a seat is free for you" in waiting.last.text


async def test_the_only_administrator_is_warned(stage: Stage) -> None:
    only = await stage.known("en", role="administrator")
    await only.forges("delete-me")
    assert "only administrator" in only.sees
    await stage.known("en", role="administrator")
    await only.forges("delete-me")
    assert "only administrator" not in only.sees


async def test_a_new_notice_is_asked_anew_and_leaving_stays_possible(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await stage.known("en")
    monkeypatch.setattr("handlers.onboarding.VERSION", 2)
    await person.says("/menu")
    assert "agree:2" in person.last.labels.values()
    await person.taps("disagree:en")
    await person.taps("delete-me")
    await person.taps("Continue")
    await person.taps("Delete everything")
    assert await count(stage) == 0
