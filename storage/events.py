"""Events and their texts in three languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from storage.store import Store
from storage.tables import ACTIVE, Instant, event_texts, events, registrations

FALLBACK = ("en", "ar", "ku")
"""Which language speaks for a missing one, in this order."""

MICROSECONDS_A_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class Texts:
    """What is said of an event in one language; empty where nobody has said it."""

    title: str = ""
    description: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `capacity` None: no limit; `closes_at` None: people may register until it starts.

    `per_organisation` is the most seats that one organisation gets, None meaning no limit; `approval` says that
    coordinators choose among those who apply, `invite_only` that only those who were invited may ask for a seat.
    """

    id: int
    uid: str
    kind: str
    state: str
    revision: int
    schedule_revision: int
    sequence: int
    starts_at: datetime | None
    minutes: int
    mode: str
    join_link: str
    capacity: int | None
    closes_at: datetime | None
    reminders: tuple[int, ...]
    survey_mode: str
    created_at: datetime
    per_organisation: int | None = None
    approval: bool = False
    invite_only: bool = False
    texts: Mapping[str, Texts] = field(default_factory=dict)
    plan: tuple[tuple[int, int], ...] = ()
    """Its days where they are not all alike: minutes after the start, and how long. See `handlers.rules.days`."""
    certificate: str = ""
    daily_survey: bool = False
    room: int | None = None
    series_id: int | None = None

    def title(self, lang: str) -> str:
        """Return the title in a language, or in the nearest one that has it."""
        return self._said("title", lang)[1]

    def description(self, lang: str) -> str:
        """Return the description in a language, or in the nearest one that has it."""
        return self._said("description", lang)[1]

    def place(self, lang: str) -> str:
        """Return the place in a language, or in the nearest one that has it."""
        return self._said("place", lang)[1]

    def has(self, lang: str) -> bool:
        """Say whether the event has a title in this very language."""
        return bool(self.said("title", lang))

    def said(self, column: str, lang: str) -> str:
        """Return a text in this very language, or an empty one."""
        return str(getattr(self.texts.get(lang, Texts()), column))

    def title_lang(self, lang: str) -> str:
        """Return the language that `title(lang)` is in, or an empty text where there is no title."""
        return self._said("title", lang)[0]

    def missing(self, column: str = "title") -> tuple[str, ...]:
        """List the languages in which a text is missing."""
        return tuple(lang for lang in FALLBACK if not self.said(column, lang))

    @property
    def ends_at(self) -> datetime | None:
        """Return when it ends; None while it has no time."""
        return None if self.starts_at is None else self.starts_at + timedelta(minutes=self.minutes)

    @property
    def deadline(self) -> datetime | None:
        """Return until when people may register."""
        return self.closes_at or self.starts_at

    def over(self, now: datetime) -> bool:
        """Say whether it has ended."""
        return self.ends_at is not None and self.ends_at <= now

    def started(self, now: datetime) -> bool:
        """Say whether it has begun."""
        return self.starts_at is not None and self.starts_at <= now

    def _said(self, column: str, lang: str) -> tuple[str, str]:
        found = ((one, self.said(column, one)) for one in (lang, *FALLBACK))
        return next(((one, text) for one, text in found if text), ("", ""))


class Events(Store):
    """Events. Every change goes through `change` or `put_text`, which count revisions."""

    async def draft(
        self,
        uid: str,
        kind: str,
        *,
        at: datetime,
        minutes: int,
        mode: str,
        capacity: int | None,
        reminders: Sequence[int],
        survey_mode: str,
        certificate: str = "",
        daily_survey: bool = False,
        per_organisation: int | None = None,
        approval: bool = False,
    ) -> Event:
        """Begin an event; the same uid gives the same event back, so that a repetition makes no second one."""
        insert = self.upsert(events).values(
            uid=uid,
            kind=kind,
            minutes=minutes,
            mode=mode,
            capacity=capacity,
            reminders=list(reminders),
            survey_mode=survey_mode,
            certificate=certificate,
            daily_survey=daily_survey,
            per_organisation=per_organisation,
            approval=approval,
            created_at=at,
        )
        await self.run(insert.on_conflict_do_nothing(index_elements=["uid"]))
        (event,) = await self._read(sa.select(events).where(events.c.uid == uid))
        return event

    async def get(self, event_id: int) -> Event | None:
        """Find an event by id."""
        return next(iter(await self._read(sa.select(events).where(events.c.id == event_id))), None)

    async def hold(self, event_id: int) -> Event | None:
        """Find an event and keep everybody else from changing it or its seats until this unit ends."""
        statement = sa.select(events).where(events.c.id == event_id).with_for_update()
        return next(iter(await self._read(statement)), None)

    async def change(
        self, event: Event, *, reschedule: bool = False, recalendar: bool = False, **fields: Any
    ) -> Event:
        """Set columns and count a revision; `join_link` is sealed here, `starts_at` also kept as wall time.

        `reschedule` counts a revision of the schedule, `recalendar` tells calendars that the entry changed.
        """
        values = dict(fields)
        if "join_link" in values:
            link = values.pop("join_link")
            values["join_link_sealed"] = (
                self.unit.vault.seal(link, "events", "join_link", event.uid) if link else None
            )
        if values.get("starts_at") is not None:
            values["local_start"] = _wall_time(values["starts_at"])
        if "reminders" in values:
            values["reminders"] = list(values["reminders"])
        if "plan" in values:
            values["plan"] = [list(day) for day in values["plan"]]
        values["revision"] = events.c.revision + 1
        values["schedule_revision"] = events.c.schedule_revision + int(reschedule)
        values["sequence"] = events.c.sequence + int(reschedule or recalendar)
        await self.run(events.update().where(events.c.id == event.id).values(**values))
        return await self._again(event.id)

    async def put_text(
        self, event: Event, lang: str, column: str, text: str, *, recalendar: bool = False
    ) -> Event:
        """Set a title, description or place in one language and count a revision."""
        insert = self.upsert(event_texts).values(event_id=event.id, lang=lang, **{column: text})
        await self.run(insert.on_conflict_do_update(index_elements=["event_id", "lang"], set_={column: text}))
        return await self.change(event, recalendar=recalendar)

    async def remove_draft(self, event_id: int) -> bool:
        """Forget an event that was never published."""
        return await self.run(events.delete().where(events.c.id == event_id, events.c.state == "draft")) == 1

    async def many(self, event_ids: Sequence[int]) -> list[Event]:
        """Find several events, the one that starts first in front; those that are gone are left out."""
        statement = sa.select(events).where(events.c.id.in_(event_ids))
        return await self._read(statement.order_by(events.c.starts_at, events.c.id))

    async def upcoming(
        self, now: datetime, *, limit: int, offset: int = 0, seen_by: int | None = None
    ) -> list[Event]:
        """List published events that are not over, the next one in front.

        `seen_by` leaves out those by invitation only to which that member was not invited.
        """
        statement = sa.select(events).where(events.c.state == "published", ends_after(now))
        if seen_by is not None:
            mine = sa.select(registrations.c.event_id).where(
                registrations.c.member_id == seen_by, registrations.c.state.in_(ACTIVE)
            )
            statement = statement.where(sa.or_(~events.c.invite_only, events.c.id.in_(mine)))
        return await self._read(
            statement.order_by(events.c.starts_at, events.c.id).limit(limit).offset(offset)
        )

    async def next_of_kind(self, kind: str, now: datetime) -> Event | None:
        """Find the published event of a kind, open to all, that begins next."""
        coming = sa.select(events).where(
            events.c.state == "published",
            events.c.kind == kind,
            events.c.starts_at > now,
            ~events.c.invite_only,
        )
        return next(iter(await self._read(coming.order_by(events.c.starts_at, events.c.id).limit(1))), None)

    async def past(self, now: datetime, *, limit: int, offset: int = 0) -> list[Event]:
        """List published events that are over, the latest in front."""
        statement = sa.select(events).where(events.c.state == "published", ~ends_after(now))
        return await self._latest(statement, limit, offset)

    async def archive(self, now: datetime, *, limit: int, offset: int = 0) -> list[Event]:
        """List events that are over or cancelled, the latest in front."""
        done = sa.or_(events.c.state == "cancelled", sa.and_(events.c.state == "published", ~ends_after(now)))
        return await self._latest(sa.select(events).where(done), limit, offset)

    async def drafts(self, *, limit: int, offset: int = 0) -> list[Event]:
        """List what is being prepared, the newest in front."""
        statement = sa.select(events).where(events.c.state == "draft")
        return await self._read(statement.order_by(events.c.id.desc()).limit(limit).offset(offset))

    async def of_member(self, member_id: int, now: datetime, *, limit: int, offset: int = 0) -> list[Event]:
        """List the events in which somebody stands somewhere, from invited to confirmed, and that are not over."""
        mine = sa.select(registrations.c.event_id).where(
            registrations.c.member_id == member_id, registrations.c.state.in_(ACTIVE)
        )
        statement = sa.select(events).where(events.c.id.in_(mine), events.c.state != "draft", ends_after(now))
        return await self._read(
            statement.order_by(events.c.starts_at, events.c.id).limit(limit).offset(offset)
        )

    async def of_series(self, series_id: int) -> list[Event]:
        """List what was published in a series, in the order in which it takes place."""
        statement = sa.select(events).where(events.c.series_id == series_id, events.c.state == "published")
        return await self._read(statement.order_by(events.c.starts_at, events.c.id))

    async def _latest(self, statement: sa.Select[Any], limit: int, offset: int) -> list[Event]:
        ordered = statement.order_by(events.c.starts_at.desc(), events.c.id.desc())
        return await self._read(ordered.limit(limit).offset(offset))

    async def _again(self, event_id: int) -> Event:
        (event,) = await self._read(sa.select(events).where(events.c.id == event_id))
        return event

    async def _read(self, statement: sa.Select[Any]) -> list[Event]:
        rows = await self.all(statement)
        texts = await self._texts([row.id for row in rows])
        return [self._event(row, texts.get(row.id, {})) for row in rows]

    async def _texts(self, event_ids: Sequence[int]) -> dict[int, dict[str, Texts]]:
        if not event_ids:
            return {}
        rows = await self.all(sa.select(event_texts).where(event_texts.c.event_id.in_(event_ids)))
        found: dict[int, dict[str, Texts]] = {}
        for row in rows:
            found.setdefault(row.event_id, {})[row.lang] = Texts(row.title, row.description, row.place)
        return found

    def _event(self, row: sa.Row[Any], texts: Mapping[str, Texts]) -> Event:
        return Event(
            id=row.id,
            uid=row.uid,
            kind=row.kind,
            state=row.state,
            revision=row.revision,
            schedule_revision=row.schedule_revision,
            sequence=row.sequence,
            starts_at=row.starts_at,
            minutes=row.minutes,
            mode=row.mode,
            join_link=self.unit.vault.open_text(row.join_link_sealed, "events", "join_link", row.uid),
            capacity=row.capacity,
            closes_at=row.closes_at,
            reminders=tuple(row.reminders),
            survey_mode=row.survey_mode,
            created_at=row.created_at,
            per_organisation=row.per_organisation,
            approval=row.approval,
            invite_only=row.invite_only,
            texts=texts,
            plan=tuple((after, minutes) for after, minutes in row.plan),
            certificate=row.certificate,
            daily_survey=row.daily_survey,
            room=row.room,
            series_id=row.series_id,
        )


def ends_after(now: datetime) -> sa.ColumnElement[bool]:
    """Match rows of `events` that are not over; one without a time never is."""
    end = sa.type_coerce(events.c.starts_at, sa.BigInteger) + events.c.minutes * sa.literal(
        MICROSECONDS_A_MINUTE, sa.BigInteger
    )
    return sa.or_(events.c.starts_at.is_(None), end > sa.literal(now, Instant))


def _wall_time(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("Asia/Baghdad")).strftime("%Y-%m-%dT%H:%M")
