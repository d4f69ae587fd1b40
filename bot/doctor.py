"""The doctor: what is configured, reachable and missing, each in one plain line."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bot.channels.whatsapp.prices import BadPrices, read_prices
from bot.channels.whatsapp.templates import WANTED
from bot.keys import check_ring, read_ring
from bot.settings import Settings, SettingsError, read_settings
from locales.check import faults
from storage.database import Database
from storage.migrate import current
from storage.vault import Vault

SECONDS = aiohttp.ClientTimeout(total=10)
LOW_DISK = 0.1
"""The part of the disk that should be free."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report: fine, a hint, or a failure of something that was asked for."""

    text: str
    mark: str = "✓"

    @property
    def failed(self) -> bool:
        """Say whether something asked for does not work."""
        return self.mark == "✗"


def good(text: str) -> Finding:
    """Report something that works."""
    return Finding(text)


def hint(text: str) -> Finding:
    """Report something that is off or could be better."""
    return Finding(text, "–")


def bad(text: str) -> Finding:
    """Report something asked for that does not work, with what to do."""
    return Finding(text, "✗")


async def examine() -> list[Finding]:
    """Look at everything and report line by line."""
    try:
        settings = read_settings()
    except SettingsError as error:
        return [bad(f"Settings: {line}") for line in str(error).splitlines()]
    findings = [good("Settings: every value is understood")]
    findings += await _storage(settings)
    findings += _disk(settings)
    findings += _catalogs()
    async with aiohttp.ClientSession(timeout=SECONDS) as session:
        findings += await _telegram(settings, session)
        findings += await _whatsapp(settings, session)
        findings += await _public_url(settings, session)
    findings.append(
        hint(f"Demo: on, with the browser chat at http://{settings.host}:{settings.port}")
        if settings.demo
        else good("Demo: off")
    )
    return findings


async def _storage(settings: Settings) -> list[Finding]:
    try:
        ring, line = read_ring(settings)
    except (SettingsError, OSError) as error:
        return [bad(f"Keys: {error}")]
    keys = [hint(f"Keys: {line}") if line else good(f"Keys: {len(ring)} in the ring")]
    shown = make_url(settings.database_url).render_as_string(hide_password=True)
    database = Database(settings.database_url, Vault(ring))
    try:
        found, needed = await current(database)
        if not found:
            return [*keys, hint(f"Database: {shown} is empty; it is set up at the first start")]
        if found != needed:
            return [*keys, hint(f"Database: {shown} is at {found}; `diwakhan migrate` brings it to {needed}")]
        await check_ring(database)
        found_there = [*await _waiting(database), *await _templates(settings, database)]
        return [*keys, good(f"Database: {shown} is up to date"), *found_there]
    except SettingsError as error:
        return [*keys, bad(f"Keys: {error}")]
    except (sa.exc.SQLAlchemyError, OSError) as error:
        return [
            *keys,
            bad(f"Database: {shown} can't be reached ({type(error).__name__}); check DATABASE_URL"),
        ]
    finally:
        await database.close()


async def _waiting(database: Database) -> list[Finding]:
    async with database.reading() as unit:
        parked = await unit.inbox.parked()
        depth = await unit.outbox.depth()
    queued = sum(count for (_, state), count in depth.items() if state in ("queued", "sending"))
    unsure = sum(count for (_, state), count in depth.items() if state == "unknown")
    findings = [good(f"Outbox: {queued} waiting")]
    if unsure:
        findings.append(
            hint(f"Outbox: {unsure} sent or not, nobody knows; the announcement's result offers to resend")
        )
    if parked:
        findings.append(hint(f"Inbox: {parked} set aside after three tries"))
    if not await database.sheds_log():
        findings.append(
            hint("Database: PostgreSQL keeps its log of anonymous ballots for a while; see docs/operators.md")
        )
    return findings


def _disk(settings: Settings) -> list[Finding]:
    url = make_url(settings.database_url)
    folder = Path(url.database or ".").parent if url.get_backend_name() == "sqlite" else Path(".")
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    free = usage.free / usage.total
    line = f"Disk: {usage.free // 2**20:,} MiB free ({free:.0%})"
    return [good(line) if free >= LOW_DISK else hint(line + "; make room, a full disk stops everything")]


def _catalogs() -> list[Finding]:
    found = faults()
    return (
        [bad(f"Catalogs: {len(found)} faults; run python -m locales.check")]
        if found
        else [good("Catalogs: complete")]
    )


async def _telegram(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    if not settings.telegram:
        return [hint("Telegram: off; set TELEGRAM_BOT_TOKEN (get one from @BotFather)")]
    base = f"{settings.telegram_api_url}/bot{settings.telegram_bot_token.get_secret_value()}"
    try:
        async with session.get(f"{base}/getMe") as response:
            answer = await response.json(content_type=None)
        async with session.get(f"{base}/getWebhookInfo") as response:
            webhook = (await response.json(content_type=None)).get("result", {})
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return [bad(f"Telegram: no answer from the Bot API ({type(error).__name__}); check TELEGRAM_API_URL")]
    if not answer.get("ok"):
        return [bad("Telegram: the token is refused; check TELEGRAM_BOT_TOKEN with @BotFather")]
    name = answer["result"]["username"]
    return [good(f"Telegram: connected as @{name} ({settings.telegram_mode})"), *_webhook(settings, webhook)]


def _webhook(settings: Settings, webhook: dict[str, object]) -> list[Finding]:
    url, wanted = str(webhook.get("url", "")), f"{settings.public_url}/telegram/webhook"
    if settings.telegram_mode == "webhook" and url != wanted:
        return [hint("Telegram: the webhook is set at the next start")]
    if settings.telegram_mode == "polling" and url:
        return [hint("Telegram: a webhook is set elsewhere; the next start takes it away")]
    if trouble := webhook.get("last_error_message"):
        return [bad(f"Telegram: its last try to reach the webhook failed: {str(trouble)[:100]}")]
    return []


async def _templates(settings: Settings, database: Database) -> list[Finding]:
    """Say how WhatsApp's templates stand, as far as is kept here."""
    if not settings.whatsapp:
        return []
    async with database.reading() as unit:
        kept = {
            (one.name, one.lang, one.wording): one
            for one in await unit.templates.listed(settings.twilio_whatsapp_from)
        }
    states = [kept[one.key].state if one.key in kept else "missing" for one in WANTED]
    if set(states) == {"approved"}:
        return [good(f"WhatsApp templates: all {len(states)} approved")]
    counted = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    doing = "sync" if "missing" in states else "status"
    return [hint(f"WhatsApp templates: {counted}; run `diwakhan whatsapp-templates {doing}`")]


async def _whatsapp(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    if not settings.whatsapp:
        return [hint("WhatsApp: off; set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_FROM")]
    try:
        read_prices(settings.whatsapp_prices)
    except BadPrices as error:
        return [bad(f"WhatsApp: {error}")]
    sid = settings.twilio_account_sid
    headers = {"Authorization": aiohttp.encode_basic_auth(sid, settings.twilio_auth_token.get_secret_value())}
    url = f"{settings.twilio_api_url}/2010-04-01/Accounts/{sid}/Messages.json?PageSize=1"
    try:
        async with session.get(url, headers=headers) as response:
            status = response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        return [bad(f"WhatsApp: no answer from Twilio ({type(error).__name__}); check TWILIO_API_URL")]
    if status == 200:
        return [good("WhatsApp: Twilio accepts the account")]
    if status == 401:
        return [bad("WhatsApp: Twilio refuses the account; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")]
    return [bad(f"WhatsApp: Twilio answered {status}; try again later")]


async def _public_url(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    if not settings.public_url:
        return [hint("PUBLIC_URL: not set; needed for WhatsApp, Telegram's webhook and calendar links")]
    try:
        async with session.get(f"{settings.public_url}/health") as response:
            status = response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        return [bad(f"PUBLIC_URL: {settings.public_url} can't be reached from here ({type(error).__name__})")]
    if status in (200, 503):
        return [good(f"PUBLIC_URL: {settings.public_url} reaches a running Diwakhan")]
    return [
        bad(
            f"PUBLIC_URL: {settings.public_url} answers {status}, not Diwakhan; check the proxy and that it runs"
        )
    ]
