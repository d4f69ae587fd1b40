"""Codes by which people join an organisation."""

from __future__ import annotations

from storage.store import Store


class Invitations(Store):
    """Codes by which people join an organisation."""
