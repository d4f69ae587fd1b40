"""T24: nothing but our provider's own media is ever fetched, however the address is dressed up."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bot.channels.contract import FetchFailed
from bot.channels.whatsapp.media import MediaFetcher
from handlers.kit import Upload

SID = "AC" + "0" * 32
API = "https://api.twilio.com"
GOOD = f"{API}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
INSIDE = ("127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1", "[::1]",
          "[fd00::1]",
          "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1",
          "metadata.google.internal")  # fmt: skip
FIRST = (
    *(f"{scheme}://{host}/x" for host in INSIDE for scheme in ("http", "https")),
    "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://api.twilio.com/x", "", "//api.twilio.com/x",
    "https:api.twilio.com",
    f"{API}@127.0.0.1/2010-04-01/Accounts/{SID}/Messages/MM1",
    f"https://api.twilio.com.evil.example/2010-04-01/Accounts/{SID}/M",
    f"https://evil.example/{API}/2010-04-01/Accounts/{SID}/M", f"http://api.twilio.com/2010-04-01/Accounts/{SID}/M",
    f"{API}:444/2010-04-01/Accounts/{SID}/M", f"{API}/2010-04-01/Accounts/AC{'1' * 32}/Messages/MM1",
    f"{GOOD}?next=http://127.0.0.1", f"{GOOD}#x", f"{GOOD}/../../../../x", f"{GOOD}/%2e%2e/x", f"{GOOD}\\@127.0.0.1",
    f"{GOOD}\r\nHost: 127.0.0.1", f"{API}/2010-04-01/Accounts/{SID}/", f"{API.upper()}/2010-04-01/Accounts/{SID}/M",
)  # fmt: skip
ONWARD = (
    *(f"{scheme}://{host}/x" for host in INSIDE for scheme in ("http", "https")),
    "file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1/x", "https://media.twiliocdn.com@127.0.0.1/x",
    "https://media.twiliocdn.com:8080/x", "http://media.twiliocdn.com/x", "https://media.twiliocdn.com.evil.example/x",
    "https://evil-media.twiliocdn.com/x", "https://x.s3.amazonaws.com.evil.example/x", "https://amazonaws.com/x",
    "https://user:word@x.s3.amazonaws.com/x", "https://x.s3.amazonaws.com#@127.0.0.1/",
    "https://x.s3.amazonaws.com\\@127.0.0.1/", "https:///x", "",
)  # fmt: skip


class Asked:
    """Stands for aiohttp: remembers what was asked for, and sends on to an address."""

    def __init__(self, onward: str) -> None:
        self.onward = onward
        self.urls: list[tuple[str, bool]] = []

    def __call__(self, *_: Any, **__: Any) -> Asked:
        return self

    async def __aenter__(self) -> Asked:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def get(self, url: str, headers: dict[str, str] | None = None, **_: Any) -> Asked:
        """Note an address, and whether our credentials went along."""
        self.urls.append((url, bool(headers)))
        return self

    status = 307

    @property
    def headers(self) -> dict[str, str]:
        """Send on."""
        return {"Location": self.onward}


@pytest.mark.parametrize("url", FIRST)
async def test_T24_a_strange_address_is_not_even_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked("")
    monkeypatch.setattr(aiohttp, "ClientSession", asked)
    with pytest.raises(FetchFailed):
        await MediaFetcher(API, SID, "token").fetch(Upload(url, "a.pdf", "application/pdf"))
    assert asked.urls == []


@pytest.mark.parametrize("onward", ONWARD)
async def test_T24_a_strange_redirect_is_not_followed(onward: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(onward)
    monkeypatch.setattr(aiohttp, "ClientSession", asked)
    with pytest.raises(FetchFailed):
        await MediaFetcher(API, SID, "token").fetch(Upload(GOOD, "a.pdf", "application/pdf"))
    assert [url for url, _ in asked.urls] == [GOOD]


async def test_T24_control_the_providers_own_redirect_is_followed_without_our_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    onward = "https://media.twiliocdn.com/x"
    asked = Asked(onward)
    monkeypatch.setattr(aiohttp, "ClientSession", asked)
    with pytest.raises(FetchFailed):
        await MediaFetcher(API, SID, "token").fetch(Upload(GOOD, "a.pdf", "application/pdf"))
    assert asked.urls == [(GOOD, True), (onward, False)]
