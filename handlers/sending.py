"""Sending announcements: now or at an hour, paused, resumed, stopped, tried again. Each tap counts once."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.announcement_result import tell_author
from handlers.announcements import preview, review, shown_to_the_second, version_of
from handlers.kit import (
    COORDINATORS,
    Button,
    Reply,
    Screen,
    Tick,
    Turn,
    action,
    answer,
    paragraphs,
    tap,
    tick,
)
from handlers.rules.announcing import RETRIED, Hour, hour_for, minute_of, moment_of, progress_of
from handlers.rules.approving import Signed, digest
from handlers.second import ACTS, HALTED, Act, Args, second_person, while_halted
from locales import BAGHDAD, N_, parse_moment
from storage.announcements import TOPIC, Announcement
from storage.moments import Arming
from storage.outbox import BROADCAST
from storage.unit import Unit

KIND = "announcement"
NOW = 0
"""Instead of the minute in which it is to go out."""
STILL_USEFUL = timedelta(hours=6)
"""So late may a planned announcement still go out by itself; later its author is asked."""


@tap("announcement-send", who=COORDINATORS, patient=True)
async def send(turn: Turn, announcement_id: int, seen: str) -> Screen:
    """Send what was previewed, once, however often this is tapped."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or not found.texts:
        return await review(turn, announcement_id)
    if found.state == "draft" and seen != version_of(found):
        return await _look_again(turn, announcement_id)
    if found.state == "draft" and (asked := await second_person(turn, KIND, found.id, NOW)):
        return asked
    first = await _send_out(turn.unit, found, ("draft",), turn.now, turn.member.id)
    return await review(turn, found.id, "" if first else turn._("It is on its way already."))


@tap("announcement-now", who=COORDINATORS, patient=True)
async def send_now(turn: Turn, announcement_id: int) -> Screen:
    """Send now what was to wait for its hour, or missed it."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is not None and found.state in ("scheduled", "missed"):
        if asked := await second_person(turn, KIND, found.id, NOW):
            return asked
        await _send_out(turn.unit, found, ("scheduled", "missed"), turn.now, turn.member.id)
    return await review(turn, announcement_id)


async def _send_out(
    unit: Unit, found: Announcement, before: tuple[str, ...], now: datetime, author_id: int | None
) -> bool:
    """Freeze the audience: one row for each person, in one statement. False where it went out before."""
    if not await unit.announcements.advance(
        found.id, before, "sending", confirmed_at=now, author_id=author_id, finished_at=None
    ):
        return False
    people = await unit.outbox.notify(
        "announcement",
        found.audience.recipients(),
        subject=found.subject,
        occurrence="1",
        at=now,
        args=(found.id,),
        lane=BROADCAST,
        topic=TOPIC,
    )
    await unit.announcements.reaches(found.id, people)
    await unit.audit.append("sent", f"{found.subject}:{people}", actor_id=author_id, at=now)
    return True


async def _look_again(turn: Turn, announcement_id: int) -> Screen:
    changed = turn._("The draft has changed since. Please look again.")
    return (await preview(turn, announcement_id)).noting(changed)


# --- at an hour ---------------------------------------------------------------------------------------------


@tap("announcement-later", who=COORDINATORS)
async def ask_hour(turn: Turn, announcement_id: int, seen: str) -> Screen:
    """Ask when it is to go out."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or found.state != "draft":
        return await review(turn, announcement_id)
    example = (turn.now + timedelta(days=1)).astimezone(BAGHDAD).strftime("%d/%m 10:00")
    return turn.screen(
        turn._(
            "When is it to go out, in Baghdad time? Write day and time, for example: {example}",
            example=example,
        ),
        title=turn._("Send later"),
        rows=[[Button(turn.p("button", "Back"), action("announcement", found.id))]],
        ask=action("announcement-later", found.id, seen),
    )


@answer("announcement-later", who=COORDINATORS)
async def hour_given(turn: Turn, reply: Reply, announcement_id: int, seen: str) -> Screen:
    """Take the hour, say what follows from it, and ask for a yes."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or found.state != "draft":
        return await review(turn, announcement_id)
    moment = parse_moment(reply.text, turn.now, BAGHDAD)
    match hour_for(moment, turn.now):
        case Hour.FITS if moment is not None:
            return await _ask_yes(turn, found, seen, moment)
        case Hour.NIGHT:
            fault = turn._("That is at night. Choose an hour between 8:00 and 21:00.")
        case Hour.TOO_FAR:
            fault = turn._("That is too far away: at most 90 days.")
        case Hour.PAST:
            fault = turn._("That hour has passed already.")
        case _:
            fault = turn._("That could not be read as a day and a time.")
    return (await ask_hour(turn, announcement_id, seen)).noting(fault)


async def _ask_yes(turn: Turn, found: Announcement, seen: str, moment: datetime) -> Screen:
    reach = await turn.unit.announcements.reach(found.audience)
    planned = action("announcement-schedule", found.id, seen, minute_of(moment))
    return turn.screen(
        paragraphs(
            turn._("It will go out: {moment}", moment=turn.speech.moment(moment, turn.now)),
            turn.n(
                "It would reach {count} person as things stand now.",
                "It would reach {count} people as things stand now.",
                reach.total,
            ),
            turn._("Until then you can take it back or send it at once."),
        ),
        title=turn._("Send later"),
        rows=[
            [Button(turn.p("button", "Yes, at that hour"), planned)],
            [
                Button(turn.p("button", "Another hour"), action("announcement-later", found.id, seen)),
                Button(turn.p("button", "Back"), action("announcement", found.id)),
            ],
        ],
    )


@tap("announcement-schedule", who=COORDINATORS)
async def schedule(turn: Turn, announcement_id: int, seen: str, minute: int) -> Screen:
    """Let what was previewed wait for its hour."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or found.state != "draft" or not found.texts:
        return await review(turn, announcement_id)
    moment = moment_of(minute)
    if seen != version_of(found):
        return await _look_again(turn, announcement_id)
    if hour_for(moment, turn.now) is not Hour.FITS or moment is None:
        return (await ask_hour(turn, announcement_id, seen)).noting(turn._("That hour has passed already."))
    if asked := await second_person(turn, KIND, found.id, minute):
        return asked
    await _plan(turn.unit, found, moment, turn.now, turn.member.id)
    return await review(turn, found.id)


async def _plan(unit: Unit, found: Announcement, moment: datetime, now: datetime, author_id: int) -> None:
    if await unit.announcements.advance(
        found.id, ("draft",), "scheduled", confirmed_at=now, send_at=moment, author_id=author_id
    ):
        arming = Arming(str(minute_of(moment)), moment, moment + STILL_USEFUL)
        await unit.moments.arm(KIND, found.id, [arming])


@tap("announcement-unschedule", who=COORDINATORS)
async def unschedule(turn: Turn, announcement_id: int) -> Screen:
    """Make it a draft again."""
    if await turn.unit.announcements.advance(
        announcement_id, ("scheduled", "missed"), "draft", send_at=None, confirmed_at=None
    ):
        await turn.unit.moments.withdraw(KIND, announcement_id)
    return await review(turn, announcement_id)


@tick("announcement-hours", every=timedelta(seconds=10))
async def at_their_hours(tick: Tick) -> None:
    """Send what is due; what is due for too long is not sent by itself any more, and its author is told."""
    async with tick.unit() as unit:
        if await unit.facts.get(HALTED):
            return
        for moment in await unit.moments.due(KIND, tick.now):
            found = await unit.announcements.get(moment.subject_id)
            missed = moment.useful_until is not None and moment.useful_until < tick.now
            settled = await unit.moments.settle(moment.id, "missed" if missed else "done", tick.now)
            if found is None or not settled or found.send_at != moment.due_at:
                continue
            if not missed:
                await _send_out(unit, found, ("scheduled",), tick.now, found.author_id)
            elif await unit.announcements.advance(found.id, ("scheduled",), "missed"):
                await tell_author(unit, found, progress_of({}), tick.now)


# --- while it runs, and after -------------------------------------------------------------------------------


@tap("announcement-pause", who=COORDINATORS)
async def pause(turn: Turn, announcement_id: int) -> Screen:
    """Keep what has not gone out yet back, until somebody says otherwise."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is not None and await turn.unit.announcements.advance(found.id, ("sending",), "paused"):
        await turn.unit.outbox.pause(found.subject, KIND)
        return await review(turn, found.id, turn._("Paused. Nobody else gets it until you go on."))
    return await review(turn, announcement_id)


@tap("announcement-resume", who=COORDINATORS)
async def resume(turn: Turn, announcement_id: int) -> Screen:
    """Go on with what was kept back."""
    if stopped := await while_halted(turn):
        return stopped
    found = await turn.unit.announcements.get(announcement_id)
    if found is not None and await turn.unit.announcements.advance(found.id, ("paused",), "sending"):
        await turn.unit.outbox.resume(found.subject, KIND, now=turn.now)
    return await review(turn, announcement_id)


@tap("announcement-stop", who=COORDINATORS)
async def stop(turn: Turn, announcement_id: int) -> Screen:
    """Stop what has not gone out yet."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is not None and await turn.unit.announcements.advance(
        found.id, ("sending", "paused", "done"), "stopped", finished_at=turn.now
    ):
        await turn.unit.outbox.withdraw(found.subject, now=turn.now, kind="announcement")
        return await review(turn, found.id, turn._("Stopped. Those who have it already keep it."))
    return await review(turn, announcement_id)


@tap("announcement-again", who=COORDINATORS)
async def again(turn: Turn, announcement_id: int, state: str) -> Screen:
    """Try once more for those whom it failed for, or of whom nobody knows; the coordinator decides."""
    if stopped := await while_halted(turn):
        return stopped
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or state not in ("failed", "unknown"):
        return await review(turn, announcement_id)
    if await turn.unit.announcements.advance(
        found.id, ("done", "stopped"), "sending", confirmed_at=turn.now, finished_at=None
    ):
        states = RETRIED if state == "failed" else {"unknown": ()}
        for one, reasons in states.items():
            await turn.unit.outbox.again(found.subject, one, now=turn.now, reasons=reasons)
    return await review(turn, announcement_id)


# --- with a second person -----------------------------------------------------------------------------------


async def _sign(unit: Unit, args: Args) -> Signed | None:
    """Sign texts, audience, file and hour, and how many people it would reach now."""
    announcement_id, minute = (int(one) for one in args)
    found = await unit.announcements.get(announcement_id)
    if found is None or not found.texts or found.state not in ("draft", "scheduled", "missed"):
        return None
    reach = await unit.announcements.reach(found.audience)
    texts = sorted(found.texts.items())
    return Signed(digest(texts, found.audience, found.file_id, found.event_id, minute), reach.total)


async def _show(turn: Turn, args: Args) -> Screen:
    found = await turn.unit.announcements.get(int(args[0]))
    if found is None:
        return await review(turn, int(args[0]))
    return await shown_to_the_second(turn, found, moment_of(int(args[1])) if args[1] else None)


async def _do(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    found = await unit.announcements.get(int(args[0]))
    moment = moment_of(int(args[1])) if args[1] else None
    if found is None:
        return
    if moment is not None and hour_for(moment, now) is Hour.FITS:
        await _plan(unit, found, moment, now, asker_id)
    elif moment is None:
        await _send_out(unit, found, ("draft", "scheduled", "missed"), now, asker_id)


ACTS[KIND] = Act(N_("an announcement"), _sign, _show, _do, sends=True)
