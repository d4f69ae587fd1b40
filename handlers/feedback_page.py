"""Answering on a page instead: for people who do not trust a chat app with what they think.

The chat carries a link, never an answer. The page itself is in `bot/pages`; what it says and does is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum

from handlers.feedback import refused, survey_heading
from handlers.kit import Button, Screen, Turn, action, paragraphs, tap
from handlers.menu import menu_button
from handlers.rules.sheets import Sheet, read_sheet
from handlers.rules.surveys import Refusal
from handlers.surveys import look
from storage.surveys import Sending, Survey

LASTS = timedelta(hours=2)
"""For how long a link waits to be used."""


class Filled(Enum):
    """What became of a page that was sent."""

    TAKEN = "taken"
    EMPTY = "empty"
    AGAIN = "again"


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
        "What you write on the page does not pass through the chat app, and coordinators and a stolen disk can't "
        "link you to it any more than in the chat. Whoever runs the server while the survey is open still could."
    )


async def fill_in(turn: Turn, survey: Survey, given: Mapping[str, str]) -> tuple[Filled, Sheet]:
    """Take a page's answers, once; nothing is kept of a page that has to be shown again."""
    sheet = read_sheet(survey.template, given)
    if sheet.misfits:
        return Filled.AGAIN, sheet
    if sheet.empty:
        return Filled.EMPTY, sheet
    await turn.unit.surveys.send(survey.id, turn.member.id, sheet.answers, turn.now)
    return Filled.TAKEN, sheet
