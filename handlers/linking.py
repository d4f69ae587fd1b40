"""Linking another app: a code shown in one, typed in the other, and one person instead of two."""

from __future__ import annotations

from dataclasses import replace

from handlers.apps import app_name, apps_screen
from handlers.kit import (
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
from handlers.menu import menu_button, menu_screen
from handlers.merging import belongings_lines, join_records
from handlers.onboarding import next_step, organisation_name
from handlers.rules.linking import MOST_APPS, Linking, after_wrong, decide, may_try
from locales import LANGUAGES, N_, Message, anchor, clean, speech, to_ascii_digits
from storage.linking import LENGTH, LinkCode, canonical, grouped
from storage.members import Member

WRONG = N_("This code does not work. Please look again, or let your other app show you a new one.")
TOO_MANY = N_("That was one try too many. Please wait ten minutes, then begin again.")


# --- where the code is shown --------------------------------------------------------------------------------


@tap("link-app")
async def link_app(turn: Turn) -> Screen:
    """Show a code to type in the other app."""
    if len(await turn.unit.addresses.of_member(turn.member.id)) >= MOST_APPS:
        return await apps_screen(turn, _full(turn))
    code, until = await turn.unit.linking.issue(turn.member.id, turn.address.id, turn.now)
    link = turn.community.link_from(turn.address.channel, f"l{code}")
    shown = turn.screen(
        paragraphs(
            turn._("Write to us in the other app and send the code that follows there. That is all."),
            turn._("On this phone you can also open this link: {link}", link=link) if link else "",
            turn._("It works once, until: {moment}", moment=turn.speech.moment(until, turn.now)),
            turn._("Keep it to yourself: who has it could take your place here. We never ask for it."),
        ),
        title=turn._("Link another app"),
        rows=column(Button(turn.p("button", "My apps"), "apps")),
    )
    # A message of its own, and one that may be copied: most people have both apps on one phone.
    return shown.followed_by(turn.screen(grouped(code)))


def _full(turn: Turn) -> str:
    return turn._("You have as many linked apps as there can be. Please unlink one first.")


# --- where the code is typed --------------------------------------------------------------------------------


@tap("link-code", consent=False)
async def link_code(turn: Turn) -> Screen:
    """Ask for the code that the other app shows."""
    return _ask(turn)


def _ask(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        turn._(
            "In the app you used before, open Settings and privacy, My apps, and tap “Link another app”. It shows "
            "a code; please write it here. If that app no longer works, arrive here as new, and ask a coordinator to "
            "join the two."
        ),
        title=turn._("Your code"),
        rows=column(Button(turn.p("button", "Cancel"), "apps")),
        ask="link-typed",
        note=note,
    )


def _not_a_code(turn: Turn) -> str:
    return turn.n(
        "That is not a code. A code has {count} digit.",
        "That is not a code. A code has {count} digits.",
        LENGTH,
    )


@answer("link-typed", consent=False)
async def answered(turn: Turn, reply: Reply) -> Screen:
    """Take what can't be a code; a code is recognised wherever it is typed."""
    return await typed(turn, reply.text)


@tap("link-typed", consent=False)
async def typed(turn: Turn, code: str) -> Screen:
    """Look at a code, and say what it would join."""
    tries = await turn.unit.linking.tries(turn.address)
    if not may_try(tries, turn.now):
        return await _refused(turn, TOO_MANY)
    written = canonical(to_ascii_digits(clean(code)))
    if not written:
        return _ask(turn, _not_a_code(turn))
    found = await turn.unit.linking.find(written, turn.now)
    maker = await turn.unit.members.get(found.member_id) if found else None
    decision = None if maker is None else await _decide(turn, maker, turn.member)
    if decision in (Linking.JOINS, Linking.ASKS_MAKER):
        found = await turn.unit.linking.hold(written, turn.address.id, turn.now)
    if found is None or maker is None or decision is None:
        await turn.unit.linking.keep_tries(turn.address, after_wrong(tries, turn.now))
        return await _refused(turn, WRONG)
    return await _shown(turn, maker, found, decision)


async def _decide(turn: Turn, maker: Member, typing: Member) -> Linking:
    apps = [one for person in (maker, typing) for one in await turn.unit.addresses.of_member(person.id)]
    return decide(maker, typing, len(apps))


async def _refused(turn: Turn, why: Message) -> Screen:
    """Say why a code did nothing; somebody whose language is not known reads it in all."""
    if turn.member.state == "active":
        return await apps_screen(turn, turn.say(why))
    step = await next_step(turn)
    said = (anchor(speech(lang).say(why), lang) for lang in LANGUAGES)
    note = turn.say(why) if turn.member.lang else lines(*said)
    return (step or await menu_screen(turn)).noting(note)


async def _shown(turn: Turn, maker: Member, code: LinkCode, decision: Linking) -> Screen:
    match decision:
        case Linking.JOINS | Linking.ASKS_MAKER:
            return await _preview(turn.reading(turn.member.lang or maker.lang), maker, code)
        case Linking.SAME:
            return await apps_screen(
                turn, turn._("This app is linked already. Type the code in the other one.")
            )
        case Linking.OTHER_WAY_ROUND:
            return turn.screen(
                turn._(
                    "You can do more in this chat than in the other app. So do it the other way round: let this chat "
                    "show the code, and type it in the other app."
                ),
                title=turn._("Link another app"),
                rows=column(
                    Button(turn.p("button", "Link another app"), "link-app"),
                    Button(turn.p("button", "My apps"), "apps"),
                ),
            )
        case Linking.NEEDS_ADMINISTRATOR:
            return await apps_screen(
                turn, turn._("Both have a granted role here. Please ask an administrator to join the two.")
            )
        case Linking.FULL:
            return (await next_step(turn) or await apps_screen(turn)).noting(_full(turn))


async def _preview(turn: Turn, maker: Member, code: LinkCode) -> Screen:
    shown_in = await turn.unit.addresses.get(code.address_id)
    organisation = await organisation_name(turn, maker.organisation_id)
    brings = await belongings_lines(turn, turn.member.id)
    return turn.screen(
        paragraphs(
            lines(
                turn._("This chat becomes one with: {name}", name=maker.name),
                turn._("The code was made in: {app}", app=app_name(turn, shown_in.channel))
                if shown_in
                else "",
                turn._("Organisation: {organisation}", organisation=organisation) if organisation else "",
            ),
            lines(turn._("From this chat comes along:"), brings) if brings else "",
            turn._("Name, role and organisation stay as they are there.") if turn.member.name else "",
            turn._(
                "Go on only if you made the code yourself just now. If somebody sent it to you, tap No: they "
                "would get what is yours here."
            ),
        ),
        title=turn._("Link this chat?"),
        rows=column(
            Button(turn.p("button", "Yes, link it"), action("link-yes", maker.id)),
            Button(turn.p("button", "No"), "link-no"),
        ),
        private=True,
    )


@tap("link-no", consent=False)
async def link_no(turn: Turn) -> Screen:
    """Leave both chats as they are; the code is used up."""
    held = await turn.unit.linking.held_by(turn.address.id, turn.now)
    if held is not None:
        await turn.unit.linking.use(held)
    nothing = turn._("Nothing was linked.")
    return (await next_step(turn) or await menu_screen(turn)).noting(nothing if turn.member.lang else "")


@tap("link-yes", consent=False)
async def link_yes(turn: Turn, maker_id: int) -> Screen:
    """Join this chat to the code's maker, or ask the maker first."""
    if turn.member.id == maker_id:
        return await apps_screen(turn, _linked(turn))
    held = await turn.unit.linking.held_by(turn.address.id, turn.now)
    maker = await turn.unit.members.get(maker_id)
    if held is None or maker is None or held.member_id != maker_id:
        return await _refused(turn, WRONG)
    decision = await _decide(turn, maker, turn.member)
    match decision:
        case Linking.JOINS:
            return await _join_here(turn, maker, held)
        case Linking.ASKS_MAKER:
            return await _ask_maker(turn.reading(turn.member.lang or maker.lang), maker, held)
    return await _shown(turn, maker, held, decision)


def _linked(turn: Turn) -> str:
    return turn._("Your apps are linked: you are one person here.")


async def _join_here(turn: Turn, maker: Member, held: LinkCode) -> Screen:
    if not await _joined(turn, maker, turn.member, held):
        return await _refused(turn, WRONG)
    turn.member = await turn.unit.members.get(maker.id) or turn.member
    turn.address = replace(turn.address, member_id=maker.id)
    await _tell(turn, "app-linked", maker.id, held.address_id, turn.address.channel)
    return await apps_screen(turn, _linked(turn))


async def _joined(turn: Turn, maker: Member, typing: Member, held: LinkCode) -> bool:
    """Use the code up and make the two one; the maker's role and organisation stay."""
    return await turn.unit.linking.use(held) and await join_records(
        turn.unit, maker, typing, role=maker.role, organisation_id=maker.organisation_id, now=turn.now
    )


async def _tell(turn: Turn, kind: str, member_id: int, address_id: int, *args: str | int) -> None:
    """Write to one chat of a person, whichever they prefer otherwise."""
    await turn.unit.outbox.notify_one(
        kind,
        member_id,
        subject=f"address:{address_id}",
        occurrence=turn.now.isoformat(),
        at=turn.now,
        args=args,
        address_id=address_id,
    )


@notice("app-linked")
async def app_linked(turn: Turn, channel: str) -> Screen:
    """Tell the maker of a code that it was used."""
    return turn.screen(
        turn._(
            "Linked to you now: {app}. If that was not you, open My apps and unlink it.",
            app=app_name(turn, channel),
        ),
        rows=column(Button(turn.p("button", "My apps"), "apps")),
        lasting=True,
    )


# --- where a granted role is at stake, its holder says yes first ----------------------------------------------


async def _ask_maker(turn: Turn, maker: Member, held: LinkCode) -> Screen:
    if await turn.unit.linking.ask(maker.id):
        await _tell(turn, "link-asked", maker.id, held.address_id, turn.address.id)
    return turn.screen(
        turn._("Almost done: please say yes in the app that showed the code. Then this chat is linked."),
        title=turn._("Link this chat?"),
        rows=column(Button(turn.p("button", "No"), "link-no")),
    )


@notice("link-asked")
async def link_asked(turn: Turn, address_id: int) -> Screen | None:
    """Ask the maker of a code whether it was them who typed it."""
    asking = await turn.unit.addresses.get(address_id)
    held = await turn.unit.linking.held_by(address_id, turn.now)
    if asking is None or held is None or held.member_id != turn.member.id:
        return None
    return turn.screen(
        turn._(
            "Your code was just typed in: {app}. Was it you? With a yes, that chat can do all that you can.",
            app=app_name(turn, asking.channel),
        ),
        title=turn._("Link another app"),
        rows=column(
            Button(turn.p("button", "Yes, link it"), action("link-let", address_id)),
            Button(turn.p("button", "No, not me"), action("link-refuse", address_id)),
        ),
        private=True,
    )


@tap("link-let")
async def link_let(turn: Turn, address_id: int) -> Screen:
    """Let the chat in which the code was typed be linked."""
    asking = await turn.unit.addresses.get(address_id)
    if asking is not None and asking.member_id == turn.member.id:
        return await apps_screen(turn, _linked(turn))
    held = await turn.unit.linking.held_by(address_id, turn.now)
    typing = await turn.unit.members.get(asking.member_id) if asking else None
    if held is None or typing is None or held.member_id != turn.member.id or not held.asked:
        return await apps_screen(turn, turn.say(WRONG))
    if await _decide(turn, turn.member, typing) not in (Linking.JOINS, Linking.ASKS_MAKER):
        return await apps_screen(turn, turn.say(WRONG))
    if not await _joined(turn, turn.member, typing, held):
        return await apps_screen(turn, turn.say(WRONG))
    turn.member = await turn.unit.members.get(turn.member.id) or turn.member
    await _tell(turn, "link-done", turn.member.id, address_id)
    return await apps_screen(turn, _linked(turn))


@tap("link-refuse")
async def link_refuse(turn: Turn, address_id: int) -> Screen:
    """Keep a stranger out; the code is used up."""
    held = await turn.unit.linking.held_by(address_id, turn.now)
    if held is not None and held.member_id == turn.member.id:
        await turn.unit.linking.use(held)
    return await apps_screen(turn, turn._("Nothing was linked."))


@notice("link-done")
async def link_done(turn: Turn) -> Screen:
    """Tell the chat that waited that it is linked."""
    return turn.screen(_linked(turn), rows=column(menu_button(turn)), lasting=True)
