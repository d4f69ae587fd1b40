"""Files that people send: fetched from Twilio with our credentials, from nowhere else, and only so large."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import aiohttp

from bot.channels.contract import FetchFailed
from bot.channels.file_types import LARGEST, checked
from handlers.kit import Upload

SECONDS = 20
KEPT_AT = re.compile(
    r"(api\.twilio\.com|mms\.twiliocdn\.com|media\.twiliocdn\.com|[a-z0-9-]+\.s3[a-z0-9.-]*\.amazonaws\.com)"
)
"""Hosts to which Twilio sends on for the bytes themselves."""
REDIRECTS = (301, 302, 303, 307, 308)


class MediaFetcher:
    """Fetches what an account of ours was sent."""

    def __init__(self, api_url: str, sid: str, token: str) -> None:
        self._api_url, self._sid = api_url, sid
        self._authorization = {"Authorization": aiohttp.encode_basic_auth(sid, token)}

    async def fetch(self, upload: Upload) -> bytes:
        """Fetch a file, with our credentials on the first hop only; raises FetchFailed."""
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                url = self._own(upload.remote)
                async with session.get(url, headers=self._authorization, allow_redirects=False) as first:
                    if first.status not in REDIRECTS:
                        return checked(await _read(first), upload.mime)
                    onward = self._onward(first.headers.get("Location", ""))
                async with session.get(onward, allow_redirects=False) as second:
                    return checked(await _read(second), upload.mime)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise FetchFailed("gone") from None

    def _own(self, url: str) -> str:
        """Let only Twilio's own media addresses of our own account through."""
        prefix = f"{self._api_url}/2010-04-01/Accounts/{self._sid}/"
        rest = url.removeprefix(prefix)
        if rest == url or not re.fullmatch(r"[A-Za-z0-9/]{1,200}", rest):
            raise FetchFailed("gone")
        return url

    def _onward(self, location: str) -> str:
        """Follow one redirect, to the same server or to where Twilio keeps media."""
        if "\\" in location or "#" in location:
            # Whoever reads an address otherwise than urlsplit does would go elsewhere.
            raise FetchFailed("gone")
        target, ours = urlsplit(location), urlsplit(self._api_url)
        if not target.netloc and location.startswith("/"):
            return f"{self._api_url}{location}"
        same = (target.scheme, target.netloc) == (ours.scheme, ours.netloc)
        kept = (
            target.scheme == "https" and target.netloc == target.hostname and KEPT_AT.fullmatch(target.netloc)
        )
        if not same and not kept:
            raise FetchFailed("gone")
        return location


async def _read(response: aiohttp.ClientResponse) -> bytes:
    if response.status != 200:
        raise FetchFailed("gone")
    body = b""
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST:
            raise FetchFailed("large")
    return body
