"""What people said of themselves so that reports can count them: gender, age band, disability. Codes only, sealed."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import member_traits

Said = dict[str, str]
"""Trait -> code. What is not in it was never said."""


class Traits(Store):
    """At most one row for a person, sealed with their own key."""

    async def get(self, member_id: int) -> Said:
        """Return what somebody said of themselves."""
        return (await self.many([member_id])).get(member_id, {})

    async def many(self, member_ids: Collection[int]) -> dict[int, Said]:
        """Return what several people said of themselves; who said nothing is not in it."""
        rows = await self.all(sa.select(member_traits).where(member_traits.c.member_id.in_(member_ids)))
        await self.unit.keys.load_column(rows, "said_sealed")
        return {row.member_id: self._read(row) for row in rows}

    async def say(self, member_id: int, trait: str, code: str) -> None:
        """Keep one thing that somebody says of themselves; an empty code takes it back."""
        said = {**await self.get(member_id), trait: code}
        kept = {name: value for name, value in said.items() if value}
        if not kept:
            await self.run(member_traits.delete().where(member_traits.c.member_id == member_id))
            return
        sealed = await self.unit.keys.seal(member_id, json.dumps(kept), "member_traits", "said", member_id)
        insert = self.upsert(member_traits).values(member_id=member_id, said_sealed=sealed)
        await self.run(
            insert.on_conflict_do_update(index_elements=["member_id"], set_={"said_sealed": sealed})
        )

    async def carry_over(self, gone_id: int, kept_id: int) -> None:
        """Give one record's words to another that has none of its own; what the kept one said stays."""
        gone, kept = await self.get(gone_id), await self.get(kept_id)
        await self.run(member_traits.delete().where(member_traits.c.member_id == gone_id))
        for trait in gone.keys() - kept.keys():
            await self.say(kept_id, trait, gone[trait])

    async def records(self, member_id: int) -> list[dict[str, Any]]:
        """Return what somebody said of themselves, for them to take along."""
        said = await self.get(member_id)
        return [said] if said else []

    def _read(self, row: sa.Row[Any]) -> Said:
        said: Said = json.loads(
            self.unit.keys.open_text(row.said_sealed, "member_traits", "said", row.member_id)
        )
        return said
