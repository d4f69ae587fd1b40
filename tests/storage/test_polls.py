"""Polls: wordings, votes one each, and who was asked."""

from __future__ import annotations

import asyncio
from datetime import datetime

from storage.audience import Audience
from storage.database import Database
from storage.polls import Poll, Wording
from storage.unit import Unit
from tests.storage.test_audience import meant, person


async def opened(unit: Unit, now: datetime, audience: Audience | None = None) -> Poll:
    draft = await unit.polls.draft(await person(unit, now, "ku", settled=False), "en", now)
    await unit.polls.put(draft.id, "en", Wording("Which day?", ("Sunday", "Monday")))
    await unit.polls.change(draft.id, audience=audience or Audience())
    assert await unit.polls.advance(draft.id, "draft", "open")
    found = await unit.polls.get(draft.id)
    assert found is not None
    return found


def test_a_wording_that_is_not_complete_gives_way_to_the_original(now: datetime) -> None:
    wordings = {
        "en": Wording("Which?", ("One", "Two")),
        "ar": Wording("أي؟", ("واحد",)),
        "ku": Wording("کام؟", ("یەک", "دوو")),
    }
    poll = Poll(1, "draft", "en", Audience(), None, now, None, wordings)
    assert poll.complete
    assert poll.wording("ar") == wordings["en"]
    assert poll.wording("ku") == wordings["ku"]
    assert not Poll(1, "draft", "ar", Audience(), None, now, None, wordings).complete


async def test_an_untouched_draft_is_taken_up_again_in_todays_language(unit: Unit, now: datetime) -> None:
    mine = await person(unit, now)
    first = await unit.polls.draft(mine, "en", now)
    again = await unit.polls.draft(mine, "ku", now)
    assert (again.id, again.lang) == (first.id, "ku")
    await unit.polls.put(first.id, "ku", Wording("کام؟"))
    assert (await unit.polls.draft(mine, "ku", now)).id != first.id
    assert [one.id for one in await unit.polls.listed(limit=9)] == [first.id]


async def test_one_vote_each_that_may_change(unit: Unit, now: datetime) -> None:
    poll = await opened(unit, now)
    one, other = await person(unit, now), await person(unit, now)
    for member_id, choice in ((one, 0), (other, 0), (one, 1), (one, 1)):
        await unit.polls.vote(poll.id, member_id, choice)
    assert await unit.polls.tally(poll.id) == {0: 1, 1: 1}
    assert (
        await unit.polls.vote_of(poll.id, one),
        await unit.polls.vote_of(poll.id, poll.author_id or 0),
    ) == (1, None)
    await unit.members.erase(other)
    assert await unit.polls.tally(poll.id) == {1: 1}


async def test_many_votes_of_one_person_at_once_count_once(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        poll, member_id = await opened(unit, now), await person(unit, now)

    async def vote(choice: int) -> None:
        async with database.unit() as unit:
            await unit.polls.vote(poll.id, member_id, choice)

    await asyncio.gather(*(vote(number % 2) for number in range(8)))
    async with database.reading() as unit:
        assert sum((await unit.polls.tally(poll.id)).values()) == 1


async def test_only_those_whom_it_is_for_may_answer(unit: Unit, now: datetime) -> None:
    poll = await opened(unit, now, Audience("language", "ar"))
    arabic, english = await person(unit, now, "ar"), await person(unit, now, "en")
    assert await unit.polls.may_answer(poll, arabic)
    assert not await unit.polls.may_answer(poll, english)


async def test_those_who_were_asked_and_left_the_audience_still_may(unit: Unit, now: datetime) -> None:
    poll = await opened(unit, now, Audience("language", "ar"))
    member_id = await person(unit, now, "ar")
    await unit.outbox.notify(
        "poll", poll.audience.recipients(), subject=poll.subject, occurrence="1", at=now, args=(poll.id,)
    )
    await unit.members.change(member_id, lang="ku")
    assert await unit.polls.may_answer(poll, member_id)


async def test_the_result_goes_to_those_who_got_the_question_or_answered(unit: Unit, now: datetime) -> None:
    poll = await opened(unit, now)
    got, blocked = await person(unit, now), await person(unit, now, reachable="blocked")
    await unit.outbox.notify("poll", poll.audience.recipients(), subject=poll.subject, occurrence="1", at=now)
    for row in await unit.outbox.claim("telegram", "us", "lease", now=now, limit=9, lanes=(1,)):
        await unit.outbox.settle(row.id, "sent", now=now)
    later, answered = await person(unit, now), await person(unit, now)
    await unit.polls.vote(poll.id, answered, 1)
    asked = await meant_by(unit, poll)
    assert {got, answered} <= asked
    assert not {later, blocked} & asked


async def meant_by(unit: Unit, poll: Poll) -> set[int]:
    return set((await unit.connection.execute(unit.polls.asked(poll))).scalars())


async def test_a_result_is_shared_once_and_only_when_closed(unit: Unit, now: datetime) -> None:
    poll = await opened(unit, now)
    assert not await unit.polls.share(poll.id, now)
    assert await unit.polls.advance(poll.id, "open", "closed", closed_at=now)
    assert not await unit.polls.advance(poll.id, "open", "closed", closed_at=now)
    assert await unit.polls.share(poll.id, now)
    assert not await unit.polls.share(poll.id, now)
    assert await unit.polls.open() == []
    assert await meant(unit, poll.audience) == set()
