"""Mentorship as coordinators see it: who waits, who would fit, which pairs there are. Counts, never what is said."""

from __future__ import annotations

from handlers.kit import COORDINATORS, Button, Screen, Turn, action, column, lines, notice, paragraphs, tap
from handlers.mentoring import PARTS, described, named, shared_line
from handlers.menu import menu_button
from handlers.pages import numbered_label, page_buttons, page_in, page_of
from handlers.pairs import close, tell
from handlers.rules.mentoring import SILENCE, Match, suggestions
from locales import N_, Message
from storage.mentoring import Offer, Pair

A_PAGE = 5
SHOWN = 4

STATES: dict[str, Message] = {
    "proposed": N_("suggested, not yet answered"),
    "active": N_("active"),
}
NEWS: dict[str, Message] = {
    "begun": N_("Both sides have said yes: a mentorship has begun."),
    "refused": N_("A suggested mentorship was declined. You can suggest somebody else."),
    "lapsed": N_("A suggested mentorship got no answer within a week. You can suggest somebody else."),
    "misfit": N_("A mentor says that it does not fit. Perhaps you could talk to both."),
    "again": N_("A mentee is looking for another mentor."),
}


@tap("mentoring-desk", who=COORDINATORS)
async def desk(turn: Turn) -> Screen:
    """Show how mentorship stands, in counts."""
    seen = await turn.unit.mentoring.figures()
    return turn.screen(
        paragraphs(
            lines(
                turn._("Mentors who are open: {count}", count=seen.mentors),
                turn._("Mentees who wait: {count}", count=seen.mentees),
                turn._("Suggested pairs: {count}", count=seen.proposed),
                turn._("Active pairs: {count}", count=seen.active),
                turn._("Closed pairs: {count}, goals reached: {met}", count=seen.closed, met=seen.met),
                turn._("Sessions: {count}, hours: {hours}", count=seen.sessions, hours=round(seen.minutes / 60)),
            ),
            turn._("What the pairs write and agree is theirs alone."),
        ),
        title=turn._("Mentorship"),
        rows=column(
            Button(turn.p("button", "Who waits"), action("mentees", 0)),
            Button(turn.p("button", "Pairs"), action("pairs", 0)),
            Button(turn.p("button", "Back"), "look-after"),
            menu_button(turn),
        ),
    )  # fmt: skip


@tap("mentees", who=COORDINATORS)
async def mentees(turn: Turn, page: int) -> Screen:
    """List the mentees who wait, who has waited longest in front."""
    return await _mentees(turn, page)


async def _mentees(turn: Turn, page: int, note: str = "") -> Screen:
    shown = page_in(await _waiting(turn), page, A_PAGE)
    return turn.screen(
        turn._("For whom would you like to find a mentor?")
        if shown.items
        else turn._("Nobody waits for a mentor now."),
        title=turn._("Who waits"),
        rows=[
            *[[await _mentee_button(turn, number, one)] for number, one in enumerate(shown.items, shown.first)],
            page_buttons(turn, shown, "mentees"),
            [Button(turn.p("button", "Back"), "mentoring-desk"), menu_button(turn)],
        ],
        note=note,
    )  # fmt: skip


async def _mentee_button(turn: Turn, number: int, one: Offer) -> Button:
    label = numbered_label(turn, number, await named(turn, one.member_id))
    return Button(label, action("mentee", one.member_id))


async def _waiting(turn: Turn) -> list[Offer]:
    paired = await turn.unit.mentoring.paired()
    return [one for one in await turn.unit.mentoring.open_offers("mentee") if one.member_id not in paired]


@tap("mentee", who=COORDINATORS)
async def mentee(turn: Turn, member_id: int) -> Screen:
    """Show what a mentee seeks and which mentors fit."""
    return await _mentee(turn, member_id)


async def _mentee(turn: Turn, member_id: int, note: str = "") -> Screen:
    seeking = next((one for one in await _waiting(turn) if one.member_id == member_id), None)
    if seeking is None:
        return await _mentees(turn, 0, note or turn._("This person does not wait for a mentor now."))
    fitting = (await _fitting(turn, seeking))[:SHOWN]
    named_ones = [(await named(turn, one.mentor.member_id), one) for one in fitting]
    return turn.screen(
        paragraphs(
            lines(turn._("Seeks: {name}", name=await named(turn, member_id)), described(turn, seeking)),
            *(_fit_lines(turn, number, name, one) for number, (name, one) in enumerate(named_ones, 1)),
            "" if fitting else turn._("Nobody fits yet. Mentors with other themes, or more of them, are needed."),
        ),
        title=turn._("Who would fit?"),
        rows=[
            *(
                [Button(numbered_label(turn, number, name), action("pair-ask", member_id, one.mentor.member_id))]
                for number, (name, one) in enumerate(named_ones, 1)
            ),
            [Button(turn.p("button", "Back"), action("mentees", 0)), menu_button(turn)],
        ],
        note=note,
        private=True,
    )  # fmt: skip


async def _fitting(turn: Turn, seeking: Offer) -> list[Match]:
    store = turn.unit.mentoring
    return suggestions(seeking, await store.open_offers("mentor"), await store.load(), await store.apart())


def _fit_lines(turn: Turn, number: int, name: str, one: Match) -> str:
    parts = {"themes": one.themes, "times": one.times, "places": one.places}
    return lines(
        turn._("{number}. {name}", number=number, name=name),
        *(shared_line(turn, PARTS[part][0], [PARTS[part][1][code] for code in codes])
          for part, codes in parts.items()),
    )  # fmt: skip


@tap("pair-ask", who=COORDINATORS)
async def propose(turn: Turn, mentee_id: int, mentor_id: int) -> Screen:
    """Suggest two people to each other, where they still fit and the mentor has a place."""
    store = turn.unit.mentoring
    await store.hold_offer(mentor_id, "mentor")
    await store.hold_offer(mentee_id, "mentee")
    seeking = next((one for one in await _waiting(turn) if one.member_id == mentee_id), None)
    fits = seeking is not None and any(
        one.mentor.member_id == mentor_id for one in await _fitting(turn, seeking)
    )
    if not fits:
        return await _mentee(turn, mentee_id)
    pair = await store.propose(mentor_id, mentee_id, turn.now)
    for member_id in (mentor_id, mentee_id):
        await tell(turn.unit, "pair-proposed", pair, "proposed", turn, to=member_id)
    return await _mentees(turn, 0, turn._("Both were asked. You hear what they say."))


# --- the pairs ----------------------------------------------------------------------------------------------


@tap("pairs", who=COORDINATORS)
async def listing(turn: Turn, page: int) -> Screen:
    """List the pairs, those that were silent longest in front."""
    return await _pairs(turn, page)


async def _pairs(turn: Turn, page: int, note: str = "") -> Screen:
    shown = await page_of(
        lambda limit, skip: turn.unit.mentoring.listed(limit=limit, offset=skip), page, A_PAGE
    )
    numbered = list(enumerate(shown.items, shown.first))
    return turn.screen(
        paragraphs(*[await _pair_lines(turn, number, one) for number, one in numbered])
        or turn._("There is no pair yet."),
        title=turn._("Pairs"),
        rows=[
            *(
                [Button(turn._("No. {number}", number=number), action("pair-desk", one.id))]
                for number, one in numbered
            ),
            page_buttons(turn, shown, "pairs"),
            [Button(turn.p("button", "Back"), "mentoring-desk"), menu_button(turn)],
        ],
        note=note,
        private=True,
    )


async def _pair_lines(turn: Turn, number: int, pair: Pair) -> str:
    mentor, mentee = await named(turn, pair.mentor_id), await named(turn, pair.mentee_id)
    return lines(
        turn._("{number}. {mentor} with {mentee}", number=number, mentor=mentor, mentee=mentee),
        await _standing(turn, pair),
    )


async def _standing(turn: Turn, pair: Pair) -> str:
    held = [one for one in await turn.unit.mentoring.sessions(pair.id) if one.state == "confirmed"]
    silent = pair.state == "active" and turn.now - pair.touched_at >= SILENCE
    return lines(
        turn._("Standing: {standing}", standing=turn.say(STATES[pair.state])),
        turn.n("{count} session so far", "{count} sessions so far", len(held)) if held else "",
        turn._("Nothing was heard for three weeks.") if silent else "",
    )


@tap("pair-desk", who=COORDINATORS)
async def pair_desk(turn: Turn, pair_id: int) -> Screen:
    """Show one pair: who, and how it stands."""
    pair = await turn.unit.mentoring.get(pair_id)
    if pair is None or pair.state not in STATES:
        return await _pairs(turn, 0, turn._("This pair is no longer there."))
    ending = (
        Button(turn.p("button", "Take it back"), action("pair-undo", pair.id))
        if pair.state == "proposed"
        else Button(turn.p("button", "End it"), action("pair-undo", pair.id))
    )
    return turn.screen(
        lines(
            turn._("Mentor: {name}", name=await named(turn, pair.mentor_id)),
            turn._("Mentee: {name}", name=await named(turn, pair.mentee_id)),
            await _standing(turn, pair),
        ),
        title=turn._("Mentorship"),
        rows=column(ending, Button(turn.p("button", "Back"), action("pairs", 0)), menu_button(turn)),
        private=True,
    )


@tap("pair-undo", who=COORDINATORS)
async def undo(turn: Turn, pair_id: int) -> Screen:
    """Take a suggestion back, or end a pair; both are told."""
    pair = await turn.unit.mentoring.hold(pair_id)
    if pair is not None and pair.state in STATES:
        if pair.state == "active":
            await close(turn.unit, pair, "stopped", turn)
        else:
            await turn.unit.mentoring.change(pair.id, "proposed", state="withdrawn", closed_at=turn.now)
        for member_id in (pair.mentor_id, pair.mentee_id):
            await tell(turn.unit, "pair-over", pair, "ended", turn, to=member_id)
    return await _pairs(turn, 0, turn._("Done. Both are told."))


@notice("pair-desk")
async def tell_desk(turn: Turn, pair_id: int, what: str) -> Screen | None:
    """Tell a coordinator what became of a pair."""
    pair = await turn.unit.mentoring.get(pair_id)
    if pair is None or not turn.member.coordinates or what not in NEWS:
        return None
    waits = pair.mentee_id if what in ("refused", "lapsed", "again") else None
    return turn.screen(
        paragraphs(
            turn.say(NEWS[what]),
            lines(
                turn._("Mentor: {name}", name=await named(turn, pair.mentor_id)),
                turn._("Mentee: {name}", name=await named(turn, pair.mentee_id)),
            ),
        ),
        title=turn._("Mentorship"),
        rows=column(
            Button(turn.p("button", "Who would fit?"), action("mentee", waits)) if waits else None,
            Button(turn.p("button", "Mentorship"), "mentoring-desk"),
        ),
        lasting=True,
        private=True,
    )
