"""What happens on each day of an event, in up to three languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from storage.events import FALLBACK
from storage.store import Store
from storage.tables import event_agendas

Item = tuple[int, int, str]
Items = tuple[Item, ...]
"""(minutes of the day on Baghdad's clock when it begins and ends, what happens); an end of 0 was not said."""


class Agendas(Store):
    """One agenda for an event, day and language."""

    async def put(self, event_id: int, day: int, lang: str, items: Sequence[Item]) -> None:
        """Set a day's agenda in one language; an empty one takes it away."""
        if not items:
            which = (event_agendas.c.event_id == event_id, event_agendas.c.day == day)
            await self.run(event_agendas.delete().where(*which, event_agendas.c.lang == lang))
            return
        kept = [list(item) for item in items]
        insert = self.upsert(event_agendas).values(event_id=event_id, day=day, lang=lang, points=kept)
        keys = ["event_id", "day", "lang"]
        await self.run(insert.on_conflict_do_update(index_elements=keys, set_={"points": kept}))

    async def of_day(self, event_id: int, day: int) -> dict[str, Items]:
        """Return a day's agenda by language."""
        rows = await self.all(
            sa.select(event_agendas.c.lang, event_agendas.c.points).where(
                event_agendas.c.event_id == event_id, event_agendas.c.day == day
            )
        )
        return {row.lang: tuple((start, end, text) for start, end, text in row.points) for row in rows}

    async def days(self, event_id: int) -> set[int]:
        """List the days that have an agenda in any language."""
        rows = await self.all(
            sa.select(event_agendas.c.day).where(event_agendas.c.event_id == event_id).distinct()
        )
        return {row.day for row in rows}


def in_language(agendas: Mapping[str, Items], lang: str) -> tuple[str, Items]:
    """Return the agenda in a language, or in the nearest one that has it, and which language that is."""
    return next(((one, agendas[one]) for one in (lang, *FALLBACK) if one in agendas), ("", ()))
