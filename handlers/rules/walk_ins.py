"""People written down by a coordinator: one a line, a name and perhaps an organisation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from locales import clean

MOST_AT_ONCE = 40
LONGEST_NAME = 80
_NUMBER = re.compile(r"^\W*[0-9٠-٩۰-۹]{1,3}\s*[.)\-–ـ:]\s*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One person; `organisation` is empty where none was written."""

    name: str
    organisation: str = ""


def entries(text: str) -> list[Entry]:
    """Read the people of a message; an empty list where there are none, too many, or a line is too long."""
    found = []
    for line in text.splitlines():
        written = clean(_NUMBER.sub("", line))
        name, _, organisation = re.sub("[،;؛\t|]", ",", written).partition(",")
        if not name.strip():
            continue
        entry = Entry(name.strip(), organisation.strip(" ,"))
        if max(len(entry.name), len(entry.organisation)) > LONGEST_NAME or not re.search(r"\w", entry.name):
            return []
        found.append(entry)
    return found if len(found) <= MOST_AT_ONCE else []
