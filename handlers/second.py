"""The second person: what one coordinator asks for, another looks at and agrees to, with a minute to undo it.

What needs a second person is a line of ACTS, put there by the capability that does it. Exactly what was shown is
done: whatever changes meanwhile makes the yes void.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.kit import (
    COORDINATORS,
    Button,
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
from handlers.rules.approving import (
    ALONE_AFTER,
    UNDO,
    VALID,
    Signed,
    Verdict,
    can_be_needed,
    digest,
    is_needed,
    judge,
    may_go_alone,
    still_as_signed,
)
from locales import N_, Message
from storage.approvals import OPEN, Approval
from storage.members import STAFF
from storage.unit import Unit

Args = tuple[int | str, ...]
RULE_OFF = "second-person"
HALTED = "halted"
DAY = timedelta(days=1)
SHOWN = 12
"""So much of the digest a button carries."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that may need a second person.

    `sign` says what would be done now, None where there is nothing to do any more; `show` shows it to whoever has
    to agree; `do` does it. `always`: however few people it reaches. `sends`: it is writing to people.
    """

    what: Message
    sign: Callable[[Unit, Args], Awaitable[Signed | None]]
    show: Callable[[Turn, Args], Awaitable[Screen]]
    do: Callable[[Unit, Args, int, datetime], Awaitable[None]]
    always: bool = False
    sends: bool = False


ACTS: dict[str, Act] = {}


async def second_person(turn: Turn, name: str, *args: int | str) -> Screen | None:
    """Ask a second person where one is needed and show that; None where it may be done at once."""
    act = ACTS[name]
    halted = act.sends and bool(await turn.unit.facts.get(HALTED))
    staff = await turn.unit.approvals.staff()
    off = await turn.unit.facts.get(RULE_OFF) == "off"
    if not halted and not can_be_needed(staff, turn.member.id, off=off):
        # Whom it would reach is counted only where that decides anything: in a large community it takes seconds.
        return None
    signed = await act.sign(turn.unit, args)
    if signed is None:
        return None
    if halted:
        return _halted_screen(turn)
    reached = signed.people
    if act.sends:
        reached += await turn.unit.approvals.written_to(turn.member.id, turn.now - DAY)
    if not is_needed(staff, turn.member.id, off=off, people=reached, always=act.always):
        return None
    asked = await turn.unit.approvals.ask(
        name,
        args,
        signed=signed.digest,
        people=signed.people,
        asker_id=turn.member.id,
        at=turn.now,
        ends_at=turn.now + VALID,
    )
    if await _tell_others(turn, asked, "approval-asked"):
        await _note(turn, asked, "asked")
    return await _status(turn, asked)


async def _note(turn: Turn, asked: Approval, what: str) -> None:
    """Write down who did what about it."""
    subject = f"{asked.subject}:{asked.act}"
    await turn.unit.audit.append(f"second-{what}", subject, actor_id=turn.member.id, at=turn.now)


async def _tell_others(turn: Turn, asked: Approval, kind: str, occurrence: str = "1") -> int:
    return await turn.unit.outbox.notify(
        kind,
        turn.unit.members.holding(STAFF, besides=turn.member.id),
        subject=asked.subject,
        occurrence=occurrence,
        at=turn.now,
        args=(asked.id,),
    )


# --- what the asker sees ------------------------------------------------------------------------------------


async def _status(turn: Turn, asked: Approval, note: str = "") -> Screen:
    lock = await turn.unit.pins.get(turn.member.id)
    mine = asked.asker_id == turn.member.id
    alone = mine and asked.state == "waiting" and may_go_alone(lock.set_at if lock else None, turn.now)
    ready = asked.state in ("alone", "approved")
    return turn.screen(
        paragraphs(_described(turn, asked), _stands(turn, asked)),
        title=turn._("A second person"),
        rows=column(
            Button(turn.p("button", "Alone, in 30 minutes"), action("approval-alone", asked.id))
            if alone
            else None,
            Button(turn.p("button", "Undo"), action("approval-undo", asked.id))
            if ready or (mine and asked.state == "waiting")
            else None,
            Button(turn.p("button", "Back"), "coordinate"),
        ),
        note=note,
    )


def _described(turn: Turn, asked: Approval) -> str:
    return lines(
        turn._("Asked for: {what}", what=turn.say(ACTS[asked.act].what)),
        turn._("People whom it reaches: {count}", count=asked.people) if asked.people else "",
    )


def _stands(turn: Turn, asked: Approval) -> str:
    until = turn.speech.moment(asked.runs_at or asked.ends_at, turn.now)
    late = asked.state == "waiting" and turn.now >= asked.ends_at
    match "late" if late else asked.state:
        case "waiting":
            return turn._(
                "Another coordinator has to agree. They have been asked, until: {moment}", moment=until
            )
        case "alone":
            return turn._(
                "It happens without a second person unless somebody stops it: {moment}", moment=until
            )
        case "approved":
            return turn._("It was agreed to, and happens in a minute unless somebody undoes it.")
        case "done":
            return turn._("It was agreed to and done.")
        case "declined":
            return turn._("Another coordinator declined it.")
        case "undone":
            return turn._("It was taken back.")
        case "late":
            return turn._("Nobody agreed in time. Please ask again.")
    return turn._(
        "Something about it changed meanwhile, so the agreement no longer counts. Please ask again."
    )


def _gone(turn: Turn) -> Screen:
    return turn.screen(
        turn._("This is no longer asked for."), rows=column(Button(turn.p("button", "Back"), "coordinate"))
    )


@tap("approvals", who=COORDINATORS)
async def approvals(turn: Turn) -> Screen:
    """List what waits for a second person."""
    waiting = await turn.unit.approvals.waiting(turn.now)
    numbered = list(enumerate(waiting[:6], 1))
    return turn.screen(
        lines(
            *(
                turn._("{number}. {what}", number=number, what=turn.say(ACTS[one.act].what))
                for number, one in numbered
            )
        )
        or turn._("Nothing waits for a second person."),
        title=turn._("A second person"),
        rows=[
            [
                Button(turn._("No. {number}", number=number), action("approval", one.id))
                for number, one in numbered
            ],
            [Button(turn.p("button", "Back"), "coordinate")],
        ],
    )


@tap("approval-alone", who=COORDINATORS)
async def alone(turn: Turn, approval_id: int) -> Screen:
    """Go ahead without a second person, after a delay in which everybody can stop it."""
    asked = await turn.unit.approvals.get(approval_id)
    lock = await turn.unit.pins.get(turn.member.id)
    if asked is None or asked.asker_id != turn.member.id:
        return _gone(turn)
    if turn.now < asked.ends_at and may_go_alone(lock.set_at if lock else None, turn.now):
        runs = turn.now + ALONE_AFTER
        if await turn.unit.approvals.advance(
            asked.id, ("waiting",), "alone", runs_at=runs, ends_at=runs + VALID
        ):
            await _tell_others(turn, asked, "approval-asked", "alone")
            await _note(turn, asked, "alone")
    return await _status(turn, await turn.unit.approvals.get(asked.id) or asked)


# --- what the second person sees ----------------------------------------------------------------------------


@notice("approval-asked")
async def approval_asked(turn: Turn, approval_id: int) -> Screen | None:
    """Ask another coordinator."""
    asked = await turn.unit.approvals.get(approval_id)
    if asked is None or asked.state not in ("waiting", "alone") or not turn.member.coordinates:
        return None
    asker = await turn.unit.members.get(asked.asker_id)
    return turn.screen(
        paragraphs(
            turn._("Asked by: {name}", name=asker.name if asker else ""),
            _described(turn, asked),
            _stands(turn, asked)
            if asked.state == "alone"
            else turn._(
                "Please look at it and answer until: {moment}",
                moment=turn.speech.moment(asked.ends_at, turn.now),
            ),
        ),
        title=turn._("A second person is needed"),
        rows=[
            [
                Button(turn.p("button", "Look at it"), action("approval", asked.id)),
                Button(turn.p("button", "Decline"), action("approval-no", asked.id)),
            ]
        ],
        private=True,
        lasting=True,
    )


@tap("approval", who=COORDINATORS)
async def approval(turn: Turn, approval_id: int) -> Screen:
    """Show exactly what would be done, and ask."""
    asked = await turn.unit.approvals.get(approval_id)
    if asked is None or asked.act not in ACTS:
        return _gone(turn)
    if (
        asked.asker_id == turn.member.id
        or asked.state not in ("waiting", "alone")
        or turn.now >= asked.ends_at
    ):
        return await _status(turn, asked)
    shown = await ACTS[asked.act].show(turn, asked.args)
    return shown.followed_by(
        turn.screen(
            paragraphs(_described(turn, asked), turn._("This is exactly what would be done. Do you agree?")),
            title=turn._("A second person"),
            rows=[
                [
                    Button(
                        turn.p("button", "I agree"), action("approval-yes", asked.id, asked.signed[:SHOWN])
                    ),
                    Button(turn.p("button", "Decline"), action("approval-no", asked.id)),
                ],
                [Button(turn.p("button", "Back"), "coordinate")],
            ],
        )
    )


@tap("approval-yes", who=COORDINATORS)
async def agree(turn: Turn, approval_id: int, seen: str) -> Screen:
    """Agree, if this yes counts; it is done a minute later."""
    asked = await turn.unit.approvals.get(approval_id)
    if asked is None or asked.act not in ACTS:
        return _gone(turn)
    signed = await ACTS[asked.act].sign(turn.unit, asked.args)
    match judge(asked, turn.member, signed, seen, turn.now):
        case Verdict.COUNTS:
            runs = turn.now + UNDO
            fields = {"approver_id": turn.member.id, "runs_at": runs, "ends_at": runs + timedelta(hours=1)}
            await turn.unit.approvals.advance(asked.id, ("waiting", "alone"), "approved", **fields)
            await _note(turn, asked, "agreed")
            await tell_one(turn.unit, asked.asker_id, asked, "approved", turn.now)
        case Verdict.CHANGED | Verdict.GREW:
            await turn.unit.approvals.advance(asked.id, ("waiting", "alone"), "void")
        case Verdict.OWN:
            return await _status(turn, asked, turn._("This has to be another person."))
        case _:
            pass
    return await _status(turn, await turn.unit.approvals.get(asked.id) or asked)


@tap("approval-no", who=COORDINATORS)
async def decline(turn: Turn, approval_id: int) -> Screen:
    """Say no, also to what was to happen without a second person."""
    return await _end(turn, approval_id, "declined")


@tap("approval-undo", who=COORDINATORS)
async def undo(turn: Turn, approval_id: int) -> Screen:
    """Take it back within its minute, whoever asked or agreed."""
    return await _end(turn, approval_id, "undone")


async def _end(turn: Turn, approval_id: int, state: str) -> Screen:
    asked = await turn.unit.approvals.get(approval_id)
    if asked is None or asked.act not in ACTS:
        return _gone(turn)
    if await turn.unit.approvals.advance(asked.id, OPEN, state):
        await _note(turn, asked, state)
        for one in {asked.asker_id, asked.approver_id} - {turn.member.id, None}:
            assert one is not None  # noqa: S101 - None was taken out
            await tell_one(turn.unit, one, asked, state, turn.now)
    return await _status(turn, await turn.unit.approvals.get(asked.id) or asked)


async def tell_one(unit: Unit, member_id: int, asked: Approval, state: str, now: datetime) -> None:
    """Tell somebody how what was asked for stands."""
    options = {"subject": asked.subject, "occurrence": state, "at": now, "args": (asked.id,)}
    await unit.outbox.notify_one("approval-stands", member_id, **options)


@notice("approval-stands")
async def approval_stands(turn: Turn, approval_id: int) -> Screen | None:
    """Say how it stands."""
    asked = await turn.unit.approvals.get(approval_id)
    return await _status(turn, asked) if asked is not None and turn.member.coordinates else None


# --- doing it -----------------------------------------------------------------------------------------------


@tick("approvals", every=timedelta(seconds=5))
async def carry_out(tick: Tick) -> None:
    """Do what was agreed to, if it is still exactly that and everybody concerned still coordinates."""
    async with tick.unit() as unit:
        due = await unit.approvals.due(tick.now)
    for one in due:
        async with tick.unit() as unit:
            await _carry_out(unit, one, tick.now)


async def _carry_out(unit: Unit, one: Approval, now: datetime) -> None:
    act = ACTS.get(one.act)
    signed = await act.sign(unit, one.args) if act else None
    good = still_as_signed(one, signed) is Verdict.COUNTS and await _all_stand(unit, one)
    if act is not None and act.sends and await unit.facts.get(HALTED):
        good = False
    if not await unit.approvals.advance(one.id, ("alone", "approved"), "done" if good else "void"):
        return
    ended = "second-done" if good else "second-void"
    await unit.audit.append(ended, f"{one.subject}:{one.act}", actor_id=one.asker_id, at=now)
    if good and act is not None:
        await act.do(unit, one.args, one.asker_id, now)
    for person in {one.asker_id, one.approver_id} - {None}:
        assert person is not None  # noqa: S101 - None was taken out
        await tell_one(unit, person, one, "done" if good else "void", now)


async def _all_stand(unit: Unit, one: Approval) -> bool:
    people = [one.asker_id, *([one.approver_id] if one.state == "approved" and one.approver_id else [])]
    if one.state == "approved" and one.approver_id is None:
        return False
    found = await unit.members.many(people)
    return len(found) == len(people) and all(member.coordinates and not member.hold for member in found)


# --- the rule itself, and the stop for everything -----------------------------------------------------------


@tap("second-rule", who=COORDINATORS)
async def rule(turn: Turn) -> Screen:
    """Say whether a second person is asked, and offer to change that."""
    return await _rule_screen(turn)


async def _rule_screen(turn: Turn, note: str = "") -> Screen:
    off = await turn.unit.facts.get(RULE_OFF) == "off"
    others = set(await turn.unit.approvals.staff()) - {turn.member.id}
    halted = bool(await turn.unit.facts.get(HALTED))
    return turn.screen(
        paragraphs(
            turn._(
                "Messages to many people, roles and joining two records need the yes of a second coordinator. "
                "Then a stolen phone can do little harm."
            ),
            turn._("This is switched off here: one coordinator alone can do all of it.") if off else "",
            turn._("You are the only coordinator, so nobody can be asked. A second one makes this safer.")
            if not others
            else "",
            turn._("All sending is stopped.") if halted else "",
        ),
        title=turn._("A second person"),
        rows=column(
            Button(turn.p("button", "What waits"), "approvals"),
            Button(turn.p("button", "Switch on"), "second-on")
            if off
            else Button(turn.p("button", "Switch off"), "second-off"),
            Button(turn.p("button", "Let sending go on"), "halt-end")
            if halted
            else Button(turn.p("button", "Stop all sending"), "halt"),
            Button(turn.p("button", "Back"), "safety"),
        ),
        note=note,
    )


@tap("second-on", who=COORDINATORS)
async def switch_on(turn: Turn) -> Screen:
    """Ask a second person from now on."""
    await turn.unit.facts.put(RULE_OFF, "")
    await turn.unit.audit.append("second-on", actor_id=turn.member.id, at=turn.now)
    return await _rule_screen(turn)


@tap("second-off", who=COORDINATORS)
async def switch_off(turn: Turn) -> Screen:
    """Ask first: whoever switches this off should know what it means."""
    return turn.screen(
        turn._(
            "Without this rule, whoever gets hold of one coordinator's phone can write to everybody. Are you sure?"
        ),
        title=turn._("A second person"),
        rows=column(
            Button(turn.p("button", "Keep it"), "second-rule"),
            Button(turn.p("button", "Yes, switch it off"), "second-off-yes"),
        ),
    )


@tap("second-off-yes", who=COORDINATORS)
async def switch_off_knowingly(turn: Turn) -> Screen:
    """Switch it off: at once where nobody else coordinates, else with a second person's yes."""
    if asked := await second_person(turn, "rule-off"):
        return asked
    await _switch_off(turn.unit, (), turn.member.id, turn.now)
    return await _rule_screen(turn)


async def _switch_off(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    await unit.facts.put(RULE_OFF, "off")
    await unit.audit.append("second-off", actor_id=asker_id, at=now)


@tap("halt", who=COORDINATORS)
async def halt(turn: Turn) -> Screen:
    """Stop everything that is being sent to many, and whatever was agreed to and has not happened."""
    if not await turn.unit.facts.get(HALTED):
        await turn.unit.facts.put(HALTED, turn.now.isoformat())
        await turn.unit.approvals.stop_all()
        await turn.unit.audit.append("halt", actor_id=turn.member.id, at=turn.now)
        for found in await turn.unit.announcements.under_way():
            await turn.unit.announcements.advance(found.id, ("sending",), "paused")
            await turn.unit.outbox.pause(found.subject, "announcement")
        await turn.unit.outbox.stop_broadcasts("announcement", now=turn.now)
        await turn.unit.outbox.notify(
            "halted",
            turn.unit.members.holding(STAFF, besides=turn.member.id),
            subject="halt",
            occurrence=turn.now.isoformat(),
            at=turn.now,
        )
    return _halted_screen(turn)


@notice("halted")
async def halted(turn: Turn) -> Screen:
    """Tell the other coordinators."""
    return _halted_screen(turn)


async def while_halted(turn: Turn) -> Screen | None:
    """Say that all sending is stopped, where it is."""
    return _halted_screen(turn) if await turn.unit.facts.get(HALTED) else None


def _halted_screen(turn: Turn) -> Screen:
    return turn.screen(
        turn._(
            "A coordinator has stopped all sending to many people. Nothing more goes out until it is let go on."
        ),
        title=turn._("All sending is stopped"),
        rows=column(
            Button(turn.p("button", "Let sending go on"), "halt-end"),
            Button(turn.p("button", "Back"), "coordinate"),
        ),
    )


@tap("halt-end", who=COORDINATORS)
async def let_go_on(turn: Turn) -> Screen:
    """Let sending go on, with a second person's yes; what was paused stays so until somebody goes on with it."""
    if not await turn.unit.facts.get(HALTED):
        return await _rule_screen(turn)
    if asked := await second_person(turn, "halt-end"):
        return asked
    await _end_halt(turn.unit, (), turn.member.id, turn.now)
    return await _rule_screen(turn)


async def _end_halt(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    await unit.facts.put(HALTED, "")
    await unit.audit.append("halt-end", actor_id=asker_id, at=now)


async def _sign_off(unit: Unit, args: Args) -> Signed | None:
    return None if await unit.facts.get(RULE_OFF) == "off" else Signed(digest(RULE_OFF, "off"))


async def _sign_end(unit: Unit, args: Args) -> Signed | None:
    since = await unit.facts.get(HALTED)
    return Signed(digest(HALTED, since)) if since else None


def _saying(message: Message) -> Callable[[Turn, Args], Awaitable[Screen]]:
    async def show(turn: Turn, args: Args) -> Screen:
        return turn.screen(turn.say(message))

    return show


ACTS["rule-off"] = Act(
    N_("to ask no second person any more"),
    _sign_off,
    _saying(N_("From then on one coordinator alone could write to everybody, give roles and join records.")),
    _switch_off,
    always=True,
)
ACTS["halt-end"] = Act(
    N_("to let sending go on"),
    _sign_end,
    _saying(N_("Messages to many people could then go out again.")),
    _end_halt,
    always=True,
)
