"""Pairing over coffee: nobody is left out, no colleagues, nobody again, as far as that can be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.rules.pairing import SAME_ORGANISATION, Guest, Met, cost, groups

GUESTS = st.lists(st.integers(1, 4), min_size=0, max_size=9).map(
    lambda places: [Guest(number, place) for number, place in enumerate(places, 1)]
)


def _history(guests: list[Guest]) -> st.SearchStrategy[dict[frozenset[int], int]]:
    pairs = [frozenset((one.id, other.id)) for one, other in combinations(guests, 2)]
    return st.dictionaries(st.sampled_from(pairs), st.integers(1, 6)) if pairs else st.just({})


def _total(found: list[tuple[int, ...]], guests: list[Guest], met: Met) -> int:
    by_id = {one.id: one for one in guests}
    return sum(cost([by_id[one] for one in group], met) for group in found)


def _every_way(ids: list[int]) -> Iterator[list[tuple[int, ...]]]:
    """Yield every way to put people into pairs, with one three where their number is odd."""
    if len(ids) in (2, 3):
        yield [tuple(ids)]
        return
    first, rest = ids[0], ids[1:]
    for other in rest:
        for way in _every_way([one for one in rest if one != other]):
            yield [(first, other), *way]
    if len(ids) % 2:
        for two in combinations(rest, 2):
            left = [one for one in rest if one not in two]
            for way in _every_way(left) if left else [[]]:
                yield [(first, *two), *way]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_everybody_meets_somebody_in_the_best_way_there_is(data: st.DataObject) -> None:
    guests = data.draw(GUESTS)
    met = data.draw(_history(guests))
    found = groups(guests, met, seed=1)
    assert sorted(one for group in found for one in group) == (
        [one.id for one in guests] if len(guests) > 1 else []
    )
    assert all(len(group) in (2, 3) for group in found)
    assert sum(len(group) == 3 for group in found) == (len(guests) % 2 if len(guests) > 1 else 0)
    if len(guests) > 1:
        best = min(_total(way, guests, met) for way in _every_way([one.id for one in guests]))
        assert _total(found, guests, met) == best


def test_the_same_seed_gives_the_same_groups() -> None:
    guests = [Guest(number, number % 5) for number in range(37)]
    assert groups(guests, {}, 7) == groups(list(reversed(guests)), {}, 7)


def test_thirty_seven_organisations_never_meet_colleagues_nor_anybody_twice_within_ten_rounds() -> None:
    guests = [Guest(number, number // 2) for number in range(40)]
    met: dict[frozenset[int], int] = {}
    for number in range(10):
        found = groups(guests, met, seed=number)
        assert _total(found, guests, {}) < SAME_ORGANISATION
        pairs = {frozenset(two) for group in found for two in combinations(group, 2)}
        assert not pairs & met.keys()
        met = {two: ago + 1 for two, ago in met.items()} | dict.fromkeys(pairs, 1)
