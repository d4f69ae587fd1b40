"""Where a report's number comes from: the events, sheets, surveys and lists behind it, each a tap away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.counting import Activity, Content, content
from handlers.kit import COORDINATORS, Button, Outdated, Screen, Turn, action, lines, paragraphs, tap
from handlers.numbers import month_names
from handlers.pages import numbered_label, page_buttons, page_in
from handlers.rules.indicators import COMPLETED_KINDS, Indicator, Source, indicator
from handlers.rules.periods import quarter_named
from locales import NP_, Message
from storage.surveys import Survey

ELSEWHERE: dict[Source, tuple[Message, str]] = {
    "mentoring": (NP_("button", "Mentorship"), "mentoring-desk"),
    "grants": (NP_("button", "Small grants"), "call-desk:grant"),
    "labs": (NP_("button", "Collaboration labs"), "call-desk:lab"),
    "materials": (NP_("button", "Slides and resources"), "library"),
}
"""Where what is not an event has a list of its own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence: what it is called, what it says, and where a tap leads."""

    name: str
    said: str
    action: str


@tap("evidence", who=COORDINATORS)
async def evidence(turn: Turn, period: str, code: str, page: int) -> Screen:
    """List what a number of a period was counted from."""
    quarter, one = quarter_named(period), indicator(code)
    if quarter is None or one is None:
        raise Outdated(period)
    said = await content(turn.unit, quarter, turn.community.zone, turn.now)
    pieces = await _pieces(turn, said, one)
    shown = page_in(pieces, page)
    listed = list(enumerate(shown.items, shown.first))
    place = ELSEWHERE.get(one.source)
    return turn.screen(
        paragraphs(
            turn._("Where it comes from, {period}:", period=month_names(turn, quarter)),
            lines(
                *(
                    turn._("{number}. {name}: {what}", number=number, name=piece.name, what=piece.said)
                    for number, piece in listed
                )
            )
            or (
                turn._("The list behind it is here:")
                if place
                else turn._("There is nothing in this quarter.")
            ),
        ),
        title=turn.say(one.name),
        rows=[
            *([Button(numbered_label(turn, number, piece.name), piece.action)] for number, piece in listed),
            page_buttons(turn, shown, "evidence", quarter.code, one.code),
            [Button(turn.say(place[0]), place[1])] if place else [],
            [Button(turn.p("button", "Back"), action("figure", quarter.code, one.code))],
        ],
    )


async def _pieces(turn: Turn, said: Content, one: Indicator) -> Sequence[Piece]:
    if one.source == "surveys":
        return await _surveys(turn, said)
    if one.source not in ("events", "sheets"):
        return []
    return [_event(turn, activity) for activity in said.activities if _counts(one, activity)]


def _counts(one: Indicator, activity: Activity) -> bool:
    if one.source == "events":
        return activity.kind == one.code
    return activity.kind in COMPLETED_KINDS if one.code == "completed" else activity.participations > 0


def _event(turn: Turn, activity: Activity) -> Piece:
    date = turn.speech.date(activity.at, turn.now)
    there = turn.n("{date}, {count} person", "{date}, {count} people", activity.participations, date=date)
    return Piece(_title(turn, activity), there, action("attendance", activity.event_id))


def _title(turn: Turn, activity: Activity) -> str:
    return activity.titles.get(turn.lang) or activity.titles.get("en", "")


async def _surveys(turn: Turn, said: Content) -> list[Piece]:
    found = []
    for activity in said.activities:
        for survey in await turn.unit.surveys.about(activity.event_id):
            found.append(await _survey(turn, activity, survey))
    return found


async def _survey(turn: Turn, activity: Activity, survey: Survey) -> Piece:
    answered = await turn.unit.surveys.count_answers(survey)
    told = turn._("{answered} of {invited}", answered=answered, invited=survey.invited)
    return Piece(_title(turn, activity), told, action("survey-report", survey.id))
