"""The commands that keep what people entrusted to us: the audit's chain, backups, keys and what a thief would get."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from bot.backups import Backups, Verified
from bot.keys import read_ring
from bot.opened import opened_database
from bot.settings import read_settings
from bot.upkeep import DRILL, MADE
from handlers.housekeeping import KEPT, REPORT, rehearse
from handlers.rules.silence import FIRST_ANSWER, LAST_ANSWER, SILENT
from handlers.silence import ENDED
from storage.copying import NotCopied
from storage.database import Database
from storage.leadership import Leadership
from storage.seizure import Seizure, Taken, listed
from storage.snapshots import Damaged
from storage.unit import Unit
from storage.vault import Vault, VaultError

MOST_COUNTED = 100_000
Commands = Any
"""argparse keeps the type of what add_subparsers returns to itself."""


def add_commands(commands: Commands) -> None:
    """Add `audit`, `backup`, `restore`, `drill` and `seizure-drill`."""
    audit = commands.add_parser(
        "audit", help="prove that the log of what was done is whole", description="The log of what was done."
    )
    what = audit.add_subparsers(required=True, metavar="WHAT")
    verify = what.add_parser(
        "verify",
        help="follow the chain from its beginning to its end",
        description="Follow the chain; exit 1 where a row was changed, moved, taken out or cut off. A cut-off end is "
        "found with a mark that coordinators were sent or that a backup carries.",
    )
    verify.add_argument("--mark", default="", help="a mark such as 12-3f2a99c1d0e4")
    verify.set_defaults(run=_verify)
    show = what.add_parser("show", help="print the newest rows: ids and counts")
    show.add_argument("--last", type=int, default=20, help="how many")
    show.set_defaults(run=_show)
    backup = commands.add_parser(
        "backup",
        help="make a backup now (the running bot makes one every night)",
        description="Make a backup beside the running bot: consistent, looked through, encrypted. Older ones go: the "
        "newest of seven days and of four weeks stay, none for longer than 28 days.",
    )
    backup.set_defaults(run=_backup)
    restore = commands.add_parser(
        "restore",
        help="look into a backup, or put it into an empty database",
        description="Put a backup into the empty database of DATABASE_URL, SQLite or PostgreSQL. Whoever was erased "
        "since it was made stays erased. Needs the key ring of that time and the file of people's keys.",
    )
    restore.add_argument("file", help="a file from the backup folder")
    restore.add_argument("--verify", action="store_true", help="only look: put it back in a place of its own")
    restore.set_defaults(run=_restore)
    drill = commands.add_parser(
        "drill",
        help="try the newest backup (the running bot does every week)",
        description="Put the newest backup back in a place of its own, and look at everything in it.",
    )
    drill.set_defaults(run=_drill)
    retention = commands.add_parser(
        "retention",
        help="say what would end now, and what ended last night",
        description="Say how many rows are past their time (the running bot ends them every hour), and what ended "
        "until last night. Nothing is changed.",
    )
    retention.set_defaults(run=_retention)
    seizure = commands.add_parser(
        "seizure-drill",
        help="say what somebody gets who takes the database, alone and with the keys",
        description="Say, table by table, what a thief gets of people: why it is kept, until when, how many values and "
        "bytes, and what opens them. With --values, the values themselves: mind who is looking.",
    )
    seizure.add_argument("--values", action="store_true", help="print every value that the keys open")
    seizure.set_defaults(run=_seizure)


def _verify(given: argparse.Namespace) -> int:
    async def work() -> int:
        async with opened_database() as database, database.reading() as unit:
            chain = await unit.audit.verify(given.mark)
        if chain.fault:
            print(f"BROKEN after {chain.count} good row(s): {chain.fault}.")
            return 1
        print(f"{chain.count} row(s), each in its place. Mark: {chain.mark or 'none yet'}")
        if not given.mark:
            print("A cut-off end shows only with --mark, from a coordinator's chat or a backup.")
        return 0

    return asyncio.run(work())


def _show(given: argparse.Namespace) -> int:
    async def work() -> None:
        async with opened_database() as database, database.reading() as unit:
            for entry in reversed(await unit.audit.newest(max(1, given.last))):
                who = f"member {entry.actor_id}" if entry.actor_id else "machine"
                moment = entry.at.isoformat(timespec="seconds")
                print(f"{entry.number}\t{moment}\t{who}\t{entry.action}\t{entry.subject}")

    asyncio.run(work())
    return 0


def _backup(_: argparse.Namespace) -> int:
    async def work() -> None:
        async with opened_database() as database:
            now = datetime.now(UTC)
            made = await Backups(read_settings(), database.vault).make(database, now)
            async with database.unit() as unit:
                await unit.facts.put(MADE, now.isoformat())
                await unit.audit.append("backup", f"rows:{made.rows}", actor_id=None, at=now)
        print(f"{made.path}: {made.rows} rows, {made.size:,} bytes. Audit mark: {made.mark or 'none yet'}")

    return _told(work())


def _restore(given: argparse.Namespace) -> int:
    settings, path = read_settings(), Path(given.file)
    vault = Vault(read_ring(settings)[0])
    backups = Backups(settings, vault)

    async def work() -> None:
        if given.verify:
            _say(path, await backups.verify(path))
            return
        holding = Leadership(make_url(settings.database_url), ["restore"])
        await holding.claim()
        target = Database(settings.database_url, vault)
        try:
            _say(path, await backups.restore(path, target))
            async with target.unit() as unit:
                await unit.audit.append("restored", actor_id=None, at=datetime.now(UTC))
        finally:
            await target.close()
            await holding.close()
        print("It is in place. Start the bot.")

    return _told(work())


def _drill(_: argparse.Namespace) -> int:
    settings = read_settings()
    backups = Backups(settings, Vault(read_ring(settings)[0]))

    async def work() -> None:
        newest = backups.listed()[:1]
        if not newest:
            raise Damaged(f"there is no backup in {backups.folder}")
        _say(newest[0], await backups.verify(newest[0]))
        async with opened_database() as database, database.unit() as unit:
            await unit.facts.put(DRILL, "good")
            await unit.audit.append("drill", "good", actor_id=None, at=datetime.now(UTC))

    return _told(work())


def _say(path: Path, found: Verified) -> None:
    print(
        f"{path.name}: made {found.made_at.isoformat(timespec='minutes')}, {found.rows} rows, all readable."
    )
    print(f"{found.revived.people} people; {found.revived.erased} erased since, and left out.")
    print(f"Audit whole up to mark {found.mark or '(none)'}.")


def _told(work: Coroutine[Any, Any, None]) -> int:
    try:
        asyncio.run(work)
    except (Damaged, NotCopied, VaultError) as error:
        print(f"diwakhan: {error}", file=sys.stderr)
        return 1
    return 0


def _seizure(given: argparse.Namespace) -> int:
    async def work() -> None:
        async with opened_database() as database, database.reading() as unit:
            thief = Seizure(unit)
            taken = await thief.taken()
            for line in _drilled(taken):
                print(line)
            if given.values:
                print("\nEvery value that the keys open:")
                async for place, value in thief.opened():
                    print(f"{place.table.name}.{place.name}\t{value!r}")

    asyncio.run(work())
    return 0


def _drilled(taken: Sequence[Taken]) -> Iterator[str]:
    for opens, words in (
        ("nothing", "With the database alone, readable:"),
        ("keys", "With the keys too, readable:"),
        ("guess", "With the keys, a guess can be confirmed:"),
    ):
        of_it = [one for one in taken if one.opens == opens]
        count, size = sum(one.values for one in of_it), sum(one.size for one in of_it)
        yield f"{words} {count:,} values, {size:,} bytes in {len(of_it)} columns"
    for table, holding in listed().items():
        yield f"\n{table}: {holding.purpose}. Kept: {holding.retention}. Not in backups: {holding.absent}"
        for one in taken:
            if one.table == table:
                needs = {"nothing": "database alone", "keys": "with keys", "guess": "guess with keys"}[
                    one.opens
                ]
                yield f"  {one.column}\t{one.values:,} values\t{one.size:,} bytes\t{needs}"


def _retention(_: argparse.Namespace) -> int:
    async def work() -> None:
        async with opened_database() as database, database.engine.connect() as connection:
            unit = Unit(connection, database.vault, {})
            would = await rehearse(unit, datetime.now(UTC))
            silent = len(await unit.silence.gone((datetime.now(UTC) - LAST_ANSWER).date(), MOST_COUNTED))
            report = json.loads(await unit.facts.get(REPORT, "{}"))
            await connection.rollback()
        for kept in KEPT:
            days = f"{kept.period.days} days" if kept.period.days else f"{kept.period.seconds // 3600} hours"
            counts = f"{would[kept.what]} would end now\t{report.get(kept.what, 0)} ended last night"
            print(f"{kept.what}\tafter {days}\t{counts}")
        days = f"{(SILENT + FIRST_ANSWER + LAST_ANSWER).days} days, asked twice"
        print(f"{ENDED}\tafter {days}\t{silent} would end now\t{report.get(ENDED, 0)} ended last night")

    asyncio.run(work())
    return 0
