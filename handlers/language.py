"""The language in which somebody is spoken to; everything else stays where it was."""

from __future__ import annotations

from handlers.kit import Button, Outdated, Screen, Turn, action, paragraphs, tap
from handlers.materials import language_changed
from handlers.menu import menu_button, menu_screen
from handlers.onboarding import carried, go_on, next_step
from handlers.rules.joining import payload_of
from handlers.rules.routes import OTHER_LANGUAGES, UNWRITTEN
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
        paragraphs(turn._("Which language shall we use?"), _notes_in(turn) if settled else ""),
        title=turn._("Language"),
        rows=[choices, *([_other_notes(turn), [menu_button(turn)]] if settled else [])],
    )


def _notes_in(turn: Turn) -> str:
    """Tell a reader of a language that no prepared wording can be in which one stands in for it."""
    if turn.lang not in UNWRITTEN:
        return ""
    return turn._(
        "WhatsApp does not offer Kurdish for short notes that something is waiting. They come in: {language}",
        language=speech(turn.member.second_lang).name,
    )


def _other_notes(turn: Turn) -> list[Button]:
    if turn.lang not in UNWRITTEN:
        return []
    others = [lang for lang in OTHER_LANGUAGES if lang != turn.member.second_lang]
    return [
        Button(turn._("Notes in {language}", language=speech(lang).name), action("notes-in", lang))
        for lang in others
    ]


@tap("notes-in")
async def notes_in(turn: Turn, lang: str) -> Screen:
    """Keep the language for what can't be said in the person's own."""
    if lang not in OTHER_LANGUAGES:
        raise Outdated("notes-in")
    await turn.change_member(second_lang=lang)
    return (await language(turn)).noting(turn._("That was kept."))


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
