"""An event as a calendar entry (RFC 5545), and as a link that a web calendar understands.

The calendar library is imported when the first entry is made: it takes five megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from handlers.rules.days import days_of
from storage.events import Event

if TYPE_CHECKING:
    from icalendar import Calendar, vCalAddress

WEB_CALENDAR = "https://calendar.google.com/calendar/render"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar shows of an event to one person. `location` may be a place or a join link."""

    title: str
    description: str
    location: str
    organiser: str
    contact: str


def ics(event: Event, entry: Entry, now: datetime) -> bytes:
    """Write the entry as a calendar file; a cancelled event takes its entry out of the calendar."""
    calendar = _calendar("CANCEL" if event.state == "cancelled" else "PUBLISH")
    _add(calendar, event, entry, "CONFIRMED", now)
    return bytes(calendar.to_ical())


def feed(name: str, entries: Iterable[tuple[Event, Entry, str]], now: datetime) -> bytes:
    """Write a calendar to subscribe to: events with what is shown of each and its status for this person."""
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-published-ttl", timedelta(hours=1))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for event, entry, status in entries:
        _add(calendar, event, entry, status, now)
    return bytes(calendar.to_ical())


def _calendar(method: str) -> Calendar:
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Diwakhan//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _add(calendar: Calendar, event: Event, entry: Entry, status: str, now: datetime) -> None:
    """Add an event, each of its days under a UID that stays the same; the first day's is the event's."""
    from icalendar import Event as Component

    if event.starts_at is None:
        raise ValueError("an event without a time has no calendar entry")
    for day in days_of(event):
        component = Component()
        component.add("uid", f"{event.uid}{f'-{day.number}' if day.number > 1 else ''}@diwakhan")
        component.add("sequence", event.sequence)
        component.add("dtstamp", _utc(now))
        component.add("dtstart", _utc(day.starts_at))
        component.add("dtend", _utc(day.ends_at))
        component.add("summary", entry.title)
        component.add("status", "CANCELLED" if event.state == "cancelled" else status)
        component.add("organizer", _organiser(entry))
        if entry.description:
            component.add("description", entry.description)
        if entry.location:
            component.add("location", entry.location)
        calendar.add_component(component)


def web_link(event: Event, entry: Entry) -> str:
    """Return the address that opens the entry in Google's calendar."""
    times = "/".join(f"{_utc(moment):%Y%m%dT%H%M%SZ}" for moment in (event.starts_at, event.ends_at))
    fields = {"action": "TEMPLATE", "text": entry.title, "dates": times, "ctz": "Asia/Baghdad"}
    more = {"details": entry.description, "location": entry.location}
    return f"{WEB_CALENDAR}?{urlencode(fields | {key: text for key, text in more.items() if text})}"


def _utc(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("an event without a time has no calendar entry")
    return moment.astimezone(UTC).replace(microsecond=0)


def _organiser(entry: Entry) -> vCalAddress:
    from icalendar import vCalAddress, vText

    known = "@" in entry.contact and not set(entry.contact) & set(" :/,;")
    address = vCalAddress(f"mailto:{entry.contact if known else 'nobody@diwakhan.invalid'}")
    address.params["cn"] = vText(entry.organiser)
    return address
