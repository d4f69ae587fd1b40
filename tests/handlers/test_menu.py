"""The menu's one table, and what derives from it: buttons, commands, help and the pages about the community."""

from __future__ import annotations

import pytest

from handlers.kit import Button, registry
from handlers.menu import COMMANDS, MENU, OTHERS, SHORT, commands, two_a_row
from locales import KEYWORDS, LANGUAGES, intent, speech
from storage.members import ROLES
from tests.play import Person, Stage
from tests.storage.people import past_event

NEEDED = {
    "panic","start", "menu", "help", "language", "stop", "events", "mine", "library", "feedback", "about", "settings",
          "coordinate", "privacy", "notme",
          "community", "checkin", "reports"}  # fmt: skip


def test_every_entry_leads_to_a_handler_that_lets_the_same_people_in() -> None:
    for entry in (*MENU, *OTHERS):
        assert set(entry.who) <= set(registry.taps[entry.action].who), entry.action
        assert not entry.word or entry.word in KEYWORDS


def test_the_commands_are_those_that_telegram_takes() -> None:
    assert set(COMMANDS) == NEEDED
    for lang in LANGUAGES:
        for role in ROLES:
            listed = commands(lang, role)
            assert ("coordinate" in dict(listed)) == (role in ("coordinator", "administrator"))
            for name, about in listed:
                assert name.isascii()
                assert 3 <= len(about) <= 256


@pytest.mark.parametrize("lang", LANGUAGES)
def test_short_labels_share_a_row_and_keep_their_order(lang: str) -> None:
    buttons = [Button(speech(lang).say(entry.label), entry.action) for entry in MENU]
    rows = two_a_row(buttons)
    assert [one for row in rows for one in row] == buttons
    for row in rows:
        assert len(row) == 1 or all(len(one.label) <= SHORT for one in row)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_what_a_role_sees(stage: Stage, lang: str) -> None:
    for role in ROLES:
        person = await (await stage.known(lang, role=role)).says("/menu")
        seen = set(person.last.labels.values())
        assert {"events", "mine", "library", "feedback", "community", "language", "settings", "help"} <= seen
        assert ("coordinate" in seen) == (role in ("coordinator", "administrator"))


async def test_silenced_people_are_offered_a_way_back(stage: Stage) -> None:
    person = await stage.known("en", channel="whatsapp", role="coordinator")
    await person.says("stop")
    await person.says("menu")
    assert next(iter(person.last.labels.values())) == "resume"
    assert len(person.last.labels) == 10


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_help_lists_each_command_once_and_only_words_that_work(stage: Stage, lang: str) -> None:
    person = await (await stage.known(lang)).says("/help")
    await person.taps("help-words")
    for entry in (*MENU, *OTHERS):
        assert (f"/{entry.command}" in person.last.text) == ("member" in entry.who)
    for entry in (*MENU, *OTHERS):
        label = str(speech(lang).say(entry.label))
        if f"«\u2068{label}" in person.last.text or f"«{label}" in person.last.text:
            assert intent(label) == entry.word


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_about_the_community_fits_one_message(stage: Stage, lang: str, channel: str) -> None:
    person = await stage.known(lang, channel=channel)
    await person.says("/about")
    for action in [one for one in person.last.labels.values() if one.startswith("about-")]:
        await person.forges(action)
        assert await _is_one_message(person), action
        assert "about" in person.last.labels.values()
        await person.says("/about")
    for command in ("/privacy", "/help", "/settings", "/language", "/menu"):
        await person.says(command)
        assert await _is_one_message(person), command


async def _is_one_message(person: Person) -> bool:
    fresh = [shown for shown in person.phone if person.seen.get(shown.id) != shown.part]
    return len(fresh) == 1 and len(fresh[0].text) <= 1100


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_progress_is_counted_from_events(stage: Stage, lang: str) -> None:
    async with stage.database.unit() as unit:
        for _ in range(5):
            await past_event(unit, stage.now)
    person = await (await stage.known(lang)).forges("about-progress")
    voice = speech(lang)
    said = voice._("{activity}: {done} of {target}", activity=voice._("Webinars"), done=5, target=8)
    assert said in person.sees
