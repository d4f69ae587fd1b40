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
import os
import secrets
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12


class VaultError(Exception):
    """A sealed value did not open: another key ring, another row, or damage. Carries no value."""


class Vault:
    """Seals and opens fields, and computes the keyed indexes by which sealed values are found."""

    def __init__(self, ring: Sequence[bytes]) -> None:
        """Take the key ring, newest first. Each key is 32 random bytes; raises ValueError otherwise."""
        if not ring:
            raise ValueError("the key ring is empty")
        for key in ring:
            if len(key) != KEY_BYTES or len(set(key)) < 8:
                raise ValueError("a key must be 32 random bytes")
        self._ring = {_key_id(key): key for key in ring}
        self._first = _key_id(ring[0])
        self._oldest = ring[-1]
        self._ciphers = {ident: AESGCM(_derive(key, b"field")) for ident, key in self._ring.items()}
        self._index_key = _derive(self._oldest, b"index")

    def seal(self, value: str | bytes, table: str, column: str, row: int | str) -> bytes:
        """Encrypt one value for one place."""
        plain = value.encode() if isinstance(value, str) else value
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, plain, _place(table, column, row))
        return VERSION + self._first + nonce + sealed

    def open(self, sealed: bytes, table: str, column: str, row: int | str) -> bytes:
        """Decrypt a value sealed for this very place; raises VaultError."""
        cipher = self._ciphers.get(bytes(sealed[1:5])) if sealed[:1] == VERSION else None
        if cipher is None:
            raise VaultError(f"no key of the ring opens {table}.{column}")
        try:
            return cipher.decrypt(bytes(sealed[5:17]), bytes(sealed[17:]), _place(table, column, row))
        except InvalidTag:
            raise VaultError(f"a value of {table}.{column} does not open") from None

    def open_text(self, sealed: bytes | None, table: str, column: str, row: int | str) -> str:
        """Decrypt a text; a missing value is an empty text."""
        return "" if sealed is None else self.open(sealed, table, column, row).decode()

    def index(self, purpose: str, *parts: str) -> bytes:
        """Return the keyed look-up value of something low in entropy (a phone number, a chat id): 32 bytes.

        The oldest key of the ring computes it, so that rotation does not lose anyone.
        """
        message = "\x1f".join((purpose, *parts)).encode()
        return hmac.new(self._index_key, message, hashlib.sha256).digest()

    def key_for(self, purpose: str) -> bytes:
        """Derive a 32-byte key for another use (signed links, for example)."""
        return _derive(self._ring[self._first], purpose.encode())


def new_key() -> str:
    """Draw a key and return it as the text that `SECRET_KEYS` and the key file hold."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def parse_key(text: str) -> bytes:
    """Read one key from its text; raises ValueError in words for an operator."""
    try:
        key = base64.urlsafe_b64decode(text.strip().encode())
    except (binascii.Error, ValueError):
        raise ValueError("a key is 32 bytes in URL-safe base64; make one with `diwakhan keys new`") from None
    if len(key) != KEY_BYTES or len(set(key)) < 8:
        raise ValueError("a key is 32 random bytes in URL-safe base64; make one with `diwakhan keys new`")
    return key


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


def _place(table: str, column: str, row: int | str) -> bytes:
    return f"{table}|{column}|{row}".encode()
