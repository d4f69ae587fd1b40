"""/panic in the whole program beside a fake Telegram: what was said leaves the chat, on both sides."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fakes.telegram import FakeTelegram
from tests.process import Program

TOKEN = "123456:test-token-of-the-fake"


async def test_panic_empties_the_chat_of_a_real_process(tmp_path: Path) -> None:
    async with FakeTelegram(token=TOKEN) as telegram:
        program = Program(
            tmp_path, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=telegram.url, TELEGRAM_MODE="polling"
        )
        await program.start()
        member = telegram.user(7, language_code="en", first_name="Member")
        await member.start()
        await member.expect("Which language shall we use?")
        await member.tap("English")
        await member.expect("your privacy")
        await member.tap("I agree")
        await member.expect("What may we call you?")
        await member.say("Member, Basra")
        await member.expect("How would you like to take part?")
        await member.tap("Just follow")
        await member.expect("Main menu")
        said = await member.say("/menu")
        await member.expect("What would you like to do?")
        await asyncio.sleep(0.5)
        await member.say("/panic")
        await member.expect("closed for now")
        async with asyncio.timeout(10):
            while not said.deleted:  # noqa: ASYNC110 - the fake tells nobody
                await asyncio.sleep(0.05)
        left = [one.text for one in member.history if not one.deleted]
        assert not any("Main menu" in text or "Member, Basra" in text for text in left), left
        assert await program.stop() == 0
        assert not telegram.violations
