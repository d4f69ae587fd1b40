"""Seats that become free: offered to whoever waits longest, held for them a while, then offered to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.events import event_card, kind_line, no_such_event, when_line, where_lines
from handlers.kit import (
    Button,
    Community,
    Screen,
    Template,
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
from handlers.materials import send_published
from handlers.rules.offers import has_stopped, terms
from handlers.rules.seats import next_in_line
from storage.events import Event
from storage.registrations import Registration
from storage.unit import Unit

EVERY = timedelta(seconds=20)


async def fill_seats(unit: Unit, event: Event, now: datetime) -> int:
    """Offer free seats to those who waited longest and return to how many; the event must be held.

    Where no limit is left at all there is nothing to hold for anybody: seats are given at once.
    """
    chosen = next_in_line(event, await unit.registrations.line(event.id), now)
    if not chosen or event.starts_at is None:
        return 0
    if event.capacity is None and event.per_organisation is None:
        await _give(unit, event, chosen, now)
    else:
        await _offer(unit, event, chosen, now)
    return len(chosen)


async def _give(unit: Unit, event: Event, chosen: Sequence[Registration], now: datetime) -> None:
    for one in chosen:
        await unit.registrations.move(one, "confirmed", now)
        await tell_of_seat(unit, event, one, now)


async def tell_of_seat(unit: Unit, event: Event, one: Registration, now: datetime) -> None:
    """Tell somebody that a seat is theirs, and send what those before them got."""
    await _notify(unit, "promoted", event, one, now, occurrence=f"{now.timestamp():.0f}")
    member = await unit.members.get(one.member_id or 0)
    address = await unit.addresses.best(one.member_id or 0)
    if member is not None and address is not None:
        await send_published(Turn(unit, member, address, now, Community()), event.id)


async def _offer(unit: Unit, event: Event, chosen: Sequence[Registration], now: datetime) -> None:
    assert event.starts_at is not None  # noqa: S101
    agreed = terms(event.starts_at, now)
    await unit.registrations.offer(chosen, agreed.until, now)
    for one in chosen:
        until = int(agreed.until.timestamp())
        await _notify(
            unit, "offer", event, one, now, one.id, until, occurrence=f"{until}", not_before=agreed.tell_at
        )


async def _notify(
    unit: Unit,
    kind: str,
    event: Event,
    one: Registration,
    now: datetime,
    *args: int,
    occurrence: str,
    not_before: datetime | None = None,
) -> None:
    await unit.outbox.notify_one(
        kind,
        one.member_id or 0,
        subject=f"event:{event.id}",
        occurrence=f"{one.id}:{occurrence}",
        at=now,
        args=(event.id, *args),
        not_before=not_before,
        expires_at=event.starts_at,
    )


async def shorten_offers(unit: Unit, event: Event, now: datetime) -> None:
    """Let no offer outlast what a new time of the event allows."""
    if event.starts_at is not None:
        latest = now if has_stopped(event, now) else terms(event.starts_at, now).until
        await unit.registrations.clip_offers(event.id, latest)


async def release_seats(unit: Unit, member_id: int, now: datetime) -> None:
    """Free the seats of somebody who is about to be erased, and offer them to those who wait."""
    for event_id in await unit.registrations.upcoming_of(member_id, now):
        event = await unit.events.hold(event_id)
        if event is not None and await unit.registrations.cancel(event_id, member_id, now):
            await fill_seats(unit, event, now)


# --- an offer that runs out ---------------------------------------------------------------------------------


@tick("offers", every=EVERY)
async def pass_on(tick: Tick) -> None:
    """End offers that have run out and offer their seats to the next, each event in a transaction of its own."""
    async with tick.unit() as unit:
        lapsed = await unit.registrations.lapsed(tick.now)
    for event_id in lapsed:
        async with tick.unit() as unit:
            event = await unit.events.hold(event_id)
            if event is not None:
                await _expire(unit, event, tick.now)


async def _expire(unit: Unit, event: Event, now: datetime) -> None:
    for one in await unit.registrations.expire(event.id, now):
        if event.state == "published" and not event.started(now):
            await _notify(unit, "offer-over", event, one, now, occurrence="over")
    await fill_seats(unit, event, now)


@notice("offer-over")
async def offer_over(turn: Turn, event_id: int) -> Screen | None:
    """Tell somebody that a seat is no longer held for them."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.state != "published" or event.started(turn.now) or mine is not None:
        return None
    return turn.screen(
        paragraphs(
            turn._("The time to take the seat is over, and it goes to the next person in line."),
            when_line(turn, event),
            turn._("If you would still like to come, you can ask for a seat again."),
        ),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "See the event"), action("event", event.id))),
        lasting=True,
    )


# --- an offer and its answer --------------------------------------------------------------------------------


@notice("offer")
async def offer(turn: Turn, event_id: int, registration_id: int, until: int) -> Screen | None:
    """Offer somebody who waited a seat: which event, when, and until when they can take it."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.state != "published" or mine is None or mine.offer_until is None:
        return None
    if mine.id != registration_id or mine.state != "offered" or mine.offer_until <= turn.now:
        return None
    held_until = turn.speech.moment(mine.offer_until, turn.now)
    return turn.screen(
        paragraphs(
            turn._("Good news: a seat is free for you. Would you like to come?"),
            lines(kind_line(turn, event), when_line(turn, event), where_lines(turn, event, inside=False)),
            turn._("The seat is held for you until: {moment}", moment=held_until),
        ),
        title=event.title(turn.lang),
        rows=column(*offer_buttons(turn, event)),
        lasting=True,
        template=Template("seat_offered", (event.title(turn.lang), when_line(turn, event), held_until)),
    )


def offer_buttons(turn: Turn, event: Event) -> list[Button]:
    """Return the two answers to an offer."""
    return [
        Button(turn.p("button", "Yes, I am coming"), action("offer-yes", event.id)),
        Button(turn.p("button", "No, thank you"), action("offer-no", event.id)),
    ]


@tap("offer-yes")
async def accept(turn: Turn, event_id: int) -> Screen:
    """Take the seat that is held, if it still is."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if mine is None or mine.state != "offered" or event.state != "published":
        return await event_card(turn, event, await _no_offer(turn, mine))
    if mine.offer_until is None or mine.offer_until <= turn.now or event.started(turn.now):
        await turn.unit.registrations.move(mine, "expired", turn.now)
        await fill_seats(turn.unit, event, turn.now)
        return await event_card(turn, event, turn._("The time to take this seat is over."))
    await turn.unit.registrations.move(mine, "confirmed", turn.now)
    await send_published(turn, event.id)
    return await event_card(turn, event, turn._("You are registered. Good to have you with us!"))


async def _no_offer(turn: Turn, mine: Registration | None) -> str:
    if mine is not None and mine.state == "confirmed":
        return turn._("You had registered already. Nothing has changed.")
    return turn._("No seat is held for you any more.")


@tap("offer-no")
async def refuse(turn: Turn, event_id: int) -> Screen:
    """Decline an offer or an invitation; a seat that was held goes to the next at once."""
    event = await turn.unit.events.hold(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if mine is None or mine.state not in ("offered", "invited"):
        return await event_card(turn, event, await _no_offer(turn, mine))
    await turn.unit.registrations.move(mine, "refused", turn.now)
    await fill_seats(turn.unit, event, turn.now)
    return await event_card(turn, event, turn._("Thank you for telling us."))


@notice("promoted")
async def promoted(turn: Turn, event_id: int) -> Screen | None:
    """Tell somebody that a seat is theirs now."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.registrations.of(event_id, turn.member.id)
    if event is None or event.state != "published" or event.started(turn.now):
        return None
    if mine is None or mine.state != "confirmed":
        return None
    return turn.screen(
        paragraphs(
            turn._("Good news: you have a seat. You are registered."),
            lines(kind_line(turn, event), when_line(turn, event), where_lines(turn, event, inside=True)),
            turn._("If you can't come, please cancel so that somebody else can."),
        ),
        title=event.title(turn.lang),
        rows=column(*seat_buttons(turn, event)),
        lasting=True,
        private=bool(event.join_link),
    )


def seat_buttons(turn: Turn, event: Event) -> list[Button]:
    """Return what somebody with a seat can do in a message about it."""
    return [
        Button(turn.p("button", "See the event"), action("event", event.id)),
        Button(turn.p("button", "Add to calendar"), action("calendar", event.id)),
        Button(turn.p("button", "Cancel registration"), action("unregister", event.id)),
    ]
