"""Who becomes what: by joining an organisation, and by an administrator's word."""

from __future__ import annotations

from enum import Enum, auto

from storage.members import Member

STAFF = ("coordinator", "administrator")
MEMBERS = ("member", *STAFF)
GRANTED = ("coordinator", "donor")
"""What an administrator may make of somebody in chat; administrators themselves come from the settings."""


def is_granted(role: str) -> bool:
    """Say whether a role is more than anybody gets by joining: it never changes hands by itself."""
    return role in (*STAFF, "donor")


class Refusal(Enum):
    """Why a role stays as it is."""

    UNCHANGED = auto()
    LAST_ADMINISTRATOR = auto()
    NOT_GRANTED = auto()


def after_joining(current: str, offered: str) -> str:
    """Return the role of somebody who joins an organisation: staff stay staff."""
    return current if current in STAFF else offered


def without_grant(member: Member) -> str:
    """Return the role that is left when a granted one is taken back."""
    return "member" if member.organisation_id is not None else "guest"


def refused(target: Member, role: str, administrators: int) -> Refusal | None:
    """Say why a person's role can't become this one, or nothing where it can.

    `administrators` counts those there are now: the last one stays.
    """
    if role not in (*GRANTED, without_grant(target)):
        return Refusal.NOT_GRANTED
    if target.role == role:
        return Refusal.UNCHANGED
    if is_last_administrator(target, administrators):
        return Refusal.LAST_ADMINISTRATOR
    return None


def is_last_administrator(member: Member, administrators: int) -> bool:
    """Say whether nobody could grant roles any more without this person."""
    return member.role == "administrator" and administrators <= 1
