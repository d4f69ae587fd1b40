"""T29: PINs are asked for, taken out of the chat, and can't be guessed; where chats keep them a code is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from handlers.rules.pins import is_weak
from storage.tables import conversations, outbox, pins
from storage.vault import Vault
from tests.play import Stage
from tests.security.people import PIN, sets_pin


async def test_T29_the_right_pin_leads_to_what_was_wanted(stage: Stage) -> None:
    coordinator = await stage.known("ar", role="coordinator")
    await sets_pin(stage, coordinator)
    await coordinator.forges("announcements")
    assert "new-announcement" in coordinator.last.labels.values(), "just set: open"
    stage.now += timedelta(minutes=16)
    await coordinator.forges("announcements")
    assert "new-announcement" not in coordinator.last.labels.values()
    await coordinator.says("١٩٠٢٧٣")
    assert "new-announcement" in coordinator.last.labels.values()
    for _ in range(4):
        stage.now += timedelta(minutes=10)
        await coordinator.forges("people")
        assert "merge" in coordinator.last.labels.values(), "taps keep it open"


async def test_T29_every_typed_pin_is_taken_out_of_the_chat_and_kept_nowhere(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await sets_pin(stage, coordinator)
    stage.now += timedelta(minutes=16)
    await coordinator.forges("people")
    await coordinator.says("111111")
    await coordinator.says(PIN)
    taken = coordinator.channel.taken_out[coordinator.peer]
    assert len(taken) == 4
    assert all(one.startswith("typed") for one in taken)
    async with stage.database.reading() as unit:
        rows = [*await unit.outbox.all(outbox.select()), *await unit.outbox.all(pins.select())]
        rows += await unit.outbox.all(conversations.select())
        assert not any(PIN in repr(tuple(row)) for row in rows)


async def test_T29_five_wrong_ones_wait_and_ten_freeze_and_the_others_are_told(stage: Stage) -> None:
    coordinator, other = (
        await stage.known("en", role="coordinator"),
        await stage.known("en", role="coordinator"),
    )
    await sets_pin(stage, coordinator)
    stage.now += timedelta(minutes=16)
    await coordinator.forges("people")
    for number in range(5):
        await coordinator.says(f"48610{number}")
    assert "Please wait until" in coordinator.sees
    await coordinator.forges("people")
    await coordinator.says(PIN)
    assert "merge" not in coordinator.last.labels.values(), "not even the right one"
    stage.now += timedelta(minutes=16)
    await coordinator.forges("people")
    for number in range(5):
        await coordinator.says(f"58610{number}")
    assert (await coordinator.member()).hold == "frozen"
    assert "Ten wrong PINs" in other.last.text
    await coordinator.forges(f"hold-set:{(await coordinator.member()).id}:open")
    assert (await coordinator.member()).hold == "frozen"
    await other.taps("hold-one:")
    await other.taps("Open it again")
    assert (await coordinator.member()).hold == ""


async def test_T29_guessing_at_a_hundred_a_second_for_an_hour(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await sets_pin(stage, coordinator)
    stage.now += timedelta(minutes=16)
    await coordinator.forges("people")
    for number in range(60):
        stage.now += timedelta(minutes=1)
        await coordinator.says(f"{PIN[:4]}{number + 10:02}")
        assert "merge" not in coordinator.last.labels.values()
    async with stage.database.reading() as unit:
        tried = await unit.pins.get((await coordinator.member()).id)
    assert tried is not None
    assert tried.wrong <= 10


async def test_T29_control_the_pin_itself_would_have_opened(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await sets_pin(stage, coordinator)
    stage.now += timedelta(minutes=16)
    await coordinator.forges("people")
    await coordinator.says(PIN)
    assert "merge" in coordinator.last.labels.values()


async def test_T29_where_chats_keep_what_is_typed_an_authenticator_is_asked_and_each_code_works_once(
    stage: Stage,
) -> None:
    coordinator = await stage.known("en", role="coordinator", channel="whatsapp")
    await coordinator.forges("pin")
    assert "pin-new" not in coordinator.last.labels.values()
    await coordinator.forges("pin-app")
    member_id = (await coordinator.member()).id
    async with stage.database.unit() as unit:
        key = await unit.pins.draw_code_key(member_id, stage.now)
    app = TOTP(key, 6, SHA1(), 30)  # noqa: S303
    code = app.generate(stage.now.timestamp()).decode()
    await coordinator.says(code)
    assert "is set up" in coordinator.sees
    stage.now += timedelta(minutes=16)
    await coordinator.forges("people")
    await coordinator.says(code)
    assert "merge" not in coordinator.last.labels.values()
    await coordinator.says(app.generate(stage.now.timestamp()).decode())
    assert "merge" in coordinator.last.labels.values()
    stage.now += timedelta(minutes=16)
    await coordinator.forges("people")
    await coordinator.says(app.generate((stage.now - timedelta(minutes=16)).timestamp()).decode())
    assert "merge" not in coordinator.last.labels.values(), "a code is worth nothing afterwards"


@pytest.mark.parametrize("pin", ["123456", "654321", "111111", "121212", "123123", "000001"])
def test_T29_what_everybody_tries_first_is_no_pin(pin: str) -> None:
    assert is_weak(pin)
    assert not is_weak(PIN)


async def test_T29_a_database_without_its_keys_cannot_check_a_guess(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await sets_pin(stage, coordinator)
    async with stage.database.reading() as unit:
        sealed = (await unit.outbox.all(pins.select()))[0].pin_sealed
    member_id = (await coordinator.member()).id
    assert stage.database.vault.open(sealed, "pins", "pin", member_id)
    with pytest.raises(Exception, match="no key of the ring"):
        Vault([bytes(range(1, 33))]).open(sealed, "pins", "pin", member_id)
