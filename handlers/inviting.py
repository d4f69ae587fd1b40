"""Coordinators invite members to an event: one person by name, or a whole organisation."""

from __future__ import annotations

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
from handlers.rules.seats import may_attend
from locales import clean, search_key
from storage.events import Event
from storage.members import Member

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
    invited = await invite_member(turn, event, member)
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
    everybody = await turn.unit.members.many(await turn.unit.organisations.people(organisation_id))
    count = 0
    for one in everybody:
        known = one.id == turn.member.id or await turn.unit.registrations.last_of(event.id, one.id)
        if not known and may_attend(one.role, event.kind):
            count += await invite_member(turn, event, one)
    told = turn.n("{count} person was invited.", "{count} people were invited.", count)
    nobody = turn._("Nobody else of this organisation can be invited.")
    return _ask_whom(turn, event, told if count else nobody)


async def invite_member(turn: Turn, event: Event, member: Member, nominator_id: int | None = None) -> bool:
    """Invite somebody to an event that is held, and tell them; False where they are on a list already."""
    began = await turn.unit.registrations.add(
        event.id, member.id, member.organisation_id, "invited", turn.now, nominator_id=nominator_id
    )
    if began:
        await turn.unit.outbox.notify_one(
            "invited",
            member.id,
            subject=f"event:{event.id}",
            occurrence=turn.occasion,
            at=turn.now,
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
