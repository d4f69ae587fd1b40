"""What is kept about people, why and for how long: said before any data, and whenever somebody asks."""

from __future__ import annotations

from handlers.housekeeping import TOLD
from handlers.kit import Button, Screen, Turn, column, lines, paragraphs, tap
from handlers.menu import menu_button

VERSION = 1
"""Grows with every change of the notice that people must agree to anew."""


def notice_text(turn: Turn) -> str:
    """Return the privacy notice: under 200 words, and all that people need to decide."""
    return paragraphs(
        turn._(
            "This is the chat of the Iraqi Community of Practice in Democracy, Human Rights and Governance. "
            "Search for Common Ground runs it."
        ),
        turn._(
            "We keep: the name you choose, your organisation, your language, your chat address, and what you "
            "register for and answer here. We need this to invite you, to remind you and to send you materials. "
            "Names, addresses and free texts are stored encrypted."
        ),
        turn._(
            "Coordinators see your name; other members only where you agree to it first. "
            "The donor sees totals, never people."
        ),
        turn._(
            "Telegram, or WhatsApp with Meta and Twilio, can see the messages that pass through them. "
            "Please do not send sensitive cases here."
        ),
        turn._(
            "You decide: a nickname is fine, and you can see, correct, take along or delete your data "
            "at any time under Settings and privacy."
        ),
        contact_line(turn),
    )


def contact_line(turn: Turn) -> str:
    """Return how to reach the organiser, where that is known."""
    contact = turn.community.contact
    return turn._("Questions: {contact}", contact=contact) if contact else ""


@tap("privacy", consent=False)
async def privacy(turn: Turn) -> Screen:
    """Show the privacy notice again."""
    return turn.screen(
        notice_text(turn),
        title=turn._("Privacy notice"),
        rows=column(
            Button(turn.p("button", "How long"), "retention"),
            Button(turn.p("button", "My data"), "my-data"),
            menu_button(turn),
        ),
    )


@tap("retention", consent=False)
async def retention(turn: Turn) -> Screen:
    """Say how long each kind of data is kept."""
    return turn.screen(
        paragraphs(lines(*(turn.say(one) for one in TOLD)), contact_line(turn)),
        title=turn._("How long we keep what"),
        rows=column(Button(turn.p("button", "Back"), "privacy"), menu_button(turn)),
    )
