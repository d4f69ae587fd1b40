"""Days, agendas, codes and walk-ins: pure decisions and parsers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.agendas import MOST_ITEMS, Item, Unread, agenda_in
from handlers.rules.attendance import CheckIn, check_in, completed
from handlers.rules.codes import code_in, code_sent
from handlers.rules.days import (
    LONGEST_DAY,
    changed_day,
    days_of,
    even_plan,
    length_of,
    plan_of,
    resized_day,
    with_another_day,
    without_last_day,
)
from handlers.rules.walk_ins import MOST_AT_ONCE, Entry, entries
from handlers.rules.zones import differs, zone_named
from storage.events import Event

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
EVENT = Event(
    id=1,
    uid="e",
    kind="training",
    state="published",
    revision=1,
    schedule_revision=1,
    sequence=0,
    starts_at=START,
    minutes=30 * 60,
    mode="in_person",
    join_link="",
    capacity=None,
    closes_at=None,
    reminders=(),
    survey_mode="none",
    created_at=START,
)


@given(st.integers(1, 14 * 24 * 60))
def test_days_of_any_length_follow_one_another_and_fill_it(minutes: int) -> None:
    plan = even_plan(minutes)
    assert all(0 < length <= LONGEST_DAY or length == minutes for _, length in plan if len(plan) == 1)
    assert all(before + length <= after for (before, length), (after, _) in pairwise(plan))
    assert length_of(plan) == minutes or minutes % (24 * 60) == 0 or minutes % (24 * 60) > LONGEST_DAY


@given(st.lists(st.sampled_from(["add", "remove", "later", "longer"]), max_size=12), st.integers(15, 600))
def test_changes_never_make_days_overlap(changes: list[str], minutes: int) -> None:
    event = EVENT
    for number, change in enumerate(changes):
        days = days_of(event)
        later = days[-1].starts_at + timedelta(hours=3)
        plans = {
            "add": with_another_day(event),
            "remove": without_last_day(event),
            "later": changed_day(event, len(days), later, minutes),
            "longer": resized_day(event, 1 + number % len(days), minutes),
        }
        plan = plans[change]
        if plan is not None:
            event = replace(event, plan=plan, minutes=length_of(plan))
    days = days_of(event)
    assert [day.number for day in days] == list(range(1, len(plan_of(event)) + 1))
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(days))
    assert days[0].starts_at == event.starts_at
    assert days[-1].ends_at == event.ends_at


def test_a_code_opens_three_hours_before_and_ends_six_after_unless_closed() -> None:
    day = days_of(EVENT)[0]
    moments = {
        timedelta(hours=-4): CheckIn.TOO_EARLY,
        timedelta(hours=-3): CheckIn.TAKEN,
        timedelta(hours=12): CheckIn.TAKEN,
        timedelta(hours=12, minutes=1): CheckIn.OVER,
    }
    for later, outcome in moments.items():
        assert check_in(EVENT, day, "", closed=False, now=day.starts_at + later) is outcome
    assert check_in(EVENT, day, "", closed=True, now=day.starts_at) is CheckIn.OVER
    assert check_in(EVENT, day, "absent", closed=False, now=day.starts_at) is CheckIn.TAKEN
    assert check_in(EVENT, day, "present", closed=True, now=day.starts_at) is CheckIn.ALREADY
    cancelled = replace(EVENT, state="cancelled")
    assert check_in(cancelled, day, "", closed=False, now=day.starts_at) is CheckIn.CANCELLED


@given(st.integers(1, 14), st.sets(st.integers(0, 20)))
def test_every_day_completes_what_most_days_complete(days: int, present: set[int]) -> None:
    if completed("all", days, present):
        assert completed("most", days, present)
    if completed("most", days, present):
        assert len(present & set(range(1, days + 1))) * 5 >= days * 4


def test_an_agenda_is_read_in_three_scripts_and_put_in_order() -> None:
    assert agenda_in("12:30 Lunch\n٩:٠٠ الافتتاح\n۱۰.۳۰ – ۱۲:۰۰ وانەی یەکەم") == [
        Item(9 * 60, 0, "الافتتاح"),
        Item(10 * 60 + 30, 12 * 60, "وانەی یەکەم"),
        Item(12 * 60 + 30, 0, "Lunch"),
    ]
    for bad in (
        "Lunch",
        "25:00 Late",
        "12:00 - 11:00 Backwards",
        "9:00",
        "\n".join(["9:00 x"] * (MOST_ITEMS + 1)),
    ):
        assert isinstance(agenda_in(bad), Unread)
    assert agenda_in("") == Unread("")


@given(st.text(max_size=300))
def test_reading_what_is_typed_never_fails(text: str) -> None:
    found = agenda_in(text)
    assert isinstance(found, Unread) or all(0 <= item.start < 1440 for item in found)
    assert all(one.name for one in entries(text))
    assert len(code_in(text)) in (0, 6)
    assert len(code_sent(text)) in (0, 6)
    zone = zone_named(text)
    assert not zone or differs(zone, START) in (True, False)


def test_a_code_is_read_in_any_digits_and_groups() -> None:
    assert {code_in(one) for one in ("123456", "123 456", "١٢٣٤٥٦", "۱۲۳-۴۵۶", "123.456")} == {"123456"}
    assert code_in("12345") == code_in("1234567") == code_in("check-in 123456") == ""
    assert {code_sent(one) for one in ("check-in 123456", "CHECKIN:123456", "c123456")} == {"123456"}
    assert code_sent("123456") == ""


def test_walk_ins_are_read_a_line_each() -> None:
    assert entries("1. Somebody, Org\n\n٢) شخص ما، منظمة\n- Third") == [
        Entry("Somebody", "Org"),
        Entry("شخص ما", "منظمة"),
        Entry("- Third"),
    ]
    assert entries("x\n" * (MOST_AT_ONCE + 1)) == []
    assert entries("n" * 200) == []
