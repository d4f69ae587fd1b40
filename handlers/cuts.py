"""The people who took part, told apart by one thing at a time, as a report shows them."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.counting import CUTS, Content
from handlers.kit import Turn, lines
from handlers.rules.directory import GOVERNORATES
from handlers.rules.indicators import NOT_COLLECTED
from handlers.rules.traits import trait
from locales import LANGUAGES, N_, NP_, Message, Speech, digits, speech

NAMES: dict[str, Message] = {
    "language": NP_("cut", "Language"),
    "governorate": NP_("cut", "Governorate of the organisation"),
    "organisation": NP_("cut", "Kind of organisation"),
}
ORGANISATIONS: dict[str, Message] = {
    "prime": NP_("cut", "prime member"),
    "subgrantee": NP_("cut", "sub-grantee"),
    "organiser": NP_("cut", "organiser"),
    "donor": NP_("cut", "donor"),
}
EXPLAINED = N_(
    "A dash stands for a number that is not shown: below five people, or one from which such a number could be "
    "worked out. “Not collected” are people who did not say."
)
HIDDEN = "–"


def cut_name(voice: Speech, code: str) -> str:
    """Name what people are told apart by."""
    found = trait(code)
    return voice.say(found.name if found else NAMES[code])


def cell_name(voice: Speech, code: str, cell: str) -> str:
    """Name one kind of people."""
    if cell == NOT_COLLECTED:
        return voice.p("cut", "not collected")
    if code == "language":
        return next((speech(lang).name for lang in LANGUAGES if lang == cell), cell)
    labels = {"governorate": GOVERNORATES, "organisation": ORGANISATIONS}.get(code)
    found = trait(code)
    return voice.say((found.options if found else labels or {})[cell])


def cells(said: Content, code: str) -> Iterable[tuple[str, int | None]]:
    """List the kinds of people of one cut, leaving out those of whom there is nobody."""
    return [(cell, count) for cell, count in said.cuts.get(code, {}).items() if count != 0]


def shown(voice: Speech, count: int | None) -> str:
    """Write a count, or the dash that stands for a hidden one."""
    return HIDDEN if count is None else digits(str(count), voice.lang)


def cut_lines(turn: Turn, said: Content) -> list[str]:
    """Put every cut into a line, and say what the dashes are."""
    voice = turn.speech
    told = [
        turn._("{cut}: {counts}", cut=cut_name(voice, code), counts=voice.list(_told(voice, said, code)))
        for code in CUTS
        if _any_shown(said, code)
    ]
    hidden = voice.list(cut_name(voice, code) for code in CUTS if not _any_shown(said, code))
    return [
        lines(*told),
        turn._("Too few people to be told apart by: {cuts}", cuts=hidden) if hidden else "",
        turn.say(EXPLAINED),
    ]


def _any_shown(said: Content, code: str) -> bool:
    return any(count is not None for _, count in cells(said, code))


def _told(voice: Speech, said: Content, code: str) -> list[str]:
    return [
        voice._("{name} {count}", name=cell_name(voice, code, cell), count=shown(voice, count))
        for cell, count in cells(said, code)
    ]
