"""People, for those who coordinate: invitations, counts, roles, and who may see names."""

from __future__ import annotations

import re
from datetime import timedelta

from storage.invitations import canonical
from tests.play import Person, Stage


async def invited(stage: Stage, coordinator: Person, organisation_id: int, uses: str = "5") -> str:
    """Make a code as a coordinator does, and return it as shown."""
    await coordinator.forges("people")
    await coordinator.taps("pick:invite:0")
    await coordinator.taps(f"invite-org:{organisation_id}")
    await coordinator.taps(uses)
    await coordinator.taps("14 days")
    shown = re.search(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", coordinator.last.text)
    assert shown, coordinator.last.text
    return shown.group()


async def test_an_invitation_works_by_code_and_by_link(stage: Stage) -> None:
    coordinator, organisation_id = await stage.known("en", role="coordinator"), await stage.organisation()
    code = await invited(stage, coordinator, organisation_id)
    assert f"https://t.me/diwakhan_bot?start=i{canonical(code)}" in coordinator.last.text
    assert coordinator.last.part.private
    person = await stage.person().starts(f"i{canonical(code)}")
    await person.taps("English")
    await person.taps("I agree")
    await person.says("Member, Basra")
    member = await person.member()
    assert (member.role, member.organisation_id) == ("member", organisation_id)


async def test_a_double_tap_makes_one_code(stage: Stage) -> None:
    coordinator, organisation_id = await stage.known("en", role="coordinator"), await stage.organisation()
    await coordinator.forges(f"invite-days:{organisation_id}:5")
    await coordinator.taps("14 days", again=True)
    async with stage.database.reading() as unit:
        count = (await unit.connection.exec_driver_sql("SELECT count(*) FROM invitations")).scalar_one()
    assert count == 1
    assert "-" in coordinator.last.text


async def test_limits_of_an_invitation_cannot_be_forged(stage: Stage) -> None:
    coordinator, organisation_id = await stage.known("en", role="coordinator"), await stage.organisation()
    for action in (f"invite-make:{organisation_id}:9999:14:aa", f"invite-make:{organisation_id}:5:9999:aa"):
        await coordinator.forges(action)
    async with stage.database.reading() as unit:
        count = (await unit.connection.exec_driver_sql("SELECT count(*) FROM invitations")).scalar_one()
    assert count == 0


async def test_people_are_counted_per_organisation(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await stage.known("ar")
    await coordinator.forges("headcounts:0")
    assert "People in organisations: 2" in coordinator.sees


async def test_roles_are_granted_and_taken_back_and_told(stage: Stage) -> None:
    administrator = await stage.known("en", role="administrator")
    person = await stage.known("ku", name="Member, Basra")
    member = await person.member()
    await administrator.forges("people")
    await administrator.taps("pick:roles:0")
    await administrator.taps(f"roles-org:{member.organisation_id}")
    await administrator.taps("Member, Basra")
    await administrator.taps("Make coordinator", again=True)
    assert (await person.member()).role == "coordinator"
    assert len(person.phone) == 1
    await administrator.taps("Take role back")
    assert (await person.member()).role == "coordinator", "there are two now: another one has to agree"
    await person.taps("approval:")
    await person.taps("approval-yes:")
    await stage.passes(timedelta(minutes=2))
    assert (await person.member()).role == "member"


async def test_the_last_administrator_stays_one(stage: Stage) -> None:
    administrator = await stage.known("en", role="administrator")
    mine = (await administrator.member()).id
    await administrator.forges(f"role:{mine}:coordinator")
    assert (await administrator.member()).role == "administrator"
    other = await stage.known("en", role="administrator")
    await other.forges(f"role:{mine}:member")
    await administrator.taps("approval:")
    await administrator.taps("approval-yes:")
    await stage.passes(timedelta(minutes=2))
    assert (await administrator.member()).role == "member"


async def test_administrators_are_not_made_in_chat(stage: Stage) -> None:
    administrator, person = await stage.known("en", role="administrator"), await stage.known("en")
    await administrator.forges(f"role:{(await person.member()).id}:administrator")
    assert (await person.member()).role == "member"


async def test_names_are_shown_to_those_who_may(stage: Stage) -> None:
    person = await stage.known("en", name="Member, Basra")
    member = await person.member()
    organisation_id = await stage.organisation("org-erbil")
    await person.forges(f"join-org:{organisation_id}")
    for role in ("guest", "member", "donor"):
        other = await stage.known("en", role=role)
        for action in ("people", "requests:0", "request:1", "approve:1", f"person:{member.id}",
                       f"roles-org:{member.organisation_id}", "headcounts:0", "pick:roles:0"):  # fmt: skip
            await other.forges(action)
            assert "Member, Basra" not in other.sees
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"person:{member.id}")
    assert "Member, Basra" not in coordinator.sees
    await coordinator.forges("requests:0")
    assert "Member, Basra" in coordinator.buttons
    await coordinator.taps("Member, Basra")
    assert "Would like to join" in coordinator.sees
    assert coordinator.last.part.private


async def test_a_long_list_of_requests_has_pages(stage: Stage) -> None:
    organisation_id = await stage.organisation("org-erbil")
    for _ in range(8):
        await (await stage.known("en")).forges(f"join-org:{organisation_id}")
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("requests:0")
    await coordinator.taps("Next")
    requests = [one for one in coordinator.last.labels.values() if one.startswith("request:")]
    assert requests
    for action in ("requests:-5", "requests:99999999"):
        await coordinator.forges(action)
        assert coordinator.buttons


async def test_somebody_of_a_donor_becomes_a_donor_and_staff_stay_staff(stage: Stage) -> None:
    from storage.organisations import Entry

    async with stage.database.unit() as unit:
        donor = await unit.organisations.put(Entry("donor", "The donor", "", "", "donor", ""))
    coordinator, person = await stage.known("en", role="coordinator"), await stage.known("en", role="guest")
    code = await invited(stage, coordinator, donor)
    for one in (person, coordinator):
        await one.forges("join-code")
        await one.says(code)
    assert (await person.member()).role == "donor"
    assert (await coordinator.member()).role == "coordinator"
    assert (await coordinator.member()).organisation_id == donor
