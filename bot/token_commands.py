"""The command that changes a provider's token: proven with the provider first, then written into the settings."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.opened import opened_database
from bot.settings import BOT_TOKEN, Settings, SettingsError, read_settings

Commands = Any
"""argparse keeps the type of what add_subparsers returns to itself."""
SECONDS = aiohttp.ClientTimeout(total=10)
TWILIO_TOKEN = re.compile(r"[0-9a-f]{32}")


def add_commands(commands: Commands) -> None:
    """Add `rotate-token`."""
    rotate = commands.add_parser(
        "rotate-token",
        help="change the token of Telegram or Twilio, after a leak or once a year",
        description="Change a token. First get a new one: from @BotFather by /revoke, or in Twilio's console. It is "
        "asked for here (never given on the command line, where others could read it), tried with the provider, and "
        "written into the file of settings together with a new webhook secret. Then restart the bot.",
    )
    rotate.add_argument("provider", nargs="?", choices=("telegram", "twilio"), default="telegram")
    rotate.add_argument("--env-file", default=".env", help="the file of settings to change")
    rotate.set_defaults(run=_rotate)


def _rotate(given: argparse.Namespace) -> int:
    settings, file = read_settings(), Path(given.env_file)
    if not file.is_file():
        raise SettingsError(
            f"--env-file: {file} is not there; name the file that the bot reads its settings from"
        )
    token = (getpass.getpass("New token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    prove = _telegram if given.provider == "telegram" else _twilio
    try:
        values, words = asyncio.run(prove(settings, token))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SettingsError(
            f"no answer from the provider ({type(error).__name__}); nothing was changed"
        ) from None
    _write(file, values)
    asyncio.run(_noted(given.provider))
    print(f"{', '.join(values)} changed in {file}. Restart the bot now.")
    print(words)
    return 0


async def _telegram(settings: Settings, token: str) -> tuple[dict[str, str], str]:
    old = settings.telegram_bot_token.get_secret_value()
    if not BOT_TOKEN.fullmatch(token) or token == old:
        raise SettingsError("TELEGRAM_BOT_TOKEN: a new token from @BotFather looks like 123456789:AA…")
    if old and token.partition(":")[0] != old.partition(":")[0]:
        raise SettingsError("TELEGRAM_BOT_TOKEN: this token is another bot's; nothing was changed")
    async with aiohttp.ClientSession(timeout=SECONDS) as session:
        if not await _works(session, settings, token):
            raise SettingsError("TELEGRAM_BOT_TOKEN: Telegram refuses this token; nothing was changed")
        still = bool(old) and await _works(session, settings, old)
    values = {"TELEGRAM_BOT_TOKEN": token}
    if settings.telegram_mode == "webhook":
        values["TELEGRAM_WEBHOOK_SECRET"] = secrets.token_urlsafe(32)
    return values, (
        "The old token STILL WORKS: revoke it with @BotFather."
        if still
        else "The old token does not work any more."
    )


async def _works(session: aiohttp.ClientSession, settings: Settings, token: str) -> bool:
    async with session.get(f"{settings.telegram_api_url}/bot{token}/getMe") as response:
        answer = await response.json(content_type=None)
    return bool(isinstance(answer, dict) and answer.get("ok"))


async def _twilio(settings: Settings, token: str) -> tuple[dict[str, str], str]:
    if not settings.whatsapp or not TWILIO_TOKEN.fullmatch(token):
        raise SettingsError(
            "TWILIO_AUTH_TOKEN: 32 letters and digits from Twilio's console, with WhatsApp set up"
        )
    sid = settings.twilio_account_sid
    headers = {"Authorization": aiohttp.encode_basic_auth(sid, token)}
    url = f"{settings.twilio_api_url}/2010-04-01/Accounts/{sid}/Messages.json?PageSize=1"
    async with (
        aiohttp.ClientSession(timeout=SECONDS) as session,
        session.get(url, headers=headers) as response,
    ):
        if response.status != 200:
            raise SettingsError("TWILIO_AUTH_TOKEN: Twilio refuses this token; nothing was changed")
    return {"TWILIO_AUTH_TOKEN": token}, "Promote it to primary in Twilio's console: then the old one ends."


def _write(file: Path, values: dict[str, str]) -> None:
    """Change settings in a file, whole or not at all, for its owner only; other lines stay as they are."""
    left = dict(values)
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        name = line.partition("=")[0].strip()
        lines.append(f"{name}={left.pop(name)}" if name in left else line)
    lines += [f"{name}={value}" for name, value in left.items()]
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


async def _noted(provider: str) -> None:
    async with opened_database() as database, database.unit() as unit:
        await unit.audit.append("token-rotated", provider, actor_id=None, at=datetime.now(UTC))
