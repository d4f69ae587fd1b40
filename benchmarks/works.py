"""The works: what is asked of each bot, and what is read off it."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bot_api import BotApi
from benchmarks.bots import OURS, Bot, Running, diwakhan
from benchmarks.community import Community, prepare
from benchmarks.people import ADMINISTRATOR, FIRST_PERSON, PATIENCE, People, Taps
from benchmarks.results import Results

RATE = 30
"""Telegram's own limit, messages a second."""
STEADY = 3.0
"""Seconds at both ends of a limited broadcast that do not count: it starts with a full second's allowance."""
IDLE_TAPS_PER_SECOND = 6.0
TAPS_PER_SECOND = 3.0
BROADCAST_SECONDS = 180.0
"""How long a broadcast without a limit may take."""
COSTED, SKIPPED = 5_000, 100
"""So many messages of a large broadcast are costed, after so many at its beginning."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    warming: int = 200
    """Taps before the ones that count."""
    taps: int = 3_000
    flood: int = 5_000
    broadcast: int = 20_000
    delayed: int = 5_000
    one_by_one: int = 200
    """People for senders that wait for each answer before the next message, at a latency."""
    limited: int = 900
    idle: int = 90
    """Taps with nothing else going on, to compare those during a broadcast with."""
    freeze: int = 1_000_000
    growth: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    brief: bool = False
    """Whether only what shows that everything runs is done."""
    settle: float = 3.0
    """Seconds of idleness before idle memory is read."""


SMOKE = Sizes(
    warming=20, taps=100, flood=200, broadcast=150, delayed=150, limited=120, idle=10, freeze=400, growth=(200, 400),
    brief=True, settle=0.5,
)  # fmt: skip


class Bench:
    """Everything that the works share: the fake server, the people, prepared communities, the results."""

    def __init__(self, sizes: Sizes, folder: Path) -> None:
        self.sizes = sizes
        self.results = Results()
        self.api = BotApi()
        self.people = People(self.api)
        self._folder = folder
        self._communities: dict[int, Community] = {}

    async def community(self, people: int) -> Community:
        """Return a prepared SQLite community of so many members, made once."""
        if people not in self._communities:
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            self._communities[people] = await prepare(f"sqlite:///{folder / 'diwakhan.db'}", people)
        return self._communities[people]

    def running(self, bot: Bot, **server: float) -> Running:
        """Start a bot against the server, set so."""
        gc.collect()
        self.api.reset(**server)  # type: ignore[arg-type]
        return Running(bot, self.api)

    async def warm(self, running: Running, chats: Sequence[int]) -> None:
        """Let a bot answer some taps before anything counts; raises where the page is no menu."""
        first = chats[0]
        self.api.watched = {first, ADMINISTRATOR}
        await self.people.tap_once(running.hook, first, "menu")
        buttons = _buttons(self.api.shown[first][-1])
        if len(buttons) < 6:
            raise RuntimeError(f"{running.bot.name} answered a menu tap with {buttons}:\n{running.said()}")
        await self.people.closed_loop(running.hook, chats[1:], "menu", 8)
        self.api.log.clear()

    async def announce(self, running: Running) -> tuple[float, float]:
        """Have the administrator preview and send the announcement; return the moments of the tap and of its 200."""
        assert running.bot.community is not None
        tap = f"announcement-preview:{running.bot.community.announcement}"
        self.api.watched = {ADMINISTRATOR}
        await self.people.tap_once(running.hook, ADMINISTRATOR, tap)
        data = ""
        async with asyncio.timeout(PATIENCE):
            while not data:
                shown = self.api.shown.get(ADMINISTRATOR, [])
                found = [one for message in shown for one in _buttons(message) if "announcement-send" in one]
                data = found[-1] if found else ""
                await asyncio.sleep(0.02)
        self.api.log.clear()
        posted, taken, _ = await self.people.tap_once(running.hook, ADMINISTRATOR, data)
        return posted, taken

    async def command(self, running: Running, how: str, chats: Sequence[int]) -> float:
        """Have the administrator tell a peer to send to some chats; return the moment of the command."""
        self.api.log.clear()
        text = f"/broadcast {how} {chats[0]} {len(chats)}"
        return await self.people.command(running.hook, ADMINISTRATOR, text)

    async def send(self, running: Running, how: str, chats: Sequence[int]) -> float:
        """Start a broadcast as this bot's administrator does; return the moment of the tap or command."""
        if running.bot.community is None:
            return await self.command(running, how, chats)
        return (await self.announce(running))[0]

    async def arrived(self, chats: Sequence[int], count: int, *, within: float) -> list[float]:
        """Wait until so many of the chats got their message; return when each did, in order."""
        wanted = range(chats[0], chats[-1] + 1)
        seen: dict[int, float] = {}
        at = 0
        end = time.perf_counter() + within
        while len(seen) < count and time.perf_counter() < end:
            for moment, method, chat, taken in self.api.log[at:]:
                at += 1
                if taken and chat in wanted and method == "sendMessage":
                    seen.setdefault(chat, moment)
            await asyncio.sleep(0.02 if count < 10_000 else 0.1)
        return sorted(seen.values())


def _buttons(message: dict[str, object]) -> list[str]:
    markup = message.get("reply_markup") or {}
    keyboard = json.loads(markup) if isinstance(markup, str) else markup
    assert isinstance(keyboard, dict)
    rows = keyboard.get("inline_keyboard", [])
    return [str(button.get("callback_data", "")) for row in rows for button in row]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of all values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


# --- taps -----------------------------------------------------------------------------------------------------


async def menu(bench: Bench, bot: Bot) -> None:
    """Tap the menu in a closed loop of 32."""
    chats = _chats(bench.sizes.taps + bench.sizes.warming)
    async with bench.running(bot) as running:
        await bench.warm(running, chats[bench.sizes.taps :])
        before = running.cpu()
        taps = await bench.people.closed_loop(running.hook, chats[: bench.sizes.taps], "menu", 32)
        cpu = running.cpu() - before
        _lost(taps, running)
        add = bench.results.add
        add("menu", bot.name, "taps/s", len(taps.after) / taps.took)
        add("menu", bot.name, "ms p50", percentile(taps.seconds, 0.5) * 1e3)
        add("menu", bot.name, "ms p99", percentile(taps.seconds, 0.99) * 1e3)
        add("menu", bot.name, "CPU s/1,000 taps", cpu / len(taps.seconds) * 1e3)


async def flood(bench: Bench, bot: Bot) -> None:
    """Pour taps in without waiting for pages; read what was lost, how long it took, and the peak memory."""
    chats = _chats(bench.sizes.flood + bench.sizes.warming)
    async with bench.running(bot) as running:
        await bench.warm(running, chats[bench.sizes.flood :])
        await asyncio.sleep(bench.sizes.settle)
        idle = running.memory(peak=False)
        taps = await bench.people.flood(running.hook, chats[: bench.sizes.flood], "menu")
        add = bench.results.add
        add("flood", bot.name, "taps/s", len(taps.after) / taps.took)
        add("flood", bot.name, "lost", taps.lost)
        add("flood", bot.name, "ms p50 from POST", percentile(taps.seconds, 0.5) * 1e3)
        add("flood", bot.name, "ms p99 from POST", percentile(taps.seconds, 0.99) * 1e3)
        add("flood", bot.name, "ms p99 from the start", percentile(taps.after, 0.99) * 1e3)
        add("memory", bot.name, "MiB idle", idle)
        add("memory", bot.name, "MiB peak in a flood", running.memory(peak=True))


def _chats(count: int) -> Sequence[int]:
    return range(FIRST_PERSON, FIRST_PERSON + count)


def _lost(taps: Taps, running: Running) -> None:
    if taps.lost:
        raise RuntimeError(f"{running.bot.name} lost {taps.lost} taps:\n{running.said()}")


# --- broadcasts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """A way of broadcasting: which bot does it, how a peer is told to, and to how many."""

    name: str
    bot: Bot
    how: str
    people: int


async def broadcast(bench: Bench, work: str, job: Job, latency: float) -> None:
    """Send one text to everybody with no limit on the server's side."""
    chats = _chats(job.people)
    async with bench.running(job.bot, latency=latency) as running:
        await bench.warm(running, chats[:50])
        before = running.cpu()
        posted = await bench.send(running, job.how, chats)
        moments = await bench.arrived(chats, job.people, within=BROADCAST_SECONDS)
        cpu = running.cpu() - before
        if len(moments) < job.people:
            bench.results.note(f"{work}, {job.name}: {len(moments)} of {job.people} arrived in time.")
        add = bench.results.add
        add(work, job.name, "messages/s", len(moments) / (moments[-1] - posted))
        add(work, job.name, "CPU s/1,000 messages", cpu / len(moments) * 1e3)
        add("memory", job.name, f"MiB peak, {work}", running.memory(peak=True))


@dataclass(frozen=True, slots=True)
class Limited:
    """One way in which a server limits."""

    name: str
    latency: float = 0.04
    silence: float = 0.0


LIMIT = Limited("")
SLOW_LIMIT = Limited(", 150 ms latency", latency=0.15)
PUNISHING_LIMIT = Limited(", 5 s of silence after a breach", silence=5.0)


async def limit(bench: Bench, job: Job, kind: Limited) -> None:
    """Send at the server's 30/s while people tap. Our own taps are compared with such when nothing else goes on."""
    chats = _chats(job.people)
    server = {"latency": kind.latency, "per_second": RATE, "silence": kind.silence}
    async with bench.running(job.bot, **server) as running:
        await bench.warm(running, chats[:3])
        await asyncio.sleep(1.1)
        seconds = job.people / RATE
        idle, tappers = Taps(), chats[3 : 3 + int(seconds * TAPS_PER_SECOND)]
        if job.bot.community is not None:
            others = chats[-bench.sizes.idle :]
            idle = await bench.people.trickle(running.hook, others, "menu", IDLE_TAPS_PER_SECOND)
            await asyncio.sleep(1.1)
        await bench.send(running, job.how, chats)
        within = seconds * 2 + 5
        bench.people.give_up_at = time.perf_counter() + within
        trickle = bench.people.trickle(running.hook, tappers, "menu", TAPS_PER_SECOND)
        moments, busy = await asyncio.gather(bench.arrived(chats, job.people, within=within), trickle)
        bench.people.give_up_at = math.inf
        _read_limited(bench, job.name + kind.name, job.people, moments, idle, busy)


def _read_limited(
    bench: Bench, name: str, people: int, moments: Sequence[float], idle: Taps, busy: Taps
) -> None:
    """Read the share of the permitted rate, the refusals provoked and what taps took off the server's log."""
    first, last = moments[0] + STEADY, moments[-1]
    taken = [moment for moment, _, _, accepted in bench.api.log if accepted]
    steady = sum(first <= moment < last for moment in taken) / (last - first)
    add = bench.results.add
    add("limit", name, "messages/s", steady, to="limit", reference=RATE)
    add("limit", name, "429s", sum(not accepted for _, _, _, accepted in bench.api.log))
    add("limit", name, "people not reached in time", people - len(moments))
    add("limit", name, "ms p50 of taps meanwhile", percentile(busy.seconds, 0.5) * 1e3)
    meanwhile = percentile(busy.seconds, 0.99) * 1e3
    if not idle.seconds:
        add("limit", name, "ms p99 of taps meanwhile", meanwhile)
        return
    p99 = percentile(idle.seconds, 0.99) * 1e3
    add("limit", name, "ms p99 of taps meanwhile", meanwhile, to="idle", reference=p99)
    add("limit", name, "ms p50 of taps, idle", percentile(idle.seconds, 0.5) * 1e3)
    add("limit", name, "ms p99 of taps, idle", p99)


# --- large communities ----------------------------------------------------------------------------------------


async def freeze(bench: Bench, community: Community, engine: str, *, cost: bool) -> None:
    """Have everybody's rows written by one tap; where asked, read what each message then costs."""
    people = community.people
    size = f"{people:,} members"
    async with bench.running(diwakhan(community)) as running:
        await bench.warm(running, community.chats[:50])
        posted, taken = await bench.announce(running)
        if not await bench.arrived(community.chats, 1, within=PATIENCE):
            raise RuntimeError(f"the tap on {engine} was answered and nothing is sent:\n{running.said()}")
        add = bench.results.add
        if people == bench.sizes.freeze:
            add("freeze", f"{OURS}, {engine}, {size}", "s", taken - posted)
            add("freeze", f"{OURS}, {engine}, {size}", "MiB peak", running.memory(peak=True))
        if not cost:
            return
        start = await bench.arrived(community.chats, SKIPPED, within=BROADCAST_SECONDS)
        before = running.cpu()
        moments = await bench.arrived(community.chats, min(people, COSTED), within=BROADCAST_SECONDS)
        cpu = running.cpu() - before
        _grown(bench, size, "ms per message", (moments[-1] - start[-1]) / (len(moments) - len(start)) * 1e3)
        _grown(bench, size, "CPU ms per message", cpu / (len(moments) - len(start)) * 1e3)


def _grown(bench: Bench, size: str, unit: str, value: float) -> None:
    """Take a cost, as a ratio to the smallest community's in the same round."""
    smallest = f"{bench.sizes.growth[0]:,} members"
    name = f"{OURS}, {size}"
    if size == smallest:
        bench.results.add("growth", name, unit, value)
        return
    base = bench.results.values.get(("growth", unit), {}).get(f"{OURS}, {smallest}", [math.nan])[-1]
    bench.results.add("growth", name, unit, value, to=smallest, reference=base)
