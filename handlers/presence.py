"""What an event's card says about days: the agenda, checking in, whether and how somebody comes, certificates."""

from __future__ import annotations

from handlers.kit import Button, Turn, action, lines
from handlers.rules.attendance import OPENS_BEFORE, open_for_check_in
from handlers.rules.days import Day, day_of, days_of
from handlers.zones import own_time
from locales import N_, NP_, Message
from storage.events import Event
from storage.intentions import Intention

LISTED_DAYS = 5

WAYS = {"in_person": NP_("button", "In person"), "online": NP_("button", "Online")}
COMING: dict[str, Message] = {
    "yes": N_("You said that you are coming."),
    "partly": N_("You said that you can't come every day."),
    "no": N_("You said that you can't come."),
}
NOTED: dict[str, Message] = {
    "present": N_("Day {day}: you were there."),
    "partly": N_("Day {day}: you were there for a part of it."),
    "excused": N_("Day {day}: excused."),
    "absent": N_("Day {day}: you were not there."),
}


def day_line(turn: Turn, day: Day) -> str:
    """Name a day and say when it is."""
    when = turn.speech.when(day.starts_at, day.ends_at, turn.now)
    return turn._("Day {day}: {when}", day=day.number, when=when)


def named_day(turn: Turn, event: Event, day: Day) -> str:
    """Say when a day is, and which one where there are several."""
    several = len(days_of(event)) > 1
    return day_line(turn, day) if several else turn.speech.when(day.starts_at, day.ends_at, turn.now)


def days_lines(turn: Turn, event: Event) -> str:
    """List when each day of an event is that has several, unless they are very many; else nothing."""
    days = days_of(event)
    if not 1 < len(days) <= LISTED_DAYS:
        return ""
    return lines(*(_day_with_zone(turn, day) for day in days))


def _day_with_zone(turn: Turn, day: Day) -> str:
    when = turn.speech.when(day.starts_at, day.ends_at, turn.now)
    here = turn._("{when} (Baghdad time)", when=when)
    elsewhere = own_time(turn, day.starts_at, day.ends_at)
    if elsewhere:
        here = turn._("{here}; {elsewhere}", here=here, elsewhere=elsewhere)
    return turn._("Day {day}: {when}", day=day.number, when=here)


async def own_lines(turn: Turn, event: Event, *, confirmed: bool) -> str:
    """Say which series an event belongs to, and what is known about this person and it."""
    noted = await turn.unit.attendance.of_person(event.id, turn.member.id) if _near(turn, event) else {}
    ahead = confirmed and not event.over(turn.now) and event.state == "published"
    said = await turn.unit.intentions.of(event.id, turn.member.id) if ahead else Intention()
    way = WAYS.get(said.way) if ahead and event.mode == "hybrid" else None
    coming = COMING.get(said.coming) if ahead and not noted else None
    return lines(
        await series_line(turn, event),
        turn.say(coming) if coming else "",
        turn._("You take part: {way}", way=turn.say(way)) if way else "",
        *(turn.say(NOTED[state], day=day) for day, state in noted.items() if day_of(event, day)),
    )


def _near(turn: Turn, event: Event) -> bool:
    """Say whether anything can be noted of the event yet; before that nobody needs to look."""
    return event.starts_at is not None and turn.now >= event.starts_at - OPENS_BEFORE


async def series_line(turn: Turn, event: Event) -> str:
    """Say which one of how many an event is in its series."""
    series = await turn.unit.series.get(event.series_id) if event.series_id else None
    if series is None:
        return ""
    place = await place_in_series(turn, event)
    title = series.title(turn.lang)
    if not place:
        return turn._("Part of the series: {title}", title=title)
    return turn._(
        "Part of the series: {title} ({number} of {planned})",
        title=title,
        number=place,
        planned=max(series.planned, place),
    )


async def place_in_series(turn: Turn, event: Event) -> int:
    """Return which one it is among those published in its series, 1 being the first; 0 for a draft."""
    ids = [one.id for one in await turn.unit.events.of_series(event.series_id or 0)]
    return ids.index(event.id) + 1 if event.id in ids else 0


async def own_buttons(turn: Turn, event: Event, *, confirmed: bool) -> list[Button]:
    """Return what this person can see or do about the days of an event."""
    live = event.state == "published"
    found = []
    if live and await day_to_check_in(turn, event):
        found.append(Button(turn.p("button", "Check in"), "check-in"))
    if await turn.unit.agendas.days(event.id):
        found.append(Button(turn.p("button", "Agenda"), action("agenda", event.id, 0)))
    if live and confirmed and event.mode == "hybrid" and not event.over(turn.now):
        found.append(Button(turn.p("button", "In person or online"), action("way", event.id)))
    if event.series_id and live:
        found.append(Button(turn.p("button", "The series"), action("series", event.series_id)))
    if _near(turn, event) and await turn.unit.certificates.of(event.id, turn.member.id):
        found.append(Button(turn.p("button", "My certificate"), action("certificate", event.id)))
    return found


async def day_to_check_in(turn: Turn, event: Event) -> Day | None:
    """Return the day for which this person can check in now, if they have not yet."""
    for day in days_of(event):
        if not open_for_check_in(event, day, closed=False, now=turn.now):
            continue
        sheet = await turn.unit.attendance.sheet(event.id, day.number)
        mine = await turn.unit.attendance.of(event.id, day.number, turn.member.id)
        if not sheet.closed and (mine is None or mine.state != "present"):
            return day
    return None
