"""The commands of the key ring: draw a key, show what depends on which, put a new one in front, drop old ones."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.backups import Backups
from bot.keys import read_ring, ring_file, write_ring
from bot.opened import opened_database
from bot.settings import SettingsError, read_settings
from storage.rekeying import Rekeying
from storage.vault import Vault, new_key

Commands = Any
"""argparse keeps the type of what add_subparsers returns to itself."""


def add_commands(commands: Commands) -> None:
    """Add `keys`."""
    keys = commands.add_parser(
        "keys", help="make, show, rotate and drop keys of the vault", description="Keys of the vault."
    )
    what = keys.add_subparsers(required=True, metavar="WHAT")
    what.add_parser("new", help="print a new key").set_defaults(run=_new)
    what.add_parser(
        "status", help="say which keys there are, what each still opens, and whether they fit the database"
    ).set_defaults(run=_status)
    what.add_parser(
        "rotate",
        help="put a new key in front of the ring's file",
        description="Put a new key in front of the ring's file. After a restart the bot seals everything anew with "
        "it, a little at a time, while people use it.",
    ).set_defaults(run=_rotate)
    what.add_parser(
        "drop",
        help="take keys that nothing needs any more out of the ring's file",
        description="Take older keys out of the ring's file; refused while a row or a backup still needs one.",
    ).set_defaults(run=_drop)


def _new(_: argparse.Namespace) -> int:
    print(new_key())
    return 0


def _status(_: argparse.Namespace) -> int:
    pending, counts = asyncio.run(_looked())
    ring, line = read_ring(read_settings())
    if line:
        print(line)
    print(f"{len(ring)} key(s); they belong to this database.")
    for number, key_id in enumerate(Vault(ring).key_ids):
        role = "seals" if number == 0 else "opens only"
        print(f"{key_id}\t{role}\t{counts.pop(key_id, 0)} value(s)")
    if pending:
        print("Values are still being sealed anew by the newest key; the running bot does it.")
    elif len(ring) > 1:
        print("Nothing needs the older keys any more: `diwakhan keys drop`.")
    return 0


def _rotate(_: argparse.Namespace) -> int:
    path, keys = _file()
    # Noted by the old ring: the running bot can't read yet what the new key seals.
    asyncio.run(_noted("keys-rotated", len(keys) + 1))
    write_ring(path, [new_key(), *keys])
    print(f"A new key stands first in {path}. Copy the file to where you keep keys, then restart the bot:")
    print("it seals everything anew. See `diwakhan keys status`; then `diwakhan keys drop`.")
    return 0


def _drop(_: argparse.Namespace) -> int:
    path, keys = _file()
    pending, counts = asyncio.run(_looked())
    first, *older = Vault(read_ring(read_settings())[0]).key_ids
    if not older:
        print("There is one key only.")
        return 0
    if pending or any(counts.get(key_id) for key_id in older):
        raise SettingsError("SECRET_KEYS: rows still need an older key; let the bot run, then try again")
    needed = Backups(read_settings(), Vault(read_ring(read_settings())[0])).key_ids() & set(older)
    if needed:
        raise SettingsError(
            f"SECRET_KEYS: backups still need {', '.join(sorted(needed))}; the last of them goes after 28 days"
        )
    asyncio.run(_noted("keys-dropped", len(older)))
    write_ring(path, keys[:1])
    print(f"{len(older)} key(s) dropped, {first} stays. Destroy their copies, and restart the bot.")
    return 0


def _file() -> tuple[Path, list[str]]:
    path = ring_file(read_settings())
    if path is None:
        raise SettingsError(
            "SECRET_KEYS: the ring is in the environment: put a key from `diwakhan keys new` in front of it there"
        )
    read_ring(read_settings())
    return path, [line.strip() for line in path.read_text().splitlines() if line.strip()]


async def _looked() -> tuple[bool, dict[str, int]]:
    async with opened_database() as database, database.reading() as unit:
        return await Rekeying(unit).pending(), await Rekeying(unit).in_use()


async def _noted(action: str, count: int) -> None:
    async with opened_database() as database, database.unit() as unit:
        await unit.audit.append(action, f"keys:{count}", actor_id=None, at=datetime.now(UTC))
