"""WhatsApp Content resources by wording: one wording is created once and deleted when nobody uses it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from storage.store import Store
from storage.tables import whatsapp_contents


class WhatsAppContents(Store):
    """What Twilio calls a wording that was created there before."""

    async def find(self, account: str, wording: bytes, now: datetime) -> str:
        """Return the ContentSid of a wording and note its use; empty where it has none."""
        row = await self.one(
            whatsapp_contents.update()
            .where(whatsapp_contents.c.account == account, whatsapp_contents.c.wording_hash == wording)
            .values(used_at=now)
            .returning(whatsapp_contents.c.content_sid)
        )
        return "" if row is None else str(row.content_sid)

    async def remember(self, account: str, wording: bytes, content_sid: str, now: datetime) -> None:
        """Keep the ContentSid of a wording."""
        values = {"content_sid": content_sid, "used_at": now}
        insert = self.upsert(whatsapp_contents).values(account=account, wording_hash=wording, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["account", "wording_hash"], set_=values))

    async def unused(self, account: str, since: datetime, limit: int = 50) -> list[str]:
        """List ContentSids that nothing used since a moment."""
        rows = await self.all(
            sa.select(whatsapp_contents.c.content_sid)
            .where(whatsapp_contents.c.account == account, whatsapp_contents.c.used_at < since)
            .limit(limit)
        )
        return [row.content_sid for row in rows]

    async def forget(self, account: str, content_sid: str) -> None:
        """Forget a ContentSid."""
        await self.run(
            whatsapp_contents.delete().where(
                whatsapp_contents.c.account == account, whatsapp_contents.c.content_sid == content_sid
            )
        )
