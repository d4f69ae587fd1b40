"""A Tick: timed work, with what it needs to do each due thing in a transaction of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from handlers.kit.community import Community
from storage.unit import Unit


async def _not_scrubbed() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Tick:
    """The machine's hands: `async with tick.unit() as unit` opens a writing transaction; `now` is the moment.

    `await tick.scrub()`, outside any transaction, takes the remains of deleted rows off the disk; False means that
    it has to be tried again.
    """

    unit: Callable[[], AbstractAsyncContextManager[Unit]]
    now: datetime
    community: Community
    scrub: Callable[[], Awaitable[bool]] = _not_scrubbed
