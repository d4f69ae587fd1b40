"""People and acts for the tests of safety."""

from __future__ import annotations

from datetime import timedelta

from handlers.rules.approving import FEW
from tests.play import Person, Stage

PIN = "190273"


async def a_crowd(stage: Stage, count: int = FEW + 1) -> list[Person]:
    """Bring in more people than one coordinator may write to alone."""
    return [await stage.known("en", name=f"Member {number}") for number in range(count)]


async def drafts(stage: Stage, author: Person, text: str = "Come tomorrow") -> str:
    """Write an announcement to everybody and preview it; return the action that sends it."""
    await author.forges("new-announcement")
    await author.taps("announcement-text:")
    await author.says(text)
    await author.taps("announcement-preview:")
    return next(one for one in author.phone[-1].labels.values() if one.startswith("announcement-send"))


async def sets_pin(stage: Stage, person: Person, *, days_ago: int = 0) -> None:
    """Set a PIN, by typing it twice; so many days ago."""
    await person.forges("pin-new")
    await person.says(PIN)
    await person.says(PIN)
    async with stage.database.unit() as unit:
        await unit.pins.change((await person.member()).id, set_at=stage.now - timedelta(days=days_ago))


def got(people: list[Person], text: str) -> int:
    """Count the people on whose phone a text is."""
    return sum(any(text in shown.text for shown in person.phone) for person in people)


def waiting(person: Person, name: str) -> str:
    """Return the newest action of a name on somebody's phone."""
    actions = [one for shown in reversed(person.phone) for one in shown.labels.values()]
    return next(one for one in actions if one.split(":")[0] == name)
