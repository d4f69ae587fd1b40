"""What typed lines make of a poll's options."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.polling import LONGEST_OPTION, MOST, Fault, is_full, options_after


def test_several_lines_are_the_whole_list() -> None:
    assert options_after(("Old",), "Alpha\n\n  Beta \r\nGamma") == ("Alpha", "Beta", "Gamma")


def test_a_line_alone_is_added() -> None:
    assert options_after((), "Alpha") == ("Alpha",)
    assert options_after(("Alpha",), "Beta") == ("Alpha", "Beta")


def test_a_translation_has_as_many_as_the_original() -> None:
    assert options_after((), "ألف\nباء", 3) == Fault.NOT_AS_MANY
    assert options_after((), "ألف\nباء\nجيم", 3) == ("ألف", "باء", "جيم")
    assert options_after(("ألف", "باء"), "جيم", 3) == ("ألف", "باء", "جيم")
    assert options_after(("ألف", "باء", "جيم"), "دال", 3) == Fault.NOT_AS_MANY


def test_spellings_of_one_word_are_one_option() -> None:
    assert options_after((), "نعم\nنعم.") == Fault.SAME
    assert options_after(("Yes",), "YES") == Fault.SAME
    assert options_after((), "👍\n👎") == ("👍", "👎")


def test_nothing_and_too_long_are_refused() -> None:
    assert options_after(("Alpha",), " \u200b\n ") == Fault.NONE_OR_TOO_MANY
    assert options_after((), "x" * (LONGEST_OPTION + 1)) == Fault.TOO_LONG


lines = st.lists(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=70), max_size=14)


@given(lines, lines, st.integers(0, MOST))
def test_no_list_is_ever_longer_than_its_bounds(kept: list[str], typed: list[str], expected: int) -> None:
    options = options_after(tuple(kept[:MOST]), "\n".join(typed), expected)
    if not isinstance(options, Fault):
        assert 0 < len(options) <= (expected or MOST)
        assert all(0 < len(option) <= LONGEST_OPTION for option in options)
        assert is_full(options, expected) == (len(options) == (expected or MOST))
