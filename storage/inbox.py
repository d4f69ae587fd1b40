"""What was heard: the key that makes a re-sent update harmless, and what could not be handled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from storage.outbox import DAY
from storage.prepared import often
from storage.store import Store
from storage.tables import Instant, inbox


class Inbox(Store):
    """One row per update of a provider. Its text is kept only where it had to be parked, sealed."""

    async def attempt(self, channel: str, account: str, provider_id: str, at: datetime) -> int:
        """Note that an update is about to be handled, and return for which time; 0 where it was settled before.

        Committed before the update is handled, so that one which kills the process is counted too.
        """
        given = {"channel": channel, "account": account, "provider_id": provider_id, "at": at}
        row = await self.one(_attempt(self.unit.is_postgresql), given)
        return 0 if row is None else int(row[0])

    async def done(self, channel: str, account: str, provider_id: str) -> bool:
        """Settle an update in the transaction that handles it; False where another one already did."""
        given = {"given_channel": channel, "given_account": account, "given_id": provider_id}
        return await self.run(_done(), given) == 1

    async def known(self, channel: str, account: str, provider_ids: Sequence[str]) -> set[str]:
        """Return those of several updates that were settled."""
        rows = await self.all(
            sa.select(inbox.c.provider_id).where(
                inbox.c.channel == channel,
                inbox.c.account == account,
                inbox.c.provider_id.in_(provider_ids),
                inbox.c.state != "open",
            )
        )
        return {row.provider_id for row in rows}

    async def park(self, channel: str, account: str, provider_id: str, *, error: str, payload: str) -> bool:
        """Set an update aside with the class of the error that it kept causing; False where it was settled."""
        row = f"{channel}|{account}|{provider_id}"
        changed = await self.run(
            inbox.update()
            .where(
                inbox.c.channel == channel,
                inbox.c.account == account,
                inbox.c.provider_id == provider_id,
                inbox.c.state == "open",
            )
            .values(
                state="parked",
                error=error[:80],
                payload_sealed=self.unit.vault.seal(payload, "inbox", "payload", row),
            )
        )
        return changed == 1

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

    async def blur(self, since: datetime) -> int:
        """Leave only the day of what was heard since a moment, and nothing of what was set aside."""
        day = sa.type_coerce(inbox.c.heard_at, sa.BigInteger) // DAY * DAY
        return await self.run(
            inbox.update()
            .where(inbox.c.heard_at >= since, inbox.c.state != "open")
            .values(heard_at=day, payload_sealed=None)
        )

    async def forget(self, before: datetime) -> int:
        """Drop rows heard before a moment and return how many."""
        return await self.run(inbox.delete().where(inbox.c.heard_at < before))


@often
def _attempt(postgresql: bool) -> sa.Executable:
    insert = Store.upsert_on(postgresql, inbox).values(
        channel=sa.bindparam("channel"),
        account=sa.bindparam("account"),
        provider_id=sa.bindparam("provider_id"),
        heard_at=sa.bindparam("at", type_=Instant),
        state="open",
    )
    return insert.on_conflict_do_update(
        index_elements=["channel", "account", "provider_id"],
        set_={"attempts": inbox.c.attempts + 1},
        where=inbox.c.state == "open",
    ).returning(inbox.c.attempts)


@often
def _done() -> sa.Update:
    return (
        inbox.update()
        .where(
            inbox.c.channel == sa.bindparam("given_channel"),
            inbox.c.account == sa.bindparam("given_account"),
            inbox.c.provider_id == sa.bindparam("given_id"),
            inbox.c.state == "open",
        )
        .values(state="done")
    )
