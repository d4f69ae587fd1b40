"""The vault: personal fields sealed with AES-256-GCM and bound to the row that holds them.

A sealed value is `version (1) | key id (4) | nonce (12) | ciphertext and tag`. The associated data is
`table|column|row`, so that a value copied to another row or column does not open. Keys come from a ring kept
outside the database: the first one writes, every one reads.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import itertools
import os
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12


class VaultError(Exception):
    """A sealed value did not open: another key ring, another row, or damage. Carries no value."""


OPENED = 20_000
"""So many people's opened keys are remembered in a process (about 1 KB each)."""


class OpenedKeys:
    """People's own keys, opened: (key id, cipher) by key id and by person. Bounded; the oldest half goes first."""

    def __init__(self) -> None:
        self.by_id: dict[int, AESGCM] = {}
        self.by_member: dict[int, tuple[int, AESGCM]] = {}

    def add(self, key_id: int, member_id: int, cipher: AESGCM) -> tuple[int, AESGCM]:
        """Remember one."""
        self.by_id[key_id] = cipher
        return self.by_member.setdefault(member_id, (key_id, cipher))

    def update(self, others: OpenedKeys) -> None:
        """Remember several."""
        self.by_id.update(others.by_id)
        self.by_member.update(others.by_member)
        _halve(self.by_id)
        _halve(self.by_member)

    def forget(self, member_id: int) -> None:
        """Forget a person's key that new values would be sealed with."""
        found = self.by_member.pop(member_id, None)
        if found is not None:
            self.by_id.pop(found[0], None)


def _halve(kept: dict[int, Any]) -> None:
    if len(kept) > OPENED:
        for key in list(kept)[: OPENED // 2]:
            kept.pop(key, None)


class Vault:
    """Seals and opens fields, and computes the keyed indexes by which sealed values are found."""

    def __init__(self, ring: Sequence[bytes]) -> None:
        """Take the key ring, newest first. Each key is 32 random bytes; raises ValueError otherwise."""
        if not ring:
            raise ValueError("the key ring is empty")
        if len({_key_id(key) for key in ring}) < len(ring):
            raise ValueError("the key ring holds a key twice")
        for key in ring:
            if len(key) != KEY_BYTES or len(set(key)) < 8:
                raise ValueError("a key must be 32 random bytes")
        self._ring = {_key_id(key): key for key in ring}
        self._first = _key_id(ring[0])
        self._ciphers = {ident: AESGCM(_derive(key, b"field")) for ident, key in self._ring.items()}
        self._index_keys = [_derive(key, b"index") for key in ring]
        self.opened = OpenedKeys()
        """People's own keys that this process has opened, see storage.keys."""

    def seal(self, value: str | bytes, table: str, column: str, row: int | str) -> bytes:
        """Encrypt one value for one place."""
        plain = value.encode() if isinstance(value, str) else value
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, plain, place(table, column, row))
        return VERSION + self._first + nonce + sealed

    def open(self, sealed: bytes, table: str, column: str, row: int | str) -> bytes:
        """Decrypt a value sealed for this very place; raises VaultError."""
        cipher = self._ciphers.get(bytes(sealed[1:5])) if sealed[:1] == VERSION else None
        if cipher is None:
            raise VaultError(f"no key of the ring opens {table}.{column}")
        try:
            return cipher.decrypt(bytes(sealed[5:17]), bytes(sealed[17:]), place(table, column, row))
        except InvalidTag:
            raise VaultError(f"a value of {table}.{column} does not open") from None

    def open_text(self, sealed: bytes | None, table: str, column: str, row: int | str) -> str:
        """Decrypt a text; a missing value is an empty text."""
        return "" if sealed is None else self.open(sealed, table, column, row).decode()

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Name the keys of the ring, newest first, without telling anything of them."""
        return tuple(ident.hex() for ident in self._ring)

    def index(self, purpose: str, *parts: str) -> bytes:
        """Return the keyed look-up value of something low in entropy (a phone number, a chat id): 32 bytes."""
        return self.indexes(purpose, *parts)[0]

    def indexes(self, purpose: str, *parts: str) -> list[bytes]:
        """Return the look-up values by every key of the ring, newest first: until all rows are found by the newest."""
        message = "\x1f".join((purpose, *parts)).encode()
        return [hmac.digest(key, message, "sha256") for key in self._index_keys]

    def key_for(self, purpose: str, key_id: str = "") -> bytes:
        """Derive a 32-byte key for another use (backups, for example), by default from the newest key.

        Raises VaultError where the ring lacks the key that is named.
        """
        key = self._ring.get(bytes.fromhex(key_id) if key_id else self._first)
        if key is None:
            raise VaultError("the key ring lacks the key that this was sealed with")
        return _derive(key, purpose.encode())


def new_key() -> str:
    """Draw a key and return it as the text that `SECRET_KEYS` and the key file hold."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def parse_key(text: str) -> bytes:
    """Read one key from its text; raises ValueError in words for an operator."""
    try:
        key = base64.urlsafe_b64decode(text.strip().encode())
    except (binascii.Error, ValueError):
        raise ValueError("a key is 32 bytes in URL-safe base64; make one with `diwakhan keys new`") from None
    if len(key) != KEY_BYTES or _made_up(key):
        raise ValueError("a key is 32 random bytes in URL-safe base64; make one with `diwakhan keys new`")
    return key


def _made_up(key: bytes) -> bool:
    """Say whether somebody typed a key or took it from an example: repeated, counted, or all printable.

    Each of these befalls a key that was drawn less often than once in 10**13.
    """
    steps = {(after - before) % 256 for before, after in itertools.pairwise(key)}
    return len(set(key)) < 12 or len(steps) < 4 or all(32 <= byte < 127 for byte in key)


def random_id() -> int:
    """Draw a row key that counts nobody: 53 bits, so that JSON readers keep it exactly."""
    return secrets.randbits(52) | (1 << 52)


def code_hash(code: str) -> bytes:
    """Hash a high-entropy code (80 bits and more) for storage."""
    return hashlib.sha256(code.encode()).digest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"diwakhan key id" + key).digest()[:4]


@lru_cache(maxsize=64)
def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"diwakhan " + purpose).derive(
        key
    )


def place(table: str, column: str, row: int | str) -> bytes:
    """Return what a sealed value is bound to."""
    return f"{table}|{column}|{row}".encode()
