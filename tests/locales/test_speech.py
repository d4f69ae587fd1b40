"""What is said: texts with values, days and times, lists."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales import (
    BAGHDAD,
    LANGUAGES,
    N_,
    NN_,
    NP_,
    NUMERALS,
    Safe,
    digits,
    parse_duration,
    parse_moment,
    speech,
)

FSI, PDI = "\u2068", "\u2069"
SUNDAY = datetime(2026, 1, 18, 12, 5, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2098, 12, 31), timezones=st.just(BAGHDAD))  # noqa: DTZ001


def test_the_languages_describe_themselves():
    described = [(s.lang, s.html_lang, s.rtl, s.name) for s in map(speech, LANGUAGES)]
    assert described == [
        ("ar", "ar", True, "العربية"),
        ("ku", "ckb", True, "کوردی"),
        ("en", "en", False, "English"),
    ]
    assert speech("ku") is speech("ku")


@pytest.mark.parametrize(
    ("lang", "date", "moment"),
    [
        ("ar", "الأحد، 18 كانون الثاني 2026", "الأحد، 18 كانون الثاني، الساعة 15:05"),
        ("ku", "یەکشەممە، 18ی کانوونی دووەمی 2026", "یەکشەممە، 18ی کانوونی دووەم، کاتژمێر 15:05"),
        ("en", "Sunday, 18 January 2026", "Sunday, 18 January, 15:05"),
    ],
)
def test_dates_and_moments(lang, date, moment):
    assert speech(lang).date(SUNDAY) == date
    assert speech(lang).moment(SUNDAY, NEW_YEAR) == moment
    assert speech(lang).time(SUNDAY, zone=UTC) == "12:05"


def test_the_months_that_cldr_gets_wrong():
    december = datetime(2026, 12, 18, tzinfo=BAGHDAD)
    october = datetime(2026, 10, 16, tzinfo=BAGHDAD)
    assert speech("ku").date(december) == "هەینی، 18ی کانوونی یەکەمی 2026"
    assert speech("ar").date(october) == "الجمعة، 16 تشرين الأول 2026"


@given(MOMENTS, st.sampled_from(LANGUAGES))
def test_no_date_carries_invisible_characters(moment, lang):
    text = speech(lang).moment(moment)
    assert not set(text) & set("\u00a0\u202f\u200e\u200f\u061cھ")


@given(MOMENTS, st.sampled_from(LANGUAGES))
def test_a_moment_that_we_say_can_be_typed_back(moment, lang):
    whole = moment.replace(second=0, microsecond=0)
    assert parse_moment(speech(lang).moment(whole), NEW_YEAR) == whole


@given(st.integers(1, 5 * 24 * 60), st.sampled_from(LANGUAGES))
def test_a_duration_that_we_say_can_be_typed_back(minutes, lang):
    assert parse_duration(speech(lang).duration(minutes)) == minutes


@pytest.mark.parametrize(
    ("lang", "span"),
    [("ar", "من 15:05 إلى 17:05"), ("ku", "لە 15:05 تا 17:05"), ("en", "from 15:05 to 17:05")],
)
def test_spans_use_words(lang, span):
    s, end = speech(lang), SUNDAY + timedelta(hours=2)
    assert s.span(SUNDAY, end) == span
    assert span in s.when(SUNDAY, end, NEW_YEAR)
    days = s.span(SUNDAY, SUNDAY + timedelta(days=1), NEW_YEAR)
    assert s.moment(SUNDAY, NEW_YEAR) in days
    assert s.when(SUNDAY, SUNDAY + timedelta(days=1), NEW_YEAR) == days


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("ar", ["دقيقة واحدة", "11 دقيقة", "ساعة واحدة و30 دقيقة", "ساعتان", "3 ساعات", "يوم واحد وساعتان و5 دقائق"]),
        ("ku", ["1 خولەک", "11 خولەک", "1 کاتژمێر و 30 خولەک", "2 کاتژمێر", "3 کاتژمێر",
                "1 ڕۆژ و 2 کاتژمێر و 5 خولەک"]),
        ("en", ["1 minute", "11 minutes", "1 hour 30 minutes", "2 hours", "3 hours", "1 day 2 hours 5 minutes"]),
    ],
)  # fmt: skip
def test_durations(lang, said):
    assert [speech(lang).duration(minutes) for minutes in (1, 11, 90, 120, 180, 1565)] == said


def test_impossible_times_are_refused():
    with pytest.raises(ValueError, match="negative"):
        speech("en").duration(-1)
    with pytest.raises(ValueError, match="zone"):
        speech("en").date(datetime(2026, 1, 18))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("minutes", "ar", "ku", "en"),
    [
        (0, "الآن", "ئێستا", "now"),
        (-5, "الآن", "ئێستا", "now"),
        (1, "بعد دقيقة واحدة", "دوای یەک خولەک", "in one minute"),
        (15, "بعد 15 دقيقة", "دوای 15 خولەک", "in 15 minutes"),
        (60, "بعد ساعة واحدة", "دوای یەک کاتژمێر", "in one hour"),
        (120, "بعد ساعتين", "دوای 2 کاتژمێر", "in 2 hours"),
        (1440, "غدًا", "سبەینێ", "tomorrow"),
        (3 * 1440, "بعد 3 أيام", "دوای 3 ڕۆژ", "in 3 days"),
        (100 * 1440, "بعد 100 يوم", "دوای 100 ڕۆژ", "in 100 days"),
    ],
)
def test_until(minutes, ar, ku, en):
    assert [speech(lang).until(timedelta(minutes=minutes)) for lang in LANGUAGES] == [ar, ku, en]


def test_days_are_those_of_the_readers_calendar():
    late = datetime(2026, 1, 18, 21, 30, tzinfo=UTC)
    said = [speech("en").relative_day(late + timedelta(days=days), SUNDAY) for days in (-2, -1, 0, 1)]
    assert said == ["yesterday", "today", "tomorrow", "Tuesday, 20 January"]
    assert speech("en").relative_day(late, SUNDAY, zone=UTC) == "today"


def test_lists_join_as_each_language_does():
    items = [Safe("A"), Safe("B"), Safe("C")]
    assert [speech(lang).list(items) for lang in LANGUAGES] == ["A وB وC", "A، B و C", "A, B and C"]
    assert speech("en").list(["x"]) == f"{FSI}x{PDI}"
    assert speech("en").list([]) == ""


def test_values_are_isolated_unless_they_are_ours():
    s = speech("en")
    said = s._("{a} {b} {c} {d}", a="x\u202e\ny", b=Safe("ours"), c=3, d=N_("tomorrow’s"))
    assert said == f"{FSI}x y{PDI} ours 3 tomorrow’s"
    assert s._("{outer}", outer=said) == said
    assert s._("{a} {b} {c}", a=4.5, b=4.0, c=Decimal("0.10")) == "4.5 4 0.1"
    assert s._("") == ""
    assert s._("{literally} <this>") == "{literally} <this>"


@pytest.mark.parametrize("template", ["{a.b}", "{a[0]}", "{a!r}", "{a:>9}", "{}", "{0}"])
def test_only_plain_fields_are_allowed(template):
    with pytest.raises(ValueError, match="plain"):
        speech("en")._(template, a="x")


@pytest.mark.parametrize("value", [True, None, [], b""])
def test_values_without_a_text_are_refused(value):
    with pytest.raises(TypeError):
        speech("en")._("{a}", a=value)


def test_marked_texts_are_said_later():
    s = speech("ar")
    assert s.say(NP_("day", "tomorrow")) == "غدًا"
    assert s.say(NN_("in one hour", "in {count} hours"), count=2) == "بعد ساعتين"
    assert s.say(N_("not in any catalog")) == "not in any catalog"
    assert len({N_("a"), N_("a"), NP_("x", "a")}) == 2
    with pytest.raises(TypeError, match="count"):
        s.say(NN_("in one hour", "in {count} hours"))


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "بعد يوم واحد"), (2, "بعد يومين"), (3, "بعد 3 أيام"), (11, "بعد 11 يومًا"), (100, "بعد 100 يوم"),
     (102, "بعد 102 يوم"), (103, "بعد 103 أيام"), (111, "بعد 111 يومًا")],
)  # fmt: skip
def test_arabic_counts_in_six_forms(count, said):
    assert speech("ar").n("in one day", "in {count} days", count) == said


def test_one_switch_changes_the_digits_of_prose(monkeypatch):
    assert digits("18", "ku") == "18"
    monkeypatch.setitem(NUMERALS, "ku", "arab")
    assert digits("18", "ku") == "١٨"
    assert speech("ku").time(SUNDAY) == "١٥:٠٥"
    assert speech("ku").duration(90) == "١ کاتژمێر و ٣٠ خولەک"
