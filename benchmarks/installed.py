"""The peers, installed as they come: each in a folder of its own below the cache, by name and pinned version."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bots import ROOT, Bot
from benchmarks.community import TOKEN
from benchmarks.people import SECRET

CACHE = ROOT / ".bench"
SCRIPTS = Path(__file__).parent / "peers"
INSTALL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Kit:
    """What one peer is made of: its script and the packages that pip or npm installs for it."""

    name: str
    script: str
    packages: tuple[str, ...]

    @property
    def is_node(self) -> bool:
        """Say whether Node runs it."""
        return self.script.endswith(".mjs")


PTB = Kit("ptb", "ptb.py", ("python-telegram-bot[rate-limiter,webhooks]==22.8",))
AIOGRAM = Kit("aiogram", "aiogram_bot.py", ("aiogram==3.31.0", "aiogram-broadcaster==0.6.8"))
GRAMMY = Kit(
    "grammy",
    "grammy.mjs",
    ("grammy@1.46.0", "@grammyjs/transformer-throttler@1.2.1", "@grammyjs/auto-retry@2.0.2"),
)
TELEGRAF = Kit("telegraf", "telegraf.mjs", ("telegraf@4.16.3",))


@dataclass(slots=True)
class Peers:
    """Installs a peer when it is first asked for, and remembers which could not be had and why."""

    wanted: bool = True
    missing: dict[str, str] = field(default_factory=dict)
    _ready: set[str] = field(default_factory=set)

    def bot(self, kit: Kit, name: str, **environment: str) -> Bot | None:
        """Return a peer's bot under a name of its own, or nothing where it can't be had."""
        if not self.wanted or kit.name in self.missing:
            return None
        folder = CACHE / kit.name
        if kit.name not in self._ready:
            if reason := _install(kit, folder):
                self.missing[kit.name] = reason
                print(f"Left out: {kit.name} ({reason})", flush=True)
                return None
            self._ready.add(kit.name)
        runner = "node" if kit.is_node else str(folder / "bin" / "python")
        settings = {"TOKEN": TOKEN, "SECRET": SECRET, "MODULES": str(folder), **environment}
        return Bot(name, [runner, str(SCRIPTS / kit.script)], settings, "/hook")


def _install(kit: Kit, folder: Path) -> str:
    """Install a peer unless it is there; return why it could not be, or an empty text."""
    stamp, pins = folder / "installed", "\n".join(kit.packages)
    if stamp.exists() and stamp.read_text() == pins:
        return ""
    tool = "npm" if kit.is_node else sys.executable
    if kit.is_node and not (shutil.which("node") and shutil.which("npm")):
        return "Node and npm were not found"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    commands = (
        [[tool, "install", "--no-audit", "--no-fund", "--ignore-scripts", *kit.packages]]
        if kit.is_node
        else [
            [tool, "-m", "venv", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *kit.packages],
        ]
    )
    print(f"Installing {kit.name}", flush=True)
    if kit.is_node:
        (folder / "package.json").write_text("{}")
    try:
        for command in commands:
            subprocess.run(
                command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_SECONDS, env=os.environ
            )
    except (OSError, subprocess.SubprocessError) as error:
        return f"not installed: {type(error).__name__}"
    stamp.write_text(pins)
    return ""
