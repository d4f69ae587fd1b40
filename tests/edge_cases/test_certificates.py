"""Edge cases 6, 11 and 15 of certificates: cancelled, two records of one person, who left, moved or was erased."""

from __future__ import annotations

from datetime import timedelta

from storage.events import Event
from tests.edge_cases.test_attendance import booked
from tests.handlers.test_attendance import certificates, close, code_of, seen
from tests.play import Person, Stage


async def completed(stage: Stage) -> tuple[Event, Person, Person]:
    """Let somebody complete a training; return it, them, and the coordinator."""
    event, (member,) = await booked(stage)
    coordinator = await stage.known("en", role="coordinator")
    for day in (1, 2):
        await member.says(f"check-in {await code_of(stage, event, day)}")
        await close(coordinator, event, day)
        await stage.passes(timedelta(days=1))
    return event, member, coordinator


async def test_cancelled_on_its_second_day_gives_none(stage: Stage) -> None:
    event, (member,) = await booked(stage)
    coordinator = await stage.known("en", role="coordinator")
    await member.says(f"check-in {await code_of(stage, event)}")
    await close(coordinator, event, 1)
    await coordinator.forges(f"event-cancel-yes:{event.id}")
    second = await code_of(stage, event, 2)
    await stage.passes(timedelta(days=1))
    await member.says(f"check-in {second}")
    assert "This event was cancelled." in member.sees
    await coordinator.forges(f"day-close-yes:{event.id}:2")
    assert await certificates(stage, event) == 0


async def test_two_records_made_one_keep_one_certificate_and_every_day(stage: Stage) -> None:
    event, member, _ = await completed(stage)
    other = await stage.known("en", channel="whatsapp")
    kept, gone = (await other.member()).id, (await member.member()).id
    async with stage.database.unit() as unit:
        await unit.attendance.mark(event.id, 1, kept, "absent", stage.now, how="closing")
        await unit.merging.join(kept, gone, role="member", organisation_id=None, now=stage.now)
    async with stage.database.reading() as unit:
        assert await unit.attendance.of_person(event.id, kept) == {1: "present", 2: "present"}
        assert await unit.certificates.of(event.id, kept) is not None
        assert await unit.certificates.count(event.id) == 1


async def test_an_erased_persons_certificate_stays_genuine_and_says_nothing(stage: Stage) -> None:
    event, member, _ = await completed(stage)
    await member.forges(f"certificate-take:{event.id}")
    member_id = (await member.member()).id
    async with stage.database.unit() as unit:
        mine = await unit.certificates.of(event.id, member_id)
        assert mine is not None
        await unit.members.erase(member_id)
    async with stage.database.reading() as unit:
        assert await unit.certificates.genuine(mine.number)
        assert await unit.attendance.present_per_day([event.id]) == {event.id: {1: 1, 2: 1}}
    other = await stage.known("en")
    await other.forges("certificate-check")
    await other.says(mine.number)
    assert "This certificate is genuine." in other.sees
    assert "Person 0" not in other.sees


async def test_nobody_can_take_a_certificate_of_somebody_else(stage: Stage) -> None:
    event, _, _ = await completed(stage)
    other = await stage.known("en")
    for forged in ("certificate", "certificate-name", "certificate-take"):
        await other.forges(f"{forged}:{event.id}")
        assert "There is no certificate for you here." in other.sees
    await other.forges(f"certificate-get:{event.id}:ar")
    assert not any(one.part.attachment for one in other.phone)


async def test_a_day_corrected_later_takes_the_certificate_back_and_gives_it_again(stage: Stage) -> None:
    event, member, coordinator = await completed(stage)
    member_id = (await member.member()).id
    await coordinator.forges(f"mark:{event.id}:2:{member_id}:none:present:0")
    assert await certificates(stage, event) == 0
    await member.forges("certificates")
    assert "You have no certificates yet." in seen(member)
    await coordinator.forges(f"mark:{event.id}:2:{member_id}:present:present:0")
    assert await certificates(stage, event) == 1
