"""Who may do what in which state: the one decision that the dispatcher makes before every handler."""

from __future__ import annotations

from enum import Enum, auto

from storage.members import STAFF, Member

ALWAYS = frozenset({"privacy", "retention", "language", "speak", "stop", "panic"})
"""Open to everybody whose account is closed for now."""
LOCKED = ALWAYS | {"delete-me", "delete-sure", "delete-now"}
"""Who locked themselves may still leave for good."""
STOPPING = frozenset({"approval-no", "approval-undo", "halt"})
"""What only ever stops something: open to coordinators without their PIN, and even when they are frozen."""

PIN_TYPED = "pin-typed"
"""The answer that opens the tools."""


class Access(Enum):
    """Whether somebody may do something now."""

    OPEN = auto()
    NOT_THEIRS = auto()
    CLOSED = auto()


def access(name: str, who: tuple[str, ...], member: Member) -> Access:
    """Decide about an action by its name and the roles it is for."""
    if member.hold and not _in_spite_of(member, name):
        return Access.CLOSED
    return Access.OPEN if member.role in who else Access.NOT_THEIRS


def needs_pin(name: str, who: tuple[str, ...]) -> bool:
    """Say whether this is one of the coordinators' tools, which stand behind their PIN."""
    return set(who) <= set(STAFF) and name not in STOPPING and name != PIN_TYPED


def _in_spite_of(member: Member, name: str) -> bool:
    if member.hold == "locked":
        return name in LOCKED
    return name in ALWAYS or (member.coordinates and name in STOPPING)
