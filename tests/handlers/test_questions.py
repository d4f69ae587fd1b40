"""Asking the coordinators: claimed once, answered, never forgotten, and forgotten in time."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from storage.store import Store
from storage.tables import question_words, questions
from tests.play import Person, Stage

DAY = timedelta(days=1)


async def asked(stage: Stage, text: str = "May a driver come along?", lang: str = "ku") -> Person:
    """Have a member ask."""
    member = await stage.known(lang, name="Member, Erbil")
    await member.forges("ask")
    await member.says(text)
    return member


async def states(stage: Stage) -> list[str]:
    async with stage.database.reading() as unit:
        rows = await Store(unit).all(sa.select(questions.c.state).order_by(questions.c.asked_at))
        return [row.state for row in rows]


async def test_two_coordinators_tap_at_once_and_one_takes_it_on(stage: Stage) -> None:
    first = await stage.known("en", role="coordinator", name="Coordinator, Basra")
    second = await stage.known("ar", role="coordinator")
    await asked(stage)
    assert "کوردی" in first.sees
    claim = next(one for one in first.last.labels.values() if one.startswith("question-claim"))
    await first.taps(claim, again=True)
    assert len(first.phone) == 1
    assert "Coordinator, Basra" in second.last.text
    await second.forges(claim.replace("claim", "answer"))
    assert "Coordinator, Basra" in second.last.text
    assert await states(stage) == ["claimed"]


async def test_a_colleague_can_take_it_over_but_not_answer_behind_ones_back(stage: Stage) -> None:
    first, second = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    member = await asked(stage)
    await first.taps("I take it on")
    await first.taps("Answer")
    await second.taps("Take it over")
    await first.says("A late answer")
    assert "Your answer was not sent" in first.sees
    assert len(member.phone) == 2
    await second.taps("Answer")
    await second.says("Yes")
    assert "Yes" in member.sees
    assert await states(stage) == ["answered"]


async def test_what_is_asked_is_sealed_and_shown_to_its_asker_alone(stage: Stage) -> None:
    coordinator, other = await stage.known("en", role="coordinator"), await stage.known("en")
    member = await asked(stage, "Something confidential")
    own = next(one for one in member.last.labels.values() if one.startswith("question-again"))
    await other.forges(own)
    await other.forges(own.replace("question-again", "my-question"))
    assert "confidential" not in " ".join(shown.text for shown in other.phone)
    assert "confidential" in coordinator.sees
    async with stage.database.reading() as unit:
        sealed = await Store(unit).scalar(sa.select(question_words.c.text_sealed))
    assert b"confidential" not in sealed


async def test_too_many_questions_and_too_long_ones_are_kindly_refused(stage: Stage) -> None:
    member = await stage.known("en")
    await member.forges("ask")
    await member.says("x" * 801)
    assert "no more than 800 characters" in member.sees
    await member.says("First")
    for text in ("Second", "Third"):
        await member.forges("ask")
        await member.says(text)
    await member.forges("ask")
    assert "Several questions of yours wait already" in member.sees
    await member.says("Fourth")
    assert len(await states(stage)) == 3


async def test_nobody_takes_it_on_and_it_is_spoken_of_every_day(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await asked(stage)
    for days in range(1, 4):
        await stage.passes(DAY)
        assert len(coordinator.phone) == 1 + days
        await stage.passes(timedelta(minutes=30))
        assert len(coordinator.phone) == 1 + days
    await stage.passes(timedelta(hours=12))
    assert len(coordinator.phone) == 4, "nobody is woken at night"


async def test_taken_on_and_left_it_goes_back_to_everybody(stage: Stage) -> None:
    first, second = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    await asked(stage)
    await first.taps("I take it on")
    await stage.passes(DAY + timedelta(hours=1))
    assert "waits for your answer" in first.last.text
    await stage.passes(DAY)
    assert await states(stage) == ["waiting"]
    assert "still waits for one of you" in second.last.text


async def test_a_coordinator_who_leaves_leaves_no_question_behind(stage: Stage) -> None:
    first, second = await stage.known("en", role="coordinator"), await stage.known("en", role="coordinator")
    await asked(stage)
    await first.taps("I take it on")
    async with stage.database.unit() as unit:
        await unit.members.change((await first.member()).id, role="member")
    await stage.passes(timedelta(minutes=10))
    assert await states(stage) == ["waiting"]
    assert "still waits for one of you" in second.last.text


async def test_closed_without_an_answer_is_told_and_may_be_asked_again(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    member = await asked(stage, lang="en")
    await coordinator.taps("I take it on")
    await coordinator.taps("Close", again=True)
    assert "closed your question without an answer" in member.last.text
    await member.taps("Write again")
    await member.says("It matters")
    assert await states(stage) == ["claimed"]
    assert "It matters" in coordinator.last.text


async def test_a_question_ends_by_itself_and_is_forgotten(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await asked(stage)
    await coordinator.taps("Answer")
    await coordinator.says("Yes")
    await stage.passes(8 * DAY)
    assert await states(stage) == ["closed"]
    await stage.passes(91 * DAY)
    assert await states(stage) == []


async def test_who_leaves_takes_the_question_along(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    member = await asked(stage)
    async with stage.database.unit() as unit:
        await unit.members.erase((await member.member()).id)
    await coordinator.taps("I take it on")
    assert "no longer kept" in coordinator.sees
    async with stage.database.reading() as unit:
        assert await Store(unit).all(sa.select(question_words.c.id)) == []
