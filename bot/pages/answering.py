"""The page on which somebody answers a survey outside the chat.

Looking at it changes nothing, so whatever fetches links ahead of people does no harm; sending it uses the link up.
The link's token is all that tells who somebody is: no cookie is set, and no answer says a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.pages.public import LONGEST, NEVER_KEPT, page, turn_of
from handlers.feedback import refusal_text
from handlers.feedback_page import Form, fill_in, form
from handlers.kit import Turn
from handlers.rules.questions import SEPARATOR
from handlers.rules.surveys import Refusal
from handlers.surveys import look
from locales import LANGUAGES
from storage.surveys import Survey
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.machine import Machine

LARGEST_POST = 128 * 1024
"""Bytes of a page that is sent: the longest text that fits, percent-encoded, several times over."""
MOST_FIELDS = 200
URLENCODED = "application/x-www-form-urlencoded"
SCRIPTLESS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
}


def answer_routes(machine: Machine) -> list[BaseRoute]:
    """Make the routes of the page."""
    pages = _Answering(machine)
    return [
        Route("/answer/{token}", pages.show, methods=["GET"]),
        Route("/answer/{token}", pages.take, methods=["POST"]),
        Route("/answered/{lang}", pages.thank, methods=["GET"]),
    ]


class _Answering:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def show(self, request: Request) -> Response:
        """Show the questions."""
        token = request.path_params["token"][:LONGEST]

        async def read(unit: Unit) -> Response:
            match await self._opened(unit, token):
                case Response() as over:
                    return over
                case turn, survey:
                    return _sheet(turn, await form(turn, survey))

        return await self._machine.database.look(read)

    async def take(self, request: Request) -> Response:
        """Take what was answered; the page is shown again where something is wrong with it."""
        token = request.path_params["token"][:LONGEST]
        given = await _given(request)
        if isinstance(given, Response):
            return given

        async def write(unit: Unit) -> Response:
            match await self._opened(unit, token):
                case Response() as over:
                    return over
                case turn, survey:
                    return await _taken(turn, survey, given)

        return await self._machine.database.work(write)

    async def thank(self, request: Request) -> Response:
        """Say that it has arrived; whose it was is not known here any more."""
        lang = next((one for one in LANGUAGES if one == request.path_params["lang"]), None)
        return page("answered.html", (lang,)) if lang else Response(status_code=404)

    async def _opened(self, unit: Unit, token: str) -> tuple[Turn, Survey] | Response:
        """Return whose page it is and for which survey, or the page that says why there is none."""
        link = await unit.answer_links.find(token, self._machine.time.now())
        turn = await turn_of(self._machine, unit, link.member_id) if link else None
        if link is None or turn is None:
            return page("answer_ended.html", LANGUAGES, 404)
        match await look(turn, link.survey_id):
            case Refusal() as reason:
                return _refused(turn, reason)
            case survey:
                return turn, survey


async def _given(request: Request) -> Mapping[str, str] | Response:
    """Read what the page sent."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != URLENCODED:
        return Response(status_code=415)
    body = await request.body()
    if len(body) > LARGEST_POST:
        return Response(status_code=413)
    try:
        sent = parse_qsl(body.decode("ascii", "replace"), errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:
        return Response(status_code=400)
    given: dict[str, list[str]] = {}
    for code, value in sent:
        given.setdefault(code, []).append(value)
    return {code: SEPARATOR.join(values) for code, values in given.items()}


async def _taken(turn: Turn, survey: Survey, given: Mapping[str, str]) -> Response:
    match await fill_in(turn, survey, given):
        case None:
            # Another address, so that neither going back nor loading again brings the answers up.
            return RedirectResponse(f"/answered/{turn.lang}", 303, headers=NEVER_KEPT)
        case Refusal() as reason:
            return _refused(turn, reason)
        case filled:
            return _sheet(turn, await form(turn, survey, filled), 422)


def _sheet(turn: Turn, shown: Form, status: int = 200) -> Response:
    lang = next(one for one in LANGUAGES if one == turn.lang)
    response = page("answer.html", (lang,), status, form=shown)
    response.headers.update(SCRIPTLESS)
    return response


def _refused(turn: Turn, reason: Refusal) -> Response:
    lang = next(one for one in LANGUAGES if one == turn.lang)
    return page("answer_refused.html", (lang,), 410, said=refusal_text(turn, reason))
