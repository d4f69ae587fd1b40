"""What people meet when something does not fit: kindly, with a way on, never silence."""

from __future__ import annotations

from handlers.kit import Screen, Turn, notice, paragraphs
from handlers.menu import menu_screen
from locales import N_, guess, speech


async def not_understood(turn: Turn) -> Screen:
    """Answer what nobody recognised with the menu, and offer another language where it was plainly one."""
    inbound = turn.inbound
    if inbound is not None and inbound.what == "file":
        return await menu_screen(turn, turn._("I can only take a file when I have asked for one."))
    if inbound is not None and inbound.what == "other":
        return await menu_screen(turn, turn._("I can read text and buttons, but not this kind of message."))
    heard = guess(inbound.text) if inbound is not None and len(inbound.text.split()) >= 2 else None
    if heard is not None and heard.strong and heard.lang != turn.lang:
        other = speech(heard.lang)._("To change the language, choose “Language” below or write /language.")
        return await menu_screen(turn, paragraphs(turn._("I did not understand that."), other))
    return await menu_screen(turn, turn._("I did not understand that. Here is what I can do:"))


async def outdated(turn: Turn) -> Screen:
    """Answer a button or a question that no longer exists with the menu."""
    return await menu_screen(turn, turn._("This has changed since. Here is where things stand now:"))


async def too_fast(turn: Turn) -> Screen:
    """Ask somebody to slow down, once; the question that waits goes on waiting."""
    return turn.screen(
        turn._("That is a lot at once. Please wait a minute; what you send until then is not heard.")
    )


async def not_allowed(turn: Turn) -> Screen:
    """Answer somebody who may not do this."""
    return await menu_screen(turn, turn._("This is not open to you here."))


@notice("apology")
async def apology(turn: Turn) -> Screen:
    """Say sorry, once, for something that failed again and again."""
    return turn.screen(
        turn._(
            "Something went wrong on our side, and your last message could not be handled. "
            "The coordinators have been told. Please try again later, or write /menu."
        )
    )


@notice("parked")
async def parked(turn: Turn, reference: str) -> Screen:
    """Tell those who look after the bot that something was set aside, without a word of what it said."""
    return turn.screen(
        turn._(
            "A message could not be handled after three tries and was set aside. Reference: {reference}",
            reference=reference,
        )
    )


FAULTS = {
    "account": N_("The provider refuses our account. Run “diwakhan check” on the server to see why."),
    "sender": N_("The sender is not set up for this kind of message, or its number is wrong."),
    "template": N_(
        "A prepared wording is missing, paused, or does not fit. Run “diwakhan whatsapp-templates sync” on the server."
    ),
    "content": N_("The provider refuses what the message says, or finds it against its policy."),
    "media": N_("The provider could not fetch the file from our server, or it is too large."),
}
"""What can be at fault on our side, in words for those who look after the bot."""


@notice("delivery-fault")
async def delivery_fault(turn: Turn, channel: str, detail: str, fault: str = "account") -> Screen:
    """Tell those who look after the bot that something of ours is at fault and sending was stopped."""
    return turn.screen(
        paragraphs(
            turn._("Sending on {channel} was stopped. Code: {detail}", channel=channel, detail=detail),
            turn.say(FAULTS.get(fault, FAULTS["account"])),
        )
    )
