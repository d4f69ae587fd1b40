"""Announcements: written, previewed as they will be seen, sent once, followed, stopped, tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.contract import Misconfigured, Rejected, Retry, Stopped, Unknown
from bot.present import present
from handlers.announcements import LONGEST_TEXT
from handlers.kit import Turn, registry
from locales import LANGUAGES, speech
from storage.announcements import Announcement
from tests.handlers.broadcasts import TITLES, an_event, count_of, has_seat, plain, rows_of
from tests.play import TELEGRAM, Person, Shown, Stage

SECONDS = timedelta(seconds=3)


async def found(stage: Stage, announcement_id: int = 1) -> Announcement:
    async with stage.database.reading() as unit:
        announcement = await unit.announcements.get(announcement_id)
        assert announcement is not None
        return announcement


async def written(stage: Stage, *, channel: str = "telegram", **texts: str) -> Person:
    """Bring a coordinator to the review of a draft with texts by language (English: Good news)."""
    person = await stage.known("en", role="coordinator", channel=channel)
    await person.forges("new-announcement")
    for lang, text in (texts or {"en": "Good news"}).items():
        await person.taps(f"announcement-text:1:{lang}")
        await person.says(text)
    return person


async def sent(stage: Stage, **texts: str) -> Person:
    coordinator = await written(stage, **texts)
    await coordinator.taps("Preview and send")
    return await coordinator.taps("Send now")


# --- writing ------------------------------------------------------------------------------------------------


async def test_texts_of_each_language_are_kept_changed_and_removed(stage: Stage) -> None:
    coordinator = await written(stage, en="Good news\n\nSecond paragraph", ar="خبر سار")
    assert (await found(stage)).texts == {"en": "Good news\n\nSecond paragraph", "ar": "خبر سار"}
    assert "کوردی" in coordinator.sees
    assert "no text yet" in coordinator.sees
    await coordinator.taps("announcement-text:1:en")
    assert "Good news" in coordinator.sees
    await coordinator.taps("Remove the text")
    assert set((await found(stage)).texts) == {"ar"}


async def test_a_text_that_is_too_long_or_empty_is_asked_for_again(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.taps("announcement-text:1:ku")
    await coordinator.says("x" * (LONGEST_TEXT + 1))
    assert "3501" in coordinator.sees.replace(",", "")
    await coordinator.says("\u200b\u202e")
    assert "Write the text" in coordinator.sees
    await coordinator.says("x" * LONGEST_TEXT)
    assert len((await found(stage)).texts["ku"]) == LONGEST_TEXT


async def test_a_double_tap_begins_one_draft(stage: Stage) -> None:
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("new-announcement")
    await coordinator.forges("new-announcement")
    async with stage.database.reading() as unit:
        assert await unit.announcements.get(2) is None


async def test_a_draft_waits_in_the_list_and_can_be_discarded(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.forges("announcements")
    await coordinator.taps("Draft:")
    assert "Good news" in coordinator.sees
    await coordinator.taps("Discard", again=True)
    async with stage.database.reading() as unit:
        assert await unit.announcements.get(1) is None


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_an_event_suggests_its_own_words_in_each_language(stage: Stage, lang: str) -> None:
    event = await an_event(stage)
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"new-announcement:{event.id}")
    await coordinator.taps(f"announcement-text:1:{lang}")
    await coordinator.taps("Use the suggestion", again=True)
    texts = (await found(stage)).texts
    assert set(texts) == {lang}
    assert TITLES[lang] in texts[lang]
    assert "{" not in texts[lang]


async def test_an_event_suggests_nothing_in_a_language_it_lacks(stage: Stage) -> None:
    event = await an_event(stage, langs=("en",))
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"new-announcement:{event.id}")
    await coordinator.taps("announcement-text:1:ku")
    assert "Use the suggestion" not in coordinator.buttons
    await coordinator.forges("announcement-suggest:1:ku")
    assert (await found(stage)).texts == {}


async def test_a_picture_goes_with_it(stage: Stage) -> None:
    member = await stage.known("en")
    coordinator = await written(stage)
    await coordinator.taps("Picture or file")
    await coordinator.says("here it comes")
    assert "Send the picture or file" in coordinator.sees
    await coordinator.sends("poster.png", b"\x89PNG picture", "image/png")
    assert "The file was attached" in coordinator.sees
    await coordinator.taps("Preview and send")
    shown = [one.part.attachment for one in coordinator.phone if one.part.attachment]
    await coordinator.taps("Send now")
    assert [one.part.attachment for one in member.phone] == shown
    assert shown[0].picture


async def test_a_file_can_be_removed_again(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.taps("Picture or file")
    await coordinator.sends("agenda.pdf", b"%PDF-1.4", "application/pdf")
    assert (await found(stage)).file_id
    await coordinator.taps("Picture or file")
    await coordinator.taps("Remove the file")
    assert (await found(stage)).file_id is None


async def test_a_file_that_whatsapp_does_not_take_is_warned_of(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.taps("Picture or file")
    await coordinator.sends("film.mp4", b"\0" * (16 * 1024 * 1024 + 1), "video/mp4")
    assert "WhatsApp takes files up to 16 MB only" in coordinator.sees
    assert (await found(stage)).file_id


# --- whom it is for -----------------------------------------------------------------------------------------


async def test_each_audience_is_chosen_and_counted(stage: Stage) -> None:
    event = await an_event(stage)
    far = await stage.organisation("org-erbil")
    registered = await stage.known("ar", channel="whatsapp")
    await has_seat(stage, registered, event)
    await stage.known("ku", organisation=far)
    coordinator = await written(stage)
    for taps, chosen, people in (
        (["One organisation", f"organisation:{far}"], f"organisation:{far}", 1),
        (["One language", "العربية"], "language:ar", 1),
        (["Registered for…", "1."], f"registered:{event.id}", 1),
        (["Not registered for…", "1."], f"not_registered:{event.id}", 2),
        (["Everyone"], "everyone:", 3),
    ):
        await coordinator.taps("Audience")
        for label in taps:
            labels = coordinator.last.labels
            wanted = [action for one, action in labels.items() if label in one or action.endswith(label)]
            await coordinator.taps(wanted[0])
        audience = (await found(stage)).audience
        assert f"{audience.who}:{audience.value}" == chosen
        assert (f"{people} people will" if people > 1 else "1 person will") in coordinator.sees


async def test_choices_that_were_never_offered_change_nothing(stage: Stage) -> None:
    coordinator = await written(stage)
    for wrong in ("x:1", "language:xx", "organisation:", "organisation:" + "9" * 19, "registered:1.5"):
        await coordinator.forges(f"audience-set:announcement:1:{wrong}"[:62])
        assert (await found(stage)).audience.who == "everyone"
    await coordinator.forges("audience:nothing:1")
    assert coordinator.buttons


async def test_who_is_left_out_and_why_is_said_before(stage: Stage) -> None:
    silent, muted, blocked = [await stage.known("en") for _ in range(3)]
    async with stage.database.unit() as unit:
        await unit.members.change((await silent.member()).id, silenced=True)
        await unit.members.change((await muted.member()).id, muted=("announcements",))
        for address in await unit.addresses.of_member((await blocked.member()).id):
            await unit.addresses.mark(address.id, "blocked")
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    said = coordinator.sees
    assert "1 person will get it" in said
    for reason in ("stopped all messages", "do not want this kind of message", "blocked the bot"):
        assert f"Left out, {reason}: 1".replace(",", "") in said.replace("\u2068", "").replace(
            "\u2069", ""
        ).replace(",", "")


async def test_nobody_to_send_to_offers_another_audience(stage: Stage) -> None:
    coordinator = await written(stage)
    await coordinator.forges("audience-set:announcement:1:language:ku")
    await coordinator.taps("Preview and send")
    assert "Nobody would get it" in coordinator.sees
    assert "Send now" not in coordinator.buttons


# --- the preview --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "texts", [{"en": "Good news", "ar": "خبر سار"}, {"ku": "هەواڵێکی خۆش"}], ids=["two", "one"]
)
async def test_the_preview_is_what_arrives(stage: Stage, lang: str, texts: dict[str, str]) -> None:
    event = await an_event(stage)
    member = await stage.known(lang)
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"new-announcement:{event.id}")
    for one, text in texts.items():
        await coordinator.taps(f"announcement-text:1:{one}")
        await coordinator.says(text)
    await coordinator.forges(f"announcement-preview:1:{lang}")
    previewed = coordinator.phone[-2].part
    await coordinator.taps("Send now")
    assert [shown.part for shown in member.phone] == [previewed]


async def test_the_preview_offers_the_other_languages(stage: Stage) -> None:
    coordinator = await written(stage, en="Good news", ar="خبر سار")
    await coordinator.taps("Preview and send")
    assert "Good news" in coordinator.phone[-2].text
    await coordinator.taps("announcement-preview:1:ar")
    assert "خبر سار" in coordinator.phone[-2].text
    assert "Send now" in coordinator.last.labels
    await coordinator.taps("announcement-preview:1:ku")
    assert "Good news" in coordinator.phone[-2].text
    assert speech("ku")._("In {language}:", language="English") in coordinator.phone[-2].text


async def test_a_missing_language_is_warned_of_with_what_its_readers_get(stage: Stage) -> None:
    for _ in range(2):
        await stage.known("ku")
    coordinator = await written(stage, ar="خبر سار")
    await coordinator.taps("Preview and send")
    said = coordinator.sees.replace("\u2068", "").replace("\u2069", "")
    assert "No text in کوردی: 2 of its readers get the one in العربية." in said
    assert "No text in العربية" not in said


async def test_what_changed_after_the_preview_is_previewed_again(stage: Stage) -> None:
    member = await stage.known("en")
    coordinator = await written(stage)
    await coordinator.taps("Preview and send")
    seen = coordinator.last.labels["Send now"]
    other = await stage.known("en", role="coordinator")
    await other.forges("announcement-text:1:en")
    await other.says("Other news")
    await coordinator.forges(seen)
    assert "The draft has changed since" in coordinator.sees
    assert member.phone == []
    assert (await found(stage)).state == "draft"
    await coordinator.taps("Send now")
    assert "Other news" in member.last.text


# --- sending ------------------------------------------------------------------------------------------------


async def test_everybody_gets_it_once_however_often_it_is_confirmed(stage: Stage) -> None:
    readers = [await stage.known(lang) for lang in LANGUAGES]
    second = await stage.known("en", role="coordinator")
    coordinator = await written(stage, en="Good news", ar="خبر سار", ku="هەواڵێکی خۆش")
    await coordinator.taps("Preview and send")
    confirm = coordinator.last.labels["Send now"]
    await coordinator.taps("Send now", again=True)
    await second.forges(confirm)
    await stage.passes(SECONDS)
    for reader, text in zip(readers, ("خبر سار", "هەواڵێکی خۆش", "Good news"), strict=True):
        assert count_of(reader, text) == 1
    assert await rows_of(stage, "announcement:1") == {("sent", ""): 5}


async def test_a_guest_who_follows_hears_it_and_who_has_not_agreed_does_not(stage: Stage) -> None:
    guest, stranger = await stage.known("en", role="guest"), stage.person()
    await stranger.says("hello")
    await sent(stage)
    assert count_of(guest, "Good news") == 1
    assert count_of(stranger, "Good news") == 0


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "browser"])
async def test_one_tap_on_it_registers(stage: Stage, channel: str) -> None:
    event = await an_event(stage)
    member = await stage.known("en", channel=channel)
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"new-announcement:{event.id}")
    await coordinator.taps("announcement-text:1:en")
    await coordinator.taps("Use the suggestion")
    await coordinator.taps("Preview and send")
    await coordinator.taps("Send now")
    announced = member.last.text
    await (member.says("register") if channel == "whatsapp" else member.taps("Register"))
    assert "You are registered" in member.sees
    assert announced in [shown.text for shown in member.phone], "the announcement stays in place"
    async with stage.database.reading() as unit:
        assert await unit.registrations.of(event.id, (await member.member()).id)


async def test_an_event_that_began_offers_no_registration(stage: Stage) -> None:
    event = await an_event(stage, days=0.001)
    member = await stage.known("en")
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges(f"new-announcement:{event.id}")
    await coordinator.taps("announcement-text:1:en")
    await coordinator.says("Slides will follow")
    stage.now += timedelta(hours=1)
    await coordinator.forges("announcement-preview:1")
    await coordinator.taps("Send now")
    assert member.last.labels == {}


async def test_the_notice_depends_on_language_alone(stage: Stage) -> None:
    """It is rendered once for each language: nobody's own data may be in it."""
    await an_event(stage)
    people = [await stage.known("ar"), await stage.known("ar", role="guest", channel="whatsapp")]
    coordinator = await stage.known("en", role="coordinator")
    await coordinator.forges("new-announcement:1")
    await coordinator.taps("announcement-text:1:ar")
    await coordinator.says("خبر")
    entry = registry.notices["announcement"]
    assert entry.shared
    screens = []
    async with stage.database.reading() as unit:
        for person in people:
            member = await person.member()
            (address,) = await unit.addresses.of_member(member.id)
            screens.append(await entry.handler(Turn(unit, member, address, stage.now, stage.community), 1))
    assert screens[0] == screens[1]
    assert present(screens[0], TELEGRAM)


# --- following ----------------------------------------------------------------------------------------------


async def test_one_message_follows_it_to_the_end(stage: Stage) -> None:
    await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Retry(after=3600)]
    coordinator = await sent(stage)
    card = card_of(coordinator)
    assert "The announcement is being sent" in card.text
    assert "Stop" in card.labels
    await stage.passes(SECONDS)
    assert "Waiting: 1" in plain(card.text)
    before = len(coordinator.phone)
    await stage.passes(timedelta(hours=2))
    assert card is card_of(coordinator)
    assert "The announcement was sent" in card.text
    assert "Sent: 2 of 2" in plain(card.text)
    assert "Stop" not in card.labels
    assert len(coordinator.phone) == before


async def test_nothing_new_is_not_told_again(stage: Stage) -> None:
    await sent(stage)
    await stage.passes(SECONDS)
    told = await rows_of(stage, "progress:1")
    for _ in range(3):
        await stage.passes(SECONDS)
    assert await rows_of(stage, "progress:1") == told


async def test_receipts_that_come_later_are_shown_too(stage: Stage) -> None:
    await stage.known("en", channel="whatsapp")
    coordinator = await sent(stage)
    await stage.passes(SECONDS)
    (shown,) = [one for phone in stage.channels["whatsapp"].phones.values() for one in phone]
    async with stage.database.unit() as unit:
        await unit.outbox.advance("read", now=stage.now, channel="whatsapp", provider_id=shown.id)
    await stage.passes(timedelta(minutes=1))
    assert "Read: 1" in plain(card_of(coordinator).text)


async def test_on_whatsapp_only_the_end_is_worth_a_message(stage: Stage) -> None:
    await stage.known("en", channel="browser")
    stage.channels["browser"].outcomes = [Retry(after=5), Retry(after=5), Retry(after=3600)]
    coordinator = await written(stage, channel="whatsapp")
    await coordinator.forges("announcement-preview:1")
    await coordinator.says("Send now")
    await stage.passes(timedelta(seconds=1))
    before = len(coordinator.phone)
    for _ in range(3):
        await stage.passes(timedelta(seconds=10))
    assert len(coordinator.phone) == before
    await stage.passes(timedelta(hours=2))
    assert len(coordinator.phone) == before + 1
    assert "The announcement was sent" in coordinator.last.text


async def test_stopped_while_running_nobody_else_gets_it(stage: Stage) -> None:
    late = await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Retry(after=3600)]
    coordinator = await sent(stage)
    await coordinator.taps("Stop", again=True)
    assert "The announcement was stopped" in card_of(coordinator).text
    await stage.passes(timedelta(hours=2))
    assert late.phone == []
    assert await rows_of(stage, "announcement:1") == {("sent", ""): 1, ("withdrawn", "stopped"): 1}
    assert "Taken back: 1" in plain(card_of(coordinator).text)


async def test_what_failed_is_said_in_words_and_tried_again(stage: Stage) -> None:
    reader = await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Rejected("63019")]
    coordinator = await sent(stage)
    await stage.passes(SECONDS)
    assert "Failed, refused by the provider: 1" in plain(card_of(coordinator).text)
    await coordinator.taps("Retry the failed", again=True)
    await stage.passes(SECONDS)
    assert count_of(reader, "Good news") == 1
    assert "Retry the failed" not in card_of(coordinator).labels
    assert "Sent: 2 of 2" in plain(card_of(coordinator).text)


async def test_a_second_failure_ends_the_card_again(stage: Stage) -> None:
    """The counts are what they were, and yet the card must not stay at "being sent"."""
    await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Rejected("63019"), Rejected("63019")]
    coordinator = await sent(stage)
    await stage.passes(SECONDS)
    await coordinator.taps("Retry the failed")
    await stage.passes(SECONDS)
    assert "The announcement was sent" in card_of(coordinator).text
    assert "Retry the failed" in card_of(coordinator).labels


async def test_what_nobody_knows_is_repeated_only_when_told_to(stage: Stage) -> None:
    reader = await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Unknown("timeout")]
    coordinator = await sent(stage)
    await stage.passes(timedelta(hours=1))
    assert reader.phone == []
    assert "Unknown, sent or not, nobody knows: 1" in plain(card_of(coordinator).text)
    await coordinator.taps("Send again")
    assert count_of(reader, "Good news") == 1


async def test_a_blocked_person_is_left_out_and_not_tried_again(stage: Stage) -> None:
    await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Stopped("63014")]
    coordinator = await sent(stage)
    await stage.passes(SECONDS)
    assert "Left out, blocked the bot: 1" in plain(card_of(coordinator).text)
    assert "Retry the failed" not in card_of(coordinator).labels


async def test_an_account_at_fault_takes_the_rest_back_until_it_is_mended(stage: Stage) -> None:
    readers = [await stage.known("en", channel="whatsapp") for _ in range(3)]
    stage.channels["whatsapp"].outcomes = [Misconfigured("20003")] * 3
    coordinator = await sent(stage)
    await stage.passes(SECONDS)
    assert "Failed, the account is not set up for it: " in plain(card_of(coordinator).text)
    assert [count_of(reader, "Good news") for reader in readers] == [0, 0, 0]
    stage.channels["whatsapp"].outcomes = []
    await coordinator.taps("Retry the failed")
    assert [count_of(reader, "Good news") for reader in readers] == [1, 1, 1]
    assert await rows_of(stage, "announcement:1") == {("sent", ""): 4}


async def test_what_was_too_late_is_tried_again(stage: Stage) -> None:
    reader = await stage.known("en", channel="whatsapp")
    stage.channels["whatsapp"].outcomes = [Retry(after=47 * 3600)]
    coordinator = await sent(stage)
    stage.now += timedelta(days=3)
    await stage.passes(SECONDS)
    assert "Failed, it was too late: 1" in plain(card_of(coordinator).text)
    await coordinator.taps("Retry the failed")
    assert count_of(reader, "Good news") == 1


async def test_the_list_leads_back_to_each_result(stage: Stage) -> None:
    coordinator = await sent(stage)
    await coordinator.forges("announcements")
    assert "Good news" in coordinator.sees
    await coordinator.taps("No. 1")
    assert "The announcement" in coordinator.sees
    for _ in range(6):
        await coordinator.forges("new-announcement")
        number = max(await ids(stage))
        await coordinator.forges(f"announcement-text:{number}:en")
        await coordinator.says(f"Number {number}")
        await coordinator.forges(f"announcement-preview:{number}")
        await coordinator.taps("Send now")
    await coordinator.forges("announcements")
    assert len(coordinator.last.labels) <= 10
    await coordinator.taps("Next")
    assert "Good news" in coordinator.sees


async def ids(stage: Stage) -> list[int]:
    async with stage.database.reading() as unit:
        return [number for number in range(1, 20) if await unit.announcements.get(number)]


async def test_what_was_sent_can_no_longer_be_changed(stage: Stage) -> None:
    coordinator = await sent(stage)
    for action in (
        "announcement-text:1:en",
        "announcement-suggest:1:en",
        "announcement-empty:1:en",
        "announcement-file:1",
        "announcement-no-file:1",
        "announcement-discard:1",
        "audience-set:announcement:1:language:ku",
    ):
        await coordinator.forges(action)
        assert "discarded" not in coordinator.sees
        assert "The announcement" in card_of(coordinator).text
    kept = await found(stage)
    assert (kept.texts, kept.audience.who) == ({"en": "Good news"}, "everyone")


def card_of(coordinator: Person) -> Shown:
    """Find the one message that follows the announcement."""
    (card,) = [shown for shown in coordinator.phone if shown.part.title.startswith("The announcement")]
    return card
