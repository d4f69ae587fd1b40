"""Collect every text from the code into the catalogs: `python -m locales.extract [--check]`.

Translations are kept, obsolete ones dropped, nothing is guessed. Headers are written here and carry no dates,
so a catalog changes only when a text does.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from locales.languages import FACTS, LANGUAGES, Language
from locales.phrases import FOLDER, catalog_path

PROJECT = FOLDER.parent
TEMPLATE = FOLDER / "messages.pot"
ROOMS = ("bot", "handlers", "locales")

_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "p": ((1, "c"), 2),
    "n": (1, 2),
    "np": ((1, "c"), 2, 3),
    "N_": None,
    "NP_": ((1, "c"), 2),
    "NN_": (1, 2),
}


def extracted(project: Path = PROJECT) -> Catalog:
    """Every text that the rooms say, with the files that say it."""
    template = Catalog()
    for room in ROOMS:
        found = extract_from_dir(
            project / room, [("**.py", "python")], keywords=_KEYWORDS, comment_tags=("Translators:",)
        )
        for file, line, msgid, comments, context in found:
            template.add(msgid, locations=[(f"{room}/{file}", line)], auto_comments=comments, context=context)
    return template


def updated(lang: Language, template: Catalog, old: Catalog) -> Catalog:
    """The language's catalog with exactly the template's texts; English says each as it is written."""
    fresh = Catalog(locale=lang)
    for message in template:
        if not message.id:
            continue
        kept = old.get(message.id, message.context)
        same_shape = kept is not None and not kept.fuzzy and kept.pluralizable == message.pluralizable
        string = message.id if lang == "en" else kept.string if kept is not None and same_shape else ""
        fresh.add(
            message.id,
            string,
            locations=message.locations,
            flags=message.flags,
            auto_comments=message.auto_comments,
            user_comments=kept.user_comments if kept is not None else (),
            context=message.context,
        )
    return fresh


def written(catalog: Catalog, language: str, plural_forms: str) -> bytes:
    """The catalog as a PO file with our header."""
    body = BytesIO()
    write_po(body, catalog, width=0, omit_header=True, sort_output=True, include_lineno=False)
    header = (
        'msgid ""\n'
        'msgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {plural_forms}\\n"\n\n'
    )
    return header.encode() + body.getvalue()


def files(project: Path = PROJECT) -> dict[Path, bytes]:
    """Each catalog file and what it should hold now."""
    template = extracted(project)
    result = {TEMPLATE: written(template, "", FACTS["en"].plural_forms)}
    for lang in LANGUAGES:
        facts, path = FACTS[lang], catalog_path(lang)
        result[path] = written(updated(lang, template, _old(path)), facts.html_lang, facts.plural_forms)
    return result


def _old(path: Path) -> Catalog:
    if not path.exists():
        return Catalog()
    with path.open("rb") as source:
        return read_po(source)


def stale(project: Path = PROJECT) -> list[Path]:
    """The catalog files that no longer fit the code."""
    return [
        path for path, content in files(project).items() if not path.exists() or path.read_bytes() != content
    ]


def main(arguments: list[str]) -> int:
    """Write the catalogs, or with `--check` only name the stale ones; the exit status."""
    if arguments == ["--check"]:
        old = stale()
        sys.stdout.writelines(f"{path.relative_to(PROJECT)}: out of date\n" for path in old)
        return 1 if old else 0
    if arguments:
        sys.stderr.write("usage: python -m locales.extract [--check]\n")
        return 2
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
