"""Codes for linking: who may become one with whom, and how often somebody may guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.linking import MOST_APPS, MOST_TRIES, WINDOW, Linking, after_wrong, decide, may_try
from handlers.rules.merging import RANK, Refusal, outcome, refused
from storage.linking import LENGTH, Tries, canonical, grouped
from storage.members import ROLES, Member

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
GRANTED = ("coordinator", "administrator", "donor")
roles = st.sampled_from(ROLES)


def member(number: int, role: str, organisation_id: int | None = None) -> Member:
    return Member(number, "", "en", role, "active", organisation_id, 1, False, (), NOW)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(minutes=7)), max_size=60))
def test_no_window_of_ten_minutes_holds_more_than_five_wrong_codes_from_one_chat(
    gaps: list[timedelta],
) -> None:
    tries: Tries | None = None
    now, counted = NOW, []
    for gap in gaps:
        now += gap
        if may_try(tries, now):
            tries = after_wrong(tries, now)
            counted.append((tries.since, now))
    for since in {one for one, _ in counted}:
        assert sum(one == since for one, _ in counted) <= MOST_TRIES
    assert all(since <= moment < since + WINDOW for since, moment in counted)


@given(st.integers(0, 20), st.timedeltas(timedelta(0), timedelta(minutes=30)))
def test_a_lock_holds_for_the_rest_of_the_window_and_no_longer(wrong: int, later: timedelta) -> None:
    tries: Tries | None = None
    for _ in range(min(wrong, MOST_TRIES)):
        tries = after_wrong(tries, NOW)
    assert may_try(tries, NOW + later) == (wrong < MOST_TRIES or later >= WINDOW)


@given(roles, roles, st.integers(2, 9))
def test_nobodys_standing_rises_by_a_code(maker: str, typing: str, apps: int) -> None:
    decision = decide(member(1, maker), member(2, typing), apps)
    if decision in (Linking.JOINS, Linking.ASKS_MAKER):
        assert typing not in GRANTED
        assert RANK[typing] <= RANK[maker]
        assert apps <= MOST_APPS
        assert (decision is Linking.ASKS_MAKER) == (maker in GRANTED)
    assert decide(member(1, maker), member(1, typing), apps) is Linking.SAME


@given(roles, roles, roles)
def test_granted_roles_are_joined_by_administrators_alone(actor: str, kept: str, gone: str) -> None:
    refusal = refused(member(9, actor), member(1, kept), member(2, gone))
    if refusal is None and actor != "administrator":
        assert kept not in GRANTED
        assert gone not in GRANTED
    assert refused(member(1, actor), member(1, kept), member(1, gone)) is Refusal.SAME
    assert refused(member(2, "administrator"), member(1, kept), member(2, "administrator")) is Refusal.OWN


@given(roles, roles)
def test_a_coordinators_merge_keeps_the_higher_role_and_the_own_organisation(kept: str, gone: str) -> None:
    role, place = outcome(member(1, kept, 7), member(2, gone, 8))
    assert RANK[role] == max(RANK[kept], RANK[gone])
    assert place == 7
    assert outcome(member(1, kept), member(2, gone, 8))[1] == 8


@given(st.text("0123456789", min_size=LENGTH, max_size=LENGTH), st.sampled_from(["", " ", "-", " – ", "."]))
def test_a_code_is_read_however_it_is_spaced(code: str, between: str) -> None:
    assert canonical(between.join((code[:5], code[5:10], code[10:]))) == code
    assert canonical(f" {grouped(code)} ") == code


@given(st.text(max_size=30))
def test_what_has_another_number_of_digits_is_no_code(text: str) -> None:
    found = canonical(text)
    assert found == "" or (len(found) == LENGTH and found.isdigit())


def test_a_code_is_hard_enough_to_guess() -> None:
    """Fifteen digits are 49 bits; docs/decisions/0020 says why that is enough for ten minutes."""
    assert 10**LENGTH > 2**40
