"""Coordinators' tools stand behind a PIN once they set one, and close by themselves.

Where a channel can take out what was typed, a PIN is typed and taken out; where it can't, an authenticator app's code
is typed, which is worth nothing afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from handlers.kit import (
    COORDINATORS,
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
    registry,
    tap,
)
from handlers.kit.action import split
from handlers.rules.access import PIN_TYPED, Access, access
from handlers.rules.pins import IDLE, PAUSE, STEP, Wrong, after_wrong, is_paused, is_pin, is_weak
from handlers.unsaying import unsay
from locales import N_, clean, to_ascii_digits
from storage.members import STAFF
from storage.pins import Pin

CHANGES = {
    "set": N_("A coordinator set or changed their PIN: {name}"),
    "removed": N_("A coordinator took their PIN away: {name}"),
    "frozen": N_("Ten wrong PINs: this coordinator's account was frozen. Please ask the person: {name}"),
}


async def closed_by_pin(turn: Turn, wanted: str) -> Screen | None:
    """Ask for the PIN where one is set and the tools are closed; None, and open a while longer, where they are not.

    `wanted` is the action to go on with.
    """
    lock = await turn.unit.pins.get(turn.member.id)
    if lock is None:
        return None
    if lock.open_at(turn.address.id, turn.now):
        await turn.unit.pins.stay_open(lock, turn.now + IDLE, STEP)
        return None
    return _ask(turn, lock, wanted)


def _ask(turn: Turn, lock: Pin, wanted: str, note: str = "") -> Screen:
    if is_paused(lock.blocked_until, turn.now):
        assert lock.blocked_until is not None  # noqa: S101 - it is paused until then
        until = turn.speech.moment(lock.blocked_until, turn.now)
        return _plain(turn, turn._("That was wrong too often. Please wait until: {moment}", moment=until))
    if not turn.removes and not lock.has_code:
        return _plain(
            turn,
            turn._(
                "In this app a code from an authenticator app is needed, since nobody can take back what is typed "
                "here. Set it up in the app where you have your PIN: Coordinate, Safety."
            ),
        )
    return turn.screen(
        turn._("Please type your PIN. I take it out of the chat at once.")
        if turn.removes and lock.has_pin
        else turn._("Please type the code that your authenticator app shows now."),
        title=turn._("Coordinators' tools are closed"),
        rows=column(Button(turn.p("button", "Cancel"), "menu")),
        ask=f"{PIN_TYPED}:{wanted.replace(':', '~')}",
        note=note,
    )


def _plain(turn: Turn, text: str) -> Screen:
    return turn.screen(
        text,
        title=turn._("Coordinators' tools are closed"),
        rows=column(Button(turn.p("button", "Menu"), "menu")),
    )


@answer(PIN_TYPED, who=COORDINATORS)
async def typed(turn: Turn, reply: Reply, wanted: str = "") -> Screen:
    """Open the tools for the right PIN and go on with what was wanted; a wrong one is counted."""
    await unsay(turn)
    lock = await turn.unit.pins.get(turn.member.id)
    if lock is None:
        return await _go_on(turn, wanted)
    if is_paused(lock.blocked_until, turn.now) or (not turn.removes and not lock.has_code):
        return _ask(turn, lock, wanted.replace("~", ":"))
    if await _is_right(turn, lock, to_ascii_digits(clean(reply.text))):
        await turn.unit.pins.open(turn.member.id, turn.address.id, turn.now + IDLE)
        return await _go_on(turn, wanted)
    return await _wrong(turn, lock, wanted)


async def _is_right(turn: Turn, lock: Pin, text: str) -> bool:
    if not is_pin(text):
        return False
    if turn.removes and lock.has_pin:
        return await turn.unit.pins.is_pin(turn.member.id, text)
    return await turn.unit.pins.is_code(turn.member.id, text, turn.now)


async def _wrong(turn: Turn, lock: Pin, wanted: str) -> Screen:
    times = lock.wrong + 1
    await turn.unit.pins.change(turn.member.id, wrong=times)
    match after_wrong(times):
        case Wrong.FREEZE:
            await turn.change_member(hold="frozen")
            await _tell_others(turn, "frozen")
            return closed_screen(turn)
        case Wrong.PAUSE:
            await turn.unit.pins.change(turn.member.id, blocked_until=turn.now + PAUSE)
        case Wrong.AGAIN:
            pass
    found = await turn.unit.pins.get(turn.member.id) or lock
    return _ask(turn, found, wanted.replace("~", ":"), turn._("That was not right."))


async def _go_on(turn: Turn, wanted: str) -> Screen:
    """Do what the PIN was asked for; it has been checked already that these are a coordinator's tools."""
    named = wanted.replace("~", ":")
    name = split(named)[0] if split(named)[0] in registry.taps else "safety"
    entry, arguments = registry.find(registry.taps, named if name != "safety" else name)
    if access(name, entry.who, turn.member) is not Access.OPEN:
        entry, arguments = registry.find(registry.taps, "menu")
    screen: Screen = await entry.handler(turn, *arguments)
    return screen


# --- setting it ---------------------------------------------------------------------------------------------


@tap("pin", who=COORDINATORS)
async def pin(turn: Turn) -> Screen:
    """Show whether a PIN is set, and offer to set, change or take it away."""
    return await _pin_screen(turn)


async def _pin_screen(turn: Turn, note: str = "") -> Screen:
    lock = await turn.unit.pins.get(turn.member.id)
    return turn.screen(
        paragraphs(
            turn._("A PIN keeps whoever picks up your phone away from the coordinators' tools."),
            lines(
                turn._("PIN: set") if lock and lock.has_pin else turn._("PIN: not set"),
                turn._("Authenticator app: set up")
                if lock and lock.has_code
                else turn._("Authenticator app: not set up"),
            ),
            turn._("The tools close after 15 minutes without a tap.") if lock else "",
        ),
        title=turn._("My PIN"),
        rows=column(
            Button(
                turn.p("button", "Change PIN") if lock and lock.has_pin else turn.p("button", "Set a PIN"),
                "pin-new",
            )
            if turn.removes
            else None,
            Button(turn.p("button", "Authenticator app"), "pin-app"),
            Button(turn.p("button", "Close the tools now"), "pin-close") if lock else None,
            Button(turn.p("button", "Take it away"), "pin-away") if lock else None,
            Button(turn.p("button", "Back"), "safety"),
        ),
        note=note,
    )


@tap("pin-new", who=COORDINATORS)
async def new(turn: Turn) -> Screen:
    """Ask for a PIN, where it can be taken out of the chat again."""
    return _ask_new(turn) if turn.removes else await _pin_screen(turn)


def _ask_new(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        turn._("Please type six digits that nobody guesses. I take them out of the chat at once."),
        title=turn._("My PIN"),
        rows=column(Button(turn.p("button", "Cancel"), "pin")),
        ask="pin-new",
        note=note,
    )


@answer("pin-new", who=COORDINATORS)
async def new_given(turn: Turn, reply: Reply) -> Screen:
    """Take a first look at a PIN, and ask for it once more."""
    await unsay(turn)
    text = to_ascii_digits(clean(reply.text))
    if not turn.removes:
        return await _pin_screen(turn)
    if not is_pin(text):
        return _ask_new(turn, turn._("That is not six digits."))
    if is_weak(text):
        return _ask_new(turn, turn._("That one is tried first by everybody. Please choose another."))
    return _ask_again(turn, _mark(turn, text))


def _ask_again(turn: Turn, mark: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("Please type it once more."),
        title=turn._("My PIN"),
        rows=column(Button(turn.p("button", "Cancel"), "pin")),
        ask=action("pin-again", mark),
        note=note,
    )


@answer("pin-again", who=COORDINATORS)
async def again_given(turn: Turn, reply: Reply, mark: str) -> Screen:
    """Set the PIN if it was typed the same twice; the other coordinators are told."""
    await unsay(turn)
    text = to_ascii_digits(clean(reply.text))
    if (
        not turn.removes
        or not is_pin(text)
        or not hmac.compare_digest(_mark(turn, text).encode(), mark.encode())
    ):
        return _ask_new(turn, turn._("That was not the same. Please begin again."))
    await turn.unit.pins.set_pin(turn.member.id, text, turn.now)
    await turn.unit.pins.open(turn.member.id, turn.address.id, turn.now + IDLE)
    await _tell_others(turn, "set")
    return await _pin_screen(turn, turn._("Your PIN is set."))


def _mark(turn: Turn, text: str) -> str:
    """Sum a PIN up, keyed, for as long as it is asked for once more; it stays within a sealed conversation."""
    key = turn.unit.vault.key_for("pin typed twice")
    return hmac.new(key, f"{turn.member.id}|{text}".encode(), hashlib.sha256).hexdigest()[:32]


@tap("pin-app", who=COORDINATORS)
async def app(turn: Turn) -> Screen:
    """Show a key for an authenticator app, and ask for its first code."""
    return await _app_screen(turn)


async def _app_screen(turn: Turn, note: str = "") -> Screen:
    key = await turn.unit.pins.draw_code_key(turn.member.id, turn.now)
    return turn.screen(
        paragraphs(
            turn._("Put this key into an authenticator app, then type the six digits that it shows:"),
            base64.b32encode(key).decode(),
            turn._("Then delete this message from the chat: whoever has the key can make the codes."),
        ),
        title=turn._("Authenticator app"),
        rows=column(Button(turn.p("button", "Cancel"), "pin")),
        ask="pin-app",
        private=True,
        note=note,
    )


@answer("pin-app", who=COORDINATORS)
async def app_code(turn: Turn, reply: Reply) -> Screen:
    """Count the authenticator app as set up once a code of it is right."""
    await unsay(turn)
    if not await turn.unit.pins.is_code(turn.member.id, to_ascii_digits(clean(reply.text)), turn.now):
        return await _app_screen(turn, turn._("That was not right."))
    await turn.unit.pins.open(turn.member.id, turn.address.id, turn.now + IDLE)
    await _tell_others(turn, "set")
    return await _pin_screen(turn, turn._("The authenticator app is set up."))


@tap("pin-close", who=COORDINATORS)
async def close(turn: Turn) -> Screen:
    """Close the tools before their time."""
    await turn.unit.pins.change(turn.member.id, open_until=None)
    return _plain(turn, turn._("The tools are closed. They open again with your PIN."))


@tap("pin-away", who=COORDINATORS)
async def away(turn: Turn) -> Screen:
    """Take the PIN away; the other coordinators are told."""
    if await turn.unit.pins.remove(turn.member.id):
        await _tell_others(turn, "removed")
    return await _pin_screen(turn)


async def _tell_others(turn: Turn, change: str) -> None:
    await turn.unit.audit.append(f"pin-{change}", actor_id=turn.member.id, at=turn.now)
    await turn.unit.outbox.notify(
        "pin-changed",
        turn.unit.members.holding(STAFF, besides=turn.member.id),
        subject=f"pin:{change}",
        occurrence=turn.now.isoformat(),
        at=turn.now,
        args=(change, turn.member.id),
    )


@notice("pin-changed")
async def pin_changed(turn: Turn, change: str, member_id: int) -> Screen | None:
    """Tell another coordinator, since it may be a thief's doing."""
    member = await turn.unit.members.get(member_id)
    if member is None or change not in CHANGES or not turn.member.coordinates:
        return None
    return turn.screen(
        turn.say(CHANGES[change], name=member.name),
        title=turn._("Safety"),
        rows=column(Button(turn.p("button", "Look at this person"), action("hold-one", member.id))),
        private=True,
        lasting=True,
    )


def closed_screen(turn: Turn) -> Screen:
    """Say, without a word why, that nothing is open here now."""
    return turn.screen(
        turn._("This chat is closed for now. A coordinator can open it again."),
        rows=column(
            Button(turn.p("button", "Delete my data"), "delete-me") if turn.member.hold == "locked" else None
        ),
    )
