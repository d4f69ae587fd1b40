"""Who may nominate a colleague, and whom a nomination's words mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.rules.roles import MEMBERS
from locales import fold
from storage.events import Event
from storage.members import Member

MOST = 3
"""How many colleagues one person may nominate for one event."""
LONGEST_NAME, LONGEST_WHY = 100, 300


def may_nominate(event: Event, member: Member, now: datetime) -> bool:
    """Say whether somebody may nominate colleagues for an event: members of an organisation, until it closes."""
    if event.state != "published" or event.deadline is None or event.deadline <= now:
        return False
    return member.role in MEMBERS and member.organisation_id is not None


def meant(name: str, colleagues: Sequence[Member], author_id: int) -> Member | None:
    """Return the one colleague who goes by this name; nobody where none does, or more than one."""
    wanted = fold(name)
    found = [
        one for one in colleagues if one.id != author_id and one.role in MEMBERS and fold(one.name) == wanted
    ]
    return found[0] if len(found) == 1 else None
