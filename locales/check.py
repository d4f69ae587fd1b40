"""The gate every catalog passes before it ships: `python -m locales.check` prints one line per fault."""

import re
import string
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import babel.messages.catalog as po
from babel.messages.pofile import read_po

from locales.extract import TEMPLATE
from locales.languages import FACTS, LANGUAGES, Language
from locales.phrases import catalog_path

LONGEST = {"button": 20, "list": 24}
"""Characters that WhatsApp shows of a reply button's title and of a list row's."""

_WRONG_LETTERS = {"ar": "[یکە]", "ku": "[يكىھ]|ه\u200c"}
_DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2068\u2069]")
_KEPT_AS_THEY_ARE = {
    "tags": re.compile(r"</?[a-z][^<>]*>"),
    "links": re.compile(r"[a-z][a-z0-9+.-]*://[^\s<>\u200e\u200f]+"),
    "commands": re.compile(r"(?<![\w/<:.])/[a-z][a-z_]*"),
    "names": re.compile(r"(?<!\w)@\w+"),
}


def faults() -> list[str]:
    """Everything wrong with the three catalogs, one line each; empty when they may ship."""
    template = read(TEMPLATE)
    return [fault for lang in LANGUAGES for fault in faults_in(lang, catalog_path(lang), template)]


def faults_in(lang: Language, path: Path, template: po.Catalog) -> list[str]:
    """Everything wrong with one language's file, measured against the template."""
    catalog = read(path)
    found = list(_header_faults(lang, path))
    for wanted in template:
        if wanted.id:
            message = catalog.get(wanted.id, wanted.context)
            problems = ["missing"] if message is None else _problems(lang, message, wanted)
            found += [f"{lang}: {_first(wanted)!r}: {problem}" for problem in problems]
    return found


def read(path: Path) -> po.Catalog:
    """A catalog file."""
    with path.open("rb") as source:
        return read_po(source)


def _header_faults(lang: Language, path: Path) -> Iterator[str]:
    """The header as it stands in the file: Babel completes a wrong one silently."""
    header = path.read_text("utf-8").split("\n\n", 1)[0]
    for name, value in (("Language", FACTS[lang].html_lang), ("Plural-Forms", FACTS[lang].plural_forms)):
        if f'"{name}: {value}\\n"' not in header:
            yield f"{lang}: the header must say {name}: {value}"


def _first(message: po.Message) -> str:
    return str(message.id[0] if isinstance(message.id, (tuple, list)) else message.id)


def _forms(message: po.Message) -> list[str]:
    string_ = message.string
    return list(string_) if isinstance(string_, (tuple, list)) else [string_ or ""]


def _problems(lang: Language, message: po.Message, wanted: po.Message) -> list[str]:
    forms = _forms(message)
    expected = 1 if not wanted.pluralizable else 6 if lang == "ar" else 2
    if message.fuzzy:
        return ["fuzzy"]
    if len(forms) != expected or not all(forms):
        return ["not translated in every form"]
    checks: tuple[Callable[[Language, po.Message, int, str], Iterator[str]], ...] = (
        _placeholders,
        _untouchables,
        _letters,
        _shape,
    )
    return [
        problem
        for index, form in enumerate(forms)
        for check in checks
        for problem in check(lang, wanted, index, form)
    ]


def fields(text: str) -> set[str]:
    """The placeholders' names; a text that cannot be parsed has the one name "broken braces"."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return {"broken braces"}


def _placeholders(lang: Language, wanted: po.Message, index: int, form: str) -> Iterator[str]:
    """Equal sets; a form that stands for one exact number may leave the number out."""
    source = wanted.id[-1] if isinstance(wanted.id, (tuple, list)) else wanted.id
    needed, optional = fields(str(source)), set[str]()
    if wanted.pluralizable and (index <= 2 if lang == "ar" else index == 0):
        optional = {"count"}
    if not needed - optional <= fields(form) <= needed:
        yield f"placeholders differ in {form!r}"


def _untouchables(lang: Language, wanted: po.Message, index: int, form: str) -> Iterator[str]:
    for kind, pattern in _KEPT_AS_THEY_ARE.items():
        if sorted(pattern.findall(_first(wanted))) != sorted(pattern.findall(form)):
            yield f"{kind} differ in {form!r}"


def _letters(lang: Language, wanted: po.Message, index: int, form: str) -> Iterator[str]:
    if _DIRECTION_CONTROLS.search(form):
        yield f"direction controls in {form!r}"
    if lang in _WRONG_LETTERS and re.search(_WRONG_LETTERS[lang], form):
        yield f"another language's letters in {form!r}"


def _shape(lang: Language, wanted: po.Message, index: int, form: str) -> Iterator[str]:
    if form != form.strip():
        yield f"space at an end of {form!r}"
    longest = LONGEST.get(wanted.context or "")
    if longest is not None and len(form) > longest:
        yield f"{len(form)} characters, at most {longest}: {form!r}"


def main() -> int:
    """Print every fault; the exit status."""
    found = faults()
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
