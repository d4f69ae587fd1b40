"""Letters suggest a language and never decide one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales import LANGUAGES, Guess, from_client_code, guess, language_named, speech


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سڵاو چۆنی", Guess("ku", True)),
        ("دەمەوێت ناوم تۆمار بکەم", Guess("ku", True)),
        ("ده\u200cمه\u200cوێت", Guess("ku", True)),
        ("هاریکاری ڤێت", Guess("ku", True)),
        ("أريد التسجيل في الورشة", Guess("ar", True)),
        ("شلونك اخي", Guess("ar", False)),
        ("ڤيديو", Guess("ku", False)),
        ("کتاب", Guess("ku", False)),
        ("داتا", Guess("ar", False)),
        ("على", Guess("ar", False)),
        ("I want to register please", Guess("en", True)),
        ("ok", Guess("en", False)),
        ("Navê te çi ye", Guess("ku", False)),
        ("12:30 👍", None),
        ("", None),
    ],
)
def test_guessing_from_letters(text, expected):
    assert guess(text) == expected


@pytest.mark.parametrize(
    ("code", "lang"),
    [("ku", "ku"), ("CKB", "ku"), ("ckb-IQ", "ku"), ("kmr_Latn", "ku"), ("ar", "ar"), ("ar-IQ", "ar"), ("en-GB", "en"),
     ("fa", None), ("tr", None), ("", None), (None, None)],
)  # fmt: skip
def test_the_clients_own_code(code, lang):
    assert from_client_code(code) == lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_is_known_by_its_own_name(lang):
    assert language_named(f" {speech(lang).name}! ") == lang


@given(st.text(max_size=80))
def test_guessing_never_raises(text):
    guess(text)
    from_client_code(text)
    language_named(text)
