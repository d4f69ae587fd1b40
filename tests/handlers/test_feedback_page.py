"""Answering a survey on a page instead of in the chat: over real HTTP, from the link to the answer in the box."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest

from handlers.rules.questions import Condition, Consent, Option, Scale, Several, Words, written
from locales import LANGUAGES, speech
from storage.database import Database
from storage.surveys import Survey
from storage.tables import answer_links, outbox, survey_ballots, survey_drafts, survey_voters
from tests.handlers.test_feedback import DAY, answers, asked, count, crowd
from tests.play import Person, Stage
from tests.served import served, visiting
from tests.storage.people import past_event

FORM = (
    Several(
        "ways",
        {"en": "Ways"},
        {"en": "Which ways?"},
        tuple(Option(one, {"en": one.upper()}) for one in "abc"),
    ),
    Scale("scale", {"en": "Scale"}, {"en": "How much?"}),
    Words("why", {"en": "Why"}, {"en": "Why so little?"}, when=Condition("scale", ("0", "1"))),
    Consent("quote", {"en": "Quote"}, {"en": "May we quote you?"}),
)
WORDS = "The trainer spoke too fast, and nobody dared to say so."
GIVEN = {"rating": "2", "use": "share", "words": WORDS}


@pytest.fixture
async def opened(database: Database, now: datetime) -> AsyncIterator[tuple[Stage, str]]:
    async with served(database, now) as both:
        yield both


@pytest.fixture
def stage(opened: tuple[Stage, str]) -> Stage:
    return opened[0]


@pytest.fixture
async def client(opened: tuple[Stage, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(opened[1]) as one:
        yield one


async def link(person: Person, survey: Survey) -> str:
    """Ask for a link as people do, and return where it leads."""
    await person.forges(f"survey:{survey.id}")
    await person.taps("survey-page:")
    shown = [button.url for row in person.last.part.rows for button in row if button.url]
    found = re.search(r"/answer/[\w-]+", " ".join([*shown, person.last.text]))
    assert found
    return found[0]


async def said(stage: Stage, survey: Survey) -> list[dict[str, str | None]]:
    async with stage.database.reading() as unit:
        return [one.answers for one in await unit.surveys.answers(survey.id)]


# --- the whole way ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_page_says_all_in_the_language_of_the_person(
    stage: Stage, client: httpx.AsyncClient, lang: str, channel: str
) -> None:
    people, survey = await asked(stage, 1, lang=lang, channel=channel)
    voice = speech(lang)
    address = await link(people[0], survey)
    shown = await client.get(address)
    assert shown.status_code == 200
    assert f'lang="{voice.html_lang}" dir="{"rtl" if voice.rtl else "ltr"}"' in shown.text
    assert voice._("Answer what you like and leave out the rest.") in shown.text
    assert shown.text.count('type="radio"') == 5 + 1 + 5 + 1
    sent = await client.post(address, data=GIVEN)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/answered/{lang}")
    thanks = await client.get(sent.headers["location"])
    assert voice._("Your answers were sent.") in thanks.text
    assert await count(stage, survey_ballots) == 1


async def test_a_named_answer_is_kept_as_one_from_the_chat(stage: Stage, client: httpx.AsyncClient) -> None:
    people, survey = await asked(stage, 1, "named")
    person = people[0]
    await person.forges(f"survey-next:{survey.id}")
    await person.taps("5")  # begun in the chat, then decided otherwise
    address = await link(person, survey)
    assert "coordinators see your name beside your answers" in person.last.text
    await client.post(address, data={"rating": "٣", "use": "", "words": " two\r\nlines "})
    assert await said(stage, survey) == [{"rating": "3", "use": None, "words": "two\nlines"}]
    assert await count(stage, survey_drafts) == 0


async def test_what_the_mode_protects_is_said_in_the_chat_and_on_the_page(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    for text in (people[0].last.text, (await client.get(address)).text):
        assert "does not pass through the chat app" in text
        assert "could still link you to your answers" in text
        assert "fully anonymous" not in text.lower()
    assert people[0].last.part.private


async def test_without_an_address_on_the_web_nothing_is_promised(database: Database, now: datetime) -> None:
    from tests.play import staged

    async with staged(database, now) as plain:
        people, survey = await asked(plain, 1)
        await people[0].forges(f"survey:{survey.id}")
        assert "Answer on a page" not in people[0].buttons
        await people[0].forges(f"survey-page:{survey.id}")
        assert "You can answer in this chat." in people[0].sees
        assert await count(plain, answer_links) == 0


# --- what does not fit --------------------------------------------------------------------------------------


async def test_what_does_not_fit_brings_the_same_page_with_what_was_given(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    long = "<b>&" + "x" * 2_000
    again = await client.post(address, data={"rating": "4", "use": "gone", "words": long})
    assert again.status_code == 422
    assert "look at the answers that are marked" in again.text
    assert "at most 2000 characters" in again.text
    assert "Please choose from the answers." in again.text
    assert 'value="4" checked' in again.text
    assert "&lt;b&gt;&amp;xxx" in again.text
    assert "<b>" not in again.text
    assert await count(stage, survey_ballots) == 0
    assert await count(stage, survey_drafts) == 0
    assert (await client.post(address, data=GIVEN)).status_code == 303


@pytest.mark.parametrize("given", [{}, {"rating": "", "use": "", "words": "  \r\n\u200e"}, {"other": "1"}])
async def test_an_empty_page_is_not_sent(
    stage: Stage, client: httpx.AsyncClient, given: dict[str, str]
) -> None:
    people, survey = await asked(stage, 1)
    again = await client.post(
        await link(people[0], survey),
        data=given,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert again.status_code == 422
    assert "answer at least one question" in again.text


async def test_what_no_browser_sends_is_refused_and_changes_nothing(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for status, answer in (
        (415, await client.post(address, json=GIVEN)),
        (415, await client.post(address, files={"words": b"x"})),
        (413, await client.post(address, data={"words": "x" * 200_000})),
        (400, await client.post(address, content="&".join(f"a{at}=1" for at in range(300)), headers=form)),
        (403, await client.post(address, data=GIVEN, headers={"sec-fetch-site": "cross-site"})),
        (403, await client.post(address, data=GIVEN, headers={"sec-fetch-site": "same-site"})),
        (405, await client.put(address, data=GIVEN)),
        (422, await client.post(address, content=b"rating=%ff%00&use=\xff", headers=form)),
    ):
        assert answer.status_code == status
    assert await count(stage, survey_voters) == 0
    assert (await client.post(address, data=GIVEN)).status_code == 303


async def test_every_kind_of_question_is_on_the_page(stage: Stage, client: httpx.AsyncClient) -> None:
    (person,) = await crowd(stage, 1)
    async with stage.database.unit() as unit:
        event = await past_event(unit, stage.now)
        await unit.registrations.add(event.id, (await person.member()).id, None, "confirmed", stage.now)
        people = unit.registrations.recipients(event.id, "confirmed")
        survey = await unit.surveys.create(
            event.id, "named", "own", written(FORM), people=people, at=stage.now, closes_at=stage.now + DAY
        )
    assert survey is not None
    address = await link(person, survey)
    shown = (await client.get(address)).text
    assert shown.count('type="checkbox"') == 3
    assert shown.count('type="radio"') == 12 + 3
    assert 'maxlength="2000"' in shown
    assert "Only if you answered above:" in shown
    again = await client.post(address, data={"ways": ["b", "c"], "scale": "11", "why": "So."})
    assert again.status_code == 422
    assert again.text.count(" checked") == 2 + 2
    await client.post(address, data={"ways": ["c", "a"], "scale": "10", "why": "So.", "quote": "no"})
    assert await said(stage, survey) == [{"ways": "a,c", "scale": "10", "quote": "no"}]


# --- how long a link works ----------------------------------------------------------------------------------


async def ended(client: httpx.AsyncClient, address: str) -> bool:
    """Say whether a link is over for looking and for sending alike."""
    looked, sent = await client.get(address), await client.post(address, data=GIVEN)
    assert looked.status_code == sent.status_code
    return looked.status_code == 404 and all(
        speech(lang)._("This link has been used already, or its time is over.") in looked.text
        for lang in LANGUAGES
    )


async def test_looking_changes_nothing_and_sending_uses_the_link_up(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    for _ in range(3):
        assert (await client.get(address)).status_code == 200
        assert (await client.head(address)).status_code == 200
    assert (await client.post(address, data=GIVEN)).status_code == 303
    assert await ended(client, address)
    assert await count(stage, survey_ballots) == 1
    assert await count(stage, answer_links) == 0
    await people[0].forges(f"survey-page:{survey.id}")
    assert "have arrived already" in people[0].sees


async def test_a_new_link_ends_the_one_before(stage: Stage, client: httpx.AsyncClient) -> None:
    people, survey = await asked(stage, 1)
    old, new = await link(people[0], survey), await link(people[0], survey)
    assert await ended(client, old)
    assert (await client.get(new)).status_code == 200


async def test_answering_in_the_chat_ends_the_link(stage: Stage, client: httpx.AsyncClient) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    await answers(people[0], survey)
    assert await ended(client, address)


async def test_after_two_hours_it_ends_and_is_forgotten(stage: Stage, client: httpx.AsyncClient) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    stage.now += timedelta(hours=2)
    assert await ended(client, address)
    async with stage.database.unit() as unit:
        assert await unit.answer_links.forget(stage.now + timedelta(seconds=1)) == 1


async def test_when_the_survey_closes_links_end(stage: Stage, client: httpx.AsyncClient) -> None:
    people, survey = await asked(stage, 2)
    stage.now = survey.closes_at - timedelta(minutes=10)
    address = await link(people[0], survey)
    stage.now = survey.closes_at
    late = await client.post(address, data=GIVEN)  # before the clock has closed it
    assert late.status_code == 410
    assert "This survey has closed." in late.text
    await stage.passes(timedelta(seconds=20))
    assert await ended(client, address)
    assert await count(stage, answer_links) == 0


async def test_who_asks_to_be_forgotten_has_no_link(stage: Stage, client: httpx.AsyncClient) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    async with stage.database.unit() as unit:
        await unit.members.erase((await people[0].member()).id)
    assert await ended(client, address)
    assert await count(stage, answer_links) == 0


async def test_who_gave_the_seat_back_is_told_why_not(stage: Stage, client: httpx.AsyncClient) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    async with stage.database.unit() as unit:
        assert await unit.registrations.cancel(survey.event_id, (await people[0].member()).id, stage.now)
    refused = await client.get(address)
    assert refused.status_code == 410
    assert "registered" in refused.text


async def test_a_link_that_was_never_made_is_not_there(stage: Stage, client: httpx.AsyncClient) -> None:
    for address in ("/answer/x", f"/answer/{'A' * 5_000}", "/answer/%00"):
        assert await ended(client, address)
    assert (await client.get("/answered/xx")).status_code == 404


# --- what stays secret --------------------------------------------------------------------------------------


async def test_headers_are_strict_and_nothing_says_who_it_is(stage: Stage, client: httpx.AsyncClient) -> None:
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    shown = await client.get(address)
    sent = await client.post(address, data=GIVEN)
    for one in (shown, sent):
        assert one.headers["cache-control"] == "private, no-store"
        assert one.headers["referrer-policy"] == "no-referrer"
        assert one.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in one.headers["content-security-policy"]
        assert "set-cookie" not in one.headers
    assert "script-src" not in shown.headers.get_list("content-security-policy")[0]
    assert "<script" not in shown.text
    assert (await people[0].member()).name not in shown.text


async def test_only_a_hash_is_kept_and_logs_say_nothing(
    stage: Stage, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    people, survey = await asked(stage, 1)
    address = await link(people[0], survey)
    token = address.removeprefix("/answer/")
    assert len(token) * 6 >= 128
    async with stage.database.reading() as unit:
        rows = await unit.answer_links.all(answer_links.select())
        sent = await unit.answer_links.all(outbox.select())
    assert token.encode() not in b"".join(row.token_hash for row in rows)
    assert token not in str([tuple(row) for row in sent])
    await client.get(address)
    await client.post(address, data=GIVEN)
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    logged = " ".join(record.getMessage() for record in ours)
    assert token not in logged
    assert WORDS not in logged
    assert WORDS.replace(" ", "+") not in logged
