"""A circuit breaker for one channel account. Pure arithmetic over a monotonic clock passed in."""

from __future__ import annotations

FAILURES = 5
"""So many in a row open it."""
OPEN_SECONDS = 30.0


class Breaker:
    """Closed: everything passes. Open: nothing does. Then one is let through; it closes it, or opens it again."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    def state(self, now: float) -> str:
        """Return closed, open or half_open."""
        if self._failures < FAILURES:
            return "closed"
        return "open" if now < self._until else "half_open"

    def lets_through(self, now: float) -> int | None:
        """Return how many messages may be under way; None where there is no limit."""
        match self.state(now):
            case "closed":
                return None
            case "open":
                return 0
            case _:
                return 1

    def succeeded(self) -> None:
        """Note that the provider answered."""
        self._failures = 0

    def failed(self, now: float) -> None:
        """Note that the provider did not answer, or that it could not."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._until = now + OPEN_SECONDS
