"""A provider that takes a message and hangs up, errs, hangs, talks nonsense, refuses, or asks to wait."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.force.checker import query
from tests.force.conftest import Measured
from tests.force.fleet import World

REPLIES = ("drop", "accept_then_drop", "5xx after accept", "garbage", "forbidden", "refuse", "hang")


def sends(world: World, chat: int | None = None) -> list[dict[str, Any]]:
    """Return the provider's log of messages asked for."""
    entries = [json.loads(line) for line in world.provider_log.read_text().splitlines()]
    return [one for one in entries if one["method"].startswith("send") and chat in (None, one["chat"])]


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
async def test_every_fault_ends_as_it_should_and_slows_nobody_else(
    everything: World, measured: Measured
) -> None:
    assert await everything.node().start(), everything.logs()
    chats = dict(zip(REPLIES, everything.persons, strict=False))
    for kind, chat in chats.items():
        if kind == "5xx after accept":
            everything.telegram.fault("server_error", chat=chat, effect=True)
        else:
            everything.telegram.fault(kind, chat=chat, seconds=40)
    await asyncio.gather(*(everything.heard(everything.says(chat)) for chat in chats.values()))
    loop = asyncio.get_running_loop()
    slowest = 0.0
    for chat in everything.persons[len(REPLIES) : len(REPLIES) + 15]:
        began = loop.time()
        await everything.heard(everything.says(chat))
        async with asyncio.timeout(35):
            while not any(one["ok"] for one in sends(everything, chat)):
                await asyncio.sleep(0.02)
        slowest = max(slowest, loop.time() - began)
    await everything.settled()
    report = await everything.report()
    arrived = {kind: sum(one["ok"] for one in sends(everything, chat)) for kind, chat in chats.items()}
    measured(f"arrived so often: {arrived}; slowest other answer {slowest:.2f} s; {report}")
    assert arrived == {
        "drop": 1, "accept_then_drop": 2, "5xx after accept": 2, "garbage": 1, "forbidden": 0, "refuse": 0,
        "hang": 1,
    }  # fmt: skip
    assert not report.failures(), report
    states = await query(
        everything.url, "SELECT state, reason FROM outbox WHERE state <> 'sent' ORDER BY reason"
    )
    assert [state for state, _ in states] == ["failed", "failed"]


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["accept_then_drop", "garbage"])
async def test_a_broadcast_that_may_have_arrived_is_not_repeated(everything: World, kind: str) -> None:
    assert await everything.node().start(), everything.logs()
    everything.telegram.fault(kind, chat=everything.persons[0])
    await everything.broadcast("1")
    await everything.settled()
    report = await everything.report()
    assert not report.failures(), report
    assert report.unknown == 1
    assert len(sends(everything, everything.persons[0])) == 1


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seconds", [1, 30, 3600])
async def test_a_provider_that_asks_to_wait_is_obeyed_exactly(
    everything: World, measured: Measured, seconds: int
) -> None:
    node = everything.node()
    assert await node.start(), everything.logs()
    everything.telegram.fault("rate", "sendMessage", seconds=seconds)
    await everything.heard(everything.says(everything.persons[0]))
    async with asyncio.timeout(20):
        while not any(one["code"] == 429 for one in sends(everything)):
            await asyncio.sleep(0.02)
    for chat in everything.persons[1:6]:
        await everything.heard(everything.says(chat))
    if seconds < 60:
        await everything.settled()
    else:
        await asyncio.sleep(5)
    log = sends(everything)
    refused = next(one["at"] for one in log if one["code"] == 429)
    after = sorted(one["at"] - refused for one in log if one["code"] != 429 and one["at"] > refused)
    measured(f"asked to wait {seconds} s: the next message left after {after[:1]} s")
    if seconds < 60:
        assert seconds <= after[0] <= seconds + 5
        assert not (await everything.report()).failures()
    else:
        assert not after
        assert await node.healthy(within=5), "waiting is not being ill"
