"""What a PIN is, and what follows from a wrong one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import pairwise

DIGITS = 6
IDLE = timedelta(minutes=15)
"""After so long without a tap the tools close."""
STEP = timedelta(minutes=1)
"""How exactly that is kept."""
PAUSE_AFTER, PAUSE = 5, timedelta(minutes=15)
FREEZE_AFTER = 10


class Wrong(Enum):
    """What follows from a wrong PIN."""

    AGAIN = auto()
    PAUSE = auto()
    FREEZE = auto()


def after_wrong(times: int) -> Wrong:
    """Say what follows from so many wrong ones in a row."""
    if times >= FREEZE_AFTER:
        return Wrong.FREEZE
    return Wrong.PAUSE if times == PAUSE_AFTER else Wrong.AGAIN


def is_paused(blocked_until: datetime | None, now: datetime) -> bool:
    """Say whether nothing is tried at present."""
    return blocked_until is not None and now < blocked_until


def is_weak(pin: str) -> bool:
    """Say whether a PIN is among those that anybody tries first."""
    steps = {int(later) - int(earlier) for earlier, later in pairwise(pin)}
    return len(set(pin)) < 3 or steps in ({1}, {-1}) or pin in (pin[:3] * 2, pin[:2] * 3)


def is_pin(text: str) -> bool:
    """Say whether a text (digits already 0-9) has a PIN's form."""
    return re.fullmatch(f"[0-9]{{{DIGITS}}}", text) is not None
