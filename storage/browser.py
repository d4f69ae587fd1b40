"""What the demo phones show."""

from __future__ import annotations

from storage.store import Store


class BrowserMessages(Store):
    """What the demo phones show."""
