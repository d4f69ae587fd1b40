"""What a broken answer of Telegram's means for a message that may have arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.channels.contract import Outcome, Parcel, Part, Retry, Unknown
from bot.channels.telegram import TelegramChannel
from storage.database import Database
from storage.vault import Vault
from tests.fakes.telegram import FakeTelegram

CHAT = 7


@pytest.fixture
async def both(vault: Vault, tmp_path: Path) -> AsyncIterator[tuple[FakeTelegram, TelegramChannel]]:
    """Return a provider, and a channel that never looks into its database."""
    async with FakeTelegram() as telegram:
        await telegram.user(CHAT).start()
        database = Database(f"sqlite:///{tmp_path / 'unused.db'}", vault)
        channel = TelegramChannel(
            telegram.token, api_url=telegram.url, per_second=30.0, database=database,
            now=lambda: datetime.now(UTC),
        )  # fmt: skip
        yield telegram, channel
        await channel.close()


async def _sent(channel: TelegramChannel, *, broadcast: bool) -> Outcome:
    return await channel.send(Parcel(str(CHAT), Part(text="News"), row_id=1, broadcast=broadcast))


@pytest.mark.parametrize("kind", ["accept_then_drop", "garbage", "server_error"])
async def test_a_broadcast_that_may_have_arrived_is_left_to_a_coordinator(
    both: tuple[FakeTelegram, TelegramChannel], kind: str
) -> None:
    telegram, channel = both
    telegram.fault(kind, "sendMessage", effect=True)
    assert isinstance(await _sent(channel, broadcast=True), Unknown)
    assert len(telegram.delivered()) == 1, "it had arrived"


async def test_an_answer_that_met_a_5xx_is_tried_again(both: tuple[FakeTelegram, TelegramChannel]) -> None:
    telegram, channel = both
    telegram.fault("server_error", "sendMessage")
    assert isinstance(await _sent(channel, broadcast=False), Retry)
