"""Small facts about this installation: a poll offset, the demo clock's lead, the key ring's check value."""

from __future__ import annotations

import sqlalchemy as sa

from storage.store import Store
from storage.tables import facts


class Facts(Store):
    """Name and value."""

    async def get(self, name: str, default: str = "") -> str:
        """Return a fact's value."""
        value = await self.scalar(sa.select(facts.c.value).where(facts.c.name == name))
        return default if value is None else str(value)

    async def put(self, name: str, value: str) -> None:
        """Set a fact's value."""
        insert = self.upsert(facts).values(name=name, value=value)
        await self.run(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
