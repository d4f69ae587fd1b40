"""What was measured: one value a round, medians and spread, ratios of what was measured in the same round."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.bots import OURS

COUNTED = ("lost", "429s", "people not reached in time")
"""Units of plain counts, which make no ratio."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `low` and `high` are the least and the greatest value of any round."""

    work: str
    name: str
    value: float
    unit: str
    ratio_to: str | None
    ratio: float | None
    low: float
    high: float
    rounds: int


@dataclass
class Results:
    """Values by (work, unit) and name, each list in the order of the rounds."""

    values: dict[tuple[str, str], dict[str, list[float]]] = field(default_factory=dict)
    references: dict[tuple[str, str, str], tuple[str, list[float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(
        self, work: str, name: str, unit: str, value: float, *, to: str = "", reference: float = math.nan
    ) -> None:
        """Take a value of one round; `to` names what it is a ratio of, where that is no peer."""
        self.values.setdefault((work, unit), {}).setdefault(name, []).append(value)
        if to:
            self.references.setdefault((work, unit, name), (to, []))[1].append(reference)

    def note(self, text: str) -> None:
        """Take a remark that belongs under the table, once."""
        if text not in self.notes:
            self.notes.append(text)

    def rows(self) -> list[Row]:
        """Return every line: ours against each peer measured in the same work, unit and variant; then the peers.

        What follows a comma in a name is the variant.
        """
        rows: list[Row] = []
        for (work, unit), named in self.values.items():
            for name, values in named.items():
                who, _, variant = name.partition(", ")
                peers = {
                    other: theirs
                    for other, theirs in named.items()
                    if not other.startswith(OURS) and other.partition(", ")[2] == variant
                }
                to, base = self.references.get((work, unit, name), ("", []))
                if to:
                    rows.append(_row(work, name, unit, values, to, base))
                elif who == OURS and peers and unit not in COUNTED:
                    rows += [_row(work, name, unit, values, peer, theirs) for peer, theirs in peers.items()]
                else:
                    rows.append(_row(work, name, unit, values, None, []))
        return rows


def _row(
    work: str, name: str, unit: str, values: Sequence[float], to: str | None, base: Sequence[float]
) -> Row:
    ratios = [value / other for value, other in zip(values, base, strict=False) if other]
    return Row(
        work, name, _short(median(values)), unit, to, _short(median(ratios)) if ratios else None,
        _short(min(values)), _short(max(values)), len(values),
    )  # fmt: skip


def _short(value: float) -> float:
    """Keep four significant digits."""
    return float(f"{value:.4g}")


def table(rows: Sequence[Row]) -> str:
    """Write the rows for a terminal: what was measured, the median, the spread, and the ratios."""
    lines: list[str] = []
    shown: set[tuple[str, str, str]] = set()
    for row in rows:
        heading = row.work.upper()
        if not any(work == row.work for work, _, _ in shown):
            lines += ["", heading, "-" * len(heading)]
        again = (row.work, row.name, row.unit) in shown
        shown.add((row.work, row.name, row.unit))
        value = f"{row.value:>10,g} {row.unit:<27}{row.low:>8,g} to {row.high:<8,g}"
        beginning = f"{row.name:<54}{value}" if not again else " " * (54 + len(value))
        ratio = f"{row.ratio:>7g} × {row.ratio_to}" if row.ratio is not None else ""
        lines.append(f"{beginning} {ratio}".rstrip())
    return "\n".join(lines)


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1) + "\n")
