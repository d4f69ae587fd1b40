"""Killed at named places, with people talking and a broadcast under way; the same database goes through them all."""

from __future__ import annotations

import asyncio
import signal

import pytest

from bot.delivery.sender import OTHERS_AT_ONCE, REPLIES_AT_ONCE
from tests.force.conftest import Measured
from tests.force.fleet import World
from tests.force.points import POINTS, Point

SEEDS = (1, 2, 3)
STRUCK_WITHIN = 30.0


@pytest.mark.parametrize("seed", SEEDS)
async def test_killed_at_every_named_place(everything: World, seed: int, measured: Measured) -> None:
    everything.chance.seed(seed)
    kind = everything.url.partition(":")[0]
    points = [point for point in POINTS if point.only in ("", kind)]
    everything.chance.shuffle(points)
    node = everything.node()
    missed: list[str] = []
    async with everything.talk():
        for number, point in enumerate(points):
            await everything.broadcast(f"{seed}-{number}")
            if not await _struck(everything, point):
                missed.append(str(point))
        assert await node.start(), everything.logs()
    await everything.settled()
    assert await node.end(signal.SIGTERM) == 0, everything.logs()
    report = await everything.report()
    kills = len(points) - len(missed)
    measured(f"{kills} kills at named places; {report}")
    assert not missed
    assert kills >= 40
    assert not report.failures(), report
    assert report.duplicates <= kills * REPLIES_AT_ONCE
    assert report.unknown <= kills * OTHERS_AT_ONCE


async def _struck(world: World, point: Point) -> bool:
    """Start the program with a place to die at, and say whether it died there."""
    node = world.nodes[0]
    nth = world.chance.randint(1, point.latest)
    await node.start(healthy=point.shutting_down, crash=[point.target, point.when, nth])
    assert node.ended is not None
    if point.shutting_down:
        await asyncio.sleep(0.2)
        node.tell(signal.SIGTERM)
    try:
        return await asyncio.wait_for(asyncio.shield(node.ended), STRUCK_WITHIN) == -signal.SIGKILL
    except TimeoutError:
        await node.end()
        return False
