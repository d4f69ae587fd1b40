"""Nominate a colleague: whoever is known here is asked at once, of anybody else the coordinators are told."""

from __future__ import annotations

from datetime import timedelta

from handlers.coordinate_events import organisation_names
from handlers.events import event_card, no_such_event
from handlers.inviting import invite_member
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
    notice,
    paragraphs,
    tap,
)
from handlers.pages import numbered_label, page_buttons, page_of
from handlers.people import link_for
from handlers.rules.nominating import LONGEST_NAME, LONGEST_WHY, MOST, may_nominate, meant
from locales import block, clean
from storage.events import Event
from storage.invitations import grouped
from storage.members import Member
from storage.nominations import Nomination

LINK_LASTS = timedelta(days=14)
LISTED = 5


# --- proposing ----------------------------------------------------------------------------------------------


@tap("nominate", who=MEMBERS)
async def nominate(turn: Turn, event_id: int) -> Screen:
    """Ask who is meant."""
    event = await _open(turn, event_id)
    return event if isinstance(event, Screen) else _ask_name(turn, event)


async def _open(turn: Turn, event_id: int) -> Event | Screen:
    """Find an event for which this person may nominate one more colleague, or return what to show instead."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    if not may_nominate(event, turn.member, turn.now):
        return await event_card(turn, event, turn._("Nobody can be nominated for this event now."))
    if await turn.unit.nominations.count(event_id, turn.member.id) >= MOST:
        return await event_card(turn, event, turn._("You have nominated enough colleagues here. Thank you!"))
    return event


def _ask_name(turn: Turn, event: Event, note: str = "") -> Screen:
    return turn.screen(
        turn._("Which colleague of your organisation should come? Write their name as they use it here."),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "Cancel"), action("event", event.id))),
        ask=action("nominate", event.id),
        note=note,
    )


@answer("nominate", who=MEMBERS)
async def name_given(turn: Turn, reply: Reply, event_id: int) -> Screen:
    """Keep the name and ask why."""
    event = await _open(turn, event_id)
    if isinstance(event, Screen):
        return event
    name = clean(reply.text)
    if not 1 < len(name) <= LONGEST_NAME:
        most = turn._("A name has from 2 to {count} characters.", count=LONGEST_NAME)
        return _ask_name(turn, event, most)
    begun = await turn.unit.nominations.begin(event_id, turn.member.id, name, turn.now)
    return _ask_why(turn, event, begun)


def _ask_why(turn: Turn, event: Event, nomination_id: int, note: str = "") -> Screen:
    return turn.screen(
        turn._("Why should they come? One sentence helps the coordinators to choose."),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Skip"), action("nominate-done", nomination_id)),
            Button(turn.p("button", "Cancel"), action("nominate-drop", nomination_id)),
        ),
        ask=action("nominate-why", nomination_id),
        note=note,
    )


@answer("nominate-why", who=MEMBERS)
async def why_given(turn: Turn, reply: Reply, nomination_id: int) -> Screen:
    """Keep why, and pass the nomination on."""
    why = clean(reply.text)
    if not 0 < len(why) <= LONGEST_WHY:
        found = await _begun(turn, nomination_id)
        if isinstance(found, Screen):
            return found
        short = turn._("Please keep it under {count} characters.", count=LONGEST_WHY)
        return _ask_why(turn, found[0], nomination_id, short)
    return await _pass_on(turn, nomination_id, why)


@tap("nominate-done", who=MEMBERS)
async def without_why(turn: Turn, nomination_id: int) -> Screen:
    """Pass a nomination on without saying why."""
    return await _pass_on(turn, nomination_id, "")


@tap("nominate-drop", who=MEMBERS)
async def drop(turn: Turn, nomination_id: int) -> Screen:
    """Forget a nomination that was not passed on."""
    found = await _begun(turn, nomination_id)
    if isinstance(found, Screen):
        return found
    await turn.unit.nominations.drop(nomination_id)
    return await event_card(turn, found[0], turn._("Nobody was nominated."))


async def _begun(turn: Turn, nomination_id: int) -> tuple[Event, Nomination] | Screen:
    """Find a nomination of this person that was not passed on, or return what to show instead."""
    found = await turn.unit.nominations.get(nomination_id)
    if found is None or found.author_id != turn.member.id:
        return await no_such_event(turn)
    event = await turn.unit.events.hold(found.event_id)
    if event is None:
        return await no_such_event(turn)
    if found.state != "begun":
        return await event_card(turn, event, turn._("This nomination was passed on already. Thank you!"))
    if not may_nominate(event, turn.member, turn.now):
        return await event_card(turn, event, turn._("Nobody can be nominated for this event now."))
    return event, found


async def _pass_on(turn: Turn, nomination_id: int, why: str) -> Screen:
    begun = await _begun(turn, nomination_id)
    if isinstance(begun, Screen):
        return begun
    event, found = begun
    colleague = None if event.invite_only else await _colleague(turn, turn.member, found.name)
    await turn.unit.nominations.pass_on(found.id, why, "settled" if colleague else "waiting")
    if colleague is not None:
        await invite_member(turn.unit, event, colleague, turn.now, turn.member.id)
        return await event_card(turn, event, turn._("Thank you! Your colleague is being asked."))
    await _tell_coordinators(turn, event)
    return await event_card(
        turn,
        event,
        turn._("Thank you! The coordinators see whom you nominated and get in touch with you."),
    )


async def _colleague(turn: Turn, author: Member, name: str) -> Member | None:
    if author.organisation_id is None:
        return None
    ids = await turn.unit.organisations.people(author.organisation_id)
    return meant(name, await turn.unit.members.many(ids), author.id)


async def _tell_coordinators(turn: Turn, event: Event) -> None:
    """Say, once a day for each event, that somebody was nominated."""
    await turn.unit.outbox.notify_roles(
        "nominated",
        *COORDINATORS,
        subject=f"event:{event.id}",
        occurrence=f"{turn.now:%Y-%m-%d}",
        at=turn.now,
        args=(event.id,),
    )


# --- what coordinators do with it ---------------------------------------------------------------------------


@notice("nominated")
async def nominated(turn: Turn, event_id: int) -> Screen | None:
    """Tell a coordinator that colleagues were nominated and wait for an answer."""
    event = await turn.unit.events.get(event_id)
    if event is None or event.state != "published" or not turn.member.coordinates:
        return None
    count = await turn.unit.nominations.count(event_id)
    if not count:
        return None
    return turn.screen(
        turn.n(
            "{count} person was nominated by a colleague and is not known here yet.",
            "{count} people were nominated by colleagues and are not known here yet.",
            count,
        ),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "Nominated"), action("nominations", event_id, 0))),
        lasting=True,
    )


@tap("nominations", who=COORDINATORS)
async def nominations(turn: Turn, event_id: int, page: int) -> Screen:
    """List the colleagues who were nominated and whom nobody has answered for."""
    event = await turn.unit.events.get(event_id)
    return await _list_screen(turn, event, page) if event else await no_such_event(turn)


async def _list_screen(turn: Turn, event: Event, page: int = 0, note: str = "") -> Screen:
    shown = await page_of(
        lambda limit, offset: turn.unit.nominations.waiting(event.id, limit=limit, offset=offset),
        page,
        LISTED,
    )
    return turn.screen(
        turn._("Whom would you like to look at?") if shown.items else turn._("Nobody here is waiting."),
        title=turn._("Nominated: {title}", title=event.title(turn.lang)),
        rows=[
            *(
                [Button(numbered_label(turn, number, one.name), action("nomination", one.id))]
                for number, one in enumerate(shown.items, shown.first)
            ),
            page_buttons(turn, shown, "nominations", event.id),
            [Button(turn.p("button", "Back"), action("roster", event.id, "confirmed", 0))],
        ],
        note=note,
        private=True,
    )


@tap("nomination", who=COORDINATORS)
async def nomination(turn: Turn, nomination_id: int) -> Screen:
    """Show one nomination and the ways to answer it."""
    found = await _waiting(turn, nomination_id)
    if isinstance(found, Screen):
        return found
    event, one, author = found
    colleague = await _colleague(turn, author, one.name) if author else None
    return turn.screen(
        paragraphs(
            turn._("Nominated: {name}", name=one.name),
            lines(turn._("Why:"), block(one.why)) if one.why else "",
            await _from(turn, author),
            turn._("A member of that organisation has this name.")
            if colleague
            else turn._("No member of that organisation has this name."),
        ),
        title=event.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Invite"), action("nomination-do", one.id, "invite"))
            if colleague
            else None,
            Button(turn.p("button", "Send them a link"), action("nomination-do", one.id, "link"))
            if author and not colleague
            else None,
            Button(turn.p("button", "Nothing to do"), action("nomination-do", one.id, "settle")),
            Button(turn.p("button", "Back"), action("nominations", event.id, 0)),
        ),
        private=True,
    )


async def _waiting(turn: Turn, nomination_id: int) -> tuple[Event, Nomination, Member | None] | Screen:
    one = await turn.unit.nominations.get(nomination_id)
    event = await turn.unit.events.hold(one.event_id) if one else None
    if one is None or event is None:
        return await no_such_event(turn)
    if one.state != "waiting":
        return await _list_screen(turn, event, note=turn._("This has been settled already."))
    return event, one, await turn.unit.members.get(one.author_id)


async def _from(turn: Turn, author: Member | None) -> str:
    if author is None:
        return ""
    names = await organisation_names(turn)
    organisation = names.get(author.organisation_id or 0, "–")
    return turn._("By: {name}, {organisation}", name=author.name, organisation=organisation)


@tap("nomination-do", who=COORDINATORS)
async def answer_nomination(turn: Turn, nomination_id: int, what: str) -> Screen:
    """Invite who is meant, send their colleague a link for them, or lay the nomination aside."""
    found = await _waiting(turn, nomination_id)
    if isinstance(found, Screen):
        return found
    event, one, author = found
    open_still = event.state == "published" and not event.started(turn.now)
    done = ""
    if what == "invite" and author and open_still:
        colleague = await _colleague(turn, author, one.name)
        if colleague is None:
            return await nomination(turn, nomination_id)
        # The choice is the coordinators' here, so that it counts as theirs and not as a colleague's proposal.
        await invite_member(turn.unit, event, colleague, turn.now)
        done = turn._("Invited.")
    elif what == "link" and author and open_still:
        await _issue_link(turn, one, author)
        await turn.unit.outbox.notify_one(
            "nomination-link",
            author.id,
            subject=f"nomination:{one.id}",
            occurrence="1",
            at=turn.now,
            args=(one.id,),
            expires_at=event.starts_at,
        )
        done = turn._("The colleague who nominated them gets a link to pass on.")
    await turn.unit.nominations.settle(one.id)
    return await _list_screen(turn, event, note=done or turn._("Settled."))


async def _issue_link(turn: Turn, one: Nomination, author: Member) -> None:
    place = author.organisation_id
    organisation = await turn.unit.organisations.get(place) if place else None
    if organisation is not None:
        await turn.unit.invitations.issue(
            _seed(one),
            organisation_id=organisation.id,
            role=organisation.role,
            uses=1,
            at=turn.now,
            expires_at=turn.now + LINK_LASTS,
        )


def _seed(one: Nomination) -> str:
    return f"nomination|{one.id}"


@notice("nomination-link")
async def nomination_link(turn: Turn, nomination_id: int) -> Screen | None:
    """Give somebody who nominated a colleague the way in for that colleague, to be passed on."""
    one = await turn.unit.nominations.get(nomination_id)
    event = await turn.unit.events.get(one.event_id) if one else None
    place = turn.member.organisation_id
    organisation = await turn.unit.organisations.get(place) if place else None
    if one is None or event is None or organisation is None or one.author_id != turn.member.id:
        return None
    if event.state != "published" or event.started(turn.now):
        return None
    code = turn.unit.invitations.code_of(_seed(one), organisation_id=organisation.id, role=organisation.role)
    if await turn.unit.invitations.find(code) is None:
        return None
    return turn.screen(
        paragraphs(
            turn._("The coordinators invite the colleague whom you nominated: {name}", name=one.name),
            turn._("Please pass this on to them. It works for one person, for two weeks:"),
            lines(grouped(code), link_for(turn, code)),
            turn._("Once they have joined, they find the event under Events."),
        ),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "See the event"), action("event", event.id))),
        lasting=True,
        private=True,
    )
