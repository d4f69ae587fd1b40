"""Approvals: what one coordinator asked for, exactly, and whether another agreed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.members import STAFF
from storage.outbox import BROADCAST
from storage.store import Store
from storage.tables import announcements, approvals, audit, members, outbox, polls

OPEN = ("waiting", "alone", "approved")
"""The states in which it may still be carried out."""
INVITED = "invited"
"""What the audit says of people whom a coordinator invited alone, with their number at the end of its subject."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One thing asked for. `signed` sums up exactly what; `people` is how many it would reach."""

    id: int
    act: str
    args: tuple[int | str, ...]
    signed: str
    people: int
    asker_id: int
    approver_id: int | None
    state: str
    asked_at: datetime
    runs_at: datetime | None
    ends_at: datetime

    @property
    def subject(self) -> str:
        """Return the name under which its notices are kept."""
        return f"approval:{self.id}"


class Approvals(Store):
    """Rows that only move forward; whoever comes second finds them moved."""

    async def ask(
        self,
        act: str,
        args: Sequence[int | str],
        *,
        signed: str,
        people: int,
        asker_id: int,
        at: datetime,
        ends_at: datetime,
    ) -> Approval:
        """Ask for something; the same that waits already is returned."""
        for one in await self._listed(approvals.c.act == act, approvals.c.state.in_(OPEN)):
            if (one.args, one.signed, one.asker_id) == (tuple(args), signed, asker_id) and at < one.ends_at:
                return one
        values = {"act": act, "args": list(args), "signed": signed, "people": people, "asker_id": asker_id}
        made = await self.insert(approvals.insert().values(**values, asked_at=at, ends_at=ends_at))
        found = await self.get(made)
        assert found is not None  # noqa: S101 - it was just written
        return found

    async def get(self, approval_id: int) -> Approval | None:
        """Find one by id."""
        return next(iter(await self._listed(approvals.c.id == approval_id)), None)

    async def advance(self, approval_id: int, before: Sequence[str], state: str, **fields: Any) -> bool:
        """Move it from one of several states to another; False where somebody was faster."""
        statement = approvals.update().where(approvals.c.id == approval_id, approvals.c.state.in_(before))
        return await self.run(statement.values(state=state, **fields)) == 1

    async def waiting(self, now: datetime) -> list[Approval]:
        """List what may still be carried out, the newest in front."""
        return (await self._listed(approvals.c.state.in_(OPEN), approvals.c.ends_at > now))[::-1]

    async def due(self, now: datetime) -> list[Approval]:
        """List what was agreed to and whose minute for undoing has passed."""
        return await self._listed(approvals.c.state.in_(("alone", "approved")), approvals.c.runs_at <= now)

    async def stop_all(self) -> int:
        """Undo everything that may still be carried out and return how many."""
        return await self.run(approvals.update().where(approvals.c.state.in_(OPEN)).values(state="undone"))

    async def staff(self) -> list[int]:
        """List the people of whom a second one can be asked: whoever coordinates and has settled in."""
        rows = await self.all(
            sa.select(members.c.id).where(members.c.role.in_(STAFF), members.c.state == "active")
        )
        return [row.id for row in rows]

    async def written_to(self, author_id: int, since: datetime) -> int:
        """Count to how many people somebody has written since a moment without a second person's yes."""
        done = await self._listed(approvals.c.asker_id == author_id, approvals.c.state == "done")
        agreed = [f"{one.act}:{one.args[0]}" for one in done if one.args]
        subjects = sa.union_all(
            *(
                sa.select(sa.literal(f"{name}:").concat(sa.cast(table.c.id, sa.String))).where(
                    table.c.author_id == author_id
                )
                for name, table in (("announcement", announcements), ("poll", polls))
            )
        )
        counted = sa.select(sa.func.count()).select_from(outbox)
        conditions = (outbox.c.lane == BROADCAST, outbox.c.created_at >= since)
        named = (outbox.c.subject.in_(subjects), outbox.c.subject.not_in(agreed))
        return int(await self.scalar(counted.where(*conditions, *named)) or 0) + await self._invited(
            author_id, since
        )

    async def _invited(self, author_id: int, since: datetime) -> int:
        """Count whom somebody invited to events without a second person's yes, as the audit has it."""
        mine = (audit.c.actor_id == author_id, audit.c.action == INVITED, audit.c.at >= since)
        rows = await self.all(sa.select(audit.c.subject).where(*mine))
        return sum(int(row.subject.rpartition(":")[2]) for row in rows)

    async def forget(self, before: datetime) -> int:
        """Drop what was asked before a moment."""
        return await self.run(approvals.delete().where(approvals.c.ends_at < before))

    async def _listed(self, *conditions: sa.ColumnElement[bool]) -> list[Approval]:
        rows = await self.all(sa.select(approvals).where(*conditions).order_by(approvals.c.id))
        return [
            Approval(
                row.id, row.act, tuple(row.args), row.signed, row.people, row.asker_id, row.approver_id,
                row.state, row.asked_at, row.runs_at, row.ends_at,
            )
            for row in rows
        ]  # fmt: skip
