"""The whole program against the fake Twilio over HTTP: signed webhooks, buttons, media, reports, refusals."""

from __future__ import annotations

import contextlib
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.twilio import FakeTwilio
from tests.process import Program

PDF = b"%PDF-1.4\n% made for a test\n" + b"x" * 2000


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[tuple[FakeTwilio, Program]]:
    """Run the program beside a fake Twilio."""
    async with FakeTwilio() as twilio:
        program = Program(
            tmp_path,
            TWILIO_ACCOUNT_SID=twilio.account_sid,
            TWILIO_AUTH_TOKEN=twilio.auth_token,
            TWILIO_WHATSAPP_FROM=twilio.sender,
            TWILIO_API_URL=twilio.url,
            TWILIO_CONTENT_URL=twilio.url,
        )
        program.settings["PUBLIC_URL"] = program.url
        twilio.inbound_url = twilio.public_inbound_url = f"{program.url}/twilio/inbound"
        await program.start()
        yield twilio, program
        assert await program.stop() == 0, program.log.read_text()
        log = program.log.read_text()
        assert "Traceback" not in log
        assert twilio.auth_token not in log
        assert "964750" not in log


async def test_somebody_arrives_in_kurdish_by_buttons_numbers_and_words(
    both: tuple[FakeTwilio, Program],
) -> None:
    twilio, _ = both
    person = twilio.person("whatsapp:+9647500000001")
    assert await person.say("سڵاو") == 200
    greeting = await person.expect("Which language shall we use?")
    assert [title for title, _ in greeting.buttons] == ["العربية", "کوردی", "English"]
    await person.tap("کوردی")
    consent = await person.expect("تایبەتێتی")
    assert consent.layout == "quick_reply"
    await person.say("١")
    await person.expect("بە چی بانگت بکەین")
    await person.say("ئەندام، بەسرە")
    await person.expect("چۆن دەتەوێت بەشدار بیت")
    await person.tap("تەنیا بەدواداچوون")
    menu = await person.expect("لیستی سەرەکی")
    assert menu.layout == "list"
    await person.say("چالاکییەکان")
    await person.expect("چالاکییەکانی داهاتوو")
    for odd in ("sticker", "audio", "location", "contacts"):
        assert await person.send_odd(odd) == 200
    await person.expect("بەڵام نەک ئەم جۆرە نامەیە")
    assert await person.send_file("case.pdf", PDF, "application/pdf") == 200
    await person.expect("تەنیا کاتێک دەتوانم فایل وەربگرم")


async def test_an_address_without_a_number_works_too(both: tuple[FakeTwilio, Program]) -> None:
    twilio, _ = both
    person = twilio.person("whatsapp:US.1234")
    await person.say("hello")
    await person.expect("Which language shall we use?")
    await person.say("3")
    await person.expect("Before we begin")


async def test_my_data_come_as_a_link_since_whatsapp_takes_no_such_file(
    both: tuple[FakeTwilio, Program],
) -> None:
    twilio, program = both
    person = twilio.person("whatsapp:+9647500000002")
    await person.say("hi")
    await person.expect("Which language")
    await person.tap("English")
    await person.expect("Do you agree?")
    await person.tap("I agree")
    await person.expect("What may we call you?")
    await person.say("Member")
    await person.expect("How would you like")
    await person.tap("Just follow")
    await person.expect("Main menu")
    await person.say("/settings")
    await person.expect("Settings")
    await person.tap("My data")
    await person.expect("You can read what we keep")
    await person.tap("Export my data")
    shown = await person.expect("/media/")
    async with aiohttp.ClientSession() as session:
        async with session.get(shown.body.strip()) as response:
            assert response.status == 200
            assert response.headers["Content-Type"].startswith("application/json")
            assert response.headers["Content-Disposition"].startswith("attachment")
            assert "Member" in await response.text()
        async with session.get(f"{program.url}/media/{'x' * 43}") as response:
            assert response.status == 404


async def test_reports_only_move_delivery_forward_and_a_closed_window_is_seen(
    both: tuple[FakeTwilio, Program],
) -> None:
    twilio, program = both
    twilio.reports_twice = True
    person = twilio.person("whatsapp:+9647500000003")
    await person.say("hello")
    await person.expect("Which language")
    await person.reads()
    twilio.lead = timedelta(hours=25)
    person.window_until = None
    async with aiohttp.ClientSession() as session, session.get(f"{program.url}/metrics") as response:
        text = await response.text()
    assert 'diwakhan_outbox_rows{channel="whatsapp",state="read"} 1.0' in text


async def test_a_provider_fault_is_tried_again(both: tuple[FakeTwilio, Program]) -> None:
    twilio, _ = both
    person = twilio.person("whatsapp:+9647500000004")
    twilio.faults = [
        (503, "<html>upstream</html>"),
        (429, '{"code": 20429, "message": "Too many", "status": 429}'),
    ]
    await person.say("hello")
    await person.expect("Which language", timeout=30)


async def test_nobody_else_is_let_in(both: tuple[FakeTwilio, Program]) -> None:
    twilio, program = both
    url = f"{program.url}/twilio/inbound"
    form = {
        "MessageSid": "SM" + "a" * 32,
        "AccountSid": twilio.account_sid,
        "From": "whatsapp:+9647500000009",
        "To": twilio.sender,
        "Body": "",
        "NumMedia": "0",
        "MessageType": "text",
    }
    sign = twilio._validator.compute_signature
    name = "X-Twilio-Signature"
    async with aiohttp.ClientSession() as session:

        async def post(form: dict[str, str], headers: dict[str, str]) -> int:
            async with session.post(url, data=form, headers=headers) as response:
                return response.status

        assert await post(form, {}) == 403
        assert await post(form, {name: "wrong"}) == 403
        assert await post(form, {name: sign(url.replace("http:", "https:"), form)}) == 403
        assert await post({**form, "Body": "swapped"}, {name: sign(url, form)}) == 403
        assert await post(form, {name: sign(url, form), "X-Forwarded-Host": "evil.example"}) == 200
        moved = {**form, "BodyX": "y"}
        assert await post(moved, {name: sign(url, moved)}) == 200, "unknown parameters may appear any time"
        joined = {key: value for key, value in form.items() if key != "Body"} | {"Body:": ""}
        assert await post(joined, {name: sign(url, joined)}) == 403
        foreign = {**form, "AccountSid": "AC" + "1" * 32}
        assert await post(foreign, {name: sign(url, foreign)}) == 403
        # Who sends far too much may be cut off before the answer is read.
        with contextlib.suppress(aiohttp.ClientOSError):
            async with session.post(url, data=io.BytesIO(b"x" * 3_000_000)) as response:
                assert response.status in (403, 413)
        async with session.post(url, json={"a": 1}) as response:
            assert response.status == 403
