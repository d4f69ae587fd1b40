"""Quick polls."""

from __future__ import annotations

from storage.store import Store


class Polls(Store):
    """Quick polls."""
