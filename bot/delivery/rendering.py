"""What a row says, made just before it is sent: for its recipient, in their language, for their channel."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.channels.contract import Channel, Part
from bot.present import present
from handlers.kit import Community, Screen, Turn, registry, screen_from_json
from storage.database import Database
from storage.outbox import REPLY, Claimed
from storage.unit import Unit

SHARED_FOR = 5.0
"""Seconds for which a broadcast's screen in one language is reused."""
SHARED_KEPT = 256
DEADLINE = 30.0
"""Seconds that making a screen may take."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A row that may be sent: its parts, and the message it replaces."""

    screen: Screen
    parts: list[Part]
    replaces: str = ""
    popup: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that may not or need not be sent any more, and why."""

    state: str
    reason: str
    detail: str = ""


class Renderer:
    """Renders rows for one channel. A broadcast's text is made once for each language, not once a person."""

    def __init__(
        self, database: Database, channel: Channel, community: Community, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._channel = channel
        self._community = community
        self._now = now
        self._shared: OrderedDict[tuple[Any, ...], tuple[float, Ready | Dropped]] = OrderedDict()

    async def render(self, row: Claimed) -> Ready | Dropped:
        """Render a row, unless it is too late, unwanted or pointless by now."""
        if row.expires_at <= self._now():
            return Dropped("expired", "too_late")
        if row.lane != REPLY and row.silenced:
            return Dropped("failed", "opted_out")
        if row.screen:
            return await self._placed(row, row.shown or screen_from_json(row.screen))
        if registry.notices[row.kind].shared and not row.card:
            return await self._once_a_language(row)
        screen = await self._database.look(lambda unit: self._screen(unit, row), within=DEADLINE)
        return Dropped("withdrawn", "not_applicable") if screen is None else await self._placed(row, screen)

    async def _once_a_language(self, row: Claimed) -> Ready | Dropped:
        key = (row.kind, row.args, row.lang)
        kept = self._shared.get(key)
        if kept is None or time.monotonic() - kept[0] > SHARED_FOR:
            screen = await self._database.look(lambda unit: self._screen(unit, row), within=DEADLINE)
            made = (
                Dropped("withdrawn", "not_applicable") if screen is None else await self._placed(row, screen)
            )
            kept = (time.monotonic(), made)
            self._shared[key] = kept
            if len(self._shared) > SHARED_KEPT:
                self._shared.popitem(last=False)
        return kept[1]

    async def _screen(self, unit: Unit, row: Claimed) -> Screen | None:
        member = await unit.members.get(row.address.member_id)
        if member is None:
            return None
        turn = Turn(unit, member, row.address, self._now(), self._community)
        screen: Screen | None = await registry.notices[row.kind].handler(turn, *row.args)
        return screen

    async def _placed(self, row: Claimed, screen: Screen) -> Ready | Dropped:
        """Choose between a new message and an edit of the one that shows this card already."""
        can = self._channel.capabilities
        replaces = row.replaces
        if card := screen.card or row.card:
            live = await self._database.look(lambda unit: unit.outbox.card(row.address.id, card))
            if live and not can.edits and screen.quiet:
                return Dropped("withdrawn", "not_applicable")
            replaces = live or replaces
        popup = bool(row.callback and can.popups and len(screen.note) <= can.popups)
        return Ready(screen, present(screen, can, popup=popup), replaces if can.edits else "", popup)
