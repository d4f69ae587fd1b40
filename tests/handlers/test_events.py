"""Members meet events: the list, the card, a seat by one tap, the waiting line, the calendar."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import icalendar
import pytest

from handlers.offers import release_seats
from storage.registrations import Seats
from storage.tables import outbox
from tests.handlers.happenings import (
    LINK,
    PLACES,
    TITLES,
    now_is,
    publish,
    register,
    registration,
    seats,
    set_capacity,
)
from tests.play import Stage

CHANNELS = ("telegram", "whatsapp", "browser")
WHEN = {
    "en": "Wednesday, 4 March, from 12:00 to 13:30",
    "ar": "الأربعاء، 4 آذار",
    "ku": "چوارشەممە، 4ی ئازار",
}


@pytest.mark.parametrize("lang", TITLES)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_from_the_menu_to_a_seat_in_every_language_on_every_channel(
    stage: Stage, lang: str, channel: str
) -> None:
    event = await publish(stage)
    person = await stage.known(lang, channel=channel)
    await person.says("/events")
    assert TITLES[lang] in person.sees
    await person.taps(f"event:{event.id}")
    assert TITLES[lang] in person.sees
    assert WHEN[lang] in person.sees
    assert LINK not in person.sees
    await person.taps(f"register:{event.id}:{event.revision}")
    assert LINK in person.sees
    assert await seats(stage, event) == Seats(confirmed=1)
    await person.says("/mine")
    assert TITLES[lang] in person.sees


async def test_a_seat_by_a_typed_number(stage: Stage) -> None:
    event = await publish(stage, langs=("ar",))
    person = await stage.known("ar", channel="whatsapp")
    await person.forges(f"event:{event.id}")
    await person.says("١")
    assert await seats(stage, event) == Seats(confirmed=1)


async def test_the_card_says_plainly_how_and_where(stage: Stage) -> None:
    person = await stage.known("en")
    for mode, seen, unseen in (
        ("online", "Online", PLACES["en"]),
        ("in_person", PLACES["en"], "Join"),
        ("hybrid", "Online and in person", "never"),
    ):
        event = await publish(stage, mode=mode)
        await person.forges(f"event:{event.id}")
        assert seen in person.sees
        assert unseen not in person.sees


async def test_a_title_in_another_language_says_so(stage: Stage) -> None:
    event = await publish(stage, langs=("ar",))
    person = await stage.known("en")
    await person.forges(f"event:{event.id}")
    assert TITLES["ar"] in person.sees
    assert "This text is in: ⁨العربية⁩" in person.sees


async def test_a_double_tap_and_two_devices_take_one_seat(stage: Stage) -> None:
    event = await publish(stage, capacity=1)
    person, other = await stage.known("en"), await stage.known("en")
    await person.forges(f"event:{event.id}")
    await person.taps(f"register:{event.id}:{event.revision}", again=True)
    assert "You had registered already" in person.sees
    assert await seats(stage, event) == Seats(confirmed=1)
    await asyncio.gather(*(other.forges(f"register:{event.id}:{event.revision}") for _ in range(5)))
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=1)


async def test_concurrent_taps_never_oversell(stage: Stage) -> None:
    event = await publish(stage, capacity=3)
    people = [await stage.known("en") for _ in range(10)]
    await asyncio.gather(*(one.forges(f"register:{event.id}:{event.revision}") for one in people))
    assert await seats(stage, event) == Seats(confirmed=3, waitlisted=7)


async def test_a_button_of_an_older_revision_shows_the_event_as_it_is_now(stage: Stage) -> None:
    event = await publish(stage)
    async with stage.database.unit() as unit:
        await unit.events.put_text(event, "en", "title", "What Works Now")
    person = await stage.known("en")
    await person.forges(f"register:{event.id}:{event.revision}")
    assert "This event has changed since" in person.sees
    assert "What Works Now" in person.sees
    assert await seats(stage, event) == Seats()
    await person.taps("Register")
    assert await seats(stage, event) == Seats(confirmed=1)


async def test_full_means_a_place_in_line_and_a_freed_seat_moves_up(stage: Stage) -> None:
    event = await publish(stage, capacity=1)
    first, second, third = [await stage.known("en") for _ in range(3)]
    for person in (first, second, third):
        await register(person, event)
    assert "Your place in line: 2" in third.sees
    assert LINK not in third.sees
    await first.taps("Cancel registration")
    assert "Do you want to cancel" in first.sees
    assert "Your seat goes to the next person in line." in first.sees
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=2)
    second.seen = {shown.id: shown.part for shown in second.phone}
    await first.taps("Yes, cancel", again=True)
    assert "You are not registered" in first.sees
    assert "a seat is free for you" in second.sees
    assert LINK not in second.sees
    assert await seats(stage, event) == Seats(offered=1, waitlisted=1, cancelled=1)
    await second.taps("Yes, I am coming", again=True)
    assert LINK in second.sees
    assert await seats(stage, event) == Seats(confirmed=1, waitlisted=1, cancelled=1)
    await third.forges(f"event:{event.id}")
    assert "Your place in line: 1" in third.sees


async def test_a_raised_limit_offers_seats_and_a_lowered_one_drops_nobody(stage: Stage) -> None:
    event = await publish(stage, capacity=1)
    people = [await stage.known("en") for _ in range(4)]
    for person in people:
        await register(person, event)
    await set_capacity(stage, event, 3)
    assert await seats(stage, event) == Seats(confirmed=1, offered=2, waitlisted=1)
    for person in people[1:3]:
        await person.forges(f"offer-yes:{event.id}")
    await set_capacity(stage, event, 1)
    assert await seats(stage, event) == Seats(confirmed=3, waitlisted=1)
    await people[0].forges(f"unregister-yes:{event.id}")
    assert await seats(stage, event) == Seats(confirmed=2, waitlisted=1, cancelled=1)
    await set_capacity(stage, event, None)
    assert await seats(stage, event) == Seats(confirmed=3, cancelled=1), "without a limit nothing is held"


async def test_nobody_moves_up_once_it_has_begun(stage: Stage) -> None:
    event = await publish(stage, capacity=1, starts_at=stage.now + timedelta(minutes=30))
    first, second = [await stage.known("en") for _ in range(2)]
    await register(first, event)
    await register(second, event)
    await stage.passes(timedelta(minutes=31))
    await first.forges(f"unregister-yes:{event.id}")
    assert await seats(stage, event) == Seats(waitlisted=1, cancelled=1)


async def test_who_is_erased_frees_the_seat(stage: Stage) -> None:
    event = await publish(stage, capacity=1)
    first, second = [await stage.known("en") for _ in range(2)]
    await register(first, event)
    await register(second, event)
    member = await first.member()
    async with stage.database.unit() as unit:
        await release_seats(unit, member.id, stage.now)
        await unit.members.erase(member.id)
    await stage.settles()
    assert "a seat is free for you" in second.last.text
    assert await seats(stage, event) == Seats(offered=1, cancelled=1)


@pytest.mark.parametrize(
    ("role", "kind", "word", "joined"),
    [
        ("guest", "webinar", "Members can register", 0),
        ("donor", "webinar", "for the members of the community", 0),
        ("donor", "coffee_chat", "You are registered", 1),
        ("administrator", "webinar", "You are registered", 1),
    ],
)
async def test_who_may_register(stage: Stage, role: str, kind: str, word: str, joined: int) -> None:
    event = await publish(stage, kind)
    person = await stage.known("en", role=role)
    await person.forges(f"event:{event.id}")
    assert ("Join" in person.buttons) == (role == "guest")
    assert ("Register" in person.buttons) == bool(joined)
    await person.forges(f"register:{event.id}:{event.revision}")
    assert word in person.sees
    assert await seats(stage, event) == Seats(confirmed=joined)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"closes_at": timedelta(minutes=-1)}, "Registration is closed."),
        ({"starts_at": timedelta(minutes=-1)}, "has already begun"),
        ({"starts_at": timedelta(days=-1)}, "This event is over."),
    ],
)
async def test_what_is_closed_says_so(stage: Stage, changes: dict[str, timedelta], word: str) -> None:
    event = await publish(stage, **{name: stage.now + by for name, by in changes.items()})
    person = await stage.known("en")
    await person.forges(f"register:{event.id}:{event.revision}")
    assert word in person.sees
    assert "Register" not in person.buttons
    assert await registration(stage, event, person) is None


@pytest.mark.parametrize(
    "action", ["event:{}", "register:{}:1", "unregister:{}", "unregister-yes:{}", "keep:{}", "calendar:{}"]
)
@pytest.mark.parametrize("role", ["guest", "member", "coordinator", "donor"])
async def test_drafts_and_events_that_are_gone_answer_with_the_list(
    stage: Stage, action: str, role: str
) -> None:
    draft = await publish(stage)
    async with stage.database.unit() as unit:
        await unit.events.change(draft, state="draft")
    person = await stage.known("en", role=role)
    for event_id in (draft.id, 999_999):
        await person.forges(action.format(event_id))
        assert "no longer there" in person.sees
        assert TITLES["en"] not in person.sees
        assert person.buttons


async def test_a_long_list_is_turned_page_by_page(stage: Stage) -> None:
    for number in range(8):
        await publish(stage, starts_at=stage.now + timedelta(days=1 + number))
    person = await stage.known("en", channel="whatsapp")
    await person.says("/events")
    assert len(person.last.labels) == 8
    await person.taps("Next")
    assert "7. ⁨What Works⁩" in person.sees
    await person.taps("Previous")
    await person.forges("events:99999999999")
    assert person.buttons
    await person.forges("events:-5")
    assert "1. ⁨What Works⁩" in person.sees


async def test_my_registrations_tell_where_i_stand(stage: Stage) -> None:
    full = await publish(stage, capacity=0)
    mine = await publish(stage)
    person = await stage.known("en")
    await person.says("/mine")
    assert "not registered for anything" in person.sees
    await register(person, full)
    await register(person, mine)
    await person.says("/mine")
    assert "Your place in line: 1" in person.sees
    assert "You are registered." in person.sees
    await stage.passes(timedelta(days=5))
    await person.says("/mine")
    assert "not registered for anything" in person.sees


async def test_keep_is_a_word_of_thanks_and_changes_nothing(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await register(person, event)
    await person.forges(f"keep:{event.id}")
    assert "nothing changes for you" in person.sees
    assert await seats(stage, event) == Seats(confirmed=1)


async def test_the_calendar_gets_the_link_only_with_a_seat(stage: Stage) -> None:
    stage.community = replace(
        stage.community, public_url="https://cop.example.org", contact="cop@example.org"
    )
    stage.dispatcher._community = stage.community
    event = await publish(stage)
    person = await stage.known("ar")
    bodies = []
    for inside in (False, True):
        if inside:
            await register(person, event)
        await person.forges(f"calendar:{event.id}")
        file_id = person.last.part.attachment.file_id if person.last.part.attachment else 0
        async with stage.database.reading() as unit:
            bodies.append(await unit.files.body(file_id) or b"")
        urls = [button.url for row in person.last.part.rows for button in row if button.url]
        assert urls[0].startswith("https://calendar.google.com/")
        assert urls[1].startswith("https://cop.example.org/media/")
    assert LINK.encode() not in bodies[0].replace(b"\r\n ", b"")
    assert LINK.encode() in bodies[1].replace(b"\r\n ", b"")
    entries = [icalendar.Calendar.from_ical(body).walk("VEVENT")[0] for body in bodies]
    assert entries[0]["uid"] == entries[1]["uid"] == f"{event.uid}@diwakhan"
    assert entries[0]["summary"] == TITLES["ar"]


async def test_the_calendars_link_can_be_fetched_for_a_while(stage: Stage) -> None:
    stage.dispatcher._community = replace(stage.community, public_url="https://cop.example.org/")
    event = await publish(stage)
    person = await stage.known("en")
    await person.forges(f"calendar:{event.id}")
    (url,) = [b.url for row in person.last.part.rows for b in row if "cop.example.org" in b.url]
    token = url.split("/")[4]
    async with stage.database.unit() as unit:
        assert await unit.files.fetch(token, stage.now) is not None
        assert await unit.files.fetch(token, stage.now + timedelta(days=3)) is None


async def test_nobody_who_has_a_seat_is_shown_to_others(stage: Stage) -> None:
    event = await publish(stage)
    await register(await stage.known("en", name="Member, Basra"), event)
    other = await stage.known("en")
    for action in (f"event:{event.id}", "events", f"register:{event.id}:{event.revision}", "mine"):
        await other.forges(action)
        assert "Member, Basra" not in other.sees


async def test_a_promotion_that_no_longer_holds_is_not_told(stage: Stage) -> None:
    event = await publish(stage, capacity=1)
    first, second = [await stage.known("en") for _ in range(2)]
    await register(first, event)
    await register(second, event)
    member = await second.member()
    async with stage.database.unit() as unit:
        held = await unit.events.hold(event.id)
        assert held is not None
        await unit.outbox.notify_one(
            "promoted", member.id, subject=f"event:{event.id}", occurrence="x", at=stage.now, args=(event.id,)
        )
    await stage.settles()
    assert "Good news" not in second.last.text
    async with stage.database.reading() as unit:
        states = await unit.outbox.all(outbox.select().where(outbox.c.kind == "promoted"))
    assert [row.state for row in states] == ["withdrawn"]
    assert (await now_is(stage, event)).revision == event.revision
