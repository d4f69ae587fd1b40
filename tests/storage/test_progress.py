"""Progress counts what took place."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.progress import Progress
from storage.unit import Unit
from tests.storage.people import past_event


async def test_only_published_events_that_are_over_count(unit: Unit, now: datetime) -> None:
    over = await past_event(unit, now)
    for fields in (
        {"state": "cancelled"},
        {"state": "draft"},
        {"starts_at": now + timedelta(days=1)},
        {"starts_at": now - timedelta(minutes=59)},
    ):
        await unit.events.change(await past_event(unit, now), **fields)
    assert await Progress(unit).held(now) == {"webinar": 1}
    assert await Progress(unit).held(now + timedelta(minutes=1)) == {"webinar": 2}
    assert over.kind == "webinar"
