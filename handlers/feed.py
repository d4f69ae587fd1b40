"""My calendar: a private address that a phone's calendar subscribes to, and that shows every event of mine."""

from __future__ import annotations

from datetime import timedelta

from handlers.calendar import entry_of
from handlers.kit import Button, Screen, Turn, column, paragraphs, tap
from handlers.menu import menu_button
from handlers.rules.entry import feed

KEPT = timedelta(days=60)
"""So long past and cancelled events stay in the calendar."""
MOST_EVENTS = 200
STATUS = {
    "confirmed": "CONFIRMED",
    **dict.fromkeys(("waitlisted", "offered", "applied", "invited"), "TENTATIVE"),
}
"""What a calendar shows of a registration; one in any other state is over."""


@tap("feed")
async def my_calendar(turn: Turn) -> Screen:
    """Say what the calendar address does, and offer to make or end one."""
    return await _screen(turn)


async def _screen(turn: Turn, note: str = "") -> Screen:
    made = await turn.unit.calendars.made_at(turn.member.id)
    can = bool(turn.community.public_url)
    return turn.screen(
        paragraphs(
            turn._(
                "Your phone's calendar can show everything you registered for, and follow when an event moves or is "
                "cancelled. For that you get an address of your own."
            ),
            turn._(
                "Whoever has the address sees your events. Keep it to yourself; you can end it at any time."
            ),
            turn._("You have an address since {date}.", date=turn.speech.date(made, turn.now))
            if made
            else "",
            ""
            if can
            else turn._("At the moment this is not possible here. Each event can be added by itself."),
        ),
        title=turn._("My calendar"),
        rows=column(
            Button(
                turn.p("button", "New address") if made else turn.p("button", "Get an address"), "feed-make"
            )
            if can
            else None,
            Button(turn.p("button", "End the address"), "feed-end") if made else None,
            Button(turn.p("button", "My registrations"), "mine"),
            menu_button(turn),
        ),
        note=note,
    )


@tap("feed-make")
async def make(turn: Turn) -> Screen:
    """Make an address and show it, this once; one that was made before ends."""
    if not turn.community.public_url:
        return await _screen(turn)
    token = await turn.unit.calendars.make(turn.member.id, turn.now)
    address = f"{turn.community.public_url.rstrip('/')}/calendar/{token}"
    shown = turn.screen(
        paragraphs(
            turn._("Open the page on your phone and choose your calendar there."),
            turn._(
                "Or copy the address that follows into a calendar on a computer, under “subscribe by address”."
            ),
            turn._("It is shown only now. If you lose it, take a new one: the one before ends then."),
        ),
        title=turn._("My calendar"),
        rows=column(
            Button(turn.p("button", "Open the page"), url=address),
            Button(turn.p("button", "End the address"), "feed-end"),
            menu_button(turn),
        ),
        private=True,
    )
    return shown.followed_by(turn.screen(f"{address}.ics"))


@tap("feed-end")
async def end(turn: Turn) -> Screen:
    """End the address: calendars that subscribed to it find nothing any more."""
    ended = await turn.unit.calendars.end(turn.member.id)
    return await _screen(turn, turn._("The address has ended.") if ended else "")


async def feed_body(turn: Turn) -> bytes:
    """Write the calendar of a person: what they registered for, also what was cancelled of late."""
    entries = []
    states = await turn.unit.calendars.states(turn.member.id, turn.now - KEPT, MOST_EVENTS)
    for event_id, state in states.items():
        event = await turn.unit.events.get(event_id)
        if event is not None and event.state != "draft" and event.starts_at is not None:
            entries.append((event, await entry_of(turn, event), STATUS.get(state, "CANCELLED")))
    return feed(turn._("Iraqi Community of Practice"), entries, turn.now)
