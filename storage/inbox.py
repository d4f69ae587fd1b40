"""What was heard: the key that makes a re-sent update harmless, and what could not be handled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from storage.store import Store
from storage.tables import inbox


class Inbox(Store):
    """One row per update of a provider. Its text is kept only where it had to be parked, sealed."""

    async def first_time(self, channel: str, account: str, provider_id: str, at: datetime) -> bool:
        """Note an update as handled in this transaction; False where it already was."""
        insert = self.upsert(inbox).values(
            channel=channel, account=account, provider_id=provider_id, heard_at=at
        )
        return await self.run(insert.on_conflict_do_nothing()) == 1

    async def known(self, channel: str, account: str, provider_ids: Sequence[str]) -> set[str]:
        """Return those of several updates that were heard."""
        rows = await self.all(
            sa.select(inbox.c.provider_id).where(
                inbox.c.channel == channel,
                inbox.c.account == account,
                inbox.c.provider_id.in_(provider_ids),
            )
        )
        return {row.provider_id for row in rows}

    async def park(
        self,
        channel: str,
        account: str,
        provider_id: str,
        at: datetime,
        *,
        error: str,
        attempts: int,
        payload: str,
    ) -> bool:
        """Set an update aside with the class of the error that it kept causing; False where it already was."""
        row = f"{channel}|{account}|{provider_id}"
        insert = self.upsert(inbox).values(
            channel=channel,
            account=account,
            provider_id=provider_id,
            heard_at=at,
            state="parked",
            attempts=attempts,
            error=error[:80],
            payload_sealed=self.unit.vault.seal(payload, "inbox", "payload", row),
        )
        return await self.run(insert.on_conflict_do_nothing()) == 1

    async def parked(self) -> int:
        """Count what waits for somebody to look at it."""
        return int(await self.scalar(sa.select(sa.func.count()).where(inbox.c.state == "parked")) or 0)

    async def shred(self, before: datetime) -> int:
        """Drop the payloads that were set aside before a moment and return how many."""
        return await self.run(
            inbox.update()
            .where(inbox.c.heard_at < before, inbox.c.payload_sealed.is_not(None))
            .values(payload_sealed=None)
        )

    async def forget(self, before: datetime) -> int:
        """Drop rows heard before a moment and return how many."""
        return await self.run(inbox.delete().where(inbox.c.heard_at < before))
