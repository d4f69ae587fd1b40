"""Who gets a seat: decided from an event, its seats and line as they are while it is held, and who asks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from handlers.rules.kinds import KINDS
from handlers.rules.offers import has_stopped
from handlers.rules.roles import MEMBERS
from storage.events import Event
from storage.registrations import Line, Registration, Seats


class Reason(Enum):
    """Why somebody can't register."""

    NOT_PUBLISHED = auto()
    CANCELLED = auto()
    STARTED = auto()
    DEADLINE = auto()
    MEMBERS_ONLY = auto()
    INVITE_ONLY = auto()
    DECLINED = auto()
    REMOVED = auto()


class Because(Enum):
    """Why somebody has to wait."""

    FULL = auto()
    ORGANISATION = auto()


@dataclass(frozen=True, slots=True)
class Joined:
    """A seat is theirs."""


@dataclass(frozen=True, slots=True)
class Applied:
    """They asked for a seat; coordinators choose."""


@dataclass(frozen=True, slots=True)
class Waitlisted:
    """They wait at this place in line, 1 being the next, and why: no seat is left, or none for their organisation."""

    place: int
    because: Because = Because.FULL


@dataclass(frozen=True, slots=True)
class Already:
    """They have a seat, a place in line or an application already."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The event changed since the button was shown: they should see it before they decide."""


@dataclass(frozen=True, slots=True)
class Closed:
    """They can't register, and why."""

    reason: Reason


Outcome = Joined | Applied | Waitlisted | Already | Changed | Closed
STATES: dict[type[Outcome], str] = {Joined: "confirmed", Applied: "applied", Waitlisted: "waitlisted"}
"""The state of a registration that each outcome begins, where it begins one."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a seat: their role, their organisation, and where they stand already.

    `turned_away` is the state in which coordinators ended their last registration, where they did.
    """

    role: str
    organisation_id: int | None
    mine: Registration | None = None
    turned_away: str = ""

    @property
    def invited(self) -> bool:
        """Say whether they were invited and have not answered."""
        return self.mine is not None and self.mine.state == "invited"

    @property
    def chosen(self) -> bool:
        """Say whether coordinators have chosen them already, rather than a colleague."""
        return self.invited and self.mine is not None and self.mine.nominator_id is None


def decide(event: Event, line: Line, asker: Asker, revision: int, now: datetime) -> Outcome:
    """Say what becomes of somebody who asks for a seat by a button of that revision."""
    waits = asker.mine is not None and asker.mine.state == "waitlisted"
    if asker.mine is not None and not asker.invited:
        outcome = seat(event, line, asker.organisation_id, now) if waits and has_stopped(event, now) else None
        return outcome if isinstance(outcome, Joined) and not event.started(now) else Already()
    if reason := barrier(event, asker.role, now, invited=asker.invited):
        return Closed(reason)
    if asker.turned_away:
        return Closed(Reason.DECLINED if asker.turned_away == "declined" else Reason.REMOVED)
    if revision != event.revision:
        return Changed()
    if event.approval and not asker.chosen:
        return Applied()
    return seat(event, line, asker.organisation_id, now)


def seat(event: Event, line: Line, organisation_id: int | None, now: datetime) -> Joined | Waitlisted:
    """Say whether there is a seat for one more person of an organisation, those who wait before them served first."""
    taken = Counter(line.taken)
    taken.update(one.organisation_id for one in next_in_line(event, line, now))
    if event.capacity is not None and taken.total() >= event.capacity:
        return Waitlisted(line.length + 1)
    if not _has_room(event, taken, organisation_id):
        return Waitlisted(line.length + 1, Because.ORGANISATION)
    return Joined()


def next_in_line(event: Event, line: Line, now: datetime) -> list[Registration]:
    """Return those who wait and get the free seats now, in order: none from shortly before the start on.

    Somebody whose organisation has all the seats it may have lets others pass.
    """
    if event.state != "published" or has_stopped(event, now):
        return []
    taken, chosen = Counter(line.taken), []
    for one in line.waiting:
        if event.capacity is not None and taken.total() >= event.capacity:
            break
        if _has_room(event, taken, one.organisation_id):
            taken[one.organisation_id] += 1
            chosen.append(one)
    return chosen


def _has_room(event: Event, taken: Counter[int | None], organisation_id: int | None) -> bool:
    """Say whether an organisation may have one more seat; who belongs to none is not limited."""
    if event.per_organisation is None or organisation_id is None:
        return True
    return taken[organisation_id] < event.per_organisation


def barrier(event: Event, role: str, now: datetime, *, invited: bool = False) -> Reason | None:
    """Say why a person of this role can't register now, seats aside."""
    if event.state == "cancelled":
        return Reason.CANCELLED
    if event.state != "published" or event.starts_at is None or event.deadline is None:
        return Reason.NOT_PUBLISHED
    if event.started(now):
        return Reason.STARTED
    if event.deadline <= now:
        return Reason.DEADLINE
    if not may_attend(role, event.kind):
        return Reason.MEMBERS_ONLY
    return Reason.INVITE_ONLY if event.invite_only and not invited else None


def may_attend(role: str, kind: str) -> bool:
    """Say whether people of a role may register for a kind of event."""
    if role == "donor":
        return kind in KINDS and KINDS[kind].donors
    return role in MEMBERS


def free_seats(event: Event, seats: Seats) -> int | None:
    """Return how many seats are free; None where there is no limit; never negative after a limit was lowered."""
    return None if event.capacity is None else max(0, event.capacity - seats.held)
