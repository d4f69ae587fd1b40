"""Days, times and lengths of time as people in Iraq say them.

Babel supplies names of days and months; the order, the joining words and all counting are our own,
because CLDR's Kurdish orders dates wrongly and abbreviates in English. Ranges use words: a dash flips.
"""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from locales.bidi import Safe
from locales.digits import digits
from locales.languages import FACTS, Language
from locales.phrases import Phrases

BAGHDAD = ZoneInfo("Asia/Baghdad")

_MENDED = {"\u00a0": " ", "ھ": "ه", "کانونی یەکەم": "کانوونی یەکەم"}
_HOUR, _DAY = 60, 24 * 60


def date(phrases: Phrases, dt: datetime, now: datetime | None, zone: tzinfo) -> Safe:
    """Weekday, day and month; the year is left out only when `now` is given and falls in it."""
    local = _local(dt, zone)
    this_year = now is not None and _local(now, zone).year == local.year
    without_year, with_year = FACTS[phrases.lang].patterns
    return _named(local, without_year if this_year else with_year, phrases.lang)


def months(phrases: Phrases, first: datetime, last: datetime, zone: tzinfo) -> Safe:
    """From which month to which, within one year."""
    start, end = _local(first, zone), _local(last, zone)
    if start.year != end.year:
        raise ValueError("the months of a period belong to one year")
    return phrases.p(
        "months",
        "{first} to {last} {year}",
        first=_named(start, "LLLL", phrases.lang),
        last=_named(end, "LLLL", phrases.lang),
        year=Safe(digits(str(end.year), phrases.lang)),
    )


def time(phrases: Phrases, dt: datetime, zone: tzinfo) -> Safe:
    """Hours and minutes on the 24-hour clock."""
    return Safe(digits(f"{_local(dt, zone):%H:%M}", phrases.lang))


def moment(phrases: Phrases, dt: datetime, now: datetime | None, zone: tzinfo) -> Safe:
    """Date and time."""
    day, clock = date(phrases, dt, now, zone), time(phrases, dt, zone)
    return phrases.p("date and time", "{date}, {time}", date=day, time=clock)


def span(phrases: Phrases, start: datetime, end: datetime, now: datetime | None, zone: tzinfo) -> Safe:
    """From when to when: two times within one day, two moments across several."""
    if _same_day(start, end, zone):
        first, last = time(phrases, start, zone), time(phrases, end, zone)
    else:
        first, last = moment(phrases, start, now, zone), moment(phrases, end, now, zone)
    return phrases.p("time", "from {start} to {end}", start=first, end=last)


def when(phrases: Phrases, start: datetime, end: datetime, now: datetime | None, zone: tzinfo) -> Safe:
    """Everything about when: the date and the span, saying no date twice."""
    extent = span(phrases, start, end, now, zone)
    if not _same_day(start, end, zone):
        return extent
    return phrases.p("date and span", "{date}, {span}", date=date(phrases, start, now, zone), span=extent)


def duration(phrases: Phrases, minutes: int) -> Safe:
    """A length of time from whole minutes, in days, hours and minutes."""
    if minutes < 0:
        raise ValueError("a duration cannot be negative")
    days, hours, rest = minutes // _DAY, minutes % _DAY // _HOUR, minutes % _HOUR
    parts = [phrases.np("duration", "{count} day", "{count} days", days)] if days else []
    if hours:
        parts.append(phrases.np("duration", "{count} hour", "{count} hours", hours))
    if rest or not parts:
        parts.append(phrases.np("duration", "{count} minute", "{count} minutes", rest))
    text = parts.pop()
    while parts:
        text = phrases.p("duration", "{longer} {shorter}", longer=parts.pop(), shorter=text)
    return text


def until(phrases: Phrases, delta: timedelta) -> Safe:
    """How far ahead something is, rounded as people round; "now" when it is less than a minute or past."""
    minutes = round(delta.total_seconds() / 60)
    if minutes <= 0:
        return phrases.p("until", "now")
    if abs(minutes - _DAY) <= 10:
        return phrases.p("day", "tomorrow")
    if minutes >= 2 * _DAY:
        return phrases.n("in one day", "in {count} days", minutes // _DAY)
    if minutes >= 90 or abs(minutes - _HOUR) <= 5:
        return phrases.n("in one hour", "in {count} hours", round(minutes / _HOUR))
    return phrases.n("in one minute", "in {count} minutes", minutes)


def relative_day(phrases: Phrases, dt: datetime, now: datetime, zone: tzinfo) -> Safe:
    """Yesterday, today or tomorrow on the zone's calendar, otherwise the date."""
    days = (_local(dt, zone).date() - _local(now, zone).date()).days
    if days == 0:
        return phrases.p("day", "today")
    if days == 1:
        return phrases.p("day", "tomorrow")
    if days == -1:
        return phrases.p("day", "yesterday")
    return date(phrases, dt, now, zone)


def _local(dt: datetime, zone: tzinfo) -> datetime:
    if dt.tzinfo is None:
        raise ValueError("a moment without a time zone has no date")
    return dt.astimezone(zone)


def _same_day(start: datetime, end: datetime, zone: tzinfo) -> bool:
    return _local(start, zone).date() == _local(end, zone).date()


def _named(local: datetime, pattern: str, lang: Language) -> Safe:
    text = format_datetime(local, pattern, tzinfo=local.tzinfo, locale=FACTS[lang].locale)
    for wrong, right in _MENDED.items():
        text = text.replace(wrong, right)
    return Safe(digits(text, lang))
