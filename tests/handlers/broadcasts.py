"""Events and people for tests of what coordinators send to many."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from locales import LANGUAGES
from storage.events import Event
from tests.play import Person, Stage

TITLES = {"en": "Budget monitoring", "ar": "مراقبة الميزانية", "ku": "چاودێریی بودجە"}


async def an_event(stage: Stage, *, days: float = 5, langs: tuple[str, ...] = LANGUAGES) -> Event:
    """Publish an event that begins in some days (or began, for fewer than none)."""
    async with stage.database.unit() as unit:
        event = await unit.events.draft(
            str(uuid4()), "webinar", at=stage.now, minutes=60, mode="online", capacity=None, reminders=[],
            survey_mode="none",
        )  # fmt: skip
        for lang in langs:
            event = await unit.events.put_text(event, lang, "title", TITLES[lang])
        starts_at = stage.now + timedelta(days=days)
        return await unit.events.change(event, state="published", starts_at=starts_at)


async def has_seat(stage: Stage, person: Person, event: Event, state: str = "confirmed") -> None:
    """Register somebody without a tap, so that nothing is sent for it."""
    member = await person.member()
    async with stage.database.unit() as unit:
        await unit.registrations.add(event.id, member.id, None, state, stage.now)


async def rows_of(stage: Stage, subject: str) -> dict[tuple[str, str], int]:
    """Count a subject's outbox rows by (state, reason)."""
    async with stage.database.reading() as unit:
        return await unit.outbox.tally(subject)


def texts(person: Person) -> list[str]:
    """List what is on somebody's phone."""
    return [shown.text for shown in person.phone]


def count_of(person: Person, text: str) -> int:
    """Count the messages on somebody's phone that hold a text."""
    return sum(text in one for one in texts(person))


def plain(text: str) -> str:
    """Take the isolating characters out, for comparing."""
    return text.replace("\u2068", "").replace("\u2069", "")
