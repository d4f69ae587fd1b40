"""Edge cases 7: slides that come late, are replaced or wrong, are too large, or meet people who came later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.contract import FetchFailed
from handlers.kit import Upload
from tests.handlers.test_materials import (
    an_event,
    coordinator_of,
    count_of,
    has_seat,
    published,
)
from tests.play import Stage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_slides_that_come_weeks_late_still_reach_everybody_once(stage: Stage) -> None:
    event = await an_event(stage, days=-21)
    person = await stage.known("en")
    await has_seat(stage, person, event)
    await published(stage, await coordinator_of(stage), event.id, title="Late slides")
    await stage.passes(timedelta(days=1))
    assert count_of(person, "Late slides") == 1


async def test_a_wrong_file_is_replaced_and_the_old_button_leads_nowhere(stage: Stage) -> None:
    event = await an_event(stage, days=-1)
    people = [await stage.known("en", channel=channel) for channel in ("telegram", "whatsapp")]
    for person in people:
        await has_seat(stage, person, event)
    coordinator = await published(stage, await coordinator_of(stage), event.id, title="Wrong slides")
    await coordinator.taps("Withdraw")
    await published(stage, coordinator, event.id, title="Right slides")
    for person in people:
        assert count_of(person, "Right slides") == 1
        await person.forges("material:1")
        assert "This is no longer there." in person.sees


async def test_what_is_too_large_for_the_app_is_asked_for_as_a_link(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_large(upload: Upload) -> bytes:
        raise FetchFailed("large")

    coordinator = await coordinator_of(stage)
    await coordinator.forges("material-loose")
    monkeypatch.setattr(stage.channels["telegram"], "fetch", too_large)
    await coordinator.sends("film.pptx", b"film", "application/pdf")
    assert "at most 20 MB" in coordinator.sees
    assert "link" in coordinator.sees.casefold()


async def test_who_registers_after_the_sending_gets_what_is_missing_and_nothing_twice(stage: Stage) -> None:
    event = await an_event(stage)
    early, late = await stage.known("en"), await stage.known("en")
    await has_seat(stage, early, event)
    coordinator = await coordinator_of(stage)
    await published(stage, coordinator, event.id, title="First part")
    await late.forges(f"event:{event.id}")
    await late.taps(f"register:{event.id}:{event.revision}", again=True)
    await published(stage, coordinator, event.id, title="Second part")
    for person in (early, late):
        assert (count_of(person, "First part"), count_of(person, "Second part")) == (1, 1)
