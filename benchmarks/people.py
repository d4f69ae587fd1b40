"""People who tap: updates are posted to a bot's webhook as Telegram would, and their pages are watched.

They live in the same process as the fake Bot API, so that one clock tells when a tap was posted and when its page
changed, and so that only two processes share two cores.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.bot_api import BotApi

SECRET = "bench-webhook-secret-0123456789"
FIRST_PERSON = 1_000_000
"""Chats of the people are numbered from here; the administrator is far below."""
ADMINISTRATOR = 777
PATIENCE = 60.0
"""Seconds after which a tap counts as lost, from the last sign of life of any page."""
TELEGRAM_CONNECTIONS = 100
"""Telegram posts through at most so many connections to one bot (Bot API, setWebhook, max_connections)."""

_TAP = (
    b'{"update_id":%d,"callback_query":{"id":"%d","from":{"id":%d,"is_bot":false,"first_name":"Member",'
    b'"language_code":"ar"},"message":{"message_id":%d,"from":{"id":4242,"is_bot":true,"first_name":"Bench",'
    b'"username":"bench_bot"},"chat":{"id":%d,"type":"private","first_name":"Member"},"date":1772355600,'
    b'"text":"Menu"},"chat_instance":"1","data":"%s"}}'
)
_TEXT = (
    b'{"update_id":%d,"message":{"message_id":%d,"from":{"id":%d,"is_bot":false,"first_name":"Member",'
    b'"language_code":"en"},"chat":{"id":%d,"type":"private","first_name":"Member"},"date":1772355600,'
    b'"text":"%s","entities":[{"type":"bot_command","offset":0,"length":%d}]}}'
)


@dataclass
class Taps:
    """What came of some taps, and how long all of it took."""

    seconds: list[float] = field(default_factory=list)
    """From POST to the page's change; of a tap given up, how long it was waited for."""
    after: list[float] = field(default_factory=list)
    """From the first POST of all to each page's change."""
    took: float = 0.0
    lost: int = 0


class People:
    """Everybody with a phone, and Telegram's side of the webhook."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._pending: dict[int, tuple[asyncio.Future[float], bool]] = {}
        self._updates = itertools.count(100_000)
        self._life = 0.0
        self.give_up_at = math.inf
        """The moment at which taps that no page has answered yet are given up."""
        api.changed = self._changed

    def _changed(self, chat: int, method: str, at: float) -> None:
        self._life = at
        page, edits_only = self._pending.get(chat, (None, False))
        if page is not None and not page.done() and (method == "editMessageText" or not edits_only):
            page.set_result(at)

    def tap(self, chat: int, data: str) -> bytes:
        """Write the update of a tap on a message of the chat."""
        number = next(self._updates)
        return _TAP % (number, number, chat, 5_000 + chat % 1_000, chat, data.encode())

    async def closed_loop(self, hook: Hook, chats: Sequence[int], data: str, at_once: int) -> Taps:
        """Tap once for each chat, so many at a time; the next tap comes when a page has changed."""
        taps = Taps()
        waiting = deque(chats)
        start = time.perf_counter()

        async def one() -> None:
            async with hook.wire() as wire:
                while waiting:
                    await self._tap(wire, waiting.popleft(), data, taps, start)

        await asyncio.gather(*(one() for _ in range(at_once)))
        taps.took = time.perf_counter() - start
        return taps

    async def flood(self, hook: Hook, chats: Sequence[int], data: str) -> Taps:
        """Post taps as fast as the bot takes them, waiting for no page; then wait for all pages."""
        taps = Taps()
        waiting = deque(chats)
        start = time.perf_counter()
        pages: list[asyncio.Task[None]] = []

        async def one() -> None:
            async with hook.wire() as wire:
                while waiting:
                    chat = waiting.popleft()
                    page = self._expect(chat)
                    posted = time.perf_counter()
                    pages.append(asyncio.create_task(self._seen(chat, page, posted, taps, start)))
                    await wire.post(self.tap(chat, data))

        await asyncio.gather(*(one() for _ in range(TELEGRAM_CONNECTIONS)))
        await asyncio.gather(*pages)
        taps.took = max(taps.after, default=0.0)
        return taps

    async def trickle(self, hook: Hook, chats: Sequence[int], data: str, per_second: float) -> Taps:
        """Tap at random moments, so many a second on average, whatever becomes of earlier taps."""
        taps = Taps()
        start = time.perf_counter()
        drawn = random.Random(1)
        under_way: list[asyncio.Task[None]] = []

        async def one(chat: int) -> None:
            async with hook.wire() as wire:
                await self._tap(wire, chat, data, taps, start)

        try:
            for chat in chats:
                await asyncio.sleep(drawn.expovariate(per_second))
                under_way.append(asyncio.create_task(one(chat)))
        finally:
            await asyncio.gather(*under_way)
        taps.took = time.perf_counter() - start
        return taps

    async def tap_once(self, hook: Hook, chat: int, data: str) -> tuple[float, float, float]:
        """Tap; return the moments of the POST, of the bot's 200 and of the page's change; raises TimeoutError."""
        page = self._expect(chat, edits_only=False)
        posted = time.perf_counter()
        async with hook.wire() as wire:
            await wire.post(self.tap(chat, data))
            taken = time.perf_counter()
            async with asyncio.timeout(PATIENCE * 2):
                return posted, taken, await page

    async def command(self, hook: Hook, chat: int, text: str) -> float:
        """Type a command; return the moment of the POST."""
        number, posted = next(self._updates), time.perf_counter()
        update = _TEXT % (number, number, chat, chat, text.encode(), len(text.split()[0]))
        async with hook.wire() as wire:
            await wire.post(update)
        return posted

    async def _tap(self, wire: Wire, chat: int, data: str, taps: Taps, start: float) -> None:
        page = self._expect(chat)
        posted = time.perf_counter()
        await wire.post(self.tap(chat, data))
        await self._seen(chat, page, posted, taps, start)

    async def _seen(
        self, chat: int, page: asyncio.Future[float], posted: float, taps: Taps, start: float
    ) -> None:
        while not page.done():
            await asyncio.wait({page}, timeout=1.0)
            now = time.perf_counter()
            if not page.done() and now > min(self._life + PATIENCE, self.give_up_at):
                taps.lost += 1
                taps.seconds.append(now - posted)
                break
        else:
            taps.seconds.append(page.result() - posted)
            taps.after.append(page.result() - start)
        if self._pending.get(chat, (None,))[0] is page:
            del self._pending[chat]

    def _expect(self, chat: int, *, edits_only: bool = True) -> asyncio.Future[float]:
        """Expect a page's change: an edit, since a broadcast's message may reach the chat meanwhile."""
        page: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._pending[chat] = page, edits_only
        self._life = time.perf_counter()
        return page


class Hook:
    """A bot's webhook, and connections to it that are kept open."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: "
        ).encode()
        self._free: list[Wire] = []

    def wire(self) -> Wire:
        """Lend a connection, for `async with`."""
        return self._free.pop() if self._free else Wire(self)

    def back(self, wire: Wire) -> None:
        """Take a connection back."""
        self._free.append(wire)

    def request(self, body: bytes) -> bytes:
        """Write a request."""
        return self._head + b"%d\r\n\r\n" % len(body) + body

    def close(self) -> None:
        """Close every connection."""
        for wire in self._free:
            wire.close()
        self._free.clear()


class Wire(asyncio.Protocol):
    """One keep-alive connection to a bot. What it does not take (no 200) is posted again, as Telegram does."""

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[int] | None = None

    async def __aenter__(self) -> Wire:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._hook.back(self)

    async def post(self, body: bytes) -> None:
        """Post an update until it is taken; raises TimeoutError."""
        end = time.perf_counter() + PATIENCE * 3
        while time.perf_counter() < end:
            if await self._post(body) == 200:
                return
            await asyncio.sleep(0.2)
        raise TimeoutError

    async def _post(self, body: bytes) -> int:
        loop = asyncio.get_running_loop()
        try:
            if self._transport is None or self._transport.is_closing():
                await loop.create_connection(lambda: self, "127.0.0.1", self._hook.port)
            assert self._transport is not None
            self._answer = loop.create_future()
            self._transport.write(self._hook.request(body))
            return await self._answer
        except OSError:
            return 0

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._received = transport, b""

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._done(0)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        if at >= 0 and len(rest) < int(lowered[at + 15 :].split(b"\r\n", 1)[0]):
            return
        if b"transfer-encoding: chunked" in lowered and not rest.endswith(b"0\r\n\r\n"):
            return
        self._received = b""
        self._done(int(head[9:12]))

    def _done(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)
