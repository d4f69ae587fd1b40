"""The first week: three messages, each once, by day, until somebody has enough of them."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from storage.tables import outbox
from tests.handlers.happenings import publish
from tests.play import Person, Stage


async def arrived(stage: Stage, lang: str = "en") -> Person:
    """Bring in somebody who belongs to an organisation from now on."""
    place = await stage.organisation("org-a")
    person = await stage.known(lang, organisation=place)
    async with stage.database.unit() as unit:
        await unit.profiles.belongs_now((await person.member()).id, place, stage.now)
    return person


async def steps(stage: Stage) -> list[str]:
    """List the states of what newcomers were told."""
    async with stage.database.reading() as unit:
        rows = await unit.outbox.all(
            sa.select(outbox.c.state).where(outbox.c.kind == "newcomer").order_by(outbox.c.id)
        )
    return [row.state for row in rows]


async def days(stage: Stage, count: int) -> None:
    for _ in range(count):
        await stage.passes(timedelta(days=1))


async def test_three_messages_come_over_a_week_and_no_more(stage: Stage) -> None:
    event = await publish(stage, kind="induction", starts_at=stage.now + timedelta(days=5))
    person = await arrived(stage)
    await days(stage, 1)
    assert await steps(stage) == ["sent"]
    assert "Welcome to the community" in person.last.text
    assert "The next session for everyone who is new: " in person.last.text
    assert f"event:{event.id}" in person.last.labels.values()
    await days(stage, 2)
    assert "How do you prefer to meet?" in person.last.text
    await person.taps("Both are fine")
    assert "You prefer: " in person.sees
    assert (await person.member()).meets == "either"
    await days(stage, 4)
    assert "Three things worth knowing" in person.last.text
    await days(stage, 7)
    assert await steps(stage) == ["sent"] * 3


async def test_somebody_who_has_enough_hears_no_more(stage: Stage) -> None:
    person = await arrived(stage)
    await days(stage, 1)
    await person.taps("No more of these")
    await days(stage, 9)
    assert await steps(stage) == ["sent", "failed", "failed"], "left out, since they were turned off"
    assert "Three things worth knowing" not in "\n".join(shown.text for shown in person.phone)


async def test_who_has_said_it_already_is_not_asked(stage: Stage) -> None:
    person = await arrived(stage)
    await person.forges("meets:online")
    await days(stage, 5)
    assert "How do you prefer to meet?" not in "\n".join(shown.text for shown in person.phone[1:])


async def test_somebody_who_moves_to_another_organisation_is_not_new(stage: Stage) -> None:
    person = await arrived(stage)
    await days(stage, 10)
    other = await stage.organisation("org-b")
    async with stage.database.unit() as unit:
        await unit.profiles.belongs_now((await person.member()).id, other, stage.now)
    await days(stage, 10)
    assert len(await steps(stage)) == 3


async def test_coordinators_see_counts_from_five_on_alone(stage: Stage) -> None:
    event = await publish(stage)
    desk = await stage.known("en", role="coordinator")
    for number in range(9):
        person = await stage.known("en")
        await person.forges("meets:in_person" if number < 5 else "meets:online")
    await desk.forges(f"event-part:{event.id}:mode")
    assert "Members prefer: " in desk.sees
    assert "In person: 5" in desk.sees.replace("\u2068", "").replace("\u2069", "")
    assert "Online: 4" not in desk.sees.replace("\u2068", "").replace("\u2069", "")


async def test_what_was_shown_at_the_last_session_can_be_had_again(stage: Stage) -> None:
    event = await publish(stage, kind="induction")
    async with stage.database.unit() as unit:
        made = await unit.materials.draft(stage.now, "en", event.id)
        await unit.materials.change(made.id, title="Kick-off", link="https://slides.example.org/kick-off")
        await unit.materials.advance(made.id, "draft", "published")
    person = await arrived(stage)
    await person.forges("about-induction")
    await person.taps("What was shown last")
    assert "Kick-off" in person.sees
