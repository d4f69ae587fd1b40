"""Writing a survey in chat: what an event's people are asked before it, after each day, and afterwards.

The usual questions of an event's kind are asked until somebody changes them: the first change makes a copy for this
event. A survey that has opened keeps the questions that it opened with.
"""

from __future__ import annotations

from collections.abc import Callable

from handlers.events import no_such_event
from handlers.feedback import option_label, question_text, said
from handlers.kit import (
    COORDINATORS,
    Button,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    column,
    lines,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.pages import numbered_label, page_buttons, page_in
from handlers.reminders import arm_before
from handlers.rules.days import days_of
from handlers.rules.kinds import SURVEY_MODES
from handlers.rules.polling import FEWEST, LONGEST_OPTION, MOST
from handlers.rules.polling import Fault as OptionFault
from handlers.rules.questions import KINDS, Question, find, place, read, written
from handlers.rules.templates import BEFORE_PART, DAY_PART, EVENT_PART, TEMPLATES, parts_of, usual_template
from handlers.rules.wording import (
    LONGEST_QUESTION,
    MOST_QUESTIONS,
    MOST_TEXTS,
    Fault,
    Form,
    added,
    before_it,
    conditioned,
    expected,
    labels,
    missing,
    moved,
    own,
    removed,
    reworded,
    texts_of,
    unconditioned,
    with_options,
)
from handlers.surveys import asked_in
from locales import LANGUAGES, NP_, Safe, block, clean, speech
from storage.events import Event
from storage.surveys import BEFORE

ON_A_PAGE, TEMPLATES_ON_A_PAGE = 4, 5
"""How many questions and templates a page holds, beside what can be done with them."""

EXCERPT = 120
"""How much of a question a list shows."""

MOST_KEPT, LONGEST_NAME = 30, 40
"""How many templates of their own coordinators may keep, and how long the name of one may be."""

PARTS = {
    BEFORE_PART: NP_("button", "Before it begins"),
    DAY_PART: NP_("button", "After each day"),
    EVENT_PART: NP_("button", "After the event"),
}
NAMES = {
    "rating": NP_("button", "1 to 5"),
    "scale": NP_("button", "0 to 10"),
    "choice": NP_("button", "One answer"),
    "several": NP_("button", "Several answers"),
    "words": NP_("button", "Own words"),
    "consent": NP_("button", "Agreement"),
}
"""What each kind of question is called."""


# --- an event's surveys -------------------------------------------------------------------------------------


@tap("event-survey", who=COORDINATORS)
async def event_survey(turn: Turn, event_id: int) -> Screen:
    """Show what an event's people are asked, and when."""
    event = await turn.unit.events.get(event_id)
    return await (no_such_event(turn) if event is None else _overview(turn, event))


async def _overview(turn: Turn, event: Event, note: str = "") -> Screen:
    parts = parts_of(event, len(days_of(event))) if event.survey_mode != "none" else []
    counted = [(part, len((await asked_in(turn.unit, event, part))[1])) for part in parts]
    opened = await turn.unit.surveys.about(event.id)
    mode = Button(turn.p("button", "Names or not"), action("event-part", event.id, "survey_mode"))
    results = Button(turn.p("button", "Survey results"), action("survey-results", event.id))
    return turn.screen(
        paragraphs(
            turn._("Survey: {mode}", mode=turn.say(SURVEY_MODES[event.survey_mode])),
            lines(*(_part_line(turn, part, count) for part, count in counted)),
            turn._("A survey keeps the questions with which it opened.") if parts else "",
        ),
        title=event.title(turn.lang),
        rows=[
            *column(*(Button(turn.say(PARTS[part]), action("form", event.id, part, 0)) for part in parts)),
            [*([mode] if event.state == "draft" else []), *([results] if opened else [])],
            [Button(turn.p("button", "Back"), action("manage", event.id)), menu_button(turn)],
        ],
        note=note,
    )


def _part_line(turn: Turn, part: str, count: int) -> str:
    name = turn.say(PARTS[part])
    if not count:
        return turn._("{part}: nothing is asked", part=name)
    return turn.n("{part}: {count} question", "{part}: {count} questions", count, part=name)


# --- the questions of one part ------------------------------------------------------------------------------


@tap("form", who=COORDINATORS)
async def form(turn: Turn, event_id: int, part: str, number: int) -> Screen:
    """List the questions of a part of an event, and every way to change them."""
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await no_such_event(turn)
    return await _form_screen(turn, event, part, number)


async def _form_screen(turn: Turn, event: Event, part: str, number: int = 0, note: str = "") -> Screen:
    if part not in PARTS:
        return await _overview(turn, event)
    questions, is_own = await _current(turn, event, part)
    locked = await _locked(turn, event, part)
    page = page_in(questions, number, ON_A_PAGE)
    listed = [_question_line(turn, at, one) for at, one in enumerate(page.items, page.first)]
    return turn.screen(
        paragraphs(
            turn.say(PARTS[part]),
            lines(*listed) if listed else turn._("Nothing is asked."),
            locked or (_whose(turn) if questions and not is_own else ""),
        ),
        title=event.title(turn.lang),
        rows=[
            *(
                []
                if locked
                else _question_buttons(turn, event, part, list(enumerate(page.items, page.first)))
            ),
            page_buttons(turn, page, "form", event.id, part),
            [] if locked else _form_buttons(turn, event, part, questions),
            [
                *(
                    [
                        Button(
                            turn.p("button", "Preview"), action("form-preview", event.id, part, 0, turn.lang)
                        )
                    ]
                    if questions
                    else []
                ),
                Button(turn.p("button", "Back"), action("event-survey", event.id)),
            ],
        ],
        note=note,
    )


def _whose(turn: Turn) -> str:
    return turn._("These are the usual questions. When you change something, it changes for this event only.")


async def _current(turn: Turn, event: Event, part: str) -> tuple[Form, bool]:
    """Return the questions as they are, complete or not, and whether they were changed for this event."""
    kept = await turn.unit.forms.of(event.id, part)
    if kept is not None:
        return read(kept.questions), True
    usual = usual_template(event.kind, part)
    return own(usual.questions if usual else ()), False


async def _locked(turn: Turn, event: Event, part: str) -> str:
    """Say why the questions can't be changed any more, or nothing where they can."""
    if event.state == "cancelled":
        return turn._("This event was cancelled.")
    if part != DAY_PART and await turn.unit.surveys.of_event(event.id, BEFORE if part == BEFORE_PART else 0):
        return turn._("This survey has opened, so its questions stay as they are.")
    if part == BEFORE_PART and event.started(turn.now):
        return turn._("The event has begun, so nothing more is asked before it.")
    return ""


def _question_line(turn: Turn, at: int, one: Question) -> str:
    return lines(
        turn._(
            "{number}. {question} ({kind})",
            number=at,
            question=_excerpt(turn, one),
            kind=turn.say(NAMES[one.kind]),
        ),
        _lacking(turn, one),
    )


def _lacking(turn: Turn, one: Question) -> str:
    lacking = missing(one)
    few = one.own_options and len(one.options) < FEWEST
    return lines(
        turn._("⚠ It has no answers to choose from yet, so it is not asked.") if few else "",
        turn._("⚠ Missing in: {languages}", languages=_languages(turn, lacking)) if lacking else "",
    )


def _excerpt(turn: Turn, one: Question) -> str:
    text = said(turn, one.text)
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"


def _languages(turn: Turn, langs: list[str]) -> str:
    return turn.speech.list([speech(lang).name for lang in langs])


def _question_buttons(
    turn: Turn, event: Event, part: str, listed: list[tuple[int, Question]]
) -> list[list[Button]]:
    buttons = [
        Button(turn._("Question {number}", number=at), action("form-question", event.id, part, one.code))
        for at, one in listed
    ]
    return [buttons[start : start + 3] for start in range(0, len(buttons), 3)]


def _form_buttons(turn: Turn, event: Event, part: str, questions: Form) -> list[Button]:
    add = Button(turn.p("button", "Add a question"), action("form-add", event.id, part))
    other = Button(turn.p("button", "Templates"), action("form-templates", event.id, part, 0))
    return [*([add] if len(questions) < MOST_QUESTIONS else []), other]


Change = Callable[[Form], Form]


async def _held(turn: Turn, event_id: int, part: str) -> Event | Screen:
    """Hold an event whose questions may be changed, or return what to show instead."""
    event = await turn.unit.events.hold(event_id)
    if event is None:
        return await no_such_event(turn)
    if part not in PARTS or await _locked(turn, event, part):
        return await _form_screen(turn, event, part)
    return event


async def _put(turn: Turn, event: Event, part: str, questions: Form) -> None:
    """Keep questions for a part of an event, and arm or take back what is asked before it."""
    kept, is_own = await _current(turn, event, part)
    if is_own and written(kept) == written(questions):
        return
    await turn.unit.forms.put(event.id, part, written(questions), turn.now)
    await arm_before(turn.unit, event, turn.now)


# --- adding -------------------------------------------------------------------------------------------------


@tap("form-add", who=COORDINATORS)
async def add(turn: Turn, event_id: int, part: str) -> Screen:
    """Ask what kind of question to add."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    questions, _ = await _current(turn, event, part)
    if len(questions) >= MOST_QUESTIONS:
        return await _form_screen(turn, event, part, 0, _fault_text(turn, Fault.FULL))
    return turn.screen(
        paragraphs(
            turn._("How shall people answer?"),
            turn._("A voice tells who speaks, so answers in their own words are written ones."),
        ),
        title=turn._("New question"),
        rows=column(
            *(
                Button(turn.say(NAMES[kind]), action("form-new", event.id, part, kind, turn.lang))
                for kind in KINDS
            ),
            Button(turn.p("button", "Back"), action("form", event.id, part, 0)),
        ),
    )


@tap("form-new", who=COORDINATORS)
async def new(turn: Turn, event_id: int, part: str, kind: str, lang: str) -> Screen:
    """Ask for the text of a new question."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    if kind not in KINDS or lang not in LANGUAGES:
        return await _form_screen(turn, event, part)
    return _ask_new(turn, event, part, kind, lang)


def _ask_new(turn: Turn, event: Event, part: str, kind: str, lang: str, note: str = "") -> Screen:
    return turn.screen(
        paragraphs(
            turn._("Write the question in {language}.", language=speech(lang).name),
            turn._("Say in the question what 1 and 5 mean.") if kind == "rating" else "",
            turn._("Say in the question what 0 and 10 mean.") if kind == "scale" else "",
        ),
        title=turn._("New question: {kind}", kind=turn.say(NAMES[kind])),
        rows=column(Button(turn.p("button", "Cancel"), action("form", event.id, part, 0))),
        ask=action("form-new", event.id, part, kind, lang),
        note=note,
    )


@answer("form-new", who=COORDINATORS)
async def new_given(turn: Turn, reply: Reply, event_id: int, part: str, kind: str, lang: str) -> Screen:
    """Add the question, and go on to its answers where it needs some."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    if kind not in KINDS or lang not in LANGUAGES:
        return await _form_screen(turn, event, part)
    questions, _ = await _current(turn, event, part)
    match added(questions, kind, lang, reply.text):
        case Fault.LENGTH as fault:
            return _ask_new(turn, event, part, kind, lang, _fault_text(turn, fault))
        case Fault() as fault:
            return await _form_screen(turn, event, part, 0, _fault_text(turn, fault))
        case (form, code):
            await _put(turn, event, part, form)
            question = find(form, code)
    if question is not None and question.own_options:
        return _ask_options(turn, event, part, question, lang)
    return await _question_screen(turn, event, part, code, turn._("The question was added."))


def _fault_text(turn: Turn, fault: Fault) -> str:
    match fault:
        case Fault.FULL:
            return turn._("A survey may have up to {count} questions.", count=MOST_QUESTIONS)
        case Fault.TEXTS:
            return turn._("Up to {count} questions may be answered in own words.", count=MOST_TEXTS)
        case Fault.LENGTH:
            return turn._("A question may have up to {count} characters.", count=LONGEST_QUESTION)


# --- one question -------------------------------------------------------------------------------------------


@tap("form-question", who=COORDINATORS)
async def one(turn: Turn, event_id: int, part: str, code: str) -> Screen:
    """Show one question in every language, and every way to change it."""
    event = await _held(turn, event_id, part)
    return event if isinstance(event, Screen) else await _question_screen(turn, event, part, code)


async def _question_screen(turn: Turn, event: Event, part: str, code: str, note: str = "") -> Screen:
    questions, _ = await _current(turn, event, part)
    question, at = find(questions, code), place(questions, code)
    if question is None:
        return await _form_screen(turn, event, part, 0, note)

    def to(name: str, *more: int | str) -> str:
        return action(name, event.id, part, code, *more)

    up = Button(turn.p("button", "Move up"), to("form-move", at - 1))
    down = Button(turn.p("button", "Move down"), to("form-move", at + 1))
    depend = Button(turn.p("button", "Ask only if"), to("form-if"))
    return turn.screen(
        paragraphs(
            *(_in_language(turn, question, lang) for lang in LANGUAGES),
            _condition_text(turn, questions, question),
            _lacking(turn, question),
        ),
        title=turn._("Question {number}: {kind}", number=at, kind=turn.say(NAMES[question.kind])),
        rows=[
            [Button(speech(lang).name, to("form-text", lang)) for lang in LANGUAGES],
            [Button(turn.p("button", "Answers"), to("form-options", turn.lang))]
            if question.own_options
            else [],
            [*([up] if at > 1 else []), *([down] if at < len(questions) else [])],
            [depend] if before_it(questions, code) else [],
            [
                Button(turn.p("button", "Remove"), to("form-remove")),
                Button(turn.p("button", "Back"), action("form", event.id, part, 0)),
            ],
        ],
        note=note,
    )


def _in_language(turn: Turn, question: Question, lang: str) -> str:
    text = texts_of(question.text).get(lang, "")
    offered = [f"– {label}" for label in (labels(question, lang) if question.own_options else ())]
    shown = turn._("{language}: {text}", language=speech(lang).name, text=text or "–")
    return lines(shown, block("\n".join(offered)))


def _condition_text(turn: Turn, questions: Form, question: Question) -> str:
    when = question.when
    other = find(questions, when.code) if when else None
    if when is None or other is None:
        return ""
    if other.typed:
        return turn._(
            "Asked only of those who wrote something for question {number}.",
            number=place(questions, other.code),
        )
    among = [option_label(turn, option) for option in other.options if option.code in when.among]
    return lines(
        turn._("Asked only of those who answered: {list}", list=turn.speech.list(among)),
        turn._("That is question {number}: {question}", number=place(questions, other.code),
               question=said(turn, other.text)),
    )  # fmt: skip


@tap("form-text", who=COORDINATORS)
async def text(turn: Turn, event_id: int, part: str, code: str, lang: str) -> Screen:
    """Ask for a question's text in one language."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    question = find((await _current(turn, event, part))[0], code)
    if question is None or lang not in LANGUAGES:
        return await _form_screen(turn, event, part)
    return _ask_text(turn, event, part, question, lang)


def _ask_text(turn: Turn, event: Event, part: str, question: Question, lang: str, note: str = "") -> Screen:
    return turn.screen(
        paragraphs(
            turn._("Write the question in {language}.", language=speech(lang).name),
            lines(turn._("It says now:"), block(said(turn.reading(lang), question.text))),
        ),
        title=turn.say(NAMES[question.kind]),
        rows=column(
            Button(turn.p("button", "Cancel"), action("form-question", event.id, part, question.code))
        ),
        ask=action("form-text", event.id, part, question.code, lang),
        note=note,
    )


@answer("form-text", who=COORDINATORS)
async def text_given(turn: Turn, reply: Reply, event_id: int, part: str, code: str, lang: str) -> Screen:
    """Keep a question's text in one language."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    questions, _ = await _current(turn, event, part)
    question = find(questions, code)
    if question is None or lang not in LANGUAGES:
        return await _form_screen(turn, event, part)
    changed = reworded(questions, code, lang, reply.text)
    if isinstance(changed, Fault):
        return _ask_text(turn, event, part, question, lang, _fault_text(turn, changed))
    await _put(turn, event, part, changed)
    return await _question_screen(turn, event, part, code, turn._("Kept."))


# --- answers to choose from ---------------------------------------------------------------------------------


@tap("form-options", who=COORDINATORS)
async def options(turn: Turn, event_id: int, part: str, code: str, lang: str) -> Screen:
    """Ask for the answers that a question offers, in one language."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    question = find((await _current(turn, event, part))[0], code)
    if question is None or not question.own_options or lang not in LANGUAGES:
        return await _question_screen(turn, event, part, code)
    return _ask_options(turn, event, part, question, lang)


def _ask_options(
    turn: Turn, event: Event, part: str, question: Question, lang: str, note: str = ""
) -> Screen:
    wanted, kept = expected(question, lang), labels(question, lang)
    name = speech(lang).name
    asked = (
        turn._("Write the same {count} answers in {language}, one a line, in this order:", count=wanted,
               language=name)
        if wanted
        else turn._("Write the answers in {language}, from {fewest} to {most}: one a line, or each in a message "
                    "of its own.", language=name, fewest=FEWEST, most=MOST)
    )  # fmt: skip
    others = [
        Button(speech(other).name, action("form-options", event.id, part, question.code, other))
        for other in LANGUAGES
        if other != lang and len(question.options) >= FEWEST
    ]
    done = turn.p("button", "Done") if len(kept) >= FEWEST else turn.p("button", "Cancel")
    return turn.screen(
        paragraphs(
            block(said(turn.reading(lang), question.text)),
            asked,
            lines(*(f"– {option_label(turn, option)}" for option in question.options)) if wanted else "",
            lines(
                turn._("So far, until you send several lines at once instead:"), *(f"– {one}" for one in kept)
            )
            if kept
            else "",
        ),
        title=turn._("Answers to choose from"),
        rows=[others, [Button(done, action("form-question", event.id, part, question.code))]],
        ask=action("form-options", event.id, part, question.code, lang),
        note=note,
    )


@answer("form-options", who=COORDINATORS)
async def options_given(turn: Turn, reply: Reply, event_id: int, part: str, code: str, lang: str) -> Screen:
    """Keep the answers, or say what is wrong with them; ask on while they come one by one."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    questions, _ = await _current(turn, event, part)
    question = find(questions, code)
    if question is None or lang not in LANGUAGES:
        return await _form_screen(turn, event, part)
    wanted = expected(question, lang)
    changed = with_options(questions, code, lang, reply.text)
    if isinstance(changed, OptionFault):
        return _ask_options(turn, event, part, question, lang, _option_fault(turn, changed, wanted))
    await _put(turn, event, part, changed)
    question = find(changed, code) or question
    return _ask_options(turn, event, part, question, lang, turn._("Kept."))


def _option_fault(turn: Turn, fault: OptionFault, wanted: int) -> str:
    match fault:
        case OptionFault.NOT_AS_MANY:
            return turn._("There must be as many answers as in the other language: {count}.", count=wanted)
        case OptionFault.NONE_OR_TOO_MANY:
            return turn._(
                "There must be from {fewest} to {most} answers, one a line.", fewest=FEWEST, most=MOST
            )
        case OptionFault.TOO_LONG:
            return turn._("An answer may have up to {count} characters.", count=LONGEST_OPTION)
        case OptionFault.SAME:
            return turn._("Two answers are the same.")


# --- order, removal, conditions -----------------------------------------------------------------------------


async def _change(turn: Turn, event_id: int, part: str, code: str, change: Change, said_then: str) -> Screen:
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    questions, _ = await _current(turn, event, part)
    if find(questions, code) is not None:
        await _put(turn, event, part, change(questions))
    return await _question_screen(turn, event, part, code, said_then)


@tap("form-move", who=COORDINATORS)
async def move(turn: Turn, event_id: int, part: str, code: str, to: int) -> Screen:
    """Put a question at another place."""
    return await _change(turn, event_id, part, code, lambda form: moved(form, code, to), turn._("Moved."))


@tap("form-remove", who=COORDINATORS)
async def remove(turn: Turn, event_id: int, part: str, code: str) -> Screen:
    """Take a question away."""
    return await _change(
        turn, event_id, part, code, lambda form: removed(form, code), turn._("The question was removed.")
    )


@tap("form-if", who=COORDINATORS)
async def condition(turn: Turn, event_id: int, part: str, code: str, on: str = "") -> Screen:
    """Ask on which earlier question, and on which answers to it, a question depends."""
    event = await _held(turn, event_id, part)
    return event if isinstance(event, Screen) else await _condition_screen(turn, event, part, code, on)


async def _condition_screen(turn: Turn, event: Event, part: str, code: str, on: str) -> Screen:
    questions, _ = await _current(turn, event, part)
    question = find(questions, code)
    if question is None:
        return await _form_screen(turn, event, part)
    possible = before_it(questions, code)
    other = find(possible, on or (question.when.code if question.when else ""))
    back = Button(turn.p("button", "Back"), action("form-question", event.id, part, code))
    if other is None:
        return turn.screen(
            turn._("On which earlier question does it depend?"),
            title=turn._("Ask only if"),
            rows=column(
                *(
                    Button(
                        numbered_label(turn, place(questions, each.code), said(turn, each.text)),
                        action("form-if", event.id, part, code, each.code),
                    )
                    for each in possible[-SHOWN:]
                ),
                back,
            ),
        )
    among = question.when.among if question.when and question.when.code == other.code else ()
    always = Button(turn.p("button", "Ask everybody"), action("form-always", event.id, part, code))
    answers = [
        _among_button(turn, event, part, code, other, value, value in among) for value in other.grounds
    ]
    width = 6 if other.numbered else 1
    return turn.screen(
        paragraphs(
            block(said(turn, other.text)),
            turn._("Tap the answers after which the question is asked."),
        ),
        title=turn._("Ask only if"),
        rows=[
            *[answers[start : start + width] for start in range(0, len(answers), width)],
            [always, back],
        ],
    )


SHOWN = 8
"""How many earlier questions are offered to depend on: the nearest."""


def _among_button(
    turn: Turn, event: Event, part: str, code: str, other: Question, value: str, on: bool
) -> Button:
    offered = {option.code: option_label(turn, option) for option in other.options}
    label = offered.get(value) or turn.p("button", "Wrote something")
    shown = turn.p("button", "✓ {label}", label=Safe(clean(label))) if on else label
    return Button(shown, action("form-among", event.id, part, code, other.code, value, int(not on)))


@tap("form-among", who=COORDINATORS)
async def among(turn: Turn, event_id: int, part: str, code: str, on: str, value: str, wanted: int) -> Screen:
    """Ask a question after an answer to an earlier one, or no longer."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    questions, _ = await _current(turn, event, part)
    if find(before_it(questions, code), on) is not None:
        await _put(turn, event, part, conditioned(questions, code, on, value, wanted=bool(wanted)))
    return await _condition_screen(turn, event, part, code, on)


@tap("form-always", who=COORDINATORS)
async def always(turn: Turn, event_id: int, part: str, code: str) -> Screen:
    """Ask a question of everybody."""
    return await _change(
        turn, event_id, part, code, lambda form: unconditioned(form, code), turn._("Everybody is asked.")
    )


# --- templates ----------------------------------------------------------------------------------------------


@tap("form-templates", who=COORDINATORS)
async def templates(turn: Turn, event_id: int, part: str, number: int) -> Screen:
    """List what one can begin with: nothing, the programme's templates, and those that coordinators keep."""
    event = await _held(turn, event_id, part)
    return event if isinstance(event, Screen) else await _templates_screen(turn, event, part, number)


async def _templates_screen(turn: Turn, event: Event, part: str, number: int, note: str = "") -> Screen:
    kept = await turn.unit.forms.kept(MOST_KEPT)
    offered = [
        ("empty", turn.p("button", "Empty")),
        *((name, turn.say(one.label)) for name, one in TEMPLATES.items()),
        *((str(one.id), one.name) for one in kept),
    ]
    page = page_in(offered, number, TEMPLATES_ON_A_PAGE)
    questions, is_own = await _current(turn, event, part)
    keep = Button(turn.p("button", "Keep as template"), action("form-keep", event.id, part))
    usual = Button(turn.p("button", "Usual questions"), action("form-usual", event.id, part))
    return turn.screen(
        paragraphs(
            turn._("With what do you want to begin? It replaces the questions that are there now."),
            lines(
                *(
                    turn._("{number}. {name}", number=at, name=name)
                    for at, (_, name) in enumerate(page.items, page.first)
                )
            ),
        ),
        title=turn._("Templates"),
        rows=[
            *column(
                *(
                    Button(numbered_label(turn, at, name), action("form-template", event.id, part, key))
                    for at, (key, name) in enumerate(page.items, page.first)
                )
            ),
            page_buttons(turn, page, "form-templates", event.id, part),
            [*([keep] if questions else []), *([usual] if is_own else [])],
            [Button(turn.p("button", "Back"), action("form", event.id, part, 0))],
        ],
        note=note,
    )


async def _template(turn: Turn, key: str) -> tuple[str, Form] | None:
    """Find a template by its key: its name and questions."""
    if key == "empty":
        return turn.p("button", "Empty"), ()
    if key in TEMPLATES:
        return turn.say(TEMPLATES[key].label), own(TEMPLATES[key].questions)
    kept = await turn.unit.forms.template(int(key)) if key.isascii() and key.isdigit() else None
    return (kept.name, read(kept.questions)) if kept else None


@tap("form-template", who=COORDINATORS)
async def template(turn: Turn, event_id: int, part: str, key: str) -> Screen:
    """Show what a template asks before it is taken."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    found = await _template(turn, key)
    if found is None:
        return await _templates_screen(turn, event, part, 0)
    name, questions = found
    forget = Button(turn.p("button", "Delete template"), action("form-forget", event.id, part, key))
    return turn.screen(
        lines(
            *(
                turn._("{number}. {name}", number=at, name=_excerpt(turn, one))
                for at, one in enumerate(questions, 1)
            )
        )
        or turn._("Nothing is asked."),
        title=name,
        rows=[
            [Button(turn.p("button", "Use it"), action("form-take", event.id, part, key))],
            [forget] if key.isdigit() else [],
            [Button(turn.p("button", "Back"), action("form-templates", event.id, part, 0))],
        ],
    )


@tap("form-take", who=COORDINATORS)
async def take(turn: Turn, event_id: int, part: str, key: str) -> Screen:
    """Ask what a template asks, in place of what was there."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    found = await _template(turn, key)
    if found is None:
        return await _templates_screen(turn, event, part, 0)
    await _put(turn, event, part, found[1])
    return await _form_screen(turn, event, part, 0, turn._("Kept."))


@tap("form-forget", who=COORDINATORS)
async def forget(turn: Turn, event_id: int, part: str, key: str) -> Screen:
    """Delete a template that coordinators kept; surveys made of it stay."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    if key.isascii() and key.isdigit():
        await turn.unit.forms.forget(int(key))
    return await _templates_screen(turn, event, part, 0, turn._("The template was deleted."))


@tap("form-usual", who=COORDINATORS)
async def usual(turn: Turn, event_id: int, part: str) -> Screen:
    """Ask again what events of this kind are usually asked."""
    event = await _held(turn, event_id, part)
    if isinstance(event, Screen):
        return event
    await turn.unit.forms.drop(event.id, part)
    await arm_before(turn.unit, event, turn.now)
    return await _form_screen(turn, event, part, 0, turn._("The usual questions are asked again."))


@tap("form-keep", who=COORDINATORS)
async def keep(turn: Turn, event_id: int, part: str) -> Screen:
    """Ask under which name to keep the questions as a template."""
    event = await turn.unit.events.get(event_id)
    if event is None or part not in PARTS:
        return await no_such_event(turn)
    return _ask_name(turn, event, part)


def _ask_name(turn: Turn, event: Event, part: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("Under which name shall these questions be kept? A template of the same name is replaced."),
        title=turn._("Keep as template"),
        rows=column(Button(turn.p("button", "Cancel"), action("form", event.id, part, 0))),
        ask=action("form-keep", event.id, part),
        note=note,
    )


@answer("form-keep", who=COORDINATORS)
async def name_given(turn: Turn, reply: Reply, event_id: int, part: str) -> Screen:
    """Keep the questions as a template."""
    event = await turn.unit.events.hold(event_id)
    if event is None or part not in PARTS:
        return await no_such_event(turn)
    name = clean(reply.text)
    if not 0 < len(name) <= LONGEST_NAME:
        return _ask_name(
            turn, event, part, turn._("A name may have up to {count} characters.", count=LONGEST_NAME)
        )
    questions, _ = await _current(turn, event, part)
    if not await turn.unit.forms.keep(name, written(questions), turn.now, most=MOST_KEPT):
        full = turn._("There are {count} templates already. Delete one first.", count=MOST_KEPT)
        return await _form_screen(turn, event, part, 0, full)
    return await _form_screen(turn, event, part, 0, turn._("Kept as a template: {name}", name=name))


# --- preview ------------------------------------------------------------------------------------------------


@tap("form-preview", who=COORDINATORS)
async def preview(turn: Turn, event_id: int, part: str, number: int, lang: str) -> Screen:
    """Show a question as those will see it who read a language."""
    event = await turn.unit.events.get(event_id)
    if event is None or part not in PARTS:
        return await no_such_event(turn)
    questions, _ = await _current(turn, event, part)
    if not questions:
        return await _form_screen(turn, event, part)
    lang = lang if lang in LANGUAGES else turn.lang
    number = max(0, min(number, len(questions) - 1))

    def at(place: int, reader: str = lang) -> str:
        return action("form-preview", event.id, part, place, reader)

    previous = Button(turn.p("button", "Previous"), at(number - 1))
    following = Button(turn.p("button", "Next"), at(number + 1))
    controls = turn.screen(
        paragraphs(
            turn._("Question {number} of {total}", number=number + 1, total=len(questions)),
            _condition_text(turn, questions, questions[number]),
        ),
        title=turn._("This is how it will be seen"),
        rows=[
            [*([previous] if number else []), *([following] if number + 1 < len(questions) else [])],
            [Button(speech(other).name, at(number, other)) for other in LANGUAGES if other != lang],
            [Button(turn.p("button", "Back"), action("form", event.id, part, 0))],
        ],
    )
    return _as_seen(turn.reading(lang), event, questions[number]).followed_by(controls)


def _as_seen(turn: Turn, event: Event, question: Question) -> Screen:
    offered = " · ".join(option_label(turn, option) for option in question.options)
    return turn.screen(
        paragraphs(
            question_text(turn, question),
            turn.say(question.hint) if question.hint else "",
            "" if question.several else offered,
        ),
        title=event.title(turn.lang),
    )
