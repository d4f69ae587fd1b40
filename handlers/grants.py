"""Small grants: how far each has come, its milestones, and the finished tool on its way into the library."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from handlers.calls import DESK_WAYS, OWN_WAYS, again, managed
from handlers.kit import (
    COORDINATORS,
    MEMBERS,
    Attachment,
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
from handlers.materials import fault_of
from handlers.menu import menu_button
from handlers.onboarding import organisation_name
from handlers.organisations import choose_organisation, shorten
from handlers.pages import page_buttons, page_in
from handlers.rules.calling import DAYS_BEFORE, days_due, next_stages
from handlers.rules.drafts import link_in
from handlers.rules.quiet import is_quiet
from locales import N_, NP_, Message, clean, parse_date, search_key
from storage.calls import Call, Grant, Milestone

LONGEST_WHAT, LONGEST_TITLE = 120, 120
MOST_MILESTONES = 8
YEARS = timedelta(days=730)

STAGES: dict[str, Message] = {
    "applied": N_("applied"),
    "declined": N_("not awarded"),
    "awarded": N_("awarded"),
    "under_way": N_("under way"),
    "delivered": N_("delivered"),
}
MOVES: dict[str, Message] = {
    "awarded": NP_("button", "Award"),
    "declined": NP_("button", "Decline"),
    "under_way": NP_("button", "It is under way"),
}
GOING = ("awarded", "under_way")


# --- what the grantee sees ----------------------------------------------------------------------------------


async def own_ways(turn: Turn, one: Call) -> list[list[Button]]:
    """Return what a member can do with a call for grants: say that their organisation has applied."""
    mine = turn.member.organisation_id
    if mine is None:
        return []
    applied = next(
        (grant for grant in await turn.unit.calls.grants_for(mine) if grant.call_id == one.id), None
    )
    if applied:
        return [[Button(turn.p("button", "Our application"), action("grant", applied.id))]]
    if one.state != "open":
        return []
    return [[Button(turn.p("button", "We have applied"), action("grant-applied", one.id))]]


OWN_WAYS["grant"] = own_ways


@tap("grant-applied", who=MEMBERS)
async def applied(turn: Turn, call_id: int) -> Screen:
    """Note that somebody's organisation has applied; whoever says so is the contact."""
    one = await turn.unit.calls.get(call_id)
    mine = turn.member.organisation_id
    if one is None or one.kind != "grant" or one.state != "open" or mine is None:
        return await again(turn, call_id)
    grant, new = await turn.unit.calls.apply(call_id, mine, turn.member.id, turn.now)
    if new:
        await turn.unit.calls.join(call_id, turn.member.id, turn.now)
        await _tell_desk(turn, grant, "applied")
    return await _screen(turn, grant, turn._("Noted. You hear here how it goes on."))


@tap("our-grants", who=MEMBERS)
async def ours(turn: Turn) -> Screen:
    """List what somebody's organisation applied for."""
    mine = turn.member.organisation_id
    found = await turn.unit.calls.grants_for(mine) if mine else []
    rows = [
        [Button(shorten(await _title(turn, one), 40), action("grant", one.id))]
        for one in reversed(found[-6:])
    ]
    return turn.screen(
        turn._("Which one would you like to see?")
        if found
        else turn._("Your organisation has not applied for a grant yet."),
        title=turn._("Our grants"),
        rows=[*rows, [Button(turn.p("button", "Back"), action("calls", "grant")), menu_button(turn)]],
    )


async def _title(turn: Turn, grant: Grant) -> str:
    one = await turn.unit.calls.get(grant.call_id)
    return one.title(turn.lang) if one else ""


def _mine(turn: Turn, grant: Grant) -> bool:
    """Say whether somebody belongs to the organisation of a grant."""
    return grant.organisation_id == turn.member.organisation_id


def _may(turn: Turn, grant: Grant | None) -> Grant:
    """Return a grant to its organisation's people and to coordinators; raises Outdated to everybody else."""
    if grant is None or not (_mine(turn, grant) or turn.member.role in COORDINATORS):
        raise Outdated("grant")
    return grant


@tap("grant", who=MEMBERS)
async def show(turn: Turn, grant_id: int) -> Screen:
    """Show a grant to its organisation's people and to coordinators."""
    return await _screen(turn, _may(turn, await turn.unit.calls.grant(grant_id)))


async def _again(turn: Turn, grant_id: int, note: str = "") -> Screen:
    return await _screen(turn, _may(turn, await turn.unit.calls.grant(grant_id)), note)


async def _screen(turn: Turn, grant: Grant, note: str = "") -> Screen:
    staff = turn.member.role in COORDINATORS
    steps = await turn.unit.calls.milestones(grant.id)
    back = action("call-manage", grant.call_id) if staff else "our-grants"
    return turn.screen(
        paragraphs(
            lines(
                await organisation_name(turn, grant.organisation_id),
                turn._("Stage: {stage}", stage=turn.say(STAGES[grant.state])),
            ),
            lines(*(_step_line(turn, one) for one in steps if one.due_on)),
            turn._("The finished tool was handed in. Coordinators look at it.")
            if grant.material_id and grant.state in GOING
            else "",
        ),
        title=await _title(turn, grant),
        rows=[
            *(await _ways(turn, grant, steps)),
            *(_desk_ways(turn, grant, steps) if staff else []),
            [Button(turn.p("button", "Back"), back), menu_button(turn)],
        ],
        note=note,
        private=True,
    )


def _step_line(turn: Turn, one: Milestone) -> str:
    if one.due_on is None:
        return ""
    noon = datetime.combine(one.due_on, time(12), turn.community.zone)
    day = turn.speech.date(noon, turn.now)
    return turn._("{mark} {what} (until {date})", mark="✅" if one.done else "▫️", what=one.what, date=day)


async def _ways(turn: Turn, grant: Grant, steps: list[Milestone]) -> list[list[Button]]:
    """Return what keeps a grant going: the next open milestone, and the finished tool."""
    if grant.state not in GOING:
        return []
    following = next((one for one in steps if one.due_on and not one.done), None)
    return [
        [Button(turn.p("button", "Next step is done"), action("milestone-done", following.id))]
        if following
        else [],
        [Button(turn.p("button", "Hand in the tool"), action("grant-tool", grant.id))],
    ]


# --- milestones ---------------------------------------------------------------------------------------------


@tap("milestone-done", who=MEMBERS)
async def done(turn: Turn, milestone_id: int) -> Screen:
    """Note that a milestone was reached, once, and tell the coordinators."""
    one = await turn.unit.calls.milestone(milestone_id)
    if one is None:
        raise Outdated("milestone")
    grant = _may(turn, await turn.unit.calls.grant(one.grant_id))
    if not one.done:
        await turn.unit.calls.change_milestone(one.id, done=True)
        await _tell_desk(turn, grant, "step", one.id)
    return await _again(turn, grant.id, turn._("Well done!"))


@tap("milestone-new", who=COORDINATORS)
async def ask_what(turn: Turn, grant_id: int) -> Screen:
    """Ask what is to be reached."""
    return _ask_what(turn, _may(turn, await turn.unit.calls.grant(grant_id)))


def _ask_what(turn: Turn, grant: Grant, note: str = "") -> Screen:
    return turn.screen(
        turn._("What is to be reached? Write it in a few words, in the grantee's language."),
        title=turn._("New milestone"),
        rows=column(Button(turn.p("button", "Cancel"), action("grant", grant.id))),
        ask=action("milestone-new", grant.id),
        note=note,
    )


@answer("milestone-new", who=COORDINATORS)
async def what_given(turn: Turn, reply: Reply, grant_id: int) -> Screen:
    """Take what is to be reached, and ask until when."""
    grant = _may(turn, await turn.unit.calls.grant(grant_id))
    what = clean(reply.text)
    if not 0 < len(what) <= LONGEST_WHAT:
        said = turn._("Please write something, but no more than {count} characters.", count=LONGEST_WHAT)
        return _ask_what(turn, grant, said)
    await turn.unit.calls.drop_undated(grant.id)
    milestone_id = await turn.unit.calls.add_milestone(grant.id, what)
    return _ask_day(turn, grant.id, milestone_id)


def _ask_day(turn: Turn, grant_id: int, milestone_id: int, note: str = "") -> Screen:
    return turn.screen(
        turn._("Until which day? For example: {example}", example="30/11/2026"),
        title=turn._("New milestone"),
        rows=column(Button(turn.p("button", "Cancel"), action("grant", grant_id))),
        ask=action("milestone-day", milestone_id),
        note=note,
    )


@answer("milestone-day", who=COORDINATORS)
async def day_given(turn: Turn, reply: Reply, milestone_id: int) -> Screen:
    """Take the day by which it is due, and tell the grantee."""
    one = await turn.unit.calls.milestone(milestone_id)
    if one is None:
        raise Outdated("milestone")
    grant = _may(turn, await turn.unit.calls.grant(one.grant_id))
    today = turn.now.astimezone(turn.community.zone).date()
    due = parse_date(reply.text, today)
    if due is None or not today <= due <= today + YEARS:
        return _ask_day(turn, grant.id, one.id, turn._("I could not read that as a day to come."))
    await turn.unit.calls.change_milestone(one.id, due_on=due)
    await _tell_grantee(turn, grant, f"milestone:{one.id}")
    return await _again(turn, grant.id, turn._("Kept. The grantee is told, and reminded in time."))


# --- the finished tool --------------------------------------------------------------------------------------


@tap("grant-tool", who=MEMBERS)
async def ask_tool(turn: Turn, grant_id: int) -> Screen:
    """Ask for the finished tool."""
    grant = _may(turn, await turn.unit.calls.grant(grant_id))
    return _ask_tool(turn, grant) if grant.state in GOING else await _again(turn, grant.id)


def _ask_tool(turn: Turn, grant: Grant, note: str = "") -> Screen:
    return turn.screen(
        turn._("Send the file here, or a link to it. Files may have up to 20 MB."),
        title=turn._("The finished tool"),
        rows=column(Button(turn.p("button", "Cancel"), action("grant", grant.id))),
        ask=action("grant-tool", grant.id),
        accepts="either",
        note=note,
    )


@answer("grant-tool", who=MEMBERS)
async def tool_given(turn: Turn, reply: Reply, grant_id: int) -> Screen:
    """Take the finished tool, and ask what it is called."""
    grant = _may(turn, await turn.unit.calls.grant(grant_id))
    if grant.state not in GOING:
        return await _again(turn, grant.id)
    if fault := fault_of(turn, reply):
        return _ask_tool(turn, grant, fault)
    file_id = reply.upload.file_id if reply.upload else None
    draft = await turn.unit.materials.draft(turn.now, turn.lang)
    await turn.unit.materials.change(
        draft.id,
        kind="tool",
        file_id=file_id,
        link="" if file_id else link_in(reply.text),
        organisation_id=grant.organisation_id,
    )
    await turn.unit.calls.change_grant(grant.id, GOING, material_id=draft.id)
    return _ask_name(turn, grant)


def _ask_name(turn: Turn, grant: Grant, note: str = "") -> Screen:
    return turn.screen(
        turn._("What is the tool called? Write its title in {language}.", language=turn.speech.name),
        title=turn._("The finished tool"),
        rows=column(Button(turn.p("button", "Cancel"), action("grant", grant.id))),
        ask=action("grant-tool-name", grant.id),
        note=note,
    )


@answer("grant-tool-name", who=MEMBERS)
async def name_given(turn: Turn, reply: Reply, grant_id: int) -> Screen:
    """Take the tool's title, and put it before the coordinators."""
    grant = _may(turn, await turn.unit.calls.grant(grant_id))
    if grant.state not in GOING or grant.material_id is None:
        return await _again(turn, grant.id)
    title = clean(reply.text)
    if not 0 < len(title) <= LONGEST_TITLE:
        return _ask_name(
            turn, grant, turn._("A title may have up to {count} characters.", count=LONGEST_TITLE)
        )
    await turn.unit.materials.change(grant.material_id, title=title)
    await _tell_desk(turn, grant, "tool", grant.material_id)
    return await _again(turn, grant.id, turn._("Thank you! The coordinators look at it."))


@tap("grant-look", who=COORDINATORS)
async def look(turn: Turn, grant_id: int) -> Screen:
    """Show coordinators the tool that was handed in, before it goes into the library."""
    grant = _may(turn, await turn.unit.calls.grant(grant_id))
    tool = await turn.unit.materials.get(grant.material_id) if grant.material_id else None
    if tool is None or not tool.ready or grant.state not in GOING:
        return await _again(turn, grant.id)
    return turn.screen(
        lines(
            turn._(
                "Made by: {organisation}", organisation=await organisation_name(turn, grant.organisation_id)
            ),
            tool.link,
        ),
        title=tool.title,
        rows=column(
            Button(turn.p("button", "Into the library"), action("grant-deliver", grant.id)),
            Button(turn.p("button", "Back"), action("grant", grant.id)),
        ),
        attachments=[Attachment(tool.file_id)] if tool.file_id else [],
        private=True,
    )


@tap("grant-deliver", who=COORDINATORS)
async def deliver(turn: Turn, grant_id: int) -> Screen:
    """Put the finished tool into the library under its organisation; with that the grant is delivered."""
    grant = _may(turn, await turn.unit.calls.grant(grant_id))
    tool = await turn.unit.materials.get(grant.material_id) if grant.material_id else None
    if tool is None or not tool.ready:
        return await _again(turn, grant.id)
    if await turn.unit.calls.change_grant(grant.id, GOING, state="delivered", changed_at=turn.now):
        await turn.unit.materials.advance(tool.id, "draft", "published")
        names = await turn.unit.organisations.get(grant.organisation_id)
        known = (names.name_en, names.name_ar, names.name_ku) if names else ()
        await turn.unit.materials.change(tool.id, search_key=search_key(" ".join((tool.title, *known))))
        await _tell_grantee(turn, grant, "delivered")
    return await _again(turn, grant.id)


# --- what coordinators do -----------------------------------------------------------------------------------


async def desk_ways(turn: Turn, one: Call) -> list[list[Button]]:
    """Return the ways from a call to its grants."""
    return [
        [Button(turn.p("button", "Grants"), action("grants", one.id, 0))],
        [Button(turn.p("button", "Add an applicant"), action("grant-add", one.id))],
    ]


DESK_WAYS["grant"] = desk_ways


def _desk_ways(turn: Turn, grant: Grant, steps: list[Milestone]) -> list[list[Button]]:
    moves = [
        Button(turn.say(MOVES[state]), action("grant-stage", grant.id, state))
        for state in next_stages(grant.state)
    ]
    more = grant.state in GOING and len(steps) < MOST_MILESTONES
    return [
        moves,
        [Button(turn.p("button", "New milestone"), action("milestone-new", grant.id))] if more else [],
        [Button(turn.p("button", "Look at the tool"), action("grant-look", grant.id))]
        if grant.material_id and grant.state in GOING
        else [],
    ]


@tap("grants", who=COORDINATORS)
async def listing(turn: Turn, call_id: int, page: int) -> Screen:
    """List who applied under a call, and how far each has come."""
    shown = page_in(await turn.unit.calls.grants_of(call_id), page, 6)
    named = [(await organisation_name(turn, one.organisation_id), one) for one in shown.items]
    return turn.screen(
        lines(
            *(turn._("{name}: {stage}", name=name, stage=turn.say(STAGES[one.state])) for name, one in named)
        )
        or turn._("Nobody has applied yet."),
        title=turn._("Grants"),
        rows=[
            *([Button(shorten(name, 40), action("grant", one.id))] for name, one in named),
            page_buttons(turn, shown, "grants", call_id),
            [Button(turn.p("button", "Back"), action("call-manage", call_id))],
        ],
    )


@tap("grant-add", who=COORDINATORS)
async def add(turn: Turn, call_id: int) -> Screen:
    """Ask which organisation has applied."""
    return await choose_organisation(turn, "grant", 0, str(call_id))


@tap("grant-org", who=COORDINATORS)
async def added(turn: Turn, organisation_id: int, payload: str = "") -> Screen:
    """Note an organisation's application; its focal point is the contact."""
    one = await turn.unit.calls.get(int(payload)) if payload.isdigit() and len(payload) < 12 else None
    organisation = await turn.unit.organisations.get(organisation_id)
    if one is None or one.kind != "grant" or organisation is None:
        raise Outdated("grant")
    profile = await turn.unit.profiles.get(organisation.id)
    grant, _ = await turn.unit.calls.apply(one.id, organisation.id, profile.focal_id, turn.now)
    return await _screen(turn, grant)


@tap("grant-stage", who=COORDINATORS)
async def move(turn: Turn, grant_id: int, state: str) -> Screen:
    """Move a grant on by a stage, once, and tell the grantee."""
    grant = _may(turn, await turn.unit.calls.grant(grant_id))
    if state not in MOVES:
        raise Outdated(state)
    if state in next_stages(grant.state) and await turn.unit.calls.change_grant(
        grant.id, (grant.state,), state=state, changed_at=turn.now
    ):
        await _tell_grantee(turn, grant, state)
    return await _again(turn, grant.id)


@tap("grant-back", who=COORDINATORS)
async def back(turn: Turn, payload: str = "") -> Screen:
    """Go back from choosing an organisation to its call."""
    return await managed(turn, int(payload) if payload.isdigit() and len(payload) < 12 else 0)


# --- what people are told -----------------------------------------------------------------------------------


async def _tell_grantee(turn: Turn, grant: Grant, what: str) -> None:
    if grant.contact_id is not None:
        await turn.unit.outbox.notify_one(
            "grant-news", grant.contact_id, subject=f"grant:{grant.id}", occurrence=what, at=turn.now, args=(grant.id,)
        )  # fmt: skip


async def _tell_desk(turn: Turn, grant: Grant, what: str, which: int = 0) -> None:
    await turn.unit.outbox.notify_roles(
        "grant-desk", *COORDINATORS, subject=f"grant:{grant.id}", occurrence=f"{what}:{which}", at=turn.now,
        args=(grant.id, what),
    )  # fmt: skip


NEWS: dict[str, Message] = {
    "applied": N_("An organisation says that it has applied."),
    "step": N_("A milestone was reached."),
    "tool": N_("A finished tool was handed in."),
}


@notice("grant-desk")
async def tell_desk(turn: Turn, grant_id: int, what: str) -> Screen | None:
    """Tell a coordinator of a step of a grant."""
    grant = await turn.unit.calls.grant(grant_id)
    if grant is None or not turn.member.coordinates or what not in NEWS:
        return None
    return turn.screen(
        paragraphs(
            turn.say(NEWS[what]),
            lines(await organisation_name(turn, grant.organisation_id), await _title(turn, grant)),
        ),
        title=turn._("Small grants"),
        rows=column(
            Button(turn.p("button", "Look at the tool"), action("grant-look", grant.id))
            if what == "tool"
            else None,
            Button(turn.p("button", "Show"), action("grant", grant.id)),
        ),
        lasting=True,
    )


@notice("grant-news")
async def tell_grantee(turn: Turn, grant_id: int) -> Screen | None:
    """Tell a grantee how their grant stands now."""
    return await _to_contact(turn, grant_id, turn._("There is news about your grant."))


@notice("milestone-due")
async def remind(turn: Turn, grant_id: int, milestone_id: int) -> Screen | None:
    """Remind a grantee of a milestone that is due soon."""
    one = await turn.unit.calls.milestone(milestone_id)
    if one is None or one.done:
        return None
    return await _to_contact(turn, grant_id, turn._("A milestone of your grant is due soon."))


async def _to_contact(turn: Turn, grant_id: int, note: str) -> Screen | None:
    grant = await turn.unit.calls.grant(grant_id)
    if grant is None or grant.contact_id != turn.member.id or not _mine(turn, grant):
        return None
    return replace(await _screen(turn, grant, note), lasting=True)


@tick("milestones", every=timedelta(hours=1))
async def remind_of_milestones(tick: Tick) -> None:
    """Remind grantees a week and a day before a milestone is due, by day."""
    if is_quiet(tick.now, tick.community.zone):
        return
    today = tick.now.astimezone(tick.community.zone).date()
    async with tick.unit() as unit:
        for one, grant in await unit.calls.due_milestones(today + timedelta(days=max(DAYS_BEFORE))):
            days = days_due(one.due_on, today) if one.due_on else None
            if days is None or grant.contact_id is None:
                continue
            await unit.outbox.notify_one(
                "milestone-due",
                grant.contact_id,
                subject=f"grant:{grant.id}",
                occurrence=f"due:{one.id}:{one.due_on}:{days}",
                at=tick.now,
                args=(grant.id, one.id),
                topic="reminders",
                expires_at=tick.now.astimezone(UTC) + timedelta(days=1),
            )
