"""Arrival: three languages at once, consent before any data, a name, and the ways to take part."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.onboarding import REQUESTS_A_DAY
from handlers.privacy import notice_text
from locales import speech
from storage.invitations import WRONG_CODES, grouped
from storage.tables import members
from tests.play import Person, Stage

LANGUAGES = ("ar", "ku", "en")
CHANNELS = ("telegram", "whatsapp", "browser")


async def a_code(stage: Stage, *, uses: int = 3, slug: str = "org-basra", seed: str = "seed") -> str:
    organisation_id = await stage.organisation(slug)
    async with stage.database.unit() as unit:
        return await unit.invitations.issue(
            seed,
            organisation_id=organisation_id,
            role="member",
            uses=uses,
            at=stage.now,
            expires_at=stage.now + timedelta(days=14),
        )


async def count_members(stage: Stage) -> int:
    async with stage.database.reading() as unit:
        return await unit.members.count()


async def named(stage: Stage, lang: str = "en", channel: str = "telegram", payload: str = "") -> Person:
    """Bring somebody in as far as the choice of how to take part."""
    person = stage.person(channel)
    await person.starts(payload)
    await person.taps(f"speak:{lang}" + (f":{payload}" if payload else ""))
    await person.taps("agree:1" + (f":{payload}" if payload else ""))
    return await person.says("Member, Basra")


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_first_message_greets_in_three_languages(stage: Stage, channel: str) -> None:
    person = await stage.person(channel).says("hello")
    assert len(person.phone) == 1
    assert person.buttons == [speech(lang).name for lang in LANGUAGES] or person.buttons == [
        speech(lang).name for lang in reversed(LANGUAGES)
    ]
    assert person.sees.count("\n\n") == 2


@pytest.mark.parametrize(
    ("typed", "lang"),
    [("1", "ar"), ("٢", "ku"), ("۳", "en"), ("كوردی", "ku"), ("Arabic", "ar"), ("إنجليزي", "en")],
)
async def test_a_language_can_be_typed(stage: Stage, typed: str, lang: str) -> None:
    person = await stage.person("whatsapp").says("hello")
    await person.says(typed)
    assert (await person.member()).lang == lang
    assert (await person.member()).consent_version == 0


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_whole_way_in_as_a_guest(stage: Stage, channel: str, lang: str) -> None:
    person = await named(stage, lang, channel)
    await person.taps("follow")
    member = await person.member()
    assert (member.lang, member.name, member.role, member.state) == (lang, "Member, Basra", "guest", "active")
    assert member.consented
    assert "Member, Basra" in person.sees
    assert any(action == "events" for action in person.last.labels.values())


def test_the_notice_is_short_and_says_who_can_see_messages() -> None:
    said = notice_text_in("en")
    assert len(said.split()) < 200
    for name in ("Telegram", "WhatsApp", "Meta", "Twilio", "Search for Common Ground"):
        assert name in said


def notice_text_in(lang: str) -> str:
    from types import SimpleNamespace

    voice = speech(lang)
    return notice_text(SimpleNamespace(_=voice._, community=SimpleNamespace(contact="")))  # type: ignore[arg-type]


async def test_nothing_is_kept_of_somebody_who_does_not_agree(stage: Stage) -> None:
    person = await stage.person().starts()
    await person.taps("speak:ku")
    await person.taps("disagree:ku", again=True)
    assert await count_members(stage) == 0
    assert person.phone[-1].text == person.phone[-2].text


async def test_everything_waits_for_consent(stage: Stage) -> None:
    person = await stage.person().starts()
    await person.taps("speak:en")
    for action in ("menu", "events", "settings", "follow", "joining", "join-code", "people", "rename"):
        await person.forges(action)
        assert "agree:1" in person.last.labels.values()
    await person.says("Member, Basra")
    member = await person.member()
    assert (member.name, member.consent_version, member.state) == ("", 0, "new")


async def test_an_agreement_to_another_version_shows_the_notice_again(stage: Stage) -> None:
    person = await stage.person().starts()
    await person.taps("speak:en")
    await person.forges("agree:99")
    assert not (await person.member()).consented


@pytest.mark.parametrize("bad", ["123", "…", "🙂", "x" * 61, "\u202e\u2066"])
async def test_a_bad_name_is_asked_for_again(stage: Stage, bad: str) -> None:
    person = await stage.person().starts()
    await person.taps("speak:en")
    await person.taps("agree:1")
    await person.says(bad)
    assert (await person.member()).name == ""
    await person.says("  ئەندام،   بەسرە ")
    assert (await person.member()).name == "ئەندام، بەسرە"


async def test_a_typed_yes_agrees(stage: Stage) -> None:
    person = await stage.person("whatsapp").starts()
    await person.taps("speak:en")
    await person.says("yes")
    assert (await person.member()).consented


async def test_a_link_with_a_code_joins_after_the_last_step(stage: Stage) -> None:
    code = await a_code(stage)
    person = await named(stage, "en", payload=f"i{code}")
    member = await person.member()
    assert (member.role, member.state) == ("member", "active")
    assert member.organisation_id == await stage.organisation()
    assert "org-basra" in person.sees


async def test_a_link_survives_detours(stage: Stage) -> None:
    code = await a_code(stage)
    person = await stage.person().starts(f"i{code}")
    await person.says("what is this?")
    await person.taps(f"speak:ar:i{code}")
    await person.taps("language")
    await person.taps(f"speak:en:i{code}")
    await person.starts()
    await person.taps(f"agree:1:i{code}")
    await person.says("123")
    await person.says("Member, Basra")
    assert (await person.member()).role == "member"


async def test_a_link_used_twice_takes_one_use(stage: Stage) -> None:
    code = await a_code(stage, uses=2)
    person = await named(stage, "en", payload=f"i{code}")
    await person.starts(f"i{code}")
    assert "org-basra" in person.sees
    async with stage.database.reading() as unit:
        found = await unit.invitations.find(code)
    assert found is not None
    assert found.uses_left == 1


async def test_a_code_can_be_the_first_word(stage: Stage) -> None:
    code = await a_code(stage, seed="with digits")
    person = await stage.person("whatsapp").says(grouped(code).lower())
    await person.taps(f"speak:en:i{code}")
    await person.taps(f"agree:1:i{code}")
    await person.says("Member, Basra")
    assert (await person.member()).role == "member"


async def test_a_typed_code_joins(stage: Stage) -> None:
    code = await a_code(stage)
    arabic = grouped(code).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")).lower().replace("-", " ")
    person = await named(stage)
    await person.taps("join-code")
    await person.says(arabic)
    assert (await person.member()).role == "member"


async def test_unknown_expired_and_used_up_codes_get_the_same_answer(stage: Stage) -> None:
    used, expired = await a_code(stage, uses=1), await a_code(stage, seed="other")
    await (await named(stage, payload=f"i{used}")).starts()
    person = await named(stage)
    await person.taps("join-code")
    answers = set()
    for typed in (used, "0000-0000-0000-0000", "nonsense"):
        await person.says(typed)
        answers.add(person.sees)
    stage.now += timedelta(days=15)
    await person.says(expired)
    answers.add(person.sees)
    assert len(answers) == 1
    assert (await person.member()).role == "guest"


async def test_too_many_wrong_codes_have_to_wait(stage: Stage) -> None:
    code = await a_code(stage)
    person = await named(stage)
    await person.taps("join-code")
    for _ in range(WRONG_CODES):
        await person.says("0000-0000-0000-0000")
    await person.says(code)
    assert (await person.member()).role == "guest"
    stage.now += timedelta(hours=1)
    await person.says(code)
    assert (await person.member()).role == "member"


async def test_a_request_is_approved_once_and_everyone_is_told(stage: Stage) -> None:
    first, second = await stage.known("ar", role="coordinator"), await stage.known("ku", role="administrator")
    organisation_id = await stage.organisation("org-erbil")
    person = await named(stage)
    await person.taps("pick:join:0")
    await person.taps(f"join-org:{organisation_id}", again=True)
    assert (await person.member()).state == "active"
    assert len(first.phone) == len(second.phone) == 1
    approve = next(action for action in first.last.labels.values() if action.startswith("approve"))
    await first.taps(approve, again=True)
    assert (await person.member()).organisation_id == organisation_id
    assert (await person.member()).role == "member"
    told = [shown for shown in person.phone if "Welcome! You have joined" in shown.text]
    assert len(told) == 1
    await second.taps(approve.replace("approve", "decline"))
    assert (await person.member()).role == "member"
    assert not any(action.startswith("approve") for action in second.last.labels.values())


async def test_a_declined_request_is_told_kindly(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    organisation_id = await stage.organisation()
    person = await named(stage)
    await person.taps("pick:join:0")
    await person.taps(f"join-org:{organisation_id}")
    await coordinator.taps("Decline")
    assert "could not confirm" in person.last.text
    assert (await person.member()).role == "guest"


async def test_requests_are_bounded(stage: Stage) -> None:
    organisations = [await stage.organisation(f"org-{one}") for one in range(REQUESTS_A_DAY + 2)]
    person = await named(stage)
    for one in organisations:
        await person.forges(f"join-org:{one}")
    async with stage.database.reading() as unit:
        member = await person.member()
        assert await unit.join_requests.asked_since(member.id, stage.now) == REQUESTS_A_DAY


async def test_an_organisation_is_found_by_a_part_of_its_name(stage: Stage) -> None:
    for number in range(9):
        await stage.organisation(f"org-{number}")
    person = await named(stage)
    await person.taps("pick:join:0")
    rows = [button.action for row in person.last.part.rows for button in row]
    assert [action.split(":")[0] for action in rows] == ["join-org"] * 6 + ["pick", "pick-search", "joining"]
    await person.taps("pick:join:1")
    await person.taps("pick-search:join")
    await person.says("nowhere")
    assert "No organisation" in person.sees
    await person.says("مُنظّمه org-7")
    await person.taps(next(action for action in person.last.labels.values() if action.startswith("join-org")))
    async with stage.database.reading() as unit:
        assert len(await unit.join_requests.waiting()) == 1


async def test_a_request_can_be_withdrawn(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    organisation_id = await stage.organisation()
    person = await named(stage)
    await person.forges(f"join-org:{organisation_id}")
    await person.forges("joining")
    await person.taps("join-withdraw", again=True)
    await coordinator.taps("Approve")
    assert "withdrawn" in coordinator.sees
    assert (await person.member()).role == "guest"


async def test_second_arrivals_get_the_menu(stage: Stage) -> None:
    person = await stage.known("en")
    await person.starts()
    assert "events" in person.last.labels.values()
    await person.starts("nonsense:payload")
    assert "events" in person.last.labels.values()
    await person.starts("e404")
    assert "events" in person.last.labels.values()


async def test_staff_need_no_code(stage: Stage) -> None:
    person = await named(stage)
    async with stage.database.unit() as unit:
        await unit.members.change((await person.member()).id, role="coordinator")
    await person.forges("menu")
    assert (await person.member()).state == "active"
    assert "coordinate" in person.last.labels.values()


async def test_a_double_tap_anywhere_changes_nothing(stage: Stage) -> None:
    person = await stage.person().starts()
    await person.taps("speak:en", again=True)
    await person.taps("agree:1", again=True)
    async with stage.database.reading() as unit:
        agreed = await unit.members.count(members.c.consented_at == stage.now)
    assert agreed == 1
    await person.says("Member, Basra")
    await person.taps("follow", again=True)
    assert (await person.member()).state == "active"
    assert await count_members(stage) == 1
