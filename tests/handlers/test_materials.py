"""Slides and resources: sent in once, given to everybody they are meant for, found in the library."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.contract import FetchFailed, Retry
from handlers.kit import Upload
from locales import LANGUAGES
from storage.materials import Material
from tests.handlers.broadcasts import TITLES, an_event, count_of, has_seat, plain, rows_of
from tests.play import Person, Stage

PDF = b"%PDF-1.4 slides"


async def material(stage: Stage, material_id: int = 1) -> Material:
    async with stage.database.reading() as unit:
        found = await unit.materials.get(material_id)
        assert found is not None
        return found


async def coordinator_of(stage: Stage) -> Person:
    return await stage.known("en", role="coordinator")


async def published(
    stage: Stage,
    coordinator: Person,
    event_id: int = 0,
    *,
    lang: str = "en",
    kind: str = "slides",
    title: str = "",
) -> Person:
    """Send a file in and publish it."""
    await coordinator.forges(f"material-new:{event_id}" if event_id else "material-loose")
    await coordinator.sends("slides.pdf", PDF, "application/pdf")
    await coordinator.taps(next(one for one in coordinator.last.labels.values() if one.endswith(f":{kind}")))
    await coordinator.taps(next(one for one in coordinator.last.labels.values() if one.endswith(f":{lang}")))
    await coordinator.says(title or f"{kind} in {lang}")
    return await coordinator.taps("Publish")


# --- sending in ---------------------------------------------------------------------------------------------


async def test_a_file_is_described_reviewed_and_published(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    coordinator = await coordinator_of(stage)
    await coordinator.says("/coordinate")
    await coordinator.taps("Send slides")
    await coordinator.taps("1.")
    await coordinator.sends("slides.pdf", PDF, "application/pdf")
    await coordinator.taps("Slides")
    await coordinator.taps("کوردی")
    await coordinator.says("سلایدەکان")
    assert "سلایدەکان" in coordinator.sees
    assert "0 registered people" in plain(coordinator.sees)
    await coordinator.taps("Publish", again=True)
    found = await material(stage)
    assert (found.kind, found.lang, found.state, found.event_id) == ("slides", "ku", "published", event.id)
    async with stage.database.reading() as unit:
        assert found.file_id is not None
        assert await unit.files.body(found.file_id) == PDF


async def test_a_link_serves_as_well(stage: Stage) -> None:
    coordinator = await coordinator_of(stage)
    await coordinator.forges("material-loose")
    await coordinator.says("no link at all")
    assert "neither a file nor a link" in coordinator.sees
    await coordinator.says("It is here: https://example.org/recording.")
    assert (await material(stage)).link == "https://example.org/recording"


async def test_tapping_alone_begins_nothing(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    coordinator = await coordinator_of(stage)
    await coordinator.forges("material-new")
    await coordinator.taps(f"material-new:{event.id}", again=True)
    await coordinator.forges("material-loose")
    async with stage.database.reading() as unit:
        assert await unit.materials.drafts(limit=5) == []


async def test_a_draft_that_was_left_can_be_taken_up(stage: Stage) -> None:
    coordinator = await coordinator_of(stage)
    await coordinator.forges("material-loose")
    await coordinator.sends("slides.pdf", PDF, "application/pdf")
    await coordinator.says("/menu")
    await coordinator.forges("material-new")
    await coordinator.taps("Draft:")
    await coordinator.taps("Title")
    await coordinator.says("x" * 201)
    assert "up to 200 characters" in coordinator.sees
    await coordinator.says("Handbook")
    await coordinator.taps("Publish")
    assert (await material(stage)).state == "published"


@pytest.mark.parametrize(
    ("fault", "said"),
    [("large", "at most 20 MB"), ("type", "can't be taken"), ("gone", "could not be fetched")],
)
async def test_a_file_that_cannot_be_taken_says_why(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    async def refused(upload: Upload) -> bytes:
        raise FetchFailed(fault)

    coordinator = await coordinator_of(stage)
    await coordinator.forges("material-loose")
    monkeypatch.setattr(stage.channels["telegram"], "fetch", refused)
    await coordinator.sends("film.mov", b"film", "video/quicktime")
    assert said in coordinator.sees
    monkeypatch.undo()
    await coordinator.sends("slides.pdf", PDF, "application/pdf")
    assert (await material(stage)).file_id


async def test_everything_can_be_changed_before_publishing(stage: Stage) -> None:
    coordinator = await coordinator_of(stage)
    await coordinator.forges("material-loose")
    await coordinator.sends("slides.pdf", PDF, "application/pdf")
    await coordinator.taps("Slides")
    await coordinator.taps("English")
    await coordinator.says("Slides")
    await coordinator.taps("Kind")
    await coordinator.taps("Paper")
    await coordinator.taps("Language")
    await coordinator.taps("العربية")
    await coordinator.taps("File or link")
    await coordinator.says("https://example.org/paper")
    await coordinator.taps("Title")
    await coordinator.says("ورقة")
    found = await material(stage)
    assert (found.kind, found.lang, found.link, found.file_id, found.title) == (
        "paper", "ar", "https://example.org/paper", None, "ورقة",
    )  # fmt: skip
    await coordinator.taps("Discard", again=True)
    async with stage.database.reading() as unit:
        assert await unit.materials.get(1) is None


async def test_a_published_material_is_no_longer_a_draft(stage: Stage) -> None:
    coordinator = await published(stage, await coordinator_of(stage), title="Slides")
    for action in (
        "material-title:1",
        "material-content:1",
        "material-is:1:paper",
        "material-in:1:ku",
        "material-discard:1",
    ):
        await coordinator.forges(action)
        assert "discarded" not in coordinator.sees
    found = await material(stage)
    assert (found.kind, found.lang, found.title, found.state) == ("slides", "en", "Slides", "published")


# --- giving out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
async def test_everybody_with_a_seat_gets_it_once(stage: Stage, channel: str) -> None:
    event = await an_event(stage, days=-1)
    came, waited, other = [await stage.known("en", channel=channel) for _ in range(3)]
    await has_seat(stage, came, event)
    await has_seat(stage, waited, event, "waitlisted")
    coordinator = await published(stage, await coordinator_of(stage), event.id, title="Budget slides")
    await coordinator.forges("material-publish:1")
    assert count_of(came, "Budget slides") == 1
    assert [one.part.attachment for one in came.phone if one.part.attachment]
    assert all(one.part.private for one in came.phone)
    assert waited.phone == other.phone == []
    assert await rows_of(stage, "material:1") == {("sent", ""): 1}


async def test_each_reader_gets_their_language_and_later_versions_only_their_own(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    readers = {lang: await stage.known(lang) for lang in LANGUAGES}
    for reader in readers.values():
        await has_seat(stage, reader, event)
    coordinator = await coordinator_of(stage)
    await published(stage, coordinator, event.id, lang="ar")
    for reader in readers.values():
        assert count_of(reader, "slides in ar") == 1
    assert "العربية" in readers["ku"].last.text, "a version in another language says which"
    await published(stage, coordinator, event.id, lang="ku")
    assert [count_of(readers[lang], "slides in ku") for lang in LANGUAGES] == [
        int(lang == "ku") for lang in LANGUAGES
    ]
    await published(stage, coordinator, event.id, lang="en")
    assert [count_of(readers[lang], "slides in en") for lang in LANGUAGES] == [
        int(lang == "en") for lang in LANGUAGES
    ]
    await published(stage, coordinator, event.id, kind="tool", lang="en")
    assert all(count_of(reader, "tool in en") == 1 for reader in readers.values())


async def test_a_second_file_of_a_kind_reaches_everybody_as_the_first_did(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    kurdish = await stage.known("ku")
    await has_seat(stage, kurdish, event)
    coordinator = await coordinator_of(stage)
    await published(stage, coordinator, event.id, lang="ar", title="Part one")
    await published(stage, coordinator, event.id, lang="ar", title="Part two")
    assert (count_of(kurdish, "Part one"), count_of(kurdish, "Part two")) == (1, 1)


async def test_who_registers_later_gets_what_there_is(stage: Stage) -> None:
    event = await an_event(stage)
    coordinator = await coordinator_of(stage)
    for lang, kind in (("ar", "slides"), ("ku", "slides"), ("ar", "paper")):
        await published(stage, coordinator, event.id, lang=lang, kind=kind)
    late = await stage.known("ku")
    await late.forges(f"event:{event.id}")
    await late.taps(f"register:{event.id}:{event.revision}", again=True)
    assert count_of(late, "slides in ku") == 1
    assert count_of(late, "slides in ar") == 0
    assert count_of(late, "paper in ar") == 1


async def test_another_language_brings_its_versions_once(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    reader = await stage.known("en")
    await has_seat(stage, reader, event)
    coordinator = await coordinator_of(stage)
    for lang, kind in (("en", "slides"), ("ku", "slides"), ("ar", "paper")):
        await published(stage, coordinator, event.id, lang=lang, kind=kind)
    assert count_of(reader, "slides in ku") == 0
    for lang in ("ku", "en", "ku"):
        await reader.forges(f"speak:{lang}")
    assert [count_of(reader, one) for one in ("slides in en", "slides in ku", "paper in ar")] == [1, 1, 1]


async def test_another_language_without_a_version_brings_nothing_again(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    reader = await stage.known("ar")
    await has_seat(stage, reader, event)
    coordinator = await coordinator_of(stage)
    await published(stage, coordinator, event.id, lang="ar")
    await published(stage, coordinator, event.id, lang="en")
    await reader.forges("speak:ku")
    assert [count_of(reader, one) for one in ("slides in ar", "slides in en")] == [1, 0]


async def test_who_does_not_want_slides_gets_none(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    reader = await stage.known("en")
    await has_seat(stage, reader, event)
    async with stage.database.unit() as unit:
        await unit.members.change((await reader.member()).id, muted=("materials",))
    await published(stage, await coordinator_of(stage), event.id)
    assert reader.phone == []
    assert await rows_of(stage, "material:1") == {("failed", "muted"): 1}


async def test_a_wrong_file_is_withdrawn_and_may_come_back(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    got, waits = await stage.known("en"), await stage.known("en", channel="whatsapp")
    await has_seat(stage, got, event)
    await has_seat(stage, waits, event)
    stage.channels["whatsapp"].outcomes = [Retry(after=60)]
    coordinator = await published(stage, await coordinator_of(stage), event.id, title="Wrong file")
    await coordinator.taps("Withdraw", again=True)
    await stage.passes(timedelta(minutes=5))
    assert (count_of(got, "Wrong file"), waits.phone) == (1, [])
    await got.forges("material:1")
    assert "This is no longer there." in got.sees
    await coordinator.taps("Publish", again=True)
    await stage.passes(timedelta(minutes=5))
    assert (count_of(got, "Wrong file"), count_of(waits, "Wrong file")) == (1, 1)


# --- the library --------------------------------------------------------------------------------------------


async def test_it_is_browsed_by_event_and_handed_over_again(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    await published(stage, await coordinator_of(stage), event.id, title="Budget slides")
    member = await stage.known("ar")
    await member.says("/library")
    assert TITLES["ar"] in member.sees
    await member.taps(f"materials-of:{event.id}")
    assert "Budget slides" in member.sees
    await member.taps("material:1")
    assert any(one.part.attachment for one in member.phone)
    assert all(one.part.private for one in member.phone if one.part.attachment)
    assert "material-withdraw:1" not in member.last.labels.values()


async def test_coordinators_withdraw_from_the_library(stage: Stage) -> None:
    coordinator = await published(stage, await coordinator_of(stage), title="Handbook")
    await coordinator.forges("library-loose")
    await coordinator.taps("Handbook")
    await coordinator.taps("Withdraw")
    assert (await material(stage)).state == "withdrawn"
    await coordinator.forges("library-loose")
    assert "Nothing is here yet" in coordinator.sees


@pytest.mark.parametrize(
    "typed",
    ["budget", "BUDGÉT monitoring", "الميزانيه", "مراقبه ميزانية", "بودجه", "چاوديريى بودجە", "handbook"],
)
async def test_it_is_found_by_its_title_and_its_events_in_every_spelling(stage: Stage, typed: str) -> None:
    event = await an_event(stage, days=-1)
    coordinator = await coordinator_of(stage)
    await published(stage, coordinator, event.id, title="Handbook")
    await published(stage, coordinator, title="Something else")
    member = await stage.known("en")
    await member.says("/library")
    await member.taps("Search")
    await member.says(typed)
    assert "Handbook" in member.sees
    assert "Something else" not in member.sees


@pytest.mark.parametrize("typed", ["nothing like it", "%", "_", "؟"])
async def test_what_is_not_there_is_asked_again(stage: Stage, typed: str) -> None:
    await published(stage, await coordinator_of(stage), title="Handbook")
    member = await stage.known("en")
    await member.forges("library-search")
    await member.says(typed)
    assert "Nothing was found for" in member.sees
    await member.says("handbook")
    assert "What was found" in member.sees


async def test_long_lists_are_turned_page_by_page(stage: Stage) -> None:
    coordinator = await coordinator_of(stage)
    for number in range(8):
        event = await an_event(stage, days=-1 - number)
        await published(stage, coordinator, event.id, title=f"Number {number}")
    member = await stage.known("en", channel="whatsapp")
    await member.says("/library")
    assert len(member.last.labels) <= 10
    assert any(action == "library:1" for action in member.last.labels.values())
    await member.says("Next")
    assert any(action == "library:0" for action in member.last.labels.values())
    assert "6." in plain(member.last.text)
    await coordinator.forges("material-new")
    assert len(coordinator.last.labels) <= 10


@pytest.mark.parametrize("role", ["donor", "administrator", "member"])
async def test_the_library_is_open_to_members_and_the_donor(stage: Stage, role: str) -> None:
    await published(stage, await coordinator_of(stage), title="Handbook")
    person = await stage.known("en", role=role)
    await person.forges("material:1")
    assert "Handbook" in person.sees


async def test_guests_are_shown_how_to_join(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    guest = await stage.known("en", role="guest")
    await has_seat(stage, guest, event)
    await published(stage, await coordinator_of(stage), event.id, title="Handbook")
    assert count_of(guest, "Handbook") == 1, "a guest with a seat gets what everybody with one gets"
    await guest.taps("More")
    assert "You are welcome to join" in guest.sees
    await guest.says("/library")
    assert "You are welcome to join" in guest.sees
    assert any(one.startswith(("join-code", "pick:join")) for one in guest.last.labels.values())
    await guest.forges("material:1")
    assert count_of(guest, "Handbook") == 1
