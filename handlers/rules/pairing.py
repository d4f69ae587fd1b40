"""Who meets whom over coffee: everybody meets somebody, of another organisation, and somebody new if it can be."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

SAME_ORGANISATION = 1_000_000
"""What a meeting of colleagues costs: more than any number of repetitions."""
AGAIN = 1_000
"""What meeting again costs, the more the more recent it was."""
TRIES = 24
"""How often the search begins anew, from another order."""

Group = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who wants to meet somebody. Without an organisation they are nobody's colleague."""

    id: int
    organisation_id: int | None


Met = Mapping[frozenset[int], int]
"""Two people, and how many rounds ago they met last; 1 is the last round."""


def cost(group: Iterable[Guest], met: Met) -> int:
    """Say how far a group is from what is wanted: strangers of different organisations."""
    return sum(_cost(one, other, met) for one, other in combinations(group, 2))


def _cost(one: Guest, other: Guest, met: Met) -> int:
    colleagues = one.organisation_id is not None and one.organisation_id == other.organisation_id
    ago = met.get(frozenset((one.id, other.id)))
    return SAME_ORGANISATION * colleagues + (0 if ago is None else AGAIN // ago + 1)


def groups(guests: Sequence[Guest], met: Met, seed: int) -> list[Group]:
    """Put everybody into a pair, three together where their number is odd; nobody where there is only one.

    The same seed gives the same groups, so that a repetition changes nothing.
    """
    if len(guests) < 2:
        return []
    chance = random.Random(seed)  # noqa: S311 - who drinks coffee with whom is no secret to be guarded
    ordered = sorted(guests, key=lambda one: one.id)
    best: list[list[Guest]] = []
    for _ in range(TRIES):
        chance.shuffle(ordered)
        found = _improved(_in_order(ordered), met)
        if not best or _total(found, met) < _total(best, met):
            best = found
        if not _total(best, met):
            break
    return sorted(tuple(sorted(one.id for one in group)) for group in best)


def _in_order(guests: Sequence[Guest]) -> list[list[Guest]]:
    made = [list(guests[at : at + 2]) for at in range(0, len(guests) - len(guests) % 2, 2)]
    if len(guests) % 2:
        made[-1].append(guests[-1])
    return made


def _improved(made: list[list[Guest]], met: Met) -> list[list[Guest]]:
    """Exchange two people of two groups as long as that makes anything better."""
    better = True
    while better:
        better = False
        for one, other in combinations(made, 2):
            better = _exchange(one, other, met) or better
    return made


def _exchange(one: list[Guest], other: list[Guest], met: Met) -> bool:
    now = cost(one, met) + cost(other, met)
    for here in range(len(one)):
        for there in range(len(other)):
            one[here], other[there] = other[there], one[here]
            if cost(one, met) + cost(other, met) < now:
                return True
            one[here], other[there] = other[there], one[here]
    return False


def _total(made: Iterable[Iterable[Guest]], met: Met) -> int:
    return sum(cost(group, met) for group in made)
