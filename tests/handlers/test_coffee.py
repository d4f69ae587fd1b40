"""Coffee rounds: signing up, being put together, nobody left out, and whether people met."""

from __future__ import annotations

from datetime import timedelta

from tests.play import Person, Stage

ISOLATES = dict.fromkeys(map(ord, "⁦⁧⁨⁩"))


def seen(person: Person) -> str:
    return person.sees.translate(ISOLATES)


async def members(stage: Stage, count: int) -> list[Person]:
    """Bring in so many people, each of an organisation of their own."""
    return [
        await stage.known(
            "en", name=f"Member {number}", organisation=await stage.organisation(f"org-{number}")
        )
        for number in range(count)
    ]


async def begin(stage: Stage) -> Person:
    """Have a coordinator begin a round that is open for a day."""
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("coffee-desk:0")
    await coordinator.taps("New round")
    await coordinator.says("yesterday, or so")
    assert "from two hours to thirty days ahead" in coordinator.sees
    await coordinator.says("tomorrow 12:00")
    assert "Sign up until" in coordinator.sees
    await coordinator.taps("Invite the members", again=True)
    return coordinator


async def test_a_round_from_the_invitation_to_what_came_of_it(stage: Stage) -> None:
    people = await members(stage, 3)
    coordinator = await begin(stage)
    for person in people:
        assert seen(person).count("A coffee round begins") == 1
        await person.taps("Count me in", again=True)
        assert "You take part." in person.sees
    await coordinator.forges("coffee-desk:0")
    assert "signed up: 3" in seen(coordinator)
    await stage.passes(timedelta(days=1, hours=1))
    first = people[0]
    assert "Member 1, Organisation org-1" in seen(first)
    assert "Member 2, Organisation org-2" in seen(first), "nobody is left over: there are three"
    await first.taps("Write")
    await first.taps("Write")
    await first.says("Shall we meet on Sunday?")
    assert "Shall we meet on Sunday?" in people[1].sees
    await stage.passes(timedelta(days=10))
    assert "Did you meet for coffee?" in first.sees
    await first.taps("Yes")
    await people[1].taps("No", again=True)
    await coordinator.forges("coffee-desk:0")
    assert "groups 1, people 3, met 1, did not meet 1" in seen(coordinator)


async def test_who_is_alone_is_told_and_nobody_meets_the_same_person_again(stage: Stage) -> None:
    people = await members(stage, 4)
    met: list[str] = []
    for _ in range(3):
        await begin(stage)
        for person in people:
            await person.forges("coffee")
            await person.taps("Count me in")
        await stage.passes(timedelta(days=1, hours=1))
        met += [name for number in range(1, 4) if (name := f"Member {number},") in seen(people[0])]
    assert sorted(met) == ["Member 1,", "Member 2,", "Member 3,"]
    await begin(stage)
    await people[0].forges("coffee")
    await people[0].taps("Count me in")
    await stage.passes(timedelta(days=1, hours=1))
    assert "Nobody else signed up for this round." in people[0].sees


async def test_one_can_change_ones_mind_until_it_closes_and_not_after(stage: Stage) -> None:
    one, other = await members(stage, 2)
    await begin(stage)
    for person in (one, other):
        await person.forges("coffee")
        await person.taps("Count me in")
    await one.taps("Not this time")
    assert "All right, not this time." in one.sees
    await stage.passes(timedelta(days=1, hours=1))
    assert "Nobody else signed up" in other.sees
    await one.forges("coffee-in:1:yes")
    assert "This round is closed." in one.sees


async def test_a_coordinator_may_close_a_round_early_and_only_one_is_open(stage: Stage) -> None:
    people = await members(stage, 2)
    coordinator = await begin(stage)
    assert "New round" not in coordinator.buttons
    await coordinator.forges("coffee-new")
    assert "Until when can people sign up?" not in coordinator.sees
    for person in people:
        await person.forges("coffee-in:1:yes")
    await coordinator.forges("coffee-close:1")
    await stage.passes(timedelta(minutes=10))
    assert "You meet:" in people[0].sees
    assert "New round" in (await coordinator.forges("coffee-desk:0")).buttons


async def test_who_was_erased_leaves_no_trace_in_a_group(stage: Stage) -> None:
    one, other = await members(stage, 2)
    await begin(stage)
    for person in (one, other):
        await person.forges("coffee-in:1:yes")
    await stage.passes(timedelta(days=1, hours=1))
    await other.forges("delete-sure")
    await other.taps("Delete everything")
    await one.forges("coffee-group:1")
    assert "has left the community" in one.sees
