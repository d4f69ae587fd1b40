"""A stage on which people talk to the real dispatcher, outbox and delivery; only the provider is played.

The played channel has the true channel's capabilities, so that what a person sees is laid out as there, and it
keeps what a phone would show: messages, edits in place, the buttons of each.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

import handlers  # noqa: F401 - importing it registers every handler
from bot.channels.contract import Capabilities, Heard, Ignored, Outcome, Parcel, Part, Sent
from bot.clock import Clock
from bot.delivery import Sender
from bot.dispatch import Dispatcher
from bot.removal import Remover
from handlers.kit import Community, Inbound, Upload
from locales import fold
from storage.database import Database
from storage.members import Member
from storage.organisations import Entry
from storage.tables import outbox

TELEGRAM = Capabilities(
    text=4096, caption=1024, body_with_buttons=4096, inline=100, inline_row=8, inline_label=64,
    reverse_rows=True, edits=True, popups=200, utf16=True, removes=True,
)  # fmt: skip
WHATSAPP = Capabilities(
    text=1600, caption=0, body_with_buttons=1024, quick_replies=3, quick_reply_label=20, list_items=10,
    list_label=24, list_description=72, captions=False, window=timedelta(hours=23, minutes=59),
)  # fmt: skip
BROWSER = Capabilities(
    text=4096, caption=4096, body_with_buttons=4096, inline=100, inline_row=4, inline_label=64, edits=True,
    popups=200, removes=True,
)  # fmt: skip
CAPABILITIES = {"telegram": TELEGRAM, "whatsapp": WHATSAPP, "browser": BROWSER}


@dataclass
class Shown:
    """One message as a phone shows it."""

    id: str
    part: Part
    edited: bool = False

    @property
    def text(self) -> str:
        """Everything readable, title first."""
        return "\n".join(piece for piece in (self.part.title, self.part.text) if piece)

    @property
    def labels(self) -> dict[str, str]:
        """Labels and their actions."""
        rows = {button.label: button.action for row in self.part.rows for button in row if button.action}
        return rows | {label: action for action, label, _ in self.part.listed}


class PlayedChannel:
    """A channel whose provider is this process's memory."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.account = "stage"
        self.capabilities = CAPABILITIES[name]
        self.messages_per_second = 1e6
        self.phones: dict[str, list[Shown]] = {}
        self.notes: dict[str, list[str]] = {}
        self.outcomes: list[Outcome] = []
        """Outcomes to give to the next sends instead of success."""
        self.files: dict[str, bytes] = {}
        self.taken_out: dict[str, list[str]] = {}
        """By peer, the ids of messages that were taken out of the chat; typed ones begin with `typed`."""
        self._numbers = itertools.count(1)

    def parse(self, raw: Any, at: datetime) -> Heard:
        """Nothing is parsed on the stage."""
        return Ignored("stage")

    def seconds_between(self, peer: str) -> float:
        """Nothing limits the stage's phones."""
        return 0.0

    async def send(self, parcel: Parcel) -> Outcome:
        """Show a part on the phone."""
        if self.outcomes:
            return self.outcomes.pop(0)
        phone = self.phones.setdefault(parcel.peer, [])
        if parcel.callback and parcel.note:
            self.notes.setdefault(parcel.peer, []).append(parcel.note)
        for shown in phone:
            if parcel.replaces and shown.id == parcel.replaces:
                shown.part, shown.edited = parcel.part, True
                return Sent(shown.id)
        shown = Shown(str(next(self._numbers)), parcel.part)
        phone.append(shown)
        return Sent(shown.id)

    async def remove(self, peer: str, messages: Sequence[str]) -> bool:
        """Take messages off the phone, of both sides."""
        self.taken_out.setdefault(peer, []).extend(messages)
        phone = self.phones.setdefault(peer, [])
        phone[:] = [shown for shown in phone if shown.id not in messages]
        return True

    async def fetch(self, upload: Upload) -> bytes:
        """Give back what a person sent."""
        return self.files[upload.remote]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Person:
    """Somebody with a phone."""

    stage: Stage
    channel: PlayedChannel
    peer: str
    seen: dict[str, Part] = field(default_factory=dict)

    @property
    def phone(self) -> list[Shown]:
        """Every message on this phone."""
        return self.channel.phones.setdefault(self.peer, [])

    @property
    def last(self) -> Shown:
        """The newest message."""
        return self.phone[-1]

    @property
    def sees(self) -> str:
        """The text of all that came or changed since this person last acted, pop-ups first."""
        fresh = [shown for shown in self.phone if self.seen.get(shown.id) != shown.part]
        notes = self.channel.notes.get(self.peer, [])
        return "\n\n".join([*notes, *(shown.text for shown in fresh)])

    @property
    def buttons(self) -> list[str]:
        """The labels that can be tapped on what came or changed since this person last acted."""
        fresh = [shown for shown in self.phone if self.seen.get(shown.id) != shown.part]
        return [label for shown in fresh or self.phone[-1:] for label in shown.labels]

    async def says(self, text: str) -> Person:
        """Type something."""
        return await self._act(what="text", text=text)

    async def starts(self, payload: str = "") -> Person:
        """Press Start, or open a link with a payload."""
        return await self.says(f"/start {payload}".strip())

    async def taps(self, label_or_action: str, *, again: bool = False) -> Person:
        """Tap the newest button with a label, an action, or (ending in a colon) an action's name.

        A channel without buttons is told its number's label.
        """
        shown, action = self._button(label_or_action)
        await self._tap(shown, action)
        return await self._tap(shown, action) if again else self

    async def forges(self, action: str) -> Person:
        """Send an action that no button offered."""
        return await self._act(what="tap", tap=action, callback="forged")

    async def sends(self, name: str, body: bytes, mime: str, text: str = "") -> Person:
        """Send a file."""
        self.channel.files[name] = body
        return await self._act(what="file", text=text, upload=Upload(name, name, mime, len(body)))

    async def member(self) -> Member:
        """Read this person's record."""
        async with self.stage.database.reading() as unit:
            address = await unit.addresses.find(self.channel.name, self.channel.account, self.peer)
            assert address is not None
            found = await unit.members.get(address.member_id)
            assert found is not None
            return found

    def _button(self, wanted: str) -> tuple[Shown, str]:
        key = fold(wanted)
        for shown in reversed(self.phone):
            for label, action in shown.labels.items():
                named = wanted.endswith(":") and action.startswith(wanted)
                if action == wanted or named or fold(label) == key or (key and key in fold(label)):
                    return shown, action
        have = [label for shown in self.phone[-3:] for label in shown.labels]
        raise AssertionError(f"no button {wanted!r}; there are {have}; last: {self.last.text}")

    async def _tap(self, shown: Shown, action: str) -> Person:
        return await self._act(
            what="tap",
            tap=action,
            message=shown.id,
            callback=f"tap{next(self.stage.numbers)}",
            keep=shown.part.lasting,
        )

    async def _act(self, **what: Any) -> Person:
        self.seen = {shown.id: shown.part for shown in self.phone}
        self.channel.notes[self.peer] = []
        number = next(self.stage.numbers)
        if what["what"] != "tap":
            what["typed"] = f"typed{number}"
        await self.stage.dispatcher.receive(
            Inbound(
                channel=self.channel.name,
                account=self.channel.account,
                peer=self.peer,
                provider_id=f"in{number}",
                at=self.stage.now,
                **what,
            )
        )
        await self.stage.settles()
        return self


class Stage:
    """The machine without a network: one played channel of each kind, a clock that moves when told."""

    def __init__(self, database: Database, now: datetime, community: Community | None = None) -> None:
        self.database = database
        self.now = now
        self.numbers = itertools.count(1)
        self.channels = {name: PlayedChannel(name) for name in CAPABILITIES}
        by_key = {(channel.name, channel.account): channel for channel in self.channels.values()}
        self.community = community or Community(telegram_link="https://t.me/diwakhan_bot")
        self.dispatcher = Dispatcher(database, self.community, by_key)
        self.dispatcher.farewell = self._farewell
        self.senders = [Sender(database, one, self.community, lambda: self.now) for one in by_key.values()]
        self.remover = Remover(database, by_key, lambda: self.now)
        self.clock = Clock(database, self.community, lambda: self.now)
        for sender in self.senders:
            database.on_outgoing(sender.wake)

    def person(self, channel: str = "telegram", peer: str = "") -> Person:
        """Bring in somebody the community does not know yet."""
        return Person(self, self.channels[channel], peer or str(1_000_000 + next(self.numbers)))

    async def known(
        self,
        lang: str = "en",
        *,
        channel: str = "telegram",
        role: str = "member",
        name: str = "",
        organisation: int = 0,
    ) -> Person:
        """Bring in somebody who has arrived already: consented, named, with a role."""
        person = self.person(channel)
        place = organisation or await self.organisation()
        async with self.database.unit() as unit:
            member = await unit.members.add(at=self.now, lang=lang, role=role)
            await unit.addresses.add(member.id, channel, person.channel.account, person.peer)
            await unit.members.change(
                member.id,
                name=name or f"{role.capitalize()} {lang}",
                state="active",
                consent_version=1,
                consented_at=self.now,
                organisation_id=place,
            )
        return person

    async def organisation(self, slug: str = "org-basra") -> int:
        """Return an organisation's id, made if need be."""
        async with self.database.unit() as unit:
            return await unit.organisations.put(
                Entry(slug, f"Organisation {slug}", f"منظمة {slug}", f"ڕێکخراو {slug}", "prime", "basra")
            )

    async def passes(self, by: timedelta) -> None:
        """Let time pass: every tick runs, everything due is delivered."""
        self.now += by
        for _ in range(2):
            await self.clock.tick_all()
            await self.settles()

    async def settles(self) -> None:
        """Wait until nothing that is due is left to deliver, and what is to be taken out of chats is."""
        due = sa.select(sa.func.count()).where(
            sa.or_(
                outbox.c.state == "sending",
                sa.and_(outbox.c.state == "queued", outbox.c.not_before <= self.now),
            )
        )
        async with asyncio.timeout(20):
            while True:
                async with self.database.reading() as unit:
                    if not await unit.outbox.scalar(due):
                        break
                for sender in self.senders:
                    sender.wake()
                await asyncio.sleep(0.003)
        await self.remover.sweep()

    async def _farewell(self, channel: str, account: str, peer: str, screen: Any) -> None:
        from bot.present import present

        out = self.channels[channel]
        for part in present(screen, out.capabilities):
            await out.send(Parcel(peer=peer, part=part, row_id=0))


@asynccontextmanager
async def staged(
    database: Database, now: datetime, community: Community | None = None
) -> AsyncIterator[Stage]:
    """Run a stage's senders for as long as the block lasts."""
    stage = Stage(database, now, community)
    tasks = [asyncio.create_task(sender.run()) for sender in stage.senders]
    try:
        yield stage
    finally:
        for sender in stage.senders:
            await sender.stop(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
