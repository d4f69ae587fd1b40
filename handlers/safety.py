"""Safety: what coordinators set up for themselves, and closing the account of somebody whose phone is gone."""

from __future__ import annotations

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
    tap,
)
from handlers.menu import menu_button
from handlers.organisations import shorten
from handlers.people import ROLES
from handlers.second import HALTED, RULE_OFF
from locales import N_, search_key
from storage.members import STAFF, Member

FOUND, SHORTEST = 6, 2
CHANGES = {
    "frozen": N_("A coordinator closed this person's account: {name}"),
    "": N_("A coordinator opened this person's account again: {name}"),
    "pin": N_("A coordinator took this person's PIN away: {name}"),
}


@tap("safety", who=COORDINATORS)
async def safety(turn: Turn) -> Screen:
    """Show how well this community is looked after, and the ways to better it."""
    lock = await turn.unit.pins.get(turn.member.id)
    off = await turn.unit.facts.get(RULE_OFF) == "off"
    alone = not set(await turn.unit.approvals.staff()) - {turn.member.id}
    return turn.screen(
        paragraphs(
            lines(
                turn._("Your PIN: set")
                if lock
                else turn._("Your PIN: not set. Whoever has your phone is you."),
                turn._("A second person: not asked")
                if off or alone
                else turn._("A second person: asked for what reaches many"),
                turn._("All sending is stopped.") if await turn.unit.facts.get(HALTED) else "",
            ),
            turn._(
                "If a phone is lost or taken, close that person's account at once: it can be opened again."
            ),
        ),
        title=turn._("Safety"),
        rows=column(
            Button(turn.p("button", "My PIN"), "pin"),
            Button(turn.p("button", "A second person"), "second-rule"),
            Button(turn.p("button", "Close an account"), "hold"),
            Button(turn.p("button", "Stop all sending"), "halt"),
            Button(turn.p("button", "Back"), "coordinate"),
            menu_button(turn),
        ),
    )


# --- closing and opening an account -------------------------------------------------------------------------


@tap("hold", who=COORDINATORS)
async def hold(turn: Turn) -> Screen:
    """Ask whose account."""
    return _ask(turn)


def _ask(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        turn._("Whose account shall be closed or opened? Please write a part of the name."),
        title=turn._("Close an account"),
        rows=column(Button(turn.p("button", "Cancel"), "safety")),
        ask="hold",
        note=note,
        private=True,
    )


@answer("hold", who=COORDINATORS)
async def find(turn: Turn, reply: Reply) -> Screen:
    """List the people whose name has what was typed."""
    key = search_key(reply.text)
    if len(key) < SHORTEST:
        return _ask(turn, turn._("Please write at least two letters of the name."))
    ids = await turn.unit.members.named(lambda name: key in search_key(name), limit=FOUND)
    if not ids:
        return _ask(turn, turn._("Nobody here has this in their name."))
    found = await turn.unit.members.many(ids)
    return turn.screen(
        turn._("Who is it?"),
        title=turn._("Close an account"),
        rows=[
            *([Button(shorten(one.name), action("hold-one", one.id))] for one in found),
            [Button(turn.p("button", "Cancel"), "safety")],
        ],
        private=True,
    )


@tap("hold-one", who=COORDINATORS)
async def one(turn: Turn, member_id: int) -> Screen:
    """Show whether somebody's account is open, and what can be done."""
    return await _one_screen(turn, await turn.unit.members.get(member_id))


async def _one_screen(turn: Turn, member: Member | None, note: str = "") -> Screen:
    if member is None:
        return turn.screen(
            turn._("This person is no longer here."), rows=column(Button(turn.p("button", "Back"), "safety"))
        )
    lock = await turn.unit.pins.get(member.id)
    own = member.id == turn.member.id
    return turn.screen(
        paragraphs(
            lines(
                turn._("Name: {name}", name=member.name),
                turn._("Role: {role}", role=turn.say(ROLES[member.role])),
                _state_line(turn, member),
            ),
            turn._("Please make sure by another way that you speak with the right person.")
            if member.hold
            else "",
        ),
        title=turn._("Close an account"),
        rows=column(
            Button(turn.p("button", "Close it now"), action("hold-set", member.id, "frozen"))
            if not member.hold
            else None,
            Button(turn.p("button", "Open it again"), action("hold-set", member.id, "open"))
            if member.hold and not own
            else None,
            Button(turn.p("button", "Take PIN away"), action("hold-pin", member.id))
            if lock and not own
            else None,
            Button(turn.p("button", "Back"), "safety"),
        ),
        note=note,
        private=True,
    )


def _state_line(turn: Turn, member: Member) -> str:
    match member.hold:
        case "frozen":
            return turn._("The account is closed by a coordinator.")
        case "locked":
            return turn._("The person closed the account themselves.")
    return turn._("The account is open.")


@tap("hold-set", who=COORDINATORS)
async def change(turn: Turn, member_id: int, wanted: str) -> Screen:
    """Close or open somebody's account; nobody opens their own. The other coordinators are told."""
    member = await turn.unit.members.get(member_id)
    state = {"frozen": "frozen", "open": ""}.get(wanted)
    if member is None or state is None or bool(member.hold) == bool(state):
        return await _one_screen(turn, member)
    if member.id == turn.member.id and not state:
        return await _one_screen(turn, member)
    await turn.unit.members.change(member.id, hold=state)
    await _tell_others(turn, state, member.id)
    return await _one_screen(turn, await turn.unit.members.get(member.id), turn._("Done."))


@tap("hold-pin", who=COORDINATORS)
async def take_pin_away(turn: Turn, member_id: int) -> Screen:
    """Take the PIN of somebody who forgot it away; the other coordinators are told, and so is the person."""
    if member_id != turn.member.id and await turn.unit.pins.remove(member_id):
        await _tell_others(turn, "pin", member_id)
    return await _one_screen(turn, await turn.unit.members.get(member_id))


async def _tell_others(turn: Turn, change: str, member_id: int) -> None:
    done = {"frozen": "account-closed", "": "account-opened", "pin": "pin-taken-away"}[change]
    await turn.unit.audit.append(done, f"member:{member_id}", actor_id=turn.member.id, at=turn.now)
    await turn.unit.outbox.notify(
        "hold-changed",
        turn.unit.members.holding(STAFF, besides=turn.member.id),
        subject=f"hold:{change}",
        occurrence=turn.occasion,
        at=turn.now,
        args=(change, member_id),
    )


@notice("hold-changed")
async def hold_changed(turn: Turn, change: str, member_id: int) -> Screen | None:
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
