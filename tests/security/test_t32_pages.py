"""T32. Pages: headers on every answer, nothing that a link's mere fetching could use up, no other site's forms.

And the shipped proxies let through what people need, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.guard import Guard
from bot.machine import Machine
from bot.web import application
from handlers.counting import content, frozen
from handlers.rules.periods import quarter_named
from storage.database import Database
from storage.tables import metadata
from tests.handlers.test_feedback import asked
from tests.play import Stage
from tests.served import served, visiting

DEPLOY = Path(__file__).parents[2] / "deploy"
HOUR = timedelta(hours=1)
PRIVATE = ("/metrics", "/", "/demo/say", "/demo/static/chat.js", "/demo/chat/1")

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def opened(database: Database, now: datetime) -> AsyncIterator[tuple[Stage, str]]:
    async with served(database, now) as both:
        yield both


@pytest.fixture
def stage(opened: tuple[Stage, str]) -> Stage:
    return opened[0]


@pytest.fixture
async def client(opened: tuple[Stage, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(opened[1]) as one:
        yield one


async def addresses(stage: Stage) -> dict[str, str]:
    """Make one working address of each kind of page."""
    people, survey = await asked(stage, 1)
    member = (await people[0].member()).id
    quarter = quarter_named("2026Q1")
    assert quarter is not None
    async with stage.database.unit() as unit:
        await unit.reports.review("2026Q1", stage.now)
        said = await content(unit, quarter, stage.community.zone, stage.now)
        assert await unit.reports.lock("2026Q1", frozen(said), stage.now)
        report = await unit.reports.link("2026Q1", "en", stage.now + HOUR)
        calendar = await unit.calendars.make(member, stage.now)
        answer = await unit.answer_links.make(survey.id, member, stage.now + HOUR)
    return {
        "style": "/page.css",
        "certificate": "/certificate",
        "number": "/certificate/ABCD-EFGH-JKMN",
        "check-in": "/in/123456",
        "report": f"/report/{report}",
        "calendar": f"/calendar/{calendar}",
        "feed": f"/calendar/{calendar}.ics",
        "answer": f"/answer/{answer}",
        "answered": "/answered/en",
    }


async def everything(database: Database) -> dict[str, list[Any]]:
    """Read every row of every table."""
    async with database.reading() as unit:
        return {
            name: sorted(map(repr, await unit.audit.all(sa.select(table))))
            for name, table in metadata.tables.items()
        }


def misses(response: httpx.Response) -> list[str]:
    """Say which protections an answer lacks."""
    said = response.headers
    policies = said.get_list("content-security-policy")
    wanted = {
        "nosniff": said.get("x-content-type-options") == "nosniff",
        "referrer": said.get("referrer-policy") == "no-referrer",
        "frame": said.get("x-frame-options") == "DENY"
        and any("frame-ancestors 'none'" in one for one in policies),
        "csp": any("default-src 'none'" in one for one in policies)
        and not any("unsafe" in one or "http" in one or "*" in one for one in policies),
        "opener": said.get("cross-origin-opener-policy") == "same-origin",
        "robots": "noindex" in said.get("x-robots-tag", ""),
        "cache": "no-store" in said.get("cache-control", "") or response.request.url.path == "/page.css",
        "cookies": "set-cookie" not in said,
        "allow": "access-control-allow-origin" not in said,
    }
    return [name for name, there in wanted.items() if not there]


async def test_T32_every_answer_carries_its_headers(stage: Stage, client: httpx.AsyncClient) -> None:
    found = await addresses(stage)
    seen = {}
    for address in (*found.values(), "/nothing", "/report/x", "/answer/x", "/calendar/x", "/calendar/x.ics"):
        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
            if method == "POST" and address == found["report"]:
                continue  # opened below
            response = await client.request(method, address)
            seen[method, address] = response.status_code, misses(response)
    assert {where: lacks for where, (_, lacks) in seen.items() if lacks} == {}
    assert all(seen["GET", one][0] == 200 for one in found.values())
    assert all(
        status in (404, 405) for (method, _), (status, _) in seen.items() if method in ("PUT", "OPTIONS")
    )
    opened = await client.post(found["report"])
    assert (opened.status_code, misses(opened)) == (200, [])


async def test_T32_control_without_the_guard_the_headers_are_missed(stage: Stage) -> None:
    async def bare(_: Request) -> Response:
        return Response("hello", headers={"Set-Cookie": "who=1"})

    app = Starlette(routes=[Route("/", bare)])
    for served_by, lacking in ((app, 8), (Guard(app), 1)):
        transport = httpx.ASGITransport(app=served_by)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as one:
            assert len(misses(await one.get("/"))) == lacking


async def test_T32_fetching_a_link_fifty_times_changes_nothing_and_uses_nothing_up(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    found = await addresses(stage)
    before = await everything(stage.database)
    for address in found.values():
        for number in range(50):
            answer = await client.request("HEAD" if number % 10 == 9 else "GET", address)
            assert answer.status_code == 200, address
    assert await everything(stage.database) == before
    # Control: what people do with the two that are used up does change something, once.
    assert (await client.post(found["report"])).status_code == 200
    assert (await client.post(found["report"])).status_code == 404
    given = {"rating": "4", "use": "share"}
    assert (await client.post(found["answer"], data=given)).status_code == 303
    assert (await client.post(found["answer"], data=given)).status_code in (404, 410)
    assert await everything(stage.database) != before


async def test_T32_another_sites_form_changes_nothing(stage: Stage, client: httpx.AsyncClient) -> None:
    found = await addresses(stage)
    before = await everything(stage.database)
    for address in (found["report"], found["answer"]):
        for site in ("cross-site", "same-site", "CROSS-SITE", "x"):
            for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
                sent = {"sec-fetch-site": site, "content-type": kind}
                answer = await client.post(address, content=b"rating=4&use=share", headers=sent)
                assert (answer.status_code, misses(answer)) == (403, [])
    assert await everything(stage.database) == before
    same = await client.post(found["report"], headers={"sec-fetch-site": "same-origin"})
    assert same.status_code == 200, "control: its own page may"


# --- the shipped proxies ------------------------------------------------------------------------------------


def routes() -> list[Route]:
    """List every route of the machine with all its channels and the demo; the webhook of Telegram is by itself."""
    machine = SimpleNamespace(whatsapp=SimpleNamespace(), browser=SimpleNamespace(), telegram=None)
    guard = cast(Any, application(cast(Machine, machine)))
    return [one for one in guard._app.routes if isinstance(one, Route)]


def sample(path: str) -> str:
    """Fill in what stands in braces."""
    return re.sub(r"\{[a-z_]+\}", "abc", path)


def nginx(path: str) -> bool:
    """Say whether nginx.conf lets a path through: an exact or regular place before the longest beginning."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    through, longest = False, ""
    for how, place, does in re.findall(r"location (=|~)? ?(\S+) \{ (.*?) \}", text):
        passes = "proxy_pass" in does
        if (how == "=" and place == path) or (how == "~" and re.search(place, path)):
            return passes
        if not how and path.startswith(place) and len(place) > len(longest):
            through, longest = passes, place
    return through


def caddy(path: str) -> bool:
    """Say whether the Caddyfile lets a path through: a star at the end stands for anything."""
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    matchers = dict(re.findall(r"(@\w+) path (.*)", text))
    handled = re.findall(r"handle (@\w+) \{", text)
    patterns = " ".join(matchers[name] for name in handled).split()
    return any(path.startswith(one[:-1]) if one.endswith("*") else path == one for one in patterns)


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_T32_the_proxies_let_through_what_people_need_and_nothing_else(proxy: Any, database_url: str) -> None:
    outside = {sample(one.path) for one in routes()} | {"/telegram/webhook"}
    inside = {one for one in outside if one in ("/metrics", "/") or one.startswith("/demo")}
    assert {"/report/abc", "/answer/abc", "/calendar/abc.ics", "/page.css", "/twilio/inbound"} <= outside
    assert {one for one in outside - inside if not proxy(one)} == set()
    assert {one for one in (*inside, *PRIVATE, "/metricsx", "/answerx", "/.env") if proxy(one)} == set()


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_T32_control_a_path_that_is_forgotten_is_found(proxy: Any, database_url: str) -> None:
    assert not proxy("/invented/abc")
