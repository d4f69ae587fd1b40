"""Joining names in a sentence; CLDR's Kurdish list has Latin commas and no "and"."""

from collections.abc import Iterable

from locales.bidi import Safe, isolate
from locales.phrases import Phrases


def joined(phrases: Phrases, items: Iterable[str]) -> Safe:
    """The items as one phrase, each isolated unless Safe; empty for no items."""
    rest = [isolate(item) for item in items]
    if not rest:
        return Safe("")
    text = rest.pop()
    if rest:
        text = phrases.p("enumeration", "{first} and {last}", first=rest.pop(), last=text)
    while rest:
        text = phrases.p("enumeration", "{first}, {others}", first=rest.pop(), others=text)
    return text
