"""Announcements: written in chat in three languages, previewed as they will be seen, sent, followed, stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers.audience import (
    LEFT_OUT,
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
    Tick,
    Turn,
    Upload,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
    tick,
)
from handlers.menu import menu_button
from handlers.pages import page_buttons, page_of
from handlers.rules.announcing import (
    RETRIED,
    Progress,
    bar,
    can_retry,
    fingerprint,
    percent,
    progress_of,
    text_for,
)
from handlers.ways import way_lines
from locales import LANGUAGES, N_, block, clean, speech
from storage.announcements import TOPIC, Announcement
from storage.audience import Audience
from storage.outbox import BROADCAST
from storage.unit import Unit

ANNOUNCED = "event_announced"
"""The prepared wording for an announcement that invites to an event; any other goes by the opener."""
LONGEST_TEXT = 3_500
WHATSAPP_TAKES = 16 * 1024 * 1024
"""Bytes of a message's media (Twilio, accepted media types)."""
REASONS = {
    **LEFT_OUT,
    "window_closed": N_("WhatsApp's 24 hours have passed"),
    "withheld": N_("held back by WhatsApp itself"),
    "not_joined": N_("has not joined the test sandbox"),
    "rejected": N_("refused by the provider"),
    "misconfigured": N_("the account is not set up for it"),
    "gave_up": N_("tried again and again in vain"),
    "too_late": N_("it was too late"),
    "stopped": N_("stopped by a coordinator"),
    "not_applicable": N_("no longer needed"),
    "unsure": N_("sent or not, nobody knows"),
}
RECEIPTS_FOR = timedelta(minutes=30)
"""For how long after the end the author's message still follows who received and read it."""


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
    """Show an announcement to a reader of the turn's language."""
    found = await turn.unit.announcements.get(announcement_id)
    return None if found is None else await _as_seen(turn, found)


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
            turn._("Send it now?")
            if reach.total
            else turn._("Nobody would get it. Choose another audience."),
        ),
        title=turn._("This is how it will be seen"),
        rows=[
            other_readers(turn, lang, "announcement-preview", found.id),
            [Button(turn.p("button", "Send now"), action("announcement-send", found.id, _version(found)))]
            if reach.total
            else [],
            [Button(turn.p("button", "Change something"), action("announcement", found.id))],
        ],
    )


def _version(found: Announcement) -> str:
    return fingerprint(sorted(found.texts.items()), found.audience, found.file_id)


# --- sending and following ----------------------------------------------------------------------------------


@tap("announcement-send", who=COORDINATORS)
async def send(turn: Turn, announcement_id: int, seen: str) -> Screen:
    """Send what was previewed, once, however often this is tapped: one row for each person, in one statement."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or not found.texts:
        return await review(turn, announcement_id)
    if found.state == "draft" and seen != _version(found):
        changed = turn._("The draft has changed since. Please look again.")
        return (await preview(turn, announcement_id)).noting(changed)
    first = await turn.unit.announcements.advance(
        found.id, ("draft",), "sending", confirmed_at=turn.now, author_id=turn.member.id
    )
    if first:
        await turn.unit.outbox.notify(
            "announcement",
            found.audience.recipients(),
            subject=found.subject,
            occurrence="1",
            at=turn.now,
            args=(found.id,),
            lane=BROADCAST,
            topic=TOPIC,
        )
    return await review(turn, found.id, "" if first else turn._("It is on its way already."))


@tap("announcement-stop", who=COORDINATORS)
async def stop(turn: Turn, announcement_id: int) -> Screen:
    """Stop what has not gone out yet."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is not None and await turn.unit.announcements.advance(
        found.id, ("sending", "done"), "stopped", finished_at=turn.now
    ):
        await turn.unit.outbox.withdraw(found.subject, now=turn.now, kind="announcement")
        return await review(turn, found.id, turn._("Stopped. Those who have it already keep it."))
    return await review(turn, announcement_id)


@tap("announcement-again", who=COORDINATORS)
async def again(turn: Turn, announcement_id: int, state: str) -> Screen:
    """Try once more for those whom it failed for, or of whom nobody knows; the coordinator decides."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None or state not in ("failed", "unknown"):
        return await review(turn, announcement_id)
    if await turn.unit.announcements.advance(
        found.id, ("done", "stopped"), "sending", confirmed_at=turn.now, finished_at=None
    ):
        states = RETRIED if state == "failed" else {"unknown": ()}
        for one, reasons in states.items():
            await turn.unit.outbox.again(found.subject, one, now=turn.now, reasons=reasons)
    return await review(turn, announcement_id)


async def result_screen(turn: Turn, found: Announcement, note: str = "") -> Screen:
    """Show how far sending has come, or what came of it. One message that is kept up to date."""
    tally = await turn.unit.outbox.tally(found.subject)
    progress = progress_of(tally)
    return turn.screen(
        paragraphs(
            lines(turn._("Audience:"), await described(turn, found.audience)),
            _progress_lines(turn, progress),
            _failure_lines(turn, progress),
        ),
        title=_headline(turn, found),
        rows=column(
            Button(turn.p("button", "Stop"), action("announcement-stop", found.id))
            if found.state == "sending" or (found.state == "done" and progress.held)
            else None,
            Button(turn.p("button", "Send again"), action("announcement-again", found.id, "unknown"))
            if progress.unknown and found.state != "sending"
            else None,
            Button(turn.p("button", "Retry the failed"), action("announcement-again", found.id, "failed"))
            if found.state != "sending" and can_retry(tally)
            else None,
            Button(turn.p("button", "Announcements"), "announcements"),
            menu_button(turn),
        ),
        card=f"announcement-{found.id}",
        quiet=found.state == "sending",
        note=note,
    )


def _headline(turn: Turn, found: Announcement) -> str:
    match found.state:
        case "sending":
            return turn._("The announcement is being sent")
        case "stopped":
            return turn._("The announcement was stopped")
        case _:
            return turn._("The announcement was sent")


def _progress_lines(turn: Turn, progress: Progress) -> str:
    done = progress.total - progress.waiting
    return lines(
        f"{bar(done, progress.total)} {percent(done, progress.total)}%",
        turn._("Sent: {count} of {total}", count=progress.reached, total=progress.total),
        turn._("Delivered: {count}", count=progress.delivered + progress.read)
        if progress.delivered + progress.read
        else "",
        turn._("Read: {count}", count=progress.read) if progress.read else "",
        turn._("Waiting: {count}", count=progress.waiting) if progress.waiting else "",
        turn._("Of these, on a later day: {count}", count=progress.postponed) if progress.postponed else "",
        turn._("Told, and waiting for them to open it: {count}", count=progress.held)
        if progress.held
        else "",
        turn._("Taken back: {count}", count=progress.withdrawn) if progress.withdrawn else "",
    )


def _failure_lines(turn: Turn, progress: Progress) -> str:
    def said(reason: str) -> str:
        return turn.say(REASONS.get(reason, REASONS["rejected"]))

    return lines(
        *(
            turn._("Failed, {reason}: {count}", reason=said(reason), count=count)
            for reason, count in progress.failed.items()
        ),
        turn._("Unknown, {reason}: {count}", reason=said("unsure"), count=progress.unknown)
        if progress.unknown
        else "",
        *(
            turn._("Left out, {reason}: {count}", reason=said(reason), count=count)
            for reason, count in progress.left_out.items()
        ),
    )


@notice("announcement-progress")
async def announcement_progress(turn: Turn, announcement_id: int, late: int = 0) -> Screen | None:
    """Bring the author's message up to date; `late` news of receipts are not worth a message of their own."""
    found = await turn.unit.announcements.get(announcement_id)
    if found is None:
        return None
    screen = await result_screen(turn, found)
    return replace(screen, quiet=True) if late else screen


@tick("announcement-progress", every=timedelta(seconds=2))
async def follow(tick: Tick) -> None:
    """Tell each author how far sending has come, whenever that changed, and note what is finished."""
    async with tick.unit() as unit:
        for found in await unit.announcements.under_way():
            progress = progress_of(await unit.outbox.tally(found.subject))
            if not progress.waiting:
                await unit.announcements.advance(found.id, ("sending",), "done", finished_at=tick.now)
            await _tell_author(unit, found, progress, tick.now)


@tick("announcement-receipts", every=timedelta(seconds=30))
async def follow_receipts(tick: Tick) -> None:
    """Go on telling authors who received and read it, and what was under way when it was stopped."""
    async with tick.unit() as unit:
        for found in await unit.announcements.finished(tick.now - RECEIPTS_FOR):
            progress = progress_of(await unit.outbox.tally(found.subject))
            await _tell_author(unit, found, progress, tick.now, 1)


async def _tell_author(
    unit: Unit, found: Announcement, progress: Progress, now: datetime, *late: int
) -> None:
    if found.author_id is None or found.confirmed_at is None:
        return
    await unit.outbox.keep_current(
        "announcement-progress",
        found.author_id,
        f"{found.confirmed_at.timestamp():.0f}.{progress.showing}",
        subject=f"progress:{found.id}",
        card=f"announcement-{found.id}",
        at=now,
        args=(found.id, *late),
    )


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
