"""What somebody new is told in their first week, and how they prefer to meet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

STEPS = {"hello": timedelta(days=1), "meeting": timedelta(days=3), "around": timedelta(days=7)}
"""What is said, and how long after somebody has joined."""
USEFUL = timedelta(days=2)
"""For how long after its time a step is still said."""

FEWEST = 5
"""Below so many people a count is not shown."""


def shown_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that may be shown. No total is shown beside them: it would give a small one away."""
    return {value: count for value, count in counts.items() if count >= FEWEST}
