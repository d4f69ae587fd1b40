"""Telegram: updates in by polling or webhook, messages out through python-telegram-bot's Bot.

Limits: core.telegram.org/bots/api and core.telegram.org/bots/faq; each number below names its place there.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
import telegram
import telegram.warnings
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels.contract import (
    Capabilities,
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
from bot.channels.http import AiohttpRequest, NotSent, plain
from bot.dispatch import Unavailable
from bot.settings import SettingsError
from handlers.kit import Inbound, Upload
from handlers.menu import commands
from locales import LANGUAGES, speech
from storage.database import Database

if TYPE_CHECKING:
    from bot.machine import Machine

TELEGRAM = Capabilities(
    text=4096,  # api#sendmessage
    caption=1024,  # api#senddocument
    body_with_buttons=4096,  # api#sendmessage
    inline=100,  # api#inlinekeyboardmarkup, measured
    inline_row=8,  # measured
    inline_label=64,  # longer labels are cut by the apps
    reverse_rows=True,  # rows are laid out left to right in every language (tdlib/telegram-bot-api#882)
    edits=True,
    popups=200,  # api#answercallbackquery
    utf16=True,  # stricter than the server's code points, and always safe
    removes=True,  # api#deletemessage: both sides' in private chats, within 48 hours
)
FREE_PER_SECOND = 30.0
"""bots/faq: more than this for broadcasts has to be paid for, in Stars (api#sendmessage, allow_paid_broadcast)."""
PAID_PER_SECOND = 1000.0
"""api#sendmessage: no more than this even then. Who sets a higher rate has a server without limits."""
_CAPTIONS = {"text": "caption", "entities": "caption_entities"}
SECONDS_PER_CHAT = 1.0
"""bots/faq: avoid sending more than one message per second in one chat."""
SECONDS_PER_GROUP = 3.0
"""bots/faq: no more than 20 messages a minute to one group."""
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member", "channel_post"]
LARGEST_ID = 2**63
LONGEST_NAME = 200
"""Characters of a file's name, a language's code or an id; Telegram's own are shorter."""
KEEP = "+"
"""Before the action of a button whose message must stay; the second of the two bytes that a channel may use."""
POLL_SECONDS = 25
MIN_PAUSE, MAX_PAUSE = 1.0, 30.0
FILE_KINDS = ("document", "video", "audio", "animation")
OTHER_KINDS = (
    "voice", "sticker", "contact", "location", "venue", "poll", "dice", "video_note", "story", "game", "checklist",
)  # fmt: skip
GONE = (
    "message to edit not found",
    "message can't be edited",
    "there is no text in the message to edit",
    "message_id_invalid",
)

# The library warns at every RetryAfter unless told that its times may be timedeltas.
os.environ.setdefault("PTB_TIMEDELTA", "true")
# It would rather have its objects built for every message.
warnings.filterwarnings("ignore", message="Please use 'Bot.", category=telegram.warnings.PTBUserWarning)

log = structlog.get_logger()
Receive = Callable[[Heard], Awaitable[object]]


class TelegramChannel:
    """One bot."""

    name = "telegram"
    capabilities = TELEGRAM

    def __init__(
        self, token: str, *, api_url: str, per_second: float, database: Database, now: Callable[[], datetime]
    ) -> None:
        self.account = token.partition(":")[0]
        self.messages_per_second = per_second
        self._paid = per_second > FREE_PER_SECOND
        self.link = ""
        self._database = database
        self._now = now
        self._request = AiohttpRequest()
        self._bot = telegram.Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._request,
            get_updates_request=AiohttpRequest(),
        )

    async def close(self) -> None:
        """Let go of connections."""
        for request in self._bot._request:
            await request.shutdown()

    # --- in -------------------------------------------------------------------------------------------------

    def parse(self, raw: Any, at: datetime) -> Heard:
        """Read an update. Every kind is either handled or ignored on purpose."""
        try:
            return self._parsed(raw, at)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError):
            return Ignored("malformed")

    def _parsed(self, raw: Any, at: datetime) -> Heard:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("update_id"), int):
            return Ignored("malformed")
        common = {
            "channel": self.name,
            "account": self.account,
            "provider_id": _number(raw["update_id"]),
            "at": at,
        }
        if "callback_query" in raw:
            return _callback(raw["callback_query"], common)
        if "message" in raw:
            return _message(raw["message"], common)
        if "my_chat_member" in raw:
            return _membership(raw["my_chat_member"], common)
        for kind in ("edited_message", "channel_post", "edited_channel_post"):
            if kind in raw:
                return Ignored(kind)
        return Ignored("kind")

    async def fetch(self, upload: Upload) -> bytes:
        """Fetch a file by its file_id; raises FetchFailed. Its address holds the token: never kept, never shown."""
        if upload.size > LARGEST:
            raise FetchFailed("large")
        try:
            file = await self._bot.get_file(upload.remote)
            return checked(bytes(await file.download_as_bytearray()), upload.mime)
        except BadRequest as error:
            raise FetchFailed("large" if "too big" in str(error).lower() else "gone") from None
        except TelegramError:
            raise FetchFailed("gone") from None

    async def poll(self, receive: Receive) -> None:
        """Ask for updates for ever. The offset moves only once every update of a batch is committed."""
        await self._forget_webhook()
        name = f"telegram-offset-{self.account}"
        async with self._database.reading() as unit:
            offset = int(await unit.facts.get(name, "0"))
        pause = MIN_PAUSE
        while True:
            try:
                updates = await self._updates(offset)
                await self._receive_all(updates, receive)
            except Conflict:
                log.error("another process polls with this token; only one may")
                await asyncio.sleep(MAX_PAUSE / 3)
                continue
            except (TelegramError, Unavailable) as error:
                log.warning("polling paused", error=type(error).__name__, seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_PAUSE)
                continue
            pause = MIN_PAUSE
            if updates:
                offset = updates[-1]["update_id"] + 1
                async with self._database.unit() as unit:
                    await unit.facts.put(name, str(offset))

    async def _updates(self, offset: int) -> list[dict[str, Any]]:
        parameters = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES}
        result = await self._bot.do_api_request(
            "getUpdates", api_kwargs=parameters, read_timeout=POLL_SECONDS + 10
        )
        return result if isinstance(result, list) else []

    async def _receive_all(self, updates: list[dict[str, Any]], receive: Receive) -> None:
        """Hand a batch over: people side by side, each person's updates in order. One failure keeps the offset."""
        heard = [receive(self.parse(update, self._now())) for update in updates]
        results = await asyncio.gather(*(asyncio.ensure_future(one) for one in heard), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result if isinstance(result, Unavailable) else Unavailable from result

    async def _forget_webhook(self) -> None:
        try:
            await self._bot.delete_webhook(drop_pending_updates=False)
        except TelegramError as error:
            log.warning("webhook could not be taken away", error=type(error).__name__)

    async def set_webhook(self, public_url: str, secret: str) -> None:
        """Tell Telegram where to send updates; raises SettingsError where it will not."""
        try:
            await self._bot.set_webhook(
                f"{public_url}/telegram/webhook",
                secret_token=secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=20,
                drop_pending_updates=False,
            )
        except BadRequest as error:
            raise SettingsError(f"PUBLIC_URL: Telegram refuses the webhook ({error.message})") from None
        except TelegramError as error:
            log.warning("webhook could not be set; the next start tries again", error=type(error).__name__)

    # --- out ------------------------------------------------------------------------------------------------

    async def webhook(self) -> str | None:
        """Return the address that Telegram hands updates to, empty where it hands them to none; None: no answer."""
        try:
            return (await self._bot.get_webhook_info()).url
        except TelegramError as error:
            log.warning("webhook could not be looked at", error=type(error).__name__)
            return None

    async def introduce(self) -> None:
        """Learn the bot's own name and show its commands in three languages; raises SettingsError for a bad token."""
        try:
            me = await self._bot.get_me()
            self.link = f"https://t.me/{me.username}"
            for lang in LANGUAGES:
                code = None if lang == "en" else lang
                await self._bot.set_my_commands(_commands(lang, "member"), language_code=code)
                await self._bot.set_my_short_description(
                    speech(lang)._("Events, slides and news of the Iraqi Community of Practice"),
                    language_code=code,
                )
        except InvalidToken:
            raise SettingsError("TELEGRAM_BOT_TOKEN: Telegram refuses this token; see @BotFather") from None
        except TelegramError as error:
            log.warning("Telegram can't be reached yet", error=type(error).__name__)

    async def set_commands(self, peer: str, lang: str, role: str) -> None:
        """Show one person the commands of their role in their language."""
        try:
            await self._bot.set_my_commands(
                _commands(lang, role), scope=telegram.BotCommandScopeChat(chat_id=int(peer))
            )
        except TelegramError as error:
            log.warning("commands could not be set", error=type(error).__name__)

    def seconds_between(self, peer: str) -> float:
        """Return the seconds between two messages to one chat; groups have negative ids."""
        if self.messages_per_second > PAID_PER_SECOND:
            return 0.0
        return SECONDS_PER_GROUP if peer.startswith("-") else SECONDS_PER_CHAT

    async def send(self, parcel: Parcel) -> Outcome:
        """Send or edit one message; never raises."""
        answering = asyncio.create_task(self._answer(parcel)) if parcel.callback else None
        try:
            return await self._send(parcel)
        except RetryAfter as error:
            return Retry(after=_seconds(error), detail="429", account=True)
        except ChatMigrated:
            return Unreachable("migrated")
        except Forbidden as error:
            return _forbidden(error)
        except InvalidToken:
            return Misconfigured("401")
        except BadRequest as error:
            return _bad_request(error)
        except NotSent as error:
            return Retry(detail=error.message[:40])
        except (NetworkError, TelegramError) as error:
            return _uncertain(error, parcel)
        finally:
            if answering is not None:
                await answering

    async def remove(self, peer: str, messages: Sequence[str]) -> bool:
        """Take messages out of a chat; one that is gone, or too old for it, counts as done."""
        for message in messages:
            try:
                await self._call("deleteMessage", {"chat_id": int(peer), "message_id": int(message)})
            except (BadRequest, Forbidden):
                continue
            except TelegramError:
                return False
        return True

    async def _answer(self, parcel: Parcel) -> None:
        """Stop the button's spinner, with the note as a pop-up. That it is too late for it harms nobody."""
        payload = {"callback_query_id": parcel.callback}
        if parcel.note and len(parcel.note) <= TELEGRAM.popups:
            payload["text"] = parcel.note
        try:
            await self._call("answerCallbackQuery", payload)
        except TelegramError:
            log.debug("tap not answered")

    async def _call(self, method: str, payload: dict[str, Any]) -> Any:
        """Call a method with plain values: building the library's objects costs ten times as much (measured)."""
        return await self._request.post(f"{self._bot.base_url}/{method}", plain(payload))

    async def _send(self, parcel: Parcel) -> Outcome:
        part = parcel.part
        if part.attachment is not None:
            return await self._send_file(parcel)
        payload: dict[str, Any] = {
            "chat_id": int(parcel.peer),
            **_text(part),
            "link_preview_options": {"is_disabled": True},
        }
        if rows := _keyboard(part):
            payload["reply_markup"] = rows
        if parcel.replaces and await self._edit(parcel, payload):
            return Sent(parcel.replaces)
        if part.private:
            payload["protect_content"] = True
        if parcel.broadcast and self._paid:
            payload["allow_paid_broadcast"] = True
        message = await self._call("sendMessage", payload)
        return Sent(str(message["message_id"]))

    async def _edit(self, parcel: Parcel, payload: dict[str, Any]) -> bool:
        """Edit a message in place; False where it is not there to be edited any more."""
        try:
            await self._call("editMessageText", {**payload, "message_id": int(parcel.replaces)})
        except BadRequest as error:
            if "message is not modified" in error.message.lower():
                return True
            if any(gone in error.message.lower() for gone in GONE):
                return False
            raise
        return True

    async def _send_file(self, parcel: Parcel) -> Outcome:
        part = parcel.part
        assert part.attachment is not None  # noqa: S101 - the caller looked
        file_id = part.attachment.file_id
        async with self._database.reading() as unit:
            file = await unit.files.get(file_id)
            remote = await unit.files.remote(file_id, self.name, self.account)
        if file is None:
            return Rejected("file")
        if remote:
            try:
                return await self._send_media(parcel, remote)
            except BadRequest as error:
                if "file" not in error.message.lower():
                    raise
        async with self._database.reading() as unit:
            body = await unit.files.body(file_id)
        if body is None:
            return Rejected("file")
        return await self._send_media(parcel, telegram.InputFile(body, filename=file.name))

    async def _send_media(self, parcel: Parcel, file: str | telegram.InputFile) -> Outcome:
        part = parcel.part
        assert part.attachment is not None  # noqa: S101 - the caller looked
        kind = "photo" if part.attachment.picture else "document"
        payload: dict[str, Any] = {"chat_id": int(parcel.peer), kind: file}
        payload |= {_CAPTIONS[name]: value for name, value in _text(part).items() if value}
        if rows := _keyboard(part):
            payload["reply_markup"] = rows
        if part.private:
            payload["protect_content"] = True
        method = "sendPhoto" if part.attachment.picture else "sendDocument"
        message = await self._bot.do_api_request(method, api_kwargs=payload)
        sent = message.get(kind)
        remote = str((sent[-1] if isinstance(sent, list) and sent else sent or {}).get("file_id", ""))
        if remote and not isinstance(file, str):
            async with self._database.unit() as unit:
                await unit.files.remember_remote(part.attachment.file_id, self.name, self.account, remote)
        return Sent(str(message["message_id"]))


def telegram_webhook(machine: Machine) -> Callable[[Request], Awaitable[Response]]:
    """Make the route that takes updates in: the secret first, then the body, 200 only after the commit."""
    channel = machine.telegram
    assert channel is not None  # noqa: S101 - the route exists only where the channel does
    secret = machine.settings.telegram_webhook_secret.get_secret_value().encode()

    async def webhook(request: Request) -> Response:
        given = request.headers.get("x-telegram-bot-api-secret-token", "").encode("latin-1", "replace")
        if not secret or not hmac.compare_digest(given, secret):
            return Response(status_code=401)
        if machine.stopping:
            return Response(status_code=503)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return Response(status_code=415)
        try:
            update = json.loads(await request.body())
        except ClientDisconnect:
            return Response(status_code=400)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        heard = channel.parse(update, machine.time.now())
        tapped = heard.callback if isinstance(heard, Inbound) else ""
        if isinstance(heard, Inbound) and tapped:
            heard = replace(heard, acknowledged=True)
        try:
            popup = await machine.heard("telegram", heard)
        except Unavailable:
            return Response(status_code=503)
        if tapped and not popup:
            return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": tapped})
        return Response(status_code=200)

    return webhook


# --- reading updates ----------------------------------------------------------------------------------------


def _private(chat: Mapping[str, Any]) -> str:
    """Return the peer of a private chat with a person, or an empty text."""
    return _number(chat["id"]) if chat.get("type") == "private" else ""


def _number(value: Any) -> str:
    """Return an id of Telegram's as text; raises ValueError where it is none."""
    number = int(value)
    if not 0 <= number < LARGEST_ID:
        raise ValueError
    return str(number)


def _plain(value: Any) -> str:
    """Return a name or number of Telegram's, without what can't be written down (lone surrogates, NUL)."""
    return str(value or "")[:LONGEST_NAME].replace("\x00", "").encode("utf-8", "ignore").decode()


def _callback(query: Mapping[str, Any], common: dict[str, Any]) -> Heard:
    message = query.get("message")
    data = query.get("data")
    if not isinstance(message, Mapping) or not isinstance(data, str):
        return Ignored("inline")
    peer = _private(message["chat"])
    if not peer or str(int(query["from"]["id"])) != peer:
        return Ignored("group")
    return Inbound(
        **common,
        peer=peer,
        what="tap",
        tap=data.removeprefix(KEEP),
        keep=data.startswith(KEEP) or message.get("date") == 0,
        message=_number(message["message_id"]),
        callback=_plain(query["id"]),
        language_code=_plain(query["from"].get("language_code")),
    )


def _message(message: Mapping[str, Any], common: dict[str, Any]) -> Heard:
    peer = _private(message["chat"])
    if not peer:
        return Ignored("group")
    sender = message.get("from")
    if not isinstance(sender, Mapping) or sender.get("is_bot"):
        return Ignored("sender")
    common |= {"peer": peer, "language_code": _plain(sender.get("language_code"))}
    common["typed"] = _number(message["message_id"]) if message.get("message_id") else ""
    if isinstance(message.get("text"), str):
        return Inbound(**common, what="text", text=message["text"])
    caption = str(message.get("caption") or "")
    if upload := _upload(message):
        return Inbound(**common, what="file", text=caption, upload=upload)
    if any(kind in message for kind in OTHER_KINDS):
        return Inbound(**common, what="other", text=caption)
    return Ignored("service")


def _upload(message: Mapping[str, Any]) -> Upload | None:
    if message.get("photo"):
        largest = max(message["photo"], key=lambda photo: int(photo.get("file_size") or 0))
        return Upload(
            _plain(largest["file_id"]), "photo.jpg", "image/jpeg", int(largest.get("file_size") or 0)
        )
    for kind in FILE_KINDS:
        if isinstance(file := message.get(kind), Mapping):
            name = _plain(file.get("file_name") or kind)
            mime = _plain(file.get("mime_type") or "application/octet-stream")
            return Upload(_plain(file["file_id"]), name, mime, int(file.get("file_size") or 0))
    return None


def _membership(change: Mapping[str, Any], common: dict[str, Any]) -> Heard:
    peer = _private(change["chat"])
    if not peer:
        return Ignored("group")
    blocked = change["new_chat_member"]["status"] == "kicked"
    return Inbound(**common, peer=peer, what="left" if blocked else "returned")


# --- writing messages ---------------------------------------------------------------------------------------


def _text(part: Part) -> dict[str, Any]:
    """Join title and text. The title is bold by an entity, so that nothing needs escaping; offsets are UTF-16."""
    text = "\n\n".join(piece for piece in (part.title, part.text) if piece)
    if not part.title:
        return {"text": text}
    length = len(part.title.encode("utf-16-le")) // 2
    return {"text": text, "entities": [{"type": "bold", "offset": 0, "length": length}]}


def _keyboard(part: Part) -> dict[str, Any] | None:
    if not part.rows:
        return None
    keep = KEEP if part.lasting else ""
    return {
        "inline_keyboard": [
            [
                {"text": button.label, "url": button.url}
                if button.url
                else {"text": button.label, "callback_data": keep + button.action}
                for button in row
            ]
            for row in part.rows
        ]
    }


def _commands(lang: str, role: str) -> list[telegram.BotCommand]:
    return [telegram.BotCommand(name, about) for name, about in commands(lang, role)]


# --- outcomes -----------------------------------------------------------------------------------------------


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return after if isinstance(after, int) else after.total_seconds()


def _forbidden(error: Forbidden) -> Outcome:
    said = error.message.lower()
    if "blocked" in said:
        return Stopped("blocked")
    return Unreachable("deactivated" if "deactivated" in said else "forbidden")


def _bad_request(error: BadRequest) -> Outcome:
    said = error.message.lower()
    if "chat not found" in said or "peer_id_invalid" in said or "user not found" in said:
        return Unreachable("chat not found")
    return Rejected(error.message[:60])


def _uncertain(error: TelegramError, parcel: Parcel) -> Outcome:
    """Tell an answer that refuses (5xx) from no answer at all; only an edit may be repeated blindly.

    Some 5xx come after the message was taken. That is a risk worth taking for one person's answer or reminder,
    not for a broadcast: whoever got it twice would be many.
    """
    detail = type(error).__name__
    refused = any(f"({code})" in error.message for code in range(500, 600)) and not parcel.broadcast
    return Retry(detail=detail) if parcel.replaces or refused else Unknown(detail)
