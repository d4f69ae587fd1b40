"""Wordings at Twilio: created once, deleted when nothing uses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.channels.contract import Parcel, Part, Sent
from bot.channels.whatsapp import WhatsAppChannel
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
