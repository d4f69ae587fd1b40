"""An agenda as a coordinator types it: one line for each item, its time in front."""

from __future__ import annotations

import re
from dataclasses import dataclass

from locales import clean, parse_time, to_ascii_digits

MOST_ITEMS = 20
LONGEST_ITEM = 120
_LINE = re.compile(
    r"^\W*(?P<start>\d{1,2}(?:[:.]\d{2})?)"
    r"(?:\s*(?:-|–|—|to|til|till|until|إلى|الى|حتى|بۆ|تا|هەتا)\s*(?P<end>\d{1,2}[:.]\d{2}))?"
    r"\s*[:.)\-–—،,]?\s+(?P<text>.+)$"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item: minutes of the day when it begins and ends, the latter 0 where none was written, and what it is."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no item: no time in front, a time that is none, or too long."""

    line: str


def agenda_in(text: str) -> list[Item] | Unread:
    """Read an agenda, in the order of its times; the first line that can't be read instead, where there is one."""
    found: list[Item] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        item = _item(line)
        if item is None or len(found) >= MOST_ITEMS:
            return Unread(clean(line)[:60])
        found.append(item)
    return sorted(found, key=lambda item: item.start) if found else Unread("")


def _item(line: str) -> Item | None:
    read = _LINE.match(to_ascii_digits(clean(line)))
    if read is None:
        return None
    start = _minute(read["start"])
    end = _minute(read["end"]) if read["end"] else 0
    text = read["text"].strip()
    if start is None or end is None or not text or len(text) > LONGEST_ITEM:
        return None
    return Item(start, end, text) if not end or end > start else None


def _minute(clock: str) -> int | None:
    time = parse_time(clock.replace(".", ":"))
    return None if time is None else time.hour * 60 + time.minute
