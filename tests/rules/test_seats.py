"""Who gets a seat, and what keeps somebody from one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit.registry import EVERYONE, MEMBERS
from handlers.rules.kinds import KINDS
from handlers.rules.seats import (
    Already,
    Applied,
    Asker,
    Because,
    Changed,
    Closed,
    Joined,
    Reason,
    Waitlisted,
    decide,
    free_seats,
    may_attend,
    next_in_line,
)
from storage.events import Event
from storage.registrations import Line, Registration, Seats

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
EVENT = Event(
    id=1, uid="u", kind="webinar", state="published", revision=4, schedule_revision=1, sequence=0,
    starts_at=NOW + timedelta(days=1), minutes=60, mode="online", join_link="", capacity=2, closes_at=None,
    reminders=(), survey_mode="none", created_at=NOW,
)  # fmt: skip
MEMBER = Asker("member", 1)
SEATS = st.dictionaries(st.sampled_from((None, 1, 2, 3)), st.integers(1, 5))
LIMITS = st.one_of(st.none(), st.integers(0, 12))


def waiting(*organisations: int | None) -> list[Registration]:
    return [
        Registration(number, 1, number, place, "waitlisted", NOW, NOW)
        for number, place in enumerate(organisations, 1)
    ]


LINES = st.builds(
    lambda taken, line: Line(taken, waiting(*line), len(line)),
    SEATS,
    st.lists(st.sampled_from((None, 1, 2, 3)), max_size=8),
)


def mine(state: str, nominator_id: int | None = None) -> Asker:
    return Asker("member", 1, Registration(1, 1, 7, 1, state, NOW, NOW, nominator_id=nominator_id))


@given(LINES, LIMITS, LIMITS, st.sampled_from((None, 1, 2, 3)))
def test_a_seat_is_never_given_where_there_is_none(
    line: Line, capacity: int | None, most: int | None, place: int | None
) -> None:
    event = replace(EVENT, capacity=capacity, per_organisation=most or None)
    outcome = decide(event, line, Asker("member", place), 4, NOW)
    served = Counter(line.taken)
    served.update(one.organisation_id for one in next_in_line(event, line, NOW))
    match outcome:
        case Joined():
            assert capacity is None or served.total() < capacity, "it passed by who waits"
            assert not most or place is None or served[place] < most
        case Waitlisted(number, because):
            assert number == line.length + 1
            full = capacity is not None and served.total() >= capacity
            assert full == (because is Because.FULL)
        case other:
            pytest.fail(f"unexpected {other}")


@given(LINES, LIMITS, LIMITS)
def test_seats_go_to_the_line_in_order_and_never_too_many(
    line: Line, capacity: int | None, most: int | None
) -> None:
    event = replace(EVENT, capacity=capacity, per_organisation=most or None)
    chosen = next_in_line(event, line, NOW)
    assert chosen == [one for one in line.waiting if one in chosen]
    taken = Counter(line.taken)
    for one in chosen:
        taken[one.organisation_id] += 1
        assert capacity is None or taken.total() <= capacity
        assert not most or one.organisation_id is None or taken[one.organisation_id] <= most
    for one in line.waiting:
        more = taken.copy()
        more[one.organisation_id] += 1
        room = not most or one.organisation_id is None or more[one.organisation_id] <= most
        assert one in chosen or not room or (capacity is not None and more.total() > capacity), "left empty"


def test_a_lowered_limit_counts_as_full_and_never_negative() -> None:
    assert free_seats(replace(EVENT, capacity=1), Seats(confirmed=4, offered=1)) == 0
    assert next_in_line(replace(EVENT, capacity=1), Line({1: 5}, waiting(2), 1), NOW) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "cancelled"}, Reason.CANCELLED),
        ({"state": "draft"}, Reason.NOT_PUBLISHED),
        ({"starts_at": NOW}, Reason.STARTED),
        ({"closes_at": NOW}, Reason.DEADLINE),
        ({"invite_only": True}, Reason.INVITE_ONLY),
    ],
)
def test_what_keeps_everybody_out(changes: dict[str, object], reason: Reason) -> None:
    event = replace(EVENT, **changes)  # type: ignore[arg-type]
    assert decide(event, Line(), MEMBER, 4, NOW) == Closed(reason)
    gets = len(next_in_line(event, Line({}, waiting(1), 1), NOW))
    assert gets == (1 if reason in (Reason.DEADLINE, Reason.INVITE_ONLY) else 0)


@pytest.mark.parametrize("state", ["applied", "waitlisted", "offered", "confirmed"])
def test_who_is_on_a_list_stays_where_they_are_whatever_the_button_says(state: str) -> None:
    for event in (EVENT, replace(EVENT, state="cancelled"), replace(EVENT, revision=9)):
        assert decide(event, Line({1: 2}), mine(state), 4, NOW) == Already()


def test_shortly_before_the_start_who_waits_may_take_a_free_seat_like_anybody() -> None:
    soon = replace(EVENT, starts_at=NOW + timedelta(hours=1))
    line = Line({1: 1}, waiting(1), 1)
    assert next_in_line(soon, line, NOW) == []
    assert decide(soon, line, mine("waitlisted"), 4, NOW) == Joined()
    assert decide(soon, Line({1: 2}, waiting(1), 1), mine("waitlisted"), 4, NOW) == Already()


def test_an_older_button_asks_to_look_again() -> None:
    assert decide(EVENT, Line(), MEMBER, 3, NOW) == Changed()


def test_where_coordinators_choose_everybody_applies_but_whom_they_invited() -> None:
    event = replace(EVENT, approval=True)
    assert decide(event, Line(), MEMBER, 4, NOW) == Applied()
    assert decide(event, Line(), mine("invited", nominator_id=9), 4, NOW) == Applied()
    assert decide(event, Line(), mine("invited"), 4, NOW) == Joined()


def test_an_invitation_opens_what_is_by_invitation_only() -> None:
    assert decide(replace(EVENT, invite_only=True), Line(), mine("invited"), 4, NOW) == Joined()


@pytest.mark.parametrize(("state", "reason"), [("declined", Reason.DECLINED), ("removed", Reason.REMOVED)])
def test_whom_coordinators_turned_away_does_not_come_in_by_an_old_button(state: str, reason: Reason) -> None:
    assert decide(EVENT, Line(), replace(MEMBER, turned_away=state), 4, NOW) == Closed(reason)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", EVERYONE)
def test_members_attend_everything_and_the_donor_coffee_chats(role: str, kind: str) -> None:
    assert may_attend(role, kind) == (role in MEMBERS or (role, kind) == ("donor", "coffee_chat"))
