"""The process is really killed, at random moments of the journey, and started again: nothing may be lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.process import Program

TOKEN = "123456:test-token-of-the-fake"
KILLS = 20
PEOPLE = 6


async def _arrives(person) -> None:  # type: ignore[no-untyped-def]
    await person.start()
    await person.expect("Which language", timeout=60)
    await person.tap("English")
    await person.expect("Do you agree?", timeout=60)
    await person.tap("I agree")
    await person.expect("What may we call you?", timeout=60)
    await person.say(f"Member {person.id}")
    await person.expect("How would you like to take part?", timeout=60)
    await person.tap("Just follow")
    await person.expect("Main menu", timeout=60)


async def _coordinates(boss) -> None:  # type: ignore[no-untyped-def]
    await boss.start()
    await boss.expect("Which language", timeout=60)
    await boss.tap("English")
    await boss.expect("Do you agree?", timeout=60)
    await boss.tap("I agree")
    await boss.expect("What may we call you?", timeout=60)
    await boss.say("Administrator")
    await boss.expect("Main menu", timeout=60)
    for number in range(2):
        await boss.say("/coordinate")
        await boss.expect("What would you like to do?", timeout=60)
        await boss.tap("New event")
        await boss.expect("What kind of event", timeout=60)
        await boss.tap("Coffee chat")
        await boss.expect("What is the event called?", timeout=60)
        await boss.say(f"Coffee {number}")
        await boss.expect("When does it begin", timeout=60)
        await boss.say("tomorrow 20:00")
        await boss.expect("Is that right?", timeout=60)
        await boss.tap("Yes, that is it")
        await boss.expect("How does it take place?", timeout=60)
        await boss.tap("Back")
        await boss.expect("Duration:", timeout=60)
        await boss.tap("Back")
        await boss.expect("Draft", timeout=60)
        await boss.tap("Publish")
        await boss.expect("It is published", timeout=60)
        await boss.tap("Manage")
        await boss.expect("Registered: 0", timeout=60)
        await boss.say("/events")
        await boss.expect(f"Coffee {number}", timeout=60)
        await boss.tap(f"{number + 1}. Coffee {number}")
        await boss.expect("seats left", timeout=60)
        await boss.tap("Register")
        await boss.expect("You are registered", timeout=60)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_twenty_kills_lose_no_update_no_message_and_no_registration(tmp_path: Path, mode: str) -> None:
    chance = random.Random(mode)
    async with FakeTelegram(token=TOKEN, webhook_backoff=0.2) as telegram:
        program = Program(
            tmp_path,
            TELEGRAM_BOT_TOKEN=TOKEN,
            TELEGRAM_API_URL=telegram.url,
            TELEGRAM_MODE=mode,
            TELEGRAM_WEBHOOK_SECRET="a-secret-of-the-webhook-1",
            ADMIN_TELEGRAM_IDS="1",
        )
        program.settings["PUBLIC_URL"] = program.url
        await program.start()
        people = [telegram.user(100 + one, language_code="en", first_name="Member") for one in range(PEOPLE)]
        boss = telegram.user(1, language_code="en", first_name="Administrator")
        journey = asyncio.gather(_coordinates(boss), *(_arrives(person) for person in people))
        kills = 0
        while kills < KILLS:
            await asyncio.sleep(chance.uniform(0.05, 0.7))
            await program.kill()
            kills += 1
            await program.start()
            if journey.done():
                # The journey ended early: go through it again with new people, so that every kill strikes something.
                await journey
                people = [telegram.user(100 + kills * 10 + one, first_name="Member") for one in range(PEOPLE)]
                journey = asyncio.gather(*(_arrives(person) for person in people))
        async with asyncio.timeout(120):
            await journey
        for person in people:
            await person.say("/help")
            await person.expect("Help", timeout=30)
        assert await program.stop() == 0, program.log.read_text()
        assert not telegram.pending
        assert "Traceback" not in program.log.read_text()
        answers = Counter((call.chat, call.text) for call in telegram.delivered())
        again = sum(count - 1 for count in answers.values())
        assert again <= KILLS * (PEOPLE + 1), (
            "a reply may be repeated once for each that was under way at a kill"
        )
