"""A Telegram Bot API server for tests: the real HTTP, the real limits, the real refusals.

In a test:

    async with FakeTelegram() as server:          # server.url, server.token
        ali = server.user(7, language_code="ar")
        await ali.start()
        menu = await ali.expect("Welcome")
        await ali.tap("Events")

By hand: `python -m tests.fakes.telegram --port 9001`, then open the printed address.

Error texts come from the Bot API server's Client.cpp (commit 01a3679c) and TDLib; a text that could not be
read there is marked "from memory" beside it. Where Telegram's own rule is unpublished the stricter guess is used.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import html
import ipaddress
import json
import math
import mimetypes
import re
import secrets
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TextIO
from urllib.parse import urlsplit

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.fakes.specification import telegram_specification

TEXT_LIMIT = 4096
"""Code points after entity parsing: core.telegram.org/bots/api#sendmessage; TDLib MessageContent.cpp."""
CAPTION_LIMIT = 1024
"""Code points after entity parsing: core.telegram.org/bots/api#senddocument; TDLib MessageContent.cpp."""
RAW_TEXT_LIMIT = 1 << 15
"""Bytes before parsing: Client.cpp get_formatted_text."""
CALLBACK_DATA_LIMIT = 64
"""Bytes: core.telegram.org/bots/api#inlinekeyboardbutton."""
CALLBACK_ANSWER_LIMIT = 200
"""Characters: core.telegram.org/bots/api#answercallbackquery."""
KEYBOARD_LIMIT, ROW_LIMIT = 100, 8
"""Buttons in an inline keyboard and in a row of it: limits.tginfo.me, as python-telegram-bot's constants."""
MARKUP_LIMIT = 10_240
"""Bytes of a whole reply markup; unpublished, from memory of reported refusals."""
UPLOAD_LIMIT = 50 << 20
"""Bytes of an uploaded file: core.telegram.org/bots/api#sending-files."""
PHOTO_LIMIT = 10 << 20
"""Bytes of an uploaded photo: core.telegram.org/bots/api#sending-files."""
DOWNLOAD_LIMIT = 20 << 20
"""Bytes that getFile serves: core.telegram.org/bots/api#getfile; Client.h MAX_DOWNLOAD_FILE_SIZE."""
LONG_POLL_LIMIT = 50
"""Seconds: Client.h LONG_POLL_MAX_TIMEOUT."""
COMMANDS_LIMIT = 100
"""Commands of one scope: core.telegram.org/bots/api#setmycommands."""
COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")
"""core.telegram.org/bots/api#botcommand."""
COMMAND_DESCRIPTION_LIMIT = 256
"""core.telegram.org/bots/api#botcommand."""
PROFILE_LIMITS = {"name": 64, "description": 512, "short_description": 120}
"""core.telegram.org/bots/api#setmyname, #setmydescription, #setmyshortdescription."""
START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")
"""core.telegram.org/bots/features#deep-linking."""
SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{0,256}")
"""core.telegram.org/bots/api#setwebhook."""
DELETE_WITHIN = 48 * 3600
"""Seconds for which a message can be deleted: core.telegram.org/bots/api#deletemessage."""
WEBHOOK_PORTS = {80, 88, 443, 8443}
"""WebhookActor.cpp; loopback addresses are exempt here, since tests have nothing else."""
WEBHOOK_BACKOFF_LIMIT = 60
"""Seconds: WebhookActor.h WEBHOOK_MAX_RESEND_TIMEOUT."""

TOKEN = "110201543:" + "A" * 35
"""The shape of a real token, the secret of none."""
GROUP_RATE, GROUP_BURST = 20 / 60, 20
"""Messages to one group: 20 a minute, core.telegram.org/bots/faq#broadcasting-to-users."""

UNREQUESTED_UPDATES = {"chat_member", "message_reaction", "message_reaction_count"}
"""Kinds sent only when allowed_updates names them: core.telegram.org/bots/api#getupdates."""
CHAT_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
BUTTON_ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip
COMMAND_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
FAULTS = {"rate", "server_error", "drop", "hang", "garbage", "forbidden", "refuse", "delay"}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
NO_QUERY = "query is too old and response timeout expired or query ID is invalid"
WEBHOOK_CONFLICT = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
POLL_CONFLICT = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)


# --- refusals -------------------------------------------------------------------------------------------------


class ApiError(Exception):
    """An answer with `"ok": false`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def body(self) -> dict[str, Any]:
        """The JSON that Telegram answers."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return {**answer, "parameters": self.parameters} if self.parameters else answer


def refuse(message: str) -> NoReturn:
    """400 with the wording of Client.cpp fail_query_with_error: the first letter is lowered, CONSTANTS are not."""
    constant = len(message) > 1 and (message[1] == "_" or message[1].isupper())
    raise ApiError(400, "Bad Request: " + (message if constant else message[:1].lower() + message[1:]))


def forbid(message: str) -> NoReturn:
    """403."""
    raise ApiError(403, f"Forbidden: {message}")


# --- text: cleaning, entities, parse modes --------------------------------------------------------------------

_REMOVED = {"\r", "\u0333", "\u033f", "\u030a", *map(chr, range(0x2028, 0x202F))}
_SPACED = {*map(chr, range(0x20)), " "} - {"\n", "\r"}
_DIRECTION_MARKS = re.compile("[\u200e\u200f]{2,}")
_HTML_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
_MARKDOWN_RESERVED = set("_*[]()~`>#+-=|{}.!")
_MARKDOWN_MARKS = {
    "__": "underline", "||": "spoiler", "*": "bold", "_": "italic", "~": "strikethrough", "`": "code",
}  # fmt: skip
_MARKDOWN_LINK = re.compile(r"\]\(((?:\\.|[^)\\])+)\)")
Entity = dict[str, Any]


def utf16_length(text: str) -> int:
    """Length in the unit of entity offsets."""
    return len(text) + sum(character > "\uffff" for character in text)


def clean_text(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """What Telegram stores of a text: TDLib misc.cpp clean_input_string and MessageEntity.cpp fix_formatted_text."""
    kept: list[str] = []
    moved: dict[int, int] = {}
    before = after = 0
    for character in _DIRECTION_MARKS.sub(lambda run: "\u200c" * (len(run[0]) - 1) + run[0][-1], text):
        moved[before] = after
        width = utf16_length(character)
        before += width
        if character not in _REMOVED:
            kept.append(" " if character in _SPACED else character)
            after += width
    moved[before] = after
    spans = [_moved_entity(entity, moved, before) for entity in entities]
    return _trim("".join(kept), [entity for entity in spans if entity["length"]])


def _moved_entity(entity: Entity, moved: Mapping[int, int], total: int) -> Entity:
    """The entity at its place in the cleaned text; TDLib's refusals for a place that does not exist."""
    begin, length = entity["offset"], entity["length"]
    if begin < 0:
        refuse(f"Receive an entity with incorrect offset {begin}")
    if length < 0:
        refuse(f"Receive an entity with incorrect length {length}")
    if begin > total:
        refuse(f"Entity begins after the end of the text at UTF-16 offset {begin}")
    if begin not in moved:
        refuse(f"Entity begins in a middle of a UTF-16 symbol at UTF-16 offset {begin}")
    end = begin + length
    if end > total:
        refuse(
            f"Entity beginning at UTF-16 offset {begin} ends after the end of the text at UTF-16 offset {end}"
        )
    if end not in moved:
        refuse(f"Entity beginning at UTF-16 offset {begin} ends in a middle of a UTF-16 symbol")
    return {**entity, "offset": moved[begin], "length": moved[end] - moved[begin]}


def _trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    text = text.rstrip(" \n")
    total = utf16_length(text)
    first = min((entity["offset"] for entity in entities), default=total)
    # TDLib keeps leading space that an entity covers.
    lead = min(len(text) - len(text.lstrip(" \n")), first)
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])):
        length = min(entity["length"], total - entity["offset"])
        if length > 0:
            kept.append({**entity, "offset": entity["offset"] - lead, "length": length})
    return text[lead:], kept


def _unparsed(message: str) -> NoReturn:
    refuse(f"Can't parse entities: {message}")


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Telegram's HTML style (core.telegram.org/bots/api#html-style), refused in TDLib's words."""
    text, length = "", 0
    entities: list[Entity] = []
    opened: list[tuple[str, Entity]] = []
    position = 0

    def place(at: int) -> int:
        return len(source[:at].encode())

    while position < len(source):
        character = source[position]
        if character == "&":
            decoded, position = _html_character(source, position)
            text, length = text + decoded, length + utf16_length(decoded)
            continue
        if character != "<":
            text, length, position = text + character, length + utf16_length(character), position + 1
            continue
        end = source.find(">", position)
        if end < 0:
            _unparsed(f"Unclosed start tag at byte offset {place(position)}")
        tag = source[position + 1 : end]
        if tag.startswith("/"):
            name = tag[1:].strip().lower()
            if not opened:
                _unparsed(f"Unexpected end tag at byte offset {place(position)}")
            expected, entity = opened.pop()
            if name and name != expected:
                _unparsed(
                    f'Unmatched end tag at byte offset {place(position)}, expected "</{expected}>", found "</{name}>"'
                )
            entity["length"] = length - entity["offset"]
            entities.append(entity)
        else:
            name = re.split(r"[\s>]", tag, maxsplit=1)[0].lower()
            opened.append((name, _html_entity(name, tag, length, place(position))))
        position = end + 1
    if opened:
        _unparsed(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return text, [entity for entity in entities if entity["length"] and entity["type"] != "dropped"]


def _html_character(source: str, position: int) -> tuple[str, int]:
    found = re.compile(r"&(lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});").match(source, position)
    return (html.unescape(found[0]), found.end()) if found else ("&", position + 1)


def _html_entity(name: str, tag: str, offset: int, place: int) -> Entity:
    kind = _HTML_TAGS.get(name)
    attributes = dict(re.findall(r"([\w-]+)\s*=\s*[\"']?([^\"'>]*)", tag))
    if kind is None:
        _unparsed(f'Unsupported start tag "{name}" at byte offset {place}')
    if name == "span" and attributes.get("class") != "tg-spoiler":
        _unparsed(f'Tag "span" must have class "tg-spoiler" at byte offset {place}')
    entity: Entity = {"type": kind, "offset": offset, "length": 0}
    if kind == "text_link":
        url = html.unescape(attributes.get("href", ""))
        entity |= {"url": url} if url else {"type": "dropped"}
    if kind == "custom_emoji":
        entity["custom_emoji_id"] = attributes.get("emoji-id", "")
    if kind == "blockquote" and re.search(r"\sexpandable\b", tag):
        entity["type"] = "expandable_blockquote"
    return entity


def parse_markdown(source: str) -> tuple[str, list[Entity]]:
    """The common part of MarkdownV2 (core.telegram.org/bots/api#markdownv2-style), refused in TDLib's words."""
    text, length, position = "", 0, 0
    entities: list[Entity] = []
    opened: list[tuple[str, Entity]] = []
    while position < len(source):
        character = source[position]
        if character == "\\" and source[position + 1 : position + 2] in _MARKDOWN_RESERVED | {"\\"}:
            text, length, position = text + source[position + 1], length + 1, position + 2
            continue
        link = _MARKDOWN_LINK.match(source, position)
        if link and opened and opened[-1][0] == "[":
            entity = opened.pop()[1]
            entity |= {"length": length - entity["offset"], "url": re.sub(r"\\(.)", r"\1", link[1])}
            entities.append(entity)
            position = link.end()
            continue
        mark = next((mark for mark in _MARKDOWN_MARKS if source.startswith(mark, position)), None)
        if character == "[":
            opened.append(("[", {"type": "text_link", "offset": length, "length": 0}))
            position += 1
        elif mark:
            if opened and opened[-1][0] == mark:
                entity = opened.pop()[1]
                entities.append(entity | {"length": length - entity["offset"]})
            else:
                opened.append((mark, {"type": _MARKDOWN_MARKS[mark], "offset": length, "length": 0}))
            position += len(mark)
        elif character in _MARKDOWN_RESERVED:
            _unparsed(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
        else:
            text, length, position = text + character, length + utf16_length(character), position + 1
    if opened:
        kind, begin = opened[-1][1]["type"], len(source.encode())
        _unparsed(f"Can't find end of {kind.title().replace('_', '')} entity at byte offset {begin}")
    return text, [entity for entity in entities if entity["length"]]


def found_entities(text: str) -> list[Entity]:
    """Commands and addresses, which Telegram finds by itself in what people type."""
    found = [("bot_command", match) for match in re.finditer(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(@\w+)?", text)]
    found += [("url", match) for match in re.finditer(r"https?://[^\s<>]+", text)]
    return [
        {"type": kind, "offset": utf16_length(text[: match.start()]), "length": utf16_length(match[0])}
        for kind, match in found
    ]


# --- records --------------------------------------------------------------------------------------------------


class Button(NamedTuple):
    """One button as a person sees it."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass
class StoredFile:
    """A file on the fake's servers."""

    file_id: str
    kind: str
    name: str
    mime: str
    content: bytes = field(repr=False)
    size: int

    @property
    def path(self) -> str:
        """Where `/file/bot<token>/` serves it."""
        suffix = Path(self.name).suffix or mimetypes.guess_extension(self.mime) or ""
        return f"{self.kind}s/{self.file_id}{suffix}"

    def wire(self) -> dict[str, Any]:
        """The identifiers that every file object carries."""
        return {"file_id": self.file_id, "file_unique_id": f"u{self.file_id[-12:]}", "file_size": self.size}


@dataclass
class Message:
    """One message: `raw` is Telegram's object, the rest is what a person sees of it."""

    raw: dict[str, Any]
    from_bot: bool
    changed: int
    file: StoredFile | None = None
    deleted: bool = False
    history: list[dict[str, Any]] = field(default_factory=list, repr=False)
    reply_keyboard: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def id(self) -> int:
        """message_id."""
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        """Text or caption."""
        return str(self.raw.get("text", self.raw.get("caption", "")))

    @property
    def entities(self) -> list[Entity]:
        """Entities of the text or of the caption."""
        return list(self.raw.get("entities", self.raw.get("caption_entities", [])))

    @property
    def edited(self) -> bool:
        """Whether it was ever edited."""
        return bool(self.history)

    @property
    def document(self) -> StoredFile | None:
        """The attached file, of whatever kind."""
        return self.file

    @property
    def buttons(self) -> list[list[Button]]:
        """Rows of the inline keyboard."""
        rows = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return [[Button(b["text"], b.get("callback_data"), b.get("url")) for b in row] for row in rows]

    @property
    def labels(self) -> list[str]:
        """Labels of all inline buttons, in reading order."""
        return [button.label for row in self.buttons for button in row]

    @property
    def keyboard(self) -> list[list[str]]:
        """Rows of the reply keyboard that came with it."""
        rows = self.reply_keyboard.get("keyboard", [])
        return [[key if isinstance(key, str) else key["text"] for key in row] for row in rows]

    def button(self, wanted: str) -> Button | None:
        """The button with this exact data or label, else the first whose label contains it."""
        buttons = [button for row in self.buttons for button in row]
        exact = (button for button in buttons if wanted in (button.data, button.label))
        return next(exact, None) or next((button for button in buttons if wanted in button.label), None)

    def view(self) -> dict[str, Any]:
        """For the control API."""
        return {
            "message_id": self.id,
            "from": "bot" if self.from_bot else "user",
            "text": self.text,
            "entities": self.entities,
            "buttons": [[button._asdict() for button in row] for row in self.buttons],
            "keyboard": self.keyboard,
            "file": self.file and {"name": self.file.name, "mime": self.file.mime, "size": self.file.size},
            "edited": self.edited,
            "deleted": self.deleted,
            "date": self.raw["date"],
        }


@dataclass
class Chat:
    """A chat that the bot knows."""

    id: int
    kind: str = "private"
    title: str = ""
    reachable: bool = False
    refusal: ApiError | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)

    def wire(self) -> dict[str, Any]:
        """Telegram's Chat object."""
        return {
            "id": self.id,
            "type": self.kind,
            ("first_name" if self.kind == "private" else "title"): self.title,
        }

    def wake(self) -> None:
        """Let everybody who waits for this chat look again."""
        for waiter in self.waiting:
            if not waiter.done():
                waiter.set_result(None)
        self.waiting.clear()


@dataclass
class Query:
    """A callback query and whether it still may be answered."""

    person: Person
    asked: float
    wire: dict[str, Any]
    answered: bool = False


@dataclass
class Logged:
    """One call of the bot. `ok` says whether it took effect, even where a fault hid the answer."""

    at: float
    method: str
    chat: int | None
    ok: bool
    code: int
    description: str = ""
    message_id: int | None = None
    text: str = ""
    fault: str = ""


@dataclass
class Fault:
    """A failure to inject; `times=None` means until removed, `effect` means the call is carried out all the same."""

    kind: str
    method: str | None = None
    chat: int | None = None
    times: int | None = 1
    after: int = 0
    seconds: float = 5.0
    code: int = 502
    description: str = ""
    effect: bool = False
    seen: int = 0

    def __post_init__(self) -> None:
        if self.kind == "accept_then_drop":
            self.kind, self.effect = "drop", True
        if self.kind not in FAULTS:
            raise ValueError(f"unknown fault {self.kind}; known: {sorted(FAULTS)}, accept_then_drop")

    def strikes(self, method: str, chat: int | None) -> bool:
        """Whether this call is hit; counts the calls that match."""
        if self.method is not None and self.method.lower() != method.lower():
            return False
        if self.chat is not None and self.chat != chat:
            return False
        if self.spent:
            return False
        self.seen += 1
        return self.seen > self.after

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as asked."""
        return self.times is not None and self.seen >= self.after + self.times


class Bucket:
    """A token bucket that stays shut for as long as it told the caller to wait, as Telegram does."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.tokens = rate, burst, burst
        self.at, self.shut_until = 0.0, 0.0

    def wait(self, now: float) -> int:
        """Seconds that a call now has to wait; 0 when it may go ahead. Takes nothing."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate) if self.at else self.burst
        self.at = now
        if now < self.shut_until:
            return math.ceil(self.shut_until - now)
        return 0 if self.tokens >= 1 else max(1, math.ceil((1 - self.tokens) / self.rate))

    def shut(self, now: float, seconds: int) -> None:
        """Refuse everything until then."""
        self.shut_until = max(self.shut_until, now + seconds)


@dataclass
class Incoming:
    """One call as it came: parameters are text when they came from a form, JSON values when from JSON."""

    method: str
    parameters: dict[str, Any]
    files: dict[str, tuple[str, str, bytes]]

    def text(self, name: str) -> str:
        """A parameter as text; empty when absent."""
        value = self.parameters.get(name)
        return "" if value is None else value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number pushed into its range, as Client.cpp get_integer_arg does."""
        try:
            return min(max(int(self.text(name)), low), high)
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        """A Boolean as td::to_bool reads it."""
        return self.text(name).lower() in {"true", "yes", "1"}

    def data(self, name: str, called: str) -> Any:
        """A structured parameter; None when absent."""
        value = self.parameters.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            refuse(f"Can't parse {called} JSON object")

    @property
    def chat(self) -> int | None:
        """chat_id where it is a number."""
        with contextlib.suppress(ValueError):
            return int(self.text("chat_id"))
        return None


# --- the person -----------------------------------------------------------------------------------------------


class Person:
    """A Telegram user, seen from their own telephone."""

    def __init__(
        self, server: FakeTelegram, identifier: int, language_code: str | None, first_name: str
    ) -> None:
        self.server, self.id = server, identifier
        self.language_code, self.first_name = language_code, first_name
        self.username: str | None = None
        self.answers: list[str] = []
        self.alerts: list[str] = []
        self.chat = server.chat(identifier, "private", first_name, reachable=False)
        self._seen = 0
        self._last_tap: dict[str, Any] | None = None

    def wire(self) -> dict[str, Any]:
        """Telegram's User object."""
        user: dict[str, Any] = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        optional = {"username": self.username, "language_code": self.language_code}
        return user | {name: value for name, value in optional.items() if value}

    @property
    def history(self) -> list[Message]:
        """Every message of the chat, of both sides, deleted ones too."""
        return list(self.chat.messages.values())

    @property
    def messages(self) -> list[Message]:
        """Everything the bot sent, deleted messages too."""
        return [message for message in self.history if message.from_bot]

    @property
    def last(self) -> Message:
        """The newest message of the bot that is still there."""
        return next(message for message in reversed(self.messages) if not message.deleted)

    async def say(self, text: str, **more: Any) -> Message:
        """Type a message; `more` goes into the Message object (for example reply_to_message)."""
        text, _ = clean_text(text, [])
        content: dict[str, Any] = {"text": text}
        if entities := found_entities(text):
            content["entities"] = entities
        return self._write(content | more)

    async def start(self, payload: str = "") -> Message:
        """Press Start, or follow a deep link; unblocks the bot first, as the application does."""
        if not START_PAYLOAD.fullmatch(payload):
            raise ValueError("a deep link carries 1-64 of A-Z a-z 0-9 _ -")
        if self.chat.refusal is not None:
            self.unblock()
        return await self.say(f"/start {payload}".strip())

    async def edit(self, text: str, message: Message | int | None = None) -> Message:
        """Edit one's own message, by default the newest."""
        own = [m for m in self.history if not m.from_bot]
        edited = self._find(message) if message is not None else own[-1]
        edited.history.append(edited.raw)
        edited.raw = edited.raw | {"text": text, "edit_date": int(time.time())}
        self._act()
        self.server.push({"edited_message": edited.raw})
        return edited

    async def tap(
        self,
        wanted: str,
        message: Message | int | None = None,
        *,
        again: bool = False,
        inaccessible: bool = False,
    ) -> str:
        """Tap the newest button with that label or data; returns the callback query's id.

        `again` delivers the previous tap once more: same query, new update_id. `inaccessible` sends the query
        with an InaccessibleMessage, as for very old messages.
        """
        self._act()
        if again and self._last_tap is not None:
            self.server.push({"callback_query": self._last_tap})
            return str(self._last_tap["id"])
        found = self._find_button(wanted, message)
        if found[1].data is None:
            raise AssertionError(f"the button {wanted!r} opens {found[1].url!r}; it makes no callback query")
        raw: dict[str, Any] = found[0].raw
        if inaccessible:
            raw = {"chat": self.chat.wire(), "message_id": found[0].id, "date": 0}
        query = self.server.ask(self, raw, found[1].data)
        self._last_tap = query
        return str(query["id"])

    async def send_file(
        self, name: str, content: bytes, mime: str = "", *, caption: str = "", size: int | None = None
    ) -> Message:
        """Send a document; `size` pretends another size without the bytes."""
        mime = mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = self.server.keep("document", name, mime, content, size)
        wire = {**file.wire(), "file_name": name, "mime_type": mime}
        return self._write({"document": wire} | ({"caption": caption} if caption else {}), file)

    async def send_photo(self, content: bytes = b"\xff\xd8\xff\xd9", *, caption: str = "") -> Message:
        """Send a photo."""
        file = self.server.keep("photo", "photo.jpg", "image/jpeg", content)
        return self._write({"photo": _photo_sizes(file)} | ({"caption": caption} if caption else {}), file)

    async def send_voice(self, content: bytes = b"OggS", *, duration: int = 3) -> Message:
        """Send a voice message."""
        file = self.server.keep("voice", "voice.oga", "audio/ogg", content)
        return self._write({"voice": {**file.wire(), "duration": duration, "mime_type": "audio/ogg"}}, file)

    async def send_sticker(self, emoji: str = "👍") -> Message:
        """Send a sticker."""
        file = self.server.keep("sticker", "sticker.webp", "image/webp", b"RIFF")
        looks = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self._write({"sticker": {**file.wire(), **looks, "emoji": emoji}}, file)

    async def send_contact(
        self, phone_number: str, *, user_id: int | None = None, first_name: str = ""
    ) -> Message:
        """Share a contact, by default one's own; `user_id=0` shares one that is not on Telegram."""
        contact: dict[str, Any] = {"phone_number": phone_number, "first_name": first_name or self.first_name}
        owner = self.id if user_id is None else user_id
        return self._write({"contact": contact | ({"user_id": owner} if owner else {})})

    async def send_location(self, latitude: float, longitude: float) -> Message:
        """Share a place."""
        return self._write({"location": {"latitude": latitude, "longitude": longitude}})

    async def expect(
        self,
        wanted: str | Callable[[Message], bool] = "",
        timeout: float = 10,  # noqa: ASYNC109
        *,
        anywhere: bool = False,
    ) -> Message:
        """Wait for a message of the bot, new or edited since this person last did something, that matches.

        With `anywhere` older messages match as well.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while True:
                    for message in self.messages:
                        fresh = anywhere or message.changed > self._seen
                        if fresh and not message.deleted and _matches(message, wanted):
                            return message
                    waiter = asyncio.get_running_loop().create_future()
                    self.chat.waiting.append(waiter)
                    await waiter
        got = (
            "\n".join(f"  {message.text!r} {message.labels}" for message in self.messages[-5:]) or "  nothing"
        )
        raise AssertionError(
            f"{self.first_name} ({self.id}) waited {timeout} s for {wanted!r}; the last they got:\n{got}"
        )

    def block(self) -> None:
        """Block the bot."""
        self.chat.refusal = ApiError(403, "Forbidden: bot was blocked by the user")
        self._membership("member", "kicked")

    def unblock(self) -> None:
        """Unblock the bot."""
        self.chat.refusal = None
        self._membership("kicked", "member")

    def deactivate(self) -> None:
        """Delete the account. Telegram tells the bot nothing."""
        self.chat.refusal = ApiError(403, "Forbidden: user is deactivated")

    def transcript(self) -> dict[str, Any]:
        """The chat as data, for the control API."""
        return {
            "user": self.wire(),
            "started": self.chat.reachable,
            "refusal": self.chat.refusal and self.chat.refusal.description,
            "messages": [message.view() for message in self.history],
            "answers": self.answers,
        }

    def _act(self) -> None:
        self._seen = self.server.sequence

    def _write(self, content: dict[str, Any], file: StoredFile | None = None) -> Message:
        self.chat.reachable = True
        self._act()
        message = self.server.add_message(self.chat, self.wire(), content, from_bot=False, file=file)
        self.server.push({"message": message.raw})
        return message

    def _membership(self, old: str, new: str) -> None:
        bot = self.server.bot_user()
        changed = {
            "chat": self.chat.wire(),
            "from": self.wire(),
            "date": int(time.time()),
            "old_chat_member": {"user": bot, "status": old} | ({"until_date": 0} if old == "kicked" else {}),
            "new_chat_member": {"user": bot, "status": new} | ({"until_date": 0} if new == "kicked" else {}),
        }
        self.server.push({"my_chat_member": changed})

    def _find(self, message: Message | int) -> Message:
        return message if isinstance(message, Message) else self.chat.messages[message]

    def _find_button(self, wanted: str, message: Message | int | None) -> tuple[Message, Button]:
        shown = [m for m in reversed(self.messages) if not m.deleted]
        for candidate in shown if message is None else [self._find(message)]:
            if button := candidate.button(wanted):
                return candidate, button
        offered = [m.labels for m in shown[:3]]
        raise AssertionError(f"no button {wanted!r}; the newest messages offer {offered}")


def _matches(message: Message, wanted: str | Callable[[Message], bool]) -> bool:
    return wanted in message.text if isinstance(wanted, str) else wanted(message)


def _photo_sizes(file: StoredFile) -> list[dict[str, Any]]:
    width, height = 1280, 720
    if file.content.startswith(b"\x89PNG") and len(file.content) >= 24:
        width, height = (int.from_bytes(file.content[at : at + 4]) for at in (16, 20))
    return [{**file.wire(), "width": width, "height": height}]


# --- the webhook ----------------------------------------------------------------------------------------------


class Webhook:
    """Delivers pending updates by HTTP: in order within a chat, several chats at once, again until a 2xx."""

    def __init__(self, server: FakeTelegram, url: str, secret: str, connections: int) -> None:
        self.server, self.url, self.connections = server, url, connections
        self.error: tuple[int, str] | None = None
        self._headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        self._free = asyncio.Semaphore(connections)
        self._queues: dict[int, deque[int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=server.webhook_timeout))

    def add(self, update: dict[str, Any]) -> None:
        """Queue one update behind the others of its chat."""
        key = _queue_key(update)
        if key in self._queues:
            self._queues[key].append(update["update_id"])
            return
        self._queues[key] = deque([update["update_id"]])
        task = asyncio.create_task(self._drain(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop delivering; what was not acknowledged stays pending."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    async def _drain(self, key: int) -> None:
        queue, failures = self._queues[key], 0
        while queue:
            update = self.server.pending.get(queue[0])
            wait = await self._deliver(update) if update else None
            if wait is None:
                self.server.pending.pop(queue.popleft(), None)
                failures = 0
                continue
            # WebhookActor.cpp on_update_error: the first failure is repeated at once, later ones wait twice as long.
            backoff = min(self.server.webhook_backoff * 2**failures, WEBHOOK_BACKOFF_LIMIT) if failures else 0
            failures += 1
            await asyncio.sleep(wait or backoff)
        del self._queues[key]

    async def _deliver(self, update: dict[str, Any]) -> float | None:
        """None once acknowledged, else the Retry-After asked for (0 when none was)."""
        async with self._free:
            self.server.webhook_attempts += 1
            try:
                async with self._session.post(self.url, json=update, headers=self._headers) as answer:
                    body = await answer.text(errors="replace")
                    status, reason = answer.status, answer.reason
                    after = answer.headers.get("Retry-After", "")
            except TimeoutError:
                return self._failed("Read timeout expired")
            except (aiohttp.ClientError, OSError) as error:
                return self._failed(f"Connection failed: {type(error).__name__}")
        if status // 100 != 2:
            self._failed(f"Wrong response from the webhook: {status} {reason}")
            return float(after) if after.isdigit() else 0.0
        await self._reply(body)
        return None

    def _failed(self, why: str) -> float:
        self.error = int(time.time()), why
        return 0.0

    async def _reply(self, body: str) -> None:
        """Carry out the call that a webhook may put into its answer."""
        with contextlib.suppress(ValueError):
            if isinstance(call := json.loads(body), dict) and isinstance(
                method := call.pop("method", None), str
            ):
                await self.server.call(Incoming(method, call, {}))


def _queue_key(update: Mapping[str, Any]) -> int:
    for value in update.values():
        if isinstance(value, dict):
            chat = value.get("chat") or value.get("message", {}).get("chat") or value.get("from") or {}
            return int(chat.get("id", 0))
    return 0


# --- the server -----------------------------------------------------------------------------------------------


class _Dropped(Exception):
    """The connection is to be cut without an answer."""


class _Garbage(Exception):
    """The answer is to be something that Telegram never sends."""

    def __init__(self, code: int, body: str, content_type: str) -> None:
        super().__init__(body)
        self.response = Response(body, code, media_type=content_type)


class FakeTelegram:
    """The Bot API for one bot, and the telephones of everybody who talks to it.

    `per_second`, `per_chat` (with `per_chat_burst`) are messages per second, None for no limit.
    `webhook_backoff` is the first delay between webhook retries, `callback_lifetime` the seconds for which a tap
    may be answered (Telegram's own figure is unpublished).
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        per_second: float | None = 30,
        per_chat: float | None = 1,
        per_chat_burst: float = 5,
        username: str = "diwakhan_bot",
        log_path: str | Path | None = None,
        webhook_backoff: float = 1.0,
        webhook_timeout: float = 60.0,
        callback_lifetime: float = 60.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.token, self.username, self.host, self.port = token, username, host, port
        self.per_second, self.per_chat, self.per_chat_burst = per_second, per_chat, per_chat_burst
        self.webhook_backoff, self.webhook_timeout = webhook_backoff, webhook_timeout
        self.callback_lifetime = callback_lifetime
        self.log: list[Logged] = []
        self.log_path = Path(log_path) if log_path else None
        self.violations: list[str] = []
        self.faults: list[Fault] = []
        self.calls: Counter[str] = Counter()
        self.flooded = 0
        self.webhook_attempts = 0
        self.sequence = 0
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.queries: dict[str, Query] = {}
        self.pending: dict[int, dict[str, Any]] = {}
        self.allowed_updates: list[str] = []
        self.webhook: Webhook | None = None
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.app = Starlette(routes=[*_bot_routes(self), *_control_routes(self)])
        self._next_message, self._next_update = 0, 700_000_000
        self._bot_bucket: Bucket | None = None
        self._chat_buckets: dict[int, Bucket] = {}
        self._poll: asyncio.Future[bool] | None = None
        self._closing = asyncio.Event()
        self._http: _QuietServer | None = None
        self._serving: asyncio.Task[None] | None = None
        self._log_file: TextIO | None = None
        self._methods = self._method_table()

    # Running

    @property
    def url(self) -> str:
        """What the bot takes for https://api.telegram.org."""
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> FakeTelegram:
        await self.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def begin(self) -> None:
        """Listen; the port is free to choose unless one was given."""
        listener = _listener(self.host, self.port)
        self.port = listener.getsockname()[1]
        self._open_log()
        config = uvicorn.Config(
            self.app, http=_DroppableProtocol, ws="none", lifespan="off", loop="none",
            log_config=None, log_level="critical", access_log=False,
        )  # fmt: skip
        self._http = _QuietServer(config)
        self._serving = asyncio.create_task(self._http.serve([listener]))
        while not self._http.started:  # noqa: ASYNC110 - uvicorn announces its start by this attribute alone
            await asyncio.sleep(0.002)

    async def close(self) -> None:
        """Stop everything and leave nothing open."""
        self._closing.set()
        self._wake_poll(False)
        if self.webhook is not None:
            await self.webhook.close()
        if self._http is not None and self._serving is not None:
            self._http.ending.set()
            await self._serving
        if self._log_file is not None:
            self._log_file.close()
            self._log_file = None

    async def serve(self) -> None:
        """Run until cancelled."""
        async with self:
            await asyncio.Event().wait()

    def _open_log(self) -> None:
        if self.log_path is not None:
            self._log_file = self.log_path.open("a", encoding="utf-8")

    # People, chats, updates

    def user(self, identifier: int, language_code: str | None = "ar", first_name: str = "Member") -> Person:
        """The person with this id, made on first mention; they have not pressed Start yet."""
        if identifier not in self.people:
            self.people[identifier] = Person(self, identifier, language_code, first_name)
        return self.people[identifier]

    def chat(
        self, identifier: int, kind: str = "supergroup", title: str = "", *, reachable: bool = True
    ) -> Chat:
        """A chat; groups and channels made here have the bot as a member."""
        if identifier not in self.chats:
            self.chats[identifier] = Chat(identifier, kind, title, reachable)
        return self.chats[identifier]

    def bot_user(self) -> dict[str, Any]:
        """The bot as a User object."""
        identifier = int(self.token.partition(":")[0])
        return {"id": identifier, "is_bot": True, "first_name": "Diwakhan", "username": self.username}

    def push(self, update: dict[str, Any]) -> dict[str, Any] | None:
        """Queue any update; one that carries an update_id keeps it (a repetition). None when it is not wanted."""
        if not self._wanted(update):
            return None
        if "update_id" not in update:
            update = {"update_id": self._next_update + 1, **update}
        self._next_update = max(self._next_update, update["update_id"])
        self.pending[update["update_id"]] = update
        if self.webhook is not None:
            self.webhook.add(update)
        self._wake_poll(True)
        return update

    def _wanted(self, update: Mapping[str, Any]) -> bool:
        kinds = update.keys() - {"update_id"}
        if self.allowed_updates:
            return bool(kinds & set(self.allowed_updates))
        return not kinds & UNREQUESTED_UPDATES

    def ask(self, person: Person, message: dict[str, Any], data: str) -> dict[str, Any]:
        """Make and queue a callback query."""
        identifier = str(secrets.randbits(62))
        instance = str(person.id * 7919)
        query = {
            "id": identifier,
            "from": person.wire(),
            "chat_instance": instance,
            "data": data,
            "message": message,
        }
        self.queries[identifier] = Query(person, time.monotonic(), query)
        self.push({"callback_query": query})
        return query

    def keep(self, kind: str, name: str, mime: str, content: bytes, size: int | None = None) -> StoredFile:
        """Store a file."""
        file = StoredFile(
            secrets.token_urlsafe(32), kind, name, mime, content, len(content) if size is None else size
        )
        self.files[file.file_id] = file
        return file

    def add_message(
        self,
        chat: Chat,
        sender: dict[str, Any],
        content: dict[str, Any],
        *,
        from_bot: bool,
        file: StoredFile | None = None,
    ) -> Message:
        """Put a message into a chat and wake whoever waits for it."""
        self._next_message += 1
        head = {
            "message_id": self._next_message,
            "from": sender,
            "chat": chat.wire(),
            "date": int(time.time()),
        }
        message = Message(head | content, from_bot, self._tick(), file)
        chat.messages[message.id] = message
        chat.wake()
        return message

    def fault(self, kind: str, method: str | None = None, chat: int | None = None, **more: Any) -> Fault:
        """Make coming calls fail: see Fault. Kinds: rate (`seconds` becomes retry_after), server_error, drop,
        accept_then_drop, hang, garbage, forbidden, refuse, delay."""
        fault = Fault(kind, method, chat, **more)
        self.faults.append(fault)
        return fault

    def delivered(self) -> list[Logged]:
        """Calls that put a new message before a person."""
        return [
            entry for entry in self.log if entry.ok and entry.method.startswith("send") and entry.message_id
        ]

    def _tick(self) -> int:
        self.sequence += 1
        return self.sequence

    def _wake_poll(self, found: bool) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(found)

    # One call

    async def call(self, call: Incoming) -> dict[str, Any]:
        """Carry out one call and log it; raises ApiError, or what a fault asks for."""
        handler = self._methods.get(call.method.lower())
        self.calls[call.method.lower()] += 1
        self._validate(call)
        entry = Logged(time.time(), self._spelling(call.method), call.chat, False, 200)
        struck = next((fault for fault in self.faults if fault.strikes(call.method, call.chat)), None)
        self.faults = [fault for fault in self.faults if not fault.spent]
        try:
            if struck is not None:
                entry.fault = struck.kind
                await self._before(struck)
            if handler is None:
                raise ApiError(404, "Not Found: method not found")
            answer: dict[str, Any] = await handler(call)
        except ApiError as error:
            entry.code, entry.description = error.code, error.description
            self._record(entry)
            raise
        except (_Dropped, _Garbage):
            entry.code = 0
            self._record(entry)
            raise
        entry.ok = True
        if isinstance(result := answer["result"], dict):
            entry.message_id = result.get("message_id")
            entry.text = str(result.get("text", result.get("caption", "")))
        self._record(entry)
        if struck is not None and struck.effect:
            await self._strike(struck)
        return answer

    async def _before(self, fault: Fault) -> None:
        if fault.kind == "delay":
            await self._sleep(fault.seconds)
        elif not fault.effect:
            await self._strike(fault)

    async def _strike(self, fault: Fault) -> None:
        match fault.kind:
            case "rate":
                seconds = math.ceil(fault.seconds)
                raise ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
            case "forbidden":
                forbid(fault.description or "bot was blocked by the user")
            case "refuse":
                refuse(fault.description or "chat not found")
            case "server_error":
                page = f"<html><head><title>{fault.code}</title></head><body>Bad Gateway</body></html>"
                raise _Garbage(fault.code, page, "text/html")
            case "garbage":
                raise _Garbage(200, '{"ok":true,"result":{"message_id":', "application/json")
            case "hang":
                await self._sleep(fault.seconds)
                raise _Dropped
            case "drop":
                raise _Dropped

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the server's end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    def _validate(self, call: Incoming) -> None:
        specification = telegram_specification()
        if specification is not None:
            self.violations += specification.violations(call.method, call.parameters, call.files)

    def _spelling(self, method: str) -> str:
        specification = telegram_specification()
        published = specification.method_name(method) if specification else None
        return published or method

    def _record(self, entry: Logged) -> None:
        if entry.method == "getUpdates" and entry.ok:
            return
        self.log.append(entry)
        if self._log_file is not None:
            self._log_file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
            self._log_file.flush()

    def _method_table(self) -> dict[str, Callable[[Incoming], Any]]:
        table: dict[str, Callable[[Incoming], Any]] = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._set_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "sendmessage": self._send_message,
            "senddocument": self._send_document,
            "sendphoto": self._send_photo,
            "editmessagetext": self._edit_text,
            "editmessagecaption": self._edit_caption,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_query,
            "setmycommands": self._set_commands,
            "getmycommands": self._get_commands,
            "deletemycommands": self._delete_commands,
            "getfile": self._get_file,
            "sendchataction": self._send_action,
            "getchat": self._get_chat,
        }
        for name in PROFILE_LIMITS:
            method = "my" + name.replace("_", "")
            table["set" + method] = self._profile_setter(name)
            table["get" + method] = self._profile_getter(name)
        return table

    # Updates to the bot

    async def _get_me(self, call: Incoming) -> dict[str, Any]:
        abilities = {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
        more = {"can_connect_to_business": False, "has_main_web_app": False}
        return done(self.bot_user() | abilities | more)

    async def _get_updates(self, call: Incoming) -> dict[str, Any]:
        if self.webhook is not None:
            raise ApiError(409, WEBHOOK_CONFLICT)
        offset = call.number("offset", 0, -(1 << 31), (1 << 31) - 1)
        limit = call.number("limit", 100, 1, 100)
        timeout = call.number("timeout", 0, 0, LONG_POLL_LIMIT)
        self._set_allowed(call)
        self._confirm(offset)
        if timeout and not self.pending and not self._closing.is_set():
            await self._wait_for_update(timeout)
        return done([self.pending[update] for update in sorted(self.pending)[:limit]])

    def _confirm(self, offset: int) -> None:
        """Forget updates before the offset; a negative one keeps only that many of the newest."""
        known = sorted(self.pending)
        gone = known[:offset] if offset < 0 else [update for update in known if update < offset]
        for update in gone:
            del self.pending[update]

    async def _wait_for_update(self, timeout: float) -> None:  # noqa: ASYNC109
        """Client.cpp do_get_updates: the newer of two long polls stays, the older is told of the conflict."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(ApiError(409, POLL_CONFLICT))
        self._poll = mine = asyncio.get_running_loop().create_future()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(mine, timeout)
        finally:
            if self._poll is mine:
                self._poll = None

    def _set_allowed(self, call: Incoming) -> None:
        if "allowed_updates" in call.parameters:
            allowed = call.data("allowed_updates", "allowed updates")
            self.allowed_updates = [str(kind) for kind in allowed] if isinstance(allowed, list) else []

    async def _set_webhook(self, call: Incoming) -> dict[str, Any]:
        url = call.text("url") if call.method.lower() == "setwebhook" else ""
        secret = call.text("secret_token")
        if len(secret) > 256:
            refuse("secret token is too long")
        if not SECRET_TOKEN.fullmatch(secret):
            refuse("secret token contains unallowed characters")
        if url:
            _check_webhook_url(url)
        if call.flag("drop_pending_updates"):
            self.pending.clear()
        self._set_allowed(call)
        had, self.webhook = self.webhook, None
        if had is not None:
            await had.close()
        if not url:
            return done(True, "Webhook was deleted" if had else "Webhook is already deleted")
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(ApiError(409, "Conflict: terminated by setWebhook request"))
        self.webhook = Webhook(self, url, secret, call.number("max_connections", 40, 1, 100))
        for update in sorted(self.pending):
            self.webhook.add(self.pending[update])
        return done(True, "Webhook was set")

    async def _get_webhook_info(self, call: Incoming) -> dict[str, Any]:
        info: dict[str, Any] = {
            "url": "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
        if self.webhook is not None:
            info |= {
                "url": self.webhook.url,
                "max_connections": self.webhook.connections,
                "ip_address": "127.0.0.1",
            }
            if self.webhook.error is not None:
                info |= {
                    "last_error_date": self.webhook.error[0],
                    "last_error_message": self.webhook.error[1],
                }
        if self.allowed_updates:
            info["allowed_updates"] = self.allowed_updates
        return done(info)

    # Messages from the bot

    async def _send_message(self, call: Incoming) -> dict[str, Any]:
        return done(self._send(call, self._text(call)))

    async def _send_document(self, call: Incoming) -> dict[str, Any]:
        file = self._outgoing_file(call, "document")
        wire = {**file.wire(), "file_name": file.name, "mime_type": file.mime}
        return done(self._send(call, {"document": wire} | self._caption(call), file))

    async def _send_photo(self, call: Incoming) -> dict[str, Any]:
        file = self._outgoing_file(call, "photo")
        return done(self._send(call, {"photo": _photo_sizes(file)} | self._caption(call), file))

    def _send(
        self, call: Incoming, content: dict[str, Any], file: StoredFile | None = None
    ) -> dict[str, Any]:
        chat = self._known_chat(call)
        markup = self._markup(call)
        content |= self._reply(call, chat)
        if call.flag("protect_content"):
            content["has_protected_content"] = True
        self._admit(chat)
        inline = "inline_keyboard" in markup
        if inline and markup["inline_keyboard"]:
            content["reply_markup"] = markup
        message = self.add_message(chat, self.bot_user(), content, from_bot=True, file=file)
        message.reply_keyboard = {} if inline else markup
        return message.raw

    def _text(self, call: Incoming) -> dict[str, Any]:
        if not call.text("text"):
            refuse("Message text is empty")
        text, entities = self._formatted(call, "text", "entities")
        if not text:
            refuse("Text must be non-empty")
        if len(text) > TEXT_LIMIT:
            refuse("Message is too long")
        return {"text": text} | ({"entities": entities} if entities else {})

    def _caption(self, call: Incoming) -> dict[str, Any]:
        text, entities = self._formatted(call, "caption", "caption_entities")
        if len(text) > CAPTION_LIMIT:
            refuse("Message caption is too long")
        content: dict[str, Any] = {"caption": text} if text else {}
        return content | ({"caption_entities": entities} if entities else {})

    def _formatted(self, call: Incoming, name: str, entities_name: str) -> tuple[str, list[Entity]]:
        source, mode = call.text(name), call.text("parse_mode").lower()
        if len(source.encode()) > RAW_TEXT_LIMIT:
            refuse("Text is too long")
        if source and mode and mode != "none":
            parsers = {"html": parse_html, "markdownv2": parse_markdown}
            if mode == "markdown":
                raise ApiError(500, "Internal Server Error: the fake does not speak legacy Markdown")
            if mode not in parsers:
                refuse("Unsupported parse_mode")
            return clean_text(*parsers[mode](source))
        try:
            given = call.data(entities_name, "entities")
        except ApiError:
            given = None
        # Client.cpp get_input_entities: what is not an array counts as no entities.
        return clean_text(source, _checked_entities(given) if isinstance(given, list) else [])

    def _reply(self, call: Incoming, chat: Chat) -> dict[str, Any]:
        parameters = call.data("reply_parameters", "reply parameters")
        if parameters is None:
            return {}
        if not isinstance(parameters, dict):
            refuse("Object expected as reply parameters")
        found = chat.messages.get(parameters.get("message_id", 0))
        if found is not None and not found.deleted:
            return {"reply_to_message": {k: v for k, v in found.raw.items() if k != "reply_to_message"}}
        if not parameters.get("allow_sending_without_reply"):
            refuse("message to be replied not found")
        return {}

    def _known_chat(self, call: Incoming) -> Chat:
        if not call.text("chat_id"):
            refuse("chat_id is empty")
        chat = self.chats.get(call.chat or 0)
        if chat is None or not chat.reachable:
            refuse("chat not found")
        return chat

    def _admit(self, chat: Chat) -> None:
        """Telegram's flood control, then what the person decided."""
        now = time.monotonic()
        buckets = self._buckets(chat)
        if wait := max((bucket.wait(now) for bucket in buckets), default=0):
            self.flooded += 1
            for bucket in buckets:
                if bucket.wait(now):
                    bucket.shut(now, wait)
            raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        for bucket in buckets:
            bucket.tokens -= 1
        if chat.refusal is not None:
            raise chat.refusal

    def _buckets(self, chat: Chat) -> list[Bucket]:
        buckets: list[Bucket] = []
        if self.per_second is not None:
            self._bot_bucket = self._bot_bucket or Bucket(self.per_second, max(1, self.per_second))
            buckets.append(self._bot_bucket)
        if self.per_chat is not None:
            if chat.id not in self._chat_buckets:
                private = chat.kind == "private"
                rate, burst = (self.per_chat, self.per_chat_burst) if private else (GROUP_RATE, GROUP_BURST)
                self._chat_buckets[chat.id] = Bucket(rate, burst)
            buckets.append(self._chat_buckets[chat.id])
        return buckets

    def set_limits(self, **limits: float | None) -> None:
        """Change per_second, per_chat or per_chat_burst while running."""
        for name in limits.keys() & {"per_second", "per_chat", "per_chat_burst"}:
            setattr(self, name, limits[name])
        self._bot_bucket = None
        self._chat_buckets.clear()

    def _outgoing_file(self, call: Incoming, kind: str) -> StoredFile:
        reference = call.text(kind)
        part = reference.removeprefix("attach://") if reference.startswith("attach://") else kind
        if part in call.files:
            return self._uploaded(kind, *call.files[part])
        if not reference:
            refuse(f"There is no {kind} in the request")
        file = self.files.get(reference)
        if file is None:
            refuse("wrong file identifier/HTTP URL specified")
        if file.kind != kind:
            refuse(f"Can't use file of type {file.kind.title()} as {kind.title()}")
        return file

    def _uploaded(self, kind: str, name: str, mime: str, content: bytes) -> StoredFile:
        if not content:
            refuse("file must be non-empty")
        if len(content) > UPLOAD_LIMIT:
            raise ApiError(413, "Request Entity Too Large")
        if kind == "photo" and len(content) > PHOTO_LIMIT:
            refuse(
                f"file of size {len(content)} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes"
            )
        if kind == "photo" and not content.startswith((b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"BM")):
            refuse("IMAGE_PROCESS_FAILED")
        mime = mimetypes.guess_type(name)[0] or mime or "application/octet-stream"
        return self.keep(kind, name, mime, content)

    # Keyboards

    def _markup(self, call: Incoming) -> dict[str, Any]:
        markup = call.data("reply_markup", "reply keyboard markup")
        if markup is None:
            return {}
        if not isinstance(markup, dict):
            refuse("Object expected as reply markup")
        if "inline_keyboard" in markup:
            markup = {"inline_keyboard": _inline_rows(markup["inline_keyboard"])}
        if len(json.dumps(markup, ensure_ascii=False).encode()) > MARKUP_LIMIT:
            refuse("reply markup is too long")
        return markup

    # Edits

    async def _edit_text(self, call: Incoming) -> dict[str, Any]:
        content = self._text(call)
        message = self._editable(call)
        if "text" not in message.raw:
            refuse("there is no text in the message to edit")
        return done(self._edit(call, message, content, {"text", "entities"}))

    async def _edit_caption(self, call: Incoming) -> dict[str, Any]:
        content = self._caption(call)
        message = self._editable(call)
        if message.file is None:
            refuse("there is no caption in the message to edit")
        return done(self._edit(call, message, content, {"caption", "caption_entities"}))

    async def _edit_markup(self, call: Incoming) -> dict[str, Any]:
        return done(self._edit(call, self._editable(call), {}, set()))

    def _editable(self, call: Incoming) -> Message:
        chat = self._known_chat(call)
        message = chat.messages.get(call.number("message_id", 0, 0, 1 << 40))
        if message is None or message.deleted:
            refuse("message to edit not found")
        if not message.from_bot or message.reply_keyboard:
            refuse("message can't be edited")
        return message

    def _edit(
        self, call: Incoming, message: Message, content: dict[str, Any], replaced: set[str]
    ) -> dict[str, Any]:
        markup = self._markup(call)
        if markup and "inline_keyboard" not in markup:
            refuse("inline keyboard expected")
        if markup.get("inline_keyboard"):
            content["reply_markup"] = markup
        gone = replaced | {"reply_markup", "edit_date"}
        raw = {name: value for name, value in message.raw.items() if name not in gone} | content
        if raw == {name: value for name, value in message.raw.items() if name != "edit_date"}:
            refuse(NOT_MODIFIED)
        chat = self._known_chat(call)
        self._admit(chat)
        message.history.append(message.raw)
        message.raw = raw | {"edit_date": int(time.time())}
        message.changed = self._tick()
        chat.wake()
        return message.raw

    async def _delete_message(self, call: Incoming) -> dict[str, Any]:
        chat = self._known_chat(call)
        message = chat.messages.get(call.number("message_id", 0, 0, 1 << 40))
        if message is None or message.deleted:
            refuse("message to delete not found")
        if time.time() - message.raw["date"] > DELETE_WITHIN:
            refuse("message can't be deleted")
        message.deleted, message.changed = True, self._tick()
        chat.wake()
        return done(True)

    async def _answer_query(self, call: Incoming) -> dict[str, Any]:
        query = self.queries.get(call.text("callback_query_id"))
        if query is None or query.answered or time.monotonic() - query.asked > self.callback_lifetime:
            refuse(NO_QUERY)
        if len(text := call.text("text")) > CALLBACK_ANSWER_LIMIT:
            refuse("MESSAGE_TOO_LONG")
        query.answered = True
        query.person.answers.append(text)
        if call.flag("show_alert"):
            query.person.alerts.append(text)
        query.person.chat.wake()
        return done(True)

    async def _send_action(self, call: Incoming) -> dict[str, Any]:
        if call.text("action") not in CHAT_ACTIONS:
            refuse("Wrong parameter action in request")
        chat = self._known_chat(call)
        if chat.refusal is not None:
            raise chat.refusal
        return done(True)

    async def _get_chat(self, call: Incoming) -> dict[str, Any]:
        more = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": {}}
        return done(self._known_chat(call).wire() | more)

    async def _get_file(self, call: Incoming) -> dict[str, Any]:
        if not (identifier := call.text("file_id")):
            refuse("file_id not specified")
        file = self.files.get(identifier)
        if file is None:
            refuse("invalid file_id")
        if file.size > DOWNLOAD_LIMIT:
            refuse("file is too big")
        return done({**file.wire(), "file_path": file.path})

    # Commands and profile

    async def _set_commands(self, call: Incoming) -> dict[str, Any]:
        key = self._scope(call), _language(call)
        commands = call.data("commands", "commands")
        if not isinstance(commands, list):
            refuse("Expected an Array of BotCommand")
        if len(commands) > COMMANDS_LIMIT:
            refuse("BOT_COMMANDS_TOO_MUCH")  # from memory
        self.commands[key] = [_checked_command(command) for command in commands]
        return done(True)

    async def _get_commands(self, call: Incoming) -> dict[str, Any]:
        return done(self.commands.get((self._scope(call), _language(call)), []))

    async def _delete_commands(self, call: Incoming) -> dict[str, Any]:
        self.commands.pop((self._scope(call), _language(call)), None)
        return done(True)

    def _scope(self, call: Incoming) -> str:
        scope = call.data("scope", "BotCommandScope")
        if scope is None:
            return "default"
        if not isinstance(scope, dict):
            refuse("Can't parse BotCommandScope: BotCommandScope must be an Object")
        kind = scope.get("type")
        if kind not in COMMAND_SCOPES:
            refuse("Can't parse BotCommandScope: Unsupported type specified")
        parts = [str(kind)]
        for name in COMMAND_SCOPES[kind]:
            if not scope.get(name):
                refuse(f"Can't parse BotCommandScope: Empty {name} specified")
            parts.append(str(scope[name]))
        if len(parts) > 1:
            chat = self.chats.get(int(parts[1])) if parts[1].lstrip("-").isdigit() else None
            if chat is None or not chat.reachable:
                refuse("chat not found")
        return ":".join(parts)

    def _profile_setter(self, name: str) -> Callable[[Incoming], Any]:
        async def put(call: Incoming) -> dict[str, Any]:
            language, value = _language(call), call.text(name)
            if len(value) > PROFILE_LIMITS[name]:
                refuse(f"{name.upper()}_TOO_LONG")  # from memory
            self.profile[name, language] = value
            return done(True)

        return put

    def _profile_getter(self, name: str) -> Callable[[Incoming], Any]:
        async def get(call: Incoming) -> dict[str, Any]:
            language = _language(call)
            return done({name: self.profile.get((name, language)) or self.profile.get((name, ""), "")})

        return get

    def state(self) -> dict[str, Any]:
        """The numbers of a run, for the control API."""
        return {
            "calls": dict(self.calls),
            "flooded": self.flooded,
            "pending_updates": len(self.pending),
            "violations": len(self.violations),
            "webhook": self.webhook and self.webhook.url,
            "webhook_attempts": self.webhook_attempts,
            "delivered": len(self.delivered()),
            "people": len(self.people),
        }


def done(result: Any, description: str | None = None) -> dict[str, Any]:
    """A successful answer."""
    return {"ok": True, "result": result} | ({"description": description} if description else {})


def _language(call: Incoming) -> str:
    """TDLib validate_bot_language_code: empty or exactly two letters a-z."""
    code = call.text("language_code")
    if code and not re.fullmatch("[a-z]{2}", code):
        refuse("Invalid language code specified")
    return code


def _checked_command(command: Any) -> dict[str, str]:
    if not isinstance(command, dict):
        refuse("Can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if name not in command:
            refuse(f"Can't parse BotCommand: Can't find field \"{name}\"")
    name, description = str(command["command"]).removeprefix("/"), str(command["description"])
    if not COMMAND_NAME.fullmatch(name):
        refuse("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= COMMAND_DESCRIPTION_LIMIT:
        refuse("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _checked_entities(given: list[Any]) -> list[Entity]:
    for entity in given:
        if not isinstance(entity, dict):
            refuse("Can't parse MessageEntity: expected an Object")
        for name in ("offset", "length"):
            if not isinstance(entity.get(name), int):
                refuse(f"Can't parse MessageEntity: Can't find field \"{name}\"")
        if entity.get("type") == "text_link" and not entity.get("url"):
            refuse("Can't parse MessageEntity: Can't find field \"url\"")
    return [dict(entity) for entity in given]


def _inline_rows(rows: Any) -> list[list[dict[str, Any]]]:
    """Client.cpp get_reply_markup, then the limits that Telegram's servers apply."""
    if not isinstance(rows, list):
        refuse('Field "inline_keyboard" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        refuse('Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    checked = [[_checked_button(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > KEYBOARD_LIMIT or any(len(row) > ROW_LIMIT for row in checked):
        refuse("reply markup is too long")
    return checked


def _checked_button(button: Any) -> dict[str, Any]:
    where = "Can't parse inline keyboard button: "
    if not isinstance(button, dict):
        refuse(where + "InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        refuse(where + 'Can\'t find field "text"')
    # An empty url or callback_data counts as none; an empty switch_inline_query is meant.
    actions = [
        name for name in BUTTON_ACTIONS if button.get(name) or (name.startswith("switch") and name in button)
    ]
    if not actions:
        refuse(where + "Text buttons are not allowed in the inline keyboard")
    if not button["text"].strip():
        refuse("BUTTON_TEXT_INVALID")  # from memory
    if actions[0] == "callback_data" and len(str(button["callback_data"]).encode()) > CALLBACK_DATA_LIMIT:
        refuse("BUTTON_DATA_INVALID")
    kept = {"text", "icon_custom_emoji_id", "style", actions[0]}
    return {name: value for name, value in button.items() if name in kept}


def _check_webhook_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        refuse("invalid webhook URL specified")
    if not parts.hostname:
        refuse("invalid webhook URL specified")
    if _loopback(parts.hostname):
        return
    if parts.scheme != "https":
        refuse("bad webhook: An HTTPS URL must be provided for webhook")
    if (port or 443) not in WEBHOOK_PORTS:
        refuse("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


# --- HTTP -----------------------------------------------------------------------------------------------------


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


async def _cut(request: Request) -> Response:
    """Cut the connection under a request; the response that Starlette insists on goes nowhere."""
    request.scope["fake.transport"].abort()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response()


async def _read(request: Request) -> Incoming:
    """Parameters of a call: from the query string, then from a JSON, urlencoded or multipart body."""
    parameters: dict[str, Any] = dict(request.query_params)
    files: dict[str, tuple[str, str, bytes]] = {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            refuse("Can't parse request body")
        if not isinstance(body, dict):
            refuse("Can't parse request body")
        parameters |= body
    elif kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        # Telegram has no limit of its own on a text part, only one on the whole body.
        async with request.form(max_part_size=RAW_TEXT_LIMIT * 8) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = (value.filename or name, value.content_type or "", await value.read())
                else:
                    parameters[name] = value
    return Incoming(request.path_params["method"], parameters, files)


def _bot_routes(server: FakeTelegram) -> list[Route]:
    async def method(request: Request) -> Response:
        if request.path_params["token"] != server.token:
            return JSONResponse(ApiError(401, "Unauthorized").body(), 401)
        try:
            return JSONResponse(await server.call(await _read(request)))
        except ApiError as error:
            headers = {"Retry-After": str(error.parameters["retry_after"])} if error.code == 429 else None
            return JSONResponse(error.body(), error.code, headers)
        except _Garbage as garbage:
            return garbage.response
        except _Dropped:
            return await _cut(request)

    async def download(request: Request) -> Response:
        if request.path_params["token"] != server.token:
            return JSONResponse(ApiError(401, "Unauthorized").body(), 401)
        wanted = request.path_params["path"]
        file = next((file for file in server.files.values() if file.path == wanted), None)
        if file is None:
            return JSONResponse(ApiError(404, "Not Found").body(), 404)
        return Response(file.content, media_type="application/octet-stream")

    return [
        Route("/bot{token}/{method}", method, methods=["GET", "POST"]),
        Route("/file/bot{token}/{path:path}", download),
    ]


def _control_routes(server: FakeTelegram) -> list[Route]:
    """The same control over HTTP; every POST takes JSON and answers JSON, mistakes answer 400 with `error`."""

    def person(data: Mapping[str, Any]) -> Person:
        identifier = int(data["user"])
        return server.user(
            identifier, data.get("language_code", "ar"), data.get("first_name", f"Member {identifier}")
        )

    async def start(data: dict[str, Any]) -> Any:
        return (await person(data).start(data.get("payload", ""))).view()

    async def say(data: dict[str, Any]) -> Any:
        return (await person(data).say(data["text"])).view()

    async def edit(data: dict[str, Any]) -> Any:
        return (await person(data).edit(data["text"], data.get("message_id"))).view()

    async def tap(data: dict[str, Any]) -> Any:
        wanted = data.get("button") or data.get("label") or data.get("data") or ""
        again = bool(data.get("again"))
        return {"query": await person(data).tap(wanted, data.get("message_id"), again=again)}

    async def upload(data: dict[str, Any]) -> Any:
        content = base64.b64decode(data["content"]) if "content" in data else data.get("text", "").encode()
        mime, caption = data.get("mime", ""), data.get("caption", "")
        return (await person(data).send_file(data["name"], content, mime, caption=caption)).view()

    async def block(data: dict[str, Any]) -> Any:
        person(data).block()

    async def unblock(data: dict[str, Any]) -> Any:
        person(data).unblock()

    async def deactivate(data: dict[str, Any]) -> Any:
        person(data).deactivate()

    async def user(data: dict[str, Any]) -> Any:
        return person(data).wire()

    async def push(data: dict[str, Any]) -> Any:
        return server.push(data.get("update", data))

    async def faults(data: dict[str, Any]) -> Any:
        return asdict(server.fault(**data))

    async def clear(data: dict[str, Any]) -> Any:
        server.faults.clear()

    async def limits(data: dict[str, Any]) -> Any:
        server.set_limits(**data)

    async def chat(request: Request) -> Response:
        found = server.people.get(request.path_params["user"])
        return JSONResponse(found.transcript()) if found else JSONResponse({"error": "nobody"}, 404)

    async def chats(request: Request) -> Response:
        return JSONResponse([p.wire() | {"messages": len(p.chat.messages)} for p in server.people.values()])

    async def log(request: Request) -> Response:
        since = int(request.query_params.get("since", 0))
        return JSONResponse([asdict(entry) for entry in server.log[since:]])

    async def violations(request: Request) -> Response:
        return JSONResponse(server.violations)

    async def state(request: Request) -> Response:
        return JSONResponse(server.state())

    async def page(request: Request) -> Response:
        return HTMLResponse(_PAGE)

    posts = [start, say, edit, tap, upload, block, unblock, deactivate, user, push, limits]
    return [
        Route("/", page),
        Route("/_/chat/{user:int}", chat),
        Route("/_/chats", chats),
        Route("/_/log", log),
        Route("/_/violations", violations),
        Route("/_/state", state),
        Route("/_/faults", _control(faults), methods=["POST"]),
        Route("/_/faults", _control(clear), methods=["DELETE"]),
        *[Route(f"/_/{action.__name__}", _control(action), methods=["POST"]) for action in posts],
    ]


def _control(action: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Any]:
    async def run(request: Request) -> Response:
        try:
            data = json.loads(await request.body() or b"{}")
            return JSONResponse({"ok": True, "result": await action(data)})
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            return JSONResponse({"ok": False, "error": f"{type(error).__name__}: {error}"}, 400)

    return run


_PAGE = """<!doctype html><meta charset="utf-8"><title>Fake Telegram</title>
<style>
body{font:16px system-ui;margin:0;display:flex;height:100vh}nav{width:14em;padding:1em;background:#eef}
main{flex:1;display:flex;flex-direction:column;padding:1em;min-width:0}#chat{flex:1;overflow:auto}
.m{max-width:34em;margin:.4em 0;padding:.5em .8em;border-radius:.8em;background:#eee;white-space:pre-wrap}
.user{margin-inline-start:auto;background:#cde7ff}.deleted{opacity:.4;text-decoration:line-through}
.row{display:flex;gap:.3em;margin-top:.3em}.row button{flex:1}small{color:#567}
form{display:flex;gap:.5em}input{flex:1;font:inherit;padding:.4em}button{font:inherit}
</style>
<nav><b>Chats</b><div id="chats"></div><form id="who"><input name="id" placeholder="user id" inputmode="numeric">
<button>Open</button></form><p id="note"></p></nav>
<main><div id="chat"></div><form id="say"><input name="text" dir="auto" placeholder="Say something" autocomplete="off">
<button>Send</button><button type="button" id="start">/start</button><button type="button" id="block">Block</button>
<button type="button" id="unblock">Unblock</button></form></main>
<script>
let user = 1, shown = ""
const $ = id => document.getElementById(id)
const add = (parent, tag, text, kind) => {
  const e = document.createElement(tag); e.textContent = text; e.className = kind || ""; e.dir = "auto"
  parent.append(e); return e }
async function act(name, data) {
  const answer = await fetch("/_/" + name, {method: "POST", body: JSON.stringify({user, ...data})})
  $("note").textContent = answer.ok ? "" : (await answer.json()).error; draw() }
async function draw() {
  const people = await (await fetch("/_/chats")).json()
  const answer = await fetch("/_/chat/" + user)
  const chat = answer.ok ? await answer.json() : {messages: [], answers: []}
  const now = JSON.stringify([user, people, chat])
  if (now === shown) return
  shown = now; $("chats").replaceChildren(); $("chat").replaceChildren()
  for (const p of people) {
    const b = add($("chats"), "button", p.first_name + " · " + p.id); b.onclick = () => { user = p.id; draw() } }
  for (const m of chat.messages) {
    const box = add($("chat"), "div", m.text, "m " + m.from + (m.deleted ? " deleted" : ""))
    if (m.file) add(box, "div", "📎 " + m.file.name)
    for (const row of m.buttons) {
      const line = add(box, "div", "", "row"); line.dir = "ltr"
      for (const b of row) add(line, "button", b.label).onclick = () =>
        b.url ? open(b.url) : act("tap", {message_id: m.message_id, button: b.data}) }
    for (const row of m.keyboard) {
      const line = add(box, "div", "", "row")
      for (const key of row) add(line, "button", key).onclick = () => act("say", {text: key}) }
    if (m.edited) add(box, "small", " edited") }
  for (const a of chat.answers.slice(-1)) if (a) add($("chat"), "small", "toast: " + a)
  if (chat.refusal) add($("chat"), "small", chat.refusal)
  $("chat").scrollTop = 1e9 }
$("who").onsubmit = e => { e.preventDefault(); user = Number(e.target.id.value) || 1; draw() }
$("say").onsubmit = e => { e.preventDefault(); act("say", {text: e.target.text.value}); e.target.reset() }
for (const name of ["start", "block", "unblock"]) $(name).onclick = () => act(name, {})
setInterval(draw, 700); draw()
</script>"""


def main() -> None:
    """`python -m tests.fakes.telegram`: the fake in a process of its own, so that bots may crash beside it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--log", type=Path, help="append every call here, one JSON object a line")
    parser.add_argument("--rate", type=float, default=30, help="messages a second, 0 for no limit")
    parser.add_argument(
        "--chat-rate", type=float, default=1, help="messages a second to one chat, 0 for no limit"
    )
    options = parser.parse_args()
    server = FakeTelegram(
        options.token, host=options.host, port=options.port, log_path=options.log,
        per_second=options.rate or None, per_chat=options.chat_rate or None,
    )  # fmt: skip
    print(
        f"Bot API at http://{options.host}:{options.port} with the token {options.token}; chats at the same address"
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve())


if __name__ == "__main__":
    main()
