"""The programme's table fits the kinds of event, and progress follows from counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.kinds import KINDS
from handlers.rules.programme import ACTIVITIES, standings


def test_each_activity_is_a_kind_of_event() -> None:
    assert {one.kind for one in ACTIVITIES} == set(KINDS)
    assert len(ACTIVITIES) == len(KINDS)


@given(st.dictionaries(st.sampled_from([*KINDS, "unknown"]), st.integers(0, 50)))
def test_done_and_remaining_make_the_target(held: dict[str, int]) -> None:
    for standing in standings(held):
        target = standing.activity.target
        assert standing.done == held.get(standing.activity.kind, 0)
        if target is None:
            assert standing.remaining is None
        else:
            assert standing.remaining == max(0, target - standing.done)


def test_five_of_eight_webinars() -> None:
    webinars = standings({"webinar": 5})[0]
    assert (webinars.done, webinars.activity.target, webinars.remaining) == (5, 8, 3)
