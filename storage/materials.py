"""Slides, tools and recordings."""

from __future__ import annotations

from storage.store import Store


class Materials(Store):
    """Slides, tools and recordings."""
