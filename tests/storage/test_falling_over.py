"""One person is announced to once: at the preferred address, else at the next one."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.addresses import Address
from storage.outbox import BROADCAST, HELD
from storage.tables import outbox
from storage.unit import Unit


async def somebody(unit: Unit, now: datetime, *channels: str) -> list[Address]:
    """Make a person with apps, the first one heard last."""
    member = await unit.members.add(at=now, lang="en", role="member")
    apps = [await unit.addresses.add(member.id, one, "bot", f"peer-{one}") for one in channels]
    for number, one in enumerate(apps):
        await unit.addresses.heard(one.id, now - timedelta(hours=number + 1), None)
    return apps


async def announce(unit: Unit, member_id: int, now: datetime) -> int:
    """Queue a broadcast and return its row."""
    await unit.outbox.notify_one(
        "announcement",
        member_id,
        subject="announcement:1",
        occurrence="1",
        at=now,
        lane=BROADCAST,
        args=(1, "x"),
        card="c",
    )
    row = await unit.outbox.one(outbox.select().order_by(outbox.c.id.desc()))
    assert row is not None
    return int(row.id)


async def fail(unit: Unit, row_id: int, now: datetime, reachable: str = "blocked") -> bool:
    """Do what delivery does when an address can't be reached."""
    row = await unit.outbox.one(outbox.select().where(outbox.c.id == row_id))
    assert row is not None
    await unit.addresses.mark(row.address_id, reachable)
    await unit.outbox.settle(row_id, "failed", now=now, reason=reachable)
    return await unit.outbox.fall_over(row_id, now=now)


async def queued(unit: Unit) -> list[tuple[int, str, int]]:
    rows = await unit.outbox.all(outbox.select().where(outbox.c.state == "queued"))
    return [(row.id, row.channel, row.address_id) for row in rows]


async def test_the_preferred_address_is_chosen_then_the_others_one_by_one(unit: Unit, now: datetime) -> None:
    telegram, whatsapp, browser = await somebody(unit, now, "telegram", "whatsapp", "browser")
    await unit.addresses.prefer(telegram.member_id, whatsapp.id)
    row_id = await announce(unit, telegram.member_id, now)
    for expected in (whatsapp, telegram, browser):
        ((row_id, channel, address_id),) = await queued(unit)
        assert (channel, address_id) == (expected.channel, expected.id)
        assert await fail(unit, row_id, now) == (expected is not browser)
    assert await queued(unit) == []
    tally = await unit.outbox.tally("announcement:1")
    assert tally == {("withdrawn", "elsewhere"): 2, ("failed", "blocked"): 1}


async def test_it_is_the_same_notice_and_falls_over_once(unit: Unit, now: datetime) -> None:
    one, other = await somebody(unit, now, "telegram", "whatsapp")
    row_id = await announce(unit, one.member_id, now)
    assert await fail(unit, row_id, now)
    assert not await unit.outbox.fall_over(row_id, now=now)
    rows = await unit.outbox.all(outbox.select().order_by(outbox.c.id))
    first, second = rows
    assert (second.address_id, second.key) == (other.id, f"{first.key}~2")
    for name in ("kind", "subject", "args", "lane", "card", "member_id", "expires_at"):
        assert getattr(first, name) == getattr(second, name)
    assert await unit.outbox.told("announcement", "announcement:1", one.member_id, "1")
    assert await announce(unit, one.member_id, now) == second.id


async def test_a_late_report_about_the_first_does_not_touch_the_second(unit: Unit, now: datetime) -> None:
    one, _ = await somebody(unit, now, "whatsapp", "telegram")
    row_id = await announce(unit, one.member_id, now)
    await fail(unit, row_id, now)
    await unit.outbox.advance("failed", now=now, row_id=row_id, reason="unreachable")
    await unit.outbox.advance("delivered", now=now, row_id=row_id)
    assert (await unit.outbox.tally("announcement:1"))[("withdrawn", "elsewhere")] == 1
    assert len(await queued(unit)) == 1
    assert await unit.outbox.again("announcement:1", "withdrawn", now=now) == 0


async def test_nothing_falls_over_to_who_opted_out_or_too_late_or_when_it_arrived(
    unit: Unit, now: datetime
) -> None:
    one, _ = await somebody(unit, now, "telegram", "whatsapp")
    row_id = await announce(unit, one.member_id, now)
    assert not await unit.outbox.fall_over(row_id, now=now), "it is still queued"
    await unit.members.change(one.member_id, silenced=True)
    assert not await fail(unit, row_id, now), "they opted out"
    await unit.members.change(one.member_id, silenced=False)
    await unit.outbox.run(outbox.update().values(state="delivered"))
    assert not await unit.outbox.fall_over(row_id, now=now), "it arrived"
    await unit.outbox.run(outbox.update().values(state="failed"))
    assert not await unit.outbox.fall_over(row_id, now=now + timedelta(days=3)), "it is too late"
    assert await unit.outbox.fall_over(row_id, now=now)


async def test_a_reply_stays_where_it_was_asked(unit: Unit, now: datetime) -> None:
    one, _ = await somebody(unit, now, "telegram", "whatsapp")
    await unit.outbox.reply("reply|1", one, "{}", at=now)
    row = await unit.outbox.one(outbox.select())
    assert row is not None
    assert not await fail(unit, row.id, now)


async def test_an_address_that_is_removed_leaves_its_notices_to_the_next(unit: Unit, now: datetime) -> None:
    one, other = await somebody(unit, now, "telegram", "whatsapp")
    await announce(unit, one.member_id, now)
    await unit.outbox.reply("reply|1", one, "{}", at=now)
    await unit.addresses.remove(one, now)
    assert [(channel, address_id) for _, channel, address_id in await queued(unit)] == [
        ("whatsapp", other.id)
    ]
    assert await unit.addresses.of_member(one.member_id) != []
    await unit.addresses.remove(other, now)
    assert await queued(unit) == []


async def test_a_number_in_doubt_gets_nothing_until_it_is_settled(unit: Unit, now: datetime) -> None:
    one, other = await somebody(unit, now, "whatsapp", "telegram")
    later = now + timedelta(days=180)
    await unit.addresses.heard(other.id, later - timedelta(days=1), None)
    await unit.addresses.trust(other.id, later)
    await unit.addresses.heard(one.id, later, None)
    best = await unit.addresses.best(one.member_id)
    assert best is not None
    assert best.id == other.id
    await unit.addresses.remove(other, now)
    await announce(unit, one.member_id, later)
    assert await unit.outbox.tally("announcement:1") == {("failed", "unreachable"): 1}
    assert await unit.addresses.trust(one.id, later)
    assert not await unit.addresses.trust(one.id, later)


async def test_what_waited_for_a_window_waits_until_the_number_is_settled(unit: Unit, now: datetime) -> None:
    (one,) = await somebody(unit, now, "whatsapp")
    later = now + timedelta(days=180)
    await unit.outbox.notify_one(
        "announcement", one.member_id, subject="announcement:1", occurrence="1", at=later
    )
    await unit.outbox.run(outbox.update().values(reason=HELD, not_before=later + timedelta(days=60)))

    async def free() -> bool:
        row = await unit.outbox.one(outbox.select())
        assert row is not None
        return bool(row.not_before <= later)

    await unit.addresses.heard(one.id, later, later + timedelta(hours=23))
    assert not await free()
    await unit.addresses.trust(one.id, later)
    assert await free()
