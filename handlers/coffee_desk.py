"""Coffee rounds, for coordinators: begin one, see how many take part, and how many met."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from handlers.calls import daytime
from handlers.kit import (
    COORDINATORS,
    MEMBERS,
    Button,
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
from handlers.pages import page_buttons, page_of
from handlers.rules.approving import Signed, digest
from handlers.second import ACTS, Act, Args, second_person
from locales import BAGHDAD, N_, parse_moment
from storage.coffee import Round
from storage.outbox import BROADCAST
from storage.unit import Unit

EXAMPLE = "18/3 15:30"
SOONEST, FARTHEST = timedelta(hours=2), timedelta(days=30)
ACT = "coffee"


@tap("coffee-desk", who=COORDINATORS)
async def desk(turn: Turn, page: int) -> Screen:
    """List the rounds with their counts."""
    return await _desk(turn, page)


async def _desk(turn: Turn, number: int = 0, note: str = "") -> Screen:
    page = await page_of(turn.unit.coffee.newest, number)
    running = await turn.unit.coffee.current()
    return turn.screen(
        paragraphs(
            turn._(
                "Members sign up for a round; when it closes, each is put together with somebody of another "
                "organisation whom they have not met yet."
            ),
            lines(*[await _line(turn, one) for one in page.items]) or turn._("There was no round yet."),
        ),
        title=turn._("Coffee rounds"),
        rows=[
            [] if running else [Button(turn.p("button", "New round"), "coffee-new")],
            [Button(turn.p("button", "Close now"), action("coffee-close", running.id))] if running else [],
            page_buttons(turn, page, "coffee-desk"),
            [Button(turn.p("button", "Back"), "look-after"), menu_button(turn)],
        ],
        note=note,
    )


async def _line(turn: Turn, one: Round) -> str:
    guests = await turn.unit.coffee.guests(one.id)
    date = turn.speech.date(one.closes_at, turn.now)
    if one.state == "open":
        return turn._("{date}: open, signed up: {count}", date=date, count=len(guests))
    said = Counter(guest.met for guest in guests)
    together = len({guest.group_id for guest in guests if guest.group_id is not None})
    return turn._(
        "{date}: groups {groups}, people {people}, met {yes}, did not meet {no}",
        date=date,
        groups=together,
        people=len(guests),
        yes=said["yes"],
        no=said["no"],
    )


@tap("coffee-new", who=COORDINATORS)
async def new_round(turn: Turn) -> Screen:
    """Ask until when people can sign up."""
    return await _desk(turn) if await turn.unit.coffee.current() else _ask(turn)


def _ask(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        turn._("Until when can people sign up? Write day and time, for example: {example}", example=EXAMPLE),
        title=turn._("New coffee round"),
        rows=column(Button(turn.p("button", "Cancel"), "coffee-desk:0")),
        ask="coffee-new",
        note=note,
    )


@answer("coffee-new", who=COORDINATORS)
async def given(turn: Turn, reply: Reply) -> Screen:
    """Take the day, and show what the invitation will say."""
    moment = parse_moment(reply.text, turn.now, BAGHDAD)
    if moment is None or not turn.now + SOONEST <= moment <= turn.now + FARTHEST:
        return _ask(turn, turn._("Please choose a time from two hours to thirty days ahead."))
    if await turn.unit.coffee.current():
        return await _desk(turn)
    made = await turn.unit.coffee.draft(moment, turn.now)
    return await _preview(turn, made)


async def _preview(turn: Turn, made: Round) -> Screen:
    people = await turn.unit.members.size(turn.unit.members.holding(MEMBERS, turn.member.id))
    return turn.screen(
        paragraphs(
            turn._("Sign up until: {moment}", moment=turn.speech.moment(made.closes_at, turn.now)),
            turn.n("{count} member is invited.", "{count} members are invited.", people),
        ),
        title=turn._("New coffee round"),
        rows=column(
            Button(turn.p("button", "Invite the members"), action("coffee-begin", made.id)),
            Button(turn.p("button", "Discard"), action("coffee-discard", made.id)),
        ),
    )


@tap("coffee-discard", who=COORDINATORS)
async def discard(turn: Turn, round_id: int) -> Screen:
    """Forget a round that nobody has heard of."""
    await turn.unit.coffee.remove_draft(round_id)
    return await _desk(turn)


@tap("coffee-begin", who=COORDINATORS, patient=True)
async def begin(turn: Turn, round_id: int) -> Screen:
    """Invite the members, once; a second person may have to agree."""
    made = await turn.unit.coffee.get(round_id)
    if made is None or made.state != "draft" or await turn.unit.coffee.current():
        return await _desk(turn)
    if made.closes_at <= turn.now:
        return _ask(turn, turn._("Please choose a time from two hours to thirty days ahead."))
    if asked := await second_person(turn, ACT, made.id):
        return asked
    await _begin(turn.unit, (made.id,), turn.member.id, turn.now)
    return await _desk(turn, note=turn._("The members are invited."))


async def _begin(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    made = await unit.coffee.get(int(args[0]))
    if made is None or await unit.coffee.current() or not await unit.coffee.advance(made.id, "draft", "open"):
        return
    await unit.audit.append("published", f"coffee:{made.id}", actor_id=asker_id, at=now)
    await unit.outbox.notify(
        "coffee-open",
        unit.members.holding(MEMBERS, asker_id),
        subject=f"coffee:{made.id}",
        occurrence="open",
        at=now,
        args=(made.id,),
        lane=BROADCAST,
        topic="announcements",
        not_before=daytime(now),
        expires_at=made.closes_at,
    )


async def _sign(unit: Unit, args: Args) -> Signed | None:
    made = await unit.coffee.get(int(args[0]))
    if made is None or made.state != "draft":
        return None
    return Signed(digest(made.closes_at), await unit.members.size(unit.members.holding(MEMBERS)))


async def _show(turn: Turn, args: Args) -> Screen:
    made = await turn.unit.coffee.get(int(args[0]))
    if made is None:
        return await _desk(turn)
    return turn.screen(
        turn._("Sign up until: {moment}", moment=turn.speech.moment(made.closes_at, turn.now)),
        title=turn._("Coffee rounds"),
    )


ACTS[ACT] = Act(N_("an invitation of all members to a coffee round"), _sign, _show, _begin, sends=True)


@tap("coffee-close", who=COORDINATORS)
async def close(turn: Turn, round_id: int) -> Screen:
    """End signing up before its time; people are put together within minutes."""
    found = await turn.unit.coffee.get(round_id)
    if found is not None and found.state == "open" and found.closes_at > turn.now:
        await turn.unit.coffee.advance(round_id, "open", "open", closes_at=turn.now)
    return await _desk(turn, note=turn._("The groups are made within minutes."))
