"""Who comes to what."""

from __future__ import annotations

from storage.store import Store


class Registrations(Store):
    """Who comes to what."""
