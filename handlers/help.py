"""Help: the main things and how to do them, derived from the menu's table."""

from __future__ import annotations

from handlers.kit import Button, Screen, Turn, column, lines, paragraphs, tap
from handlers.menu import MENU, OTHERS, Entry, menu_button
from handlers.privacy import contact_line
from locales import intent


@tap("help", consent=False)
async def help_home(turn: Turn) -> Screen:
    """Say how to do the main things."""
    return turn.screen(
        paragraphs(
            turn._("To come to an event: open Events, choose one and tap Register."),
            turn._("To see or cancel what you registered for: My registrations."),
            turn._("To get slides and tools after an event: Slides and resources."),
            turn._("Instead of tapping a button you can write its number or its name."),
            contact_line(turn),
        ),
        title=turn._("Help"),
        rows=column(
            Button(turn.p("button", "Words that work"), "help-words"),
            Button(turn.p("button", "Privacy notice"), "privacy"),
            menu_button(turn),
        ),
    )


@tap("help-words")
async def help_words(turn: Turn) -> Screen:
    """List every command, and the word that does the same."""
    entries = [entry for entry in (*MENU, *OTHERS) if turn.member.role in entry.who]
    return turn.screen(
        paragraphs(
            turn._("These work at any time:"),
            lines(*(_line(turn, entry) for entry in entries)),
        ),
        title=turn._("Words that always work"),
        rows=column(Button(turn.p("button", "Back"), "help"), menu_button(turn)),
    )


def _line(turn: Turn, entry: Entry) -> str:
    command = f"/{entry.command}"
    word = _word(turn, entry)
    if not word:
        return turn._("{command}: {what}", command=command, what=turn.say(entry.about))
    return turn._("{command} or «{word}»: {what}", command=command, word=word, what=turn.say(entry.about))


def _word(turn: Turn, entry: Entry) -> str:
    """Return the button's own label where typing it does the same as the command."""
    label = str(turn.say(entry.label))
    return label if entry.word and intent(label) == entry.word else ""
