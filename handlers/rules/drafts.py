"""What an event still lacks: what keeps it from being published, and what people would miss."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from handlers.rules.kinds import is_in_person, is_online
from storage.events import Event

LONGEST_LINK = 500
_LINK = re.compile(r"https?://[^\s<>\"/]+\.[^\s<>\"]+", re.IGNORECASE)


class Obstacle(Enum):
    """Why an event can't be published yet."""

    NO_TITLE = auto()
    NO_TIME = auto()
    PAST = auto()
    DEADLINE = auto()


@dataclass(frozen=True, slots=True)
class Gap:
    """A text that is missing in some languages; those readers see another language's."""

    column: str
    langs: tuple[str, ...]


def obstacles(event: Event, now: datetime) -> list[Obstacle]:
    """List what keeps an event from being published."""
    found = [] if event.title("en") else [Obstacle.NO_TITLE]
    if event.starts_at is None:
        return [*found, Obstacle.NO_TIME]
    if event.started(now):
        found.append(Obstacle.PAST)
    if event.closes_at is not None and not now < event.closes_at <= event.starts_at:
        found.append(Obstacle.DEADLINE)
    return found


def gaps(event: Event) -> list[Gap]:
    """List the texts that are missing: titles, descriptions, and places where people meet in person."""
    columns = ["title", "description", *(["place"] if is_in_person(event.mode) else [])]
    return [Gap(column, langs) for column in columns if (langs := event.missing(column))]


def lacks_link(event: Event) -> bool:
    """Say whether people could not join online for want of a link."""
    return is_online(event.mode) and not event.join_link


def link_in(text: str) -> str:
    """Return the first web address in a text, or an empty text."""
    found = _LINK.search(text)
    return "" if found is None or len(found[0]) > LONGEST_LINK else found[0].rstrip(".,;)،؛")
