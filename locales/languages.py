"""The three languages, and every fact about one of them that code needs: add a language here."""

from dataclasses import dataclass
from typing import Literal, get_args

from babel import Locale

Language = Literal["ar", "ku", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Facts:
    """One language: `patterns` are CLDR date patterns without and with the year."""

    name: str
    html_lang: str
    rtl: bool
    locale: Locale
    plural_forms: str
    patterns: tuple[str, str]


_TWO_FORMS = "nplurals=2; plural=(n != 1);"

# Babel 2.18 writes Arabic's last two forms in the wrong order, so the header is pinned here.
_SIX_FORMS = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
)

# CLDR's "ku" is Kurmanji in Latin letters, and only ar_IQ has Iraq's month names: never parse a folder code.
FACTS: dict[Language, Facts] = {
    "ar": Facts("العربية", "ar", True, Locale("ar", "IQ"), _SIX_FORMS, ("EEEE، d MMMM", "EEEE، d MMMM y")),
    "ku": Facts("کوردی", "ckb", True, Locale("ckb", "IQ"), _TWO_FORMS, ("EEEE، dی MMMM", "EEEE، dی MMMMی y")),
    "en": Facts("English", "en", False, Locale("en", "GB"), _TWO_FORMS, ("EEEE, d MMMM", "EEEE, d MMMM y")),
}
