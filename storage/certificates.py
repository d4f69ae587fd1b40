"""Certificates of attendance: one for a person and event, with a number by which anybody can check it.

The number is sealed, so that its holder can have the certificate again, and hashed, so that it can be found.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.invitations import ALPHABET, canonical
from storage.store import AnyRow, Store
from storage.tables import certificates, events
from storage.vault import code_hash, random_id

LENGTH = 16
"""Letters and digits of 5 bits each: 80 bits, so that nobody finds a number by trying."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. `name` is empty until its holder said what shall stand on it, and stays once `printed`."""

    id: int
    event_id: int
    member_id: int | None
    number: str
    name: str
    state: str
    issued_at: datetime
    printed: bool


class Certificates(Store):
    """Certificates; hold the event before issuing."""

    async def settle(self, event_id: int, holders: Sequence[int], at: datetime) -> list[int]:
        """Let exactly these people have an event's certificate; return who has it new.

        Whoever had one and is not among them loses it; who gets it back keeps number and name.
        """
        rows = await self.all(sa.select(certificates).where(certificates.c.event_id == event_id))
        had = {row.member_id: row.state for row in rows}
        new = [one for one in holders if one not in had]
        for member_id in new:
            await self._issue(event_id, member_id, at)
        mine = certificates.c.event_id == event_id
        back = [one for one in holders if had.get(one) == "withdrawn"]
        lost = [one for one, state in had.items() if one is not None and one not in holders]
        await self._put_state(mine & certificates.c.member_id.in_(back), "issued")
        await self._put_state(mine & certificates.c.member_id.in_(lost), "withdrawn")
        return new

    async def _put_state(self, which: sa.ColumnElement[bool], state: str) -> None:
        await self.run(certificates.update().where(which).values(state=state))

    async def _issue(self, event_id: int, member_id: int, at: datetime) -> None:
        row_id = random_id()
        number = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        insert = self.upsert(certificates).values(
            id=row_id,
            event_id=event_id,
            member_id=member_id,
            number_sealed=self.unit.vault.seal(number, "certificates", "number", row_id),
            number_hash=code_hash(number),
            issued_at=at,
        )
        await self.run(insert.on_conflict_do_nothing(index_elements=["event_id", "member_id"]))

    async def of(self, event_id: int, member_id: int) -> Certificate | None:
        """Find somebody's certificate for an event, unless it was withdrawn."""
        row = await self.one(
            sa.select(certificates).where(
                certificates.c.event_id == event_id,
                certificates.c.member_id == member_id,
                certificates.c.state == "issued",
            )
        )
        return None if row is None else (await self._all_read([row]))[0]

    async def put_name(self, certificate_id: int, name: str) -> bool:
        """Set what name stands on a certificate; False where it was printed already."""
        holder = sa.select(certificates.c.member_id).where(certificates.c.id == certificate_id)
        member_id = await self.scalar(holder)
        if member_id is None:
            return False
        sealed = await self.unit.keys.seal(member_id, name, "certificates", "name", certificate_id)
        which = (certificates.c.id == certificate_id, certificates.c.printed_at.is_(None))
        return await self.run(certificates.update().where(*which).values(name_sealed=sealed)) == 1

    async def print(self, certificate_id: int, at: datetime) -> None:
        """Note that a certificate was printed: its name stays from now on."""
        which = (certificates.c.id == certificate_id, certificates.c.printed_at.is_(None))
        await self.run(certificates.update().where(*which).values(printed_at=at))

    async def genuine(self, number: str) -> bool:
        """Say whether a certificate with this number was issued and stands, whoever has it."""
        statement = sa.select(certificates.c.id).where(
            certificates.c.number_hash == code_hash(canonical(number)), certificates.c.state == "issued"
        )
        return await self.scalar(statement) is not None

    async def count(self, event_id: int) -> int:
        """Count the certificates of an event that stand."""
        statement = sa.select(sa.func.count()).where(
            certificates.c.event_id == event_id, certificates.c.state == "issued"
        )
        return int(await self.scalar(statement) or 0)

    async def of_member(self, member_id: int, *, limit: int, offset: int = 0) -> list[Certificate]:
        """List a person's certificates, the newest in front."""
        rows = await self.all(
            sa.select(certificates)
            .where(certificates.c.member_id == member_id, certificates.c.state == "issued")
            .order_by(certificates.c.issued_at.desc(), certificates.c.id)
            .limit(limit)
            .offset(offset)
        )
        return await self._all_read(rows)

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return a person's certificates, for them to take along."""
        rows = await self.all(
            sa.select(certificates)
            .where(certificates.c.member_id == member_id)
            .order_by(certificates.c.issued_at, certificates.c.id)
        )
        return [
            {
                "event_number": one.event_id,
                "number": one.number,
                "name": one.name,
                "state": one.state,
                "at": one.issued_at.isoformat(),
            }
            for one in await self._all_read(rows)
        ]

    async def carry_over(self, gone_id: int, kept_id: int) -> None:
        """Give one record's certificates to another; of two for one event the kept one's stays."""
        twin = certificates.alias()
        both = sa.exists().where(twin.c.member_id == kept_id, twin.c.event_id == certificates.c.event_id)
        await self.run(certificates.delete().where(certificates.c.member_id == gone_id, both))
        await self.run(
            certificates.update().where(certificates.c.member_id == gone_id).values(member_id=kept_id)
        )

    async def forget_person(self, member_id: int) -> None:
        """Take the names off a person's certificates: what stays is that a number is genuine."""
        mine = certificates.c.member_id == member_id
        await self.run(certificates.update().where(mine).values(name_sealed=None, member_id=None))

    async def unlink(self, before: datetime) -> int:
        """Take people out of certificates for events that began before a moment; the numbers stay genuine."""
        past = sa.select(events.c.id).where(events.c.starts_at < before)
        held = (certificates.c.event_id.in_(past), certificates.c.member_id.is_not(None))
        return await self.run(certificates.update().where(*held).values(name_sealed=None, member_id=None))

    async def _all_read(self, rows: Sequence[AnyRow]) -> list[Certificate]:
        await self.unit.keys.load_column(rows, "name_sealed")
        return [self._read(row) for row in rows]

    def _read(self, row: sa.Row[Any]) -> Certificate:
        opened = self.unit.keys.open_text
        return Certificate(
            id=row.id,
            event_id=row.event_id,
            member_id=row.member_id,
            number=opened(row.number_sealed, "certificates", "number", row.id),
            name=opened(row.name_sealed, "certificates", "name", row.id),
            state=row.state,
            issued_at=row.issued_at,
            printed=row.printed_at is not None,
        )
