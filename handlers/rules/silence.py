"""When somebody who has long been silent is asked whether to stay, asked once more, and then forgotten."""

from __future__ import annotations

from datetime import date, timedelta

SILENT = timedelta(days=548)
"""Eighteen months without a word: then people are asked."""
FIRST_ANSWER = timedelta(days=46)
"""How long the first question waits before it is asked once more."""
LAST_ANSWER = timedelta(days=14)
"""How long the last question waits before the person is erased."""
ASLEEP = timedelta(days=2)
"""After how long without the clock nobody's silence counts as an answer: their answers may be lost."""


def was_asleep(last: date | None, today: date) -> bool:
    """Say whether the machine was away, or its database is an older one, so that last questions are asked anew."""
    return last is not None and today - last > ASLEEP
