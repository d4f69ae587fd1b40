"""The outbox: every message to anyone is a row here, written in the transaction that is the reason for it.

States: queued → sending (leased) → sent → delivered → read, or failed, unknown, expired, withdrawn; paused while a
coordinator says so. A row that is written only to say why somebody is left out is born failed, with its reason.

A lease names the process and the term in which it sends for one channel account. Leases know no time: whoever
becomes the account's sender takes back the leases of all others (see storage.leadership), so that a clock that
jumps can neither lose nor double a message.

Reasons are a closed set: opted_out · muted · blocked · unreachable · window_closed · withheld · not_joined ·
rejected · misconfigured · gave_up · too_late · stopped · not_applicable · unsure · elsewhere: it went to another of
the person's addresses; and, of a row that is queued, window: it is held until the person writes; daily: until the
daily limit of new conversations lets it go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from storage.addresses import Address, best_address, best_first
from storage.members import STAFF
from storage.prepared import often
from storage.store import Store
from storage.tables import Instant, addresses, cards, members, outbox

REPLY, NOTICE, BROADCAST = 0, 1, 2
"""Lanes: an answer to a person, a reminder or other notice, a broadcast. Lower goes first."""
LANES = ("reply", "notice", "broadcast")
"""Their names, for metrics and operators."""

LIFETIME = {REPLY: timedelta(hours=24), NOTICE: timedelta(hours=48), BROADCAST: timedelta(hours=48)}
"""How long a message of each lane is still worth sending, where its sender does not say."""

MOST_TRIED = 5
"""At how many of a person's addresses one notice is tried."""
IN_VAIN = ("sending", "sent", "unknown", "failed")
"""States of a row of which it may turn out that it did not arrive."""
_TRIED = re.compile(r"~[2-9]$")

TRACELESS = "traceless"
"""The subject of replies that must not outlive what they are about: answering an anonymous survey."""
DAY = 86_400 * 1_000_000

PENDING = ("queued", "sending")
HELD = "window"
"""The reason of a queued row that waits until the person writes: only then may it go out."""
DAILY = "daily"
"""The reason of a queued row that waits for a day on which a conversation may begin."""
HELD_GRACE = 30 * 86_400 * 1_000_000
"""Microseconds after its end for which a held row is left to `expire_held`, which knows the reason."""
FORWARD = {
    "queued": 0,
    "paused": 0,
    "sending": 1,
    "unknown": 2,
    "expired": 2,
    "sent": 3,
    "failed": 4,
    "delivered": 5,
    "read": 6,
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row this process has leased and must settle. `screen` is a reply's ready Screen as JSON, else empty.

    `lang` and `silenced` are the recipient's, at the time of the lease.
    """

    id: int
    lease: str
    lane: int
    kind: str
    subject: str
    args: tuple[Any, ...]
    address: Address
    lang: str
    silenced: bool
    screen: str
    replaces: str
    callback: str
    card: str
    attempts: int
    parts_sent: int
    expires_at: datetime
    created_at: datetime
    shown: Any = None
    """The Screen itself, where the reply was handed over within this process."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How many rows of a channel's lane are due and not sent, and for how long the oldest has been."""

    channel: str
    lane: int
    waiting: int
    oldest: timedelta


@dataclass(frozen=True, slots=True)
class Failures:
    """How many rows ended in vain in one way."""

    channel: str
    lane: int
    state: str
    reason: str
    detail: str
    count: int


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What a report about a row needs to know of it."""

    id: int
    lane: int
    subject: str
    address_id: int
    state: str
    held: bool
    refused_id: str
    attempts: int
    expires_at: datetime

    def concerned_by(self, provider_id: str) -> bool:
        """Say whether a failed try still matters: it is the current one, or the opener of a row that waits."""
        return provider_id != self.refused_id and (self.state != "queued" or self.held)


class Outbox(Store):
    """The only door out."""

    async def reply(
        self,
        key: str,
        address: Address,
        screen: str,
        *,
        at: datetime,
        replaces: str = "",
        callback: str = "",
        card: str = "",
        subject: str = "",
        shown: Any = None,
    ) -> None:
        """Queue a ready screen (JSON) for the chat that just spoke. The key makes a repetition harmless.

        Where this process sends for the account and nothing stands before it, it is handed over instead.
        """
        lease = self.unit.leases.get((address.channel, address.account), "")
        if lease and await self.scalar(_waiting(), {"given_address": address.id, "given_now": at}):
            lease = ""
        given = {
            "key": key,
            "lane": REPLY,
            "kind": "screen",
            "subject": subject,
            "args": [],
            "member_id": address.member_id,
            "address_id": address.id,
            "channel": address.channel,
            "account": address.account,
            "screen_sealed": self.unit.vault.seal(screen, "outbox", "screen", key),
            "replaces": replaces,
            "callback": callback,
            "card": card,
            "state": "sending" if lease else "queued",
            "lease": lease,
            "attempts": 1 if lease else 0,
            "not_before": at,
            "expires_at": at + LIFETIME[REPLY],
            "created_at": at,
        }
        row_id = await self.scalar(_insert_reply(self.unit.is_postgresql), given)
        if row_id is None:
            return
        if not lease:
            self.unit.outgoing = True
            self.unit.behind.append(address.id)
            return
        self.unit.handed.append(
            Claimed(
                id=row_id,
                lease=lease,
                lane=REPLY,
                kind="screen",
                subject=subject,
                args=(),
                address=address,
                lang="",
                silenced=False,
                screen=screen,
                replaces=replaces,
                callback=callback,
                card=card,
                attempts=1,
                parts_sent=0,
                expires_at=at + LIFETIME[REPLY],
                created_at=at,
                shown=shown,
            )
        )

    async def notify(
        self,
        kind: str,
        recipients: sa.Select[tuple[int]],
        *,
        subject: str,
        occurrence: str,
        at: datetime,
        args: tuple[Any, ...] = (),
        lane: int = NOTICE,
        topic: str = "",
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        card: str = "",
        address_id: int | None = None,
    ) -> int:
        """Queue one notice for each recipient (a SELECT of member ids) in one statement; return how many rows.

        `kind` names a notice of `handlers`, rendered with `args` when it is sent. `topic` is what people may mute.
        The key (kind, subject, person, occurrence) makes a repetition harmless. Those who opted out, muted the
        topic or can't be reached get a row that says so. `address_id` pins the chat instead of the best one.
        """
        chosen = recipients.subquery()
        reason = left_out(topic)
        when = sa.literal(at, Instant)
        source = (
            sa.select(
                sa.literal(f"{kind}|{subject}|")
                .concat(sa.cast(members.c.id, sa.String))
                .concat(f"|{occurrence}"),
                sa.literal(lane),
                sa.literal(kind),
                sa.literal(subject),
                sa.cast(sa.literal(json.dumps(list(args))), sa.JSON)
                if self.unit.is_postgresql
                else sa.literal(json.dumps(list(args))),
                members.c.id,
                addresses.c.id,
                addresses.c.channel,
                addresses.c.account,
                sa.literal(card),
                sa.case((reason != "", "failed"), else_="queued"),
                reason,
                sa.literal(not_before or at, Instant),
                sa.literal(expires_at or (not_before or at) + LIFETIME[lane], Instant),
                when,
                sa.case((reason != "", when), else_=sa.null()),
            )
            .select_from(members)
            .join(chosen, chosen.c[0] == members.c.id)
            .join(addresses, addresses.c.id == (best_address() if address_id is None else address_id))
            .where(sa.true())
        )
        columns = [
            "key", "lane", "kind", "subject", "args", "member_id", "address_id", "channel", "account", "card",
            "state", "reason", "not_before", "expires_at", "created_at", "settled_at",
        ]  # fmt: skip
        insert = self.upsert(outbox).from_select(columns, source, include_defaults=False)
        written = await self.run(insert.on_conflict_do_nothing(index_elements=["key"]))
        self.unit.outgoing = self.unit.outgoing or written > 0
        return written

    async def notify_one(self, kind: str, member_id: int, **options: Any) -> int:
        """Queue one notice for one person; options as for `notify`."""
        return await self.notify(kind, sa.select(members.c.id).where(members.c.id == member_id), **options)

    async def notify_roles(self, kind: str, *roles: str, **options: Any) -> int:
        """Queue one notice for everyone who holds one of the roles; options as for `notify`."""
        return await self.notify(kind, sa.select(members.c.id).where(members.c.role.in_(roles)), **options)

    async def keep_current(
        self,
        kind: str,
        member_id: int,
        showing: str,
        *,
        subject: str,
        card: str,
        at: datetime,
        args: tuple[Any, ...],
    ) -> bool:
        """Queue an update of a card, unless the newest one queued shows the same; False where it does.

        `showing` sums up what the card would show. It may come back to what it was before.
        """
        newest = await self.scalar(
            sa.select(outbox.c.key)
            .where(outbox.c.subject == subject, outbox.c.kind == kind, outbox.c.member_id == member_id)
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
        if newest is not None and newest.rpartition("|")[2].partition("@")[0] == showing:
            return False
        occurrence = f"{showing}@{at.timestamp():.0f}"
        options = {"subject": subject, "occurrence": occurrence, "at": at, "args": args, "card": card}
        return await self.notify_one(kind, member_id, **options) > 0

    async def told(self, kind: str, subject: str, member_id: int, occurrence: str) -> bool:
        """Say whether somebody has a row, of whatever state, under a notice's key."""
        key = f"{kind}|{subject}|{member_id}|{occurrence}"
        return await self.scalar(sa.select(outbox.c.id).where(outbox.c.key == key)) is not None

    async def claim(
        self, channel: str, account: str, lease: str, *, now: datetime, limit: int, lanes: tuple[int, ...]
    ) -> list[Claimed]:
        """Lease due rows of one channel account, most urgent lane first, at most one per chat and lane."""
        taken: list[int] = []
        for lane in lanes:
            if len(taken) < limit:
                given = {
                    "given_channel": channel,
                    "given_account": account,
                    "given_lane": lane,
                    "given_lease": lease,
                    "given_now": now,
                    "given_limit": limit - len(taken),
                }
                rows = await self.all(_claim(self.unit.is_postgresql), given)
                taken += [row[0] for row in rows]
        if not taken:
            return []
        rows = await self.all(_claimed(), {"given_ids": taken})
        await self.unit.keys.load_column(rows, "peer_sealed")
        claimed = [self._read(row) for row in rows]
        return sorted(claimed, key=lambda one: (one.lane, one.id))

    async def sent(self, rows: Sequence[tuple[int, str]], now: datetime) -> None:
        """End rows as sent; each is given with the provider's id of it. Never backwards, lease or no lease."""
        fillings = [
            {"given_id": row_id, "given_provider": remote, "given_now": now} for row_id, remote in rows
        ]
        await self.run(_sent(), fillings)

    async def settle(
        self,
        row_id: int,
        state: str,
        *,
        now: datetime,
        reason: str = "",
        detail: str = "",
        provider_id: str = "",
    ) -> None:
        """End a row as sent, failed, unknown, expired or withdrawn; never backwards, lease or no lease."""
        await self.run(
            outbox.update()
            # A try that was reported as come to nothing before it could be written down stays so.
            .where(outbox.c.id == row_id, _behind(state), _still_counts(provider_id))
            .values(state=state, reason=reason, detail=detail[:80], settled_at=now, lease="")
        )
        if provider_id:
            await self.run(
                outbox.update()
                .where(outbox.c.id == row_id, _still_counts(provider_id))
                .values(provider_id=provider_id)
            )

    async def retry(self, row: Claimed, *, not_before: datetime, detail: str = "") -> None:
        """Put a row back in its queue for a later try, unless somebody else has taken it over."""
        await self.run(
            outbox.update()
            .where(outbox.c.id == row.id, outbox.c.state == "sending", outbox.c.lease == row.lease)
            .values(
                state="queued",
                not_before=not_before,
                reason="",
                detail=detail[:80],
                lease="",
            )
        )
        self.unit.outgoing = True

    async def note_parts(self, row_id: int, parts_sent: int) -> None:
        """Note how many messages of a longer screen the provider has taken."""
        await self.run(outbox.update().where(outbox.c.id == row_id).values(parts_sent=parts_sent))

    async def advance(
        self,
        state: str,
        *,
        now: datetime,
        row_id: int = 0,
        channel: str = "",
        provider_id: str = "",
        reason: str = "",
        detail: str = "",
    ) -> bool:
        """Move a row forward on a provider's report, found by our id or by the provider's; False if not found."""
        mine = (
            outbox.c.id == row_id
            if row_id
            else sa.and_(outbox.c.channel == channel, outbox.c.provider_id == provider_id)
        )
        known = await self.scalar(sa.select(outbox.c.id).where(mine))
        if known is None:
            return False
        values: dict[str, Any] = {"state": state, "settled_at": now, "reason": reason, "detail": detail[:80]}
        if provider_id:
            values["provider_id"] = provider_id
        await self.run(
            outbox.update()
            .where(outbox.c.id == known, _behind(state), _still_counts(provider_id))
            .values(**values)
        )
        return True

    async def take_over(self, channel: str, account: str, lease: str, *, now: datetime) -> dict[str, int]:
        """Take back what earlier senders of an account had leased, and return how many rows became what.

        What became of such a row is not known. A reply or notice is sent again; a broadcast is never blindly
        repeated but ends as unknown, for a coordinator to decide.
        """
        theirs = sa.and_(
            outbox.c.state == "sending",
            outbox.c.channel == channel,
            outbox.c.account == account,
            outbox.c.lease != lease,
        )
        parked = await self.run(
            outbox.update()
            .where(theirs, outbox.c.lane == BROADCAST)
            .values(state="unknown", reason="unsure", settled_at=now, lease="")
        )
        again = await self.run(outbox.update().where(theirs).values(state="queued", lease=""))
        return {"unknown": parked, "queued": again}

    async def due_now(self, channel: str, account: str, now: datetime) -> int:
        """Make replies due that a clock stepped back would keep waiting, and return how many."""
        return await self.run(
            outbox.update()
            .where(
                outbox.c.channel == channel,
                outbox.c.account == account,
                outbox.c.state == "queued",
                outbox.c.lane == REPLY,
                outbox.c.not_before > now,
            )
            .values(not_before=now)
        )

    async def pause(self, subject: str, kind: str) -> int:
        """Keep what is still queued of a subject from being sent until it is resumed and return how many rows."""
        return await self.run(
            outbox.update()
            .where(outbox.c.subject == subject, outbox.c.state == "queued", outbox.c.kind == kind)
            .values(state="paused")
        )

    async def resume(self, subject: str, kind: str, *, now: datetime) -> int:
        """Let what was paused be sent, with its full lifetime before it, and return how many rows."""
        let_go = await self.run(
            outbox.update()
            .where(outbox.c.subject == subject, outbox.c.state == "paused", outbox.c.kind == kind)
            .values(state="queued", expires_at=now + LIFETIME[BROADCAST])
        )
        self.unit.outgoing = self.unit.outgoing or let_go > 0
        return let_go

    async def fall_over(self, row_id: int, *, now: datetime) -> bool:
        """Queue a notice that one address can't get for the person's next best one; False where there is none.

        Call it once it is known that the row did not arrive, and after its address was marked. The row itself
        ends as withdrawn (elsewhere), so that the person is counted once. Replies stay where they were asked for.
        """
        row = await self.one(sa.select(outbox).where(outbox.c.id == row_id))
        if row is None or row.lane == REPLY or row.state not in IN_VAIN or row.expires_at <= now:
            return False
        first = _TRIED.sub("", row.key)
        tried = await self.all(
            sa.select(outbox.c.key, outbox.c.address_id).where(
                outbox.c.key.in_([first, *(f"{first}~{number}" for number in range(2, MOST_TRIED + 1))])
            )
        )
        values: list[sa.ColumnElement[Any]] = [
            sa.literal(f"{first}~{len(tried) + 1}"),
            *(
                outbox.c[name]
                for name in ("lane", "kind", "subject", "args", "member_id", "card", "expires_at")
            ),
            addresses.c.id,
            addresses.c.channel,
            addresses.c.account,
            sa.literal(now, Instant),
            sa.literal(now, Instant),
        ]
        columns = [
            "key", "lane", "kind", "subject", "args", "member_id", "card", "expires_at",
            "address_id", "channel", "account", "not_before", "created_at",
        ]  # fmt: skip
        source = (
            sa.select(*values)
            .select_from(outbox)
            .join(members, members.c.id == outbox.c.member_id)
            .join(addresses, addresses.c.member_id == members.c.id)
            .where(
                outbox.c.id == row_id,
                addresses.c.id.not_in([one.address_id for one in tried]),
                left_out("") == "",
            )
            .order_by(*best_first(addresses))
            .limit(1)
        )
        insert = self.upsert(outbox).from_select(columns, source, include_defaults=False)
        if len(tried) >= MOST_TRIED or not await self.run(
            insert.on_conflict_do_nothing(index_elements=["key"])
        ):
            return False
        await self.run(
            outbox.update()
            .where(outbox.c.id == row_id)
            .values(state="withdrawn", reason="elsewhere", settled_at=now, lease="")
        )
        self.unit.outgoing = True
        return True

    async def drop_for(self, address_id: int) -> None:
        """Forget everything that is or was for an address which goes."""
        await self.run(outbox.delete().where(outbox.c.address_id == address_id))

    async def readdress(self, address_id: int, to: Address, *, now: datetime) -> None:
        """Move an address's notices to another one of the same person; those being sent and replies stay.

        What waited for a window there waits no longer: the other address may have none.
        """
        waited = sa.and_(outbox.c.state == "queued", outbox.c.reason.in_((HELD, DAILY)))
        await self.run(
            outbox.update()
            .where(outbox.c.address_id == address_id, outbox.c.lane != REPLY, outbox.c.state != "sending")
            .values(
                address_id=to.id,
                channel=to.channel,
                account=to.account,
                reason=sa.case((waited, ""), else_=outbox.c.reason),
                not_before=sa.case((waited, sa.literal(now, Instant)), else_=outbox.c.not_before),
            )
        )
        self.unit.outgoing = True

    async def withdraw(self, subject: str, *, now: datetime, reason: str = "stopped", kind: str = "") -> int:
        """Take back what is still queued or paused for a subject and return how many rows."""
        conditions = [outbox.c.subject == subject, outbox.c.state.in_(("queued", "paused"))]
        if kind:
            conditions.append(outbox.c.kind == kind)
        return await self.run(
            outbox.update().where(*conditions).values(state="withdrawn", reason=reason, settled_at=now)
        )

    async def stop_broadcasts(self, besides: str, *, now: datetime) -> int:
        """Take back what is still queued for many, of every kind but one, and return how many rows."""
        return await self.run(
            outbox.update()
            .where(
                outbox.c.lane == BROADCAST,
                outbox.c.kind != besides,
                outbox.c.state.in_(("queued", "paused")),
            )
            .values(state="withdrawn", reason="stopped", settled_at=now)
        )

    async def untold(self, kind: str, subject: str, now: datetime) -> tuple[Any, ...] | None:
        """Return the arguments of a notice of which every row still waits for its hour; nothing where none does."""
        args = await self.scalar(
            sa.select(outbox.c.args)
            .where(
                outbox.c.kind == kind,
                outbox.c.subject == subject,
                outbox.c.state == "queued",
                outbox.c.not_before > now,
            )
            .limit(1)
        )
        return None if args is None else tuple(args)

    async def again(self, subject: str, state: str, *, now: datetime, reasons: tuple[str, ...] = ()) -> int:
        """Queue a subject's rows of one final state once more (failed, unknown) and return how many."""
        conditions = [outbox.c.subject == subject, outbox.c.state == state, outbox.c.reason != "elsewhere"]
        if reasons:
            conditions.append(outbox.c.reason.in_(reasons))
        written = await self.run(
            outbox.update()
            .where(*conditions)
            .values(
                state="queued",
                reason="",
                detail="",
                settled_at=None,
                not_before=now,
                expires_at=now + LIFETIME[BROADCAST],
                attempts=0,
            )
        )
        self.unit.outgoing = self.unit.outgoing or written > 0
        return written

    async def first_after(self, moment: datetime, channel: str) -> datetime | None:
        """Return when, after a moment, the next message that waits for its hour may go out on a channel."""
        found: datetime | None = await self.scalar(
            sa.select(sa.func.min(outbox.c.not_before, type_=Instant)).where(
                outbox.c.channel == channel, outbox.c.state == "queued", outbox.c.not_before > moment
            )
        )
        return found

    async def busy(self, channel: str, now: datetime) -> bool:
        """Say whether anything that may go out by now on a channel has not yet."""
        may_go = sa.or_(
            outbox.c.state == "sending", sa.and_(outbox.c.state == "queued", outbox.c.not_before <= now)
        )
        row = await self.one(sa.select(outbox.c.id).where(outbox.c.channel == channel, may_go).limit(1))
        return row is not None

    async def unfinished(self, subject: str) -> bool:
        """Say whether anything of a subject is still to go out by itself."""
        waits = sa.or_(
            sa.and_(outbox.c.state == "queued", outbox.c.reason != HELD),
            outbox.c.state.in_(("sending", "paused")),
        )
        statement = sa.select(outbox.c.id).where(outbox.c.subject == subject, waits).limit(1)
        return await self.scalar(statement) is not None

    async def tally(self, subject: str) -> dict[tuple[str, str], int]:
        """Count a subject's rows by (state, reason)."""
        rows = await self.all(
            sa.select(outbox.c.state, outbox.c.reason, sa.func.count())
            .where(outbox.c.subject == subject)
            .group_by(outbox.c.state, outbox.c.reason)
        )
        return {(row[0], row[1]): row[2] for row in rows}

    async def depth(self) -> dict[tuple[str, str], int]:
        """Count rows by (channel, state), for the doctor and the metrics."""
        rows = await self.all(
            sa.select(outbox.c.channel, outbox.c.state, sa.func.count()).group_by(
                outbox.c.channel, outbox.c.state
            )
        )
        return {(row[0], row[1]): row[2] for row in rows}

    async def queues(self, now: datetime) -> list[Queue]:
        """Tell how long every queue is, by channel and lane."""
        oldest = sa.func.min(outbox.c.not_before, type_=Instant)
        rows = await self.all(
            sa.select(outbox.c.channel, outbox.c.lane, sa.func.count(), oldest)
            .where(outbox.c.state == "queued", outbox.c.not_before <= now)
            .group_by(outbox.c.channel, outbox.c.lane)
            .order_by(outbox.c.channel, outbox.c.lane)
        )
        return [Queue(row[0], row[1], row[2], now - row[3]) for row in rows]

    async def failures(self, since: datetime) -> list[Failures]:
        """Count what ended in vain since a moment, those left out on purpose not included."""
        key = (outbox.c.channel, outbox.c.lane, outbox.c.state, outbox.c.reason, outbox.c.detail)
        rows = await self.all(
            sa.select(*key, sa.func.count())
            .where(
                outbox.c.state.in_(("failed", "unknown", "expired")),
                outbox.c.reason.not_in(("opted_out", "muted")),
                outbox.c.settled_at >= since,
            )
            .group_by(*key)
            .order_by(sa.func.count().desc(), *key)
        )
        return [Failures(*row) for row in rows]

    async def retry_failed(self, *, channel: str, reason: str, since: datetime, now: datetime) -> int:
        """Queue what failed for a reason since a moment once more and return how many rows."""
        written = await self.run(
            outbox.update()
            .where(
                outbox.c.channel == channel,
                outbox.c.state.in_(("failed", "unknown", "expired")),
                outbox.c.reason == reason,
                outbox.c.settled_at >= since,
                # What a reply showed is shredded once it has ended.
                sa.or_(outbox.c.lane != REPLY, outbox.c.screen_sealed.is_not(None)),
            )
            .values(
                state="queued",
                reason="",
                detail="",
                settled_at=None,
                not_before=now,
                expires_at=now + LIFETIME[BROADCAST],
                attempts=0,
            )
        )
        self.unit.outgoing = self.unit.outgoing or written > 0
        return written

    async def purge(self, *, channel: str, lane: int, now: datetime) -> int:
        """Withdraw what waits in a lane of a channel and return how many rows."""
        return await self.run(
            outbox.update()
            .where(
                outbox.c.channel == channel,
                outbox.c.lane == lane,
                outbox.c.state.in_(("queued", "paused")),
            )
            .values(state="withdrawn", reason="stopped", settled_at=now)
        )

    async def shred(self, before: datetime) -> int:
        """Drop what replies settled before a moment showed, and which message they answered; return how many."""
        return await self.run(
            outbox.update()
            .where(outbox.c.settled_at < before, outbox.c.screen_sealed.is_not(None))
            .values(screen_sealed=None, replaces="", callback="")
        )

    async def forget_traceless(self, before: datetime) -> int:
        """Drop the replies, made before a moment and settled, that must leave no trace; return how many."""
        settled = outbox.c.state.not_in(PENDING)
        return await self.run(
            outbox.delete().where(outbox.c.subject == TRACELESS, outbox.c.created_at < before, settled)
        )

    async def forget_answering(self, address_id: int) -> None:
        """Drop the settled replies to one person that must leave no trace: each question shows what was answered."""
        await self.run(
            outbox.delete().where(
                outbox.c.address_id == address_id,
                outbox.c.subject == TRACELESS,
                outbox.c.state.not_in(PENDING),
            )
        )

    async def forget_told(self, subject: str) -> int:
        """Drop the settled notices about a subject, and with them who had reason to get none; return how many."""
        return await self.run(
            outbox.delete().where(outbox.c.subject == subject, outbox.c.state.not_in(PENDING))
        )

    async def blur(self, since: datetime) -> int:
        """Leave only the day of settled replies since a moment, lest how long one took tells what it was.

        It is the end of the day that stays, so that nothing is forgotten too soon.
        """
        times = ("not_before", "expires_at", "created_at", "settled_at")
        return await self.run(
            outbox.update()
            .where(outbox.c.lane == REPLY, outbox.c.created_at >= since, outbox.c.settled_at.is_not(None))
            .values({name: _end_of_day(outbox.c[name]) for name in times})
        )

    async def forget(self, before: datetime) -> int:
        """Drop rows settled before a moment and return how many."""
        return await self.run(outbox.delete().where(outbox.c.settled_at < before))

    async def hold(self, row_id: int, lease: str) -> None:
        """Let a row wait until the person writes and so opens the window, or until it expires.

        Not one that is leased no more: its opener may have been reported as failed before this is written down.
        """
        await self.run(
            outbox.update()
            .where(outbox.c.id == row_id, outbox.c.state == "sending", outbox.c.lease == lease)
            .values(
                state="queued",
                reason=HELD,
                not_before=sa.type_coerce(outbox.c.expires_at, sa.BigInteger) + HELD_GRACE,
                # One that is only put off holds no later message up.
                attempts=0,
                lease="",
            )
        )

    async def window_opened(self, address_id: int, now: datetime) -> int:
        """Send what waited for a person's window, and return how many rows."""
        freed = await self.run(
            outbox.update()
            .where(outbox.c.address_id == address_id, outbox.c.state == "queued")
            .where(outbox.c.reason.in_((HELD, DAILY)))
            .where(outbox.c.expires_at > now)
            .values(reason="", not_before=now)
        )
        self.unit.outgoing = self.unit.outgoing or freed > 0
        return freed

    async def due(self, address_id: int, now: datetime) -> bool:
        """Say whether any notice is about to go to an address."""
        found = await self.scalar(
            sa.select(outbox.c.id)
            .where(
                outbox.c.address_id == address_id,
                outbox.c.lane != REPLY,
                outbox.c.state == "queued",
                outbox.c.not_before <= now,
            )
            .limit(1)
        )
        return found is not None

    async def postpone(self, row_id: int, lease: str, until: datetime) -> None:
        """Let a row wait for its day. A broadcast lives on for it; what would come too late waits for the person."""
        await self.run(
            outbox.update()
            .where(
                outbox.c.id == row_id,
                outbox.c.lane == BROADCAST,
                outbox.c.expires_at < until + LIFETIME[BROADCAST],
            )
            .values(expires_at=until + LIFETIME[BROADCAST])
        )
        in_time = outbox.update().where(
            outbox.c.id == row_id,
            outbox.c.state == "sending",
            outbox.c.lease == lease,
            outbox.c.expires_at > until,
        )
        done = await self.run(
            in_time.values(state="queued", reason=DAILY, not_before=until, attempts=0, lease="")
        )
        if not done:
            await self.hold(row_id, lease)

    async def move(self, row_id: int, until: datetime) -> None:
        """Give a row that waits for its day another one."""
        await self.run(
            outbox.update()
            .where(outbox.c.id == row_id, outbox.c.state == "queued", outbox.c.reason == DAILY)
            .values(
                not_before=until,
                expires_at=sa.case(
                    (outbox.c.lane == BROADCAST, sa.literal(until + LIFETIME[BROADCAST], Instant)),
                    else_=outbox.c.expires_at,
                ),
            )
        )

    async def postponed(self, channel: str, account: str) -> int:
        """Count the addresses for which something waits for its day."""
        statement = sa.select(sa.func.count(sa.distinct(outbox.c.address_id))).where(
            outbox.c.state == "queued",
            outbox.c.channel == channel,
            outbox.c.account == account,
            outbox.c.reason == DAILY,
        )
        return int(await self.scalar(statement) or 0)

    async def expire_held(self, now: datetime) -> int:
        """End what waited in vain for a window, and return how many rows."""
        return await self.run(
            outbox.update()
            .where(outbox.c.state == "queued", outbox.c.reason == HELD, outbox.c.expires_at <= now)
            .values(state="expired", reason="window_closed", settled_at=now)
        )

    async def under_way(self, row_id: int, channel: str, provider_id: str) -> UnderWay | None:
        """Find the row that a provider reports on, by our id or by the provider's."""
        mine = (
            outbox.c.id == row_id
            if row_id
            else sa.and_(outbox.c.channel == channel, outbox.c.provider_id == provider_id)
        )
        row = await self.one(sa.select(outbox).where(mine, outbox.c.channel == channel))
        if row is None:
            return None
        return UnderWay(
            id=row.id,
            lane=row.lane,
            subject=row.subject,
            address_id=row.address_id,
            state=row.state,
            held=row.state == "queued" and row.reason == HELD,
            refused_id=row.refused_id,
            attempts=row.attempts,
            expires_at=row.expires_at,
        )

    async def come_to_nothing(self, row_id: int, provider_id: str, not_before: datetime) -> bool:
        """Queue a row again whose try, or whose opener, the provider reports as failed; False where it is too late.

        Nothing that is reported of that try from now on counts.
        """
        under_way = sa.or_(
            outbox.c.state.in_(("sending", "sent", "unknown")),
            sa.and_(outbox.c.state == "queued", outbox.c.reason == HELD),
        )
        done = await self.run(
            outbox.update()
            .where(
                outbox.c.id == row_id,
                under_way,
                outbox.c.refused_id != provider_id,
                outbox.c.expires_at > not_before,
            )
            .values(
                state="queued",
                reason="",
                refused_id=provider_id,
                provider_id="",
                parts_sent=0,
                not_before=not_before,
                settled_at=None,
                lease="",
            )
        )
        self.unit.outgoing = self.unit.outgoing or done > 0
        return done > 0

    async def card(self, address_id: int, card: str) -> str:
        """Return the provider's id of the live message behind a card name, or an empty text."""
        return str(
            await self.scalar(
                sa.select(cards.c.provider_id).where(cards.c.address_id == address_id, cards.c.card == card)
            )
            or ""
        )

    async def remember_card(self, address_id: int, card: str, provider_id: str) -> None:
        """Keep which message shows a card."""
        insert = self.upsert(cards).values(address_id=address_id, card=card, provider_id=provider_id)
        await self.run(
            insert.on_conflict_do_update(
                index_elements=["address_id", "card"], set_={"provider_id": provider_id}
            )
        )

    def _read(self, row: sa.Row[Any]) -> Claimed:
        args = row.args if isinstance(row.args, list) else json.loads(row.args)
        address = Address(
            id=row.address_id,
            member_id=row.member_id,
            channel=row.channel,
            account=row.account,
            peer=self.unit.keys.open_text(row.peer_sealed, "addresses", "peer", row.address_id),
            reachable=row.reachable,
            window_until=row.window_until,
        )
        return Claimed(
            id=row.id,
            lease=row.lease,
            lane=row.lane,
            kind=row.kind,
            subject=row.subject,
            args=tuple(args),
            address=address,
            lang=row.lang,
            silenced=row.silenced,
            screen=self.unit.vault.open_text(row.screen_sealed, "outbox", "screen", row.key),
            replaces=row.replaces,
            callback=row.callback,
            card=row.card,
            attempts=row.attempts,
            parts_sent=row.parts_sent,
            expires_at=row.expires_at,
            created_at=row.created_at,
        )


def left_out(topic: str) -> sa.Case[str]:
    """Say, for a row of `members` joined with `addresses`, why that person gets nothing; empty where they do.

    A frozen coordinator goes on hearing what is asked of coordinators: they may still stop it.
    """
    held = sa.or_(
        members.c.hold == "locked", sa.and_(members.c.hold == "frozen", members.c.role.not_in(STAFF))
    )
    return sa.case(
        (members.c.silenced, "opted_out"),
        (held, "held"),
        (members.c.muted.contains(f",{topic},") if topic else sa.false(), "muted"),
        (addresses.c.reachable == "blocked", "blocked"),
        (sa.or_(addresses.c.reachable != "yes", addresses.c.in_doubt), "unreachable"),
        else_="",
    )


def _end_of_day(moment: sa.Column[datetime]) -> sa.ColumnElement[int]:
    return (sa.type_coerce(moment, sa.BigInteger) + (DAY - 1)) // DAY * DAY


def _still_counts(provider_id: str) -> sa.ColumnElement[bool]:
    """Match rows whose current try a provider's id may belong to."""
    return sa.or_(sa.literal(provider_id) == "", outbox.c.refused_id != provider_id)


def _behind(state: str) -> sa.ColumnElement[bool]:
    """Match rows that a new state would move forward."""
    rank = FORWARD.get(state, 2)
    return sa.or_(*(outbox.c.state == name for name, other in FORWARD.items() if other < rank))


# --- statements that every Turn and every delivery runs, built once -----------------------------------------

_now = sa.bindparam("given_now", type_=Instant)


def _before(earlier: sa.FromClause, now: sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    """Match what goes first in its chat: one that is put off lets others pass, one that is retried does not."""
    return sa.or_(earlier.c.not_before <= now, earlier.c.attempts > 0)


def _pending(earlier: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.or_(*(earlier.c.state == state for state in PENDING))


@often
def _waiting() -> sa.Select[tuple[int]]:
    earlier = outbox.alias("earlier")
    return (
        sa.select(earlier.c.id)
        .where(
            earlier.c.address_id == sa.bindparam("given_address"),
            _pending(earlier),
            sa.or_(earlier.c.state == "sending", sa.and_(earlier.c.lane == REPLY, _before(earlier, _now))),
        )
        .limit(1)
    )


@often
def _insert_reply(postgresql: bool) -> sa.Executable:
    names = (
        "key", "lane", "kind", "subject", "args", "member_id", "address_id", "channel", "account", "screen_sealed",
        "replaces", "callback", "card", "state", "lease", "attempts", "not_before", "expires_at", "created_at",
    )  # fmt: skip
    values = {name: sa.bindparam(name, type_=outbox.c[name].type) for name in names}
    insert = Store.upsert_on(postgresql, outbox).values(**values)
    return insert.on_conflict_do_nothing(index_elements=["key"]).returning(outbox.c.id)


@often
def _claim(postgresql: bool) -> sa.Executable:
    earlier = outbox.alias("earlier")
    in_the_way = sa.exists().where(
        earlier.c.address_id == outbox.c.address_id,
        _pending(earlier),
        sa.or_(
            earlier.c.state == "sending",
            sa.and_(earlier.c.lane == outbox.c.lane, earlier.c.id < outbox.c.id, _before(earlier, _now)),
        ),
    )
    due = (
        sa.select(outbox.c.id)
        .where(
            outbox.c.state == "queued",
            outbox.c.channel == sa.bindparam("given_channel"),
            outbox.c.account == sa.bindparam("given_account"),
            outbox.c.lane == sa.bindparam("given_lane"),
            outbox.c.not_before <= _now,
            ~in_the_way,
        )
        .order_by(outbox.c.not_before, outbox.c.id)
        .limit(sa.bindparam("given_limit", type_=sa.Integer))
    )
    if postgresql:
        due = due.with_for_update(skip_locked=True, of=outbox)
    return (
        outbox.update()
        .where(outbox.c.id.in_(due))
        .values(
            state="sending", lease=sa.bindparam("given_lease"), attempts=outbox.c.attempts + sa.literal(1)
        )
        .returning(outbox.c.id)
    )


@cache
def _claimed() -> sa.Select[Any]:
    return (
        sa.select(
            outbox,
            addresses.c.peer_sealed,
            addresses.c.reachable,
            addresses.c.window_until,
            members.c.lang,
            members.c.silenced,
        )
        .join(addresses, addresses.c.id == outbox.c.address_id)
        .join(members, members.c.id == outbox.c.member_id)
        .where(outbox.c.id.in_(sa.bindparam("given_ids", expanding=True)))
    )


@often
def _sent() -> sa.Update:
    provider = sa.bindparam("given_provider", type_=sa.String)
    return (
        outbox.update()
        .where(
            outbox.c.id == sa.bindparam("given_id"),
            _behind("sent"),
            # A try that was reported as come to nothing before it could be written down stays so.
            sa.or_(provider == "", outbox.c.refused_id != provider),
        )
        .values(
            state="sent",
            reason="",
            detail="",
            provider_id=provider,
            settled_at=_now,
            lease="",
        )
    )
