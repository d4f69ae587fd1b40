"""Demo texts: data, not part of the catalogs, so each is written in the three languages where it stands."""

from __future__ import annotations

from locales import Language

Said = dict[Language, str]


def said(en: str, ar: str, ku: str) -> Said:
    """Write a text in the three languages."""
    return {"en": en, "ar": ar, "ku": ku}


def filled(pattern: Said, **values: Said | int) -> Said:
    """Fill a text's placeholders, each in its language."""
    return {
        lang: text.format(
            **{name: value[lang] if isinstance(value, dict) else value for name, value in values.items()}
        )
        for lang, text in pattern.items()
    }
