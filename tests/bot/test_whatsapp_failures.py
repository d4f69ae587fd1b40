"""What Twilio refuses or reports as failed, and what we do about it; late, doubled and shuffled reports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.contract import DeliveryReport, Misconfigured, Rejected, Retry, Stopped, Unreachable
from bot.channels.whatsapp.faults import FAULTS, outcome_of
from bot.channels.whatsapp.inbound import heard
from bot.reports import settle_report
from handlers.fallback import FAULTS as WORDS
from storage.database import Database
from storage.outbox import BROADCAST
from storage.tables import outbox
from tests.bot.house import House, bodies, house

REPORTED = {
    "63024": ("failed", "unreachable", "unreachable"),
    "63003": ("failed", "unreachable", "unreachable"),
    "63015": ("failed", "not_joined", "unreachable"),
    "63014": ("failed", "blocked", "blocked"),
    "63033": ("failed", "blocked", "blocked"),
    "21610": ("failed", "opted_out", "blocked"),
    "63021": ("failed", "rejected", "yes"),
    "63005": ("failed", "misconfigured", "yes"),
    "63013": ("failed", "misconfigured", "yes"),
    "63019": ("failed", "misconfigured", "yes"),
    "63041": ("failed", "misconfigured", "yes"),
    "63028": ("failed", "misconfigured", "yes"),
    "63018": ("queued", "", "yes"),
    "63010": ("queued", "", "yes"),
    "63032": ("queued", "", "yes"),
    "63049": ("queued", "", "yes"),
    "99999": ("failed", "rejected", "yes"),
}
"""What a report of each code comes to: the row's state and reason, and whether the person can be reached."""

"""The same for what is answered at once."""
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as opened:
        await opened.templates()
        yield opened


async def told(running: House, code: str, **options: Any) -> tuple[Any, Any]:
    """Notify somebody new, and return the row and the address as they are then."""
    person = await running.known("en")
    address = await running.address(person)
    if kind := options.pop("fault", ""):
        running.twilio.fault(kind, code=int(code), to=person.address)
    async with running.database.unit() as unit:
        await unit.outbox.notify_one(
            "apology", address.member_id, subject=f"test:{code}", occurrence="1", at=running.now, **options
        )
    await running.settles()
    (row,) = await running.rows(outbox.c.address_id == address.id)
    return row, await running.address(person)


async def test_every_code_that_is_reported_does_what_the_table_says(running: House) -> None:
    running.twilio.reports_twice = running.twilio.reports_backwards = True
    for code, (state, reason, reachable) in REPORTED.items():
        row, address = await told(running, code, fault="fail")
        assert (row.state, row.reason, address.reachable) == (state, reason, reachable), code


async def test_every_code_that_is_answered_does_what_the_table_says(running: House) -> None:
    for code, (state, reason, reachable) in REPORTED.items():
        if not isinstance(outcome_of(code), Retry):
            row, address = await told(running, code, fault="refuse")
            assert (row.state, row.reason, address.reachable) == (state, reason, reachable), code


async def test_what_may_be_tried_again_is_and_then_arrives(running: House) -> None:
    person = await running.known("en")
    running.twilio.fault("fail", code=63018, to=person.address)
    address = await running.address(person)
    async with running.database.unit() as unit:
        await unit.outbox.notify_one(
            "apology", address.member_id, subject="x", occurrence="1", at=running.now
        )
    await running.settles()
    assert not person.messages
    await running.passes(timedelta(minutes=16))
    assert len(bodies(person)) == 1


async def test_a_fault_of_ours_stops_a_broadcast_with_words(running: House) -> None:
    administrator = await running.known("ar", role="administrator")
    await administrator.say("hello")
    people = [await running.known("en") for _ in range(3)]
    for person in people:
        running.twilio.fault("refuse", code=63013, to=person.address)
    async with running.database.unit() as unit:
        draft = await unit.announcements.draft((await running.address(administrator)).member_id, running.now)
        await unit.announcements.put_text(draft.id, "en", "News")
        for person in people:
            await unit.outbox.notify_one(
                "announcement",
                (await running.address(person)).member_id,
                subject=draft.subject,
                occurrence="1",
                at=running.now,
                lane=BROADCAST,
                args=(draft.id,),
                not_before=running.now,
            )
    await running.settles()
    await administrator.expect("63013")
    await administrator.expect("سياسته")


def test_every_fault_has_words_and_every_code_an_outcome() -> None:
    for code in [*FAULTS, "1", "", "x", "12345"]:
        found = outcome_of(code)
        assert isinstance(found, Retry | Stopped | Unreachable | Rejected | Misconfigured)
        if isinstance(found, Misconfigured):
            assert found.fault in WORDS
    assert isinstance(outcome_of("77777", 500), Retry)
    assert isinstance(outcome_of("77777", 429), Retry)
    assert isinstance(outcome_of("77777", 401), Misconfigured)
    assert outcome_of("77777") == Rejected("77777")


SID = "SM" + "0" * 32
STATUSES = ("queued", "sent", "delivered", "read", "failed")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*STATUSES, "settle"]), min_size=1, max_size=8))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_in_whatever_order_reports_come_delivery_only_moves_forward(
    database: Database, steps: list[str]
) -> None:
    """Reports may come before our own row is marked; the furthest state wins, and nothing that came is lost."""
    async with database.unit() as unit:
        member = await unit.members.add(at=AT)
        address = await unit.addresses.add(member.id, "whatsapp", "whatsapp:+1", f"whatsapp:+{member.id}")
        await unit.outbox.notify_one("apology", member.id, subject="x", occurrence=str(member.id), at=AT)
        claimed = await unit.outbox.claim("whatsapp", "whatsapp:+1", "l", now=AT, limit=99, lanes=(1,))
        row = next(one for one in claimed if one.address.id == address.id)
        for step in steps:
            if step == "settle":
                await unit.outbox.settle(row.id, "sent", now=AT, provider_id=SID)
                continue
            raw = {"MessageSid": SID, "MessageStatus": step, "ErrorCode": "63021", "row": str(row.id)}
            report = heard(raw, AT, account="whatsapp:+1", account_sid="AC")
            assert isinstance(report, DeliveryReport)
            await settle_report(unit, report, AT)
        state = await unit.outbox.scalar(
            outbox.select().with_only_columns(outbox.c.state).where(outbox.c.id == row.id)
        )
        await unit.outbox.run(outbox.delete().where(outbox.c.id == row.id))
    ranks = {"queued": 1, "settle": 1, "sent": 1, "failed": 2, "delivered": 3, "read": 4}
    furthest = max(ranks[step] for step in steps)
    assert state == {1: "sent", 2: "failed", 3: "delivered", 4: "read"}[furthest]


async def test_what_was_missed_is_made_up_for_once(running: House) -> None:
    person = await running.known("en")
    await running.looked_after()
    await person.say("/menu")
    await running.settles()
    menu = person.last
    inbound, running.twilio.inbound_url = running.twilio.inbound_url, ""
    await running.passes(timedelta(minutes=30))
    await person.tap("Events", on=menu)
    await person.send_file("notes.pdf", b"%PDF-1.4 notes", "application/pdf")
    await person.send_voice()
    running.twilio.inbound_url = inbound
    shown = len(person.messages)
    await running.passes(timedelta(minutes=70))
    said = " ".join(bodies(person)[shown:])
    assert "Coming events" in said
    assert "only take a file when I have asked" in said
    assert "not this kind of message" in said
    assert len(person.messages) == shown + 3
    await running.passes(timedelta(minutes=70))
    assert len(person.messages) == shown + 3, "nothing twice"


async def test_the_daily_limit_spreads_over_days_and_urgent_goes_first(tmp_path: Path) -> None:
    async with house(tmp_path, whatsapp_daily_conversations=4) as running:
        await running.templates()
        people = [await running.known("en") for _ in range(10)]
        await running.passes(timedelta(days=2))
        members = [(await running.address(person)).member_id for person in people]
        later = {"kind": "announcement", "subject": "announcement:1", "lane": BROADCAST, "args": (1,)}
        async with running.database.unit() as unit:
            draft = await unit.announcements.draft(members[0], running.now)
            await unit.announcements.put_text(draft.id, "en", "News")
            for member_id in members:
                await unit.outbox.notify_one(
                    member_id=member_id, occurrence="1", at=running.now, **{**later, "subject": draft.subject}
                )
        await running.settles()
        assert sum(bool(person.messages) for person in people) == 4
        waiting = [row for row in await running.rows() if row.reason == "daily"]
        assert len(waiting) == 6
        assert all(row.expires_at > row.not_before for row in waiting)
        urgent = next(person for person in people if not person.messages)
        async with running.database.unit() as unit:
            await unit.outbox.notify_one(
                "role-changed",
                (await running.address(urgent)).member_id,
                subject="role",
                occurrence="1",
                at=running.now,
                args=("member",),
            )
        await running.settles()
        for day in range(1, 3):
            await running.passes(timedelta(hours=24, minutes=5))
            assert sum(bool(person.messages) for person in people) == min(10, 4 + 4 * day)
            if day == 1:
                assert urgent.messages, "a notice goes before a broadcast"
        assert all(len(openers_of(person)) == 1 for person in people)


def openers_of(person: Any) -> list[Any]:
    return [shown for shown in person.messages if shown.template]
