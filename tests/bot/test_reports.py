"""A failure that a provider reports later: the other app of the same person gets the notice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.contract import DeliveryReport, Outcome, Retry, Stopped, Unreachable
from bot.reports import settle_report
from storage.tables import outbox
from tests.handlers.test_linking import linked
from tests.play import Stage


@pytest.mark.parametrize(
    ("failure", "address_is"),
    [
        (Unreachable("63024"), "unreachable"),
        (Stopped("63033"), "blocked"),
        (Retry(900.0, "63049", reason="withheld"), "yes"),
    ],
)
async def test_who_can_t_be_reached_there_gets_it_in_their_other_app_once(
    stage: Stage, failure: Outcome, address_is: str
) -> None:
    """However often and late the provider reports it."""
    one = await stage.known("en")
    other = await linked(stage, one)
    coordinator = await stage.known("en", role="administrator")
    stage.now += timedelta(minutes=1)
    await other.says("/menu")
    member = await one.member()
    await coordinator.forges(f"role:{member.id}:coordinator")
    assert "Your role" in other.last.text
    async with stage.database.reading() as unit:
        row = await unit.outbox.one(outbox.select().where(outbox.c.kind == "role-changed"))
    assert row is not None
    report = DeliveryReport("whatsapp", row.provider_id, "failed", row_id=row.id, failure=failure)
    for _ in range(3):
        async with stage.database.unit() as unit:
            await settle_report(unit, report, stage.now)
        await stage.settles()
    assert sum("Your role" in shown.text for shown in one.phone) == 1
    async with stage.database.reading() as unit:
        address = await unit.addresses.get(row.address_id)
    assert address is not None
    assert address.reachable == address_is


async def test_who_opts_out_with_the_provider_gets_it_nowhere(stage: Stage) -> None:
    one = await stage.known("en")
    other = await linked(stage, one)
    administrator = await stage.known("en", role="administrator")
    stage.now += timedelta(minutes=1)
    await other.says("/menu")
    await administrator.forges(f"role:{(await one.member()).id}:coordinator")
    async with stage.database.unit() as unit:
        row = await unit.outbox.one(outbox.select().where(outbox.c.kind == "role-changed"))
        assert row is not None
        failure = Stopped("21610", reason="opted_out")
        report = DeliveryReport("whatsapp", row.provider_id, "failed", row_id=row.id, failure=failure)
        await settle_report(unit, report, stage.now)
    await stage.settles()
    assert (await one.member()).silenced
    assert not any("Your role" in shown.text for shown in one.phone)
    async with stage.database.reading() as unit:
        assert await unit.outbox.tally(row.subject) == {("failed", "opted_out"): 1}
