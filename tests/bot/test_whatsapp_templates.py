"""Templates as code: created once, submitted, refreshed, replaced, deleted; and what operators read of it."""

from __future__ import annotations

import ast
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import handlers
from bot.channels.whatsapp import templates
from bot.channels.whatsapp.channel import WhatsAppChannel
from bot.channels.whatsapp.templates import BODY, LONGEST_VALUE, TEMPLATES, WANTED, fits, variables
from bot.settings import Settings
from handlers import announcements
from handlers.kit import Template
from handlers.rules.routes import OPENER
from storage.database import Database
from tests.fakes.twilio import PLACEHOLDER, FakeTwilio
from tests.process import Program

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as opened:
        yield opened
        assert not opened.violations


@pytest.fixture
async def channel(twilio: FakeTwilio, database: Database) -> AsyncIterator[WhatsAppChannel]:
    settings = Settings(
        twilio_account_sid=twilio.account_sid,
        twilio_auth_token=twilio.auth_token,
        twilio_whatsapp_from=twilio.sender,
        twilio_api_url=twilio.url,
        twilio_content_url=twilio.url,
        public_url="http://127.0.0.1:9",
    )
    opened = WhatsAppChannel(settings, database=database, now=lambda: NOW)
    yield opened
    await opened.close()


async def synced(channel: WhatsAppChannel, wanted: object = WANTED) -> list[str]:
    return [step.line async for step in channel.templates.sync(NOW, wanted)]  # type: ignore[arg-type]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_second_sync_makes_nothing_even_with_an_empty_database(
    channel: WhatsAppChannel, twilio: FakeTwilio, database: Database
) -> None:
    first = await synced(channel)
    assert all("created, submitted" in line for line in first)
    assert len(twilio.contents) == len(WANTED) == 14
    async with database.unit() as unit:
        for one in await unit.templates.listed(channel.account):
            await unit.templates.forget(channel.account, one.content_sid)
    second = await synced(channel)
    assert all("in place" in line for line in second)
    assert len(twilio.contents) == len(WANTED)
    categories = {content.approval["category"] for content in twilio.contents.values()}
    assert categories == {"MARKETING", "UTILITY"}


async def test_a_new_wording_is_a_new_version_and_the_old_one_serves_until_it_is_approved(
    channel: WhatsAppChannel, twilio: FakeTwilio, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await synced(channel)
    for sid in twilio.contents:
        twilio.approve(sid)
    await channel.templates.refresh(NOW)
    reminder = TEMPLATES["reminder"]
    bodies = {**reminder.bodies, "en": reminder.bodies["en"].replace("A reminder", "Another reminder")}
    monkeypatch.setitem(templates.TEMPLATES, "reminder", replace(reminder, bodies=bodies))
    before = set(twilio.contents)
    lines = await synced(channel)
    (new,) = set(twilio.contents) - before
    assert [line for line in lines if "created" in line]
    async with database.reading() as unit:
        sending = await unit.templates.approved(channel.account)
        assert sending["reminder", "en"].content_sid in before
    twilio.approve(new)
    lines = await synced(channel)
    assert len([line for line in lines if "deleted" in line]) == 1
    async with database.reading() as unit:
        sending = await unit.templates.approved(channel.account)
        assert sending["reminder", "en"].content_sid == new
    assert len(twilio.contents) == len(WANTED)


async def test_a_rejection_is_told_with_its_reason_and_delete_takes_all_away(
    channel: WhatsAppChannel, twilio: FakeTwilio, database: Database
) -> None:
    await synced(channel)
    sid = next(iter(twilio.contents))
    twilio.approve(sid, "rejected", "The category does not fit.")
    (changed,) = await channel.templates.refresh(NOW)
    assert changed.line.endswith("rejected: The category does not fit.")
    told = [step.line for step in await channel.templates.status()]
    assert sum("rejected: The category" in line for line in told) == 1
    del twilio.contents[sid]
    assert [step.state for step in await channel.templates.refresh(NOW)] == ["disabled"]
    assert len([step async for step in channel.templates.delete()]) == len(WANTED) - 1
    assert not twilio.contents
    assert {step.state for step in await channel.templates.status()} == {"missing"}


@pytest.mark.parametrize("one", WANTED, ids=lambda one: f"{one.name}-{one.lang}")
def test_every_wording_is_one_that_meta_takes(one: templates.Wanted) -> None:
    body, samples = one.definition.bodies[one.lang], one.definition.samples[one.lang]
    assert [int(number) for number in PLACEHOLDER.findall(body)] == list(range(1, len(samples) + 1))
    assert not body.startswith("{{")
    assert not body.rstrip(". ").endswith("}}")
    assert "}}{{" not in body.replace(" ", "")
    assert len(body) + len(samples) * (LONGEST_VALUE + 2) <= BODY
    assert all(0 < len(sample) <= LONGEST_VALUE for sample in samples)
    assert not set(body + "".join(samples)) & set("یکە"), "letters that Arabic does not have"
    assert one.full_name.isascii()
    assert one.full_name.islower()


@given(st.lists(st.text(max_size=2_000), min_size=1, max_size=2))
def test_values_are_one_bounded_line_each(values: list[str]) -> None:
    written = json.loads(variables(Template("reminder", tuple(values))))
    assert list(written) == [str(number) for number in range(1, len(values) + 1)]
    for value in written.values():
        assert 3 <= len(value) < 250
        assert not any(bad in value for bad in ("\n", "\t", "     ", "\r", "\u2028"))


def test_only_templates_of_ours_whose_gaps_are_filled_fit() -> None:
    assert fits(Template("reminder", ("a", "b")))
    assert not fits(Template("reminder", ("a",)))
    assert not fits(Template("unheard_of", ("a",)))


def test_every_template_that_a_notice_names_is_defined_and_filled() -> None:
    """Read from the handlers' source: one that does not fit would go by the opener in silence."""
    named = {}
    for path in Path(handlers.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Template":
                name, values = node.args
                assert isinstance(values, ast.Tuple)
                known = name.value if isinstance(name, ast.Constant) else announcements.ANNOUNCED
                named[str(known)] = len(values.elts)
    assert named == {name: one.gaps for name, one in TEMPLATES.items() if name != OPENER}


async def test_the_command_creates_says_and_fails_in_a_line(tmp_path: Path, twilio: FakeTwilio) -> None:
    program = Program(
        tmp_path,
        TWILIO_ACCOUNT_SID=twilio.account_sid,
        TWILIO_AUTH_TOKEN=twilio.auth_token,
        TWILIO_WHATSAPP_FROM=twilio.sender,
        TWILIO_API_URL=twilio.url,
        TWILIO_CONTENT_URL=twilio.url,
        PUBLIC_URL="https://bot.example.org",
    )
    status, out, _ = await program.command("whatsapp-templates", "sync")
    assert status == 0
    assert out.count("created, submitted  received") == len(WANTED)
    twilio.approve(next(iter(twilio.contents)), "rejected", "Promotional content")
    status, out, _ = await program.command("whatsapp-templates", "status")
    assert status == 1
    assert "rejected: Promotional content" in out
    status, out, _ = await program.command("whatsapp-templates", "delete")
    assert "Nothing was deleted" in out
    assert len(twilio.contents) == len(WANTED)
    status, out, _ = await program.command("whatsapp-costs")
    assert status == 0
    assert "Total" in out
    program.settings["TWILIO_AUTH_TOKEN"] = "wrong"
    status, _, err = await program.command("whatsapp-templates", "sync")
    assert status == 1
    assert err.strip() == (
        "diwakhan: Twilio refuses: the account is not accepted; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
    )
    program.settings["TWILIO_CONTENT_URL"] = "http://127.0.0.1:9"
    status, _, err = await program.command("whatsapp-templates", "status")
    assert (status, len(err.strip().splitlines())) == (1, 1)
    assert "no proper answer" in err
