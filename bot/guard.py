"""The server's own limits: how large a body may be, how long it may take, who may send, and headers on every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 1024 * 1024
"""Bytes. Telegram's and Twilio's webhooks stay far below (files are fetched, not pushed)."""
UPLOAD_LIMIT = 21 * 1024 * 1024
"""Bytes, for files sent in the browser chat."""
BODY_SECONDS = 10.0

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-robots-tag", b"noindex, nofollow"),
)
NOT_KEPT = (b"cache-control", b"no-store")
"""What an answer says of keeping it, unless its route says otherwise."""
HARMLESS = ("GET", "HEAD")
"""Methods that change nothing, so that whatever fetches links ahead of people does no harm."""
FROM_ITSELF = (b"", b"same-origin", b"none")
"""What a browser says of a page that sends to itself. Older browsers and the providers' servers say nothing."""


class TooLarge(Exception):
    """The body went past its limit."""


class TooSlow(Exception):
    """The body did not arrive in time."""


class Guard:
    """ASGI middleware in front of every route."""

    def __init__(self, app: ASGIApp, *, upload_path: str = "") -> None:
        self._app = app
        self._upload_path = upload_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, refusing one from another site's page (403), too large (413) or too slow (408)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = UPLOAD_LIMIT if self._upload_path and scope["path"] == self._upload_path else BODY_LIMIT
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": _with_ours(message.get("headers", []))}
            await send(message)

        if scope["method"] not in HARMLESS and _header(scope, b"sec-fetch-site") not in FROM_ITSELF:
            await _refuse(sending, started, 403)
            return
        try:
            if _announced(scope) > limit:
                raise TooLarge
            await self._app(scope, _bounded(receive, limit), sending)
        except TooLarge:
            await _refuse(sending, started, 413)
        except TooSlow:
            await _refuse(sending, started, 408)


def _bounded(receive: Receive, limit: int) -> Receive:
    taken = 0
    complete = False

    async def bounded() -> Message:
        nonlocal taken, complete
        if complete:
            return await receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise TooSlow from None
        taken += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if taken > limit:
            raise TooLarge
        return message

    return bounded


def _announced(scope: Scope) -> int:
    said = _header(scope, b"content-length")
    return int(said) if said.isdigit() else 0


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((bytes(value) for name, value in scope["headers"] if name == wanted), b"")


def _with_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    theirs = list(headers)
    says = any(name.lower() == NOT_KEPT[0] for name, _ in theirs)
    return [*theirs, *HEADERS] if says else [*theirs, *HEADERS, NOT_KEPT]


async def _refuse(send: Send, started: bool, status: int) -> None:
    if started:
        return
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
