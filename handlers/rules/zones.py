"""Time zones of people abroad: the cities that are offered, and the one that somebody types."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from locales import BAGHDAD, NP_, Message, fold

CITIES: dict[str, Message] = {
    "America/New_York": NP_("button", "Washington"),
    "Europe/London": NP_("button", "London"),
    "Europe/Berlin": NP_("button", "Berlin"),
    "Asia/Beirut": NP_("button", "Beirut"),
    "Asia/Dubai": NP_("button", "Dubai"),
    "Asia/Kuala_Lumpur": NP_("button", "Kuala Lumpur"),
}
"""The zones that are offered, by name, and what their clocks are called after."""


def zone_named(typed: str) -> str:
    """Return the zone of a city, as `Paris`, `Europe/Paris` or `Kuala Lumpur`; empty where none is meant."""
    return _by_city().get(fold(typed.replace("_", " ")), "")


@cache
def _by_city() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in sorted(available_timezones()):
        region, _, city = name.rpartition("/")
        if region and not name.startswith(("Etc/", "SystemV/", "posix/", "right/")):
            spaced = name.replace("_", " ")
            found[fold(spaced)] = name
            found.setdefault(fold(city.replace("_", " ")), name)
    return found | {fold(message.msgid): name for name, message in CITIES.items()}


def differs(zone: str, moment: datetime) -> bool:
    """Say whether a zone's clocks show another time than Baghdad's at a moment."""
    return moment.astimezone(ZoneInfo(zone)).utcoffset() != moment.astimezone(BAGHDAD).utcoffset()
