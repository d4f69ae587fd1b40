"""My apps: where one person is reached, where announcements go, and what to do when a number changes hands."""

from __future__ import annotations

from dataclasses import replace

from handlers.audience import CHANNELS
from handlers.kit import Button, Screen, Turn, action, column, lines, notice, paragraphs, tap
from handlers.menu import menu_button, menu_screen
from handlers.onboarding import next_step
from handlers.pages import numbered_label
from handlers.rules.roles import is_granted, is_last_administrator, without_grant
from locales import LANGUAGES, anchor, speech
from storage.addresses import Address


async def apps_screen(turn: Turn, note: str = "") -> Screen:
    """List a person's apps by name, never by number."""
    mine = await turn.unit.addresses.of_member(turn.member.id)
    best = await turn.unit.addresses.best(turn.member.id)
    several = len(mine) > 1
    return turn.screen(
        paragraphs(
            lines(*(_line(turn, number, one) for number, one in enumerate(mine, 1))),
            turn._("Announcements come to: {app}", app=app_name(turn, best.channel))
            if best and several
            else "",
            turn._("You are one person here in all of them: what you do in one shows in the others.")
            if several
            else turn._(
                "If you use another app as well, link it: you are one person then, with one list of "
                "registrations, and each announcement comes once."
            ),
        ),
        title=turn._("My apps"),
        rows=[
            *(
                [Button(numbered_label(turn, number, app_name(turn, one.channel)), action("app", one.id))]
                for number, one in enumerate(mine, 1)
                if several
            ),
            [
                Button(turn.p("button", "Link another app"), "link-app"),
                Button(turn.p("button", "I have a code"), "link-code"),
            ],
            [Button(turn.p("button", "Shared or new phone"), "shared-phone")],
            [Button(turn.p("button", "Back"), "settings"), menu_button(turn)],
        ],
        note=note,
    )


def app_name(turn: Turn, channel: str) -> str:
    """Return what a channel is called."""
    return turn.say(CHANNELS[channel])


def _line(turn: Turn, number: int, address: Address) -> str:
    app = app_name(turn, address.channel)
    if address.id == turn.address.id:
        return turn._("{number}. {app}: this chat", number=number, app=app)
    if address.heard_at is None:
        return turn._("{number}. {app}", number=number, app=app)
    last = turn.speech.date(address.heard_at, turn.now)
    return turn._("{number}. {app}: last used on {date}", number=number, app=app, date=last)


@tap("apps")
async def apps(turn: Turn) -> Screen:
    """Show the apps."""
    return await apps_screen(turn)


# --- one app ------------------------------------------------------------------------------------------------


async def _mine(turn: Turn, address_id: int) -> Address | None:
    """Find an address, if it is this person's and not their only one."""
    mine = await turn.unit.addresses.of_member(turn.member.id)
    return next((one for one in mine if one.id == address_id and len(mine) > 1), None)


@tap("app")
async def app(turn: Turn, address_id: int) -> Screen:
    """Show one app and what can be done with it."""
    found = await _mine(turn, address_id)
    return await apps_screen(turn) if found is None else await _app_screen(turn, found)


async def _app_screen(turn: Turn, address: Address, note: str = "") -> Screen:
    best = await turn.unit.addresses.best(turn.member.id)
    chosen = best is not None and best.id == address.id
    return turn.screen(
        paragraphs(
            turn._("This is the chat you are in.") if address.id == turn.address.id else "",
            turn._("Announcements come here.")
            if chosen
            else turn._("Announcements come to another of your apps."),
            ""
            if address.reachable == "yes"
            else turn._("We can't reach you here at present. Write to us there, and it works again."),
        ),
        title=app_name(turn, address.channel),
        rows=column(
            None
            if address.preferred
            else Button(turn.p("button", "Announce to me here"), action("app-prefer", address.id)),
            Button(turn.p("button", "Unlink this app"), action("app-unlink", address.id)),
            Button(turn.p("button", "My apps"), "apps"),
        ),
        note=note,
    )


@tap("app-prefer")
async def prefer(turn: Turn, address_id: int) -> Screen:
    """Send announcements to this app first."""
    found = await _mine(turn, address_id)
    if found is None:
        return await apps_screen(turn)
    await turn.unit.addresses.prefer(turn.member.id, found.id)
    return await _app_screen(turn, replace(found, preferred=True))


@tap("app-unlink")
async def unlink(turn: Turn, address_id: int) -> Screen:
    """Ask whether an app shall really go."""
    found = await _mine(turn, address_id)
    if found is None:
        return await apps_screen(turn)
    return turn.screen(
        paragraphs(
            app_name(turn, found.channel),
            turn._(
                "This app then no longer shows anything of yours, and we forget its address. Your registrations "
                "and answers stay with you in your other apps."
            ),
        ),
        title=turn._("Unlink this app?"),
        rows=column(
            Button(turn.p("button", "Unlink this app"), action("app-unlink-yes", found.id)),
            Button(turn.p("button", "Keep it"), "apps"),
        ),
    )


@tap("app-unlink-yes")
async def unlink_yes(turn: Turn, address_id: int) -> Screen:
    """Forget the address; where it is this very chat, say goodbye in it."""
    found = await _mine(turn, address_id)
    if found is None:
        return await apps_screen(turn)
    await turn.unit.addresses.remove(found, turn.now)
    if found.id != turn.address.id:
        return await apps_screen(turn, turn._("The app is unlinked, and we have forgotten its address."))
    await _tell_elsewhere(turn, found)
    turn.farewell = True
    return turn.screen(
        turn._(
            "This chat is unlinked, and we have forgotten its address. You go on in your other app. If you write "
            "/start here, you begin anew."
        )
    )


async def _tell_elsewhere(turn: Turn, gone: Address) -> None:
    await turn.unit.outbox.notify_one(
        "app-unlinked",
        gone.member_id,
        subject=f"address:{gone.id}",
        occurrence="unlinked",
        at=turn.now,
        args=(gone.channel,),
    )


@notice("app-unlinked")
async def unlinked(turn: Turn, channel: str) -> Screen:
    """Tell somebody in another of their apps that one went."""
    return turn.screen(
        turn._(
            "No longer linked to you: {app}. If that was not you, please tell a coordinator.",
            app=app_name(turn, channel),
        ),
        rows=column(Button(turn.p("button", "My apps"), "apps")),
        lasting=True,
    )


# --- a phone that is somebody else's too, or by now -----------------------------------------------------------


@tap("shared-phone")
async def shared_phone(turn: Turn) -> Screen:
    """Explain what happens when two people use one phone, or a number changes."""
    return turn.screen(
        paragraphs(
            turn._(
                "Somebody else uses this phone as well: for us, one number or account is one person. Let each "
                "of you use an app of their own and arrive there with their own name."
            ),
            turn._(
                "You have a new number: link it from the app that still works, then unlink the old one. If none "
                "works any more, arrive with the new number and ask a coordinator to join the two."
            ),
            turn._("This number was somebody else's before and is yours now: begin anew."),
        ),
        title=turn._("Shared or new phone"),
        rows=column(
            Button(turn.p("button", "Link another app"), "link-app"),
            Button(turn.p("button", "This is not me"), "not-me-ask"),
            Button(turn.p("button", "My apps"), "apps"),
        ),
    )


@tap("not-me-ask")
async def not_me_ask(turn: Turn) -> Screen:
    """Ask whether the chat shall really begin anew."""
    return turn.screen(
        turn._(
            "This chat then begins anew, as somebody new. What was here before stays with the person it belongs "
            "to, but can't be reached from this chat any more. Only a coordinator could join the two again."
        ),
        title=turn._("Is this chat somebody else's?"),
        rows=column(
            Button(turn.p("button", "Begin anew"), action("not-me", turn.member.id, turn.lang)),
            Button(turn.p("button", "No, it is me"), "apps"),
        ),
    )


@tap("whose", consent=False)
async def whose(turn: Turn) -> Screen:
    """Ask, after a long silence and before anything is shown, whether it is still the same person."""
    if not (await turn.unit.conversations.get(turn.address.id)).in_doubt:
        return await _onward(turn)
    asked = [
        anchor(
            speech(lang)._(
                "It has been a long time since this chat was used, and numbers pass from one person to another. "
                "Is it still you, or are you new here?"
            ),
            lang,
        )
        for lang in LANGUAGES
    ]
    return Screen(
        text=paragraphs(*asked),
        rows=(
            (Button(turn.p("button", "It is still me"), "still-me"),),
            *(
                (Button(speech(lang).p("button", "I am new here"), action("not-me", turn.member.id, lang)),)
                for lang in LANGUAGES
            ),
        ),
    )


@tap("still-me", consent=False)
async def still_me(turn: Turn) -> Screen:
    """Believe it, and show everything again; but nobody keeps a granted role by saying so."""
    back = await turn.unit.addresses.trust(turn.address.id, turn.now)
    if not back:
        return await _onward(turn)
    await turn.unit.members.seen(turn.member.id, turn.now.date())
    administrators = await turn.unit.members.with_roles("administrator")
    if is_granted(turn.member.role) and not is_last_administrator(turn.member, len(administrators)):
        await _set_back(turn)
    return await _onward(turn, turn._("Good to have you back."))


async def _set_back(turn: Turn) -> None:
    await turn.change_member(role=without_grant(turn.member))
    await turn.unit.outbox.notify_roles(
        "role-set-back",
        "administrator",
        subject=f"member:{turn.member.id}",
        occurrence=turn.now.isoformat(),
        at=turn.now,
        args=(turn.member.id,),
    )


@notice("role-set-back")
async def role_set_back(turn: Turn, member_id: int) -> Screen | None:
    """Tell administrators whose role waits to be granted again."""
    member = await turn.unit.members.get(member_id)
    if member is None or turn.member.role != "administrator":
        return None
    return turn.screen(
        turn._(
            "Somebody with a granted role wrote again after half a year, and their number may be somebody else's "
            "by now. The role was taken back. If you know that it is them, grant it again. Name: {name}",
            name=member.name,
        ),
        rows=column(Button(turn.p("button", "Roles"), action("person", member.id))),
        lasting=True,
        private=True,
    )


@tap("not-me", consent=False)
async def not_me(turn: Turn, member_id: int, lang: str) -> Screen:
    """Let the chat begin anew; a second tap comes from the new person and changes nothing."""
    if member_id == turn.member.id and turn.member.state == "active":
        await _begin_anew(turn, lang if lang in LANGUAGES else "")
    return await _onward(turn)


async def _begin_anew(turn: Turn, lang: str) -> None:
    """Give the address to a fresh guest; the earlier person keeps everything but the address."""
    before = turn.address
    await turn.unit.addresses.remove(before, turn.now)
    await _tell_elsewhere(turn, before)
    turn.member = await turn.unit.members.add(at=turn.now, lang=lang)
    fresh = await turn.unit.addresses.add(turn.member.id, before.channel, before.account, before.peer)
    await turn.unit.addresses.heard(fresh.id, turn.now, before.window_until)
    turn.address = replace(fresh, window_until=before.window_until)


async def _onward(turn: Turn, note: str = "") -> Screen:
    return await next_step(turn) or await menu_screen(turn, note)
