"""Announcements that wait for their hour, are paused and go on: each tap counts once, at whatever moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.contract import Retry
from handlers.rules.announcing import Hour, hour_for, minute_of, moment_of, worth_counting
from tests.handlers.broadcasts import rows_of, texts
from tests.handlers.test_announcements import card_of, found, sent, written
from tests.play import Person, Stage

TOMORROW = "2/3 10:00"
NOON = datetime(2026, 3, 1, 9, tzinfo=UTC)


async def planned(stage: Stage, hour: str = TOMORROW) -> Person:
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    await coordinator.taps("Send later")
    await coordinator.says(hour)
    return await coordinator.taps("Yes, at that hour", again=True)


async def test_it_waits_for_its_hour_and_goes_out_once(stage: Stage) -> None:
    reader = await stage.known("en")
    coordinator = await planned(stage)
    assert "waits for its hour" in coordinator.last.text
    await stage.passes(timedelta(hours=21, minutes=59))
    assert texts(reader) == []
    for _ in range(3):
        await stage.passes(timedelta(minutes=1))
    assert texts(reader) == ["\u2068Good news\u2069"]
    assert (await found(stage)).state == "done"


async def test_who_joins_before_the_hour_gets_it_too(stage: Stage) -> None:
    await planned(stage)
    late = await stage.known("en")
    await stage.passes(timedelta(hours=23))
    assert len(texts(late)) == 1


async def test_planned_it_can_be_sent_at_once_and_then_does_not_go_out_again(stage: Stage) -> None:
    reader = await stage.known("en")
    coordinator = await planned(stage)
    await coordinator.taps("Send now", again=True)
    await stage.passes(timedelta(days=2))
    assert len(texts(reader)) == 1


async def test_back_to_the_draft_nothing_goes_out_and_the_same_hour_can_be_chosen_again(stage: Stage) -> None:
    reader = await stage.known("en")
    coordinator = await planned(stage)
    await coordinator.taps("Back to the draft")
    assert (await found(stage)).state == "draft"
    await coordinator.taps("Preview and send")
    await coordinator.taps("Send later")
    await coordinator.says("3/3 10:00")
    await coordinator.taps("Yes, at that hour")
    await stage.passes(timedelta(hours=23))
    assert texts(reader) == []
    await stage.passes(timedelta(days=1))
    assert len(texts(reader)) == 1


async def test_what_was_down_past_its_hour_goes_out_while_useful_else_its_author_is_asked(
    stage: Stage,
) -> None:
    reader = await stage.known("en")
    coordinator = await planned(stage)
    await stage.passes(timedelta(hours=22 + 7))
    assert texts(reader) == []
    assert (await found(stage)).state == "missed"
    assert "missed its hour" in coordinator.last.text
    await coordinator.taps("Send now")
    assert len(texts(reader)) == 1


async def test_a_little_late_is_still_useful(stage: Stage) -> None:
    reader = await stage.known("en")
    await planned(stage)
    await stage.passes(timedelta(hours=22 + 5))
    assert len(texts(reader)) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("soon", "could not be read"),
        ("2/3 23:30", "at night"),
        ("1/3 9:00", "passed already"),
        ("1/12 10:00", "too far away"),
    ],
)
async def test_an_hour_that_does_not_do_is_asked_for_again(stage: Stage, typed: str, said: str) -> None:
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    await coordinator.taps("Send later")
    await coordinator.says(typed)
    assert said in coordinator.sees
    await coordinator.says(TOMORROW)
    assert "It will go out" in coordinator.sees


async def test_at_night_the_morning_is_offered(stage: Stage) -> None:
    stage.now = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    reader = await stage.known("en")
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    assert "It is night" in coordinator.sees
    await coordinator.taps("In the morning")
    await stage.passes(timedelta(hours=8, minutes=59))
    assert texts(reader) == []
    await stage.passes(timedelta(minutes=2))
    assert len(texts(reader)) == 1


async def test_a_draft_that_changed_since_is_not_planned(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    await coordinator.taps("Send later")
    await coordinator.says(TOMORROW)
    (planning,) = [one for one in coordinator.last.labels.values() if one.startswith("announcement-schedule")]
    await coordinator.forges("announcement-text:1:en")
    await coordinator.says("Other news")
    await coordinator.forges(planning)
    assert "has changed since" in coordinator.sees
    assert (await found(stage)).state == "draft"


async def test_paused_nobody_else_gets_it_until_it_goes_on(stage: Stage) -> None:
    late = await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Retry(after=60)]
    coordinator = await sent(stage)
    await coordinator.taps("Pause", again=True)
    assert "The announcement is paused" in card_of(coordinator).text
    await stage.passes(timedelta(days=3))
    assert texts(late) == []
    assert await rows_of(stage, "announcement:1") == {("sent", ""): 1, ("paused", ""): 1}
    await coordinator.taps("Go on", again=True)
    await stage.passes(timedelta(seconds=3))
    assert len(texts(late)) == 1
    assert await rows_of(stage, "announcement:1") == {("sent", ""): 2}


async def test_paused_it_can_be_stopped(stage: Stage) -> None:
    late = await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Retry(after=60)]
    coordinator = await sent(stage)
    await coordinator.taps("Pause")
    await coordinator.taps("Stop")
    await stage.passes(timedelta(hours=1))
    assert texts(late) == []
    assert await rows_of(stage, "announcement:1") == {("sent", ""): 1, ("withdrawn", "stopped"): 1}


@given(st.timedeltas(timedelta(days=-9_000), timedelta(days=27_000)))
def test_a_moment_survives_being_written_on_a_button(away: timedelta) -> None:
    moment = NOON + away
    assert moment_of(minute_of(moment)) == moment.replace(second=0, microsecond=0)


@given(st.integers())
def test_any_number_on_a_button_is_a_moment_or_nothing(minute: int) -> None:
    moment = moment_of(minute)
    assert moment is None or hour_for(moment, NOON) in Hour


def test_a_large_announcement_is_counted_less_often() -> None:
    assert worth_counting(100, NOON, NOON + timedelta(seconds=2))
    assert not worth_counting(1_000_000, NOON, NOON + timedelta(seconds=99))
    assert worth_counting(1_000_000, NOON, NOON + timedelta(seconds=101))
    assert worth_counting(1_000_000, None, NOON)
