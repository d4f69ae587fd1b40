"""Materials: drafts, the library, and search in every spelling."""

from __future__ import annotations

from datetime import datetime

import pytest

from locales import search_key
from storage.materials import Material
from storage.unit import Unit
from tests.storage.people import past_event


async def published(
    unit: Unit, now: datetime, title: str, event_id: int | None = None, lang: str = "en"
) -> Material:
    draft = await unit.materials.draft(now, lang, event_id)
    values = {"title": title, "link": "https://example.org/tool", "search_key": search_key(title)}
    await unit.materials.change(draft.id, **values)
    assert await unit.materials.advance(draft.id, "draft", "published")
    found = await unit.materials.get(draft.id)
    assert found is not None
    return found


async def test_a_draft_is_ready_when_there_is_something_to_give_and_a_name(unit: Unit, now: datetime) -> None:
    draft = await unit.materials.draft(now, "ar")
    assert not draft.ready
    await unit.materials.change(draft.id, link="https://example.org", title="Title")
    found = await unit.materials.get(draft.id)
    assert found is not None
    assert found.ready
    assert [one.id for one in await unit.materials.drafts(limit=5)] == [draft.id]
    assert await unit.materials.without_event(limit=5) == []
    assert await unit.materials.remove_draft(draft.id)
    assert await unit.materials.drafts(limit=5) == []


async def test_only_what_is_published_is_in_the_library(unit: Unit, now: datetime) -> None:
    event = await past_event(unit, now)
    await unit.materials.draft(now, "en", event.id)
    assert await unit.materials.events_with(limit=5) == []
    first = await published(unit, now, "Budget slides", event.id)
    await published(unit, now, "Handbook")
    assert await unit.materials.events_with(limit=5) == [event.id]
    assert [one.id for one in await unit.materials.of_event(event.id)] == [first.id]
    assert [one.title for one in await unit.materials.without_event(limit=5)] == ["Handbook"]
    assert not await unit.materials.remove_draft(first.id)
    assert await unit.materials.advance(first.id, "published", "withdrawn")
    assert not await unit.materials.advance(first.id, "published", "withdrawn")
    assert await unit.materials.of_event(event.id) == []
    assert await unit.materials.search(search_key("budget").split(), limit=5) == []


async def test_the_events_of_a_person_are_those_with_a_seat_and_something_to_give(
    unit: Unit, now: datetime
) -> None:
    given, bare, waiting = [await past_event(unit, now) for _ in range(3)]
    member = await unit.members.add(at=now, lang="en", role="member")
    await published(unit, now, "Slides", given.id)
    await published(unit, now, "Slides", waiting.id)
    for event, state in ((given, "confirmed"), (bare, "confirmed"), (waiting, "waitlisted")):
        await unit.registrations.add(event.id, member.id, None, state, now)
    assert await unit.materials.events_of(member.id) == [given.id]


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Budget Monitoring", "budget"),
        ("Budget Monitoring", "MONITORING budgét"),
        ("مراقبة الميزانية", "الميزانيه"),
        ("مراقبة الميزانية", "ميزانية"),
        ("دليل الإدارة المالية", "الاداره المالية"),
        ("ڕاهێنانی بودجە", "راهينانى"),
        ("ڕاهێنانی بودجە", "بودجه"),
        ("100% of a budget_line", "budget_line"),
    ],
)
async def test_every_spelling_finds_it(unit: Unit, now: datetime, title: str, typed: str) -> None:
    wanted = await published(unit, now, title)
    await published(unit, now, "Something else")
    assert [one.id for one in await unit.materials.search(search_key(typed).split(), limit=5)] == [wanted.id]
