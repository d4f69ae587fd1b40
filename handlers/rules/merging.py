"""Whether a coordinator may make two records one, and what the one that stays becomes."""

from __future__ import annotations

from enum import Enum, auto

from handlers.rules.roles import is_granted
from storage.members import Member

RANK = {role: rank for rank, role in enumerate(("guest", "member", "donor", "coordinator", "administrator"))}


class Refusal(Enum):
    """Why two records stay two."""

    SAME = auto()
    OWN = auto()
    """The one that would go is the actor's own."""
    NEEDS_ADMINISTRATOR = auto()


def refused(actor: Member, kept: Member, gone: Member) -> Refusal | None:
    """Say why somebody may not make two records one, or nothing where they may."""
    if kept.id == gone.id:
        return Refusal.SAME
    if actor.role != "administrator" and (is_granted(kept.role) or is_granted(gone.role)):
        return Refusal.NEEDS_ADMINISTRATOR
    return Refusal.OWN if gone.id == actor.id else None


def outcome(kept: Member, gone: Member) -> tuple[str, int | None]:
    """Return the role and the organisation of the record that stays: the higher role, its own organisation first."""
    role = max(kept.role, gone.role, key=RANK.__getitem__)
    return role, kept.organisation_id if kept.organisation_id is not None else gone.organisation_id
