"""Takes messages out of chats, where that was asked for: at once after the commit, and again after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
import structlog

from bot.channels.contract import Channel
from storage.database import Database
from storage.removals import Removal

AGAIN = 30.0
"""Seconds after which it is looked again, whatever was heard."""

log = structlog.get_logger()


class Remover:
    """One for all channels. A message that is taken out twice harms nobody, so every process may try."""

    def __init__(
        self, database: Database, channels: Mapping[tuple[str, str], Channel], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._channels = channels
        self._now = now
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look soon: something was asked for."""
        self._wake.set()

    async def run(self) -> None:
        """Work until called off."""
        while True:
            self._wake.clear()
            try:
                await self.sweep()
            except (sa.exc.SQLAlchemyError, OSError) as error:
                log.warning("removals wait for the database", error=type(error).__name__)
            try:
                await asyncio.wait_for(self._wake.wait(), AGAIN)
            except TimeoutError:
                continue

    async def sweep(self) -> None:
        """Remove what waits, chat by chat."""
        for key, channel in self._channels.items():
            if channel.capabilities.removes:
                await self._sweep(key, channel)

    async def _sweep(self, key: tuple[str, str], channel: Channel) -> None:
        waiting: list[Removal] = await self._database.look(
            lambda unit: unit.removals.waiting(*key, self._now())
        )
        for peer, some in groupby(waiting, key=lambda one: one.address.peer):
            of_chat = list(some)
            if await channel.remove(peer, [one.message for one in of_chat if one.message]):
                await self._forget([one.id for one in of_chat])

    async def _forget(self, ids: list[int]) -> None:
        await self._database.work(lambda unit: unit.removals.done(ids))
