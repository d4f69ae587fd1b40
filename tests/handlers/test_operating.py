"""What those who look after the bot are told of the machine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.operating import TROUBLES
from tests.play import Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("lang", ["ar", "ku", "en"])
async def test_each_trouble_is_told_in_words_that_fit_a_phone(stage: Stage, lang: str) -> None:
    boss = await stage.known(lang, role="administrator")
    for trouble in TROUBLES:
        async with stage.database.unit() as unit:
            await unit.outbox.notify_roles(
                "needs-a-human",
                "administrator",
                subject=trouble,
                occurrence="1",
                args=(trouble,),
                at=stage.now,
            )
    await stage.settles()
    assert len(boss.phone) == len(TROUBLES)
    assert all(80 < len(shown.text) < 400 for shown in boss.phone)


async def test_the_audits_mark_goes_to_coordinators_once_a_day_and_only_if_it_grew(stage: Stage) -> None:
    boss, member = await stage.known("en", role="coordinator"), await stage.known("en")
    async with stage.database.unit() as unit:
        await unit.audit.append("role", "member:1", actor_id=1, at=stage.now)
    await stage.passes(timedelta(minutes=1))
    async with stage.database.reading() as unit:
        (entry,) = await unit.audit.newest()
    assert boss.sees == (
        f"The log of what coordinators did now ends at: \u2068{entry.mark}\u2069\n"
        "Nothing to do. Please keep this message: it shows if somebody takes something out later."
    )
    assert member.sees == ""
    for days in (0, 1, 2):
        await stage.passes(timedelta(days=days))
    assert len(boss.phone) == 1
