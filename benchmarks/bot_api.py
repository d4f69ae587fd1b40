"""A Bot API server that costs next to nothing: it answers at once, or after a set latency, and logs what arrived.

It refuses what goes past a set rate as Telegram does (429 with `retry_after`), counting any second, wherever it
begins; after such a breach it may refuse everything for some seconds more. It knows no chats and checks no
content: `tests/fakes/telegram.py` is the strict one.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

BOT = '{"id":4242,"is_bot":true,"first_name":"Bench","username":"bench_bot","can_join_groups":true,' + (
    '"can_read_all_group_messages":false,"supports_inline_queries":false}'
)
COUNTED = ("send", "edit", "copy", "forward")
"""Methods beginning like this count towards the rate; answering a tap does not."""
_HEAD = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
Change = Callable[[int, str, float], None]


@dataclass(slots=True)
class Limit:
    """How fast the server lets a bot be: messages in any second (0: as many as come), and how it punishes."""

    per_second: int = 0
    silence: float = 0.0
    """Seconds for which everything is refused after a breach."""
    _taken: deque[float] = field(default_factory=deque)
    _silent_until: float = 0.0

    def refuses(self, now: float) -> int:
        """Take a message, or return the whole seconds to wait."""
        if not self.per_second:
            return 0
        if now < self._silent_until:
            return math.ceil(self._silent_until - now)
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if len(self._taken) < self.per_second:
            self._taken.append(now)
            return 0
        self._silent_until = now + self.silence
        return max(1, math.ceil(self.silence))


class BotApi:
    """One server; `log` has (seconds, method, chat, taken) of every message that was asked for, in order."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.limit = Limit()
        self.log: list[tuple[float, str, int, bool]] = []
        self.changed: Change = lambda chat, method, at: None
        """Called when a page changes: a message was sent to a chat or edited there."""
        self.watched: set[int] = set()
        """Chats whose messages are kept."""
        self.shown: dict[int, list[dict[str, object]]] = {}
        self.url = ""
        self._server: asyncio.Server | None = None
        self._numbers = 1_000_000

    async def start(self) -> None:
        """Listen on a free loopback port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=4096)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    def reset(self, *, latency: float = 0.0, per_second: int = 0, silence: float = 0.0) -> None:
        """Forget what arrived and set how the server behaves from here on."""
        self.latency = latency
        self.limit = Limit(per_second, silence)
        self.log = []
        self.shown = {}

    def answer(self, method: str, kind: str, body: bytes) -> bytes:
        """Answer one call."""
        if not method.startswith(COUNTED):
            return _answered(BOT if method == "getMe" else "[]" if method == "getUpdates" else "true")
        now = time.perf_counter()
        fields = _fields(kind, body)
        chat = int(fields.get("chat_id", 0))  # type: ignore[call-overload]
        wait = self.limit.refuses(now)
        self.log.append((now, method, chat, not wait))
        if wait:
            text = f"Too Many Requests: retry after {wait}"
            told = {"ok": False, "error_code": 429, "description": text, "parameters": {"retry_after": wait}}
            return _response(429, b"Too Many Requests", json.dumps(told).encode())
        if chat in self.watched:
            self.shown.setdefault(chat, []).append(fields)
        self.changed(chat, method, now)
        self._numbers += 1
        number = fields.get("message_id") or self._numbers
        return _answered(
            f'{{"message_id":{number},"date":1772355600,"from":{BOT},'
            f'"chat":{{"id":{chat},"type":"private","first_name":"Member"}},"text":"…"}}'
        )


class _Connection(asyncio.Protocol):
    """Keep-alive HTTP/1.1, just as much of it as the clients of bots speak."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _length(head.lower())
            if len(self._received) < end + 4 + length:
                return
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].partition(b"?")[0]
        method = path.rpartition(b"/")[2].decode()
        kind = "json" if b"application/json" in head else "form"
        answer = self._api.answer(method, kind, body)
        if self._api.latency:
            asyncio.get_running_loop().call_later(self._api.latency, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _length(head: bytes) -> int:
    at = head.find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def _fields(kind: str, body: bytes) -> dict[str, object]:
    if kind == "json":
        fields = json.loads(body)
        assert isinstance(fields, dict)
        return fields
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def _answered(result: str) -> bytes:
    return _response(200, b"OK", f'{{"ok":true,"result":{result}}}'.encode())


def _response(status: int, reason: bytes, body: bytes) -> bytes:
    return _HEAD % (status, reason, len(body), body)
