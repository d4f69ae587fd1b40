"""Sealed ballots: only the survey's own secret opens them, and their size says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import ballots


@given(st.binary(max_size=ballots.LARGEST))
def test_what_goes_in_comes_out(answers: bytes) -> None:
    secret = ballots.new_secret()
    assert secret.open(ballots.seal(answers, secret.public, 7), 7) == answers


@given(st.binary(max_size=ballots.LARGEST))
def test_all_have_one_size(answers: bytes) -> None:
    secret = ballots.new_secret()
    overhead = 32 + 16
    assert len(ballots.seal(answers, secret.public, 7)) - overhead == ballots.SIZE


def test_too_much_is_refused() -> None:
    secret = ballots.new_secret()
    with pytest.raises(ValueError, match="too long"):
        ballots.seal(b"x" * (ballots.LARGEST + 1), secret.public, 7)


def test_a_ballot_opens_for_its_own_survey_alone() -> None:
    secret, other = ballots.new_secret(), ballots.new_secret()
    ballot = ballots.seal(b"answers", secret.public, 7)
    for opener, survey_id, sealed in (
        (secret, 8, ballot),
        (other, 7, ballot),
        (secret, 7, ballot[:-1]),
        (secret, 7, b""),
    ):
        with pytest.raises(ballots.BallotError):
            opener.open(sealed, survey_id)


def test_a_secret_survives_being_written_down() -> None:
    secret = ballots.new_secret()
    assert ballots.read_secret(secret.to_bytes()) == secret


def test_tags_tell_people_and_surveys_apart_and_need_the_secret() -> None:
    secret, other = ballots.new_secret(), ballots.new_secret()
    tags = {secret.tag(1, 10), secret.tag(1, 11), secret.tag(2, 10), other.tag(1, 10)}
    assert len(tags) == 4
    assert secret.tag(1, 10) == secret.tag(1, 10)
