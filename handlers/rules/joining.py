"""How somebody comes in: what a link carries, and what comes of a code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from storage.members import Member

_PAYLOAD = re.compile(r"i[0-9A-Za-z-]{16,24}|e[0-9]{1,15}|c[0-9]{6}")


@dataclass(frozen=True, slots=True)
class Joined:
    """The person belongs to the organisation now, or did already."""

    organisation_id: int


@dataclass(frozen=True, slots=True)
class NoSuchCode:
    """The code is unknown, expired or used up: which of these is not said."""


@dataclass(frozen=True, slots=True)
class TooManyTries:
    """Too many wrong codes of late: even a right one has to wait."""


Admission = Joined | NoSuchCode | TooManyTries


def payload_of(text: str) -> str:
    """Return what a deep link carries (`i<code>`, `e<event>`, `c<check-in code>`), or an empty text otherwise."""
    return text if _PAYLOAD.fullmatch(text) else ""


def belongs(member: Member, organisation_id: int | None) -> bool:
    """Say whether a person already is of this organisation, so that a code would give them nothing."""
    return (
        organisation_id is not None and member.organisation_id == organisation_id and member.role != "guest"
    )
