"""What the operator says about the community this bot serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

BAGHDAD = ZoneInfo("Asia/Baghdad")


@dataclass(frozen=True, slots=True)
class Community:
    """Settings that handlers may read. `public_url` is empty where the outside world can't reach us by HTTP.

    `telegram_link` is the address of the bot (`https://t.me/…`), `whatsapp_link` that of our number
    (`https://wa.me/…`), each empty while unknown. `administrators` are (channel, peer) pairs who are administrators
    from their first message. `contact` is how to reach the organiser.
    `daily_conversations` is how many people a day we may begin to talk to where that is limited, else 0; `prices`
    are what a message that begins a conversation costs, by category, in `currency`.
    """

    zone: ZoneInfo = BAGHDAD
    public_url: str = ""
    telegram_link: str = ""
    whatsapp_link: str = ""
    contact: str = ""
    administrators: frozenset[tuple[str, str]] = frozenset()
    daily_conversations: int = 0
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    currency: str = ""

    def link_from(self, channel: str, payload: str) -> str:
        """Return a link that takes a payload along from one channel into another; empty where there is none."""
        elsewhere = channel != "telegram" and self.telegram_link
        return f"{self.telegram_link}?start={payload}" if elsewhere else ""

    def check_in_link(self, code: str) -> str:
        """Return the address that a check-in QR code holds; empty where nothing of ours can be opened.

        Where people may come by more than one app, it is a page that offers each.
        """
        if self.telegram_link and not self.whatsapp_link:
            return f"{self.telegram_link}?start=c{code}"
        return f"{self.public_url.rstrip('/')}/in/{code}" if self.public_url else ""
