"""Choosing an organisation from the list: by pages, or by typing a part of its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.kit import (
    ADMINISTRATORS,
    COORDINATORS,
    EVERYONE,
    Button,
    Outdated,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    lines,
    paragraphs,
    tap,
)
from locales import clean, search_key
from storage.organisations import Organisation

A_PAGE = 6
LABEL = 24
"""What a row of the smallest list holds (WhatsApp list picker)."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What an organisation is chosen for: where Back leads and who may. A choice is `<purpose>-org:<id>`."""

    back: str
    who: tuple[str, ...]


PURPOSES = {
    "join": Purpose("joining", EVERYONE),
    "invite": Purpose("people", COORDINATORS),
    "roles": Purpose("people", ADMINISTRATORS),
}


async def choose_organisation(
    turn: Turn, purpose: str, page: int = 0, payload: str = "", *, sought: str = "", note: str = ""
) -> Screen:
    """Show a page of the organisations, or those whose name holds what is sought."""
    found = [one for one in await turn.unit.organisations.listed(turn.lang) if _matches(one, sought)]
    if sought and not found:
        none = turn._("No organisation has this in its name.")
        return await choose_organisation(turn, purpose, 0, payload, note=none)
    page = max(0, min(page, (len(found) - 1) // A_PAGE))
    shown = found[page * A_PAGE : (page + 1) * A_PAGE]
    pages = _page_buttons(turn, purpose, page, len(found), payload) if not sought else []
    return turn.screen(
        paragraphs(_hint(turn, bool(found)), _full_names(turn, shown)),
        title=turn._("Which organisation?"),
        rows=[
            *([_choice(turn, purpose, one, payload)] for one in shown),
            pages,
            [_back(turn, purpose, payload)],
        ],
        ask=action("pick", purpose, *_carry(payload)),
        note=note,
    )


@tap("pick", consent=False)
async def pick(turn: Turn, purpose: str, page: int, payload: str = "") -> Screen:
    """Turn a page of the organisations."""
    _check(turn, purpose)
    return await choose_organisation(turn, purpose, page, payload)


@answer("pick", consent=False)
async def search(turn: Turn, reply: Reply, purpose: str, payload: str = "") -> Screen:
    """Look for organisations by what was typed."""
    _check(turn, purpose)
    return await choose_organisation(turn, purpose, 0, payload, sought=reply.text)


def shorten(name: str) -> str:
    """Return a name that fits a button; the screen's text has it in full."""
    name = clean(name)
    return name if len(name) <= LABEL else name[: LABEL - 1].rstrip() + "…"


def _check(turn: Turn, purpose: str) -> None:
    """Raise Outdated where this person can't have been offered this choice."""
    known = PURPOSES.get(purpose)
    if known is None or turn.member.role not in known.who or not turn.member.consented:
        raise Outdated("pick")


def _carry(payload: str) -> tuple[str, ...]:
    return (payload,) if payload else ()


def _matches(one: Organisation, sought: str) -> bool:
    key = search_key(sought)
    return any(key in search_key(name) for name in (one.name_en, one.name_ar, one.name_ku))


def _hint(turn: Turn, found: bool) -> str:
    if not found:
        return turn._("No organisation is on the list yet.")
    return turn._("Choose one, or type a part of its name.")


def _full_names(turn: Turn, shown: Sequence[Organisation]) -> str:
    names = [one.name(turn.lang) for one in shown]
    if all(len(name) <= LABEL for name in names):
        return ""
    return lines(*(turn._("{number}. {name}", number=at, name=name) for at, name in enumerate(names, 1)))


def _choice(turn: Turn, purpose: str, one: Organisation, payload: str) -> Button:
    return Button(shorten(one.name(turn.lang)), action(f"{purpose}-org", one.id, *_carry(payload)))


def _page_buttons(turn: Turn, purpose: str, page: int, count: int, payload: str) -> list[Button]:
    buttons = []
    if page > 0:
        buttons.append(
            Button(turn.p("button", "Previous"), action("pick", purpose, page - 1, *_carry(payload)))
        )
    if (page + 1) * A_PAGE < count:
        buttons.append(Button(turn.p("button", "Next"), action("pick", purpose, page + 1, *_carry(payload))))
    return buttons


def _back(turn: Turn, purpose: str, payload: str) -> Button:
    return Button(turn.p("button", "Back"), action(PURPOSES[purpose].back, *_carry(payload)))
