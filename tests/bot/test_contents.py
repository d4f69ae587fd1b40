"""Wordings at Twilio: created once, deleted when nothing uses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels.contract import (
    Misconfigured,
    Outcome,
    Parcel,
    Part,
    Retry,
    Sent,
    Unknown,
    Unreachable,
)
from bot.channels.whatsapp import client
from bot.channels.whatsapp.channel import WhatsAppChannel
from bot.settings import Settings
from handlers.kit import Attachment, Button
from storage.database import Database
from storage.tables import media_links
from tests.fakes.twilio import FakeTwilio


async def test_one_wording_is_one_content_and_goes_when_unused(database: Database) -> None:
    async with FakeTwilio() as twilio:
        moment = [datetime.now(UTC)]
        settings = Settings(
            twilio_account_sid=twilio.account_sid,
            twilio_auth_token=twilio.auth_token,
            twilio_whatsapp_from=twilio.sender,
            twilio_api_url=twilio.url,
            twilio_content_url=twilio.url,
            public_url="http://127.0.0.1:9",
        )
        channel = WhatsAppChannel(settings, database=database, now=lambda: moment[0])
        person = twilio.person("whatsapp:+9647500000001")
        person.window_until = datetime.now(UTC) + timedelta(hours=1)
        part = Part(
            text="Yes or no?", layout="quick_reply", rows=((Button("Yes", "yes"), Button("No", "no")),)
        )
        for _ in range(2):
            assert isinstance(await channel.send(Parcel(person.address, part, row_id=0)), Sent)
        assert len(twilio.contents) == 1
        assert await channel.clean_contents() == 0
        moment[0] += timedelta(days=3)
        assert await channel.clean_contents() == 1
        assert not twilio.contents
        await channel.close()


async def test_a_closed_window_is_recorded_and_nothing_is_asked_of_twilio(database: Database) -> None:
    async with FakeTwilio() as twilio:
        now = datetime.now(UTC)
        settings = Settings(
            twilio_account_sid=twilio.account_sid,
            twilio_auth_token=twilio.auth_token,
            twilio_whatsapp_from=twilio.sender,
            twilio_api_url=twilio.url,
            twilio_content_url=twilio.url,
            public_url="http://127.0.0.1:9",
        )
        channel = WhatsAppChannel(settings, database=database, now=lambda: now)
        twilio.person("whatsapp:+9647500000001")
        outcome = await channel.send(
            Parcel("whatsapp:+9647500000001", Part(text="late"), 0, window_until=now)
        )
        assert getattr(outcome, "reason", "") == "window_closed"
        assert not twilio.log
        await channel.close()


async def test_a_document_is_fetched_by_twilio_from_a_short_lived_link(database: Database) -> None:
    now = datetime.now(UTC)
    async with FakeTwilio() as twilio:
        settings = Settings(
            twilio_account_sid=twilio.account_sid,
            twilio_auth_token=twilio.auth_token,
            twilio_whatsapp_from=twilio.sender,
            twilio_api_url=twilio.url,
            twilio_content_url=twilio.url,
            public_url=twilio.url,
        )
        channel = WhatsAppChannel(settings, database=database, now=lambda: now)
        async with database.unit() as unit:
            file = await unit.files.add("slides.pdf", "application/pdf", b"%PDF-1.4", at=now)
        person = twilio.person("whatsapp:+9647500000001")
        person.window_until = now + timedelta(hours=1)
        part = Part(attachment=Attachment(file.id))
        assert isinstance(await channel.send(Parcel(person.address, part, row_id=0)), Sent)
        async with database.reading() as unit:
            links = await unit.files.all(media_links.select())
        assert [link.file_id for link in links] == [file.id]
        assert links[0].expires_at <= now + timedelta(minutes=10)
        await channel.close()


async def outcome_of_sending(database: Database, twilio: FakeTwilio, part: Part, url: str = "") -> Outcome:
    """Send one part to somebody whose window is open."""
    settings = Settings(
        twilio_account_sid=twilio.account_sid,
        twilio_auth_token=twilio.auth_token,
        twilio_whatsapp_from=twilio.sender,
        twilio_api_url=url or twilio.url,
        twilio_content_url=url or twilio.url,
        public_url="http://127.0.0.1:9",
    )
    channel = WhatsAppChannel(settings, database=database, now=lambda: datetime.now(UTC))
    person = twilio.person("whatsapp:+9647500000001")
    person.open_window()
    try:
        return await channel.send(Parcel(person.address, part, row_id=0))
    finally:
        await channel.close()


TEXT = Part(text="hello")
BUTTONS = Part(text="Yes or no?", layout="quick_reply", rows=((Button("Yes", "yes"), Button("No", "no")),))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("on", "fault", "expected"),
    [
        ("messages", {"kind": "hang"}, Unknown),
        ("messages", {"kind": "drop"}, Unknown),
        ("messages", {"kind": "busy"}, Retry),
        ("messages", {"kind": "answer", "status": 502}, Retry),
        ("messages", {"kind": "answer", "status": 200, "body": "<html>a proxy</html>"}, Unknown),
        ("messages", {"kind": "refuse", "code": 21211}, Unreachable),
        ("messages", {"kind": "refuse", "code": 20003}, Misconfigured),
        ("content", {"kind": "busy"}, Retry),
        ("content", {"kind": "answer", "status": 503}, Retry),
        ("content", {"kind": "refuse", "code": 20001}, Sent),
    ],
)
async def test_the_traps_of_the_asynchronous_client_are_outcomes(
    database: Database, monkeypatch: pytest.MonkeyPatch, on: str, fault: dict[str, Any], expected: type
) -> None:
    """Its timeout is not obeyed, and what the network does comes unwrapped: neither may reach the sender."""
    monkeypatch.setattr(client, "TIMEOUT", 0.3)
    async with FakeTwilio() as twilio:
        twilio.fault(**fault, on=on)
        outcome = await outcome_of_sending(database, twilio, TEXT if on == "messages" else BUTTONS)
        assert isinstance(outcome, expected), outcome
        if expected is Sent:
            assert twilio.people["whatsapp:+9647500000001"].messages or twilio.log, (
                "said as plain text instead"
            )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nobody_listening_is_safe_to_try_again(database: Database) -> None:
    async with FakeTwilio() as twilio:
        assert isinstance(await outcome_of_sending(database, twilio, TEXT, "http://127.0.0.1:9"), Retry)
