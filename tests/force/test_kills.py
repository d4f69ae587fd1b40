"""Random kills and orderly stops under load."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from bot.delivery.sender import OTHERS_AT_ONCE, REPLIES_AT_ONCE
from tests.force.conftest import Measured
from tests.force.fleet import Starter, World, world

KILLS, PEOPLE, STOPS = 100, 100, 50


async def test_a_hundred_random_kills_over_ten_thousand_messages(
    tmp_path: Path, empty_url: str, starter: Starter, measured: Measured
) -> None:
    async with world(tmp_path, empty_url, starter, people=PEOPLE) as made:
        processes = 1 if made.database.is_sqlite else 3
        for _ in range(processes):
            assert await made.node().start()
        async with made.talk():
            for number in range(KILLS):
                await made.broadcast(str(number))
                await asyncio.sleep(made.chance.uniform(0.0, 0.5))
                struck = made.chance.choice(made.nodes)
                await struck.end()
                await struck.start(healthy=processes == 1)
        await made.settled()
        await _stopped(made)
        report = await made.report()
    measured(f"{KILLS} random kills of {processes} process(es); {report}")
    assert not report.failures(), report
    assert report.messages + report.unknown >= KILLS * PEOPLE
    assert report.duplicates <= KILLS * REPLIES_AT_ONCE
    assert report.unknown <= KILLS * OTHERS_AT_ONCE


async def test_fifty_orderly_stops_repeat_nothing(everything: World, measured: Measured) -> None:
    node = everything.node()
    slowest = 0.0
    async with everything.talk():
        for number in range(STOPS):
            assert await node.start(), everything.logs()
            await everything.broadcast(str(number))
            await asyncio.sleep(everything.chance.uniform(0.0, 0.4))
            began = asyncio.get_running_loop().time()
            assert await node.end(signal.SIGTERM) == 0, everything.logs()
            slowest = max(slowest, asyncio.get_running_loop().time() - began)
        assert await node.start(), everything.logs()
    await everything.settled()
    await _stopped(everything)
    report = await everything.report()
    measured(f"{STOPS} orderly stops, the slowest {slowest:.1f} s; {report}")
    assert not report.failures(), report
    assert (report.duplicates, report.unknown) == (0, 0)
    assert slowest <= 25


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
async def test_a_process_that_stands_still_for_longer_or_shorter_is_replaced_or_not(
    everything: World, measured: Measured
) -> None:
    for _ in range(4):
        assert await everything.node().start(), everything.logs()
    takeovers = []
    still = (2.0, 13.0)
    async with everything.talk():
        for number, seconds in enumerate(still):
            await everything.broadcast(f"still-{number}")
            leader = await _leader(everything)
            leader.tell(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            replaced = await _leading(everything, besides=leader)
            assert replaced == (seconds > 10)
            leader.tell(signal.SIGCONT)
            await asyncio.sleep(1)
            assert sum([await _leads(everything, one.url) for one in everything.nodes]) <= 1
        for number in range(3):
            await everything.broadcast(f"killed-{number}")
            leader = await _leader(everything)
            began = asyncio.get_running_loop().time()
            await leader.end()
            async with asyncio.timeout(10):
                await _leader(everything)
            takeovers.append(asyncio.get_running_loop().time() - began)
            assert await leader.start(), everything.logs()
    await everything.settled()
    await _stopped(everything)
    report = await everything.report()
    measured(f"stood still for {still} s, takeover after a kill {max(takeovers):.1f} s; {report}")
    assert not report.failures(), report
    assert report.duplicates <= (len(still) + 3) * REPLIES_AT_ONCE


async def _stopped(made: World) -> None:
    for node in made.nodes:
        if node.alive:
            await node.healthy()
            assert await node.end(signal.SIGTERM) == 0, made.logs()


async def _leads(made: World, url: str) -> bool:
    async with made.http.get(f"{url}/health") as answer:
        return bool((await answer.json())["leading"])


async def _leading(made: World, besides: object = None) -> bool:
    """Say whether any process but one sends for the account."""
    return any([await _leads(made, one.url) for one in made.nodes if one.alive and one is not besides])


async def _leader(made: World):  # type: ignore[no-untyped-def]
    while True:
        for node in made.nodes:
            if node.alive and await _leads(made, node.url):
                return node
        await asyncio.sleep(0.05)
