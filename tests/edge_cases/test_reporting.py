"""Edge cases 16: what a report counts, in which quarter, once or several times, and after it is locked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from handlers.counting import Content, counted
from handlers.rules.indicators import NOT_COLLECTED
from handlers.rules.periods import Quarter
from locales import BAGHDAD
from storage.events import Event
from tests.handlers.happenings import publish
from tests.play import Person, Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Q1, Q2 = Quarter(2026, 1), Quarter(2026, 2)


async def report(stage: Stage, quarter: Quarter, *, cuts: bool = False) -> Content:
    """Count a quarter as it stands now."""
    async with stage.database.unit() as unit:
        return await counted(unit, quarter, BAGHDAD, stage.now, cuts=cuts)


async def attend(stage: Stage, event: Event, *people: Person) -> None:
    """Note people as present on an event's first day."""
    async with stage.database.unit() as unit:
        for person in people:
            member = await person.member()
            await unit.attendance.mark(event.id, 1, member.id, "present", stage.now, how="list")


async def test_an_event_on_the_edge_of_a_period_belongs_to_the_quarter_in_which_it_ended(
    stage: Stage,
) -> None:
    late = datetime(2026, 3, 31, 23, 30, tzinfo=BAGHDAD)
    over_midnight = await publish(stage, "webinar", starts_at=late)
    before = await publish(stage, "webinar", starts_at=late - timedelta(hours=2))
    await stage.passes(timedelta(days=40))
    first, second = await report(stage, Q1), await report(stage, Q2)
    assert [one.event_id for one in first.activities] == [before.id]
    assert [one.event_id for one in second.activities] == [over_midnight.id]
    assert second.figure("webinar").cumulative == 2, "each once"


async def test_what_was_cancelled_and_held_again_counts_once(stage: Stage) -> None:
    called_off, held = await publish(stage), await publish(stage, starts_at=stage.now + timedelta(days=9))
    async with stage.database.unit() as unit:
        await unit.events.change(called_off, state="cancelled")
    await stage.passes(timedelta(days=12))
    said = await report(stage, Q1)
    assert (said.figure("webinar").period, [one.event_id for one in said.activities]) == (1, [held.id])


async def test_one_person_at_three_webinars_is_one_person_and_three_participations(stage: Stage) -> None:
    person, once = await stage.known("ar"), await stage.known("ku")
    for number in range(3):
        event = await publish(stage, starts_at=stage.now + timedelta(days=3 + number))
        await attend(stage, event, person, *([once] if number == 1 else []))
    await stage.passes(timedelta(days=12))
    said = await report(stage, Q1)
    assert (said.people, said.figure("people").period, said.figure("participations").period) == (2, 2, 4)


async def test_who_did_not_say_is_not_collected_and_who_would_rather_not_is_that(stage: Stage) -> None:
    event = await publish(stage)
    people = [await stage.known("ar") for _ in range(18)]
    async with stage.database.unit() as unit:
        for person in people[:6]:
            await unit.traits.say((await person.member()).id, "gender", "rather_not")
    await attend(stage, event, *people)
    await stage.passes(timedelta(days=12))
    gender = (await report(stage, Q1, cuts=True)).cuts["gender"]
    assert gender == {"woman": 0, "man": 0, "rather_not": 6, NOT_COLLECTED: 12}


async def test_a_correction_after_locking_changes_totals_of_the_next_report_and_no_breakdown(
    stage: Stage,
) -> None:
    coordinator = await stage.known("en", role="coordinator")
    event = await publish(stage)
    people = [await stage.known("ar") for _ in range(12)]
    await attend(stage, event, *people)
    await stage.passes(timedelta(days=40))
    for action in ("report-review:2026Q1", "report-freeze:2026Q1"):
        await coordinator.forges(action)
    latecomer = await stage.known("ku")
    await attend(stage, event, latecomer)
    next_one = await report(stage, Q2)
    assert [(one.code, one.locked, one.today) for one in next_one.corrections] == [
        ("people", 12, 13),
        ("participations", 12, 13),
    ]
    async with stage.database.reading() as unit:
        kept = await unit.reports.get("2026Q1")
    assert kept is not None
    assert kept.frozen is not None
    assert kept.frozen["cuts"]["language"] == {"ar": 12, "ku": 0, "en": 0, NOT_COLLECTED: 0}
