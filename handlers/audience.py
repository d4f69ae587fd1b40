"""Choosing an audience, for announcements and polls alike, and saying whom it reaches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from handlers.kit import COORDINATORS, Button, Outdated, Screen, Turn, action, column, lines, paragraphs, tap
from handlers.pages import numbered_label, page_buttons, page_of
from handlers.rules.announcing import falling_back
from locales import LANGUAGES, N_, speech
from storage.audience import Audience, Reach

CHANNELS = {"telegram": N_("Telegram"), "whatsapp": N_("WhatsApp"), "browser": N_("Browser chat")}
LEFT_OUT = {
    "opted_out": N_("stopped all messages"),
    "muted": N_("do not want this kind of message"),
    "blocked": N_("blocked the bot"),
    "unreachable": N_("can't be reached"),
    "held": N_("closed for now"),
}


@dataclass(frozen=True, slots=True)
class Owner:
    """What an audience is chosen for: how it is kept, and the screen to go back to."""

    keep: Callable[[Turn, int, Audience], Awaitable[None]]
    review: Callable[[Turn, int], Awaitable[Screen]]


OWNERS: dict[str, Owner] = {}
"""Filled by the capabilities that have an audience."""


def _owner(what: str) -> Owner:
    if what not in OWNERS:
        raise Outdated(what)
    return OWNERS[what]


@tap("audience", who=COORDINATORS)
async def choose(turn: Turn, what: str, subject_id: int) -> Screen:
    """Ask whom it is for."""
    _owner(what)

    def kept(who: str, value: int | str = "") -> str:
        return action("audience-set", what, subject_id, who, value)

    return turn.screen(
        turn._("Who shall get it?"),
        title=turn._("Audience"),
        rows=column(
            Button(turn.p("button", "Everyone"), kept("everyone")),
            Button(turn.p("button", "One organisation"), action("audience-org", what, subject_id, 0)),
            Button(turn.p("button", "One language"), action("audience-language", what, subject_id)),
            Button(
                turn.p("button", "Registered for…"),
                action("audience-event", what, subject_id, "registered", 0),
            ),
            Button(
                turn.p("button", "Not registered for…"),
                action("audience-event", what, subject_id, "not_registered", 0),
            ),
            Button(turn.p("button", "Back"), action("audience-back", what, subject_id)),
        ),
    )


@tap("audience-back", who=COORDINATORS)
async def back(turn: Turn, what: str, subject_id: int) -> Screen:
    """Leave the audience as it is."""
    return await _owner(what).review(turn, subject_id)


@tap("audience-language", who=COORDINATORS)
async def language(turn: Turn, what: str, subject_id: int) -> Screen:
    """Ask which language's readers are meant."""
    return turn.screen(
        turn._("Readers of which language?"),
        title=turn._("Audience"),
        rows=column(
            *(
                Button(speech(lang).name, action("audience-set", what, subject_id, "language", lang))
                for lang in LANGUAGES
            ),
            Button(turn.p("button", "Back"), action("audience", what, subject_id)),
        ),
    )


@tap("audience-org", who=COORDINATORS)
async def organisation(turn: Turn, what: str, subject_id: int, page: int) -> Screen:
    """Ask which organisation is meant."""
    listed = await turn.unit.organisations.listed(turn.lang)

    async def slice_of(limit: int, offset: int) -> list[tuple[int, str]]:
        return [(one.id, one.name(turn.lang)) for one in listed[offset : offset + limit]]

    return await _pick(turn, turn._("Which organisation?"), slice_of, page, what, subject_id, "organisation")


@tap("audience-event", who=COORDINATORS)
async def event(turn: Turn, what: str, subject_id: int, who: str, page: int) -> Screen:
    """Ask which event's registrations decide."""

    async def slice_of(limit: int, offset: int) -> list[tuple[int, str]]:
        coming = await turn.unit.events.upcoming(turn.now, limit=limit + offset)
        past = await turn.unit.events.past(turn.now, limit=limit + offset)
        return [(one.id, one.title(turn.lang)) for one in [*coming, *past][offset : offset + limit]]

    if who not in ("registered", "not_registered"):
        raise Outdated(who)
    return await _pick(turn, turn._("Which event?"), slice_of, page, what, subject_id, who)


async def _pick(
    turn: Turn,
    question: str,
    slice_of: Callable[[int, int], Awaitable[list[tuple[int, str]]]],
    page: int,
    what: str,
    subject_id: int,
    who: str,
) -> Screen:
    """List what can be chosen, in full in the text, with a button for each."""
    _owner(what)
    shown = await page_of(slice_of, page)
    turning = (
        page_buttons(turn, shown, "audience-org", what, subject_id)
        if who == "organisation"
        else page_buttons(turn, shown, "audience-event", what, subject_id, who)
    )
    numbered = list(enumerate(shown.items, shown.first))
    return turn.screen(
        paragraphs(
            question,
            lines(*(turn._("{number}. {name}", number=number, name=name) for number, (_, name) in numbered)),
        ),
        title=turn._("Audience"),
        rows=[
            *(
                [
                    Button(
                        numbered_label(turn, number, name), action("audience-set", what, subject_id, who, key)
                    )
                ]
                for number, (key, name) in numbered
            ),
            turning,
            [Button(turn.p("button", "Back"), action("audience", what, subject_id))],
        ],
    )


@tap("audience-set", who=COORDINATORS)
async def keep(turn: Turn, what: str, subject_id: int, who: str, value: str = "") -> Screen:
    """Keep the choice and go on."""
    owner = _owner(what)
    await owner.keep(turn, subject_id, _audience(who, value))
    return await owner.review(turn, subject_id)


def _audience(who: str, value: str) -> Audience:
    """Read a choice; raises Outdated where it is none that was ever offered."""
    match who:
        case "everyone":
            return Audience()
        case "language" if value in LANGUAGES:
            return Audience(who, value)
        case "organisation" | "registered" | "not_registered" if value.isdecimal() and len(value) < 19:
            return Audience(who, str(int(value)))
        case _:
            raise Outdated(who)


async def described(turn: Turn, audience: Audience) -> str:
    """Say in words whom an audience means."""
    match audience.who:
        case "organisation":
            found = await turn.unit.organisations.get(int(audience.value))
            return turn._("Organisation: {name}", name=found.name(turn.lang) if found else "–")
        case "language":
            return turn._("Readers of: {language}", language=speech(audience.value).name)
        case "registered" | "not_registered":
            event = await turn.unit.events.get(int(audience.value))
            title = event.title(turn.lang) if event else "–"
            if audience.who == "registered":
                return turn._("Registered for: {title}", title=title)
            return turn._("Not registered for: {title}", title=title)
        case _:
            return turn._("Everyone, guests too")


def reach_lines(turn: Turn, reach: Reach) -> str:
    """Say how many people are reached on each channel in each language, and who is left out and why."""
    reached = [
        turn._(
            "{channel}, {language}: {count}",
            channel=turn.say(CHANNELS[channel]) if channel in CHANNELS else channel,
            language=speech(lang).name if lang else "–",
            count=count,
        )
        for (channel, lang), count in sorted(reach.reached.items())
    ]
    out = [
        turn._("Left out, {reason}: {count}", reason=turn.say(LEFT_OUT[reason]), count=count)
        for reason, count in sorted(reach.left_out.items())
    ]
    total = turn.n("{count} person will get it.", "{count} people will get it.", reach.total)
    return lines(total, *reached, *out)


def seen_by(turn: Turn, lang: str) -> str:
    """Say whose view of a preview stands above."""
    return turn._("Above is what readers of {language} get.", language=speech(lang).name)


def other_readers(turn: Turn, lang: str, name: str, subject_id: int) -> list[Button]:
    """Return buttons that show a preview as readers of the other languages get it."""
    return [
        Button(speech(other).name, action(name, subject_id, other)) for other in LANGUAGES if other != lang
    ]


def fallback_lines(turn: Turn, texts: dict[str, str], readers: dict[str, int], original: str = "") -> str:
    """Warn of languages that have readers but no text, and say what they get instead."""
    return lines(
        *(
            turn._(
                "⚠ No text in {language}: {count} of its readers get the one in {other}.",
                language=speech(lang).name,
                count=count,
                other=speech(other).name,
            )
            for lang, (other, count) in falling_back(texts, readers, original).items()
            if other and lang
        )
    )
