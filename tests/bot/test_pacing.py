"""Pacing and the circuit breaker: arithmetic over a clock that is passed in."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.breaker import FAILURES, OPEN_SECONDS, Breaker
from bot.pacing import MARGIN, WINDOW, Pacer


def _free(_: str) -> float:
    return 0.0


def _run(pacer: Pacer, *, seconds: float, late: list[float], replies: set[int] = frozenset()) -> list[float]:
    """Send for so long, each to another chat, with timers that wake late; return when each left."""
    now, left, number = 100.0, [], 0
    while now < 100.0 + seconds:
        reply = number in replies
        wait = pacer.wait(str(number), reply=reply, now=now)
        if wait > 0:
            now += wait + late[number % len(late)]
            continue
        pacer.take(str(number), reply=reply, now=now)
        left.append(now)
        number += 1
    return left


def _most_in_a_second(left: list[float]) -> int:
    return max(bisect_left(left, moment + 1.0) - index for index, moment in enumerate(left))


@given(
    rate=st.integers(1, 1000),
    late=st.lists(st.floats(0, 0.009), min_size=1, max_size=20),
    replies=st.sets(st.integers(0, 400)),
)
def test_no_second_ever_holds_more_than_the_permitted_rate(
    rate: int, late: list[float], replies: set[int]
) -> None:
    left = _run(Pacer(rate, _free), seconds=min(4.0, 2000 / rate), late=late, replies=replies)
    assert _most_in_a_second(left) <= rate


@given(late=st.lists(st.floats(0.0005, 0.009), min_size=1, max_size=20))
def test_late_timers_do_not_cost_the_rate(late: list[float]) -> None:
    left = _run(Pacer(30, _free), seconds=20, late=late)
    assert len(left) / 20 >= 30 * 0.98


def _beside_a_broadcast(pacer: Pacer, taps: set[int]) -> tuple[list[float], list[float]]:
    """Let a broadcast take every place it may while answers come at some milliseconds.

    Return when each message left and how long each answer waited.
    """
    left, waits, asked = [], [], []
    for step in range(20_000):
        now = step / 1000
        asked += [now] * (step in taps)
        pacer.answers_waiting = len(asked)
        if asked and not pacer.wait("somebody", reply=True, now=now):
            waits.append(now - asked.pop(0))
            pacer.take("somebody", reply=True, now=now)
            left.append(now)
        elif not pacer.wait("anybody", reply=False, now=now):
            pacer.take("anybody", reply=False, now=now)
            left.append(now)
    return left, waits


def test_an_answer_takes_the_next_place_before_a_broadcast_at_the_limit() -> None:
    left, waits = _beside_a_broadcast(Pacer(30, _free), set(range(0, 20_000, 700)))
    assert max(waits) <= 2 / 30, "one place, and the end of the window"
    assert len(left) / 20 >= 30 * 0.98
    assert _most_in_a_second(left) <= 30


def test_many_answers_at_once_go_before_the_broadcast() -> None:
    burst = set(range(10_000, 10_020))
    left, waits = _beside_a_broadcast(Pacer(30, _free), burst)
    assert len(waits) == len(burst)
    assert max(waits) <= len(burst) / 30 + WINDOW - 1 + 1 / 30, "no broadcast message took a place in between"
    assert _most_in_a_second(left) <= 30


def test_a_refusal_slows_the_account_down_for_a_while() -> None:
    pacer = Pacer(30, _free)
    pacer.pause(7, 0.0)
    pacer.refused(0.0)
    assert pacer.wait("1", reply=True, now=3.0) == pytest.approx(4.0)
    assert pacer.rate < 30 * MARGIN * 0.95
    for minute in range(1, 8):
        pacer.take("1", reply=True, now=minute * 61.0)
    assert pacer.rate == pytest.approx(30 * MARGIN)


def test_one_chat_and_one_group_have_rates_of_their_own() -> None:
    pacer = Pacer(1000, lambda chat: 3.0 if chat.startswith("-") else 1.0)
    for chat, between in (("5", 1.0), ("-5", 3.0)):
        for _ in range(3):
            assert pacer.wait(chat, reply=False, now=50.0) < 0.01
            pacer.take(chat, reply=False, now=50.0)
        assert pacer.wait(chat, reply=False, now=50.0) == pytest.approx(between, abs=0.02)


def test_a_breaker_opens_lets_one_through_and_closes() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(0.0)
    assert (breaker.state(0.0), breaker.lets_through(0.0)) == ("closed", None)
    breaker.failed(0.0)
    assert (breaker.state(1.0), breaker.lets_through(1.0)) == ("open", 0)
    assert (breaker.state(OPEN_SECONDS), breaker.lets_through(OPEN_SECONDS)) == ("half_open", 1)
    breaker.failed(OPEN_SECONDS)
    assert breaker.state(OPEN_SECONDS + 1) == "open"
    breaker.succeeded()
    assert breaker.state(OPEN_SECONDS + 1) == "closed"
