"""People, for those who coordinate: requests to join, how many there are, invitations and roles."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from handlers.kit import (
    ADMINISTRATORS,
    COORDINATORS,
    Button,
    Outdated,
    Screen,
    Turn,
    action,
    column,
    lines,
    notice,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.onboarding import organisation_name
from handlers.organisations import choose_organisation, shorten
from handlers.pages import page_buttons, page_in
from handlers.rules.approving import Signed, digest
from handlers.rules.roles import GRANTED, Refusal, after_joining, refused, without_grant
from handlers.second import ACTS, Act, Args, second_person
from locales import N_, NP_, Message
from storage.invitations import grouped
from storage.join_requests import JoinRequest
from storage.members import Member
from storage.organisations import Organisation
from storage.unit import Unit

COUNTS_A_PAGE = 15
USES = (1, 5, 20, 50)
DAYS = (3, 14, 30)

ROLES = {
    "guest": NP_("role", "guest"),
    "member": NP_("role", "member"),
    "coordinator": NP_("role", "coordinator"),
    "administrator": NP_("role", "administrator"),
    "donor": NP_("role", "donor"),
}


@tap("people", who=COORDINATORS)
async def people(turn: Turn) -> Screen:
    """Show what can be done about people."""
    waiting = len(await turn.unit.join_requests.waiting())
    administers = turn.member.role in ADMINISTRATORS
    return turn.screen(
        turn.n("{count} request is waiting.", "{count} requests are waiting.", waiting)
        if waiting
        else turn._("No request is waiting."),
        title=turn._("People"),
        rows=column(
            Button(turn.p("button", "Requests to join"), action("requests", 0)) if waiting else None,
            Button(turn.p("button", "How many we are"), action("headcounts", 0)),
            Button(turn.p("button", "Invite"), action("pick", "invite", 0)),
            Button(turn.p("button", "Same person twice"), "merge"),
            Button(turn.p("button", "Roles"), action("pick", "roles", 0)) if administers else None,
            Button(turn.p("button", "Guests"), action("roles-org", 0)) if administers else None,
            Button(turn.p("button", "Spreadsheet"), "organisations-import") if administers else None,
            Button(turn.p("button", "Back"), "coordinate"),
            menu_button(turn),
        ),
    )


# --- requests to join ---------------------------------------------------------------------------------------


@tap("requests", who=COORDINATORS)
async def requests(turn: Turn, page: int) -> Screen:
    """List who waits for an answer."""
    waiting = await turn.unit.join_requests.waiting()
    shown = page_in(waiting, page)
    names = {one.id: one.name for one in await turn.unit.members.many([one.member_id for one in shown.items])}
    buttons = [[_name_button(turn, names[one.member_id], action("request", one.id))] for one in shown.items]
    return turn.screen(
        turn._("Who would you like to answer?") if buttons else turn._("No request is waiting."),
        title=turn._("Requests to join"),
        rows=[*buttons, page_buttons(turn, shown, "requests"), [_back(turn)]],
        private=True,
    )


@tap("request", who=COORDINATORS)
async def request(turn: Turn, request_id: int) -> Screen:
    """Show one request as it stands."""
    return await _request_screen(turn, request_id)


async def _request_screen(turn: Turn, request_id: int, note: str = "") -> Screen:
    found = await turn.unit.join_requests.get(request_id)
    asking = await turn.unit.members.get(found.member_id) if found else None
    if found is None or asking is None:
        return turn.screen(turn._("This request no longer exists."), rows=column(_back(turn)))
    organisation = await organisation_name(turn, found.organisation_id)
    return turn.screen(
        paragraphs(
            lines(
                turn._("Name: {name}", name=asking.name),
                turn._("Would like to join: {organisation}", organisation=organisation),
                turn._("Asked on: {date}", date=turn.speech.moment(found.asked_at, turn.now)),
            ),
            _where_it_stands(turn, found),
        ),
        title=turn._("Request to join"),
        rows=[
            _decisions(turn, found),
            [Button(turn.p("button", "All requests"), action("requests", 0)), _back(turn)],
        ],
        note=note,
        private=True,
    )


def _where_it_stands(turn: Turn, found: JoinRequest) -> str:
    match found.state:
        case "approved":
            return turn._("This request was approved.")
        case "declined":
            return turn._("This request was declined.")
        case "withdrawn":
            return turn._("This request was withdrawn.")
    return turn._("Please check that you know this person. A stranger may use a real name.")


def _decisions(turn: Turn, found: JoinRequest) -> list[Button]:
    if found.state != "waiting":
        return []
    return [
        Button(turn.p("button", "Approve"), action("approve", found.id)),
        Button(turn.p("button", "Decline"), action("decline", found.id)),
    ]


@tap("approve", who=COORDINATORS)
async def approve(turn: Turn, request_id: int) -> Screen:
    """Let somebody in, once; whoever comes second sees how it was decided."""
    return await _decide(turn, request_id, "approved")


@tap("decline", who=COORDINATORS)
async def decline(turn: Turn, request_id: int) -> Screen:
    """Decline a request, once."""
    return await _decide(turn, request_id, "declined")


async def _decide(turn: Turn, request_id: int, state: str) -> Screen:
    if not await decide_request(turn, request_id, state):
        return await _request_screen(turn, request_id)
    return await _request_screen(turn, request_id, turn._("Done. The person will be told."))


async def decide_request(turn: Turn, request_id: int, state: str) -> bool:
    """Approve or decline a waiting request and tell its person; False where it was decided already."""
    if not await turn.unit.join_requests.decide(request_id, state):
        return False
    found = await turn.unit.join_requests.get(request_id)
    if found is not None:
        if state == "approved":
            await _let_in(turn, found)
        await turn.unit.outbox.notify_one(
            "join-decided",
            found.member_id,
            subject=f"join:{request_id}",
            occurrence=state,
            at=turn.now,
            args=(request_id,),
        )
    return True


async def _let_in(turn: Turn, found: JoinRequest) -> None:
    asking = await turn.unit.members.get(found.member_id)
    organisation = await turn.unit.organisations.get(found.organisation_id)
    if asking is not None and organisation is not None:
        role = after_joining(asking.role, organisation.role)
        await turn.unit.members.change(asking.id, organisation_id=organisation.id, role=role)
        await turn.unit.profiles.belongs_now(asking.id, organisation.id, turn.now)


@notice("join-requested")
async def requested(turn: Turn, request_id: int) -> Screen | None:
    """Tell a coordinator that somebody would like to join."""
    found = await turn.unit.join_requests.get(request_id)
    asking = await turn.unit.members.get(found.member_id) if found else None
    if found is None or asking is None or found.state != "waiting" or not turn.member.coordinates:
        return None
    organisation = await organisation_name(turn, found.organisation_id)
    return turn.screen(
        lines(
            turn._("Name: {name}", name=asking.name),
            turn._("Would like to join: {organisation}", organisation=organisation),
        ),
        title=turn._("Request to join"),
        rows=[_decisions(turn, found)],
        lasting=True,
        private=True,
    )


# --- how many we are ----------------------------------------------------------------------------------------


@tap("headcounts", who=COORDINATORS)
async def headcounts(turn: Turn, page: int) -> Screen:
    """Count the people of each organisation."""
    counts = await turn.unit.organisations.headcounts()
    listed = await turn.unit.organisations.listed(turn.lang)
    shown = page_in(listed, page, COUNTS_A_PAGE)
    return turn.screen(
        paragraphs(
            lines(
                turn._("People in organisations: {count}", count=sum(counts.values())),
                turn._(
                    "Guests without an organisation: {count}",
                    count=len(await turn.unit.organisations.people(None)),
                ),
            ),
            lines(*(_headcount(turn, one, counts.get(one.id, 0)) for one in shown.items)),
        ),
        title=turn._("How many we are"),
        rows=[page_buttons(turn, shown, "headcounts"), [_back(turn)]],
    )


def _headcount(turn: Turn, organisation: Organisation, count: int) -> str:
    return turn._(
        "{organisation}: {count}", organisation=shorten(organisation.name(turn.lang), 40), count=count
    )


# --- invitations --------------------------------------------------------------------------------------------


@tap("invite-org", who=COORDINATORS)
async def invite(turn: Turn, organisation_id: int) -> Screen:
    """Ask for how many people the code shall be."""
    organisation = await turn.unit.organisations.get(organisation_id)
    if organisation is None:
        return await choose_organisation(turn, "invite")
    return turn.screen(
        paragraphs(
            turn._("Invitation to: {organisation}", organisation=organisation.name(turn.lang)),
            turn._("How many people may use the code? Fewer is safer."),
        ),
        title=turn._("Invite"),
        rows=[
            [Button(str(uses), action("invite-days", organisation_id, uses)) for uses in USES],
            [Button(turn.p("button", "Back"), action("pick", "invite", 0))],
        ],
    )


@tap("invite-days", who=COORDINATORS)
async def invite_days(turn: Turn, organisation_id: int, uses: int) -> Screen:
    """Ask how long the code shall work."""
    # The seed makes each code once: a double tap on the same button shows the same code.
    seed = secrets.token_hex(8)
    return turn.screen(
        turn._("How long shall the code work?"),
        title=turn._("Invite"),
        rows=[
            [
                Button(
                    turn.np("button", "{count} day", "{count} days", days),
                    action("invite-make", organisation_id, uses, days, seed),
                )
                for days in DAYS
            ],
            [Button(turn.p("button", "Back"), action("invite-org", organisation_id))],
        ],
    )


@tap("invite-make", who=COORDINATORS)
async def invite_make(turn: Turn, organisation_id: int, uses: int, days: int, seed: str) -> Screen:
    """Make the code and show it, with the link that carries it."""
    organisation = await turn.unit.organisations.get(organisation_id)
    if organisation is None or uses not in USES or days not in DAYS:
        raise Outdated("invite-make")
    until = turn.now + timedelta(days=days)
    code = await turn.unit.invitations.issue(
        f"{turn.member.id}|{uses}|{days}|{seed}",
        organisation_id=organisation.id,
        role=organisation.role,
        uses=uses,
        at=turn.now,
        expires_at=until,
    )
    await turn.unit.audit.append(
        "invited", f"organisation:{organisation.id}:{uses}", actor_id=turn.member.id, at=turn.now
    )
    return turn.screen(
        paragraphs(
            turn._("Invitation to: {organisation}", organisation=organisation.name(turn.lang)),
            grouped(code),
            link_for(turn, code),
            turn.n("It works for {count} person.", "It works for {count} people.", uses),
            turn._("It works until: {moment}", moment=turn.speech.moment(until, turn.now)),
            turn._("Please pass it on yourself: the code is shown only this once."),
        ),
        title=turn._("Your code"),
        rows=column(
            Button(turn.p("button", "Another code"), action("invite-org", organisation.id)), _back(turn)
        ),
        private=True,
        lasting=True,
    )


def link_for(turn: Turn, code: str) -> str:
    """Return the link that carries a code, or an empty text where the bot's address is not known."""
    link = turn.community.telegram_link
    return f"{link}?start=i{code}" if link else ""


# --- roles --------------------------------------------------------------------------------------------------


@tap("roles-org", who=ADMINISTRATORS)
async def roles_of(turn: Turn, organisation_id: int, page: int = 0) -> Screen:
    """List the people of an organisation, or with 0 those without one."""
    ids = await turn.unit.organisations.people(organisation_id or None)
    shown = page_in(ids, page)
    found = {one.id: one for one in await turn.unit.members.many(shown.items)}
    organisation = await organisation_name(turn, organisation_id)
    buttons = [
        [_name_button(turn, found[one].name, action("person", one))] for one in shown.items if one in found
    ]
    return turn.screen(
        paragraphs(
            turn._("Organisation: {organisation}", organisation=organisation) if organisation else "",
            turn._("Whose role would you like to change?")
            if buttons
            else turn._("There is nobody here yet."),
        ),
        title=turn._("Roles"),
        rows=[
            *buttons,
            page_buttons(turn, shown, "roles-org", organisation_id),
            [_back(turn)],
        ],
        private=True,
    )


@tap("person", who=ADMINISTRATORS)
async def person(turn: Turn, member_id: int) -> Screen:
    """Show somebody's role and what it can become."""
    return await _person_screen(turn, member_id)


async def _person_screen(turn: Turn, member_id: int, note: str = "") -> Screen:
    member = await turn.unit.members.get(member_id)
    if member is None:
        return turn.screen(turn._("This person is no longer here."), rows=column(_back(turn)))
    back = Button(turn.p("button", "Back"), action("roles-org", member.organisation_id or 0))
    return turn.screen(
        lines(
            turn._("Name: {name}", name=member.name),
            turn._("Role: {role}", role=turn.say(ROLES[member.role])),
        ),
        title=turn._("Roles"),
        rows=[*column(*_grants(turn, member)), [back]],
        note=note,
        private=True,
    )


def _grants(turn: Turn, member: Member) -> list[Button]:
    labels: dict[str, Message] = {
        "coordinator": NP_("button", "Make coordinator"),
        "donor": NP_("button", "Make donor"),
        without_grant(member): NP_("button", "Take role back"),
    }
    offered = [*GRANTED, *([without_grant(member)] if member.role not in ("guest", "member") else [])]
    return [
        Button(turn.say(labels[role]), action("role", member.id, role))
        for role in offered
        if role != member.role
    ]


@tap("role", who=ADMINISTRATORS)
async def grant(turn: Turn, member_id: int, role: str) -> Screen:
    """Give somebody a role or take it back; they are told."""
    member = await turn.unit.members.get(member_id)
    if member is None:
        return await _person_screen(turn, member_id)
    administrators = await turn.unit.members.with_roles("administrator")
    match refused(member, role, len(administrators)):
        case Refusal.NOT_GRANTED:
            raise Outdated("role")
        case Refusal.LAST_ADMINISTRATOR:
            return await _person_screen(turn, member_id, turn._("The last administrator has to stay one."))
        case Refusal.UNCHANGED:
            return await _person_screen(turn, member_id)
    if asked := await second_person(turn, "role", member_id, role):
        return asked
    await _give(turn.unit, (member_id, role), turn.member.id, turn.now)
    return await _person_screen(turn, member_id, turn._("Done. The person will be told."))


async def _give(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    member_id, role = int(args[0]), str(args[1])
    await unit.members.change(member_id, role=role)
    await unit.audit.append("role", f"member:{member_id}:{role}", actor_id=asker_id, at=now)
    await unit.outbox.notify_one(
        "role-changed",
        member_id,
        subject=f"role:{role}",
        occurrence=now.isoformat(),
        at=now,
        args=(role,),
    )


async def _sign(unit: Unit, args: Args) -> Signed | None:
    """Sign whose role becomes what, and from what."""
    member = await unit.members.get(int(args[0]))
    administrators = len(await unit.members.with_roles("administrator"))
    if member is None or refused(member, str(args[1]), administrators):
        return None
    return Signed(digest(member.id, member.role, args[1]))


async def _show(turn: Turn, args: Args) -> Screen:
    member = await turn.unit.members.get(int(args[0]))
    return turn.screen(
        lines(
            turn._("Name: {name}", name=member.name if member else ""),
            turn._("Role: {role}", role=turn.say(ROLES[member.role])) if member else "",
            turn._("New role: {role}", role=turn.say(ROLES[str(args[1])])),
        ),
        title=turn._("Roles"),
        private=True,
    )


ACTS["role"] = Act(N_("another role for a person"), _sign, _show, _give, always=True)


@notice("role-changed")
async def role_changed(turn: Turn, role: str) -> Screen | None:
    """Tell somebody about their role, unless it has changed again since."""
    if turn.member.role != role:
        return None
    return turn.screen(
        turn._("Your role in this community is now: {role}", role=turn.say(ROLES[role])),
        rows=column(menu_button(turn)),
        lasting=True,
    )


# --- navigation ---------------------------------------------------------------------------------------------


def _name_button(turn: Turn, name: str, chosen: str) -> Button:
    return Button(shorten(name) or turn.p("button", "No name yet"), chosen)


def _back(turn: Turn) -> Button:
    return Button(turn.p("button", "People"), "people")
