"""A key of each person's own: what is sealed with it can't be read by anybody once the key is gone.

The key lies in `member_keys`, itself sealed by the vault, and goes with the person. Backups do not hold that table (see
storage.backups), so that with today's keys an old backup tells nothing of somebody who has been erased since.

A value sealed so is `version (2) | key id (8) | nonce (12) | ciphertext and tag`: it names its key, which may be
another person's who was found to be the same one. Opened keys are remembered in the process, so that an ordinary Turn
asks the database for none.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.store import Store
from storage.tables import member_keys
from storage.vault import KEY_BYTES, NONCE_BYTES, OpenedKeys, VaultError, place, random_id

VERSION = b"\x02"
HEAD = 9
ID_BYTES = 8
AT_ONCE = 5_000


class MemberKeys(Store):
    """Seals what is one person's, and opens it. `load` comes first: opening itself asks nothing of the database."""

    def __init__(self, unit: Any) -> None:
        super().__init__(unit)
        self._known = OpenedKeys()

    async def seal(self, member_id: int, value: str, table: str, column: str, row: int | str) -> bytes:
        """Encrypt a value for one place with a person's key, which is drawn when it is needed first."""
        key_id, cipher = await self._of(member_id)
        nonce = os.urandom(NONCE_BYTES)
        sealed = cipher.encrypt(nonce, value.encode(), place(table, column, row))
        return VERSION + key_id.to_bytes(ID_BYTES, "big") + nonce + sealed

    async def load(self, *sealed: bytes | None) -> None:
        """Make ready the keys of several values that are about to be opened."""
        missing = {key_id for key_id in map(key_of, sealed) if key_id and self._cipher(key_id) is None}
        wanted = sorted(missing)
        for start in range(0, len(wanted), AT_ONCE):
            some = member_keys.c.id.in_(wanted[start : start + AT_ONCE])
            for row in await self.all(sa.select(member_keys).where(some)):
                self._take(row)

    async def load_column(self, rows: Iterable[Any], column: str) -> None:
        """Make ready the keys of one column of several rows."""
        await self.load(*(getattr(row, column) for row in rows))

    def open_text(self, sealed: bytes | None, table: str, column: str, row: int | str) -> str:
        """Decrypt a text whose key was loaded; a missing value is an empty text. Raises VaultError."""
        if sealed is None:
            return ""
        key_id = key_of(sealed)
        if not key_id:
            return self.unit.vault.open_text(sealed, table, column, row)
        cipher = self._cipher(key_id)
        if cipher is None:
            raise VaultError(f"the person's key to {table}.{column} is gone")
        nonce = bytes(sealed[HEAD : HEAD + NONCE_BYTES])
        try:
            plain = cipher.decrypt(nonce, bytes(sealed[HEAD + NONCE_BYTES :]), place(table, column, row))
        except InvalidTag:
            raise VaultError(f"a value of {table}.{column} does not open") from None
        return plain.decode()

    def committed(self) -> None:
        """Let the process remember the keys of this unit of work: only now is it sure that they are kept."""
        self.unit.vault.opened.update(self._known)

    def _cipher(self, key_id: int) -> AESGCM | None:
        return self._known.by_id.get(key_id) or self.unit.vault.opened.by_id.get(key_id)

    async def _of(self, member_id: int) -> tuple[int, AESGCM]:
        opened = self.unit.vault.opened
        found = self._known.by_member.get(member_id) or opened.by_member.get(member_id)
        if found is not None:
            return found
        row = await self.one(
            sa.select(member_keys)
            .where(member_keys.c.member_id == member_id)
            .order_by(member_keys.c.id)
            .limit(1)
        )
        return await self._make(member_id) if row is None else self._take(row)

    async def _make(self, member_id: int) -> tuple[int, AESGCM]:
        key_id, key = random_id(), secrets.token_bytes(KEY_BYTES)
        sealed = self.unit.vault.seal(key, "member_keys", "key", key_id)
        await self.run(member_keys.insert().values(id=key_id, member_id=member_id, key_sealed=sealed))
        return self._known.add(key_id, member_id, AESGCM(key))

    def _take(self, row: Any) -> tuple[int, AESGCM]:
        key = self.unit.vault.open(row.key_sealed, "member_keys", "key", row.id)
        return self._known.add(row.id, row.member_id, AESGCM(key))


def key_of(sealed: bytes | None) -> int:
    """Return the id of the person's key that a value is sealed with; 0 where it is none."""
    if sealed is None or sealed[:1] != VERSION:
        return 0
    return int.from_bytes(sealed[1:HEAD], "big")
