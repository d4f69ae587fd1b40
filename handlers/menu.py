"""The main menu: one table, from which buttons, commands, numbers and help all derive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.kit import COORDINATORS, EVERYONE, Button, Screen, Turn, paragraphs, tap
from locales import N_, NP_, Message, speech

SHORT = 16
"""Labels up to this many characters may share a row on a phone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that people can choose: its button, its action, its command and who may see it.

    `word` is its name in `locales.KEYWORDS`, where people also type it.
    """

    label: Message
    action: str
    command: str
    about: Message
    who: tuple[str, ...] = EVERYONE
    word: str = ""


MENU = (
    Entry(NP_("button", "Events"), "events", "events", N_("See what is coming and register"), word="events"),
    Entry(NP_("button", "My registrations"), "mine", "mine", N_("See and change what you registered for")),
    Entry(
        NP_("button", "Slides and resources"),
        "library",
        "library",
        N_("Find slides, tools and recordings of past events"),
    ),
    Entry(NP_("button", "Give feedback"), "feedback", "feedback", N_("Tell us how an event was for you")),
    Entry(
        NP_("button", "Community"),
        "community",
        "community",
        N_("Ask the coordinators, propose topics, find each other"),
    ),
    Entry(
        NP_("button", "Reports"),
        "donor-report",
        "reports",
        N_("What took place and what came of it, in numbers"),
        who=("donor",),
    ),
    Entry(
        NP_("button", "Language"),
        "language",
        "language",
        N_("Change to Arabic, Kurdish or English"),
        word="language",
    ),
    Entry(
        NP_("button", "Settings and privacy"),
        "settings",
        "settings",
        N_("Your name, organisation, messages and data"),
    ),
    Entry(NP_("button", "Help"), "help", "help", N_("How to do the main things"), word="help"),
    Entry(
        NP_("button", "Coordinate"),
        "coordinate",
        "coordinate",
        N_("Events, announcements and people, for coordinators"),
        who=COORDINATORS,
    ),
)

OTHERS = (
    Entry(
        NP_("button", "About the community"),
        "about",
        "about",
        N_("What this project is for, and how far it has come"),
    ),
    Entry(
        NP_("button", "Check in"), "check-in", "checkin", N_("Say that you are here, by the code of the day")
    ),
    Entry(NP_("button", "Menu"), "menu", "menu", N_("Show the main menu"), word="menu"),
    Entry(NP_("button", "Start"), "start", "start", N_("Begin, or get messages again"), word="start"),
    Entry(NP_("button", "Stop messages"), "stop", "stop", N_("Stop all messages"), word="stop"),
    Entry(
        NP_("button", "This is not me"),
        "not-me-ask",
        "notme",
        N_("Say that this number is somebody else's by now"),
    ),
    Entry(NP_("button", "Privacy notice"), "privacy", "privacy", N_("What is kept about you, and why")),
    Entry(
        NP_("button", "Close my account"), "panic", "panic", N_("Close everything here at once"), word="panic"
    ),
)
"""What has a command but no place in the main menu."""

COMMANDS = {entry.command: entry.action for entry in (*MENU, *OTHERS)}


def commands(lang: str, role: str) -> list[tuple[str, str]]:
    """List (command, description in the language) for a channel's command menu."""
    voice = speech(lang)
    return [(entry.command, voice.say(entry.about)) for entry in (*MENU, *OTHERS) if role in entry.who]


def menu_button(turn: Turn) -> Button:
    """Return the button that leads back to the main menu from anywhere."""
    return Button(turn.p("button", "Menu"), "menu")


async def menu_screen(turn: Turn, note: str = "") -> Screen:
    """Show the main menu, with a word about what just happened."""
    entries = [entry for entry in MENU if turn.member.role in entry.who]
    buttons = [Button(turn.say(entry.label), entry.action) for entry in entries]
    if turn.member.silenced:
        buttons.insert(0, Button(turn.p("button", "Resume messages"), "resume"))
    return turn.screen(
        paragraphs(_greeting(turn), _standing(turn)),
        title=turn._("Main menu"),
        rows=two_a_row(buttons),
        note=note,
    )


def two_a_row(buttons: Sequence[Button]) -> list[list[Button]]:
    """Lay buttons out in their order, two a row where both are short."""
    rows: list[list[Button]] = []
    for button in buttons:
        beside = rows[-1] if rows else []
        if len(beside) == 1 and all(len(one.label) <= SHORT for one in (*beside, button)):
            beside.append(button)
        else:
            rows.append([button])
    return rows


@tap("menu")
async def menu(turn: Turn) -> Screen:
    """Show the main menu."""
    return await menu_screen(turn)


def _greeting(turn: Turn) -> str:
    if turn.member.name:
        return turn._("Welcome, {name}. What would you like to do?", name=turn.member.name)
    return turn._("What would you like to do?")


def _standing(turn: Turn) -> str:
    if turn.member.silenced:
        return turn._("Messages are stopped. You only get answers to what you ask here.")
    if turn.member.role == "guest":
        return turn._("You follow as a guest. To join with your organisation, open Settings and privacy.")
    return ""
