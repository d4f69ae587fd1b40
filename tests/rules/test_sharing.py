"""Which of an event's materials are meant for a reader."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.sharing import FALLBACK, due_to, gained
from locales import LANGUAGES
from storage.materials import Material

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def material(number: int, kind: str, lang: str) -> Material:
    return Material(number, 1, kind, "Title", "", lang, None, "https://example.org", "published", NOW)


published = st.lists(st.tuples(st.sampled_from(("slides", "tool", "paper")), st.sampled_from(LANGUAGES))).map(
    lambda pairs: [material(number, kind, lang) for number, (kind, lang) in enumerate(pairs)]
)


@given(published, st.sampled_from(LANGUAGES))
def test_of_each_kind_a_reader_gets_one_language_their_own_where_it_exists(
    found: list[Material], lang: str
) -> None:
    chosen = due_to(found, lang)
    assert {one.kind for one in chosen} == {one.kind for one in found}
    for kind in {one.kind for one in found}:
        there = {one.lang for one in found if one.kind == kind}
        got = {one.lang for one in chosen if one.kind == kind}
        assert got == {next(one for one in (lang, *FALLBACK) if one in there)}


@given(published, st.sampled_from(LANGUAGES))
def test_a_new_language_brings_what_is_in_it_and_nothing_else(found: list[Material], lang: str) -> None:
    assert set(gained(found, lang)) == {one for one in due_to(found, lang) if one.lang == lang}
