"""Mentorship: matched by coordinators, accepted by both, private to the two, ended kindly."""

from __future__ import annotations

from datetime import timedelta

from storage.mentoring import Pair
from tests.play import Person, Stage


async def offering(
    stage: Stage, side: str, slug: str, *, themes: tuple[str, ...] = ("youth",), lang: str = "en", capacity: int = 1
) -> Person:  # fmt: skip
    """Bring in somebody of an organisation who offers, or seeks, a theme."""
    person = await stage.known(lang, name=f"{side}, {slug}", organisation=await stage.organisation(slug))
    async with stage.database.unit() as unit:
        await unit.mentoring.change_offer(
            (await person.member()).id, side, state="open", opened_at=stage.now, themes=themes, langs=("en",),
            capacity=capacity,
        )  # fmt: skip
    return person


async def the_pair(stage: Stage) -> Pair:
    """Return the only pair, or the one that goes on."""
    async with stage.database.reading() as unit:
        return max(await unit.mentoring.pairs(), key=lambda one: one.state in ("proposed", "active"))


async def suggested(stage: Stage) -> tuple[Person, Person, Person]:
    """Have a coordinator suggest two people to each other; return coordinator, mentor and mentee."""
    desk = await stage.known("en", role="coordinator")
    mentor, mentee = await offering(stage, "mentor", "org-a"), await offering(stage, "mentee", "org-b")
    await desk.forges(f"pair-ask:{(await mentee.member()).id}:{(await mentor.member()).id}")
    return desk, mentor, mentee


async def begun(stage: Stage) -> tuple[Person, Person, Person]:
    desk, mentor, mentee = await suggested(stage)
    for person in (mentor, mentee):
        await person.taps("Yes, gladly", again=True)
    return desk, mentor, mentee


async def logged(stage: Stage, person: Person, minutes: int = 60) -> None:
    await person.forges(f"pair-logged:{(await the_pair(stage)).id}:online:{minutes}")


async def test_names_are_shown_only_once_both_have_said_yes(stage: Stage) -> None:
    _, mentor, mentee = await suggested(stage)
    assert "org-a" in mentee.last.text
    assert "mentor, org-a" not in mentee.last.text
    await mentor.taps("Yes, gladly")
    assert "mentee, org-b" not in mentor.last.text
    await mentee.taps("Yes, gladly")
    assert "mentor, org-a" in mentee.last.text
    assert "mentee, org-b" in mentor.last.text


async def test_a_no_from_one_side_ends_it_and_is_respected_ever_after(stage: Stage) -> None:
    desk, mentor, mentee = await suggested(stage)
    await mentor.taps("Yes, gladly")
    await mentee.taps("No, thank you", again=True)
    assert (await the_pair(stage)).state == "refused"
    assert "came to nothing" in mentor.last.text
    assert "was declined" in desk.last.text
    await desk.taps("Who would fit?")
    assert "Nobody fits yet" in desk.last.text
    await desk.forges(f"pair-ask:{(await mentee.member()).id}:{(await mentor.member()).id}")
    async with stage.database.reading() as unit:
        assert len(await unit.mentoring.pairs()) == 1


async def test_a_mentors_places_are_never_exceeded(stage: Stage) -> None:
    desk, mentor, _ = await suggested(stage)
    other = await offering(stage, "mentee", "org-c")
    ids = (await other.member()).id, (await mentor.member()).id
    await desk.forges(f"pair-ask:{ids[0]}:{ids[1]}")
    async with stage.database.reading() as unit:
        assert len(await unit.mentoring.pairs()) == 1
    await mentor.forges("mentoring-places:2")
    await desk.forges(f"pair-ask:{ids[0]}:{ids[1]}")
    async with stage.database.reading() as unit:
        assert len(await unit.mentoring.pairs()) == 2
    await mentor.forges("mentoring-places:1")
    async with stage.database.reading() as unit:
        assert len(await unit.mentoring.of(ids[1], "proposed")) == 2


async def test_an_unanswered_suggestion_lapses_after_a_week(stage: Stage) -> None:
    desk, mentor, mentee = await suggested(stage)
    await mentor.taps("Yes, gladly")
    seen = len(mentee.phone)
    await stage.passes(timedelta(days=8))
    assert (await the_pair(stage)).state == "lapsed"
    assert "no answer in time" in mentor.last.text
    assert len(mentee.phone) == seen
    assert "within a week" in desk.last.text


async def test_a_session_counts_once_both_agree(stage: Stage) -> None:
    desk, mentor, mentee = await begun(stage)
    await logged(stage, mentor)
    await logged(stage, mentor)
    assert "Did it take place?" in mentee.last.text
    await mentee.taps("No")
    assert "did not take place" in mentor.last.text
    await logged(stage, mentor, 90)
    await logged(stage, mentee, 30)
    async with stage.database.reading() as unit:
        (held,) = await unit.mentoring.sessions((await the_pair(stage)).id)
        seen = await unit.mentoring.figures()
    assert (held.state, held.minutes) == ("confirmed", 90)
    assert (seen.sessions, seen.minutes, seen.active) == (1, 90, 1)
    await desk.forges("mentoring-desk")
    assert "Sessions: 1" in desk.last.text


async def test_fit_is_asked_of_each_in_private_and_a_mentees_no_frees_both(stage: Stage) -> None:
    desk, mentor, mentee = await begun(stage)
    await logged(stage, mentor)
    await mentee.taps("Yes", again=True)
    await stage.passes(timedelta(hours=2))
    await mentor.taps("It fits well")
    before = len(mentor.phone)
    await mentee.taps("It does not fit")
    assert len(mentor.phone) == before
    await mentee.taps("Somebody else", again=True)
    pair = await the_pair(stage)
    assert (pair.state, pair.ending, pair.mentor_fit, pair.mentee_fit) == ("closed", "no_fit", "good", "no")
    assert "come to its end" in mentor.last.text
    assert "fit" not in mentor.last.text
    assert "looking for another mentor" in desk.last.text
    async with stage.database.reading() as unit:
        waiting = [one.member_id for one in await unit.mentoring.open_offers("mentee")]
    assert waiting == [(await mentee.member()).id]


async def test_a_mentors_no_tells_only_the_coordinators(stage: Stage) -> None:
    desk, mentor, mentee = await begun(stage)
    await logged(stage, mentee)
    await mentor.taps("Yes")
    await stage.passes(timedelta(hours=2))
    seen = len(mentee.phone)
    await mentor.taps("It does not fit")
    assert len(mentee.phone) == seen
    assert "does not fit" in desk.last.text


async def test_silence_brings_one_word_to_each_and_not_at_night(stage: Stage) -> None:
    _, mentor, mentee = await begun(stage)
    seen = [len(one.phone) for one in (mentor, mentee)]
    await stage.passes(timedelta(days=21, hours=11))
    assert [len(one.phone) for one in (mentor, mentee)] == seen
    await stage.passes(timedelta(hours=11))
    await stage.passes(timedelta(days=1))
    assert [len(one.phone) for one in (mentor, mentee)] == [one + 1 for one in seen]
    await stage.passes(timedelta(days=22))
    assert [len(one.phone) for one in (mentor, mentee)] == [one + 2 for one in seen]


async def test_goal_and_notes_are_the_pairs_own_and_sealed(stage: Stage) -> None:
    desk, mentor, mentee = await begun(stage)
    pair = await the_pair(stage)
    await mentee.forges(f"pair-goal:{pair.id}")
    await mentee.says("A youth council in our town")
    await mentor.forges(f"pair-notes:{pair.id}")
    await mentor.says("Call the mayor")
    await mentee.forges(f"pair-notes:{pair.id}")
    assert "Call the mayor" in mentee.last.text
    for action in (
        "mentoring-desk",
        "pairs:0",
        f"pair-desk:{pair.id}",
        f"pair-notes:{pair.id}",
        f"pair:{pair.id}",
    ):
        await desk.forges(action)
        assert "mayor" not in desk.last.text
        assert "council" not in desk.last.text
    async with stage.database.reading() as unit:
        from storage.tables import pair_notes, pairs

        rows = [*await unit.mentoring.all(pairs.select()), *await unit.mentoring.all(pair_notes.select())]
    assert all("mayor" not in str(row) and "council" not in str(row) for row in rows)


async def test_whoever_leaves_ends_it_for_both_and_the_count_stays(stage: Stage) -> None:
    _, mentor, mentee = await begun(stage)
    await logged(stage, mentor)
    await mentee.taps("Yes")
    async with stage.database.unit() as unit:
        await unit.members.erase((await mentee.member()).id)
    await stage.passes(timedelta(hours=1))
    assert "come to its end" in mentor.last.text
    async with stage.database.reading() as unit:
        seen = await unit.mentoring.figures()
    assert (seen.active, seen.closed, seen.sessions) == (0, 1, 1)


async def test_goals_and_notes_are_forgotten_after_the_end(stage: Stage) -> None:
    _, _, mentee = await begun(stage)
    pair = await the_pair(stage)
    await mentee.forges(f"pair-goal:{pair.id}")
    await mentee.says("A youth council in our town")
    await mentee.forges(f"pair-notes:{pair.id}")
    await mentee.says("Call the mayor")
    await mentee.forges(f"pair-ended:{pair.id}:met")
    await stage.passes(timedelta(days=91))
    async with stage.database.reading() as unit:
        assert await unit.mentoring.notes(pair.id, limit=5) == []
        found = await unit.mentoring.get(pair.id)
    assert found is not None
    assert (found.goal, found.ending) == ("", "met")


async def test_a_coordinator_can_take_back_and_end(stage: Stage) -> None:
    desk, mentor, mentee = await suggested(stage)
    await desk.forges(f"pair-undo:{(await the_pair(stage)).id}")
    assert "taken this suggestion back" in mentor.last.text
    await desk.forges(f"pair-ask:{(await mentee.member()).id}:{(await mentor.member()).id}")
    for person in (mentor, mentee):
        await person.taps("Yes, gladly")
    await desk.forges(f"pair-undo:{(await the_pair(stage)).id}")
    assert "come to its end" in mentee.last.text


async def test_the_two_write_to_each_other_without_numbers(stage: Stage) -> None:
    _, mentor, mentee = await begun(stage)
    await mentor.taps("Write")
    await mentor.taps("Write")
    await mentor.says("When shall we meet?")
    assert "When shall we meet?" in mentee.last.text
    await mentee.forges(f"pair-ended:{(await the_pair(stage)).id}:met")
    await mentee.taps("Reply")
    assert "This conversation has ended." in mentee.sees
