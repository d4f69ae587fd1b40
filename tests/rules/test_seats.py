"""Who gets a seat, and what keeps somebody from one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit.registry import EVERYONE, MEMBERS
from handlers.rules.kinds import KINDS
from handlers.rules.seats import (
    Already,
    Changed,
    Closed,
    Joined,
    Reason,
    Waitlisted,
    decide,
    free_seats,
    may_attend,
    promotions,
)
from storage.events import Event
from storage.registrations import Registration, Seats

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
EVENT = Event(
    id=1, uid="u", kind="webinar", state="published", revision=4, schedule_revision=1, sequence=0,
    starts_at=NOW + timedelta(days=1), minutes=60, mode="online", join_link="", capacity=2, closes_at=None,
    reminders=(), survey_mode="none", created_at=NOW,
)  # fmt: skip
MINE = Registration(1, 1, 7, None, "confirmed", NOW, NOW)

counts = st.integers(0, 50)
seats = st.builds(Seats, counts, counts, counts)
capacities = st.one_of(st.none(), st.integers(0, 50))


@given(seats, capacities)
def test_a_seat_is_never_given_where_there_is_none(taken: Seats, capacity: int | None) -> None:
    event = replace(EVENT, capacity=capacity)
    match decide(event, None, taken, "member", 4, NOW):
        case Joined():
            assert capacity is None or taken.confirmed < capacity
            assert capacity is None or capacity - taken.confirmed > taken.waitlisted, "it passed by who waits"
        case Waitlisted(place):
            assert capacity is not None
            assert place == taken.waitlisted + 1
        case other:
            pytest.fail(f"unexpected {other}")


@given(seats, capacities)
def test_promotions_fill_but_never_overfill(taken: Seats, capacity: int | None) -> None:
    event = replace(EVENT, capacity=capacity)
    count = promotions(event, taken, NOW)
    assert 0 <= count <= taken.waitlisted
    if capacity is None:
        assert count == taken.waitlisted
    else:
        assert count == 0 or taken.confirmed + count <= capacity
        assert count == taken.waitlisted or taken.confirmed + count >= capacity, "a seat stays empty"


def test_a_lowered_limit_counts_as_full_and_never_negative() -> None:
    assert free_seats(replace(EVENT, capacity=1), Seats(confirmed=5)) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "cancelled"}, Reason.CANCELLED),
        ({"state": "draft"}, Reason.NOT_PUBLISHED),
        ({"starts_at": NOW}, Reason.STARTED),
        ({"closes_at": NOW}, Reason.DEADLINE),
    ],
)
def test_what_keeps_everybody_out(changes: dict[str, object], reason: Reason) -> None:
    event = replace(EVENT, **changes)  # type: ignore[arg-type]
    assert decide(event, None, Seats(), "member", 4, NOW) == Closed(reason)
    assert promotions(replace(event, closes_at=None), Seats(waitlisted=1), NOW) == (
        1 if reason is Reason.DEADLINE else 0
    )


def test_who_has_a_seat_keeps_it_whatever_the_button_says() -> None:
    for event in (EVENT, replace(EVENT, state="cancelled"), replace(EVENT, revision=9)):
        assert decide(event, MINE, Seats(confirmed=2), "member", 4, NOW) == Already()


def test_an_older_button_asks_to_look_again() -> None:
    assert decide(EVENT, None, Seats(), "member", 3, NOW) == Changed()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", EVERYONE)
def test_members_attend_everything_and_the_donor_coffee_chats(role: str, kind: str) -> None:
    assert may_attend(role, kind) == (role in MEMBERS or (role, kind) == ("donor", "coffee_chat"))
