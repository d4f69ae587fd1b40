"""Invitations: codes of 80 bits, stored hashed, bound to an organisation and a role, for a number of uses.

A code is sixteen characters of Crockford's base 32 (no I, L, O, U), written in groups of four.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import Instant, invitations, members
from storage.vault import code_hash

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
WRONG_CODES = 5
"""How many wrong codes a person may try within WRONG_WITHIN."""
WRONG_WITHIN = timedelta(hours=1)

_ALIKE = str.maketrans("OIL", "011")
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015_.]+")
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a code gives: membership of an organisation in a role, while uses are left."""

    id: int
    organisation_id: int | None
    role: str
    uses_left: int
    expires_at: datetime


def canonical(typed: str) -> str:
    """Return a typed code (digits already 0-9) in its one form, or an empty text where it can't be a code."""
    bare = _BETWEEN.sub("", typed).upper().translate(_ALIKE)
    return bare if _CODE.fullmatch(bare) else ""


def grouped(code: str) -> str:
    """Write a code in groups of four, for reading and typing."""
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


class Invitations(Store):
    """Codes, their uses, and how often somebody guessed wrong."""

    async def issue(
        self, seed: str, *, organisation_id: int, role: str, uses: int, at: datetime, expires_at: datetime
    ) -> str:
        """Make the code that belongs to a random seed and return it; the same seed gives the same code."""
        code = self.code_of(seed, organisation_id=organisation_id, role=role)
        insert = self.upsert(invitations).values(
            code_hash=code_hash(code),
            organisation_id=organisation_id,
            role=role,
            uses_left=uses,
            expires_at=expires_at,
            created_at=at,
        )
        await self.run(insert.on_conflict_do_nothing(index_elements=["code_hash"]))
        return code

    def code_of(self, seed: str, *, organisation_id: int, role: str) -> str:
        """Return the code that `issue` makes of a seed, whether or not it has."""
        return self._code(f"{organisation_id}|{role}|{seed}")

    async def find(self, code: str) -> Invitation | None:
        """Find what a code is bound to, whether or not it can still be used."""
        row = await self.one(sa.select(invitations).where(invitations.c.code_hash == code_hash(code)))
        return None if row is None else _read(row)

    async def use(self, code: str, now: datetime) -> Invitation | None:
        """Take one use of a code; nothing where it is unknown, expired or used up. Never more than its uses."""
        row = await self.one(
            invitations.update()
            .where(
                invitations.c.code_hash == code_hash(code),
                invitations.c.uses_left > 0,
                invitations.c.expires_at > now,
            )
            .values(uses_left=invitations.c.uses_left - 1)
            .returning(invitations)
        )
        return None if row is None else _read(row)

    async def may_try(self, member_id: int, now: datetime) -> bool:
        """Say whether this person has not tried too many wrong codes of late."""
        tried = await self.scalar(
            sa.select(members.c.wrong_codes).where(
                members.c.id == member_id, members.c.wrong_codes_since > now - WRONG_WITHIN
            )
        )
        return int(tried or 0) < WRONG_CODES

    async def tried_wrong(self, member_id: int, now: datetime) -> None:
        """Count a wrong code; the count begins anew when WRONG_WITHIN has passed."""
        recent = sa.func.coalesce(members.c.wrong_codes_since > now - WRONG_WITHIN, sa.false())
        await self.run(
            members.update()
            .where(members.c.id == member_id)
            .values(
                wrong_codes=sa.case((recent, members.c.wrong_codes + 1), else_=1),
                wrong_codes_since=sa.case(
                    (recent, members.c.wrong_codes_since), else_=sa.literal(now, Instant)
                ),
            )
        )

    def _code(self, seed: str) -> str:
        # Derived rather than drawn, so that a double tap shows the same code instead of making another.
        key = self.unit.vault.key_for("invitations")
        number = int.from_bytes(hmac.new(key, seed.encode(), hashlib.sha256).digest()[:10])
        return "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def _read(row: sa.Row[Any]) -> Invitation:
    return Invitation(row.id, row.organisation_id, row.role, row.uses_left, row.expires_at)
