"""Which text a reader gets, and what a broadcast's rows add up to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from handlers.rules.quiet import is_quiet
from storage.outbox import DAILY, HELD

FALLBACK = ("en", "ar", "ku")
"""Which language speaks for a missing one, in this order."""

NOT_TAKEN_BACK = ("misconfigured", "elsewhere")
"""Reasons of withdrawn rows that nobody took back: a fault, and people who got it at another address."""

REASONS_LEFT_OUT = ("opted_out", "muted", "blocked", "held")
"""Why somebody gets nothing although nothing failed: they said so, here or to their app."""

RETRIED = {
    "failed": (
        "rejected",
        "gave_up",
        "misconfigured",
        "unreachable",
        "window_closed",
        "withheld",
        "not_joined",
    ),
    "expired": ("too_late", "window_closed"),
    "withdrawn": ("misconfigured",),
}
"""What another try may mend, by state: an account at fault takes the rest of its broadcast back."""


def text_for(texts: Mapping[str, str], lang: str, original: str = "") -> tuple[str, str]:
    """Return (language, text) that a reader of a language gets; empty texts where there are none.

    `original` is the language that goes before the usual order where one text was written first.
    """
    order = (lang, original, *FALLBACK)
    return next(((one, texts[one]) for one in order if texts.get(one)), ("", ""))


def falling_back(
    texts: Mapping[str, str], readers: Mapping[str, int], original: str = ""
) -> dict[str, tuple[str, int]]:
    """Map each language that has readers but no text to the language they get instead, and how many they are."""
    return {
        lang: (text_for(texts, lang, original)[0], count)
        for lang, count in readers.items()
        if count and not texts.get(lang)
    }


def fingerprint(*parts: object) -> str:
    """Sum up what was previewed, so that exactly that is what a confirmation sends."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a broadcast so far. `failed` and `left_out` count by reason.

    `held` wait until the person opens them, `postponed` (of those waiting) for a later day.
    """

    waiting: int
    held: int
    postponed: int
    sent: int
    delivered: int
    read: int
    unknown: int
    withdrawn: int
    failed: Mapping[str, int]
    left_out: Mapping[str, int]

    @property
    def reached(self) -> int:
        """Count what the providers took."""
        return self.sent + self.delivered + self.read

    @property
    def total(self) -> int:
        """Count all that was to be sent."""
        return (
            self.waiting
            + self.held
            + self.reached
            + self.unknown
            + self.withdrawn
            + sum(self.failed.values())
        )

    @property
    def showing(self) -> str:
        """Sum up the counts in a short text that differs whenever they do."""
        counts = (
            self.waiting,
            self.held,
            self.postponed,
            self.sent,
            self.delivered,
            self.read,
            self.unknown,
            self.withdrawn,
        )
        return ".".join(str(count) for count in (*counts, sum(self.failed.values())))


def progress_of(tally: Mapping[tuple[str, str], int]) -> Progress:
    """Add up outbox rows counted by (state, reason)."""

    def count(*states: str) -> int:
        return sum(number for (state, _), number in tally.items() if state in states)

    def reasons(left_out: bool) -> dict[str, int]:
        found: dict[str, int] = {}
        for (state, reason), number in tally.items():
            if _in_vain(state, reason) and (reason in REASONS_LEFT_OUT) == left_out:
                found[reason] = found.get(reason, 0) + number
        return found

    held = tally.get(("queued", HELD), 0)
    return Progress(
        waiting=count("queued", "paused", "sending") - held,
        held=held,
        postponed=tally.get(("queued", DAILY), 0),
        sent=count("sent"),
        delivered=count("delivered"),
        read=count("read"),
        unknown=count("unknown"),
        withdrawn=count("withdrawn") - sum(tally.get(("withdrawn", other), 0) for other in NOT_TAKEN_BACK),
        failed=reasons(left_out=False),
        left_out=reasons(left_out=True),
    )


def can_retry(tally: Mapping[tuple[str, str], int]) -> bool:
    """Say whether anything failed that another try may mend."""
    return any(count and reason in RETRIED.get(state, ()) for (state, reason), count in tally.items())


def _in_vain(state: str, reason: str) -> bool:
    return state in ("failed", "expired") or (state, reason) == ("withdrawn", "misconfigured")


def bar(part: int, whole: int, width: int = 10) -> str:
    """Draw a bar of blocks: neutral characters, so that it reads from the side the text reads from."""
    filled = round(width * part / whole) if whole else 0
    return "█" * filled + "░" * (width - filled)


def percent(part: int, whole: int) -> int:
    """Return a share in whole per cent; 100 only when nothing is left."""
    share = round(100 * part / whole) if whole else 0
    return share if part >= whole else min(share, 99)


FARTHEST = timedelta(days=90)
COUNTED_A_SECOND = 10_000
"""So many rows are counted for a second's worth of patience: a large announcement is looked at less often."""


class Hour(Enum):
    """Whether something may be planned for a moment."""

    FITS = auto()
    PAST = auto()
    TOO_FAR = auto()
    NIGHT = auto()
    UNREADABLE = auto()


def hour_for(moment: datetime | None, now: datetime) -> Hour:
    """Judge a moment at which an announcement is to go out."""
    if moment is None:
        return Hour.UNREADABLE
    if moment <= now:
        return Hour.PAST
    if moment > now + FARTHEST:
        return Hour.TOO_FAR
    return Hour.NIGHT if is_quiet(moment) else Hour.FITS


def minute_of(moment: datetime) -> int:
    """Write a moment down as the minutes since 1970: short enough for a button."""
    return int(moment.timestamp() // 60)


def moment_of(minute: int) -> datetime | None:
    """Read a moment back; nothing where no calendar has it."""
    try:
        return datetime.fromtimestamp(minute * 60, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def worth_counting(people: int, counted_at: datetime | None, now: datetime) -> bool:
    """Say whether it is time to count an announcement's rows again."""
    return counted_at is None or now - counted_at >= timedelta(seconds=people / COUNTED_A_SECOND)
