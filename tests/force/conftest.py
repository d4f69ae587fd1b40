"""What the tests by force share: a launcher and, for each test, a world on an empty database of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.force.fleet import Starter, World, world

Measured = Callable[[str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is slow."""
    for item in items:
        if "/force/" in str(item.path):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Return what notes a measurement, to be printed at the end."""
    return lambda text: record_property("measured", text)


@pytest.fixture
async def starter() -> AsyncIterator[Starter]:
    """Return a launcher of processes."""
    async with Starter() as made:
        yield made


@pytest.fixture
async def everything(tmp_path: Path, empty_url: str, starter: Starter) -> AsyncIterator[World]:
    """Return a community of forty, its provider, and no process yet."""
    async with world(tmp_path, empty_url, starter) as made:
        yield made
