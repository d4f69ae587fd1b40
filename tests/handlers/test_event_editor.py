"""Coordinators make an event in chat: every kind, guided, one question at a time, reviewed, published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handlers.kit import registry
from handlers.rules.kinds import KINDS, REMINDERS, Kind
from storage.events import Event
from tests.play import Person, Stage

DAYTIME = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
"""15:30 in Baghdad, nine days after the tests' present."""


async def event_of(stage: Stage, event_id: int = 1) -> Event:
    async with stage.database.reading() as unit:
        event = await unit.events.get(event_id)
        assert event is not None
        return event


async def drafted(stage: Stage, kind: str = "Webinar", *, channel: str = "telegram") -> Person:
    """Bring a coordinator to the review of a draft with a title and a time."""
    person = await stage.known("en", role="coordinator", channel=channel)
    await person.forges("new-event")
    await person.taps(kind)
    await person.says("What Works")
    await person.says("10/3 15:30")
    await person.taps("Yes, that is it")
    await person.taps("event-set:1:mode:online")
    return await person.says("https://meet.example.org/what-works")


async def published(stage: Stage) -> Person:
    person = await drafted(stage)
    return await person.taps("Publish")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_every_kind_can_be_created_with_its_defaults(stage: Stage, kind: Kind) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.says("/coordinate")
    await coordinator.taps("New event")
    assert len(coordinator.buttons) == 10
    await coordinator.taps(str(kind.label.msgid), again=True)
    event = await event_of(stage)
    assert (event.kind, event.minutes, event.capacity, event.mode) == (
        kind.name,
        kind.minutes,
        kind.capacity,
        kind.mode,
    )
    assert (event.reminders, event.survey_mode, event.state) == (kind.reminders, kind.survey_mode, "draft")
    async with stage.database.reading() as unit:
        assert len(await unit.events.drafts(limit=10)) == 1, "a double tap made a second draft"


async def test_a_draft_is_guided_to_its_review_and_published(stage: Stage) -> None:
    coordinator = await drafted(stage)
    assert "What Works" in coordinator.sees
    assert "Tuesday, 10 March, from 15:30 to 17:00" in coordinator.sees
    assert "Title missing in: ⁨العربية⁩ and ⁨کوردی⁩" in coordinator.sees
    await coordinator.taps("Publish")
    assert "It is published" in coordinator.sees
    assert "Announce it" in coordinator.buttons
    event = await event_of(stage)
    assert (event.state, event.starts_at, event.join_link) == (
        "published",
        DAYTIME,
        "https://meet.example.org/what-works",
    )
    async with stage.database.reading() as unit:
        assert await unit.moments.next_due("reminder", 1) == DAYTIME - timedelta(days=1)
        assert await unit.moments.next_due("survey", 1) == DAYTIME + timedelta(minutes=105)


async def test_the_time_is_said_back_in_words_and_counts_only_then(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("new-event")
    await coordinator.taps("Induction")
    await coordinator.says("Welcome")
    await coordinator.says("12/3")
    assert "At what time does it begin" in coordinator.sees
    await coordinator.says("half past nonsense")
    assert "could not read that as a time" in coordinator.sees
    await coordinator.says("١٥:٣٠")
    assert "Thursday, 12 March 2026, 15:30" in coordinator.sees
    assert (await event_of(stage)).starts_at is None
    await coordinator.taps("Yes, that is it", again=True)
    assert (await event_of(stage)).starts_at == datetime(2026, 3, 12, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["yesterday", "1/3/2020 10:00", "soon", "", "10:00 10:00", "31/2 10:00"])
async def test_a_time_that_is_past_or_unreadable_is_asked_again(stage: Stage, typed: str) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("new-event")
    await coordinator.taps("Webinar")
    await coordinator.says("Title")
    await coordinator.says(typed or "?")
    assert "could not read that as a day and time to come" in coordinator.sees
    await coordinator.says("tomorrow 10:00")
    assert "Is that right?" in coordinator.sees


async def test_an_unfinished_draft_survives_and_is_taken_up_again(stage: Stage) -> None:
    coordinator = await stage.known("ar", role="coordinator")
    await coordinator.forges("new-event")
    action = next(action for action in coordinator.last.labels.values() if "event-new:webinar" in action)
    await coordinator.taps(action)
    await coordinator.says("ندوة")
    await coordinator.forges("menu")
    await coordinator.forges("manage-events:drafts")
    assert "ندوة" in coordinator.sees
    await coordinator.taps("manage:1")
    await coordinator.says("غدا ١٠:٠٠")
    assert any(one.startswith("event-at:1:") for one in coordinator.last.labels.values())


@pytest.mark.parametrize(
    ("field", "lang", "typed", "seen"),
    [
        ("title", "ku", "چی کار دەکات", ("ku", "title", "چی کار دەکات")),
        ("description", "ar", "سطر أول\nسطر ثان", ("ar", "description", "سطر أول\nسطر ثان")),
        ("place", "en", "Hall 3, Basra", ("en", "place", "Hall 3, Basra")),
    ],
)
async def test_texts_are_kept_in_each_language(
    stage: Stage, field: str, lang: str, typed: str, seen: tuple[str, str, str]
) -> None:
    coordinator = await drafted(stage)
    await coordinator.forges(f"event-ask:1:{field}:{lang}")
    await coordinator.says(typed)
    lang, column, text = seen
    assert (await event_of(stage)).said(column, lang) == text


@pytest.mark.parametrize(
    ("field", "typed", "read"),
    [
        ("minutes", "2 hours", {"minutes": 120}),
        ("capacity", "٣٠", {"capacity": 30}),
        ("closes", "9/3 18:00", {"closes_at": datetime(2026, 3, 9, 15, 0, tzinfo=UTC)}),
        (
            "link",
            "Join Zoom: https://zoom.example.org/j/1?pwd=a.",
            {"join_link": "https://zoom.example.org/j/1?pwd=a"},
        ),
    ],
)
async def test_values_are_read_as_people_type_them(
    stage: Stage, field: str, typed: str, read: dict[str, object]
) -> None:
    coordinator = await drafted(stage)
    await coordinator.forges(f"event-ask:1:{field}")
    await coordinator.says(typed)
    event = await event_of(stage)
    assert {name: getattr(event, name) for name in read} == read


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("minutes", "a while"),
        ("minutes", "60 days"),
        ("capacity", "0"),
        ("capacity", "-3"),
        ("capacity", "99999999"),
        ("closes", "11/3 10:00"),
        ("closes", "never"),
        ("link", "meet me there"),
        ("link", "javascript:alert(1)"),
        ("link", "https://" + "x" * 600 + ".org"),
    ],
)
async def test_what_can_not_be_read_is_asked_again_and_changes_nothing(
    stage: Stage, field: str, typed: str
) -> None:
    coordinator = await drafted(stage)
    before = await event_of(stage)
    await coordinator.forges(f"event-ask:1:{field}")
    asked = coordinator.sees
    await coordinator.says(typed)
    assert asked.splitlines()[-1] in coordinator.sees
    assert await event_of(stage) == before


@pytest.mark.parametrize(("field", "most"), [("title", 200), ("description", 2000), ("place", 300)])
async def test_texts_are_bounded(stage: Stage, field: str, most: int) -> None:
    coordinator = await drafted(stage)
    await coordinator.forges(f"event-ask:1:{field}:ar")
    await coordinator.says("س" * (most + 1))
    assert (await event_of(stage)).said(field, "ar") == ""
    await coordinator.says("س" * most)
    assert (await event_of(stage)).said(field, "ar") == "س" * most


async def test_limits_and_texts_can_be_taken_away_again(stage: Stage) -> None:
    coordinator = await drafted(stage)
    for field, typed in (("capacity", "5"), ("closes", "9/3 10:00"), ("description:en", "About it")):
        await coordinator.forges(f"event-ask:1:{field}")
        await coordinator.says(typed)
    for field in ("capacity", "closes_at", "description:en"):
        await coordinator.forges(f"event-clear:1:{field}")
        await coordinator.forges(f"event-clear:1:{field}")
    event = await event_of(stage)
    assert (event.capacity, event.closes_at, event.description("en")) == (None, None, "")


async def test_reminders_are_switched_by_saying_which_state_is_wanted(stage: Stage) -> None:
    coordinator = await published(stage)
    await coordinator.forges("event-part:1:reminders")
    assert len(coordinator.buttons) == len(REMINDERS) + 1
    await coordinator.taps("event-remind:1:10080:1", again=True)
    assert set((await event_of(stage)).reminders) == {10080, 1440, 60}
    async with stage.database.reading() as unit:
        assert await unit.moments.next_due("reminder", 1) == DAYTIME - timedelta(days=7)
    await coordinator.forges("event-remind:1:10080:0")
    async with stage.database.reading() as unit:
        assert await unit.moments.next_due("reminder", 1) == DAYTIME - timedelta(days=1)


async def test_the_survey_mode_is_fixed_once_published(stage: Stage) -> None:
    coordinator = await drafted(stage)
    await coordinator.forges("event-set:1:survey_mode:named")
    assert (await event_of(stage)).survey_mode == "named"
    await coordinator.taps("Publish")
    await coordinator.forges("event-set:1:survey_mode:anonymous")
    assert (await event_of(stage)).survey_mode == "named"


async def test_a_stale_publish_button_shows_the_draft_as_it_is_now(stage: Stage) -> None:
    coordinator = await drafted(stage)
    stale = coordinator.last.labels["Publish"]
    await coordinator.forges("event-ask:1:title:ku")
    await coordinator.says("ناونیشان")
    await coordinator.forges(stale)
    assert "has changed since" in coordinator.sees
    assert (await event_of(stage)).state == "draft"


async def test_publishing_twice_publishes_once(stage: Stage) -> None:
    coordinator = await drafted(stage)
    await coordinator.taps("Publish", again=True)
    event = await event_of(stage)
    await coordinator.forges(f"event-publish:1:{event.revision}")
    assert await event_of(stage) == event


async def test_a_draft_whose_time_passed_can_not_be_published(stage: Stage) -> None:
    coordinator = await drafted(stage)
    publish = coordinator.last.labels["Publish"]
    await stage.passes(timedelta(days=10))
    await coordinator.forges(publish)
    assert "already past" in coordinator.sees
    assert "Publish" not in coordinator.buttons
    assert (await event_of(stage)).state == "draft"


async def test_the_preview_shows_each_language_and_marks_what_falls_back(stage: Stage) -> None:
    coordinator = await drafted(stage)
    await coordinator.forges("event-ask:1:title:ku")
    await coordinator.says("چی کار دەکات")
    await coordinator.forges("event-preview:1")
    texts = [shown.text for shown in coordinator.phone[-4:]]
    assert "What Works" in texts[0]
    assert "English" in texts[0], "the Arabic card does not say that its text is in English"
    assert "چی کار دەکات" in texts[1]
    assert not any("meet.example.org" in text for text in texts)


async def test_a_draft_is_deleted_only_after_a_question(stage: Stage) -> None:
    coordinator = await drafted(stage)
    await coordinator.taps("Delete the draft")
    await coordinator.taps("event-delete-yes:1", again=True)
    async with stage.database.reading() as unit:
        assert await unit.events.get(1) is None
    await coordinator.forges("event-edit:1")
    assert "no longer there" in coordinator.sees


async def test_what_is_published_is_never_deleted(stage: Stage) -> None:
    coordinator = await published(stage)
    await coordinator.forges("event-delete-yes:1")
    assert (await event_of(stage)).state == "published"


EDITING = [
    name
    for name, entry in registry.taps.items()
    if entry.handler.__module__ in ("handlers.event_editor", "handlers.coordinate_events")
]


@pytest.mark.parametrize("name", EDITING)
@pytest.mark.parametrize("role", ["guest", "member", "donor"])
async def test_only_coordinators_get_to_it(stage: Stage, name: str, role: str) -> None:
    entry = registry.taps[name]
    given = ":".join(["1" if kind is int else "mode" for kind in entry.kinds[: entry.required]])
    person = await stage.known("en", role=role)
    await person.forges(f"{name}:{given}" if given else name)
    assert "This is not open to you here." in person.sees


@pytest.mark.parametrize("name", EDITING)
async def test_an_event_that_is_gone_is_answered_kindly(stage: Stage, name: str) -> None:
    entry = registry.taps[name]
    given = ":".join(["77" if kind is int else "mode" for kind in entry.kinds[: entry.required]])
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"{name}:{given}" if given else name)
    assert coordinator.buttons


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
async def test_every_screen_of_the_editor_has_at_most_ten_buttons(stage: Stage, channel: str) -> None:
    coordinator = await drafted(stage, channel=channel)
    for screen in ("event-edit:1", "event-part:1:mode", "event-part:1:title", "event-part:1:survey_mode",
                   "event-part:1:reminders", "manage:1", "manage-events", "manage-events:drafts",
                   "coordinate", "event-ask:1:capacity"):  # fmt: skip
        await coordinator.forges(screen)
        assert 1 <= len(coordinator.last.labels) <= 10, screen


async def test_a_finished_event_can_not_be_changed(stage: Stage) -> None:
    coordinator = await published(stage)
    await stage.passes(timedelta(days=20))
    before = await event_of(stage)
    for action in ("event-edit:1", "event-ask:1:when", "event-clear:1:capacity", "event-set:1:mode:hybrid",
                   "event-remind:1:10080:1", "event-cancel-yes:1", "event-move:1:1:99999999"):  # fmt: skip
        await coordinator.forges(action)
        assert coordinator.buttons
    assert await event_of(stage) == before
