"""The outbox on both databases: unique keys, lanes, order within a chat, leases, and states that only go forward."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from storage.addresses import Address
from storage.database import Database
from storage.outbox import BROADCAST, NOTICE, REPLY, Claimed

ALL = (REPLY, NOTICE, BROADCAST)


async def _somebody(database: Database, now: datetime, peer: str = "42") -> Address:
    async with database.unit() as unit:
        member = await unit.members.add(at=now, lang="ar")
        return await unit.addresses.add(member.id, "telegram", "1", peer)


async def _claim(database: Database, now: datetime) -> list[Claimed]:
    async with database.unit() as unit:
        return await unit.outbox.claim("telegram", "1", "me", now=now, limit=10, lanes=ALL)


async def _notify(database: Database, address: Address, kind: str, now: datetime, **options: object) -> int:
    async with database.unit() as unit:
        return await unit.outbox.notify_one(
            kind, address.member_id, subject="event:1", occurrence="1", at=now, **options
        )


async def test_the_same_notice_is_queued_once(database: Database, now: datetime) -> None:
    address = await _somebody(database, now)
    assert await _notify(database, address, "reminder", now) == 1
    assert await _notify(database, address, "reminder", now) == 0


async def test_replies_go_before_notices_before_broadcasts(database: Database, now: datetime) -> None:
    for number, lane in enumerate((BROADCAST, NOTICE)):
        address = await _somebody(database, now, str(number))
        await _notify(database, address, f"kind{lane}", now, lane=lane)
    address = await _somebody(database, now, "third")
    async with database.unit() as unit:
        await unit.outbox.reply("key", address, "{}", at=now)
    assert [row.lane for row in await _claim(database, now)] == [REPLY, NOTICE, BROADCAST]


async def test_a_chat_gets_its_messages_in_order_one_at_a_time(database: Database, now: datetime) -> None:
    address = await _somebody(database, now)
    for kind in ("first", "second"):
        await _notify(database, address, kind, now)
    (first,) = await _claim(database, now)
    assert first.kind == "first"
    assert await _claim(database, now) == []
    async with database.unit() as unit:
        await unit.outbox.retry(first, not_before=now + timedelta(minutes=1))
    assert await _claim(database, now) == [], "what is tried again keeps its place"
    async with database.unit() as unit:
        await unit.outbox.settle(first.id, "sent", now=now)
    assert [row.kind for row in await _claim(database, now)] == ["second"]


async def test_what_is_put_off_until_later_holds_nobody_up(database: Database, now: datetime) -> None:
    address = await _somebody(database, now)
    await _notify(database, address, "tonight", now, not_before=now + timedelta(hours=9))
    await _notify(database, address, "now", now)
    assert [row.kind for row in await _claim(database, now)] == ["now"]


@pytest.mark.parametrize(("lane", "after"), [(REPLY, "queued"), (NOTICE, "queued"), (BROADCAST, "unknown")])
async def test_a_lost_lease_repeats_a_reply_but_never_a_broadcast(
    database: Database, now: datetime, lane: int, after: str
) -> None:
    address = await _somebody(database, now)
    await _notify(database, address, "kind", now, lane=lane)
    await _claim(database, now)
    async with database.unit() as unit:
        mine = await unit.outbox.take_over("telegram", "1", "me", now=now)
        assert sum(mine.values()) == 0, "its own lease holds"
        other = await unit.outbox.take_over("telegram", "2", "another", now=now)
        assert sum(other.values()) == 0, "another account's sender has nothing to do with it"
        assert await unit.outbox.take_over("telegram", "1", "another", now=now) == {
            "unknown": int(after == "unknown"),
            "queued": int(after == "queued"),
        }
        assert {state for state, _ in await unit.outbox.tally("event:1")} == {after}


async def test_delivery_only_moves_forward(database: Database, now: datetime) -> None:
    address = await _somebody(database, now)
    await _notify(database, address, "kind", now)
    (row,) = await _claim(database, now)
    async with database.unit() as unit:
        assert await unit.outbox.advance("read", now=now, row_id=row.id, provider_id="p1")
        await unit.outbox.settle(row.id, "sent", now=now, provider_id="p1")
        for late in ("sent", "delivered", "failed"):
            assert await unit.outbox.advance(late, now=now, channel="telegram", provider_id="p1")
        assert await unit.outbox.tally("event:1") == {("read", ""): 1}
        assert not await unit.outbox.advance("read", now=now, channel="telegram", provider_id="nobody's")


async def test_who_is_left_out_is_a_row_that_says_why(database: Database, now: datetime) -> None:
    silent, muted, blocked = [await _somebody(database, now, peer) for peer in ("1", "2", "3")]
    async with database.unit() as unit:
        await unit.members.change(silent.member_id, silenced=True)
        await unit.members.change(muted.member_id, muted=("polls",))
        await unit.addresses.mark(blocked.id, "blocked")
    for address in (silent, muted, blocked):
        await _notify(database, address, "poll", now, topic="polls", lane=BROADCAST)
    async with database.reading() as unit:
        tally = await unit.outbox.tally("event:1")
    assert tally == {("failed", "opted_out"): 1, ("failed", "muted"): 1, ("failed", "blocked"): 1}
    assert await _claim(database, now) == []
