"""Civil-society organisations."""

from __future__ import annotations

from storage.store import Store


class Organisations(Store):
    """Civil-society organisations."""
