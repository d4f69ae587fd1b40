"""Files both ways: fetched from Twilio alone and only so large; handed out by links that end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.contract import FetchFailed
from bot.channels.file_types import LARGEST
from bot.channels.whatsapp.channel import IMAGE_BYTES, MEDIA_BYTES, sendable
from bot.channels.whatsapp.media import MediaFetcher
from handlers.kit import Upload
from storage.files import File
from storage.tables import files
from tests.bot.house import house

SID = "AC" + "0" * 32
PATH = f"/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
PDF = b"%PDF-1.4 a paper"
Answer = Callable[[web.Request], web.StreamResponse]


class Twilio:
    """A server that answers for media as a test tells it to, and remembers who asked with which credentials."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _: web.Response(body=PDF, content_type="application/pdf")
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.headers.get("Authorization", "")))
        if request.path == "/kept":
            return web.Response(body=PDF, content_type="application/pdf")
        return self.answer(request)


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    played = Twilio()
    application = web.Application()
    application.router.add_get("/{rest:.*}", played.handle)
    async with TestServer(application) as server:
        played.url = str(server.make_url("")).rstrip("/")
        yield played


async def fetched(twilio: Twilio, url: str = "", mime: str = "application/pdf") -> bytes:
    fetcher = MediaFetcher(twilio.url, SID, "token")
    return await fetcher.fetch(Upload(url or twilio.url + PATH, "paper.pdf", mime))


async def test_our_credentials_go_to_twilio_and_no_further(twilio: Twilio) -> None:
    twilio.answer = lambda _: web.Response(status=307, headers={"Location": f"{twilio.url}/kept"})
    assert await fetched(twilio) == PDF
    (first, credentials), (second, none) = twilio.asked
    assert (first, second, none) == (PATH, "/kept", "")
    assert credentials.startswith("Basic ")


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/",
        "http://localhost/kept",
        "http://[::1]/kept",
        "https://evil.example/file",
        "https://media.twiliocdn.com.evil.example/file",
        "https://media.twiliocdn.com@evil.example/file",
        "https://user:pass@media.twiliocdn.com/file",
        "https://media.twiliocdn.com:8443/file",
        "http://media.twiliocdn.com/file",
        "https://bucket.s3.evil.example/amazonaws.com",
        "https://s3.amazonaws.com.evil.example/file",
        "//evil.example/file",
        "file:///etc/passwd",
        "ftp://media.twiliocdn.com/file",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "https://",
        "",
        "\\\\evil.example\\file",
        "https://evil.example\\@media.twiliocdn.com/",
        "http://[",
    ],
)
async def test_a_redirect_to_anywhere_else_is_not_followed(twilio: Twilio, location: str) -> None:
    twilio.answer = lambda _: web.Response(status=302, headers={"Location": location})
    with pytest.raises(FetchFailed, match="gone"):
        await fetched(twilio)
    assert len(twilio.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/file",
        "{url}.evil.example" + PATH,
        "{url}@evil.example" + PATH,
        "{url}/2010-04-01/Accounts/AC" + "1" * 32 + "/Messages/MM1/Media/ME1",
        "{url}/2010-04-01/Accounts/" + SID + "/../../../kept",
        "{url}/2010-04-01/Accounts/" + SID + "/%2e%2e/%2e%2e/kept",
        "{url}/2010-04-01/Accounts/" + SID + "/Messages/MM1?x=/../",
        "{url}/2010-04-01/Accounts/" + SID + "/Messages/MM1#x",
        "{url}/kept",
        "https://api.telegram.org/file/bot1:a/documents/file_1.pdf",
        "",
    ],
)
async def test_only_twilios_own_addresses_of_our_account_are_asked(twilio: Twilio, url: str) -> None:
    with pytest.raises(FetchFailed, match="gone"):
        await fetched(twilio, url.format(url=twilio.url) or "x")
    assert not twilio.asked


async def test_size_and_type_are_checked_whatever_is_claimed(twilio: Twilio) -> None:
    twilio.answer = lambda _: web.Response(body=b"x" * (LARGEST + 1), content_type="application/pdf")
    with pytest.raises(FetchFailed, match="large"):
        await fetched(twilio)
    twilio.answer = lambda _: web.Response(body=b"<html>", content_type="application/pdf")
    with pytest.raises(FetchFailed, match="type"):
        await fetched(twilio)
    with pytest.raises(FetchFailed, match="type"):
        await fetched(twilio, mime="application/x-msdownload")
    twilio.answer = lambda _: web.Response(status=302, headers={"Location": PATH})
    with pytest.raises(FetchFailed, match="gone"):
        await fetched(twilio)


@pytest.mark.parametrize(
    ("mime", "size", "as_it_is"),
    [
        ("application/pdf", MEDIA_BYTES, True),
        ("application/pdf", MEDIA_BYTES + 1, False),
        ("image/png", IMAGE_BYTES, True),
        ("image/png", IMAGE_BYTES + 1, False),
        ("text/calendar", 10, False),
        ("application/json", 10, False),
    ],
)
def test_what_whatsapp_does_not_take_goes_as_a_link(mime: str, size: int, as_it_is: bool) -> None:
    assert sendable(File(1, "x", mime, size)) == as_it_is


async def test_a_link_ends_by_time_and_by_count_and_files_are_sealed(tmp_path: Path) -> None:
    async with house(tmp_path) as running, aiohttp.ClientSession() as session:
        async with running.database.unit() as unit:
            file = await unit.files.add("paper.pdf", "application/pdf", PDF, at=running.now)
            counted = await unit.files.link(
                file.id, expires_at=running.now + timedelta(minutes=10), fetches=2
            )
            timed = await unit.files.link(file.id, expires_at=running.now + timedelta(minutes=10), fetches=2)
            row = await unit.files.one(files.select())
        assert row is not None
        assert PDF not in row.body_sealed

        async def status(token: str) -> int:
            async with session.get(f"{running.url}/media/{token}") as response:
                return response.status

        assert [await status(counted) for _ in range(3)] == [200, 200, 404]
        assert await status(timed) == 200
        await running.passes(timedelta(minutes=11))
        assert await status(timed) == 404
        assert await status("x" * 5_000) == 404
