"""People and an event for tests of what comes after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from handlers.rules.questions import written
from handlers.rules.templates import TEMPLATES
from storage.events import Event
from storage.surveys import Survey
from storage.unit import Unit


async def past_event(unit: Unit, now: datetime, *, survey_mode: str = "anonymous") -> Event:
    """Make a published event that ended an hour ago."""
    event = await unit.events.draft(
        str(uuid4()),
        "webinar",
        at=now,
        minutes=60,
        mode="online",
        capacity=None,
        reminders=[],
        survey_mode=survey_mode,
    )
    for lang, title in (("en", "Grant writing"), ("ar", "كتابة المنح"), ("ku", "نووسینی بەخشین")):
        event = await unit.events.put_text(event, lang, "title", title)
    return await unit.events.change(event, state="published", starts_at=now - timedelta(hours=2))


async def registered(unit: Unit, event_id: int, count: int, now: datetime) -> list[int]:
    """Make members who are confirmed for an event, and return their ids."""
    people = [(await unit.members.add(at=now, lang="en", role="member")).id for _ in range(count)]
    for member_id in people:
        await unit.registrations.add(event_id, member_id, None, "confirmed", now)
    return people


async def opened(unit: Unit, event_id: int, mode: str, now: datetime) -> Survey:
    """Open an event's survey for a week."""
    people = unit.registrations.recipients(event_id, "confirmed")
    closes_at = now + timedelta(days=7)
    form = written(TEMPLATES["event"].questions)
    survey = await unit.surveys.create(
        event_id, mode, "event", form, people=people, at=now, closes_at=closes_at
    )
    assert survey is not None
    return survey
