"""Quick polls: asked of an audience, answered once each, followed, closed, shared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.contract import Retry
from locales import LANGUAGES, speech
from storage.polls import Poll
from tests.handlers.broadcasts import count_of, plain, rows_of
from tests.play import Person, Shown, Stage

SECONDS = timedelta(seconds=5)


async def found(stage: Stage, poll_id: int = 1) -> Poll:
    async with stage.database.reading() as unit:
        poll = await unit.polls.get(poll_id)
        assert poll is not None
        return poll


async def tally(stage: Stage) -> dict[int, int]:
    async with stage.database.reading() as unit:
        return await unit.polls.tally(1)


async def written(stage: Stage, lang: str = "en", *, channel: str = "telegram") -> Person:
    """Bring a coordinator to the review of a poll with two options."""
    coordinator = await stage.known(lang, role="coordinator", channel=channel)
    await coordinator.forges("new-poll")
    await coordinator.says("Which day?")
    return await coordinator.says("Sunday\nMonday")


async def asked(stage: Stage) -> Person:
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    return await coordinator.taps("Send now")


def card_of(coordinator: Person) -> Shown:
    """Find the one message that follows the poll."""
    (card,) = [
        one
        for one in coordinator.phone
        if one.part.title.startswith(("Quick poll: open", "Quick poll: closed"))
    ]
    return card


# --- writing ------------------------------------------------------------------------------------------------


async def test_options_come_in_one_message_or_each_in_its_own(stage: Stage) -> None:
    coordinator = await written(stage)
    assert (await found(stage)).original.options == ("Sunday", "Monday")
    await coordinator.taps("Options")
    await coordinator.says("Tuesday")
    assert (await found(stage)).original.options == ("Sunday", "Monday", "Tuesday")
    await coordinator.says("Wednesday")
    assert "So far" in coordinator.sees
    await coordinator.taps("Continue")
    assert "Preview and send" in coordinator.buttons
    await coordinator.taps("Options")
    await coordinator.says("A\nB\nC")
    assert (await found(stage)).original.options == ("A", "B", "C")


async def test_ten_options_are_enough(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.taps("Options")
    await coordinator.says("\n".join(f"Option {number}" for number in range(9)))
    await coordinator.taps("Options")
    await coordinator.says("The tenth")
    assert "Preview and send" in coordinator.buttons
    await coordinator.taps("Options")
    await coordinator.says("The eleventh")
    assert "There must be from 2 to 10 options" in coordinator.sees
    assert len((await found(stage)).original.options) == 10


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("x" * 61, "An option may have up to 60 characters."),
        ("Same\nsame.", "Two options are the same."),
        ("\n".join(str(number) for number in range(11)), "There must be from 2 to 10 options"),
        ("\u200b", "There must be from 2 to 10 options"),
    ],
)
async def test_wrong_options_are_asked_for_again(stage: Stage, typed: str, said: str) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("new-poll")
    await coordinator.says("Which?")
    await coordinator.says(typed)
    assert said in coordinator.sees
    assert (await found(stage)).original.options == ()
    await coordinator.says("One\nTwo")
    assert (await found(stage)).complete


@pytest.mark.parametrize("typed", ["x" * 301, "\u200b\u200b"])
async def test_a_wrong_question_is_asked_for_again(stage: Stage, typed: str) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("new-poll")
    await coordinator.says(typed)
    assert "up to 300 characters" in coordinator.sees
    await coordinator.says("x" * 300)
    assert (await found(stage)).original.question == "x" * 300


async def test_a_translation_has_as_many_options_as_the_original(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.taps("poll-question:1:ar")
    assert "Which day?" in coordinator.sees
    await coordinator.says("أي يوم؟")
    await coordinator.says("الأحد\nالإثنين\nالثلاثاء")
    assert "as many options as in the original: 2" in plain(coordinator.sees)
    await coordinator.says("الأحد")
    await coordinator.says("الإثنين")
    assert "العربية: translated" in plain(coordinator.sees)
    assert (await found(stage)).wording("ar").options == ("الأحد", "الإثنين")


async def test_a_double_tap_begins_one_poll_and_discard_ends_it(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("new-poll")
    await coordinator.forges("new-poll")
    await coordinator.says("Which?")
    await coordinator.says("One\nTwo")
    async with stage.database.reading() as unit:
        assert await unit.polls.get(2) is None
    await coordinator.taps("Discard", again=True)
    async with stage.database.reading() as unit:
        assert await unit.polls.get(1) is None


# --- asking -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_preview_is_what_arrives(stage: Stage, lang: str) -> None:
    member = await stage.known(lang)
    coordinator = await written(stage)
    await coordinator.taps("poll-question:1:ku")
    await coordinator.says("کام ڕۆژ؟")
    await coordinator.says("یەکشەممە\nدووشەممە")
    await coordinator.forges(f"poll-preview:1:{lang}")
    previewed = coordinator.phone[-2].part
    await coordinator.taps("Send now")
    assert [shown.part for shown in member.phone] == [previewed]
    assert ("یەکشەممە" in member.last.labels) == (lang == "ku")


async def test_readers_without_a_translation_are_told_of_before(stage: Stage) -> None:
    await stage.known("ar")
    coordinator = await written(stage, "ku")
    await coordinator.forges("poll-question:1:en")
    await coordinator.says("Which day?")
    await coordinator.says("Sunday\nMonday")
    await coordinator.forges("poll-preview:1")
    expected = speech("ku")._(
        "⚠ No text in {language}: {count} of its readers get the one in {other}.",
        language=speech("ar").name,
        count=1,
        other=speech("ku").name,
    )
    assert plain(expected) in plain(coordinator.sees)


async def test_it_is_asked_once_and_only_as_previewed(stage: Stage) -> None:
    member = await stage.known("en")
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    seen = coordinator.last.labels["Send now"]
    await coordinator.forges("audience-set:poll:1:language:en")
    await coordinator.forges(seen)
    assert "The draft has changed since" in coordinator.sees
    assert member.phone == []
    await coordinator.taps("Send now", again=True)
    assert count_of(member, "Which day?") == 1
    assert await rows_of(stage, "poll:1") == {("sent", ""): 2}


async def test_trying_the_previews_options_counts_nothing(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    await coordinator.taps("Sunday")
    assert "This is how it will be seen" in coordinator.sees
    assert await tally(stage) == {}


# --- answering ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
async def test_one_vote_each_that_may_be_changed(stage: Stage, channel: str) -> None:
    member = await stage.known("en", channel=channel)
    await asked(stage)
    assert "Coordinators see only the totals" in member.last.text
    assert "kept with your name" in member.last.text
    question = member.last
    await (member.says("1") if channel == "whatsapp" else member.taps("Sunday", again=True))
    assert "Your answer was recorded: Sunday" in plain(member.sees)
    assert await tally(stage) == {0: 1}
    assert question in member.phone
    await (member.says("Change my answer") if channel == "whatsapp" else member.taps("Change my answer"))
    await (member.says("monday") if channel == "whatsapp" else member.taps("Monday"))
    assert await tally(stage) == {1: 1}


async def test_a_vote_counts_the_same_in_every_language(stage: Stage) -> None:
    arabic, english = await stage.known("ar"), await stage.known("en")
    coordinator = await written(stage)
    await coordinator.forges("poll-question:1:ar")
    await coordinator.says("أي يوم؟")
    await coordinator.says("الأحد\nالإثنين")
    await coordinator.forges("poll-preview:1")
    await coordinator.taps("Send now")
    await arabic.taps("الإثنين")
    await english.taps("Monday")
    assert await tally(stage) == {1: 2}


async def test_nobody_votes_in_a_poll_for_others(stage: Stage) -> None:
    outsider = await stage.known("ku", role="guest")
    coordinator = await written(stage)
    await coordinator.forges("audience-set:poll:1:language:en")
    await coordinator.forges("poll-preview:1")
    await coordinator.taps("Send now")
    for action in ("vote:1:0", "poll-again:1"):
        await outsider.forges(action)
        assert "Which day?" not in outsider.sees
    await coordinator.taps("Close the poll")
    await coordinator.taps("Share the result")
    await outsider.forges("vote:1:0")
    assert "Sunday" not in outsider.sees
    assert await tally(stage) == {}


@pytest.mark.parametrize("choice", ["2", "-1", "999"])
async def test_an_option_that_is_not_there_counts_nothing(stage: Stage, choice: str) -> None:
    member = await stage.known("en")
    await asked(stage)
    await member.forges(f"vote:1:{choice}")
    assert "This poll is no longer there." in member.sees
    assert await tally(stage) == {}


# --- following ----------------------------------------------------------------------------------------------


async def test_the_tally_grows_in_one_message(stage: Stage) -> None:
    people = [await stage.known("en") for _ in range(3)]
    coordinator = await asked(stage)
    await stage.passes(timedelta(seconds=1))
    before = len(coordinator.phone)
    for person, label in zip(people, ("Sunday", "Sunday", "Monday"), strict=True):
        await person.taps(label)
        await stage.passes(SECONDS)
    card = card_of(coordinator)
    assert "███████░░░ 2 (67%)" in card.text
    assert "███░░░░░░░ 1 (33%)" in card.text
    assert "3 answers" in plain(card.text)
    assert len(coordinator.phone) == before


async def test_a_vote_changed_back_is_shown_too(stage: Stage) -> None:
    member = await stage.known("en")
    coordinator = await asked(stage)
    for choice in (0, 1, 0):
        await member.forges(f"vote:1:{choice}")
        await stage.passes(SECONDS)
        lines = card_of(coordinator).text.splitlines()
        assert [line for line in lines if "100%" in line] == [
            lines[next(i for i, line in enumerate(lines) if ("Sunday", "Monday")[choice] in line) + 1]
        ]


async def test_coordinators_never_see_who_chose_what(stage: Stage) -> None:
    member = await stage.known("en", name="Member, Basra")
    coordinator = await asked(stage)
    await member.taps("Sunday")
    await stage.passes(SECONDS)
    await coordinator.forges("poll:1")
    assert not any("Basra" in shown.text for shown in coordinator.phone)


# --- closing ------------------------------------------------------------------------------------------------


async def test_a_closed_poll_answers_with_where_things_stand(stage: Stage) -> None:
    voted, late = await stage.known("en"), await stage.known("en")
    coordinator = await asked(stage)
    await voted.taps("Sunday")
    await coordinator.taps("Close the poll", again=True)
    assert "Quick poll: closed" in card_of(coordinator).text
    await late.taps("Monday")
    assert "This poll is closed." in late.sees
    await voted.forges("vote:1:1")
    assert "Your answer was: Sunday" in plain(voted.sees)
    assert "100%" not in voted.sees, "a result that is not shared stays with the coordinators"
    assert await tally(stage) == {0: 1}
    await coordinator.taps("Share the result")
    await voted.forges("poll-again:1")
    assert "100%" in voted.sees


async def test_closing_takes_back_what_nobody_has_got_yet(stage: Stage) -> None:
    member = await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Retry(after=3600)]
    coordinator = await asked(stage)
    await coordinator.taps("Close the poll")
    await stage.passes(timedelta(hours=2))
    assert member.phone == []


async def test_the_result_goes_once_to_those_who_were_asked(stage: Stage) -> None:
    member = await stage.known("ar")
    coordinator = await asked(stage)
    await member.taps("Sunday")
    newcomer = await stage.known("en")
    await coordinator.taps("Close the poll")
    await coordinator.taps("Share the result", again=True)
    await coordinator.forges("poll-share:1")
    title = speech("ar")._("What the poll said")
    assert count_of(member, title) == 1
    assert newcomer.phone == []


async def test_an_open_poll_is_not_shared(stage: Stage) -> None:
    member = await stage.known("en")
    coordinator = await asked(stage)
    await coordinator.forges("poll-share:1")
    assert count_of(member, "What the poll said") == 0


async def test_what_was_asked_can_no_longer_be_changed(stage: Stage) -> None:
    coordinator = await asked(stage)
    for action in (
        "poll-question:1:en",
        "poll-options:1:en",
        "poll-discard:1",
        "poll-preview:1",
        "audience-set:poll:1:language:ku",
    ):
        await coordinator.forges(action)
        assert "discarded" not in coordinator.sees
        assert "Quick poll: open" in card_of(coordinator).text
    kept = await found(stage)
    assert (kept.state, kept.audience.who) == ("open", "everyone")


async def test_the_list_leads_to_each_poll(stage: Stage) -> None:
    coordinator = await asked(stage)
    for number in range(6):
        await coordinator.forges("new-poll")
        await coordinator.says(f"Question {number}")
        await coordinator.says("A\nB")
    await coordinator.forges("polls")
    assert len(coordinator.last.labels) <= 10
    await coordinator.taps("Next")
    assert "Which day?" in coordinator.sees
    await coordinator.taps("No. 7")
    assert "Close the poll" in card_of(coordinator).labels
