"""What people said: the coordinator's side of surveys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from handlers.charts import Bar, Panel, bar_chart
from handlers.feedback import option_label
from handlers.kit import COORDINATORS, Attachment, Button, Screen, Turn, action, aside, lines, paragraphs, tap
from handlers.menu import menu_button
from handlers.pages import numbered_label, page_buttons, page_of
from handlers.rules.questions import questions
from handlers.rules.results import Said, Tally, paged, share, tallies, texts
from handlers.rules.surveys import ENOUGH, EXTENSION, Shown, may_extend, shown
from handlers.surveys import close_now, extend, survey_title
from locales import block, digits
from storage.surveys import Answered, Survey

CHART_LIVES = timedelta(hours=1)


@tap("survey-results", who=COORDINATORS)
async def survey_results(turn: Turn, event_id: int = 0) -> Screen:
    """Show the results of an event's survey, or the list of all surveys."""
    if event_id == 0:
        return await _list(turn, 0)
    survey = await turn.unit.surveys.of_event(event_id)
    if survey is None:
        return await _list(turn, 0, turn._("This event has no survey yet."))
    return await report_screen(turn, survey)


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
    said = await turn.unit.surveys.answers(survey.id) if may is Shown.RESULTS else []
    found = tallies(questions(survey.template), said)
    return turn.screen(
        paragraphs(
            _standing(turn, survey),
            _response(turn, survey, answered),
            _explained(turn, may),
            *([_tally_text(turn, tally) for tally in found] if said else []),
        ),
        title=await _title(turn, survey),
        rows=[*_results_rows(turn, survey, said), *_steering_rows(turn, survey), _home_row(turn)],
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


def _tally_text(turn: Turn, tally: Tally) -> str:
    counted = [
        turn._("{option}: {count}", option=option_label(turn, option), count=tally.counts[option.code])
        for option in tally.question.options
    ]
    return lines(turn.say(tally.question.text), *counted, _mean_text(turn, tally))


def _mean_text(turn: Turn, tally: Tally) -> str:
    return "" if tally.mean is None else turn._("Mean: {mean}", mean=round(tally.mean, 1))


def _results_rows(turn: Turn, survey: Survey, said: Sequence[Answered]) -> list[list[Button]]:
    if not said:
        return []
    count = len(texts(questions(survey.template), said))
    chart = Button(turn.p("button", "Chart"), action("survey-chart", survey.id))
    words = Button(turn.p("button", "What they wrote"), action("survey-texts", survey.id, 0))
    return [[chart, words] if count else [chart]]


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
    said = await _visible(turn, survey)
    if not said:
        return await report_screen(turn, survey)
    panels = [_panel(turn, tally) for tally in tallies(questions(survey.template), said)]
    picture = await aside(bar_chart, panels, rtl=turn.speech.rtl)
    file = await turn.unit.files.add(
        "survey.png", "image/png", picture, at=turn.now, expires_at=turn.now + CHART_LIVES
    )
    return turn.screen(
        _response(turn, survey, len(said)),
        title=await _title(turn, survey),
        rows=[[Button(turn.p("button", "Back"), action("survey-report", survey.id)), menu_button(turn)]],
        attachments=[Attachment(file.id, picture=True)],
    )


def _panel(turn: Turn, tally: Tally) -> Panel:
    lang = turn.speech.lang
    return Panel(
        heading=turn.say(tally.question.text),
        note=_counted_text(turn, tally),
        bars=tuple(
            Bar(option_label(turn, option), count, digits(str(count), lang))
            for option in tally.question.options
            for count in (tally.counts[option.code],)
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
    pages = paged(texts(questions(survey.template), await _visible(turn, survey)))
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
