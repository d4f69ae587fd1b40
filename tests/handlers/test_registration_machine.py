"""Whatever people and coordinators do with the seats of an event, in whatever order, the rules of seats hold."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from handlers.kit import Community, Screen, Tick, Turn
from handlers.offers import accept, fill_seats, pass_on, refuse
from handlers.registration import register, unregister_yes
from handlers.rules.offers import STOPS_BEFORE, has_stopped
from handlers.selection import decided
from storage.database import Database
from storage.organisations import Entry
from storage.registrations import ACTIVE, Registration
from storage.tables import metadata, outbox, registrations
from storage.vault import Vault

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PEOPLE = 6
people = st.integers(0, PEOPLE - 1)
limits = st.one_of(st.none(), st.integers(1, 4))

AFTER = {
    "": {"applied", "waitlisted", "confirmed"},
    "applied": {"confirmed", "waitlisted", "declined", "cancelled"},
    "waitlisted": {"offered", "confirmed", "cancelled", "removed"},
    "offered": {"confirmed", "refused", "expired", "cancelled", "removed"},
    "confirmed": {"cancelled", "removed"},
    "declined": {"confirmed", "waitlisted"},
}
"""Every step that a registration may take."""


class Registering(RuleBasedStateMachine):
    """One event, six people of two organisations and of none, a coordinator, and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.now = BEGIN
        self.database = Database(
            f"sqlite:///{Path(self.folder.name) / 'machine.db'}", Vault([bytes(range(32))])
        )
        self.seen: dict[int, str] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.database.close())
        self.loop.close()
        self.folder.cleanup()

    @initialize(capacity=limits, most=limits, approval=st.booleans())
    def begin(self, capacity: int | None, most: int | None, approval: bool) -> None:
        self.run(self._begin(capacity, most, approval))

    async def _begin(self, capacity: int | None, most: int | None, approval: bool) -> None:
        async with self.database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        async with self.database.unit() as unit:
            places = [
                await unit.organisations.put(Entry(slug, slug, slug, slug, "prime", ""))
                for slug in ("a", "b")
            ]
            self.members = []
            for number in range(PEOPLE + 1):
                role = "coordinator" if number == PEOPLE else "member"
                member = await unit.members.add(at=BEGIN, lang="en", role=role)
                await unit.addresses.add(member.id, "telegram", "stage", f"{number}")
                place = None if number == 0 else places[number % 2]
                await unit.members.change(
                    member.id, state="active", consent_version=1, consented_at=BEGIN, organisation_id=place
                )
                self.members.append(member.id)
            draft = await unit.events.draft(
                "machine", "webinar", at=BEGIN, minutes=60, mode="online", capacity=capacity, reminders=(),
                survey_mode="none", per_organisation=most, approval=approval,
            )  # fmt: skip
            self.event = await unit.events.change(
                draft, state="published", starts_at=BEGIN + timedelta(days=3)
            )

    def does(self, person: int, handler: Any, *args: Any) -> None:
        self.run(self._does(person, handler, *args))

    async def _does(self, person: int, handler: Any, *args: Any) -> None:
        async with self.database.unit() as unit:
            member = await unit.members.get(self.members[person])
            address = await unit.addresses.best(self.members[person])
            assert member is not None
            assert address is not None
            turn = Turn(unit, member, address, self.now, Community())
            assert isinstance(await handler(turn, *args), Screen)

    # --- what happens ---------------------------------------------------------------------------------------

    @rule(person=people)
    def asks_for_a_seat(self, person: int) -> None:
        self.does(person, register, self.event.id, self.event.revision)

    @rule(person=people)
    def gives_it_back(self, person: int) -> None:
        self.does(person, unregister_yes, self.event.id)

    @rule(person=people)
    def takes_the_offer(self, person: int) -> None:
        self.does(person, accept, self.event.id)

    @rule(person=people)
    def turns_it_down(self, person: int) -> None:
        self.does(person, refuse, self.event.id)

    @rule(person=people, verdict=st.sampled_from((("yes", "work"), ("no", "seats"), ("off", "asked"))))
    def is_decided_on(self, person: int, verdict: tuple[str, str]) -> None:
        mine = next((one for one in reversed(self.all()) if one.member_id == self.members[person]), None)
        if mine is not None:
            self.does(PEOPLE, decided, mine.id, verdict[0], mine.state, verdict[1])

    @rule(capacity=limits, most=limits)
    def limits_change(self, capacity: int | None, most: int | None) -> None:
        self.run(self._limit(capacity, most))

    async def _limit(self, capacity: int | None, most: int | None) -> None:
        async with self.database.unit() as unit:
            held = await unit.events.hold(self.event.id)
            assert held is not None
            self.event = await unit.events.change(held, capacity=capacity, per_organisation=most)
            await fill_seats(unit, self.event, self.now)

    @rule(minutes=st.sampled_from((1, 30, 240, 1440)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        tick = Tick(self.database.unit, self.now, Community())
        self.run(pass_on(tick))

    # --- what must hold -------------------------------------------------------------------------------------

    def all(self) -> list[Registration]:
        return self.run(self._all())  # type: ignore[no-any-return]

    async def _all(self) -> list[Registration]:
        async with self.database.reading() as unit:
            rows = await unit.registrations.all(sa.select(registrations).order_by(registrations.c.id))
            return [unit.registrations._read(row) for row in rows]

    @invariant()
    def every_step_was_allowed(self) -> None:
        if not hasattr(self, "event"):
            return
        for one in self.all():
            before = self.seen.get(one.id, "")
            steps = {before} | AFTER.get(before, set())
            # Within one turn somebody may be put in line and offered the seat at once, or pass through an offer.
            steps |= {after for step in steps for after in AFTER.get(step, set())}
            assert one.state in steps, f"{before} became {one.state}"
            self.seen[one.id] = one.state

    @invariant()
    def everybody_stands_in_one_place(self) -> None:
        if hasattr(self, "event"):
            active = Counter(one.member_id for one in self.all() if one.state in ACTIVE)
            assert not active or max(active.values()) == 1

    @invariant()
    def held_seats_have_an_end_before_offers_stop(self) -> None:
        if hasattr(self, "event"):
            assert self.event.starts_at is not None
            for one in self.all():
                assert (one.offer_until is not None) == (one.state == "offered")
                assert one.offer_until is None or one.offer_until <= self.event.starts_at - STOPS_BEFORE

    @invariant()
    def nobody_gets_a_seat_beyond_the_limit(self) -> None:
        """A lowered limit leaves too many; but nobody is added while there are too many."""
        if not hasattr(self, "event"):
            return
        held = [one for one in self.all() if one.state in ("offered", "confirmed")]
        before: set[int] = getattr(self, "held", set())
        added = [one for one in held if one.id not in before]
        if added and self.event.capacity is not None:
            assert len(held) <= self.event.capacity
        for one in added:
            mates = [other for other in held if other.organisation_id == one.organisation_id]
            if one.organisation_id is not None and self.event.per_organisation is not None:
                assert len(mates) <= self.event.per_organisation
        self.held = {one.id for one in held}

    @invariant()
    def no_seat_stays_empty_while_somebody_could_have_it(self) -> None:
        if not hasattr(self, "event") or has_stopped(self.event, self.now):
            return
        waiting = [one for one in self.all() if one.state == "waitlisted"]
        held = Counter(one.organisation_id for one in self.all() if one.state in ("offered", "confirmed"))
        if self.event.capacity is not None and held.total() >= self.event.capacity:
            return
        most = self.event.per_organisation
        for one in waiting:
            assert one.organisation_id is not None
            assert most is not None
            assert held[one.organisation_id] >= most

    @invariant()
    def every_offer_was_told(self) -> None:
        if hasattr(self, "event"):
            self.run(self._told())

    async def _told(self) -> None:
        async with self.database.reading() as unit:
            rows = await unit.outbox.all(sa.select(outbox.c.member_id).where(outbox.c.kind == "offer"))
            told = {row.member_id for row in rows}
            offered = await unit.registrations.all(
                sa.select(registrations.c.member_id).where(registrations.c.state == "offered")
            )
        assert {row.member_id for row in offered} <= told


TestRegistering = Registering.TestCase
TestRegistering.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
