"""Audiences: whom they mean, and that the head count is exactly what the outbox then does."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from storage.audience import Audience
from storage.organisations import Entry
from storage.outbox import BROADCAST
from storage.tables import addresses, outbox
from storage.unit import Unit
from tests.storage.people import past_event


async def person(
    unit: Unit,
    now: datetime,
    lang: str = "en",
    *channels: str,
    reachable: str = "yes",
    settled: bool = True,
    **fields: object,
) -> int:
    """Take somebody in who can be reached on some channels, Telegram by default."""
    member = await unit.members.add(at=now, lang=lang, role="member")
    if settled:
        fields |= {"state": "active", "consent_version": 1}
    if fields:
        await unit.members.change(member.id, **fields)
    for channel in channels or ("telegram",):
        address = await unit.addresses.add(member.id, channel, "us", f"{member.id}")
        await unit.addresses.mark(address.id, reachable)
    return member.id


async def meant(unit: Unit, audience: Audience) -> set[int]:
    return set((await unit.connection.execute(audience.recipients())).scalars())


async def test_each_audience_means_its_people(unit: Unit, now: datetime) -> None:
    place = await unit.organisations.put(Entry("org", "Org", "منظمة", "ڕێکخراو", "prime", "basra"))
    inside = await person(unit, now, "ar", organisation_id=place)
    kurdish = await person(unit, now, "ku")
    waiting = await person(unit, now, "en")
    gone = await person(unit, now, "en")
    new = await person(unit, now, "en", settled=False)
    refused = await person(unit, now, "en", settled=False, state="active")
    event = await past_event(unit, now)
    await unit.registrations.add(event.id, kurdish, None, "confirmed", now)
    await unit.registrations.add(event.id, waiting, None, "waitlisted", now)
    await unit.registrations.add(event.id, gone, None, "confirmed", now)
    await unit.registrations.cancel(event.id, gone, now)
    await unit.registrations.add(event.id, new, None, "confirmed", now)
    everyone = {inside, kurdish, waiting, gone}
    assert await meant(unit, Audience()) == everyone
    assert await meant(unit, Audience("organisation", str(place))) == {inside}
    assert await meant(unit, Audience("language", "ku")) == {kurdish}
    assert await meant(unit, Audience("registered", str(event.id))) == {kurdish, waiting}
    assert await meant(unit, Audience("not_registered", str(event.id))) == {inside, gone}
    assert not {new, refused} & everyone


async def test_an_erased_person_leaves_the_others_meant(unit: Unit, now: datetime) -> None:
    stays, goes = await person(unit, now), await person(unit, now)
    event = await past_event(unit, now)
    await unit.registrations.add(event.id, goes, None, "confirmed", now)
    await unit.members.erase(goes)
    assert await meant(unit, Audience("not_registered", str(event.id))) == {stays}


@pytest.mark.parametrize(
    "audience",
    [Audience(), Audience("organisation", "3"), Audience("language", "ku"), Audience("registered", "8")],
)
def test_an_audience_comes_back_as_it_was_kept(audience: Audience) -> None:
    assert Audience.from_json(audience.to_json()) == audience


def test_what_nobody_kept_means_everyone() -> None:
    assert Audience.from_json({}) == Audience()
    assert Audience.from_json({"who": "nobody we know"}) == Audience()


async def test_the_head_count_is_what_the_outbox_does(unit: Unit, now: datetime) -> None:
    for lang in ("ar", "ar", "ku", "en"):
        await person(unit, now, lang)
    await person(unit, now, "ku", "whatsapp")
    await person(unit, now, "en", silenced=True)
    await person(unit, now, "en", muted=("announcements",))
    await person(unit, now, "ar", muted=("polls",))
    await person(unit, now, "ar", reachable="blocked")
    await person(unit, now, "ar", "whatsapp", reachable="unreachable")
    reach = await unit.announcements.reach(Audience())
    assert reach.reached == {
        ("telegram", "ar"): 3,
        ("telegram", "ku"): 1,
        ("telegram", "en"): 1,
        ("whatsapp", "ku"): 1,
    }
    assert reach.left_out == {"opted_out": 1, "muted": 1, "blocked": 1, "unreachable": 1}
    assert reach.total == 6
    assert reach.by_language() == {"ar": 3, "ku": 2, "en": 1}
    await unit.outbox.notify(
        "announcement",
        Audience().recipients(),
        subject="announcement:1",
        occurrence="1",
        at=now,
        lane=BROADCAST,
        topic="announcements",
    )
    tally = await unit.outbox.tally("announcement:1")
    assert tally.pop(("queued", "")) == reach.total
    assert {reason: count for (_, reason), count in tally.items()} == reach.left_out


async def test_somebody_on_two_channels_counts_once_where_they_wrote_last(unit: Unit, now: datetime) -> None:
    member_id = await person(unit, now, "en", "telegram", "whatsapp")
    (whatsapp,) = [one for one in await unit.addresses.of_member(member_id) if one.channel == "whatsapp"]
    await unit.addresses.heard(whatsapp.id, now, now)
    assert (await unit.announcements.reach(Audience())).reached == {("whatsapp", "en"): 1}
    await unit.addresses.mark(whatsapp.id, "blocked")
    assert (await unit.announcements.reach(Audience())).reached == {("telegram", "en"): 1}


async def test_somebody_without_an_address_is_counted_as_left_out(unit: Unit, now: datetime) -> None:
    member_id = await person(unit, now)
    await unit.connection.execute(addresses.delete().where(addresses.c.member_id == member_id))
    reach = await unit.announcements.reach(Audience())
    assert (reach.total, reach.left_out) == (0, {"unreachable": 1})


async def test_an_audience_is_queued_once_however_often(unit: Unit, now: datetime) -> None:
    for _ in range(3):
        await person(unit, now)
    options = {"subject": "announcement:1", "occurrence": "1", "at": now}
    assert await unit.outbox.notify("announcement", Audience().recipients(), **options) == 3
    assert await unit.outbox.notify("announcement", Audience().recipients(), **options) == 0
    assert (await unit.connection.execute(sa.select(sa.func.count()).select_from(outbox))).scalar() == 3
