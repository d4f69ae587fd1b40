"""Dates, times and amounts as people type them."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales import BAGHDAD, parse_count, parse_date, parse_duration, parse_moment, parse_time

TODAY = date(2026, 1, 10)
NOW = datetime(2026, 1, 10, 12, tzinfo=BAGHDAD)
JANUARY_18 = date(2026, 1, 18)


@pytest.mark.parametrize(
    "text",
    ["18/1/2026", "18-1", "2026-01-18", "١٨/١/٢٠٢٦", "۱۸/۱", "18 كانون الثاني", "18ی کانوونی دووەم", "18 January",
     "January 18, 2026", "18th of Jan", "18.1.26", "يوم الأحد 18 كانون ثاني", "18ی مانگی 1", "18 شهر 1", "18 يناير",
     "\u200f18\u200f/1\u200f/2026", "18ی کانوونی دووەمی 2026", "یەکشەممە، 18ی كانونی دووه\u200cم"],
)  # fmt: skip
def test_one_day_typed_in_many_ways(text):
    assert parse_date(text, TODAY) == JANUARY_18


@pytest.mark.parametrize(
    ("text", "expected"),
    [("today", TODAY), ("اليوم", TODAY), ("ئەمڕۆ", TODAY), ("tomorrow", date(2026, 1, 11)), ("غدًا", date(2026, 1, 11)),
     ("سبەینێ", date(2026, 1, 11)), ("باچر", date(2026, 1, 11)), ("بعد غد", date(2026, 1, 12)),
     ("الأحد", date(2026, 1, 11)), ("یەکشەممە", date(2026, 1, 11)), ("next Sunday", date(2026, 1, 11)),
     ("Saturday", date(2026, 1, 17)), ("هەینی", date(2026, 1, 16)), ("5/1", date(2027, 1, 5)), ("10/1", TODAY),
     ("29 Feb", date(2028, 2, 29)), ("5/1/2025", date(2025, 1, 5)),
     ("31/2", None), ("10", None), ("10:00", None), ("1/18", None), ("soon", None), ("", None), ("18/1/1900", None)],
)  # fmt: skip
def test_days(text, expected):
    assert parse_date(text, TODAY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("15:05", time(15, 5)), ("١٥:٠٥", time(15, 5)), ("3pm", time(15)), ("3 p.m.", time(15)),
     ("3 a.m.", time(3)), ("3 مساءً", time(15)),
     ("10", time(10)), ("10.30", time(10, 30)), ("الساعة 3 ونصف مساء", time(15, 30)), ("کاتژمێر 10:00", time(10)),
     ("3:30 دوای نیوەڕۆ", time(15, 30)), ("10 بەیانی", time(10)), ("8 at night", time(20)), ("noon", time(12)),
     ("12 am", time(0)), ("12 pm", time(12)), ("1 ظهرا", time(13)), ("11 ظهرا", time(11)), ("3 د.ن", time(15)),
     ("2 ليلا", time(2)), ("15 مساء", time(15)),
     ("24:00", None), ("10:60", None), ("15 am", None), ("10-12", None), ("18/1", None), ("late", None), ("", None)],
)  # fmt: skip
def test_times(text, expected):
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("tomorrow 10:00", (11, 10, 0)), ("10:00 tomorrow", (11, 10, 0)), ("18/1 15:30", (18, 15, 30)),
     ("غدا الساعة ٣ مساءً", (11, 15, 0)), ("سبەینێ کاتژمێر 10", (11, 10, 0)), ("2026-01-18T15:30", (18, 15, 30)),
     ("Sunday at 3 pm", (11, 15, 0)), ("الاحد 10", (11, 10, 0)), ("15:30", (10, 15, 30)), ("10", (11, 10, 0))],
)  # fmt: skip
def test_moments(text, expected):
    day, hour, minute = expected
    assert parse_moment(text, NOW) == datetime(2026, 1, day, hour, minute, tzinfo=BAGHDAD)


def test_today_is_the_zones_day():
    late = datetime(2026, 1, 10, 22, tzinfo=UTC)
    assert parse_moment("today 10:00", late) == datetime(2026, 1, 11, 10, tzinfo=BAGHDAD)
    assert parse_moment("today 10:00", late, UTC) == datetime(2026, 1, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["Monday", "18 January 2026", "tomorrow", "", "hello", "31/2 10:00"])
def test_a_moment_needs_a_day_and_a_time(text):
    assert parse_moment(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("٩٠ دقيقة", 90), ("90 min", 90), ("1h 30", 90), ("1h30m", 90), ("1:30", 90), ("ساعة ونصف", 90),
     ("1.5 hours", 90), ("ساعة و30 دقيقة", 90), ("کاتژمێرێک و نیو", 90), ("2 hours", 120), ("ساعتان", 120),
     ("دوو کاتژمێر", 120), ("نصف ساعة", 30), ("نیو کاتژمێر", 30), ("half an hour", 30), ("یەک کاتژمێر", 60),
     ("2 and a half hours", 150), ("2 کاتژمێر و 30 خولەک", 150), ("two days", 2880),
     ("0", None), ("-5", None), ("1:75", None), ("long", None), ("", None), ("9" * 90, None), ("2 days 5", None)],
)  # fmt: skip
def test_durations(text, expected):
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("25", 25), ("٢٥", 25), ("25 کورسی", 25), ("1,000", 1000), ("١٬٠٠٠", 1000), ("0", 0), ("-5", None), ("many", None),
     ("10 or 20", None), ("2.5", None)],
)  # fmt: skip
def test_counts(text, expected):
    assert parse_count(text) == expected


FRAGMENTS = st.lists(
    st.sampled_from(["18", "٣", "0", "99", "2026", "/", "-", ":", ".", " ", "t", "ی", "و", "pm", "ساعة", "نصف",
                     "January", "غدا", "h", "²", "½", "𝟙", "١٢٣٤٥٦٧٨٩", "\u200f", "یەکشەممە"])
).map("".join)  # fmt: skip


@given(st.text(max_size=120) | FRAGMENTS)
def test_nothing_typed_raises(text):
    parse_date(text, TODAY)
    parse_time(text)
    parse_moment(text, NOW)
    parse_duration(text)
    parse_count(text)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_written_year_is_taken_as_it_is(day):
    assert parse_date(f"{day:%d/%m/%Y}", TODAY) == day
    assert parse_date(day.isoformat(), TODAY) == day
