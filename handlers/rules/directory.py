"""What organisations say of themselves in the directory, and how much of it one person may read in a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from locales import NP_, Message, search_key
from storage.organisations import Organisation
from storage.profiles import Profile

MOST_A_DAY = 60
"""How many screens of the directory one person may open in a day: enough to look, too few to copy it."""

THEMES: dict[str, Message] = {
    "participation": NP_("button", "Civic participation"),
    "rights": NP_("button", "Human rights"),
    "governance": NP_("button", "Good governance"),
    "youth": NP_("button", "Youth"),
    "women": NP_("button", "Women"),
    "elections": NP_("button", "Elections"),
    "media": NP_("button", "Free media"),
    "law": NP_("button", "Legal aid"),
    "peace": NP_("button", "Peacebuilding"),
    "openness": NP_("button", "Transparency"),
    "minorities": NP_("button", "Minorities"),
    "inclusion": NP_("button", "Inclusion"),
}
GOVERNORATES: dict[str, Message] = {
    "anbar": NP_("button", "Anbar"),
    "babil": NP_("button", "Babil"),
    "baghdad": NP_("button", "Baghdad"),
    "basra": NP_("button", "Basra"),
    "dhi-qar": NP_("button", "Dhi Qar"),
    "diyala": NP_("button", "Diyala"),
    "duhok": NP_("button", "Duhok"),
    "erbil": NP_("button", "Erbil"),
    "halabja": NP_("button", "Halabja"),
    "karbala": NP_("button", "Karbala"),
    "kirkuk": NP_("button", "Kirkuk"),
    "maysan": NP_("button", "Maysan"),
    "muthanna": NP_("button", "Muthanna"),
    "najaf": NP_("button", "Najaf"),
    "nineveh": NP_("button", "Nineveh"),
    "qadisiyyah": NP_("button", "Qadisiyyah"),
    "salah-al-din": NP_("button", "Salah al-Din"),
    "sulaymaniyah": NP_("button", "Sulaymaniyah"),
    "wasit": NP_("button", "Wasit"),
}

Listed = tuple[Organisation, Profile]


def matching(listed: Iterable[Listed], part: str, code: str) -> list[Listed]:
    """Choose the organisations that work on a theme or in a governorate."""
    return [(one, profile) for one, profile in listed if code in profile.chosen(part)]


def found(listed: Iterable[Listed], sought: str) -> list[Listed]:
    """Choose the organisations that have every word sought in a name or a public line, whatever the spelling."""
    wanted = search_key(sought).split()
    return [(one, profile) for one, profile in listed if wanted and _holds(one, profile, wanted)]


def _holds(one: Organisation, profile: Profile, wanted: Sequence[str]) -> bool:
    texts = (one.name_en, one.name_ar, one.name_ku, *profile.lines.values())
    key = " ".join(search_key(text) for text in texts)
    return all(word in key for word in wanted)
