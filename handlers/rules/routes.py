"""Which way a message goes where free-form text may only be sent for a while after the person wrote.

Inside that window the whole screen goes out, with its buttons. Outside it only prepared wordings may be sent,
in the languages in which they were approved: the screen's own template, else an opener that merely says that
something is waiting, while the message itself waits for the window that a tap on it opens.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

OPENER = "opener"
UNWRITTEN = ("ku",)
"""Languages of ours in which no wording can be approved."""
OTHER_LANGUAGES = ("ar", "en")
"""In which an opener is tried where neither of the person's languages has one, in this order."""

Approved = Collection[tuple[str, str]]
"""(template name, language) of what may be sent."""


@dataclass(frozen=True, slots=True)
class Free:
    """As it is, with its buttons."""


@dataclass(frozen=True, slots=True)
class ByTemplate:
    """As its template in the person's language."""

    name: str
    lang: str


@dataclass(frozen=True, slots=True)
class ByOpener:
    """It waits for the window; an opener in this language says so."""

    lang: str


@dataclass(frozen=True, slots=True)
class NotAtAll:
    """It waits for the window, and nothing tells the person; `reason` as in the outbox."""

    reason: str = "window_closed"


Route = Free | ByTemplate | ByOpener | NotAtAll


def route(
    window_until: datetime | None, now: datetime, template: str, langs: tuple[str, str], approved: Approved
) -> Route:
    """Decide a message's way. `langs` are the person's language and their second one; no window: always free."""
    if window_until is None or window_until > now:
        return Free()
    if template and (template, langs[0]) in approved:
        return ByTemplate(template, langs[0])
    for lang in (*langs, *OTHER_LANGUAGES):
        if (OPENER, lang) in approved:
            return ByOpener(lang)
    return NotAtAll()
