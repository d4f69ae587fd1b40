"""The gate: the shipped catalogs pass it, and it sees every fault that it is there for."""

from io import BytesIO

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po

from locales import LANGUAGES, check, extract, phrases
from locales.languages import FACTS
from locales.phrases import catalog_path


def test_the_catalogs_fit_the_code():
    assert extract.stale() == []


def test_the_catalogs_have_no_faults():
    assert check.faults() == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_this_room_says_is_translated(lang):
    catalog = check.read(catalog_path(lang))
    ours = [m for m in catalog if any(file.startswith("locales/") for file, _ in m.locations)]
    assert len(ours) >= 16
    template = Catalog()
    for message in ours:
        template.add(message.id, context=message.context)
    assert check.faults_in(lang, catalog_path(lang), template) == []


def test_a_gap_is_filled_in_english(monkeypatch, tmp_path):
    (tmp_path / "ku.po").write_bytes(
        written("ku", ("Hello {name}", "", {}), (("one", "{count}"), ("", ""), {}))
    )
    (tmp_path / "en.po").write_bytes(written("en", ("Hello {name}", "Hello {name}", {})))
    monkeypatch.setattr(phrases, "catalog_path", lambda lang: tmp_path / f"{lang}.po")
    said = phrases.Phrases("ku")
    assert said._("Hello {name}", name=3) == "Hello 3"
    assert said.n("one", "{count}", 3) == "3"


def test_the_command_lines(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(check, "faults", lambda: ["ku: 'x': missing"])
    assert check.main() == 1
    monkeypatch.setattr(check, "faults", list)
    assert check.main() == 0
    target = tmp_path / "deep" / "messages.pot"
    monkeypatch.setattr(extract, "PROJECT", tmp_path)
    monkeypatch.setattr(extract, "files", lambda project=tmp_path: {target: b"x"})
    assert extract.main(["--check"]) == 1
    assert extract.main([]) == 0
    assert target.read_bytes() == b"x"
    assert extract.main(["--check"]) == 0
    assert extract.main(["--help"]) == 2
    assert capsys.readouterr().out.splitlines() == ["ku: 'x': missing", "deep/messages.pot: out of date"]


def written(lang, *messages):
    catalog = Catalog(locale=lang)
    for id_, string, options in messages:
        catalog.add(id_, string, **options)
    return extract.written(catalog, FACTS[lang].html_lang, FACTS[lang].plural_forms)


def faults(tmp_path, lang, id_, string, **options):
    path = tmp_path / "messages.po"
    path.write_bytes(written(lang, (id_, string, options)))
    template = read_po(BytesIO(written("en", (id_, "" if isinstance(id_, str) else ("", ""), options))))
    return check.faults_in(lang, path, template)


SIX = ("لا مقاعد", "مقعد واحد", "مقعدان", "{count} مقاعد", "{count} مقعدًا", "{count} مقعد")


@pytest.mark.parametrize(
    ("lang", "id_", "string"),
    [
        ("ku", "Hello {name}", "سڵاو {name}"),
        ("ar", ("one seat", "{count} seats"), SIX),
        ("ku", ("one seat", "{count} seats"), ("یەک کورسی", "{count} کورسی")),
        ("ku", "See <b>x</b> https://a.org, /help @desk", "<b>x</b> ببینە: https://a.org, /help @desk"),
    ],
)
def test_good_translations_pass(tmp_path, lang, id_, string):
    assert faults(tmp_path, lang, id_, string) == []


@pytest.mark.parametrize(
    ("lang", "id_", "string", "fault"),
    [
        ("ar", "Hello", "", "not translated"),
        ("ar", ("one seat", "{count} seats"), ("", *SIX[1:]), "not translated"),
        ("ar", ("one seat", "{count} seats"), (*SIX[:5], "مقعد"), "placeholders"),
        ("ar", "Hello {name}", "مرحبا {nam}", "placeholders"),
        ("ar", "Hello {name}", "مرحبا {name", "placeholders"),
        ("ar", "<b>Hello</b>", "<b>مرحبا", "tags"),
        ("ar", "See https://a.org/x", "https://a.org/y", "links"),
        ("ar", "Type /help", "/halp", "commands"),
        ("ar", "Ask @desk", "@disk", "names"),
        ("ar", "Hello", "مرحبا\u202e", "direction"),
        ("ar", "Hello", "\u2068مرحبا\u2069", "direction"),
        ("ar", "Hello", "کتاب", "letters"),
        ("ku", "Hello", "كتێب", "letters"),
        ("ku", "Hello", "به\u200cڵێ", "letters"),
        ("ku", "Hello", "سڵاو ", "space"),
    ],
)
def test_each_fault_is_seen(tmp_path, lang, id_, string, fault):
    assert any(fault in found for found in faults(tmp_path, lang, id_, string))


@pytest.mark.parametrize(("context", "longest"), [("button", 20), ("list", 24)])
def test_labels_have_a_longest_length(tmp_path, context, longest):
    assert faults(tmp_path, "ku", "Cancel", "ب" * longest, context=context) == []
    assert "at most" in faults(tmp_path, "ku", "Cancel", "ب" * (longest + 1), context=context)[0]


def test_fuzzy_missing_and_wrong_headers_are_faults(tmp_path):
    assert "fuzzy" in faults(tmp_path, "ku", "Hello", "سڵاو", flags=["fuzzy"])[0]
    path = tmp_path / "messages.po"
    path.write_bytes(written("ar").replace(b"n%100>=11 ? 4 : 5", b"n%100<=2 ? 4 : 5"))
    template = read_po(BytesIO(written("en", ("Hello", "", {}))))
    header, missing = check.faults_in("ar", path, template)
    assert "Plural-Forms" in header
    assert "missing" in missing


def test_extraction_finds_every_way_of_saying(tmp_path):
    for room in extract.ROOMS:
        (tmp_path / room).mkdir()
    (tmp_path / "handlers" / "x.py").write_text(
        'turn._("a")\nspeech.p("button", "b")\ns.n("c", "cs", 2)\ns.np("x", "d", "ds", 2)\n'
        'N_("e")\nNP_("list", "f")\nNN_("g", "gs")\n'
    )
    found = {(m.context, m.id) for m in extract.extracted(tmp_path) if m.id}
    assert found == {
        (None, "a"), ("button", "b"), (None, ("c", "cs")), ("x", ("d", "ds")), (None, "e"), ("list", "f"),
        (None, ("g", "gs")),
    }  # fmt: skip


def test_updating_keeps_translations_and_drops_the_rest():
    template = read_po(BytesIO(written("en", ("Hello", "", {}), ("New", "", {}))))
    old = read_po(BytesIO(written("ku", ("Hello", "سڵاو", {}), ("Gone", "ڕۆیشت", {}))))
    assert {m.id: m.string for m in extract.updated("ku", template, old) if m.id} == {
        "Hello": "سڵاو",
        "New": "",
    }
    assert {m.id: m.string for m in extract.updated("en", template, old) if m.id} == {
        "Hello": "Hello",
        "New": "New",
    }
