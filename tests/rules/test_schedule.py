"""When reminders are due: quiet hours, events that move, and nothing useless."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.kinds import REMINDERS
from handlers.rules.quiet import around, is_quiet
from handlers.rules.schedule import (
    NEAR,
    STILL_USEFUL,
    occurrence,
    parse_occurrence,
    reminder_armings,
    reminder_point,
    survey_arming,
)
from locales import BAGHDAD

FIRST, LAST = datetime(2026, 1, 1), datetime(2027, 1, 1)  # noqa: DTZ001 - Hypothesis adds the zone itself
starts = st.datetimes(FIRST, LAST, timezones=st.just(BAGHDAD))
minutes = st.integers(1, 60 * 24 * 30)
several = st.lists(st.one_of(st.sampled_from(sorted(REMINDERS)), minutes), max_size=6)
leads = st.timedeltas(timedelta(minutes=1), timedelta(days=40))


def local(*when: int) -> datetime:
    return datetime(2026, 3, *when, tzinfo=BAGHDAD)


@pytest.mark.parametrize(
    ("start", "before", "due"),
    [
        (local(10, 15, 30), 1440, local(9, 15, 30)),
        (local(10, 15, 30), 60, local(10, 14, 30)),
        (local(10, 22, 0), 1440, local(9, 20, 30)),
        (local(10, 7, 0), 1440, local(9, 8, 0)),
        (local(10, 8, 30), 60, local(10, 7, 30)),
        (local(10, 23, 30), 60, local(10, 22, 30)),
        (local(10, 9, 0), 360, local(9, 20, 30)),
        (local(10, 21, 0), 1440, local(9, 20, 30)),
        (local(10, 8, 0), 1440, local(9, 8, 0)),
    ],
)
def test_reminders_keep_out_of_the_night_unless_the_event_is_near(
    start: datetime, before: int, due: datetime
) -> None:
    assert reminder_point(start, before) == due


@given(starts, minutes)
def test_a_reminder_comes_before_its_event_and_at_night_only_near_it(start: datetime, before: int) -> None:
    point = reminder_point(start, before)
    assert point < start
    assert not is_quiet(point) or start - point <= NEAR
    assert abs(point - (start - timedelta(minutes=before))) <= timedelta(hours=11, minutes=30)


@given(starts)
def test_the_evening_and_the_morning_lie_around_the_night(at: datetime) -> None:
    if is_quiet(at):
        evening, morning = around(at)
        assert evening < at < morning
        assert not is_quiet(evening)
        assert not is_quiet(morning)
        assert morning - evening == timedelta(hours=11, minutes=30)


@given(starts, several, leads)
def test_what_is_armed_is_ahead_once_each_and_useful_until_the_next(
    start: datetime, before: list[int], lead: timedelta
) -> None:
    now = start - lead
    armed = reminder_armings(start, before, 3, now)
    assert all(now < one.due_at < start for one in armed)
    assert len({one.occurrence for one in armed}) == len({one.due_at for one in armed}) == len(armed)
    assert [one.useful_until for one in armed] == [*(one.due_at for one in armed[1:]), *[start][: len(armed)]]
    for one in armed:
        asked, revision = parse_occurrence(one.occurrence)
        assert asked in before
        assert revision == 3


@given(starts, several, leads, st.timedeltas(timedelta(days=-30), timedelta(days=30)))
def test_a_move_sends_at_most_one_overtaken_reminder_and_only_while_it_helps(
    old: datetime, before: list[int], lead: timedelta, by: timedelta
) -> None:
    now, new = old - lead, old + by
    if new <= now:
        return
    armed = reminder_armings(new, before, 2, now, moved_from=old)
    at_once = [one for one in armed if one.due_at == now]
    assert len(at_once) <= 1
    assert all(one.due_at >= now for one in armed)
    if at_once:
        assert new - now > STILL_USEFUL
        asked, _ = parse_occurrence(at_once[0].occurrence)
        assert reminder_point(old, asked) > now, "it had gone out before the move"


def test_moved_earlier_than_its_point_a_reminder_goes_out_now() -> None:
    now = local(5, 12, 0)
    armed = reminder_armings(local(6, 9, 0), [1440, 60], 2, now, moved_from=local(20, 9, 0))
    assert [(one.occurrence, one.due_at) for one in armed] == [
        ("1440:r2", now),
        ("60:r2", local(6, 8, 0)),
    ]


def test_moved_to_within_half_an_hour_nothing_is_sent_on_top_of_the_notice() -> None:
    now = local(5, 12, 0)
    assert reminder_armings(local(5, 12, 30), [1440, 60], 2, now, moved_from=local(20, 9, 0)) == []


def test_created_late_a_reminder_whose_point_has_passed_is_left_out() -> None:
    now = local(5, 12, 0)
    armed = reminder_armings(local(6, 9, 0), [1440, 60], 1, now)
    assert [one.occurrence for one in armed] == ["60:r1"]


def test_two_reminders_shifted_to_one_moment_are_one() -> None:
    armed = reminder_armings(local(10, 9, 0), [8 * 60, 7 * 60], 1, local(1, 9, 0))
    assert [(one.occurrence, one.due_at) for one in armed] == [("420:r1", local(9, 20, 30))]


def test_the_survey_is_asked_a_quarter_of_an_hour_after_the_end() -> None:
    end = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
    armed = survey_arming(end, 4)
    assert (armed.occurrence, armed.due_at) == ("r4", end + timedelta(minutes=15))


@given(minutes, st.integers(1, 10_000))
def test_an_occurrence_is_read_back_as_it_was_written(before: int, revision: int) -> None:
    assert parse_occurrence(occurrence(before, revision)) == (before, revision)
    assert len(occurrence(before, revision)) <= 40
