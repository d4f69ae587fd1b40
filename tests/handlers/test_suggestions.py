"""Suggested topics: supported once, made an event once, declined kindly."""

from __future__ import annotations

from datetime import timedelta

from storage.suggestions import Suggestion
from tests.play import Person, Stage

TOPIC = "How budgets are read"


async def suggested(stage: Stage, lang: str = "ku", text: str = TOPIC) -> Person:
    """Have a member suggest a topic."""
    member = await stage.known(lang)
    await member.forges("suggest-for:roundtable")
    await member.says(text)
    return member


async def the_one(stage: Stage) -> Suggestion:
    async with stage.database.reading() as unit:
        (one,) = await unit.suggestions.all_of()
        return one


async def test_support_counts_once_and_never_ones_own(stage: Stage) -> None:
    member, other = await suggested(stage), await stage.known("en")
    one = await the_one(stage)
    await member.forges(f"support:{one.id}:yes")
    await other.forges(f"suggestion:{one.id}")
    await other.taps("I support it", again=True)
    assert (await the_one(stage)).supports == 1
    assert "1 person supports it." in other.last.text
    await other.taps("Support no more", again=True)
    assert (await the_one(stage)).supports == 0


async def test_members_see_the_topic_without_its_suggester(stage: Stage) -> None:
    member, other = await suggested(stage), await stage.known("en")
    name = (await member.member()).name
    await other.forges("suggestions:0")
    await other.taps("1.")
    assert TOPIC in other.last.text
    assert name not in " ".join(shown.text for shown in other.phone)


async def test_a_double_tap_makes_one_draft_in_the_topics_language(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    member = await suggested(stage)
    await coordinator.taps("Make it an event", again=True)
    async with stage.database.reading() as unit:
        (draft,) = await unit.events.drafts(limit=5)
    assert (draft.kind, draft.said("title", "ku"), draft.said("title", "en")) == ("roundtable", TOPIC, "")
    assert len(member.phone) == 3


async def test_a_deleted_draft_opens_the_topic_again(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await suggested(stage)
    await coordinator.taps("Make it an event")
    async with stage.database.unit() as unit:
        (draft,) = await unit.events.drafts(limit=5)
        assert await unit.events.remove_draft(draft.id)
    await stage.passes(timedelta(minutes=2))
    one = await the_one(stage)
    assert one.state == "open"
    await coordinator.forges(f"suggestion-event:{one.id}")
    assert (await the_one(stage)).state == "planned"


async def test_declined_with_ones_own_words_and_only_once(stage: Stage) -> None:
    coordinator, second = (
        await stage.known("en", role="coordinator"),
        await stage.known("en", role="coordinator"),
    )
    member = await suggested(stage, "en")
    await coordinator.taps("Decline")
    await coordinator.says("x" * 301)
    assert "under 300 characters" in coordinator.sees
    await coordinator.says("Let us speak on Sunday")
    assert "Let us speak on Sunday" in member.last.text
    seen = len(member.phone)
    await second.taps("Make it an event")
    assert "could not take it up" in second.last.text
    assert len(member.phone) == seen


async def test_nobody_fills_the_list_alone(stage: Stage) -> None:
    member = await suggested(stage)
    for _ in range(4):
        await member.forges("suggest-for:webinar")
        await member.says("One more topic")
    async with stage.database.reading() as unit:
        assert await unit.suggestions.count_open() == 3


async def test_withdrawn_it_is_listed_no_more_and_ends(stage: Stage) -> None:
    member = await suggested(stage, "en")
    await member.taps("Withdraw", again=True)
    await member.forges("suggestions:0")
    assert TOPIC not in member.last.text
    await stage.passes(timedelta(days=181))
    async with stage.database.reading() as unit:
        assert await unit.suggestions.all_of() == []
