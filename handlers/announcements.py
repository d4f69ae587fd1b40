"""Announcements: written in chat in three languages, previewed as they will be seen, sent, followed, stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.announcement_result import result_screen
from handlers.audience import (
    OWNERS,
    Owner,
    described,
    fallback_lines,
    other_readers,
    reach_lines,
    seen_by,
)
from handlers.events import kind_line, when_line
from handlers.kit import (
    COORDINATORS,
    Attachment,
    Button,
    Reply,
    Screen,
    Template,
    Turn,
    Upload,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
)
from handlers.pages import page_buttons, page_of
from handlers.rules.announcing import (
    fingerprint,
    minute_of,
    text_for,
)
from handlers.rules.quiet import around, is_quiet
from handlers.ways import way_lines
from locales import LANGUAGES, block, clean, speech
from storage.announcements import TOPIC, Announcement
from storage.audience import Audience

ANNOUNCED = "event_announced"
"""The prepared wording for an announcement that invites to an event; any other goes by the opener."""
LONGEST_TEXT = 3_500
WHATSAPP_TAKES = 16 * 1024 * 1024
"""Bytes of a message's media (Twilio, accepted media types)."""


# --- writing ------------------------------------------------------------------------------------------------


@tap("new-announcement", who=COORDINATORS)
async def new(turn: Turn, event_id: int = 0) -> Screen:
    """Begin an announcement, of an event or of anything."""
    event = await turn.unit.events.get(event_id) if event_id else None
    known = event.id if event is not None and event.state == "published" else None
    draft = await turn.unit.announcements.draft(turn.member.id, turn.now, known)
    return await review(turn, draft.id)


async def review(turn: Turn, announcement_id: int, note: str = "") -> Screen:
    """Show a draft: its texts, its audience, whom it reaches, what is missing; and every way to change it."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None:
        return await listing(turn, note=turn._("This announcement is no longer there."))
    if found.state != "draft":
        return await result_screen(turn, found, note)
    reach = await turn.unit.announcements.reach(found.audience)
    return turn.screen(
        paragraphs(
            await _about_event(turn, found),
            lines(*(_text_line(turn, found, lang) for lang in LANGUAGES)),
            turn._("File: attached") if found.file_id else turn._("File: none"),
            lines(turn._("Audience:"), await described(turn, found.audience)),
            reach_lines(turn, reach),
            fallback_lines(turn, dict(found.texts), reach.by_language()) if found.texts else "",
        ),
        title=turn._("New announcement"),
        rows=[
            [Button(speech(lang).name, action("announcement-text", found.id, lang)) for lang in LANGUAGES],
            [
                Button(turn.p("button", "Picture or file"), action("announcement-file", found.id)),
                Button(turn.p("button", "Audience"), action("audience", "announcement", found.id)),
            ],
            *(
                [[Button(turn.p("button", "Preview and send"), action("announcement-preview", found.id))]]
                if found.texts
                else []
            ),
            [
                Button(turn.p("button", "Discard"), action("announcement-discard", found.id)),
                Button(turn.p("button", "Back"), "coordinate"),
            ],
        ],
        note=note,
    )


async def _keep_audience(turn: Turn, announcement_id: int, audience: Audience) -> None:
    await turn.unit.announcements.change(announcement_id, audience=audience)


OWNERS["announcement"] = Owner(_keep_audience, review)


def _text_line(turn: Turn, found: Announcement, lang: str) -> str:
    text = found.texts.get(lang)
    if not text:
        return turn._("{language}: no text yet", language=speech(lang).name)
    beginning = clean(text)
    short = beginning if len(beginning) <= 60 else beginning[:59] + "…"
    return turn._("{language}: {text}", language=speech(lang).name, text=short)


async def _about_event(turn: Turn, found: Announcement) -> str:
    event = await turn.unit.events.get(found.event_id) if found.event_id else None
    return turn._("Invites to: {title}", title=event.title(turn.lang)) if event else ""


@tap("announcement-text", who=COORDINATORS)
async def ask_text(turn: Turn, announcement_id: int, lang: str) -> Screen:
    """Ask for the text in one language, with a suggestion where it is about an event."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or found.state != "draft" or lang not in LANGUAGES:
        return await review(turn, announcement_id)
    suggestion = await _suggestion(turn, found, lang)
    current = found.texts.get(lang, "")
    return turn.screen(
        paragraphs(
            turn._(
                "Write the text in {language}, up to {count} characters.",
                language=speech(lang).name,
                count=LONGEST_TEXT,
            ),
            lines(turn._("It says now:"), block(current)) if current else "",
            lines(turn._("Suggestion:"), block(suggestion)) if suggestion and suggestion != current else "",
        ),
        title=turn._("Announcement"),
        rows=column(
            Button(turn.p("button", "Use the suggestion"), action("announcement-suggest", found.id, lang))
            if suggestion and suggestion != current
            else None,
            Button(turn.p("button", "Remove the text"), action("announcement-empty", found.id, lang))
            if current
            else None,
            Button(turn.p("button", "Back"), action("announcement", found.id)),
        ),
        ask=action("announcement-text", found.id, lang),
    )


@answer("announcement-text", who=COORDINATORS)
async def text_given(turn: Turn, reply: Reply, announcement_id: int, lang: str) -> Screen:
    """Keep a text, or ask again where it is too long."""
    text = reply.text.strip() if block(reply.text) else ""
    if not text or len(text) > LONGEST_TEXT:
        screen = await ask_text(turn, announcement_id, lang)
        return screen.noting(
            turn._(
                "That text has {count} characters; at most {most} fit.", count=len(text), most=LONGEST_TEXT
            )
        )
    if lang not in LANGUAGES or not await _is_draft(turn, announcement_id):
        return await review(turn, announcement_id)
    await turn.unit.announcements.put_text(announcement_id, lang, text)
    return await review(turn, announcement_id, turn._("The text was kept."))


@tap("announcement-suggest", who=COORDINATORS)
async def use_suggestion(turn: Turn, announcement_id: int, lang: str) -> Screen:
    """Take the text that the event itself suggests."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is not None and found.state == "draft" and lang in LANGUAGES:
        suggestion = await _suggestion(turn, found, lang)
        if suggestion:
            await turn.unit.announcements.put_text(found.id, lang, suggestion)
    return await review(turn, announcement_id)


@tap("announcement-empty", who=COORDINATORS)
async def remove_text(turn: Turn, announcement_id: int, lang: str) -> Screen:
    """Take a language's text away."""
    if await _is_draft(turn, announcement_id):
        await turn.unit.announcements.put_text(announcement_id, lang, "")
    return await review(turn, announcement_id)


async def _suggestion(turn: Turn, found: Announcement, lang: str) -> str:
    """Say what the event's own words in that language make for an announcement; empty where it has none."""
    event = await turn.unit.events.get(found.event_id) if found.event_id else None
    if event is None or not event.said("title", lang):
        return ""
    reader = turn.reading(lang)
    return paragraphs(
        clean(reader._("You are invited: {title}", title=event.title(lang))),
        clean(kind_line(reader, event)),
        clean(when_line(reader, event)),
        block(event.said("description", lang)),
    )


@tap("announcement-file", who=COORDINATORS)
async def ask_file(turn: Turn, announcement_id: int) -> Screen:
    """Ask for a picture or file to go with it."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or found.state != "draft":
        return await review(turn, announcement_id)
    return turn.screen(
        turn._("Send the picture or file that shall go with the announcement."),
        title=turn._("Announcement"),
        rows=column(
            Button(turn.p("button", "Remove the file"), action("announcement-no-file", found.id))
            if found.file_id
            else None,
            Button(turn.p("button", "Back"), action("announcement", found.id)),
        ),
        ask=action("announcement-file", found.id),
        accepts="either",
    )


@answer("announcement-file", who=COORDINATORS)
async def file_given(turn: Turn, reply: Reply, announcement_id: int) -> Screen:
    """Keep the file, or say why it can't be taken; a text is no file, and is asked again."""
    upload = reply.upload
    if upload is None or not upload.file_id:
        fault = file_fault(turn, upload.fault) if upload else ""
        return (await ask_file(turn, announcement_id)).noting(fault)
    if not await _is_draft(turn, announcement_id):
        return await review(turn, announcement_id)
    await turn.unit.announcements.change(announcement_id, file_id=upload.file_id)
    noted = size_warning(turn, upload) or turn._("The file was attached.")
    return await review(turn, announcement_id, noted)


@tap("announcement-no-file", who=COORDINATORS)
async def remove_file(turn: Turn, announcement_id: int) -> Screen:
    """Take the file away."""
    await turn.unit.announcements.change(announcement_id, file_id=None)
    return await review(turn, announcement_id)


def size_warning(turn: Turn, upload: Upload | None) -> str:
    """Warn of a file that one channel's readers will not get."""
    if upload is None or upload.size <= WHATSAPP_TAKES:
        return ""
    return turn._(
        "WhatsApp takes files up to 16 MB only: its readers would not get this one. A link reaches all."
    )


def file_fault(turn: Turn, fault: str) -> str:
    """Say in words why a file was not taken."""
    match fault:
        case "large":
            return turn._("That file is too large: at most 20 MB. A link works for anything larger.")
        case "type":
            return turn._(
                "That kind of file can't be taken. PDF, Word, Excel, PowerPoint, pictures and videos work."
            )
        case _:
            return turn._("That file could not be fetched. Please send it again.")


@tap("announcement-discard", who=COORDINATORS)
async def discard(turn: Turn, announcement_id: int) -> Screen:
    """Forget a draft."""
    if await turn.unit.announcements.remove_draft(announcement_id):
        return await listing(turn, note=turn._("The draft was discarded."))
    return await review(turn, announcement_id)


@tap("announcement", who=COORDINATORS)
async def one(turn: Turn, announcement_id: int) -> Screen:
    """Show a draft or what became of an announcement."""
    return await review(turn, announcement_id)


async def _is_draft(turn: Turn, announcement_id: int) -> bool:
    found = await turn.unit.announcements.get(announcement_id)
    return found is not None and found.state == "draft"


# --- what people see ----------------------------------------------------------------------------------------


@notice("announcement", shared=True)
async def announcement(turn: Turn, announcement_id: int) -> Screen | None:
    """Show an announcement to a reader of the turn's language, unless the event it invites to was cancelled."""
    found = await turn.unit.announcements.get(announcement_id)
    event = await turn.unit.events.get(found.event_id) if found and found.event_id else None
    if found is None or (event is not None and event.state == "cancelled"):
        return None
    return await _as_seen(turn, found)


async def _as_seen(turn: Turn, found: Announcement) -> Screen:
    lang, text = text_for(found.texts, turn.lang)
    event = await turn.unit.events.get(found.event_id) if found.event_id else None
    rows = []
    if event is not None and event.state == "published" and not event.started(turn.now):
        rows.append(
            [
                Button(turn.p("button", "Register"), action("register", event.id, event.revision)),
                Button(turn.p("button", "Details"), action("event", event.id)),
            ]
        )
    translated = "" if lang in ("", turn.lang) else turn._("In {language}:", language=speech(lang).name)
    return turn.screen(
        paragraphs(translated, block(text)),
        rows=rows,
        attachments=[Attachment(found.file_id, picture=await _is_picture(turn, found.file_id))]
        if found.file_id
        else [],
        lasting=True,
        template=Template(ANNOUNCED, (event.title(turn.lang), when_line(turn, event)))
        if rows and event
        else None,
    )


async def shown_to_the_second(turn: Turn, found: Announcement, moment: datetime | None) -> Screen:
    """Show a second person every text, the file, the audience and the hour: exactly what they agree to."""
    summary = turn.screen(
        paragraphs(
            lines(turn._("Audience:"), await described(turn, found.audience)),
            turn._("It will go out: {moment}", moment=turn.speech.moment(moment, turn.now)) if moment else "",
        ),
        title=turn._("Announcement"),
    )
    texts = [lang for lang in LANGUAGES if found.texts.get(lang)]
    return summary.followed_by(
        *[replace(await _as_seen(turn.reading(lang), found), rows=()) for lang in texts]
    )


async def _is_picture(turn: Turn, file_id: int) -> bool:
    file = await turn.unit.files.get(file_id)
    return file is not None and file.mime in ("image/jpeg", "image/png")


@tap("announcement-preview", who=COORDINATORS)
async def preview(turn: Turn, announcement_id: int, lang: str = "") -> Screen:
    """Show the announcement exactly as readers of a language will see it, then whom it reaches, then ask."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or found.state != "draft" or not found.texts:
        return await review(turn, announcement_id)
    lang = lang if lang in LANGUAGES else turn.lang
    shown = await _as_seen(turn.reading(lang), found)
    return shown.followed_by(await _confirmation(turn, found, lang))


async def _confirmation(turn: Turn, found: Announcement, lang: str) -> Screen:
    """Say whom it reaches and who gets another language's text, offer the other languages, and ask."""
    reach = await turn.unit.announcements.reach(found.audience)
    return turn.screen(
        paragraphs(
            lines(turn._("Audience:"), await described(turn, found.audience)),
            reach_lines(turn, reach),
            await way_lines(turn, found.audience, TOPIC, ANNOUNCED if found.event_id else ""),
            fallback_lines(turn, dict(found.texts), reach.by_language()),
            seen_by(turn, lang),
            _asked(turn) if reach.total else turn._("Nobody would get it. Choose another audience."),
        ),
        title=turn._("This is how it will be seen"),
        rows=[
            other_readers(turn, lang, "announcement-preview", found.id),
            _sending_row(turn, found) if reach.total else [],
            [Button(turn.p("button", "Change something"), action("announcement", found.id))],
        ],
    )


def _asked(turn: Turn) -> str:
    if not is_quiet(turn.now):
        return turn._("Send it now?")
    morning = turn.speech.moment(around(turn.now)[1], turn.now)
    return turn._("It is night. Send it now all the same, or in the morning: {moment}?", moment=morning)


def _sending_row(turn: Turn, found: Announcement) -> list[Button]:
    seen = version_of(found)
    now = Button(turn.p("button", "Send now"), action("announcement-send", found.id, seen))
    later = Button(turn.p("button", "Send later"), action("announcement-later", found.id, seen))
    if not is_quiet(turn.now):
        return [now, later]
    morning = action("announcement-schedule", found.id, seen, minute_of(around(turn.now)[1]))
    return [now, Button(turn.p("button", "In the morning"), morning), later]


def version_of(found: Announcement) -> str:
    """Sum up what was previewed, so that exactly that is what is sent."""
    return fingerprint(sorted(found.texts.items()), found.audience, found.file_id)


# --- the list -----------------------------------------------------------------------------------------------


@tap("announcements", who=COORDINATORS)
async def announcements(turn: Turn, page: int = 0) -> Screen:
    """List drafts and what was sent."""
    return await listing(turn, page)


async def listing(turn: Turn, page: int = 0, note: str = "") -> Screen:
    """Show a page of announcements, the newest in front, with a word about what just happened."""
    shown = await page_of(
        lambda limit, offset: turn.unit.announcements.sent(limit=limit, offset=offset), page, 4
    )
    drafts = await turn.unit.announcements.drafts(turn.member.id, limit=2) if page == 0 else []
    numbered = list(enumerate(shown.items, shown.first))
    text = [
        turn._(
            "{number}. {date}: {text}",
            number=number,
            date=turn.speech.date(found.created_at, turn.now),
            text=_beginning(turn, found),
        )
        for number, found in numbered
    ]
    return turn.screen(
        lines(*text) if text else turn._("Nothing was announced yet."),
        title=turn._("Announcements"),
        rows=[
            [Button(turn.p("button", "New announcement"), "new-announcement")],
            *(
                [
                    Button(
                        turn._("Draft: {text}", text=_beginning(turn, found, 14)),
                        action("announcement", found.id),
                    )
                ]
                for found in drafts
            ),
            [
                Button(turn._("No. {number}", number=number), action("announcement", found.id))
                for number, found in numbered
            ],
            page_buttons(turn, shown, "announcements"),
            [Button(turn.p("button", "Back"), "coordinate")],
        ],
        note=note,
    )


def _beginning(turn: Turn, found: Announcement, length: int = 40) -> str:
    text = clean(text_for(found.texts, turn.lang)[1])
    return text if len(text) <= length else text[: length - 1] + "…"
