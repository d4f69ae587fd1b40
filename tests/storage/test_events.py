"""Events and seats on both databases: revisions, texts, lists, and seats that are never oversold."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from handlers.rules.seats import Asker, Joined, Waitlisted, decide
from storage.database import Database
from storage.events import Event
from storage.moments import Arming
from storage.registrations import Seats
from storage.tables import events, registrations
from storage.unit import Unit


async def an_event(unit: Unit, now: datetime, uid: str = "one", **fields: Any) -> Event:
    """Publish an event in the tests' tomorrow; fields as for `change`."""
    draft = await unit.events.draft(
        uid,
        "webinar",
        at=now,
        minutes=60,
        mode="online",
        capacity=None,
        reminders=(1440, 60),
        survey_mode="none",
    )
    return await unit.events.change(
        draft, **{"state": "published", "starts_at": now + timedelta(days=1), **fields}
    )


async def a_member(unit: Unit, now: datetime) -> int:
    return (await unit.members.add(at=now, lang="en", role="member")).id


async def test_the_same_uid_is_the_same_draft(unit: Unit, now: datetime) -> None:
    first = await an_event(unit, now)
    again = await unit.events.draft(
        "one", "training", at=now, minutes=1, mode="online", capacity=1, reminders=(), survey_mode="none"
    )
    assert again == first


async def test_every_change_counts_a_revision_and_only_some_the_others(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now)
    plain = await unit.events.change(event, capacity=3)
    assert (plain.revision, plain.schedule_revision, plain.sequence) == (event.revision + 1, 1, 0)
    placed = await unit.events.put_text(plain, "ar", "place", "قاعة", recalendar=True)
    assert (placed.revision, placed.schedule_revision, placed.sequence) == (event.revision + 2, 1, 1)
    moved = await unit.events.change(placed, reschedule=True, starts_at=now + timedelta(days=3))
    assert (moved.revision, moved.schedule_revision, moved.sequence) == (event.revision + 3, 2, 2)
    assert await unit.events.get(event.id) == moved


async def test_the_join_link_is_sealed(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now, join_link="https://meet.example.org/secret")
    assert event.join_link == "https://meet.example.org/secret"
    sealed = await unit.events.scalar(sa.select(events.c.join_link_sealed))
    assert b"meet.example.org" not in sealed
    assert (await unit.events.change(event, join_link="")).join_link == ""


async def test_the_wall_time_is_baghdads(unit: Unit, now: datetime) -> None:
    await an_event(unit, now, starts_at=datetime(2026, 3, 10, 22, 30, tzinfo=UTC))
    assert await unit.events.scalar(sa.select(events.c.local_start)) == "2026-03-11T01:30"


async def test_a_missing_language_is_spoken_for_by_another(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now)
    assert (event.title("ku"), event.title_lang("ku"), event.has("ku")) == ("", "", False)
    event = await unit.events.put_text(event, "ar", "title", "ندوة")
    assert (event.title("ku"), event.title_lang("ku"), event.has("ar")) == ("ندوة", "ar", True)
    event = await unit.events.put_text(event, "en", "title", "Webinar")
    assert (event.title("ku"), event.title_lang("ku")) == ("Webinar", "en")
    event = await unit.events.put_text(event, "ku", "title", "وێبینار")
    assert (event.title("ku"), event.title_lang("ku")) == ("وێبینار", "ku")
    assert event.missing() == ()
    assert event.missing("place") == ("en", "ar", "ku")


async def test_lists_part_what_is_coming_from_what_is_over(unit: Unit, now: datetime) -> None:
    running = await an_event(unit, now, "running", starts_at=now - timedelta(minutes=30))
    coming = await an_event(unit, now, "coming")
    over = await an_event(unit, now, "over", starts_at=now - timedelta(minutes=60))
    older = await an_event(unit, now, "older", starts_at=now - timedelta(days=9))
    cancelled = await an_event(unit, now, "cancelled", state="cancelled", starts_at=now - timedelta(days=3))
    draft = await an_event(unit, now, "draft", state="draft", starts_at=None)

    def ids(found: list[Event]) -> list[int]:
        return [one.id for one in found]

    assert ids(await unit.events.upcoming(now, limit=9)) == [running.id, coming.id]
    assert ids(await unit.events.past(now, limit=9)) == [over.id, older.id]
    assert ids(await unit.events.archive(now, limit=9)) == [over.id, cancelled.id, older.id]
    assert ids(await unit.events.drafts(limit=9)) == [draft.id]
    assert ids(await unit.events.upcoming(now, limit=1, offset=1)) == [coming.id]
    assert ids(await unit.events.many([coming.id, over.id, 999])) == [over.id, coming.id]


async def test_only_drafts_are_removed(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now)
    assert not await unit.events.remove_draft(event.id)
    draft = await an_event(unit, now, "draft", state="draft")
    await unit.events.put_text(draft, "en", "title", "T")
    assert await unit.events.remove_draft(draft.id)
    assert await unit.events.get(draft.id) is None


async def test_one_seat_each_and_the_line_in_order(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now)
    people = [await a_member(unit, now) for _ in range(4)]
    first, *waiting = people
    assert await unit.registrations.add(event.id, first, None, "confirmed", now)
    assert not await unit.registrations.add(event.id, first, None, "waitlisted", now)
    for number, person in enumerate(waiting):
        await unit.registrations.add(
            event.id, person, None, "waitlisted", now + timedelta(seconds=number // 2)
        )
    places = []
    for person in waiting:
        mine = await unit.registrations.of(event.id, person)
        assert mine is not None
        places.append(await unit.registrations.place(mine))
    assert places == [1, 2, 3]
    assert await unit.registrations.cancel(event.id, first, now)
    assert not await unit.registrations.cancel(event.id, first, now)
    assert await unit.registrations.of(event.id, first) is None
    line = await unit.registrations.line(event.id)
    assert (line.taken, line.length) == ({}, 3)
    assert [one.member_id for one in line.waiting] == [], "who has no chat address can't be asked"
    for person in waiting:
        await unit.addresses.add(person, "telegram", "stage", f"{person}")
    line = await unit.registrations.line(event.id)
    assert [one.member_id for one in line.waiting] == waiting
    await unit.registrations.offer(line.waiting[:2], now + timedelta(hours=1), now)
    assert await unit.registrations.seats(event.id) == Seats(waitlisted=1, cancelled=1, offered=2)


async def test_an_offer_ends_at_its_time_and_is_clipped_when_there_is_less(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now)
    people = [await a_member(unit, now) for _ in range(2)]
    for person in people:
        await unit.registrations.add(event.id, person, None, "waitlisted", now)
    both = await unit.registrations.roster(event.id, "waitlisted", limit=9)
    await unit.registrations.offer(both[:1], now + timedelta(hours=1), now)
    await unit.registrations.offer(both[1:], now + timedelta(hours=5), now)
    end = now + timedelta(hours=1)
    assert await unit.registrations.lapsed(end - timedelta(microseconds=1)) == []
    assert await unit.registrations.lapsed(end) == [event.id]
    assert [one.member_id for one in await unit.registrations.expire(event.id, end)] == people[:1]
    assert await unit.registrations.expire(event.id, end) == []
    await unit.registrations.clip_offers(event.id, now + timedelta(hours=2))
    assert await unit.registrations.lapsed(now + timedelta(hours=2)) == [event.id]


async def test_a_registration_moves_only_from_the_state_that_was_seen(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now)
    person = await a_member(unit, now)
    await unit.registrations.add(event.id, person, None, "applied", now)
    seen = await unit.registrations.of(event.id, person)
    assert seen is not None
    assert await unit.registrations.move(seen, "confirmed", now)
    assert not await unit.registrations.move(seen, "declined", now)
    await unit.registrations.keep_reason(seen.id, "=she keeps the books")
    again = await unit.registrations.get(seen.id)
    assert again is not None
    assert (again.state, again.reason) == ("confirmed", "=she keeps the books")


async def test_who_comes_back_goes_to_the_end_and_is_not_counted_as_cancelled(
    unit: Unit, now: datetime
) -> None:
    event = await an_event(unit, now)
    one, two = [await a_member(unit, now) for _ in range(2)]
    for person in (one, two):
        await unit.registrations.add(event.id, person, None, "waitlisted", now)
    await unit.registrations.cancel(event.id, one, now)
    await unit.registrations.add(event.id, one, None, "waitlisted", now + timedelta(minutes=1))
    mine = await unit.registrations.of(event.id, one)
    assert mine is not None
    assert await unit.registrations.place(mine) == 2
    assert await unit.registrations.seats(event.id) == Seats(0, 2, 0)


async def test_an_erased_person_stays_a_number(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now)
    gone, stays = [await a_member(unit, now) for _ in range(2)]
    for person in (gone, stays):
        await unit.registrations.add(event.id, person, None, "confirmed", now)
    await unit.members.erase(gone)
    assert await unit.registrations.seats(event.id) == Seats(confirmed=2)
    recipients = await unit.registrations.all(unit.registrations.recipients(event.id))
    assert [row[0] for row in recipients] == [stays]
    listed = await unit.registrations.roster(event.id, "confirmed", limit=9)
    assert [one.member_id for one in listed] == [None, stays]


async def test_my_events_are_those_ahead_in_which_i_have_a_place(unit: Unit, now: datetime) -> None:
    person = await a_member(unit, now)
    ahead, over, left = [
        await an_event(unit, now, uid, starts_at=now + by)
        for uid, by in (("a", timedelta(hours=1)), ("b", timedelta(hours=-2)), ("c", timedelta(hours=2)))
    ]
    for event in (ahead, over, left):
        await unit.registrations.add(event.id, person, None, "confirmed", now)
    await unit.registrations.cancel(left.id, person, now)
    assert [one.id for one in await unit.events.of_member(person, now, limit=9)] == [ahead.id]
    assert await unit.registrations.upcoming_of(person, now) == [ahead.id]


async def test_people_are_counted_by_organisation(unit: Unit, now: datetime) -> None:
    event = await an_event(unit, now)
    organisation = await unit.connection.execute(
        sa.text(
            "INSERT INTO organisations (slug, name_en, name_ar, name_ku) VALUES ('o', 'O', 'O', 'O') RETURNING id"
        )
    )
    belongs = organisation.scalar_one()
    for place in (belongs, belongs, None):
        await unit.registrations.add(event.id, await a_member(unit, now), place, "confirmed", now)
    counts = await unit.registrations.by_organisation(event.id, "confirmed")
    assert list(counts.items()) == [(belongs, 2), (None, 1)]


@pytest.mark.parametrize("capacity", [1, 5])
async def test_seats_are_never_oversold(database: Database, now: datetime, capacity: int) -> None:
    async with database.unit() as unit:
        event = await an_event(unit, now, capacity=capacity)
        people = [await a_member(unit, now) for _ in range(24)]
        for person in people:
            await unit.addresses.add(person, "telegram", "stage", f"{person}")

    async def join(person: int) -> type:
        async with database.unit() as unit:
            held = await unit.events.hold(event.id)
            assert held is not None
            mine = await unit.registrations.of(event.id, person)
            line = await unit.registrations.line(event.id)
            await asyncio.sleep(0)
            outcome = decide(held, line, Asker("member", None, mine), held.revision, now)
            state = {Joined: "confirmed", Waitlisted: "waitlisted"}.get(type(outcome))
            if state:
                await unit.registrations.add(event.id, person, None, state, now)
            return type(outcome)

    outcomes = await asyncio.gather(*(join(person) for person in [*people, *people]))
    assert outcomes.count(Joined) == capacity
    assert outcomes.count(Waitlisted) == len(people) - capacity
    async with database.reading() as unit:
        assert await unit.registrations.seats(event.id) == Seats(capacity, len(people) - capacity)
        active = sa.select(sa.func.count()).where(registrations.c.event_id == event.id)
        assert await unit.registrations.scalar(active) == len(people)


async def test_moments_are_settled_once_and_can_be_armed_again(unit: Unit, now: datetime) -> None:
    later = Arming("60:r1", now + timedelta(hours=2), None)
    overdue = Arming("1440:r1", now - timedelta(seconds=3), None)
    await unit.moments.arm("reminder", 1, [later, overdue])
    assert await unit.moments.next_due("reminder", 1) == overdue.due_at
    (due,) = await unit.moments.due("reminder", now)
    assert await unit.moments.settle(due.id, "done", now)
    assert not await unit.moments.settle(due.id, "done", now)
    await unit.moments.arm("reminder", 1, [later, overdue])
    assert await unit.moments.due("reminder", now) == []
    await unit.moments.withdraw("reminder", 1, after=later.due_at)
    assert await unit.moments.next_due("reminder", 1) == later.due_at
    await unit.moments.withdraw("reminder", 1)
    assert await unit.moments.next_due("reminder", 1) is None
    await unit.moments.arm("reminder", 1, [later])
    assert await unit.moments.next_due("reminder", 1) == later.due_at
