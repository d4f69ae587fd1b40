"""The commands that keep what people entrusted to us: the audit's chain, backups, keys and what a thief would get."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from bot.opened import opened_database

Commands = Any
"""argparse keeps the type of what add_subparsers returns to itself."""


def add_commands(commands: Commands) -> None:
    """Add `audit`."""
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
