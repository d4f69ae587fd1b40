"""Being there: checking in, a coordinator's list, walk-ins, closing a day, and what follows from it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.rules.days import days_of
from storage.events import Event
from tests.handlers.happenings import now_is, publish, register
from tests.play import Person, Stage

ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))


def seen(person: Person) -> str:
    """Return what a person sees without the marks that keep directions apart."""
    return person.sees.translate(ISOLATES)


PNG = b"\x89PNG\r\n\x1a\n made for a test"


async def training(stage: Stage, **fields: object) -> Event:
    """Publish a two-day training that began an hour ago."""
    return await publish(stage, "training", starts_at=stage.now + timedelta(hours=4), **fields)


async def code_of(stage: Stage, event: Event, day: int = 1) -> str:
    async with stage.database.unit() as unit:
        return await unit.attendance.code(event.id, day, stage.now)


async def states(stage: Stage, event: Event, person: Person) -> dict[int, str]:
    member = await person.member()
    async with stage.database.reading() as unit:
        return await unit.attendance.of_person(event.id, member.id)


async def close(coordinator: Person, event: Event, day: int) -> None:
    await coordinator.forges(f"day-close:{event.id}:{day}")
    await coordinator.taps("Yes, close it")


async def test_a_code_checks_in_once(stage: Stage) -> None:
    event = await training(stage)
    member = await register(await stage.known("en"), event)
    code = await code_of(stage, event)
    await stage.passes(timedelta(hours=2))
    await member.says("/checkin")
    await member.says("12")
    assert "six digits" in member.sees
    await member.says(f"{code[:3]} {code[3:]}")
    assert "You are checked in for day 1 of 2." in member.sees
    await member.says(code)
    assert "You were checked in already." in member.sees
    assert await states(stage, event, member) == {1: "present"}


async def test_a_link_checks_in_and_brings_strangers_through_arrival(stage: Stage) -> None:
    event = await training(stage)
    code = await code_of(stage, event)
    await stage.passes(timedelta(hours=2))
    stranger = stage.person()
    await stranger.starts(f"c{code}")
    await stranger.taps("English")
    await stranger.taps("I agree")
    await stranger.says("Newcomer")
    await stranger.taps("Just follow")
    assert "Good to have you here!" in stranger.sees
    assert "without a seat" in stranger.sees
    async with stage.database.reading() as unit:
        (mark,) = await unit.attendance.marks(event.id, 1)
    assert (mark.walk_in, mark.how) == (True, "code")


async def test_a_code_works_neither_before_the_day_nor_after_it_was_closed(stage: Stage) -> None:
    event = await training(stage)
    coordinator, member = await stage.known("en", role="coordinator"), await stage.known("en")
    first, second = await code_of(stage, event), await code_of(stage, event, 2)
    await member.says(f"check-in {first}")
    assert "not open yet" in member.sees
    await stage.passes(timedelta(hours=5))
    await close(coordinator, event, 1)
    await member.says(f"check-in {first}")
    assert "over for this day" in member.sees
    await member.says(f"check-in {second}")
    assert "not open yet" in member.sees
    assert await states(stage, event, member) == {}


async def test_a_new_code_ends_the_one_before(stage: Stage) -> None:
    event = await training(stage)
    coordinator, member = await stage.known("en", role="coordinator"), await stage.known("en")
    await coordinator.forges(f"day-code:{event.id}:1")
    old = await code_of(stage, event)
    await coordinator.taps("New code", again=True)
    new = await code_of(stage, event)
    assert new != old
    await stage.passes(timedelta(hours=2))
    await member.says(f"check-in {old}")
    assert "does not work" in member.sees
    await member.says(f"check-in {new}")
    assert "Good to have you here!" in member.sees


async def test_guessing_codes_is_stopped(stage: Stage) -> None:
    member = await stage.known("en")
    for _ in range(5):
        await member.says("/checkin")
        await member.says("000000")
        assert "does not work" in member.sees
    await member.says("/checkin")
    await member.says("000000")
    assert "one try too many" in member.sees


async def test_a_list_is_tapped_corrected_and_searched(stage: Stage) -> None:
    event = await training(stage)
    coordinator = await stage.known("en", role="coordinator")
    people = [await stage.known("en", name=name) for name in ("Amal", "Baran", "Chia")]
    for one in people:
        await register(one, event)
    await stage.passes(timedelta(hours=4))
    await coordinator.forges(f"attendance:{event.id}:0")
    await coordinator.taps("List of names")
    await coordinator.taps("Amal", again=True)
    assert await states(stage, event, people[0]) == {1: "present"}
    await coordinator.taps("✓ Amal")
    assert await states(stage, event, people[0]) == {}
    await coordinator.taps("Mark: part of day")
    await coordinator.taps("Baran")
    assert await states(stage, event, people[1]) == {1: "partly"}
    await coordinator.taps("Mark: excused")
    await coordinator.says("chi")
    await coordinator.taps("Chia")
    assert await states(stage, event, people[2]) == {1: "excused"}


async def test_walk_ins_are_written_down_once_and_struck_out(stage: Stage) -> None:
    await stage.organisation("org-basra")
    event = await training(stage)
    coordinator = await stage.known("en", role="coordinator")
    await stage.passes(timedelta(hours=4))
    await coordinator.forges(f"attendance:{event.id}:1")
    await coordinator.taps("Walk-in")
    await coordinator.says("1. First Guest, Somewhere\n2. Second Guest\nfirst guest, somewhere")
    assert "Written down: 2 people" in coordinator.sees
    assert "Among them without a seat: 2" in coordinator.sees
    await coordinator.taps("List of names")
    await coordinator.taps("✓ Second Guest")
    async with stage.database.reading() as unit:
        assert [mark.name for mark in await unit.attendance.marks(event.id, 1)] == ["First Guest, Somewhere"]
        assert await unit.attendance.present_per_day([event.id]) == {event.id: {1: 1}}


async def test_closing_notes_who_did_not_come_and_opening_takes_it_back(stage: Stage) -> None:
    event = await training(stage)
    coordinator = await stage.known("en", role="coordinator")
    came, absent, excused = [await stage.known("en", name=name) for name in ("Amal", "Baran", "Chia")]
    for one in (came, absent, excused):
        await register(one, event)
    await excused.forges(f"coming:{event.id}:no")
    await coordinator.forges(f"attendance:{event.id}:1")
    assert "Close the day" not in coordinator.buttons
    await stage.passes(timedelta(hours=4))
    await came.says(f"check-in {await code_of(stage, event)}")
    assert await states(stage, event, absent) == {}
    await coordinator.forges(f"attendance:{event.id}:1")
    await coordinator.taps("Close the day")
    assert "2 registered people are not noted." in coordinator.sees
    await coordinator.taps("Yes, close it", again=True)
    assert await states(stage, event, came) == {1: "present"}
    assert await states(stage, event, absent) == {1: "absent"}
    assert await states(stage, event, excused) == {1: "excused"}
    await coordinator.taps("Open the day again", again=True)
    assert await states(stage, event, absent) == {}
    assert await states(stage, event, came) == {1: "present"}


async def test_a_photographed_sheet_is_kept_with_its_day_and_sealed(stage: Stage) -> None:
    event = await training(stage)
    coordinator = await stage.known("en", role="coordinator")
    await stage.passes(timedelta(hours=4))
    await coordinator.forges(f"day-sheet:{event.id}:1")
    await coordinator.says("here it is")
    await coordinator.forges(f"day-sheet:{event.id}:1")
    await coordinator.sends("list.png", PNG, "image/png")
    assert "The sheet is kept with this day." in coordinator.sees
    await coordinator.taps("See the sheets")
    async with stage.database.reading() as unit:
        (file_id,) = await unit.attendance.sheets(event.id, 1)
        assert await unit.files.body(file_id) == PNG


async def certificates(stage: Stage, event: Event) -> int:
    async with stage.database.reading() as unit:
        return await unit.certificates.count(event.id)


@pytest.mark.parametrize(("days", "given"), [((1, 2), True), ((2,), False), ((), False)])
async def test_a_certificate_needs_every_day(stage: Stage, days: tuple[int, ...], given: bool) -> None:
    event = await training(stage)
    coordinator, member = await stage.known("en", role="coordinator"), await stage.known("en")
    await register(member, event)
    for day in (1, 2):
        await stage.passes(timedelta(hours=4) if day == 1 else timedelta(days=1))
        if day in days:
            await member.says(f"check-in {await code_of(stage, event, day)}")
        await close(coordinator, event, day)
        assert await certificates(stage, event) == (given and day == 2)
    assert (
        "Your certificate of attendance is ready." in "\n".join(one.text for one in member.phone)
    ) == given


async def test_a_certificate_is_named_printed_and_checked(stage: Stage) -> None:
    event = await training(stage)
    coordinator, member = await stage.known("en", role="coordinator"), await stage.known("en", name="Amal")
    await register(member, event)
    await stage.passes(timedelta(hours=4))
    for day in (1, 2):
        await member.says(f"check-in {await code_of(stage, event, day)}")
        await close(coordinator, event, day)
        await stage.passes(timedelta(days=1))
    await member.taps("My certificate")
    await member.taps("Take: Amal")
    await member.taps("Change the name")
    await member.says("x")
    assert "A name has from 3 to 70 characters." in member.sees
    await member.says("Amal Hassan Ali")
    await member.taps("English and Kurdish")
    assert "Here is your certificate." in member.sees
    (shown,) = [one for one in member.phone if one.part.attachment]
    assert shown.part.attachment is not None
    async with stage.database.reading() as unit:
        body = await unit.files.body(shown.part.attachment.file_id)
        mine = await unit.certificates.of(event.id, (await member.member()).id)
        assert body is not None
        assert body.startswith(b"%PDF")
        assert mine is not None
        assert mine.printed
        assert await unit.certificates.genuine(mine.number.lower())
        assert not await unit.certificates.genuine("0" * 16)
    await member.forges(f"certificate-name:{event.id}")
    assert "Amal Hassan Ali" in member.sees
    await coordinator.forges(f"day-open:{event.id}:1")
    assert await certificates(stage, event) == 0
    await close(coordinator, event, 1)
    async with stage.database.reading() as unit:
        again = await unit.certificates.of(event.id, (await member.member()).id)
        assert again is not None
        assert again.number == mine.number


async def test_the_day_before_people_are_asked_and_coordinators_see_it(stage: Stage) -> None:
    event = await publish(stage, "training")
    coordinator = await stage.known("en", role="coordinator")
    people = [await register(await stage.known("en"), event) for _ in range(3)]
    await stage.passes(timedelta(days=2, hours=2))
    assert "Will you come? Your answer helps us to prepare." in people[0].sees
    await people[0].taps("I am coming", again=True)
    assert "You said that you are coming." in people[0].sees
    await people[1].taps("Not every day")
    await people[2].taps("I can't come")
    assert "Shall your seat go to somebody else?" in people[2].sees
    await coordinator.forges(f"attendance:{event.id}:0")
    for line in ("Said to come: 1", "Said not every day: 1", "Said they can't come: 1"):
        assert line in coordinator.sees


async def test_days_follow_from_a_length_and_each_can_be_changed(stage: Stage) -> None:
    event = await publish(stage, "workshop")
    coordinator = await stage.known("en", role="coordinator")
    assert [day.number for day in days_of(event)] == [1, 2, 3, 4]
    await coordinator.forges(f"days:{event.id}")
    await coordinator.taps("Change days")
    await coordinator.taps("Duration")
    await coordinator.says("4 hours")
    await coordinator.taps("Day 2")
    await coordinator.taps("When it begins")
    day = days_of(event)[1]
    await coordinator.says(f"{day.starts_at + timedelta(hours=5):%d/%m/%Y %H:%M}")
    changed = days_of(await now_is(stage, event))
    assert changed[0].ends_at - changed[0].starts_at == timedelta(hours=4)
    # What is typed is Baghdad's time, three hours ahead of what was written above.
    assert changed[1].starts_at == day.starts_at + timedelta(hours=2)
    await coordinator.forges(f"plan:{event.id}:4")
    await coordinator.taps("Remove last day", again=True)
    assert len(days_of(await now_is(stage, event))) == 3
    await coordinator.taps("Add a day", again=True)
    assert len(days_of(await now_is(stage, event))) == 4


async def test_an_agenda_is_written_a_day_at_a_time_and_read(stage: Stage) -> None:
    event = await publish(stage, "workshop")
    coordinator, member = await stage.known("en", role="coordinator"), await stage.known("ku")
    await coordinator.forges(f"agenda-edit:{event.id}:2")
    await coordinator.taps("English")
    await coordinator.says("Lunch at noon")
    assert "I could not read this line: «Lunch at noon»" in seen(coordinator)
    await coordinator.says("12:30 Lunch\n٩:٠٠ - ١٠:٣٠ Opening")
    await member.forges(f"event:{event.id}")
    await member.forges(f"agenda:{event.id}:2")
    said = member.last.text
    assert said.index("Opening") < said.index("Lunch")
    assert "10:30" in said or "١٠:٣٠" in said


async def test_a_series_counts_what_took_place(stage: Stage) -> None:
    first = await publish(stage, starts_at=stage.now + timedelta(hours=1))
    second = await publish(stage, starts_at=stage.now + timedelta(days=9))
    coordinator, member = await stage.known("en", role="coordinator"), await stage.known("en")
    await coordinator.forges(f"series-of:{first.id}")
    await coordinator.taps("New series")
    await coordinator.says("What Works")
    await coordinator.says("8")
    assert "Planned: 8" in coordinator.sees
    await coordinator.forges(f"series-of:{second.id}")
    await coordinator.taps("1. What Works")
    await stage.passes(timedelta(days=1))
    await member.forges(f"event:{second.id}")
    assert "Part of the series: What Works (2 of 8)" in seen(member)
    await member.taps("The series")
    assert "Took place: 1 of 8" in member.sees


async def test_a_room_holds_so_many_and_the_others_join_online(stage: Stage) -> None:
    event = await publish(stage, mode="hybrid")
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"room:{event.id}")
    await coordinator.says("1")
    event = await now_is(stage, event)
    one, two = [await register(await stage.known("en"), event) for _ in range(2)]
    for person in (one, two):
        await person.taps("In person or online")
        await person.taps("In person")
    assert "You take part: In person" in seen(one)
    assert "All places in the room are taken. You can join online." in two.sees
    await two.taps("Online")
    await coordinator.forges(f"attendance:{event.id}:0")
    assert "In the room: 1" in coordinator.sees
    assert "Online: 1" in coordinator.sees


async def test_people_abroad_see_both_clocks(stage: Stage) -> None:
    event = await publish(stage)
    member = await stage.known("en")
    await member.forges("zone")
    await member.says("nowhere at all")
    assert "I don't know the clock of that city." in member.sees
    await member.says("paris")
    assert "Baghdad time and Paris time" in seen(member)
    await member.forges(f"event:{event.id}")
    assert "(Paris time)" in seen(member)
    await member.forges("zone-set:none")
    await member.forges(f"event:{event.id}")
    assert "Paris" not in member.sees


async def test_each_day_is_asked_about_and_only_those_who_may_have_been_there(stage: Stage) -> None:
    event = await publish(
        stage,
        "workshop",
        starts_at=stage.now + timedelta(hours=1),
        approval=False,
        survey_mode="anonymous",
        daily_survey=True,
    )
    coordinator = await stage.known("en", role="coordinator")
    came, absent = [await register(await stage.known("en"), event) for _ in range(2)]
    await stage.passes(timedelta(hours=2))
    await came.says(f"check-in {await code_of(stage, event)}")
    await close(coordinator, event, 1)
    await stage.passes(timedelta(hours=20))
    asked = "How was this for you? What Works, day 1"
    assert any(asked in one.text.translate(ISOLATES) for one in came.phone)
    assert not any(asked in one.text.translate(ISOLATES) for one in absent.phone)
    await came.taps("Give feedback")
    await came.taps("Begin")
    assert "How useful was this day for your work?" in came.sees
    async with stage.database.reading() as unit:
        assert await unit.surveys.of_event(event.id) is None
        survey = await unit.surveys.of_event(event.id, 1)
        assert survey is not None
        assert survey.template == "day"
    await coordinator.forges(f"days:{event.id}")
    await coordinator.taps("No daily survey", again=True)
    await stage.passes(timedelta(days=1))
    async with stage.database.reading() as unit:
        assert await unit.surveys.of_event(event.id, 2) is None


async def test_slides_belong_to_the_day_they_were_shown(stage: Stage) -> None:
    event = await training(stage)
    coordinator, member = await stage.known("en", role="coordinator"), await stage.known("en")
    await register(member, event)
    for day, title in ((1, "First day"), (2, "Second day")):
        await coordinator.forges(f"material-new:{event.id}")
        await coordinator.says("https://example.org/slides")
        await coordinator.taps("Slides")
        await coordinator.taps("English")
        await coordinator.says(title)
        await coordinator.taps("Which day")
        await coordinator.taps(f"Day {day}", again=True)
        await coordinator.taps("Publish")
    for day, title in ((1, "First day"), (2, "Second day")):
        assert any(
            title in one.text and f"Day: {day}" in one.text.translate(ISOLATES) for one in member.phone
        )


async def test_who_gave_the_seat_back_and_comes_again_has_said_nothing_yet(stage: Stage) -> None:
    event = await publish(stage, "training")
    member = await register(await stage.known("en"), event)
    await member.forges(f"coming:{event.id}:no")
    await member.taps("Give my seat away")
    await member.taps("Yes, cancel")
    await stage.passes(timedelta(minutes=1))
    await register(member, event)
    assert "You said" not in member.sees
    async with stage.database.reading() as unit:
        assert await unit.intentions.of_event(event.id) == {}
