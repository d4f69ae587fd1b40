"""The commands that look after WhatsApp: its templates, and what it costs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.channels.whatsapp.prices import BadPrices, bill, read_prices
from bot.keys import read_ring
from bot.settings import Settings, SettingsError, read_settings
from storage.database import Database
from storage.migrate import migrate
from storage.vault import Vault

if TYPE_CHECKING:
    from twilio.base.exceptions import TwilioRestException

    from bot.channels.whatsapp.channel import WhatsAppChannel
    from bot.channels.whatsapp.templates import Step

Commands = Any
"""argparse keeps the type of what add_subparsers returns to itself."""

WRONG_STATES = ("rejected", "paused", "disabled", "missing")


def add_commands(commands: Commands) -> None:
    """Add `whatsapp-templates` and `whatsapp-costs`."""
    templates = commands.add_parser(
        "whatsapp-templates",
        help="create, check or delete the WhatsApp templates",
        description="The few prepared wordings that WhatsApp lets through at any time, once Meta approved them.",
    )
    what = templates.add_subparsers(required=True, metavar="WHAT")
    sync = what.add_parser(
        "sync",
        help="create and submit what is missing, refresh the rest",
        description="Create and submit what is missing, refresh the rest, delete versions that were replaced. "
        "May be repeated at any time. Exits 1 where something is rejected or paused.",
    )
    sync.set_defaults(run=lambda _: _sync())
    status = what.add_parser("status", help="ask how they stand, and why any was rejected")
    status.set_defaults(run=lambda _: _status())
    delete = what.add_parser(
        "delete",
        help="delete all of them at Twilio",
        description="Delete all of them at Twilio and Meta. Meta keeps a deleted name for 30 days.",
    )
    delete.add_argument("--yes", action="store_true", help="do it; without this, only say what would go")
    delete.set_defaults(run=_delete)
    costs = commands.add_parser(
        "whatsapp-costs",
        help="say what WhatsApp's templates cost in a month",
        description="Count a month's template messages and work out their cost from WHATSAPP_PRICES.",
    )
    costs.add_argument("--month", default="", metavar="YYYY-MM", help="which month; this one if not given")
    costs.set_defaults(run=_costs)


def _sync() -> int:
    async def work(channel: WhatsAppChannel) -> int:
        wrong = 0
        async for step in channel.templates.sync(datetime.now(UTC)):
            print(step.line)
            wrong += step.state in WRONG_STATES
        return 1 if wrong else 0

    return _with_twilio(work)


def _status() -> int:
    async def work(channel: WhatsAppChannel) -> int:
        await channel.templates.refresh(datetime.now(UTC))
        steps = await channel.templates.status()
        for step in steps:
            print(step.line)
        return 1 if any(step.state in WRONG_STATES for step in steps) else 0

    return _with_twilio(work)


def _delete(parsed: argparse.Namespace) -> int:
    async def work(channel: WhatsAppChannel) -> int:
        if not parsed.yes:
            for step in await channel.templates.status():
                print(step.full_name)
            print("Nothing was deleted. Repeat with --yes to delete these, and every older version.")
            return 0
        await _told(channel.templates.delete())
        return 0

    return _with_twilio(work)


async def _told(steps: AsyncIterator[Step]) -> None:
    async for step in steps:
        print(step.line)


def _with_twilio(work: Callable[[WhatsAppChannel], Any]) -> int:
    """Do something with Twilio; a refusal or an outage is told in a line."""
    settings = read_settings()
    if not settings.whatsapp:
        raise SettingsError(
            "TWILIO_ACCOUNT_SID: WhatsApp is off; set it with TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_FROM"
        )

    from twilio.base.exceptions import TwilioRestException

    from bot.channels.whatsapp.channel import WhatsAppChannel

    async def run(database: Database) -> int:
        channel = WhatsAppChannel(settings, database=database, now=lambda: datetime.now(UTC))
        try:
            status: int = await work(channel)
            return status
        except TwilioRestException as error:
            print(f"diwakhan: Twilio refuses: {_words(error)}", file=sys.stderr)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            print(f"diwakhan: no proper answer from Twilio ({type(error).__name__})", file=sys.stderr)
        finally:
            await channel.close()
        return 1

    return _with_database(settings, run)


def _words(error: TwilioRestException) -> str:
    if error.status in (401, 403):
        return "the account is not accepted; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
    told = " ".join(str(error.msg).split())[:300]
    return f"{error.code or error.status} {told}"


def _with_database(settings: Settings, work: Callable[[Database], Any]) -> int:
    ring, _ = read_ring(settings)

    async def run() -> int:
        database = Database(settings.database_url, Vault(ring))
        try:
            await migrate(database)
            status: int = await work(database)
            return status
        finally:
            await database.close()

    return asyncio.run(run())


def _costs(parsed: argparse.Namespace) -> int:
    settings = read_settings()
    try:
        prices = read_prices(settings.whatsapp_prices)
        since, until = _month(parsed.month)
    except (BadPrices, ValueError) as error:
        print(f"diwakhan: {error}", file=sys.stderr)
        return 2

    async def work(database: Database) -> int:
        async with database.reading() as unit:
            tally = await unit.openings.tally(since, until)
        lines = bill(tally, prices)
        print(f"{since:%Y-%m}  prices in {prices.currency} ({prices.as_of or 'no date given'})")
        for line in lines:
            print(
                f"{line.category:<15} delivered {line.delivered:>6}  on their way {line.under_way:>6}  "
                f"failed {line.failed:>6}  cost {line.cost:>10}"
            )
        total = sum(line.cost for line in lines)
        print(f"{'Total':<15} {sum(line.delivered for line in lines)} delivered, {total} {prices.currency}")
        return 0

    return _with_database(settings, work)


def _month(written: str) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a month; raises ValueError with what to write instead."""
    now = datetime.now(UTC)
    try:
        since = datetime.strptime(written, "%Y-%m").replace(tzinfo=UTC) if written else now
    except ValueError:
        raise ValueError("--month: write it as 2026-03") from None
    since = since.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    until = (
        since.replace(year=since.year + 1, month=1)
        if since.month == 12
        else since.replace(month=since.month + 1)
    )
    return since, until
