"""T21. What a thief gets is a list with purposes and ends; what the list says is what the bytes say."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.command_line import main
from storage.database import Database
from storage.keys import key_of
from storage.rekeying import places
from storage.seizure import Seizure, held, linked, listed
from storage.tables import members, metadata
from tests.security.everything import CANARY, somebody

RING_ONLY = {"parked", "body", "file.json", "screen", "offered", "draft"}
"""What only the ring seals: short-lived, and in no backup."""


def test_t21_every_table_and_column_about_people_is_listed_with_purpose_and_retention() -> None:
    known = listed()
    for table in linked():
        assert table.name in known, (
            f"storage/holdings.tsv lacks {table.name}: say why it is kept, and how long"
        )
        holding = known.pop(table.name)
        assert held(table, holding.purpose, holding.retention) == holding, (
            f"storage/holdings.tsv: {table.name}"
        )
        assert len(holding.purpose) > 8, table.name
        assert len(holding.retention) > 5, table.name
    assert not known, f"storage/holdings.tsv names what is gone: {sorted(known)}"


def test_t21_control_a_new_column_or_table_about_people_is_noticed() -> None:
    with_one_more = metadata.tables["members"].to_metadata(sa.MetaData())
    with_one_more.append_column(sa.Column("birthday", sa.Date))
    holding = listed()["members"]
    assert held(with_one_more, holding.purpose, holding.retention) != holding
    hobby = sa.Table("hobbies", metadata, sa.Column("who", sa.BigInteger, sa.ForeignKey(members.c.id)))
    try:
        assert hobby in linked()
        assert "hobbies" not in listed()
    finally:
        metadata.remove(hobby)


async def test_t21_the_database_alone_gives_no_text_and_with_keys_all_of_it(
    database: Database, now: datetime
) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
    async with database.reading() as unit:
        raw = ""
        for table in linked():
            for row in await unit.audit.all(sa.select(table)):
                raw += str(tuple(row))
        assert not [text for text in (*told.texts, told.peer, CANARY) if text in raw]
        assert f"{told.member_id}" in raw  # the look is not blind
        opened = {text async for _, text in Seizure(unit).opened()}
        taken = {(one.table, one.column): one for one in await Seizure(unit).taken()}
    everything = "\n".join(opened)
    assert [text for text in (*told.texts, told.peer) if text not in everything] == []
    assert taken["members", "name_sealed"].opens == "keys"
    assert taken["addresses", "peer_index"].opens == "guess"
    assert taken["members", "role"].opens == "nothing"
    assert taken["members", "name_sealed"].size > len(told.texts[0])


async def test_t21_what_lasts_is_sealed_with_the_persons_own_key(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        told = await somebody(unit, now)
    async with database.reading() as unit:
        own = {
            text
            async for place, text in Seizure(unit).opened()
            for row in await unit.audit.all(sa.select(place.column).where(place.column.is_not(None)))
            if key_of(row[0])
        }
    words = "\n".join(own)
    lasting = [text for text in told.texts if text.rsplit("-", 1)[1] not in RING_ONLY]
    assert [text for text in (*lasting, told.peer) if text not in words] == []
    assert len(list(places())) > 10


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_t21_the_drill_prints_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'drill.db'}")
    assert main(["seizure-drill"]) == 0
    said = capsys.readouterr().out
    for table in linked():
        assert f"\n{table.name}: " in said
    assert "Kept: until they delete it" in said
