"""Mentorship: what members offer as mentors and seek as mentees, in taps."""

from __future__ import annotations

from handlers.directory import PARTS as DIRECTORY_PARTS
from handlers.kit import MEMBERS, Button, Outdated, Screen, Turn, action, column, lines, paragraphs, tap
from handlers.menu import menu_button
from handlers.onboarding import organisation_name
from handlers.pages import page_buttons, page_in
from handlers.rules.mentoring import MOST_PLACES, is_ready
from locales import N_, NP_, Message
from storage.mentoring import Offer, Pair

A_PAGE = 6

PARTS: dict[str, tuple[Message, dict[str, Message]]] = {
    **DIRECTORY_PARTS,
    "times": (
        NP_("button", "Times"),
        {
            "days": NP_("button", "Weekdays"),
            "evenings": NP_("button", "Evenings"),
            "weekend": NP_("button", "Weekends"),
        },
    ),
}
SIDES: dict[str, tuple[Message, Message, Message]] = {
    "mentor": (
        NP_("button", "What I offer"),
        N_("Which themes could you help somebody with? You decide how many people at once."),
        N_("You offer to be a mentor. You hear when somebody fits."),
    ),
    "mentee": (
        NP_("button", "What I seek"),
        N_("What would you like to learn from somebody who has done it before?"),
        N_("You are looking for a mentor. You hear when somebody fits."),
    ),
}
"""Of each side: its label, what it is asked, and what it is told while it waits."""


@tap("mentoring", who=MEMBERS)
async def home(turn: Turn) -> Screen:
    """Show somebody's part in the mentorship, and the ways into it."""
    pairs = await turn.unit.mentoring.of(turn.member.id, "proposed", "active")
    offers = [await turn.unit.mentoring.offer(turn.member.id, side) for side in SIDES]
    return turn.screen(
        paragraphs(
            turn._(
                "A mentor and a mentee from different organisations work on one goal, in their own time. "
                "What the two talk about stays between them."
            ),
            lines(*(turn.say(SIDES[one.side][2]) for one in offers if one and one.state == "open")),
        ),
        title=turn._("Mentorship"),
        rows=column(
            *[await _pair_button(turn, pair) for pair in pairs[:5]],
            *(Button(turn.say(SIDES[side][0]), action("mentoring-side", side)) for side in SIDES),
            Button(turn.p("button", "Back"), "community"),
            menu_button(turn),
        ),
    )


async def _pair_button(turn: Turn, pair: Pair) -> Button:
    if pair.state == "proposed":
        return Button(turn.p("button", "A suggestion waits"), action("pair", pair.id))
    mine = turn.p("button", "My mentor") if pair.mentee_id == turn.member.id else ""
    return Button(mine or turn.p("button", "My mentee"), action("pair", pair.id))


# --- what somebody offers or seeks --------------------------------------------------------------------------


@tap("mentoring-side", who=MEMBERS)
async def side_screen(turn: Turn, side: str) -> Screen:
    """Show what somebody offers or seeks, and the ways to change it."""
    return await _side_screen(turn, side)


async def _mine(turn: Turn, side: str) -> Offer:
    """Return somebody's offer; a new one begins with what is known of them already."""
    if side not in SIDES:
        raise Outdated(side)
    store = turn.unit.mentoring
    known = await store.offer(turn.member.id, side)
    if known is None:
        places = await store.places_of(turn.member.organisation_id)
        await store.change_offer(turn.member.id, side, langs=(turn.lang,), places=places)
        known = await store.offer(turn.member.id, side)
    assert known is not None  # noqa: S101
    return known


async def _side_screen(turn: Turn, side: str, note: str = "") -> Screen:
    one = await _mine(turn, side)
    opened = one.state == "open"
    switch = Button(
        turn.p("button", "Pause") if opened else turn.p("button", "Find me somebody"),
        action("mentoring-open", side, "no" if opened else "yes"),
    )
    return turn.screen(
        paragraphs(turn.say(SIDES[side][2] if opened else SIDES[side][1]), described(turn, one)),
        title=turn.say(SIDES[side][0]),
        rows=[
            [Button(turn.say(PARTS[part][0]), action("mentoring-part", side, part, 0)) for part in ("themes", "langs")],
            [Button(turn.say(PARTS[part][0]), action("mentoring-part", side, part, 0)) for part in ("places", "times")],
            _places_row(turn, one) if side == "mentor" else [],
            [switch] if is_ready(one) else [],
            [Button(turn.p("button", "Back"), "mentoring"), menu_button(turn)],
        ],
        note=note,
    )  # fmt: skip


def described(turn: Turn, one: Offer) -> str:
    """Say what an offer holds, one part a line."""
    return lines(
        *(_chosen_line(turn, one, part) for part in PARTS),
        turn.n("For {count} mentee at a time", "For {count} mentees at a time", one.capacity)
        if one.side == "mentor"
        else "",
    )


def _chosen_line(turn: Turn, one: Offer, part: str) -> str:
    label, choices = PARTS[part]
    return shared_line(turn, label, [choices[code] for code in choices if code in one.chosen(part)])


def shared_line(turn: Turn, label: Message, chosen: list[Message]) -> str:
    """Say one part and what was chosen of it; nothing where nothing was."""
    if not chosen:
        return ""
    listed = turn.speech.list(turn.say(one) for one in chosen)
    return turn._("{what}: {list}", what=turn.say(label), list=listed)


def _places_row(turn: Turn, one: Offer) -> list[Button]:
    return [
        Button(
            f"{'✅ ' if number == one.capacity else ''}{turn.n('{count} mentee', '{count} mentees', number)}",
            action("mentoring-places", number),
        )
        for number in range(1, MOST_PLACES + 1)
    ]


@tap("mentoring-part", who=MEMBERS)
async def part_screen(turn: Turn, side: str, part: str, page: int) -> Screen:
    """Offer what can be chosen of one part, with what is chosen."""
    return await _part_screen(turn, side, part, page)


async def _part_screen(turn: Turn, side: str, part: str, page: int) -> Screen:
    if part not in PARTS:
        raise Outdated(part)
    one = await _mine(turn, side)
    label, choices = PARTS[part]
    shown = page_in(list(choices), page, A_PAGE)
    buttons = [_switch(turn, one, part, code, page) for code in shown.items]
    return turn.screen(
        turn._("Tap what fits you. Tap again to take it away."),
        title=turn.say(label),
        rows=[
            *(buttons[at : at + 2] for at in range(0, len(buttons), 2)),
            page_buttons(turn, shown, "mentoring-part", side, part),
            [Button(turn.p("button", "Done"), action("mentoring-side", side))],
        ],
    )


def _switch(turn: Turn, one: Offer, part: str, code: str, page: int) -> Button:
    chosen = code in one.chosen(part)
    label = turn.say(PARTS[part][1][code])
    switched = action("mentoring-set", one.side, part, code, "off" if chosen else "on", page)
    return Button(f"{'✅' if chosen else '▫️'} {label}", switched)


@tap("mentoring-set", who=MEMBERS)
async def switch(turn: Turn, side: str, part: str, code: str, state: str, page: int) -> Screen:
    """Choose something, or take it away; an offer that no longer says enough waits."""
    if part not in PARTS or code not in PARTS[part][1] or state not in ("on", "off"):
        raise Outdated(part)
    one = await _mine(turn, side)
    wanted = {*one.chosen(part)} - {code} | ({code} if state == "on" else set())
    chosen = tuple(known for known in PARTS[part][1] if known in wanted)
    await turn.unit.mentoring.change_offer(turn.member.id, side, **{part: chosen})
    if one.state == "open" and not chosen and part in ("themes", "langs"):
        await turn.unit.mentoring.change_offer(turn.member.id, side, state="paused")
    return await _part_screen(turn, side, part, page)


@tap("mentoring-places", who=MEMBERS)
async def set_places(turn: Turn, places: int) -> Screen:
    """Take how many mentees somebody takes at once; whoever is there already stays."""
    if not 1 <= places <= MOST_PLACES:
        raise Outdated("mentoring-places")
    await _mine(turn, "mentor")
    await turn.unit.mentoring.hold_offer(turn.member.id, "mentor")
    await turn.unit.mentoring.change_offer(turn.member.id, "mentor", capacity=places)
    return await _side_screen(turn, "mentor")


@tap("mentoring-open", who=MEMBERS)
async def switch_open(turn: Turn, side: str, wanted: str) -> Screen:
    """Let coordinators find a match for somebody, or not for now."""
    one = await _mine(turn, side)
    if wanted == "yes" and is_ready(one) and one.state != "open":
        await turn.unit.mentoring.change_offer(turn.member.id, side, state="open", opened_at=turn.now)
    elif wanted == "no" and one.state == "open":
        await turn.unit.mentoring.change_offer(turn.member.id, side, state="paused")
    return await _side_screen(turn, side)


async def named(turn: Turn, member_id: int | None) -> str:
    """Return how somebody in the mentorship is called: name and organisation."""
    member = await turn.unit.members.get(member_id) if member_id else None
    if member is None:
        return turn._("somebody who has left")
    organisation = await organisation_name(turn, member.organisation_id)
    if not organisation:
        return member.name
    return turn._("{name}, {organisation}", name=member.name, organisation=organisation)
