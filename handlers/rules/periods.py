"""Reporting periods: quarters of a year, in the community's own time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

_CODE = re.compile(r"(20\d\d)Q([1-4])")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months; `number` counts from 1."""

    year: int
    number: int

    @property
    def code(self) -> str:
        """Return how a quarter is written down, such as 2026Q3."""
        return f"{self.year}Q{self.number}"

    @property
    def before(self) -> Quarter:
        """Return the quarter before."""
        return self.moved(-1)

    def moved(self, quarters: int) -> Quarter:
        """Return the quarter so many later, or earlier."""
        year, number = divmod(self.year * 4 + self.number - 1 + quarters, 4)
        return Quarter(year, number + 1)

    def starts(self, zone: tzinfo) -> datetime:
        """Return when it begins."""
        return datetime(self.year, 3 * self.number - 2, 1, tzinfo=zone)

    def ends(self, zone: tzinfo) -> datetime:
        """Return when it is over: the first moment of the next one."""
        return self.moved(1).starts(zone)

    def over(self, now: datetime, zone: tzinfo) -> bool:
        """Say whether it is over."""
        return now >= self.ends(zone)


def quarter_of(moment: datetime, zone: tzinfo) -> Quarter:
    """Return the quarter that a moment lies in."""
    local = moment.astimezone(zone)
    return Quarter(local.year, (local.month + 2) // 3)


def quarter_named(code: str) -> Quarter | None:
    """Read a quarter as it is written down."""
    found = _CODE.fullmatch(code)
    return Quarter(int(found[1]), int(found[2])) if found else None
