"""Coffee rounds, for members: sign up, learn whom to meet, say whether it came about."""

from __future__ import annotations

from datetime import timedelta

from handlers.calls import daytime
from handlers.kit import (
    MEMBERS,
    Button,
    Outdated,
    Screen,
    Tick,
    Turn,
    action,
    column,
    lines,
    notice,
    paragraphs,
    tap,
    tick,
)
from handlers.menu import menu_button
from handlers.onboarding import organisation_name
from handlers.rules.pairing import Guest, groups
from locales import N_, Message
from storage.coffee import Round, Taking
from storage.unit import Unit

ASK_AFTER = timedelta(days=10)
"""How long people have to meet before they are asked."""
USEFUL = timedelta(days=14)
OPENINGS: tuple[Message, ...] = (
    N_("What is your organisation most proud of this year?"),
    N_("What would you like to learn from the other organisation?"),
    N_("Which question would you like somebody else's view on?"),
    N_("What brought you to this work?"),
    N_("Where could your two organisations help each other?"),
)
"""One of them is proposed to each group to begin with."""


@tap("coffee", who=MEMBERS)
async def coffee(turn: Turn) -> Screen:
    """Say what a coffee round is, whether one is open, and whom one met last."""
    return await _home(turn)


async def _home(turn: Turn, note: str = "") -> Screen:
    current = await turn.unit.coffee.current()
    mine = await turn.unit.coffee.of(current.id, turn.member.id) if current else None
    latest = await turn.unit.coffee.latest(turn.member.id)
    return turn.screen(
        paragraphs(
            turn._(
                "Half an hour with somebody of another organisation, online or over a real cup. Who signs up is "
                "put together with somebody new; you see each other's name and organisation, no number."
            ),
            _standing(turn, current, mine),
        ),
        title=turn._("Coffee rounds"),
        rows=column(
            _sign(turn, current, mine),
            Button(turn.p("button", "Whom I meet"), action("coffee-group", latest[0].id)) if latest else None,
            Button(turn.p("button", "Back"), "community"),
            menu_button(turn),
        ),
        note=note,
    )


def _standing(turn: Turn, current: Round | None, mine: Taking | None) -> str:
    if current is None:
        return turn._("No round is open at the moment. You are told when one begins.")
    until = turn._("Sign up until: {moment}", moment=turn.speech.moment(current.closes_at, turn.now))
    return lines(until, turn._("You take part.") if mine else "")


def _sign(turn: Turn, current: Round | None, mine: Taking | None) -> Button | None:
    if current is None:
        return None
    if mine:
        return Button(turn.p("button", "Not this time"), action("coffee-in", current.id, "no"))
    return Button(turn.p("button", "Count me in"), action("coffee-in", current.id, "yes"))


@tap("coffee-in", who=MEMBERS)
async def sign_up(turn: Turn, round_id: int, state: str) -> Screen:
    """Let somebody take part in an open round, or out again."""
    if state not in ("yes", "no"):
        raise Outdated(state)
    found = await turn.unit.coffee.get(round_id)
    if found is None or found.state != "open" or found.closes_at <= turn.now:
        return await _home(turn, turn._("This round is closed."))
    if state == "yes":
        await turn.unit.coffee.join(round_id, turn.member.id)
        return await _home(turn, turn._("You take part."))
    await turn.unit.coffee.leave(round_id, turn.member.id)
    return await _home(turn, turn._("All right, not this time."))


@tap("coffee-group", who=MEMBERS)
async def group(turn: Turn, round_id: int) -> Screen:
    """Show whom somebody meets in a round."""
    found, mine = await turn.unit.coffee.get(round_id), await turn.unit.coffee.of(round_id, turn.member.id)
    if found is None or mine is None or mine.group_id is None:
        return await _home(turn)
    return await _group_screen(turn, mine.group_id, found)


async def _group_screen(
    turn: Turn, group_id: int, found: Round, note: str = "", *, lasting: bool = False
) -> Screen:
    people = await turn.unit.coffee.group(group_id)
    others = [one for one in people if one != turn.member.id]
    relay = await turn.unit.relays.about("coffee", group_id)
    opening = OPENINGS[group_id % len(OPENINGS)]
    return turn.screen(
        paragraphs(
            lines(turn._("You meet:"), *[await _person(turn, one) for one in others])
            if others
            else turn._("The other person has left the community. We put you together with somebody next time."),
            turn._("Agree on half an hour within the next days. To begin with: {question}", question=turn.say(opening)),
        ),
        title=turn._("Your coffee"),
        rows=column(
            Button(turn.p("button", "Write"), action("relay", relay.id)) if relay and others else None,
            Button(turn.p("button", "We have met"), action("coffee-met", found.id, "yes")),
            Button(turn.p("button", "Coffee rounds"), "coffee"),
            menu_button(turn),
        ),
        note=note,
        lasting=lasting,
        private=True,
    )  # fmt: skip


async def _person(turn: Turn, member_id: int) -> str:
    member = await turn.unit.members.get(member_id)
    if member is None:
        return ""
    organisation = await organisation_name(turn, member.organisation_id)
    return turn._("{name}, {organisation}", name=member.name, organisation=organisation)


@tap("coffee-met", who=MEMBERS)
async def say_met(turn: Turn, round_id: int, met: str) -> Screen:
    """Keep whether somebody met the others; only counts are shown to anybody."""
    if met not in ("yes", "no"):
        raise Outdated(met)
    mine = await turn.unit.coffee.of(round_id, turn.member.id)
    if mine is None or mine.group_id is None:
        return await _home(turn)
    await turn.unit.coffee.say(round_id, turn.member.id, met)
    return await _home(turn, turn._("Thank you. Coordinators see only how many met."))


# --- the clock ----------------------------------------------------------------------------------------------


@tick("coffee", every=timedelta(minutes=5))
async def look_after(tick: Tick) -> None:
    """Put people together once a round closes, and ask some days later whether they met."""
    async with tick.unit() as unit:
        due, unasked = await unit.coffee.due(tick.now), await unit.coffee.unasked(tick.now - ASK_AFTER)
    for found in due:
        async with tick.unit() as unit:
            await _pair(tick, unit, found)
    for found in unasked:
        async with tick.unit() as unit:
            await _ask(tick, unit, found)


async def _pair(tick: Tick, unit: Unit, found: Round) -> None:
    met = await unit.coffee.met()
    if not await unit.coffee.advance(found.id, "open", "paired", paired_at=tick.now):
        return
    guests = await unit.coffee.guests(found.id)
    made = groups([Guest(one.member_id, one.organisation_id) for one in guests], met, found.id)
    await unit.coffee.put_together(found.id, made)
    for one in await unit.coffee.guests(found.id):
        if one.group_id is not None:
            people = await unit.coffee.group(one.group_id)
            await unit.relays.open("coffee", one.group_id, people, tick.now)
        await _tell(tick, unit, found, one.member_id, "coffee-pair")


async def _ask(tick: Tick, unit: Unit, found: Round) -> None:
    if not await unit.coffee.asked(found.id, tick.now):
        return
    for one in await unit.coffee.guests(found.id):
        if one.group_id is not None and not one.met:
            await _tell(tick, unit, found, one.member_id, "coffee-asked")


async def _tell(tick: Tick, unit: Unit, found: Round, member_id: int, kind: str) -> None:
    await unit.outbox.notify_one(
        kind,
        member_id,
        subject=f"coffee:{found.id}",
        occurrence="once",
        at=tick.now,
        args=(found.id,),
        not_before=daytime(tick.now),
        expires_at=tick.now + USEFUL,
    )


@notice("coffee-open")
async def tell_open(turn: Turn, round_id: int) -> Screen | None:
    """Invite somebody to a round, as long as they can sign up."""
    found = await turn.unit.coffee.get(round_id)
    if found is None or found.state != "open" or found.closes_at <= turn.now:
        return None
    return turn.screen(
        paragraphs(
            turn._(
                "A coffee round begins: half an hour with somebody of another organisation, online or over a real "
                "cup. Would you like to take part?"
            ),
            turn._("Sign up until: {moment}", moment=turn.speech.moment(found.closes_at, turn.now)),
        ),
        title=turn._("Coffee rounds"),
        rows=[
            [Button(turn.p("button", "Count me in"), action("coffee-in", found.id, "yes"))],
            [Button(turn.p("button", "Coffee rounds"), "coffee"), menu_button(turn)],
        ],
        lasting=True,
    )


@notice("coffee-pair")
async def tell_pair(turn: Turn, round_id: int) -> Screen | None:
    """Tell somebody whom they meet, or that nobody else was there."""
    found, mine = await turn.unit.coffee.get(round_id), await turn.unit.coffee.of(round_id, turn.member.id)
    if found is None or mine is None:
        return None
    if mine.group_id is None:
        return turn.screen(
            turn._("Nobody else signed up for this round. We tell you when the next one begins."),
            title=turn._("Coffee rounds"),
            rows=[[menu_button(turn)]],
            lasting=True,
        )
    return await _group_screen(turn, mine.group_id, found, lasting=True)


@notice("coffee-asked")
async def ask_met(turn: Turn, round_id: int) -> Screen | None:
    """Ask whether somebody met the others, unless they said so already."""
    mine = await turn.unit.coffee.of(round_id, turn.member.id)
    if mine is None or mine.group_id is None or mine.met:
        return None
    return turn.screen(
        turn._("Did you meet for coffee?"),
        title=turn._("Your coffee"),
        rows=[
            [
                Button(turn.p("button", "Yes"), action("coffee-met", round_id, "yes")),
                Button(turn.p("button", "No"), action("coffee-met", round_id, "no")),
            ],
            [Button(turn.p("button", "Whom I meet"), action("coffee-group", round_id))],
        ],
        lasting=True,
    )
