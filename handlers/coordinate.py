"""The coordinator's home: one table of what coordinators do."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.community import questions_line
from handlers.kit import COORDINATORS, Button, Screen, Turn, lines, paragraphs, tap
from handlers.menu import menu_button, two_a_row
from handlers.pulse import pulse_line
from locales import NP_, Message


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that coordinators can do."""

    label: Message
    action: str


COORDINATE = (
    Entry(NP_("button", "New event"), "new-event"),
    Entry(NP_("button", "Manage events"), "manage-events"),
    Entry(NP_("button", "Announcements"), "announcements"),
    Entry(NP_("button", "Polls"), "polls"),
    Entry(NP_("button", "Send slides"), "material-new"),
    Entry(NP_("button", "Results and reports"), "reports"),
    Entry(NP_("button", "Community"), "look-after"),
    Entry(NP_("button", "People"), "people"),
    Entry(NP_("button", "Safety"), "safety"),
)


@tap("coordinate", who=COORDINATORS)
async def coordinate(turn: Turn) -> Screen:
    """Show what can be done, and what waits."""
    waiting = len(await turn.unit.join_requests.waiting())
    coming = await turn.unit.events.upcoming(turn.now, limit=100)
    return turn.screen(
        paragraphs(
            lines(
                turn.n("{count} event is coming.", "{count} events are coming.", len(coming)),
                turn.n(
                    "{count} request to join is waiting.", "{count} requests to join are waiting.", waiting
                )
                if waiting
                else "",
                await questions_line(turn),
                await pulse_line(turn),
            ),
            turn._("What would you like to do?"),
        ),
        title=turn._("Coordinate"),
        rows=[
            *two_a_row([Button(turn.say(entry.label), entry.action) for entry in COORDINATE]),
            [menu_button(turn)],
        ],
    )
