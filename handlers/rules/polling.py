"""What a coordinator's typed lines make of a poll's options."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from locales import clean, fold

FEWEST, MOST = 2, 10
LONGEST_OPTION = 60


class Fault(Enum):
    """Why typed options can't be taken."""

    NONE_OR_TOO_MANY = auto()
    NOT_AS_MANY = auto()
    TOO_LONG = auto()
    SAME = auto()


def options_after(kept: Sequence[str], typed: str, expected: int = 0) -> tuple[str, ...] | Fault:
    """Add the option of a single line to those kept, or let several lines take their place.

    `expected` is how many a translation must have, 0 for the original.
    """
    given = [option for line in typed.splitlines() if (option := clean(line))]
    options = (*kept, *given) if len(given) == 1 else tuple(given)
    if not given or len(options) > (expected or MOST):
        return Fault.NOT_AS_MANY if expected else Fault.NONE_OR_TOO_MANY
    if expected and len(given) > 1 and len(given) != expected:
        return Fault.NOT_AS_MANY
    if any(len(option) > LONGEST_OPTION for option in options):
        return Fault.TOO_LONG
    if len({fold(option) or option for option in options}) < len(options):
        return Fault.SAME
    return options


def is_full(options: Sequence[str], expected: int = 0) -> bool:
    """Say whether no option can be added any more."""
    return len(options) >= (expected or MOST)
