"""T17. Canaries: a name, a phone number and texts go every way through the machine and may be seen nowhere else."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import structlog

from bot.logs import configure_logs
from bot.web import measured
from handlers.kit import registry
from storage.database import Database
from storage.vault import VaultError
from tests.bot.house import bodies, house
from tests.security.everything import somebody

NAME, TEXT, PHONE = "Canary-Qanari", "canary-secret-text-قناري", "9647500000"
TOKEN = "123456789:AAcanary_token_of_the_bot_which_is_secret"
Listen = Callable[[str], io.StringIO]
LIBRARIES = (
    "httpx",
    "telegram",
    "twilio.http_client",
    "aiohttp",
    "aiosqlite",
    "sqlalchemy.engine",
    "uvicorn",
    "asyncio",
)


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], io.StringIO]]:
    """Log at a level into a text, as the process does, and put the tests' own logging back afterwards."""

    def begin(level: str) -> io.StringIO:
        out = io.StringIO()
        monkeypatch.setattr("sys.stderr", out)
        configure_logs(level)
        return out

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield begin
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def written(folder: Path) -> bytes:
    """Read every file: database, log, backups, the file of keys."""
    return b"".join(one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file())


def traces(text: str) -> list[str]:
    """List the canaries that a text holds."""
    return [one for one in (NAME, TEXT, PHONE, TOKEN, "canary") if one.lower() in text.lower()]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_t17_no_logger_of_any_library_lets_a_canary_through(listen: Listen, level: str) -> None:
    said = listen(level)
    lines = (
        f"HTTP Request: POST https://api.telegram.org/bot{TOKEN}/sendMessage",
        "To=whatsapp:+9647500000123 AC" + "0a" * 16,
        "٠٧٧٠١٢٣٤٥٦٧ called",
    )
    for name in LIBRARIES:
        for line in lines:
            logging.getLogger(name).log(logging.ERROR, "%s", line)
            logging.getLogger(name).info(line)
    try:
        raise ValueError(f"{TEXT} of {NAME}")
    except ValueError:
        logging.getLogger("asyncio").exception("a task failed")
        structlog.get_logger().error("failed", error="ValueError", peer="+9647500000123")
    out = said.getvalue()
    assert traces(out) == []
    assert "٠٧٧٠١٢٣٤٥٦٧" not in out
    assert "0a0a0a" not in out
    assert "a task failed" in out  # the look is not blind


def test_t17_control_the_same_lines_without_our_logging_do_leak() -> None:
    out = io.StringIO()
    logger = logging.Logger("plain")
    logger.addHandler(logging.StreamHandler(out))
    try:
        raise ValueError(TEXT)
    except ValueError:
        logger.exception("POST https://api.telegram.org/bot%s/sendMessage +9647500000123", TOKEN)
    assert {TEXT, TOKEN, PHONE} <= set(traces(out.getvalue()))


async def test_t17_a_conversation_and_turns_that_fail_leave_no_trace(
    tmp_path: Path, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = listen("debug")

    async def fails(*given: object) -> None:
        raise ValueError(f"{TEXT} of {NAME}, {PHONE}123: {given!r}")

    async with house(tmp_path) as running:
        boss = await running.known(role="administrator")
        person = running.twilio.person(f"whatsapp:+{PHONE}77")
        person.profile_name = NAME
        for text in ("/start", "1", "1", NAME, TEXT, f"+{PHONE}99", "/ask", TEXT):
            assert await person.say(text) == 200
            await running.settles()
        entry = registry.taps["events"]
        monkeypatch.setitem(registry.taps, "events", dataclasses.replace(entry, handler=fails))
        for name, timed in list(registry.ticks.items()):
            if name == "housekeeping":
                monkeypatch.setitem(registry.ticks, name, dataclasses.replace(timed, handler=fails))
        settled = await running.known()
        assert await settled.say("/events") == 200
        await running.passes(timedelta(minutes=1))
        await running.settles()
        assert any("Reference" in one for one in bodies(boss))  # it failed, and somebody was told
        metrics = (await measured(running.machine)).decode()
        async with aiohttp.ClientSession() as session, session.get(f"{running.url}/health") as response:
            health = await response.text()
        wrong = {"Body": TEXT, "From": f"whatsapp:+{PHONE}77"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{running.url}/twilio/inbound", data=wrong) as response,
        ):
            refused = f"{response.status} {await response.text()}"
        told = "\n".join(bodies(boss))
        files = written(tmp_path)
    out = said.getvalue()
    assert "turn failed" in out
    assert "tick failed" in out
    for what, text in {
        "log": out,
        "metrics": metrics,
        "health": health,
        "error": refused,
        "staff": told,
    }.items():
        assert traces(text) == [], what
    for canary in (NAME, TEXT, f"+{PHONE}77", f"+{PHONE}99"):
        assert canary.encode() not in files, canary


async def test_t17_an_error_of_the_vault_or_the_database_quotes_no_value(
    database: Database, now: datetime
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)

    async def twice() -> None:
        async with database.unit() as unit:
            await unit.addresses.add(told.member_id, "whatsapp", "stage", told.peer)

    async def elsewhere() -> None:
        async with database.unit() as unit:
            sealed = await unit.keys.seal(told.member_id, told.texts[0], "members", "name", told.member_id)
            unit.keys.open_text(sealed, "members", "name", 1)

    for broken in (twice, elsewhere):
        try:
            await broken()
        except (VaultError, Exception) as error:
            trace = "".join(traceback.format_exception(error))
        else:
            pytest.fail("nothing failed")
        assert not [text for text in (*told.texts, told.peer) if text in trace]
    await asyncio.sleep(0)
