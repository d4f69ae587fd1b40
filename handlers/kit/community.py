"""What the operator says about the community this bot serves."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

BAGHDAD = ZoneInfo("Asia/Baghdad")


@dataclass(frozen=True, slots=True)
class Community:
    """Settings that handlers may read. `public_url` is empty where the outside world can't reach us by HTTP.

    `telegram_link` is the address of the bot (`https://t.me/…`), empty while unknown. `administrators` are
    (channel, peer) pairs who are administrators from their first message. `contact` is how to reach the organiser.
    """

    zone: ZoneInfo = BAGHDAD
    public_url: str = ""
    telegram_link: str = ""
    contact: str = ""
    administrators: frozenset[tuple[str, str]] = frozenset()

    def link_from(self, channel: str, payload: str) -> str:
        """Return a link that takes a payload along from one channel into another; empty where there is none."""
        elsewhere = channel != "telegram" and self.telegram_link
        return f"{self.telegram_link}?start={payload}" if elsewhere else ""
