"""Announcements: drafts, what is kept of each, and that a state is left only once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from storage.audience import Audience
from storage.database import Database
from storage.unit import Unit
from tests.storage.people import past_event


async def author(unit: Unit, now: datetime) -> int:
    return (await unit.members.add(at=now, lang="en", role="coordinator")).id


async def test_a_draft_keeps_what_it_is_given(unit: Unit, now: datetime) -> None:
    draft = await unit.announcements.draft(await author(unit, now), now)
    file = await unit.files.add("poster.png", "image/png", b"png", at=now)
    await unit.announcements.put_text(draft.id, "ar", "أهلاً\n\nسطر")
    await unit.announcements.put_text(draft.id, "en", "Hello")
    await unit.announcements.put_text(draft.id, "en", "Hello again")
    await unit.announcements.change(draft.id, audience=Audience("language", "ar"), file_id=file.id)
    found = await unit.announcements.get(draft.id)
    assert found is not None
    assert found.texts == {"ar": "أهلاً\n\nسطر", "en": "Hello again"}
    assert (found.audience, found.file_id, found.state) == (Audience("language", "ar"), file.id, "draft")
    await unit.announcements.put_text(draft.id, "en", "")
    found = await unit.announcements.get(draft.id)
    assert found is not None
    assert found.texts == {"ar": "أهلاً\n\nسطر"}


async def test_an_untouched_draft_is_taken_up_again(unit: Unit, now: datetime) -> None:
    mine, event = await author(unit, now), await past_event(unit, now)
    first = await unit.announcements.draft(mine, now)
    assert (await unit.announcements.draft(mine, now)).id == first.id
    assert (await unit.announcements.draft(mine, now, event.id)).id != first.id
    assert (await unit.announcements.draft(await author(unit, now), now)).id != first.id
    await unit.announcements.put_text(first.id, "en", "Begun")
    assert (await unit.announcements.draft(mine, now)).id != first.id
    assert [one.id for one in await unit.announcements.drafts(mine, limit=5)] == [first.id]


async def test_what_was_sent_can_be_neither_changed_nor_discarded(unit: Unit, now: datetime) -> None:
    draft = await unit.announcements.draft(await author(unit, now), now)
    assert await unit.announcements.advance(draft.id, ("draft",), "sending", confirmed_at=now)
    await unit.announcements.change(draft.id, audience=Audience("language", "ku"))
    assert not await unit.announcements.remove_draft(draft.id)
    found = await unit.announcements.get(draft.id)
    assert found is not None
    assert (found.state, found.audience) == ("sending", Audience())


async def test_of_many_at_once_one_confirms(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        draft = await unit.announcements.draft(await author(unit, now), now)

    async def confirm() -> bool:
        async with database.unit() as unit:
            return await unit.announcements.advance(draft.id, ("draft",), "sending")

    assert sorted(await asyncio.gather(*(confirm() for _ in range(6)))) == [False] * 5 + [True]


async def test_lists_by_state(unit: Unit, now: datetime) -> None:
    mine = await author(unit, now)
    ids = []
    for number in range(3):
        draft = await unit.announcements.draft(mine, now)
        await unit.announcements.put_text(draft.id, "en", f"Number {number}")
        ids.append(draft.id)
    await unit.announcements.advance(ids[0], ("draft",), "sending")
    await unit.announcements.advance(ids[1], ("draft",), "done", finished_at=now)
    assert [one.id for one in await unit.announcements.under_way()] == [ids[0]]
    assert [one.id for one in await unit.announcements.finished(now - timedelta(minutes=1))] == [ids[1]]
    assert await unit.announcements.finished(now + timedelta(minutes=1)) == []
    assert [one.id for one in await unit.announcements.sent(limit=5)] == [ids[1], ids[0]]
    assert [one.id for one in await unit.announcements.sent(limit=5, offset=1)] == [ids[0]]
    assert [one.id for one in await unit.announcements.drafts(mine, limit=5)] == [ids[2]]


async def test_an_announcement_outlives_its_author(unit: Unit, now: datetime) -> None:
    mine, event = await author(unit, now), await past_event(unit, now)
    draft = await unit.announcements.draft(mine, now, event.id)
    await unit.members.erase(mine)
    found = await unit.announcements.get(draft.id)
    assert found is not None
    assert (found.author_id, found.event_id) == (None, event.id)


async def test_a_card_is_renewed_only_when_it_would_show_something_else(unit: Unit, now: datetime) -> None:
    mine = await author(unit, now)
    await unit.addresses.add(mine, "telegram", "us", "1")
    renewed = []
    for minute, showing in enumerate(("1.0", "1.0", "0.1", "1.0", "1.0")):
        at = now + timedelta(minutes=minute)
        renewed.append(
            await unit.outbox.keep_current(
                "announcement-progress", mine, showing, subject="progress:1", card="card", at=at, args=(1,)
            )
        )
    assert renewed == [True, False, True, True, False]
    assert await unit.outbox.tally("progress:1") == {("queued", ""): 3}
