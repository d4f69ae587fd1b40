"""A mentor and a mentee: both accept, agree on a goal, log their sessions, and part when it is time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers.kit import (
    COORDINATORS,
    MEMBERS,
    Button,
    Outdated,
    Reply,
    Screen,
    Tick,
    Turn,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
    tick,
)
from handlers.mentoring import PARTS, home, named, shared_line
from handlers.menu import menu_button
from handlers.onboarding import organisation_name
from handlers.rules.mentoring import ANSWER_WITHIN, DAY, MINUTES, SILENCE, asks_for_fit, match
from handlers.rules.quiet import is_quiet
from locales import N_, NP_, Message, block, clean
from storage.mentoring import Pair, Session
from storage.unit import Unit

LONGEST_GOAL, LONGEST_NOTE = 200, 800
NOTES_SHOWN, NOTES_A_DAY = 4, 20

MODES: dict[str, Message] = {"online": NP_("button", "Online"), "in_person": NP_("button", "In person")}
FITS: dict[str, Message] = {
    "good": NP_("button", "It fits well"),
    "unsure": NP_("button", "Still deciding"),
    "no": NP_("button", "It does not fit"),
}
ENDINGS: dict[str, Message] = {
    "met": NP_("button", "Goal reached"),
    "partly": NP_("button", "Partly reached"),
    "stopped": NP_("button", "We just stop"),
}
OVER: dict[str, Message] = {
    "refused": N_("This suggestion came to nothing. The coordinators look for somebody else."),
    "lapsed": N_("This suggestion got no answer in time. The coordinators look for somebody else."),
    "withdrawn": N_("The coordinators have taken this suggestion back."),
    "closed": N_("This mentorship has come to its end. Thank you!"),
}


async def _mine(turn: Turn, pair_id: int) -> Pair | None:
    """Return a pair, held, to somebody who is in it; to everybody else there is none."""
    pair = await turn.unit.mentoring.hold(pair_id)
    return pair if pair is not None and pair.side_of(turn.member.id) else None


async def _gone(turn: Turn) -> Screen:
    return (await home(turn)).noting(turn._("This is no longer there."))


@tap("pair", who=MEMBERS)
async def show(turn: Turn, pair_id: int) -> Screen:
    """Show a pair to one of the two."""
    return await _again(turn, pair_id)


async def _again(turn: Turn, pair_id: int, note: str = "") -> Screen:
    pair = await _mine(turn, pair_id)
    if pair is None:
        return await _gone(turn)
    if pair.state == "proposed":
        return await _proposal(turn, pair, note)
    if pair.state == "active":
        return await _active(turn, pair, note)
    return turn.screen(
        turn.say(OVER[pair.state]),
        title=turn._("Mentorship"),
        rows=column(Button(turn.p("button", "Mentorship"), "mentoring"), menu_button(turn)),
        note=note,
    )


# --- both accept --------------------------------------------------------------------------------------------


async def _proposal(turn: Turn, pair: Pair, note: str = "") -> Screen:
    side = pair.side_of(turn.member.id)
    other = await turn.unit.members.get(pair.other(turn.member.id) or 0)
    organisation = await organisation_name(turn, other.organisation_id) if other else ""
    opening = (
        turn._("The coordinators suggest a mentee for you, from: {organisation}", organisation=organisation)
        if side == "mentor"
        else turn._("The coordinators suggest a mentor for you, from: {organisation}", organisation=organisation)
    )  # fmt: skip
    answered = pair.said(side) == "yes"
    return turn.screen(
        paragraphs(
            opening,
            await _shared(turn, pair),
            turn._("You said yes. Now we wait for the other side.")
            if answered
            else turn._("You see each other's names once both have said yes. A no needs no reason."),
        ),
        title=turn._("Mentorship"),
        rows=[
            []
            if answered
            else [
                Button(turn.p("button", "Yes, gladly"), action("pair-answer", pair.id, "yes")),
                Button(turn.p("button", "No, thank you"), action("pair-answer", pair.id, "no")),
            ],
            [Button(turn.p("button", "Mentorship"), "mentoring"), menu_button(turn)],
        ],
        note=note,
        private=True,
    )


async def _shared(turn: Turn, pair: Pair) -> str:
    """Say what the two have in common."""
    store = turn.unit.mentoring
    mentee = await store.offer(pair.mentee_id or 0, "mentee")
    mentor = await store.offer(pair.mentor_id or 0, "mentor")
    found = match(mentee, mentor) if mentee and mentor else None
    if found is None:
        return ""
    parts = {"themes": found.themes, "langs": found.langs, "places": found.places, "times": found.times}
    return lines(
        *(shared_line(turn, PARTS[part][0], [PARTS[part][1][code] for code in codes])
          for part, codes in parts.items())
    )  # fmt: skip


@tap("pair-answer", who=MEMBERS)
async def accept(turn: Turn, pair_id: int, said: str) -> Screen:
    """Take one side's answer; with two yes the pair begins, with one no it ends."""
    if said not in ("yes", "no"):
        raise Outdated(said)
    pair = await _mine(turn, pair_id)
    if pair is None or pair.state != "proposed":
        return await _again(turn, pair_id)
    side = pair.side_of(turn.member.id)
    if pair.said(side) == said:
        return await _again(turn, pair_id)
    if said == "no":
        await _refuse(turn, pair, side)
    else:
        await _accept(turn, pair, side)
    return await _again(turn, pair_id)


async def _refuse(turn: Turn, pair: Pair, side: str) -> None:
    fields = {f"{side}_said": "no", "state": "refused", "closed_at": turn.now}
    await turn.unit.mentoring.change(pair.id, "proposed", **fields)
    other = pair.other(turn.member.id)
    if pair.said("mentee" if side == "mentor" else "mentor") == "yes":
        await tell(turn.unit, "pair-over", pair, "refused", turn, to=other)
    await tell_desk(turn.unit, pair, "refused", turn)


async def _accept(turn: Turn, pair: Pair, side: str) -> None:
    both = pair.said("mentee" if side == "mentor" else "mentor") == "yes"
    fields: dict[str, object] = {f"{side}_said": "yes"}
    if both:
        fields |= {"state": "active", "begun_at": turn.now, "touched_at": turn.now}
    await turn.unit.mentoring.change(pair.id, "proposed", **fields)
    if both and pair.mentor_id and pair.mentee_id:
        await turn.unit.relays.open("mentorship", pair.id, [pair.mentor_id, pair.mentee_id], turn.now)
        await turn.unit.mentoring.change_offer(pair.mentee_id, "mentee", state="paused")
        await tell(turn.unit, "pair-begun", pair, "begun", turn, to=pair.other(turn.member.id))
        await tell_desk(turn.unit, pair, "begun", turn)


async def tell(
    unit: Unit,
    kind: str,
    pair: Pair,
    occurrence: str,
    when: Turn | Tick,
    *,
    to: int | None,
    **options: object,
) -> None:
    """Queue a notice about a pair for one of the two."""
    if to is not None:
        given = {"at": when.now, "args": (pair.id,), **options}
        await unit.outbox.notify_one(kind, to, subject=f"pair:{pair.id}", occurrence=occurrence, **given)


async def tell_desk(unit: Unit, pair: Pair, what: str, when: Turn | Tick) -> None:
    """Tell the coordinators what became of a pair, without what the two say to each other."""
    await unit.outbox.notify_roles(
        "pair-desk", *COORDINATORS, subject=f"pair:{pair.id}", occurrence=what, at=when.now, args=(pair.id, what)
    )  # fmt: skip


@notice("pair-proposed")
async def tell_proposed(turn: Turn, pair_id: int) -> Screen | None:
    """Bring a suggestion to one side."""
    pair = await _mine(turn, pair_id)
    if pair is None or pair.state != "proposed" or pair.said(pair.side_of(turn.member.id)):
        return None
    return _kept(await _proposal(turn, pair))


@notice("pair-begun")
async def tell_begun(turn: Turn, pair_id: int) -> Screen | None:
    """Tell the one who said yes first that the pair has begun."""
    pair = await _mine(turn, pair_id)
    if pair is None or pair.state != "active":
        return None
    return _kept(await _active(turn, pair, turn._("Both of you have said yes. Good luck!")))


@notice("pair-over")
async def tell_over(turn: Turn, pair_id: int) -> Screen | None:
    """Tell one of the two that it came to nothing, or to its end."""
    pair = await _mine(turn, pair_id)
    return _kept(await _again(turn, pair_id)) if pair and pair.state in OVER else None


def _kept(screen: Screen) -> Screen:
    """Return a screen that stays as it is when one of its buttons is tapped."""
    return replace(screen, lasting=True)


# --- while it lasts -----------------------------------------------------------------------------------------


async def _active(turn: Turn, pair: Pair, note: str = "") -> Screen:
    other = await named(turn, pair.other(turn.member.id))
    held = [one for one in await turn.unit.mentoring.sessions(pair.id) if one.state == "confirmed"]
    mentor = pair.mentee_id == turn.member.id
    relay = await turn.unit.relays.about("mentorship", pair.id)
    return turn.screen(
        paragraphs(
            turn._("Your mentor: {name}", name=other) if mentor else turn._("Your mentee: {name}", name=other),
            turn._("Goal: {text}", text=pair.goal)
            if pair.goal
            else turn._("Agree on one goal first, in one sentence."),
            turn.n("{count} session so far", "{count} sessions so far", len(held)) if held else "",
        ),
        title=turn._("Mentorship"),
        rows=[
            [
                Button(turn.p("button", "Write"), action("relay", relay.id))
                if relay
                else Button(turn.p("button", "Write"), action("pair-talk", pair.id)),
                Button(turn.p("button", "Goal"), action("pair-goal", pair.id)),
            ],
            [Button(turn.p("button", "We have met"), action("pair-log", pair.id))],
            [
                Button(turn.p("button", "Our notes"), action("pair-notes", pair.id)),
                Button(turn.p("button", "End it"), action("pair-end", pair.id)),
            ],
            [Button(turn.p("button", "Mentorship"), "mentoring"), menu_button(turn)],
        ],
        note=note,
        private=True,
    )  # fmt: skip


async def _mine_active(turn: Turn, pair_id: int) -> Pair | None:
    pair = await _mine(turn, pair_id)
    return pair if pair is not None and pair.state == "active" else None


@tap("pair-talk", who=MEMBERS)
async def talk(turn: Turn, pair_id: int) -> Screen:
    """Open the conversation of the two anew where it was forgotten for its silence."""
    pair = await _mine_active(turn, pair_id)
    if pair and pair.mentor_id and pair.mentee_id:
        await turn.unit.relays.open("mentorship", pair.id, [pair.mentor_id, pair.mentee_id], turn.now)
    return await _again(turn, pair_id)


@tap("pair-goal", who=MEMBERS)
async def ask_goal(turn: Turn, pair_id: int) -> Screen:
    """Ask for the goal."""
    pair = await _mine_active(turn, pair_id)
    return _ask_goal(turn, pair) if pair else await _again(turn, pair_id)


def _ask_goal(turn: Turn, pair: Pair, note: str = "") -> Screen:
    return turn.screen(
        paragraphs(
            turn._("What do you want to have reached together? Write one sentence."),
            turn._("The other side sees it, and nobody else."),
        ),
        title=turn._("Goal"),
        rows=column(Button(turn.p("button", "Cancel"), action("pair", pair.id))),
        ask=action("pair-goal", pair.id),
        note=note,
    )


@answer("pair-goal", who=MEMBERS)
async def set_goal(turn: Turn, reply: Reply, pair_id: int) -> Screen:
    """Take the goal and show it to the other side."""
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return await _again(turn, pair_id)
    goal = clean(reply.text)
    if not 4 < len(goal) <= LONGEST_GOAL:
        return _ask_goal(turn, pair, turn._("A goal has from 5 to {count} characters.", count=LONGEST_GOAL))
    if goal != pair.goal:
        await turn.unit.mentoring.change(pair.id, "active", goal=goal)
        other = pair.other(turn.member.id)
        await tell(turn.unit, "pair-goal", pair, f"goal:{turn.occasion}", turn, to=other)
    return await _again(turn, pair_id)


@notice("pair-goal")
async def tell_goal(turn: Turn, pair_id: int) -> Screen | None:
    """Show the other side which goal was set."""
    pair = await _mine_active(turn, pair_id)
    return _kept(await _active(turn, pair, turn._("A goal was set."))) if pair else None


# --- sessions -----------------------------------------------------------------------------------------------


@tap("pair-log", who=MEMBERS)
async def ask_mode(turn: Turn, pair_id: int) -> Screen:
    """Ask how they met."""
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return await _again(turn, pair_id)
    return turn.screen(
        turn._("How did you meet?"),
        title=turn._("Today's session"),
        rows=[
            [Button(turn.say(label), action("pair-met", pair.id, mode)) for mode, label in MODES.items()],
            [Button(turn.p("button", "Cancel"), action("pair", pair.id))],
        ],
    )


@tap("pair-met", who=MEMBERS)
async def ask_minutes(turn: Turn, pair_id: int, mode: str) -> Screen:
    """Ask how long."""
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return await _again(turn, pair_id)
    if mode not in MODES:
        raise Outdated(mode)
    buttons = [
        Button(turn.speech.duration(minutes), action("pair-logged", pair.id, mode, minutes))
        for minutes in MINUTES
    ]
    return turn.screen(
        turn._("How long, about?"),
        title=turn._("Today's session"),
        rows=[buttons[:2], buttons[2:], [Button(turn.p("button", "Cancel"), action("pair", pair.id))]],
    )


@tap("pair-logged", who=MEMBERS)
async def log(turn: Turn, pair_id: int, mode: str, minutes: int) -> Screen:
    """Write today's session down; where the other side has done so already, that confirms it."""
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return await _again(turn, pair_id)
    if mode not in MODES or minutes not in MINUTES:
        raise Outdated(mode)
    today = turn.now.astimezone(turn.community.zone).date()
    held = await turn.unit.mentoring.log(pair.id, turn.member.id, today, minutes, mode)
    await turn.unit.mentoring.change(pair.id, "active", touched_at=turn.now)
    if held.author_id != turn.member.id:
        return await _settle(turn, pair, held, "confirmed")
    if held.state != "logged":
        return await _again(turn, pair_id, turn._("It is written down already."))
    await turn.unit.outbox.notify_one(
        "pair-session",
        pair.other(turn.member.id) or 0,
        subject=f"pair:{pair.id}",
        occurrence=f"{held.id}:{held.held_on}:{held.minutes}:{held.mode}",
        at=turn.now,
        args=(held.id,),
    )
    return await _again(turn, pair_id, turn._("Written down. The other side is asked to confirm it."))


@notice("pair-session")
async def ask_confirm(turn: Turn, session_id: int) -> Screen | None:
    """Ask the other side whether a session took place."""
    held = await turn.unit.mentoring.session(session_id)
    pair = await _mine_active(turn, held.pair_id) if held else None
    if held is None or pair is None or held.state != "logged" or held.author_id == turn.member.id:
        return None
    return turn.screen(
        paragraphs(
            turn._(
                "A session of your mentorship was written down. Did it take place?",
            ),
            lines(
                turn._("{date}, {length}", date=_day(turn, held), length=turn.speech.duration(held.minutes)),
                turn.say(MODES[held.mode]),
            ),
        ),
        title=turn._("Mentorship"),
        rows=[
            [
                Button(turn.p("button", "Yes"), action("pair-confirm", held.id, "yes")),
                Button(turn.p("button", "No"), action("pair-confirm", held.id, "no")),
            ]
        ],
        lasting=True,
        private=True,
    )


def _day(turn: Turn, held: Session) -> str:
    noon = turn.now.astimezone(turn.community.zone).replace(
        year=held.held_on.year, month=held.held_on.month, day=held.held_on.day, hour=12
    )
    return turn.speech.relative_day(noon, turn.now)


@tap("pair-confirm", who=MEMBERS)
async def confirm(turn: Turn, session_id: int, said: str) -> Screen:
    """Confirm or dispute what the other side wrote down."""
    if said not in ("yes", "no"):
        raise Outdated(said)
    held = await turn.unit.mentoring.session(session_id)
    pair = await _mine(turn, held.pair_id) if held else None
    if held is None or pair is None:
        return await _gone(turn)
    if held.author_id == turn.member.id:
        return await _again(turn, pair.id)
    return await _settle(turn, pair, held, "confirmed" if said == "yes" else "disputed")


async def _settle(turn: Turn, pair: Pair, held: Session, state: str) -> Screen:
    store = turn.unit.mentoring
    if not await store.settle_session(held.id, state):
        return await _again(turn, pair.id)
    if state == "disputed":
        await tell(turn.unit, "pair-disputed", pair, f"no:{held.id}:{turn.occasion}", turn, to=held.author_id)
        return await _again(turn, pair.id, turn._("Then it does not count. The other side is told."))
    if asks_for_fit(await store.sessions(pair.id)):
        for member_id in (pair.mentor_id, pair.mentee_id):
            soon = turn.now + timedelta(hours=1)
            await tell(turn.unit, "pair-fit", pair, "fit", turn, to=member_id, not_before=soon)
    return await _again(turn, pair.id, turn._("Thank you. The session counts."))


@notice("pair-disputed")
async def tell_disputed(turn: Turn, pair_id: int) -> Screen | None:
    """Tell who wrote a session down that the other side does not remember it so."""
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return None
    note = turn._("The other side says that the session did not take place. You can write it down anew.")
    return _kept(await _active(turn, pair, note))


# --- does it fit? -------------------------------------------------------------------------------------------


@notice("pair-fit")
async def ask_fit(turn: Turn, pair_id: int) -> Screen | None:
    """Ask one side in private how it fits."""
    pair = await _mine_active(turn, pair_id)
    return _kept(_fit_screen(turn, pair)) if pair else None


def _fit_screen(turn: Turn, pair: Pair) -> Screen:
    return turn.screen(
        turn._(
            "After your first session: does it fit for you? The other side never sees your answer."
        ),
        title=turn._("Mentorship"),
        rows=column(
            *(Button(turn.say(label), action("pair-fits", pair.id, fit)) for fit, label in FITS.items())
        ),
        private=True,
    )  # fmt: skip


@tap("pair-fits", who=MEMBERS)
async def take_fit(turn: Turn, pair_id: int, fit: str) -> Screen:
    """Take one side's word on the fit; a no offers a way out and, from a mentor, tells the coordinators."""
    if fit not in FITS:
        raise Outdated(fit)
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return await _again(turn, pair_id)
    side = pair.side_of(turn.member.id)
    await turn.unit.mentoring.change(pair.id, "active", **{f"{side}_fit": fit})
    if fit == "no" and side == "mentor":
        await tell_desk(turn.unit, pair, "misfit", turn)
    if fit == "good":
        return await _again(turn, pair_id, turn._("Good to hear. Thank you!"))
    return turn.screen(
        turn._("Thank you for saying so. You can go on, talk to a coordinator, or ask for somebody else.")
        if side == "mentee"
        else turn._("Thank you for saying so. You can go on, talk to a coordinator, or end it kindly."),
        title=turn._("Mentorship"),
        rows=column(
            Button(turn.p("button", "Go on"), action("pair", pair.id)),
            Button(turn.p("button", "Ask coordinators"), "ask"),
            Button(turn.p("button", "Somebody else"), action("pair-ended", pair.id, "no_fit"))
            if side == "mentee"
            else Button(turn.p("button", "End it"), action("pair-end", pair.id)),
        ),
    )


# --- the end ------------------------------------------------------------------------------------------------


@tap("pair-end", who=MEMBERS)
async def ask_end(turn: Turn, pair_id: int) -> Screen:
    """Ask how far they came."""
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return await _again(turn, pair_id)
    return turn.screen(
        paragraphs(
            turn._("Goal: {text}", text=pair.goal) if pair.goal else "",
            turn._("How far did you come? The mentorship ends with your answer, and the other side is told."),
        ),
        title=turn._("End it"),
        rows=column(
            *(Button(turn.say(label), action("pair-ended", pair.id, how)) for how, label in ENDINGS.items()),
            Button(turn.p("button", "Cancel"), action("pair", pair.id)),
        ),
        private=True,
    )


@tap("pair-ended", who=MEMBERS)
async def end(turn: Turn, pair_id: int, how: str) -> Screen:
    """End a pair; a mentee for whom it did not fit is looked after anew at once."""
    if how not in ENDINGS and how != "no_fit":
        raise Outdated(how)
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return await _again(turn, pair_id)
    await close(turn.unit, pair, how, turn)
    await tell(turn.unit, "pair-over", pair, "closed", turn, to=pair.other(turn.member.id))
    if how == "no_fit" and pair.mentee_id == turn.member.id:
        await turn.unit.mentoring.change_offer(
            turn.member.id, "mentee", state="open", opened_at=pair.proposed_at
        )
        await tell_desk(turn.unit, pair, "again", turn)
        return await _again(turn, pair_id, turn._("The coordinators look for somebody else for you."))
    return await _again(turn, pair_id)


async def close(unit: Unit, pair: Pair, how: str, when: Turn | Tick) -> None:
    """End an active pair, and with it their conversation."""
    await unit.mentoring.change(pair.id, "active", state="closed", ending=how, closed_at=when.now)
    await unit.relays.close("mentorship", pair.id)


# --- notes --------------------------------------------------------------------------------------------------


@tap("pair-notes", who=MEMBERS)
async def notes(turn: Turn, pair_id: int) -> Screen:
    """Show the notes of the two, and take another."""
    pair = await _mine_active(turn, pair_id)
    return await _notes(turn, pair) if pair else await _again(turn, pair_id)


async def _notes(turn: Turn, pair: Pair, note: str = "") -> Screen:
    kept = await turn.unit.mentoring.notes(pair.id, limit=NOTES_SHOWN)
    return turn.screen(
        paragraphs(
            *(block(text if len(text) <= LONGEST_NOTE // 4 else text[: LONGEST_NOTE // 4] + "…") for text in kept),
            turn._("Write a note to keep, such as your next step. Only the two of you can read it."),
        ),
        title=turn._("Our notes"),
        rows=column(Button(turn.p("button", "Back"), action("pair", pair.id))),
        ask=action("pair-notes", pair.id),
        note=note,
        private=True,
    )  # fmt: skip


@answer("pair-notes", who=MEMBERS)
async def keep_note(turn: Turn, reply: Reply, pair_id: int) -> Screen:
    """Keep a note for the two."""
    pair = await _mine_active(turn, pair_id)
    if pair is None:
        return await _again(turn, pair_id)
    if not clean(reply.text) or len(reply.text) > LONGEST_NOTE:
        said = turn._("Please write something, but no more than {count} characters.", count=LONGEST_NOTE)
        return await _notes(turn, pair, said)
    if await turn.unit.mentoring.notes_since(turn.member.id, turn.now - DAY) >= NOTES_A_DAY:
        return await _notes(turn, pair, turn._("You wrote often today. Please try tomorrow."))
    await turn.unit.mentoring.note(pair.id, turn.member.id, reply.text, turn.now)
    return await _notes(turn, pair, turn._("It is kept."))


# --- what the clock does ------------------------------------------------------------------------------------


@tick("mentoring", every=timedelta(minutes=15))
async def look_after(tick: Tick) -> None:
    """Let unanswered suggestions lapse, end pairs that lost a side, and say a word after a long silence."""
    async with tick.unit() as unit:
        for pair in await unit.mentoring.unanswered(tick.now - ANSWER_WITHIN):
            if await unit.mentoring.change(pair.id, "proposed", state="lapsed", closed_at=tick.now):
                for member_id, said in (
                    (pair.mentor_id, pair.mentor_said),
                    (pair.mentee_id, pair.mentee_said),
                ):
                    await tell(
                        unit, "pair-over", pair, "lapsed", tick, to=member_id if said == "yes" else None
                    )
                await tell_desk(unit, pair, "lapsed", tick)
    async with tick.unit() as unit:
        for pair in await unit.mentoring.halved():
            await _halved(unit, pair, tick)
    if is_quiet(tick.now, tick.community.zone):
        return
    async with tick.unit() as unit:
        for pair in await unit.mentoring.silent(tick.now - SILENCE):
            await unit.mentoring.change(pair.id, "active", nudged_at=tick.now)
            for member_id in (pair.mentor_id, pair.mentee_id):
                await tell(unit, "pair-silent", pair, f"silent:{tick.now:%Y-%m-%d}", tick, to=member_id)


async def _halved(unit: Unit, pair: Pair, tick: Tick) -> None:
    """End a pair of which one side has left, and tell the other."""
    if pair.state == "active":
        await close(unit, pair, "stopped", tick)
    else:
        await unit.mentoring.change(pair.id, "proposed", state="withdrawn", closed_at=tick.now)
    for member_id in {pair.mentor_id, pair.mentee_id}:
        await tell(unit, "pair-over", pair, "left", tick, to=member_id)


@notice("pair-silent")
async def nudge(turn: Turn, pair_id: int) -> Screen | None:
    """Remind one side of the other after a long silence."""
    pair = await _mine_active(turn, pair_id)
    if pair is None or turn.now - pair.touched_at < SILENCE:
        return None
    note = turn._(
        "Three weeks have passed without a session. Would you like to meet, or is it time to end it?"
    )
    return _kept(await _active(turn, pair, note))
