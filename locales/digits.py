"""Which digits a language's prose is written in, and reading all three sets."""

from typing import Literal

from locales.languages import Language

Numerals = Literal["latn", "arab"]

# 0-9 everywhere, so times, phone numbers, codes and links agree with each other.
NUMERALS: dict[Language, Numerals] = {"ar": "latn", "ku": "latn", "en": "latn"}

_ASCII = "0123456789"
_TO_ARABIC = str.maketrans(_ASCII, "٠١٢٣٤٥٦٧٨٩")
_TO_ASCII = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", _ASCII * 2)


def digits(text: str, lang: Language) -> str:
    """Prose with its 0-9 in the language's digits; never give it codes, links, phones or commands."""
    return text.translate(_TO_ARABIC) if NUMERALS[lang] == "arab" else text


def to_ascii_digits(text: str) -> str:
    """The text with ٠-٩ and ۰-۹ as 0-9."""
    return text.translate(_TO_ASCII)
