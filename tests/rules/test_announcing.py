"""Which text a reader gets, what a broadcast adds up to, and what a confirmation stands for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.announcing import (
    FALLBACK,
    REASONS_LEFT_OUT,
    bar,
    can_retry,
    falling_back,
    fingerprint,
    percent,
    progress_of,
    text_for,
)
from locales import LANGUAGES

langs = st.sampled_from(LANGUAGES)
texts = st.dictionaries(langs, st.text(max_size=3))
STATES = ("queued", "sending", "sent", "delivered", "read", "failed", "unknown", "expired", "withdrawn")
REASONS = ("", "opted_out", "muted", "blocked", "rejected", "misconfigured", "too_late", "stopped", "unsure")
tallies = st.dictionaries(
    st.tuples(st.sampled_from(STATES), st.sampled_from(REASONS)), st.integers(0, 100_000)
)


@given(texts, langs)
def test_a_reader_gets_their_own_language_or_the_first_that_exists(said: dict[str, str], lang: str) -> None:
    chosen, text = text_for(said, lang)
    if said.get(lang):
        assert (chosen, text) == (lang, said[lang])
    elif any(said.values()):
        assert chosen == next(one for one in FALLBACK if said.get(one))
        assert text == said[chosen]
    else:
        assert (chosen, text) == ("", "")


@given(texts, langs, langs)
def test_what_was_written_first_goes_before_the_usual_order(
    said: dict[str, str], lang: str, original: str
) -> None:
    if not said.get(lang) and said.get(original):
        assert text_for(said, lang, original)[0] == original


@given(texts, st.dictionaries(langs, st.integers(0, 5)))
def test_the_warning_names_exactly_those_who_get_another_language(
    said: dict[str, str], readers: dict[str, int]
) -> None:
    warned = falling_back(said, readers)
    assert set(warned) == {lang for lang, count in readers.items() if count and not said.get(lang)}
    for lang, (other, count) in warned.items():
        assert other == text_for(said, lang)[0]
        assert count == readers[lang]


@given(tallies)
def test_everybody_is_counted_once(tally: dict[tuple[str, str], int]) -> None:
    progress = progress_of(tally)
    assert progress.total + sum(progress.left_out.values()) == sum(tally.values())
    assert not set(progress.failed) & set(REASONS_LEFT_OUT)


@given(tallies, tallies)
def test_the_card_is_renewed_when_its_counts_differ(
    one: dict[tuple[str, str], int], other: dict[tuple[str, str], int]
) -> None:
    before, after = progress_of(one), progress_of(other)
    counts = [(p.waiting, p.sent, p.delivered, p.read, p.unknown, p.withdrawn) for p in (before, after)]
    if counts[0] != counts[1]:
        assert before.showing != after.showing
    assert len(before.showing) <= 60


def test_what_another_try_may_mend() -> None:
    assert can_retry({("failed", "gave_up"): 1})
    assert can_retry({("expired", "too_late"): 1})
    assert can_retry({("withdrawn", "misconfigured"): 1})
    assert not can_retry({("failed", "blocked"): 3, ("failed", "opted_out"): 1, ("withdrawn", "stopped"): 2})
    assert not can_retry({("failed", "gave_up"): 0})


def test_an_account_at_fault_is_a_failure_and_a_stop_is_not() -> None:
    progress = progress_of({("withdrawn", "misconfigured"): 4, ("withdrawn", "stopped"): 2})
    assert progress.failed == {"misconfigured": 4}
    assert progress.withdrawn == 2


def test_a_confirmation_stands_for_what_was_previewed() -> None:
    seen = fingerprint([("en", "Hello")], "everyone", None)
    assert seen == fingerprint([("en", "Hello")], "everyone", None)
    others = (
        fingerprint([("en", "Hello!")], "everyone", None),
        fingerprint([("en", "Hello")], "members", None),
        fingerprint([("en", "Hello")], "everyone", 7),
    )
    assert seen not in others
    assert len(seen) == 8


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_bars_and_shares_stay_within_bounds(part: int, more: int) -> None:
    whole = part + more
    assert len(bar(part, whole)) == 10
    assert 0 <= percent(part, whole) <= 100
    assert (percent(part, whole) == 100) == (more == 0 < whole)
