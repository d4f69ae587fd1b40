"""The language in which somebody is spoken to; everything else stays where it was."""

from __future__ import annotations

from handlers.kit import Button, Outdated, Screen, Turn, action, tap
from handlers.materials import language_changed
from handlers.menu import menu_button, menu_screen
from handlers.onboarding import carried, go_on, next_step
from handlers.rules.joining import payload_of
from locales import LANGUAGES, speech


@tap("language", consent=False)
async def language(turn: Turn) -> Screen:
    """Offer the three languages, each under its own name."""
    payload = await carried(turn)
    if not turn.member.lang and (step := await next_step(turn, payload)):
        return step
    settled = turn.member.state == "active"
    carry = (payload,) if payload and not settled else ()
    choices = [Button(speech(lang).name, action("speak", lang, *carry)) for lang in LANGUAGES]
    return turn.screen(
        turn._("Which language shall we use?"),
        title=turn._("Language"),
        rows=[choices, [menu_button(turn)] if settled else []],
    )


@tap("speak", consent=False)
async def speak(turn: Turn, lang: str, payload: str = "") -> Screen:
    """Speak this language from now on."""
    if lang not in LANGUAGES:
        raise Outdated("speak")
    before = turn.member.lang
    if lang != before:
        await turn.change_member(lang=lang)
    if step := await next_step(turn, payload_of(payload)):
        return step
    if before and lang != before:
        await language_changed(turn)
    if payload_of(payload):
        return await go_on(turn, payload)
    return await menu_screen(turn, turn._("The language was changed."))
