"""The commands with which an operator looks after the queue and moves to a larger database."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine import make_url

from bot.keys import read_ring
from bot.opened import opened_database
from bot.settings import SettingsError, read_settings
from storage.copying import NotCopied, copy_database
from storage.database import Database
from storage.leadership import Leadership
from storage.outbox import LANES
from storage.unit import Unit
from storage.vault import Vault

Commands = Any
"""argparse keeps the type of what add_subparsers returns to itself."""

FAILURES_SINCE = timedelta(days=7)


def add_commands(commands: Commands) -> None:
    """Add `queue` and `copy-database`."""
    queue = commands.add_parser(
        "queue",
        help="say what waits to be sent and what failed; try again, or clear",
        description="Say what waits, for how long, and what failed in the last week and why. Safe while the bot runs.",
    )
    queue.set_defaults(run=lambda _: _show())
    what = queue.add_subparsers(metavar="WHAT")
    again = what.add_parser("retry", help="queue what failed for a reason once more")
    again.add_argument("--channel", required=True, help="telegram, whatsapp or browser")
    again.add_argument("--reason", required=True, help="a reason that `diwakhan queue` names")
    again.set_defaults(run=_retry)
    purge = what.add_parser("purge", help="withdraw what waits in a lane of a channel")
    purge.add_argument("--channel", required=True, help="telegram, whatsapp or browser")
    purge.add_argument("--lane", required=True, choices=LANES)
    purge.add_argument("--yes", action="store_true", help="do it; without this, only say how many")
    purge.set_defaults(run=_purge)
    copy = commands.add_parser(
        "copy-database",
        help="copy everything into another, empty database (from SQLite to PostgreSQL, say)",
        description="Copy everything from DATABASE_URL into an empty database, in one transaction, and count it "
        "again. Stop the bot first; then set DATABASE_URL to the new address and start it. See docs/scaling.md.",
    )
    copy.add_argument("to", metavar="URL", help="postgresql://user:password@host/name or sqlite:///path")
    copy.set_defaults(run=_copy)


def _show() -> int:
    async def work() -> list[str]:
        async with opened_database() as database:
            return await database.look(lambda unit: _described(unit, datetime.now(UTC)))

    print("\n".join(asyncio.run(work())))
    return 0


async def _described(unit: Unit, now: datetime) -> list[str]:
    lines = [
        f"{queue.channel} {LANES[queue.lane]}: {queue.waiting} waiting, the oldest for {_age(queue.oldest)}"
        for queue in await unit.outbox.queues(now)
    ] or ["Nothing is waiting."]
    for failure in await unit.outbox.failures(now - FAILURES_SINCE):
        why = ", ".join(part for part in (failure.reason or "no reason", failure.detail) if part)
        lines.append(f"{failure.channel} {LANES[failure.lane]}: {failure.count} {failure.state} ({why})")
    if parked := await unit.inbox.parked():
        lines.append(f"{parked} update(s) set aside after three tries; the log names their references.")
    return lines


def _retry(given: argparse.Namespace) -> int:
    async def work() -> int:
        now = datetime.now(UTC)
        async with opened_database() as database:
            return await database.work(
                lambda unit: unit.outbox.retry_failed(
                    channel=given.channel, reason=given.reason, since=now - FAILURES_SINCE, now=now
                )
            )

    print(f"{asyncio.run(work())} message(s) are queued once more.")
    return 0


def _purge(given: argparse.Namespace) -> int:
    lane = LANES.index(given.lane)

    async def work() -> int:
        now = datetime.now(UTC)
        async with opened_database() as database:
            if given.yes:
                return await database.work(
                    lambda unit: unit.outbox.purge(channel=given.channel, lane=lane, now=now)
                )
            queues = await database.look(lambda unit: unit.outbox.queues(now))
            return sum(one.waiting for one in queues if (one.channel, one.lane) == (given.channel, lane))

    count = asyncio.run(work())
    print(f"{count} message(s) withdrawn." if given.yes else f"{count} message(s) would go; add --yes.")
    return 0


def _copy(given: argparse.Namespace) -> int:
    settings = read_settings()
    if make_url(given.to).get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError("URL: begins with sqlite:/// or postgresql://")
    ring, _ = read_ring(settings)

    async def work() -> int:
        # Holding the file keeps a bot from writing into it meanwhile.
        holding = Leadership(make_url(settings.database_url), ["copy"])
        await holding.claim()
        target = Database(given.to, Vault(ring))
        try:
            async with opened_database() as source:
                copied = await copy_database(source, target)
        finally:
            await target.close()
            await holding.close()
        return copied.total

    try:
        total = asyncio.run(work())
    except NotCopied as error:
        print(f"diwakhan: {error}", file=sys.stderr)
        return 1
    print(f"{total} rows copied and counted again. Set DATABASE_URL to the new address and start the bot.")
    print("The key ring stays the same. Keep the old database until you have seen the new one work.")
    return 0


def _age(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
