"""The machine looks after itself: the nightly backup, the weekly trial of one, and what needs a person is told.

Whoever leads the clock does it. A trouble is told once a day to administrators, in their chat; where the disk takes no
more writing, by way of the channel itself, since nothing can be queued.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog

from bot.backups import Backups
from bot.channels.contract import Channel, Parcel
from bot.present import present
from handlers.kit import Community, Screen, Turn
from handlers.operating import needs_a_human
from storage.copying import NotCopied
from storage.database import Database
from storage.snapshots import Damaged
from storage.unit import Unit
from storage.vault import VaultError

LOOK = 60.0
"""Seconds between looks."""
NIGHT = range(2, 6)
"""The local hours in which backups are made and tried out: by day people would notice what that takes."""
LATE = timedelta(hours=26)
"""After how long a backup does not wait for the night: the machine is off at night, it seems."""
STALE = timedelta(hours=36)
"""After how long without a backup a person is told."""
WAITING = timedelta(hours=1)
"""For how long messages may wait before a person is told."""
LOW_DISK = (0.1, 1024**3)
"""Free disk below this part and below these bytes is told."""
AUDIT_EVERY = timedelta(hours=1)
"""How often the audit's chain is followed from end to end."""
AGAIN = timedelta(hours=6)
"""After how long a trouble that could not be queued is told anew."""
MADE, MADE_ON, SINCE, DRILLED, DRILL, BEAT = (
    "backup-made", "backup-on", "upkeep-since", "drilled-in", "drill", "upkeep",
)  # fmt: skip
"""Facts: when the newest backup was made, the local day of the last try, since when there are any to be made, the week
of the last trial, what it came to, and when somebody last looked."""
ROLE = "administrator"

log = structlog.get_logger()
Webhook = Callable[[], Awaitable[bool]]


def _is_night(local: datetime) -> bool:
    return local.hour in NIGHT


class Upkeep:
    """Looks after one installation."""

    def __init__(
        self,
        database: Database,
        community: Community,
        channels: Mapping[tuple[str, str], Channel],
        now: Callable[[], datetime],
        *,
        backups: Backups | None,
        leads: Callable[[], bool],
        webhook_is_ours: Webhook | None = None,
    ) -> None:
        self._database = database
        self._community = community
        self._channels = channels
        self._now = now
        self.backups = backups
        self._leads = leads
        self._webhook_is_ours = webhook_is_ours
        self._audited: datetime | None = None
        self._audit_broken = False
        self._told: dict[str, datetime] = {}

    async def run(self) -> None:
        """Look every so often, for as long as the process runs."""
        while True:
            if self._leads():
                try:
                    await self.look()
                except Exception as error:
                    log.error("upkeep failed", error=type(error).__name__)
            await asyncio.sleep(LOOK)

    async def look(self) -> set[str]:
        """Do what is due, tell what needs a person, and return what does."""
        now = self._now()
        if not await self._can_write(now):
            await self._tell_directly("read-only", now)
            return {"read-only"}
        if self.backups is not None:
            await self._back_up(self.backups, now)
            await self._drill(self.backups, now)
        troubles = await self._troubles(now)
        for trouble in sorted(troubles):
            await self._tell(trouble, now)
        return troubles

    async def scrub(self) -> bool:
        """Take what was deleted off the disk, and the keys of people erased out of the backups' reach."""
        done = await self._database.scrub()
        if done and self.backups is not None:
            await self.backups.renew_keys(self._database)
        return done

    # --- backups --------------------------------------------------------------------------------------------

    async def _back_up(self, backups: Backups, now: datetime) -> None:
        local = now.astimezone(self._community.zone)
        day = local.date().isoformat()
        async with self._database.unit() as unit:
            if not await unit.facts.get(SINCE):
                await unit.facts.put(SINCE, now.isoformat())
            last = await unit.facts.get(MADE) or await unit.facts.get(SINCE)
            late = now - datetime.fromisoformat(last) > LATE
            if not (_is_night(local) or late) or await unit.facts.get(MADE_ON) == day:
                return
            await unit.facts.put(MADE_ON, day)
        try:
            made = await backups.make(self._database, now)
        except (Damaged, NotCopied, OSError, sa.exc.SQLAlchemyError) as error:
            log.error("backup failed", error=type(error).__name__)
            return
        async with self._database.unit() as unit:
            await unit.facts.put(MADE, now.isoformat())
            await unit.audit.append("backup", f"rows:{made.rows}", actor_id=None, at=now)

    async def _drill(self, backups: Backups, now: datetime) -> None:
        local = now.astimezone(self._community.zone)
        week, week_before = f"{local:%G-%V}", f"{local - timedelta(days=7):%G-%V}"
        newest = backups.listed()[:1]
        async with self._database.unit() as unit:
            last = await unit.facts.get(DRILLED)
            since = datetime.fromisoformat(await unit.facts.get(SINCE, now.isoformat()))
            late = last != week_before if last else now - since > timedelta(days=7)
            if not newest or last == week or not (_is_night(local) or late):
                return
            await unit.facts.put(DRILLED, week)
        try:
            await backups.verify(newest[0])
            came_to = "good"
        except (Damaged, VaultError, OSError, sa.exc.SQLAlchemyError) as error:
            log.error("drill failed", error=type(error).__name__)
            came_to = "failed"
        async with self._database.unit() as unit:
            await unit.facts.put(DRILL, came_to)
            await unit.audit.append("drill", came_to, actor_id=None, at=now)

    # --- what needs a person --------------------------------------------------------------------------------

    async def _troubles(self, now: datetime) -> set[str]:
        found = await self._database.look(lambda unit: self._looked(unit, now))
        usage = shutil.disk_usage(self._place())
        if usage.free < min(LOW_DISK[0] * usage.total, LOW_DISK[1]):
            found.add("disk")
        if self._webhook_is_ours is not None and not await self._webhook_is_ours():
            found.add("webhook")
        return found

    async def _looked(self, unit: Unit, now: datetime) -> set[str]:
        found = set()
        if self.backups is not None:
            last = await unit.facts.get(MADE) or await unit.facts.get(SINCE)
            if last and now - datetime.fromisoformat(last) > STALE:
                found.add("backup")
            if await unit.facts.get(DRILL) == "failed":
                found.add("drill")
        if any(queue.oldest > WAITING for queue in await unit.outbox.queues(now)):
            found.add("queue")
        if self._audited is None or now - self._audited >= AUDIT_EVERY:
            marked = (await unit.facts.get("audit-marked")).partition("|")[2]
            self._audit_broken = bool((await unit.audit.verify(marked)).fault)
            self._audited = now
        return found | ({"audit"} if self._audit_broken else set())

    def _place(self) -> Path:
        file = self._database.url.database
        return Path(file).parent if self._database.is_sqlite and file else Path(".")

    async def _tell(self, trouble: str, now: datetime) -> None:
        day = now.astimezone(self._community.zone).date().isoformat()
        async with self._database.unit() as unit:
            await unit.outbox.notify_roles(
                "needs-a-human", ROLE, subject=trouble, occurrence=day, args=(trouble,), at=now
            )

    async def _can_write(self, now: datetime) -> bool:
        try:
            async with self._database.unit() as unit:
                await unit.facts.put(BEAT, now.isoformat())
        except (sa.exc.OperationalError, OSError):
            return False
        return True

    async def _tell_directly(self, trouble: str, now: datetime) -> None:
        """Send what can't be queued, to whoever can be reached; nothing of it is kept."""
        if now - self._told.get(trouble, now - AGAIN) < AGAIN:
            return
        self._told[trouble] = now
        log.error("needs a human", trouble=trouble)

        async def render(unit: Unit) -> list[tuple[tuple[str, str], str, Screen]]:
            said = []
            for member in await unit.members.with_roles(ROLE):
                address = await unit.addresses.best(member.id)
                if address is None:
                    continue
                turn = Turn(unit, member, address, now, self._community)
                if screen := await needs_a_human(turn, trouble):
                    said.append(((address.channel, address.account), address.peer, screen))
            return said

        for key, peer, screen in await self._database.look(render):
            channel = self._channels.get(key)
            if channel is not None:
                for part in present(screen, channel.capabilities):
                    await channel.send(Parcel(peer=peer, part=part, row_id=0))
