"""A real Chromium in front of the real program; tests are skipped, saying so, where no Chromium is found."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from locales import Language
from tests.process import Program

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and let them share one event loop, in which the browser lives."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass
class Desk:
    """The page in a browser, and everything it did that it should not have done."""

    browser: Browser
    program: Program
    faults: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def opened(
        self, lang: Language = "en", *, size: dict[str, int] | None = None, touch: bool = False, **more: Any
    ) -> AsyncIterator[Page]:
        """Open the page afresh, with nothing remembered."""
        options = {"viewport": size or DESK, "has_touch": touch, "is_mobile": touch, **more}
        context = await self.browser.new_context(**options)
        page = await context.new_page()
        page.on("console", lambda one: self._note("console", one.type, one.text))
        page.on("pageerror", lambda one: self.faults.append(f"page error: {one}"))
        page.on("request", lambda one: self._asked(one.url))
        await page.goto(f"{self.program.url}/?lang={lang}")
        await page.locator("body[data-ready]").wait_for()
        try:
            yield page
        finally:
            await context.close()

    def _note(self, what: str, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(f"{what}: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.program.url + "/", "data:", "blob:")):
            self.faults.append(f"foreign request: {url}")


@contextmanager
def forgiving(desk: Desk, *words: str) -> Iterator[None]:
    """Forget faults that hold one of the words: a server that was stopped on purpose is one."""
    yield
    desk.faults = [fault for fault in desk.faults if not any(word in fault for word in words)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start the Chromium of this machine."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(
            f"no Chromium was found (looked for {', '.join(CHROMIUM)}); install one to run these tests"
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    """Run one demo for all tests that don't move its clock."""
    program = Program(tmp_path_factory.mktemp("demo"), DIWAKHAN_DEMO="1")
    await program.start()
    yield program
    assert await program.stop() == 0, program.log.read_text()
    assert "Traceback" not in program.log.read_text()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, shared: Program) -> AsyncIterator[Desk]:
    """Give the page of the shared demo; what it did wrong fails the test."""
    desk = Desk(browser, shared)
    yield desk
    assert not desk.faults


@pytest_asyncio.fixture(loop_scope="session")
async def own_desk(browser: Browser, tmp_path: Path) -> AsyncIterator[Desk]:
    """Give the page of a demo of its own, whose clock may be moved and which may be stopped."""
    program = Program(tmp_path, DIWAKHAN_DEMO="1")
    await program.start()
    desk = Desk(browser, program)
    yield desk
    await program.stop()
    assert not desk.faults


def phone(page: Page, name: str) -> Locator:
    """Find the phone of somebody by the name above it."""
    return page.locator(".phone", has=page.get_by_role("heading", name=name, exact=True))


async def pick_up(page: Page, name: str) -> Locator:
    """Put somebody's phone on the table, if it is not there, and return it."""
    found = phone(page, name)
    if not await found.count():
        await page.locator(f'.chip:has(.name:text-is("{name}"))').click()
    await expect(found).to_be_visible()
    return found


async def key(where: Locator, label: str) -> None:
    """Press the newest button with a label."""
    await where.get_by_role("button", name=label, exact=True).last.click()


async def write(where: Locator, text: str) -> None:
    """Type something and send it."""
    await where.locator("textarea").fill(text)
    await where.locator("textarea").press("Enter")
