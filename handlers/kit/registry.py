"""The registry: which function answers which tap, question, notice and tick.

Handlers register themselves by decorators when `handlers` is imported. Arguments of an action are converted by
the annotations of the handler (`int` or `str`); an action that does not fit is outdated, and says so kindly.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, get_type_hints

from handlers.kit.action import split

EVERYONE = ("guest", "member", "coordinator", "administrator", "donor")
MEMBERS = ("member", "coordinator", "administrator")
COORDINATORS = ("coordinator", "administrator")
ADMINISTRATORS = ("administrator",)

LARGEST = 2**63 - 1
"""No id of ours is larger, and no database takes one."""

H = TypeVar("H", bound=Callable[..., Awaitable[Any]])


class Outdated(Exception):
    """An action that no handler knows any more, or whose arguments do not fit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered handler: who may use it, whether consent is needed first, and its arguments' types."""

    name: str
    handler: Callable[..., Awaitable[Any]]
    who: tuple[str, ...]
    consent: bool
    kinds: tuple[type, ...]
    required: int
    shared: bool = False
    patient: bool = False

    def arguments(self, given: list[str]) -> list[int | str]:
        """Convert an action's arguments; raises Outdated where they do not fit."""
        if not self.required <= len(given) <= len(self.kinds):
            raise Outdated(self.name)
        try:
            converted = [kind(text) for kind, text in zip(self.kinds, given, strict=False)]
        except ValueError:
            raise Outdated(self.name) from None
        if any(isinstance(value, int) and not -LARGEST <= value <= LARGEST for value in converted):
            raise Outdated(self.name)
        return converted


@dataclass(frozen=True, slots=True)
class Tick:
    """Timed work: called every so often with the machine's hands (see `handlers.kit.ticks`)."""

    name: str
    handler: Callable[..., Awaitable[Any]]
    every: timedelta


@dataclass(slots=True)
class Registry:
    """Everything that people and the clock can set off."""

    taps: dict[str, Entry] = field(default_factory=dict)
    answers: dict[str, Entry] = field(default_factory=dict)
    notices: dict[str, Entry] = field(default_factory=dict)
    ticks: dict[str, Tick] = field(default_factory=dict)

    def find(self, table: dict[str, Entry], written: str) -> tuple[Entry, list[int | str]]:
        """Find the handler of an action and convert its arguments; raises Outdated."""
        name, given = split(written)
        entry = table.get(name)
        if entry is None:
            raise Outdated(name)
        return entry, entry.arguments(given)

    def is_patient(self, written: str) -> bool:
        """Say whether an action that was tapped may take long."""
        entry = self.taps.get(split(written)[0])
        return entry is not None and entry.patient


registry = Registry()


def tap(
    name: str, *, who: tuple[str, ...] = EVERYONE, consent: bool = True, patient: bool = False
) -> Callable[[H], H]:
    """Register `async def handler(turn, *args) -> Screen` for a tapped action.

    `patient` says that it writes to everybody at once, which takes its time where they are a million.
    """
    return _register(registry.taps, name, who, consent, skip=1, patient=patient)


def answer(name: str, *, who: tuple[str, ...] = EVERYONE, consent: bool = True) -> Callable[[H], H]:
    """Register `async def handler(turn, reply, *args) -> Screen` for the answer to an Ask of that action."""
    return _register(registry.answers, name, who, consent, skip=2)


def notice(name: str, *, shared: bool = False) -> Callable[[H], H]:
    """Register `async def handler(turn, *args) -> Screen | None` that renders a notice when it is sent.

    None means that it no longer applies. `shared` says that the Screen depends on the language alone, so that a
    broadcast renders it once per language rather than once per person.
    """
    return _register(registry.notices, name, EVERYONE, False, skip=1, shared=shared)


def tick(name: str, *, every: timedelta) -> Callable[[H], H]:
    """Register `async def handler(tick) -> None` to be called by the clock."""

    def register(handler: H) -> H:
        _refuse_twice(registry.ticks, name)
        registry.ticks[name] = Tick(name, handler, every)
        return handler

    return register


def _register(
    table: dict[str, Entry],
    name: str,
    who: tuple[str, ...],
    consent: bool,
    *,
    skip: int,
    shared: bool = False,
    patient: bool = False,
) -> Callable[[H], H]:
    def register(handler: H) -> H:
        _refuse_twice(table, name)
        hints = get_type_hints(handler)
        parameters = list(inspect.signature(handler).parameters.values())[skip:]
        kinds = tuple(hints[parameter.name] for parameter in parameters)
        if any(kind not in (int, str) for kind in kinds):
            raise TypeError(f"arguments of {name} must be int or str")
        required = sum(parameter.default is parameter.empty for parameter in parameters)
        table[name] = Entry(name, handler, who, consent, kinds, required, shared, patient)
        return handler

    return register


def _refuse_twice(table: dict[str, Any], name: str) -> None:
    if name in table:
        raise ValueError(f"{name} is registered twice")
