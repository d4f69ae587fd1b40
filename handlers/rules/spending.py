"""What beginning conversations comes to: in days, where so many a day are allowed, and in money."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal


def days_needed(count: int, today: int, limit: int) -> tuple[int, int]:
    """Return how many of a count go out today, and how many days later the last ones do."""
    first = max(0, min(count, today))
    rest = count - first
    return first, -(-rest // limit)


def estimate(counts: Mapping[str, int], prices: Mapping[str, Decimal]) -> Decimal:
    """Add up what messages cost by category, in whole cents; a category without a price costs nothing."""
    total = sum((prices.get(name, Decimal(0)) * count for name, count in counts.items()), Decimal(0))
    return total.quantize(Decimal("0.01"))
