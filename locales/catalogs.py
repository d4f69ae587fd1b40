"""How a language is spoken: one `Speech` per language, made once."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from functools import cache

from locales import dates, lists
from locales.bidi import Safe
from locales.dates import BAGHDAD
from locales.languages import FACTS, Language
from locales.phrases import Phrases


class Speech(Phrases):
    """Everything that can be said in one language: texts, days and times, lists.

    Datetimes must be aware; `zone` is whose calendar and clock the reader uses.
    """

    @property
    def name(self) -> str:
        """The language's own name for itself."""
        return FACTS[self.lang].name

    @property
    def html_lang(self) -> str:
        """The code for the HTML `lang` attribute."""
        return FACTS[self.lang].html_lang

    @property
    def rtl(self) -> bool:
        """Whether it is written from right to left."""
        return FACTS[self.lang].rtl

    def date(self, dt: datetime, now: datetime | None = None, *, zone: tzinfo = BAGHDAD) -> Safe:
        """Weekday, day and month; with the year unless `now` falls in it."""
        return dates.date(self, dt, now, zone)

    def months(self, first: datetime, last: datetime, *, zone: tzinfo = BAGHDAD) -> Safe:
        """From which month to which, within one year."""
        return dates.months(self, first, last, zone)

    def time(self, dt: datetime, *, zone: tzinfo = BAGHDAD) -> Safe:
        """HH:mm."""
        return dates.time(self, dt, zone)

    def moment(self, dt: datetime, now: datetime | None = None, *, zone: tzinfo = BAGHDAD) -> Safe:
        """Date and time."""
        return dates.moment(self, dt, now, zone)

    def span(
        self, start: datetime, end: datetime, now: datetime | None = None, *, zone: tzinfo = BAGHDAD
    ) -> Safe:
        """Within a day "from 10:00 to 12:00"; across days from moment to moment."""
        return dates.span(self, start, end, now, zone)

    def when(
        self, start: datetime, end: datetime, now: datetime | None = None, *, zone: tzinfo = BAGHDAD
    ) -> Safe:
        """The date and the span: all that an event's card says about time."""
        return dates.when(self, start, end, now, zone)

    def duration(self, minutes: int) -> Safe:
        """A length of time in words, from whole minutes."""
        return dates.duration(self, minutes)

    def until(self, delta: timedelta) -> Safe:
        """How far ahead: "in one hour", "tomorrow"."""
        return dates.until(self, delta)

    def relative_day(self, dt: datetime, now: datetime, *, zone: tzinfo = BAGHDAD) -> Safe:
        """Yesterday, today or tomorrow in words, otherwise the date."""
        return dates.relative_day(self, dt, now, zone)

    def list(self, items: Iterable[str]) -> Safe:
        """The items joined as the language joins them, each isolated unless Safe."""
        return lists.joined(self, items)


@cache
def speech(lang: Language) -> Speech:
    """The language's Speech; its catalog is read on first use and kept."""
    return Speech(lang)
