"""Asking the coordinators: a shared inbox in their chats, in which nothing is forgotten.

Each coordinator has one card per question, kept up to date. A question that nobody takes on is spoken of every day;
one that was taken on but not answered goes back to everybody after two days, or when its coordinator leaves.
"""

from __future__ import annotations

from datetime import timedelta

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
from handlers.menu import menu_button
from handlers.onboarding import organisation_name
from handlers.pages import page_buttons, page_of
from handlers.rules.inbox import ANSWER_LASTS, CLAIM_LASTS, DAY, days_waiting, may_ask, may_write
from handlers.rules.quiet import is_quiet
from locales import N_, block, clean, speech
from storage.questions import OPEN, STAFF, Question, Words
from storage.unit import Unit

LONGEST = 800
SHOWN = 3
"""How much of what was written a screen shows."""

STATES = {
    "waiting": N_("Nobody has taken it on yet."),
    "claimed": N_("A coordinator has taken it on."),
    "answered": N_("It was answered."),
    "closed": N_("It is closed."),
}


# --- asking -------------------------------------------------------------------------------------------------


@tap("ask")
async def ask(turn: Turn) -> Screen:
    """Ask for the question, unless there are too many open ones already."""
    return await ask_about(turn, "")


async def ask_about(turn: Turn, about: str) -> Screen:
    """Ask for a question that belongs to something, such as a call for grants."""
    if not await _may_ask(turn):
        return await _mine_screen(turn, note=_too_many(turn))
    return await _ask_words(turn, about)


async def _ask_words(turn: Turn, about: str, note: str = "") -> Screen:
    asked = await turn.unit.questions.of_member(turn.member.id, limit=1)
    return turn.screen(
        paragraphs(
            turn._("What would you like to ask? Write it in your own words, in your language."),
            turn._(
                "Coordinators see your question and your name. Please do not write about sensitive cases."
            ),
        ),
        title=turn._("Ask the coordinators"),
        rows=column(
            Button(turn.p("button", "My questions"), action("my-questions", 0)) if asked else None,
            Button(turn.p("button", "Cancel"), "community"),
        ),
        ask=action("ask", *([about] if about else [])),
        note=note,
    )


@answer("ask")
async def asked(turn: Turn, reply: Reply, about: str = "") -> Screen:
    """Take a question in and put it before every coordinator."""
    if not await _may_ask(turn):
        return await _mine_screen(turn, note=_too_many(turn))
    if not _fits(reply.text):
        return await _ask_words(turn, about, _too_long(turn))
    question = await turn.unit.questions.ask(turn.member.id, reply.text, turn.now, about)
    await _put_before_all(turn.unit, question, "asked", turn)
    return await _own_screen(
        turn, question, turn._("Your question was sent. You get the answer here, in this chat.")
    )


async def _may_ask(turn: Turn) -> bool:
    store, mine = turn.unit.questions, turn.member.id
    return may_ask(await store.count_open(mine), await store.written_since(mine, turn.now - DAY))


def _too_many(turn: Turn) -> str:
    return turn._("Several questions of yours wait already. Please wait for an answer first.")


def _too_long(turn: Turn) -> str:
    return turn._("Please write something, but no more than {count} characters.", count=LONGEST)


def _fits(text: str) -> bool:
    return bool(clean(text)) and len(text) <= LONGEST


@tap("my-questions")
async def mine(turn: Turn, page: int) -> Screen:
    """List what this person asked."""
    return await _mine_screen(turn, page)


async def _mine_screen(turn: Turn, page: int = 0, note: str = "") -> Screen:
    store = turn.unit.questions
    shown = await page_of(lambda limit, skip: store.of_member(turn.member.id, limit=limit, offset=skip), page)
    return turn.screen(
        turn._("Which question would you like to see?")
        if shown.items
        else turn._("You have not asked anything yet."),
        title=turn._("My questions"),
        rows=[
            *[[Button(await _label(turn, one), action("my-question", one.id))] for one in shown.items],
            page_buttons(turn, shown, "my-questions"),
            [Button(turn.p("button", "Back"), "community")],
        ],
        note=note,
        private=True,
    )


async def _label(turn: Turn, question: Question) -> str:
    """Return a button's label: the first words of what was asked."""
    written = await turn.unit.questions.words(question.id, limit=20)
    text = clean(next((one.text for one in written if not one.staff), "…"))
    return text if len(text) <= 24 else f"{text[:23].rstrip()}…"


@tap("my-question")
async def own(turn: Turn, question_id: int) -> Screen:
    """Show a question of this person with what was answered."""
    question = await _mine(turn, question_id)
    return await _own_screen(turn, question) if question else await _gone(turn)


async def _mine(turn: Turn, question_id: int) -> Question | None:
    question = await turn.unit.questions.get(question_id)
    return question if question is not None and question.member_id == turn.member.id else None


async def _gone(turn: Turn) -> Screen:
    return await _mine_screen(turn, note=turn._("This question is no longer kept."))


async def _own_screen(turn: Turn, question: Question, note: str = "") -> Screen:
    solved = question.state == "answered"
    return turn.screen(
        paragraphs(
            *(_said(turn, one, turn._("You:")) for one in await _words(turn, question)),
            turn.say(STATES[question.state]),
        ),
        title=turn._("Your question"),
        rows=column(
            Button(turn.p("button", "Solved, thank you"), action("question-solved", question.id))
            if solved
            else None,
            Button(turn.p("button", "Write again"), action("question-again", question.id)),
            Button(turn.p("button", "My questions"), action("my-questions", 0)),
            menu_button(turn),
        ),
        note=note,
        private=True,
    )


async def _words(turn: Turn, question: Question) -> list[Words]:
    return await turn.unit.questions.words(question.id, limit=SHOWN)


async def _about(turn: Turn, question: Question) -> str:
    """Name the call that was being looked at when it was asked, if there was one."""
    what, _, number = question.about.partition("-")
    call = await turn.unit.calls.get(int(number)) if what == "call" and number.isdigit() else None
    return turn._("About: {name}", name=call.title(turn.lang)) if call else ""


def _said(turn: Turn, one: Words, asker: str) -> str:
    return lines(turn._("Coordinator:") if one.staff else asker, block(one.text))


@tap("question-solved")
async def solved(turn: Turn, question_id: int) -> Screen:
    """Close an answered question."""
    question = await _mine(turn, question_id)
    if question is None:
        return await _gone(turn)
    if question.state == "answered":
        await turn.unit.questions.move(question, "closed", turn.now, claimer_id=question.claimer_id)
    return await _own_again(turn, question, turn._("Good. Ask again whenever you like."))


async def _own_again(turn: Turn, question: Question, note: str) -> Screen:
    fresh = await turn.unit.questions.get(question.id)
    return await _own_screen(turn, fresh or question, note)


@tap("question-again")
async def again(turn: Turn, question_id: int) -> Screen:
    """Ask for more words on the same question."""
    question = await _mine(turn, question_id)
    return _ask_more(turn, question) if question else await _gone(turn)


def _ask_more(turn: Turn, question: Question, note: str = "") -> Screen:
    return turn.screen(
        turn._("What would you like to add?"),
        title=turn._("Your question"),
        rows=column(Button(turn.p("button", "Cancel"), action("my-question", question.id))),
        ask=action("question-again", question.id),
        note=note,
    )


@answer("question-again")
async def added(turn: Turn, reply: Reply, question_id: int) -> Screen:
    """Add words: what was answered comes back to its coordinator, what was not stays with whom it is."""
    question = await _mine(turn, question_id)
    if question is None:
        return await _gone(turn)
    if not may_write(await turn.unit.questions.written_since(turn.member.id, turn.now - DAY)):
        return await _own_screen(turn, question, turn._("You wrote often today. Please try tomorrow."))
    if not _fits(reply.text):
        return _ask_more(turn, question, _too_long(turn))
    await turn.unit.questions.write(question.id, turn.member.id, reply.text, turn.now, staff=False)
    await _bring_back(turn, question)
    return await _own_again(turn, question, turn._("Sent. You get the answer here, in this chat."))


async def _bring_back(turn: Turn, question: Question) -> None:
    claimer = await turn.unit.members.get(question.claimer_id) if question.claimer_id else None
    if claimer is not None and claimer.coordinates:
        await turn.unit.questions.move(question, "claimed", turn.now, claimer_id=claimer.id)
        await turn.unit.outbox.notify_one(
            "question-more",
            claimer.id,
            subject=f"question:{question.id}",
            occurrence=turn.occasion,
            at=turn.now,
            args=(question.id,),
        )
    elif question.state != "waiting":
        await turn.unit.questions.move(question, "waiting", turn.now, claimer_id=None)
        await _remind_all(turn.unit, question, turn)


# --- the coordinators' inbox --------------------------------------------------------------------------------


@tap("questions", who=COORDINATORS)
async def inbox(turn: Turn, page: int = 0) -> Screen:
    """List what is not answered yet."""
    store = turn.unit.questions
    shown = await page_of(lambda limit, skip: store.open(limit=limit, offset=skip), page)
    return turn.screen(
        turn._("First come those that nobody has taken on. Which one would you like to see?")
        if shown.items
        else turn._("Every question is answered."),
        title=turn._("Questions"),
        rows=[
            *[[Button(await _inbox_label(turn, one), action("question", one.id))] for one in shown.items],
            page_buttons(turn, shown, "questions"),
            [Button(turn.p("button", "Back"), "look-after"), menu_button(turn)],
        ],
        private=True,
    )


async def _inbox_label(turn: Turn, question: Question) -> str:
    mark = {"waiting": "●", "claimed": "○"}[question.state]
    return f"{mark} {(await _label(turn, question))[:22]}"


@tap("question", who=COORDINATORS)
async def one(turn: Turn, question_id: int) -> Screen:
    """Show a question as it stands."""
    question = await turn.unit.questions.get(question_id)
    return await _card(turn, question) if question else await _not_kept(turn)


async def _not_kept(turn: Turn) -> Screen:
    return (await inbox(turn)).noting(turn._("This question is no longer kept."))


async def _card(turn: Turn, question: Question, note: str = "", *, quiet: bool = False) -> Screen:
    """Show a question to a coordinator: who asks, in which language, what was said, and what can be done."""
    asker = await turn.unit.members.get(question.member_id)
    if asker is None:
        return await _not_kept(turn)
    written = await _words(turn, question)
    return turn.screen(
        paragraphs(
            lines(
                turn._("From: {name}", name=asker.name),
                turn._("Organisation: {organisation}", organisation=where)
                if (where := await organisation_name(turn, asker.organisation_id))
                else "",
                turn._("Language: {language}", language=speech(asker.lang or "en").name),
                await _about(turn, question),
            ),
            *(_said(turn, one, turn._("Question:")) for one in written),
            await _where_it_stands(turn, question),
        ),
        title=turn._("Question to the coordinators"),
        rows=[*_ways(turn, question), [Button(turn.p("button", "Questions"), "questions")]],
        card=f"question-{question.id}",
        quiet=quiet,
        private=True,
        note=note,
    )


async def _where_it_stands(turn: Turn, question: Question) -> str:
    if question.state not in ("claimed", "answered") or question.claimer_id is None:
        return turn.say(STATES[question.state])
    if question.claimer_id == turn.member.id:
        return (
            turn._("You have taken it on.")
            if question.state == "claimed"
            else turn._("You have answered it.")
        )
    claimer = await turn.unit.members.get(question.claimer_id)
    name = claimer.name if claimer else ""
    return (
        turn._("Taken on by: {name}", name=name)
        if question.state == "claimed"
        else turn._("Answered by: {name}", name=name)
    )


def _ways(turn: Turn, question: Question) -> list[list[Button]]:
    mine = question.claimer_id == turn.member.id
    answer_it = Button(turn.p("button", "Answer"), action("question-answer", question.id))
    match question.state:
        case "waiting":
            take = Button(turn.p("button", "I take it on"), action("question-claim", question.id))
            return [[take, answer_it]]
        case "claimed" if mine:
            give_back = Button(turn.p("button", "Give it back"), action("question-release", question.id))
            close_it = Button(turn.p("button", "Close"), action("question-close", question.id))
            return [[answer_it], [give_back, close_it]]
        case "claimed":
            return [[Button(turn.p("button", "Take it over"), action("question-claim", question.id))]]
        case "answered":
            close_it = Button(turn.p("button", "Close"), action("question-close", question.id))
            return [[answer_it, close_it]]
    return []


@tap("question-claim", who=COORDINATORS)
async def claim(turn: Turn, question_id: int) -> Screen:
    """Take a question on; of two who tap at once one does, and the other sees who."""
    question = await turn.unit.questions.get(question_id)
    if question is None:
        return await _not_kept(turn)
    if question.state in OPEN and question.claimer_id != turn.member.id:
        await turn.unit.questions.move(question, "claimed", turn.now, claimer_id=turn.member.id)
        await _update_cards(turn, question)
    return await _again(turn, question)


@tap("question-release", who=COORDINATORS)
async def release(turn: Turn, question_id: int) -> Screen:
    """Give a question back to everybody."""
    question = await turn.unit.questions.get(question_id)
    if question is None:
        return await _not_kept(turn)
    if question.state == "claimed" and question.claimer_id == turn.member.id:
        await turn.unit.questions.move(question, "waiting", turn.now, claimer_id=None)
        await _remind_all(turn.unit, question, turn)
    return await _again(turn, question)


@tap("question-close", who=COORDINATORS)
async def close(turn: Turn, question_id: int) -> Screen:
    """Close a question; where it was not answered, whoever asked is told that they may ask again."""
    question = await turn.unit.questions.get(question_id)
    if question is None:
        return await _not_kept(turn)
    claimed = question.state == "claimed" and question.claimer_id == turn.member.id
    if (claimed or question.state == "answered") and await turn.unit.questions.move(
        question, "closed", turn.now, claimer_id=question.claimer_id
    ):
        await _update_cards(turn, question)
        if claimed:
            await _tell_asker(turn, question, turn.occasion)
    return await _again(turn, question)


async def _again(turn: Turn, question: Question, note: str = "") -> Screen:
    fresh = await turn.unit.questions.get(question.id)
    return await _card(turn, fresh or question, note)


@tap("question-answer", who=COORDINATORS)
async def ask_answer(turn: Turn, question_id: int) -> Screen:
    """Ask for the answer, and say in which language it will be read."""
    question = await turn.unit.questions.get(question_id)
    asker = await turn.unit.members.get(question.member_id) if question else None
    if question is None or asker is None:
        return await _not_kept(turn)
    if question.state == "closed" or _somebody_elses(turn, question):
        return await _card(turn, question)
    if question.state == "waiting":
        await turn.unit.questions.move(question, "claimed", turn.now, claimer_id=turn.member.id)
        await _update_cards(turn, question)
    return _ask_answer(turn, question, asker.lang or "en", stopped=asker.silenced)


def _somebody_elses(turn: Turn, question: Question) -> bool:
    return question.state == "claimed" and question.claimer_id not in (None, turn.member.id)


def _ask_answer(
    turn: Turn, question: Question, lang: str, note: str = "", *, stopped: bool = False
) -> Screen:
    return turn.screen(
        paragraphs(
            turn._("Write the answer. It is read in: {language}", language=speech(lang).name),
            turn._("This person has stopped messages: your answer waits under «{place}».",
                   place=turn._("My questions"))
            if stopped
            else "",
        ),
        title=turn._("Answer"),
        rows=column(Button(turn.p("button", "Cancel"), action("question", question.id))),
        ask=action("question-answer", question.id),
        note=note,
    )  # fmt: skip


@answer("question-answer", who=COORDINATORS)
async def answered(turn: Turn, reply: Reply, question_id: int) -> Screen:
    """Send the answer to whoever asked."""
    question = await turn.unit.questions.get(question_id)
    asker = await turn.unit.members.get(question.member_id) if question else None
    if question is None or asker is None:
        return await _not_kept(turn)
    if question.state == "closed" or _somebody_elses(turn, question):
        return await _card(turn, question, turn._("Your answer was not sent: see what has changed."))
    if not _fits(reply.text):
        return _ask_answer(turn, question, asker.lang or "en", _too_long(turn))
    await turn.unit.questions.write(question.id, turn.member.id, reply.text, turn.now, staff=True)
    await turn.unit.questions.move(question, "answered", turn.now, claimer_id=turn.member.id)
    await _tell_asker(turn, question, turn.occasion)
    await _update_cards(turn, question)
    return await _again(turn, question, turn._("Your answer was sent."))


async def _tell_asker(turn: Turn, question: Question, occurrence: str) -> None:
    await turn.unit.outbox.notify_one(
        "question-answered",
        question.member_id,
        subject=f"question:{question.id}",
        occurrence=occurrence,
        at=turn.now,
        args=(question.id,),
    )


# --- what people are told -----------------------------------------------------------------------------------


@notice("question-answered")
async def tell_answer(turn: Turn, question_id: int) -> Screen | None:
    """Bring an answer to whoever asked, or word that the question was closed."""
    question = await _mine(turn, question_id)
    if question is None or question.state in OPEN:
        return None
    written = [one for one in await _words(turn, question) if one.staff]
    again = Button(turn.p("button", "Write again"), action("question-again", question.id))
    if question.state == "closed" and not written:
        return turn.screen(
            turn._("A coordinator closed your question without an answer. You can write again."),
            title=turn._("Your question"),
            rows=column(again, menu_button(turn)),
            lasting=True,
        )
    solved = Button(turn.p("button", "Solved, thank you"), action("question-solved", question.id))
    return turn.screen(
        block(written[-1].text) if written else "",
        title=turn._("The coordinators answer"),
        rows=column(solved, again, menu_button(turn)),
        lasting=True,
        private=True,
    )


@notice("question")
async def tell_coordinator(turn: Turn, question_id: int, fresh: int) -> Screen | None:
    """Put a question before a coordinator, or bring its card up to date."""
    question = await turn.unit.questions.get(question_id)
    if question is None or not turn.member.coordinates:
        return None
    return await _card(turn, question, quiet=not fresh)


@notice("question-waits")
async def tell_waiting(turn: Turn, question_id: int) -> Screen | None:
    """Speak again of a question that nobody has taken on."""
    question = await turn.unit.questions.get(question_id)
    if question is None or question.state != "waiting" or not turn.member.coordinates:
        return None
    return await _spoken_of(turn, question, turn._("This question still waits for one of you."))


@notice("question-more")
async def tell_more(turn: Turn, question_id: int) -> Screen | None:
    """Bring more words, or a reminder, to the coordinator who has taken a question on."""
    question = await turn.unit.questions.get(question_id)
    if question is None or question.state != "claimed" or question.claimer_id != turn.member.id:
        return None
    return await _spoken_of(turn, question, turn._("This question waits for your answer."))


async def _spoken_of(turn: Turn, question: Question, word: str) -> Screen:
    """Show a question in a message of its own, which does not replace its card."""
    written = [one for one in await _words(turn, question) if not one.staff]
    show = Button(turn.p("button", "Show"), action("question", question.id))
    return turn.screen(
        paragraphs(word, block(written[-1].text) if written else ""),
        title=turn._("Question to the coordinators"),
        rows=[[show, Button(turn.p("button", "Answer"), action("question-answer", question.id))]],
        private=True,
    )


async def _put_before_all(unit: Unit, question: Question, occurrence: str, at: Turn | Tick) -> None:
    await unit.outbox.notify(
        "question",
        unit.members.holding(STAFF),
        subject=f"question:{question.id}",
        occurrence=occurrence,
        at=at.now,
        args=(question.id, 1),
        card=f"question-{question.id}",
    )


async def _update_cards(turn: Turn, question: Question) -> None:
    """Bring the other coordinators' cards up to date, where a channel can."""
    await turn.unit.outbox.notify(
        "question",
        turn.unit.members.holding(STAFF, besides=turn.member.id),
        subject=f"question:{question.id}",
        occurrence=turn.occasion,
        at=turn.now,
        args=(question.id, 0),
        card=f"question-{question.id}",
    )


async def _remind_all(unit: Unit, question: Question, at: Turn | Tick) -> None:
    await unit.outbox.notify(
        "question-waits",
        unit.members.holding(STAFF),
        subject=f"question:{question.id}",
        occurrence=at.occasion if isinstance(at, Turn) else at.now.isoformat(),
        at=at.now,
        args=(question.id,),
    )


# --- nothing is forgotten -----------------------------------------------------------------------------------


@tick("questions", every=timedelta(minutes=10))
async def follow_up(tick: Tick) -> None:
    """Speak of what waits, give back what was taken on and left, close what was answered."""
    async with tick.unit() as unit:
        await unit.questions.close_answered(tick.now - ANSWER_LASTS)
        for question in await unit.questions.deserted():
            await _give_back(unit, question, tick)
    if is_quiet(tick.now, tick.community.zone):
        return
    async with tick.unit() as unit:
        for question in await unit.questions.claimed_before(tick.now - DAY):
            if question.touched_at <= tick.now - CLAIM_LASTS:
                await _give_back(unit, question, tick)
            else:
                await _remind_claimer(unit, question, tick)
        for question in await unit.questions.waiting_before(tick.now - DAY):
            await _remind_daily(unit, question, tick)


async def _give_back(unit: Unit, question: Question, tick: Tick) -> None:
    if await unit.questions.move(question, "waiting", tick.now, claimer_id=None):
        await _remind_all(unit, question, tick)


async def _remind_claimer(unit: Unit, question: Question, tick: Tick) -> None:
    if question.claimer_id is not None:
        await unit.outbox.notify_one(
            "question-more",
            question.claimer_id,
            subject=f"question:{question.id}",
            occurrence=f"left:{question.touched_at.isoformat()}",
            at=tick.now,
            args=(question.id,),
        )


async def _remind_daily(unit: Unit, question: Question, tick: Tick) -> None:
    days = days_waiting(question.waiting_since, tick.now)
    await unit.outbox.notify(
        "question-waits",
        unit.members.holding(STAFF),
        subject=f"question:{question.id}",
        occurrence=f"{question.waiting_since.isoformat()}+{days}",
        at=tick.now,
        args=(question.id,),
    )
