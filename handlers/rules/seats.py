"""Who gets a seat: decided from an event, its seats as they are while the event is held, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from handlers.rules.kinds import KINDS
from handlers.rules.roles import MEMBERS
from storage.events import Event
from storage.registrations import Registration, Seats


class Reason(Enum):
    """Why somebody can't register."""

    NOT_PUBLISHED = auto()
    CANCELLED = auto()
    STARTED = auto()
    DEADLINE = auto()
    MEMBERS_ONLY = auto()


@dataclass(frozen=True, slots=True)
class Joined:
    """A seat is theirs."""


@dataclass(frozen=True, slots=True)
class Waitlisted:
    """Every seat is taken; they wait at this place in line, 1 being the next."""

    place: int


@dataclass(frozen=True, slots=True)
class Already:
    """They have a seat or a place in line already."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The event changed since the button was shown: they should see it before they decide."""


@dataclass(frozen=True, slots=True)
class Closed:
    """They can't register, and why."""

    reason: Reason


Outcome = Joined | Waitlisted | Already | Changed | Closed


def decide(
    event: Event, mine: Registration | None, seats: Seats, role: str, revision: int, now: datetime
) -> Outcome:
    """Say what becomes of somebody who asks for a seat by a button of that revision."""
    if mine is not None:
        return Already()
    if reason := barrier(event, role, now):
        return Closed(reason)
    if revision != event.revision:
        return Changed()
    free = free_seats(event, seats)
    if free is not None and free <= seats.waitlisted:
        return Waitlisted(seats.waitlisted + 1)
    return Joined()


def barrier(event: Event, role: str, now: datetime) -> Reason | None:
    """Say why a person of this role can't register now, seats aside."""
    if event.state == "cancelled":
        return Reason.CANCELLED
    if event.state != "published" or event.starts_at is None or event.deadline is None:
        return Reason.NOT_PUBLISHED
    if event.started(now):
        return Reason.STARTED
    if event.deadline <= now:
        return Reason.DEADLINE
    return None if may_attend(role, event.kind) else Reason.MEMBERS_ONLY


def may_attend(role: str, kind: str) -> bool:
    """Say whether people of a role may register for a kind of event."""
    if role == "donor":
        return kind in KINDS and KINDS[kind].donors
    return role in MEMBERS


def free_seats(event: Event, seats: Seats) -> int | None:
    """Return how many seats are free; None where there is no limit; never negative after a limit was lowered."""
    return None if event.capacity is None else max(0, event.capacity - seats.confirmed)


def promotions(event: Event, seats: Seats, now: datetime) -> int:
    """Return how many of those who wait get a seat now: none once the event has started."""
    if event.state != "published" or event.started(now):
        return 0
    free = free_seats(event, seats)
    return seats.waitlisted if free is None else min(free, seats.waitlisted)
