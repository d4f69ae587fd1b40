"""Choosing an organisation from the list: by pages, or by typing a part of its name."""

from __future__ import annotations

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
    column,
    tap,
)
from locales import clean, search_key
from storage.organisations import Organisation

A_PAGE = 6
LABEL = 60
"""What a button holds everywhere; a channel with less room spells longer labels out in the text."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What an organisation is chosen for: where Back leads and who may. A choice is `<purpose>-org:<id>`."""

    back: str
    who: tuple[str, ...]


PURPOSES = {
    "join": Purpose("joining", EVERYONE),
    "invite": Purpose("people", COORDINATORS),
    "roles": Purpose("people", ADMINISTRATORS),
    "profile": Purpose("look-after", COORDINATORS),
    "grant": Purpose("grant-back", COORDINATORS),
    "event-invite": Purpose("event-invite", COORDINATORS),
}


async def choose_organisation(turn: Turn, purpose: str, page: int = 0, payload: str = "") -> Screen:
    """Show a page of the organisations."""
    listed = await turn.unit.organisations.listed(turn.lang)
    page = max(0, min(page, (len(listed) - 1) // A_PAGE))
    shown = listed[page * A_PAGE : (page + 1) * A_PAGE]
    return turn.screen(
        turn._("Please choose the organisation.") if shown else turn._("No organisation is on the list yet."),
        title=turn._("Which organisation?"),
        rows=[
            *([_choice(turn, purpose, one, payload)] for one in shown),
            _turning(turn, purpose, page, len(listed), payload),
            [_search_button(turn, purpose, payload)] if len(listed) > A_PAGE else [],
            [Button(turn.p("button", "Back"), action(PURPOSES[purpose].back, *_carry(payload)))],
        ],
    )


@tap("pick", consent=False)
async def pick(turn: Turn, purpose: str, page: int, payload: str = "") -> Screen:
    """Turn a page of the organisations."""
    _check(turn, purpose)
    return await choose_organisation(turn, purpose, page, payload)


@tap("pick-search", consent=False)
async def ask_name(turn: Turn, purpose: str, payload: str = "") -> Screen:
    """Ask for a part of the name."""
    _check(turn, purpose)
    return _ask_name(turn, purpose, payload)


def _ask_name(turn: Turn, purpose: str, payload: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("Please write a part of the organisation's name, in any language."),
        title=turn._("Which organisation?"),
        rows=column(_list_button(turn, purpose, payload)),
        ask=action("pick", purpose, *_carry(payload)),
        note=note,
    )


@answer("pick", consent=False)
async def search(turn: Turn, reply: Reply, purpose: str, payload: str = "") -> Screen:
    """Look for organisations by what was typed."""
    _check(turn, purpose)
    listed = await turn.unit.organisations.listed(turn.lang)
    found = [one for one in listed if _matches(one, reply.text)]
    if not found:
        return _ask_name(turn, purpose, payload, turn._("No organisation has this in its name."))
    return turn.screen(
        turn._("Is it one of these?")
        if len(found) <= A_PAGE
        else turn._("There are more like this: please write more of the name if yours is not here."),
        title=turn._("Which organisation?"),
        rows=[
            *([_choice(turn, purpose, one, payload)] for one in found[:A_PAGE]),
            [_search_button(turn, purpose, payload)],
            [_list_button(turn, purpose, payload)],
        ],
    )


def shorten(name: str, most: int = LABEL) -> str:
    """Return a name that fits a button."""
    name = clean(name)
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def _check(turn: Turn, purpose: str) -> None:
    """Raise Outdated where this person can't have been offered this choice."""
    known = PURPOSES.get(purpose)
    if known is None or turn.member.role not in known.who or not turn.member.consented:
        raise Outdated("pick")


def _carry(payload: str) -> tuple[str, ...]:
    return (payload,) if payload else ()


def _matches(one: Organisation, sought: str) -> bool:
    key = search_key(sought)
    return bool(key) and any(key in search_key(name) for name in (one.name_en, one.name_ar, one.name_ku))


def _choice(turn: Turn, purpose: str, one: Organisation, payload: str) -> Button:
    return Button(shorten(one.name(turn.lang)), action(f"{purpose}-org", one.id, *_carry(payload)))


def _turning(turn: Turn, purpose: str, page: int, count: int, payload: str) -> list[Button]:
    def to(other: int) -> str:
        return action("pick", purpose, other, *_carry(payload))

    before = [Button(turn.p("button", "Previous"), to(page - 1))] if page > 0 else []
    after = [Button(turn.p("button", "Next"), to(page + 1))] if (page + 1) * A_PAGE < count else []
    return before + after


def _search_button(turn: Turn, purpose: str, payload: str) -> Button:
    return Button(turn.p("button", "Search"), action("pick-search", purpose, *_carry(payload)))


def _list_button(turn: Turn, purpose: str, payload: str) -> Button:
    return Button(turn.p("button", "Whole list"), action("pick", purpose, 0, *_carry(payload)))
