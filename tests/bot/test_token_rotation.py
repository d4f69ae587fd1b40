"""A leaked token is changed by one command, which proves the new one first and never shows either."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from bot.command_line import main
from tests.fakes.telegram import FakeTelegram

OLD, NEW = "123456:the-token-that-leaked", "123456:the-token-that-is-new"


async def _rotate(folder: Path, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, token: str) -> int:
    """Run the command as in a folder with settings, the token being typed in."""
    monkeypatch.chdir(folder)
    (folder / ".env").write_text(
        f"# mine\nTELEGRAM_BOT_TOKEN={OLD}\nTELEGRAM_API_URL={telegram.url}\n"
        f"DATABASE_URL=sqlite:///{folder / 'd.db'}\nCONTACT=us\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(token + "\n"))
    return await asyncio.to_thread(main, ["rotate-token"])


async def test_the_new_token_is_proven_written_and_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeTelegram(token=NEW) as telegram:
        assert await _rotate(tmp_path, telegram, monkeypatch, NEW) == 0
        written = (tmp_path / ".env").read_text()
        assert f"\nTELEGRAM_BOT_TOKEN={NEW}\n" in written
        assert OLD not in written
        assert written.startswith("# mine\n")
        assert written.endswith("CONTACT=us\n")
        assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
        assert await asyncio.to_thread(main, ["audit", "show"]) == 0
        said = capsys.readouterr()
        assert "does not work any more" in said.out
        assert "token-rotated\ttelegram" in said.out
        assert NEW not in said.out + said.err


@pytest.mark.parametrize(
    "token", ["", "nonsense", "999999:another-bots-token", "123456:not-known-there", OLD]
)
async def test_a_token_that_is_not_ours_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], token: str
) -> None:
    async with FakeTelegram(token=NEW) as telegram:
        assert await _rotate(tmp_path, telegram, monkeypatch, token) == 2
        assert f"TELEGRAM_BOT_TOKEN={OLD}\n" in (tmp_path / ".env").read_text()
        assert "TELEGRAM_BOT_TOKEN" in capsys.readouterr().err
