"""Poison: a Turn that fails is tried three times, set aside, owned up to; everybody else goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from bot.dispatch import DEADLINE, PATIENCE, TRIES, Dispatcher
from handlers.kit import Inbound, Screen, Turn
from storage.database import Database
from storage.tables import inbox, outbox
from tests.play import Person, Stage

BAD = "a text that fails"


def _fails(monkeypatch: pytest.MonkeyPatch, times: int = 1_000) -> list[str]:
    """Make the Turn of one text raise so often; return the list of its tries."""
    answer, tries = Dispatcher._answer, []

    async def answered(self: Dispatcher, turn: Turn, conversation: Any) -> Screen:
        if turn.inbound is not None and turn.inbound.text == BAD and len(tries) < times:
            tries.append(turn.inbound.provider_id)
            await turn.unit.facts.put("half", "done")
            raise ValueError("on purpose")
        return await answer(self, turn, conversation)

    monkeypatch.setattr(Dispatcher, "_answer", answered)
    return tries


async def _rows(database: Database, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
    async with database.reading() as unit:
        return [tuple(row) for row in await unit.outbox.all(statement)]


def _said(person: Person, number: str, now: datetime) -> Inbound:
    return Inbound(
        channel="telegram", account=person.channel.account, peer=person.peer, provider_id=number, at=now,
        what="text", text=BAD,
    )  # fmt: skip


async def test_poison_is_parked_after_three_tries_and_owned_up_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = _fails(monkeypatch)
    boss, person, other = await stage.known(role="administrator"), await stage.known(), await stage.known()
    await person.says(BAD)
    assert len(tries) == TRIES
    states = await _rows(stage.database, sa.select(inbox.c.state, inbox.c.error, inbox.c.attempts))
    assert states == [("parked", "ValueError", TRIES)]
    payloads = await _rows(stage.database, sa.select(inbox.c.payload_sealed))
    assert BAD.encode() not in payloads[0][0], "it is kept sealed"
    kinds = await _rows(stage.database, sa.select(outbox.c.kind, outbox.c.state).order_by(outbox.c.kind))
    assert kinds == [("apology", "sent"), ("parked", "sent")]
    assert BAD not in str(boss.phone)
    assert await stage.database.look(lambda unit: unit.facts.get("half")) == "", "nothing of it stayed"
    await other.says("/help")
    assert "Help" in other.sees


async def test_what_fails_once_is_answered_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = _fails(monkeypatch, times=1)
    person = await stage.known()
    await person.says(BAD)
    assert len(tries) == 1
    assert await _rows(stage.database, sa.select(inbox.c.state, inbox.c.attempts)) == [("done", 2)]
    assert len(await _rows(stage.database, sa.select(outbox.c.id))) == 1


async def test_an_update_that_was_at_work_in_too_many_ends_of_the_process_is_not_handled_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    tries = _fails(monkeypatch)
    person = await stage.known()
    async with stage.database.unit() as unit:
        for _ in range(TRIES):
            await unit.inbox.attempt("telegram", person.channel.account, "killer", now)
    await stage.dispatcher.receive(_said(person, "killer", now))
    assert not tries
    found = await _rows(stage.database, sa.select(inbox.c.state, inbox.c.error))
    assert found == [("parked", "killed the process")]


async def test_what_writes_to_everybody_may_take_longer_than_anything_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []
    work = Database.work

    async def noted(self: Database, task: Any, *, first: Any = None, within: float = 0.0) -> Any:
        given.extend([within] if within else [])
        return await work(self, task, first=first, within=within)

    monkeypatch.setattr(Database, "work", noted)
    coordinator = await stage.known(role="coordinator")
    for action in ("menu", "announcement-send:1:x", "nonsense"):
        await coordinator.forges(action)
    assert given == [DEADLINE, PATIENCE, DEADLINE]
