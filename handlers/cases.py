"""Reports about people who were harmed do not belong into a chat: a warning, and an offer to take it out again."""

from __future__ import annotations

from handlers.kit import Button, Screen, Turn, action, column, paragraphs, tap
from handlers.menu import menu_button
from handlers.privacy import contact_line
from handlers.unsaying import take_out

ASKS = frozenset({"ask", "question-again", "organisation-ask", "relay-write", "pair-notes", "suggest-for"})
"""The questions whose answers other people read as they are typed."""


def warning(turn: Turn, ask: str = "") -> Screen:
    """Warn; nothing of it was kept or passed on. `ask` is the question that may be answered anew."""
    typed = turn.inbound.typed if turn.inbound is not None else ""
    removable = turn.removes and typed.isascii() and len(typed) <= 40 and ":" not in typed
    return turn.screen(
        paragraphs(
            turn._(
                "This looks like a report about a person who was harmed. Please do not write such things here: "
                "the app's company can read them, and so can whoever takes your phone. I have kept nothing of it."
            ),
            turn._("Please delete your message from this chat as well.") if not removable else "",
            turn._("If I am mistaken, please send it once more, without names and places.") if ask else "",
            contact_line(turn),
        ),
        title=turn._("Please take care"),
        rows=column(
            Button(turn.p("button", "Delete my message"), action("unsay", typed))
            if removable and typed
            else None,
            menu_button(turn),
        ),
        ask=ask,
    )


@tap("unsay", consent=False)
async def unsay_it(turn: Turn, message: str) -> Screen:
    """Take a message of this very chat out of it."""
    await take_out(turn, [message])
    return turn.screen(
        turn._(
            "It is taken out of this chat. A phone that showed it already may still have it in its notifications."
        ),
        rows=column(menu_button(turn)),
    )
