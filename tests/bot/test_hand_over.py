"""Who sends for an account changes hands: nothing is lost, no broadcast repeated, nobody acts out of office."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.channels.contract import Outcome, Parcel
from bot.delivery import Sender
from handlers.kit import Community, Screen
from storage.addresses import Address
from storage.database import Database
from storage.outbox import BROADCAST, NOTICE
from storage.tables import outbox
from storage.unit import Unit
from storage.vault import Vault
from tests.play import PlayedChannel

SLOW = 2.0
"""Messages a second, so that of several that were leased together all but the first wait for their turn."""


class Provider(PlayedChannel):
    """A provider that can be made to think; what it took is in order of arrival."""

    def __init__(self, per_second: float) -> None:
        super().__init__("telegram")
        self.messages_per_second = per_second
        self.answers = asyncio.Event()
        self.answers.set()
        self.took: list[str] = []

    async def send(self, parcel: Parcel) -> Outcome:
        """Take a message, and say so when it answers."""
        self.took.append(parcel.peer)
        await self.answers.wait()
        return await super().send(parcel)


class Process:
    """One of several processes on a database, with its own sender; a test says in which term it leads, 0 in none."""

    def __init__(self, database: Database, now: datetime, per_second: float) -> None:
        self.database, self.provider, self.term = database, Provider(per_second), 0
        self.sender = Sender(database, self.provider, Community(), lambda: now, term=lambda: self.term)
        database.on_outgoing(self.sender.wake)
        self.running = asyncio.create_task(self.sender.run())

    async def end(self) -> None:
        """Stop in good order."""
        self.provider.answers.set()
        await self.sender.stop(5)
        await asyncio.wait_for(self.running, 10)
        await self.database.close()


Processes = tuple[Process, Process]


@pytest.fixture
async def processes(database_url: str, vault: Vault, now: datetime) -> AsyncIterator[Processes]:
    """Return two processes on one database, the first with a slow account; neither leads yet."""
    first = Process(Database(database_url, vault), now, SLOW)
    # What the first gives back to be sent in a moment is due for the second.
    second = Process(Database(database_url, vault), now + timedelta(minutes=1), 1e6)
    yield first, second
    await first.end()
    await second.end()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for is set by the code under test
            await asyncio.sleep(0.005)


async def _somebody(process: Process, peer: str, now: datetime) -> Address:
    async with process.database.unit() as unit:
        member = await unit.members.add(at=now, lang="en")
        return await unit.addresses.add(member.id, "telegram", "stage", peer)


async def _answered(process: Process, address: Address, now: datetime) -> None:
    """Queue a reply as a Turn in this process does."""

    async def reply(unit: Unit) -> None:
        await unit.outbox.reply(f"to {address.peer}", address, Screen("Hello").to_json(), at=now)

    await process.database.work(reply)


async def _noticed(process: Process, address: Address, lane: int, now: datetime) -> None:
    async with process.database.unit() as unit:
        await unit.outbox.notify_one(
            "apology", address.member_id, subject=f"lane:{lane}", occurrence="1", at=now, lane=lane
        )


async def _states(process: Process) -> list[str]:
    """Return the state of each row, in the order in which they were queued."""
    async with process.database.reading() as unit:
        rows = await unit.outbox.all(sa.select(outbox.c.state).order_by(outbox.c.id))
    return [row.state for row in rows]


async def test_only_the_process_that_leads_sends(processes: Processes, now: datetime) -> None:
    first, second = processes
    person = await _somebody(first, "1", now)
    await _answered(second, person, now)
    await _noticed(first, await _somebody(first, "2", now), NOTICE, now)
    second.term = 1
    second.sender.wake()
    await _until(lambda: sorted(second.provider.took) == ["1", "2"])
    assert (first.provider.took, first.sender.leading) == ([], False)


async def test_what_was_in_hand_is_sent_by_the_next_but_no_broadcast_is_repeated(
    processes: Processes, now: datetime
) -> None:
    """The first process stands still with three messages at the provider; nobody knows what became of them."""
    first, second = processes
    reply, notice, broadcast = [await _somebody(first, peer, now) for peer in ("1", "2", "3")]
    first.term = 1
    first.provider.answers.clear()
    await _until(lambda: first.sender.leading)
    await _answered(first, reply, now)
    await _noticed(first, notice, NOTICE, now)
    await _noticed(first, broadcast, BROADCAST, now)
    await _until(lambda: sorted(first.provider.took) == ["1", "2", "3"])
    first.term, second.term = 0, 1
    await _until(lambda: sorted(second.provider.took) == ["1", "2"])
    await second.sender.stop(5)
    assert await _states(second) == ["sent", "sent", "unknown"]
    # It wakes up, and its provider had taken the broadcast after all.
    first.provider.answers.set()
    await first.sender.stop(5)
    assert await _states(second) == ["sent"] * 3
    assert second.provider.took.count("3") == 0


@pytest.mark.parametrize("lane", [NOTICE, BROADCAST])
async def test_a_message_whose_turn_comes_out_of_office_is_left_to_the_next(
    processes: Processes, now: datetime, lane: int
) -> None:
    first, second = processes
    await _leased_together(first, lane, now, "1", "2")
    first.term = 0
    await _until(lambda: not first.sender._others)
    assert sorted(await _states(second)) == ["queued", "sent"], "not in doubt: it never left"
    second.term = 1
    await _until(lambda: bool(second.provider.took))
    await second.sender.stop(5)
    assert sorted(first.provider.took + second.provider.took) == ["1", "2"]
    assert set(await _states(second)) == {"sent"}


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "between two looks"])
async def test_who_comes_back_into_office_does_not_send_what_others_took_over(
    processes: Processes, now: datetime, noticed: bool
) -> None:
    first, second = processes
    await _leased_together(first, NOTICE, now, "1", "2")
    first.term, second.term = 0, 1
    if noticed:
        first.sender.wake()
        await _until(lambda: not first.sender.leading)
    second.sender.wake()
    await _until(lambda: bool(second.provider.took))
    await second.sender.stop(5)
    first.term = 2
    await _until(lambda: not first.sender._others)
    assert sorted(first.provider.took + second.provider.took) == ["1", "2"]


@pytest.mark.parametrize("lane", [NOTICE, BROADCAST])
async def test_an_orderly_stop_leaves_nothing_in_doubt(
    processes: Processes, now: datetime, lane: int
) -> None:
    first, second = processes
    await _leased_together(first, lane, now, "1", "2")
    await first.sender.stop(5)
    assert "sending" not in await _states(second)
    first.term, second.term = 0, 1
    await _until(lambda: len(first.provider.took + second.provider.took) == 2)
    await second.sender.stop(5)
    assert sorted(first.provider.took + second.provider.took) == ["1", "2"]
    assert set(await _states(second)) == {"sent"}


@pytest.mark.parametrize("lane", [NOTICE, BROADCAST])
async def test_what_waits_for_its_turn_lets_an_answer_to_the_same_chat_go_first(
    processes: Processes, now: datetime, lane: int
) -> None:
    first, _ = processes
    await _leased_together(first, lane, now, "1", "2", "3")
    waits = max({"1", "2", "3"} - set(first.provider.took))
    async with first.database.reading() as unit:
        address = await unit.addresses.find("telegram", "stage", waits)
    assert address is not None
    await _answered(first, address, now)
    await _until(lambda: len(first.provider.took) == 4)
    assert first.provider.took[1] == waits, "the answer"
    assert waits in first.provider.took[2:]
    await first.sender.stop(5)
    assert set(await _states(first)) == {"sent"}


async def _leased_together(process: Process, lane: int, now: datetime, *peers: str) -> None:
    """Return when one of some messages was sent, by the books too, and the others, leased too, wait for their turn."""
    for peer in peers:
        await _noticed(process, await _somebody(process, peer, now), lane, now)
    process.term = 1
    process.sender.wake()
    async with asyncio.timeout(10):
        while "sent" not in await _states(process):  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(0.005)
    assert len(process.provider.took) == 1
