"""Series of events, such as "What Works": so many are planned, and so many took place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.events import FALLBACK
from storage.store import Store
from storage.tables import series, series_texts


@dataclass(frozen=True, slots=True)
class Series:
    """One series. `planned` is how many events it is meant to have."""

    id: int
    planned: int
    titles: Mapping[str, str] = field(default_factory=dict)

    def title(self, lang: str) -> str:
        """Return its title in a language, or in the nearest one that has it."""
        return next((self.titles[one] for one in (lang, *FALLBACK) if self.titles.get(one)), "")


class AllSeries(Store):
    """The series."""

    async def add(self, token: str, lang: str, title: str, planned: int, at: datetime) -> Series:
        """Begin a series; the same token gives the same one back."""
        insert = self.upsert(series).values(token=token, planned=planned, made_at=at)
        await self.run(insert.on_conflict_do_nothing(index_elements=["token"]))
        series_id = int(await self.scalar(sa.select(series.c.id).where(series.c.token == token)))
        await self.put_title(series_id, lang, title)
        found = await self.get(series_id)
        assert found is not None  # noqa: S101 - it was just written
        return found

    async def put_title(self, series_id: int, lang: str, title: str) -> None:
        """Set its title in one language."""
        insert = self.upsert(series_texts).values(series_id=series_id, lang=lang, title=title)
        keys = ["series_id", "lang"]
        await self.run(insert.on_conflict_do_update(index_elements=keys, set_={"title": title}))

    async def plan(self, series_id: int, planned: int) -> None:
        """Set how many events it is meant to have."""
        await self.run(series.update().where(series.c.id == series_id).values(planned=planned))

    async def get(self, series_id: int) -> Series | None:
        """Find a series."""
        return next(iter(await self._read(sa.select(series).where(series.c.id == series_id))), None)

    async def newest(self, *, limit: int, offset: int = 0) -> list[Series]:
        """List series, the newest in front."""
        return await self._read(sa.select(series).order_by(series.c.id.desc()).limit(limit).offset(offset))

    async def _read(self, statement: sa.Select[Any]) -> list[Series]:
        rows = await self.all(statement)
        ids = [row.id for row in rows]
        texts = await self.all(sa.select(series_texts).where(series_texts.c.series_id.in_(ids)))
        titles: dict[int, dict[str, str]] = {}
        for one in texts:
            titles.setdefault(one.series_id, {})[one.lang] = one.title
        return [Series(row.id, row.planned, titles.get(row.id, {})) for row in rows]
