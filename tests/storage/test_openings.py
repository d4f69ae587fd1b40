"""What waits for a window or for its day, and the messages by which we began to talk, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from storage.addresses import Address
from storage.moments import Arming
from storage.outbox import BROADCAST, DAILY, HELD, NOTICE
from storage.tables import outbox
from storage.unit import Unit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SENDER = "whatsapp:+15550001111"


async def somebody(unit: Unit, now: datetime, *, window: timedelta = -HOUR) -> Address:
    """Bring in somebody on WhatsApp whose window ends so much from now."""
    member_id = (await unit.members.add(at=now, lang="en", role="member")).id
    address = await unit.addresses.add(member_id, "whatsapp", SENDER, f"whatsapp:IQ.{member_id}")
    await unit.addresses.heard(address.id, now - DAY, now + window)
    return address


async def tell(unit: Unit, address: Address, now: datetime, **options: Any) -> int:
    """Queue a notice and lease it; return the row."""
    values = {"subject": "x", "occurrence": "1", "at": now, **options}
    await unit.outbox.notify_one("apology", address.member_id, **values)
    claimed = await unit.outbox.claim(
        "whatsapp", SENDER, "lease", now=now, limit=9, lanes=(NOTICE, BROADCAST)
    )
    return next(one.id for one in claimed if one.address.id == address.id)


async def state(unit: Unit, row_id: int) -> tuple[str, str]:
    row = await unit.outbox.one(outbox.select().where(outbox.c.id == row_id))
    assert row is not None
    return row.state, row.reason


async def test_what_is_held_goes_when_the_person_writes_and_holds_nothing_up(
    unit: Unit, now: datetime
) -> None:
    address = await somebody(unit, now)
    row = await tell(unit, address, now)
    await unit.outbox.hold(row, "lease")
    assert await state(unit, row) == ("queued", HELD)
    assert not await unit.outbox.due(address.id, now + HOUR)
    later = await tell(unit, address, now + HOUR, occurrence="2")
    assert later != row
    await unit.outbox.settle(later, "sent", now=now)
    await unit.addresses.heard(address.id, now + HOUR, now + DAY)
    assert await state(unit, row) == ("queued", "")
    assert await unit.outbox.due(address.id, now + HOUR)


async def test_what_is_held_ends_with_its_reason(unit: Unit, now: datetime) -> None:
    address = await somebody(unit, now)
    row = await tell(unit, address, now, expires_at=now + 2 * HOUR)
    await unit.outbox.hold(row, "lease")
    assert await unit.outbox.expire_held(now + HOUR) == 0
    assert await unit.outbox.expire_held(now + 2 * HOUR) == 1
    assert await state(unit, row) == ("expired", "window_closed")
    assert await unit.outbox.window_opened(address.id, now + 3 * HOUR) == 0


async def test_a_broadcast_lives_on_for_its_day_and_a_reminder_does_not(unit: Unit, now: datetime) -> None:
    address, other = await somebody(unit, now), await somebody(unit, now)
    news = await tell(unit, address, now, lane=BROADCAST)
    reminder = await tell(unit, other, now, subject="event:1", expires_at=now + HOUR)
    for row in (news, reminder):
        await unit.outbox.postpone(row, "lease", now + 3 * DAY)
    assert await state(unit, news) == ("queued", DAILY)
    assert await state(unit, reminder) == ("queued", HELD)
    assert await unit.outbox.postponed("whatsapp", SENDER) == 1
    await unit.outbox.move(news, now + 9 * DAY)
    (queued,) = await unit.openings.queue("whatsapp", SENDER)
    assert (queued.row_id, queued.broadcast, queued.not_before) == (news, True, now + 9 * DAY)
    assert await unit.outbox.window_opened(address.id, now + HOUR) == 1
    assert await state(unit, news) == ("queued", "")


async def test_the_queue_is_ordered_by_urgency(unit: Unit, now: datetime) -> None:
    async def event(days: int) -> int:
        draft = await unit.events.draft(
            f"e{days}",
            "webinar",
            at=now,
            minutes=60,
            mode="online",
            capacity=None,
            reminders=[],
            survey_mode="none",
        )
        return (await unit.events.change(draft, state="published", starts_at=now + days * DAY)).id

    soon, far = await event(1), await event(30)
    about_far = await unit.announcements.draft((await somebody(unit, now)).member_id, now, far)
    about_soon = await unit.announcements.draft(about_far.author_id or 0, now, soon)
    subjects = [("announcement:999", BROADCAST), (about_far.subject, BROADCAST), (about_soon.subject, BROADCAST),
                (f"event:{far}", NOTICE), (f"event:{soon}", NOTICE)]  # fmt: skip
    rows = []
    for subject, lane in subjects:
        row = await tell(unit, await somebody(unit, now), now, subject=subject, lane=lane)
        await unit.outbox.postpone(row, "lease", now + HOUR)
        rows.append(row)
    assert [one.row_id for one in await unit.openings.queue("whatsapp", SENDER)] == rows[::-1]


async def test_a_try_that_came_to_nothing_counts_no_more(unit: Unit, now: datetime) -> None:
    row = await tell(unit, await somebody(unit, now), now)
    assert await unit.outbox.come_to_nothing(row, "SM1", now)
    assert not await unit.outbox.come_to_nothing(row, "SM1", now), "reported twice"
    await unit.outbox.settle(row, "sent", now=now, provider_id="SM1")
    await unit.outbox.advance("delivered", now=now, row_id=row, provider_id="SM1")
    assert await state(unit, row) == ("queued", "")
    await unit.outbox.advance("delivered", now=now, row_id=row, provider_id="SM2")
    assert await state(unit, row) == ("delivered", "")
    assert not await unit.outbox.come_to_nothing(row, "SM2", now), "what arrived is not sent again"


async def test_openings_are_counted_by_person_and_paid_for_when_they_arrive(
    unit: Unit, now: datetime
) -> None:
    one, other = await somebody(unit, now), await somebody(unit, now)
    row = await tell(unit, one, now)
    sent = [(one, "SM1", "reminder", now - 25 * HOUR), (one, "SM2", "opener", now - 3 * HOUR),
            (one, "SM3", "reminder", now - HOUR), (other, "SM4", "opener", now - HOUR)]  # fmt: skip
    for address, sid, template, at in sent:
        for _ in range(2):
            await unit.openings.add(
                SENDER, address.id, sid, row_id=row, template=template, category="UTILITY", at=at
            )
    for sid, state in (("SM4", "failed"), ("SM3", "delivered"), ("SM3", "failed")):
        await unit.openings.advance(sid, state, row, "", now)
    assert await unit.openings.recent(SENDER, now) == {one.id: now - 3 * HOUR}
    assert await unit.openings.recent("", now) == {one.id: now - 3 * HOUR}
    assert await unit.openings.opener_out(one.id, now - DAY)
    assert not await unit.openings.opener_out(one.id, now - HOUR)
    assert not await unit.openings.opener_out(other.id, now - DAY), "it failed"
    assert await unit.openings.tally(now - 2 * DAY, now) == [
        ("UTILITY", "delivered", 1), ("UTILITY", "failed", 1), ("UTILITY", "sent", 2),
    ]  # fmt: skip
    assert await unit.openings.behind(one.id, "SM3", now) == [("apology", ())]
    assert await unit.openings.behind(one.id, "SM2", now) == []
    assert await unit.openings.behind(one.id, "", now - 2 * HOUR) == [("apology", ())]
    assert await unit.openings.behind(other.id, "SM3", now) == []
    await unit.members.erase(one.member_id)
    assert await unit.openings.recent(SENDER, now) == {}
    assert sum(count for _, _, count in await unit.openings.tally(now - 2 * DAY, now)) == 4
    assert await unit.openings.forget(now) == 4


async def test_a_report_may_come_before_its_opening_is_noted(unit: Unit, now: datetime) -> None:
    address = await somebody(unit, now)
    row = await tell(unit, address, now)
    await unit.openings.advance("SM1", "failed", row, "opener", now)
    await unit.openings.advance("SM2", "failed", row + 1_000, "opener", now)  # of a row that is gone
    await unit.openings.add(
        SENDER, address.id, "SM1", row_id=row, template="opener", category="UTILITY", at=now
    )
    assert not await unit.openings.opener_out(address.id, now - DAY)
    assert await unit.openings.recent(SENDER, now) == {}
    assert await unit.openings.tally(now - DAY, now + DAY) == [("UTILITY", "failed", 1)]


async def test_what_came_to_nothing_meanwhile_is_not_held(unit: Unit, now: datetime) -> None:
    row = await tell(unit, await somebody(unit, now), now)
    assert await unit.outbox.come_to_nothing(row, "SM1", now + HOUR)
    await unit.outbox.hold(row, "lease")
    await unit.outbox.postpone(row, "lease", now + DAY)
    assert await state(unit, row) == ("queued", "")


async def test_places_are_kept_for_reminders_of_the_next_day(unit: Unit, now: datetime) -> None:
    draft = await unit.events.draft(
        "e", "webinar", at=now, minutes=60, mode="online", capacity=None, reminders=[], survey_mode="none"
    )
    event = await unit.events.change(draft, state="published", starts_at=now + 2 * DAY)
    closed, opened = await somebody(unit, now), await somebody(unit, now, window=HOUR)
    for address in (closed, opened):
        await unit.registrations.add(event.id, address.member_id, None, "confirmed", now)
    assert await unit.openings.reserved(now) == 0
    await unit.moments.arm(
        "reminder", event.id, [Arming("60:r1", now + 5 * HOUR, None), Arming("1:r1", now + 40 * HOUR, None)]
    )
    assert await unit.openings.reserved(now) == 1
    assert await unit.openings.reserved(now + 6 * HOUR) == 0
