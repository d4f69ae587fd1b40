"""Edge cases 8: a restart at the moment of a reminder, a stop past it, and a send of which nobody knows."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.clock import Clock
from storage.database import Database
from storage.vault import Vault
from tests.handlers.happenings import publish, register
from tests.handlers.test_reminders import reminders
from tests.play import Stage, staged

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


async def test_a_restart_at_the_very_moment_sends_it_once(
    stage: Stage, database_url: str, vault: Vault
) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await register(person, event)
    stage.now += 2 * DAY
    # The clock of the process that ends and that of the one that begins, at once.
    other = Database(database_url, vault)
    clocks = [stage.clock, Clock(other, stage.community, lambda: stage.now)]
    await asyncio.gather(*(clock.tick_all() for clock in clocks))
    await other.close()
    await stage.settles()
    assert await reminders(stage, person) == ["sent"]


async def test_a_stop_past_the_moment_sends_what_is_still_of_use_and_owns_up_to_the_rest(
    stage: Stage,
) -> None:
    event = await publish(stage)
    person, administrator = await stage.known("en"), await stage.known("en", role="administrator")
    await register(person, event)
    await stage.passes(3 * DAY - 40 * MINUTE)
    assert await reminders(stage, person) == ["sent"]
    assert "in 40 minutes" in person.last.text
    late = await publish(stage)
    await register(person, late)
    await stage.passes(5 * DAY)
    assert "too late" in administrator.last.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_clock_that_is_put_back_sends_nothing_again(stage: Stage) -> None:
    event = await publish(stage)
    person = await stage.known("en")
    await register(person, event)
    await stage.passes(2 * DAY)
    assert await reminders(stage, person) == ["sent"]
    stage.now -= timedelta(hours=1)
    await stage.passes(2 * MINUTE)
    await stage.passes(timedelta(hours=1))
    assert await reminders(stage, person) == ["sent"]


async def test_after_a_restart_a_broadcast_of_which_nobody_knows_is_not_repeated(stage: Stage) -> None:
    """The row is still marked as being sent, by a process that is gone; the rest of this is in tests/force."""
    person = await stage.known("en")
    member = await person.member()
    async with stage.database.unit() as unit:
        await unit.outbox.notify_one("apology", member.id, subject="x", occurrence="1", at=stage.now, lane=2)
        for sender in stage.senders:
            await sender.stop(1)
        channel = person.channel
        await unit.outbox.claim(
            channel.name, channel.account, "a process that is gone", now=stage.now, limit=5, lanes=(2,)
        )
    async with staged(stage.database, stage.now) as again:
        again.senders[0].wake()
        async with asyncio.timeout(10):
            while await _states(again) != {"unknown"}:  # noqa: ASYNC110 - written by the code under test
                await asyncio.sleep(0.01)
    assert person.phone == []


async def _states(stage: Stage) -> set[str]:
    import sqlalchemy as sa

    from storage.tables import outbox

    async with stage.database.reading() as unit:
        return {row.state for row in await unit.outbox.all(sa.select(outbox.c.state))}
