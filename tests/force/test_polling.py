"""Killed on the other way by which updates come in: asked for, in batches, with an offset that moves on."""

from __future__ import annotations

import asyncio
import signal

import pytest

from bot.delivery.sender import REPLIES_AT_ONCE
from tests.force.conftest import Measured
from tests.force.fleet import World

SEEDS = (1, 2)
STRUCK_WITHIN = 30.0
PLACES = (
    ("bot.channels.telegram:TelegramChannel._updates", "after", 1),
    ("bot.channels.telegram:TelegramChannel._receive_all", "before", 1),
    ("bot.channels.telegram:TelegramChannel.parse", "before", 40),
    ("bot.dispatch:Dispatcher.receive", "after", 40),
    ("bot.channels.telegram:TelegramChannel._receive_all", "after", 1),
    ("storage.facts:Facts.put", "before", 1),
    ("storage.facts:Facts.put", "after", 1),
    ("bot.channels.telegram:TelegramChannel.send", "after", 40),
)


@pytest.mark.parametrize("seed", SEEDS)
async def test_killed_with_a_batch_in_hand(everything: World, seed: int, measured: Measured) -> None:
    everything.chance.seed(seed)
    everything.settings["TELEGRAM_MODE"] = "polling"
    node = everything.node()
    said = []
    for place, when, latest in everything.chance.sample(PLACES, len(PLACES)):
        for chat in everything.persons:
            said.append(everything.says(chat))
            everything.telegram.push(said[-1])
        nth = everything.chance.randint(1, latest)
        await node.start(healthy=False, crash=[place, when, nth])
        assert node.ended is not None
        status = await asyncio.wait_for(asyncio.shield(node.ended), STRUCK_WITHIN)
        assert status == -signal.SIGKILL, f"{when} {place}: {everything.logs()}"
    assert await node.start(), everything.logs()
    async with asyncio.timeout(60):
        while everything.telegram.pending:
            await asyncio.sleep(0.05)
    for update in said:
        everything.note(update)
    await everything.settled()
    assert await node.end(signal.SIGTERM) == 0, everything.logs()
    report = await everything.report()
    measured(f"{len(PLACES)} kills with a batch in hand; {report}")
    assert report.acknowledged == len(said)
    assert not report.failures(), report
    assert report.duplicates <= len(PLACES) * REPLIES_AT_ONCE
