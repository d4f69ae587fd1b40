"""A Tick: timed work, with what it needs to do each due thing in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from handlers.kit.community import Community
from storage.unit import Unit


@dataclass(frozen=True, slots=True)
class Tick:
    """The machine's hands: `async with tick.unit() as unit` opens a writing transaction; `now` is the moment."""

    unit: Callable[[], AbstractAsyncContextManager[Unit]]
    now: datetime
    community: Community
