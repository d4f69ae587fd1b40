"""Who does what: for each work the bots that do it, in the order in which they take their turns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial

from benchmarks.bots import OURS, Bot, diwakhan
from benchmarks.community import PostgresCommunity
from benchmarks.installed import AIOGRAM, GRAMMY, PTB, TELEGRAF, Peers
from benchmarks.works import (
    LIMIT,
    PUNISHING_LIMIT,
    RATE,
    SLOW_LIMIT,
    Bench,
    Job,
    Limited,
    broadcast,
    flood,
    freeze,
    limit,
    menu,
)
from tests.postgres import running_postgres

ROUNDS = {
    "menu": 3, "flood": 2, "broadcast": 3, "latency": 3, "limit": 2, "freeze": 2, "growth": 2, "memory": 2,
}  # fmt: skip
"""The works, and how often each is done unless told otherwise: the slow ones twice."""
LATENCY = 0.04
PTB_PEOPLE = 5_000
"""PTB does not end within minutes when 20,000 messages are asked for at once."""
Step = Callable[[], Awaitable[None]]


class Lineup:
    """Makes the steps of each work; what they need (communities, peers, PostgreSQL) is made when first needed."""

    def __init__(self, bench: Bench, peers: Peers, stack: ExitStack) -> None:
        self._bench = bench
        self._peers = peers
        self._stack = stack
        self._postgres: PostgresCommunity | None = None

    async def steps(self, work: str, number: int, chosen: Sequence[str]) -> list[Step]:
        """Return what a round of a work consists of; `number` is the round's, `chosen` are this run's works."""
        bench, sizes = self._bench, self._bench.sizes
        match work:
            case "menu":
                return [partial(menu, bench, bot) for bot in await self._tapped()]
            case "flood":
                return [partial(flood, bench, bot) for bot in await self._tapped()]
            case "memory" if "flood" not in chosen:
                return await self.steps("flood", number, chosen)
            case "broadcast":
                jobs = await self._broadcasters(sizes.broadcast)
                return [partial(broadcast, bench, work, job, 0.0) for job in jobs]
            case "latency":
                jobs = await self._delayed(sizes.delayed)
                return [partial(broadcast, bench, work, job, LATENCY) for job in jobs]
            case "limit":
                return [partial(limit, bench, job, kind) for job, kind in await self._limited(number)]
            case "freeze":
                alone = [] if "growth" in chosen else [partial(self._grow, sizes.freeze, cost=False)]
                return [*alone, self._freeze_on_postgres]
            case "growth":
                return [partial(self._grow, people, cost=True) for people in sizes.growth]
        return []

    async def _ours(self, people: int, *, per_second: int = 0) -> Bot:
        return diwakhan(await self._bench.community(people), per_second=per_second)

    async def _tapped(self) -> list[Bot]:
        peers, sizes = self._peers, self._bench.sizes
        people = max(sizes.taps, sizes.flood) + sizes.warming
        return _there(
            [
                await self._ours(people),
                peers.bot(PTB, "PTB + SQLite", PTB_STORE="1"),
                peers.bot(AIOGRAM, "aiogram + SQLite"),
                peers.bot(GRAMMY, "grammY"),
                peers.bot(TELEGRAF, "Telegraf"),
            ]
        )

    async def _broadcasters(self, people: int) -> list[Job]:
        """Everybody sends to so many, but for PTB."""
        peers = self._peers
        ptb, aiogram, grammy = (
            peers.bot(PTB, "PTB"),
            peers.bot(AIOGRAM, "aiogram"),
            peers.bot(GRAMMY, "grammY"),
        )
        return _jobs(
            (OURS, await self._ours(people), "", people),
            ("PTB gather", ptb, "all", min(people, PTB_PEOPLE)),
            ("PTB one by one", ptb, "one", min(people, PTB_PEOPLE)),
            ("aiogram one by one", aiogram, "one", people),
            ("aiogram-broadcaster", aiogram, "library", people),
            ("grammY one by one", grammy, "one", people),
            ("grammY all at once", grammy, "all", people),
        )

    async def _delayed(self, people: int) -> list[Job]:
        """Those who send one by one need a 25th of a second for each, whatever the library."""
        peers, few = self._peers, min(people, self._bench.sizes.one_by_one)
        ptb, aiogram, grammy = (
            peers.bot(PTB, "PTB"),
            peers.bot(AIOGRAM, "aiogram"),
            peers.bot(GRAMMY, "grammY"),
        )
        return _jobs(
            (OURS, await self._ours(people), "", people),
            ("PTB gather", ptb, "all", people),
            ("PTB one by one", ptb, "one", few),
            ("aiogram-broadcaster", aiogram, "library", few),
            ("grammY one by one", grammy, "one", few),
            ("grammY all at once", grammy, "all", people),
        )

    async def _limited(self, number: int) -> list[tuple[Job, Limited]]:
        """Pace ourselves in every round; the peers, which take minutes, in the first."""
        peers, sizes = self._peers, self._bench.sizes
        people = sizes.limited
        ours = _jobs((OURS, await self._ours(people, per_second=RATE), "", people))
        if sizes.brief:
            return [(job, LIMIT) for job in ours]
        kinds = (LIMIT, SLOW_LIMIT, PUNISHING_LIMIT)
        steps = [(job, kind) for job in ours for kind in kinds]
        if number == 1:
            ptb, grammy = peers.bot(PTB, "PTB", PTB_RETRIES="5"), peers.bot(GRAMMY, "grammY", THROTTLED="1")
            limiters = _jobs(
                ("PTB + AIORateLimiter", ptb, "all", people), ("grammY + throttler", grammy, "all", people)
            )
            paced = _jobs(("aiogram-broadcaster", peers.bot(AIOGRAM, "aiogram"), "library-paced", people))
            steps += [(job, LIMIT) for job in limiters + paced]
            steps += [(job, PUNISHING_LIMIT) for job in limiters]
        return steps

    async def _grow(self, people: int, *, cost: bool) -> None:
        await freeze(self._bench, await self._bench.community(people), "SQLite", cost=cost)

    async def _freeze_on_postgres(self) -> None:
        if self._postgres is None:
            url = self._stack.enter_context(running_postgres())
            self._postgres = await PostgresCommunity.prepare(url, self._bench.sizes.freeze)
        async with self._postgres.copied() as community:
            await freeze(self._bench, community, "PostgreSQL", cost=False)


def _there(bots: Iterable[Bot | None]) -> list[Bot]:
    return [bot for bot in bots if bot is not None]


def _jobs(*jobs: tuple[str, Bot | None, str, int]) -> list[Job]:
    return [Job(name, bot, how, people) for name, bot, how, people in jobs if bot is not None]
