"""Which of an event's materials are meant for a reader."""

from __future__ import annotations

from collections.abc import Sequence

from storage.materials import Material

FALLBACK = ("en", "ar", "ku")


def gained(published: Sequence[Material], lang: str) -> list[Material]:
    """Choose what somebody who now reads another language gains: they have the nearest other version already."""
    return [one for one in published if one.lang == lang]


def due_to(published: Sequence[Material], lang: str) -> list[Material]:
    """Choose, day by day and kind by kind, the versions in a reader's language, or else in the nearest other one."""
    chosen: list[Material] = []
    for day, kind in dict.fromkeys((one.day, one.kind) for one in published):
        versions = [one for one in published if (one.day, one.kind) == (day, kind)]
        found = next(
            (one for one in (lang, *FALLBACK) if any(version.lang == one for version in versions)), ""
        )
        chosen += [version for version in versions if version.lang == found]
    return chosen
