"""A fake Twilio: Programmable Messaging for WhatsApp and the Content API, over real HTTP.

In a test:

    async with FakeTwilio(inbound_url=webhook) as twilio:      # twilio.url serves both APIs
        member = twilio.person("whatsapp:+9647500000001")
        await member.say("hello")
        menu = await member.expect("Main menu")
        await member.tap("Events")

By hand: `python -m tests.fakes.twilio --port 9002 --inbound-url http://127.0.0.1:8000/twilio/inbound`, then open
the printed address.

Shapes come from Twilio's OpenAPI documents, short error texts from its error dictionary, causes from the page
twilio.com/docs/api/errors/<code>. Paths such as docs/content/… below are below twilio.com. What could not be
read there is marked "a guess" or "from memory"; the stricter guess is used.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import functools
import html
import itertools
import json
import mimetypes
import re
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from twilio.request_validator import RequestValidator
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.fakes.specification import specification_folder

WINDOW = timedelta(hours=24)
"""docs/whatsapp/key-concepts: the customer service window."""
BODY = 1600
"""Characters of Body: docs/messaging/api/message-resource, error 21617."""
CONTENT_BODY = 1024
"""Characters of a template or an interactive message after substitution: docs/api/errors/63021."""
QUICK_REPLIES, QUICK_REPLIES_IN_SESSION = 10, 3
"""Buttons of a quick reply, and without approval: docs/content/twilio-quick-reply."""
QUICK_REPLY_TITLE, QUICK_REPLY_ID = 20, 256
"""Characters: WhatsApp's reply buttons, developers.facebook.com/docs/whatsapp (interactive reply buttons)."""
ITEMS, ITEM, ITEM_ID, ITEM_DESCRIPTION = 10, 24, 200, 72
"""Items of a list picker and their characters: docs/content/twilio-list-picker."""
LIST_BUTTON = 20
"""Characters: WhatsApp's interactive lists, developers.facebook.com/docs/whatsapp (interactive lists)."""
VARIABLES, VARIABLE_NAME = 100, 16
"""Variables of a content and characters of a name: docs/content/using-variables-with-content-api."""
MEDIA_BYTES, IMAGE_BYTES = 16 << 20, 5 << 20
"""docs/whatsapp/guidance-whatsapp-media-messages, error 63034."""
MEDIA_TYPES = re.compile(
    r"image/(jpeg|png|webp)|audio/(ogg|amr|mpeg|mp4|aac)|video/mp4|text/(vcard|x-vcard)|application/(pdf|msword|"
    r"vnd\.openxmlformats-officedocument\.(wordprocessingml\.document|presentationml\.presentation|"
    r"spreadsheetml\.sheet)|vnd\.ms-(powerpoint|excel))"
)
"""docs/whatsapp/guidance-whatsapp-media-messages."""
PER_SECOND = 80.0
"""Messages of one sender: docs/whatsapp/best-practices-and-faqs. Excess is queued there; here it fails, 63018."""
CONCURRENT = 100
"""Requests under way at once before 20429; accounts differ and the number is unpublished, so this is a guess."""
WEBHOOK_TIMEOUT = 15.0
"""Seconds: docs/usage/webhooks/webhooks-connection-overrides."""
PAGE, LARGEST_PAGE = 50, 1000
"""The OpenAPI documents' PageSize."""
UNWRITTEN_LANGUAGES = {"ku", "ckb", "kmr"}
"""Not among WhatsApp's template languages (read from mirrors of Meta's list)."""
APPROVAL_NAME = re.compile(r"[a-z0-9_]{1,512}")
CATEGORIES = {"UTILITY", "MARKETING", "AUTHENTICATION"}
"""docs/content/content-api-resources#submit-templates-for-approval."""
ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})")
"""E.164, or a business-scoped user id as in nyaruka/courier's recorded webhooks."""
PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
FORBIDDEN_IN_VARIABLES = re.compile(r"[\n\t]| {5}")
"""docs/api/errors/21656: a newline, a tab, or more than four consecutive spaces."""
MEANT_AS_TWIML = {"text/xml", "application/xml", "text/html", "text/plain"}
"""docs/api/errors/12300; plain text is sent as a reply."""

TEXTS = {
    12300: "Invalid Content-Type",
    20001: "Unknown parameters",
    20003: "Authenticate",
    20404: "The requested resource {detail} was not found",
    20405: "Method Not Allowed",
    20429: "Too Many Requests",
    21211: "Invalid 'To' Phone Number: {detail}",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21609: "The StatusCallback URL {detail} is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21619: "A text message body or media urls must be specified.",
    21620: "Invalid media URL(s)",
    21623: "Number of media files exceeds allowed limit",
    21654: "ContentSid Required",
    21655: "The ContentSid is Invalid",
    21656: "The Content Variables parameter is invalid.",
    21910: "Invalid From and To pair. From and To should be of the same channel",
    40000: "Content-Type of 'application/json' not set",
    63005: "Channel did not accept given content. Please see Channel specific error message for more information",
    63007: "Twilio could not find a Channel with the specified From address",
    63016: "Failed to send freeform message because you are outside the allowed window. If you are using WhatsApp, "
    "please use a Message Template.",
    63018: "Rate limit exceeded for Channel",
    63019: "Media failed to download",
    63021: "Channel invalid content error",
    63024: "Invalid message recipient",
    63028: "Number of parameters provided does not match the expected number of parameters",
    63034: "Media exceeds size limit",
    63041: "Template paused",
}
"""The error dictionary's texts, or a recorded answer's where one was found (20003, 21211, 21619, 21656)."""
UNDELIVERED = {63003, 63014, 63016, 63024, 63032, 63033, 63049}
"""Codes that recorded callbacks carry with the status undelivered; the others come with failed."""
GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Refused(Exception):
    """An error answer of the API."""

    def __init__(self, code: int, status: int = 400, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.status, self.detail = code, status, detail

    def response(self) -> Response:
        """The JSON that Twilio answers: the OpenAPI document's "Twilio error"."""
        text = TEXTS.get(self.code, "") or dictionary_text(self.code)
        body: dict[str, Any] = {
            "code": self.code,
            "message": text.format(detail=self.detail) if "{detail}" in text else text,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        if self.code == 20001:
            body["message"] = self.detail
        if self.code == 20003:
            body["detail"] = "Your AccountSid or AuthToken was incorrect."
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if self.status == 401 else {}
        return JSONResponse(body, self.status, headers)


# --- what a phone shows ----------------------------------------------------------------------------------------


class Item(NamedTuple):
    """A row of a list picker."""

    title: str
    id: str
    description: str


class Media(NamedTuple):
    """A file as fetched: the headers Content-Type and Content-Disposition, and what came between."""

    content_type: str
    body: bytes
    disposition: str


@dataclass
class Message:
    """A message in either direction, as the API tells it and as the phone shows it."""

    sid: str
    sender: str
    to: str
    body: str
    created: datetime
    direction: Literal["outbound-api", "inbound"] = "outbound-api"
    status: str = "queued"
    layout: str = "text"
    """text, quick_reply, list, media or another content type's name."""
    buttons: list[tuple[str, str]] = field(default_factory=list)
    """Titles and ids of quick replies."""
    items: list[Item] = field(default_factory=list)
    choose: str = ""
    """The label that opens a list picker."""
    media: Media | None = None
    media_sids: list[str] = field(default_factory=list)
    media_urls: list[str] = field(default_factory=list)
    content_sid: str = ""
    template: bool = False
    """Whether it was sent as an approved template."""
    service: str = ""
    callback: str = ""
    code: int = 0
    doomed: int = 0
    """The error code with which a fault makes it fail later on."""
    sent: datetime | None = None
    updated: datetime | None = None


class Person:
    """Somebody with WhatsApp. The address is opaque: `whatsapp:+964…` or `whatsapp:US.1234`."""

    def __init__(self, server: FakeTwilio, address: str, external_user_id: str = "") -> None:
        self.server = server
        self.address = address
        self.external_user_id = external_user_id or ("" if ":+" in address else address)
        self.profile_name = "Member"
        self.messages: list[Message] = []
        self.window_until: datetime | None = None
        self.on_whatsapp = True
        self.stopped = False
        self._changed = asyncio.Event()
        self._since = 0

    @property
    def last(self) -> Message:
        """The newest message."""
        assert self.messages, f"{self.address} has got nothing yet"
        return self.messages[-1]

    @property
    def window_open(self) -> bool:
        """Whether free-form messages reach this person now."""
        return self.window_until is not None and self.server.now() < self.window_until

    async def say(self, text: str, *, reply_to: Message | None = None) -> int:
        """Write something; returns the webhook's last answer, 599 for none, 0 where no webhook is set."""
        return await self._post({"Body": text, "MessageType": "text"}, reply_to)

    async def tap(self, label: str, *, on: Message | None = None) -> int:
        """Tap the newest button or list item with a title or description, else one that begins so."""
        shown, title, ident, description = self._find(label, [on] if on else self.messages[::-1])
        kind = "button" if shown.template else "interactive"
        fields = {"Body": title, "MessageType": kind}
        if shown.layout == "list":
            more = {"ListDescription": description} if description else {}
            fields |= {"ListId": ident, "ListTitle": title, **more}
        else:
            fields |= {"ButtonText": title, "ButtonPayload": ident or title, "ButtonType": "REPLY"}
        return await self._post(fields, shown)

    async def send_file(self, name: str, body: bytes, mime: str, *, kind: str = "") -> int:
        """Send a file; a document's name, or an image's caption, is the Body."""
        major = mime.partition("/")[0]
        kind = kind or (major if major in ("image", "audio", "video") else "document")
        return await self._post({"Body": name, "MessageType": kind}, media=(body, mime))

    async def send_voice(self, body: bytes = b"OggS voice") -> int:
        """Send a voice message."""
        return await self.send_file("", body, "audio/ogg")

    async def send_sticker(self, body: bytes = b"RIFF\0\0\0\0WEBPVP8 ") -> int:
        """Send a sticker."""
        return await self.send_file("", body, "image/webp", kind="sticker")

    async def send_contact(self, card: bytes = b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n") -> int:
        """Send a contact card."""
        return await self.send_file("", card, "text/vcard", kind="contacts")

    async def send_location(
        self, latitude: float = 33.3, longitude: float = 44.4, label: str = "", address: str = ""
    ) -> int:
        """Send a place; label and address are absent unless given, as recorded."""
        more = {name: value for name, value in {"Label": label, "Address": address}.items() if value}
        place = {"Latitude": str(latitude), "Longitude": str(longitude), **more}
        return await self._post({"Body": "", "MessageType": "location", **place})

    async def send_odd(self, message_type: str) -> int:
        """Send a sticker, an audio message, a location or contacts."""
        ways = {
            "sticker": self.send_sticker,
            "audio": self.send_voice,
            "location": self.send_location,
            "contacts": self.send_contact,
        }
        return await ways[message_type]()

    async def reads(self) -> None:
        """Read everything that is unread: read receipts are reported."""
        for shown in [shown for shown in self.messages if shown.status != "read"]:
            self.server.advance(shown, "read")
            await self.server.report_all(shown, ["read"])

    def leave_whatsapp(self) -> None:
        """Whatever is sent from now on fails with 63024."""
        self.on_whatsapp = False

    def stop(self) -> None:
        """Unsubscribe as by STOP: the API refuses with 21610."""
        self.stopped = True

    def start_again(self) -> None:
        """Subscribe again."""
        self.stopped = False

    def close_window(self) -> None:
        """Let the 24 hours be over."""
        self.window_until = None

    def open_window(self) -> None:
        """Let 24 hours begin without a message."""
        self.window_until = self.server.now() + WINDOW

    async def expect(
        self,
        wanted: str | Callable[[Message], bool],
        timeout: float = 10,  # noqa: ASYNC109 - the brief caller's word for it
    ) -> Message:
        """Wait for a message that came since this person last wrote, by part of its body or by a predicate."""
        matches = wanted if callable(wanted) else lambda shown: wanted in shown.body
        try:
            async with asyncio.timeout(timeout):
                while True:
                    for shown in self.messages[self._since :]:
                        if matches(shown):
                            return shown
                    await self._changed.wait()
        except TimeoutError:
            got = [(shown.body, shown.buttons or shown.items) for shown in self.messages[-3:]]
            raise AssertionError(f"waited for {wanted!r}; got {got}") from None

    def shows(self, shown: Message) -> None:
        """Show a message on the phone."""
        self.messages.append(shown)
        # Every waiter is to look, so none may clear what another still waits for.
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _find(self, label: str, among: Sequence[Message]) -> tuple[Message, str, str, str]:
        """A tappable of the newest message that has one of this label, before any that merely begins so."""
        for fits in (str.__eq__, str.startswith):
            for shown in among:
                rows = shown.items or [Item(title, ident, "") for title, ident in shown.buttons]
                for title, ident, description in rows:
                    if fits(title, label) or (description and fits(description, label)):
                        return shown, title, ident, description
        seen = [(one.body[:80], one.buttons or one.items) for one in self.messages[-2:]]
        raise AssertionError(f"nothing to tap called {label!r}; the last messages are {seen}")

    async def _post(
        self, fields: dict[str, str], reply_to: Message | None = None, media: tuple[bytes, str] | None = None
    ) -> int:
        self._since = len(self.messages)
        self.open_window()
        return await self.server.receive(self, fields, reply_to, media)


# --- contents --------------------------------------------------------------------------------------------------


@dataclass
class Content:
    """A Content resource."""

    sid: str
    friendly_name: str
    language: str
    variables: dict[str, str]
    types: dict[str, Any]
    created: datetime
    approval: dict[str, Any] = field(default_factory=dict)
    """What ApprovalRequests tells, empty before it was asked for."""

    @property
    def approved(self) -> bool:
        """Whether WhatsApp lets it out of the window."""
        return self.approval.get("status") == "approved"

    def shown(self) -> tuple[str, dict[str, Any]]:
        """The type that WhatsApp shows, by name and value: the richest of them."""
        order = ("twilio/list-picker", "twilio/quick-reply", "whatsapp/card", "twilio/card")
        name = next((one for one in order if one in self.types), "") or next(
            (one for one in self.types if one != "twilio/text"), "twilio/text"
        )
        return name, self.types[name]

    def placeholders(self) -> set[str]:
        """Names of the variables that it uses."""
        return set(PLACEHOLDER.findall(json.dumps(self.shown()[1])))

    def filled(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The shown type with its variables replaced; those without a value stay visible."""
        known = {**self.variables, **values}
        result: dict[str, Any] = _substituted(self.shown()[1], known)
        return result


def _substituted(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [_substituted(one, known) for one in value]
    if isinstance(value, dict):
        return {name: _substituted(one, known) for name, one in value.items()}
    return value


def _within(text: Any, longest: int, where: str, shortest: int = 1) -> Iterator[str]:
    if not isinstance(text, str) or not shortest <= len(text) <= longest:
        yield f"{where} must have {shortest} to {longest} characters: {str(text)[:300]!r}"


def content_faults(types: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a content at its creation, in plain words; the limits are those at the top."""
    if not types:
        yield "types must not be empty"
    if len(variables) > VARIABLES or any(len(name) > VARIABLE_NAME for name in variables):
        yield f"at most {VARIABLES} variables with names of {VARIABLE_NAME}"
    for name, value in types.items():
        if not name.startswith(("twilio/", "whatsapp/")) or not isinstance(value, dict):
            yield f"types.{name} is not a content type"
        elif name == "twilio/quick-reply":
            yield from _quick_reply_faults(value)
        elif name == "twilio/list-picker":
            yield from _list_picker_faults(value)
        elif name == "twilio/text" and not value.get("body"):
            yield "types.twilio/text.body is required"


def _quick_reply_faults(value: Mapping[str, Any]) -> Iterator[str]:
    actions = value.get("actions") or []
    if not value.get("body"):
        yield "types.twilio/quick-reply.body is required"
    if not 1 <= len(actions) <= QUICK_REPLIES:
        yield f"types.twilio/quick-reply.actions: 1 to {QUICK_REPLIES}, not {len(actions)}"
    for action in actions:
        yield from _within(action.get("title"), QUICK_REPLY_TITLE, "quick-reply title")
        yield from _within(action.get("id", ""), QUICK_REPLY_ID, "quick-reply id", 0)


def _list_picker_faults(value: Mapping[str, Any]) -> Iterator[str]:
    items = value.get("items") or []
    if not value.get("body"):
        yield "types.twilio/list-picker.body is required"
    if not 1 <= len(items) <= ITEMS:
        yield f"types.twilio/list-picker.items: 1 to {ITEMS}, not {len(items)}"
    yield from _within(value.get("button"), LIST_BUTTON, "list-picker button")
    for item in items:
        yield from _within(item.get("item"), ITEM, "list-picker item")
        yield from _within(item.get("id"), ITEM_ID, "list-picker id")
        yield from _within(item.get("description", ""), ITEM_DESCRIPTION, "list-picker description", 0)


def _rejection(content: Content) -> str:
    """Why WhatsApp would reject a template: docs/content/using-variables-with-content-api and Meta's languages."""
    body = str(content.shown()[1].get("body", "")).strip()
    spans = [found.span() for found in PLACEHOLDER.finditer(body)]
    if content.language.partition("_")[0] in UNWRITTEN_LANGUAGES:
        return "The language is not supported."
    if spans and (spans[0][0] == 0 or spans[-1][1] == len(body)):
        return "Variables can't be at the start or end of the template."
    if any(not body[left[1] : right[0]].strip() for left, right in itertools.pairwise(spans)):
        return "Variables can't be adjacent."
    return "Samples are missing." if content.placeholders() - content.variables.keys() else ""


# --- the published specification ---------------------------------------------------------------------------------


@functools.cache
def _document(name: str) -> Mapping[str, Any]:
    """One of Twilio's documents kept beside the checkout, or nothing where it is absent."""
    folder = specification_folder()
    path = folder / name if folder else None
    if path is None or not path.is_file():
        return {}
    loaded: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def dictionary_text(code: int) -> str:
    """The error dictionary's text of a code."""
    return str(_document("twilio_errors.json").get(str(code), "Error"))


def form_violations(form: FormData) -> list[str]:
    """What in a CreateMessage call the OpenAPI document does not allow."""
    document = _document("twilio_messages.json")
    if not document:
        return []
    create = document["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]
    schema = create["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    problems = [f"Messages: {name} is missing" for name in schema["required"] if name not in form]
    for name in dict.fromkeys(form):
        known = schema["properties"].get(name)
        values = [str(value) for value in form.getlist(name)]
        if known is None:
            problems.append(f"Messages: unknown parameter {name}")
        elif known.get("type") == "array":
            problems += [one for value in values for one in _wire(document, known["items"], value, name)]
        elif len(values) > 1:
            problems.append(f"Messages: {name} is given {len(values)} times")
        else:
            problems += _wire(document, known, values[0], name)
    return problems


def _wire(document: Mapping[str, Any], schema: Mapping[str, Any], value: str, where: str) -> list[str]:
    """The check of a form's value, which is text whatever its type."""
    parsed: Any = value
    if schema.get("type") in ("integer", "number", "boolean"):
        try:
            parsed = json.loads(value.lower())
        except ValueError:
            return [f"Messages: {where} is not {schema['type']}"]
    if schema.get("format") == "uri" and not _is_url(value):
        return [f"Messages: {where} is not an address"]
    return violations(document, schema, parsed, f"Messages: {where}")


def json_violations(name: str, value: Any) -> list[str]:
    """What in a JSON body the Content API's schema of this name does not allow."""
    document = _document("twilio_content_v1.json")
    return violations(document, document["components"]["schemas"][name], value, name) if document else []


def violations(
    document: Mapping[str, Any], schema: Mapping[str, Any], value: Any, where: str
) -> list[str]:  # fmt: skip
    """Whatever a value breaks of the part of JSON Schema that Twilio's documents use."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if value is None and schema.get("nullable"):
        return []
    kinds: dict[str, Any] = {
        "string": str, "object": dict, "array": list, "boolean": bool, "integer": int, "number": (int, float),
    }  # fmt: skip
    kind = schema.get("type", "")
    if kind and (not isinstance(value, kinds[kind]) or (kind != "boolean" and isinstance(value, bool))):
        return [f"{where} is not {kind}"]
    problems = []
    if "enum" in schema and value not in schema["enum"]:
        problems.append(f"{where} is none of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        problems.append(f"{where} does not match {schema['pattern']}")
    if kind == "object":
        problems += _object_violations(document, schema, value, where)
    if kind == "array":
        bounds = range(schema.get("minItems", 0), schema.get("maxItems", len(value)) + 1)
        problems += [] if len(value) in bounds else [f"{where} has {len(value)} items"]
        for index, one in enumerate(value):
            problems += violations(document, schema.get("items", {}), one, f"{where}[{index}]")
    return problems


def _object_violations(
    document: Mapping[str, Any], schema: Mapping[str, Any], value: Mapping[str, Any], where: str
) -> list[str]:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    problems = [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
    for name, one in value.items():
        if name in properties:
            problems += violations(document, properties[name], one, f"{where}.{name}")
        elif others is False or where.endswith(".types"):
            problems.append(f"{where}: unknown field {name}")
        elif isinstance(others, dict):
            problems += violations(document, others, one, f"{where}.{name}")
    return problems


# --- the server ------------------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """A line of the log: what happened, to which address, with which detail."""

    at: datetime
    kind: str
    who: str
    detail: Any


@dataclass
class Fault:
    """What goes wrong with the next request that fits.

    `answer` sends `status` and `body` instead; `busy` sends 429 with 20429; `hang` never answers; `drop` carries the
    request out and cuts the connection; `refuse` answers 400 with `code`; `fail` accepts, and reports `code` later.
    """

    kind: Literal["answer", "busy", "hang", "drop", "refuse", "fail"]
    status: int = 502
    body: str = GATEWAY
    code: int = 0
    to: str = ""
    """Only messages to this address; empty for any."""
    on: Literal["messages", "content"] = "messages"
    times: int | None = 1
    """None goes on until it is taken out of `faults`."""


@dataclass(frozen=True)
class Stored:
    """A media file that Twilio keeps: of which message, and where it is served without credentials."""

    sid: str
    parent: str
    mime: str
    body: bytes
    created: datetime
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class FakeTwilio:
    """The server: `async with FakeTwilio(...) as twilio`, then `twilio.person(...)`."""

    def __init__(
        self,
        account_sid: str = "AC" + "0" * 32,
        auth_token: str = "t" * 32,
        sender: str = "whatsapp:+15550001111",
        inbound_url: str = "",
        public_inbound_url: str = "",
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        now: Callable[[], datetime] | None = None,
        per_second: float | None = PER_SECOND,
        concurrent: int = CONCURRENT,
        strict_media: bool = False,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.sender = sender
        self.inbound_url = inbound_url
        self.public_inbound_url = public_inbound_url or inbound_url
        """The address that signatures are made for, where it differs from the one that can be reached here."""
        self.host = host
        self.port = port
        self.lead = timedelta()
        """How far the fake's own clock is ahead of the real one."""
        self.now: Callable[[], datetime] = now or (lambda: datetime.now(UTC) + self.lead)
        self.per_second = per_second
        self.concurrent = concurrent
        self.strict_media = strict_media
        """Whether media of other types than Twilio lists fail, 63005 (a guess); otherwise they are violations."""
        self.retries = 1
        """How often an inbound webhook is tried again after a failure."""
        self.webhook_timeout = WEBHOOK_TIMEOUT
        self.auto_approve = False
        """Whether approval requests are granted at once; otherwise `approve` does it."""
        self.reports_twice = False
        """Whether status callbacks come again, the early ones after the late ones."""
        self.reports_backwards = False
        self.reports_minimal = False
        """Whether they carry MessageSid and MessageStatus alone, as was seen."""
        self.reports_first = False
        """Whether they come before the API has answered the request that they are about."""
        self.reports_delay = 0.0
        self.reports_lost: set[str] = set()
        """Statuses whose callbacks never come."""
        self.people: dict[str, Person] = {}
        self.messages: dict[str, Message] = {}
        self.media: dict[str, Stored] = {}
        self.contents: dict[str, Content] = {}
        self.log: list[Entry] = []
        self.violations: list[str] = []
        self.faults: list[Fault | tuple[int, str]] = []
        """What goes wrong with the next requests; a pair is the status and body of an answer to a message."""
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._validator = RequestValidator(auth_token)
        self._allowance, self._refilled = per_second or 0.0, time.monotonic()
        self._under_way = 0

    @property
    def url(self) -> str:
        """The base address, of both APIs."""
        return f"http://{self.host}:{self.port}"

    def person(self, address: str, external_user_id: str = "") -> Person:
        """Return the person behind an address, who has WhatsApp from now on."""
        assert ADDRESS.fullmatch(address), f"not a WhatsApp address: {address}"
        return self.people.setdefault(address, Person(self, address, external_user_id))

    def fault(
        self, kind: Literal["answer", "busy", "hang", "drop", "refuse", "fail"], **options: Any
    ) -> Fault:
        """Let something go wrong with the next request; the options are Fault's fields."""
        fault = Fault(kind, **options)
        self.faults.append(fault)
        return fault

    def approve(self, sid: str, status: str = "approved", reason: str = "") -> None:
        """Let WhatsApp decide about a template: approved, rejected, paused, disabled, pending."""
        approval = self.contents[sid].approval
        assert approval, f"{sid} was never submitted for approval"
        approval.update(status=status, rejection_reason=reason)

    async def settle(self) -> None:
        """Wait until every accepted message has arrived or failed, and has been reported."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def __aenter__(self) -> FakeTwilio:
        """Listen on a loopback port."""
        listener = _listener(self.host, self.port)
        self.port = listener.getsockname()[1]
        self._closing = asyncio.Event()
        self._session = aiohttp.ClientSession()
        config = uvicorn.Config(
            self.application(), http=_DroppableProtocol, ws="none", lifespan="off", loop="none",
            log_config=None, log_level="critical", access_log=False,
        )  # fmt: skip
        self._server = _QuietServer(config)
        self._serving = asyncio.create_task(self._server.serve([listener]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn announces its start by this attribute alone
            await asyncio.sleep(0.002)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything and leave nothing open."""
        self._closing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        self._server.ending.set()
        await self._serving

    def application(self) -> Starlette:
        """Build the ASGI application."""
        messages = "/2010-04-01/Accounts/{account}/Messages"
        content = "/v1/Content"
        api: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("POST", f"{messages}.json", self._create),
            ("GET", f"{messages}.json", self._list),
            ("GET", f"{messages}/{{sid}}/Media.json", self._list_media),
            ("GET", f"{messages}/{{sid}}/Media/{{media}}.json", self._fetch_media),
            ("DELETE", f"{messages}/{{sid}}/Media/{{media}}.json", self._delete_media),
            ("GET", f"{messages}/{{sid}}/Media/{{media}}", self._redirect_media),
            ("GET", f"{messages}/{{sid}}.json", self._fetch),
            ("POST", f"{messages}/{{sid}}.json", self._redact),
            ("DELETE", f"{messages}/{{sid}}.json", self._delete),
            ("POST", content, self._create_content),
            ("GET", content, self._list_contents),
            ("GET", f"{content}/{{sid}}", self._fetch_content),
            ("DELETE", f"{content}/{{sid}}", self._delete_content),
            ("POST", f"{content}/{{sid}}/ApprovalRequests/whatsapp", self._submit),
            ("GET", f"{content}/{{sid}}/ApprovalRequests", self._fetch_approval),
        ]
        return Starlette(
            routes=[
                *(Route(path, self._guarded(endpoint), methods=[verb]) for verb, path, endpoint in api),
                Route("/media/{token}", self._serve_media),
                Route("/", self._page),
                Route("/_/chats", self._chats),
                Route("/_/{action}", self._by_hand, methods=["GET", "POST"]),
            ],
            exception_handlers={404: self._not_found, 405: self._not_allowed},
        )

    # --- every request --------------------------------------------------------------------------------------

    def _guarded(
        self, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Wrap an endpoint with credentials, concurrency, refusals and the log."""

        async def guarded(request: Request) -> Response:
            self._under_way += 1
            try:
                self._admit(request)
                response = await endpoint(request)
            except Refused as refused:
                self.note("refused", request.path_params.get("sid", ""), refused.code)
                response = refused.response()
            finally:
                self._under_way -= 1
            self.note("request", "", (request.method, request.url.path, response.status_code))
            return response

        return guarded

    def _admit(self, request: Request) -> None:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        given = request.headers.get("authorization", "").partition(" ")
        if given[0].lower() != "basic" or not secrets.compare_digest(given[2].encode(), expected.encode()):
            raise Refused(20003, 401)
        if request.path_params.get("account", self.account_sid) != self.account_sid:
            raise Refused(20404, 404, request.url.path)
        if self._under_way > self.concurrent:
            raise Refused(20429, 429)

    async def _not_found(self, request: Request, _: Exception) -> Response:
        self.violations.append(f"no such resource: {request.method} {request.url.path}")
        return Refused(20404, 404, request.url.path).response()

    async def _not_allowed(self, request: Request, _: Exception) -> Response:
        self.violations.append(f"no such method: {request.method} {request.url.path}")
        return Refused(20405, 405).response()

    def note(self, kind: str, who: str, detail: Any) -> None:
        """Add a line to the log."""
        self.log.append(Entry(self.now(), kind, who, detail))

    def _sid(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):032x}"

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _take_fault(self, on: str, to: str = "") -> Fault | None:
        """The first fault that fits a request, counted down."""
        for index, given in enumerate(self.faults):
            fault = Fault("answer", *given) if isinstance(given, tuple) else given
            if fault.on != on or fault.to not in ("", to):
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self.faults[index]
            self.note("fault", to, fault.kind)
            return fault
        return None

    async def _spoilt(self, fault: Fault | None, request: Request) -> Response | None:
        """Answer instead of the API, for those faults that keep a request from being carried out."""
        if fault is None or fault.kind in ("drop", "fail"):
            return None
        if fault.kind == "refuse":
            raise Refused(fault.code)
        if fault.kind == "busy":
            raise Refused(20429, 429)
        if fault.kind == "hang":
            return await self._hang(request)
        kind = "application/json" if fault.body.startswith("{") else "text/html"
        return Response(fault.body, fault.status, media_type=kind)

    async def _hang(self, request: Request) -> Response:
        """Answer nothing until the caller gives up or the server ends."""
        given_up = asyncio.create_task(_disconnected(request))
        closing = asyncio.create_task(self._closing.wait())
        await asyncio.wait({given_up, closing}, return_when=asyncio.FIRST_COMPLETED)
        for task in (given_up, closing):
            task.cancel()
        return await _cut(request)

    # --- messages out ---------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        """docs/messaging/api/message-resource#create-a-message-resource."""
        form = await request.form()
        to = str(form.get("To", ""))
        fault = self._take_fault("messages", to)
        if (spoilt := await self._spoilt(fault, request)) is not None:
            return spoilt
        self.violations += form_violations(form)
        message = self._accepted(form)
        message.doomed = fault.code if fault and fault.kind == "fail" else self._over_rate()
        self.messages[message.sid] = message
        self.note("accepted", to, message.sid)
        answer = JSONResponse(self._resource(message), 201)
        if self.reports_first:
            await self._deliver(message)
        else:
            self._spawn(self._deliver(message))
        return await _cut(request) if fault and fault.kind == "drop" else answer

    def _accepted(self, form: FormData) -> Message:
        """Check what Twilio checks before it answers, and make the message."""
        to, sender = str(form.get("To", "")), str(form.get("From", ""))
        urls = [str(url) for url in form.getlist("MediaUrl")]
        self._check_addresses(to, sender, str(form.get("MessagingServiceSid", "")))
        callback = str(form.get("StatusCallback", ""))
        if callback and not _is_url(callback):
            raise Refused(21609, detail=callback)
        content = self._chosen(form)
        body = str(form.get("Body", ""))
        if content is None:
            _check_free_form(body, urls)
        elif body or urls:
            self.violations.append("Messages: Body or MediaUrl beside ContentSid")
        message = Message(
            self._sid("MM" if content or urls else "SM"), sender or self.sender, to, body, self.now(),
            callback=callback, media_urls=urls, service=str(form.get("MessagingServiceSid", "")),
        )  # fmt: skip
        message.status = "accepted" if message.service else "queued"
        if urls:
            message.layout = "media"
        if content is not None:
            self._compose(message, content, _variables(str(form.get("ContentVariables", ""))))
        return message

    def _check_addresses(self, to: str, sender: str, service: str) -> None:
        if not to:
            raise Refused(21604)
        if not sender and not service:
            raise Refused(21603)
        if sender and sender != self.sender:
            raise Refused(63007)
        if not to.startswith("whatsapp:"):
            raise Refused(21910)
        if not ADDRESS.fullmatch(to):
            raise Refused(21211, detail=to)
        if to in self.people and self.people[to].stopped:
            raise Refused(21610)

    def _chosen(self, form: FormData) -> Content | None:
        sid = str(form.get("ContentSid", ""))
        if not sid and form.get("ContentVariables"):
            raise Refused(21654)
        if sid and sid not in self.contents:
            raise Refused(21655)
        return self.contents[sid] if sid else None

    def _compose(self, message: Message, content: Content, values: Mapping[str, str]) -> None:
        """Lay a content out as the phone shows it, and doom it where WhatsApp would not take it."""
        name, _ = content.shown()
        filled = content.filled(values)
        message.content_sid, message.template = content.sid, content.approved
        message.body = str(filled.get("body") or filled.get("title") or "")
        message.layout = {"twilio/quick-reply": "quick_reply", "twilio/list-picker": "list"}.get(
            name, name.partition("/")[2]
        )
        message.choose = str(filled.get("button", ""))
        message.items = [
            Item(one["item"], one["id"], one.get("description", "")) for one in filled.get("items", [])
        ]
        message.buttons = [
            (one["title"], one.get("id") or "")
            for one in filled.get("actions", [])
            if one.get("type", "QUICK_REPLY") == "QUICK_REPLY"
        ]
        message.media_urls = [str(one) for one in filled.get("media", [])]
        message.code = self._content_code(message, content, values)

    def _content_code(self, message: Message, content: Content, values: Mapping[str, str]) -> int:
        """The code with which a content fails after it was accepted, or 0."""
        names = content.placeholders()
        if content.approval.get("status") == "paused":
            return 63041
        if names - content.variables.keys() - values.keys() or (content.approved and values.keys() - names):
            return 63028
        limit = BODY if message.layout == "text" and not content.approved else CONTENT_BODY
        rows = message.buttons or [row[:2] for row in message.items]
        # That WhatsApp refuses equal ids and equal button titles is from memory; the code is a guess.
        doubled = [len({row[1] or row[0] for row in rows}), len({row[0] for row in message.buttons} or rows)]
        many = len(message.buttons) > QUICK_REPLIES_IN_SESSION and not content.approved
        if len(message.body) > limit or many or any(count < len(rows) for count in doubled):
            return 63021
        return 0

    def _over_rate(self) -> int:
        """63018 for a message above the sender's messages per second, counted by a bucket of one second."""
        if self.per_second is None:
            return 0
        at = time.monotonic()
        self._allowance = min(self.per_second, self._allowance + (at - self._refilled) * self.per_second)
        self._refilled = at
        if self._allowance < 1:
            return 63018
        self._allowance -= 1
        return 0

    async def _deliver(self, message: Message) -> None:
        """Do what happens after the API answered: the window, the media, the phone, the reports."""
        code = self._obstacle(message) or await self._fetch_all(message)
        if code:
            await self._fail(message, code)
            return
        message.sent = self.now()
        self.advance(message, "delivered")
        self.people[message.to].shows(message)
        self.note("shown", message.to, message.sid)
        await self.report_all(message, ["sent", "delivered"])

    def _obstacle(self, message: Message) -> int:
        person = self.people.get(message.to)
        if message.doomed:
            return message.doomed
        if person is None or not person.on_whatsapp:
            return 63024
        if message.code == 63041:
            return message.code
        # Any other code found on the content counts only where the message may go out at all.
        if not person.window_open and not message.template:
            return 63016
        return message.code

    async def _fail(self, message: Message, code: int) -> None:
        message.code = code
        self.advance(message, "undelivered" if code in UNDELIVERED else "failed")
        await self.report_all(message, [message.status])

    def advance(self, message: Message, status: str) -> None:
        """Give a message its next status."""
        message.status, message.updated = status, self.now()
        self.note("status", message.to, (message.sid, status, message.code))

    async def _fetch_all(self, message: Message) -> int:
        """Fetch a message's media as Twilio does; the code for what cannot be had or sent, or 0."""
        for url in message.media_urls:
            fetched = await self._fetched(url)
            if isinstance(fetched, int):
                return fetched
            mime = fetched.content_type.partition(";")[0].strip().lower()
            if len(fetched.body) > (IMAGE_BYTES if mime.startswith("image/") else MEDIA_BYTES):
                return 63034
            if not MEDIA_TYPES.fullmatch(mime):
                self.violations.append(f"media of the type {mime or 'unknown'}, which Twilio does not list")
                if self.strict_media:
                    return 63005
            message.media = fetched
            message.media_sids.append(self._keep(message.sid, mime, fetched.body))
        return 0

    async def _fetched(self, url: str) -> Media | int:
        timeout = aiohttp.ClientTimeout(total=self.webhook_timeout)
        try:
            async with self._session.get(self._reachable(url), timeout=timeout) as response:
                body = await response.content.read(MEDIA_BYTES + 1)
                while len(body) <= MEDIA_BYTES and (more := await response.content.read(1 << 16)):
                    body += more
                headers = response.headers
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            status = 599
        self.note("fetched", "", (url, status))
        if status != 200:
            return 63019
        return Media(headers.get("Content-Type", ""), body, headers.get("Content-Disposition", ""))

    def _keep(self, parent: str, mime: str, body: bytes) -> str:
        stored = Stored(self._sid("ME"), parent, mime, body, self.now())
        self.media[stored.sid] = stored
        return stored.sid

    # --- messages: the other calls -------------------------------------------------------------------------------

    def _resource(self, message: Message) -> dict[str, Any]:
        """The OpenAPI document's api.v2010.account.message."""
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}"
        from_service = message.service and message.status == "accepted"
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": message.body,
            "date_created": _rfc2822(message.created),
            "date_sent": _rfc2822(message.sent),
            "date_updated": _rfc2822(message.updated or message.created),
            "direction": message.direction,
            "error_code": (message.code or None) if message.status in ("failed", "undelivered") else None,
            "error_message": None,
            "from": None if from_service else message.sender,
            "messaging_service_sid": message.service or None,
            "num_media": str(len(message.media_sids or message.media_urls)),
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }

    def _found(self, request: Request) -> Message:
        message = self.messages.get(request.path_params["sid"])
        if message is None:
            raise Refused(20404, 404, request.url.path)
        return message

    async def _fetch(self, request: Request) -> Response:
        return JSONResponse(self._resource(self._found(request)))

    async def _redact(self, request: Request) -> Response:
        """docs/messaging/api/message-resource#redact-a-message."""
        message = self._found(request)
        form = await request.form()
        if form.get("Body") != "":
            raise Refused(20001, detail="Only an empty Body is understood here")
        message.body = ""
        return JSONResponse(self._resource(message))

    async def _delete(self, request: Request) -> Response:
        message = self._found(request)
        del self.messages[message.sid]
        for sid in message.media_sids:
            self.media.pop(sid, None)
        return Response(status_code=204)

    async def _list(self, request: Request) -> Response:
        """docs/messaging/api/message-resource#read-multiple-message-resources: newest first."""
        query = request.query_params
        found = [self._resource(one) for one in reversed(self.messages.values()) if _wanted(one, query)]
        return JSONResponse(_page(request, "messages", found))

    async def _list_media(self, request: Request) -> Response:
        message = self._found(request)
        found = [self._media_resource(self.media[sid]) for sid in message.media_sids if sid in self.media]
        return JSONResponse(_page(request, "media_list", found))

    async def _fetch_media(self, request: Request) -> Response:
        return JSONResponse(self._media_resource(self._found_media(request)))

    async def _delete_media(self, request: Request) -> Response:
        del self.media[self._found_media(request).sid]
        return Response(status_code=204)

    async def _redirect_media(self, request: Request) -> Response:
        """docs/messaging/api/media-resource: the file itself is elsewhere, at an address that expires."""
        return RedirectResponse(f"{self.url}/media/{self._found_media(request).token}", 307)

    async def _serve_media(self, request: Request) -> Response:
        if "authorization" in request.headers:
            # As S3 answers a signed address that comes with credentials, which were to stay with Twilio.
            self.violations.append("credentials were sent on to where media are kept")
            return Response("Only one auth mechanism allowed", 400)
        token = request.path_params["token"]
        stored = next((one for one in self.media.values() if one.token == token), None)
        return Response(stored.body, media_type=stored.mime) if stored else Response(status_code=403)

    def _found_media(self, request: Request) -> Stored:
        stored = self.media.get(request.path_params["media"])
        if stored is None or stored.parent != request.path_params["sid"]:
            raise Refused(20404, 404, request.url.path)
        return stored

    def _media_resource(self, stored: Stored) -> dict[str, Any]:
        account = f"/2010-04-01/Accounts/{self.account_sid}"
        return {
            "account_sid": self.account_sid,
            "content_type": stored.mime,
            "date_created": _rfc2822(stored.created),
            "date_updated": _rfc2822(stored.created),
            "parent_sid": stored.parent,
            "sid": stored.sid,
            "uri": f"{account}/Messages/{stored.parent}/Media/{stored.sid}.json",
        }

    # --- contents -----------------------------------------------------------------------------------------------

    async def _create_content(self, request: Request) -> Response:
        """docs/content/content-api-resources#create-templates. JSON only; which code a form gets is a guess."""
        fault = self._take_fault("content")
        if (spoilt := await self._spoilt(fault, request)) is not None:
            return spoilt
        body = await self._json(request, "ContentCreateRequest")
        types = {name: value for name, value in _mapping(body, "types").items() if value is not None}
        variables = _mapping(body, "variables")
        problems = list(content_faults(types, variables))
        if not body.get("language"):
            problems.append("language is required")
        if problems:
            self.violations += [f"Content: {problem}" for problem in problems]
            raise Refused(20001, detail="; ".join(problems))
        content = Content(
            self._sid("HX"), body.get("friendly_name") or "", body["language"], variables, types, self.now()
        )
        self.contents[content.sid] = content
        if fault and fault.kind == "drop":
            return await _cut(request)
        return JSONResponse(self._content_resource(content), 201)

    async def _json(self, request: Request, schema: str) -> dict[str, Any]:
        if not request.headers.get("content-type", "").lower().startswith("application/json"):
            self.violations.append(f"{schema}: the body is not JSON")
            raise Refused(40000)
        try:
            body = await request.json()
        except ValueError:
            raise Refused(20001, detail="Invalid request body") from None
        self.violations += json_violations(schema, body)
        if not isinstance(body, dict):
            raise Refused(20001, detail="Invalid request body")
        return body

    def _content(self, request: Request) -> Content:
        content = self.contents.get(request.path_params["sid"])
        if content is None:
            raise Refused(20404, 404, request.url.path)
        return content

    async def _fetch_content(self, request: Request) -> Response:
        return JSONResponse(self._content_resource(self._content(request)))

    async def _delete_content(self, request: Request) -> Response:
        del self.contents[self._content(request).sid]
        return Response(status_code=204)

    async def _list_contents(self, request: Request) -> Response:
        found = [self._content_resource(one) for one in self.contents.values()]
        return JSONResponse(_meta_page(request, "contents", found))

    def _content_resource(self, content: Content) -> dict[str, Any]:
        """The OpenAPI document's content.v1.content."""
        url = f"{self.url}/v1/Content/{content.sid}"
        at = content.created.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "sid": content.sid,
            "account_sid": self.account_sid,
            "friendly_name": content.friendly_name,
            "language": content.language,
            "variables": content.variables,
            "types": content.types,
            "url": url,
            "date_created": at,
            "date_updated": at,
            "links": {
                "approval_create": f"{url}/ApprovalRequests/whatsapp",
                "approval_fetch": f"{url}/ApprovalRequests",
            },
        }

    async def _submit(self, request: Request) -> Response:
        """docs/content/content-api-resources#submit-templates-for-approval; the texts of refusals are a guess."""
        content = self._content(request)
        body = await self._json(request, "ContentApprovalRequest")
        if not APPROVAL_NAME.fullmatch(str(body.get("name") or "")):
            raise Refused(20001, detail="name: lower-case letters, digits and underscores only")
        if body.get("category") not in CATEGORIES:
            raise Refused(20001, detail=f"category: one of {', '.join(sorted(CATEGORIES))}")
        kind = content.shown()[0]
        if kind == "twilio/list-picker":
            raise Refused(20001, detail="twilio/list-picker cannot be approved by WhatsApp")
        if content.approval.get("status") not in (None, "unsubmitted", "rejected"):
            raise Refused(20001, detail="The template was submitted already")
        reason = _rejection(content)
        status = "rejected" if reason else "approved" if self.auto_approve else "received"
        content.approval = {
            "name": body["name"],
            "category": body["category"],
            "content_type": kind,
            "status": status,
            "rejection_reason": reason,
            "allow_category_change": True,
        }
        # A rejection is told later by GET, not in the answer to the submission.
        return JSONResponse({**content.approval, "status": "received", "rejection_reason": ""}, 201)

    async def _fetch_approval(self, request: Request) -> Response:
        content = self._content(request)
        unasked = {
            "name": "",
            "category": "",
            "content_type": content.shown()[0],
            "status": "unsubmitted",
            "rejection_reason": "",
            "allow_category_change": False,
        }
        return JSONResponse(
            {
                "sid": content.sid,
                "account_sid": self.account_sid,
                "whatsapp": {"type": "whatsapp", **(content.approval or unasked)},
                "url": f"{self.url}/v1/Content/{content.sid}/ApprovalRequests",
            }
        )

    # --- webhooks -----------------------------------------------------------------------------------------------

    async def receive(
        self,
        person: Person,
        fields: Mapping[str, str],
        reply_to: Message | None = None,
        media: tuple[bytes, str] | None = None,
    ) -> int:
        """Take in what somebody sent and post it, once more if that fails; docs/messaging/guides/webhook-request."""
        message = Message(
            self._sid("MM" if media else "SM"), person.address, self.sender, fields["Body"], self.now(),
            direction="inbound", status="received",
        )  # fmt: skip
        self.messages[message.sid] = message
        if media:
            message.media_sids = [self._keep(message.sid, media[1], media[0])]
        form = self._inbound_form(person, message, fields, reply_to)
        self.note("inbound", person.address, form)
        headers = {"I-Twilio-Idempotency-Token": secrets.token_hex(16)}
        status = 0
        for attempt in range(self.retries + 1 if self.inbound_url else 0):
            status = await self._signed(self.inbound_url, self.public_inbound_url, form, headers)
            self.note("answer", person.address, (attempt, status))
            if status < 500:
                break
        return status

    def _inbound_form(
        self, person: Person, message: Message, fields: Mapping[str, str], reply_to: Message | None
    ) -> dict[str, str]:
        """The recorded fields, in the order of the recordings."""
        media = [self.media[sid] for sid in message.media_sids]
        base = f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}/Media"
        channel = {"type": "whatsapp", "data": {"context": {"ProfileName": person.profile_name}}}
        form = {
            "SmsMessageSid": message.sid,
            "NumMedia": str(len(media)),
            "ProfileName": person.profile_name,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": self.sender,
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "MessageSid": message.sid,
            "AccountSid": self.account_sid,
            "ChannelMetadata": json.dumps(channel),
            "From": person.address,
            "ApiVersion": "2010-04-01",
            **fields,
        }
        if person.address.startswith("whatsapp:+"):
            form["WaId"] = person.address.removeprefix("whatsapp:+")
        if person.external_user_id:
            form["ExternalUserId"] = person.external_user_id
        if reply_to is not None:
            form["OriginalRepliedMessageSid"] = reply_to.sid
            form["OriginalRepliedMessageSender"] = reply_to.sender
        for index, stored in enumerate(media):
            form[f"MediaUrl{index}"] = f"{base}/{stored.sid}"
            form[f"MediaContentType{index}"] = stored.mime
        return form

    async def report_all(self, message: Message, statuses: Sequence[str]) -> None:
        """Post the callbacks of some statuses as often, as late and in the order that was asked for."""
        wanted = [status for status in statuses if status not in self.reports_lost]
        if self.reports_backwards:
            wanted.reverse()
        for status in wanted * (2 if self.reports_twice else 1):
            await asyncio.sleep(self.reports_delay)
            await self.report(message, status)

    async def report(self, message: Message, status: str, code: int = 0) -> None:
        """Post one status callback; it is not tried again."""
        if message.callback:
            form = self._report_form(message, status, code or message.code)
            answer = await self._signed(message.callback, message.callback, form)
            self.note("report", message.to, (message.sid, status, answer))

    def _report_form(self, message: Message, status: str, code: int) -> dict[str, str]:
        """The recorded fields: docs/messaging/guides/track-outbound-message-status, and recordings."""
        if self.reports_minimal:
            return {"MessageSid": message.sid, "MessageStatus": status, "AccountSid": self.account_sid}
        form = {
            "ChannelPrefix": "whatsapp",
            "ApiVersion": "2010-04-01",
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "ChannelInstallSid": "XE" + self.account_sid[2:],
            "To": message.to,
            "From": message.sender,
            "MessageSid": message.sid,
            "StructuredMessage": "false",
            "AccountSid": self.account_sid,
            "ChannelToAddress": message.to.removeprefix("whatsapp:")[:-4] + "XXXX",
        }
        if status == "read":
            del form["ChannelInstallSid"]
        if status in ("delivered", "read", "undelivered"):
            form["EventType"] = status.upper()
        if status in ("undelivered", "failed"):
            form["ErrorCode"] = str(code)
        if status == "failed":
            form["ChannelStatusMessage"] = TEXTS.get(code, "") or dictionary_text(code)
        if message.service:
            form["MessagingServiceSid"] = message.service
        return form

    async def _signed(
        self, url: str, public_url: str, form: Mapping[str, str], more: Mapping[str, str] | None = None
    ) -> int:
        """Post a form signed for a public address: docs/usage/webhooks/webhooks-security."""
        signature = self._validator.compute_signature(public_url, form)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1", "Accept": "*/*"}
        timeout = aiohttp.ClientTimeout(total=self.webhook_timeout)
        try:
            async with self._session.post(
                self._reachable(url), data=form, headers={**headers, **(more or {})}, timeout=timeout
            ) as response:
                if await response.read() and response.content_type not in MEANT_AS_TWIML:
                    self.note("warning", url, 12300)
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 599

    def _reachable(self, url: str) -> str:
        """The same path at the program's own port, for addresses that begin with its public origin."""
        public, here = urlsplit(self.public_inbound_url), urlsplit(self.inbound_url)
        parts = urlsplit(url)
        if not self.inbound_url or (parts.scheme, parts.netloc) != (public.scheme, public.netloc):
            return url
        return parts._replace(scheme=here.scheme, netloc=here.netloc).geturl()

    # --- by hand ------------------------------------------------------------------------------------------------

    async def _by_hand(self, request: Request) -> Response:
        """Carry out what somebody asks for on the page or from another process; JSON or form in, JSON out."""
        given = await _parameters(request)
        action = self._actions().get(request.path_params["action"])
        if action is None:
            return JSONResponse({"error": "no such action"}, 404)
        try:
            answer = await action(given)
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        if "text/html" in request.headers.get("accept", "") and request.method == "POST":
            return RedirectResponse("/", 303)
        return JSONResponse(answer)

    def _actions(self) -> dict[str, Callable[[Mapping[str, Any]], Awaitable[Any]]]:
        def whose(given: Mapping[str, Any]) -> Person:
            return self.person(str(given["from"]))

        async def say(given: Mapping[str, Any]) -> Any:
            return {"status": await whose(given).say(str(given["text"]))}

        async def tap(given: Mapping[str, Any]) -> Any:
            on = self.messages[given["sid"]] if given.get("sid") else None
            return {"status": await whose(given).tap(str(given["label"]), on=on)}

        async def send(given: Mapping[str, Any]) -> Any:
            file = given["file"]
            assert isinstance(file, UploadFile), "file must be a multipart file"
            mime = file.content_type or mimetypes.guess_type(file.filename or "")[0] or ""
            return {"status": await whose(given).send_file(file.filename or "", await file.read(), mime)}

        async def odd(given: Mapping[str, Any]) -> Any:
            return {"status": await whose(given).send_odd(str(given["type"]))}

        async def person(given: Mapping[str, Any]) -> Any:
            one, does = whose(given), str(given.get("does", ""))
            ways = ("", "reads", "leave_whatsapp", "stop", "start_again", "close_window", "open_window")
            assert does in ways, f"does: one of {ways}"
            if does == "reads":
                await one.reads()
            elif does:
                getattr(one, does)()
            return {"address": one.address, "window_open": one.window_open, "stopped": one.stopped}

        async def fault(given: Mapping[str, Any]) -> Any:
            numbers = {name: int(given[name]) for name in ("status", "code", "times") if name in given}
            words = {name: given[name] for name in ("kind", "body", "to", "on") if name in given}
            return {"fault": self.fault(**words, **numbers).kind}

        async def clock(given: Mapping[str, Any]) -> Any:
            self.lead = timedelta(seconds=float(given["lead"]))
            return {"now": self.now().isoformat()}

        async def approve(given: Mapping[str, Any]) -> Any:
            self.approve(given["sid"], given.get("status", "approved"), given.get("reason", ""))
            return self.contents[given["sid"]].approval

        async def messages(given: Mapping[str, Any]) -> Any:
            ours = [
                one for one in self.messages.values() if given.get("with", one.to) in (one.to, one.sender)
            ]
            return [
                {**self._resource(one), "layout": one.layout, "buttons": one.buttons, "items": one.items}
                for one in ours
            ]

        async def log(_: Mapping[str, Any]) -> Any:
            return [[entry.at.isoformat(), *entry[1:]] for entry in self.log]

        async def broken(_: Mapping[str, Any]) -> Any:
            return self.violations

        return {
            "say": say, "tap": tap, "send": send, "odd": odd, "person": person, "fault": fault, "clock": clock,
            "approve": approve, "messages": messages, "log": log, "violations": broken,
        }  # fmt: skip

    async def _page(self, _: Request) -> Response:
        known = "".join(f"<option>{html.escape(address)}" for address in self.people)
        return HTMLResponse(PAGE_HTML.replace("KNOWN", known).replace("CHATS", self._chats_html()))

    async def _chats(self, _: Request) -> Response:
        return HTMLResponse(self._chats_html())

    def _chats_html(self) -> str:
        chats = []
        for address in self.people:
            ours = (one for one in self.messages.values() if address in (one.to, one.sender))
            bubbles = "".join(_bubble(address, one) for one in ours)
            chats.append(f"<section><h2>{html.escape(address)}</h2>{bubbles}</section>")
        return "".join(chats)


def _check_free_form(body: str, urls: Sequence[str]) -> None:
    """Refuse free-form messages that Twilio refuses at once."""
    if not body and not urls:
        raise Refused(21619)
    if len(body) > BODY:
        raise Refused(21617)
    if len(urls) > 1:
        raise Refused(21623)
    if not all(_is_url(url) for url in urls):
        raise Refused(21620)


def _variables(given: str) -> dict[str, str]:
    """ContentVariables, refused for the causes that docs/api/errors/21656 lists."""
    try:
        values = json.loads(given or "{}")
    except ValueError:
        raise Refused(21656) from None
    if not isinstance(values, dict):
        raise Refused(21656)
    for value in values.values():
        if not isinstance(value, str) or not value or FORBIDDEN_IN_VARIABLES.search(value):
            raise Refused(21656)
    return values


def _mapping(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise Refused(20001, detail=f"{name} must be an object")
    return value


def _wanted(message: Message, query: Mapping[str, str]) -> bool:
    """Whether a message is one that a list's filters let through; days count in UTC."""
    if query.get("To", message.to) != message.to or query.get("From", message.sender) != message.sender:
        return False
    at = message.sent or message.created
    for name, fits in (
        ("DateSent", lambda day, wanted: day == wanted),
        ("DateSent<", lambda day, wanted: day <= wanted),
        ("DateSent>", lambda day, wanted: day >= wanted),
    ):
        if given := query.get(name):
            wanted = datetime.fromisoformat(given.replace("Z", "+00:00"))
            wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
            by_day = len(given) <= 10 or name == "DateSent"
            if not (fits(at.date(), wanted.date()) if by_day else fits(at, wanted)):
                return False
    return True


def _turned(request: Request, count: int) -> tuple[int, int, Callable[[int], str]]:
    """A list's page, its size, and how to address another of its pages."""
    query = request.query_params
    size = min(max(int(query.get("PageSize", PAGE)), 1), LARGEST_PAGE)
    page = max(int(query.get("Page", 0)), 0)
    rest = [(name, value) for name, value in query.multi_items() if not name.startswith("Page")]

    def uri(other: int) -> str:
        token = [("PageToken", f"PA{other}")] if other else []
        return f"{request.url.path}?{urlencode([*rest, ('PageSize', size), ('Page', other), *token])}"

    return page, size, uri


def _page(request: Request, key: str, found: Sequence[Any]) -> dict[str, Any]:
    """A page as the 2010 API makes it."""
    page, size, uri = _turned(request, len(found))
    start = page * size
    here = list(found[start : start + size])
    return {
        key: here,
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + max(len(here) - 1, 0),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(page - 1) if page else None,
        "next_page_uri": uri(page + 1) if start + size < len(found) else None,
        "uri": uri(page),
    }


def _meta_page(request: Request, key: str, found: Sequence[Any]) -> dict[str, Any]:
    """A page as newer APIs make it."""
    page, size, uri = _turned(request, len(found))
    start = page * size

    def url(other: int) -> str:
        return f"{str(request.base_url).rstrip('/')}{uri(other)}"

    return {
        key: list(found[start : start + size]),
        "meta": {
            "key": key,
            "page": page,
            "page_size": size,
            "first_page_url": url(0),
            "previous_page_url": url(page - 1) if page else None,
            "next_page_url": url(page + 1) if start + size < len(found) else None,
            "url": url(page),
        },
    }


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _rfc2822(at: datetime | None) -> str | None:
    return format_datetime(at.astimezone(UTC).replace(microsecond=0)) if at else None


async def _parameters(request: Request) -> dict[str, Any]:
    """The query string, and a JSON or form body."""
    given: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        given |= await request.json()
    elif request.method == "POST":
        given |= dict(await request.form())
    return given


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _cut(request: Request) -> Response:
    """Cut the connection under a request; the response that Starlette insists on goes nowhere."""
    request.scope["fake.transport"].abort()
    await _disconnected(request)
    return Response()


def _listener(host: str, port: int) -> socket.socket:
    """A listening socket. asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is named."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    return listener


class _QuietServer(uvicorn.Server):
    """uvicorn inside somebody else's event loop: without taking their signals, and quick to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's own, without its fixed wait of 0.1 s, which every test would pay."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - plain sets
                    await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()


class _DroppableProtocol(H11Protocol):
    """Lets the application cut the connection, which ASGI itself cannot."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        application = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["fake.transport"] = self.transport
            await application(scope, receive, send)

        self.app = with_transport


# --- the page ------------------------------------------------------------------------------------------------------

PAGE_HTML = """<!doctype html><html><meta charset=utf-8><title>Fake Twilio</title>
<style>
body { font: 16px sans-serif; max-width: 45em; margin: 1em auto; padding: 0 1em }
p { white-space: pre-wrap; padding: .5em 1em; border-radius: .5em; background: #eef; margin: .3em 4em .3em 0 }
p.mine { background: #dfd; margin: .3em 0 .3em 4em } small { color: #555 }
section form { display: inline } body > form { margin: 1em 0 }
</style>
<div id=chats>CHATS</div>
<form method=post action=/_/say><input name=from list=people value="whatsapp:+9647500000001" aria-label=From>
<datalist id=people>KNOWN</datalist><input name=text dir=auto autofocus required aria-label=Text>
<button>Say</button></form>
<form method=post action=/_/send enctype=multipart/form-data>
<input name=from list=people value="whatsapp:+9647500000001" aria-label=From>
<input type=file name=file required aria-label=File><button>Send</button></form>
<script>
let seen = "";
setInterval(async () => {
  const now = await (await fetch("/_/chats")).text();
  if (now !== seen) { seen = now; document.getElementById("chats").innerHTML = now }
}, 1000);
</script></html>"""


def _bubble(address: str, message: Message) -> str:
    """A message on the page, with a form for everything that can be tapped."""
    mine = " class=mine" if message.direction == "inbound" else ""
    file = f"\n[{message.media.content_type}, {len(message.media.body)} bytes]" if message.media else ""
    rows: Iterable[tuple[str, str]] = [(title, "") for title, _ in message.buttons] or [
        (item.title, item.description) for item in message.items
    ]
    taps = "".join(
        f"<form method=post action=/_/tap><input type=hidden name=from value='{html.escape(address)}'>"
        f"<input type=hidden name=sid value='{message.sid}'>"
        f"<button name=label value='{html.escape(title)}'>{html.escape(title)}"
        f"{'<br><small>' + html.escape(more) + '</small>' if more else ''}</button></form> "
        for title, more in rows
    )
    state = (
        f"{message.status} {message.code}" if message.status in ("failed", "undelivered") else message.status
    )
    return f"<p{mine} dir=auto>{html.escape(message.body + file)}\n<small>{state}</small></p>{taps}"


async def _serve(server: FakeTwilio) -> None:
    async with server:
        print(f"Twilio's APIs at {server.url}, chats at the same address")
        print(f"account {server.account_sid}, token {server.auth_token}, sender {server.sender}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Run the fake Twilio by hand."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9002)
    parser.add_argument("--account-sid", default="AC" + "0" * 32)
    parser.add_argument("--auth-token", default="t" * 32)
    parser.add_argument("--sender", default="whatsapp:+15550001111")
    parser.add_argument("--inbound-url", required=True, help="where messages are posted")
    parser.add_argument("--public-inbound-url", default="", help="the address that signatures are made for")
    parser.add_argument("--person", action="append", default=[], help="an address that has WhatsApp")
    options = parser.parse_args()
    server = FakeTwilio(
        options.account_sid, options.auth_token, options.sender, options.inbound_url, options.public_inbound_url,
        options.port, host=options.host,
    )  # fmt: skip
    for address in options.person or ["whatsapp:+9647500000001"]:
        server.person(address)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(server))


if __name__ == "__main__":
    main()
