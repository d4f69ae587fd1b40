"""A message that looks like a report about a person who was harmed is met with a warning, and can be taken out."""

from __future__ import annotations

import pytest

from handlers.rules.cases import looks_like_a_case
from storage.tables import outbox, question_words
from tests.play import Stage

REPORTS = (
    "My brother was arrested by the militia last night at the checkpoint",
    "A girl from our town was threatened, her name is known to the police",
    "اعتقلت الشرطة اخي البارحة عند حاجز قرب البيت",
    "تعرضت ضحية من منطقتنا الى تعذيب في السجن قبل ايام",
    "دوێنێ پۆلیس براکەمیان دەستگیر کرد لە نزیک بازگە",
)
TALK = (
    "When is the next webinar about human rights documentation?",
    "We would like a training on protection from harassment at work",
    "متى الجلسة القادمة حول توثيق انتهاكات حقوق الانسان؟",
    "نحتاج تدريبا حول مناهضة التعذيب لفريقنا في البصرة",
    "کەی وێبیناری داهاتوو دەربارەی مافەکانی مرۆڤ دەبێت؟",
    "Hello",
)


@pytest.mark.parametrize("text", REPORTS)
def test_a_report_is_recognised(text: str) -> None:
    assert looks_like_a_case(text)


@pytest.mark.parametrize("text", TALK)
def test_control_talk_about_the_work_is_not(text: str) -> None:
    assert not looks_like_a_case(text)


@pytest.mark.parametrize("text", REPORTS)
async def test_a_report_is_warned_about_and_taken_out(stage: Stage, text: str) -> None:
    member = await stage.known("en")
    await member.says(text)
    assert "looks like a report" in member.sees
    await member.taps("Delete my message")
    assert len(member.channel.taken_out[member.peer]) == 1


async def test_an_answer_that_reads_like_one_is_not_passed_on_unless_sent_again(stage: Stage) -> None:
    member, coordinator = await stage.known("en"), await stage.known("en", role="coordinator")
    await member.forges("ask")
    await member.says(REPORTS[0])
    assert "looks like a report" in member.sees
    assert not coordinator.phone
    async with stage.database.reading() as unit:
        assert not await unit.outbox.all(question_words.select())
    await member.says("How can I report something to the protection officer?")
    assert coordinator.phone
    async with stage.database.reading() as unit:
        assert not any("militia" in repr(tuple(row)) for row in await unit.outbox.all(outbox.select()))


async def test_nobody_takes_a_message_out_of_somebody_elses_chat(stage: Stage) -> None:
    victim, other = await stage.known("en"), await stage.known("en")
    await victim.says("/menu")
    before = [shown.id for shown in victim.phone]
    await other.forges(f"unsay:{before[0]}")
    assert [shown.id for shown in victim.phone] == before
    assert victim.peer not in victim.channel.taken_out
