"""Who could be whose mentor."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.mentoring import asks_for_fit, is_ready, match, suggestions
from storage.mentoring import Offer, Session

codes = st.lists(st.sampled_from("abc"), unique=True).map(tuple)
places = st.one_of(st.none(), st.integers(1, 3))


def offers(side: str) -> st.SearchStrategy[Offer]:
    return st.builds(
        Offer,
        member_id=st.integers(1, 6),
        side=st.just(side),
        organisation_id=places,
        state=st.just("open"),
        themes=codes,
        langs=codes,
        places=codes,
        times=codes,
        capacity=st.integers(1, 3),
    )


@given(
    offers("mentee"),
    st.lists(offers("mentor"), max_size=6, unique_by=lambda one: one.member_id),
    st.dictionaries(st.integers(1, 6), st.integers(0, 4)),
    st.sets(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=6),
)
def test_never_oneself_never_ones_own_organisation_never_over_capacity_never_again(
    mentee: Offer, mentors: list[Offer], taken: dict[int, int], apart: set[tuple[int, int]]
) -> None:
    found = suggestions(mentee, mentors, taken, apart)
    for one in found:
        mentor = one.mentor
        assert mentor.member_id != mentee.member_id
        assert mentor.organisation_id is None or mentor.organisation_id != mentee.organisation_id
        assert taken.get(mentor.member_id, 0) < mentor.capacity
        assert (mentor.member_id, mentee.member_id) not in apart
        assert one.themes
        assert one.langs
    weights = [one.weight for one in found]
    assert weights == sorted(weights, reverse=True)


@given(offers("mentee"), offers("mentor"))
def test_whoever_shares_a_theme_and_a_language_across_organisations_is_found(
    mentee: Offer, mentor: Offer
) -> None:
    apart = mentee.member_id != mentor.member_id and (
        mentor.organisation_id is None or mentee.organisation_id != mentor.organisation_id
    )
    shares = bool(set(mentee.themes) & set(mentor.themes) and set(mentee.langs) & set(mentor.langs))
    assert (match(mentee, mentor) is not None) == (apart and shares)


def test_of_equals_the_one_with_fewer_mentees_comes_first() -> None:
    mentee = Offer(1, "mentee", 1, "open", ("a",), ("b",))
    mentors = [Offer(number, "mentor", 2, "open", ("a",), ("b",), capacity=3) for number in (2, 3)]
    assert [one.mentor.member_id for one in suggestions(mentee, mentors, {2: 1}, set())] == [3, 2]


def test_fit_is_asked_after_the_first_session_only() -> None:
    def held(state: str, day: int) -> Session:
        return Session(day, 1, date(2026, 3, day), 60, "online", state, 1)

    assert not asks_for_fit([held("logged", 1)])
    assert asks_for_fit([held("confirmed", 1), held("disputed", 2)])
    assert not asks_for_fit([held("confirmed", 1), held("confirmed", 2)])
    assert is_ready(Offer(1, "mentor", themes=("a",), langs=("b",)))
    assert not is_ready(Offer(1, "mentor", themes=("a",)))
