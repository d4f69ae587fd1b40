"""An event so near that every reminder has passed is armed with none."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.rules.schedule import reminder_armings


def test_nothing_is_left_to_arm(now: datetime) -> None:
    assert reminder_armings(now + timedelta(minutes=30), (60, 1440), 1, now) == []
    assert reminder_armings(now + timedelta(days=9), (), 1, now) == []
