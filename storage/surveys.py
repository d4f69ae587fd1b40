"""Feedback after events."""

from __future__ import annotations

from storage.store import Store


class Surveys(Store):
    """Feedback after events."""
