"""Requests that a coordinator decides."""

from __future__ import annotations

from storage.store import Store


class JoinRequests(Store):
    """Requests that a coordinator decides."""
