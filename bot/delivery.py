"""Out: claims outbox rows by lease, paces them, sends them and writes down what became of each.

One Sender per channel account, so that a broken provider never slows another. Lanes: replies first, then
notices, then broadcasts; a share of the rate is kept for replies. Bodies are rendered just before sending.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.channels.contract import (
    Channel,
    Misconfigured,
    Outcome,
    Parcel,
    Part,
    Postponed,
    Rejected,
    Retry,
    Sent,
    Stopped,
    Unknown,
    Unreachable,
    Waiting,
)
from bot.pacing import Pacer
from bot.present import offered, present
from bot.reports import stop_for_fault
from handlers.kit import Community, Screen, Turn, registry, screen_from_json
from storage.addresses import Address
from storage.database import Database
from storage.outbox import BROADCAST, NOTICE, REPLY, Claimed
from storage.unit import Unit

LEASE = timedelta(seconds=120)
"""More than four times a provider's timeout and the database's busy timeout together."""
POLL = 0.5
"""Seconds between looks at the outbox when nothing hints at new rows: the truth behind the hint."""
REPLIES_AT_ONCE = 32
OTHERS_AT_ONCE = 8
BACKOFF_BASE, BACKOFF_LONGEST = 2.0, 900.0
SHARED_FOR = 5.0
"""Seconds for which a broadcast's screen in one language is reused."""
SHARED_KEPT = 256
FARTHEST_WAIT = 5.0
"""Seconds of pacing waited in place; longer ones go back into the queue."""

log = structlog.get_logger()
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Ready:
    """A row that may be sent: where to, and the parts it is shown in."""

    address: Address
    screen: Screen
    parts: list[Part]
    replaces: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that may not or need not be sent any more, and why."""

    state: str
    reason: str


class Sender:
    """Delivers everything that goes out through one channel account."""

    def __init__(self, database: Database, channel: Channel, community: Community, now: Now) -> None:
        self._database = database
        self._channel = channel
        self._community = community
        self._now = now
        self._pacer = Pacer(channel.messages_per_second, channel.seconds_per_chat)
        self._wake = asyncio.Event()
        self._lease = secrets.token_hex(8)
        self._running: dict[int, set[asyncio.Task[None]]] = {REPLY: set(), NOTICE: set()}
        self._shared: OrderedDict[tuple[str, tuple[object, ...], str], tuple[float, Screen | None]] = (
            OrderedDict()
        )
        self._failures = 0
        self._stopping = False
        self.beat = time.monotonic()
        """When the sender last looked at its queue, by the monotonic clock."""

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped."""
        while not self._stopping:
            self.beat = time.monotonic()
            try:
                claimed = await self._claim()
            except Exception as error:
                log.error("outbox unavailable", channel=self._channel.name, error=type(error).__name__)
                claimed = []
                await asyncio.sleep(1)
            for row in claimed:
                self._start(row)
            if not claimed:
                await self._idle()

    async def stop(self, within: float = 20.0) -> None:
        """Take nothing more, and give what is under way time to end."""
        self._stopping = True
        self._wake.set()
        tasks = [task for running in self._running.values() for task in running]
        if tasks:
            await asyncio.wait(tasks, timeout=within)

    async def _idle(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), POLL)
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    async def _claim(self) -> list[Claimed]:
        free = {
            REPLY: REPLIES_AT_ONCE - len(self._running[REPLY]),
            NOTICE: OTHERS_AT_ONCE - len(self._running[NOTICE]),
        }
        if self._pacer.paused_until > time.monotonic() or not any(free.values()):
            return []
        now = self._now()
        claimed: list[Claimed] = []
        async with self._database.unit() as unit:
            for lanes, room in (((REPLY,), free[REPLY]), ((NOTICE, BROADCAST), free[NOTICE])):
                if room > 0:
                    claimed += await unit.outbox.claim(
                        self._channel.name,
                        self._channel.account,
                        self._lease,
                        now=now,
                        until=now + LEASE,
                        limit=room,
                        lanes=lanes,
                    )
            unit.outgoing = False
        return claimed

    def _start(self, row: Claimed) -> None:
        running = self._running[REPLY if row.lane == REPLY else NOTICE]
        task = asyncio.create_task(self._deliver(row))
        running.add(task)
        task.add_done_callback(running.discard)
        task.add_done_callback(lambda _: self._wake.set())

    async def _deliver(self, row: Claimed) -> None:
        try:
            ready = await self._ready(row)
        except Exception as error:
            log.error("notice could not be rendered", row=row.id, kind=row.kind, error=type(error).__name__)
            await self._settled(row, Dropped("failed", "rejected"), detail=type(error).__name__)
            return
        if isinstance(ready, Dropped):
            await self._settled(row, ready)
            return
        await self._send_parts(row, ready)

    async def _ready(self, row: Claimed) -> Ready | Dropped:
        """Render a row just before it is sent, unless it is too late, withdrawn or unwanted by now."""
        async with self._database.reading() as unit:
            if row.expires_at <= self._now():
                return Dropped("expired", "too_late")
            address = await unit.addresses.get(row.address_id)
            member = await unit.members.get(row.member_id)
            if (
                address is None
                or member is None
                or not await unit.outbox.still_mine(row.id, self._lease, self._now())
            ):
                return Dropped("withdrawn", "not_applicable")
            if row.lane != REPLY and member.silenced:
                return Dropped("failed", "opted_out")
            turn = Turn(unit, member, address, self._now(), self._community)
            screen = await self._screen(turn, row)
            if screen is None:
                return Dropped("withdrawn", "not_applicable")
            return await self._addressed(unit, row, address, screen)

    async def _addressed(self, unit: Unit, row: Claimed, address: Address, screen: Screen) -> Ready | Dropped:
        can = self._channel.capabilities
        card = screen.card or row.card
        replaces = row.replaces
        if card and (live := await unit.outbox.card(address.id, card)):
            if not can.edits and screen.quiet:
                return Dropped("withdrawn", "not_applicable")
            replaces = live
        popup = bool(row.callback and can.popups and len(screen.note) <= can.popups)
        parts = present(screen, can, popup=popup)
        return Ready(address, screen, parts, replaces if can.edits else "")

    async def _screen(self, turn: Turn, row: Claimed) -> Screen | None:
        if row.screen:
            return screen_from_json(row.screen)
        entry = registry.notices[row.kind]
        if not entry.shared:
            screen: Screen | None = await entry.handler(turn, *row.args)
            return screen
        key = (row.kind, row.args, turn.lang)
        kept = self._shared.get(key)
        if kept is None or time.monotonic() - kept[0] > SHARED_FOR:
            kept = (time.monotonic(), await entry.handler(turn, *row.args))
            self._shared[key] = kept
            if len(self._shared) > SHARED_KEPT:
                self._shared.popitem(last=False)
        return kept[1]

    async def _send_parts(self, row: Claimed, ready: Ready) -> None:
        """Send what was not sent at an earlier try, noting each part, so that a retry repeats none."""
        done = row.parts_sent
        outcome: Outcome = Sent("")
        for number, part in enumerate(ready.parts[done:], done):
            parcel = Parcel(
                peer=ready.address.peer,
                part=part,
                row_id=row.id,
                replaces=ready.replaces if number == 0 else "",
                callback=row.callback if number == 0 else "",
                note=ready.screen.note,
                window_until=ready.address.window_until,
                template=ready.screen.template,
                broadcast=row.lane == BROADCAST,
            )
            if not await self._paced(row, parcel.peer):
                return
            outcome = await self._channel.send(parcel)
            if not isinstance(outcome, Sent) or outcome.whole:
                break
            if number + 1 < len(ready.parts):
                await self._noted(row, number + 1)
        await asyncio.shield(self._settle(row, ready, outcome))

    async def _paced(self, row: Claimed, chat: str) -> bool:
        """Wait for this message's turn; False where that is so far off that the row went back to its queue."""
        reply = row.lane == REPLY
        while (wait := self._pacer.wait(chat, reply=reply, now=time.monotonic())) > 0:
            if wait > FARTHEST_WAIT or self._stopping:
                await self._back(row, wait)
                return False
            await asyncio.sleep(wait)
        self._pacer.take(chat, reply=reply, now=time.monotonic())
        return True

    async def _back(self, row: Claimed, seconds: float) -> None:
        async with self._database.unit() as unit:
            await unit.outbox.retry(row.id, not_before=self._now() + timedelta(seconds=seconds))

    async def _noted(self, row: Claimed, parts: int) -> None:
        async with self._database.unit() as unit:
            await unit.outbox.note_parts(row.id, parts)

    async def _settled(self, row: Claimed, dropped: Dropped, *, detail: str = "") -> None:
        async with self._database.unit() as unit:
            await unit.outbox.settle(
                row.id, dropped.state, now=self._now(), reason=dropped.reason, detail=detail
            )

    async def _settle(self, row: Claimed, ready: Ready, outcome: Outcome) -> None:
        """Write down what became of a row. Recorded even where the lease was lost meanwhile."""
        self._watch(outcome)
        now = self._now()
        async with self._database.unit() as unit:
            match outcome:
                case Waiting():
                    await unit.outbox.hold(row.id)
                case Postponed(until):
                    await unit.outbox.postpone(row.id, until)
                case Sent(provider_id, whole=True):
                    await unit.outbox.settle(row.id, "sent", now=now, provider_id=provider_id)
                case Sent(provider_id):
                    await unit.outbox.settle(row.id, "sent", now=now, provider_id=provider_id)
                    await self._remember(unit, row, ready, provider_id, now)
                case Retry(after, detail):
                    later = now + timedelta(seconds=backoff(row.attempts) if after is None else after)
                    if later >= row.expires_at:
                        await unit.outbox.settle(row.id, "failed", now=now, reason="gave_up", detail=detail)
                    else:
                        await unit.outbox.retry(row.id, not_before=later, detail=detail)
                case Stopped(detail):
                    await unit.addresses.mark(row.address_id, "blocked")
                    await unit.outbox.settle(row.id, "failed", now=now, reason="blocked", detail=detail)
                case Unreachable(detail, reason):
                    await unit.addresses.mark(row.address_id, "unreachable")
                    await unit.outbox.settle(row.id, "failed", now=now, reason=reason, detail=detail)
                case Rejected(detail, reason):
                    await unit.outbox.settle(row.id, "failed", now=now, reason=reason, detail=detail)
                case Misconfigured(detail, fault):
                    await unit.outbox.settle(row.id, "failed", now=now, reason="misconfigured", detail=detail)
                    subject = row.subject if row.lane == BROADCAST else ""
                    await stop_for_fault(unit, self._channel.name, subject, detail, fault, now)
                case Unknown(detail):
                    await self._unsure(unit, row, detail, now)

    async def _remember(
        self, unit: Unit, row: Claimed, ready: Ready, provider_id: str, now: datetime
    ) -> None:
        card = ready.screen.card or row.card
        if card and provider_id:
            await unit.outbox.remember_card(row.address_id, card, provider_id)
        choices = offered(ready.screen)
        if row.lane != REPLY and choices:
            # A number typed now means the choices of the message that was just read.
            conversation = await unit.conversations.get(row.address_id)
            await unit.conversations.put(row.address_id, replace(conversation, offered=choices), now)

    async def _unsure(self, unit: Unit, row: Claimed, detail: str, now: datetime) -> None:
        """A reply may be repeated, a reminder once; a broadcast is left for a coordinator to decide."""
        again = row.lane == REPLY or (row.lane == NOTICE and row.attempts < 2)
        later = now + timedelta(seconds=backoff(row.attempts))
        if again and later < row.expires_at:
            await unit.outbox.retry(row.id, not_before=later, detail=detail)
        else:
            await unit.outbox.settle(row.id, "unknown", now=now, reason="unsure", detail=detail)

    def _watch(self, outcome: Outcome) -> None:
        """Pause the account where its provider says so, or after five failures in a row."""
        if isinstance(outcome, Retry) and outcome.account and outcome.after is not None:
            self._pacer.pause(outcome.after, time.monotonic())
            return
        failed = isinstance(outcome, Unknown) or (isinstance(outcome, Retry) and outcome.after is None)
        self._failures = self._failures + 1 if failed else 0
        if self._failures >= 5:
            self._pacer.pause(min(30.0, 2.0 ** (self._failures - 4)), time.monotonic())


def backoff(attempts: int) -> float:
    """Return the seconds before the next try: full jitter over a doubling range."""
    return random.uniform(0.2, min(BACKOFF_LONGEST, BACKOFF_BASE * 2 ** min(attempts, 12)))  # noqa: S311
