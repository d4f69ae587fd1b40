"""Hiding small counts, so that nobody is found out by them.

The total stands beside the counts, and who reads them may know these rules. So a count that is hidden must not be
what is left of the total either: hidden counts always have company, and enough of it that each could be large.
tests/rules/test_suppression.py tries every table of a size and looks for what could be worked out.
"""

from __future__ import annotations

from collections.abc import Mapping

LEAST = 5
"""Fewer people than this are never counted apart."""


def suppressed(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Return the counts that may be shown beside their total, None for those that may not.

    Who is taken along with a small count is decided by the order of the cells and never by how large they are,
    since that could be worked backwards.
    """
    if sum(counts.values()) <= max(2 * LEAST - 1, len(counts)):
        return dict.fromkeys(counts)
    hidden = {cell for cell, count in counts.items() if 0 < count < LEAST}
    order = [cell for cell, count in counts.items() if count and cell not in hidden]
    while hidden and not _blurred([counts[cell] for cell in counts if cell in hidden]):
        if not order:
            # Even what is zero would tell what the others are.
            return dict.fromkeys(counts)
        hidden.add(order.pop(0))
    return {cell: None if cell in hidden else count for cell, count in counts.items()}


def _blurred(hidden: list[int]) -> bool:
    """Say whether each of these, of which the sum is known, could still be one of several numbers."""
    return len(hidden) > 1 and sum(hidden) not in (len(hidden), (LEAST - 1) * len(hidden))
