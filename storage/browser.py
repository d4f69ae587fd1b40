"""What the demo's phones show: one row a message, and one running number over every change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import browser_messages

VERSIONS_LOCK = 0x6469776B
"""On PostgreSQL, held until the commit, so that no reader sees a later version before an earlier one."""


@dataclass(frozen=True, slots=True)
class BrowserMessage:
    """One message in the chat of one peer. `version` grows over all messages, with each new or changed one."""

    id: int
    peer: str
    mine: bool
    body: dict[str, Any]
    version: int
    sent_at: datetime


class BrowserMessages(Store):
    """The messages of the browser chat; their texts are sealed."""

    async def add(self, peer: str, *, mine: bool, body: dict[str, Any], at: datetime) -> BrowserMessage:
        """Put a message at the end of a chat."""
        version = await self._next_version()
        message_id = await self.insert(
            browser_messages.insert().values(
                peer=peer, mine=mine, body_sealed=b"", version=version, sent_at=at
            )
        )
        await self.run(_row(message_id).values(body_sealed=self._sealed(message_id, body)))
        return BrowserMessage(message_id, peer, mine, body, version, at)

    async def change(self, message_id: int, body: dict[str, Any]) -> None:
        """Show something else in a message's place."""
        sealed = self._sealed(message_id, body)
        await self.run(_row(message_id).values(body_sealed=sealed, version=await self._next_version()))

    async def get(self, message_id: int) -> BrowserMessage | None:
        """Find a message."""
        row = await self.one(sa.select(browser_messages).where(browser_messages.c.id == message_id))
        return None if row is None else self._read(row)

    async def of(self, peer: str, limit: int = 200) -> list[BrowserMessage]:
        """List the last messages of a chat, in their order."""
        rows = await self.all(
            sa.select(browser_messages)
            .where(browser_messages.c.peer == peer)
            .order_by(browser_messages.c.id.desc())
            .limit(limit)
        )
        return [self._read(row) for row in reversed(rows)]

    async def since(self, version: int, limit: int = 100) -> list[BrowserMessage]:
        """List what was added or changed after a version, oldest change first."""
        rows = await self.all(
            sa.select(browser_messages)
            .where(browser_messages.c.version > version)
            .order_by(browser_messages.c.version)
            .limit(limit)
        )
        return [self._read(row) for row in rows]

    async def version(self) -> int:
        """Return the version of the latest change."""
        return int(await self.scalar(sa.select(sa.func.max(browser_messages.c.version))) or 0)

    async def _next_version(self) -> int:
        if self.unit.is_postgresql:
            await self.scalar(sa.select(sa.func.pg_advisory_xact_lock(VERSIONS_LOCK)))
        return await self.version() + 1

    def _sealed(self, message_id: int, body: dict[str, Any]) -> bytes:
        text = json.dumps(body, ensure_ascii=False)
        return self.unit.vault.seal(text, "browser_messages", "body", message_id)

    def _read(self, row: sa.Row[Any]) -> BrowserMessage:
        body = self.unit.vault.open(row.body_sealed, "browser_messages", "body", row.id)
        return BrowserMessage(row.id, row.peer, row.mine, json.loads(body), row.version, row.sent_at)


def _row(message_id: int) -> sa.Update:
    return browser_messages.update().where(browser_messages.c.id == message_id)
