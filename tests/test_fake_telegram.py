"""The fake Bot API server answers as Telegram does. Everything here goes over real HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.specification import telegram_specification
from tests.fakes.telegram import FakeTelegram, Person, clean_text, parse_html, parse_markdown


class Bot:
    """A bare HTTP client."""

    def __init__(self, server: FakeTelegram, session: aiohttp.ClientSession) -> None:
        self.server, self.session = server, session

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One call with a JSON body, whatever the answer."""
        url = f"{self.server.url}/bot{self.server.token}/{method}"
        async with self.session.post(url, json=parameters) as answer:
            body: dict[str, Any] = await answer.json()
            assert body["ok"] or body["error_code"] == answer.status
            return body

    async def do(self, method: str, **parameters: Any) -> Any:
        """One call that must succeed."""
        body = await self.ask(method, **parameters)
        assert body["ok"], body
        return body["result"]

    async def refused(self, method: str, **parameters: Any) -> str:
        """The description of a call that must fail."""
        body = await self.ask(method, **parameters)
        assert not body["ok"], body
        return str(body["description"])

    async def send(self, **form: Any) -> dict[str, Any]:
        """One multipart sendDocument or sendPhoto."""
        method = "sendPhoto" if "photo" in form else "sendDocument"
        data = aiohttp.FormData()
        for name, value in form.items():
            more = {"filename": "slides.pdf"} if isinstance(value, bytes) else {}
            data.add_field(name, value if isinstance(value, bytes) else str(value), **more)
        url = f"{self.server.url}/bot{self.server.token}/{method}"
        async with self.session.post(url, data=data) as answer:
            body: dict[str, Any] = await answer.json()
            return body


@pytest.fixture
async def server() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(per_second=None, per_chat=None, webhook_backoff=0.02) as running:
        yield running


@pytest.fixture
async def bot(server: FakeTelegram) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession() as session:
        yield Bot(server, session)


@pytest.fixture
async def ali(server: FakeTelegram) -> Person:
    person = server.user(7, first_name="Ali")
    await person.start()
    server.pending.clear()
    return person


def keyboard(*rows: list[dict[str, str]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


YES = {"text": "Yes", "callback_data": "yes"}


async def test_token_and_method_must_exist(server: FakeTelegram, bot: Bot) -> None:
    assert (await bot.do("getMe"))["is_bot"] is True
    assert await bot.refused("danceWithMe") == "Not Found: method not found"
    async with bot.session.get(f"{server.url}/bot1:no/getMe") as answer:
        assert (answer.status, (await answer.json())["description"]) == (401, "Unauthorized")


async def test_bodies_may_be_json_form_multipart_or_query(
    server: FakeTelegram, bot: Bot, ali: Person
) -> None:
    url = f"{server.url}/bot{server.token}/SENDMESSAGE"
    form = {"chat_id": "7", "text": "form", "reply_markup": json.dumps(keyboard([YES]))}
    async with bot.session.post(url, data=form) as answer:
        assert (await answer.json())["ok"]
    async with bot.session.get(url, params={"chat_id": 7, "text": "query"}) as answer:
        assert (await answer.json())["ok"]
    await bot.do("sendMessage", chat_id="7", text="json")
    assert (await bot.send(chat_id=7, document=b"x", caption="multipart"))["ok"]
    assert [message.text for message in ali.messages] == ["form", "query", "json", "multipart"]
    assert ali.messages[0].buttons[0][0].data == "yes"
    assert server.violations == []


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n"}, "text must be non-empty"),
        ({"text": "ب" * 4097}, "message is too long"),
        ({"text": "<b>a", "parse_mode": "HTML"},
         'can\'t parse entities: Can\'t find end tag corresponding to start tag "b"'),
        ({"text": "<p>", "parse_mode": "HTML"}, 'can\'t parse entities: Unsupported start tag "p" at byte offset 0'),
        (
            {"text": "a.", "parse_mode": "MarkdownV2"},
            "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
        ),
        ({"text": "a", "parse_mode": "rtf"}, "unsupported parse_mode"),
        ({"text": "ab", "entities": [{"type": "bold", "offset": 0, "length": 3}]},
         "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 3"),
        ({"text": "👍a", "entities": [{"type": "bold", "offset": 1, "length": 1}]},
         "entity begins in a middle of a UTF-16 symbol at UTF-16 offset 1"),
        ({"text": "a", "reply_markup": keyboard([{"text": "b", "callback_data": "ب" * 33}])}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "reply_markup": keyboard([{"text": "b"}])},
         "can't parse inline keyboard button: Text buttons are not allowed in the inline keyboard"),
        ({"text": "a", "reply_markup": keyboard([YES] * 9)}, "reply markup is too long"),
        ({"text": "a", "reply_markup": keyboard(*[[YES]] * 101)}, "reply markup is too long"),
        ({"text": "a", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ({"text": "a", "chat_id": 8}, "chat not found"),
    ],
)  # fmt: skip
async def test_refused_messages(bot: Bot, ali: Person, parameters: dict[str, Any], description: str) -> None:
    body = await bot.ask("sendMessage", **({"chat_id": 7} | parameters))
    assert (body["error_code"], body["description"]) == (400, f"Bad Request: {description}")
    assert ali.messages == []


async def test_limits_are_inclusive(bot: Bot, ali: Person) -> None:
    rows = [[{"text": "b", "callback_data": "d" * 64}] * 8] * 8
    await bot.do("sendMessage", chat_id=7, text="👍" * 4096, reply_markup=keyboard(*rows))
    assert (await bot.send(chat_id=7, document=b"x", caption="ب" * 1024))["ok"]
    refused = await bot.send(chat_id=7, document=b"x", caption="ب" * 1025)
    assert refused["description"] == "Bad Request: message caption is too long"


async def test_people_who_cannot_be_reached(server: FakeTelegram, bot: Bot, ali: Person) -> None:
    server.user(8)
    assert await bot.refused("sendMessage", chat_id=8, text="a") == "Bad Request: chat not found"
    ali.block()
    assert await bot.refused("sendMessage", chat_id=7, text="a") == "Forbidden: bot was blocked by the user"
    ali.unblock()
    await bot.do("sendMessage", chat_id=7, text="a")
    ali.deactivate()
    assert await bot.refused("sendMessage", chat_id=7, text="a") == "Forbidden: user is deactivated"
    changes = [update["my_chat_member"]["new_chat_member"]["status"] for update in server.pending.values()]
    assert changes == ["kicked", "member"]


def test_text_is_cleaned_as_tdlib_does() -> None:
    assert clean_text(" \n\ta\u202ab\r\x07c \n", []) == ("ab c", [])
    assert clean_text("\u2068a\u2069", []) == ("\u2068a\u2069", [])
    bold = {"type": "bold", "offset": 4, "length": 2}
    assert clean_text("\u202a👍 bc", [bold]) == ("👍 bc", [bold | {"offset": 3}])
    assert clean_text("ab  ", [{"type": "bold", "offset": 1, "length": 3}])[1][0]["length"] == 1


def test_parse_modes() -> None:
    text, entities = parse_html('👍<b>x<i>y</i></b> <a href="http://a/?b&amp;c">z</a> &lt;&#1576;')
    assert text == "👍xy z <ب"
    assert [(e["type"], e["offset"], e["length"]) for e in entities] == [
        ("italic", 3, 1), ("bold", 2, 2), ("text_link", 5, 1)]  # fmt: skip
    assert entities[2]["url"] == "http://a/?b&c"
    text, entities = parse_markdown(r"*a\.* [b](http://c/\)) __d__")
    assert text == "a. b d"
    assert [e["type"] for e in entities] == ["bold", "text_link", "underline"]


async def test_edits(bot: Bot, ali: Person) -> None:
    sent = await bot.do("sendMessage", chat_id=7, text="one", reply_markup=keyboard([YES]))
    same = {"chat_id": 7, "message_id": sent["message_id"]}
    assert (
        await bot.refused("editMessageText", **same, text="one", reply_markup=keyboard([YES]))
    ).startswith("Bad Request: message is not modified: specified new message content")
    await bot.do("editMessageText", **same, text="two")
    assert (ali.last.text, ali.last.edited, ali.last.buttons) == ("two", True, [])
    await bot.do("editMessageReplyMarkup", **same, reply_markup=keyboard([YES]))
    assert ali.last.labels == ["Yes"]
    assert "not modified" in await bot.refused("editMessageReplyMarkup", **same, reply_markup=keyboard([YES]))
    unknown = await bot.refused("editMessageText", chat_id=7, message_id=999, text="a")
    assert unknown == "Bad Request: message to edit not found"
    own = ali.history[0].id
    refused = await bot.refused("editMessageText", chat_id=7, message_id=own, text="a")
    assert refused == "Bad Request: message can't be edited"
    assert "no caption" in await bot.refused("editMessageCaption", **same, caption="a")
    await bot.do("deleteMessage", **same)
    assert ali.messages[0].deleted
    assert await bot.refused("deleteMessage", **same) == "Bad Request: message to delete not found"


async def test_files(server: FakeTelegram, bot: Bot, ali: Person) -> None:
    first = (await bot.send(chat_id=7, document=b"%PDF-1.7", caption="slides"))["result"]
    again = await bot.do("sendDocument", chat_id=7, document=first["document"]["file_id"])
    assert again["document"]["file_name"] == "slides.pdf"
    assert again["document"]["mime_type"] == "application/pdf"
    assert ali.last.document is not None
    assert ali.last.document.content == b"%PDF-1.7"
    path = (await bot.do("getFile", file_id=first["document"]["file_id"]))["file_path"]
    async with bot.session.get(f"{server.url}/file/bot{server.token}/{path}") as answer:
        assert await answer.read() == b"%PDF-1.7"
    edited = await bot.do("editMessageCaption", chat_id=7, message_id=first["message_id"], caption="new")
    assert edited["caption"] == "new"
    assert await bot.refused("sendDocument", chat_id=7, document="nonsense") == (
        "Bad Request: wrong file identifier/HTTP URL specified"
    )
    assert await bot.refused("sendDocument", chat_id=7) == "Bad Request: there is no document in the request"
    assert await bot.refused("getFile", file_id="nonsense") == "Bad Request: invalid file_id"
    huge = await ali.send_file("film.mp4", b"", size=(20 << 20) + 1)
    assert (
        await bot.refused("getFile", file_id=huge.raw["document"]["file_id"])
        == "Bad Request: file is too big"
    )
    assert (await bot.send(chat_id=7, photo=b"text"))["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
    photo = (await bot.send(chat_id=7, photo=b"\xff\xd8"))["result"]["photo"][0]["file_id"]
    mixed = await bot.refused("sendDocument", chat_id=7, document=photo)
    assert mixed == "Bad Request: can't use file of type Photo as Document"


async def test_upload_limits(bot: Bot, ali: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fakes.telegram.PHOTO_LIMIT", 50)
    monkeypatch.setattr("tests.fakes.telegram.UPLOAD_LIMIT", 100)
    photo = await bot.send(chat_id=7, photo=b"\xff\xd8" + bytes(50))
    assert photo["description"] == (
        "Bad Request: file of size 52 bytes is too big for a photo; the maximum size is 50 bytes"
    )
    assert (await bot.send(chat_id=7, document=bytes(100)))["ok"]
    assert (await bot.send(chat_id=7, document=bytes(101)))["description"] == "Request Entity Too Large"


async def test_taps_and_answers(server: FakeTelegram, bot: Bot, ali: Person) -> None:
    await bot.do("sendMessage", chat_id=7, text="Coming?", reply_markup=keyboard([YES]))
    identifier = await ali.tap("Yes")
    assert await ali.tap("yes", again=True) == identifier
    first, second = await bot.do("getUpdates")
    assert first["callback_query"] == second["callback_query"]
    assert first["update_id"] < second["update_id"]
    assert first["callback_query"]["message"]["text"] == "Coming?"
    refused = await bot.refused("answerCallbackQuery", callback_query_id=identifier, text="x" * 201)
    assert refused == "Bad Request: MESSAGE_TOO_LONG"
    await bot.do("answerCallbackQuery", callback_query_id=identifier, text="Done", show_alert=True)
    assert (ali.answers, ali.alerts) == (["Done"], ["Done"])
    stale = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await bot.refused("answerCallbackQuery", callback_query_id=identifier) == stale
    server.callback_lifetime = 0
    assert await bot.refused("answerCallbackQuery", callback_query_id=await ali.tap("Yes")) == stale
    with pytest.raises(AssertionError, match="no button 'No'"):
        await ali.tap("No")


async def test_commands_and_profile(bot: Bot, ali: Person) -> None:
    menu = [{"command": "events", "description": "رويدادەکان"}]
    scope = {"type": "chat", "chat_id": 7}
    await bot.do("setMyCommands", commands=menu, scope=scope, language_code="ku")
    assert await bot.do("getMyCommands", scope=scope, language_code="ku") == menu
    assert await bot.do("getMyCommands") == []
    wrong = await bot.refused("setMyCommands", commands=menu, language_code="ckb")
    assert wrong == "Bad Request: invalid language code specified"
    assert await bot.refused("setMyCommands", commands=menu * 101) == "Bad Request: BOT_COMMANDS_TOO_MUCH"
    named = [{"command": "Events!", "description": "x"}]
    assert await bot.refused("setMyCommands", commands=named) == "Bad Request: BOT_COMMAND_INVALID"
    mute = [{"command": "events", "description": "x" * 257}]
    assert await bot.refused("setMyCommands", commands=mute) == "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"
    await bot.do("deleteMyCommands", scope=scope, language_code="ku")
    assert await bot.do("getMyCommands", scope=scope, language_code="ku") == []
    await bot.do("setMyShortDescription", short_description="x" * 120)
    assert await bot.do("getMyShortDescription", language_code="ar") == {"short_description": "x" * 120}
    assert not (await bot.ask("setMyName", name="x" * 65))["ok"]


async def test_chat_action(bot: Bot, ali: Person) -> None:
    await bot.do("sendChatAction", chat_id=7, action="typing")
    refused = await bot.refused("sendChatAction", chat_id=7, action="dancing")
    assert refused == "Bad Request: wrong parameter action in request"


async def test_long_polling(bot: Bot, ali: Person) -> None:
    began = time.monotonic()
    assert await bot.do("getUpdates", timeout=1) == []
    assert time.monotonic() - began >= 0.9
    poll = asyncio.create_task(bot.do("getUpdates", timeout=30))
    await asyncio.sleep(0.05)
    await ali.say("hello /events")
    (update,) = await poll
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 6, "length": 7}]
    assert len(await bot.do("getUpdates")) == 1
    assert await bot.do("getUpdates", offset=update["update_id"] + 1) == []


async def test_conflicts(server: FakeTelegram, bot: Bot) -> None:
    older = asyncio.create_task(bot.ask("getUpdates", timeout=30))
    await asyncio.sleep(0.05)
    newer = asyncio.create_task(bot.ask("getUpdates", timeout=30))
    assert (await older)["description"] == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )
    await bot.do("setWebhook", url="http://127.0.0.1:9/")
    assert (await newer)["description"] == "Conflict: terminated by setWebhook request"
    assert (await bot.refused("getUpdates")).startswith(
        "Conflict: can't use getUpdates method while webhook is active"
    )
    await bot.do("deleteWebhook")
    assert await bot.do("getUpdates") == []


async def test_allowed_updates(server: FakeTelegram, bot: Bot, ali: Person) -> None:
    assert server.push({"message_reaction": {}}) is None
    await bot.do("getUpdates", allowed_updates=["callback_query"])
    await ali.say("unheard")
    assert await bot.do("getUpdates") == []


class Hook:
    """A webhook that fails as often as told."""

    def __init__(self, failures: int) -> None:
        self.failures, self.tries = failures, 0
        self.got: list[dict[str, Any]] = []
        self.secrets: set[str | None] = set()

    async def receive(self, request: web.Request) -> web.Response:
        self.tries += 1
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        if self.tries <= self.failures:
            return web.Response(status=500)
        self.got.append(await request.json())
        return web.json_response({"method": "sendMessage", "chat_id": 7, "text": "by reply"})


async def test_webhook_retries_in_order(server: FakeTelegram, bot: Bot, ali: Person) -> None:
    hook = Hook(failures=3)
    application = web.Application()
    application.router.add_post("/hook", hook.receive)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        await ali.say("before")
        url = f"http://127.0.0.1:{port}/hook"
        answer = await bot.ask("setWebhook", url=url, secret_token="s-1", max_connections=1)
        assert answer["description"] == "Webhook was set"
        await ali.say("after")
        await ali.expect(
            lambda message: message.text == "by reply" and len(hook.got) == 2, timeout=3, anywhere=True
        )
        info = await bot.do("getWebhookInfo")
        assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
        assert [update["message"]["text"] for update in hook.got] == ["before", "after"]
        assert hook.tries == 5
        assert hook.secrets == {"s-1"}
        assert server.pending == {}
    finally:
        await bot.do("deleteWebhook")
        await runner.cleanup()


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"url": "http://example.org/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://example.org:9000/"},
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        (
            {"url": "https://example.org/", "secret_token": "a b"},
            "secret token contains unallowed characters",
        ),
    ],
)
async def test_refused_webhooks(bot: Bot, parameters: dict[str, Any], description: str) -> None:
    assert await bot.refused("setWebhook", **parameters) == f"Bad Request: {description}"


async def test_flood_control(server: FakeTelegram, bot: Bot, ali: Person) -> None:
    server.set_limits(per_second=30, per_chat=1, per_chat_burst=2)
    answers = [await bot.ask("sendMessage", chat_id=7, text="a") for _ in range(4)]
    assert [answer["ok"] for answer in answers] == [True, True, False, False]
    assert answers[2]["description"] == "Too Many Requests: retry after 1"
    assert answers[2]["parameters"] == {"retry_after": 1}
    assert server.flooded == 2
    server.set_limits(per_second=5, per_chat=None)
    many = await asyncio.gather(*(bot.ask("sendMessage", chat_id=7, text="a") for _ in range(8)))
    assert sum(answer["ok"] for answer in many) == 5
    await asyncio.sleep(1.01)
    assert (await bot.ask("sendMessage", chat_id=7, text="a"))["ok"]


async def test_injected_faults(server: FakeTelegram, bot: Bot, ali: Person) -> None:
    message = {"chat_id": 7, "text": "a"}
    server.fault("rate", "sendMessage", seconds=7)
    assert (await bot.ask("sendMessage", **message))["parameters"] == {"retry_after": 7}
    server.fault("forbidden", chat=7)
    assert await bot.refused("sendMessage", **message) == "Forbidden: bot was blocked by the user"
    server.fault("server_error")
    with pytest.raises(aiohttp.ContentTypeError):
        await bot.ask("sendMessage", **message)
    server.fault("garbage")
    with pytest.raises(json.JSONDecodeError):
        await bot.ask("sendMessage", **message)
    server.fault("drop")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.ask("sendMessage", **message)
    server.fault("hang", seconds=0.05)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.ask("sendMessage", **message)
    assert ali.messages == []
    server.fault("accept_then_drop")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.ask("sendMessage", **message)
    assert len(ali.messages) == 1
    server.fault("delay", seconds=0.05, after=1)
    await bot.do("sendMessage", **message)
    await bot.do("sendMessage", **message)
    assert [(entry.fault, entry.ok) for entry in server.log] == [
        ("rate", False), ("forbidden", False), ("server_error", False), ("garbage", False), ("drop", False),
        ("hang", False), ("drop", True), ("", True), ("delay", True),
    ]  # fmt: skip
    assert len(server.delivered()) == len(ali.messages) == 3


@pytest.mark.skipif(telegram_specification() is None, reason="the specification is not beside this checkout")
async def test_calls_are_checked_against_the_specification(
    server: FakeTelegram, bot: Bot, ali: Person
) -> None:
    await bot.do("sendMessage", chat_id=7, text="a", colour="red")
    await bot.do("sendMessage", chat_id=7, text="a", disable_notification="maybe")
    button = YES | {"colour": "red"}
    await bot.do("sendMessage", chat_id=7, text="a", reply_markup=keyboard([button]))
    await bot.refused("sendMessage", chat_id=7)
    assert [violation.partition(": ")[2] for violation in server.violations] == [
        "unknown parameter colour",
        "disable_notification is not Boolean: 'maybe'",
        "reply_markup.inline_keyboard[0][0]: unknown field colour",
        "text is missing",
    ]


async def test_expect_ignores_what_was_there_before(bot: Bot, ali: Person) -> None:
    await bot.do("sendMessage", chat_id=7, text="menu")
    await ali.say("again")
    with pytest.raises(AssertionError, match="'menu'"):
        await ali.expect("menu", timeout=0.02)
    assert (await ali.expect("menu", anywhere=True)).id == ali.last.id
    waiting = asyncio.create_task(ali.expect("edited"))
    await asyncio.sleep(0)
    await bot.do("editMessageText", chat_id=7, message_id=ali.last.id, text="edited")
    assert (await waiting).edited


async def test_everything_a_person_can_send(bot: Bot, ali: Person) -> None:
    await ali.send_photo()
    await ali.send_voice()
    await ali.send_sticker()
    await ali.send_contact("+9647700000000")
    await ali.send_location(33.3, 44.4)
    await ali.edit("corrected", await ali.say("wrong"))
    kinds = [next(iter(update.keys() - {"update_id"})) for update in await bot.do("getUpdates")]
    assert kinds == ["message"] * 6 + ["edited_message"]


async def test_control_by_hand(server: FakeTelegram, bot: Bot) -> None:
    async def control(action: str, **data: Any) -> dict[str, Any]:
        async with bot.session.post(f"{server.url}/_/{action}", json=data) as answer:
            body: dict[str, Any] = await answer.json()
            return body

    await control("start", user=9, payload="invite_1")
    await bot.do("sendMessage", chat_id=9, text="Coming?", reply_markup=keyboard([YES]))
    assert (await control("tap", user=9, label="Yes"))["result"]["query"] in server.queries
    assert "no button" in (await control("tap", user=9, label="No"))["error"]
    assert (await control("upload", user=9, name="a.txt", text="x"))["result"]["file"]["size"] == 1
    await control("block", user=9)
    async with bot.session.get(f"{server.url}/_/chat/9") as answer:
        chat = await answer.json()
    assert [message["text"] for message in chat["messages"]] == ["/start invite_1", "Coming?", ""]
    assert chat["refusal"] == "Forbidden: bot was blocked by the user"
    assert (await control("faults", kind="rate", seconds=3))["result"]["kind"] == "rate"
    assert len(server.faults) == 1
    for path in ("", "_/chats", "_/log", "_/violations", "_/state"):
        async with bot.session.get(f"{server.url}/{path}") as answer:
            assert answer.status == 200


async def test_log_file(tmp_path: Any) -> None:
    path = tmp_path / "calls.jsonl"
    async with FakeTelegram(log_path=path) as server, aiohttp.ClientSession() as session:
        await server.user(7).start()
        await Bot(server, session).do("sendMessage", chat_id=7, text="سڵاو")
    (entry,) = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert (entry["method"], entry["chat"], entry["ok"], entry["text"]) == ("sendMessage", 7, True, "سڵاو")
