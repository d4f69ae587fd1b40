"""Codes by which a person links another app: shown in one, typed in the other, for ten minutes, once.

A code is fifteen digits (49 bits), written in groups of five, so that it can be typed on any keyboard. It is kept
as a keyed index only. Whoever types it first holds it; nobody else can use it then.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage.addresses import Address
from storage.store import Store
from storage.tables import link_codes, link_tries

LENGTH = 15
LASTS = timedelta(minutes=10)
SHOWN_AGAIN = timedelta(minutes=5)
"""For how long asking again shows the same code, so that a double tap does not undo the first."""

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015_.]+")
_CODE = re.compile(f"[0-9]{{{LENGTH}}}")


@dataclass(frozen=True, slots=True)
class LinkCode:
    """A live code: whose it is, where it is shown, where it was typed, and whether its maker was asked."""

    member_id: int
    address_id: int
    typed_at_id: int | None
    asked: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tries:
    """How many wrong codes came from one chat since a moment."""

    count: int
    since: datetime


def canonical(typed: str) -> str:
    """Return a typed code (digits already 0-9) in its one form, or an empty text where it can't be a code."""
    bare = _BETWEEN.sub("", typed)
    return bare if _CODE.fullmatch(bare) else ""


def grouped(code: str) -> str:
    """Write a code in groups of five; hyphens keep their order among right-to-left letters."""
    return "-".join(code[start : start + 5] for start in range(0, LENGTH, 5))


class Linking(Store):
    """At most one live code a person, and how often somebody guessed wrong."""

    async def issue(self, member_id: int, address_id: int, now: datetime) -> tuple[str, datetime]:
        """Make a person's code and return it with its end; the one before it ends, unless it is as good as new."""
        row = await self.one(sa.select(link_codes).where(link_codes.c.member_id == member_id))
        if row is not None and row.typed_at_id is None and now - row.made_at < SHOWN_AGAIN:
            code = self._code(row.seed)
            if self._index(code) == bytes(row.code_index):
                return code, row.expires_at
        seed = secrets.token_bytes(16)
        code = self._code(seed)
        values = {
            "address_id": address_id,
            "seed": seed,
            "code_index": self._index(code),
            "typed_at_id": None,
            "asked": False,
            "made_at": now,
            "expires_at": now + LASTS,
        }
        insert = self.upsert(link_codes).values(member_id=member_id, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["member_id"], set_=values))
        return code, now + LASTS

    async def find(self, code: str, now: datetime) -> LinkCode | None:
        """Find a live code, whoever typed it first.

        It is looked up by its HMAC under a key that nobody outside knows, so how long that takes tells nothing.
        """
        return await self._one(link_codes.c.code_index == self._index(code), now)

    async def hold(self, code: str, address_id: int, now: datetime) -> LinkCode | None:
        """Take a live code for the chat in which it was typed; nothing where another chat was first."""
        free = sa.or_(link_codes.c.typed_at_id.is_(None), link_codes.c.typed_at_id == address_id)
        row = await self.one(
            link_codes.update()
            .where(link_codes.c.code_index == self._index(code), link_codes.c.expires_at > now, free)
            .values(typed_at_id=address_id)
            .returning(link_codes)
        )
        return None if row is None else _read(row)

    async def held_by(self, address_id: int, now: datetime) -> LinkCode | None:
        """Find the live code that a chat holds."""
        return await self._one(link_codes.c.typed_at_id == address_id, now)

    async def of_member(self, member_id: int, now: datetime) -> LinkCode | None:
        """Find a person's live code."""
        return await self._one(link_codes.c.member_id == member_id, now)

    async def ask(self, member_id: int) -> bool:
        """Note that a code waits for its maker's yes; False where it did already, or is gone."""
        changed = await self.run(
            link_codes.update()
            .where(link_codes.c.member_id == member_id, sa.not_(link_codes.c.asked))
            .values(asked=True)
        )
        return changed == 1

    async def use(self, code: LinkCode) -> bool:
        """Use a held code up; True for exactly one who does."""
        used = await self.run(
            link_codes.delete().where(
                link_codes.c.member_id == code.member_id, link_codes.c.typed_at_id == code.typed_at_id
            )
        )
        return used == 1

    async def tries(self, address: Address) -> Tries | None:
        """Return how often wrong codes came from a chat; nothing where none did of late."""
        row = await self.one(sa.select(link_tries).where(link_tries.c.peer_index == self._peer(address)))
        return None if row is None else Tries(row.wrong, row.since)

    async def keep_tries(self, address: Address, tries: Tries) -> None:
        """Remember how often wrong codes came from a chat. A chat's Turns run in order, so none is lost."""
        values = {"wrong": tries.count, "since": tries.since}
        insert = self.upsert(link_tries).values(peer_index=self._peer(address), **values)
        await self.run(insert.on_conflict_do_update(index_elements=["peer_index"], set_=values))

    async def forget(self, before: datetime) -> int:
        """Drop codes that ended, and tries that began LASTS, before a moment, and return how many."""
        codes = await self.run(link_codes.delete().where(link_codes.c.expires_at < before))
        return codes + await self.run(link_tries.delete().where(link_tries.c.since < before - LASTS))

    async def _one(self, condition: sa.ColumnElement[bool], now: datetime) -> LinkCode | None:
        row = await self.one(sa.select(link_codes).where(condition, link_codes.c.expires_at > now))
        return None if row is None else _read(row)

    def _code(self, seed: bytes) -> str:
        digest = hmac.new(self.unit.vault.key_for("links"), seed, hashlib.sha256).digest()
        return f"{int.from_bytes(digest) % 10**LENGTH:0{LENGTH}}"

    def _index(self, code: str) -> bytes:
        return self.unit.vault.index("link code", code)

    def _peer(self, address: Address) -> bytes:
        return self.unit.vault.index("link tries", address.channel, address.peer)


def _read(row: sa.Row[Any]) -> LinkCode:
    return LinkCode(row.member_id, row.address_id, row.typed_at_id, row.asked, row.expires_at)
