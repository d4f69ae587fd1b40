"""Something of each kind that people have among themselves, for tests that look at all of it."""

from __future__ import annotations

from datetime import datetime

from storage.unit import Unit


async def furnish(unit: Unit, member_id: int, now: datetime) -> None:
    """Put a row of this person into every table of the community among itself."""
    question = await unit.questions.ask(member_id, "May I?", now)
    await unit.questions.move(question, "claimed", now, claimer_id=member_id)
    topic = await unit.suggestions.add(member_id, "webinar", "en", "Budgets", now)
    await unit.suggestions.support(topic.id, member_id)
