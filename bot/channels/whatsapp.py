"""WhatsApp by way of Twilio: signed webhooks in; text, quick replies, list pickers and media out.

Limits, codes and traps: Twilio's documentation as collected under "Twilio WhatsApp facts"; each number below
names its page. A peer is opaque (`whatsapp:+964…` or `whatsapp:US.1234`): no number is ever read out of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.channels.contract import (
    Capabilities,
    DeliveryReport,
    FetchFailed,
    Heard,
    Ignored,
    Misconfigured,
    Outcome,
    Parcel,
    Part,
    Rejected,
    Retry,
    Sent,
    Stopped,
    Unknown,
    Unreachable,
)
from bot.channels.file_types import LARGEST, checked
from bot.dispatch import Unavailable
from bot.settings import Settings
from handlers.kit import Inbound, Upload
from storage.database import Database

if TYPE_CHECKING:
    from bot.machine import Machine

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
SECONDS_PER_CHAT = 1.0
"""docs/whatsapp/best-practices-and-faqs: the default for one sender."""
TIMEOUT = 15.0
"""Seconds for one request; Twilio answers within a few."""
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
LINK_FETCHES, LINK_LIFETIME = 5, timedelta(minutes=10)
MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
MEDIA_HOSTS = re.compile(
    r"(api\.twilio\.com|mms\.twiliocdn\.com|media\.twiliocdn\.com|[a-z0-9-]+\.s3[a-z0-9.-]*\.amazonaws\.com)"
)
FIELD_NAME = re.compile(r"[A-Z][A-Za-z]{0,40}\d{0,2}")
"""What Twilio's parameter names look like. A signature does not tell a name from the value behind it."""
STATES = {
    "accepted": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
}
STOPPED = {"63014", "63033", "21610"}
UNREACHABLE = {"63024", "63003", "21211", "21614", "63015", "21604"}
MISCONFIGURED = {"63027", "63028", "63041", "20003", "21606", "63007", "20404", "21212", "21655"}
SLOW_DOWN = {"63018", "20429", "63017"}
PROVIDER_FAULT = {"63009", "63010", "63012", "63032", "63049"}
WINDOW_CLOSED = {"63016"}

log = structlog.get_logger()


class JsonHttpClient(AsyncTwilioHttpClient):
    """Twilio's asynchronous client, with JSON bodies encoded (its issue 932) and a timeout that holds."""

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the SDK's
        allow_redirects: bool = False,
    ) -> TwilioResponse:
        """Make one request; raises TimeoutError after TIMEOUT seconds."""
        headers = dict(headers or {})
        if headers.get("Content-Type") == "application/json":
            data = json.dumps(data)
        if auth is not None:
            # The SDK still hands over a form of credentials that aiohttp has deprecated.
            headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        async with asyncio.timeout(TIMEOUT):
            return await super().request(method, url, params, data, headers, None, None, allow_redirects)


class WhatsAppChannel:
    """One WhatsApp sender of a Twilio account."""

    name = "whatsapp"
    capabilities = WHATSAPP
    messages_per_second = MESSAGES_PER_SECOND

    def __init__(self, settings: Settings, *, database: Database, now: Callable[[], datetime]) -> None:
        self.account = settings.twilio_whatsapp_from
        self._sid = settings.twilio_account_sid
        self._token = settings.twilio_auth_token.get_secret_value()
        self._public_url = settings.public_url
        self._api_url = settings.twilio_api_url
        self._database = database
        self._now = now
        self._http = JsonHttpClient()
        self._client = Client(self._sid, self._token, http_client=self._http)
        self._client.api.base_url = settings.twilio_api_url
        self._client.content.base_url = settings.twilio_content_url
        self._validator = RequestValidator(self._token)

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
        if not isinstance(raw, Mapping) or not all(isinstance(value, str) for value in raw.values()):
            return Ignored("malformed")
        if raw.get("AccountSid") != self._sid:
            return Ignored("foreign")
        if not MESSAGE_SID.fullmatch(raw.get("MessageSid", "")):
            return Ignored("malformed")
        if raw.get("MessageStatus"):
            return self._status(raw)
        if raw.get("To") != self.account:
            return Ignored("foreign")
        return self._inbound(raw, at)

    def _status(self, raw: Mapping[str, str]) -> Heard:
        state = STATES.get(raw["MessageStatus"])
        if state is None:
            return Ignored("status")
        code = raw.get("ErrorCode", "")
        reason = _reason(code) if state == "failed" else ""
        row = raw.get("row", "")
        return DeliveryReport(
            self.name,
            raw["MessageSid"],
            state,
            int(row) if row.isdecimal() and len(row) < 19 else 0,
            reason,
            code[:10],
        )

    def _inbound(self, raw: Mapping[str, str], at: datetime) -> Heard:
        peer = raw.get("From", "")
        if not re.fullmatch(r"whatsapp:[+A-Za-z0-9._-]{3,60}", peer):
            return Ignored("malformed")
        common: dict[str, Any] = {
            "channel": self.name,
            "account": self.account,
            "peer": peer,
            "provider_id": raw["MessageSid"],
            "at": at,
        }
        payload = raw.get("ButtonPayload") or raw.get("ListId", "")
        if payload:
            return Inbound(**common, what="tap", tap=payload)
        if raw.get("NumMedia", "0") != "0" and raw.get("MediaUrl0"):
            return self._media(raw, common)
        text = raw.get("Body", "")
        if text and raw.get("MessageType", "text") in ("text", "button", "interactive"):
            return Inbound(**common, what="text", text=text)
        return Inbound(**common, what="other", text=text)

    def _media(self, raw: Mapping[str, str], common: dict[str, Any]) -> Inbound:
        mime = raw.get("MediaContentType0", "").split(";")[0].strip().lower()
        if raw.get("MessageType") in ("sticker", "contacts") or mime in ("text/vcard",):
            return Inbound(**common, what="other")
        if raw.get("MessageType") == "audio":
            return Inbound(**common, what="other")
        name = _file_name(raw.get("Body", ""), mime)
        return Inbound(
            **common, what="file", text=raw.get("Body", ""), upload=Upload(raw["MediaUrl0"], name, mime)
        )

    async def fetch(self, upload: Upload) -> bytes:
        """Fetch a file from Twilio with our credentials on the first hop only; raises FetchFailed."""
        timeout = aiohttp.ClientTimeout(total=20)
        headers = {"Authorization": aiohttp.encode_basic_auth(self._sid, self._token)}
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                url = self._own(upload.remote)
                async with session.get(url, headers=headers, allow_redirects=False) as first:
                    if first.status not in (301, 302, 303, 307, 308):
                        return checked(await _read(first), upload.mime)
                    onward = self._onward(url, first.headers.get("Location", ""))
                async with session.get(onward, allow_redirects=False) as second:
                    return checked(await _read(second), upload.mime)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise FetchFailed("gone") from None

    def _own(self, url: str) -> str:
        """Let only Twilio's own media addresses of our own account through."""
        prefix = f"{self._api_url}/2010-04-01/Accounts/{self._sid}/"
        if not url.startswith(prefix) or ".." in url:
            raise FetchFailed("gone")
        return url

    def _onward(self, url: str, location: str) -> str:
        """Follow one redirect, to the same host or to where Twilio keeps media."""
        target = urlsplit(location)
        if not target.netloc and location.startswith("/"):
            return f"{self._api_url}{location}"
        same = target.netloc == urlsplit(self._api_url).netloc
        known = (
            target.scheme == "https" and not target.username and MEDIA_HOSTS.fullmatch(target.hostname or "")
        )
        if not same and not known:
            raise FetchFailed("gone")
        return location

    # --- out ------------------------------------------------------------------------------------------------

    def seconds_between(self, peer: str) -> float:
        """Return the seconds between two messages to one person."""
        return SECONDS_PER_CHAT

    async def send(self, parcel: Parcel) -> Outcome:
        """Send one part as free-form text, content or media; never raises."""
        if parcel.window_until is not None and parcel.window_until <= self._now():
            return Rejected("63016", reason="window_closed")
        try:
            return await self._send(parcel)
        except TwilioRestException as error:
            return _refused(error)
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            return Retry(detail=type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            return Unknown(detail=type(error).__name__)
        except ValueError as error:
            # The answer was not what Twilio sends (a proxy's page, say): it may have happened.
            return Unknown(detail=type(error).__name__)

    async def _send(self, parcel: Parcel) -> Outcome:
        part = parcel.part
        options: dict[str, Any] = {"to": parcel.peer, "from_": self.account}
        if self._public_url:
            options["status_callback"] = f"{self._public_url}/twilio/status?row={parcel.row_id}"
        if part.attachment is not None:
            link, mime = await self._link(part.attachment.file_id)
            if not link:
                return Rejected("file", reason="rejected")
            options |= {"media_url": [link]} if mime in SENDABLE else {"body": link}
        elif part.layout in ("quick_reply", "list") and (sid := await self._content(part)):
            options["content_sid"] = sid
        else:
            options["body"] = _body(part)
        message = await self._client.messages.create_async(**options)
        return Sent(str(message.sid))

    async def _link(self, file_id: int) -> tuple[str, str]:
        """Return a short-lived address of a file and its type; empty texts where it is gone."""
        now = self._now()
        async with self._database.unit() as unit:
            file = await unit.files.get(file_id)
            if file is None:
                return "", ""
            token = await unit.files.link(file_id, expires_at=now + LINK_LIFETIME, fetches=LINK_FETCHES)
        return f"{self._public_url}/media/{token}", file.mime

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
        response = await self._http.request(
            "POST",
            f"{self._client.content.base_url}/v1/Content",
            data=content,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            auth=(self._sid, self._token),
        )
        if response.status_code in (429, 500, 502, 503, 504):
            raise TwilioRestException(response.status_code, "/v1/Content", "content", code=20429)
        if response.status_code != 201:
            log.warning("content refused", status=response.status_code)
            return ""
        sid = str(json.loads(response.text)["sid"])
        async with self._database.unit() as unit:
            await unit.contents.remember(self.account, wording, sid, self._now())
        return sid

    async def clean_contents(self, unused_for: timedelta = timedelta(days=2)) -> int:
        """Delete Content resources that nothing used for a while; return how many."""
        async with self._database.reading() as unit:
            stale = await unit.contents.unused(self.account, self._now() - unused_for)
        for sid in stale:
            await self._http.request(
                "DELETE", f"{self._client.content.base_url}/v1/Content/{sid}", auth=(self._sid, self._token)
            )
            async with self._database.unit() as unit:
                await unit.contents.forget(self.account, sid)
        return len(stale)


def twilio_inbound(machine: Machine) -> Callable[[Request], Awaitable[Response]]:
    """Make the route that takes messages in."""
    return _webhook(machine, "/twilio/inbound")


def twilio_status(machine: Machine) -> Callable[[Request], Awaitable[Response]]:
    """Make the route that takes delivery reports in."""
    return _webhook(machine, "/twilio/status")


def _webhook(machine: Machine, path: str) -> Callable[[Request], Awaitable[Response]]:
    channel = machine.whatsapp
    assert channel is not None  # noqa: S101 - routes exist only where the channel does

    async def webhook(request: Request) -> Response:
        """403 unless signed; 200 only after the commit; 503 where nothing could be kept, so that Twilio retries."""
        if machine.stopping:
            return Response(status_code=503)
        try:
            form = await request.form(max_files=0, max_fields=200)
        except (ClientDisconnect, HTTPException, MultiPartException, UnicodeDecodeError):
            return Response(status_code=400)
        query = request.scope["query_string"].decode("latin-1")
        signature = request.headers.get("x-twilio-signature", "")
        if not channel.signed(path, query, form, signature):
            return Response(status_code=403)
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        if any(not FIELD_NAME.fullmatch(name) for name in fields):
            return Response(status_code=403)
        if path.endswith("/status"):
            fields["row"] = request.query_params.get("row", "")
        try:
            await machine.heard("whatsapp", channel.parse(fields, machine.time.now()))
        except Unavailable:
            return Response(status_code=503)
        return Response("<Response></Response>", media_type="text/xml")

    return webhook


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
    code = str(error.code or error.status)
    if code in SLOW_DOWN or error.status == 429:
        return Retry(after=5.0, detail=code, account=True)
    if error.status >= 500 or code in PROVIDER_FAULT:
        return Retry(detail=code)
    if code in STOPPED:
        return Stopped(code)
    if code in UNREACHABLE:
        return Unreachable(code)
    if code in MISCONFIGURED or error.status in (401, 403, 404):
        return Misconfigured(code)
    return Rejected(code, reason="window_closed" if code in WINDOW_CLOSED else "rejected")


def _reason(code: str) -> str:
    """Name a failed status in the outbox's words."""
    if code in STOPPED:
        return "blocked"
    if code in UNREACHABLE:
        return "unreachable"
    if code in WINDOW_CLOSED:
        return "window_closed"
    return "misconfigured" if code in MISCONFIGURED else "rejected"


async def _read(response: aiohttp.ClientResponse) -> bytes:
    if response.status != 200:
        raise FetchFailed("gone")
    body = b""
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST:
            raise FetchFailed("large")
    return body


def _file_name(said: str, mime: str) -> str:
    """WhatsApp gives documents' names as the text beside them, if at all."""
    extension = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "text/csv": "csv"}.get(
        mime, ""
    )
    if re.fullmatch(r"[^\n/\\]{1,120}\.[A-Za-z0-9]{2,5}", said.strip()):
        return said.strip()
    return f"file.{extension}" if extension else "file"
