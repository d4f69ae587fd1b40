"""What people said: the coordinator's side of surveys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from handlers.charts import Bar, Panel, bar_chart
from handlers.feedback import option_label, question_name, said
from handlers.kit import (
    COORDINATORS,
    Attachment,
    Button,
    Screen,
    Turn,
    action,
    aside,
    column,
    lines,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.numbers import NOTHING
from handlers.pages import numbered_label, page_buttons, page_of
from handlers.rules.questions import Question, place, questions
from handlers.rules.results import (
    Change,
    Earlier,
    Said,
    Tally,
    changes,
    earlier,
    paged,
    share,
    tallies,
    texts,
)
from handlers.rules.surveys import ENOUGH, EXTENSION, Shown, may_extend, shown
from handlers.surveys import close_now, extend, survey_title
from locales import block, digits
from storage.surveys import BEFORE, LATER, Answered, Survey

CHART_LIVES = timedelta(hours=1)

FEW = 3
"""Up to so many questions are told in full at once."""

A_PICTURE = 16
"""How many bars a picture holds before another is begun: more are too small on a phone."""

ON_A_LIST = 20
"""How many names a page holds."""

LOOK_BACK = 12
"""With how many earlier events one is compared at most."""


@tap("survey-results", who=COORDINATORS)
async def survey_results(turn: Turn, event_id: int = 0) -> Screen:
    """Show the results of an event's survey, or the list of all surveys."""
    if event_id == 0:
        return await _list(turn, 0)
    found = await turn.unit.surveys.about(event_id)
    if not found:
        return await _list(turn, 0, turn._("This event has no survey yet."))
    return await (report_screen(turn, found[0]) if len(found) == 1 else _choose(turn, found))


@tap("survey-list", who=COORDINATORS)
async def survey_list(turn: Turn, page: int) -> Screen:
    """Turn a page of the list."""
    return await _list(turn, page)


async def _list(turn: Turn, number: int, said: str = "") -> Screen:
    page = await page_of(turn.unit.surveys.newest, number)
    listed = [(at, survey, await _title(turn, survey)) for at, survey in enumerate(page.items, page.first)]
    rows = [
        [Button(numbered_label(turn, at, title), action("survey-report", survey.id))]
        for at, survey, title in listed
    ]
    body = (
        turn._("Choose a survey.")
        if rows
        else turn._("There is no survey yet. One opens when an event ends.")
    )
    back = Button(turn.p("button", "Back"), "reports")
    return turn.screen(
        paragraphs(said, body, lines(*[await _line(turn, *one) for one in listed])),
        title=turn._("Survey results"),
        rows=[*rows, page_buttons(turn, page, "survey-list"), [back, menu_button(turn)]],
    )


async def _choose(turn: Turn, found: Sequence[Survey]) -> Screen:
    """List the surveys of one event: before, of its days, afterwards."""
    listed = [(at, survey, await _title(turn, survey)) for at, survey in enumerate(found, 1)]
    return turn.screen(
        paragraphs(turn._("Choose a survey."), lines(*[await _line(turn, *one) for one in listed])),
        title=turn._("Survey results"),
        rows=[
            *column(
                *(
                    Button(
                        numbered_label(turn, at, _part_name(turn, survey)), action("survey-report", survey.id)
                    )
                    for at, survey, _ in listed
                )
            ),
            [Button(turn.p("button", "Back"), action("manage", found[0].event_id)), menu_button(turn)],
        ],
    )


def _part_name(turn: Turn, survey: Survey) -> str:
    if survey.day == BEFORE:
        return turn._("Before it begins")
    if survey.day == LATER:
        return turn._("Weeks later")
    return turn._("Day {day}", day=survey.day) if survey.day else turn._("Afterwards")


async def _line(turn: Turn, at: int, survey: Survey, title: str) -> str:
    answered = await turn.unit.surveys.count_answers(survey)
    return turn._(
        "{number}. {event}: {answered} of {invited}",
        number=at,
        event=title,
        answered=answered,
        invited=survey.invited,
    )


# --- one survey ---------------------------------------------------------------------------------------------


@tap("survey-report", who=COORDINATORS)
async def survey_report(turn: Turn, survey_id: int) -> Screen:
    """Show what may be seen of one survey."""
    survey = await turn.unit.surveys.get(survey_id)
    return await (_gone(turn) if survey is None else report_screen(turn, survey))


async def report_screen(turn: Turn, survey: Survey, note: str = "") -> Screen:
    """Show how many answered, and the numbers as soon as they may be seen."""
    answered = await turn.unit.surveys.count_answers(survey)
    may = shown(survey, answered)
    given = await turn.unit.surveys.answers(survey.id) if may is Shown.RESULTS else []
    found = _tallies(survey, given) if given else []
    told = _tally_text if len(found) <= FEW else _in_short
    return turn.screen(
        paragraphs(
            _standing(turn, survey),
            _response(turn, survey, answered),
            _explained(turn, may),
            *(told(turn, survey, tally) for tally in found),
        ),
        title=await _title(turn, survey),
        rows=[
            *_results_rows(turn, survey, given),
            *_missing_rows(turn, survey, answered),
            *_steering_rows(turn, survey),
            _home_row(turn),
        ],
        note=note,
    )


def _standing(turn: Turn, survey: Survey) -> str:
    named = turn._("Survey with names") if not survey.anonymous else turn._("Anonymous survey")
    if not survey.takes_answers(turn.now):
        return lines(named, turn._("It has closed."))
    return lines(named, turn._("Open until: {moment}", moment=turn.speech.moment(survey.closes_at, turn.now)))


def _response(turn: Turn, survey: Survey, answered: int) -> str:
    return turn._(
        "Answers: {answered} of {invited} ({percent} %)",
        answered=answered,
        invited=survey.invited,
        percent=share(answered, survey.invited),
    )


def _explained(turn: Turn, may: Shown) -> str:
    match may:
        case Shown.RESULTS:
            return ""
        case Shown.AFTER_CLOSING:
            return turn._(
                "The answers are sealed until the survey closes, and shown if at least five people answer."
            )
        case Shown.TOO_FEW:
            return turn._("The answers are shown once at least five people have answered.")
        case Shown.DISCARDED:
            return turn._("Fewer than five people answered, so the answers were destroyed unread.")


def _tallies(survey: Survey, answers: Sequence[Answered]) -> list[Tally]:
    return tallies(questions(survey), answers, anonymous=survey.anonymous)


def _texts(survey: Survey, answers: Sequence[Answered]) -> list[Said]:
    return texts(questions(survey), answers, anonymous=survey.anonymous)


def _name(turn: Turn, survey: Survey, question: Question) -> str:
    return question_name(turn, place(questions(survey), question.code), question)


def _in_short(turn: Turn, survey: Survey, tally: Tally) -> str:
    """Say a question's mean, or the answer that most gave."""
    name = _name(turn, survey, tally.question)
    if not tally.shown:
        return turn._("{question}: fewer than five answers", question=name)
    if tally.mean is not None:
        return turn._("{question}: {mean}", question=name, mean=round(tally.mean, 1))
    if not tally.answered:
        return turn._("{question}: no answers", question=name)
    told = {one.code: count for one in tally.question.options if (count := tally.told[one.code])}
    if not told:
        return turn._("{question}: fewer than five each", question=name)
    most = max((one for one in tally.question.options if one.code in told), key=lambda one: told[one.code])
    return turn._(
        "{question}: {option}, {count} of {total}",
        question=name,
        option=option_label(turn, most),
        count=told[most.code],
        total=tally.answered,
    )


def _tally_text(turn: Turn, survey: Survey, tally: Tally) -> str:
    asked = block(said(turn, tally.question.text))
    if not tally.shown:
        return lines(asked, turn._("Fewer than five people answered this question, so nothing is shown."))
    several = turn._("Several answers each were possible.") if tally.question.several else ""
    counted = [
        turn._("{option}: {count}", option=option_label(turn, option), count=_count(turn, tally, option.code))
        for option in tally.question.options
    ]
    hidden = turn._("A dash stands for few people, or for a number that would tell of few.")
    return lines(
        asked, *counted, _mean_text(turn, tally), several, hidden if None in tally.told.values() else ""
    )


def _count(turn: Turn, tally: Tally, code: str) -> str:
    count = tally.told[code]
    return NOTHING if count is None else digits(str(count), turn.speech.lang)


def _mean_text(turn: Turn, tally: Tally) -> str:
    return "" if tally.mean is None else turn._("Mean: {mean}", mean=round(tally.mean, 1))


def _results_rows(turn: Turn, survey: Survey, given: Sequence[Answered]) -> list[list[Button]]:
    if not given:
        return []
    chart = Button(turn.p("button", "Chart"), action("survey-chart", survey.id))
    words = Button(turn.p("button", "What they wrote"), action("survey-texts", survey.id, 0))
    each = Button(turn.p("button", "By question"), action("survey-question", survey.id, 0))
    compare = Button(turn.p("button", "Compare"), action("survey-compare", survey.id))
    found = _tallies(survey, given)
    drawn = any(one.shown for one in found)
    return [
        [*([chart] if drawn else []), *([words] if _texts(survey, given) else [])],
        [*([each] if len(found) > FEW else []), compare],
    ]


def _missing_rows(turn: Turn, survey: Survey, answered: int) -> list[list[Button]]:
    if survey.anonymous or answered >= survey.invited:
        return []
    return [[Button(turn.p("button", "Not answered yet"), action("survey-missing", survey.id, 0))]]


def _steering_rows(turn: Turn, survey: Survey) -> list[list[Button]]:
    longer = Button(turn.p("button", "Keep open 7 days"), action("survey-extend", survey.id))
    close = Button(turn.p("button", "Close now"), action("survey-close", survey.id))
    open_now = survey.takes_answers(turn.now)
    return [[longer] if may_extend(survey, turn.now) else [], [close] if open_now else []]


def _home_row(turn: Turn) -> list[Button]:
    return [Button(turn.p("button", "Back"), action("survey-results")), menu_button(turn)]


# --- chart and texts ----------------------------------------------------------------------------------------


@tap("survey-chart", who=COORDINATORS)
async def survey_chart(turn: Turn, survey_id: int) -> Screen:
    """Send the numbers as a picture in the reader's language."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return await _gone(turn)
    given = await _visible(turn, survey)
    panels = [_panel(turn, tally) for tally in _tallies(survey, given) if tally.shown]
    if not given or not panels:
        return await report_screen(turn, survey)
    return turn.screen(
        _response(turn, survey, len(given)),
        title=await _title(turn, survey),
        rows=[[Button(turn.p("button", "Back"), action("survey-report", survey.id)), menu_button(turn)]],
        attachments=[await _drawn(turn, some) for some in _pictures(panels)],
    )


def _pictures(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Divide panels among pictures that can be read on a phone."""
    pictures: list[list[Panel]] = []
    bars = A_PICTURE
    for panel in panels:
        if bars + len(panel.bars) > A_PICTURE:
            pictures.append([])
            bars = 0
        pictures[-1].append(panel)
        bars += len(panel.bars)
    return pictures


async def _drawn(turn: Turn, panels: Sequence[Panel]) -> Attachment:
    picture = await aside(bar_chart, panels, rtl=turn.speech.rtl)
    file = await turn.unit.files.add(
        "survey.png", "image/png", picture, at=turn.now, expires_at=turn.now + CHART_LIVES
    )
    return Attachment(file.id, picture=True)


def _panel(turn: Turn, tally: Tally) -> Panel:
    return Panel(
        heading=said(turn, tally.question.text),
        note=_counted_text(turn, tally),
        bars=tuple(
            Bar(option_label(turn, option), tally.told[option.code] or 0, _count(turn, tally, option.code))
            for option in tally.question.options
        ),
    )


def _counted_text(turn: Turn, tally: Tally) -> str:
    if tally.mean is None:
        return turn.n("{count} answer", "{count} answers", tally.answered)
    mean = round(tally.mean, 1)
    return turn.n("{count} answer. Mean: {mean}", "{count} answers. Mean: {mean}", tally.answered, mean=mean)


@tap("survey-texts", who=COORDINATORS)
async def survey_texts(turn: Turn, survey_id: int, page: int) -> Screen:
    """Show a page of what people wrote; in a named survey with their names."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return await _gone(turn)
    pages = paged(_texts(survey, await _visible(turn, survey)))
    if not pages:
        return await report_screen(turn, survey)
    page = max(0, min(page, len(pages) - 1))
    names = await _names(turn, pages[page])
    return turn.screen(
        paragraphs(
            turn._("Page {number} of {total}", number=page + 1, total=len(pages)),
            *(_quoted(turn, one, names) for one in pages[page]),
        ),
        title=await _title(turn, survey),
        rows=[
            _leafing(turn, survey, page, len(pages)),
            [Button(turn.p("button", "Back"), action("survey-report", survey.id)), menu_button(turn)],
        ],
        private=True,
    )


async def _names(turn: Turn, said: Sequence[Said]) -> dict[int, str]:
    authors = [one.member_id for one in said if one.member_id is not None]
    return {member.id: member.name for member in await turn.unit.members.many(authors)} if authors else {}


def _quoted(turn: Turn, one: Said, names: dict[int, str]) -> str:
    name = names.get(one.member_id or 0, "")
    return lines(turn._("{name}:", name=name) if name else "", block(one.text))


def _leafing(turn: Turn, survey: Survey, page: int, total: int) -> list[Button]:
    earlier = Button(turn.p("button", "Previous"), action("survey-texts", survey.id, page - 1))
    later = Button(turn.p("button", "Next"), action("survey-texts", survey.id, page + 1))
    return [*([earlier] if page else []), *([later] if page + 1 < total else [])]


async def _visible(turn: Turn, survey: Survey) -> list[Answered]:
    answered = await turn.unit.surveys.count_answers(survey)
    return await turn.unit.surveys.answers(survey.id) if shown(survey, answered) is Shown.RESULTS else []


# --- question by question, compared, and who is missing ------------------------------------------------------


@tap("survey-question", who=COORDINATORS)
async def survey_question(turn: Turn, survey_id: int, number: int) -> Screen:
    """Show what was answered to one question."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return await _gone(turn)
    found = _tallies(survey, given) if (given := await _visible(turn, survey)) else []
    if not found:
        return await report_screen(turn, survey)
    number = max(0, min(number, len(found) - 1))
    earlier_one = Button(turn.p("button", "Previous"), action("survey-question", survey.id, number - 1))
    later_one = Button(turn.p("button", "Next"), action("survey-question", survey.id, number + 1))
    return turn.screen(
        paragraphs(
            turn._("Question {number} of {total}", number=number + 1, total=len(found)),
            _tally_text(turn, survey, found[number]),
            turn.n("{count} answer", "{count} answers", found[number].answered)
            if found[number].shown
            else "",
        ),
        title=await _title(turn, survey),
        rows=[
            [*([earlier_one] if number else []), *([later_one] if number + 1 < len(found) else [])],
            [Button(turn.p("button", "Back"), action("survey-report", survey.id)), menu_button(turn)],
        ],
    )


@tap("survey-compare", who=COORDINATORS)
async def survey_compare(turn: Turn, survey_id: int) -> Screen:
    """Show the numbers beside those from before the event, and beside earlier events of the same kind."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return await _gone(turn)
    given = await _visible(turn, survey)
    if not given:
        return await report_screen(turn, survey)
    return turn.screen(
        paragraphs(await _growth_text(turn, survey, given), await _earlier_text(turn, survey, given)),
        title=await _title(turn, survey),
        rows=[[Button(turn.p("button", "Back"), action("survey-report", survey.id)), menu_button(turn)]],
    )


async def _growth_text(turn: Turn, survey: Survey, given: Sequence[Answered]) -> str:
    first = await turn.unit.surveys.of_event(survey.event_id, BEFORE) if not survey.day else None
    if first is None:
        return ""
    named = not survey.anonymous and not first.anonymous
    found = changes((questions(first), await _visible(turn, first)), (questions(survey), given), named=named)
    if not found:
        return turn._("Before and after can't be compared: fewer than five people answered both.")
    said_how = (
        turn._("Before and after, of those who answered both times:")
        if named
        else turn._("Before and after, each as the mean of all answers; nobody's two answers are compared:")
    )
    return lines(said_how, *(_change_text(turn, survey, one) for one in found))


def _change_text(turn: Turn, survey: Survey, one: Change) -> str:
    values = {
        "question": _name(turn, survey, one.question),
        "before": round(one.before, 1),
        "after": round(one.after, 1),
    }
    moved = turn._("{question}: {before} before, {after} after", **values)
    if one.more is None:
        return moved
    people = turn._(
        "Higher: {more}, the same: {same}, lower: {less}", more=one.more, same=one.same, less=one.less
    )
    return lines(moved, people)


async def _earlier_text(turn: Turn, survey: Survey, given: Sequence[Answered]) -> str:
    event = await turn.unit.events.get(survey.event_id)
    past = await turn.unit.surveys.alike(survey, event.kind, limit=LOOK_BACK) if event else []
    others = [(questions(one), answers) for one in past if (answers := await _visible(turn, one))]
    found = earlier((questions(survey), given), others)
    if not found:
        return turn._("There is no earlier event of this kind to compare with.")
    return lines(
        turn._("Beside earlier events of this kind:"), *(_beside_text(turn, survey, one) for one in found)
    )


def _beside_text(turn: Turn, survey: Survey, one: Earlier) -> str:
    return turn.n(
        "{question}: {now} here, {earlier} at {count} event",
        "{question}: {now} here, {earlier} at {count} events",
        one.events,
        question=_name(turn, survey, one.question),
        now=round(one.now, 1),
        earlier=round(one.earlier, 1),
    )


@tap("survey-missing", who=COORDINATORS)
async def survey_missing(turn: Turn, survey_id: int, number: int) -> Screen:
    """List by name who has not answered a survey with names."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return await _gone(turn)
    if survey.anonymous:
        return await report_screen(turn, survey)

    async def some(limit: int, offset: int) -> list[int]:
        return await turn.unit.surveys.unanswered(survey, limit, offset)

    page = await page_of(some, number, ON_A_LIST)
    names = {one.id: one.name for one in await turn.unit.members.many(page.items)}
    listed = [
        turn._("{number}. {name}", number=at, name=names.get(one) or turn.p("button", "No name yet"))
        for at, one in enumerate(page.items, page.first)
    ]
    return turn.screen(
        paragraphs(turn._("They have not answered:"), lines(*listed))
        if listed
        else turn._("Everybody has answered."),
        title=await _title(turn, survey),
        rows=[
            page_buttons(turn, page, "survey-missing", survey.id),
            [Button(turn.p("button", "Back"), action("survey-report", survey.id)), menu_button(turn)],
        ],
        private=True,
    )


# --- keeping open, closing ----------------------------------------------------------------------------------


@tap("survey-extend", who=COORDINATORS)
async def survey_extend(turn: Turn, survey_id: int) -> Screen:
    """Keep a survey open seven days longer, once."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return await _gone(turn)
    if not may_extend(survey, turn.now):
        return await report_screen(turn, survey)
    await extend(turn.unit, survey, survey.closes_at + EXTENSION)
    return await report_screen(turn, await _again(turn, survey), turn._("It stays open seven days longer."))


@tap("survey-close", who=COORDINATORS)
async def survey_close(turn: Turn, survey_id: int) -> Screen:
    """Ask before closing, and say what closing would destroy."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return await _gone(turn)
    if not survey.takes_answers(turn.now):
        return await report_screen(turn, survey)
    answered = await turn.unit.surveys.count_answers(survey)
    lost = survey.anonymous and answered < ENOUGH
    return turn.screen(
        paragraphs(
            _response(turn, survey, answered),
            turn._("Nobody can answer after it is closed, and it cannot be opened again."),
            turn._("Fewer than five people have answered: the answers would be destroyed unread.")
            if lost
            else "",
        ),
        title=turn._("Close this survey?"),
        rows=[
            [Button(turn.p("button", "Yes, close it"), action("survey-end", survey.id))],
            [Button(turn.p("button", "Back"), action("survey-report", survey.id)), menu_button(turn)],
        ],
    )


@tap("survey-end", who=COORDINATORS)
async def survey_end(turn: Turn, survey_id: int) -> Screen:
    """Close a survey: answers are refused at once, and the results follow as a message."""
    survey = await turn.unit.surveys.get(survey_id)
    if survey is None:
        return await _gone(turn)
    if not survey.takes_answers(turn.now):
        return await report_screen(turn, survey)
    await close_now(turn.unit, survey, turn.now)
    note = turn._("It is closing. You get a message in a moment.")
    return await report_screen(turn, await _again(turn, survey), note)


async def _again(turn: Turn, survey: Survey) -> Survey:
    return await turn.unit.surveys.get(survey.id) or survey


async def _gone(turn: Turn) -> Screen:
    return await _list(turn, 0, turn._("This survey does not exist any more."))


async def _title(turn: Turn, survey: Survey) -> str:
    event = await turn.unit.events.get(survey.event_id)
    return survey_title(turn, survey, event) if event else turn._("Survey results")
