"""The page of the demo as people meet it: by mouse, touch and keyboard, in three languages, live."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from playwright.async_api import Page, expect

from locales import Language, speech
from tests.browser.conftest import PHONE, Desk, forgiving, key, phone, pick_up, write

DIRECTIONS: tuple[tuple[Language, str, str], ...] = (
    ("en", "en", "ltr"),
    ("ar", "ar", "rtl"),
    ("ku", "ckb", "rtl"),
)


def says(lang: Language, context: str, msgid: str) -> str:
    """Say a label as the page or the bot says it."""
    return str(speech(lang).p(context, msgid))


def guest(lang: Language, number: int = 1) -> str:
    return str(speech(lang).p("demo", "New guest {number}", number=number))


@pytest.mark.parametrize(("lang", "html", "direction"), DIRECTIONS)
async def test_a_guest_arrives(desk: Desk, lang: Language, html: str, direction: str) -> None:
    async with desk.opened(lang) as page:
        assert await page.locator("html").get_attribute("dir") == direction
        mine = phone(page, guest(lang))
        await mine.get_by_role("button", name=says(lang, "button", "Start"), exact=True).first.click()
        welcome = mine.locator(".msg:not(.mine)")
        await expect(welcome.locator("button.key")).to_have_text(["العربية", "کوردی", "English"])
        number = await welcome.get_attribute("data-id")
        await key(mine, speech(lang).name)
        await expect(mine.get_by_role("button", name=says(lang, "button", "I agree"))).to_be_visible()
        # The same message, in the same place, now in the language that was chosen.
        await expect(welcome).to_have_count(1)
        assert await welcome.get_attribute("data-id") == number
        await expect(welcome.locator(".edited")).to_have_text(says(lang, "demo", "edited"))
        await expect(welcome.locator(".bubble")).to_have_attribute("lang", html)
        await expect(mine.locator(".screen")).to_have_attribute("dir", direction)
        assert int(await welcome.locator(".title").evaluate("one => getComputedStyle(one).fontWeight")) >= 600
        await key(mine, says(lang, "button", "I agree"))
        await write(mine, "ضيف")
        await expect(mine.get_by_role("button", name=says(lang, "button", "I have a code"))).to_be_visible()


async def test_the_keyboard_alone_is_enough(desk: Desk) -> None:
    async with desk.opened() as page:
        await _tab_to(page, "Start")
        await page.keyboard.press("Enter")
        mine = phone(page, guest("en"))
        await expect(mine.locator("button.key")).to_have_count(3)
        await page.keyboard.press("Shift+Tab")
        await _tab_to(page, "English", back=True)
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        await page.keyboard.press("Space")
        await expect(mine.get_by_role("button", name="I agree")).to_be_visible()
        # The message was replaced under the focus, which stays within it.
        await expect(mine.get_by_role("button", name="I agree")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(mine.locator(".msg").last).to_contain_text("What may we call you?")
        await mine.locator("textarea").focus()
        await page.keyboard.type("Guest")
        await page.keyboard.press("Enter")
        await expect(mine.locator(".mine").last).to_contain_text("Guest")
        await expect(mine.get_by_role("button", name="Just follow")).to_be_visible()
        await page.keyboard.type("4")
        await page.keyboard.press("Shift+Enter")
        assert await mine.locator("textarea").input_value() == "4\n"


async def test_numbers_and_words_work_as_everywhere(desk: Desk) -> None:
    async with desk.opened("ku") as page:
        mine = await pick_up(page, "ئەندام، هەڵەبجە")
        await write(mine, "مێنیو")
        await expect(mine.locator(".msg").last.locator("button.key").first).to_be_visible()
        wanted = await mine.locator(".msg").last.locator("button.key").first.inner_text()
        await write(mine, "١")
        await expect(mine.locator(".msg").last.locator("button.key").first).to_be_visible()
        await expect(mine.locator(".msg").last.locator("button.key").first).not_to_have_text(wanted)


async def test_slides_are_found_and_opened(desk: Desk) -> None:
    async with desk.opened("ar") as page:
        mine = await pick_up(page, "عضو، البصرة")
        await write(mine, "/library")
        await mine.locator(".msg").last.locator("button.key", has_text="المجالس").click()
        await mine.locator(".msg").last.locator("button.key", has_text="العرض التقديمي").click()
        file = mine.locator("a.file").last
        await expect(file).to_contain_text("-ar.pptx")
        async with page.expect_download() as download:
            await file.evaluate("one => one.removeAttribute('target')")
            await file.click()
        saved = await (await download.value).path()
        assert saved.read_bytes().startswith(b"PK")


async def test_a_file_is_sent_by_a_coordinator(desk: Desk) -> None:
    async with desk.opened() as page:
        mine = await pick_up(page, "Coordinator")
        await write(mine, "/coordinate")
        await key(mine, "Send slides")
        await key(mine, "No event")
        await expect(mine.locator(".msg").last).to_contain_text("Send the file here")
        body = b"%PDF-1.4\n% notes\n%%EOF\n"
        await mine.locator("input[type=file]").set_input_files(
            [{"name": "ملاحظات.pdf", "mimeType": "application/pdf", "buffer": body}]
        )
        await expect(mine.locator(".mine .file").last).to_contain_text("ملاحظات.pdf")
        await expect(mine.get_by_role("button", name="Notes", exact=True)).to_be_visible()


async def test_a_file_is_dropped_onto_a_phone(desk: Desk) -> None:
    async with desk.opened() as page:
        mine = await pick_up(page, "Member, Kirkuk")
        dropped = await page.evaluate_handle(
            "() => { const data = new DataTransfer();"
            " data.items.add(new File(['hello'], 'hello.txt', { type: 'text/plain' })); return data; }"
        )
        screen = mine.locator(".screen")
        await screen.dispatch_event("dragenter", {"dataTransfer": dropped})
        await expect(mine.locator(".drop")).to_be_visible()
        await screen.dispatch_event("drop", {"dataTransfer": dropped})
        await expect(mine.locator(".drop")).not_to_be_visible()
        await expect(mine.locator(".mine .file").last).to_contain_text("hello.txt")
        await expect(mine.locator(".msg:not(.mine)").last).to_be_visible()


async def test_a_picture_is_shown_in_the_chat(desk: Desk) -> None:
    async with desk.opened() as page:
        mine = await pick_up(page, "Coordinator")
        await write(mine, "/coordinate")
        await key(mine, "Results and reports")
        await key(mine, "Survey results")
        await mine.locator(".msg").last.locator("button.key", has_text="young voter").click()
        await key(mine, "Chart")
        picture = mine.locator(".picture img").last
        await expect(picture).to_be_visible()
        assert await picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 300


async def test_what_people_write_is_text_and_only_safe_links_open(desk: Desk) -> None:
    typed = "<img src=x onerror=alert(1)> https://example.org/a?b=1. http://example.org javascript:alert(1)"
    async with desk.opened() as page:
        mine = phone(page, guest("en"))
        await write(mine, typed)
        bubble = mine.locator(".mine .text").last
        await expect(bubble).to_have_text(typed)
        assert await bubble.locator("a").evaluate_all("all => all.map(one => one.href)") == [
            "https://example.org/a?b=1"
        ]
        assert await bubble.locator("a").get_attribute("rel") == "noopener noreferrer"
        assert await bubble.locator("img").count() == 0


async def test_phones_come_and_go_and_are_remembered(desk: Desk) -> None:
    async with desk.opened() as page:
        await expect(page.locator(".phone")).to_have_count(3)
        await page.locator(".chip.add").click()
        await expect(phone(page, guest("en", 2))).to_be_visible()
        await pick_up(page, "Administrator")
        await expect(page.locator(".phone")).to_have_count(5)
        await write(phone(page, guest("en", 2)), "/start")
        await expect(phone(page, guest("en", 2)).locator("button.key")).to_have_count(3)
        await phone(page, "Coordinator").get_by_role("button", name="Put this phone away").click()
        await page.get_by_role("link", name="العربية").click()
        await expect(page.locator("html")).to_have_attribute("lang", "ar")
        await expect(page.locator(".phone")).to_have_count(4)
        await expect(phone(page, guest("ar", 2)).locator("button.key")).to_have_count(3)


async def test_one_chat_at_a_time_on_a_phone(desk: Desk) -> None:
    async with desk.opened("ar", size=PHONE, touch=True) as page:
        await expect(page.locator(".phone:visible")).to_have_count(1)
        await page.locator(".chip", has_text="عضو، نينوى").tap()
        await expect(page.locator(".phone:visible")).to_have_count(1)
        mine = page.locator(".phone.front")
        await mine.locator("button.menu").tap()
        await expect(mine.locator(".msg").last).to_contain_text("القائمة الرئيسية")
        await mine.locator(".msg").last.locator("button.key").first.tap()
        await expect(mine.locator(".edited")).to_be_visible()
        await page.locator(".chip").first.tap()
        await expect(page.locator(".phone:visible")).to_have_count(1)
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        for box in await page.locator("button:visible").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().height)"
        ):
            assert box > 35.9


async def test_words_are_readable_in_light_and_dark(desk: Desk) -> None:
    for scheme in ("light", "dark"):
        async with desk.opened(color_scheme=scheme) as page:
            mine = await pick_up(page, "Member, Kirkuk")
            await mine.locator("button.menu").click()
            await expect(mine.locator("button.key").first).to_be_visible()
            await write(mine, "?")
            for found, least in await page.evaluate(CONTRASTS):
                assert float(found.split()[-1]) >= least, (scheme, found)


async def test_time_moves_and_a_reminder_reaches_another_phone(own_desk: Desk) -> None:
    async with own_desk.opened() as page:
        mine = await pick_up(page, "Member, Basra")
        before = await page.locator("#now").inner_text()
        old = await mine.locator(".msg").count()
        await page.get_by_role("button", name="+1 day").click()
        await expect(page.locator("#now")).not_to_have_text(before)
        await expect(page.locator(".toast").last).to_be_visible()
        await expect(mine.locator(".msg", has_text="جلسة قهوة: أسئلة للجهة المانحة").first).to_be_visible()
        assert await mine.locator(".msg").count() > old


async def test_a_page_that_lost_its_server_catches_up(own_desk: Desk) -> None:
    with forgiving(own_desk, "ERR_", "Failed to load resource"):
        async with own_desk.opened() as page:
            mine = phone(page, guest("en"))
            await expect(page.locator("body:not(.offline)")).to_be_visible()
            await own_desk.program.kill()
            await expect(page.locator("body.offline")).to_be_visible()
            await write(mine, "/start")
            await expect(page.locator(".toast").last).to_be_visible()
            await expect(mine.locator("textarea")).to_have_value("/start")
            await own_desk.program.start()
            await mine.locator("textarea").press("Enter")
            await expect(mine.locator("button.key")).to_have_count(3, timeout=20_000)
            await expect(page.locator("body:not(.offline)")).to_be_visible()
            await expect(mine.locator(".mine")).to_have_count(1)


async def test_a_tap_twice_at_once_is_heard_once(desk: Desk) -> None:
    async with desk.opened() as page:
        mine = phone(page, guest("en"))
        await write(mine, "/start")
        english = mine.get_by_role("button", name="English", exact=True)
        await english.dblclick()
        await expect(mine.get_by_role("button", name="I agree")).to_be_visible()
        await asyncio.sleep(0.5)
        await expect(mine.locator(".msg:not(.mine)")).to_have_count(1)


async def test_dates_come_from_the_server(desk: Desk, now: datetime) -> None:
    async with desk.opened("ku") as page:
        shown = await page.locator("#now").inner_text()
        assert any(month in shown for month in _kurdish_months(now))


def _kurdish_months(now: datetime) -> set[str]:
    days = (now.replace(month=month) for month in range(1, 13))
    return {str(speech("ku").date(day)).split("ی ", 1)[1].rsplit("ی ", 1)[0] for day in days}


async def _tab_to(page: Page, label: str, *, back: bool = False) -> None:
    """Press Tab until something with this label has the focus."""
    for _ in range(60):
        if await page.evaluate("document.activeElement.textContent.trim()") == label:
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"the keyboard does not reach {label!r}")


CONTRASTS = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const rgb = channels(getComputedStyle(one).backgroundColor);
      if (rgb.length === 3 || rgb[3] === 1) return rgb;
    }
    return [255, 255, 255];
  };
  const all = ".title, .text, .stamp time, .key, .chip, .owner h2, .owner p, .brand p, .day, .now, .steps button," +
    " .languages a, .begin, .hello p, .face";
  return [...document.querySelectorAll(all)].filter((one) => one.checkVisibility()).map((one) => {
    const [a, b] = [light(channels(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
    return [`${one.className || one.tagName} ${((a + 0.05) / (b + 0.05)).toFixed(2)}`, 4.5];
  });
}"""
