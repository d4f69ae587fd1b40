"""Properties that must hold for any input: actions, texts cut to a limit, seats, pacing."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram import TELEGRAM, TelegramChannel
from bot.channels.whatsapp.channel import WHATSAPP
from bot.present import present, split_text
from handlers.kit import Button, Screen, action, screen_from_json
from handlers.kit.action import MAX_BYTES, split
from tests.play import Stage

LABELS = st.text(min_size=1, max_size=70).filter(str.strip)
ARGUMENTS = st.lists(st.one_of(st.integers(0, 10**9), st.text("abcxyz-", min_size=1, max_size=8)), max_size=3)
KEYS = ("update_id", "message", "chat", "id", "type", "private", "from", "text", "callback_query", "data", "photo",
        "my_chat_member", "new_chat_member", "status", "document", "message_id")  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(name=st.text("abc-", min_size=1, max_size=12), arguments=ARGUMENTS)
def test_an_action_comes_back_as_it_was_written(name: str, arguments: list[int | str]) -> None:
    written = action(name, *arguments)
    assert len(written.encode()) <= MAX_BYTES
    assert split(written) == (name, [str(argument) for argument in arguments])


def test_an_action_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        action("name", "x" * 70)


@given(text=st.text(max_size=6000), limit=st.integers(20, 4096))
def test_no_piece_of_a_text_is_over_the_limit_and_nothing_is_lost(text: str, limit: int) -> None:
    for can in (TELEGRAM, WHATSAPP):
        pieces = split_text(text, limit, can)
        assert all(can.measure(piece) <= limit for piece in pieces)
        assert "".join("".join(pieces).split()) == "".join(text.split())


@given(
    text=st.text(max_size=5000),
    title=st.text(max_size=100),
    labels=st.lists(LABELS, max_size=14, unique=True),
    lang=st.sampled_from(["ar", "ku", "en"]),
)
def test_no_part_is_over_a_channels_limits(text: str, title: str, labels: list[str], lang: str) -> None:
    rows = tuple((Button(label, f"do:{number}"),) for number, label in enumerate(labels))
    for can in (TELEGRAM, WHATSAPP):
        parts = present(Screen(text=text, title=title, rows=rows, lang=lang), can)
        for part in parts:
            whole = "\n\n".join(piece for piece in (part.title, part.text) if piece)
            assert can.measure(whole) <= can.text
            if part.layout in ("quick_reply", "list"):
                assert can.measure(whole) <= can.body_with_buttons
            assert all(len(label) <= can.list_label for _, label, _ in part.listed)
            assert all(len(description) <= can.list_description for _, _, description in part.listed)
        shown = "\n".join([*(part.text for part in parts), *(str(part.rows) for part in parts)])
        choices = sum(len(row) for part in parts for row in part.rows) + sum(
            len(part.listed) for part in parts
        )
        assert choices >= len(labels), f"a choice is missing: {shown[:200]}"


@given(text=st.text(max_size=300), labels=st.lists(LABELS, max_size=5))
def test_a_screen_comes_back_from_the_outbox_as_it_went_in(text: str, labels: list[str]) -> None:
    screen = Screen(
        text=text, rows=tuple((Button(label, "do:1"),) for label in labels), then=(Screen(text="more"),)
    )
    assert screen_from_json(screen.to_json()) == screen


@given(raw=JSON)
def test_any_update_is_heard_or_ignored_and_never_raises(raw: object) -> None:
    heard = TelegramChannel.parse(_Parsing(), raw, None)  # type: ignore[arg-type]
    assert heard is not None


class _Parsing(TelegramChannel):
    """Only what parsing needs: no bot, no network."""

    def __init__(self) -> None:
        self.account = "1"


async def test_many_taps_at_once_never_oversell_the_last_seats(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    people = [await stage.known("en") for _ in range(12)]
    await coordinator.says("/coordinate")
    await coordinator.taps("New event")
    await coordinator.taps("Webinar")
    await coordinator.says("Few seats")
    await coordinator.says("10/3/2026 15:30")
    await coordinator.taps("Yes, that is it")
    await coordinator.forges("event-ask:1:capacity")
    await coordinator.says("5")
    await coordinator.forges("manage:1")
    await coordinator.taps("Publish")
    async with stage.database.reading() as unit:
        event = await unit.events.get(1)
    assert event is not None
    await asyncio.gather(*(person.forges(f"register:1:{event.revision}") for person in people))
    async with stage.database.reading() as unit:
        seats = await unit.registrations.seats(1)
    assert (seats.confirmed, seats.waitlisted) == (5, 7)
    await asyncio.gather(*(person.forges("unregister-yes:1") for person in people[:6]))
    async with stage.database.reading() as unit:
        seats = await unit.registrations.seats(1)
    assert (seats.held, seats.waitlisted) == (5, 1)
