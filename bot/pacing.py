"""Pacing: when one channel account's next message may leave. Pure arithmetic over a monotonic clock passed in.

Messages that nobody waits for are spaced evenly; an answer leaves at once while the last second has room for it, and
takes the next place before everything else where it has none (docs/decisions/0053).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

MARGIN = 0.99
"""The part of the permitted rate that is used: what is left covers the jitter of the way to the provider."""
SLACK = 0.012
"""Seconds by which a message may be early to make up for a late one: timers wake late, never early."""
WINDOW = 1.01
"""Seconds in which no more than the permitted number leaves, wherever the provider's second begins."""
COUNTED_ONE_BY_ONE = 5_000
"""Up to this many messages a second each one is remembered; beyond, the even spacing alone is kept."""
CHAT_BURST = 3
"""How many messages to one chat may follow each other at once, before its own rate holds."""
CHATS_REMEMBERED = 20_000
SLOWER, FASTER, LOWEST = 0.9, 0.02, 0.3
"""After a refusal the rate is multiplied; each quiet minute gives a part of it back; it never falls lower."""
QUIET = 60.0


class Pacer:
    """Decides how long a message has to wait: for its account, for its lane, for its chat."""

    def __init__(self, per_second: float, seconds_between: Callable[[str], float]) -> None:
        """Take the account's permitted messages a second, and the seconds between two messages to one chat."""
        self._permitted = per_second
        self._seconds_between = seconds_between
        self._factor = 1.0
        self._changed = 0.0
        self._next = 0.0
        counted = per_second <= COUNTED_ONE_BY_ONE
        self._left: deque[float] | None = deque(maxlen=max(1, int(per_second))) if counted else None
        self._chats: OrderedDict[str, float] = OrderedDict()
        self.paused_until = 0.0
        self.answers_waiting = 0
        """How many answers wait for a place, which nothing else may take before them."""

    @property
    def rate(self) -> float:
        """Return the messages a second that leave at most, as things stand."""
        return self._permitted * self._factor * MARGIN

    def wait(self, chat: str, *, reply: bool, now: float) -> float:
        """Return the seconds to wait before this chat's next message may leave."""
        kept_free = 0 if reply else self.answers_waiting
        waits = [self.paused_until - now, self._room(kept_free, now), self._chat(chat) - now]
        if not reply:
            waits.append(self._next - SLACK - now)
        return max(0.0, *waits)

    def take(self, chat: str, *, reply: bool, now: float) -> None:
        """Note that a message leaves."""
        self._recover(now)
        self._next = max(self._next, now - SLACK) + 1 / self.rate
        if self._left is not None:
            self._left.append(now)
        between = self._seconds_between(chat)
        if between:
            self._chats[chat] = max(self._chats.pop(chat, 0.0), now) + between
            if len(self._chats) > CHATS_REMEMBERED:
                self._chats.popitem(last=False)

    def pause(self, seconds: float, now: float) -> None:
        """Obey a provider that asked the account to wait."""
        self.paused_until = max(self.paused_until, now + seconds)

    def refused(self, now: float) -> None:
        """Go more slowly for a while: the provider found us too fast."""
        self._recover(now)
        self._factor = max(LOWEST, self._factor * SLOWER)
        self._changed = now

    def _recover(self, now: float) -> None:
        minutes = int((now - self._changed) / QUIET) if self._factor < 1 else 0
        if minutes:
            self._factor = min(1.0, self._factor + minutes * FASTER)
            self._changed = now

    def _room(self, kept_free: int, now: float) -> float:
        """Return the seconds until the window has room for one more, with so many places kept free."""
        if self._left is None:
            return 0.0
        places = max(1, int(self._permitted * self._factor) - kept_free)
        oldest = len(self._left) - places
        return self._left[oldest] + WINDOW - now if oldest >= 0 else 0.0

    def _chat(self, chat: str) -> float:
        """Return when a chat may be written to."""
        free_at = self._chats.get(chat)
        return 0.0 if free_at is None else free_at - (CHAT_BURST - 1) * self._seconds_between(chat)
