"""What became of an announcement: one message of its author that is kept up to date, and what may be done then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.audience import LEFT_OUT, described
from handlers.kit import Button, Screen, Tick, Turn, action, column, lines, notice, paragraphs, tick
from handlers.menu import menu_button
from handlers.rules.announcing import Progress, bar, can_retry, percent, progress_of, worth_counting
from locales import N_, NP_, Message
from storage.announcements import Announcement
from storage.unit import Unit

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
SEND_NOW, NOT_YET = NP_("button", "Send now"), NP_("button", "Back to the draft")
PAUSE, RESUME, STOP = NP_("button", "Pause"), NP_("button", "Go on"), NP_("button", "Stop")
AGAIN, RETRY = NP_("button", "Send again"), NP_("button", "Retry the failed")


async def result_screen(turn: Turn, found: Announcement, note: str = "") -> Screen:
    """Show how far sending has come, or what came of it. One message that is kept up to date."""
    tally = await turn.unit.outbox.tally(found.subject)
    progress = progress_of(tally)
    return turn.screen(
        paragraphs(
            lines(turn._("Audience:"), await described(turn, found.audience)),
            _when_line(turn, found),
            _progress_lines(turn, progress) if progress.total else "",
            _failure_lines(turn, progress),
        ),
        title=_headline(turn, found),
        rows=column(
            *(button for button in _steering(turn, found, progress, tally) if button),
            Button(turn.p("button", "Announcements"), "announcements"),
            menu_button(turn),
        ),
        card=f"announcement-{found.id}",
        quiet=found.state == "sending",
        note=note,
    )


def _steering(
    turn: Turn, found: Announcement, progress: Progress, tally: Mapping[tuple[str, str], int]
) -> list[Button | None]:
    """Offer what may be done with it in its state."""

    def offer(label: Message, name: str, *more: str) -> Button:
        return Button(turn.say(label), action(name, found.id, *more))

    match found.state:
        case "scheduled" | "missed":
            return [offer(SEND_NOW, "announcement-now"), offer(NOT_YET, "announcement-unschedule")]
        case "sending":
            return [offer(PAUSE, "announcement-pause"), offer(STOP, "announcement-stop")]
        case "paused":
            return [offer(RESUME, "announcement-resume"), offer(STOP, "announcement-stop")]
        case _:
            return [
                offer(STOP, "announcement-stop") if found.state == "done" and progress.held else None,
                offer(AGAIN, "announcement-again", "unknown") if progress.unknown else None,
                offer(RETRY, "announcement-again", "failed") if can_retry(tally) else None,
            ]


def _when_line(turn: Turn, found: Announcement) -> str:
    if found.send_at is None or found.state not in ("scheduled", "missed"):
        return ""
    moment = turn.speech.moment(found.send_at, turn.now)
    if found.state == "missed":
        return turn._(
            "It was to go out: {moment}. The bot was not running then, so nobody got it.", moment=moment
        )
    return turn._("It will go out: {moment}", moment=moment)


def _headline(turn: Turn, found: Announcement) -> str:
    match found.state:
        case "scheduled":
            return turn._("The announcement waits for its hour")
        case "missed":
            return turn._("The announcement missed its hour")
        case "paused":
            return turn._("The announcement is paused")
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
    """Note what is finished, and tell each author how far sending has come: the larger it is, the less often."""
    async with tick.unit() as unit:
        for found in await unit.announcements.under_way():
            finished = not await unit.outbox.unfinished(found.subject)
            if finished:
                await unit.announcements.advance(found.id, ("sending",), "done", finished_at=tick.now)
            if finished or worth_counting(found.people, found.told_at, tick.now):
                await unit.announcements.told(found.id, tick.now)
                progress = progress_of(await unit.outbox.tally(found.subject))
                await tell_author(unit, found, progress, tick.now)


@tick("announcement-receipts", every=timedelta(seconds=30))
async def follow_receipts(tick: Tick) -> None:
    """Go on telling authors who received and read it, and what was under way when it was stopped."""
    async with tick.unit() as unit:
        for found in await unit.announcements.finished(tick.now - RECEIPTS_FOR):
            if worth_counting(found.people, found.told_at, tick.now):
                await unit.announcements.told(found.id, tick.now)
                progress = progress_of(await unit.outbox.tally(found.subject))
                await tell_author(unit, found, progress, tick.now, 1)


async def tell_author(unit: Unit, found: Announcement, progress: Progress, now: datetime, *late: int) -> None:
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
