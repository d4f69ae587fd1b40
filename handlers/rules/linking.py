"""Whether a typed code links two chats, and how often somebody may guess."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto

from handlers.rules.roles import is_granted
from storage.linking import Tries
from storage.members import Member

MOST_TRIES = 5
WINDOW = timedelta(minutes=10)
"""After MOST_TRIES wrong codes nothing is tried for the rest of the WINDOW that began with the first of them."""
MOST_APPS = 5
"""How many addresses one person may have."""


class Linking(Enum):
    """What comes of a right code."""

    JOINS = auto()
    """The chat goes over to the code's maker, once the person who typed it says so."""
    ASKS_MAKER = auto()
    """As JOINS, but its maker says yes in their own chat first."""
    SAME = auto()
    """Both chats are one person's already."""
    OTHER_WAY_ROUND = auto()
    """The chat it was typed in stands higher: the code is to be made there."""
    NEEDS_ADMINISTRATOR = auto()
    """Two people with granted roles: an administrator joins them."""
    FULL = auto()
    """Its maker has as many apps as one person may have."""


def decide(maker: Member, typing: Member, apps: int) -> Linking:
    """Say what comes of a right code. `apps` is how many addresses both would have together.

    The maker's record stays with its role and organisation; nobody's standing rises by a code.
    """
    if maker.id == typing.id:
        return Linking.SAME
    if is_granted(typing.role):
        return Linking.NEEDS_ADMINISTRATOR if is_granted(maker.role) else Linking.OTHER_WAY_ROUND
    if typing.role == "member" and maker.role == "guest":
        return Linking.OTHER_WAY_ROUND
    if apps > MOST_APPS:
        return Linking.FULL
    return Linking.ASKS_MAKER if is_granted(maker.role) else Linking.JOINS


def may_try(tries: Tries | None, now: datetime) -> bool:
    """Say whether a code is looked at, given the wrong ones of late."""
    return tries is None or tries.count < MOST_TRIES or now >= tries.since + WINDOW


def after_wrong(tries: Tries | None, now: datetime) -> Tries:
    """Count one more wrong code; the count begins anew when the window has passed."""
    if tries is None or now >= tries.since + WINDOW:
        return Tries(1, now)
    return Tries(tries.count + 1, tries.since)
