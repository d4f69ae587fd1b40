"""Each person's own key: what it costs, and what goes with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.keys import MemberKeys, key_of
from storage.merging import Merging
from storage.store import Store
from storage.tables import member_keys, members
from storage.vault import Vault, VaultError
from tests.play import Stage
from tests.security.everything import PHONE, somebody


async def test_an_ordinary_tap_asks_the_database_for_no_key(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await stage.known("en")
    await person.says("/menu")
    asked: list[str] = []
    for name in ("_take", "_make"):
        before = getattr(MemberKeys, name)

        def counted(self: Any, given: Any, before: Any = before) -> Any:
            asked.append(before.__name__)
            return before(self, given)

        monkeypatch.setattr(MemberKeys, name, counted)
    await person.taps("Settings")
    await person.says("/events")
    assert asked == []
    stage.database.vault.opened.forget((await person.member()).id)
    await person.says("/menu")  # the count is not blind
    assert asked[0] == "_take"


async def test_a_key_is_remembered_only_once_it_is_kept(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        member = await unit.members.add(at=now)

    async def fails() -> None:
        async with database.unit() as unit:
            await unit.members.change(member.id, name="Member")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert member.id not in database.vault.opened.by_member
    async with database.unit() as unit:
        await unit.members.change(member.id, name="Member")
    database.vault.opened.forget(member.id)
    async with database.reading() as unit:
        found = await unit.members.get(member.id)
        assert found is not None
        assert found.name == "Member"


async def test_without_the_key_the_ring_opens_nothing_of_a_person(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
        sealed = await Store(unit).scalar(
            sa.select(members.c.name_sealed).where(members.c.id == told.member_id)
        )
        await Store(unit).run(member_keys.delete())
    assert key_of(sealed)
    database.vault = Vault([bytes(range(32))])
    async with database.reading() as unit:
        with pytest.raises(VaultError, match="gone"):
            await unit.members.get(told.member_id)
        with pytest.raises(VaultError):
            unit.vault.open(sealed, "members", "name", told.member_id)


async def test_a_value_moved_to_another_row_or_column_does_not_open(
    database: Database, now: datetime
) -> None:
    async with database.unit() as unit:
        one, other = await unit.members.add(at=now), await unit.members.add(at=now)
        sealed = await unit.keys.seal(one.id, "Member", "members", "name", one.id)
        assert unit.keys.open_text(sealed, "members", "name", one.id) == "Member"
        for place in (("members", "name", other.id), ("members", "lang", one.id), ("events", "name", one.id)):
            with pytest.raises(VaultError):
                unit.keys.open_text(sealed, *place)


async def test_two_records_made_one_keep_both_keys_and_lose_both(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        one = await somebody(unit, now, "one")
        other = await somebody(unit, now, "two", PHONE.replace("12", "34"))
        assert await Merging(unit).join(
            one.member_id, other.member_id, role="member", organisation_id=None, now=now + timedelta(hours=1)
        )
    database.vault = Vault([bytes(range(32))])
    async with database.unit() as unit:
        assert len(await Store(unit).all(sa.select(member_keys))) >= 2
        found = await unit.addresses.find("whatsapp", "stage", other.peer)
        assert found is not None
        assert found.member_id == one.member_id
        questions = await unit.questions.of_member(one.member_id, limit=9)
        said = {words.text for each in questions for words in await unit.questions.words(each.id, limit=9)}
        assert {one.texts[3], other.texts[3]} <= said
        kept = sa.select(member_keys).where(member_keys.c.member_id == one.member_id)
        assert len(await Store(unit).all(kept)) == 2
        await unit.members.erase(one.member_id)
        assert not await Store(unit).all(kept)
