"""In: one Inbound, one transaction. Nothing acknowledged is lost, nothing happens twice.

`receive` returns once everything that follows from an Inbound is committed: the key that makes a repetition
harmless, its effects, the conversation's state and the outbox rows. Only then may a provider be answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot.channels.contract import Channel, FetchFailed
from bot.limits import Limits, Verdict
from bot.present import offered
from handlers import cases, fallback
from handlers.kit import Community, Inbound, Outdated, Screen, Turn, registry
from handlers.kit.action import TooLong
from handlers.kit.registry import Entry
from handlers.onboarding import arrive, next_step
from handlers.pins import closed_by_pin, closed_screen
from handlers.recognise import AT_ONCE, Answered, Chosen, NotUnderstood, Started, recognise
from handlers.rules.access import Access, access, needs_pin
from handlers.rules.cases import looks_like_a_case
from locales import intent
from storage.addresses import Address
from storage.conversations import Conversation
from storage.database import Database
from storage.members import Member
from storage.outbox import TRACELESS
from storage.unit import Unit

TRIES = 3
DEADLINE = 30.0
"""Seconds a Turn may take; the slowest honest one (an import of 2,000 rows) takes a few."""
PATIENCE = 300.0
"""Seconds for a tap that writes to everybody: a million people take half a minute on a small machine."""
LONGEST_TEXT = 10_000
NAMES_STAY = timedelta(minutes=10)
"""For how long a list with names or the like stands in a chat, where it can be taken out again."""
TYPED_HOURS, TYPED_AT_MOST = 48, 100
"""For how long, and of how many messages, it is known which ones could be taken out of a chat again."""

log = structlog.get_logger()
Farewell = Callable[[str, str, str, Screen], Awaitable[None]]
Changed = Callable[[str, str, str, Member], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Handled:
    """What a Turn leaves to do after its commit: `farewell` to a person erased in it, commands of a member who
    `changed`; and whether a pop-up is on its way to the tap.
    """

    farewell: Screen | None = None
    changed: Member | None = None
    popup: bool = False


@dataclass(slots=True)
class Tried:
    """How often an Inbound was tried, this time included; 0: it was settled before."""

    times: int = 0


class Poisonous(Exception):
    """An Inbound that ended the process every time it was handled."""


class Unavailable(Exception):
    """The database can't be reached: the provider must not be acknowledged and will send again."""


class Dispatcher:
    """Receives from every channel; per person in order, between people concurrently."""

    def __init__(
        self,
        database: Database,
        community: Community,
        channels: Mapping[tuple[str, str], Channel],
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._community = community
        self._channels = channels
        self._limits = limits or Limits(0)
        self._chats: dict[tuple[str, str, str], tuple[asyncio.Lock, int]] = {}
        self.farewell: Farewell | None = None
        """Sends the last screen to somebody who was just erased: no row of theirs may carry it."""
        self.changed: Changed | None = None
        """Told, after the commit, who started or changed language or role: the channel may show other commands."""

    async def receive(self, inbound: Inbound) -> bool:
        """Handle one Inbound and return after the commit; raises Unavailable where nothing could be kept.

        True where a pop-up is on its way, which also tells the provider that the tap was heard.
        """
        text, tap = _bounded(inbound.text), _bounded(inbound.tap)
        if text != inbound.text or tap != inbound.tap:
            inbound = replace(inbound, text=text, tap=tap)
        if (slowed := self._slowed(inbound)) is None:
            return False
        inbound = slowed
        async with self._in_order((inbound.channel, inbound.account, inbound.peer)):
            try:
                return await self._tried(inbound)
            except (sa.exc.DBAPIError, OSError) as error:
                raise Unavailable from error

    def _slowed(self, inbound: Inbound) -> Inbound | None:
        """Return what is to be handled: itself, a notice that this chat is too fast, or nothing any more."""
        if inbound.what in ("left", "returned") or (inbound.text and intent(inbound.text) in AT_ONCE):
            return inbound
        chat = (inbound.channel, inbound.account, inbound.peer)
        match self._limits.judge(chat, inbound.provider_id, inbound.at):
            case Verdict.HEAR:
                return inbound
            case Verdict.SAY_SO:
                return replace(inbound, what="too much", text="", tap="", upload=None)
            case Verdict.SILENCE:
                return None

    async def _tried(self, inbound: Inbound) -> bool:
        inbound, fetched = await self._fetched(inbound)
        while True:
            tried = Tried()
            try:
                done = await self._once(inbound, fetched, tried)
                await self._follow_up(inbound, done)
                return done.popup
            except Poisonous:
                await self._park(inbound, "killed the process")
                return False
            except Exception as error:
                if not tried.times or _out_of_reach(error):
                    raise Unavailable from error
                name = type(error).__name__
                log.warning("turn failed", attempt=tried.times, error=name, at=_where(error))
                if tried.times >= TRIES:
                    await self._park(inbound, name)
                    return False

    async def _follow_up(self, inbound: Inbound, done: Handled) -> None:
        """Do what may only happen once the Turn is committed, and what nobody misses if it fails."""
        chat = (inbound.channel, inbound.account, inbound.peer)
        try:
            if done.farewell is not None and self.farewell is not None:
                await self.farewell(*chat, done.farewell)
            if done.changed is not None and self.changed is not None:
                await self.changed(*chat, done.changed)
        except Exception as error:
            log.warning("follow-up failed", error=type(error).__name__, at=_where(error))

    async def _once(self, inbound: Inbound, fetched: bytes | None, tried: Tried) -> Handled:
        """Run the Turn.

        That it is being tried is committed first: an update that kills the process must not do so for ever.
        """
        key = (inbound.channel, inbound.account, inbound.provider_id)

        within = PATIENCE if inbound.tap and registry.is_patient(inbound.tap) else DEADLINE

        async def note(unit: Unit) -> bool:
            await _hold(unit, inbound)
            tried.times = await unit.inbox.attempt(*key, inbound.at)
            return tried.times > 1

        async def handle(unit: Unit) -> Handled:
            if not tried.times:
                return Handled()
            if tried.times > TRIES:
                raise Poisonous
            await _hold(unit, inbound)
            if not await unit.inbox.done(*key):
                return Handled()
            return await self._handled(unit, inbound, fetched)

        return await self._database.work(handle, first=note, within=within)

    async def _handled(self, unit: Unit, inbound: Inbound, fetched: bytes | None) -> Handled:
        address = await self._address(unit, inbound)
        if inbound.what in ("left", "returned"):
            await unit.addresses.mark(address.id, "blocked" if inbound.what == "left" else "yes")
            return Handled()
        turn = await self._turn(unit, inbound, address, fetched)
        before = (turn.member.lang, turn.member.role)
        if turn.member.consented:
            self._limits.is_known((inbound.channel, inbound.account, inbound.peer))
        if inbound.what == "too much":
            await self._queue(turn, await fallback.too_fast(turn))
            return Handled()
        conversation = await turn.unit.conversations.get(turn.address.id)
        if not conversation.in_doubt:
            await unit.members.seen(turn.member.id, inbound.at.date())
        screen = await self._answer(turn, conversation)
        if turn.farewell:
            return Handled(farewell=screen)
        await self._keep(turn, screen, conversation)
        changed = inbound.text.startswith("/start") or (turn.member.lang, turn.member.role) != before
        return Handled(changed=turn.member if changed else None, popup=bool(inbound.callback and screen.note))

    async def _turn(self, unit: Unit, inbound: Inbound, address: Address, fetched: bytes | None) -> Turn:
        capabilities = self._channels[inbound.channel, inbound.account].capabilities
        window = capabilities.window
        until = inbound.at + window if window else None
        await unit.addresses.heard(address.id, inbound.at, until)
        member = await unit.members.get(address.member_id)
        assert member is not None  # noqa: S101 - the address's foreign key says so
        if (
            inbound.channel,
            inbound.peer,
        ) in self._community.administrators and member.role != "administrator":
            await unit.members.change(member.id, role="administrator")
            member = replace(member, role="administrator")
        if inbound.upload and fetched is not None:
            upload = inbound.upload
            file = await unit.files.add(upload.name, upload.mime, fetched, at=inbound.at)
            inbound = replace(inbound, upload=replace(upload, file_id=file.id, size=file.size))
        address = replace(address, window_until=until, reachable="yes")
        return Turn(unit, member, address, inbound.at, self._community, inbound, capabilities.removes)

    async def _answer(self, turn: Turn, conversation: Conversation) -> Screen:
        assert turn.inbound is not None  # noqa: S101 - a Turn of a person has one
        meaning = recognise(turn.inbound, conversation)
        try:
            if turn.member.hold and not isinstance(meaning, Chosen):
                return closed_screen(turn)
            match meaning:
                case Started(payload):
                    return await arrive(turn, payload)
                case Chosen(action):
                    entry, arguments = registry.find(registry.taps, action)
                    return await self._allowed(turn, entry, action) or await entry.handler(turn, *arguments)
                case Answered(action, reply):
                    entry, arguments = registry.find(registry.answers, action)
                    if entry.name in cases.ASKS and not conversation.warned and _is_case(turn):
                        return cases.warning(turn, conversation.ask)
                    return await self._allowed(turn, entry) or await entry.handler(turn, reply, *arguments)
                case NotUnderstood():
                    if _is_case(turn):
                        return cases.warning(turn)
                    return await next_step(turn) or await fallback.not_understood(turn)
        except (Outdated, TooLong):
            if turn.member.hold:
                return closed_screen(turn)
            return await next_step(turn) or await fallback.outdated(turn)

    async def _allowed(self, turn: Turn, entry: Entry, wanted: str = "") -> Screen | None:
        """Return what to show instead, where this person may not or not yet do it. `wanted` is what a PIN leads to."""
        may = access(entry.name, entry.who, turn.member)
        if may is Access.CLOSED:
            return closed_screen(turn)
        if entry.consent and (step := await next_step(turn)):
            return step
        if may is Access.NOT_THEIRS:
            return await fallback.not_allowed(turn)
        return await closed_by_pin(turn, wanted) if needs_pin(entry.name, entry.who) else None

    async def _keep(self, turn: Turn, screen: Screen, before: Conversation) -> None:
        """Write the conversation and the answer down."""
        inbound = turn.inbound
        assert inbound is not None  # noqa: S101
        last = screen.then[-1] if screen.then else screen
        ask = last.ask or screen.ask
        state = Conversation(
            ask.action if ask else "",
            ask.accepts if ask else "text",
            offered(screen),
            typed=_typed(before, inbound, unsaid=turn.unsaid) if turn.removes else (),
            warned=turn.warned,
        )
        await turn.unit.conversations.put(turn.address.id, state, inbound.at)
        await self._queue(turn, screen)

    async def _queue(self, turn: Turn, screen: Screen) -> None:
        inbound = turn.inbound
        assert inbound is not None  # noqa: S101
        key = f"reply|{inbound.channel}|{inbound.account}|{inbound.provider_id}"
        for number, one in enumerate((replace(screen, then=()), *screen.then)):
            first = number == 0
            if turn.removes and one.private and one.rows and not (one.lasting or one.attachments):
                due = turn.now + NAMES_STAY
                await turn.unit.removals.expire(turn.address.id, f"{key}|{number}", turn.now, due)
            await turn.unit.outbox.reply(
                f"{key}|{number}",
                turn.address,
                one.to_json(),
                at=turn.now,
                replaces=inbound.message if first and not inbound.keep else "",
                callback=inbound.callback if first and (one.note or not inbound.acknowledged) else "",
                card=one.card,
                subject=TRACELESS if turn.traceless else "",
                shown=one,
            )

    async def _address(self, unit: Unit, inbound: Inbound) -> Address:
        found = await unit.addresses.find(inbound.channel, inbound.account, inbound.peer)
        if found is not None:
            return found
        member = await unit.members.add(at=inbound.at)
        return await unit.addresses.add(member.id, inbound.channel, inbound.account, inbound.peer)

    async def _fetched(self, inbound: Inbound) -> tuple[Inbound, bytes | None]:
        """Fetch a file that was asked for, before the transaction: the network is never awaited inside one."""
        if inbound.upload is None or not await self._expects_file(inbound):
            return inbound, None
        channel = self._channels[inbound.channel, inbound.account]
        try:
            return inbound, await channel.fetch(inbound.upload)
        except FetchFailed as failed:
            return replace(inbound, upload=replace(inbound.upload, fault=failed.fault)), None

    async def _expects_file(self, inbound: Inbound) -> bool:

        async def look(unit: Unit) -> bool:
            address = await unit.addresses.find(inbound.channel, inbound.account, inbound.peer)
            if address is None:
                return False
            conversation = await unit.conversations.get(address.id)
            return bool(conversation.ask) and conversation.accepts in ("file", "either")

        return await self._database.look(look)

    async def _park(self, inbound: Inbound, error: str) -> None:
        """Set aside what kept failing, say sorry once, and tell those who look after the bot."""
        reference = _reference(inbound)
        log.error("inbound parked", reference=reference, error=error)

        async def park(unit: Unit) -> None:
            await _hold(unit, inbound)
            payload = json.dumps(asdict(inbound), default=_plain, ensure_ascii=False)
            if not await unit.inbox.park(
                inbound.channel, inbound.account, inbound.provider_id, error=error, payload=payload
            ):
                return
            address = await self._address(unit, inbound)
            options = {"subject": "parked", "occurrence": reference, "at": inbound.at}
            await unit.outbox.notify_one("apology", address.member_id, address_id=address.id, **options)
            for role in ("administrator", "coordinator"):
                if await unit.outbox.notify_roles("parked", role, args=(reference,), **options):
                    break

        await self._database.work(park)

    @asynccontextmanager
    async def _in_order(self, chat: tuple[str, str, str]) -> AsyncIterator[None]:
        lock, waiting = self._chats.get(chat, (asyncio.Lock(), 0))
        self._chats[chat] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._chats[chat]
            if waiting == 1:
                del self._chats[chat]
            else:
                self._chats[chat] = (lock, waiting - 1)


async def _hold(unit: Unit, inbound: Inbound) -> None:
    """Keep one person's Turns in order across processes; SQLite has one writer anyway."""
    if unit.is_postgresql:
        chat = f"{inbound.channel}|{inbound.account}|{inbound.peer}"
        number = int.from_bytes(hashlib.sha256(chat.encode()).digest()[:8], "big", signed=True)
        await unit.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _is_case(turn: Turn) -> bool:
    """Say whether what was typed looks like a report of a case, and remember that it was met with a warning."""
    turn.warned = (
        turn.inbound is not None and turn.inbound.what == "text" and looks_like_a_case(turn.inbound.text)
    )
    return turn.warned


def _out_of_reach(error: Exception) -> bool:
    """Say whether the database, and not the Turn, is what failed."""
    lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError, ConnectionError))


def _typed(before: Conversation, inbound: Inbound, *, unsaid: bool) -> tuple[tuple[str, int], ...]:
    """Note the id of what was just typed, unless it goes anyway, with those of late; see `Conversation.typed`."""
    hour = int(inbound.at.timestamp()) // 3600
    late = [(message, at) for message, at in before.typed if at > hour - TYPED_HOURS]
    new = [(inbound.typed, hour)] if inbound.typed and not unsaid else []
    return (*late, *new)[-TYPED_AT_MOST:]


def _bounded(text: str) -> str:
    """Drop what no database or provider takes (NUL, lone surrogates), and what nobody types."""
    return text[:LONGEST_TEXT].replace("\x00", "").encode("utf-8", "ignore").decode()


def _reference(inbound: Inbound) -> str:
    digest = hashlib.sha256(f"{inbound.channel}|{inbound.account}|{inbound.provider_id}".encode())
    return digest.hexdigest()[:8]


def _where(error: BaseException) -> str:
    """Name the innermost line of ours that failed: a place, never a value."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.split(".")[0] in ("bot", "handlers", "storage", "locales"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
