"""The nine kinds of the programme begin with defaults that fit each other."""

from __future__ import annotations

import pytest

from handlers.rules.kinds import DAY, HOUR, KINDS, MODES, REMINDERS, SURVEY_MODES, WEEK, Kind

NAMES = {
    "webinar", "small_grant", "training", "mentorship", "roundtable", "collaboration_lab", "coffee_chat",
    "induction", "workshop",
}  # fmt: skip


def test_there_are_the_nine_of_the_programme() -> None:
    assert set(KINDS) == NAMES


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_defaults_can_all_be_chosen_by_hand(kind: Kind) -> None:
    assert kind.mode in MODES
    assert kind.survey_mode in SURVEY_MODES
    assert set(kind.reminders) <= set(REMINDERS)
    assert 0 < kind.minutes <= 14 * DAY
    assert kind.capacity is None or kind.capacity > 0


def test_reminders_are_the_programmes() -> None:
    for name, kind in KINDS.items():
        early = name in ("coffee_chat", "roundtable", "workshop")
        assert kind.reminders == ((WEEK, DAY, HOUR) if early else (DAY, HOUR))
