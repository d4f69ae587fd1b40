"""The whole machine in this process, served over real HTTP beside a fake Twilio, with one clock for both."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import uvicorn

from bot.channels.whatsapp.templates import WANTED
from bot.machine import Machine
from bot.settings import Settings
from bot.web import application
from storage.addresses import Address
from storage.database import Database
from storage.organisations import Entry
from storage.tables import outbox
from tests.fakes.twilio import FakeTwilio, Message, Person, _listener, _QuietServer

BAGHDAD = ZoneInfo("Asia/Baghdad")


class House:
    """A running Diwakhan with WhatsApp alone, and whoever talks to it."""

    def __init__(self, machine: Machine, twilio: FakeTwilio, url: str) -> None:
        self.machine, self.twilio, self.url = machine, twilio, url
        self.numbers = itertools.count(1)

    @property
    def database(self) -> Database:
        """Where everything is kept."""
        return self.machine.database

    @property
    def now(self) -> datetime:
        """The moment, for the machine and for Twilio."""
        return self.machine.time.now()

    async def known(self, lang: str = "en", *, role: str = "member", second: str = "ar") -> Person:
        """Bring in somebody who has arrived already, by a window that is open now."""
        person = self.twilio.person(f"whatsapp:+96475000{next(self.numbers):05d}")
        async with self.machine.database.unit() as unit:
            place = await unit.organisations.put(Entry("org", "Org", "منظمة", "ڕێکخراو", "prime", "basra"))
            member = await unit.members.add(at=self.now, lang=lang, role=role)
            address = await unit.addresses.add(member.id, "whatsapp", self.twilio.sender, person.address)
            await unit.addresses.heard(address.id, self.now, self.now + timedelta(hours=23, minutes=59))
            await unit.members.change(
                member.id,
                name="Member",
                state="active",
                consent_version=1,
                consented_at=self.now,
                organisation_id=place,
                second_lang=second,
            )
        person.open_window()
        return person

    async def address(self, person: Person) -> Address:
        """Read a person's address as it is kept."""
        async with self.machine.database.reading() as unit:
            found = await unit.addresses.find("whatsapp", self.twilio.sender, person.address)
            assert found is not None
            return found

    async def templates(self, *, approve: Callable[[str, str], bool] = lambda name, lang: True) -> None:
        """Put the templates in place, and have WhatsApp approve those that a test wants."""
        assert self.machine.whatsapp is not None
        book = self.machine.whatsapp.templates
        _ = [step async for step in book.sync(self.now)]
        names = {one.full_name: one for one in WANTED}
        for content in list(self.twilio.contents.values()):
            wanted = names.get(content.friendly_name)
            if wanted is not None and approve(wanted.name, wanted.lang):
                self.twilio.approve(content.sid)
        await book.refresh(self.now)

    async def passes(self, by: timedelta) -> None:
        """Let time pass for everybody; what falls due is done and delivered."""
        await self.machine.time.advance(self.machine.database, by)
        await self.machine.clock.tick_all()
        await self.looked_after()
        await self.settles()

    async def looked_after(self) -> None:
        """Do what the machine does every so often for WhatsApp."""
        assert self.machine.whatsapp is not None
        await self.machine.whatsapp.look_after(lambda one: self.machine.heard("whatsapp", one))

    async def settles(self) -> None:
        """Wait until nothing that is due is left to deliver or to report."""
        async with asyncio.timeout(30):
            while True:
                due = sa.select(sa.func.count()).where(
                    sa.or_(
                        outbox.c.state == "sending",
                        sa.and_(outbox.c.state == "queued", outbox.c.not_before <= self.now),
                    )
                )
                async with self.machine.database.reading() as unit:
                    waiting = await unit.outbox.scalar(due)
                if not waiting and not self.twilio._tasks and not self._sending():
                    return
                for sender in self.machine.senders.values():
                    sender.wake()
                await asyncio.sleep(0.01)

    def _sending(self) -> bool:
        """Whether a sender is still at something: a report may end a row before its sending is noted."""
        return any(sender._replies or sender._others for sender in self.machine.senders.values())

    async def rows(self, *conditions: sa.ColumnElement[bool]) -> list[Any]:
        """Read outbox rows, oldest first."""
        async with self.machine.database.reading() as unit:
            return list(await unit.outbox.all(sa.select(outbox).where(*conditions).order_by(outbox.c.id)))


def bodies(person: Person) -> list[str]:
    """Everything on a phone, as text."""
    return [shown.body for shown in person.messages]


def openers(person: Person) -> list[Message]:
    """Messages on a phone that came as templates."""
    return [shown for shown in person.messages if shown.template]


def until_noon(now: datetime) -> timedelta:
    """Say how long it is to noon in Iraq: at night announcements are asked about once more."""
    noon = datetime.combine(now.astimezone(BAGHDAD), time(12), BAGHDAD)
    return (noon - now) % timedelta(days=1)


@asynccontextmanager
async def house(tmp_path: Path, **settings: Any) -> AsyncIterator[House]:
    """Run everything for as long as the block lasts; what broke Twilio's rules fails at its end."""
    async with FakeTwilio() as twilio:
        listener = _listener("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        machine = await Machine.open(
            Settings(
                database_url=f"sqlite:///{tmp_path / 'house.db'}",
                public_url=url,
                twilio_account_sid=twilio.account_sid,
                twilio_auth_token=twilio.auth_token,
                twilio_whatsapp_from=twilio.sender,
                twilio_api_url=twilio.url,
                twilio_content_url=twilio.url,
                **settings,
            )
        )
        await machine.time.advance(machine.database, until_noon(machine.time.now()))
        twilio.now = machine.time.now
        twilio.inbound_url = twilio.public_inbound_url = f"{url}/twilio/inbound"
        for sender in machine.senders.values():
            sender._pacer._seconds_between = lambda chat: 0.0
        config = uvicorn.Config(
            application(machine), lifespan="off", loop="none", log_config=None, log_level="critical",
            access_log=False,
        )  # fmt: skip
        server = _QuietServer(config)
        serving = asyncio.create_task(server.serve([listener]))
        machine.clock.start = lambda: None  # time passes when a test says so
        await machine.start()
        try:
            yield House(machine, twilio, url)
            await twilio.settle()
        finally:
            server.ending.set()
            await serving
            await machine.stop()
        assert not twilio.violations
