"""WhatsApp content resources by wording."""

from __future__ import annotations

from storage.store import Store


class WhatsAppContents(Store):
    """WhatsApp content resources by wording."""
