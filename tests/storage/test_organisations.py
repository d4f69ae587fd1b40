"""Organisations: names, the upsert by slug, and who stands behind each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from storage.organisations import Entry
from storage.unit import Unit

BASRA = Entry("org-basra", "Organisation, Basra", "منظمة، البصرة", "", "prime", "basra")


async def test_putting_twice_changes_the_one(unit: Unit) -> None:
    first = await unit.organisations.put(BASRA)
    second = await unit.organisations.put(replace(BASRA, kind="donor", name_en="Renamed, Basra"))
    found = await unit.organisations.get(first)
    assert first == second
    assert found is not None
    assert (found.name_en, found.kind, found.role) == ("Renamed, Basra", "donor", "donor")


async def test_a_missing_name_falls_back(unit: Unit) -> None:
    found = await unit.organisations.get(await unit.organisations.put(BASRA))
    assert found is not None
    assert found.name("ar") == "منظمة، البصرة"
    assert found.name("ku") == "Organisation, Basra"
    only_kurdish = replace(BASRA, slug="other", name_en="", name_ar="", name_ku="ڕێکخراو")
    found = await unit.organisations.get(await unit.organisations.put(only_kurdish))
    assert found is not None
    assert found.name("en") == "ڕێکخراو"


async def test_the_list_is_ordered_by_name_in_the_language(unit: Unit) -> None:
    for slug, name_en, name_ar in (("a", "Zeta", "أ"), ("b", "alpha", "ب")):
        await unit.organisations.put(replace(BASRA, slug=slug, name_en=name_en, name_ar=name_ar))
    assert [one.slug for one in await unit.organisations.listed("en")] == ["b", "a"]
    assert [one.slug for one in await unit.organisations.listed("ar")] == ["a", "b"]


async def test_people_are_counted_by_organisation(unit: Unit, now: datetime) -> None:
    organisation_id = await unit.organisations.put(BASRA)
    members = [await unit.members.add(at=now) for _ in range(3)]
    for member in members[:2]:
        await unit.members.change(member.id, organisation_id=organisation_id)
    assert await unit.organisations.headcounts() == {organisation_id: 2}
    assert set(await unit.organisations.people(organisation_id)) == {one.id for one in members[:2]}
    assert await unit.organisations.people(None) == [members[2].id]
