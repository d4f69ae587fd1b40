"""What people decide for themselves: their name, what they hear, and what is kept about them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from handlers.kit import (
    MEMBERS,
    Attachment,
    Button,
    Outdated,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    column,
    lines,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.offers import release_seats
from handlers.onboarding import arrive, forget, name_problem, organisation_name
from handlers.rules.roles import is_last_administrator
from locales import LANGUAGES, NP_, clean
from storage.portability import Portability

EXPORT_LASTS = timedelta(hours=1)

TOPICS = {
    "announcements": NP_("button", "Announcements"),
    "events": NP_("button", "New events"),
    "reminders": NP_("button", "Reminders"),
    "materials": NP_("button", "Slides and tools"),
    "surveys": NP_("button", "Feedback questions"),
    "polls": NP_("button", "Quick polls"),
    "welcome": NP_("button", "Tips for new members"),
}
"""The kinds of messages that can be turned off, each by itself."""


async def settings_screen(turn: Turn, note: str = "") -> Screen:
    """Show what is set, and the ways to change it."""
    member = turn.member
    organisation = await organisation_name(turn, member.organisation_id)
    return turn.screen(
        lines(
            turn._("Name: {name}", name=member.name) if member.name else "",
            turn._("Language: {language}", language=turn.speech.name),
            turn._("Organisation: {organisation}", organisation=organisation)
            if organisation
            else turn._("Organisation: none, you follow as a guest"),
            turn._("Messages: stopped") if member.silenced else turn._("Messages: on"),
        ),
        title=turn._("Settings and privacy"),
        rows=column(
            Button(turn.p("button", "Change my name"), "rename"),
            Button(turn.p("button", "Language"), "language"),
            Button(turn.p("button", "My organisation"), "joining"),
            Button(turn.p("button", "What I hear"), "topics"),
            Button(turn.p("button", "My apps"), "apps"),
            Button(turn.p("button", "Time zone"), "zone"),
            Button(turn.p("button", "In person or online"), "how-to-meet")
            if member.organisation_id
            else None,
            Button(turn.p("button", "Resume messages"), "resume")
            if member.silenced
            else Button(turn.p("button", "Stop messages"), "stop"),
            Button(turn.p("button", "My data"), "my-data"),
            menu_button(turn),
        ),
        note=note,
    )


@tap("settings")
async def settings(turn: Turn) -> Screen:
    """Show the settings."""
    return await settings_screen(turn)


# --- the name -----------------------------------------------------------------------------------------------


@tap("rename")
async def rename(turn: Turn) -> Screen:
    """Ask for another name."""
    return _ask_name(turn)


def _ask_name(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        paragraphs(
            turn._("You are called: {name}", name=turn.member.name),
            turn._("What may we call you instead? A nickname is fine."),
        ),
        title=turn._("Your name"),
        rows=column(Button(turn.p("button", "Cancel"), "settings")),
        ask="rename",
        note=note,
    )


@answer("rename")
async def renamed(turn: Turn, reply: Reply) -> Screen:
    """Take another name."""
    chosen = clean(reply.text)
    if problem := name_problem(turn, chosen):
        return _ask_name(turn, problem)
    await turn.change_member(name=chosen)
    return await settings_screen(turn, turn._("Your name was changed."))


# --- what is heard ------------------------------------------------------------------------------------------


def topics_screen(turn: Turn, note: str = "") -> Screen:
    """Show each kind of messages with whether it comes."""
    return turn.screen(
        turn._(
            "Tap a kind of messages to turn it on or off. Whatever you turn off, you still get answers to "
            "what you ask here, and word when an event of yours is moved or cancelled."
        ),
        title=turn._("What I hear"),
        rows=[
            *column(*(_switch(turn, topic) for topic in TOPICS)),
            [Button(turn.p("button", "Back"), "settings"), menu_button(turn)],
        ],
        note=note,
    )


def _switch(turn: Turn, topic: str) -> Button:
    off = topic in turn.member.muted
    label = turn.say(TOPICS[topic])
    return Button(f"{'▫️' if off else '✅'} {label}", action("topic", topic, "on" if off else "off"))


@tap("topics")
async def topics(turn: Turn) -> Screen:
    """Show the kinds of messages."""
    return topics_screen(turn)


@tap("topic")
async def switch_topic(turn: Turn, topic: str, state: str) -> Screen:
    """Turn one kind of messages on or off."""
    if topic not in TOPICS or state not in ("on", "off"):
        raise Outdated("topic")
    muted = set(turn.member.muted) - {topic} | ({topic} if state == "off" else set())
    await turn.change_member(muted=tuple(one for one in TOPICS if one in muted))
    return topics_screen(turn)


@tap("stop", consent=False)
async def stop(turn: Turn) -> Screen:
    """Silence everything until the person says start."""
    if not turn.member.silenced:
        await turn.change_member(silenced=True)
    return turn.screen(
        turn._(
            "You will get no more messages from us. What you registered for stays as it is. "
            "To hear from us again, write /start or tap the button."
        ),
        title=turn._("Messages are stopped"),
        rows=column(
            Button(turn.p("button", "Resume messages"), "resume"),
            Button(turn.p("button", "Delete my data"), "delete-me"),
        ),
    )


@tap("resume", consent=False)
async def resume(turn: Turn) -> Screen:
    """Let messages come again."""
    return await arrive(turn)


# --- what is kept -------------------------------------------------------------------------------------------


@tap("my-data", consent=False)
async def my_data(turn: Turn) -> Screen:
    """Offer what people may do with their data."""
    return turn.screen(
        turn._("You can read what we keep and why, take all of it along as a file, or delete it."),
        title=turn._("My data"),
        rows=column(
            Button(turn.p("button", "Privacy notice"), "privacy"),
            Button(turn.p("button", "Export my data"), "export"),
            Button(turn.p("button", "For the count"), "traits") if turn.member.role in MEMBERS else None,
            Button(turn.p("button", "Delete my data"), "delete-me"),
            Button(turn.p("button", "Back"), "settings"),
        ),
    )


@tap("export", consent=False)
async def export(turn: Turn) -> Screen:
    """Send a file with everything that is linked to this person."""
    gathered = await Portability(turn.unit).everything(turn.member.id)
    body = json.dumps(gathered, ensure_ascii=False, indent=2).encode()
    file = await turn.unit.files.add(
        "my-data.json", "application/json", body, at=turn.now, expires_at=turn.now + EXPORT_LASTS
    )
    return turn.screen(
        turn._(
            "Here is everything that we keep about you, as a JSON file. We delete our copy of the file within "
            "the hour; the one in this chat is yours to look after."
        ),
        title=turn._("My data"),
        rows=column(Button(turn.p("button", "Back"), "my-data"), menu_button(turn)),
        attachments=[Attachment(file.id)],
        private=True,
    )


@tap("delete-me", consent=False)
async def delete_me(turn: Turn) -> Screen:
    """Ask the first time."""
    return turn.screen(
        paragraphs(
            turn._(
                "This deletes your name, your organisation, your chat address, your answers and your "
                "registrations. Seats that you hold go to others. It cannot be undone."
            ),
            await _warning(turn),
        ),
        title=turn._("Delete my data?"),
        rows=column(
            Button(turn.p("button", "Continue"), "delete-sure"),
            Button(turn.p("button", "Export my data"), "export"),
            Button(turn.p("button", "Keep my data"), "settings"),
        ),
    )


async def _warning(turn: Turn) -> str:
    administrators = len(await turn.unit.members.with_roles("administrator"))
    if not is_last_administrator(turn.member, administrators):
        return ""
    return turn._("You are the only administrator. Without you nobody can grant roles here.")


@tap("delete-sure", consent=False)
async def delete_sure(turn: Turn) -> Screen:
    """Ask the second time."""
    return turn.screen(
        turn._("Are you sure? After this nobody here knows you any more."),
        title=turn._("Delete everything now?"),
        rows=column(
            Button(turn.p("button", "Keep my data"), "settings"),
            Button(turn.p("button", "Delete everything"), action("delete-now", turn.member.id, turn.lang)),
        ),
    )


@tap("delete-now", consent=False)
async def delete_now(turn: Turn, member_id: int, lang: str) -> Screen:
    """Forget the person: seats are freed first, then everything goes.

    A second tap comes from somebody new, who is forgotten as well; but somebody who came back and settled
    in is asked again.
    """
    if member_id != turn.member.id and turn.member.state != "new":
        return await delete_me(turn)
    if lang in LANGUAGES:
        turn.member = replace(turn.member, lang=lang)
    await release_seats(turn.unit, turn.member.id, turn.now)
    await forget(turn)
    return turn.screen(
        turn._(
            "It is done: everything about you is deleted here, and leaves our backups within 30 days. "
            "You can delete this chat too. Thank you for having been with us. Goodbye!"
        )
    )
