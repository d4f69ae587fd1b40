"""The privacy notice: whoever changes it has to ask people anew, in every language, before anything else is kept."""

from __future__ import annotations

import hashlib

import pytest

import handlers.onboarding as onboarding
from handlers.privacy import VERSION
from locales import LANGUAGES, speech
from tests.play import Stage

AGREED = {1: "0567209c937d2116"}
"""What each version said, in English: a digest. A changed notice needs a new version and a line here."""


async def _notice(stage: Stage, lang: str) -> str:
    person = await stage.known(lang)
    await person.says("/privacy")
    return person.last.part.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_notice_is_the_one_that_its_version_stands_for(stage: Stage) -> None:
    digest = hashlib.sha256((await _notice(stage, "en")).encode()).hexdigest()[:16]
    assert digest == AGREED[VERSION], "the notice changed: raise VERSION, so that people are asked anew"


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_new_version_is_asked_about_before_anything_else(
    stage: Stage, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await stage.known(lang)
    await member.says("/events")
    assert not any(one.startswith("agree") for one in member.last.labels.values()), "control: agreed already"
    monkeypatch.setattr(onboarding, "VERSION", VERSION + 1)
    await member.says("/events")
    assert speech(lang)._("Before we begin: your privacy") in member.sees
    await member.forges(f"agree:{VERSION}")
    assert any(one.startswith("agree") for one in member.last.labels.values()), "an old yes is no yes"
    await member.taps("agree:")
    assert not any(one.startswith("agree") for one in member.last.labels.values())


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_arrival_says_who_reads_along_and_how_to_close_everything(stage: Stage, lang: str) -> None:
    person = stage.person()
    await person.starts()
    await person.taps(f"speak:{lang}")
    assert "/panic" in person.sees
    assert all(name in person.sees for name in ("Meta", "Twilio"))
    assert len(person.sees.split()) < 240
    await person.taps("agree:")
    await person.forges("stay-safe")
    assert "/panic" in person.sees
    assert len(person.last.part.text) < 1_000
