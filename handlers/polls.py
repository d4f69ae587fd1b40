"""Quick polls: one question, up to ten options, any audience; the tally grows, is closed, and may be shared."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers.audience import (
    OWNERS,
    Owner,
    described,
    fallback_lines,
    other_readers,
    reach_lines,
    seen_by,
)
from handlers.kit import (
    COORDINATORS,
    Button,
    Reply,
    Screen,
    Tick,
    Turn,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
    tick,
)
from handlers.menu import menu_button, menu_screen
from handlers.pages import page_buttons, page_of
from handlers.rules.announcing import bar, fingerprint, percent
from handlers.rules.approving import Signed, digest
from handlers.rules.polling import FEWEST, LONGEST_OPTION, MOST, Fault, is_full, options_after
from handlers.second import ACTS, Act, Args, second_person
from handlers.ways import way_lines
from locales import LANGUAGES, N_, block, clean, speech
from storage.audience import Audience
from storage.outbox import BROADCAST
from storage.polls import ASKED, TOPIC, Poll, Wording
from storage.unit import Unit

LONGEST_QUESTION = 300


# --- writing ------------------------------------------------------------------------------------------------


@tap("new-poll", who=COORDINATORS)
async def new(turn: Turn) -> Screen:
    """Begin a poll in the coordinator's own language."""
    draft = await turn.unit.polls.draft(turn.member.id, turn.lang, turn.now)
    return _ask_question(turn, draft, turn.lang)


@tap("poll-question", who=COORDINATORS)
async def ask_question(turn: Turn, poll_id: int, lang: str) -> Screen:
    """Ask for the question in one language."""
    poll = await _draft(turn, poll_id)
    return _ask_question(turn, poll, lang) if poll and lang in LANGUAGES else await review(turn, poll_id)


def _ask_question(turn: Turn, poll: Poll, lang: str, note: str = "") -> Screen:
    original = poll.original.question if lang != poll.lang else ""
    return turn.screen(
        paragraphs(
            turn._("What do you want to ask? Write the question in {language}.", language=speech(lang).name),
            turn._("In the original: {text}", text=original) if original else "",
        ),
        title=turn._("Quick poll"),
        rows=column(Button(turn.p("button", "Back"), action("poll", poll.id))),
        ask=action("poll-question", poll.id, lang),
        note=note,
    )


@answer("poll-question", who=COORDINATORS)
async def question_given(turn: Turn, reply: Reply, poll_id: int, lang: str) -> Screen:
    """Keep the question and ask for the options."""
    poll = await _draft(turn, poll_id)
    if poll is None or lang not in LANGUAGES:
        return await review(turn, poll_id)
    question = clean(reply.text)
    if not 0 < len(question) <= LONGEST_QUESTION:
        note = turn._("A question may have up to {count} characters.", count=LONGEST_QUESTION)
        return _ask_question(turn, poll, lang, note)
    kept = poll.wordings.get(lang, Wording(""))
    await turn.unit.polls.put(poll.id, lang, Wording(question, kept.options))
    return await ask_options(turn, poll.id, lang)


@tap("poll-options", who=COORDINATORS)
async def ask_options(turn: Turn, poll_id: int, lang: str) -> Screen:
    """Ask for the options in one language."""
    poll = await _draft(turn, poll_id)
    return _ask_options(turn, poll, lang) if poll and lang in LANGUAGES else await review(turn, poll_id)


def _ask_options(turn: Turn, poll: Poll, lang: str, note: str = "") -> Screen:
    original = poll.original.options if lang != poll.lang else ()
    asked = (
        turn._("Write the same {count} options in {language}, one a line, in this order:", count=len(original),
               language=speech(lang).name)
        if original
        else turn._("Now the options, from {fewest} to {most}: one a line, or each in a message of its own.",
                    fewest=FEWEST, most=MOST)
    )  # fmt: skip
    kept = poll.wordings.get(lang, Wording("")).options
    so_far = turn._("So far, until you send several lines at once instead:") if kept else ""
    return turn.screen(
        paragraphs(asked, _numbered(turn, original), lines(so_far, _numbered(turn, kept))),
        title=turn._("Quick poll"),
        rows=column(
            Button(turn.p("button", "Continue"), action("poll", poll.id)) if len(kept) >= FEWEST else None,
            Button(turn.p("button", "Back"), action("poll", poll.id)) if len(kept) < FEWEST else None,
        ),
        ask=action("poll-options", poll.id, lang),
        note=note,
    )


@answer("poll-options", who=COORDINATORS)
async def options_given(turn: Turn, reply: Reply, poll_id: int, lang: str) -> Screen:
    """Keep the options, or say what is wrong with them; ask on while they come one by one."""
    poll = await _draft(turn, poll_id)
    if poll is None or lang not in LANGUAGES:
        return await review(turn, poll_id)
    kept = poll.wordings.get(lang, Wording(""))
    expected = len(poll.original.options) if lang != poll.lang else 0
    options = options_after(kept.options, reply.text, expected)
    if isinstance(options, Fault):
        return _ask_options(turn, poll, lang, _said(turn, options, expected))
    await turn.unit.polls.put(poll.id, lang, Wording(kept.question, options))
    one_by_one = options[:-1] == kept.options and not is_full(options, expected)
    return await (ask_options(turn, poll.id, lang) if one_by_one else review(turn, poll.id))


def _said(turn: Turn, fault: Fault, expected: int) -> str:
    match fault:
        case Fault.NOT_AS_MANY:
            return turn._("There must be as many options as in the original: {count}.", count=expected)
        case Fault.NONE_OR_TOO_MANY:
            return turn._(
                "There must be from {fewest} to {most} options, one a line.", fewest=FEWEST, most=MOST
            )
        case Fault.TOO_LONG:
            return turn._("An option may have up to {count} characters.", count=LONGEST_OPTION)
        case Fault.SAME:
            return turn._("Two options are the same.")


async def _draft(turn: Turn, poll_id: int) -> Poll | None:
    poll = await turn.unit.polls.get(poll_id)
    return poll if poll is not None and poll.state == "draft" else None


async def review(turn: Turn, poll_id: int, note: str = "") -> Screen:
    """Show a draft and every way to change it, or what came of a poll."""
    poll = await turn.unit.polls.get(poll_id)
    if poll is None:
        return await listing(turn, note=turn._("This poll is no longer there."))
    if poll.state != "draft":
        return await _result_screen(turn, poll, note)
    reach = await turn.unit.announcements.reach(poll.audience, TOPIC)
    return turn.screen(
        paragraphs(
            block(poll.original.question),
            _numbered(turn, poll.original.options),
            lines(*(_translation_line(turn, poll, lang) for lang in LANGUAGES if lang != poll.lang)),
            lines(turn._("Audience:"), await described(turn, poll.audience)),
            reach_lines(turn, reach),
            fallback_lines(turn, _translated(poll), reach.by_language(), poll.lang) if poll.complete else "",
        ),
        title=turn._("Quick poll"),
        rows=[
            [
                Button(turn.p("button", "Question"), action("poll-question", poll.id, poll.lang)),
                Button(turn.p("button", "Options"), action("poll-options", poll.id, poll.lang)),
            ],
            [
                Button(speech(lang).name, action("poll-question", poll.id, lang))
                for lang in LANGUAGES
                if lang != poll.lang and poll.complete
            ],
            [Button(turn.p("button", "Audience"), action("audience", "poll", poll.id))],
            [Button(turn.p("button", "Preview and send"), action("poll-preview", poll.id))]
            if poll.complete
            else [],
            [
                Button(turn.p("button", "Discard"), action("poll-discard", poll.id)),
                Button(turn.p("button", "Back"), "polls"),
            ],
        ],
        note=note,
    )


async def _keep_audience(turn: Turn, poll_id: int, audience: Audience) -> None:
    await turn.unit.polls.change(poll_id, audience=audience)


OWNERS["poll"] = Owner(_keep_audience, review)


def _translation_line(turn: Turn, poll: Poll, lang: str) -> str:
    found = poll.wordings.get(lang)
    if found is not None and poll.wording(lang) is found:
        return turn._("{language}: translated", language=speech(lang).name)
    return turn._("{language}: not translated", language=speech(lang).name)


def _numbered(turn: Turn, options: tuple[str, ...]) -> str:
    return lines(
        *(turn._("{number}. {name}", number=number, name=option) for number, option in enumerate(options, 1))
    )


@tap("poll-discard", who=COORDINATORS)
async def discard(turn: Turn, poll_id: int) -> Screen:
    """Forget a draft."""
    if await turn.unit.polls.remove_draft(poll_id):
        return await listing(turn, note=turn._("The draft was discarded."))
    return await review(turn, poll_id)


@tap("poll", who=COORDINATORS)
async def one(turn: Turn, poll_id: int) -> Screen:
    """Show a draft or what came of a poll."""
    return await review(turn, poll_id)


# --- asking -------------------------------------------------------------------------------------------------


@tap("poll-preview", who=COORDINATORS)
async def preview(turn: Turn, poll_id: int, lang: str = "") -> Screen:
    """Show the poll exactly as readers of a language will see it, then whom it reaches, then ask."""
    poll = await _draft(turn, poll_id)
    if poll is None or not poll.complete:
        return await review(turn, poll_id)
    lang = lang if lang in LANGUAGES else turn.lang
    return _asked(turn.reading(lang), poll).followed_by(await _confirmation(turn, poll, lang))


async def _confirmation(turn: Turn, poll: Poll, lang: str) -> Screen:
    """Say whom it reaches, offer the other languages, and ask."""
    reach = await turn.unit.announcements.reach(poll.audience, TOPIC)
    return turn.screen(
        paragraphs(
            lines(turn._("Audience:"), await described(turn, poll.audience)),
            reach_lines(turn, reach),
            await way_lines(turn, poll.audience, TOPIC, ""),
            fallback_lines(turn, _translated(poll), reach.by_language(), poll.lang),
            seen_by(turn, lang),
            turn._("Ask it now?") if reach.total else turn._("Nobody would get it. Choose another audience."),
        ),
        title=turn._("This is how it will be seen"),
        rows=[
            other_readers(turn, lang, "poll-preview", poll.id),
            [Button(turn.p("button", "Send now"), action("poll-send", poll.id, _version(poll)))]
            if reach.total
            else [],
            [Button(turn.p("button", "Change something"), action("poll", poll.id))],
        ],
    )


def _version(poll: Poll) -> str:
    return fingerprint(sorted(poll.wordings.items()), poll.audience)


def _translated(poll: Poll) -> dict[str, str]:
    """Map the languages that have a complete wording to its question."""
    return {lang: one.question for lang, one in poll.wordings.items() if poll.wording(lang) is one}


@tap("poll-send", who=COORDINATORS, patient=True)
async def send(turn: Turn, poll_id: int, seen: str) -> Screen:
    """Ask what was previewed, once, however often this is tapped."""
    poll = await turn.unit.polls.get(poll_id)
    if poll is None or not poll.complete:
        return await review(turn, poll_id)
    if poll.state == "draft" and seen != _version(poll):
        changed = turn._("The draft has changed since. Please look again.")
        return (await preview(turn, poll_id)).noting(changed)
    if poll.state == "draft" and (asked := await second_person(turn, "poll", poll.id)):
        return asked
    await _ask_all(turn.unit, (poll.id,), turn.member.id, turn.now)
    return await review(turn, poll.id)


async def _ask_all(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    poll = await unit.polls.get(int(args[0]))
    if poll is not None and await unit.polls.advance(poll.id, "draft", "open", author_id=asker_id):
        await unit.audit.append("sent", poll.subject, actor_id=asker_id, at=now)
        await unit.outbox.notify(
            "poll",
            poll.audience.recipients(),
            subject=poll.subject,
            occurrence=ASKED,
            at=now,
            args=(poll.id,),
            lane=BROADCAST,
            topic=TOPIC,
        )


async def _sign(unit: Unit, args: Args) -> Signed | None:
    poll = await unit.polls.get(int(args[0]))
    if poll is None or poll.state != "draft" or not poll.complete:
        return None
    reach = await unit.announcements.reach(poll.audience, TOPIC)
    return Signed(digest(sorted(poll.wordings.items()), poll.audience), reach.total)


async def _show(turn: Turn, args: Args) -> Screen:
    poll = await turn.unit.polls.get(int(args[0]))
    if poll is None:
        return await review(turn, int(args[0]))
    summary = turn.screen(
        lines(turn._("Audience:"), await described(turn, poll.audience)), title=turn._("Quick poll")
    )
    return summary.followed_by(
        *[replace(_asked(turn.reading(lang), poll), rows=()) for lang in LANGUAGES if lang in poll.wordings]
    )


ACTS["poll"] = Act(N_("a poll"), _sign, _show, _ask_all, sends=True)


@notice("poll", shared=True)
async def poll_notice(turn: Turn, poll_id: int) -> Screen | None:
    """Ask a reader of the turn's language; a poll that was closed meanwhile is not asked any more."""
    poll = await turn.unit.polls.get(poll_id)
    return _asked(turn, poll) if poll is not None and poll.state == "open" else None


def _asked(turn: Turn, poll: Poll) -> Screen:
    wording = poll.wording(turn.lang)
    return turn.screen(
        paragraphs(
            block(wording.question),
            turn._(
                "Coordinators see only the totals, but your choice is kept with your name until the poll is deleted."
            ),
        ),
        title=turn._("Quick poll"),
        rows=column(*_options(poll, wording)),
        lasting=True,
    )


def _options(poll: Poll, wording: Wording) -> list[Button]:
    return [Button(option, action("vote", poll.id, code)) for code, option in enumerate(wording.options)]


# --- voting -------------------------------------------------------------------------------------------------


@tap("vote")
async def vote(turn: Turn, poll_id: int, choice: int) -> Screen:
    """Count a vote, or change it; a closed poll answers with where things stand."""
    poll = await _open_to(turn, poll_id)
    if poll is None or not 0 <= choice < len(poll.original.options):
        return await _not_there(turn, poll_id)
    if poll.state == "closed":
        return await _closed_screen(turn, poll)
    await turn.unit.polls.vote(poll.id, turn.member.id, choice)
    wording = poll.wording(turn.lang)
    return turn.screen(
        paragraphs(
            turn._("Your answer was recorded: {answer}", answer=wording.options[choice]),
            turn._("You can change it until the poll is closed."),
        ),
        title=turn._("Thank you"),
        rows=column(
            Button(turn.p("button", "Change my answer"), action("poll-again", poll.id)), menu_button(turn)
        ),
    )


@tap("poll-again")
async def vote_again(turn: Turn, poll_id: int) -> Screen:
    """Show the question once more to somebody who wants to change an answer."""
    poll = await _open_to(turn, poll_id)
    if poll is None:
        return await _not_there(turn, poll_id)
    return await _closed_screen(turn, poll) if poll.state == "closed" else _asked(turn, poll)


async def _open_to(turn: Turn, poll_id: int) -> Poll | None:
    """Find a poll that was sent, for somebody whom it is for; to everybody else there is none."""
    poll = await turn.unit.polls.get(poll_id)
    if poll is None or poll.state == "draft":
        return None
    return poll if await turn.unit.polls.may_answer(poll, turn.member.id) else None


async def _not_there(turn: Turn, poll_id: int) -> Screen:
    """Answer a vote that counts nowhere: a coordinator tried the preview's buttons, or the poll is gone."""
    if turn.member.role in COORDINATORS and await _draft(turn, poll_id):
        return await review(turn, poll_id, turn._("This is how it will be seen"))
    return await menu_screen(turn, turn._("This poll is no longer there."))


async def _closed_screen(turn: Turn, poll: Poll) -> Screen:
    mine = await turn.unit.polls.vote_of(poll.id, turn.member.id)
    wording = poll.wording(turn.lang)
    return turn.screen(
        paragraphs(
            turn._("This poll is closed."),
            turn._("Your answer was: {answer}", answer=wording.options[mine]) if mine is not None else "",
            await _tally_text(turn, poll) if poll.shared_at else "",
        ),
        title=turn._("Quick poll"),
        rows=[[menu_button(turn)]],
    )


# --- following ----------------------------------------------------------------------------------------------


async def _result_screen(turn: Turn, poll: Poll, note: str = "") -> Screen:
    """Show the tally. One message that is kept up to date."""
    return turn.screen(
        await _tally_text(turn, poll),
        title=turn._("Quick poll: open") if poll.state == "open" else turn._("Quick poll: closed"),
        rows=column(
            Button(turn.p("button", "Close the poll"), action("poll-close", poll.id))
            if poll.state == "open"
            else None,
            Button(turn.p("button", "Share the result"), action("poll-share", poll.id))
            if poll.state == "closed" and poll.shared_at is None
            else None,
            Button(turn.p("button", "Polls"), "polls"),
            menu_button(turn),
        ),
        card=f"poll-{poll.id}",
        quiet=poll.state == "open",
        note=note,
    )


async def _tally_text(turn: Turn, poll: Poll) -> str:
    tally = await turn.unit.polls.tally(poll.id)
    total = sum(tally.values())
    wording = poll.wording(turn.lang)
    return paragraphs(
        block(wording.question),
        *(
            lines(
                turn._("{number}. {name}", number=code + 1, name=option),
                f"{bar(tally.get(code, 0), total)} {tally.get(code, 0)} ({percent(tally.get(code, 0), total)}%)",
            )
            for code, option in enumerate(wording.options)
        ),
        turn.n("{count} answer", "{count} answers", total),
    )


@tap("poll-close", who=COORDINATORS)
async def close(turn: Turn, poll_id: int) -> Screen:
    """Close a poll: no more votes, and whoever has not got it gets it no more."""
    poll = await turn.unit.polls.get(poll_id)
    if poll is not None and await turn.unit.polls.advance(poll.id, "open", "closed", closed_at=turn.now):
        await turn.unit.outbox.withdraw(poll.subject, now=turn.now, kind="poll")
    return await review(turn, poll_id)


@tap("poll-share", who=COORDINATORS)
async def share(turn: Turn, poll_id: int) -> Screen:
    """Send the result to those who were asked, once."""
    poll = await turn.unit.polls.get(poll_id)
    if poll is not None and await turn.unit.polls.share(poll.id, turn.now):
        await turn.unit.outbox.notify(
            "poll-result",
            turn.unit.polls.asked(poll),
            subject=poll.subject,
            occurrence="result",
            at=turn.now,
            args=(poll.id,),
            lane=BROADCAST,
            topic=TOPIC,
        )
        return await review(turn, poll.id, turn._("The result is on its way."))
    return await review(turn, poll_id)


@notice("poll-result", shared=True)
async def poll_result(turn: Turn, poll_id: int) -> Screen | None:
    """Show the result to those who were asked."""
    poll = await turn.unit.polls.get(poll_id)
    if poll is None:
        return None
    return turn.screen(
        await _tally_text(turn, poll),
        title=turn._("What the poll said"),
        rows=[[menu_button(turn)]],
        lasting=True,
    )


@notice("poll-progress")
async def poll_progress(turn: Turn, poll_id: int) -> Screen | None:
    """Bring the author's tally up to date."""
    poll = await turn.unit.polls.get(poll_id)
    return None if poll is None or poll.state == "draft" else await _result_screen(turn, poll)


@tick("poll-progress", every=timedelta(seconds=3))
async def follow(tick: Tick) -> None:
    """Show each author the tally whenever it changed."""
    async with tick.unit() as unit:
        for poll in await unit.polls.open():
            tally = await unit.polls.tally(poll.id)
            if poll.author_id is None or not tally:
                continue
            await unit.outbox.keep_current(
                "poll-progress",
                poll.author_id,
                ".".join(f"{code}-{count}" for code, count in sorted(tally.items())),
                subject=f"tally:{poll.id}",
                card=f"poll-{poll.id}",
                at=tick.now,
                args=(poll.id,),
            )


# --- the list -----------------------------------------------------------------------------------------------


@tap("polls", who=COORDINATORS)
async def polls(turn: Turn, page: int = 0) -> Screen:
    """List polls."""
    return await listing(turn, page)


async def listing(turn: Turn, page: int = 0, note: str = "") -> Screen:
    """Show a page of polls, the newest in front, with a word about what just happened."""
    shown = await page_of(lambda limit, offset: turn.unit.polls.listed(limit=limit, offset=offset), page, 5)
    numbered = list(enumerate(shown.items, shown.first))
    text = [
        turn._("{number}. {name}", number=number, name=poll.wording(turn.lang).question)
        for number, poll in numbered
    ]
    return turn.screen(
        lines(*text) if text else turn._("No poll yet."),
        title=turn._("Polls"),
        rows=[
            [Button(turn.p("button", "New poll"), "new-poll")],
            *(
                [Button(turn._("No. {number}", number=number), action("poll", poll.id))]
                for number, poll in numbered
            ),
            page_buttons(turn, shown, "polls"),
            [Button(turn.p("button", "Back"), "coordinate")],
        ],
        note=note,
    )
