"""T33. Whatever arrives is answered: texts in three scripts and none, made-up taps, malformed updates and pages.

Over the real webhook into the real machine, from chats in every state. A seed is printed by a failure's name.
`DIWAKHAN_FUZZ=100000 DIWAKHAN_FUZZ_SEED=7 pytest tests/security/test_t33_fuzz.py -m slow` says how many, and which.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from bot.machine import Machine
from bot.settings import Settings
from bot.web import application
from handlers.kit import registry
from storage.conversations import Conversation
from storage.outbox import REPLY
from storage.tables import inbox, outbox
from tests.fakes.telegram import FakeTelegram

SECRET = "A-webhook-secret-for-tests"
MANY = int(os.environ.get("DIWAKHAN_FUZZ", "20000"))
SEED = int(os.environ.get("DIWAKHAN_FUZZ_SEED", "267292"))
ROLES = ("guest", "member", "coordinator", "administrator", "donor")
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz ABCDEFG",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأإةى ًٌٍَُِّْـ",
    "ئابپتجچحخدرڕزژسشعغفڤقکگلڵمنوۆهەیێ ",
    "0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹.,٫٬%+-/",
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2069\u200b\u200c\u200d\ufeff\u061c",
    "😀👩‍👩‍👧‍👦🇮🇶🏳️‍🌈✅🔥\U0001f9d1\U0001f3fd",
    "\x00\x01\x07\x1b\x7f\n\r\t\u0085\u2028\u2029\ud800\udfff\ufffe\U0010ffff",
    "<>&\"'`*_[](){}|\\/;:=@#%!?~^$",
    "Z̷̛̤a̸l̵g̶o̷",
)
TYPED = (
    "/start", "/menu", "/stop", "stop", "إيقاف", "ڕاگرتن", "/start i1234", "/start c123456", "/start@bot", "/x" * 40,
    "1", "٣", "۹", "10/10/2026 10:00", "٢٠٢٦/١٠/١٠ ١٠:٠٠", "12:00", "=1+1", "{name}", "%s%n",
    "' OR 1=1--", "ABCD-EFGH-JKMN",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, 10**200, 1.5, "", "x", "\x00", "\ud800", "9" * 400,
    [], [[]], {}, {"id": None}, ["x"] * 50, {"id": 10**200}, "private", "group",
)  # fmt: skip


def a_text(dice: random.Random) -> str:
    """Write something: a word, a command, a mix of scripts, or far too much of it."""
    match dice.randrange(6):
        case 0:
            return dice.choice(TYPED)
        case 1:
            return "".join(dice.choices("".join(ALPHABETS), k=dice.choice((1, 4095, 4096, 4097, 9000))))
        case _:
            letters = "".join(dice.sample(ALPHABETS, dice.randint(1, 3)))
            return "".join(dice.choices(letters, k=dice.choice((1, 2, 6, 40, 200))))


def a_tap(dice: random.Random) -> str:
    """Make up what a button carries: an action with arguments that fit, nearly fit, or nothing like it."""
    if dice.random() < 0.1:
        return a_text(dice)[:64]
    name = dice.choice(sorted(registry.taps))
    kinds = registry.taps[name].kinds
    given = [
        dice.choice(("0", "1", "2", "-1", "7804254748483858", str(2**63 - 1), str(2**63), "٣", ""))
        if kind is int and dice.random() < 0.9
        else dice.choice(("en", "x", "", "member", "confirmed", "2026Q1", a_text(dice)[:20]))
        for kind in kinds
    ]
    if dice.random() < 0.1:
        given = given[:-1] if dice.random() < 0.5 else [*given, "1"]
    return ":".join([name, *given])


def broken(dice: random.Random, update: Any) -> Any:
    """Put something odd at a place of a well-formed update, or take the place away."""
    update = json.loads(json.dumps(update))
    here = update
    while True:
        key = dice.choice(list(here))
        if isinstance(here[key], dict) and here[key] and dice.random() < 0.8:
            here = here[key]
            continue
        if dice.random() < 0.2:
            del here[key]
        else:
            here[key] = dice.choice(ODD)
        return update


class Fuzz:
    """The machine, chats in every state, and a count of what was answered."""

    def __init__(self, machine: Machine, client: httpx.AsyncClient, seed: int) -> None:
        self.machine, self.client, self.dice = machine, client, random.Random(seed)
        self.chats: list[int] = []
        self.number = 0
        self.statuses: Counter[tuple[str, int]] = Counter()

    async def people(self) -> None:
        """Bring in strangers, and everybody of every role and language with any question waiting."""
        asks = sorted(registry.answers)
        async with self.machine.database.unit() as unit:
            for at, (lang, role) in enumerate((lang, role) for lang in ("ar", "ku", "en") for role in ROLES):
                member = await unit.members.add(at=self.machine.time.now(), lang=lang, role=role)
                await unit.members.change(member.id, name="Somebody", state="active", consent_version=1)
                account = self.machine.telegram.account if self.machine.telegram else ""
                await unit.addresses.add(member.id, "telegram", account, str(1000 + at))
                self.chats.append(1000 + at)
        self.asks = asks
        self.chats += [1, 2, 3]

    async def waits(self, chat: int) -> None:
        """Let a question wait in a chat."""
        name = self.dice.choice(self.asks)
        kinds = registry.answers[name].kinds
        ask = ":".join([name, *("1" if kind is int else "en" for kind in kinds)])
        async with self.machine.database.unit() as unit:
            account = self.machine.telegram.account if self.machine.telegram else ""
            if address := await unit.addresses.find("telegram", account, str(chat)):
                await unit.conversations.put(address.id, Conversation(ask, "either"), self.machine.time.now())

    def update(self, chat: int) -> dict[str, Any]:
        """Write an update as Telegram does: a text, a tap, a file, or leaving."""
        self.number += 1
        sender = {"id": chat, "is_bot": False, "first_name": "x", "language_code": "ar"}
        message: dict[str, Any] = {
            "message_id": self.number, "date": 1_700_000_000, "chat": {"id": chat, "type": "private"}, "from": sender,
        }  # fmt: skip
        match self.dice.randrange(10):
            case 0:
                return {
                    "update_id": self.number,
                    "message": {**message, "location": {"latitude": 1, "longitude": 2}},
                }
            case 1 | 2 | 3 | 4:
                query = {"id": str(self.number), "from": sender, "message": message, "data": a_tap(self.dice)}
                return {"update_id": self.number, "callback_query": query}
        return {"update_id": self.number, "message": {**message, "text": a_text(self.dice)}}

    async def sends(self, kind: str, body: bytes) -> None:
        """Post to the webhook."""
        headers = {"x-telegram-bot-api-secret-token": SECRET, "content-type": "application/json"}
        answer = await self.client.post("/telegram/webhook", content=body, headers=headers)
        self.statuses[kind, answer.status_code] += 1


@asynccontextmanager
async def fuzzing(tmp_path: Path, seed: int) -> AsyncIterator[Fuzz]:
    async with FakeTelegram(per_second=None, per_chat=None) as telegram:
        machine = await Machine.open(
            Settings(
                _env_file=None,
                database_url=f"sqlite:///{tmp_path / 'fuzz.db'}",
                telegram_bot_token=telegram.token,
                telegram_api_url=telegram.url,
                telegram_mode="webhook",
                telegram_webhook_secret=SECRET,
                public_url="https://bot.example.org",
                messages_per_minute=0,
            )
        )
        transport = httpx.ASGITransport(application(machine), raise_app_exceptions=False)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="https://bot.example.org") as client:
                fuzz = Fuzz(machine, client, seed)
                await fuzz.people()
                yield fuzz
        finally:
            await machine.stop()


async def parked(machine: Machine) -> list[str]:
    async with machine.database.reading() as unit:
        rows = await unit.audit.all(sa.select(inbox.c.error).where(inbox.c.state == "parked"))
        return [row.error for row in rows]


async def _messages(tmp_path: Path, count: int, seed: int) -> None:
    async with fuzzing(tmp_path, seed) as fuzz:
        for number in range(count):
            chat = fuzz.dice.choice(fuzz.chats)
            if number % 3 == 0:
                await fuzz.waits(chat)
            update = fuzz.update(chat)
            await fuzz.sends("whole", json.dumps(update).encode())
            assert not await parked(fuzz.machine), f"seed {seed}, number {number}: {ascii(update)[:400]}"
        assert set(fuzz.statuses) == {("whole", 200)}
        async with fuzz.machine.database.reading() as unit:
            replies = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.lane == REPLY)
            assert await unit.audit.scalar(replies) > count / 2, "people are answered"


async def _malformed(tmp_path: Path, count: int, seed: int) -> None:
    async with fuzzing(tmp_path, seed) as fuzz:
        for number in range(count):
            update = fuzz.update(fuzz.dice.choice(fuzz.chats))
            bodies: Sequence[bytes] = (
                json.dumps(broken(fuzz.dice, update)).encode(),
                json.dumps(fuzz.dice.choice(ODD)).encode(),
                fuzz.dice.randbytes(fuzz.dice.choice((0, 1, 50, 3000))),
                json.dumps(update).encode()[: fuzz.dice.randrange(200)],
                b"[" * 100_000,
            )
            await fuzz.sends("broken", bodies[number % len(bodies)] if number % 50 else bodies[-1])
        assert not await parked(fuzz.machine), f"seed {seed}"
        assert {status for _, status in fuzz.statuses} <= {200, 400}, fuzz.statuses
        assert fuzz.statuses["broken", 400] > count / 3
        for number in range(count):
            path = "".join(fuzz.dice.choice(ALPHABETS)[:9] for _ in range(2)).encode("utf-8", "ignore")
            page = fuzz.dice.choice(
                ("certificate", "in", "report", "calendar", "answer", "answered", "media", "x")
            )
            method = fuzz.dice.choice(("GET", "POST", "HEAD", "PUT"))
            answer = await fuzz.client.request(
                method,
                f"/{page}/{quote(path + fuzz.dice.randbytes(number % 9))}",
                params={"number": a_text(fuzz.dice)[:50].encode("utf-8", "ignore").decode()},
                content=fuzz.dice.randbytes(20),
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
            assert answer.status_code in (200, 400, 404, 405, 410, 415), (
                seed,
                number,
                page,
                answer.status_code,
            )


async def test_T33_every_message_is_handled(tmp_path: Path) -> None:
    await _messages(tmp_path, 150, 33)


async def test_T33_malformed_updates_and_pages_are_refused_and_nothing_breaks(tmp_path: Path) -> None:
    await _malformed(tmp_path, 100, 33)


@pytest.mark.slow
async def test_T33_twenty_thousand_messages(tmp_path: Path) -> None:
    await _messages(tmp_path, MANY, SEED)


@pytest.mark.slow
async def test_T33_twenty_thousand_malformed_ones(tmp_path: Path) -> None:
    await _malformed(tmp_path, MANY // 2, SEED)


async def test_T33_control_a_handler_that_fails_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fuzzing(tmp_path, 1) as fuzz:

        async def fails(turn: Any) -> Any:
            raise ZeroDivisionError

        monkeypatch.setitem(
            registry.taps, "menu", type(registry.taps["menu"])("menu", fails, ROLES, False, (), 0)
        )
        update = {
            "update_id": 1,
            "message": {
                "message_id": 1, "date": 1, "text": "/menu", "chat": {"id": 1000, "type": "private"},
                "from": {"id": 1000, "is_bot": False, "first_name": "x"},
            },
        }  # fmt: skip
        await fuzz.sends("whole", json.dumps(update).encode())
        assert await parked(fuzz.machine) == ["ZeroDivisionError"]
