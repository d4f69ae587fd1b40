"""What each chat is waiting for. Sealed, since a question's arguments may hold what somebody typed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.prepared import often
from storage.store import Store
from storage.tables import addresses, conversations, members


@dataclass(frozen=True, slots=True)
class Conversation:
    """The waiting question, if any, and the choices last offered in this chat.

    `ask` is an action string; `accepts` is text, file or either; `offered` pairs labels with actions in the
    order in which they were numbered. `in_doubt` says that the chat was silent for so long that somebody else may
    have it by now; it is the address's and not kept here. `typed` holds the ids of what the person wrote of late, with
    the hour (since 1970), where the channel could take it out again. `warned`: the last answer was met with a
    warning; the next one is taken.
    """

    ask: str = ""
    accepts: str = "text"
    offered: tuple[tuple[str, str], ...] = ()
    in_doubt: bool = False
    typed: tuple[tuple[str, int], ...] = ()
    warned: bool = False


class Conversations(Store):
    """One row per address."""

    async def get(self, address_id: int) -> Conversation:
        """Return the conversation, an empty one where none is kept or it can no longer be read."""
        row = await self.one(_get(), {"given_address": address_id})
        if row is None or row.state_sealed is None:
            return Conversation(in_doubt=bool(row and row.in_doubt))
        kept = json.loads(self.unit.vault.open(row.state_sealed, "conversations", "state", address_id))
        return Conversation(
            ask=kept.get("ask", ""),
            accepts=kept.get("accepts", "text"),
            offered=tuple((label, action) for label, action in kept.get("offered", ())),
            in_doubt=row.in_doubt,
            warned=kept.get("warned", False),
            typed=tuple((message, hour) for message, hour in kept.get("typed", ())),
        )

    async def put(self, address_id: int, conversation: Conversation, at: datetime) -> None:
        """Keep the conversation."""
        kept = {
            "ask": conversation.ask,
            "accepts": conversation.accepts,
            "offered": conversation.offered,
            "typed": conversation.typed,
            "warned": conversation.warned,
        }
        state = json.dumps(kept, ensure_ascii=False)
        sealed = self.unit.vault.seal(state, "conversations", "state", address_id)
        given = {"address_id": address_id, "state_sealed": sealed, "touched_at": at}
        await self.run(_put(self.unit.is_postgresql), given)

    async def drop_asks(self, since: datetime, until: datetime) -> int:
        """Drop the waiting question of chats last touched between two moments and return how many."""
        statement = (
            sa.select(conversations.c.address_id, conversations.c.touched_at)
            .where(conversations.c.touched_at >= since, conversations.c.touched_at < until)
            .with_for_update(skip_locked=True)
        )
        dropped = 0
        for row in await self.all(statement):
            kept = await self.get(row.address_id)
            if kept.ask:
                await self.put(
                    row.address_id, Conversation(offered=kept.offered, typed=kept.typed), row.touched_at
                )
                dropped += 1
        return dropped


@often
def _get() -> sa.Select[Any]:
    in_doubt = sa.and_(addresses.c.in_doubt, members.c.state == "active").label("in_doubt")
    return (
        sa.select(conversations.c.state_sealed, in_doubt)
        .select_from(addresses)
        .join(members, members.c.id == addresses.c.member_id)
        .outerjoin(conversations, conversations.c.address_id == addresses.c.id)
        .where(addresses.c.id == sa.bindparam("given_address"))
    )


@often
def _put(postgresql: bool) -> sa.Executable:
    names = ("address_id", "state_sealed", "touched_at")
    insert = Store.upsert_on(postgresql, conversations).values(
        {name: sa.bindparam(name, type_=conversations.c[name].type) for name in names}
    )
    return insert.on_conflict_do_update(
        index_elements=["address_id"],
        set_={name: insert.excluded[name] for name in names[1:]},
    )
