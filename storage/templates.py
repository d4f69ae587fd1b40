"""WhatsApp templates: which prepared wordings exist there, and which of them may be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.store import AnyRow, Store
from storage.tables import whatsapp_templates as templates


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    """One wording in one language as it stands with WhatsApp. `reason` says why it was rejected."""

    name: str
    lang: str
    wording: str
    content_sid: str
    category: str
    state: str
    reason: str
    checked_at: datetime


class WhatsAppTemplates(Store):
    """Rows by (account, name, language, wording)."""

    async def put(
        self,
        account: str,
        key: tuple[str, str, str],
        content_sid: str,
        category: str,
        *,
        at: datetime,
        state: str = "unsubmitted",
        reason: str = "",
    ) -> None:
        """Keep how a wording stands; `key` is its name, language and wording."""
        name, lang, wording = key
        found = {
            "content_sid": content_sid,
            "category": category,
            "state": state,
            "reason": reason[:300],
            "checked_at": at,
        }
        insert = self.upsert(templates).values(
            account=account, name=name, lang=lang, wording=wording, made_at=at, **found
        )
        keys = ["account", "name", "lang", "wording"]
        await self.run(insert.on_conflict_do_update(index_elements=keys, set_=found))

    async def listed(self, account: str) -> list[KeptTemplate]:
        """List every wording, the newest of each name and language in front."""
        order = (templates.c.name, templates.c.lang, templates.c.made_at.desc())
        rows = await self.all(sa.select(templates).where(templates.c.account == account).order_by(*order))
        return [_kept(row) for row in rows]

    async def approved(self, account: str = "") -> Mapping[tuple[str, str], KeptTemplate]:
        """Map (name, language) to the newest approved wording; of any account where none is named."""
        mine = templates.c.account == account if account else sa.true()
        approved = templates.c.state == "approved"
        rows = await self.all(sa.select(templates).where(mine, approved).order_by(templates.c.made_at))
        return {(row.name, row.lang): _kept(row) for row in rows}

    async def forget(self, account: str, content_sid: str) -> None:
        """Forget a wording that was deleted there."""
        await self.run(
            templates.delete().where(templates.c.account == account, templates.c.content_sid == content_sid)
        )


def _kept(row: AnyRow) -> KeptTemplate:
    return KeptTemplate(
        row.name, row.lang, row.wording, row.content_sid, row.category, row.state, row.reason, row.checked_at
    )
