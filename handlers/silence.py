"""People who were silent for eighteen months are asked whether to stay; without an answer they are erased.

Any word from them is an answer. Coordinators are never erased by the clock: the others are told instead.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from handlers.housekeeping import count_ended, owe_scrub
from handlers.kit import Button, Screen, Tick, Turn, action, column, lines, notice, paragraphs, tap, tick
from handlers.menu import menu_button
from handlers.offers import release_seats
from handlers.rules.silence import FIRST_ANSWER, LAST_ANSWER, SILENT, was_asleep
from storage.members import STAFF
from storage.unit import Unit

AT_ONCE = 200
"""So many are asked, or told of, in one transaction."""
ERASED_AT_ONCE = 25
"""So many are erased in one transaction; the rest within the next hours."""
ENDED = "people who were silent"
"""The line of the nightly report."""
ASKED_UNTIL = "silence"
"""A fact: the last day on which the silent were looked for."""


@tick("silence", every=timedelta(hours=1))
async def mind_the_silent(tick: Tick) -> None:
    """Ask, ask a last time, and forget; each once, however often it is called."""
    await _ask_who_is_due(tick)
    async with tick.unit() as unit:
        await erase_the_silent(unit, tick.now)


async def _ask_who_is_due(tick: Tick) -> None:
    """Look once a day; after a pause of the machine, last questions are asked anew before anybody is erased."""
    today = tick.now.date()
    async with tick.unit() as unit:
        last = await unit.facts.get(ASKED_UNTIL)
        if last == today.isoformat():
            return
        if was_asleep(date.fromisoformat(last) if last else None, today):
            await unit.silence.warn_anew()
    for step in (_ask, _warn):
        asked = AT_ONCE
        while asked == AT_ONCE:
            async with tick.unit() as unit:
                asked = await step(unit, tick.now)
    async with tick.unit() as unit:
        await _tell_of_staff(unit, tick.now)
        await unit.facts.put(ASKED_UNTIL, today.isoformat())


async def _ask(unit: Unit, now: datetime) -> int:
    found = await unit.silence.ask((now - SILENT).date(), now.date(), AT_ONCE)
    for member_id in found:
        await _question(unit, member_id, "silent-asked", now, FIRST_ANSWER)
    return len(found)


async def _warn(unit: Unit, now: datetime) -> int:
    found = await unit.silence.warn((now - FIRST_ANSWER).date(), now.date(), AT_ONCE)
    for member_id in found:
        await _question(unit, member_id, "silent-warned", now, LAST_ANSWER)
    return len(found)


async def _question(unit: Unit, member_id: int, kind: str, now: datetime, wait: timedelta) -> None:
    day = now.date()
    await unit.outbox.notify_one(
        kind,
        member_id,
        subject="silence",
        occurrence=day.isoformat(),
        at=now,
        expires_at=now + wait,
        args=((day + wait).toordinal(),),
    )


async def _tell_of_staff(unit: Unit, now: datetime) -> None:
    for member_id in await unit.silence.silent_staff((now - LAST_ANSWER).date(), AT_ONCE):
        await unit.outbox.notify(
            "silent-staff",
            unit.members.holding(STAFF, besides=member_id),
            subject=f"silence:{member_id}",
            occurrence="1",
            at=now,
            args=(member_id,),
        )


async def erase_the_silent(unit: Unit, now: datetime) -> None:
    """Erase people whom not even the last question brought an answer from; the nightly report counts them."""
    gone = await unit.silence.gone((now - LAST_ANSWER).date(), ERASED_AT_ONCE)
    for member_id in gone:
        await release_seats(unit, member_id, now)
        await unit.members.erase(member_id)
        await unit.audit.append("erased-silent", f"member:{member_id}", actor_id=None, at=now)
    if gone:
        await count_ended(unit, {ENDED: len(gone)})
        await owe_scrub(unit)


# --- what people see ----------------------------------------------------------------------------------------


@notice("silent-asked")
async def silent_asked(turn: Turn, until: int) -> Screen | None:
    """Ask whether to stay; nobody is asked who coordinates what they would lose."""
    return _asked(turn, "", date.fromordinal(until) + LAST_ANSWER)


@notice("silent-warned")
async def silent_warned(turn: Turn, until: int) -> Screen | None:
    """Ask a last time."""
    return _asked(turn, turn._("This is our last question about it."), date.fromordinal(until))


def _asked(turn: Turn, last: str, until: date) -> Screen:
    return turn.screen(
        paragraphs(
            turn._("We have not heard from you for a year and a half. Would you like to stay with us?"),
            turn._("You coordinate here, so nothing of yours is deleted by itself; the others are told.")
            if turn.member.coordinates
            else turn._(
                "One tap or one word from you is enough. If we hear nothing from you, we delete everything "
                "that we keep about you after: {day}",
                day=turn.speech.date(datetime.combine(until, time(12), UTC), turn.now),
            ),
            last,
        ),
        title=turn._("Are you still with us?"),
        rows=column(
            Button(turn.p("button", "Stay"), "stay"),
            Button(turn.p("button", "Delete my data"), "delete-me"),
        ),
        lasting=True,
    )


@tap("stay", consent=False)
async def stay(turn: Turn) -> Screen:
    """Thank for the answer: being heard has settled it."""
    return turn.screen(
        turn._("Thank you. Everything stays as it is."),
        title=turn._("Good to have you with us"),
        rows=column(menu_button(turn)),
    )


@notice("silent-staff")
async def silent_staff(turn: Turn, member_id: int) -> Screen | None:
    """Tell another coordinator of a role that nobody seems to use."""
    member = await turn.unit.members.get(member_id)
    if member is None or not (member.coordinates and turn.member.coordinates):
        return None
    return turn.screen(
        lines(
            turn._(
                "This person coordinates here and has not been heard for a year and a half, although we asked twice."
            ),
            turn._("Name: {name}", name=member.name),
            turn._("Please ask them by another way. A role that nobody uses should be taken back."),
        ),
        title=turn._("Safety"),
        rows=column(Button(turn.p("button", "Look at this person"), action("hold-one", member.id))),
        private=True,
        lasting=True,
    )
