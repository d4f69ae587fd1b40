"""Answering on a page instead: for people who do not trust a chat app with what they think.

The chat carries a link, never an answer. The page itself is in `bot/pages`; what it says and does is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from handlers.feedback import misfit_text, option_label, refused, said, survey_heading
from handlers.kit import Button, Screen, Turn, action, paragraphs, tap
from handlers.menu import menu_button
from handlers.rules.questions import Condition, Misfit, Question, Words, chosen, find, questions
from handlers.rules.sheets import Sheet, read_sheet
from handlers.rules.surveys import Refusal
from handlers.surveys import look
from storage.surveys import Sending, Survey

LASTS = timedelta(hours=2)
"""For how long a link waits to be used."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A page that was sent: what was given by question code, and what is right and wrong with it."""

    given: Mapping[str, str] = field(default_factory=dict)
    sheet: Sheet = field(default_factory=lambda: Sheet({}, {}))


@tap("survey-page")
async def survey_page(turn: Turn, survey_id: int) -> Screen:
    """Give a link to the page and say what it protects from; a link given before ends."""
    match await look(turn, survey_id):
        case Refusal() as reason:
            return await refused(turn, reason)
        case found:
            return await _link(turn, found)


async def _link(turn: Turn, survey: Survey) -> Screen:
    back = Button(turn.p("button", "Back"), action("survey", survey.id))
    if not turn.community.public_url:
        return turn.screen(
            turn._("At the moment there is no such page here. You can answer in this chat."),
            title=await survey_heading(turn, survey),
            rows=[[back, menu_button(turn)]],
        )
    until = turn.now + LASTS
    token = await turn.unit.answer_links.make(survey.id, turn.member.id, until)
    address = f"{turn.community.public_url.rstrip('/')}/answer/{token}"
    return turn.screen(
        paragraphs(
            page_protection(turn, survey),
            turn._(
                "The link is for you alone and works once, until {moment}. Do not pass it on.",
                moment=turn.speech.moment(until, turn.now),
            ),
        ),
        title=await survey_heading(turn, survey),
        rows=[[Button(turn.p("button", "Open the page"), url=address)], [back, menu_button(turn)]],
        private=True,
    )


def page_protection(turn: Turn, survey: Survey) -> str:
    """Say in two sentences what answering on the page protects from and what it does not."""
    if not survey.anonymous:
        return turn._(
            "What you write on the page does not pass through the chat app. "
            "This survey has names: coordinators see your name beside your answers."
        )
    return turn._(
        "What you write on the page does not pass through the chat app, coordinators never see who gave which "
        "answer, and once the survey has closed a stolen disk cannot show it either. Whoever runs the server while "
        "the survey is open could still link you to your answers."
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose. `code` is empty for no answer."""

    code: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A question as the page asks it. `only` says whom it concerns, `note` what is wrong with what was given."""

    code: str
    asked: str
    choices: tuple[Choice, ...] = ()
    several: bool = False
    only: str = ""
    longest: int = 0
    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """All that the page says, in the person's language; `told` is about what was sent just now."""

    title: str
    protection: str
    how: str
    fields: tuple[Field, ...]
    send: str
    told: str = ""


async def form(turn: Turn, survey: Survey, filled: Filled | None = None) -> Form:
    """Make the page; one that has to be shown again holds what was given."""
    asked = questions(survey)
    how = turn._("Answer what you like and leave out the rest.")
    unnamed = turn._("Please do not name yourself or anyone else.") if survey.anonymous else ""
    return Form(
        title=await survey_heading(turn, survey),
        protection=page_protection(turn, survey),
        how=" ".join(part for part in (how, unnamed) if part),
        fields=tuple(_field(turn, asked, one, filled or Filled()) for one in asked),
        send=turn.p("button", "Send"),
        told=_told(turn, filled),
    )


def _told(turn: Turn, filled: Filled | None) -> str:
    if filled is None:
        return ""
    if filled.sheet.empty:
        return turn._("Nothing was sent yet: please answer at least one question.")
    return turn._("Nothing was sent yet: please look at the answers that are marked.")


def _field(turn: Turn, form: Sequence[Question], question: Question, filled: Filled) -> Field:
    given = filled.given.get(question.code, "")
    misfit = filled.sheet.misfits.get(question.code)
    return Field(
        question.code,
        said(turn, question.text),
        _choices(turn, question, given),
        several=question.several,
        only=_only(turn, form, question.when),
        longest=question.longest if isinstance(question, Words) else 0,
        text=given if question.typed else "",
        note=_misfit(turn, misfit, question) if misfit else "",
    )


def _choices(turn: Turn, question: Question, given: str) -> tuple[Choice, ...]:
    if question.typed:
        return ()
    taken = set(chosen(given)) & set(question.codes)
    offered = tuple(Choice(one.code, option_label(turn, one), one.code in taken) for one in question.options)
    return offered if question.several else (*offered, Choice("", turn._("No answer"), not taken))


def _only(turn: Turn, form: Sequence[Question], when: Condition | None) -> str:
    on = find(form, when.code) if when else None
    if when is None or on is None:
        return ""
    if on.typed:
        return turn._("Only if you wrote something above.")
    labels = [option_label(turn, one) for one in on.options if one.code in when.among]
    return turn._("Only if you answered above: {answers}", answers=turn.speech.list(labels))


def _misfit(turn: Turn, misfit: Misfit, question: Question) -> str:
    if misfit is Misfit.LONG:
        return misfit_text(turn, misfit, question)
    return turn._("Please choose from the answers.")


async def fill_in(turn: Turn, survey: Survey, given: Mapping[str, str]) -> Filled | Refusal | None:
    """Take a page's answers, once: None then. Of a page that has to be shown again nothing is kept."""
    filled = Filled(given, read_sheet(questions(survey), given))
    if filled.sheet.misfits or filled.sheet.empty:
        return filled
    for address in await turn.unit.addresses.of_member(turn.member.id):
        await turn.unit.outbox.forget_answering(address.id)  # what was begun in a chat
    match await turn.unit.surveys.send(survey.id, turn.member.id, filled.sheet.answers, turn.now):
        case Sending.TAKEN:
            return None
        case Sending.TWICE:
            return Refusal.ANSWERED
        case Sending.CLOSED:
            return Refusal.CLOSED
