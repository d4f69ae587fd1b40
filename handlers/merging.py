"""One person who was taken for two: a coordinator looks at both records and makes them one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.audience import CHANNELS
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
from handlers.offers import fill_seats
from handlers.onboarding import organisation_name
from handlers.pages import numbered_label
from handlers.people import ROLES
from handlers.rules.approving import Signed, digest
from handlers.rules.merging import Refusal, outcome, refused
from handlers.second import ACTS, Act, Args, second_person
from locales import N_, search_key
from storage.members import Member
from storage.unit import Unit

FOUND = 6
SHORTEST = 2


async def join_records(
    unit: Unit, kept: Member, gone: Member, *, role: str, organisation_id: int | None, now: datetime
) -> bool:
    """Make two records one; a seat that was held twice goes to whoever waits. False where one is gone already."""
    shared = await unit.merging.shared_events(kept.id, gone.id)
    events = [await unit.events.hold(event_id) for event_id in shared]
    if not await unit.merging.join(kept.id, gone.id, role=role, organisation_id=organisation_id, now=now):
        return False
    for event in events:
        if event is not None:
            await fill_seats(unit, event, now)
    return True


async def belongings_lines(turn: Turn, member_id: int) -> str:
    """Say what hangs on a record, one kind a line; empty where nothing does."""
    has = await turn.unit.merging.belongings(member_id)
    return lines(
        turn._("Registrations: {count}", count=has.registrations) if has.registrations else "",
        turn._("Answers with the name: {count}", count=has.answers) if has.answers else "",
        turn._("Votes in polls: {count}", count=has.votes) if has.votes else "",
        turn._("Open requests to join: {count}", count=has.requests) if has.requests else "",
    )


# --- finding the two ----------------------------------------------------------------------------------------


@tap("merge", who=COORDINATORS)
async def merge(turn: Turn) -> Screen:
    """Ask whose record stays."""
    return await _ask(turn, 0)


@tap("merge-kept", who=COORDINATORS)
async def choose_gone(turn: Turn, kept_id: int) -> Screen:
    """Ask whose record is joined to the one that stays."""
    return await _ask(turn, kept_id)


async def _ask(turn: Turn, kept_id: int, note: str = "") -> Screen:
    kept = await turn.unit.members.get(kept_id) if kept_id else None
    return turn.screen(
        paragraphs(
            turn._("The record that stays: {name}", name=kept.name),
            turn._("Whose record shall be joined to it? Please write a part of the name."),
        )
        if kept
        else turn._(
            "Somebody may be here twice: from two apps, or from a new number. Whose record shall stay? "
            "Please write a part of the name."
        ),
        title=turn._("Same person twice"),
        rows=column(Button(turn.p("button", "Cancel"), "people")),
        ask=action("merge-find", kept.id if kept else 0),
        note=note,
        private=True,
    )


@answer("merge-find", who=COORDINATORS)
async def find(turn: Turn, reply: Reply, kept_id: int) -> Screen:
    """List the people whose name has what was typed."""
    key = search_key(reply.text)
    if len(key) < SHORTEST:
        return await _ask(turn, kept_id, turn._("Please write at least two letters of the name."))
    ids = await turn.unit.members.named(lambda name: key in search_key(name), limit=FOUND + 2)
    ids = [one for one in ids if one != kept_id]
    if not ids:
        return await _ask(turn, kept_id, turn._("Nobody here has this in their name."))
    found = {one.id: one for one in await turn.unit.members.many(ids[:FOUND])}
    shown = [found[one] for one in ids[:FOUND] if one in found]
    return turn.screen(
        paragraphs(
            turn._("Who is it?"),
            lines(*[await _line(turn, number, one) for number, one in enumerate(shown, 1)]),
            turn._("There are more. If the right one is not here, please write more of the name.")
            if len(ids) > FOUND
            else "",
        ),
        title=turn._("Same person twice"),
        rows=[
            *(
                [Button(numbered_label(turn, number, one.name), _choice(kept_id, one.id))]
                for number, one in enumerate(shown, 1)
            ),
            [
                Button(turn.p("button", "Search"), action("merge-kept", kept_id)),
                Button(turn.p("button", "Cancel"), "people"),
            ],
        ],
        private=True,
    )


def _choice(kept_id: int, member_id: int) -> str:
    return action("merge-view", kept_id, member_id) if kept_id else action("merge-kept", member_id)


async def _line(turn: Turn, number: int, member: Member) -> str:
    organisation = await organisation_name(turn, member.organisation_id)
    return turn._(
        "{number}. {name}: {organisation}, {apps}, here since {date}",
        number=number,
        name=member.name,
        organisation=organisation or turn._("no organisation"),
        apps=await _apps(turn, member.id),
        date=turn.speech.date(member.created_at, turn.now),
    )


async def _apps(turn: Turn, member_id: int) -> str:
    has = await turn.unit.merging.belongings(member_id)
    names = [turn.say(CHANNELS[one]) for one in dict.fromkeys(has.channels)]
    return turn.speech.list(names) if names else turn._("no app")


# --- preview and confirmation -------------------------------------------------------------------------------


@tap("merge-view", who=COORDINATORS)
async def preview(turn: Turn, kept_id: int, gone_id: int) -> Screen:
    """Show what each record has, and what comes of it."""
    return await _preview(turn, kept_id, gone_id)


async def _preview(turn: Turn, kept_id: int, gone_id: int, note: str = "") -> Screen:
    kept, gone = await turn.unit.members.get(kept_id), await turn.unit.members.get(gone_id)
    if kept is None or gone is None:
        return turn.screen(
            turn._("One of these records is no longer here."), rows=column(_back(turn)), note=note
        )
    if refusal := refused(turn.member, kept, gone):
        return _refusal(turn, refusal, kept, gone)
    role, organisation_id = outcome(kept, gone)
    return turn.screen(
        paragraphs(
            lines(turn._("The record that stays:"), await _record(turn, kept)),
            lines(turn._("The record that is joined to it:"), await _record(turn, gone)),
            lines(turn._("Together they become:"), await _standing(turn, role, organisation_id)),
            turn._("This cannot be undone. Please make sure with the person that it is one and the same."),
        ),
        title=turn._("Join two records?"),
        rows=[
            [Button(turn.p("button", "Join them"), action("merge-yes", kept.id, gone.id, role))],
            [Button(turn.p("button", "Other way round"), action("merge-view", gone.id, kept.id))],
            [Button(turn.p("button", "Cancel"), "people")],
        ],
        note=note,
        private=True,
    )


async def _record(turn: Turn, member: Member) -> str:
    return lines(
        turn._("Name: {name}", name=member.name) if member.name else turn.p("button", "No name yet"),
        await _standing(turn, member.role, member.organisation_id),
        turn._("Apps: {apps}", apps=await _apps(turn, member.id)),
        await belongings_lines(turn, member.id),
    )


async def _standing(turn: Turn, role: str, organisation_id: int | None) -> str:
    organisation = await organisation_name(turn, organisation_id)
    return lines(
        turn._("Organisation: {organisation}", organisation=organisation) if organisation else "",
        turn._("Role: {role}", role=turn.say(ROLES[role])),
    )


def _refusal(turn: Turn, refusal: Refusal, kept: Member, gone: Member) -> Screen:
    match refusal:
        case Refusal.SAME:
            text = turn._("These are one and the same record.")
        case Refusal.OWN:
            text = turn._("Your own record has to be the one that stays.")
        case Refusal.NEEDS_ADMINISTRATOR:
            text = turn._("One of these people has a granted role. Only an administrator can join them.")
    swap = Button(turn.p("button", "Other way round"), action("merge-view", gone.id, kept.id))
    rows = column(swap if refusal is Refusal.OWN else None, _back(turn))
    return turn.screen(text, title=turn._("Join two records?"), rows=rows)


@tap("merge-yes", who=COORDINATORS)
async def merge_yes(turn: Turn, kept_id: int, gone_id: int, role: str) -> Screen:
    """Make the two one, if they still are as they were shown."""
    kept, gone = await turn.unit.members.get(kept_id), await turn.unit.members.get(gone_id)
    if kept is not None and gone is None:
        return turn.screen(
            lines(turn._("These are one record now:"), await _record(turn, kept)),
            title=turn._("Same person twice"),
            rows=column(_back(turn)),
            private=True,
        )
    if kept is None or gone is None or refused(turn.member, kept, gone) or outcome(kept, gone)[0] != role:
        return await _preview(turn, kept_id, gone_id, turn._("This has changed since. Please look again."))
    if asked := await second_person(turn, "merge", kept.id, gone.id):
        return asked
    await _join(turn.unit, (kept.id, gone.id), turn.member.id, turn.now)
    if kept.id == turn.member.id:
        turn.member = await turn.unit.members.get(kept.id) or turn.member
    return await merge_yes(turn, kept_id, gone_id, role)


async def _join(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    kept, gone = await unit.members.get(int(args[0])), await unit.members.get(int(args[1]))
    if kept is None or gone is None:
        return
    role, organisation_id = outcome(kept, gone)
    await join_records(unit, kept, gone, role=role, organisation_id=organisation_id, now=now)
    await unit.audit.append("records-joined", f"member:{kept.id}:{gone.id}", actor_id=asker_id, at=now)
    await unit.outbox.notify_one(
        "records-joined", kept.id, subject=f"member:{gone.id}", occurrence="joined", at=now
    )


async def _sign(unit: Unit, args: Args) -> Signed | None:
    """Sign which record stays, which goes, and what comes of them."""
    kept, gone = await unit.members.get(int(args[0])), await unit.members.get(int(args[1]))
    return Signed(digest(kept.id, gone.id, *outcome(kept, gone))) if kept and gone else None


async def _show(turn: Turn, args: Args) -> Screen:
    return replace(await _preview(turn, int(args[0]), int(args[1])), rows=())


ACTS["merge"] = Act(N_("to join two records into one"), _sign, _show, _join, always=True)


@notice("records-joined")
async def records_joined(turn: Turn) -> Screen:
    """Tell somebody that they are one person here now."""
    return turn.screen(
        turn._(
            "A coordinator joined two records of yours into one. Your apps now show the same registrations, and "
            "each announcement comes once. If one of them is not yours, please tell a coordinator."
        ),
        rows=column(Button(turn.p("button", "My apps"), "apps"), menu_button(turn)),
        lasting=True,
    )


def _back(turn: Turn) -> Button:
    return Button(turn.p("button", "People"), "people")
