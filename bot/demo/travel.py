"""The demo's clock: time that passes as it would have passed, with everything done when it was due."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.machine import Machine

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "next": timedelta()}
"""By how much the demo's clock can be moved; `next` means to whatever is due next."""
MOST_STOPS = 60
LOOKS, BETWEEN_LOOKS = 100, 0.02
"""How often, and how many seconds apart, delivery is looked at before time goes on without it."""


async def travel(machine: Machine, step: str) -> bool:
    """Move time forward, stopping wherever something is due on the way; False where nothing ever is."""
    now = machine.time.now()
    if step == "next":
        due = await _next_due(machine, now)
        if due is not None:
            await _arrive(machine, due)
        return due is not None
    target = now + STEPS[step]
    for _ in range(MOST_STOPS):
        due = await _next_due(machine, machine.time.now())
        if due is None or due >= target:
            break
        await _arrive(machine, due)
    await _arrive(machine, target)
    return True


async def _arrive(machine: Machine, moment: datetime) -> None:
    """Be at a moment: do what is due, and let it be delivered before time goes on."""
    await machine.time.advance(machine.database, moment - machine.time.now() + timedelta(seconds=1))
    await machine.clock.tick_all()
    for _ in range(LOOKS):
        if not await _delivering(machine):
            return
        await asyncio.sleep(BETWEEN_LOOKS)


async def _delivering(machine: Machine) -> bool:
    for sender in machine.senders.values():
        sender.wake()
    async with machine.database.reading() as unit:
        return await unit.outbox.busy("browser", machine.time.now())


async def _next_due(machine: Machine, now: datetime) -> datetime | None:
    async with machine.database.reading() as unit:
        found = (await unit.moments.first_after(now), await unit.outbox.first_after(now, "browser"))
    return min((one for one in found if one is not None), default=None)
