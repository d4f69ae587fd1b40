"""The browser chat's channel: a phone is rows in `browser_messages`, and pages that are told when they change.

Its limits are our own: nothing outside this machine is asked, so nothing here can be unreachable.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.channels.contract import (
    Capabilities,
    FetchFailed,
    Heard,
    Ignored,
    Outcome,
    Parcel,
    Part,
    Retry,
    Sent,
)
from handlers.kit import Inbound, Upload
from storage.browser import BrowserMessage
from storage.database import Database
from storage.files import MAX_BYTES
from storage.unit import Unit

PEER = re.compile(r"[a-z0-9-]{1,40}")
LONGEST_ACTION = 64
LONGEST_NAME = 200
HELD_AT_ONCE = 4
"""Files that may be in memory on their way in."""

Body = dict[str, Any]


class BrowserChannel:
    """The one account of the browser chat. `now` tells the demo's time."""

    name = "browser"
    account = "demo"
    capabilities = Capabilities(
        text=4096,
        caption=4096,
        body_with_buttons=4096,
        inline=100,
        inline_row=4,
        inline_label=64,
        edits=True,
        popups=200,
        removes=True,
    )
    messages_per_second = 1000.0

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._watchers: set[asyncio.Event] = set()
        self._held: dict[str, bytes] = {}
        self._numbers = itertools.count(1)

    def parse(self, raw: Any, at: datetime) -> Heard:
        """Read what the page posted: a text, a tap or a file."""
        if not isinstance(raw, dict) or not _is_peer(raw.get("peer")) or not _is_id(raw.get("id")):
            return Ignored("malformed")
        common: dict[str, Any] = {
            "channel": self.name,
            "account": self.account,
            "peer": raw["peer"],
            "provider_id": f"{raw['peer']}:{raw['id']}",
            "at": at,
        }
        match raw:
            case {"kind": "text", "text": str(text)} if text.strip():
                return Inbound(**common, what="text", text=text)
            case {"kind": "tap", "action": str(tapped), "message": str(message), "keep": bool(keep)}:
                if not tapped or len(tapped.encode()) > LONGEST_ACTION:
                    return Ignored("malformed")
                return Inbound(
                    **common, what="tap", tap=tapped, message=message, callback=raw["id"], keep=keep
                )
            case {
                "kind": "file",
                "name": str(name),
                "mime": str(mime),
                "size": int(size),
                "remote": str(remote),
            }:
                upload = Upload(remote, name[:LONGEST_NAME] or "file", mime[:127], size)
                return Inbound(**common, what="file", upload=upload)
        return Ignored("malformed")

    def seconds_between(self, peer: str) -> float:
        """Nothing limits the demo's phones."""
        return 0.0

    async def send(self, parcel: Parcel) -> Outcome:
        """Show a part on a phone, in the place of an earlier one where asked."""
        try:
            async with self._database.unit() as unit:
                body = await _body(unit, parcel)
                shown = await _put(unit, parcel, body, self._now())
        except (sa.exc.SQLAlchemyError, OSError) as error:
            return Retry(detail=type(error).__name__)
        self.wake()
        return Sent(shown)

    async def say(self, peer: str, body: Body) -> str:
        """Show what the persona itself wrote or sent, and return the message's id."""
        async with self._database.unit() as unit:
            said = await unit.browser.add(peer, mine=True, body=body, at=self._now())
        self.wake()
        return str(said.id)

    async def remove(self, peer: str, messages: Sequence[str]) -> bool:
        """Empty messages and have the page hide them."""
        try:
            async with self._database.unit() as unit:
                for message in messages:
                    old = await unit.browser.get(int(message))
                    if old is not None and old.peer == peer:
                        await unit.browser.change(old.id, {"text": "", "gone": True})
        except (sa.exc.SQLAlchemyError, OSError):
            return False
        self.wake()
        return True

    @contextmanager
    def holding(self, body: bytes) -> Iterator[str]:
        """Keep a file's bytes for `fetch` as long as the block lasts; gives the handle by which it is fetched."""
        remote = f"held{next(self._numbers)}"
        if len(self._held) < HELD_AT_ONCE:
            self._held[remote] = body
        try:
            yield remote
        finally:
            self._held.pop(remote, None)

    async def fetch(self, upload: Upload) -> bytes:
        """Hand over a file that the page has just sent."""
        body = self._held.pop(upload.remote, None)
        if body is None:
            raise FetchFailed("gone")
        if len(body) > MAX_BYTES:
            raise FetchFailed("large")
        return body

    @contextmanager
    def watching(self) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever a phone changes; the watcher clears it."""
        event = asyncio.Event()
        self._watchers.add(event)
        try:
            yield event
        finally:
            self._watchers.discard(event)

    def wake(self) -> None:
        """Tell every page to look."""
        for event in self._watchers:
            event.set()

    async def close(self) -> None:
        """Let every page go."""
        self._held.clear()
        self.wake()


def lasting(message: BrowserMessage) -> bool:
    """Say whether a message stays as it is when one of its buttons is tapped."""
    return bool(message.body.get("lasting"))


def offers(message: BrowserMessage, tapped: str) -> bool:
    """Say whether one of a message's buttons holds this action."""
    return any(button["action"] == tapped for row in message.body.get("rows", ()) for button in row)


async def _put(unit: Unit, parcel: Parcel, body: Body, at: datetime) -> str:
    if parcel.replaces.isascii() and parcel.replaces.isdigit() and len(parcel.replaces) < 19:
        old = await unit.browser.get(int(parcel.replaces))
        if old is not None and old.peer == parcel.peer and not old.mine:
            await unit.browser.change(old.id, {**body, "edited": True})
            return str(old.id)
    return str((await unit.browser.add(parcel.peer, mine=False, body=body, at=at)).id)


async def _body(unit: Unit, parcel: Parcel) -> Body:
    part: Part = parcel.part
    body: Body = {
        "title": part.title,
        "text": part.text,
        "rows": [[asdict(button) for button in row] for row in part.rows],
        "lang": part.lang,
        "lasting": part.lasting,
        "note": parcel.note if parcel.callback else "",
    }
    if part.attachment and (file := await unit.files.get(part.attachment.file_id)):
        body["file"] = {**asdict(file), "picture": part.attachment.picture}
    return body


def _is_peer(value: object) -> bool:
    return isinstance(value, str) and PEER.fullmatch(value) is not None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and PEER.fullmatch(value) is not None
