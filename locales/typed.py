"""Reading the dates, times and amounts that people type, in three languages and three sets of digits.

Every function answers None to a text that it cannot read, and never raises. Days come before months.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal, TypeVar

from locales.dates import BAGHDAD
from locales.fold import MAX_TYPED, fold, number_in, plain

_Meaning = TypeVar("_Meaning")
_Meridiem = Literal["am", "pm", "noon", "night"]

_HOUR, _DAY = 60, 24 * 60
_LONGEST = 365 * _DAY
_YEARS = range(2000, 2100)
_YEARS_TO_A_LEAP_DAY = 9


def _keys(table: dict[_Meaning, str]) -> dict[str, _Meaning]:
    """Folded spelling to meaning; a table's spellings are separated by `|`."""
    return {
        fold(spelling): meaning for meaning, spellings in table.items() for spelling in spellings.split("|")
    }


_MONTHS = _keys(
    {
        1: "january|jan|كانون الثاني|كانون ثاني|يناير|کانوونی دووەم|کانونی دووەم|کانونی دوو|کانوونا دووێ|ژانویە",
        2: "february|feb|شباط|فبراير|شوبات|شەبات|شوات",
        3: "march|mar|آذار|مارس|ئازار|ئادار|ئەدار|مارت",
        4: "april|apr|نيسان|أبريل|نیسان|نیسانێ",
        5: "may|أيار|ايار|مايو|مايس|ئایار|گولان|مایس",
        6: "june|jun|حزيران|يونيو|حوزەیران|حوزەیران|حزەیران|خزیران",
        7: "july|jul|تموز|يوليو|تەمووز|تەموز|تەمموز|تیرمەه",
        8: "august|aug|آب|أغسطس|اغسطس|ئاب|تەباخ",
        9: "september|sep|sept|أيلول|ايلول|سبتمبر|ئەیلوول|ئەیلول|ئیلۆن",
        10: "october|oct|تشرين الأول|تشرين اول|أكتوبر|تشرینی یەکەم|تشرینی یەک|تشرینا ئێکێ|چریا ئێکێ",
        11: "november|nov|تشرين الثاني|تشرين ثاني|نوفمبر|تشرینی دووەم|تشرینی دوو|تشرینا دووێ|چریا دووێ",
        12: "december|dec|كانون الأول|كانون اول|ديسمبر|کانوونی یەکەم|کانونی یەکەم|کانونی یەک|کانوونا ئێکێ",
    }
)
_DAYS_AHEAD = _keys(
    {
        0: "today|اليوم|هذا اليوم|ئەمڕۆ|ئەمرۆکە|ئەڤرۆ|ئەڤڕۆ",
        1: "tomorrow|tmrw|غدا|غد|الغد|بكرة|بكرا|باچر|باكر|سبەینێ|سبەی|سبەینی|بەیانی|سوباهی|سوبەهی|سبێ",
        2: "day after tomorrow|after tomorrow|بعد غد|بعد الغد|عقب باچر|دووسبەی|دوو سبەی|دوای سبەی|دوو سوبە",
    }
)
_WEEKDAYS = _keys(
    {
        0: "monday|mon|الاثنين|الإثنين|اثنين|دووشەممە|دوشەممە|دووشەمە|دوو شەممە|دووشەمب",
        1: "tuesday|tue|tues|الثلاثاء|ثلاثاء|الثلاثا|سێشەممە|سێ شەممە|سێشەمب",
        2: "wednesday|wed|الأربعاء|اربعاء|الاربعا|چوارشەممە|چوار شەممە|چارشەممە|چارشەمب",
        3: "thursday|thu|thur|thurs|الخميس|خميس|پێنجشەممە|پێنج شەممە|پێنجشەمب",
        4: "friday|fri|الجمعة|جمعة|هەینی|ھەینی|جومعە|هەینێ|ئەینی",
        5: "saturday|sat|السبت|سبت|شەممە|شەمە|شەمبی",
        6: "sunday|sun|الأحد|احد|یەکشەممە|یەک شەممە|ئێکشەممە|ئێکشەمب",
    }
)
_MERIDIEMS: dict[str, _Meridiem] = _keys(
    {
        "am": "am|a m|ص|صباحا|صباح|الصبح|صبحا|فجرا|بەیانی|سەر لە بەیانی|پێش نیوەڕۆ|پ ن|ب ن|سپێدێ|سبێدێ|بەری نیڤرۆ",
        "pm": "pm|p m|م|مساء|مساءا|المسا|المساء|عصرا|العصر|بعد الظهر"
        "|دوای نیوەڕۆ|پاش نیوەڕۆ|د ن|ئێوارە|ئێڤاری|پشتی نیڤرۆ",
        "noon": "noon|ظهرا|الظهر|نیوەڕۆ|نیڤرۆ",
        "night": "at night|night|ليلا|بالليل|الليل|شەو|شەڤ|ب شەڤ",
    }
)
_MINUTES_PAST = _keys({15: "وربع|ربع|چارەک|quarter", 30: "ونصف|ونص|نصف|نص|نیو|half"})
_UNITS = _keys(
    {
        1: "m|min|mins|minute|minutes|دقيقة|دقائق|دقايق|د|خولەک|دەقیقە|دەقە|خولەکێک",
        2: "دقيقتان|دقيقتين",
        _HOUR: "h|hr|hrs|hour|hours|ساعة|ساعات|س|کاتژمێر|سەعات|سەعاتێک|کاتژمێرێک|کاتژمێران|دەمژمێر",
        2 * _HOUR: "ساعتان|ساعتين",
        _DAY: "d|day|days|يوم|أيام|ايام|يوما|ڕۆژ|ڕۆژێک|ڕۆژان",
        2 * _DAY: "يومان|يومين",
    }
)
_AMOUNTS = _keys(
    {
        1: "one|واحد|واحدة|وحدة|یەک|ئێک",
        2: "two|اثنان|اثنين|دوو|دو",
        3: "three|ثلاث|ثلاثة|سێ",
        4: "four|أربع|أربعة|چوار|چار",
        5: "five|خمس|خمسة|پێنج",
        6: "six|ست|ستة|شەش",
    }
)
_PARTS = _keys({0.25: "quarter|ربع|چارەک", 0.5: "half|نصف|نص|نیو|نیڤ"})


def _fillers(spellings: str) -> frozenset[str]:
    return frozenset(fold(spelling) for spelling in spellings.split("|"))


_DATE_FILLERS = _fillers(
    "on|the|of|in|next|coming|يوم|في|بتاريخ|تاريخ|القادم|القادمة|المقبل|المقبلة|الجاي|شهر|سنة|عام"
    "|لە|ڕۆژی|ڕۆژا|ڕۆژ|بەرواری|بەروار|داهاتوو|داهاتی|مانگی|مانگ|هەیڤا|ساڵی|ساڵ|ی"
)
_TIME_FILLERS = _fillers(
    "at|around|the|in|o|clock|oclock|الساعة|ساعة|في|تمام|حدود|و|لە|ل|کاتژمێر|سەعات|دەمژمێر|دەوروبەری|ی"
)
_DURATION_FILLERS = _fillers("a|an|and|the|for|about|و|حوالي|لمدة|مدة|نزیکەی|بۆ|ماوەی")

_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|ی|م|ه‌م|هم)")
_CLOCK = re.compile(r"(?<![0-9.])([0-9]{1,2})(?:\s*[:.h]\s*([0-9]{2}))?(?![0-9])")
_HOURS_AND_MINUTES = re.compile(r"\s*([0-9]{1,3}):([0-9]{2})\s*")
_AMOUNT_OR_WORD = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\W\d_]+")
_ISO_JOINT = re.compile(r"(?<=[0-9])t(?=[0-9])")
_THOUSANDS = re.compile(r"(?<=[0-9])[,،](?=[0-9]{3}(?![0-9]))")


def parse_date(text: str, today: date) -> date | None:
    """A day: in numbers, with a month's name, a weekday (the next one after today) or today and tomorrow.

    Without a year it is the next such day, today included; a year in the text is taken as written.
    """
    if len(text) > MAX_TYPED or ":" in plain(text):
        return None
    tokens = [_ORDINAL.sub(r"\1", token) for token in fold(text).split() if token not in _DATE_FILLERS]
    whole = " ".join(tokens)
    if whole in _DAYS_AHEAD:
        return today + timedelta(days=_DAYS_AHEAD[whole])
    if whole in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS[whole] - today.weekday() - 1) % 7 + 1)
    rest = [token for token in tokens if token not in _WEEKDAYS]
    if all(token.isascii() and token.isdigit() for token in rest):
        return _in_numbers(rest, today)
    return _with_month_name(rest, today)


def _in_numbers(numbers: list[str], today: date) -> date | None:
    match numbers:
        case [year, month, day] if len(year) == 4:
            return _day(day, int(month), year, today)
        case [day, month, year] if len(year) in (2, 4):
            return _day(day, int(month), f"20{year[-2:]}" if len(year) == 2 else year, today)
        case [day, month]:
            return _day(day, int(month), None, today)
    return None


def _with_month_name(tokens: list[str], today: date) -> date | None:
    numbers = [token for token in tokens if token.isascii() and token.isdigit()]
    name = " ".join(token for token in tokens if token not in numbers)
    month = _MONTHS.get(name) or _MONTHS.get(name.removesuffix("ی"))
    if month is None:
        return None
    match sorted(numbers, key=len):
        case [day]:
            return _day(day, month, None, today)
        case [day, year] if len(year) == 4:
            return _day(day, month, year, today)
    return None


def _day(day: str, month: int, year: str | None, today: date) -> date | None:
    if len(day) > 2:
        return None
    if year is not None:
        return _valid(int(year), month, int(day)) if int(year) in _YEARS else None
    years = range(today.year, today.year + _YEARS_TO_A_LEAP_DAY)
    days = (_valid(year, month, int(day)) for year in years)
    return next((found for found in days if found is not None and found >= today), None)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """A time of day; without a word for morning or evening the hour is on the 24-hour clock."""
    ordinary = plain(text)
    if len(text) > MAX_TYPED or re.search("[-+/]", ordinary):
        return None
    clocks = list(_CLOCK.finditer(ordinary))
    rest = _CLOCK.sub(" ", ordinary)
    if re.search("[0-9]", rest) or len(clocks) > 1:
        return None
    tokens = [token for token in fold(rest).split() if token not in _TIME_FILLERS]
    if not clocks:
        return time(12) if _MERIDIEMS.get(" ".join(tokens)) == "noon" else None
    return _on_clock(int(clocks[0][1]), clocks[0][2], tokens)


def _on_clock(hour: int, minutes: str | None, tokens: list[str]) -> time | None:
    past = [_MINUTES_PAST[token] for token in tokens if token in _MINUTES_PAST]
    phrase = " ".join(token for token in tokens if token not in _MINUTES_PAST)
    meridiem = _MERIDIEMS.get(phrase)
    minute = int(minutes) if minutes else sum(past)
    if (phrase and meridiem is None) or len(past) > 1 or (past and minutes):
        return None
    hour = hour if meridiem is None else _hour_of_day(hour, meridiem)
    return time(hour, minute) if 0 <= hour < 24 and minute < 60 else None


def _hour_of_day(hour: int, meridiem: _Meridiem) -> int:
    """The hour on the 24-hour clock; -1 when hour and word contradict each other."""
    if hour > 12:
        return -1 if meridiem == "am" else hour
    twelve = hour % 12
    match meridiem:
        case "am":
            return twelve
        case "pm":
            return twelve + 12
        case "noon":
            return twelve + 12 if twelve < 10 else twelve
        case "night":
            return twelve + 12 if twelve >= 6 else twelve


def parse_moment(text: str, now: datetime, zone: tzinfo = BAGHDAD) -> datetime | None:
    """A date and a time in either order, in `zone`; a time alone is the next such time after `now`."""
    if len(text) > MAX_TYPED:
        return None
    local = now.astimezone(zone)
    tokens = _ISO_JOINT.sub(" ", plain(text)).replace("،", " ").replace(",", " ").split()
    for first, second in _splits(tokens):
        day, clock = parse_date(first, local.date()), parse_time(second)
        if day is not None and clock is not None:
            return datetime.combine(day, clock, tzinfo=zone)
    return _next_time(parse_time(" ".join(tokens)), local, zone)


def _splits(tokens: list[str]) -> Iterator[tuple[str, str]]:
    """Every way to cut the tokens in two, as (date, time): first with the date in front, then the time."""
    cuts = [(" ".join(tokens[:cut]), " ".join(tokens[cut:])) for cut in range(1, len(tokens))]
    yield from cuts
    yield from ((last, first) for first, last in cuts)


def _next_time(clock: time | None, local: datetime, zone: tzinfo) -> datetime | None:
    if clock is None:
        return None
    today = datetime.combine(local.date(), clock, tzinfo=zone)
    return today if today > local else datetime.combine(local.date() + timedelta(days=1), clock, tzinfo=zone)


def parse_duration(text: str) -> int | None:
    """A length of time in whole minutes, at least one and at most a year; a bare number is minutes."""
    if len(text) > MAX_TYPED:
        return None
    ordinary = plain(text)
    if match := _HOURS_AND_MINUTES.fullmatch(ordinary):
        total: float | None = int(match[1]) * _HOUR + int(match[2]) if int(match[2]) < 60 else None
    else:
        total = None if "-" in ordinary else _summed(_AMOUNT_OR_WORD.findall(ordinary))
    return int(total) if total is not None and 1 <= total <= _LONGEST else None


def _summed(tokens: list[str]) -> float | None:
    """Minutes in a row of amounts and units such as `1`, `h`, `30`."""
    total, unit, amount = 0.0, None, None
    for token in tokens:
        key = _duration_key(token)
        if key in _DURATION_FILLERS or (unit and _AMOUNTS.get(key) == 1):
            continue
        if key in _UNITS:
            unit = _UNITS[key]
            total, amount = total + (1 if amount is None else amount) * unit, None
        elif key in _PARTS and unit:
            total += _PARTS[key] * unit
        elif key in _PARTS:
            amount = (amount or 0) + _PARTS[key]
        elif amount is None and (read := _amount(key)) is not None:
            amount = read
        else:
            return None
    if amount is None:
        return total
    return total + amount if unit in (None, _HOUR) else None


def _duration_key(token: str) -> str:
    """The folded word without an Arabic "and" attached; amounts pass as they are."""
    if token[0].isdigit():
        return token
    key = fold(token)
    bare = key.removeprefix("و")
    return bare if bare in _UNITS or bare in _PARTS else key


def _amount(key: str) -> float | None:
    if key[:1].isdigit():
        return float(key) if len(key) < MAX_TYPED else None
    return _AMOUNTS.get(key)


def parse_count(text: str) -> int | None:
    """A whole number of things, with or without a word beside it and with or without thousands separators."""
    ordinary = plain(text[: MAX_TYPED + 1])
    if len(text) > MAX_TYPED or re.search(r"[-−][0-9]", ordinary):
        return None
    return number_in(_THOUSANDS.sub("", ordinary))
