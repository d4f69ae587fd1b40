"""Sealed ballots: anyone can drop an answer in, only the survey's private key takes it out.

A ballot is `ephemeral public key (32) | ciphertext and tag`: X25519 with a key pair of its own, HKDF-SHA256, then
AES-256-GCM. All are padded to one size: of several, backups made from day to day would tell whose ballot is the long
one.
The tag by which a second answer is refused is an HMAC under a key that is destroyed together with the private key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SIZE = 4096
LENGTH_BYTES = 2
LARGEST = SIZE - LENGTH_BYTES
"""How many bytes of answers fit into a ballot."""

KEY_BYTES = 32
ONCE = bytes(12)
"""Each ballot has a key of its own, so its nonce may be constant."""


class BallotError(Exception):
    """A ballot does not open: it belongs to another survey, or is damaged. Carries no value."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens a survey's ballots and recognises its voters, as long as it exists."""

    private: bytes
    tags: bytes

    def to_bytes(self) -> bytes:
        """Write the secret down, for the vault to seal."""
        return self.private + self.tags

    @property
    def public(self) -> bytes:
        """Return the key that seals ballots."""
        return X25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()

    def tag(self, survey_id: int, member_id: int) -> bytes:
        """Return the mark that a person has answered; says nothing without this secret."""
        return hmac.new(self.tags, f"{survey_id}|{member_id}".encode(), hashlib.sha256).digest()

    def open(self, ballot: bytes, survey_id: int) -> bytes:
        """Take the answers out of a ballot; raises BallotError."""
        ephemeral, sealed = ballot[:KEY_BYTES], ballot[KEY_BYTES:]
        try:
            peer = X25519PublicKey.from_public_bytes(ephemeral)
            shared = X25519PrivateKey.from_private_bytes(self.private).exchange(peer)
            padded = AESGCM(_key(shared, ephemeral, self.public)).decrypt(ONCE, sealed, _place(survey_id))
        except (InvalidTag, ValueError):
            raise BallotError("a ballot does not open") from None
        return padded[LENGTH_BYTES : LENGTH_BYTES + int.from_bytes(padded[:LENGTH_BYTES], "big")]


def new_secret() -> Secret:
    """Draw the secret of a new survey."""
    return Secret(X25519PrivateKey.generate().private_bytes_raw(), secrets.token_bytes(KEY_BYTES))


def read_secret(kept: bytes) -> Secret:
    """Read back a secret that the vault kept."""
    return Secret(kept[:KEY_BYTES], kept[KEY_BYTES:])


def seal(answers: bytes, public: bytes, survey_id: int) -> bytes:
    """Put answers into a ballot of this survey; raises ValueError past LARGEST bytes."""
    own = X25519PrivateKey.generate()
    ephemeral = own.public_key().public_bytes_raw()
    shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    sealed = AESGCM(_key(shared, ephemeral, public)).encrypt(ONCE, _padded(answers), _place(survey_id))
    return ephemeral + sealed


def _padded(answers: bytes) -> bytes:
    if len(answers) > LARGEST:
        raise ValueError("the answers are too long for a ballot")
    return (len(answers).to_bytes(LENGTH_BYTES, "big") + answers).ljust(SIZE, b"\0")


def _key(shared: bytes, ephemeral: bytes, public: bytes) -> bytes:
    info = b"diwakhan ballot" + ephemeral + public
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(shared)


def _place(survey_id: int) -> bytes:
    return f"survey_ballots|sealed|{survey_id}".encode()
