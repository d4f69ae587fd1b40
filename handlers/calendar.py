"""Add to calendar: a file for those whose phone takes one, and links for those whose phone does not."""

from __future__ import annotations

from datetime import timedelta

from handlers.events import no_such_event
from handlers.kit import Attachment, Button, Screen, Turn, action, column, tap
from handlers.rules.entry import Entry, ics, web_link
from handlers.rules.kinds import is_in_person, is_online
from storage.events import Event

LASTS = timedelta(days=2)
FETCHES = 10
"""A calendar may fetch a link more than once: to preview it, to add it."""


@tap("calendar")
async def calendar(turn: Turn, event_id: int) -> Screen:
    """Give an event's calendar entry; of a cancelled event, the entry that takes it out again."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state == "draft" or event.starts_at is None:
        return await no_such_event(turn)
    entry = await entry_of(turn, event)
    body = ics(event, entry, turn.now)
    expires = turn.now + LASTS
    file = await turn.unit.files.add("event.ics", "text/calendar", body, at=turn.now, expires_at=expires)
    link = ""
    if turn.community.public_url:
        token = await turn.unit.files.link(file.id, expires_at=expires, fetches=FETCHES)
        link = f"{turn.community.public_url.rstrip('/')}/media/{token}/event.ics"
    cancelled = event.state == "cancelled"
    return turn.screen(
        _told(turn, cancelled=cancelled),
        title=event.title(turn.lang),
        rows=column(
            None if cancelled else Button(turn.p("button", "Google Calendar"), url=web_link(event, entry)),
            Button(turn.p("button", "Phone calendar"), url=link) if link else None,
            Button(turn.p("button", "Back"), action("event", event.id)),
        ),
        attachments=[Attachment(file.id)],
        private=entry.location == event.join_link != "",
    )


def _told(turn: Turn, *, cancelled: bool) -> str:
    if cancelled:
        return turn._("This event was cancelled. Open the file to take it out of your calendar.")
    return turn._(
        "Open the file or a link to add this event to your calendar. "
        "If the event moves, we tell you here, and you can add it again: your calendar changes the old entry."
    )


async def entry_of(turn: Turn, event: Event) -> Entry:
    """Say what the calendar shows this person: the join link only where a seat is theirs."""
    mine = await turn.unit.registrations.of(event.id, turn.member.id)
    inside = mine is not None and mine.state == "confirmed"
    place = event.place(turn.lang) if is_in_person(event.mode) else ""
    link = event.join_link if inside and is_online(event.mode) else ""
    return Entry(
        title=event.title(turn.lang),
        description="\n\n".join(
            part for part in (link if place else "", event.description(turn.lang)) if part
        ),
        location=place or link,
        organiser=turn._("Iraqi Community of Practice"),
        contact=turn.community.contact,
    )
