"""Events and their texts."""

from __future__ import annotations

from storage.store import Store


class Events(Store):
    """Events and their texts."""
