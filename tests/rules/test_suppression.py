"""No small count can be worked out from what is shown, by somebody who knows the rules."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.suppression import LEAST, suppressed

Table = tuple[int, ...]


def _shown(table: Table) -> tuple[int | None, ...]:
    return tuple(suppressed({str(cell): count for cell, count in enumerate(table)}).values())


def _naive(table: Table) -> tuple[int | None, ...]:
    return tuple(None if 0 < count < LEAST else count for count in table)


def _worked_out(publish, cells: int, most: int) -> list[tuple[Table, int]]:  # type: ignore[no-untyped-def]
    """Return the small counts that a reader who tries every table can be sure of."""
    tables: dict[object, list[Table]] = defaultdict(list)
    for table in product(range(most + 1), repeat=cells):
        tables[publish(table), sum(table)].append(table)
    found = []
    for (shown, total), possible in tables.items():
        # Tables with larger counts could be among the possible ones only where the total allows it.
        if total > most:
            continue
        for cell in range(cells):
            values = {table[cell] for table in possible}
            if shown[cell] is None and len(values) == 1 and 0 < min(values) < LEAST:
                found.append((possible[0], cell))
    return found


@pytest.mark.parametrize(("cells", "most"), [(2, 24), (3, 20), (4, 13), (5, 8)])
def test_no_small_count_can_be_worked_out(cells: int, most: int) -> None:
    assert _worked_out(_shown, cells, most) == []


def test_hiding_only_the_small_ones_is_caught() -> None:
    assert _worked_out(_naive, 3, 12)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 60), max_size=8))
def test_what_is_shown_is_true_and_never_small(counts: dict[str, int]) -> None:
    shown = suppressed(counts)
    assert list(shown) == list(counts)
    for cell, count in shown.items():
        assert count is None or count == counts[cell]
        assert count is None or count == 0 or count >= LEAST


def test_large_counts_stay() -> None:
    counts = {"a": 12, "b": 0, "c": 5, "d": 40}
    assert suppressed(counts) == counts
