"""The indicator table: who and what is counted, once and in which period."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.indicators import (
    INDICATORS,
    NOT_COLLECTED,
    Base,
    Evidence,
    Figure,
    Heard,
    Held,
    Plan,
    Presence,
    corrections,
    cut,
    figures,
)
from handlers.rules.periods import Quarter, quarter_named, quarter_of

BAGHDAD = ZoneInfo("Asia/Baghdad")
Q1, Q2 = Quarter(2026, 1), Quarter(2026, 2)
WINTER, SPRING = datetime(2026, 2, 10, 9, tzinfo=UTC), datetime(2026, 5, 10, 9, tzinfo=UTC)


def _evidence() -> Evidence:
    """Return a webinar in winter and a two-day training in spring; A came to both, one walked in unknown."""
    return Evidence(
        held=(Held(1, "webinar", WINTER, 1, ""), Held(2, "training", SPRING, 2, "all")),
        presences=(
            Presence(1, 1, "A", 10),
            Presence(1, 1, "B", 11),
            Presence(1, 1, "", None),
            Presence(2, 1, "A", 10),
            Presence(2, 2, "A", 10),
            Presence(2, 1, "C", 12),
            Presence(2, 2, "C", 12, whole=False),
        ),
        heard=(Heard(1, "rating", {"5": 4, "3": 1}), Heard(2, "used", {"yes": 2, "partly": 1, "no": 3})),
        done={"mentorship": (WINTER, SPRING, SPRING)},
        subgrantees=frozenset({12}),
    )


def _of(quarter: Quarter, base: Base | None = None, evidence: Evidence | None = None) -> dict[str, Figure]:
    start, end = quarter.starts(BAGHDAD), quarter.ends(BAGHDAD)
    return {one.code: one for one in figures(evidence or _evidence(), start, end, {}, base)}


def test_people_and_organisations_are_counted_once_and_participations_each_time() -> None:
    table = _of(Q2)
    assert (table["people"].period, table["people"].cumulative) == (2, 3)
    assert (table["participations"].period, table["participations"].cumulative) == (2, 5)
    assert (table["organisations"].period, table["organisations"].cumulative) == (2, 3)
    assert (table["subgrantees"].period, table["subgrantees"].cumulative) == (1, 1)


def test_completion_goes_by_the_rule_and_whole_days() -> None:
    assert _of(Q2)["completed"].period == 1, "C was there for only a part of the second day"


def test_means_and_shares_say_nothing_where_nobody_was_asked() -> None:
    winter, spring = _of(Q1), _of(Q2)
    assert winter["useful"].period == pytest.approx(4.6)
    assert (winter["applied"].period, spring["useful"].period) == (None, None)
    assert spring["applied"].period == pytest.approx(50)


def test_activities_have_targets_and_what_is_left() -> None:
    webinars, pairs = _of(Q2)["webinar"], _of(Q2)["mentorship"]
    assert (webinars.period, webinars.cumulative, webinars.target, webinars.remaining) == (0, 1, 8, 7)
    assert (pairs.period, pairs.cumulative, pairs.percent) == (2, 3, 15)


def test_targets_and_notes_can_be_set() -> None:
    plans = {"webinar": Plan(2, 10, "Two more were asked for")}
    (webinars,) = [
        one
        for one in figures(_evidence(), Q2.starts(BAGHDAD), Q2.ends(BAGHDAD), plans)
        if one.code == "webinar"
    ]
    assert (webinars.baseline, webinars.target, webinars.note) == (2, 10, "Two more were asked for")


def test_who_is_forgotten_after_a_year_stays_in_the_count_of_the_locked_report() -> None:
    locked = Base(Q1.ends(BAGHDAD), {"people": 40.0, "organisations": 20.0})
    table = _of(Q2, locked)
    assert table["people"].cumulative == 41, "A was among the forty"
    assert table["organisations"].cumulative == 21


def test_a_number_that_changed_is_a_correction() -> None:
    was = _of(Q1)
    evidence = _evidence()
    cancelled = Evidence(held=evidence.held[1:], presences=evidence.presences, done=evidence.done)
    now = _of(Q1, evidence=cancelled)
    found = {one.code: (one.locked, one.today) for one in corrections(was.values(), now.values())}
    assert found["webinar"] == (1, 0)
    assert found["people"] == (2, 0)
    assert "mentorship" not in found
    assert corrections(was.values(), was.values()) == ()


def test_what_people_did_not_say_is_a_kind_of_its_own() -> None:
    who = [str(number) for number in range(30)]
    said = dict.fromkeys(who[:14], "woman") | dict.fromkeys(who[14:22], "man") | {who[22]: ""}
    assert cut(who, ("woman", "man"), said) == {"woman": 14, "man": 8, NOT_COLLECTED: 8}


def test_codes_are_told_apart() -> None:
    assert len({one.code for one in INDICATORS}) == len(INDICATORS)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_moment_lies_in_one_quarter(moment: datetime) -> None:
    quarter = quarter_of(moment, BAGHDAD)
    assert quarter.starts(BAGHDAD) <= moment < quarter.ends(BAGHDAD)
    assert quarter_named(quarter.code) == quarter
    assert quarter.before.ends(BAGHDAD) == quarter.starts(BAGHDAD)
    assert quarter.before < quarter


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "2026Q0", "1999Q1", "2026q1", "2026Q1 "])
def test_what_names_no_quarter(text: str) -> None:
    assert quarter_named(text) is None
