"""When people are reminded of deadlines and milestones, and how a grant goes on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.calling import BEFORE, DAYS_BEFORE, STAGES, days_due, next_stages, reminder_due

DEADLINE = datetime(2026, 3, 20, 12, tzinfo=UTC)
DUE = date(2026, 3, 20)


@given(st.integers(-2000, 2000).map(lambda hours: timedelta(hours=hours)))
def test_a_deadlines_reminder_has_begun_and_no_nearer_one_has(left: timedelta) -> None:
    due = reminder_due(DEADLINE, DEADLINE - left)
    begun = [before for before in BEFORE if timedelta() < left <= before]
    assert due == (min(begun) if begun else None)


@given(st.integers(-30, 60))
def test_a_milestones_reminder_likewise_by_day(left: int) -> None:
    due = days_due(DUE, DUE - timedelta(days=left))
    begun = [days for days in DAYS_BEFORE if 0 <= left <= days]
    assert due == (min(begun) if begun else None)


def test_a_grant_never_goes_back() -> None:
    for state in STAGES:
        for following in next_stages(state):
            assert following == "declined" or STAGES.index(following) > STAGES.index(state)
    assert next_stages("delivered") == next_stages("declined") == ()
