"""The daily share of new conversations: never exceeded, urgent first, nobody forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.whatsapp.budget import DAY, postponed, replanned, slot
from bot.channels.whatsapp.prices import BadPrices, bill, read_prices
from handlers.rules.spending import days_needed, estimate
from storage.openings import Queued

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
moments = st.lists(
    st.integers(0, 24 * 60 - 1).map(lambda minutes: NOW - timedelta(minutes=minutes)), max_size=20
)


@given(moments, st.integers(1, 20), st.integers(0, 60))
def test_no_24_hours_ever_hold_more_than_the_limit(opened: list[datetime], limit: int, waiting: int) -> None:
    opened = opened[:limit]
    begun = [*opened, *(slot(opened, place, limit, NOW) for place in range(waiting))]
    for at in begun:
        assert sum(at - DAY < other <= at for other in begun) <= limit
    assert all(at >= NOW for at in begun[len(opened) :])


@given(moments, st.integers(1, 20), st.integers(0, 30), st.integers(0, 50))
def test_one_at_once_only_while_there_is_room(
    opened: list[datetime], limit: int, reserved: int, waiting: int
) -> None:
    known = dict(enumerate(opened))
    until = postponed(known, 99, limit=limit, reserved=reserved, waiting=waiting, now=NOW)
    assert (until is None) == (len(known) + reserved < limit)
    if known:
        assert postponed(known, 0, limit=limit, reserved=reserved, waiting=waiting, now=NOW) is None


@given(moments, st.integers(1, 10), st.integers(0, 10), st.lists(st.booleans(), max_size=30))
def test_replanning_settles(opened: list[datetime], limit: int, reserved: int, lanes: list[bool]) -> None:
    queue = [Queued(row, row // 2, broadcast, NOW + DAY) for row, broadcast in enumerate(sorted(lanes))]
    moved = dict(replanned(queue, opened, limit=limit, reserved=reserved, now=NOW))
    settled = [replace(one, not_before=moved.get(one.row_id, one.not_before)) for one in queue]
    assert len({(one.address_id, one.not_before) for one in settled}) <= (len(queue) + 1) // 2
    assert replanned(settled, opened, limit=limit, reserved=reserved, now=NOW) == []


@given(st.integers(0, 10_000), st.integers(-500, 5_000), st.integers(1, 5_000))
def test_the_days_add_up(count: int, today: int, limit: int) -> None:
    first, days = days_needed(count, today, limit)
    assert 0 <= first <= max(0, today)
    assert first + days * limit >= count
    assert days == 0 or first + (days - 1) * limit < count


def test_the_shipped_prices_can_be_read_and_bad_ones_are_named(tmp_path: Path) -> None:
    shipped = read_prices()
    assert set(shipped.by_category) == {"MARKETING", "UTILITY", "AUTHENTICATION"}
    mine = tmp_path / "prices.toml"
    mine.write_text('currency = "IQD"\n[categories]\nMARKETING = "50"\nUTILITY = 20\n[fee]\nmessage = "5"\n')
    prices = read_prices(str(mine))
    assert (prices.currency, prices.by_category["MARKETING"]) == ("IQD", Decimal(55))
    for broken in (
        "",
        "x",
        "[categories]\nMARKETING = 'cheap'",
        "[categories]\nSPAM = 1",
        "[categories]\nUTILITY = -1",
        "categories = 3",
        "fee = 1\n[categories]\nUTILITY = 1",
        "[categories]\nUTILITY = 'nan'",
    ):
        mine.write_text(broken)
        with pytest.raises(BadPrices, match="WHATSAPP_PRICES"):
            read_prices(str(mine))
    with pytest.raises(BadPrices, match="absent"):
        read_prices(str(tmp_path / "absent"))


def test_what_arrived_is_paid_for() -> None:
    prices = read_prices()
    lines = bill(
        [("MARKETING", "delivered", 100), ("MARKETING", "failed", 3), ("UTILITY", "sent", 7)], prices
    )
    assert [(line.category, line.delivered, line.under_way, line.failed) for line in lines] == [
        ("MARKETING", 100, 0, 3),
        ("UTILITY", 0, 7, 0),
    ]
    assert lines[0].cost == (prices.by_category["MARKETING"] * 100).quantize(Decimal("0.01"))
    assert lines[1].cost == 0
    assert estimate({"MARKETING": 100, "UNHEARD": 5}, prices.by_category) == lines[0].cost
