"""Reports to the donor: targets, notes, what was locked, and links by which a locked one is read once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import indicator_notes, indicator_plans, report_links, reports
from storage.vault import code_hash

TOKEN_BYTES = 16
"""128 random bits."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What was planned for an indicator. A target of None: as many as come."""

    baseline: float = 0.0
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was reviewed or locked. `frozen` is what it said when it was locked."""

    period: str
    state: str
    reviewed_at: datetime
    locked_at: datetime | None = None
    frozen: Mapping[str, Any] | None = None

    @property
    def locked(self) -> bool:
        """Say whether its numbers stay."""
        return self.state == "locked"


@dataclass(frozen=True, slots=True)
class ReportLink:
    """Which report a link opens, in which language."""

    period: str
    lang: str


class Reports(Store):
    """Reports by their period's code."""

    # --- aims and notes -------------------------------------------------------------------------------------

    async def aims(self) -> dict[str, Aim]:
        """Return what was planned otherwise than the programme says, by indicator."""
        rows = await self.all(sa.select(indicator_plans))
        return {row.code: Aim(row.baseline, row.target) for row in rows}

    async def put_aim(self, code: str, aim: Aim) -> None:
        """Set what is planned for an indicator."""
        values = {"baseline": aim.baseline, "target": aim.target}
        insert = self.upsert(indicator_plans).values(code=code, **values)
        await self.run(insert.on_conflict_do_update(index_elements=["code"], set_=values))

    async def notes(self, period: str) -> dict[str, str]:
        """Return a period's notes, by indicator."""
        rows = await self.all(sa.select(indicator_notes).where(indicator_notes.c.period == period))
        return {row.code: row.text for row in rows}

    async def put_note(self, period: str, code: str, text: str) -> None:
        """Say why an indicator stands where it does; an empty text takes the note away."""
        mine = (indicator_notes.c.period == period, indicator_notes.c.code == code)
        if not text:
            await self.run(indicator_notes.delete().where(*mine))
            return
        insert = self.upsert(indicator_notes).values(period=period, code=code, text=text)
        await self.run(insert.on_conflict_do_update(index_elements=["period", "code"], set_={"text": text}))

    # --- reviewed, locked -----------------------------------------------------------------------------------

    async def get(self, period: str) -> Report | None:
        """Find a report that was reviewed or locked."""
        row = await self.one(sa.select(reports).where(reports.c.period == period))
        return None if row is None else _read(row)

    async def locked(self, *, before: str = "") -> list[Report]:
        """List locked reports, the newest period first; only of periods before one, where it is given."""
        statement = sa.select(reports).where(reports.c.state == "locked").order_by(reports.c.period.desc())
        if before:
            statement = statement.where(reports.c.period < before)
        return [_read(row) for row in await self.all(statement)]

    async def review(self, period: str, at: datetime) -> None:
        """Note that somebody has looked a draft through; of a locked report nothing changes."""
        insert = self.upsert(reports).values(period=period, state="reviewed", reviewed_at=at)
        await self.run(insert.on_conflict_do_nothing(index_elements=["period"]))

    async def lock(self, period: str, frozen: Mapping[str, Any], at: datetime) -> bool:
        """Freeze a reviewed report; False where it is locked already, or nobody has looked it through."""
        which = (reports.c.period == period, reports.c.state == "reviewed")
        changed = reports.update().where(*which).values(state="locked", locked_at=at, frozen=dict(frozen))
        return await self.run(changed) == 1

    # --- links ----------------------------------------------------------------------------------------------

    async def link(self, period: str, lang: str, expires_at: datetime) -> str:
        """Make a link to a report's page and return its token, which can't be read again later."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await self.run(
            report_links.insert().values(
                token_hash=code_hash(token), period=period, lang=lang, expires_at=expires_at
            )
        )
        return token

    async def linked(self, token: str, now: datetime) -> ReportLink | None:
        """Return what a link opens, if it still works."""
        row = await self.one(sa.select(report_links).where(*_live(token, now)))
        return None if row is None else ReportLink(row.period, row.lang)

    async def use_link(self, token: str, now: datetime) -> ReportLink | None:
        """Return what a link opens, and let it never open anything again."""
        found = await self.linked(token, now)
        used = await self.run(report_links.delete().where(*_live(token, now)))
        return found if used else None

    async def forget_links(self, before: datetime) -> int:
        """Drop links that ended before a moment and return how many."""
        return await self.run(report_links.delete().where(report_links.c.expires_at < before))


def _live(token: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (report_links.c.token_hash == code_hash(token), report_links.c.expires_at > now)


def _read(row: sa.Row[Any]) -> Report:
    return Report(row.period, row.state, row.reviewed_at, row.locked_at, row.frozen)
