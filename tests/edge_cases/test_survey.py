"""Edge cases 13: answering twice or too late, too few answers, a promise that can't be taken back, erasure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.handlers.test_feedback import DAY, answers, asked, survey_of
from tests.play import Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_second_answer_after_sending_changes_nothing(stage: Stage) -> None:
    (person,), survey = await asked(stage, 1, mode="named")
    await answers(person, survey, rating=4)
    await person.forges(f"rate:{survey.id}:rating:1")
    await person.forges(f"survey-send:{survey.id}")
    assert "have arrived already" in person.sees
    async with stage.database.reading() as unit:
        assert [one.answers["rating"] for one in await unit.surveys.answers(survey.id)] == ["4"]


async def test_a_survey_that_closes_in_the_middle_says_so_and_takes_nothing(stage: Stage) -> None:
    people, survey = await asked(stage, 6)
    for person in people[:5]:
        await answers(person, survey)
    late = people[5]
    await late.forges(f"survey-next:{survey.id}")
    await late.taps("4")
    await stage.passes(8 * DAY)
    await late.forges(f"rate:{survey.id}:use:share")
    assert "closed" in late.sees.casefold()
    closed = await survey_of(stage, survey.event_id)
    assert closed.answered == 5


async def test_fewer_than_five_answers_are_shown_to_nobody(stage: Stage) -> None:
    people, survey = await asked(stage, 6)
    for person in people[:4]:
        await answers(person, survey)
    coordinator = await stage.known("en", role="coordinator")
    await stage.passes(8 * DAY)
    await coordinator.forges(f"survey-report:{survey.id}")
    assert "Rating" not in coordinator.sees
    async with stage.database.reading() as unit:
        assert await unit.surveys.answers(survey.id) == []


async def test_anonymous_stays_anonymous_once_people_were_asked(stage: Stage) -> None:
    people, survey = await asked(stage, 6)
    await answers(people[0], survey)
    coordinator = await stage.known("en", role="coordinator")
    async with stage.database.unit() as unit:
        event = await unit.events.get(survey.event_id)
        assert event is not None
        await unit.events.change(event, survey_mode="named")
    await coordinator.forges(f"survey-report:{survey.id}")
    assert "Anonymous survey" in coordinator.sees
    again = await survey_of(stage, survey.event_id)
    assert again.anonymous, "the mode is the survey's own from the moment it opened"


async def test_the_order_of_results_tells_nothing_of_who_came_first(stage: Stage) -> None:
    orders = set()
    for _ in range(3):
        people, survey = await asked(stage, 6)
        for number, person in enumerate(people):
            await answers(person, survey, text=f"Answer number {number} in this order")
        await stage.passes(8 * DAY)
        async with stage.database.reading() as unit:
            orders.add(tuple(str(one.answers["words"]) for one in await unit.surveys.answers(survey.id)))
    assert len(orders) == 3, "three times the same order of six would be chance once in half a million"


async def test_an_erased_persons_anonymous_answer_stays(stage: Stage) -> None:
    people, survey = await asked(stage, 6)
    for person in people:
        await answers(person, survey)
    await people[0].forges("delete-sure")
    await people[0].taps("Delete everything")
    await stage.passes(8 * DAY + timedelta(hours=1))
    async with stage.database.reading() as unit:
        assert len(await unit.surveys.answers(survey.id)) == 6
