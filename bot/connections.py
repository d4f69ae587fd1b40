"""Connections that never finish their headers: uvicorn waits for them for ever, so here they have a deadline.

And there are only so many of them: one more closes the oldest, so that whoever opens thousands shuts out himself.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 5.0
WAITING_AT_MOST = 256


def bounded_protocol(
    seconds: float = HEADER_SECONDS, at_most: int = WAITING_AT_MOST
) -> type[asyncio.Protocol]:
    """Make the protocol for one server."""
    waiting: dict[Any, asyncio.TimerHandle] = {}

    class Bounded(HttpToolsProtocol):
        """uvicorn's own, with a deadline for headers."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()
            if len(waiting) > at_most:
                next(iter(waiting)).transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            self._heard()
            super().connection_lost(exc)

        def on_message_begin(self) -> None:
            self._wait()
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self._heard()
            super().on_headers_complete()

        def _wait(self) -> None:
            if self not in waiting:
                waiting[self] = self.loop.call_later(seconds, self.transport.abort)

        def _heard(self) -> None:
            handle = waiting.pop(self, None)
            if handle is not None:
                handle.cancel()

    return Bounded
