"""Whether an act needs a second person, and whether this person's yes counts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from storage.approvals import Approval
from storage.members import Member

FEW = 20
"""So many people may be written to within a day without a second person."""
VALID = timedelta(minutes=30)
"""For how long a second person may agree."""
ALONE_AFTER = timedelta(minutes=30)
"""After what delay, with notice to all, one may go ahead alone."""
UNDO = timedelta(seconds=60)
SETTLED_PIN = timedelta(days=1)
"""How old a PIN has to be before it lets somebody go ahead alone: a thief would set one first."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What exactly would be done, as a digest, and how many people it would reach."""

    digest: str
    people: int = 0


class Verdict(Enum):
    """Whether a yes counts, and if not, why."""

    COUNTS = auto()
    OWN = auto()
    NOT_STAFF = auto()
    DECIDED = auto()
    TOO_LATE = auto()
    CHANGED = auto()
    GREW = auto()


def digest(*parts: object) -> str:
    """Sum up what is signed."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def is_needed(staff: Collection[int], asker_id: int, *, off: bool, people: int, always: bool) -> bool:
    """Say whether a second person has to agree. With nobody else there, nobody can be asked."""
    return can_be_needed(staff, asker_id, off=off) and (always or people > FEW)


def can_be_needed(staff: Collection[int], asker_id: int, *, off: bool) -> bool:
    """Say whether a second person may have to agree to anything at all."""
    return bool(set(staff) - {asker_id}) and not off


def judge(asked: Approval, approver: Member, now_is: Signed | None, seen: str, now: datetime) -> Verdict:
    """Judge a yes: from another person, who coordinates, in time, to exactly what was asked for and shown."""
    if approver.id == asked.asker_id:
        return Verdict.OWN
    if not approver.coordinates or approver.hold:
        return Verdict.NOT_STAFF
    if asked.state not in ("waiting", "alone"):
        return Verdict.DECIDED
    if now >= asked.ends_at:
        return Verdict.TOO_LATE
    if not asked.signed.startswith(seen) or len(seen) < 12:
        return Verdict.CHANGED
    return still_as_signed(asked, now_is)


def still_as_signed(asked: Approval, now_is: Signed | None) -> Verdict:
    """Compare what would be done now with what was signed."""
    if now_is is None or now_is.digest != asked.signed:
        return Verdict.CHANGED
    return Verdict.GREW if now_is.people > asked.people else Verdict.COUNTS


def may_go_alone(pin_set_at: datetime | None, now: datetime) -> bool:
    """Say whether somebody may go ahead alone after the delay: only behind a PIN that is not brand-new."""
    return pin_set_at is not None and now - pin_set_at >= SETTLED_PIN
