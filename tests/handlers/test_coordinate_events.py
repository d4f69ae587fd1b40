"""Coordinators run events: moving, changing, cancelling, and who comes."""

from __future__ import annotations

from datetime import datetime, timedelta

import icalendar
import pytest
import sqlalchemy as sa

from storage.events import Event
from storage.registrations import Seats
from storage.tables import outbox
from tests.handlers.happenings import LINK, TITLES, now_is, publish, register, seats
from tests.play import Person, Stage

DAY = timedelta(days=1)


async def notices(stage: Stage, kind: str) -> list[str]:
    """List the states of the notices of a kind."""
    async with stage.database.reading() as unit:
        rows = await unit.outbox.all(
            sa.select(outbox.c.state).where(outbox.c.kind == kind).order_by(outbox.c.id)
        )
    return [row.state for row in rows]


async def peopled(stage: Stage, **fields: object) -> tuple[Event, Person, Person, Person]:
    """Publish an event with one seat, taken, and one person waiting; return it with them and a coordinator."""
    event = await publish(stage, **{"capacity": 1, **fields})
    coordinator = await stage.known("en", role="coordinator")
    inside, waiting = await stage.known("ar", name="Member, Basra"), await stage.known("ku")
    await register(inside, event)
    await register(waiting, event)
    return event, coordinator, inside, waiting


def minute(moment: datetime) -> int:
    return int(moment.timestamp() // 60)


async def test_the_home_leads_to_everything(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await publish(stage)
    await coordinator.says("/coordinate")
    assert "1 event is coming." in coordinator.sees
    for action in list(coordinator.last.labels.values()):
        await coordinator.forges("coordinate")
        await coordinator.taps(action)
        assert "This has changed since" not in coordinator.sees, action


async def test_managing_shows_who_comes_and_what_is_next(stage: Stage) -> None:
    event, coordinator, _, _ = await peopled(stage)
    await coordinator.forges("manage-events")
    await coordinator.taps(f"manage:{event.id}")
    for word in (
        "Registered: 1",
        "Waiting: 1",
        "Cancelled: 0",
        "Seats: 1",
        "Next reminder: Tuesday, 3 March, 12:00",
    ):
        assert word in coordinator.sees


async def test_every_button_of_an_event_leads_somewhere(stage: Stage) -> None:
    event, coordinator, _, _ = await peopled(stage)
    await coordinator.forges(f"manage:{event.id}")
    for action in list(coordinator.last.labels.values()):
        await coordinator.forges(action)
        assert "This has changed since" not in coordinator.sees, action


async def test_a_move_is_confirmed_with_old_and_new_and_everybody_is_told(stage: Stage) -> None:
    event, coordinator, inside, waiting = await peopled(stage)
    await coordinator.forges(f"manage:{event.id}")
    await coordinator.taps("Move")
    await coordinator.says("10/3 17:00")
    assert "Until now: Wednesday, 4 March, 12:00" in coordinator.sees
    assert "New time: Tuesday, 10 March, 17:00" in coordinator.sees
    assert "2 registered people will be told." in coordinator.sees
    assert (await now_is(stage, event)).schedule_revision == 1
    await coordinator.taps("Yes, move it", again=True)
    assert "It was moved already" in coordinator.sees
    moved = await now_is(stage, event)
    assert (moved.schedule_revision, moved.sequence, moved.revision) == (2, 1, event.revision + 1)
    await stage.passes(timedelta(minutes=11))
    for person in (inside, waiting):
        assert "17:00" in person.last.text
        assert "12:00" in person.last.text
        assert list(person.last.labels.values()) == [
            f"keep:{event.id}",
            f"unregister:{event.id}",
            f"calendar:{event.id}",
        ]
    assert await notices(stage, "moved") == ["sent", "sent"]
    await inside.taps(f"calendar:{event.id}")
    attachment = next(shown.part.attachment for shown in reversed(inside.phone) if shown.part.attachment)
    async with stage.database.reading() as unit:
        body = await unit.files.body(attachment.file_id) or b""
    assert icalendar.Calendar.from_ical(body).walk("VEVENT")[0]["sequence"] == 1


async def test_a_moved_events_message_stays_and_its_buttons_work(stage: Stage) -> None:
    event, coordinator, inside, waiting = await peopled(stage)
    await coordinator.forges(f"event-move:{event.id}:1:{minute(stage.now + 9 * DAY)}")
    await stage.passes(timedelta(minutes=11))
    told = inside.last
    await inside.taps(f"keep:{event.id}")
    assert inside.phone[-2] is told
    await inside.taps(f"unregister:{event.id}")
    await inside.taps(f"unregister-yes:{event.id}")
    assert await seats(stage, event) == Seats(offered=1, cancelled=1)
    await waiting.taps(f"offer-yes:{event.id}")
    assert LINK in waiting.last.text


async def test_a_move_to_the_past_or_to_the_same_time_is_refused(stage: Stage) -> None:
    event, coordinator, _, _ = await peopled(stage)
    for moment in (stage.now - DAY, stage.now, stage.now + 4000 * DAY):
        await coordinator.forges(f"event-move:{event.id}:1:{minute(moment)}")
    await coordinator.forges(f"event-ask:{event.id}:when")
    await coordinator.says("4/3 12:00")
    assert "That is the time it has already." in coordinator.sees
    assert await now_is(stage, event) == event
    assert await notices(stage, "moved") == []


async def test_the_deadline_moves_along(stage: Stage) -> None:
    event, coordinator, _, _ = await peopled(stage, closes_at=stage.now + 2 * DAY)
    assert event.starts_at is not None
    await coordinator.forges(f"event-move:{event.id}:1:{minute(event.starts_at + 5 * DAY)}")
    assert (await now_is(stage, event)).closes_at == stage.now + 7 * DAY
    await coordinator.forges(f"event-move:{event.id}:2:{minute(stage.now + timedelta(hours=3))}")
    assert (await now_is(stage, event)).closes_at is None


async def test_two_moves_are_told_as_one_and_word_of_an_older_one_is_not_sent(stage: Stage) -> None:
    event, coordinator, inside, _ = await peopled(stage)
    member = await inside.member()
    await coordinator.forges(f"event-move:{event.id}:1:{minute(stage.now + 8 * DAY)}")
    await coordinator.forges(f"event-move:{event.id}:2:{minute(stage.now + 9 * DAY)}")
    await stage.passes(timedelta(minutes=11))
    assert "10 آذار" in inside.last.text
    assert "4 آذار" in inside.last.text, "the time that people knew"
    async with stage.database.unit() as unit:
        await unit.outbox.notify_one(
            "moved", member.id, subject="event:0", occurrence="late", at=stage.now, args=(event.id, 2, 0)
        )
    await stage.settles()
    assert await notices(stage, "moved") == ["withdrawn"] * 2 + ["sent"] * 2 + ["withdrawn"]


async def test_moved_back_before_anybody_heard_troubles_nobody(stage: Stage) -> None:
    event, coordinator, inside, _ = await peopled(stage)
    assert event.starts_at is not None
    before = {shown.id for shown in inside.phone}
    await coordinator.forges(f"event-move:{event.id}:1:{minute(stage.now + 8 * DAY)}")
    await coordinator.forges(f"event-move:{event.id}:2:{minute(event.starts_at)}")
    await stage.passes(timedelta(hours=1))
    assert {shown.id for shown in inside.phone} <= before
    assert await notices(stage, "moved") == ["withdrawn"] * 2


async def test_coordinators_see_who_answered_a_move(stage: Stage) -> None:
    event, coordinator, inside, _ = await peopled(stage)
    await coordinator.forges(f"event-move:{event.id}:1:{minute(stage.now + 8 * DAY)}")
    await stage.passes(timedelta(minutes=11))
    await coordinator.forges(f"manage:{event.id}")
    assert "Said that the new time suits them: 0" in coordinator.sees
    assert "Have not answered, and stay registered: 1" in coordinator.sees
    await inside.taps(f"keep:{event.id}", again=True)
    await coordinator.forges(f"manage:{event.id}")
    assert "Said that the new time suits them: 1" in coordinator.sees


async def test_a_cancelled_event_can_be_held_after_all(stage: Stage) -> None:
    event, coordinator, inside, _ = await peopled(stage)
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    await coordinator.forges(f"manage:{event.id}")
    await coordinator.taps("Hold it after all", again=True)
    revived = await now_is(stage, event)
    assert (revived.state, revived.sequence, revived.schedule_revision) == ("published", 2, 2)
    assert await notices(stage, "event-revived") == ["sent", "sent"]
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=1)
    await inside.taps(f"keep:{event.id}")
    await stage.passes(2 * DAY)
    assert await notices(stage, "reminder") == ["sent"]


async def test_a_new_place_and_link_are_told_once_and_a_new_title_is_not(stage: Stage) -> None:
    event, coordinator, inside, waiting = await peopled(stage, mode="hybrid")
    for field, typed in (
        ("place:ar", "القاعة ٥"),
        ("place:ku", "هۆڵی ٥"),
        ("link", "https://new.example.org/x"),
    ):
        await coordinator.forges(f"event-ask:{event.id}:{field}")
        await coordinator.says(typed)
    await coordinator.forges(f"event-ask:{event.id}:title:ar")
    await coordinator.says("عنوان جديد")
    await stage.passes(timedelta(minutes=3))
    assert (await notices(stage, "event-changed")).count("sent") == 2
    assert "القاعة ٥" in inside.last.text
    assert "https://new.example.org/x" in inside.last.text
    assert "هۆڵی ٥" in waiting.last.text
    assert "new.example.org" not in waiting.last.text, "who waits has no link yet"
    changed = await now_is(stage, event)
    assert (changed.schedule_revision, changed.sequence) == (1, 4)


async def test_another_length_is_told_and_moves_the_survey(stage: Stage) -> None:
    event, coordinator, inside, _ = await peopled(stage, survey_mode="anonymous")
    assert event.ends_at is not None
    await coordinator.forges(f"event-ask:{event.id}:minutes")
    await coordinator.says("3 hours")
    async with stage.database.reading() as unit:
        due = await unit.moments.next_due("survey", event.id)
    assert due == event.ends_at + timedelta(minutes=90 + 15)
    await stage.passes(timedelta(minutes=3))
    assert "15:00" in inside.last.text


async def test_more_seats_move_people_up_and_say_so(stage: Stage) -> None:
    event, coordinator, _, waiting = await peopled(stage)
    await coordinator.forges(f"event-ask:{event.id}:capacity")
    await coordinator.says("٣")
    assert "1 person who waited is offered a seat now" in coordinator.sees
    assert await seats(stage, event) == Seats(confirmed=1, offered=1)
    await waiting.taps(f"offer-yes:{event.id}")
    assert LINK in waiting.last.text
    await coordinator.forges(f"event-ask:{event.id}:capacity")
    await coordinator.says("1")
    assert await seats(stage, event) == Seats(confirmed=2)
    await coordinator.forges(f"manage:{event.id}")
    assert "Nobody loses theirs" in coordinator.sees


async def test_cancelling_is_asked_twice_and_told_once(stage: Stage) -> None:
    event, coordinator, inside, waiting = await peopled(stage)
    await coordinator.forges(f"manage:{event.id}")
    await coordinator.taps("Cancel the event")
    await coordinator.taps("Yes, cancel it")
    assert "Are you sure" in coordinator.sees
    assert (await now_is(stage, event)).state == "published"
    await coordinator.taps("Cancel it now", again=True)
    cancelled = await now_is(stage, event)
    assert (cancelled.state, cancelled.sequence) == ("cancelled", 1)
    assert await notices(stage, "event-cancelled") == ["sent", "sent"]
    for person, lang in ((inside, "ar"), (waiting, "ku")):
        assert TITLES[lang] in person.last.text
        await person.forges(f"event:{event.id}")
        assert "Register" not in person.buttons
    await inside.forges(f"calendar:{event.id}")
    attachment = inside.last.part.attachment
    assert attachment is not None
    async with stage.database.reading() as unit:
        assert b"METHOD:CANCEL" in (await unit.files.body(attachment.file_id) or b"")
    await stage.passes(10 * DAY)
    assert await notices(stage, "reminder") == []


async def test_what_was_queued_for_a_cancelled_event_is_taken_back(stage: Stage) -> None:
    event, coordinator, _, _ = await peopled(stage, mode="hybrid")
    await coordinator.forges(f"event-ask:{event.id}:link")
    await coordinator.says("https://new.example.org/x")
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    await stage.passes(timedelta(minutes=3))
    assert await notices(stage, "event-changed") == ["withdrawn", "withdrawn"]


async def test_the_roster_names_people_to_coordinators_only(stage: Stage) -> None:
    event, coordinator, _, _ = await peopled(stage)
    await coordinator.forges(f"manage:{event.id}")
    await coordinator.taps("Who is registered")
    assert "1. ⁨Member, Basra⁩, ⁨Organisation org-basra⁩" in coordinator.sees
    assert "⁨Organisation org-basra⁩: 1" in coordinator.sees
    assert coordinator.last.part.private
    await coordinator.taps("Waiting list")
    assert "Member ku" in coordinator.sees
    other = await stage.known("en")
    await other.forges(f"roster:{event.id}:confirmed:0")
    assert "not open to you" in other.sees
    assert "Member, Basra" not in other.sees


async def test_a_long_roster_is_turned_page_by_page_and_counts_the_erased(stage: Stage) -> None:
    event = await publish(stage)
    coordinator = await stage.known("en", role="coordinator")
    async with stage.database.unit() as unit:
        for number in range(25):
            member = await unit.members.add(at=stage.now, lang="en", role="member")
            await unit.members.change(member.id, name=f"Member {number}")
            await unit.registrations.add(
                event.id, member.id, None, "confirmed", stage.now + timedelta(seconds=number)
            )
        await unit.members.erase(member.id)
    await coordinator.forges(f"roster:{event.id}:confirmed:0")
    assert "20. ⁨Member 19⁩" in coordinator.sees
    await coordinator.taps("Next")
    assert "25. no longer a member" in coordinator.sees
    assert "no organisation: 25" in coordinator.sees


@pytest.mark.parametrize("which", ["coming", "drafts", "past"])
async def test_lists_part_what_is_prepared_coming_and_past(stage: Stage, which: str) -> None:
    titles = {"coming": "Coming one", "drafts": "Draft one", "past": "Past one"}
    for section, title in titles.items():
        starts = stage.now - DAY if section == "past" else stage.now + DAY
        event = await publish(stage, starts_at=starts)
        async with stage.database.unit() as unit:
            event = await unit.events.put_text(event, "en", "title", title)
            if section == "drafts":
                await unit.events.change(event, state="draft")
    coordinator = await stage.known("en", role="coordinator", channel="whatsapp")
    await coordinator.forges(f"manage-events:{which}")
    for section, title in titles.items():
        assert (title in coordinator.sees) == (section == which)
    assert len(coordinator.last.labels) <= 10
