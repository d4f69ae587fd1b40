"""Something of each kind that people have among themselves, for tests that look at all of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.organisations import Entry
from storage.unit import Unit
from tests.storage.people import opened, past_event, registered


async def furnish(unit: Unit, member_id: int, now: datetime) -> None:
    """Put a row of this person into every table of the community among itself."""
    question = await unit.questions.ask(member_id, "May I?", now)
    await unit.questions.move(question, "claimed", now, claimer_id=member_id)
    event = await past_event(unit, now)
    await unit.nominations.begin(event.id, member_id, "A colleague", now)
    colleague = await unit.members.add(at=now)
    await unit.registrations.add(event.id, colleague.id, None, "invited", now, nominator_id=member_id)
    topic = await unit.suggestions.add(member_id, "webinar", "en", "Budgets", now)
    await unit.suggestions.support(topic.id, member_id)
    place = await unit.organisations.put(Entry(f"together-{member_id}", "Org", "", "", "prime", ""))
    await unit.profiles.change(place, focal_id=member_id)
    await unit.profiles.belongs_now(member_id, place, now)
    await unit.profiles.viewed(member_id, now.date(), 5)
    other = await unit.members.add(at=now)
    relay = await unit.relays.open("organisation", place, [member_id, other.id], now, member_id)
    await unit.relays.write(relay, member_id, "Hello", now)
    await unit.relays.block(member_id, [other.id])
    await unit.relays.block(other.id, [member_id])
    event = await unit.events.draft(
        f"together-{member_id}",
        "training",
        at=now,
        minutes=60,
        mode="online",
        capacity=None,
        reminders=(),
        survey_mode="none",
    )
    await unit.attendance.mark(event.id, 1, member_id, "present", now, how="list")
    await unit.intentions.say(event.id, member_id, now, coming="yes")
    await unit.certificates.settle(event.id, [member_id], now)
    await unit.calendars.make(member_id, now)
    asked = await past_event(unit, now)
    await registered(unit, asked.id, 1, now)
    survey = await opened(unit, asked.id, "anonymous", now)
    await unit.answer_links.make(survey.id, member_id, now + timedelta(hours=2))
    for side, pair in (
        ("mentor", await unit.mentoring.propose(member_id, other.id, now)),
        ("mentee", await unit.mentoring.propose(other.id, member_id, now)),
    ):
        await unit.mentoring.change_offer(member_id, side, themes=("youth",))
        await unit.mentoring.log(pair.id, member_id, now.date(), 60, "online")
        await unit.mentoring.note(pair.id, member_id, "Next step", now)
    call_id = await unit.calls.draft("lab", "en", now)
    await unit.calls.join(call_id, member_id, now)
    await unit.calls.apply(call_id, place, member_id, now)
    await unit.calls.add_paper(
        call_id, "draft", "en", member_id, now, file_id=None, link="https://example.org"
    )
    await unit.calls.opened(call_id, member_id, "en")
    await unit.traits.say(member_id, "gender", "woman")
    coffee = await unit.coffee.draft(now, now)
    await unit.coffee.join(coffee.id, member_id)
