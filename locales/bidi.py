"""Text that keeps its order where right-to-left and left-to-right meet.

Renderers disagree whether the inside of an isolate decides a line's direction, so a message is made safe
twice: every foreign value sits in an isolate, and every line begins with a mark where it needs one.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from locales.languages import FACTS, Language

FSI, PDI = "\u2068", "\u2069"
LRM, RLM = "\u200e", "\u200f"

Direction = Literal["rtl", "ltr"]

_DIRECTIONS: dict[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_OPENERS = {"FSI", "LRI", "RLI"}
_BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
_OTHER_CONTROLS = "\u200b\ufeff\u206a\u206b\u206c\u206d\u206e\u206f\ufff9\ufffa\ufffb"
_C0_AND_C1 = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace()]
_DELETED: dict[int, None] = dict.fromkeys(
    [*map(ord, _BIDI_CONTROLS + _OTHER_CONTROLS), *map(ord, _C0_AND_C1), *range(0xD800, 0xE000)]
)
_LINK_ONLY = re.compile(rf"\s*{FSI}?\s*[A-Za-z][A-Za-z0-9+.-]*://\S+\s*")
_MARKS_IN_A_ROW = re.compile(rf"[{LRM}{RLM}]+(?=[{LRM}{RLM}])")


class Safe(str):
    """Text already in the message's language and order: formatting passes it untouched."""

    __slots__ = ()


def clean(text: str) -> str:
    """One line of plain text: no direction or control characters, every run of white space one space."""
    return " ".join(text.translate(_DELETED).split())


def isolate(text: str) -> Safe:
    """The cleaned text in FSI…PDI, so that it cannot disturb its neighbours; Safe and empty pass as they are."""
    if isinstance(text, Safe):
        return text
    cleaned = clean(text)
    return Safe(f"{FSI}{cleaned}{PDI}" if cleaned else "")


def block(text: str) -> Safe:
    """Several lines of a person's text, each cleaned and isolated, with at most one empty line between.

    A line that is only a link stays bare, so that every client still finds it.
    """
    lines = [_line_of_block(line) for line in text.splitlines()]
    return Safe(re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n")))


def _line_of_block(line: str) -> str:
    cleaned = clean(line)
    return cleaned if _LINK_ONLY.fullmatch(cleaned) else isolate(cleaned)


def direction_of(text: str) -> Direction | None:
    """The direction of the first strong character, inside an isolate or not; None when there is none."""
    return next((direction for direction, _ in _strong(text)), None)


def anchor(text: str, lang: Language) -> Safe:
    """The message with a mark at each line start that a client could lay out in the wrong direction.

    Idempotent; never leaves two marks in a row; empty lines and lines that are only a link stay as they are.
    """
    single = _MARKS_IN_A_ROW.sub("", text)
    mark = _right_to_left if FACTS[lang].rtl else _left_to_right
    return Safe("\n".join(_anchored(line, mark(line.lstrip(LRM + RLM))) for line in single.split("\n")))


def _anchored(line: str, mark: str) -> str:
    bare = line.lstrip(LRM + RLM)
    return bare if not bare.strip() or _LINK_ONLY.fullmatch(bare) else mark + bare


def _right_to_left(line: str) -> str:
    """RLM unless every renderer agrees already: the first strong letter is right-to-left and not isolated."""
    return "" if next(_strong(line), None) == ("rtl", False) else RLM


def _left_to_right(line: str) -> str:
    """LRM when the line begins right-to-left for renderers that look inside isolates or for those that don't."""
    inside = direction_of(line)
    outside = next((direction for direction, isolated in _strong(line) if not isolated), None)
    return LRM if "rtl" in (inside, outside) else ""


def _strong(text: str) -> Iterator[tuple[Direction, bool]]:
    """Each strong character's direction, and whether it stands inside an isolate."""
    depth = 0
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _OPENERS:
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif kind in _DIRECTIONS:
            yield _DIRECTIONS[kind], depth > 0
