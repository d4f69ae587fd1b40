"""The browser chat's channel: what a page posts is read, what is sent is kept and told."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.browser import BrowserChannel, lasting, offers
from bot.channels.contract import FetchFailed, Ignored, Parcel, Part, Sent
from handlers.kit import Attachment, Button, Inbound, Upload
from storage.database import Database
from storage.files import MAX_BYTES
from storage.tables import browser_messages

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
TEXT = {"kind": "text", "peer": "guest-1", "id": "a1", "text": "سڵاو"}
TAP = {"kind": "tap", "peer": "guest-1", "id": "a2", "action": "event:4", "message": "7", "keep": True}
FILE = {
    "kind": "file",
    "peer": "guest-1",
    "id": "a3",
    "name": "a.pdf",
    "mime": "application/pdf",
    "size": 3,
    "remote": "held1",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def channel(database: Any = None) -> BrowserChannel:
    return BrowserChannel(database, lambda: AT)


def test_a_text_a_tap_and_a_file_are_read() -> None:
    common = {"channel": "browser", "account": "demo", "peer": "guest-1", "at": AT}
    assert channel().parse(TEXT, AT) == Inbound(**common, provider_id="guest-1:a1", what="text", text="سڵاو")
    assert channel().parse(TAP, AT) == Inbound(
        **common, provider_id="guest-1:a2", what="tap", tap="event:4", message="7", callback="a2", keep=True
    )
    upload = Upload("held1", "a.pdf", "application/pdf", 3)
    assert channel().parse(FILE, AT) == Inbound(
        **common, provider_id="guest-1:a3", what="file", upload=upload
    )


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "text",
        {},
        {**TEXT, "peer": "Someone else"},
        {**TEXT, "peer": "x" * 41},
        {**TEXT, "id": ""},
        {**TEXT, "id": 5},
        {**TEXT, "text": "   "},
        {**TEXT, "text": 7},
        {**TEXT, "kind": "voice"},
        {**TAP, "action": ""},
        {**TAP, "action": "ن" * 33},
        {**TAP, "keep": "yes"},
        {**FILE, "size": "3"},
    ],
)
def test_anything_odd_is_ignored(raw: object) -> None:
    assert channel().parse(raw, AT) == Ignored("malformed")


@given(JSON, st.sampled_from([TEXT, TAP, FILE]), st.sampled_from(sorted({*TEXT, *TAP, *FILE})))
def test_nothing_that_json_can_say_raises(value: Any, raw: dict[str, Any], key: str) -> None:
    channel().parse(value, AT)
    channel().parse({**raw, key: value}, AT)


async def test_a_message_is_kept_sealed_and_edited_in_place(database: Database) -> None:
    phone = channel(database)
    part = Part("Which one?", "Choose", "inline", ((Button("One", "one"),),), lang="en", lasting=True)
    with phone.watching() as changed:
        sent = await phone.send(Parcel("guest-1", part, 1))
        assert changed.is_set()
    assert isinstance(sent, Sent)
    replaced = await phone.send(Parcel("guest-1", Part("Thank you", lang="en"), 2, replaces=sent.id))
    assert replaced == sent
    async with database.reading() as unit:
        (message,) = await unit.browser.of("guest-1")
        row = await unit.browser.one(browser_messages.select())
    assert (message.body["text"], message.body["edited"], message.version) == ("Thank you", True, 2)
    assert row is not None
    assert b"Thank you" not in row.body_sealed


async def test_nobody_edits_a_message_of_another_chat(database: Database) -> None:
    phone = channel(database)
    theirs = await phone.send(Parcel("guest-1", Part("Theirs"), 1))
    assert isinstance(theirs, Sent)
    for replaces in (theirs.id, "999999", "9" * 40, "x", "٣"):
        await phone.send(Parcel("guest-2", Part("Mine"), 2, replaces=replaces))
    async with database.reading() as unit:
        assert [one.body["text"] for one in await unit.browser.of("guest-1")] == ["Theirs"]
        assert len(await unit.browser.of("guest-2")) == 5


async def test_a_page_that_was_away_hears_everything_in_order(database: Database) -> None:
    phone = channel(database)
    first = await phone.send(Parcel("guest-1", Part("1"), 1))
    await phone.send(Parcel("guest-2", Part("2"), 2))
    assert isinstance(first, Sent)
    await phone.send(Parcel("guest-1", Part("1, later"), 3, replaces=first.id))
    await phone.say("guest-1", {"text": "me"})
    async with database.reading() as unit:
        told = [(one.body["text"], one.mine) for one in await unit.browser.since(0)]
        assert told == [("2", False), ("1, later", False), ("me", True)]
        assert [one.body["text"] for one in await unit.browser.since(3)] == ["me"]
        assert await unit.browser.version() == 4


async def test_only_an_answered_tap_pops_up(database: Database) -> None:
    phone = channel(database)
    await phone.send(Parcel("guest-1", Part("a"), 1, note="Saved"))
    await phone.send(Parcel("guest-1", Part("b"), 2, note="Saved", callback="a2"))
    async with database.reading() as unit:
        assert [one.body["note"] for one in await unit.browser.of("guest-1")] == ["", "Saved"]


async def test_a_file_stands_in_its_message(database: Database, now: datetime) -> None:
    async with database.unit() as unit:
        file = await unit.files.add("chart.png", "image/png", b"\x89PNG", at=now)
    phone = channel(database)
    await phone.send(Parcel("guest-1", Part(attachment=Attachment(file.id, picture=True)), 1))
    await phone.send(Parcel("guest-1", Part("gone", attachment=Attachment(404)), 2))
    async with database.reading() as unit:
        shown, gone = await unit.browser.of("guest-1")
    assert shown.body["file"] == {
        "id": file.id,
        "name": "chart.png",
        "mime": "image/png",
        "size": 4,
        "picture": True,
    }
    assert "file" not in gone.body


async def test_a_button_is_known_by_its_message(database: Database) -> None:
    rows = ((Button("One", "one"), Button("Site", url="https://example.org")),)
    await channel(database).send(Parcel("guest-1", Part("?", rows=rows, lasting=True), 1))
    async with database.reading() as unit:
        (message,) = await unit.browser.of("guest-1")
    assert offers(message, "one")
    assert not offers(message, "two")
    assert lasting(message)


async def test_a_file_is_handed_over_once_and_then_dropped() -> None:
    phone = channel()
    with phone.holding(b"abc") as remote:
        assert await phone.fetch(Upload(remote, "a", "text/plain")) == b"abc"
        with pytest.raises(FetchFailed, match="gone"):
            await phone.fetch(Upload(remote, "a", "text/plain"))
    with phone.holding(b"x" * (MAX_BYTES + 1)) as remote, pytest.raises(FetchFailed, match="large"):
        await phone.fetch(Upload(remote, "a", "text/plain"))
    with phone.holding(b"abc") as remote:
        pass
    with pytest.raises(FetchFailed, match="gone"):
        await phone.fetch(Upload(remote, "a", "text/plain"))


async def test_memory_is_not_filled_by_files_on_their_way() -> None:
    phone = channel()
    with ExitStack() as held:
        *_, remote = [held.enter_context(phone.holding(b"abc")) for _ in range(5)]
        with pytest.raises(FetchFailed, match="gone"):
            await phone.fetch(Upload(remote, "a", "text/plain"))


async def test_a_database_that_is_away_is_a_reason_to_try_again(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(browser_messages.drop)
    outcome = await channel(database).send(Parcel("guest-1", Part("a"), 1))
    assert not isinstance(outcome, Sent)


def test_the_clock_of_the_demo_dates_messages() -> None:
    phone = BrowserChannel(None, lambda: AT + timedelta(days=1))  # type: ignore[arg-type]
    assert phone.capabilities.edits
    assert (phone.name, phone.account) == ("browser", "demo")
