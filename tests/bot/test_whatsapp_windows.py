"""Outside the window, over HTTP against the fake: templates, openers, what waits, and every message once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handlers.event_changes import tell
from handlers.reminders import arm
from storage.addresses import Address
from storage.outbox import HELD
from storage.tables import outbox
from tests.bot.house import House, bodies, house, openers
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import Person
from tests.handlers.happenings import publish

LANGS = ("en", "ar", "ku")
A_DAY = timedelta(hours=24)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[House]:
    """Run the machine with every template approved."""
    async with house(tmp_path) as opened:
        await opened.templates()
        yield opened


async def announce(running: House, event_id: int | None, **texts: str) -> int:
    """Send an announcement to everyone as a coordinator would, by taps."""
    coordinator = await running.known("en", role="coordinator")
    async with running.database.unit() as unit:
        address = await running.address(coordinator)
        draft = await unit.announcements.draft(address.member_id, running.now, event_id)
        for lang, text in texts.items():
            await unit.announcements.put_text(draft.id, lang, text)
    await coordinator.say("/coordinate")
    await running.twilio.receive(coordinator, tapped(f"announcement-preview:{draft.id}"))
    await coordinator.expect("Send it now?")
    await running.settles()
    await coordinator.tap("Send now")
    await running.settles()
    return draft.id


async def announced_to(running: House, person: Person) -> list[Any]:
    """Read the rows by which somebody is announced to."""
    address = await running.address(person)
    return await running.rows(outbox.c.kind == "announcement", outbox.c.address_id == address.id)


def tapped(action: str) -> dict[str, str]:
    """What Twilio posts for a tap on a quick reply."""
    return {"Body": "x", "MessageType": "interactive", "ButtonText": "x", "ButtonPayload": action}


@pytest.mark.parametrize("lang", LANGS)
async def test_a_member_outside_the_window_takes_part_from_invitation_to_feedback(
    running: House, lang: str
) -> None:
    person = await running.known(lang)
    await running.passes(timedelta(days=2))
    event = await publish(running, survey_mode="anonymous")
    await announce(running, event.id, en="Come!", ar="تعالوا!", ku="وەرن!")
    await opens(running, person)
    await person.expect({"en": "Come!", "ar": "تعالوا!", "ku": "وەرن!"}[lang])
    await running.twilio.receive(person, tapped(f"register:{event.id}:{event.revision}"))
    await running.settles()
    assert await registered(running, event.id, person)

    await running.passes(timedelta(hours=25))
    async with running.database.unit() as unit:
        moved = await unit.events.change(event, reschedule=True, starts_at=event.starts_at + A_DAY)
        await arm(unit, moved, running.now, event.starts_at)
        before = int(event.starts_at.timestamp())
        revision = moved.schedule_revision
        await tell(unit, "moved", moved, running.now, revision, before, occurrence=f"r{revision}")
    await opens(running, person)
    await person.expect({"en": "has a new time", "ar": "موعد جديد", "ku": "کاتێکی نو"}[lang])

    await running.passes(timedelta(hours=48))  # the reminder of the day before
    await opens(running, person)
    await person.expect("https://meet.example.org/what-works")
    await running.passes(timedelta(hours=48))  # it is over, and feedback is asked for
    await opens(running, person)
    for _ in range(6):  # the invitation, the introduction, three questions, the review
        await person.say("1")
        await running.settles()
    await person.expect({"en": "Thank you!", "ar": "شكرًا", "ku": "سوپاس"}[lang])
    mine = await running.rows(outbox.c.address_id == (await running.address(person)).id)
    assert {row.state for row in mine} <= {"sent", "delivered"}, [
        (row.kind, row.state, row.reason) for row in mine
    ]


async def opens(running: House, person: Person) -> None:
    """Expect to be told by one template message, never by free text, and tap it open."""
    await running.settles()
    assert not person.window_open
    told = person.last
    assert told.template
    assert told.buttons
    await person.tap(told.buttons[0][0], on=told)
    await running.settles()


async def registered(running: House, event_id: int, person: Person) -> bool:
    async with running.database.reading() as unit:
        address = await unit.addresses.find("whatsapp", running.twilio.sender, person.address)
        assert address is not None
        found = await unit.registrations.of(event_id, address.member_id)
        return found is not None and found.state == "confirmed"


async def test_kurdish_waits_behind_an_opener_in_the_second_language(running: House) -> None:
    in_arabic, in_english = await running.known("ku"), await running.known("ku", second="en")
    await running.passes(timedelta(days=2))
    await announce(running, None, ku="دەقی کوردی، هەرچەند درێژ بێت.", en="English")
    assert bodies(in_arabic) == ["لديك رسالة من مجتمع الممارسة الذي تشارك فيه. اضغط «فتح» لقراءتها."]
    assert "Tap “Open”" in in_english.last.body
    held = await running.rows(outbox.c.kind == "announcement", outbox.c.reason == HELD)
    assert len(held) == 2
    await in_arabic.tap("فتح")
    await in_arabic.expect("دەقی کوردی")
    await in_english.say("hello")  # whatever they write opens it
    await in_english.expect("دەقی کوردی")
    await running.settles()
    assert sum("دەقی کوردی" in body for body in bodies(in_arabic)) == 1
    await in_arabic.tap("فتح", on=openers(in_arabic)[0])
    await running.settles()
    assert sum("دەقی کوردی" in body for body in bodies(in_arabic)) == 1, "opened twice, told once"


async def test_one_opener_stands_for_all_that_waits_and_it_expires_with_its_reason(running: House) -> None:
    person = await running.known("ku")
    await running.passes(timedelta(days=2))
    await announce(running, None, ku="یەکەم")
    await announce(running, None, ku="دووەم")
    assert len(person.messages) == 1
    await running.passes(timedelta(hours=49))
    rows = await running.rows(
        outbox.c.kind == "announcement", outbox.c.address_id == (await running.address(person)).id
    )
    assert [(row.state, row.reason) for row in rows] == [("expired", "window_closed")] * 2


async def test_without_an_approved_template_nothing_is_sent_and_the_preview_says_so(tmp_path: Path) -> None:
    async with house(tmp_path) as running:
        await running.templates(approve=lambda name, lang: False)
        person = await running.known("en")
        await running.passes(timedelta(days=2))
        coordinator_saw = await announce(running, None, en="Hello")
        assert coordinator_saw
        assert not person.messages
        await person.say("hi")
        await person.expect("Hello")


async def test_twilio_knows_better_about_the_window(running: House) -> None:
    """63016 is answered by the template, once, whatever order the reports come in, and however often."""
    running.twilio.reports_twice = True
    person = await running.known("en")
    event = await publish(running)
    person.close_window()
    await announce(running, event.id, en="Come!")
    await running.passes(timedelta(seconds=1))
    assert [shown.template for shown in person.messages] == [True]
    assert "What Works" in person.last.body
    (row,) = await running.rows(
        outbox.c.kind == "announcement", outbox.c.address_id == (await running.address(person)).id
    )
    assert (row.state, row.attempts) == ("delivered", 2)


@pytest.mark.parametrize("first", [False, True], ids=["reported later", "reported first"])
async def test_the_opener_to_somebody_who_left_ends_what_waits(running: House, first: bool) -> None:
    running.twilio.reports_first = first
    person = await running.known("ku")
    await running.passes(timedelta(days=2))
    person.leave_whatsapp()
    await announce(running, None, ku="دەق")
    (row,) = await running.rows(
        outbox.c.kind == "announcement", outbox.c.address_id == (await running.address(person)).id
    )
    assert (row.state, row.reason, row.detail) == ("failed", "unreachable", "63024")
    address = await running.address(person)
    assert address.reachable == "unreachable"
    async with running.database.reading() as unit:
        assert not await unit.openings.opener_out(address.id, running.now - timedelta(days=1)), "it failed"
        # Of the announcement, and of the coordinator's own window there is none: one message, which failed.
        assert await unit.openings.tally(running.now - timedelta(days=1), running.now + A_DAY) == [
            ("UTILITY", "failed", 1)
        ]


async def test_a_paused_template_stops_the_broadcast_and_says_so(running: House) -> None:
    administrator = await running.known("en", role="administrator")
    person = await running.known("en")
    await running.passes(timedelta(days=2))
    await administrator.say("hello")
    event = await publish(running)
    for content in running.twilio.contents.values():
        content.approval.update(status="paused") if content.approval else None
    await announce(running, event.id, en="Come!")
    assert not person.messages
    await administrator.expect("63041")
    await administrator.expect("prepared wording")


async def test_materials_and_feedback_come_outside_the_window(running: House) -> None:
    person = await running.known("en")
    address = await running.address(person)
    event = await publish(running, survey_mode="named", starts_at=running.now + timedelta(hours=30))
    async with running.database.unit() as unit:
        await unit.registrations.add(event.id, address.member_id, None, "confirmed", running.now)
        file = await unit.files.add("slides.pdf", "application/pdf", b"%PDF-1.4 slides", at=running.now)
        made = await unit.materials.draft(running.now, "en", event.id)
        await unit.materials.change(made.id, title="Slides", file_id=file.id)
        await unit.materials.advance(made.id, "draft", "published")
    await running.passes(timedelta(hours=29))
    async with running.database.unit() as unit:
        await unit.outbox.notify_one(
            "material",
            address.member_id,
            subject=f"material:{made.id}",
            occurrence="1",
            at=running.now,
            args=(made.id,),
        )
    await opens(running, person)
    sent = await person.expect(lambda shown: shown.media is not None)
    assert sent.media is not None
    assert sent.media.body == b"%PDF-1.4 slides"


async def test_feedback_is_asked_for_outside_the_window(running: House) -> None:
    person = await running.known("ar")
    starts = running.now + timedelta(days=3)
    event = await publish(running, survey_mode="named", starts_at=starts, reminders=[])
    async with running.database.unit() as unit:
        await unit.registrations.add(
            event.id, (await running.address(person)).member_id, None, "confirmed", running.now
        )
    for _ in range(4):
        await running.passes(timedelta(hours=24))
    await opens(running, person)
    await person.expect("تقييمك")


async def test_with_both_apps_everything_comes_once_and_falls_over_where_one_is_closed(
    tmp_path: Path,
) -> None:
    settings = {"telegram_bot_token": "123456:test-token-of-the-fake", "telegram_mode": "webhook",
                "telegram_webhook_secret": "a-secret-of-the-webhook-1"}  # fmt: skip
    async with (
        FakeTelegram(token=settings["telegram_bot_token"]) as telegram,
        house(tmp_path, telegram_api_url=telegram.url, **settings) as running,
    ):
        await running.templates()
        person, phone = await running.known("ar"), telegram.user(7, language_code="ar", first_name="Member")
        assert running.machine.telegram is not None
        there = await running.address(person)
        async with running.database.unit() as unit:
            await unit.addresses.add(there.member_id, "telegram", running.machine.telegram.account, "7")
            await unit.addresses.window_closed(there.id, running.now)
        person.close_window()
        await phone.start()
        await phone.expect("القائمة الرئيسية")
        event = await publish(running)
        await announce(running, event.id, ar="تعالوا!")
        await phone.expect("تعالوا!")
        assert not person.messages, "once, where they were heard last"

        async with running.database.unit() as unit:
            await unit.registrations.add(event.id, there.member_id, None, "confirmed", running.now)
        phone.block()
        async with asyncio.timeout(10):
            while (await of_telegram(running, there.member_id)).reachable == "yes":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        async with running.database.unit() as unit:
            moved = await unit.events.change(event, reschedule=True, starts_at=event.starts_at + A_DAY)
            before, revision = int(event.starts_at.timestamp()), moved.schedule_revision
            await tell(unit, "moved", moved, running.now, revision, before, occurrence=f"r{revision}")
        await opens(running, person)
        await person.expect("موعد جديد")
        assert len(person.messages) == 2
        assert not telegram.violations


async def of_telegram(running: House, member_id: int) -> Address:
    async with running.database.reading() as unit:
        return next(one for one in await unit.addresses.of_member(member_id) if one.channel == "telegram")


async def test_eighty_a_second_and_not_more(running: House) -> None:
    people = [await running.known("en") for _ in range(150)]
    await announce(running, None, en="News for everybody")
    assert all(bodies(person) == ["\u2068News for everybody\u2069"] for person in people)
    assert not [entry for entry in running.twilio.log if entry.kind == "status" and entry.detail[2]]
