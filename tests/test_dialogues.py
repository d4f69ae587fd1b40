"""Golden dialogues, played in three languages on every channel (see tests/dialogues/README.md)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import polib
import pytest
from _pytest.mark import ParameterSet

from locales import BAGHDAD, LANGUAGES, fold, speech, to_ascii_digits
from tests.play import Person, Stage

HERE = Path(__file__).parent
DIALOGUES = sorted(path for path in (HERE / "dialogues").glob("*.md") if path.stem != "README")
PDF = b"%PDF-1.4\n% made for a test\n"
INVISIBLE = dict.fromkeys(map(ord, "\u200e\u200f\u2066\u2067\u2068\u2069"))
CODE = re.compile(r"[0-9]{5}-[0-9]{5}-[0-9]{5}")
DAY_CODE = re.compile(r"[0-9]{3} [0-9]{3}")
UNITS = {"day": "days", "days": "days", "hour": "hours", "hours": "hours"}


def _catalog(lang: str) -> list[polib.POEntry]:
    return list(polib.pofile(str(HERE.parent / "locales" / lang / "LC_MESSAGES" / "messages.po")))


CATALOGS = {lang: _catalog(lang) for lang in LANGUAGES}


def translations(lang: str, msgid: str) -> list[str]:
    """List every translation of an English text (singular or plural), whatever its context."""
    found = []
    for entry in CATALOGS[lang]:
        if msgid in (entry.msgid, entry.msgid_plural):
            found += [entry.msgstr, *entry.msgstr_plural.values()]
    assert found, f"no catalog text {msgid!r}"
    return [text for text in found if text]


def seems(text: str) -> re.Pattern[str]:
    """Match a text whatever stands for its placeholders."""
    pieces = [re.escape(piece) for piece in re.split(r"\{\w+\}", text.translate(INVISIBLE))]
    return re.compile(".+?".join(pieces), re.DOTALL)


@dataclass
class Playing:
    """One dialogue being played."""

    stage: Stage
    lang: str
    channel: str
    people: dict[str, Person] = field(default_factory=dict)
    watched: str = ""

    async def line(self, line: str) -> None:
        """Play one line."""
        if match := re.fullmatch(r"## (\d+) others \((\w+)\)", line):
            for number in range(int(match[1])):
                await self._enter(f"other{number}", match[2])
        elif match := re.fullmatch(r"## (\w+) \((\w+)\)", line):
            await self._enter(*match.groups())
        elif match := re.fullmatch(r"time passes: (\d+) (\w+)", line):
            await self.stage.passes(timedelta(**{UNITS[match[2]]: int(match[1])}))
        elif match := re.fullmatch(r"(\w+) sees", line):
            self.watched = match[1]
        elif match := re.fullmatch(r"(\w+): (says|taps|sends) (.+)", line):
            self.watched = match[1]
            await self._act(self.people[match[1]], match[2], match[3])
        elif line.startswith("> "):
            self._expect(line[2:])
        elif line and not line.startswith("# "):
            raise AssertionError(f"not a line of a dialogue: {line}")

    async def _enter(self, name: str, role: str) -> None:
        elsewhere = "whatsapp" if self.channel == "telegram" else "telegram"
        strangers = {"stranger": self.channel, "elsewhere": elsewhere}
        person = self.stage.person(strangers[role]) if role in strangers else await self._arrived(role, name)
        self.people[name] = person

    async def _arrived(self, role: str, name: str) -> Person:
        if role != "neighbour":
            return await self.stage.known(self.lang, channel=self.channel, role=role, name=name)
        place = await self.stage.organisation("org-erbil")
        return await self.stage.known(self.lang, channel=self.channel, name=name, organisation=place)

    async def _act(self, person: Person, verb: str, what: str) -> None:
        if verb == "says":
            await person.says(self._filled(what))
        elif verb == "sends":
            await person.sends(what, PDF, "application/pdf")
        elif what.startswith("["):
            await self._tap_label(person, what[1:-1])
        else:
            await person.taps(self._named(person, what.strip("{}")))

    async def _tap_label(self, person: Person, msgid: str) -> None:
        wanted = translations(self.lang, msgid)
        label = next((label for label in reversed(_labels(person)) if _is_one_of(label, wanted)), "")
        assert label, f"no button {msgid!r}; there are {_labels(person)}\n{person.sees}"
        await person.taps(label)

    def _named(self, person: Person, what: str) -> str:
        if what == "language":
            return speech(self.lang).name
        return person.last.part.listed[0][1] if what == "first" and person.last.part.listed else (
            _labels(person, last=True)[0] if what == "first" else what
        )  # fmt: skip

    def _filled(self, text: str) -> str:
        if match := re.fullmatch(r"\{in (\d+) days at (\d\d:\d\d)\}", text):
            day = self.stage.now.astimezone(BAGHDAD) + timedelta(days=int(match[1]))
            return f"{day:%d/%m/%Y} {match[2]}"
        if pattern := {"{code}": CODE, "{day code}": DAY_CODE}.get(text):
            shown = [to_ascii_digits(one.text) for person in self.people.values() for one in person.phone]
            return next(found for one in reversed(shown) if (found := pattern.search(one))).group()
        return text.replace("\\n", "\n")

    def _expect(self, msgid: str) -> None:
        person = self.people[self.watched]
        seen = "\n".join([person.sees, *person.buttons]).translate(INVISIBLE)
        wanted = translations(self.lang, msgid)
        assert any(seems(text).search(seen) for text in wanted), f"{wanted} is not in\n{seen}"


def _is_one_of(label: str, wanted: list[str]) -> bool:
    bare = label.translate(INVISIBLE)
    return any(fold(label) == fold(text) or seems(text).fullmatch(bare) for text in wanted)


def _labels(person: Person, *, last: bool = False) -> list[str]:
    shown = person.phone[-1:] if last else person.phone
    return [label for one in shown for label in one.labels]


def steps(path: Path) -> Iterator[str]:
    """Yield the lines of a dialogue."""
    yield from (line.strip() for line in path.read_text(encoding="utf-8").splitlines())


CHANNELS = ("telegram", "whatsapp", "browser")


def _ways() -> Iterator[ParameterSet]:
    """Yield every dialogue in every language on every channel.

    By default each language is played on one channel, another one from dialogue to dialogue; the rest is slow.
    """
    for number, path in enumerate(DIALOGUES):
        for place, (lang, channel) in enumerate(itertools.product(LANGUAGES, CHANNELS)):
            usual = (place // len(CHANNELS) + number) % len(CHANNELS) == place % len(CHANNELS)
            marks = () if usual else (pytest.mark.slow,)
            yield pytest.param(path, lang, channel, id=f"{path.stem}-{lang}-{channel}", marks=marks)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("path", "lang", "channel"), list(_ways()))
async def test_a_dialogue_goes_as_written(stage: Stage, path: Path, lang: str, channel: str) -> None:
    playing = Playing(stage, lang, channel)
    for line in steps(path):
        await playing.line(line)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
async def test_a_dialogue_goes_as_written_on_postgresql(stage: Stage, path: Path) -> None:
    playing = Playing(stage, "ar", "telegram")
    for line in steps(path):
        await playing.line(line)
