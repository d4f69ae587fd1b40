"""Who may send, poll and tick: one process on SQLite, one at a time for each role on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import leadership
from storage.leadership import AlreadyRunning, Leadership

ROLE = "telegram:1"


@pytest.fixture
def url(postgres_url: str) -> sa.URL:
    """Return the address of a server; locks are of one database, roles are named after the test."""
    return sa.engine.make_url(postgres_url)


@pytest.fixture
async def claimant(url: sa.URL, request: pytest.FixtureRequest) -> AsyncIterator[Callable[[], Leadership]]:
    """Return what makes processes that strive for the same role."""
    made: list[Leadership] = []

    def make() -> Leadership:
        made.append(Leadership(url, [f"{ROLE}:{request.node.name}"]))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def _holds(one: Leadership) -> bool:
    return one.holds(one._roles[0])


async def test_a_second_process_on_an_sqlite_file_is_told_so(tmp_path: Path) -> None:
    address = sa.engine.make_url(f"sqlite:///{tmp_path / 'one.db'}")
    first, second = Leadership(address, [ROLE]), Leadership(address, [ROLE])
    await first.claim()
    assert first.holds(ROLE)
    with pytest.raises(AlreadyRunning, match="another Diwakhan is running"):
        await second.claim()
    assert not second.holds(ROLE)
    await first.close()
    assert not first.holds(ROLE)
    await second.claim()
    assert second.holds(ROLE)
    await second.close()


async def test_one_holds_a_role_and_another_takes_over_when_it_lets_go(
    claimant: Callable[[], Leadership],
) -> None:
    first, second = claimant(), claimant()
    await first.claim()
    await second.claim()
    assert _holds(first)
    assert not _holds(second)
    await first.close()
    await second._ask()
    assert _holds(second)


async def test_a_holder_whose_connection_is_cut_knows_at_once(
    claimant: Callable[[], Leadership],
) -> None:
    first, second = claimant(), claimant()
    await first.claim()
    assert first._connection is not None
    first._connection.terminate()
    await asyncio.sleep(0)
    await second.claim()
    assert not _holds(first)
    await _until(second)
    assert _holds(second)


async def test_a_holder_that_gives_no_sign_of_life_is_unseated_after_it_has_stopped_acting(
    claimant: Callable[[], Leadership], monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, waiting = claimant(), claimant()
    await silent.claim()
    await waiting.claim()
    assert _holds(silent)
    assert not _holds(waiting), "the holder has just given a sign of life"
    steady = leadership.steady
    monkeypatch.setattr(leadership, "steady", lambda: steady() + leadership.VALID_SECONDS)
    assert not _holds(silent), "by its own clock it may not act any more"
    monkeypatch.setattr(leadership, "UNSEAT_SECONDS", 0.0)
    await _until(waiting)
    assert _holds(waiting)
    monkeypatch.setattr(leadership, "UNSEAT_SECONDS", 60.0)
    await silent._ask()
    assert not _holds(silent)
    await waiting.close()
    await _until(silent)
    assert silent.term(silent._roles[0]) == 2, "not the term that it had lost"


async def _until(one: Leadership) -> None:
    for _ in range(20):
        await one._ask()
        if _holds(one):
            return
        await asyncio.sleep(0.02)
