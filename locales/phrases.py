"""One language's catalog, and filling its texts with values that keep their order."""

import string
from decimal import Decimal
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from locales.bidi import Safe, isolate
from locales.digits import digits
from locales.languages import Language
from locales.markers import Message

FOLDER = Path(__file__).parent

Value = str | int | float | Decimal | Message


class Phrases:
    """The texts of one language. Every value is isolated unless it is a number, a Message or Safe.

    A text said without values is returned as it stands, braces and all.
    """

    def __init__(self, lang: Language) -> None:
        self.lang: Language = lang
        self._catalog = load(lang)

    def _(self, msgid: str, /, **values: Value) -> Safe:
        """The text in this language."""
        return self._filled(self._catalog.gettext(msgid) if msgid else "", values)

    def p(self, context: str, msgid: str, /, **values: Value) -> Safe:
        """The text as it is said in this context."""
        return self._filled(self._catalog.pgettext(context, msgid), values)

    def n(self, singular: str, plural: str, count: int, /, **values: Value) -> Safe:
        """The text for this many; `{count}` is filled by itself."""
        return self._filled(self._catalog.ngettext(singular, plural, count), {"count": count, **values})

    def np(self, context: str, singular: str, plural: str, count: int, /, **values: Value) -> Safe:
        """The text for this many as it is said in this context; `{count}` is filled by itself."""
        text = self._catalog.npgettext(context, singular, plural, count)
        return self._filled(text, {"count": count, **values})

    def say(self, message: Message, /, **values: Value) -> Safe:
        """A marked text; one that counts takes its number from `count`."""
        if message.plural is not None:
            return self._say_counted(message.msgid, message.plural, values)
        if message.context is not None:
            return self.p(message.context, message.msgid, **values)
        return self._(message.msgid, **values)

    def _say_counted(self, singular: str, plural: str, values: dict[str, Value]) -> Safe:
        count = values.get("count")
        if not isinstance(count, int):
            raise TypeError(f"{singular!r} counts something: give an integer count")
        return self._filled(self._catalog.ngettext(singular, plural, count), values)

    def _filled(self, template: str, values: dict[str, Value]) -> Safe:
        if not values:
            return Safe(template)
        return Safe(
            "".join(text if name is None else self._shown(values[name]) for text, name in _parts(template))
        )

    def _shown(self, value: Value) -> str:
        match value:
            case Message():
                return self.say(value)
            case str():
                return isolate(value)
            case bool():
                raise TypeError("a truth value has no text: say yes or no in words")
            case int():
                return digits(str(value), self.lang)
            case float() | Decimal():
                return digits(f"{value:.2f}".rstrip("0").rstrip("."), self.lang)
        raise TypeError(f"a text cannot show a {type(value).__name__}")


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[tuple[str, str | None], ...]:
    """Literals (name None) and field names in order; only plain `{name}` fields are allowed."""
    parts: list[tuple[str, str | None]] = []
    for literal, name, spec, conversion in string.Formatter().parse(template):
        parts.append((literal, None))
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError(f"only plain {{name}} fields are allowed: {template!r}")
        parts.append(("", name))
    return tuple(parts)


def catalog_path(lang: Language) -> Path:
    """Where the language's translations are kept; folders are named by our codes, not CLDR's."""
    return FOLDER / lang / "LC_MESSAGES" / "messages.po"


def load(lang: Language) -> NullTranslations:
    """The catalog compiled in memory, so no built file can be stale; a gap falls back to English."""
    with catalog_path(lang).open("rb") as source:
        catalog = read_po(source)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    translations = GNUTranslations(compiled)
    if lang != "en":
        translations.add_fallback(load("en"))
    return translations
