"""What is posted to us: every kind that Twilio sends is understood, nothing else is let in, and nothing of it kept.

One machine for each way in which a proxy may stand in front of us; requests reach it as that proxy hands them on.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from bot.machine import Machine
from bot.settings import Settings
from bot.web import application
from storage.tables import addresses, inbox, members, outbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

SID, TOKEN, SENDER = "AC" + "0" * 32, "t" * 32, "whatsapp:+15550001111"
INBOUND, STATUS = "/twilio/inbound", "/twilio/status"
SIGNATURE = "X-Twilio-Signature"
LAYOUTS = {
    "itself": ("http://bot.example.org:8000", "http://bot.example.org:8000", {}),
    "tls ends before": (
        "https://bot.example.org",
        "http://10.0.0.7:8000",
        {"X-Forwarded-Proto": "https", "X-Forwarded-For": "54.1.2.3", "X-Forwarded-Host": "bot.example.org"},
    ),
    "below a path": (
        "https://example.org/community/bot",
        "http://127.0.0.1:8000",
        {"Forwarded": "for=54.1.2.3;proto=https;host=example.org", "X-Forwarded-Prefix": "/community/bot"},
    ),
}
"""Our public address, how the proxy addresses us, and what it adds."""
numbers = itertools.count(1)


@dataclass
class Door:
    """The program behind one layout."""

    machine: Machine
    client: httpx.AsyncClient
    public: str
    headers: dict[str, str]

    async def post(
        self, path: str, form: dict[str, str] | bytes, signature: str | bytes | None = None, **more: Any
    ) -> int:
        """Post a form, signed for the address it goes to unless told otherwise."""
        if signature is None and isinstance(form, dict):
            signature = sign(self.public + path, form)
        body = urlencode(form) if isinstance(form, dict) else form
        headers: dict[str, Any] = {"Content-Type": "application/x-www-form-urlencoded", **self.headers}
        if signature is not None:
            headers[SIGNATURE] = signature
        headers |= more.pop("headers", {})
        method = more.pop("method", "POST")
        response = await self.client.request(method, path, content=body, headers=headers, **more)
        return response.status_code

    async def kept(self) -> list[int]:
        """How much is kept by now."""
        async with self.machine.database.reading() as unit:
            tables = (inbox, members, addresses, outbox)
            counts = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in tables]
            return list(await unit.inbox.one(sa.select(*counts)) or [])


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=LAYOUTS)
async def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Door]:
    public, inside, headers = LAYOUTS[request.param]
    folder: Path = tmp_path_factory.mktemp("door")
    machine = await Machine.open(
        Settings(
            database_url=f"sqlite:///{folder / 'door.db'}",
            public_url=public,
            twilio_account_sid=SID,
            twilio_auth_token=TOKEN,
            twilio_whatsapp_from=SENDER,
        )
    )
    transport = httpx.ASGITransport(application(machine))
    async with httpx.AsyncClient(transport=transport, base_url=inside) as client:
        yield Door(machine, client, public, headers)
    for channel in machine.channels.values():
        await channel.close()
    await machine.database.close()


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(url, form))


def message(**fields: str) -> dict[str, str]:
    """A message as recorded, with some fields otherwise; an empty value stays, as Twilio signs it."""
    sid = f"SM{next(numbers):032x}"
    return {
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ProfileName": "Member, Basra",
        "MessageType": "text",
        "SmsSid": sid,
        "WaId": "9647500000001",
        "SmsStatus": "received",
        "Body": "hello",
        "To": SENDER,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid,
        "AccountSid": SID,
        "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": {"ProfileName": "Member"}}}),
        "From": "whatsapp:+9647500000001",
        "ApiVersion": "2010-04-01",
        **fields,
    }


def media(mime: str, kind: str, body: str = "") -> dict[str, str]:
    url = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1"
    return {"NumMedia": "1", "MediaUrl0": url, "MediaContentType0": mime, "MessageType": kind, "Body": body}


ORIGINAL = {"OriginalRepliedMessageSid": "SM" + "f" * 32, "OriginalRepliedMessageSender": SENDER}
GOOD: dict[str, tuple[dict[str, str], str]] = {
    "text": ({}, "text"),
    "arabic": ({"Body": "مرحبا"}, "text"),
    "kurdish": ({"Body": "سڵاو، چۆنن؟"}, "text"),
    "emoji and newline": ({"Body": "👋🏽\nline & more = + %20"}, "text"),
    "longest text": ({"Body": "ب" * 1600}, "text"),
    "eastern digit": ({"Body": "٣"}, "text"),
    "command": ({"Body": "/menu"}, "text"),
    "empty body": ({"Body": ""}, "other"),
    "no body at all": ({"Body": "\0"}, "text"),
    "forwarded": ({"Forwarded": "true"}, "text"),
    "often forwarded": ({"Forwarded": "true", "FrequentlyForwarded": "true"}, "text"),
    "reply": (ORIGINAL, "text"),
    "button": ({"MessageType": "interactive", "Body": "Yes", "ButtonText": "Yes", "ButtonPayload": "menu"}, "tap"),
    "template button": (
        {"MessageType": "button", "Body": "فتح", "ButtonText": "فتح", "ButtonPayload": "open", "ButtonType": "REPLY"}
        | ORIGINAL,
        "tap",
    ),
    "button without payload": ({"MessageType": "button", "Body": "Open", "ButtonText": "Open"}, "text"),
    "card button": ({"MessageType": "button", "Body": "Events"}, "text"),
    "list": (
        {"MessageType": "interactive", "Body": "Events", "ListId": "events", "ListTitle": "Events"},
        "tap",
    ),
    "list with description": (
        {"MessageType": "interactive", "Body": "1", "ListId": "events", "ListTitle": "1", "ListDescription": "x"},
        "tap",
    ),
    "unknown action": ({"MessageType": "interactive", "Body": "x", "ListId": "no:such:thing"}, "tap"),
    "image": (media("image/jpeg", "image", "a caption"), "file"),
    "pdf": (media("application/pdf", "document", "notes.pdf"), "file"),
    "word": (
        media("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document"),
        "file",
    ),
    "video": (media("video/mp4", "video"), "file"),
    "voice": (media("audio/ogg; codecs=opus", "audio"), "other"),
    "sticker": (media("image/webp", "sticker"), "other"),
    "contact card": (media("text/vcard", "contacts"), "other"),
    "location": (
        {"MessageType": "location", "Body": "", "Latitude": "33.3", "Longitude": "44.4"},
        "other",
    ),
    "named location": (
        {"MessageType": "location", "Body": "", "Latitude": "33.3", "Longitude": "44.4", "Label": "Hall",
         "Address": "x"},
        "other",
    ),
    "ad": (
        {"ReferralBody": "x", "ReferralHeadline": "y", "ReferralSourceId": "1", "ReferralSourceType": "ad",
         "ReferralSourceUrl": "https://fb.me/1", "ReferralCtwaClid": "z"},
        "text",
    ),
    "ad with media": (
        {"ReferralNumMedia": "1", "ReferralMediaId": "1", "ReferralMediaContentType": "image/jpeg",
         "ReferralMediaUrl": "https://fb.me/1.jpg"},
        "text",
    ),
    "no phone number": ({"From": "whatsapp:US.1234", "ExternalUserId": "whatsapp:US.1234", "WaId": ""}, "text"),
    "number and user id": ({"ExternalUserId": "whatsapp:IQ.987654321"}, "text"),
    "unknown parameters": ({"SomethingNew": "1", "OtherThing2": ""}, "text"),
    "messaging service": ({"MessagingServiceSid": "MG" + "0" * 32}, "text"),
    "flow answer": ({"MessageType": "interactive", "Body": "", "InteractiveData": "{}", "FlowData": "{}"}, "other"),
    "type we do not know": ({"MessageType": "order", "Body": "x"}, "other"),
    "no name": ({"ProfileName": ""}, "text"),
}  # fmt: skip


@pytest.mark.parametrize("kind", GOOD)
async def test_every_kind_that_twilio_sends_is_understood(door: Door, kind: str) -> None:
    fields, what = GOOD[kind]
    form = message(**fields)
    heard = door.machine.metrics.heard.labels("whatsapp", what)
    before, kept = heard._value.get(), await door.kept()
    assert await door.post(INBOUND, form) == 200
    assert heard._value.get() == before + 1
    after = await door.kept()
    assert after[0] == kept[0] + 1
    assert after[3] > kept[3], "everything gets an answer"
    assert await door.post(INBOUND, form) == 200, "sent again: acknowledged"
    assert await door.kept() == after, "and changes nothing"


REPORTS: list[dict[str, str]] = [
    {"MessageStatus": "sent", "ChannelToAddress": "+964750000XXXX", "ChannelInstallSid": "XE" + "0" * 32},
    {"MessageStatus": "delivered", "EventType": "DELIVERED"},
    {"MessageStatus": "read", "EventType": "READ"},
    {"MessageStatus": "undelivered", "EventType": "UNDELIVERED", "ErrorCode": "63016"},
    {"MessageStatus": "failed", "ErrorCode": "63018", "ChannelStatusMessage": "x"},
    {"MessageStatus": "failed", "ErrorCode": "21610"},
    {"MessageStatus": "failed", "ErrorCode": ""},
    {"MessageStatus": "partially_delivered"},
    {"MessageStatus": "invented_later"},
]


@pytest.mark.parametrize(
    "report", REPORTS, ids=lambda report: f"{report['MessageStatus']}{report.get('ErrorCode', '')}"
)
@pytest.mark.parametrize(
    "row", ["", "?row=0", "?row=1", "?row=999999999999", "?row=x", "?row=٣", "?row=1&row=2"]
)
async def test_reports_about_nothing_we_know_are_taken_and_change_nothing(
    door: Door, report: dict[str, str], row: str
) -> None:
    kept = await door.kept()
    form = {
        "MessageSid": f"SM{next(numbers):032x}",
        "AccountSid": SID,
        "To": "whatsapp:+9647500000001",
        **report,
    }
    url = httpx.URL(f"http://x{STATUS}{row}").raw_path.decode()
    assert await door.post(url, form) == 200
    minimal = {name: form[name] for name in ("MessageSid", "MessageStatus")}
    assert await door.post(url, minimal) == 200
    assert await door.kept() == kept


# --- what is not let in --------------------------------------------------------------------------------------------

Attack = Callable[[Door], Any]


@dataclass
class Hostile:
    """A request that must be refused; `form` is signed for our address where no signature is given."""

    name: str
    form: dict[str, str] | bytes
    signature: str | bytes | Callable[[Door], str] | None = None
    path: str = INBOUND
    more: dict[str, Any] = field(default_factory=dict)


def signatures() -> list[Hostile]:
    form = message()

    def other(token: str) -> Callable[[Door], str]:
        return lambda door: sign(door.public + INBOUND, form, token)

    def right(change: Callable[[str], str]) -> Callable[[Door], str]:
        return lambda door: change(sign(door.public + INBOUND, form))

    def sha256(door: Door) -> str:
        said = door.public + INBOUND + "".join(name + form[name] for name in sorted(form))
        return base64.b64encode(hmac.new(TOKEN.encode(), said.encode(), hashlib.sha256).digest()).decode()

    made: list[tuple[str, Any]] = [
        ("none", ""), ("a word", "wrong"), ("spaces", "   "), ("latin-1", "sîgnätüre".encode("latin-1")),
        ("utf-8", "توقيع".encode()), ("high bytes", bytes(range(128, 256))), ("equals", "="), ("slashes", "////"),
        ("long", "A" * 20_000), ("undefined", "undefined"), ("null", "null"), ("true", "true"), ("star", "*"),
        ("list", "[]"), ("object", "{}"), ("zero", "0"), ("newline coded", "%0d%0a"), ("sql", "' OR '1'='1"),
        ("another token", other("x" * 32)), ("empty token", other("")), ("token in upper case", other("T" * 32)),
        ("the sid as token", other(SID)), ("cut", right(lambda one: one[:-1])),
        ("longer", right(lambda one: one + "A")),
        ("lower case", right(str.lower)), ("upper case", right(str.upper)), ("reversed", right(lambda one: one[::-1])),
        ("twice", right(lambda one: one + one)), ("comma", right(lambda one: f"{one},{one}")),
        ("quoted", right(lambda one: f'"{one}"')), ("named", right(lambda one: f"sha1={one}")),
        ("hex", right(lambda one: base64.b64decode(one).hex())),
        ("inner space", right(lambda one: one[:9] + " " + one[9:])),
        ("first letter", right(lambda one: ("B" if one[0] == "A" else "A") + one[1:])), ("sha256", sha256),
    ]  # fmt: skip
    return [Hostile(f"signature: {name}", form, signature) for name, signature in made]


def hosts() -> list[Hostile]:
    """Signatures that Twilio made for another address, with headers that claim it is ours."""
    made = []
    urls = {
        "other host": lambda public: "https://evil.example" + INBOUND,
        "other scheme": lambda public: public.replace("https:", "HTTP:").replace("http:", "https:").lower() + INBOUND
        if public.startswith("http:")
        else public.replace("https:", "http:") + INBOUND,
        "subdomain": lambda public: public.replace("://", "://www.") + INBOUND,
        "other port": lambda public: public.replace(".org", ".org:4443").replace(":4443:8000", ":4443") + INBOUND,
        "trailing slash": lambda public: public + INBOUND + "/",
        "a query": lambda public: public + INBOUND + "?x=1",
        "no path": lambda public: public,
        "the other route": lambda public: public + STATUS,
        "doubled slash": lambda public: public + "/" + INBOUND,
        "upper case": lambda public: public + INBOUND.upper(),
        "credentials": lambda public: public.replace("://", "://a:b@") + INBOUND,
        "a fragment": lambda public: public + INBOUND + "#x",
        "nothing": lambda public: "",
    }  # fmt: skip
    claims: list[dict[str, str]] = [
        {},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {"Host": "evil.example"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Original-URL": "https://evil.example" + INBOUND, "X-Rewrite-URL": INBOUND + "/"},
        {"X-Forwarded-Port": "4443", "X-Forwarded-Prefix": "/x"},
    ]
    for name, url in urls.items():
        for number, headers in enumerate(claims):
            form = message()
            made.append(
                Hostile(
                    f"host: {name}, claim {number}",
                    form,
                    lambda door, form=form, url=url: sign(url(door.public), form),
                    more={"headers": headers},
                )
            )
    return made


def parameters() -> list[Hostile]:
    """A signed form, changed on its way."""
    made = []
    for name in message():
        form = message(**ORIGINAL)
        without = {key: value for key, value in form.items() if key != name}
        changed = {**form, name: form[name] + "x"}
        emptied = {**form, name: ""}
        for what, sent in (("dropped", without), ("changed", changed), ("emptied", emptied)):
            made.append(
                Hostile(f"{name} {what}", sent, lambda door, form=form: sign(door.public + INBOUND, form))
            )
    form = message()
    added: list[dict[str, str]] = [
        {"ButtonPayload": "delete-me"}, {"ListId": "menu"}, {"MediaUrl0": "http://169.254.169.254/"},
        {"X": ""}, {"body": "x"}, {"Body ": "x"},
    ]  # fmt: skip
    for more in added:
        sent = {**form, **more}
        made.append(
            Hostile(
                f"added {next(iter(more))}", sent, lambda door, form=form: sign(door.public + INBOUND, form)
            )
        )
    swapped = {**form, "From": form["To"], "To": form["From"]}
    made.append(Hostile("From and To swapped", swapped, lambda door: sign(door.public + INBOUND, form)))
    doubled = urlencode(form).encode() + b"&From=whatsapp%3A%2B9647500000666"
    made.append(Hostile("From given twice", doubled, lambda door: sign(door.public + INBOUND, form)))
    # A signature covers names and values run together: a colon that moves between them is not seen by it.
    moved = {name: value for name, value in form.items() if name != "Body"} | {"Body" + form["Body"]: ""}
    made.append(Hostile("a value that became a name", moved))
    joined = {name: value for name, value in form.items() if name != "Body"} | {"Bodyhel": "lo"}
    made.append(Hostile("a name that grew", joined | {"Body:": "x"}))
    return made


def bodies() -> list[Hostile]:
    form = message()

    def right(door: Door) -> str:
        return sign(door.public + INBOUND, form)

    kinds = (
        "application/json",
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "",
        "x",
        "text/html; charset=x",
    )
    made = [
        Hostile(
            f"json as {kind or 'nothing'}",
            json.dumps(form).encode(),
            right,
            more={"headers": {"Content-Type": kind}},
        )
        for kind in kinds
    ]
    raw: dict[str, bytes] = {
        "empty": b"", "null": b"null", "a number": b"1", "a list": b"[]", "only ampersands": b"&&&&",
        "only equals": b"=",
        "broken percent": b"Body=%&From=%zz", "not utf-8": b"Body=%ff%fe", "raw bytes": bytes(range(256)),
        "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
        "nul": b"\0" * 100, "many fields": b"&".join(b"A%d=1" % number for number in range(500)),
        "long name": b"A" * 100_000 + b"=1", "deep": b"a" + b"[b]" * 5_000 + b"=1", "semicolons": b"Body=1;From=2",
    }  # fmt: skip
    made += [Hostile(f"body: {name}", body, right) for name, body in raw.items()]
    boundary = "multipart/form-data; boundary=x"
    parts = {
        "file": b'--x\r\nContent-Disposition: form-data; name="Body"; filename="a"\r\n\r\nhello\r\n--x--\r\n',
        "unfinished": b'--x\r\nContent-Disposition: form-data; name="Body"\r\n\r\nhello',
        "no name": b"--x\r\nContent-Disposition: form-data\r\n\r\nhello\r\n--x--\r\n",
        "no headers": b"--x\r\n\r\nhello\r\n--x--\r\n",
    }
    made += [
        Hostile(f"multipart: {name}", body, right, more={"headers": {"Content-Type": boundary}})
        for name, body in parts.items()
    ]
    for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"):
        made.append(Hostile(f"method {method}", form, right, more={"method": method}))
    return made


def foreign() -> list[Hostile]:
    """Signed with our token, but not for us, or not what Twilio sends."""
    fields: list[dict[str, str]] = [
        {"AccountSid": "AC" + "1" * 32}, {"AccountSid": ""}, {"AccountSid": SID.lower()}, {"AccountSid": SID + " "},
        {"To": "whatsapp:+15550002222"}, {"To": ""}, {"To": SENDER.removeprefix("whatsapp:")}, {"To": SENDER + "0"},
        {"To": SENDER.upper()}, {"From": ""}, {"From": "whatsapp:"}, {"From": "+9647500000001"}, {"From": "sms:+1555"},
        {"From": "messenger:123"}, {"From": "whatsapp:+964 750"}, {"From": "whatsapp:" + "9" * 100},
        {"From": "whatsapp:<script>"}, {"From": "whatsapp:../../x"}, {"From": "whatsapp:+٩٦٤٧٥٠"},
        {"From": "whatsapp:\n+1"},
        {"MessageSid": ""}, {"MessageSid": "SM1"}, {"MessageSid": "XX" + "0" * 32}, {"MessageSid": "SM" + "G" * 32},
        {"MessageSid": "SM" + "0" * 33}, {"MessageSid": "'; DROP TABLE inbox; --"}, {"MessageSid": "SM" + "٠" * 32},
    ]  # fmt: skip
    made = [Hostile(f"signed: {one}", message(**one)) for one in fields]
    names: list[str] = [
        "Body:",
        "0",
        "From[]",
        "Bo dy",
        "Bodé",
        "A" * 60,
        "__proto__",
        "constructor.x",
        "Body\n",
    ]
    made += [Hostile(f"signed name: {name!r:.20}", message() | {name: "x"}) for name in names]
    report = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered", "AccountSid": SID}

    def of(url: str) -> Callable[[Door], str]:
        return lambda door: sign(door.public + url, report)

    row = STATUS + "?row=1"
    made += [
        Hostile("status of another account", {**report, "AccountSid": "AC" + "1" * 32}, path=STATUS),
        Hostile("status without a message", {**report, "MessageSid": ""}, path=STATUS),
        Hostile("status unsigned", report, "", STATUS),
        Hostile("status of a message's signature", report, of(INBOUND), STATUS),
        Hostile("status of another row", report, of(row), STATUS + "?row=2"),
        Hostile("status without its row", report, of(row), STATUS),
        Hostile("status with a row", report, of(STATUS), row),
        Hostile("status, twice a row", report, of(row), row + "&row=2"),
    ]
    return made


HOSTILE = [*signatures(), *hosts(), *parameters(), *bodies(), *foreign()]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name[:60])
async def test_nothing_else_is_let_in_and_nothing_of_it_is_kept(door: Door, hostile: Hostile) -> None:
    kept = await door.kept()
    signature = hostile.signature(door) if callable(hostile.signature) else hostile.signature
    status = await door.post(hostile.path, hostile.form, signature, **{**hostile.more})
    assert 400 <= status < 500, hostile.name
    assert await door.kept() == kept


async def test_there_are_enough_of_them() -> None:
    assert len(GOOD) >= 30
    assert len(HOSTILE) >= 200
    assert len({hostile.name for hostile in HOSTILE}) == len(HOSTILE)
