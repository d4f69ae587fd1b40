"""Writing to each other without showing a number: this service stands between, and either side can end it."""

from __future__ import annotations

from datetime import timedelta

from handlers.kit import (
    MEMBERS,
    Button,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
)
from handlers.menu import menu_button, menu_screen
from handlers.onboarding import organisation_name
from locales import block, clean
from storage.relays import Passed, Relay

DAY = timedelta(days=1)
LONGEST = 800
MOST_A_DAY = 30
SHOWN = 3
WHO = (*MEMBERS, "donor")
"""Who may be in a conversation: the donor's staff join coffee chats."""


@tap("relay", who=WHO)
async def show(turn: Turn, relay_id: int) -> Screen:
    """Show a conversation as it stands."""
    relay = await _mine(turn, relay_id)
    return await _screen(turn, relay) if relay else await _gone(turn)


async def _mine(turn: Turn, relay_id: int) -> Relay | None:
    """Find a conversation for somebody who is in it; to everybody else there is none."""
    relay = await turn.unit.relays.get(relay_id)
    return relay if relay is not None and turn.member.id in relay.people else None


async def _gone(turn: Turn) -> Screen:
    return await menu_screen(turn, turn._("This conversation has ended."))


async def _screen(turn: Turn, relay: Relay, note: str = "") -> Screen:
    written = await turn.unit.relays.words(relay.id, limit=SHOWN)
    blocked = await turn.unit.relays.blocks(turn.member.id, relay.people)
    return turn.screen(
        paragraphs(
            *[lines(await _said_by(turn, relay, one), block(one.text)) for one in written],
            "" if written else turn._("Nothing has been written yet. Numbers are not shown."),
        ),
        title=turn._("Conversation"),
        rows=column(
            None if blocked else Button(turn.p("button", "Write"), action("relay-write", relay.id)),
            Button(turn.p("button", "Unblock"), action("relay-block", relay.id, "off"))
            if blocked
            else Button(turn.p("button", "Block"), action("relay-block", relay.id, "on")),
            menu_button(turn),
        ),
        note=note,
        private=True,
    )


async def _said_by(turn: Turn, relay: Relay, one: Passed) -> str:
    if one.author_id == turn.member.id:
        return turn._("You:")
    return turn._("From: {name}", name=await called(turn, relay, one.author_id))


async def called(turn: Turn, relay: Relay, member_id: int) -> str:
    """Return what the others in a conversation are told of somebody: who answers for an organisation is not named."""
    if relay.kind == "organisation" and member_id != relay.asker_id:
        return await organisation_name(turn, relay.subject_id)
    member = await turn.unit.members.get(member_id)
    if member is None:
        return turn._("somebody who has left")
    organisation = await organisation_name(turn, member.organisation_id)
    return (
        turn._("{name}, {organisation}", name=member.name, organisation=organisation)
        if organisation
        else member.name
    )


@tap("relay-write", who=WHO)
async def write(turn: Turn, relay_id: int) -> Screen:
    """Ask for a message."""
    relay = await _mine(turn, relay_id)
    return ask_words(turn, relay) if relay else await _gone(turn)


def ask_words(turn: Turn, relay: Relay, note: str = "") -> Screen:
    """Ask for a message to the others."""
    return turn.screen(
        turn._("What would you like to write? Your number is not shown."),
        title=turn._("Conversation"),
        rows=column(Button(turn.p("button", "Cancel"), action("relay", relay.id))),
        ask=action("relay-write", relay.id),
        note=note,
    )


@answer("relay-write", who=WHO)
async def written(turn: Turn, reply: Reply, relay_id: int) -> Screen:
    """Pass a message on."""
    relay = await _mine(turn, relay_id)
    if relay is None:
        return await _gone(turn)
    if note := await refused(turn, reply.text):
        return ask_words(turn, relay, note)
    return await pass_on(turn, relay, reply.text)


async def refused(turn: Turn, text: str) -> str:
    """Say why a message can't be passed on; empty where it can."""
    if not clean(text) or len(text) > LONGEST:
        return turn._("Please write something, but no more than {count} characters.", count=LONGEST)
    if await turn.unit.relays.written_since(turn.member.id, turn.now - DAY) >= MOST_A_DAY:
        return turn._("You wrote often today. Please try tomorrow.")
    return ""


async def pass_on(turn: Turn, relay: Relay, text: str) -> Screen:
    """Keep a message and bring it to everybody whom it may reach."""
    reached = await turn.unit.relays.reached(turn.member.id, await _now_in(turn, relay))
    if not reached:
        return await _screen(
            turn, relay, turn._("Your message can't be delivered. Nobody is there to get it.")
        )
    words_id = await turn.unit.relays.write(relay, turn.member.id, text, turn.now)
    for member_id in reached:
        await turn.unit.outbox.notify_one(
            "relayed",
            member_id,
            subject=f"relay:{relay.id}",
            occurrence=str(words_id),
            at=turn.now,
            args=(words_id,),
        )
    return await _screen(turn, relay, turn._("Your message was passed on."))


async def _now_in(turn: Turn, relay: Relay) -> tuple[int, ...]:
    """Return who is in a conversation now: for an organisation speaks whoever is its focal point today."""
    if relay.kind != "organisation" or relay.asker_id is None:
        return relay.people
    profile = await turn.unit.profiles.get(relay.subject_id)
    people = [relay.asker_id, *([profile.focal_id] if profile.focal_id else [])]
    if tuple(sorted(people)) != relay.people:
        await turn.unit.relays.open(relay.kind, relay.subject_id, people, turn.now, relay.asker_id)
    return tuple(people)


@notice("relayed")
async def relayed(turn: Turn, words_id: int) -> Screen | None:
    """Bring a message, unless it was blocked meanwhile."""
    one = await turn.unit.relays.passed(words_id)
    relay = await _mine(turn, one.relay_id) if one else None
    if one is None or relay is None or not await turn.unit.relays.reached(one.author_id, [turn.member.id]):
        return None
    return turn.screen(
        block(one.text),
        title=turn._("From: {name}", name=await called(turn, relay, one.author_id)),
        rows=[
            [
                Button(turn.p("button", "Reply"), action("relay-write", relay.id)),
                Button(turn.p("button", "Block"), action("relay-block", relay.id, "on")),
            ],
            [menu_button(turn)],
        ],
        lasting=True,
        private=True,
    )


@tap("relay-block", who=WHO)
async def block_them(turn: Turn, relay_id: int, state: str) -> Screen:
    """Let nothing more through from the others of a conversation, or let it through again."""
    relay = await _mine(turn, relay_id)
    if relay is None:
        return await _gone(turn)
    others = [one for one in relay.people if one != turn.member.id]
    if state == "off":
        await turn.unit.relays.unblock(turn.member.id, others)
        return await _screen(turn, relay)
    await turn.unit.relays.block(turn.member.id, others)
    return turn.screen(
        turn._(
            "You get nothing more from there, and they are not told. If something was wrong, tell a coordinator."
        ),
        title=turn._("Blocked"),
        rows=column(
            Button(turn.p("button", "Ask coordinators"), "ask"),
            Button(turn.p("button", "Unblock"), action("relay-block", relay.id, "off")),
            menu_button(turn),
        ),
    )
