"""Who could be whose mentor, when a silence is worth a word, and what may be logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta

from storage.mentoring import Offer, Session

SILENCE = timedelta(days=21)
ANSWER_WITHIN = timedelta(days=7)
MOST_PLACES = 3
MINUTES = (30, 60, 90, 120)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Match:
    """A mentor who could fit a mentee, and what the two share."""

    mentor: Offer
    themes: tuple[str, ...]
    langs: tuple[str, ...]
    places: tuple[str, ...]
    times: tuple[str, ...]

    @property
    def weight(self) -> tuple[int, int, int]:
        """Return how well they fit: themes first, then times, then nearness."""
        return len(self.themes), len(self.times), len(self.places)


def match(mentee: Offer, mentor: Offer) -> Match | None:
    """Say what two people share; None where they must not or could not work together.

    Never somebody with themselves, never within one organisation, and not without a common language and theme.
    """
    same_place = mentee.organisation_id is not None and mentee.organisation_id == mentor.organisation_id
    if mentee.member_id == mentor.member_id or same_place:
        return None
    shared = {
        part: tuple(code for code in mentee.chosen(part) if code in mentor.chosen(part))
        for part in ("themes", "langs", "places", "times")
    }
    return Match(mentor, **shared) if shared["themes"] and shared["langs"] else None


def suggestions(
    mentee: Offer,
    mentors: Sequence[Offer],
    taken: Mapping[int, int],
    apart: AbstractSet[tuple[int, int]],
) -> list[Match]:
    """List the mentors with a free place who fit a mentee and were not matched before, the best in front.

    Of equals, the one with fewer mentees comes first. `apart` holds (mentor, mentee) pairs of the past.
    """
    free = [one for one in mentors if taken.get(one.member_id, 0) < one.capacity]
    fitting = [match(mentee, one) for one in free if (one.member_id, mentee.member_id) not in apart]
    return sorted(
        (one for one in fitting if one is not None),
        key=lambda one: (*(-part for part in one.weight), taken.get(one.mentor.member_id, 0), one.mentor.member_id),
    )  # fmt: skip


def is_ready(offer: Offer) -> bool:
    """Say whether an offer says enough to be matched."""
    return bool(offer.themes and offer.langs)


def asks_for_fit(sessions: Sequence[Session]) -> bool:
    """Say whether both sides are to be asked how it fits: their first meeting has just been confirmed."""
    return sum(one.state == "confirmed" for one in sessions) == 1
