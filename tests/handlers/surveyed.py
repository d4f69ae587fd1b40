"""Events with surveys, and people who answer them."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from handlers.reminders import arm
from storage.events import Event
from storage.surveys import Survey
from tests.play import Person, Stage


async def event_of(
    stage: Stage,
    kind: str,
    people: list[Person],
    *,
    mode: str = "anonymous",
    starts_at: datetime,
    minutes: int = 120,
) -> Event:
    """Publish an event for which people are registered, and arm what is due."""
    async with stage.database.unit() as unit:
        event = await unit.events.draft(
            str(uuid4()),
            kind,
            at=stage.now,
            minutes=minutes,
            mode="in_person",
            capacity=None,
            reminders=[],
            survey_mode=mode,
        )
        event = await unit.events.put_text(event, "en", "title", "Budgeting")
        event = await unit.events.change(event, state="published", starts_at=starts_at)
        for person in people:
            address = await unit.addresses.find(person.channel.name, person.channel.account, person.peer)
            assert address is not None
            await unit.registrations.add(event.id, address.member_id, None, "confirmed", stage.now)
        await arm(unit, event, stage.now)
    return event


async def survey_of(stage: Stage, event: Event, day: int = 0) -> Survey:
    """Read a survey of an event."""
    async with stage.database.reading() as unit:
        survey = await unit.surveys.of_event(event.id, day)
    assert survey is not None
    return survey


async def gives(person: Person, survey: Survey, *steps: str) -> Person:
    """Answer question by question: `code:value` taps, `-code` skips, anything else is typed; then send."""
    await person.forges(f"survey-next:{survey.id}")
    for step in steps:
        if step.startswith("-"):
            await person.taps(f"survey-skip:{survey.id}:{step[1:]}")
        elif ":" in step:
            await person.taps(f"rate:{survey.id}:{step}")
        else:
            await person.says(step)
    return await person.taps(f"survey-send:{survey.id}")
