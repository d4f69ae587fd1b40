"""Survey questions that coordinators wrote: for a part of one event, or kept as a template of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import AnyRow, Store
from storage.tables import survey_forms

KEPT = "kept"
"""The part of those that belong to no event."""


@dataclass(frozen=True, slots=True)
class Form:
    """Questions, written down as `handlers.rules.questions` does. One without an event is a template with a name."""

    id: int
    event_id: int | None
    part: str
    name: str
    questions: Sequence[Mapping[str, Any]]


class Forms(Store):
    """The questions of surveys to come. What has opened carries a copy of its own."""

    async def of(self, event_id: int, part: str) -> Form | None:
        """Find the questions written for a part of an event; None where the usual ones are asked."""
        where = (survey_forms.c.event_id == event_id, survey_forms.c.part == part)
        row = await self.one(sa.select(survey_forms).where(*where))
        return None if row is None else _read(row)

    async def put(
        self, event_id: int, part: str, questions: Sequence[Mapping[str, Any]], at: datetime
    ) -> None:
        """Set the questions for a part of an event."""
        values = {"questions": list(questions), "changed_at": at}
        insert = self.upsert(survey_forms).values(event_id=event_id, part=part, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["event_id", "part"], set_=values))

    async def drop(self, event_id: int, part: str) -> None:
        """Ask the usual questions again."""
        await self.run(
            survey_forms.delete().where(survey_forms.c.event_id == event_id, survey_forms.c.part == part)
        )

    async def keep(
        self, name: str, questions: Sequence[Mapping[str, Any]], at: datetime, *, most: int
    ) -> bool:
        """Keep questions as a template; one of the same name is replaced. False where there are too many already."""
        same = (survey_forms.c.part == KEPT, survey_forms.c.name == name)
        values = {"questions": list(questions), "changed_at": at}
        if await self.run(survey_forms.update().where(*same).values(**values)):
            return True
        counted = sa.select(sa.func.count()).select_from(survey_forms).where(survey_forms.c.part == KEPT)
        if int(await self.scalar(counted) or 0) >= most:
            return False
        await self.run(survey_forms.insert().values(part=KEPT, name=name, **values))
        return True

    async def kept(self, limit: int, offset: int = 0) -> list[Form]:
        """List the templates by name."""
        statement = sa.select(survey_forms).where(survey_forms.c.part == KEPT)
        ordered = statement.order_by(survey_forms.c.name, survey_forms.c.id)
        return [_read(row) for row in await self.all(ordered.limit(limit).offset(offset))]

    async def template(self, form_id: int) -> Form | None:
        """Find a template."""
        where = (survey_forms.c.id == form_id, survey_forms.c.part == KEPT)
        row = await self.one(sa.select(survey_forms).where(*where))
        return None if row is None else _read(row)

    async def forget(self, form_id: int) -> None:
        """Forget a template; surveys that came of it stay as they are."""
        await self.run(survey_forms.delete().where(survey_forms.c.id == form_id, survey_forms.c.part == KEPT))


def _read(row: AnyRow) -> Form:
    return Form(row.id, row.event_id, row.part, row.name, row.questions)
