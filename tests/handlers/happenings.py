"""Events made ready for the tests of those who meet, run and are reminded of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from handlers.offers import fill_seats
from handlers.reminders import arm
from handlers.rules.kinds import KINDS
from storage.events import Event
from storage.registrations import Registration, Seats
from tests.play import Person, Stage

TITLES = {"en": "What Works", "ar": "ما الذي ينجح", "ku": "چی کار دەکات"}
PLACES = {"en": "Hall 3, Basra", "ar": "القاعة ٣، البصرة", "ku": "هۆڵی ٣، بەسرە"}
LINK = "https://meet.example.org/what-works"


async def publish(
    stage: Stage, kind: str = "webinar", *, langs: tuple[str, ...] = ("en", "ar", "ku"), **fields: Any
) -> Event:
    """Publish an event, three days from the stage's present unless fields (as for `change`) say otherwise."""
    async with stage.database.unit() as unit:
        usual = KINDS[kind]
        draft = await unit.events.draft(
            f"event{next(stage.numbers)}",
            kind,
            at=stage.now,
            minutes=usual.minutes,
            mode=usual.mode,
            capacity=usual.capacity,
            reminders=usual.reminders,
            survey_mode="none",
            certificate=usual.certificate,
        )
        for lang in langs:
            await unit.events.put_text(draft, lang, "title", TITLES[lang])
            await unit.events.put_text(draft, lang, "place", PLACES[lang])
        values = {"starts_at": stage.now + timedelta(days=3), "join_link": LINK, **fields}
        event = await unit.events.change(draft, state="published", **values)
        await arm(unit, event, stage.now)
        return event


async def now_is(stage: Stage, event: Event) -> Event:
    """Read an event as it is by now."""
    async with stage.database.reading() as unit:
        found = await unit.events.get(event.id)
        assert found is not None
        return found


async def seats(stage: Stage, event: Event) -> Seats:
    """Count an event's seats."""
    async with stage.database.reading() as unit:
        return await unit.registrations.seats(event.id)


async def registration(stage: Stage, event: Event, person: Person) -> Registration | None:
    """Read a person's registration."""
    member = await person.member()
    async with stage.database.reading() as unit:
        return await unit.registrations.of(event.id, member.id)


async def register(person: Person, event: Event) -> Person:
    """Register by the button that the event's card shows."""
    await person.forges(f"event:{event.id}")
    return await person.taps(f"register:{event.id}:{event.revision}")


async def set_capacity(stage: Stage, event: Event, capacity: int | None) -> None:
    """Change an event's limit and give what becomes free to those who wait."""
    async with stage.database.unit() as unit:
        held = await unit.events.hold(event.id)
        assert held is not None
        await fill_seats(unit, await unit.events.change(held, capacity=capacity), stage.now)
