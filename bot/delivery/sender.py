"""One sender for each channel account, so that a broken provider never slows another.

Lanes: replies first, then notices, then broadcasts. A reply that was committed in this process is handed over
without a detour through the database; everything else is claimed from it.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from bot.breaker import Breaker
from bot.channels.contract import Channel, Outcome, Parcel, Retry, Sent, Unknown
from bot.delivery.ledger import Event, Later, Ledger, PartSent
from bot.delivery.rendering import Dropped, Ready, Renderer
from bot.metrics import Metrics
from bot.pacing import Pacer
from handlers.kit import Community
from storage.database import Database
from storage.outbox import BROADCAST, LANES, NOTICE, REPLY, Claimed
from storage.unit import Unit

POLL = 0.5
"""Seconds between looks at the outbox when nothing hints at new rows: the truth behind the hint."""
BETWEEN_CLAIMS = 0.005
REPLIES_AT_ONCE = 64
OTHERS_AT_ONCE, OTHERS_AT_LEAST = 128, 4
HANDED_AT_MOST = 2_000
"""Replies kept in hand; beyond that they wait in the database, as everything else does."""
CLAIMED_AHEAD = 0.25
"""Seconds' worth of the permitted rate that is leased: little enough for a stop or a "no more" to count."""
FARTHEST_WAIT = 5.0
"""Seconds of pacing waited in place; longer ones go back into the queue."""
WITHOUT_DATABASE = 2.0
"""Seconds until a message is tried again for which the database had to be read and was not there."""
STEP = 5.0
"""Seconds by which the system's clock must go back to count as stepped."""

log = structlog.get_logger()


class Sender:
    """Delivers everything that goes out through one channel account, for as long as this process leads it."""

    def __init__(
        self,
        database: Database,
        channel: Channel,
        community: Community,
        now: Callable[[], datetime],
        *,
        term: Callable[[], int] = lambda: 1,
        metrics: Metrics | None = None,
    ) -> None:
        self._database = database
        self._channel = channel
        self._key = (channel.name, channel.account)
        self._now = now
        self._term_now = term
        self._term = 0
        self._metrics = metrics or Metrics()
        self._pacer = Pacer(channel.messages_per_second, channel.seconds_between)
        self._breaker = Breaker()
        self._renderer = Renderer(database, channel, community, now)
        self._ledger = Ledger(database, now)
        self._wake = asyncio.Event()
        self._lease = ""
        self._handed: deque[Claimed] = deque()
        self._replies: set[asyncio.Task[None]] = set()
        self._others: set[asyncio.Task[None]] = set()
        self._in_line: dict[int, asyncio.Future[bool]] = {}
        """By address, what waits for its turn and lets an answer go first."""
        self._took = 0.05
        self._more = True
        self._signs = 0
        self._before: list[asyncio.Task[None]] = []
        """What was under way when there last was a sign of more: it may stand before what waits."""
        self._stopping = False
        self._taking = asyncio.Event()
        self._taking.set()
        self._last = (now(), time.monotonic())
        self.beat = time.monotonic()
        """When the sender last looked at its queue, by the monotonic clock."""

    @property
    def breaker(self) -> str:
        """Return the state of the circuit breaker: closed, open or half_open."""
        return self._breaker.state(time.monotonic())

    @property
    def leading(self) -> bool:
        """Say whether this process sends for the account."""
        return bool(self._lease)

    def wake(
        self, handed: Sequence[Claimed] = (), *, queued: bool = True, behind: Sequence[int] = ()
    ) -> None:
        """Look at the queue where something was `queued`; `handed` are replies leased to this process.

        What has not left yet to the addresses `behind` which a reply waits makes room for it.
        """
        for address_id in behind:
            if address_id in self._in_line:
                _settle(self._in_line[address_id], True)
        for row in handed:
            if (row.address.channel, row.address.account) == self._key:
                self._handed.append(row)
        self._start_replies()
        if queued:
            self._note_more()
            self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        self._taking.clear()
        try:
            await self._run()
        finally:
            self._taking.set()

    async def _run(self) -> None:
        while not self._stopping:
            self.beat = time.monotonic()
            claimed: list[Claimed] = []
            try:
                if await self._in_office():
                    await self._mind_the_clock()
                    claimed = await self._claim() if self._more else []
            except Exception as error:
                log.error("outbox unavailable", channel=self._channel.name, error=type(error).__name__)
                await asyncio.sleep(1)
            if self._stopping:
                await self._give_back(claimed)
                return
            for row in claimed:
                self._start(row)
            if claimed:
                self._note_more()
                await asyncio.sleep(BETWEEN_CLAIMS)
            else:
                await self._idle()

    async def stop(self, within: float = 20.0) -> None:
        """Take nothing more, give what is under way time to end, and write all of it down."""
        self._stopping = True
        self._database.leases.pop(self._key, None)
        self._wake.set()
        handed = list(self._handed)
        self._handed.clear()
        # What is being claimed at this moment has to be given back too, before the process lets go of the database.
        back = (self._give_back(handed), self._taking.wait())
        tasks = {*self._replies, *self._others, *(asyncio.ensure_future(one) for one in back)}
        if tasks:
            await asyncio.wait(tasks, timeout=within)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ledger.settled(), 3)

    async def _give_back(self, rows: Sequence[Claimed]) -> None:
        """Put rows that were not sent back into their queues."""
        await asyncio.gather(*(self._ledger.write(row, None, Later(0)) for row in rows))

    # --- office: who sends for the account ------------------------------------------------------------------

    async def _in_office(self) -> bool:
        """Take or leave the account; on taking it, take back what an earlier sender had in hand."""
        term = self._term_now()
        if self._lease and term != self._term:
            self._leave()
        if term and not self._stopping:
            if not self._lease:
                lease = secrets.token_hex(8)
                found = await self._database.work(
                    lambda unit: unit.outbox.take_over(*self._key, lease, now=self._now())
                )
                log.info("sending", channel=self._channel.name, taken_back=sum(found.values()))
                self._lease, self._term = lease, term
            self._open()
            return True
        return False

    def _open(self) -> None:
        """Take replies in hand as long as there are not too many."""
        if len(self._handed) < HANDED_AT_MOST and not self._stopping:
            self._database.leases[self._key] = self._lease
        else:
            self._database.leases.pop(self._key, None)

    def _leave(self) -> None:
        self._database.leases.pop(self._key, None)
        self._handed.clear()
        log.warning("no longer sending", channel=self._channel.name)
        self._lease = ""

    async def _mind_the_clock(self) -> None:
        """Where the system's clock was put back, do not let answers wait until it is there again."""
        now, steady = self._now(), time.monotonic()
        before, steady_before = self._last
        self._last = (now, steady)
        if (now - before).total_seconds() < (steady - steady_before) - STEP:
            due = await self._database.work(lambda unit: unit.outbox.due_now(*self._key, now))
            log.warning("the clock went back", replies_made_due=due)

    # --- taking rows ----------------------------------------------------------------------------------------

    async def _idle(self) -> None:
        """Wait for a hint, but not for ever. What ends many times a moment leads to one look, not to many."""
        await asyncio.sleep(BETWEEN_CLAIMS)
        try:
            await asyncio.wait_for(self._wake.wait(), POLL)
        except TimeoutError:
            self._note_more()
        finally:
            self._wake.clear()

    async def _claim(self) -> list[Claimed]:
        """Lease what may go. Where there is nothing, look again only once what may stand before it has ended."""
        steady = time.monotonic()
        if self._pacer.paused_until > steady:
            return []
        wanted = [((REPLY,), self._free_for_replies()), ((NOTICE, BROADCAST), self._free_for_others())]
        if not any(room for _, room in wanted):
            return []
        now = self._now()

        async def take(unit: Unit) -> list[Claimed]:
            claimed: list[Claimed] = []
            for lanes, room in wanted:
                if room > 0:
                    claimed += await unit.outbox.claim(
                        *self._key, self._lease, now=now, limit=room, lanes=lanes
                    )
            return claimed

        signs = self._signs
        held_up = bool(self._handed) or any(not task.done() for task in self._before)
        claimed = await self._database.work(take)
        if not claimed and signs == self._signs:
            self._more = held_up
        return claimed

    def _note_more(self) -> None:
        """Remember that there may be more to claim, now or when what is under way has ended."""
        self._more = True
        self._signs += 1
        self._before = [*self._replies, *self._others]

    def _free_for_replies(self) -> int:
        limit = self._breaker.lets_through(time.monotonic())
        most = REPLIES_AT_ONCE if limit is None else limit
        return max(0, most - len(self._replies) - len(self._handed))

    def _free_for_others(self) -> int:
        """Return how many rows to lease: a quarter second's worth, and never one by one where many wait."""
        limit = self._breaker.lets_through(time.monotonic())
        if limit is not None:
            return max(0, limit - len(self._others) - len(self._replies))
        worth = math.ceil(self._pacer.rate * (CLAIMED_AHEAD + self._took))
        most = max(OTHERS_AT_LEAST, min(OTHERS_AT_ONCE, worth))
        free = most - len(self._others)
        return free if free >= most // 4 else 0

    def _start_replies(self) -> None:
        limit = self._breaker.lets_through(time.monotonic())
        most = REPLIES_AT_ONCE if limit is None else limit
        while self._handed and len(self._replies) < most:
            self._start(self._handed.popleft())

    def _start(self, row: Claimed) -> None:
        running = self._replies if row.lane == REPLY else self._others
        task = asyncio.create_task(self._deliver(row))
        running.add(task)
        task.add_done_callback(lambda done: self._ended(done, running))

    def _ended(self, task: asyncio.Task[None], running: set[asyncio.Task[None]]) -> None:
        running.discard(task)
        if self._handed:
            self._start_replies()
        if self._more:
            self._wake.set()

    # --- one row --------------------------------------------------------------------------------------------

    async def _deliver(self, row: Claimed) -> None:
        try:
            ready = await self._renderer.render(row)
        except (sa.exc.DBAPIError, OSError) as error:
            log.error("a notice waits for the database", row=row.id, error=type(error).__name__)
            await self._note(row, None, Later(WITHOUT_DATABASE))
            return
        except Exception as error:
            log.error("notice could not be rendered", row=row.id, kind=row.kind, error=type(error).__name__)
            ready = Dropped("failed", "rejected", type(error).__name__)
        if isinstance(ready, Dropped):
            await self._note(row, None, ready)
        else:
            await self._send_parts(row, ready)

    async def _send_parts(self, row: Claimed, ready: Ready) -> None:
        """Send what was not sent at an earlier try, noting each part, so that a retry repeats none."""
        outcome: Outcome = Sent("")
        for number, part in enumerate(ready.parts[row.parts_sent :], row.parts_sent):
            first = number == 0
            parcel = Parcel(
                peer=row.address.peer,
                part=part,
                row_id=row.id,
                replaces=ready.replaces if first else "",
                callback=row.callback if first else "",
                note=ready.screen.note,
                window_until=row.address.window_until,
                template=ready.screen.template,
                broadcast=row.lane == BROADCAST,
            )
            later = await self._turn_of(row, parcel.peer, begun=not first)
            if later is not None:
                await self._note(row, None, later)
                return
            outcome = await self._sent(row, parcel)
            if not isinstance(outcome, Sent) or outcome.whole:
                break
            if number + 1 < len(ready.parts):
                await self._note(row, None, PartSent(number + 1))
        await self._note(row, ready, outcome)

    async def _turn_of(self, row: Claimed, chat: str, *, begun: bool) -> Later | None:
        """Wait for this message's turn; say when to try again where that is far off or not ours to do any more."""
        reply = row.lane == REPLY
        while (wait := self._pacer.wait(chat, reply=reply, now=time.monotonic())) > 0:
            if wait > FARTHEST_WAIT or self._stopping:
                return Later(wait)
            if reply:
                await self._answer_waits(wait)
            elif begun:
                await asyncio.sleep(wait)
            elif await self._passed_over(row.address.id, wait):
                return Later(0)
        if row.lease != self._lease or self._term_now() != self._term:
            # Whoever has sent for the account since the row was leased has taken it back.
            return Later(0)
        self._pacer.take(chat, reply=reply, now=time.monotonic())
        return None

    async def _passed_over(self, address_id: int, seconds: float) -> bool:
        """Wait so long for a place, or until an answer to the same chat is to go first: then return True."""
        loop = asyncio.get_running_loop()
        passed: asyncio.Future[bool] = loop.create_future()
        self._in_line[address_id] = passed
        timer = loop.call_later(seconds, _settle, passed, False)
        try:
            return await passed
        finally:
            timer.cancel()
            self._in_line.pop(address_id, None)

    async def _answer_waits(self, seconds: float) -> None:
        self._pacer.answers_waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._pacer.answers_waiting -= 1

    async def _sent(self, row: Claimed, parcel: Parcel) -> Outcome:
        started = time.monotonic()
        outcome = await self._channel.send(parcel)
        ended = time.monotonic()
        self._took += 0.1 * (min(ended - started, 5.0) - self._took)
        self._watch(outcome, ended)
        self._metrics.sent(self._channel.name, LANES[row.lane], outcome, ended - started)
        return outcome

    async def _note(self, row: Claimed, ready: Ready | None, event: Event) -> None:
        await self._ledger.write(row, ready, event)

    def _watch(self, outcome: Outcome, now: float) -> None:
        """Obey a provider that asks the account to wait, and open the breaker where it does not answer."""
        if isinstance(outcome, Retry) and outcome.account and outcome.after is not None:
            self._pacer.pause(outcome.after, now)
            self._pacer.refused(now)
            self._breaker.succeeded()
        elif isinstance(outcome, Unknown) or (isinstance(outcome, Retry) and outcome.after is None):
            self._breaker.failed(now)
        else:
            self._breaker.succeeded()


def _settle(future: asyncio.Future[bool], result: bool) -> None:
    if not future.done():
        future.set_result(result)
