"""Edge cases 9: instants are kept in UTC and said in Baghdad's time, however people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from locales import BAGHDAD
from storage.events import Event
from storage.tables import events
from tests.handlers.happenings import now_is, publish
from tests.play import Person, Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = timedelta(days=1)


async def drafting(stage: Stage, lang: str = "en") -> tuple[Person, Event]:
    """Return a coordinator who is asked when a draft begins, and the draft."""
    event = await publish(stage)
    async with stage.database.unit() as unit:
        draft = await unit.events.change(event, state="draft", starts_at=None)
    coordinator = await stage.known(lang, role="coordinator")
    await coordinator.forges(f"event-ask:{draft.id}:when")
    return coordinator, draft


@pytest.mark.parametrize(
    "typed", ["10/3 15:30", "١٠/٣ ١٥:٣٠", "۱۰/۳ ۱۵:۳۰", "10.3.2026 15:30", "10 March 15:30"]
)
async def test_a_time_in_any_digits_is_the_same_instant_in_utc(stage: Stage, typed: str) -> None:
    coordinator, draft = await drafting(stage)
    await coordinator.says(typed)
    await coordinator.taps("Yes, that is it")
    assert (await now_is(stage, draft)).starts_at == datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
    async with stage.database.reading() as unit:
        row = await unit.events.one(sa.select(events).where(events.c.id == draft.id))
    assert row is not None
    assert (row.local_start, row.zone) == ("2026-03-10T15:30", "Asia/Baghdad")


@pytest.mark.parametrize(
    ("lang", "typed"), [("en", "tomorrow 10:00"), ("ar", "غدا ١٠:٠٠"), ("ku", "سبەی ۱۰:۰۰")]
)
async def test_tomorrow_is_tomorrow_in_baghdad_also_when_utc_is_a_day_behind(
    stage: Stage, lang: str, typed: str
) -> None:
    stage.now = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # 2 March, 01:30, in Baghdad
    coordinator, draft = await drafting(stage, lang)
    await coordinator.says(typed)
    await coordinator.taps(next(a for a in coordinator.last.labels.values() if a.startswith("event-at:")))
    starts = (await now_is(stage, draft)).starts_at
    assert starts is not None
    assert starts.astimezone(BAGHDAD) == datetime(2026, 3, 3, 10, 0, tzinfo=BAGHDAD)


@pytest.mark.parametrize("typed", ["22:15", "٢٢:١٥", "۲۲:۱۵"])
async def test_the_clock_has_twenty_four_hours(stage: Stage, typed: str) -> None:
    coordinator, draft = await drafting(stage)
    await coordinator.says("10/3")
    await coordinator.says(typed)
    assert "22:15" in coordinator.sees
    await coordinator.taps("Yes, that is it")
    assert (await now_is(stage, draft)).starts_at == datetime(2026, 3, 10, 19, 15, tzinfo=UTC)


async def test_the_time_stays_the_same_through_the_year(stage: Stage) -> None:
    """Where clocks elsewhere change, Iraq's do not: three hours ahead of UTC, winter and summer."""
    member = await stage.known("en")
    for month in (1, 3, 7, 10):
        starts = datetime(2027, month, 28, 9, 0, tzinfo=UTC)
        event = await publish(stage, starts_at=starts)
        await member.forges(f"event:{event.id}")
        assert "from 12:00 to 13:30 (Baghdad time)" in member.sees


async def test_a_night_that_spans_midnight_says_both_days(stage: Stage) -> None:
    event = await publish(stage, starts_at=datetime(2026, 3, 10, 20, 0, tzinfo=UTC))  # 23:00 in Baghdad
    member = await stage.known("en")
    await member.forges(f"event:{event.id}")
    assert "Tuesday, 10 March" in member.sees
    assert "Wednesday, 11 March" in member.sees
