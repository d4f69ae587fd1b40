"""How long to wait before the next try."""

from __future__ import annotations

import random

BASE, LONGEST = 2.0, 900.0


def backoff(attempts: int) -> float:
    """Return the seconds before the next try: full jitter over a doubling range."""
    return random.uniform(0.2, min(LONGEST, BASE * 2 ** min(attempts, 12)))  # noqa: S311
