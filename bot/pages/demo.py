"""The demo's page: phones side by side, kept up to date by one stream of server-sent events.

Only this machine may use it: whoever reaches it can be an administrator. So every route checks that it was
addressed as this machine (a foreign name that resolves here is refused), and every change that it comes from
the page itself.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.channels.browser import PEER, BrowserChannel, lasting, offers
from bot.channels.contract import Ignored
from bot.demo import GUEST, PERSONAS, STEPS, Persona, invitation, travel
from bot.dispatch import Unavailable
from handlers.kit import Inbound
from locales import BAGHDAD, LANGUAGES, N_, NP_, Language, Message, Speech, isolate, speech
from storage.browser import BrowserMessage
from storage.files import MAX_BYTES

if TYPE_CHECKING:
    from bot.machine import Machine

HERE = Path(__file__).parent
UPLOAD_PATH = "/demo/file"
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
STATIC = ("chat.css", "chat.js", "icon.svg", "tiles.svg")
LONGEST_POST = 64 * 1024
HEARTBEAT = 15.0
"""Seconds after which the stream says something, if only the time."""
SHOWN_IN_PLACE = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain")
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")

TEXTS: dict[str, Message] = {
    "tagline": N_("Try the bot as anyone, side by side. Nothing leaves this computer."),
    "people": N_("Who is on the phone"),
    "new": NP_("demo", "New guest"),
    "guest": NP_("demo", "New guest {number}"),
    "unknown": N_("Nobody knows this person yet"),
    "remove": N_("Put this phone away"),
    "chat": N_("Chat of {name}"),
    "bot": NP_("demo", "Diwakhan"),
    "write": N_("Message"),
    "send": NP_("demo", "Send"),
    "attach": N_("Send a file"),
    "menu": NP_("button", "Menu"),
    "start": NP_("button", "Start"),
    "hello": N_("This is where Diwakhan writes to you. Press Start to say hello."),
    "drop": N_("Drop the file here"),
    "edited": NP_("demo", "edited"),
    "open": N_("Open {name}"),
    "sent": N_("You"),
    "unsent": N_("This could not be sent. Please try again."),
    "large": N_("This file is too large. Up to {limit} MB can be sent."),
    "offline": N_("The connection is lost. Trying again…"),
    "clock": N_("Demo time"),
    "forward": N_("Move the time forward"),
    "hour": NP_("clock", "+1 hour"),
    "day": NP_("clock", "+1 day"),
    "week": NP_("clock", "+1 week"),
    "next": NP_("clock", "Next thing due"),
    "moving": N_("Time is moving…"),
    "idle": N_("Nothing is waiting to happen."),
    "languages": N_("Language of this page"),
    "empty": N_("Choose somebody above to open their phone."),
    "unread": N_("new messages"),
}

Endpoint = Callable[[Request], Awaitable[Response]]

_templates = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def demo_routes(machine: Machine) -> list[BaseRoute]:
    """Make the routes of the browser chat; called only where the demo is on."""
    demo = _Demo(machine)
    return [
        Route("/", _guarded(demo.page), methods=["GET"]),
        Route("/demo/static/{name}", _guarded(demo.static), methods=["GET"]),
        Route("/demo/chat/{peer}", _guarded(demo.chat), methods=["GET"]),
        Route("/demo/stream", _guarded(demo.stream), methods=["GET"]),
        Route("/demo/file/{message}", _guarded(demo.file), methods=["GET"]),
        Route("/demo/say", _guarded(demo.say), methods=["POST"]),
        Route("/demo/tap", _guarded(demo.tap), methods=["POST"]),
        Route("/demo/clock", _guarded(demo.clock), methods=["POST"]),
        Route(UPLOAD_PATH, _guarded(demo.upload), methods=["POST"]),
    ]


class _Demo:
    """The endpoints, and the machine behind them."""

    def __init__(self, machine: Machine) -> None:
        assert machine.browser is not None  # noqa: S101 - the caller made it
        self._machine = machine
        self._channel: BrowserChannel = machine.browser
        self._travelling = asyncio.Lock()

    async def page(self, request: Request) -> Response:
        """Show the page in the language asked for, or the one chosen before, or the browser's."""
        lang = _language(request)
        voice = speech(lang)
        async with self._machine.database.reading() as unit:
            version = await unit.browser.version()
        code = await invitation(self._machine.database, self._machine.time.now())
        html = _templates.get_template("chat.html").render(
            voice=voice,
            voices=[speech(one) for one in LANGUAGES],
            texts=_texts(voice),
            steps=list(STEPS),
            data={
                "texts": _texts(voice),
                "invited": GUEST[lang].format(code=isolate(code)) if code else "",
                "personas": [_persona(one, lang) for one in PERSONAS],
                "lang": lang,
                "largest": MAX_BYTES,
                "version": version,
            },
            clock=self._clock(voice),
        )
        response = HTMLResponse(html, headers={"Cache-Control": "no-store"})
        response.set_cookie("page-language", lang, max_age=31_536_000, samesite="strict", httponly=True)
        return response

    async def static(self, request: Request) -> Response:
        """Serve one of the page's own files."""
        name = request.path_params["name"]
        if name not in STATIC:
            return Response(status_code=404)
        return FileResponse(HERE / name, headers={"Cache-Control": "no-cache"})

    async def chat(self, request: Request) -> Response:
        """Give a chat as it stands; the stream tells what changes later."""
        peer = request.path_params["peer"]
        if not PEER.fullmatch(peer):
            return Response(status_code=404)
        voice = speech(_language(request))
        async with self._machine.database.reading() as unit:
            messages = await unit.browser.of(peer)
        shown = [_shown(one, voice, self._machine.time.now()) for one in messages]
        return JSONResponse({"messages": shown})

    async def stream(self, request: Request) -> Response:
        """Tell of every change after a version, for as long as the page listens."""
        last = request.headers.get("last-event-id") or request.query_params.get("since", "")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        events = self._events(_number(last), speech(_language(request)))
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    async def _events(self, version: int, voice: Speech) -> AsyncIterator[str]:
        told = 0.0
        clock = ""
        with self._channel.watching() as changed:
            while not self._machine.stopping:
                changed.clear()
                async with self._machine.database.reading() as unit:
                    messages = await unit.browser.since(version)
                for message in messages:
                    version = message.version
                    yield _event("message", _shown(message, voice, self._machine.time.now()), version)
                if self._clock(voice) != clock or time.monotonic() - told > HEARTBEAT:
                    clock, told = self._clock(voice), time.monotonic()
                    yield _event("clock", {"text": clock})
                if not messages:
                    await _either(changed, 1.0)

    async def file(self, request: Request) -> Response:
        """Give the file that a message carries."""
        number = _number(request.path_params["message"])
        async with self._machine.database.reading() as unit:
            message = await unit.browser.get(number)
            kept = message.body.get("file") if message is not None and not message.mine else None
            body = await unit.files.body(kept["id"]) if kept else None
        if not kept or body is None:
            return Response(status_code=404)
        shown = "inline" if kept["mime"] in SHOWN_IN_PLACE else "attachment"
        headers = {
            "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(kept['name'], safe='')}",
            "Cache-Control": "private, no-store",
        }
        return Response(body, media_type=kept["mime"], headers=headers)

    async def say(self, request: Request) -> Response:
        """Hear a text."""
        raw = await _posted(request)
        if raw is None:
            return Response(status_code=400)
        shown = {"text": str(raw.get("text", ""))}
        return await self._hear({**raw, "kind": "text"}, shown)

    async def tap(self, request: Request) -> Response:
        """Hear a tap on a button that the message really has."""
        raw = await _posted(request)
        if raw is None:
            return Response(status_code=400)
        number = _number(raw.get("message"))
        async with self._machine.database.reading() as unit:
            message = await unit.browser.get(number)
        wanted = str(raw.get("action", ""))
        if message is None or message.peer != raw.get("peer") or not offers(message, wanted):
            return Response(status_code=409)
        return await self._hear({**raw, "kind": "tap", "message": str(number), "keep": lasting(message)})

    async def upload(self, request: Request) -> Response:
        """Hear a file: its bytes are the body, everything else stands in the query."""
        query = request.query_params
        name = query.get("name", "")[:200]
        mime = request.headers.get("content-type", "application/octet-stream").partition(";")[0]
        body = await request.body()
        with self._channel.holding(body) as remote:
            raw = {
                "kind": "file",
                "peer": query.get("peer", ""),
                "id": query.get("id", ""),
                "name": name,
                "mime": mime,
                "size": len(body),
                "remote": remote,
            }
            return await self._hear(raw, {"file": {"name": name or "file", "mime": mime, "size": len(body)}})

    async def clock(self, request: Request) -> Response:
        """Move the demo's time forward by a step, stopping wherever something is due."""
        raw = await _posted(request)
        step = (raw or {}).get("step")
        if not isinstance(step, str) or step not in STEPS:
            return Response(status_code=400)
        async with self._travelling:
            moved = await travel(self._machine, step)
        self._channel.wake()
        return JSONResponse({"moved": moved, "text": self._clock(speech(_language(request)))})

    async def _hear(self, raw: dict[str, Any], shown: dict[str, Any] | None = None) -> Response:
        """Pass on what the page posted; answered once everything that follows from it is committed."""
        heard = self._channel.parse(raw, self._machine.time.now())
        if isinstance(heard, Ignored):
            return Response(status_code=400)
        try:
            if shown is not None:
                said = await self._channel.say(raw["peer"], shown)
                heard = replace(heard, typed=said) if isinstance(heard, Inbound) else heard
            await self._machine.heard(self._channel.name, heard)
        except Unavailable:
            return Response(status_code=503)
        return Response(status_code=204)

    def _clock(self, voice: Speech) -> str:
        now = self._machine.time.now()
        return voice.moment(now, now, zone=BAGHDAD)


def _guarded(endpoint: Endpoint) -> Endpoint:
    """Refuse what was not addressed to this machine by name, or posted by another page."""

    async def guarded(request: Request) -> Response:
        host = request.headers.get("host", "")
        if _name(f"//{host}") not in LOCAL_NAMES:
            return Response(status_code=421)
        if request.method == "POST" and request.headers.get("origin") != f"http://{host}":
            return Response(status_code=403)
        try:
            return await endpoint(request)
        except ClientDisconnect:
            return Response(status_code=400)

    return guarded


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


async def _posted(request: Request) -> dict[str, Any] | None:
    """Read a JSON object; nothing where it is none, or a huge one."""
    body = await request.body()
    if len(body) > LONGEST_POST:
        return None
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None


def _number(text: object) -> int:
    """Read a row's number; 0, which no row has, where it is none."""
    fits = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19
    return int(str(text)) if fits else 0


async def _either(changed: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(changed.wait(), seconds)
    except TimeoutError:
        return


def _event(name: str, data: dict[str, Any], version: int = 0) -> str:
    number = f"id: {version}\n" if version else ""
    return f"event: {name}\n{number}data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _language(request: Request) -> Language:
    wanted = [request.query_params.get("lang"), request.cookies.get("page-language")]
    spoken = request.headers.get("accept-language", "")[:200].replace(";", ",").split(",")
    wanted += [{"ckb": "ku"}.get(one.strip()[:3], one.strip()[:2]) for one in spoken]
    return next((lang for one in wanted for lang in LANGUAGES if lang == one), "en")


def _texts(voice: Speech) -> dict[str, str]:
    """Say everything that needs no value here; `{…}` is left for the page to fill."""
    return {name: str(voice.say(message)) for name, message in TEXTS.items()}


def _persona(persona: Persona, lang: Language) -> dict[str, Any]:
    return {
        "peer": persona.peer,
        "name": persona.names[lang],
        "about": persona.about(lang),
        "role": persona.role,
        "lang": persona.lang,
        "first": persona in _first(lang),
    }


def _first(lang: Language) -> tuple[Persona, ...]:
    """Choose whose phones lie on the table at first: somebody of each role who speaks the page's language."""
    speaking = {one.role: one for one in reversed(PERSONAS) if one.lang == lang}
    return tuple(speaking[role] for role in ("member", "coordinator"))


def _shown(message: BrowserMessage, voice: Speech, now: datetime) -> dict[str, Any]:
    """Put a message into the form that the page shows: every date and size in words already."""
    body = message.body
    lang = body.get("lang", "")
    kept = body.get("file")
    return {
        "id": str(message.id),
        "peer": message.peer,
        "mine": message.mine,
        "version": message.version,
        "lang": speech(lang).html_lang if lang in LANGUAGES else "",
        "dir": ("rtl" if speech(lang).rtl else "ltr") if lang in LANGUAGES else "",
        "title": body.get("title", ""),
        "text": body.get("text", ""),
        "rows": body.get("rows", []),
        "note": body.get("note", ""),
        "edited": body.get("edited", False),
        "gone": body.get("gone", False),
        "time": voice.time(message.sent_at, zone=BAGHDAD),
        "day": voice.date(message.sent_at, now, zone=BAGHDAD),
        "file": _file(message, kept, voice) if kept else None,
    }


def _file(message: BrowserMessage, kept: dict[str, Any], voice: Speech) -> dict[str, Any]:
    size = max(1, round(kept["size"] / 1024))
    return {
        "name": kept["name"],
        "size": voice.p("file size", "{count} KB", count=size)
        if size < 1024
        else voice.p("file size", "{count} MB", count=round(size / 1024, 1)),
        "picture": kept["mime"] in PICTURES and not message.mine,
        "kind": Path(kept["name"]).suffix[1:5].upper() or "FILE",
        "href": "" if message.mine else f"/demo/file/{message.id}",
    }
