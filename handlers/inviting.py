"""Coordinators invite members to an event: one person by name, or a whole organisation.

An invitation carries what the event says to people who did not ask, so many of them need a second person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from handlers.coordinate_events import manage_screen, organisation_names
from handlers.events import event_card, no_such_event
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
from handlers.organisations import choose_organisation
from handlers.pages import numbered_label
from handlers.rules.approving import Signed, digest
from handlers.rules.seats import may_attend
from handlers.second import ACTS, Act, Args, second_person
from locales import LANGUAGES, N_, clean, search_key
from storage.approvals import INVITED
from storage.events import Event
from storage.members import Member
from storage.unit import Unit

ACT = "invite"
FOUND = 6
SHORTEST, LONGEST = 2, 100


@tap("event-invite", who=COORDINATORS)
async def invite(turn: Turn, event_id: int) -> Screen:
    """Ask who is invited."""
    event = await _invitable(turn, event_id)
    return event if isinstance(event, Screen) else _ask_whom(turn, event)


async def _invitable(turn: Turn, event_id: int) -> Event | Screen:
    """Hold an event to which people can still be invited, or return what to show instead."""
    event = await turn.unit.events.hold(event_id)
    if event is None:
        return await no_such_event(turn)
    if event.state != "published" or event.started(turn.now):
        return await manage_screen(turn, event, turn._("Nobody can be invited to this event any more."))
    return event


def _ask_whom(turn: Turn, event: Event, note: str = "") -> Screen:
    return turn.screen(
        turn._("Whom do you want to invite? Write a member's name or a part of it."),
        title=event.title(turn.lang),
        rows=column(
            Button(
                turn.p("button", "A whole organisation"), action("pick", "event-invite", 0, f"{event.id}")
            ),
            Button(turn.p("button", "Back"), action("roster", event.id, "confirmed", 0)),
        ),
        ask=action("event-invite", event.id),
        note=note,
    )


@answer("event-invite", who=COORDINATORS)
async def named(turn: Turn, reply: Reply, event_id: int) -> Screen:
    """List the members who have such a name."""
    event = await _invitable(turn, event_id)
    if isinstance(event, Screen):
        return event
    typed = search_key(clean(reply.text))
    if not SHORTEST <= len(typed) <= LONGEST:
        return _ask_whom(turn, event, turn._("Please write at least two letters of the name."))
    ids = await turn.unit.members.named(lambda name: typed in search_key(name), limit=FOUND * 2)
    found = [one for one in await turn.unit.members.many(ids) if may_attend(one.role, event.kind)][:FOUND]
    if not found:
        return _ask_whom(turn, event, turn._("No member has such a name."))
    return await _choose_person(turn, event, found)


async def _choose_person(turn: Turn, event: Event, found: list[Member]) -> Screen:
    names = await organisation_names(turn)
    numbered = list(enumerate(found, 1))
    return turn.screen(
        paragraphs(
            turn._("Whom do you mean?"),
            lines(
                *(
                    turn._(
                        "{number}. {name}, {organisation}",
                        number=number,
                        name=one.name,
                        organisation=names.get(one.organisation_id or 0, "–"),
                    )
                    for number, one in numbered
                )
            ),
        ),
        title=event.title(turn.lang),
        rows=column(
            *(
                Button(numbered_label(turn, number, one.name), action("event-invite-one", event.id, one.id))
                for number, one in numbered
            ),
            Button(turn.p("button", "Another name"), action("event-invite", event.id)),
            Button(turn.p("button", "Back"), action("roster", event.id, "confirmed", 0)),
        ),
        private=True,
    )


@tap("event-invite-one", who=COORDINATORS)
async def invite_one(turn: Turn, event_id: int, member_id: int) -> Screen:
    """Invite one person, once."""
    event = await _invitable(turn, event_id)
    if isinstance(event, Screen):
        return event
    member = await turn.unit.members.get(member_id)
    if member is None or not may_attend(member.role, event.kind):
        return _ask_whom(turn, event, turn._("No member has such a name."))
    if asked := await second_person(turn, ACT, event.id, 0, member.id, turn.member.id):
        return asked
    invited = await _invite(turn.unit, event, [member], turn.member.id, turn.now)
    return _ask_whom(
        turn,
        event,
        turn._("Invited. Would you like to invite somebody else?")
        if invited
        else turn._("This person is on a list of this event already."),
    )


@tap("event-invite-org", who=COORDINATORS)
async def invite_organisation(turn: Turn, organisation_id: int, event_id: str) -> Screen:
    """Invite everybody else of an organisation who may come and has not been on any list of the event."""
    event = await _invitable(turn, int(event_id) if event_id.isdecimal() and len(event_id) < 19 else 0)
    if isinstance(event, Screen):
        return event
    if await turn.unit.organisations.get(organisation_id) is None:
        return await choose_organisation(turn, "event-invite", 0, f"{event.id}")
    if asked := await second_person(turn, ACT, event.id, organisation_id, 0, turn.member.id):
        return asked
    guests = await _guests(turn.unit, event, organisation_id, turn.member.id)
    count = await _invite(turn.unit, event, guests, turn.member.id, turn.now)
    told = turn.n("{count} person was invited.", "{count} people were invited.", count)
    nobody = turn._("Nobody else of this organisation can be invited.")
    return _ask_whom(turn, event, told if count else nobody)


async def _guests(unit: Unit, event: Event, organisation_id: int, asker_id: int) -> list[Member]:
    everybody = await unit.members.many(await unit.organisations.people(organisation_id))
    return [
        one
        for one in everybody
        if one.id != asker_id
        and may_attend(one.role, event.kind)
        and not await unit.registrations.last_of(event.id, one.id)
    ]


async def _invite(
    unit: Unit, event: Event, guests: Sequence[Member], asker_id: int, now: datetime, *, what: str = INVITED
) -> int:
    """Invite people in a coordinator's name and write down how many."""
    count = 0
    for one in guests:
        count += await invite_member(unit, event, one, now)
    if count:
        await unit.audit.append(what, f"event:{event.id}:{count}", actor_id=asker_id, at=now)
    return count


async def invite_member(
    unit: Unit, event: Event, member: Member, now: datetime, nominator_id: int | None = None
) -> bool:
    """Invite somebody to an event that is held, and tell them; False where they are on a list already."""
    began = await unit.registrations.add(
        event.id, member.id, member.organisation_id, "invited", now, nominator_id=nominator_id
    )
    if began:
        await unit.outbox.notify_one(
            "invited",
            member.id,
            subject=f"event:{event.id}",
            occurrence=now.isoformat(),
            at=now,
            args=(event.id,),
            expires_at=event.deadline,
        )
    return began


@notice("invited")
async def invited(turn: Turn, event_id: int) -> Screen | None:
    """Invite somebody, and say which colleague proposed them."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.state != "published" or event.started(turn.now):
        return None
    if mine is None or mine.state != "invited":
        return None
    nominator = await turn.unit.members.get(mine.nominator_id) if mine.nominator_id else None
    return await event_card(
        turn,
        event,
        turn._("A colleague proposes you for this event: {name}", name=nominator.name)
        if nominator and nominator.name
        else turn._("The coordinators invite you to this event."),
    )


# --- with a second person -----------------------------------------------------------------------------------


async def _meant(unit: Unit, args: Args) -> tuple[Event, list[Member]] | None:
    """Hold the event and return whom it would reach now; None where nobody can be invited."""
    event_id, organisation_id, member_id, asker_id = (int(one) for one in args)
    event = await unit.events.hold(event_id)
    if event is None or event.state != "published":
        return None
    if organisation_id:
        guests = await _guests(unit, event, organisation_id, asker_id)
    else:
        guests = [one for one in await unit.members.many([member_id]) if may_attend(one.role, event.kind)]
    return (event, guests) if guests else None


async def _sign(unit: Unit, args: Args) -> Signed | None:
    """Sign what the event says and who would read it."""
    found = await _meant(unit, args)
    if found is None:
        return None
    event, guests = found
    said = [(lang, event.title(lang), event.description(lang), event.place(lang)) for lang in LANGUAGES]
    who = sorted(one.id for one in guests)
    parts = (event.id, said, event.starts_at, event.minutes, event.mode, event.join_link, who)
    return Signed(digest(*parts), len(who))


async def _show(turn: Turn, args: Args) -> Screen:
    found = await _meant(turn.unit, args)
    if found is None:
        return await no_such_event(turn)
    event, guests = found
    whose = (await organisation_names(turn)).get(int(args[1])) or guests[0].name
    card = await event_card(turn, event, turn._("Would be invited: {name}", name=whose))
    return replace(card, rows=(), private=True)


async def _do(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    found = await _meant(unit, args)
    if found is not None and not found[0].started(now):
        await _invite(unit, *found, asker_id, now, what=f"{INVITED}-agreed")


ACTS[ACT] = Act(N_("invitations to an event"), _sign, _show, _do, sends=True)
