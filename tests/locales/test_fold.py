"""Every spelling of a word meets under one key, and different meanings never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales import KEYWORDS, fold, intent, number_in, search_key, words

FAMILIES = [
    ("تسجيل", "تَسجيل", "تســجيل", "تسجیل", "تسجيل!", "\u200fتسجيل"),
    ("خۆتۆمارکردن", "خوتومارکردن", "خۆتۆماركردن", "خۆتۆمارکردن.", "\u2068خۆتۆمارکردن\u2069"),
    ("إيقاف", "ايقاف", "ايقـاف", "أيقاف", "إِيقَاف", "ایقاف"),
    ("بەڵێ", "به\u200cڵێ", "بەلێ", "بهڵێ", "بەڵی"),
    ("هەڵوەشاندنەوە", "ھەڵوەشاندنەوە", "هەلوەشاندنەوە", "هه\u200cڵوه\u200cشاندنه\u200cوه\u200c"),
    ("ڕاگرتن", "راگرتن", "ڕاگـرتن", "*ڕاگرتن*"),
    ("چالاکییەکان", "چالاکیەکان", "چالاكييه\u200cكان", "چالاکی‌یەکان"),
    ("مساعدة", "مساعده", "مُساعدة", "مساعدة؟"),
    ("Help", "HELP", "help!", " help ", "𝗵𝗲𝗹𝗽", "\ufeffhelp"),
]


@pytest.mark.parametrize("spellings", FAMILIES, ids=lambda family: family[0])
def test_spellings_of_one_word_share_a_key(spellings):
    assert len({fold(spelling) for spelling in spellings}) == 1


def test_no_keyword_has_two_meanings():
    meanings: dict[str, set[str]] = {}
    for name, spellings in KEYWORDS.items():
        for spelling in spellings:
            meanings.setdefault(fold(spelling), set()).add(name)
    assert [key for key, names in meanings.items() if len(names) > 1 or not key] == []


@pytest.mark.parametrize("name", KEYWORDS)
def test_each_keyword_is_recognised_however_it_is_dressed(name):
    for spelling in KEYWORDS[name]:
        for dressed in (spelling, f" {spelling}! ", f"\u200f{spelling}", spelling.upper()):
            assert intent(dressed) == name


@pytest.mark.parametrize("text", ["stop", "STOP.", "unsubscribe", "إيقاف", "توقف", "الغاء الاشتراك", "ڕاگرتن", "راگرتن",
                                  "وەستان", "وه\u200cستان", "بوەستە", "ڕاوەستە"])  # fmt: skip
def test_opting_out_needs_no_perfect_spelling(text):
    assert intent(text) == "stop"


@pytest.mark.parametrize("text", ["لاجئ", "ناو", "don't stop the bus", "الاشتراك", "", "؟", "stop " * 50])
def test_a_keyword_inside_something_else_means_nothing(text):
    assert intent(text) is None


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert " ".join(words(text)) == fold(text)


@given(st.text(st.sampled_from("أإآؤئءىيیكکهھەةۀۂٱaAßİ1٣\u064b\u0654\u200c\u0640ڕڵۆێ "), max_size=30))
def test_folding_our_letters_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


def test_digits_are_not_collapsed():
    assert fold("11 ١١ ۱۱") == "11 11 11"


@pytest.mark.parametrize(
    ("text", "number"),
    [("٣.", 3), ("(٤)", 4), ("4️⃣", 4), (" 3 - ", 3), ("رقم ٢", 2), ("۱۲", 12), ("🔟", 10), ("\u200f٥", 5), ("0", 0),
     ("10:00", None), ("3.5", None), ("ABC12", None), ("", None), ("0750 123 4567", None), ("9647501234567", None),
     ("I will bring 3 friends with me", None)],
)  # fmt: skip
def test_the_number_in_a_short_answer(text, number):
    assert number_in(text) == number


@given(
    st.integers(0, 999_999),
    st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"]),
    st.text(" .()-\u200f", max_size=4),
)
def test_every_set_of_digits_is_read(number, digits, around):
    written = str(number).translate(str.maketrans("0123456789", digits))
    assert number_in(around + written + around) == number


def test_searching_ignores_the_article_and_spelling():
    assert search_key("منظمة") in search_key("المنظمة العراقية")
    assert search_key("ڕێكخراو") in search_key("ڕێکخراوی ژنان")
