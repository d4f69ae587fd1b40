"""The command `diwakhan`: run, migrate, check, keys, and what looks after the queue, the database and WhatsApp."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import Callable, Sequence

from bot.key_commands import add_commands as add_key_commands
from bot.keys import read_ring
from bot.logs import configure_logs
from bot.machine import Machine
from bot.operator_commands import add_commands as add_operator_commands
from bot.safety_commands import add_commands as add_safety_commands
from bot.settings import Settings, SettingsError, read_settings
from bot.token_commands import add_commands as add_token_commands
from bot.whatsapp_commands import add_commands as add_whatsapp_commands
from storage.database import Database
from storage.leadership import AlreadyRunning
from storage.migrate import NewerSchema, migrate
from storage.vault import Vault


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status; an operator's mistake is told in a line, never a traceback."""
    os.umask(0o077)  # what is written holds people's data, or the keys to them
    parsed = _parser().parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
    except (SettingsError, NewerSchema, AlreadyRunning) as error:
        print(f"diwakhan: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"diwakhan: {error.strerror or error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("diwakhan", description="A bot that runs a community of practice.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="start the bot", description="Start the bot and the web server.")
    run.set_defaults(run=_run)
    migrating = commands.add_parser(
        "migrate", help="bring the database's schema up to date", description="Bring the schema up to date."
    )
    migrating.set_defaults(run=_migrate)
    check = commands.add_parser(
        "check",
        help="say what is configured, reachable and missing",
        description="Say line by line what is configured, reachable and missing; exit 1 if something asked for fails.",
    )
    check.set_defaults(run=_check)
    add_key_commands(commands)
    add_operator_commands(commands)
    add_safety_commands(commands)
    add_token_commands(commands)
    add_whatsapp_commands(commands)
    return parser


def _run(_: argparse.Namespace) -> int:
    _leave_no_core()
    settings = read_settings()
    configure_logs(settings.log_level)

    async def serve() -> None:
        machine = await Machine.open(settings)
        _greet(settings)
        _collect_garbage_seldom()
        await machine.serve()

    with asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(serve())
    return 0


def _leave_no_core() -> None:
    """Write no memory to the disk, should the process die of it: it holds the keys (POSIX only)."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _collect_garbage_seldom() -> None:
    """Let the collector of cycles leave alone what stays, and run a tenth as often: it took 4 % (measured)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(7_000, 10, 10)


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop where it exists (not on Windows), which halves what a message costs."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _greet(settings: Settings) -> None:
    where = f"http://{settings.host}:{settings.port}"
    channels = [
        name
        for name, on in (
            ("Telegram", settings.telegram),
            ("WhatsApp", settings.whatsapp),
            ("demo", settings.demo),
        )
        if on
    ]
    print(f"Diwakhan is running with {', '.join(channels) or 'no channel'} on {where}", flush=True)
    if settings.demo:
        print(f"Open {where} in a browser to try it. Stop with Ctrl-C.", flush=True)


def _migrate(_: argparse.Namespace) -> int:
    settings = read_settings()
    ring, line = read_ring(settings)

    async def work() -> tuple[str, str]:
        database = Database(settings.database_url, Vault(ring))
        try:
            return await migrate(database)
        finally:
            await database.close()

    before, after = asyncio.run(work())
    if line:
        print(line)
    print(
        f"Schema {after} already in place." if before == after else f"Schema {before or 'empty'} → {after}."
    )
    return 0


def _check(_: argparse.Namespace) -> int:
    from bot.doctor import examine

    configure_logs("error")
    findings = asyncio.run(examine())
    for finding in findings:
        print(f"{finding.mark} {finding.text}")
    return 1 if any(finding.failed for finding in findings) else 0


if __name__ == "__main__":
    raise SystemExit(main())
