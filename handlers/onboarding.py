"""Arrival: three languages, the privacy notice, a name, and a way to take part.

What a deep link carries (`i<code>`, `e<event>` or `c<check-in code>`) travels in the actions of these steps until they
are done.
Every step is `consent=False`, since the dispatcher brings people without consent back here, and checks for
itself that the steps before it were taken.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers.check_in import here
from handlers.events import event_card
from handlers.housekeeping import owe_scrub
from handlers.kit import (
    Button,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    column,
    notice,
    paragraphs,
    tap,
)
from handlers.kit.action import split
from handlers.menu import menu_button, menu_screen
from handlers.organisations import choose_organisation
from handlers.privacy import VERSION, notice_text
from handlers.rules.joining import Admission, Joined, NoSuchCode, TooManyTries, belongs, payload_of
from handlers.rules.roles import STAFF, after_joining
from locales import LANGUAGES, anchor, clean, language_named, speech, to_ascii_digits
from storage.invitations import canonical

LONGEST_NAME = 60
EXAMPLE = "7KQ2-M4XR-0TVB-9HCD"
REQUESTS_A_DAY = 5
STEPS = (
    "speak",
    "agree",
    "name",
    "joining",
    "join-code",
    "code",
    "pick",
    "pick-search",
    "join-org",
    "follow",
)
"""The actions whose last argument may be what a deep link carried."""


async def arrive(turn: Turn, payload: str = "") -> Screen:
    """Answer /start: take in somebody new, or bring somebody back who had stopped messages.

    Who only checks in did not ask for messages again.
    """
    note = ""
    if turn.member.silenced and not payload.startswith("c"):
        await turn.change_member(silenced=False)
        note = turn._("You get messages again.") if turn.member.consented else ""
    return await _onward(turn, payload_of(payload) or await carried(turn), note)


async def next_step(turn: Turn, payload: str | None = None) -> Screen | None:
    """Show the first step of arrival that is still missing, or None where the person has settled in."""
    if turn.member.state == "active" and turn.member.lang and turn.member.consent_version >= VERSION:
        return None
    payload = await carried(turn) if payload is None else payload
    if not turn.member.lang and not await _named_a_language(turn):
        return _first_contact(payload)
    if turn.member.consent_version < VERSION:
        return _consent_screen(turn, payload)
    if not turn.member.name:
        return _ask_name(turn, payload)
    return await _last_step(turn, payload) if turn.member.state == "new" else None


async def go_on(turn: Turn, payload: str = "", note: str = "") -> Screen:
    """Show the next missing step, else what the person came for."""
    return await _onward(turn, payload_of(payload), note)


@tap("start", consent=False)
async def start(turn: Turn) -> Screen:
    """Do what /start does."""
    return await arrive(turn)


# --- language and consent -----------------------------------------------------------------------------------


def _first_contact(payload: str) -> Screen:
    """Greet in three languages at once: nobody knows yet which one is read."""
    greetings = []
    for lang in LANGUAGES:
        said = speech(lang)._(
            "Welcome to Diwakhan, where the Iraqi Community of Practice meets. Which language shall we use?"
        )
        greetings.append(anchor(said, lang))
    buttons = [Button(speech(lang).name, action("speak", lang, *_carry(payload))) for lang in LANGUAGES]
    return Screen(text=paragraphs(*greetings), rows=(tuple(buttons),))


def _consent_screen(turn: Turn, payload: str) -> Screen:
    return turn.screen(
        paragraphs(notice_text(turn), turn._("Do you agree?")),
        title=turn._("Before we begin: your privacy"),
        rows=[
            [
                Button(turn.p("button", "I agree"), action("agree", VERSION, *_carry(payload))),
                Button(turn.p("button", "No, thank you"), action("disagree", turn.lang)),
            ],
            [Button(turn.p("button", "Language"), "language")],
        ],
    )


@tap("agree", consent=False)
async def agree(turn: Turn, version: int, payload: str = "") -> Screen:
    """Note the consent to the present notice; an older one is shown anew."""
    if turn.member.lang and version == VERSION and turn.member.consent_version < VERSION:
        await turn.unit.members.change(turn.member.id, consented_at=turn.now)
        await turn.change_member(consent_version=VERSION)
    return await go_on(turn, payload)


@tap("disagree", consent=False)
async def disagree(turn: Turn, lang: str) -> Screen:
    """Say goodbye and keep nothing; who has agreed before is shown how to leave instead."""
    if turn.member.state != "new":
        return _leaving(turn)
    if lang in LANGUAGES:
        turn.member = replace(turn.member, lang=lang)
    await forget(turn)
    return turn.screen(
        turn._(
            "That is fine, and nothing about you was kept. Should you change your mind, write /start. Goodbye!"
        )
    )


async def forget(turn: Turn) -> None:
    """Erase the person, from the disk too; the Screen of this Turn is the last thing they are sent."""
    await turn.unit.members.erase(turn.member.id)
    if turn.member.state != "new":
        await turn.unit.audit.append("erased", actor_id=turn.member.id, at=turn.now)
    await owe_scrub(turn.unit)
    turn.farewell = True


def _leaving(turn: Turn) -> Screen:
    """Show somebody who agreed to an earlier notice how to leave."""
    return turn.screen(
        turn._("You agreed before, so there are data of yours here. You can delete them all, or stay."),
        rows=column(Button(turn.p("button", "Delete my data"), "delete-me"), menu_button(turn)),
    )


# --- a name -------------------------------------------------------------------------------------------------


def _ask_name(turn: Turn, payload: str, note: str = "") -> Screen:
    return turn.screen(
        turn._(
            "What may we call you? Please write a name. It need not be your full name; a nickname is fine."
        ),
        title=turn._("Your name"),
        rows=column(Button(turn.p("button", "Cancel"), action("disagree", turn.lang))),
        ask=action("name", *_carry(payload)),
        note=note,
    )


@answer("name", consent=False)
async def name(turn: Turn, reply: Reply, payload: str = "") -> Screen:
    """Take the name somebody wants to be called by."""
    if not turn.member.consented:
        return await go_on(turn, payload)
    chosen = clean(reply.text)
    if problem := name_problem(turn, chosen):
        return _ask_name(turn, payload, problem)
    await turn.change_member(name=chosen)
    return await go_on(turn, payload)


def name_problem(turn: Turn, chosen: str) -> str:
    """Say what is wrong with a name, or nothing."""
    if not any(letter.isalpha() for letter in chosen):
        return turn._("A name needs at least one letter.")
    if len(chosen) > LONGEST_NAME:
        return turn._("That is too long: please keep it under {count} characters.", count=LONGEST_NAME)
    return ""


# --- taking part --------------------------------------------------------------------------------------------


async def _last_step(turn: Turn, payload: str) -> Screen | None:
    """Let staff and people with a good code straight in; ask everyone else how they want to take part."""
    if turn.member.role in (*STAFF, "donor"):
        await turn.change_member(state="active")
        return None
    if payload.startswith("i"):
        admission = await use_code(turn, payload[1:])
        return (
            None
            if isinstance(admission, Joined)
            else await joining_screen(turn, note=refusal(turn, admission))
        )
    return await joining_screen(turn, payload)


async def joining_screen(turn: Turn, payload: str = "", note: str = "") -> Screen:
    """Offer the ways to take part: a code, a request, or following as a guest."""
    settled = turn.member.state == "active"
    waiting = await turn.unit.join_requests.waiting_of(turn.member.id)
    carry = _carry(payload)
    return turn.screen(
        paragraphs(await _standing(turn), turn._("How would you like to take part?")),
        title=turn._("Your organisation"),
        note=note,
        rows=column(
            Button(turn.p("button", "I have a code"), action("join-code", *carry)),
            Button(turn.p("button", "Choose organisation"), action("pick", "join", 0, *carry)),
            Button(turn.p("button", "Withdraw request"), "join-withdraw") if waiting else None,
            None if settled else Button(turn.p("button", "Just follow"), action("follow", *carry)),
            None if settled else Button(turn.p("button", "I was here before"), "link-code"),
            Button(turn.p("button", "Back"), "settings") if settled else None,
        ),
    )


async def _standing(turn: Turn) -> str:
    """Say where the person stands: their organisation and their waiting request."""
    belongs_to = await organisation_name(turn, turn.member.organisation_id)
    waiting = await turn.unit.join_requests.waiting_of(turn.member.id)
    asked = await organisation_name(turn, waiting.organisation_id) if waiting else ""
    return paragraphs(
        turn._("You are with: {organisation}", organisation=belongs_to) if belongs_to else "",
        turn._("You asked to join: {organisation}. A coordinator will answer.", organisation=asked)
        if asked
        else "",
        ""
        if belongs_to or asked
        else turn._(
            "With a code you join your organisation at once. Or choose it from the list, and a coordinator "
            "will answer. You can also just follow what is public."
        ),
    )


async def organisation_name(turn: Turn, organisation_id: int | None) -> str:
    """Return an organisation's name in the person's language, or an empty text."""
    organisation = None if organisation_id is None else await turn.unit.organisations.get(organisation_id)
    return "" if organisation is None else organisation.name(turn.lang)


@tap("joining", consent=False)
async def joining(turn: Turn, payload: str = "") -> Screen:
    """Show the ways to take part."""
    return await _too_early(turn, payload) or await joining_screen(turn, payload_of(payload))


@tap("follow", consent=False)
async def follow(turn: Turn, payload: str = "") -> Screen:
    """Follow as a guest what is public."""
    if step := await _too_early(turn, payload):
        return step
    note = ""
    if turn.member.state == "new":
        await turn.change_member(state="active")
        note = turn._("Good to have you here. You will hear what is public.")
    return await go_on(turn, payload, note)


@tap("join-code", consent=False)
async def join_code(turn: Turn, payload: str = "") -> Screen:
    """Ask for a code."""
    return await _too_early(turn, payload) or _ask_code(turn, payload_of(payload))


def _ask_code(turn: Turn, payload: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("Please write your code. It has 16 letters and digits, such as: {example}", example=EXAMPLE),
        title=turn._("Your code"),
        note=note,
        rows=column(Button(turn.p("button", "Back"), action("joining", *_carry(payload)))),
        ask=action("code", *_carry(payload)),
    )


@answer("code", consent=False)
async def code(turn: Turn, reply: Reply, payload: str = "") -> Screen:
    """Let somebody in whose code is good."""
    if step := await _too_early(turn, payload):
        return step
    admission = await use_code(turn, reply.text)
    match admission:
        case Joined(organisation_id):
            return await go_on(turn, payload, await _joined(turn, organisation_id))
        case NoSuchCode() | TooManyTries():
            return _ask_code(turn, payload_of(payload), refusal(turn, admission))


async def use_code(turn: Turn, typed: str) -> Admission:
    """Use one use of a code for this person; somebody who belongs already uses none."""
    store, member_id = turn.unit.invitations, turn.member.id
    if not await store.may_try(member_id, turn.now):
        return TooManyTries()
    written = canonical(to_ascii_digits(clean(typed)))
    invitation = await store.find(written)
    if (
        invitation is not None
        and invitation.organisation_id
        and belongs(turn.member, invitation.organisation_id)
    ):
        return Joined(invitation.organisation_id)
    used = await store.use(written, turn.now) if invitation else None
    if used is None or used.organisation_id is None:
        await store.tried_wrong(member_id, turn.now)
        return NoSuchCode()
    await turn.change_member(
        organisation_id=used.organisation_id, role=after_joining(turn.member.role, used.role), state="active"
    )
    await turn.unit.profiles.belongs_now(member_id, used.organisation_id, turn.now)
    await turn.unit.join_requests.withdraw(member_id)
    return Joined(used.organisation_id)


def refusal(turn: Turn, admission: Admission) -> str:
    """Say kindly why a code let nobody in; one answer for unknown, expired and used-up codes."""
    if isinstance(admission, TooManyTries):
        return turn._("That was one try too many. Please wait an hour, or ask a coordinator for help.")
    return turn._(
        "This code does not work. Please check it, or ask the person who gave it to you for a new one."
    )


async def _joined(turn: Turn, organisation_id: int) -> str:
    organisation = await organisation_name(turn, organisation_id)
    return turn._("Welcome! You have joined: {organisation}", organisation=organisation)


@tap("join-org", consent=False)
async def join_organisation(turn: Turn, organisation_id: int, payload: str = "") -> Screen:
    """Ask the coordinators to let this person join an organisation; meanwhile they are a guest."""
    if step := await _too_early(turn, payload):
        return step
    organisation = await turn.unit.organisations.get(organisation_id)
    if organisation is None or not organisation.active:
        return await choose_organisation(turn, "join", 0, payload_of(payload))
    if belongs(turn.member, organisation_id):
        return await joining_screen(turn)
    if (
        await turn.unit.join_requests.asked_since(turn.member.id, turn.now - timedelta(days=1))
        >= REQUESTS_A_DAY
    ):
        return await joining_screen(
            turn, payload_of(payload), turn._("You asked often today. Please try tomorrow.")
        )
    request = await turn.unit.join_requests.ask(turn.member.id, organisation_id, turn.now)
    if turn.member.state == "new":
        await turn.change_member(state="active")
    if request is not None:
        await turn.unit.outbox.notify_roles(
            "join-requested",
            *STAFF,
            subject=f"join:{request.id}",
            occurrence="asked",
            at=turn.now,
            args=(request.id,),
        )
        focal_id = (await turn.unit.profiles.get(organisation_id)).focal_id
        if focal_id is not None:
            await turn.unit.outbox.notify_one(
                "vouch",
                focal_id,
                subject=f"join:{request.id}",
                occurrence="asked",
                at=turn.now,
                args=(request.id,),
            )
    note = turn._(
        "Your request was sent. A coordinator will answer; meanwhile you can follow what is public."
    )
    return await go_on(turn, payload, note)


@tap("join-withdraw")
async def withdraw_request(turn: Turn) -> Screen:
    """Take a waiting request back."""
    await turn.unit.join_requests.withdraw(turn.member.id)
    return await joining_screen(turn, note=turn._("There is no open request any more."))


@notice("join-decided")
async def decided(turn: Turn, request_id: int) -> Screen | None:
    """Tell somebody what a coordinator decided about their request."""
    request = await turn.unit.join_requests.get(request_id)
    if request is None or request.member_id != turn.member.id:
        return None
    organisation = await organisation_name(turn, request.organisation_id)
    match request.state:
        case "approved":
            text = turn._("Welcome! You have joined: {organisation}", organisation=organisation)
            button = menu_button(turn)
        case "declined":
            text = turn._(
                "A coordinator could not confirm your request to join: {organisation}. "
                "You can go on following what is public, or ask for a code.",
                organisation=organisation,
            )
            button = Button(turn.p("button", "Your organisation"), "joining")
        case _:
            return None
    return turn.screen(text, rows=column(button), lasting=True)


# --- the thread through the steps ---------------------------------------------------------------------------


async def _onward(turn: Turn, payload: str, note: str) -> Screen:
    if step := await next_step(turn, payload):
        return step.noting(note) if note and not step.note else step
    match payload[:1]:
        case "i":
            admission = await use_code(turn, payload[1:])
            return await menu_screen(turn, await _about_code(turn, admission))
        case "e":
            event = await turn.unit.events.get(int(payload[1:]))
            if event is not None and event.state != "draft":
                return await event_card(turn, event, note)
        case "c":
            return await here(turn, payload[1:])
    return await menu_screen(turn, note)


async def _about_code(turn: Turn, admission: Admission) -> str:
    match admission:
        case Joined(organisation_id):
            return await _joined(turn, organisation_id)
        case _:
            return refusal(turn, admission)


async def _too_early(turn: Turn, payload: str) -> Screen | None:
    """Return the step that comes before choosing how to take part, where it is still missing."""
    early = not (turn.member.lang and turn.member.name) or turn.member.consent_version < VERSION
    return await next_step(turn, payload_of(payload)) if early else None


async def _named_a_language(turn: Turn) -> bool:
    """Take a language whose name was typed instead of tapped."""
    named = language_named(turn.inbound.text) if turn.inbound and turn.inbound.what == "text" else None
    if named:
        await turn.change_member(lang=named)
    return named is not None


async def carried(turn: Turn) -> str:
    """Find what a deep link carried, in the steps last offered, or a code that was typed as a first word."""
    conversation = await turn.unit.conversations.get(turn.address.id)
    for written in (conversation.ask, *(one for _, one in conversation.offered)):
        step, arguments = split(written)
        if step in STEPS and arguments and payload_of(arguments[-1]):
            return arguments[-1]
    typed = turn.inbound.text if turn.inbound and turn.inbound.what == "text" else ""
    written = canonical(to_ascii_digits(clean(typed)))
    return f"i{written}" if any(one.isdigit() for one in written) else ""


def _carry(payload: str) -> tuple[str, ...]:
    return (payload,) if payload else ()
