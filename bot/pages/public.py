"""Pages for everybody: is a certificate genuine, where to check in, and a person's own calendar.

None says more than it must: a number is genuine or not known, a check-in page knows no code, and an address that is
no calendar's looks like any page that is not there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from handlers.counting import Content, thawed
from handlers.feed import feed_body
from handlers.kit import Turn
from handlers.numbers import months_in
from handlers.report_rows import workbook_sheets
from handlers.rules.codes import code_in
from handlers.rules.periods import quarter_named
from locales import LANGUAGES, N_, Language, Message, clean, speech, to_ascii_digits
from storage.invitations import canonical, grouped
from storage.reports import ReportLink
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.machine import Machine

HERE = Path(__file__).parent
LONGEST = 100
"""Characters of anything that is looked up."""
NEVER_KEPT = {"Cache-Control": "private, no-store"}
WEB_CALENDAR = "https://calendar.google.com/calendar/r?cid="

TEXTS: dict[str, Message] = {
    "ask": N_("Is a certificate genuine? Write its number."),
    "genuine": N_("This certificate is genuine."),
    "unknown": N_("No certificate with this number is known."),
    "check_in": N_("Say that you are here"),
    "check_in_how": N_("Open the app you use with us. If nothing happens there, send this code."),
    "calendar": N_("My calendar"),
    "private": N_("This page is yours alone. Whoever has its address sees your events."),
    "phone": N_("Calendar of this phone"),
    "google": N_("Google Calendar"),
    "report_of": N_("Iraqi Community of Practice"),
    "report_once": N_("This report opens once. Open it when you have time to read or print it."),
    "report_open": N_("Open the report"),
    "ended": N_("This link has been used already, or its time is over."),
    "ended_how": N_(
        "You can get a new one in the chat, as long as the survey is open and you have not answered."
    ),
    "thanks": N_("Thank you!"),
    "sent": N_("Your answers were sent."),
    "sent_how": N_("You can close this page. The link does not work any more."),
    "by_hand": N_("Or copy this address into a calendar that can subscribe to one:"),
}

_templates = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
_templates.globals["texts"] = lambda voice: {key: voice.say(text) for key, text in TEXTS.items()}


def public_routes(machine: Machine) -> list[BaseRoute]:
    """Make the routes that exist on every installation."""
    pages = _Pages(machine)
    return [
        Route("/page.css", pages.style, methods=["GET"]),
        Route("/certificate", pages.certificate, methods=["GET"]),
        Route("/certificate/{number}", pages.certificate, methods=["GET"]),
        Route("/in/{code}", pages.check_in, methods=["GET"]),
        Route("/report/{token}", pages.report, methods=["GET"]),
        Route("/report/{token}", pages.open_report, methods=["POST"]),
        Route("/calendar/{token}.ics", pages.feed, methods=["GET"]),
        Route("/calendar/{token}", pages.calendar, methods=["GET"]),
    ]


class _Pages:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def style(self, _request: Request) -> Response:
        return FileResponse(HERE / "page.css", media_type="text/css", headers={"Cache-Control": "no-cache"})

    async def certificate(self, request: Request) -> Response:
        """Say whether a number is genuine; without one, ask for it."""
        given = request.path_params.get("number") or request.query_params.get("number", "")
        number = to_ascii_digits(clean(given[:LONGEST]))
        genuine = None
        if number:
            genuine = await self._machine.database.look(lambda unit: unit.certificates.genuine(number))
        written = canonical(number)
        shown = grouped(written) if written else number
        return page("certificate.html", LANGUAGES, number=shown, genuine=genuine)

    async def check_in(self, request: Request) -> Response:
        """Lead on into the apps with the code; whether there is such a code is not said."""
        code = code_in(request.path_params["code"][:LONGEST])
        if not code:
            return Response(status_code=404)
        community = self._machine.community
        links = {
            "Telegram": f"{community.telegram_link}?start=c{code}" if community.telegram_link else "",
            "WhatsApp": f"{community.whatsapp_link}?text=check-in%20{code}"
            if community.whatsapp_link
            else "",
        }
        return page("check_in.html", LANGUAGES, code=f"{code[:3]} {code[3:]}", links=links)

    async def calendar(self, request: Request) -> Response:
        """Offer the ways in which a phone's calendar can subscribe to a person's own."""
        token = request.path_params["token"][:LONGEST]
        async with self._machine.database.reading() as unit:
            turn = await self._owner(unit, token)
        if turn is None:
            return Response(status_code=404)
        base = self._machine.community.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        address = f"{base}/calendar/{token}.ics"
        webcal = f"webcal://{urlsplit(address).netloc}{urlsplit(address).path}"
        google = f"{WEB_CALENDAR}{quote(webcal, safe='')}"
        lang = next(one for one in LANGUAGES if one == turn.lang)
        return page("calendar.html", (lang,), phone=webcal, google=google, address=address)

    async def report(self, request: Request) -> Response:
        """Show a button and nothing of the report: what only looks at links must not use one up."""
        token = request.path_params["token"][:LONGEST]
        now = self._machine.time.now()
        link = await self._machine.database.look(lambda unit: unit.reports.linked(token, now))
        return self._report_page(link, None) if link else Response(status_code=404)

    async def open_report(self, request: Request) -> Response:
        """Show a locked report, once."""
        token = request.path_params["token"][:LONGEST]
        async with self._machine.database.unit() as unit:
            link = await unit.reports.use_link(token, self._machine.time.now())
            known = await unit.reports.get(link.period) if link else None
        if link is None or known is None or not known.locked:
            return Response(status_code=404)
        return self._report_page(link, thawed(known))

    def _report_page(self, link: ReportLink, said: Content | None) -> Response:
        lang = next(one for one in LANGUAGES if one == link.lang)
        quarter = quarter_named(link.period)
        if quarter is None:
            return Response(status_code=404)
        voice, zone = speech(lang), self._machine.community.zone
        standing, sheets = "", []
        if said is not None and said.locked_at is not None:
            standing = voice._("Locked on {date}", date=voice.date(said.locked_at, zone=zone))
            sheets = workbook_sheets(voice, said, zone)
        period = months_in(voice, quarter, zone)
        return page("report.html", (lang,), period=period, standing=standing, sheets=sheets)

    async def feed(self, request: Request) -> Response:
        """Serve a person's calendar."""
        async with self._machine.database.reading() as unit:
            turn = await self._owner(unit, request.path_params["token"][:LONGEST])
            body = await feed_body(turn) if turn else b""
        if turn is None:
            return Response(status_code=404)
        return Response(body, media_type="text/calendar", headers=NEVER_KEPT)

    async def _owner(self, unit: Unit, token: str) -> Turn | None:
        """Return a Turn of the person whose calendar this is the address of."""
        member_id = await unit.calendars.whose(token)
        return await turn_of(self._machine, unit, member_id) if member_id else None


async def turn_of(machine: Machine, unit: Unit, member_id: int) -> Turn | None:
    """Return a Turn of somebody who opened a page that is theirs; nothing where they are kept out."""
    member = await unit.members.get(member_id)
    address = await unit.addresses.best(member.id) if member else None
    if member is None or member.hold or address is None:
        return None
    return Turn(unit, member, address, machine.time.now(), machine.community)


def page(template: str, langs: tuple[Language, ...], status: int = 200, **values: Any) -> HTMLResponse:
    """Render a page that no cache keeps, in one language or several."""
    voices = [speech(lang) for lang in langs]
    body = _templates.get_template(template).render(voices=voices, first=voices[0], **values)
    return HTMLResponse(body, status, headers=NEVER_KEPT)
