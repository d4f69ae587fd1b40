"""Messages of coordinators to an audience."""

from __future__ import annotations

from storage.store import Store


class Announcements(Store):
    """Messages of coordinators to an audience."""
