"""Giving feedback: question by question, to be left and taken up again at any time.

What is answered lives in a draft until it is sent. In an anonymous survey no screen repeats a text or looks back on
an answer. Which question comes next, and what is ticked, can tell one: so the outbox forgets those screens together
with the draft.
"""

from __future__ import annotations

from handlers.kit import Button, Reply, Screen, Turn, action, answer, column, lines, paragraphs, tap
from handlers.menu import menu_button
from handlers.pages import SIZE, numbered_label, page_buttons, page_in
from handlers.rules.questions import (
    LONGEST_TEXT,
    SEPARATOR,
    Misfit,
    Option,
    Question,
    Wording,
    Words,
    before,
    chosen,
    find,
    next_unanswered,
    path,
    place,
    questions,
    settled,
    worded,
)
from handlers.rules.surveys import Refusal
from handlers.surveys import look, survey_title
from handlers.unsaying import unsay
from locales import Safe, block, clean, digits
from storage.surveys import Answers, Sending, Survey

EXCERPT = 200
"""How much of a text the review of a named survey repeats."""

NUMBERS_A_ROW = 6
"""How many numbers stand beside each other."""

FEW, CHANGES_A_ROW = 6, 3
"""How many questions the review offers by name, and how many of them beside each other."""

UNDER_WAY = "+"
"""Marks in a draft what is ticked of a question with several answers, until Done is tapped."""


@tap("feedback")
async def feedback(turn: Turn) -> Screen:
    """List the surveys that wait for this person."""
    return await feedback_screen(turn)


async def feedback_screen(turn: Turn, said: str = "") -> Screen:
    """List the surveys that wait for this person, after a word about what just happened."""
    waiting = (await turn.unit.surveys.open_for(turn.member.id, turn.now))[:SIZE]
    titles = [await survey_heading(turn, survey) for survey in waiting]
    if titles:
        body = turn._("Which event would you like to tell us about?")
    else:
        body = turn._("Nothing waits for your feedback now. After an event you are asked here how it was.")
    buttons = [
        Button(numbered_label(turn, at, title), action("survey", survey.id))
        for at, (survey, title) in enumerate(zip(waiting, titles, strict=True), 1)
    ]
    names = [turn._("{number}. {name}", number=at, name=title) for at, title in enumerate(titles, 1)]
    return turn.screen(
        paragraphs(said, body, lines(*names)),
        title=turn._("Give feedback"),
        rows=column(*buttons, menu_button(turn)),
    )


@tap("survey")
async def survey(turn: Turn, survey_id: int) -> Screen:
    """Say what the survey's mode protects and what it does not, before the first question."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            return await _introduction(turn, found)


async def _introduction(turn: Turn, survey: Survey) -> Screen:
    begun = await turn.unit.surveys.draft(survey.id, turn.member.id)
    label = turn.p("button", "Continue") if begun else turn.p("button", "Begin")
    count = len(path(questions(survey), begun))
    paged = bool(turn.community.public_url)
    return turn.screen(
        paragraphs(
            _protection(turn, survey),
            turn._("If you do not want the chat app to carry your answers, answer on a page.")
            if paged
            else "",
            turn.n(
                "One question. You can skip it.",
                "{count} questions. You can skip any of them, and stop and continue later.",
                count,
            ),
        ),
        title=await survey_heading(turn, survey),
        rows=[
            [Button(label, action("survey-next", survey.id))],
            [Button(turn.p("button", "Answer on a page"), action("survey-page", survey.id))] if paged else [],
            [Button(turn.p("button", "Back"), "feedback"), menu_button(turn)],
        ],
    )


def _protection(turn: Turn, survey: Survey) -> str:
    if not survey.anonymous:
        return turn._(
            "This survey has names: coordinators see your name beside your answers. Other members do not see them."
        )
    return turn._(
        "Coordinators never see who gave which answer, and once the survey has closed a stolen disk cannot show "
        "it either. The chat app you are using, and whoever runs the server while the survey is open, could "
        "still link you to your answers."
    )


@tap("survey-next")
async def onward(turn: Turn, survey_id: int) -> Screen:
    """Show the first question neither answered nor skipped, or the review when all are."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            return await _onward(turn, found)


async def _onward(turn: Turn, survey: Survey) -> Screen:
    draft = await turn.unit.surveys.draft(survey.id, turn.member.id)
    question = next_unanswered(path(questions(survey), draft), draft)
    return await (
        _review(turn, survey, draft) if question is None else _question(turn, survey, question, draft)
    )


@tap("survey-ask")
async def ask(turn: Turn, survey_id: int, code: str) -> Screen:
    """Show one question, to answer it or to change the answer."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            draft = await turn.unit.surveys.draft(found.id, turn.member.id)
            question = find(path(questions(found), draft), code)
            return await (
                _onward(turn, found) if question is None else _question(turn, found, question, draft)
            )


async def _question(turn: Turn, survey: Survey, question: Question, draft: Answers, note: str = "") -> Screen:
    way = path(questions(survey), draft)
    ticked = _ticked(question, draft)
    return turn.screen(
        paragraphs(
            turn._("Question {number} of {total}", number=place(way, question.code), total=len(way)),
            question_text(turn, question),
            _hint(turn, survey, question),
        ),
        title=await survey_heading(turn, survey),
        rows=[*_options(turn, survey, question, ticked), *_ways_out(turn, survey, question, way)],
        # While a question waits, a typed number is its answer rather than the number of a choice.
        ask=action("survey-ask", survey.id, question.code) if question.hint else "",
        note=note,
    )


def question_text(turn: Turn, question: Question) -> str:
    """Return what is asked, with the options by number where several can be chosen."""
    options = [
        turn._("{number}. {name}", number=at, name=option_label(turn, option))
        for at, option in enumerate(question.options, 1)
    ]
    return paragraphs(block(said(turn, question.text)), lines(*options) if question.several else "")


def said(turn: Turn, wording: Wording) -> str:
    """Return a text of a question in the reader's language, or in the nearest that has it."""
    return worded(wording, turn.lang)


def _hint(turn: Turn, survey: Survey, question: Question) -> str:
    if question.typed and survey.anonymous:
        return turn._("Write your answer as a message. Please do not name yourself or anyone else.")
    return turn.say(question.hint) if question.hint else ""


def _ticked(question: Question, draft: Answers) -> list[str]:
    return chosen(draft.get(question.code + UNDER_WAY, draft.get(question.code))) if question.several else []


def _options(turn: Turn, survey: Survey, question: Question, ticked: list[str]) -> list[list[Button]]:
    if question.several:
        return [[_tick(turn, survey, question, option, ticked)] for option in question.options]
    buttons = [
        Button(option_label(turn, option), action("rate", survey.id, question.code, option.code))
        for option in question.options
    ]
    width = NUMBERS_A_ROW if question.numbered else 1
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]


def _tick(turn: Turn, survey: Survey, question: Question, option: Option, ticked: list[str]) -> Button:
    on, label = option.code in ticked, option_label(turn, option)
    shown = turn.p("button", "✓ {label}", label=Safe(clean(label))) if on else label
    return Button(shown, action("survey-tick", survey.id, question.code, option.code, int(not on)))


def option_label(turn: Turn, option: Option) -> str:
    """Return how an option is shown."""
    return digits(option.code, turn.speech.lang) if option.label is None else said(turn, option.label)


def _ways_out(turn: Turn, survey: Survey, question: Question, way: list[Question]) -> list[list[Button]]:
    earlier = before(way, question.code)
    back = action("survey", survey.id) if earlier is None else action("survey-ask", survey.id, earlier.code)
    done = Button(turn.p("button", "Done"), action("survey-ticked", survey.id, question.code))
    return [
        [done] if question.several else [],
        [
            Button(turn.p("button", "Back"), back),
            Button(turn.p("button", "Skip"), action("survey-skip", survey.id, question.code)),
            Button(turn.p("button", "Finish later"), action("survey-stop", survey.id)),
        ],
    ]


@tap("survey-tick")
async def tick_option(turn: Turn, survey_id: int, code: str, value: str, on: int) -> Screen:
    """Tick one of several answers, or take the tick away."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            draft = await turn.unit.surveys.draft(found.id, turn.member.id)
            question = find(path(questions(found), draft), code)
    if question is None or not question.several or value not in question.codes:
        return await _onward(turn, found)
    ticked = {*_ticked(question, draft), value} if on else {*_ticked(question, draft)} - {value}
    kept = SEPARATOR.join(one for one in question.codes if one in ticked)
    draft = {**draft, code + UNDER_WAY: kept}
    await turn.unit.surveys.keep_draft(found.id, turn.member.id, draft, turn.now)
    return await _question(turn, found, question, draft)


@tap("survey-ticked")
async def ticked(turn: Turn, survey_id: int, code: str) -> Screen:
    """Take what is ticked as the answer."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            draft = await turn.unit.surveys.draft(found.id, turn.member.id)
            question = find(questions(found), code)
    given = SEPARATOR.join(_ticked(question, draft)) if question else ""
    return await _take(turn, survey_id, code, given)


@tap("rate")
async def rate(turn: Turn, survey_id: int, code: str, value: str) -> Screen:
    """Take a chosen option."""
    return await _take(turn, survey_id, code, value)


@answer("survey-ask")
async def typed(turn: Turn, reply: Reply, survey_id: int, code: str) -> Screen:
    """Take a typed answer; an anonymous one is taken out of the chat too, where that can be done."""
    found = await look(turn, survey_id)
    if isinstance(found, Survey) and found.anonymous:
        await unsay(turn)
    return await _take(turn, survey_id, code, reply.text)


@tap("survey-skip")
async def skip(turn: Turn, survey_id: int, code: str) -> Screen:
    """Leave a question without an answer."""
    return await _take(turn, survey_id, code, None)


async def _take(turn: Turn, survey_id: int, code: str, given: str | None) -> Screen:
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            draft = await turn.unit.surveys.draft(found.id, turn.member.id)
            question = find(path(questions(found), draft), code)
    if question is None:
        return await _onward(turn, found)
    kept = None if given is None else question.read(given)
    if isinstance(kept, Misfit):
        return await _question(turn, found, question, draft, misfit_text(turn, kept, question))
    draft = {one: value for one, value in draft.items() if one != code + UNDER_WAY}
    await turn.unit.surveys.keep_draft(found.id, turn.member.id, {**draft, code: kept}, turn.now)
    return await _onward(turn, found)


def misfit_text(turn: Turn, misfit: Misfit, question: Question) -> str:
    """Say what is wrong with an answer."""
    match misfit:
        case Misfit.CHOOSE:
            return turn._("Please tap one of the answers, or send its number.")
        case Misfit.EMPTY:
            return turn._("Please write your answer in words, or tap Skip.")
        case Misfit.LONG:
            longest = question.longest if isinstance(question, Words) else LONGEST_TEXT
            return turn._("Please make it shorter: at most {count} characters.", count=longest)


# --- review and send ----------------------------------------------------------------------------------------


async def _review(turn: Turn, survey: Survey, draft: Answers) -> Screen:
    way = path(questions(survey), draft)
    changes = [
        Button(said(turn, question.name), action("survey-ask", survey.id, question.code)) for question in way
    ]
    if len(changes) > FEW or not all(button.label for button in changes):
        changes = [Button(turn.p("button", "Change an answer"), action("survey-change", survey.id, 0))]
    empty = not any(settled(way, draft).values())
    return turn.screen(
        _reviewed(turn, survey, draft, empty=empty),
        title=turn._("Ready to send?"),
        rows=[
            [] if empty else [Button(turn.p("button", "Send"), action("survey-send", survey.id))],
            *[changes[start : start + CHANGES_A_ROW] for start in range(0, len(changes), CHANGES_A_ROW)],
            [Button(turn.p("button", "Finish later"), action("survey-stop", survey.id)), menu_button(turn)],
        ],
    )


def _reviewed(turn: Turn, survey: Survey, draft: Answers, *, empty: bool) -> str:
    change = turn._("To change an answer, tap its name.")
    if empty:
        return paragraphs(turn._("You skipped every question, so there is nothing to send yet."), change)
    if survey.anonymous:
        unseen = turn._(
            "That was the last question. Your answers are not shown here, so that no copy is kept."
        )
        return paragraphs(unseen, change)
    way = path(questions(survey), draft)
    answered = (_repeated(turn, at, one, draft.get(one.code)) for at, one in enumerate(way, 1))
    return paragraphs(*answered, change)


def question_name(turn: Turn, at: int, question: Question) -> str:
    """Return a short name of a question: its own, or its number."""
    return said(turn, question.name) or turn._("Question {number}", number=at)


def _repeated(turn: Turn, at: int, question: Question, given: str | None) -> str:
    name = question_name(turn, at, question)
    if given is None:
        return turn._("{question}: skipped", question=name)
    if question.typed:
        excerpt = given if len(given) <= EXCERPT else given[:EXCERPT].rstrip() + "…"
        return lines(turn._("{question}:", question=name), block(excerpt))
    labels = [option_label(turn, one) for one in question.options if one.code in chosen(given)]
    return turn._("{question}: {list}", question=name, list=turn.speech.list(labels))


@tap("survey-change")
async def change(turn: Turn, survey_id: int, number: int) -> Screen:
    """Let the person choose which answer to change, where there are too many for the review."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            draft = await turn.unit.surveys.draft(found.id, turn.member.id)
    page = page_in(path(questions(found), draft), number)
    buttons = [
        Button(
            numbered_label(turn, at, said(turn, one.name) or said(turn, one.text)),
            action("survey-ask", found.id, one.code),
        )
        for at, one in enumerate(page.items, page.first)
    ]
    asked = (
        turn._("{number}. {name}", number=at, name=said(turn, one.text))
        for at, one in enumerate(page.items, page.first)
    )
    return turn.screen(
        lines(*asked),
        title=turn._("Which answer?"),
        rows=[
            *column(*buttons),
            page_buttons(turn, page, "survey-change", found.id),
            [Button(turn.p("button", "Back"), action("survey-next", found.id))],
        ],
    )


@tap("survey-send")
async def send(turn: Turn, survey_id: int) -> Screen:
    """Send the answers, once; the draft goes in the same transaction."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            draft = await turn.unit.surveys.draft(found.id, turn.member.id)
    answers = settled(questions(found), draft)
    if next_unanswered(path(questions(found), draft), draft) is not None or not any(answers.values()):
        return await _onward(turn, found)
    await turn.unit.outbox.forget_answering(turn.address.id)
    match await turn.unit.surveys.send(found.id, turn.member.id, answers, turn.now):
        case Sending.TAKEN:
            return _thanks(turn, found)
        case Sending.TWICE:
            return await refused(turn, Refusal.ANSWERED)
        case Sending.CLOSED:
            return await refused(turn, Refusal.CLOSED)


def _thanks(turn: Turn, survey: Survey) -> Screen:
    kept = ""
    if survey.anonymous:
        kept = paragraphs(
            turn._("They are read only if at least five people answer, after the survey has closed."),
            turn._("Whatever you typed was taken out of this chat.")
            if turn.removes
            else turn._("What you typed is still in this chat: you may delete that message."),
        )
    return turn.screen(
        paragraphs(turn._("Your answers were sent."), kept),
        title=turn._("Thank you!"),
        rows=[[menu_button(turn)]],
    )


# --- stopping -----------------------------------------------------------------------------------------------


@tap("survey-stop")
async def stop(turn: Turn, survey_id: int) -> Screen:
    """Pause; the draft waits, locked."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            return turn.screen(
                turn._("Your answers so far are kept, locked, for seven days. You can continue at any time."),
                title=await survey_heading(turn, found),
                rows=[
                    [Button(turn.p("button", "Continue"), action("survey-next", found.id))],
                    [Button(turn.p("button", "Delete my answers"), action("survey-drop", found.id))],
                    [menu_button(turn)],
                ],
            )


@tap("survey-drop")
async def drop(turn: Turn, survey_id: int) -> Screen:
    """Destroy what was not sent."""
    await look(turn, survey_id)
    await turn.unit.surveys.drop_draft(survey_id, turn.member.id)
    await turn.unit.outbox.forget_answering(turn.address.id)
    return await feedback_screen(turn, turn._("The answers that you had not sent were deleted."))


# --- who may answer -----------------------------------------------------------------------------------------


async def refused(turn: Turn, reason: Refusal) -> Screen:
    return await feedback_screen(turn, refusal_text(turn, reason))


def refusal_text(turn: Turn, reason: Refusal) -> str:
    match reason:
        case Refusal.UNKNOWN:
            return turn._("This survey does not exist any more.")
        case Refusal.NOT_REGISTERED:
            return turn._("This survey is for people who were registered for the event.")
        case Refusal.ANSWERED:
            return turn._("Your answers have arrived already. Thank you!")
        case Refusal.CLOSED:
            return turn._("This survey has closed. Thank you for wanting to answer!")


async def survey_heading(turn: Turn, survey: Survey) -> str:
    event = await turn.unit.events.get(survey.event_id)
    return survey_title(turn, survey, event) if event else turn._("Your feedback")
