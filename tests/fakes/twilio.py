"""A fake Twilio: Programmable Messaging for WhatsApp and the Content API, over real HTTP.

Limits and error texts are those of Twilio's documentation and error dictionary: body 1,600 (21617), content body
1,024 (63021), quick replies 3 in session with titles of 20, list pickers of 10 items of 24 and 72 characters,
free-form text outside 24 hours (63016), recipients without WhatsApp (63024) or who said STOP (21610). Webhooks
are really posted, form-encoded and signed as Twilio signs them. By hand:

    python -m tests.fakes.twilio --port 9002 --inbound-url http://127.0.0.1:8000/twilio/inbound
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import json
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

WINDOW = timedelta(hours=24)
BODY, CONTENT_BODY = 1600, 1024
QUICK_REPLIES, QUICK_REPLY_TITLE = 3, 20
ITEMS, ITEM, ITEM_ID, ITEM_DESCRIPTION, LIST_BUTTON = 10, 24, 200, 72, 20
MEDIA_BYTES = 16 * 1024 * 1024
TEXTS = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    21211: "Invalid 'To' Phone Number",
    21604: "A 'To' phone number is required.",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21619: "A text message body or media urls must be specified.",
    21655: "The ContentSid is Invalid",
    63016: "Failed to send freeform message because you are outside the allowed window.",
    63019: "Media failed to download",
    63021: "Channel invalid content error",
    63024: "Invalid message recipient",
}


@dataclass
class Shown:
    """A message as the phone shows it. `buttons` pairs titles with ids; `media` is content type and bytes."""

    sid: str
    body: str
    buttons: list[tuple[str, str]] = field(default_factory=list)
    layout: str = "text"
    media: tuple[str, bytes, str] | None = None
    status: str = "queued"
    callback: str = ""


class Person:
    """Somebody with WhatsApp. The address is opaque: `whatsapp:+964…` or `whatsapp:US.1234`."""

    def __init__(self, server: FakeTwilio, address: str) -> None:
        self.server = server
        self.address = address
        self.messages: list[Shown] = []
        self.window_until: datetime | None = None
        self.on_whatsapp = True
        self.stopped = False
        self._changed = asyncio.Event()
        self._since = 0

    @property
    def last(self) -> Shown:
        """The newest message."""
        return self.messages[-1]

    async def say(self, text: str) -> int:
        """Write something; returns the webhook's answer."""
        return await self._post({"Body": text, "MessageType": "text", "NumMedia": "0"})

    async def tap(self, label: str) -> int:
        """Tap the newest button or list item with a title (or the beginning of its description)."""
        for shown in reversed(self.messages):
            for title, ident in shown.buttons:
                if title == label or title.startswith(label):
                    return await self._post(self._tapped(shown, title, ident))
        raise AssertionError(
            f"no button {label!r}; the last message offers {self.last.buttons}: {self.last.body}"
        )

    async def send_file(self, name: str, body: bytes, mime: str) -> int:
        """Send a file."""
        media = f"ME{secrets.token_hex(16)}"
        self.server.media[media] = (mime, body)
        url = f"{self.server.url}/2010-04-01/Accounts/{self.server.account_sid}/Messages/MM{'0' * 32}/Media/{media}"
        return await self._post(
            {
                "Body": name,
                "MessageType": "document",
                "NumMedia": "1",
                "MediaUrl0": url,
                "MediaContentType0": mime,
            }
        )

    async def send_odd(self, message_type: str) -> int:
        """Send a sticker, a voice message, a location or contacts."""
        extra = {"Latitude": "33.3", "Longitude": "44.4"} if message_type == "location" else {}
        return await self._post({"Body": "", "MessageType": message_type, "NumMedia": "0", **extra})

    async def reads(self) -> None:
        """Read everything: read receipts are reported."""
        for shown in self.messages:
            shown.status = "read"
            await self.server.report(shown, "read")

    async def expect(self, wanted: str | Callable[[Shown], bool], timeout: float = 10) -> Shown:  # noqa: ASYNC109
        """Wait for a message that came since this person last wrote."""
        matches = wanted if callable(wanted) else lambda shown: wanted in shown.body
        try:
            async with asyncio.timeout(timeout):
                while True:
                    for shown in self.messages[self._since :]:
                        if matches(shown):
                            return shown
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            got = [(shown.body, shown.buttons) for shown in self.messages[-3:]]
            raise AssertionError(f"waited for {wanted!r}; got {got}") from None

    def shows(self, shown: Shown) -> None:
        """Show a message on the phone."""
        self.messages.append(shown)
        self._changed.set()

    def _tapped(self, shown: Shown, title: str, ident: str) -> dict[str, str]:
        common = {
            "Body": title,
            "NumMedia": "0",
            "OriginalRepliedMessageSid": shown.sid,
            "MessageType": "interactive",
        }
        if shown.layout == "list":
            return {**common, "ListId": ident, "ListTitle": title}
        return {**common, "ButtonText": title, "ButtonPayload": ident, "MessageType": "button"}

    async def _post(self, fields: dict[str, str]) -> int:
        self._since = len(self.messages)
        self.window_until = self.server.now() + WINDOW
        return await self.server.post_inbound(self, fields)


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
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.sender = sender
        self.inbound_url = inbound_url
        self.public_inbound_url = public_inbound_url or inbound_url
        self.people: dict[str, Person] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self.contents: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str, int]] = []
        self.faults: list[tuple[int, str]] = []
        """Answers (status, body) to give to the next message requests instead of carrying them out."""
        self.reports_twice = False
        self.port = port
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._validator = RequestValidator(auth_token)
        self.lead = timedelta()

    def now(self) -> datetime:
        """Return the moment, ahead of the real one by `lead`."""
        return datetime.now(UTC) + self.lead

    @property
    def url(self) -> str:
        """The base address, of both APIs."""
        return f"http://127.0.0.1:{self.port}"

    def person(self, address: str) -> Person:
        """Return the person behind an address."""
        return self.people.setdefault(address, Person(self, address))

    async def __aenter__(self) -> FakeTwilio:
        """Listen on a loopback port."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        config = uvicorn.Config(self.application(), log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        self._server.should_exit = True
        await self._serving

    def application(self) -> Starlette:
        """Build the ASGI application."""
        account = "/2010-04-01/Accounts/{account}"
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/_/say", self._say_by_hand, methods=["POST"]),
                Route(f"{account}/Messages.json", self._create, methods=["POST"]),
                Route(f"{account}/Messages.json", self._list, methods=["GET"]),
                Route(f"{account}/Messages/{{message}}/Media/{{media}}", self._media_redirect),
                Route("/media/{media}", self._media),
                Route("/v1/Content", self._create_content, methods=["POST"]),
                Route("/v1/Content/{sid}", self._delete_content, methods=["DELETE"]),
            ]
        )

    # --- messages -------------------------------------------------------------------------------------------

    async def _create(self, request: Request) -> Response:
        if not self._authorised(request):
            return _error(401, 20003)
        if self.faults:
            status, body = self.faults.pop(0)
            return PlainTextResponse(body, status)
        form = await request.form()
        to = str(form.get("To", ""))
        person = self.people.get(to)
        if refusal := self._refusal(form, person, to):
            self.log.append(("refused", to, refusal))
            return _error(404 if refusal == 20404 else 400, refusal)
        assert person is not None
        shown = self._shown(form)
        self.log.append(("accepted", to, 0))
        task = asyncio.create_task(
            self._deliver(person, shown, [str(url) for url in form.getlist("MediaUrl")])
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return JSONResponse(
            {"sid": shown.sid, "status": "queued", "to": to, "from": self.sender, "body": shown.body,
             "account_sid": self.account_sid, "error_code": None, "num_media": "0", "direction": "outbound-api"},
            201,
        )  # fmt: skip

    def _refusal(self, form: Any, person: Person | None, to: str) -> int:
        if not to:
            return 21604
        if form.get("From") != self.sender:
            return 20404
        if person is None:
            return 21211
        if person.stopped:
            return 21610
        if form.get("ContentSid"):
            return 0 if form["ContentSid"] in self.contents else 21655
        if not form.get("Body") and not form.getlist("MediaUrl"):
            return 21619
        return 21617 if len(str(form.get("Body", ""))) > BODY else 0

    def _shown(self, form: Any) -> Shown:
        sid = f"SM{next(self._numbers):032x}"
        callback = str(form.get("StatusCallback", ""))
        content = self.contents.get(str(form.get("ContentSid", "")))
        if content is None:
            return Shown(sid, str(form.get("Body", "")), callback=callback)
        if quick := content["types"].get("twilio/quick-reply"):
            buttons = [(one["title"], one["id"]) for one in quick["actions"]]
            return Shown(sid, quick["body"], buttons, "quick_reply", callback=callback)
        picker = content["types"]["twilio/list-picker"]
        items = [(one.get("description") or one["item"], one["id"]) for one in picker["items"]]
        return Shown(sid, picker["body"], items, "list", callback=callback)

    async def _deliver(self, person: Person, shown: Shown, media: list[str]) -> None:
        """Do what happens after the API answered: the window, the media, the phone, the reports."""
        code = 0
        if not person.on_whatsapp:
            code = 63024
        elif person.window_until is None or person.window_until < self.now():
            code = 63016
        elif shown.layout != "text" and len(shown.body) > CONTENT_BODY:
            code = 63021
        elif media:
            code = await self._fetch(shown, media[0])
        if code:
            shown.status = "undelivered"
            await self.report(shown, "undelivered", code)
            return
        shown.status = "delivered"
        person.shows(shown)
        # Order is not guaranteed: the later state may well come first.
        await self.report(shown, "delivered")
        await self.report(shown, "sent")

    async def _fetch(self, shown: Shown, url: str) -> int:
        try:
            async with self._session.get(url) as response:
                body = await response.read()
                if response.status != 200 or len(body) > MEDIA_BYTES:
                    return 63019
                name = response.headers.get("Content-Disposition", "")
                shown.media = (response.headers.get("Content-Type", ""), body, name)
        except aiohttp.ClientError:
            return 63019
        return 0

    async def _list(self, request: Request) -> Response:
        if not self._authorised(request):
            return _error(401, 20003)
        return JSONResponse({"messages": [], "next_page_uri": None})

    # --- content --------------------------------------------------------------------------------------------

    async def _create_content(self, request: Request) -> Response:
        if not self._authorised(request):
            return _error(401, 20003)
        if not request.headers.get("content-type", "").startswith("application/json"):
            return PlainTextResponse("Content-Type must be application/json", 400)
        content = await request.json()
        if fault := _content_fault(content):
            return JSONResponse({"code": 63021, "message": fault, "status": 400}, 400)
        sid = f"HX{next(self._numbers):032x}"
        self.contents[sid] = content
        return JSONResponse({"sid": sid, **content}, 201)

    async def _delete_content(self, request: Request) -> Response:
        found = self.contents.pop(request.path_params["sid"], None)
        return Response(status_code=204 if found else 404)

    # --- media ----------------------------------------------------------------------------------------------

    async def _media_redirect(self, request: Request) -> Response:
        if not self._authorised(request):
            return _error(401, 20003)
        return RedirectResponse(f"/media/{request.path_params['media']}", 307)

    async def _media(self, request: Request) -> Response:
        if "authorization" in request.headers:
            return PlainTextResponse("credentials must not travel on", 400)
        found = self.media.get(request.path_params["media"])
        return Response(found[1], media_type=found[0]) if found else Response(status_code=404)

    # --- webhooks -------------------------------------------------------------------------------------------

    async def post_inbound(self, person: Person, fields: dict[str, str], sid: str = "") -> int:
        """Post what somebody sent, as Twilio does, and once more if that fails."""
        sid = sid or f"SM{next(self._numbers):032x}"
        form = {
            "SmsMessageSid": sid,
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self.account_sid,
            "From": person.address,
            "To": self.sender,
            "WaId": person.address.removeprefix("whatsapp:+"),
            "ProfileName": "Member",
            "SmsStatus": "received",
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "ApiVersion": "2010-04-01",
            "ChannelMetadata": json.dumps({"type": "whatsapp"}),
            **fields,
        }
        status = await self._signed(self.inbound_url, self.public_inbound_url, form)
        return status if status < 500 else await self._signed(self.inbound_url, self.public_inbound_url, form)

    async def report(self, shown: Shown, status: str, code: int = 0) -> None:
        """Post a status callback."""
        if not shown.callback:
            return
        form = {
            "SmsSid": shown.sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "MessageSid": shown.sid,
            "AccountSid": self.account_sid,
            "From": self.sender,
            "ChannelPrefix": "whatsapp",
            "ApiVersion": "2010-04-01",
            **({"ErrorCode": str(code), "EventType": "UNDELIVERED"} if code else {}),
        }
        for _ in range(2 if self.reports_twice else 1):
            await self._signed(shown.callback, shown.callback, form)

    async def _signed(self, url: str, public_url: str, form: dict[str, str]) -> int:
        signature = self._validator.compute_signature(public_url, form)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        try:
            async with self._session.post(url, data=form, headers=headers) as response:
                return response.status
        except aiohttp.ClientError:
            return 599

    def _authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return given == f"Basic {expected}"

    # --- by hand --------------------------------------------------------------------------------------------

    async def _page(self, _: Request) -> Response:
        chats = "".join(
            f"<h2>{person.address}</h2><pre>" + "\n\n".join(f"{one.body}\n{one.buttons}" for one in person.messages)
            + f"</pre><form method=post action=/_/say><input name=from value='{person.address}' hidden>"
            "<input name=text autofocus><button>Say</button></form>"
            for person in self.people.values()
        )  # fmt: skip
        return HTMLResponse(f"<!doctype html><title>Fake Twilio</title>{chats}")

    async def _say_by_hand(self, request: Request) -> Response:
        form = await request.form()
        person = self.person(str(form.get("from", "whatsapp:+9647500000001")))
        text = str(form.get("text", ""))
        labels = [title for shown in person.messages for title, _ in shown.buttons]
        await (person.tap(text) if text in labels else person.say(text))
        return RedirectResponse("/", 303)


def _content_fault(content: dict[str, Any]) -> str:
    """Say what is wrong with a content resource, or nothing."""
    quick = content.get("types", {}).get("twilio/quick-reply")
    picker = content.get("types", {}).get("twilio/list-picker")
    if quick:
        actions = quick["actions"]
        if not 1 <= len(actions) <= QUICK_REPLIES:
            return "quick replies: 1 to 3 in session"
        return "title too long" if any(len(one["title"]) > QUICK_REPLY_TITLE for one in actions) else ""
    if picker:
        items = picker["items"]
        long = any(
            len(one["item"]) > ITEM
            or len(one["id"]) > ITEM_ID
            or len(one.get("description", "")) > ITEM_DESCRIPTION
            for one in items
        )
        if not 1 <= len(items) <= ITEMS or long or len(picker["button"]) > LIST_BUTTON:
            return "list picker out of bounds"
        return ""
    return "types must not be empty"


def _error(status: int, code: int) -> Response:
    return JSONResponse(
        {
            "code": code,
            "message": TEXTS[code],
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
        status,
    )


async def _by_hand(arguments: argparse.Namespace) -> None:
    server = FakeTwilio(
        arguments.account_sid,
        arguments.auth_token,
        inbound_url=arguments.inbound_url,
        public_inbound_url=arguments.public_inbound_url,
        port=arguments.port,
    )
    async with server:
        server.person("whatsapp:+9647500000001")
        print(f"Fake Twilio on {server.url}: {server.account_sid} {server.auth_token} {server.sender}")
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A fake Twilio for WhatsApp.")
    parser.add_argument("--port", type=int, default=9002)
    parser.add_argument("--account-sid", default="AC" + "0" * 32)
    parser.add_argument("--auth-token", default="t" * 32)
    parser.add_argument("--inbound-url", required=True)
    parser.add_argument("--public-inbound-url", default="")
    asyncio.run(_by_hand(parser.parse_args()))
