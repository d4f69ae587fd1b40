"""Lines keep their direction and order in every renderer that was tried."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales import LANGUAGES, Safe, anchor, block, clean, direction_of, isolate

FSI, PDI, LRM, RLM = "\u2068", "\u2069", "\u200e", "\u200f"
MIXED = st.text(st.sampled_from(f"aZ1 .:/-\n\tابەڕ@{FSI}{PDI}{LRM}{RLM}\u202e\u200c📅"), max_size=40)


@pytest.mark.parametrize(
    "line",
    [
        f"{FSI}Zoom{PDI} رابط الجلسة",
        f"1. {FSI}تسجيل{PDI}",
        f"{FSI}ورشة 5{PDI}",
        "@helpdesk للمساعدة",
        "*AI Lab* يوم الأحد",
        "<b>AI Lab</b> يوم الأحد",
        "(AI Lab) ورشة",
        "📅 Zoom – الأحد",
        "+964 750 123 4567",
        "2026-01-18",
    ],
)
@pytest.mark.parametrize("lang", ["ar", "ku"])
def test_a_line_that_some_client_would_turn_gets_a_mark(line, lang):
    assert anchor(line, lang) == RLM + line


@pytest.mark.parametrize(
    "line", ["📅 الأحد، 18", "1. تسجيل", "الوقت 10:00", "", "  ", "https://example.org/a?b=c"]
)
def test_a_line_that_every_client_lays_out_right_is_left_alone(line):
    assert anchor(line, "ar") == line


def test_english_gets_a_mark_only_where_it_begins_right_to_left():
    assert anchor("ورشة at 10:00", "en") == LRM + "ورشة at 10:00"
    assert anchor(f"{FSI}ورشة{PDI} at 10:00", "en") == f"{LRM}{FSI}ورشة{PDI} at 10:00"
    assert anchor("Hello أحمد\n\n10:00", "en") == "Hello أحمد\n\n10:00"


@given(MIXED, st.sampled_from(LANGUAGES))
def test_anchoring_twice_changes_nothing_and_never_doubles_a_mark(text, lang):
    once = anchor(text, lang)
    assert anchor(once, lang) == once
    assert not re.search(f"[{LRM}{RLM}]{{2}}", once)
    assert once.count("\n") == text.count("\n")


@given(st.text(max_size=60))
def test_clean_text_is_one_line_that_cannot_reorder_others(text):
    cleaned = clean(text)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\x00-\x1f\u2028\u2029]", cleaned)
    assert clean(cleaned) == cleaned
    cleaned.encode()


def test_isolating():
    assert isolate("a\u202eb\n c\u2069") == f"{FSI}ab c{PDI}"
    assert isolate(Safe("x")) == "x"
    assert isolate(" \u200f") == ""
    assert clean("به\u200cڵێ") == "به\u200cڵێ"


def test_a_block_keeps_its_lines_and_bare_links():
    text = "Hello!\r\n\r\n\r\n\r\nسڵاو \u202e\nhttps://example.org\n"
    assert block(text) == f"{FSI}Hello!{PDI}\n\n{FSI}سڵاو{PDI}\nhttps://example.org"
    assert isinstance(block(text), Safe)


def test_direction():
    assert direction_of("10: Zoom") == "ltr"
    assert direction_of("1. تسجيل") == "rtl"
    assert direction_of("10:00") is None
