"""Requests to join an organisation, which a coordinator decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import join_requests


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """One request: waiting, approved, declined or withdrawn. A person has at most one that waits."""

    id: int
    member_id: int
    organisation_id: int
    state: str
    asked_at: datetime


class JoinRequests(Store):
    """Who asked to join which organisation."""

    async def get(self, request_id: int) -> JoinRequest | None:
        """Find a request by id."""
        row = await self.one(sa.select(join_requests).where(join_requests.c.id == request_id))
        return None if row is None else _read(row)

    async def ask(self, member_id: int, organisation_id: int, at: datetime) -> JoinRequest | None:
        """Note a request and return it; None where this very one waits already. Another one is withdrawn."""
        await self.run(
            join_requests.update()
            .where(_waiting_of(member_id), join_requests.c.organisation_id != organisation_id)
            .values(state="withdrawn")
        )
        insert = self.upsert(join_requests).values(
            member_id=member_id, organisation_id=organisation_id, asked_at=at
        )
        row = await self.one(
            insert.on_conflict_do_nothing(
                index_elements=["member_id"], index_where=sa.text("state = 'waiting'")
            ).returning(join_requests)
        )
        return None if row is None else _read(row)

    async def waiting_of(self, member_id: int) -> JoinRequest | None:
        """Find a person's waiting request."""
        row = await self.one(sa.select(join_requests).where(_waiting_of(member_id)))
        return None if row is None else _read(row)

    async def asked_since(self, member_id: int, since: datetime) -> int:
        """Count a person's requests since a moment."""
        statement = sa.select(sa.func.count()).where(
            join_requests.c.member_id == member_id, join_requests.c.asked_at >= since
        )
        return int(await self.scalar(statement) or 0)

    async def waiting(self) -> list[JoinRequest]:
        """List what waits for a decision, the oldest first."""
        rows = await self.all(
            sa.select(join_requests)
            .where(join_requests.c.state == "waiting")
            .order_by(join_requests.c.asked_at, join_requests.c.id)
        )
        return [_read(row) for row in rows]

    async def decide(self, request_id: int, state: str) -> bool:
        """End a waiting request as approved or declined; False where it no longer waits."""
        changed = await self.run(
            join_requests.update()
            .where(join_requests.c.id == request_id, join_requests.c.state == "waiting")
            .values(state=state)
        )
        return changed == 1

    async def withdraw(self, member_id: int) -> None:
        """Take a person's waiting request back."""
        await self.run(join_requests.update().where(_waiting_of(member_id)).values(state="withdrawn"))


def _waiting_of(member_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(join_requests.c.member_id == member_id, join_requests.c.state == "waiting")


def _read(row: sa.Row[Any]) -> JoinRequest:
    return JoinRequest(row.id, row.member_id, row.organisation_id, row.state, row.asked_at)
