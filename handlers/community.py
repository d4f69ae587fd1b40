"""The community among itself: one place in the main menu, and one among what coordinators do."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit import COORDINATORS, EVERYONE, MEMBERS, Button, Screen, Turn, lines, paragraphs, tap
from handlers.menu import menu_button, two_a_row
from locales import NP_, Message


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that people can do together, and who may."""

    label: Message
    action: str
    who: tuple[str, ...] = EVERYONE


TOGETHER = (
    Entry(NP_("button", "Ask coordinators"), "ask"),
    Entry(NP_("button", "Suggested topics"), "suggestions", MEMBERS),
    Entry(NP_("button", "Organisations"), "directory", MEMBERS),
    Entry(NP_("button", "Mentorship"), "mentoring", MEMBERS),
    Entry(NP_("button", "Coffee rounds"), "coffee", MEMBERS),
    Entry(NP_("button", "Small grants"), "calls:grant", MEMBERS),
    Entry(NP_("button", "Collaboration labs"), "calls:lab", MEMBERS),
    Entry(NP_("button", "About the community"), "about"),
)
LOOKING_AFTER = (
    Entry(NP_("button", "Questions"), "questions"),
    Entry(NP_("button", "Suggested topics"), "suggestions"),
    Entry(NP_("button", "Organisations"), "pick:profile:0"),
    Entry(NP_("button", "Mentorship"), "mentoring-desk"),
    Entry(NP_("button", "Coffee rounds"), "coffee-desk:0"),
    Entry(NP_("button", "Small grants"), "call-desk:grant"),
    Entry(NP_("button", "Collaboration labs"), "call-desk:lab"),
)
"""What coordinators do for it."""


@tap("community")
async def community(turn: Turn) -> Screen:
    """Show what people can do together."""
    entries = [entry for entry in TOGETHER if turn.member.role in entry.who]
    return turn.screen(
        turn._("Ask, propose, and find each other. What would you like to do?"),
        title=turn._("Community"),
        rows=[
            *two_a_row([Button(turn.say(entry.label), entry.action) for entry in entries]),
            [menu_button(turn)],
        ],
    )


@tap("look-after", who=COORDINATORS)
async def look_after(turn: Turn) -> Screen:
    """Show coordinators what waits for them among the members."""
    return turn.screen(
        paragraphs(lines(await questions_line(turn)), turn._("What would you like to do?")),
        title=turn._("Community"),
        rows=[
            *two_a_row([Button(turn.say(entry.label), entry.action) for entry in LOOKING_AFTER]),
            [Button(turn.p("button", "Back"), "coordinate"), menu_button(turn)],
        ],
    )


async def questions_line(turn: Turn) -> str:
    """Say how many questions are not answered yet, where there are any."""
    unanswered = await turn.unit.questions.count_open()
    if not unanswered:
        return ""
    return turn.n("{count} question is not answered.", "{count} questions are not answered.", unanswered)
