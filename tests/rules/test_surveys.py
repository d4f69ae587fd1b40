"""Who may answer, what may be seen, and when people are written to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.quiet import is_quiet
from handlers.rules.surveys import (
    ENOUGH,
    EXTENSION,
    OPEN_FOR,
    Refusal,
    Shown,
    calendar,
    may_extend,
    next_allowed,
    refusal,
    shown,
)
from locales import BAGHDAD
from storage.surveys import Survey

NOON = datetime(2026, 3, 1, 9, tzinfo=UTC)
OPEN = Survey(1, 1, "anonymous", "open", "event", 9, None, NOON, NOON + OPEN_FOR, ())
CLOSED = replace(OPEN, state="closed", answered=9)
MOMENTS = st.integers(0, 366 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("survey", "registered", "answered", "now", "said"),
    [
        (None, True, False, NOON, Refusal.UNKNOWN),
        (OPEN, True, False, NOON, None),
        (OPEN, True, True, NOON, Refusal.ANSWERED),
        (OPEN, False, False, NOON, Refusal.NOT_REGISTERED),
        (OPEN, True, False, OPEN.closes_at, Refusal.CLOSED),
        (CLOSED, True, False, NOON, Refusal.CLOSED),
        (CLOSED, False, False, NOON, Refusal.CLOSED),
    ],
)
def test_who_may_answer(
    survey: Survey | None, registered: bool, answered: bool, now: datetime, said: Refusal | None
) -> None:
    assert refusal(survey, registered=registered, answered=answered, now=now) is said


@given(st.sampled_from(["anonymous", "named"]), st.sampled_from(["open", "closed"]), st.integers(0, 50))
def test_fewer_than_five_are_never_shown_and_nothing_of_an_open_box(
    mode: str, state: str, answered: int
) -> None:
    seen = shown(replace(OPEN, mode=mode, state=state), answered)
    if answered < ENOUGH or (mode == "anonymous" and state == "open"):
        assert seen is not Shown.RESULTS
    else:
        assert seen is Shown.RESULTS


@given(MOMENTS)
def test_nobody_is_written_to_at_night(now: datetime) -> None:
    plan = calendar(now, BAGHDAD)
    for moment in (plan.ask, plan.remind, plan.warn):
        assert not is_quiet(moment, BAGHDAD)
    assert now <= plan.ask < plan.remind < plan.warn < plan.close == now + OPEN_FOR
    assert next_allowed(plan.ask, BAGHDAD) == plan.ask
    assert plan.ask - now <= timedelta(hours=11)


def test_a_survey_is_extended_once_and_while_it_is_open() -> None:
    assert may_extend(OPEN, NOON)
    assert not may_extend(replace(OPEN, closes_at=OPEN.closes_at + EXTENSION), NOON)
    assert not may_extend(OPEN, OPEN.closes_at)
    assert not may_extend(CLOSED, NOON)
