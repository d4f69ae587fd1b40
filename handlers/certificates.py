"""Certificates: for those who were there often enough, in two languages, with a number that anybody can check."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.events import event_card, no_such_event
from handlers.kit import (
    Attachment,
    Button,
    Outdated,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    aside,
    column,
    lines,
    notice,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.pages import numbered_label, page_buttons, page_of
from handlers.printing import Column, Foot, certificate_page
from handlers.rules.attendance import who_completed
from handlers.rules.days import days_of
from locales import NP_, Language, Message, clean, speech, to_ascii_digits
from storage.certificates import Certificate
from storage.events import Event
from storage.invitations import grouped
from storage.unit import Unit

SHORTEST_NAME, LONGEST_NAME = 3, 70
LONGEST_NUMBER = 40
FILE_LASTS = timedelta(days=2)
SECOND: dict[Language, Message] = {
    "ar": NP_("button", "English and Arabic"),
    "ku": NP_("button", "English and Kurdish"),
}
"""The languages that stand beside English."""


async def settle_certificates(unit: Unit, event: Event, now: datetime) -> int:
    """Let those who completed an event have its certificate, and nobody else; return how many got it new.

    Only once every day is closed. The event must be held.
    """
    if not event.certificate or event.state != "published":
        return 0
    days = {day.number for day in days_of(event)}
    closed = await unit.attendance.closed_days(event.id)
    present = await unit.attendance.present_days(event.id) if days and days <= closed else {}
    holders = who_completed(event.certificate, len(days), present)
    new = await unit.certificates.settle(event.id, holders, now)
    for member_id in new:
        await unit.outbox.notify_one(
            "certificate-ready",
            member_id,
            subject=f"event:{event.id}",
            occurrence="certificate",
            at=now,
            args=(event.id,),
        )
    return len(new)


@notice("certificate-ready")
async def certificate_ready(turn: Turn, event_id: int) -> Screen | None:
    """Tell somebody that a certificate is theirs."""
    event = await turn.unit.events.get(event_id)
    mine = await turn.unit.certificates.of(event_id, turn.member.id)
    if event is None or event.state != "published" or mine is None:
        return None
    return turn.screen(
        turn._("Thank you for having been there. Your certificate of attendance is ready."),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "My certificate"), action("certificate", event_id))),
        lasting=True,
    )


# --- one's own ----------------------------------------------------------------------------------------------


@tap("certificates")
async def certificates(turn: Turn, page: int = 0) -> Screen:
    """List a person's certificates."""
    store = turn.unit.certificates
    shown = await page_of(
        lambda limit, offset: store.of_member(turn.member.id, limit=limit, offset=offset), page
    )
    titles = [await _title(turn, one) for one in shown.items]
    listed = [
        turn._("{number}. {name}", number=number, name=title)
        for number, title in enumerate(titles, shown.first)
    ]
    return turn.screen(
        lines(*listed)
        or turn._("You have no certificates yet. Trainings and workshops give one to those who were there."),
        title=turn._("My certificates"),
        rows=[
            *(
                [Button(numbered_label(turn, number, title), action("certificate", one.event_id))]
                for number, (one, title) in enumerate(zip(shown.items, titles, strict=True), shown.first)
            ),
            page_buttons(turn, shown, "certificates"),
            [Button(turn.p("button", "Check a number"), "certificate-check")],
            [Button(turn.p("button", "My registrations"), "mine"), menu_button(turn)],
        ],
    )


@tap("certificate-check")
async def check(turn: Turn) -> Screen:
    """Ask for the number of a certificate."""
    return _ask_number(turn)


def _ask_number(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        turn._("Is a certificate genuine? Write its number."),
        title=turn._("Certificate of attendance"),
        rows=column(Button(turn.p("button", "Cancel"), "certificates")),
        ask="certificate-check",
        note=note,
    )


@answer("certificate-check")
async def checked(turn: Turn, reply: Reply) -> Screen:
    """Say whether a number is genuine, and nothing else."""
    genuine = await turn.unit.certificates.genuine(to_ascii_digits(clean(reply.text[:LONGEST_NUMBER])))
    return _ask_number(
        turn,
        turn._("This certificate is genuine.")
        if genuine
        else turn._("No certificate with this number is known."),
    )


async def _title(turn: Turn, one: Certificate) -> str:
    event = await turn.unit.events.get(one.event_id)
    return event.title(turn.lang) if event else ""


async def _mine(turn: Turn, event_id: int) -> tuple[Event, Certificate] | Screen:
    event = await turn.unit.events.get(event_id)
    if event is None or event.state == "draft":
        return await no_such_event(turn)
    found = await turn.unit.certificates.of(event_id, turn.member.id)
    return (
        (event, found)
        if found
        else await event_card(turn, event, turn._("There is no certificate for you here."))
    )


@tap("certificate")
async def certificate(turn: Turn, event_id: int) -> Screen:
    """Show somebody's certificate; before the first time, ask for the name that shall stand on it."""
    mine = await _mine(turn, event_id)
    if isinstance(mine, Screen):
        return mine
    event, found = mine
    return _show(turn, event, found) if found.name else _ask_name(turn, event)


def _show(turn: Turn, event: Event, found: Certificate, note: str = "") -> Screen:
    return turn.screen(
        paragraphs(
            turn._("Name on the certificate: {name}", name=found.name),
            turn._("Number: {number}", number=grouped(found.number)),
            ""
            if found.printed
            else turn._(
                "Please look at the name once more: it can't be changed after you get the certificate."
            ),
            turn._("In which languages do you want it?"),
        ),
        title=event.title(turn.lang),
        rows=column(
            *(
                Button(turn.say(label), action("certificate-get", event.id, lang))
                for lang, label in SECOND.items()
            ),
            None
            if found.printed
            else Button(turn.p("button", "Change the name"), action("certificate-name", event.id)),
            Button(turn.p("button", "My certificates"), "certificates"),
        ),
        note=note,
        private=True,
    )


@tap("certificate-name")
async def change_name(turn: Turn, event_id: int) -> Screen:
    """Ask for the name again, unless the certificate was printed with it."""
    mine = await _mine(turn, event_id)
    if isinstance(mine, Screen):
        return mine
    event, found = mine
    return _show(turn, event, found) if found.printed else _ask_name(turn, event)


def _ask_name(turn: Turn, event: Event, note: str = "") -> Screen:
    return turn.screen(
        turn._("Which name shall stand on your certificate? Write it in full, as in your papers."),
        title=event.title(turn.lang),
        rows=column(
            Button(
                turn.p("button", "Take: {name}", name=clean(turn.member.name)[:14]),
                action("certificate-take", event.id),
            )
            if SHORTEST_NAME <= len(turn.member.name) <= LONGEST_NAME
            else None,
            Button(turn.p("button", "Cancel"), "certificates"),
        ),
        ask=action("certificate-name", event.id),
        note=note,
    )


@tap("certificate-take")
async def take_name(turn: Turn, event_id: int) -> Screen:
    """Put the name on the certificate by which the person is known here."""
    return await _put_name(turn, event_id, turn.member.name)


@answer("certificate-name")
async def name_given(turn: Turn, reply: Reply, event_id: int) -> Screen:
    """Put a typed name on the certificate."""
    return await _put_name(turn, event_id, reply.text)


async def _put_name(turn: Turn, event_id: int, given: str) -> Screen:
    mine = await _mine(turn, event_id)
    if isinstance(mine, Screen):
        return mine
    event, found = mine
    name = clean(given)
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        limits = {"least": SHORTEST_NAME, "most": LONGEST_NAME}
        return _ask_name(turn, event, turn._("A name has from {least} to {most} characters.", **limits))
    await turn.unit.certificates.put_name(found.id, name)
    return await certificate(turn, event.id)


@tap("certificate-get")
async def get(turn: Turn, event_id: int, second: str) -> Screen:
    """Send the certificate as a PDF."""
    lang = next((one for one in SECOND if one == second), None)
    if lang is None:
        raise Outdated(second)
    mine = await _mine(turn, event_id)
    if isinstance(mine, Screen):
        return mine
    event, found = mine
    if not found.name:
        return _ask_name(turn, event)
    there = await turn.unit.attendance.of_person(event.id, turn.member.id)
    present = sum(state == "present" for state in there.values())
    left, right = _column(event, "en", present), _column(event, lang, present)
    body = await aside(certificate_page, found.name, left, right, _foot(turn, found))
    await turn.unit.certificates.print(found.id, turn.now)
    expires = turn.now + FILE_LASTS
    file = await turn.unit.files.add(
        "certificate.pdf", "application/pdf", body, at=turn.now, expires_at=expires
    )
    return turn.screen(
        turn._("Here is your certificate."),
        title=event.title(turn.lang),
        rows=column(Button(turn.p("button", "My certificates"), "certificates"), menu_button(turn)),
        attachments=[Attachment(file.id)],
        private=True,
    )


def _column(event: Event, lang: Language, present: int) -> Column:
    says = speech(lang)
    days = days_of(event)
    first, last = days[0], days[-1]
    dates = (
        says._("from {first} to {last}", first=says.date(first.starts_at), last=says.date(last.ends_at))
        if len(days) > 1
        else says.date(first.starts_at)
    )
    return Column(
        heading=says._("Certificate of attendance"),
        community=says._("Iraqi Community of Practice"),
        certifies=says._("This is to certify that"),
        took_part=says._("took part in"),
        event=event.title(lang),
        dates=dates,
        attended=says._("Days attended: {present} of {days}", present=present, days=len(days)),
    )


def _foot(turn: Turn, found: Certificate) -> Foot:
    number = grouped(found.number)
    base = turn.community.public_url.rstrip("/")
    english = speech("en")
    if not base:
        return Foot(number, english._("Ask the coordinators whether this number is genuine."), "")
    return Foot(number, f"{base}/certificate", f"{base}/certificate/{found.number}")
