"""Guessing which of our languages a person writes, without ever deciding for them."""

import re
import unicodedata
from dataclasses import dataclass

from locales.fold import fold
from locales.languages import Language


@dataclass(frozen=True, slots=True)
class Guess:
    """`strong` means the letters leave no doubt; a weak guess keeps the current language and may offer another.

    Suggest a switch only on a strong guess of two words or more, and never switch a chosen language silently.
    """

    lang: Language
    strong: bool


_KURDISH = re.compile("[ێۆڵڕە]")
_ARABIC = re.compile("[ةصضطظذثأإؤ\u064b-\u0652]")
_ATTACHED_ARTICLE = re.compile(r"\b[وبفكل]ال\w")
_RATHER_KURDISH = re.compile("[پچژگڤ]")
_KURDISH_KEYBOARD = re.compile("[یک]")
_ARABIC_KEYBOARD = re.compile("[يكى]")
_KURMANJI = re.compile("[êîûçş]")
_CODES: dict[Language, tuple[str, ...]] = {
    "ku": ("ku", "ckb", "kmr", "sdh", "kur"),
    "ar": ("ar", "ara", "arb", "acm", "apc", "ajp", "arz"),
    "en": ("en", "eng"),
}
_NAMES: dict[Language, tuple[str, ...]] = {
    "ar": ("العربية", "عربي", "بالعربي", "arabic", "arabi", "عەرەبی"),
    "ku": ("کوردی", "الكردية", "كردي", "kurdish", "kurdi", "سۆرانی", "sorani", "بادینی"),
    "en": ("english", "الإنجليزية", "إنجليزي", "الانكليزية", "انكليزي", "ئینگلیزی", "inglizi"),
}
_BY_CODE = {code: lang for lang, codes in _CODES.items() for code in codes}
_BY_NAME = {fold(name): lang for lang, names in _NAMES.items() for name in names}


def guess(text: str) -> Guess | None:
    """The language of the letters; None when there are no Arabic or Latin letters."""
    text = unicodedata.normalize("NFC", text).replace("ه\u200c", "ە")
    arabic, latin = _count(text, "ARABIC"), _count(text, "LATIN")
    if not arabic and not latin:
        return None
    if latin > 2 * arabic:
        return _in_latin(text)
    return _in_arabic_script(text)


def _count(text: str, script: str) -> int:
    return sum(char.isalpha() and unicodedata.name(char, "").startswith(script) for char in text)


def _in_latin(text: str) -> Guess:
    if _KURMANJI.search(text.lower()):
        return Guess("ku", strong=False)
    return Guess("en", strong=len(fold(text).split()) > 2)


def _in_arabic_script(text: str) -> Guess:
    kurdish = len(_KURDISH.findall(text))
    arabic = len(_ARABIC.findall(text)) + 2 * len(_ATTACHED_ARTICLE.findall(text))
    if kurdish and kurdish >= arabic:
        return Guess("ku", strong=True)
    if arabic:
        return Guess("ar", strong=True)
    if _RATHER_KURDISH.search(text) or _on_kurdish_keyboard(text):
        return Guess("ku", strong=False)
    return Guess("ar", strong=False)


def _on_kurdish_keyboard(text: str) -> bool:
    return bool(_KURDISH_KEYBOARD.search(text)) and not _ARABIC_KEYBOARD.search(text)


def language_named(text: str) -> Language | None:
    """The language whose name the whole text is, in any of the three languages."""
    return _BY_NAME.get(fold(text))


def from_client_code(code: str | None) -> Language | None:
    """The language behind a client's IETF code; None for one that says nothing to us."""
    return _BY_CODE.get(re.split("[-_]", (code or "").lower())[0])
