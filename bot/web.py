"""The web side: webhooks, health, metrics, and the short-lived links by which files are fetched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.telegram import telegram_webhook
from bot.guard import Guard
from bot.metrics import BREAKER_STATES
from bot.pages.answering import answer_routes
from bot.pages.demo import UPLOAD_PATH, demo_routes
from bot.pages.public import public_routes
from storage.outbox import LANES, Queue
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.machine import Machine

CLOCK = "clock"
STALE = 60.0
"""Seconds without a beat after which the clock or a sender counts as dead."""
DATABASE_SECONDS = 5.0
SHOWN_IN_PLACE = ("image/", "application/pdf", "text/calendar")


def application(machine: Machine) -> ASGIApp:
    """Build the ASGI application; routes of a channel exist only where it is configured."""

    async def health(_request: Request) -> Response:
        report = await state_of(machine)
        return JSONResponse(report, 200 if report["ok"] else 503)

    async def metrics(_request: Request) -> Response:
        return Response(await measured(machine), media_type="text/plain; version=0.0.4")

    async def media(request: Request) -> Response:
        return await fetched(machine, request.path_params["token"])

    routes: list[BaseRoute] = [
        Route("/health", health),
        Route("/metrics", metrics),
        Route("/media/{token}", media, methods=["GET"]),
        Route("/media/{token}/{name}", media, methods=["GET"]),
        *public_routes(machine),
        *answer_routes(machine),
    ]
    if machine.whatsapp is not None:
        from bot.channels.whatsapp.webhooks import twilio_inbound, twilio_status

        routes.append(Route("/twilio/inbound", twilio_inbound(machine), methods=["POST"]))
        routes.append(Route("/twilio/status", twilio_status(machine), methods=["POST"]))
    if machine.browser is not None:
        routes += demo_routes(machine)
    upload_path = UPLOAD_PATH if machine.browser is not None else ""
    pages = Starlette(routes=routes)
    pages.router.redirect_slashes = False  # it would lead to whatever host the request names
    served: ASGIApp = pages
    if machine.telegram is not None:
        served = _straight("/telegram/webhook", telegram_webhook(machine), served)
    return Guard(served, upload_path=upload_path)


def _straight(path: str, endpoint: Callable[[Request], Awaitable[Response]], others: ASGIApp) -> ASGIApp:
    """Serve one busy address without the way through the router, which costs as much as keeping an update."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != path:
            await others(scope, receive, send)
            return
        if scope["method"] == "POST":
            response = await endpoint(Request(scope, receive))
        else:
            response = Response(status_code=405, headers={"Allow": "POST"})
        await response(scope, receive, send)

    return serve


async def state_of(machine: Machine) -> dict[str, object]:
    """Say which of the database, the clock and the senders are alive, and what this process leads."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await machine.database.look(lambda unit: unit.facts.get("health"))
        database = True
    except (sa.exc.SQLAlchemyError, OSError, TimeoutError):
        database = False
    now = time.monotonic()
    clock = now - machine.clock.beat < STALE
    senders = {channel: now - sender.beat < STALE for (channel, _), sender in machine.senders.items()}
    leading = [channel for (channel, _), sender in machine.senders.items() if sender.leading]
    ok = database and clock and all(senders.values()) and not machine.stopping
    return {"ok": ok, "database": database, "clock": clock, "senders": senders, "leading": leading}


async def measured(machine: Machine) -> bytes:
    """Bring the gauges up to date and return the metrics."""
    figures = machine.metrics
    now = machine.time.now()

    async def look(unit: Unit) -> tuple[dict[tuple[str, str], int], list[Queue], int]:
        return await unit.outbox.depth(), await unit.outbox.queues(now), await unit.inbox.parked()

    depth, queues, parked = await machine.database.look(look)
    for (channel, state), count in depth.items():
        figures.outbox.labels(channel, state).set(count)
    figures.waiting.clear()
    figures.oldest.clear()
    for queue in queues:
        figures.waiting.labels(queue.channel, LANES[queue.lane]).set(queue.waiting)
        figures.oldest.labels(queue.channel, LANES[queue.lane]).set(queue.oldest.total_seconds())
    figures.parked.set(parked)
    figures.clock_age.set(time.monotonic() - machine.clock.beat)
    figures.leading.labels(CLOCK).set(machine.leadership.holds(CLOCK))
    for (channel, _), sender in machine.senders.items():
        figures.sender_age.labels(channel).set(time.monotonic() - sender.beat)
        figures.leading.labels(channel).set(sender.leading)
        for state in BREAKER_STATES:
            figures.breaker.labels(channel, state).set(sender.breaker == state)
    return figures.text()


async def fetched(machine: Machine, token: str) -> Response:
    """Serve a file for a link that is still good; everything else looks the same: not found."""
    async with machine.database.unit() as unit:
        found = await unit.files.fetch(token[:100], machine.time.now())
    if found is None:
        return Response(status_code=404)
    file, body = found
    shown = "inline" if file.mime.startswith(SHOWN_IN_PLACE) else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(file.name, safe='')}",
        "Cache-Control": "private, no-store",
    }
    return Response(body, media_type=file.mime, headers=headers)
