"""Lists that are longer than a phone's screen: six items at a time, with a way to turn the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from handlers.kit import Button, Turn, action
from locales import Safe, clean

SIZE = 6
FARTHEST = 10_000
LABEL = 24
"""What a row of the smallest list holds (WhatsApp list picker)."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, and whether more follow."""

    items: Sequence[T]
    number: int
    more: bool
    size: int = SIZE

    @property
    def first(self) -> int:
        """Return the position of the first item in the whole list, counted from 1."""
        return self.number * self.size + 1


async def page_of(
    fetch: Callable[[int, int], Awaitable[Sequence[T]]], number: int, size: int = SIZE
) -> Page[T]:
    """Fetch a page by a function of (limit, offset)."""
    number = max(0, min(number, FARTHEST))
    found = await fetch(size + 1, number * size)
    return Page(found[:size], number, len(found) > size, size)


def page_in(items: Sequence[T], number: int, size: int = SIZE) -> Page[T]:
    """Cut a page out of a list that is at hand."""
    number = max(0, min(number, FARTHEST))
    return Page(items[number * size :][:size], number, len(items) > (number + 1) * size, size)


def page_buttons(turn: Turn, page: Page[T], name: str, *args: int | str) -> list[Button]:
    """Return the buttons that turn the page; the page's number is the last argument of the action."""
    buttons = []
    if page.number > 0:
        buttons.append(Button(turn.p("button", "Previous"), action(name, *args, page.number - 1)))
    if page.more:
        buttons.append(Button(turn.p("button", "Next"), action(name, *args, page.number + 1)))
    return buttons


def numbered_label(turn: Turn, number: int, name: str) -> str:
    """Return a button's label for an item of a numbered list, short enough for every channel."""
    name = clean(name)
    room = LABEL - len(f"{number}. ")
    short = name if len(name) <= room else name[: room - 1].rstrip() + "…"
    return turn._("{number}. {name}", number=number, name=Safe(short))
