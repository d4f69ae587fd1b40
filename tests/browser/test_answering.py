"""The page on which a survey is answered, in a real browser without scripts."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from locales import Language, digits, speech
from storage.database import Database
from storage.tables import survey_ballots
from storage.vault import Vault
from tests.browser.conftest import PHONE
from tests.handlers.test_feedback import asked, count
from tests.handlers.test_feedback_page import link
from tests.served import served

WORDS: dict[Language, str] = {
    "en": "Shorter talks, more practice.",
    "ar": "محاضرات أقصر وتدريب أكثر.",
    "ku": "وتاری کورتتر و ڕاهێنانی زیاتر.",
}


@pytest.mark.parametrize("lang", ["en", "ar", "ku"])
async def test_a_survey_is_answered_on_a_phone_without_scripts(
    browser: Browser, sqlite_template: Path, tmp_path: Path, vault: Vault, now: datetime, lang: Language
) -> None:
    database = Database(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.db')}", vault)
    async with served(database, now) as (stage, url):
        people, survey = await asked(stage, 1, lang=lang)
        context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
        page, voice = await context.new_page(), speech(lang)
        await page.goto(url + await link(people[0], survey))
        await expect(page.locator("html")).to_have_attribute("dir", "rtl" if voice.rtl else "ltr")
        send = page.get_by_role("button", name=voice.p("button", "Send"))
        await send.click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_role("radio", name=digits("4", lang), exact=True).check()
        await page.get_by_role("radio", name=voice.p("button", "In my own work")).check()
        await page.get_by_role("textbox").fill(WORDS[lang])
        fits = await page.locator("body").evaluate("one => one.scrollWidth <= one.clientWidth")
        assert fits, "the page is wider than a phone"
        await send.click()
        await expect(page.get_by_role("heading")).to_have_text(voice._("Thank you!"))
        assert page.url == f"{url}/answered/{lang}"
        await context.close()
        assert await count(stage, survey_ballots) == 1
    await database.close()
