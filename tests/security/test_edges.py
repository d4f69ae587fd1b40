"""T25 in small: half-open connections are closed and shut nobody out; and a public address needs the proxy."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.connections import bounded_protocol
from bot.guard import BODY_LIMIT, Guard
from bot.limits import HOURS_WORTH, STRANGERS_SHARE, Limits, Verdict
from bot.settings import Settings
from storage.database import Database
from tests.play import Stage, staged

DEPLOY = Path(__file__).parents[2] / "deploy"


def _app() -> ASGIApp:
    async def fine(request: object) -> Response:
        return Response("fine")

    return Guard(Starlette(routes=[Route("/", fine, methods=["GET", "POST"])]))


@contextlib.contextmanager
def serving(**options: object) -> Iterator[int]:
    """Run uvicorn in a thread and give its port."""
    config = uvicorn.Config(_app(), port=0, log_config=None, access_log=False, lifespan="off", **options)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(5)


def _half_open(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port))
    opened.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
    return opened


def _is_closed(one: socket.socket, within: float) -> bool:
    one.settimeout(within)
    try:
        return one.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def _asks(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: one.recv(4096), b""))


def test_T25_half_sent_headers_are_closed() -> None:
    with serving(http=bounded_protocol(0.2)) as port, _half_open(port) as one:
        assert _is_closed(one, 2)


def test_T25_control_uvicorn_alone_waits_for_ever() -> None:
    with serving(http="httptools") as port, _half_open(port) as one:
        assert not _is_closed(one, 0.6)


def test_T25_thousands_half_open_shut_nobody_out() -> None:
    with serving(http=bounded_protocol(30, 20), limit_concurrency=64) as port:
        crowd = [_half_open(port) for _ in range(200)]
        started = time.monotonic()
        assert b"200 OK" in _asks(port)
        assert time.monotonic() - started < 1
        assert sum(_is_closed(one, 0.01) for one in crowd) >= 170
        for one in crowd:
            one.close()


def test_T25_control_without_the_bound_they_do() -> None:
    with serving(http="httptools", limit_concurrency=64) as port:
        crowd = [_half_open(port) for _ in range(200)]
        time.sleep(0.2)
        assert b"503" in _asks(port)
        for one in crowd:
            one.close()


def test_T25_a_slow_second_request_on_a_kept_connection_is_closed_too() -> None:
    with serving(http=bounded_protocol(0.2)) as port, socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while b"fine" not in answer:
            answer += one.recv(4096)
        one.sendall(b"GET / HTTP/1.1\r\nHo")
        assert _is_closed(one, 2)


def test_T25_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    with serving(http=bounded_protocol()) as port, socket.create_connection(("127.0.0.1", port), 5) as one:
        one.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n".encode())
        assert b"413" in one.recv(4096)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "bot.example.org"])  # noqa: S104
def test_T25_a_public_address_is_refused_without_the_proxy(host: str) -> None:
    with pytest.raises(ValidationError, match="BEHIND_PROXY"):
        Settings(_env_file=None, host=host, diwakhan_demo=False)
    assert Settings(_env_file=None, host=host, diwakhan_demo=False, behind_proxy=True).host == host


def test_T25_control_this_machine_needs_no_proxy() -> None:
    assert Settings(_env_file=None, host="127.0.0.1").host == "127.0.0.1"


@pytest.mark.parametrize(
    ("file", "limits"),
    [
        (
            "nginx.conf",
            ("header_timeout 5s", "body_timeout 10s", "max_body_size 1m", "limit_conn diwakhan 20"),
        ),
        ("Caddyfile", ("read_header 5s", "read_body 10s", "max_header_size 16KB", "max_size 1MB")),
    ],
)
def test_T25_the_shipped_proxies_have_their_limits(file: str, limits: tuple[str, ...]) -> None:
    text = (DEPLOY / file).read_text(encoding="utf-8")
    assert all(limit in text for limit in limits)
    rules = "\n".join(line.partition("#")[0] for line in text.splitlines())
    assert "/metrics" not in rules, "what is inside stays inside"
    assert "/media/" in rules


# --- how much one chat may say ------------------------------------------------------------------------------

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CHAT = ("telegram", "bot", "1")


def test_T23_a_chat_is_told_once_and_then_not_heard() -> None:
    limits = Limits(8)
    limits.judge(CHAT, "0", NOON)
    limits.is_known(CHAT)
    verdicts = [limits.judge(CHAT, str(number), NOON) for number in range(1, 40)]
    assert verdicts.count(Verdict.HEAR) == 7
    assert verdicts.count(Verdict.SAY_SO) == 1
    assert limits.judge(CHAT, "later", NOON + timedelta(seconds=61)) is Verdict.HEAR


def test_T23_strangers_may_say_less_and_others_are_not_concerned() -> None:
    limits = Limits(8)
    heard = [limits.judge(CHAT, str(number), NOON) for number in range(10)].count(Verdict.HEAR)
    assert heard == 8 // STRANGERS_SHARE
    assert limits.judge(("telegram", "bot", "2"), "1", NOON) is Verdict.HEAR


def test_T23_what_is_sent_again_counts_once_and_an_hour_has_its_own_bound() -> None:
    limits = Limits(4)
    limits.judge(CHAT, "0", NOON)
    limits.is_known(CHAT)
    assert all(limits.judge(CHAT, "0", NOON) is Verdict.HEAR for _ in range(50))
    moments = [NOON + timedelta(seconds=20 * number) for number in range(170)]
    heard = [limits.judge(CHAT, f"n{at}", at) for at in moments].count(Verdict.HEAR)
    assert heard <= 4 * HOURS_WORTH + 1


def test_T23_control_without_a_limit_everything_is_heard() -> None:
    limits = Limits(0)
    assert all(limits.judge(CHAT, str(number), NOON) is Verdict.HEAR for number in range(1000))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_T23_a_flood_gets_one_kind_word_and_a_stop_is_always_heard(
    database: Database, now: datetime
) -> None:
    async with staged(database, now) as stage:
        stage.dispatcher._limits = Limits(10)
        member = await stage.known("en")
        await member.says("/menu")
        for _ in range(60):
            await member.forges("menu")
        assert sum("That is a lot at once" in shown.text for shown in member.phone) == 1
        assert len(member.phone) <= 12
        await member.says("stop")
        assert (await member.member()).silenced


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_T23_being_too_fast_does_not_lose_the_question_that_waits(stage: Stage) -> None:
    member = await stage.known("en")
    stage.dispatcher._limits = Limits(4)
    await member.forges("rename")
    for _ in range(5):
        await member.says("ab")
    stage.now += timedelta(minutes=2)
    await member.says("x" * 200)
    await asyncio.sleep(0)
    await member.says("Member, Basra")
    assert (await member.member()).name
