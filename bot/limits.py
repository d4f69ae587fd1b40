"""How much one chat may say: what goes past it is answered once, kindly, and then not at all until it slows down.

Counted in this process's memory: a restart forgives, and several processes each allow as much.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STRANGERS_SHARE = 4
"""Somebody who has not agreed to anything yet may say a quarter as much."""
HOURS_WORTH = 10
"""An hour allows as much as ten full minutes."""
CHATS_AT_MOST = 20_000


class Verdict(Enum):
    """What to do with what was heard."""

    HEAR = auto()
    SAY_SO = auto()
    SILENCE = auto()


@dataclass(slots=True)
class Said:
    """What one chat said of late: the ids by moment, so that what is sent again counts once."""

    heard: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    known: bool = False
    told: datetime | None = None


class Limits:
    """Keeps count of the chats that speak."""

    def __init__(self, per_minute: int) -> None:
        """Take how many messages a minute one person may send; 0: any number."""
        self._per_minute = per_minute
        self._chats: OrderedDict[tuple[str, str, str], Said] = OrderedDict()

    def judge(self, chat: tuple[str, str, str], provider_id: str, at: datetime) -> Verdict:
        """Count something heard and say what to do with it."""
        if not self._per_minute:
            return Verdict.HEAR
        said = self._chats.setdefault(chat, Said())
        self._chats.move_to_end(chat)
        if len(self._chats) > CHATS_AT_MOST:
            self._chats.popitem(last=False)
        if provider_id in said.heard:
            return Verdict.HEAR
        _forget(said, at - HOUR)
        most = self._per_minute if said.known else max(1, self._per_minute // STRANGERS_SHARE)
        lately = sum(moment > at - MINUTE for moment in said.heard.values())
        if lately < most and len(said.heard) < most * HOURS_WORTH:
            said.heard[provider_id] = at
            return Verdict.HEAR
        if said.told is not None and at - said.told < MINUTE:
            return Verdict.SILENCE
        said.told = at
        return Verdict.SAY_SO

    def is_known(self, chat: tuple[str, str, str]) -> None:
        """Note that this is no stranger."""
        if chat in self._chats:
            self._chats[chat].known = True


def _forget(said: Said, before: datetime) -> None:
    while said.heard and next(iter(said.heard.values())) <= before:
        said.heard.popitem(last=False)
