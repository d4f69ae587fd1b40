"""What somebody finds who was only told, by a prepared wording, that something is waiting for them."""

from __future__ import annotations

from datetime import timedelta

from handlers.kit import Screen, Tick, Turn, registry, tap, tick
from handlers.menu import menu_screen
from handlers.onboarding import next_step

OPEN = "open"
"""The action behind the one button of every prepared wording."""
RECENT = timedelta(days=7)


@tap(OPEN, consent=False)
async def opened(turn: Turn) -> Screen:
    """Show in full what the tapped wording stood for; what waited for this tap is on its way by itself."""
    tapped = turn.inbound.message if turn.inbound else ""
    behind = await turn.unit.openings.behind(turn.address.id, tapped, turn.now - RECENT)
    known = [(registry.notices[kind], args) for kind, args in behind if kind in registry.notices]
    shown: list[Screen] = [screen for entry, args in known if (screen := await entry.handler(turn, *args))]
    if shown:
        return shown[0].followed_by(*shown[1:])
    if await turn.unit.outbox.due(turn.address.id, turn.now):
        return turn.screen(turn._("Here is what was waiting for you:"))
    return await next_step(turn) or await menu_screen(turn, turn._("There is nothing new to read."))


@tick("held-messages", every=timedelta(minutes=1))
async def expire(tick: Tick) -> None:
    """End what waited in vain for its reader."""
    async with tick.unit() as unit:
        await unit.outbox.expire_held(tick.now)
