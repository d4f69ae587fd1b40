"""What comes in more than once, and what must not be let in again and again."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.force.checker import query
from tests.force.conftest import Measured
from tests.force.fleet import World

UPDATES, MOST_COPIES, AT_ONCE = 5_000, 5, 24


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
async def test_repeated_and_shuffled_updates_to_three_processes_have_their_effect_once(
    everything: World, measured: Measured
) -> None:
    for _ in range(3):
        assert await everything.node().start(), everything.logs()
    chance = random.Random(5)
    later: list[dict[str, Any]] = []
    posts = 0

    async def deliver(update: dict[str, Any]) -> None:
        nonlocal posts
        posts += 1
        while await everything.post(update, within=60) != 200:
            await asyncio.sleep(0.05)

    async def person(chat: int) -> None:
        for _ in range(UPDATES // everything.people):
            update = everything.says(chat)
            copies = chance.randint(1, MOST_COPIES)
            now = chance.randint(1, copies)
            later.extend([update] * (copies - now))
            stale = [later.pop(chance.randrange(len(later)))] if later and chance.random() < 0.5 else []
            async with talking:
                await asyncio.gather(*(deliver(one) for one in (*[update] * now, *stale)))
            everything.note(update)

    talking = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(person(chat) for chat in everything.persons))
    chance.shuffle(later)
    for first in range(0, len(later), AT_ONCE):
        await asyncio.gather(*(deliver(one) for one in later[first : first + AT_ONCE]))
    await everything.settled()
    report = await everything.report()
    measured(f"{UPDATES} updates delivered {posts} times to 3 processes; {report}")
    assert report.acknowledged == UPDATES
    assert not report.failures(), report
    assert report.duplicates == 0


async def test_poison_is_tried_three_times_and_everybody_else_goes_on(
    everything: World, measured: Measured
) -> None:
    for _ in range(1 if everything.database.is_sqlite else 2):
        everything.node()
    values = {"bot.dispatch:DEADLINE": 1.0}
    chats = list(everything.persons)
    poison = [everything.says(chats[one], word) for one, word in enumerate(("raise", "hang", "kill") * 3)]
    async with _kept_alive(everything, values) as deaths, everything.talk():
        await asyncio.sleep(0.5)
        async with asyncio.timeout(200):
            await asyncio.gather(*(everything.heard(update, within=30) for update in poison))
        await asyncio.sleep(0.5)
    await everything.settled()
    report = await everything.report()
    measured(f"{len(poison)} poisonous updates, {len(deaths)} deaths; {report}")
    ids = {str(update["update_id"]) for update in poison}
    parked = {
        row[0] for row in await query(everything.url, "SELECT provider_id FROM inbox WHERE state = 'parked'")
    }
    assert parked == ids, "only poison is set aside"
    assert len(deaths) <= 3 * 3
    assert not report.failures(), report


@asynccontextmanager
async def _kept_alive(everything: World, values: dict[str, Any]) -> AsyncIterator[list[int]]:
    """Start what ends again, as a service manager does, and note how often that was."""
    deaths: list[int] = []

    async def mind(node: Any) -> None:
        while True:
            await node.start(values=values)
            deaths.append(await asyncio.shield(node.ended))

    tasks = [asyncio.create_task(mind(node)) for node in everything.nodes]
    try:
        yield deaths
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(ProcessLookupError):
            for node in everything.nodes:
                node.tell(signal.SIGCONT)
