"""One WhatsApp sender: what is sent, how, and what became of it.

Limits, codes and traps: Twilio's documentation as collected under "Twilio WhatsApp facts"; each number below
names its page.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from weakref import WeakValueDictionary

import aiohttp
import structlog
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.channels.contract import (
    Capabilities,
    Heard,
    Outcome,
    Parcel,
    Part,
    Postponed,
    Rejected,
    Retry,
    Sent,
    Unknown,
    Waiting,
)
from bot.channels.whatsapp import budget, inbound
from bot.channels.whatsapp.catching_up import CatchingUp, Handle
from bot.channels.whatsapp.client import ContentApi, JsonHttpClient
from bot.channels.whatsapp.faults import outcome_of
from bot.channels.whatsapp.media import MediaFetcher
from bot.channels.whatsapp.templates import OPEN_LABEL, TemplateBook, fits, variables
from bot.settings import Settings
from handlers.kit import Template, Upload
from handlers.opening import OPEN
from handlers.rules.routes import OPENER, ByOpener, ByTemplate, Free, NotAtAll, Route, route
from storage.addresses import Address
from storage.database import Database
from storage.files import File
from storage.templates import KeptTemplate

WHATSAPP = Capabilities(
    text=1600,  # error 21617; docs/messaging/api/message-resource#body
    caption=0,  # documents carry none; docs/whatsapp/guidance-whatsapp-media-messages
    body_with_buttons=1024,  # docs/content/twilio-quick-reply, docs/content/twilio-list-picker
    quick_replies=3,  # in session, without approval; docs/content/twilio-quick-reply
    quick_reply_label=20,  # docs/content/twilio-quick-reply
    list_items=10,  # docs/content/twilio-list-picker
    list_label=24,
    list_description=72,
    captions=False,
    window=timedelta(hours=23, minutes=59),  # 24 hours, closed a minute early; docs/whatsapp/key-concepts
)
MESSAGES_PER_SECOND = 80.0
"""docs/whatsapp/best-practices-and-faqs: the default for one sender."""
SECONDS_PER_CHAT = 1.0
SENDABLE = frozenset(
    (
        "image/jpeg",
        "image/png",
        "application/pdf",
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "video/mp4",
        "audio/ogg",
        "audio/amr",
    )
)
"""docs/whatsapp/guidance-whatsapp-media-messages; anything else (calendar entries, JSON) goes as a link to open."""
IMAGE_BYTES, MEDIA_BYTES = 5 << 20, 16 << 20
"""docs/whatsapp/guidance-whatsapp-media-messages, error 63034; what is larger goes as a link to open."""
FETCHED_BY_TWILIO = (5, timedelta(minutes=10))
OPENED_BY_PEOPLE = (10, timedelta(hours=24))
"""How often a link can be fetched, and for how long. Previews in the app fetch it too."""
HOURLY = timedelta(hours=1)
SANDBOX = "whatsapp:+14155238886"
SANDBOX_PER_SECOND = 1 / 3
"""docs/whatsapp/sandbox: one message every three seconds."""
ONE_OPENER = timedelta(hours=24)
"""For so long one opener stands for all that waits for a person."""

log = structlog.get_logger()


class WhatsAppChannel:
    """One WhatsApp sender of a Twilio account."""

    name = inbound.NAME
    capabilities = WHATSAPP

    def __init__(self, settings: Settings, *, database: Database, now: Callable[[], datetime]) -> None:
        self.account = settings.twilio_whatsapp_from
        self.messages_per_second = SANDBOX_PER_SECOND if self.account == SANDBOX else MESSAGES_PER_SECOND
        self.daily = settings.whatsapp_daily_conversations
        self._sid = settings.twilio_account_sid
        token = settings.twilio_auth_token.get_secret_value()
        self._public_url = settings.public_url
        self._database = database
        self._now = now
        self._http = JsonHttpClient()
        self.client = Client(self._sid, token, http_client=self._http)
        self.client.api.base_url = settings.twilio_api_url
        self._contents = ContentApi(self._http, settings.twilio_content_url, self._sid, token)
        self.templates = TemplateBook(database, self._contents, self.account)
        self._media = MediaFetcher(settings.twilio_api_url, self._sid, token)
        self._validator = RequestValidator(token)
        self.catching_up = CatchingUp(database, self.client, settings.twilio_api_url, self.account, self._sid)
        self._budget = asyncio.Lock()
        self._beginning: set[int] = set()
        """Addresses to which a conversation is about to begin: they count, though nothing is written down yet."""
        self._looked_after: datetime | None = None
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    # --- in -------------------------------------------------------------------------------------------------

    def signed(self, path: str, query: str, fields: Any, signature: str) -> bool:
        """Say whether Twilio signed a request for our public address; headers of the request are not believed."""
        url = f"{self._public_url}{path}" + (f"?{query}" if query else "")
        try:
            return bool(self._validator.validate(url, fields, signature))
        except Exception:
            # The validator raises on odd input (measured); whatever it cannot judge is not signed.
            return False

    def parse(self, raw: Any, at: datetime) -> Heard:
        """Read a webhook's form fields (name to value), of an inbound message or a status."""
        return inbound.heard(raw, at, account=self.account, account_sid=self._sid)

    async def remove(self, peer: str, messages: Sequence[str]) -> bool:
        """Nothing to do: WhatsApp lets nobody take a message out of somebody's chat."""
        return True

    async def fetch(self, upload: Upload) -> bytes:
        """Fetch a file that somebody sent; raises FetchFailed."""
        return await self._media.fetch(upload)

    # --- out ------------------------------------------------------------------------------------------------

    def seconds_between(self, peer: str) -> float:
        """Return the seconds between two messages to one person."""
        return SECONDS_PER_CHAT

    async def send(self, parcel: Parcel) -> Outcome:
        """Send one part: as it is while the window is open, else as a template or an opener; never raises."""
        try:
            if parcel.window_until is not None and parcel.window_until <= self._now():
                return await self._outside(parcel)
            outcome = await self._inside(parcel)
            shut = isinstance(outcome, Rejected) and outcome.reason == "window_closed"
            return await self._outside(parcel) if shut else outcome
        except TwilioRestException as error:
            return _refused(error)
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            return Retry(detail=type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            return Unknown(detail=type(error).__name__)
        except ValueError as error:
            # The answer was not what Twilio sends (a proxy's page, say): it may have happened.
            return Unknown(detail=type(error).__name__)

    async def _inside(self, parcel: Parcel) -> Outcome:
        try:
            return await self._free(parcel)
        except TwilioRestException as error:
            return _refused(error)

    async def _free(self, parcel: Parcel) -> Outcome:
        part = parcel.part
        options: dict[str, Any] = {}
        if part.attachment is not None:
            async with self._database.reading() as unit:
                file = await unit.files.get(part.attachment.file_id)
            if file is None:
                return Rejected("file", reason="rejected")
            if sendable(file):
                options = {"media_url": [await self._link(file, FETCHED_BY_TWILIO)]}
            else:
                options = {"body": await self._link(file, OPENED_BY_PEOPLE)}
        elif part.layout in ("quick_reply", "list") and (sid := await self._content(part)):
            options = {"content_sid": sid}
        else:
            options = {"body": _body(part)}
        return Sent(await self._create(parcel.peer, parcel.row_id, options))

    async def _create(self, peer: str, row_id: int, options: dict[str, Any], template: str = "") -> str:
        """Create a message and return its sid; reports come back with our row and the template."""
        if self._public_url:
            ours = {"row": row_id, "template": template}
            query = urlencode({name: value for name, value in ours.items() if value})
            options["status_callback"] = f"{self._public_url}/twilio/status{'?' if query else ''}{query}"
        message = await self.client.messages.create_async(to=peer, from_=self.account, **options)
        return str(message.sid)

    # --- outside the window ---------------------------------------------------------------------------------

    async def _outside(self, parcel: Parcel) -> Outcome:
        """Send the screen's template, or an opener while the row waits, if today's share allows it."""
        if not parcel.row_id:
            return Rejected("63016", reason="window_closed")
        lock = self._opening.setdefault(parcel.peer, asyncio.Lock())
        async with lock:
            return await self._opened(parcel)

    async def _opened(self, parcel: Parcel) -> Outcome:
        now = self._now()
        template = parcel.template if parcel.template and fits(parcel.template) else None
        async with self._database.reading() as unit:
            address = await unit.addresses.find(self.name, self.account, parcel.peer)
            member = await unit.members.get(address.member_id) if address else None
            if address is None or member is None:
                return Rejected("gone", reason="not_applicable")
            approved = await unit.templates.approved(self.account)
            langs = (member.lang or "en", member.second_lang)
            way = route(now, now, template.name if template else "", langs, approved.keys())
            told = await unit.openings.opener_out(address.id, now - ONE_OPENER)
        if isinstance(way, NotAtAll | Free) or (isinstance(way, ByOpener) and told):
            return Waiting()
        if until := await self._not_today(address, parcel, now):
            return Postponed(until, "daily")
        try:
            return await self._send_template(parcel, address, way, approved, template)
        finally:
            async with self._budget:
                self._beginning.discard(address.id)

    async def _send_template(
        self,
        parcel: Parcel,
        address: Address,
        way: Route,
        approved: Mapping[tuple[str, str], KeptTemplate],
        template: Template | None,
    ) -> Outcome:
        assert isinstance(way, ByTemplate | ByOpener)  # noqa: S101 - the others wait
        whole = isinstance(way, ByTemplate)
        kept = approved[way.name if isinstance(way, ByTemplate) else OPENER, way.lang]
        options: dict[str, Any] = {"content_sid": kept.content_sid}
        if template is not None and whole and template.values:
            options["content_variables"] = variables(template)
        sid = await self._create(parcel.peer, parcel.row_id, options, kept.name)
        now = self._now()
        async with self._database.unit() as unit:
            await unit.openings.add(
                self.account,
                address.id,
                sid,
                row_id=parcel.row_id,
                template=kept.name,
                category=kept.category,
                at=now,
            )
            # Whoever types the button's word instead of tapping it means it too.
            conversation = await unit.conversations.get(address.id)
            offered = ((OPEN_LABEL[way.lang], OPEN),)
            await unit.conversations.put(address.id, replace(conversation, offered=offered), now)
        return Sent(sid, whole=True) if whole else Waiting()

    async def _not_today(self, address: Address, parcel: Parcel, now: datetime) -> datetime | None:
        """Return when a conversation may begin where today's share is used up; else take a place in it."""
        async with self._budget:
            async with self._database.reading() as unit:
                opened = await unit.openings.recent(self.account, now)
                reserved = await unit.openings.reserved(now) if parcel.broadcast else 0
                waiting = await unit.outbox.postponed(self.name, self.account)
            taken = {**dict.fromkeys(self._beginning, now), **opened}
            until = budget.postponed(
                taken, address.id, limit=self.daily, reserved=reserved, waiting=waiting, now=now
            )
            if until is None:
                self._beginning.add(address.id)
            return until

    # --- files and wordings ---------------------------------------------------------------------------------

    async def _link(self, file: File, lasting: tuple[int, timedelta]) -> str:
        """Return a short-lived address of a file that can be fetched a few times."""
        fetches, lifetime = lasting
        async with self._database.unit() as unit:
            token = await unit.files.link(file.id, expires_at=self._now() + lifetime, fetches=fetches)
        return f"{self._public_url}/media/{token}"

    async def _content(self, part: Part) -> str:
        """Return the Content resource of this wording, created if need be; empty where Twilio refuses it."""
        types = _types(part)
        wording = hashlib.sha256(json.dumps([part.lang, types], sort_keys=True).encode()).digest()
        async with self._database.unit() as unit:
            known = await unit.contents.find(self.account, wording, self._now())
        if known:
            return known
        name = f"screen_{wording.hex()[:12]}_{secrets.token_hex(3)}"
        content = {"friendly_name": name, "language": _content_language(part.lang), "types": types}
        try:
            sid = await self._contents.create(content)
        except TwilioRestException as error:
            if isinstance(outcome_of(str(error.code or ""), error.status), Retry):
                raise
            log.warning("content refused", status=error.status, code=error.code)
            return ""
        async with self._database.unit() as unit:
            await unit.contents.remember(self.account, wording, sid, self._now())
        return sid

    # --- what is done every so often ------------------------------------------------------------------------

    async def look_after(self, handle: Handle) -> None:
        """Do what keeps the channel in order: each minute what is queued, each hour what Twilio has."""
        now = self._now()
        await self._guarded("queue", self.replan())
        if self._looked_after is None or now - self._looked_after >= HOURLY:
            # Where Twilio can't be reached, what was missed is asked for again a minute later.
            if await self._guarded("missed messages", self.catching_up.run(handle, now)):
                self._looked_after = now
            await self._guarded("templates", self.templates.refresh(now))
            await self._guarded("contents", self.clean_contents())

    async def _guarded(self, what: str, work: Coroutine[Any, Any, object]) -> bool:
        """Do it and say whether it went well: one of these must not keep the others from being done."""
        try:
            await work
        except Exception as error:
            log.warning("channel not looked after", what=what, error=type(error).__name__)
            return False
        return True

    async def replan(self) -> int:
        """Let the most urgent of what waits for its day go first; return how many rows that changes."""
        now = self._now()
        async with self._database.reading() as unit:
            queue = await unit.openings.queue(self.name, self.account)
            opened = await unit.openings.recent(self.account, now) if queue else {}
            reserved = await unit.openings.reserved(now) if queue else 0
        changed = budget.replanned(queue, opened.values(), limit=self.daily, reserved=reserved, now=now)
        for start in range(0, len(changed), 500):
            async with self._database.unit() as unit:
                for row, until in changed[start : start + 500]:
                    await unit.outbox.move(row, until)
        return len(changed)

    async def clean_contents(self, unused_for: timedelta = timedelta(days=2)) -> int:
        """Delete Content resources that nothing used for a while; return how many."""
        async with self._database.reading() as unit:
            stale = await unit.contents.unused(self.account, self._now() - unused_for)
        for sid in stale:
            await self._contents.delete(sid)
            async with self._database.unit() as unit:
                await unit.contents.forget(self.account, sid)
        return len(stale)


def sendable(file: File) -> bool:
    """Say whether WhatsApp takes a file as it is."""
    most = IMAGE_BYTES if file.mime.startswith("image/") else MEDIA_BYTES
    return file.mime in SENDABLE and file.size <= most


def _types(part: Part) -> dict[str, Any]:
    body = _body(part)
    if part.layout == "quick_reply":
        actions = [{"title": button.label, "id": button.action} for row in part.rows for button in row]
        return {"twilio/quick-reply": {"body": body, "actions": actions}}
    items = [
        {"id": action, "item": label, "description": description}
        if description
        else {"id": action, "item": label}
        for action, label, description in part.listed
    ]
    return {"twilio/list-picker": {"body": body, "button": part.choose, "items": items}}


def _body(part: Part) -> str:
    title = re.sub(r"[*_~`\n]", " ", part.title).strip()
    bold = f"*{title}*" if title else ""
    return "\n\n".join(piece for piece in (bold, part.text) if piece)


def _content_language(lang: str) -> str:
    """Name a language as the Content API wants it. In session, nothing is checked against it."""
    return lang if lang in ("ar", "en") else "en"


def _refused(error: TwilioRestException) -> Outcome:
    return outcome_of(str(error.code or error.status), error.status)
