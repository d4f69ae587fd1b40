"""The whole program against the fake Telegram over HTTP: both ways of hearing, and a clean stop."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.telegram import FakeTelegram
from tests.process import Program

TOKEN = "123456:test-token-of-the-fake"
SECRET = "a-secret-of-the-webhook-1"


@pytest.fixture(params=["polling", "webhook"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[FakeTelegram, Program]]:
    """Run the program in one of its two modes beside a fake Telegram."""
    async with FakeTelegram(token=TOKEN, per_second=None, per_chat=None) as telegram:
        program = Program(
            tmp_path,
            TELEGRAM_BOT_TOKEN=TOKEN,
            TELEGRAM_MESSAGES_PER_SECOND="2000",
            TELEGRAM_API_URL=telegram.url,
            TELEGRAM_MODE=request.param,
            TELEGRAM_WEBHOOK_SECRET=SECRET,
            ADMIN_TELEGRAM_IDS="1",
        )
        program.settings["PUBLIC_URL"] = program.url
        await program.start()
        yield telegram, program
        assert await program.stop() == 0, program.log.read_text()
        assert not telegram.violations
        log = program.log.read_text()
        assert TOKEN not in log
        assert "Traceback" not in log


async def test_a_stranger_arrives_and_an_administrator_makes_an_event(
    both: tuple[FakeTelegram, Program],
) -> None:
    telegram, _ = both
    guest = telegram.user(7, language_code="ar", first_name="Member")
    await guest.start()
    await guest.expect("Which language shall we use?")
    await guest.tap("العربية")
    await guest.expect("الخصوصية")
    await guest.tap("أوافق")
    await guest.expect("بماذا نناديك")
    await guest.say("عضو، البصرة")
    await guest.expect("كيف تود المشاركة")
    await guest.tap("متابعة فقط")
    menu = await guest.expect("القائمة الرئيسية")
    assert menu.edited, "a tap edits the message that was tapped"
    boss = telegram.user(1, language_code="en", first_name="Administrator")
    await boss.start()
    await boss.expect("Which language shall we use?")
    await boss.tap("English")
    await boss.expect("Do you agree?")
    await boss.tap("I agree")
    await boss.expect("What may we call you?")
    await boss.say("Administrator")
    await boss.expect("Main menu")
    await boss.say("/coordinate")
    await boss.expect("What would you like to do?")
    await boss.tap("New event")
    await boss.expect("What kind of event")
    await boss.tap("Coffee chat")
    await boss.expect("What is the event called?")
    await boss.say("Coffee with the donor")
    await boss.expect("When does it begin")
    await boss.say("tomorrow 20:00")
    await boss.expect("Is that right?")
    await boss.tap("Yes, that is it")
    await boss.expect("How does it take place?", timeout=60)
    await boss.tap("Back")
    await boss.expect("Duration:", timeout=60)
    await boss.tap("Back")
    await boss.expect("Draft")
    await boss.tap("Publish")
    await boss.expect("It is published")
    await boss.tap("Announce it")
    await boss.expect("Invites to")
    await boss.tap("English")
    await boss.expect("Suggestion")
    await boss.tap("Use the suggestion")
    await boss.expect("Coffee with the donor")
    await boss.tap("Preview and send")
    await boss.expect("Send it now")
    await boss.tap("Send now")
    await boss.expect("The announcement was sent", timeout=20)
    await guest.expect("Coffee with the donor", timeout=20)
    await boss.say("/settings")
    await boss.expect("Messages: on")
    await boss.tap("Stop messages")
    await boss.expect("Messages are stopped")
    await boss.tap("Resume messages")
    await boss.expect("Main menu")
    await _every_tap_is_answered_once(telegram)
    assert [bool(popup) for popup in boss.answers] == [False] * (len(boss.answers) - 1) + [True]
    guest.block()
    await guest.say("nothing comes of this")


async def _every_tap_is_answered_once(telegram: FakeTelegram) -> None:
    """In the webhook's own answer or by a call, with or without a pop-up."""
    async with asyncio.timeout(10):
        while not all(query.answered for query in telegram.queries.values()):  # noqa: ASYNC110 - the fake has no event
            await asyncio.sleep(0.02)
    assert telegram.calls["answercallbackquery"] == len(telegram.queries)


async def test_odd_updates_are_ignored_on_purpose(both: tuple[FakeTelegram, Program]) -> None:
    telegram, program = both
    person = telegram.user(9, language_code="xx-unknown", first_name="Member")
    await person.start()
    await person.expect("Which language")
    await person.tap("English")
    await person.expect("Do you agree?")
    await person.tap("I agree")
    await person.expect("What may we call you?")
    await person.say("Member \u202e with odd \x07 signs 🙂" + "x" * 30)
    await person.expect("How would you like to take part?")
    await person.send_sticker()
    await person.send_voice()
    await person.send_location(33.3, 44.4)
    await person.send_contact("+9647500000000")
    await person.send_file("case.exe", b"MZ" + b"\0" * 100, "application/octet-stream")
    await person.say("y" * 4096)
    group = telegram.chat(-100, "supergroup", "A group")
    assert group is not None
    telegram.push(
        {
            "channel_post": {
                "message_id": 1,
                "date": 1,
                "chat": {"id": -100, "type": "channel"},
                "text": "hello",
            }
        }
    )
    telegram.push(
        {"message": {"message_id": 2, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "nobody"}}
    )
    telegram.push({"message": "not even an object"})
    await person.say("/help")
    await person.expect("Help", timeout=20)
    async with aiohttp.ClientSession() as session, session.get(f"{program.url}/metrics") as response:
        metrics = await response.text()
    assert 'what="malformed"' in metrics
    assert "diwakhan_parked 0.0" in metrics


async def test_the_webhook_lets_nobody_else_in(tmp_path: Path) -> None:
    async with FakeTelegram(token=TOKEN) as telegram, aiohttp.ClientSession() as session:
        program = Program(
            tmp_path,
            TELEGRAM_BOT_TOKEN=TOKEN,
            TELEGRAM_API_URL=telegram.url,
            TELEGRAM_MODE="webhook",
            TELEGRAM_WEBHOOK_SECRET=SECRET,
        )
        program.settings["PUBLIC_URL"] = program.url
        await program.start()
        url = f"{program.url}/telegram/webhook"
        name = "X-Telegram-Bot-Api-Secret-Token"
        json_type = {"Content-Type": "application/json"}

        async def post(body: bytes, headers: dict[str, str]) -> int:
            try:
                async with session.post(url, data=io.BytesIO(body), headers=headers) as response:
                    return response.status
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                return 413

        assert await post(b"{}", json_type) == 401
        assert await post(b"{}", {**json_type, name: "wrong"}) == 401
        assert await post(b"{}", {**json_type, name: "كلمة"}) == 401
        right = {**json_type, name: SECRET}
        assert await post(b"{}", {name: SECRET, "Content-Type": "text/plain"}) == 415
        assert await post(b"{broken", right) == 400
        assert await post(b"\xff\xfe", right) == 400
        assert await post(b"[" * 100_000, right) == 400
        assert await post(b"{}", right) == 200
        assert await post(b'{"update_id": 1, "message": null}', right) == 200
        assert await post(b"x" * 3_000_000, right) == 413
        async with session.get(url) as response:
            assert response.status == 405
        async with session.get(f"{program.url}/") as response:
            assert response.status == 404, "the browser chat is never served outside the demo"
        assert await program.stop() == 0
        assert "Traceback" not in program.log.read_text()
