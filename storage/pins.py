"""What opens coordinators' tools: a PIN as argon2id, sealed with the vault's keys, and an authenticator's key.

The seal is the pepper: without the key ring, which is not in the database, no guess can be checked.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from storage.store import Store
from storage.tables import pins

SALT_BYTES, HASH_BYTES = 16, 32
PASSES, MEMORY_KIB = 2, 19 * 1024
"""OWASP's first choice for argon2id: two passes over 19 MiB."""
CODE_SECONDS, CODE_DIGITS, CODE_KEY_BYTES = 30, 6, 20
"""What every authenticator app takes (RFC 6238)."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One coordinator's lock. `has_pin` and `has_code` say what opens it; `wrong` counts since it was last right."""

    member_id: int
    has_pin: bool
    has_code: bool
    set_at: datetime
    wrong: int
    blocked_until: datetime | None
    open_in: int | None
    open_until: datetime | None

    def open_at(self, address_id: int, now: datetime) -> bool:
        """Say whether it stands open in a chat."""
        return self.open_in == address_id and self.open_until is not None and now < self.open_until


class Pins(Store):
    """One row for each coordinator who set one."""

    async def get(self, member_id: int) -> Pin | None:
        """Find somebody's lock; nothing where they set none."""
        row = await self._row(member_id)
        if row is None or not (row.pin_sealed or row.code_proven):
            return None
        return Pin(
            row.member_id,
            row.pin_sealed is not None,
            row.code_proven,
            row.set_at,
            row.wrong,
            row.blocked_until,
            row.open_in,
            row.open_until,
        )

    async def set_pin(self, member_id: int, pin: str, at: datetime) -> None:
        """Set or change a PIN."""
        salt = os.urandom(SALT_BYTES)
        sealed = self.unit.vault.seal(salt + _argon(salt).derive(pin.encode()), "pins", "pin", member_id)
        await self._put(member_id, at, pin_sealed=sealed)

    async def is_pin(self, member_id: int, pin: str) -> bool:
        """Say whether this is somebody's PIN."""
        row = await self._row(member_id)
        if row is None or row.pin_sealed is None:
            return False
        kept = self.unit.vault.open(row.pin_sealed, "pins", "pin", member_id)
        try:
            _argon(kept[:SALT_BYTES]).verify(pin.encode(), kept[SALT_BYTES:])
        except InvalidKey:
            return False
        return True

    async def draw_code_key(self, member_id: int, at: datetime) -> bytes:
        """Draw a key for an authenticator app and return it; it counts once a code of it was right.

        One that waits for that already is returned again.
        """
        row = await self._row(member_id)
        if row is not None and row.code_key_sealed is not None and not row.code_proven:
            return self.unit.vault.open(row.code_key_sealed, "pins", "code_key", member_id)
        key = os.urandom(CODE_KEY_BYTES)
        sealed = self.unit.vault.seal(key, "pins", "code_key", member_id)
        await self._put(member_id, at, code_key_sealed=sealed, code_step=0, code_proven=False)
        return key

    async def is_code(self, member_id: int, code: str, now: datetime) -> bool:
        """Say whether this is the authenticator's code of now or of a step beside it; each works once."""
        row = await self._row(member_id)
        if row is None or row.code_key_sealed is None:
            return False
        totp = _totp(self.unit.vault.open(row.code_key_sealed, "pins", "code_key", member_id))
        step = int(now.timestamp()) // CODE_SECONDS
        for one in (step - 1, step, step + 1):
            right = hmac.compare_digest(totp.generate(one * CODE_SECONDS), code.encode())
            if right and one > row.code_step:
                await self.change(member_id, code_step=one, code_proven=True)
                return True
        return False

    async def change(self, member_id: int, **fields: Any) -> None:
        """Set columns of somebody's lock."""
        await self.run(pins.update().where(pins.c.member_id == member_id).values(**fields))

    async def open(self, member_id: int, address_id: int, until: datetime) -> None:
        """Let it stand open in one chat until a moment."""
        await self.change(member_id, open_in=address_id, open_until=until, wrong=0, blocked_until=None)

    async def stay_open(self, lock: Pin, until: datetime, step: timedelta) -> None:
        """Put off its closing, written down no oftener than every `step`."""
        if lock.open_until is not None and until - lock.open_until >= step:
            await self.change(lock.member_id, open_until=until)

    async def remove(self, member_id: int) -> bool:
        """Take somebody's lock away; False where there was none."""
        return await self.run(pins.delete().where(pins.c.member_id == member_id)) == 1

    async def carry_over(self, gone_id: int, kept_id: int) -> None:
        """Where only the record that goes has a lock, give it to the one that stays, sealed anew."""
        row = await self._row(gone_id)
        if row is not None and await self._row(kept_id) is None:
            values = {**row._mapping, "member_id": kept_id, "open_in": None, "open_until": None}
            for column in ("pin", "code_key"):
                if values[f"{column}_sealed"] is not None:
                    plain = self.unit.vault.open(values[f"{column}_sealed"], "pins", column, gone_id)
                    values[f"{column}_sealed"] = self.unit.vault.seal(plain, "pins", column, kept_id)
            await self.run(pins.insert().values(**values))
        await self.remove(gone_id)

    async def _row(self, member_id: int) -> sa.Row[Any] | None:
        return await self.one(sa.select(pins).where(pins.c.member_id == member_id))

    async def _put(self, member_id: int, at: datetime, **values: Any) -> None:
        insert = self.upsert(pins).values(member_id=member_id, set_at=at, **values)
        await self.run(
            insert.on_conflict_do_update(index_elements=["member_id"], set_={**values, "set_at": at})
        )


def _argon(salt: bytes) -> Argon2id:
    return Argon2id(salt=salt, length=HASH_BYTES, iterations=PASSES, lanes=1, memory_cost=MEMORY_KIB)


def _totp(key: bytes) -> TOTP:
    return TOTP(key, CODE_DIGITS, SHA1(), CODE_SECONDS)  # noqa: S303 - the apps know no other
