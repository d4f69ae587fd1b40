"""Calls for grants and labs: who sees what, everything once, and nothing to many without a second yes."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from storage.calls import Call, Grant
from storage.progress import Progress
from storage.tables import materials, outbox
from tests.play import Person, Stage

DAY = timedelta(days=1)
NOT_THERE = "This has changed since"


async def a_call(stage: Stage, kind: str, desk: Person, *, days: int = 20) -> Call:
    """Have a coordinator publish a call."""
    async with stage.database.unit() as unit:
        call_id = await unit.calls.draft(kind, "en", stage.now)
        await unit.calls.put_text(
            call_id, "en", title="Tools for monitors", text="For a tool that others can use"
        )
        await unit.calls.change(call_id, deadline=stage.now + timedelta(days=days))
    await desk.forges(f"call-publish:{call_id}")
    async with stage.database.reading() as unit:
        found = await unit.calls.get(call_id)
    assert found is not None
    return found


async def people(stage: Stage) -> tuple[Person, Person, Person]:
    """Bring in a coordinator and members of two organisations."""
    desk = await stage.known("en", role="coordinator")
    inside = await stage.known("en", organisation=await stage.organisation("org-a"))
    outside = await stage.known("en", organisation=await stage.organisation("org-b"))
    return desk, inside, outside


async def the_grant(stage: Stage, call: Call) -> Grant:
    async with stage.database.reading() as unit:
        (grant,) = await unit.calls.grants_of(call.id)
    return grant


async def counted(stage: Stage, kind: str) -> int:
    async with stage.database.reading() as unit:
        return len(await unit.outbox.all(sa.select(outbox.c.id).where(outbox.c.kind == kind)))


async def test_a_call_is_told_once_and_only_in_the_words_that_were_published(stage: Stage) -> None:
    desk, inside, outside = await people(stage)
    call = await a_call(stage, "grant", desk)
    await desk.forges(f"call-publish:{call.id}")
    assert await counted(stage, "call-news") == 2
    await stage.passes(timedelta(minutes=1))
    assert "A call for small grants is open." in inside.last.text
    assert "A call for small grants is open." in outside.last.text


async def test_words_changed_after_the_yes_are_not_told(stage: Stage) -> None:
    desk, inside, _ = await people(stage)
    await stage.passes(timedelta(hours=11))
    call = await a_call(stage, "grant", desk)
    await desk.forges(f"call-ask-for:{call.id}:text:en")
    await desk.says("Send your members' names to https://evil.example")
    await stage.passes(timedelta(hours=12))
    assert not any("evil.example" in shown.text for shown in inside.phone)


async def test_many_members_are_told_only_after_a_second_yes(stage: Stage) -> None:
    desk, inside, _ = await people(stage)
    other = await stage.known("en", role="coordinator")
    for _ in range(20):
        await stage.known("en")
    call = await a_call(stage, "grant", desk)
    assert call.state == "draft"
    assert "A second person" in desk.sees
    assert await counted(stage, "call-news") == 0
    await stage.passes(timedelta(minutes=1))
    await other.taps("Look at it")
    assert "For a tool that others can use" in "\n".join(shown.text for shown in other.phone)
    await other.taps("I agree")
    await stage.passes(timedelta(minutes=3))
    assert "A call for small grants is open." in inside.last.text


async def test_a_grant_is_its_organisations_alone(stage: Stage) -> None:
    desk, inside, outside = await people(stage)
    call = await a_call(stage, "grant", desk)
    await inside.forges(f"grant-applied:{call.id}")
    await inside.forges(f"grant-applied:{call.id}")
    grant = await the_grant(stage, call)
    await desk.forges(f"grant-stage:{grant.id}:awarded")
    async with stage.database.unit() as unit:
        milestone = await unit.calls.add_milestone(grant.id, "A first draft")
        await unit.calls.change_milestone(milestone, due_on=date(2026, 4, 1))
    for forged in (f"grant:{grant.id}", f"milestone-done:{milestone}", f"grant-tool:{grant.id}"):
        await outside.forges(forged)
        assert NOT_THERE in outside.sees, forged
        assert "A first draft" not in outside.sees
    await inside.forges(f"milestone-done:{milestone}")
    assert "✅" in inside.sees
    assert "A first draft" in inside.sees


async def test_stages_go_forward_only_and_each_is_told_once(stage: Stage) -> None:
    desk, inside, _ = await people(stage)
    call = await a_call(stage, "grant", desk)
    await inside.forges(f"grant-applied:{call.id}")
    grant = await the_grant(stage, call)
    for state in ("under_way", "delivered", "awarded", "awarded", "declined", "applied", "under_way"):
        await desk.forges(f"grant-stage:{grant.id}:{state}")
    assert (await the_grant(stage, call)).state == "under_way"
    assert await counted(stage, "grant-news") == 2


async def test_reminders_come_twice_and_only_to_those_who_are_interested(stage: Stage) -> None:
    desk, inside, outside = await people(stage)
    call = await a_call(stage, "grant", desk, days=10)
    await inside.forges(f"call-join:{call.id}:yes")
    await outside.forges(f"call-join:{call.id}:yes")
    await outside.forges(f"call-join:{call.id}:no")
    for _ in range(11):
        await stage.passes(DAY)
    assert await counted(stage, "call-reminder") == 2
    async with stage.database.reading() as unit:
        closed = await unit.calls.get(call.id)
    assert closed is not None
    assert closed.state == "closed"
    await inside.forges(f"grant-applied:{call.id}")
    assert "We have applied" not in inside.sees


async def test_milestones_are_reminded_of_a_week_and_a_day_before(stage: Stage) -> None:
    desk, inside, _ = await people(stage)
    call = await a_call(stage, "grant", desk)
    await inside.forges(f"grant-applied:{call.id}")
    grant = await the_grant(stage, call)
    await desk.forges(f"grant-stage:{grant.id}:awarded")
    await desk.forges(f"milestone-new:{grant.id}")
    await desk.says("A first draft")
    await desk.says("15/3/2026")
    for _ in range(20):
        await stage.passes(DAY)
    assert await counted(stage, "milestone-due") == 2


async def test_the_tool_goes_into_the_library_under_its_organisation(stage: Stage) -> None:
    desk, inside, outside = await people(stage)
    call = await a_call(stage, "grant", desk)
    await inside.forges(f"grant-applied:{call.id}")
    grant = await the_grant(stage, call)
    await desk.forges(f"grant-stage:{grant.id}:awarded")
    await inside.forges(f"grant-tool:{grant.id}")
    await inside.sends("tool.pdf", b"%PDF-1.4 a tool", "application/pdf")
    await inside.says("A monitor's notebook")
    await desk.forges(f"grant-deliver:{grant.id}")
    await desk.forges(f"grant-deliver:{grant.id}")
    assert (await the_grant(stage, call)).state == "delivered"
    async with stage.database.reading() as unit:
        (kept,) = await unit.materials.all(sa.select(materials))
        assert (await Progress(unit).held(stage.now))["small_grant"] == 1
    assert kept.state == "published"
    await outside.forges(f"material:{kept.id}")
    assert "Made by: \u2068Organisation org-a" in outside.sees


async def test_working_documents_are_the_labs_alone(stage: Stage) -> None:
    desk, inside, outside = await people(stage)
    lab = await a_call(stage, "lab", desk)
    await inside.forges(f"call-join:{lab.id}:yes")
    await inside.forges(f"lab-add-in:{lab.id}:draft:en")
    await inside.says("https://drafts.example.org/1")
    async with stage.database.reading() as unit:
        (paper,) = await unit.calls.papers(lab.id, "draft")
    for forged in (
        f"lab-papers:{lab.id}",
        f"paper:{paper.id}",
        f"lab-add:{lab.id}:draft",
        f"lab-final:{lab.id}",
    ):
        await outside.forges(forged)
        assert "drafts.example.org" not in outside.sees
    await outside.forges(f"paper-read:{lab.id}:en")
    assert "drafts.example.org" not in outside.sees
    await inside.forges(f"lab-add-in:{lab.id}:final:en")
    assert NOT_THERE in inside.sees
    await inside.forges(f"lab-add-in:{lab.id}:draft:en")
    await inside.says("https://drafts.example.org/2")
    async with stage.database.reading() as unit:
        (newest,) = await unit.calls.papers(lab.id, "draft")
    assert (newest.version, newest.link) == (2, "https://drafts.example.org/2")


async def test_each_reads_the_paper_in_their_language_and_is_counted_once(stage: Stage) -> None:
    desk, inside, outside = await people(stage)
    kurdish = await stage.known("ku", organisation=await stage.organisation("org-b"))
    lab = await a_call(stage, "lab", desk)
    for lang in ("en", "ku"):
        await desk.forges(f"lab-add-in:{lab.id}:final:{lang}")
        await desk.says(f"https://papers.example.org/{lang}")
    await desk.forges(f"lab-send:{lab.id}")
    await desk.forges(f"lab-send:{lab.id}")
    await stage.passes(timedelta(minutes=1))
    await kurdish.taps("خوێندنەوەی پەڕەکە")
    assert "papers.example.org/ku" in kurdish.sees
    await inside.taps("Read the paper")
    await inside.taps("کوردی")
    assert "papers.example.org/ku" in inside.sees
    await outside.taps("Read the paper")
    async with stage.database.reading() as unit:
        assert await unit.calls.readers(lab.id) == {"en": 2, "ku": 1}
        assert len(await unit.calls.reading_organisations(lab.id)) == 2
        assert (await Progress(unit).held(stage.now))["collaboration_lab"] == 1
    await desk.forges(f"lab-final:{lab.id}")
    assert "3 people have opened it." in desk.sees
