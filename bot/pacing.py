"""Pacing: how fast one channel account may send. Pure arithmetic over a monotonic clock that is passed in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

REPLY_SHARE = 1 / 6
"""The part of the permitted rate that only replies may use (5 of Telegram's 30 a second)."""

CHATS_REMEMBERED = 20_000


@dataclass(slots=True)
class Bucket:
    """A token bucket: `rate` tokens a second, at most `size` at once."""

    rate: float
    size: float
    tokens: float
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Return for how many seconds the next token is not there yet."""
        self._fill(now)
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / self.rate

    def take(self, now: float) -> None:
        """Use a token, going into debt if need be."""
        self._fill(now)
        self.tokens -= 1

    def _fill(self, now: float) -> None:
        self.tokens = min(self.size, self.tokens + max(0.0, now - self.at) * self.rate)
        self.at = max(self.at, now)


class Pacer:
    """Decides how long a message has to wait: for the account, for its lane's share, for its chat."""

    def __init__(self, per_second: float, seconds_per_chat: float, *, chat_burst: float = 3.0) -> None:
        rate = per_second * 0.985
        self._all = _bucket(rate)
        self._slow = _bucket(rate * (1 - REPLY_SHARE))
        self._chats: OrderedDict[str, Bucket] = OrderedDict()
        self._seconds_per_chat = seconds_per_chat
        self._chat_burst = chat_burst
        self.paused_until = 0.0

    def wait(self, chat: str, *, reply: bool, now: float) -> float:
        """Return the seconds to wait before this chat's next message may leave."""
        waits = [self.paused_until - now, self._all.wait(now), self._chat(chat).wait(now)]
        if not reply:
            waits.append(self._slow.wait(now))
        return max(0.0, *waits)

    def take(self, chat: str, *, reply: bool, now: float) -> None:
        """Note that a message leaves."""
        self._all.take(now)
        self._chat(chat).take(now)
        if not reply:
            self._slow.take(now)

    def pause(self, seconds: float, now: float) -> None:
        """Obey a provider that asked the account to wait."""
        self.paused_until = max(self.paused_until, now + seconds)

    def _chat(self, chat: str) -> Bucket:
        bucket = self._chats.pop(chat, None)
        if bucket is None:
            rate = 1 / self._seconds_per_chat if self._seconds_per_chat else 1e9
            bucket = Bucket(rate, self._chat_burst, self._chat_burst)
        self._chats[chat] = bucket
        if len(self._chats) > CHATS_REMEMBERED:
            self._chats.popitem(last=False)
        return bucket


def _bucket(rate: float) -> Bucket:
    size = max(1.0, rate / 10)
    return Bucket(rate, size, size)
