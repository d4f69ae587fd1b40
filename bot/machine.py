"""The composition root: everything is made here, from the settings, and started and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Coroutine, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog
import uvicorn

import handlers  # noqa: F401 - importing it registers every handler
from bot.backups import Backups
from bot.channels.browser import BrowserChannel
from bot.channels.contract import Channel, DeliveryReport, Heard, Ignored, Parcel
from bot.channels.telegram import TelegramChannel
from bot.channels.whatsapp.prices import BadPrices, read_prices
from bot.clock import Clock, Time
from bot.connections import bounded_protocol
from bot.delivery import Sender
from bot.demo import seed
from bot.dispatch import Dispatcher
from bot.keys import check_ring, read_ring
from bot.limits import Limits
from bot.metrics import Metrics
from bot.present import present
from bot.removal import Remover
from bot.reports import settle_report
from bot.settings import Settings, SettingsError
from bot.upkeep import Upkeep
from bot.web import application
from handlers.kit import Community, Screen
from storage.database import Database
from storage.leadership import Leadership
from storage.members import Member
from storage.migrate import migrate
from storage.vault import Vault

DRAIN = 20.0
"""Seconds that messages under way get to end when the process is asked to stop."""
CLOCK = "clock"
POLL_AGAIN_SECONDS = 5.0
OFFICE_SECONDS = 0.2
"""Seconds between looks whether this process is the one that polls."""
LOOK = 60.0
"""Seconds between looks after what is queued for WhatsApp, and what Twilio holds of ours."""

if TYPE_CHECKING:
    from bot.channels.whatsapp.channel import WhatsAppChannel

log = structlog.get_logger()


class Machine:
    """A running Diwakhan, or one about to run."""

    def __init__(self, settings: Settings, database: Database, time: Time) -> None:
        self.settings = settings
        self.database = database
        self.time = time
        self.metrics = Metrics()
        self.stopping = False
        self.telegram: TelegramChannel | None = None
        self.whatsapp: WhatsAppChannel | None = None
        self.browser: BrowserChannel | None = None
        self.channels: dict[tuple[str, str], Channel] = {}
        self.senders: dict[tuple[str, str], Sender] = {}
        self.community = Community()
        self._listening: list[asyncio.Task[None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()

    @classmethod
    async def open(cls, settings: Settings) -> Machine:
        """Read the keys, bring the schema up to date and make every configured channel; raises SettingsError."""
        ring, line = read_ring(settings)
        if line:
            log.warning(line)
        database = Database(settings.database_url, Vault(ring))
        before, after = await migrate(database)
        if before != after:
            log.info("schema brought up to date", revision=after)
        await check_ring(database)
        time = Time()
        if settings.demo:
            await time.restore(database)
        machine = cls(settings, database, time)
        await machine._compose()
        return machine

    async def _compose(self) -> None:
        settings = self.settings
        spending = _spending(settings) if settings.whatsapp else {}
        if settings.telegram:
            self.telegram = TelegramChannel(
                settings.telegram_bot_token.get_secret_value(),
                api_url=settings.telegram_api_url,
                per_second=settings.telegram_messages_per_second,
                database=self.database,
                now=self.time.now,
            )
            await self.telegram.introduce()
        if settings.whatsapp:
            from bot.channels.whatsapp.channel import WhatsAppChannel

            self.whatsapp = WhatsAppChannel(settings, database=self.database, now=self.time.now)
        if settings.demo:
            self.browser = BrowserChannel(self.database, self.time.now)
        made: list[Channel | None] = [self.telegram, self.whatsapp, self.browser]
        self.channels = {(channel.name, channel.account): channel for channel in made if channel is not None}
        self.community = Community(
            zone=ZoneInfo("Asia/Baghdad"),
            public_url=settings.public_url
            or (f"http://{settings.host}:{settings.port}" if settings.demo else ""),
            telegram_link=self.telegram.link if self.telegram else "",
            whatsapp_link=settings.whatsapp_link,
            contact=settings.contact,
            **spending,
            administrators=frozenset(("telegram", str(one)) for one in settings.admin_telegram_ids),
        )
        if self.browser is not None:
            await seed(self.database, self.browser.account, self.time.now())
        self.remover = Remover(self.database, self.channels, self.time.now)
        self.database.on_removing(self.remover.wake)
        limits = Limits(settings.messages_per_minute)
        self.dispatcher = Dispatcher(self.database, self.community, self.channels, limits)
        self.dispatcher.farewell = self._farewell
        self.dispatcher.changed = self._changed
        roles = [CLOCK, *(_role(*key) for key in self.channels)]
        self.leadership = Leadership(self.database.url, roles, hint=self._hinted)
        leads = partial(self.leadership.holds, CLOCK)
        self.upkeep = Upkeep(
            self.database,
            self.community,
            self.channels,
            self.time.now,
            backups=None if settings.demo else Backups(settings, self.database.vault),
            leads=leads,
            webhook_is_ours=self._webhook_is_ours if self.telegram else None,
        )
        self.clock = Clock(
            self.database,
            self.community,
            self.time.now,
            leads=leads,
            metrics=self.metrics,
            scrub=self.upkeep.scrub,
        )
        for key, channel in self.channels.items():
            self.senders[key] = Sender(
                self.database,
                channel,
                self.community,
                self.time.now,
                term=partial(self.leadership.term, _role(*key)),
                metrics=self.metrics,
            )
            self.database.on_outgoing(self.senders[key].wake)

    async def heard(self, channel: str, heard: Heard) -> bool:
        """Handle what a channel heard; returns after the commit, raises `dispatch.Unavailable`.

        True where a pop-up is on its way to what was tapped.
        """
        if isinstance(heard, Ignored):
            self.metrics.heard.labels(channel, heard.reason).inc()
        elif isinstance(heard, DeliveryReport):
            self.metrics.heard.labels(channel, "report").inc()
            await self._report(heard)
        else:
            self.metrics.heard.labels(channel, heard.what).inc()
            with self.metrics.turn_seconds.labels(channel).time():
                return await self.dispatcher.receive(heard)
        return False

    async def start(self) -> None:
        """Start the senders, the clock and what listens for updates; raises AlreadyRunning."""
        await self.leadership.claim()
        self._spawn(self.leadership.run())
        for sender in self.senders.values():
            self._spawn(sender.run())
        self._spawn(self.remover.run())
        self.clock.start()
        self._spawn(self.upkeep.run())
        if self.whatsapp is not None:
            self._spawn(self._look_after(self.whatsapp))
        if self.telegram is not None and self.settings.telegram_mode == "polling":
            self._listening.append(asyncio.create_task(self._poll(self.telegram)))
        if self.telegram is not None and self.settings.telegram_mode == "webhook":
            secret = self.settings.telegram_webhook_secret.get_secret_value()
            await self.telegram.set_webhook(self.settings.public_url, secret)

    async def stop(self) -> None:
        """Stop taking, drain, write down, let go."""
        self.stopping = True
        await _ended(self._listening)
        await asyncio.gather(self.clock.stop(), *(sender.stop(DRAIN) for sender in self.senders.values()))
        await _ended(self._tasks)
        await self.leadership.close()
        for channel in self.channels.values():
            await channel.close()
        await self.database.close()

    async def serve(self) -> None:
        """Run until asked to stop by a signal; a second signal exits at once."""
        settings = self.settings
        config = uvicorn.Config(
            application(self),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            http=bounded_protocol(),
            limit_concurrency=1024,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
        )
        server = _Server(config)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, self._asked_to_stop, server)
        serving = asyncio.create_task(server.serve())
        await self.start()
        # What was loaded stays: without this the collector walks all of it again and again (measured: 8 % of the time).
        gc.collect()
        gc.freeze()
        await asyncio.wait(
            {serving, asyncio.create_task(self._stop.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        self.stopping = True
        server.should_exit = True
        await serving
        await self.stop()

    def _asked_to_stop(self, server: uvicorn.Server) -> None:
        if self._stop.is_set():
            os._exit(1)
        self._stop.set()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _poll(self, telegram: TelegramChannel) -> None:
        """Ask Telegram for updates for as long as this process is the one that may."""
        role = _role(telegram.name, telegram.account)
        asking: asyncio.Task[None] | None = None
        try:
            while True:
                if self.leadership.holds(role):
                    if asking is not None and asking.done():
                        log.error("polling ended", error=type(asking.exception()).__name__)
                        await asyncio.sleep(POLL_AGAIN_SECONDS)
                        asking = None
                    if asking is None:
                        asking = asyncio.create_task(telegram.poll(partial(self.heard, telegram.name)))
                elif asking is not None:
                    await _ended([asking])
                    asking = None
                await asyncio.sleep(OFFICE_SECONDS)
        finally:
            if asking is not None:
                await _ended([asking])

    def _hinted(self) -> None:
        for sender in self.senders.values():
            sender.wake()

    async def _look_after(self, whatsapp: WhatsAppChannel) -> None:
        """Keep WhatsApp in order, at the start and every so often: it holds messages and wordings of ours."""
        while True:
            if self.leadership.holds(_role(whatsapp.name, whatsapp.account)):
                await whatsapp.look_after(partial(self.heard, whatsapp.name))
            await asyncio.sleep(LOOK)

    async def _webhook_is_ours(self) -> bool:
        """Say whether Telegram hands updates to nobody but us."""
        if self.telegram is None:
            return True
        ours = (
            f"{self.settings.public_url}/telegram/webhook" if self.settings.telegram_mode == "webhook" else ""
        )
        return await self.telegram.webhook() in (None, ours)

    async def _report(self, report: DeliveryReport) -> None:
        await self.database.work(lambda unit: settle_report(unit, report, self.time.now()))

    async def _farewell(self, channel: str, account: str, peer: str, screen: Screen) -> None:
        """Say goodbye to an erased person. Not by the outbox: no row about them may remain."""
        out = self.channels[channel, account]
        for part in present(screen, out.capabilities):
            await out.send(Parcel(peer=peer, part=part, row_id=0))

    async def _changed(self, channel: str, account: str, peer: str, member: Member) -> None:
        if channel == "telegram" and self.telegram is not None:
            await self.telegram.set_commands(peer, member.lang or "en", member.role)


def _role(channel: str, account: str) -> str:
    return f"{channel}:{account}"


def _spending(settings: Settings) -> dict[str, Any]:
    """Say what handlers may tell of WhatsApp's daily limit and prices; raises SettingsError."""
    try:
        prices = read_prices(settings.whatsapp_prices)
    except BadPrices as error:
        raise SettingsError(str(error)) from None
    return {
        "daily_conversations": settings.whatsapp_daily_conversations,
        "prices": prices.by_category,
        "currency": prices.currency,
    }


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the machine stops in its own order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
