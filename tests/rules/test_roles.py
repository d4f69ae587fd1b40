"""Who becomes what."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.joining import belongs, payload_of
from handlers.rules.roles import Refusal, after_joining, refused, without_grant
from storage.members import ROLES, Member

roles = st.sampled_from(ROLES)


def somebody(role: str, organisation_id: int | None = None) -> Member:
    then = datetime(2026, 3, 1, tzinfo=UTC)
    return Member(1, "", "en", role, "active", organisation_id, 1, False, (), then)


@given(roles, st.sampled_from(["member", "donor"]))
def test_joining_never_takes_power_away_and_never_gives_any(current: str, offered: str) -> None:
    after = after_joining(current, offered)
    staff = {"coordinator", "administrator"}
    assert (after in staff) == (current in staff)
    assert after in (current, offered)


@given(roles, st.sampled_from([*ROLES, "owner", ""]), st.none() | st.integers(1, 9), st.integers(1, 3))
def test_administrators_are_never_made_in_chat_and_the_last_one_stays(
    current: str, wanted: str, organisation_id: int | None, administrators: int
) -> None:
    target = somebody(current, organisation_id)
    if refused(target, wanted, administrators) is None:
        assert wanted in ("coordinator", "donor", without_grant(target))
        assert wanted != current
        assert current != "administrator" or administrators > 1


def test_refusals_say_why() -> None:
    assert refused(somebody("administrator"), "coordinator", 1) is Refusal.LAST_ADMINISTRATOR
    assert refused(somebody("administrator"), "coordinator", 2) is None
    assert refused(somebody("donor"), "donor", 1) is Refusal.UNCHANGED
    assert refused(somebody("member", 4), "administrator", 1) is Refusal.NOT_GRANTED
    assert refused(somebody("coordinator", 4), "member", 1) is None
    assert refused(somebody("coordinator"), "member", 1) is Refusal.NOT_GRANTED


def test_somebody_belongs_once_they_are_more_than_a_guest_of_it() -> None:
    assert belongs(somebody("member", 4), 4)
    assert not belongs(somebody("guest", 4), 4)
    assert not belongs(somebody("member", 4), 5)
    assert not belongs(somebody("member"), None)


@given(st.text())
def test_a_payload_always_fits_into_an_action(text: str) -> None:
    payload = payload_of(text)
    assert payload in ("", text)
    assert ":" not in payload
    assert len(payload.encode()) <= 25


def test_payloads_are_codes_and_events() -> None:
    assert payload_of("i7KQ2M4XR0TVB9HCD") == "i7KQ2M4XR0TVB9HCD"
    assert payload_of("e12") == "e12"
    assert payload_of("e12\n") == ""
    assert payload_of("e۱۲") == ""
