"""The two routes that Twilio posts to."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.channels.contract import Ignored
from bot.dispatch import Unavailable

if TYPE_CHECKING:
    from bot.machine import Machine

FIELD_NAME = re.compile(r"[A-Z][A-Za-z]{0,40}\d{0,2}")
"""What Twilio's parameter names look like. A signature does not tell a name from the value behind it."""
FIELDS = 200
NOT_OURS = ("foreign", "malformed")
"""Signed, but for another account or sender, or not what Twilio sends."""


def twilio_inbound(machine: Machine) -> Callable[[Request], Awaitable[Response]]:
    """Make the route that takes messages in."""
    return _webhook(machine, "/twilio/inbound")


def twilio_status(machine: Machine) -> Callable[[Request], Awaitable[Response]]:
    """Make the route that takes delivery reports in."""
    return _webhook(machine, "/twilio/status")


def _webhook(machine: Machine, path: str) -> Callable[[Request], Awaitable[Response]]:
    channel = machine.whatsapp
    assert channel is not None  # noqa: S101 - routes exist only where the channel does

    async def webhook(request: Request) -> Response:
        """403 unless signed and ours; 200 only after the commit.

        503 where nothing could be kept, so that Twilio sends it again.
        """
        if machine.stopping:
            return Response(status_code=503)
        try:
            form = await request.form(max_files=0, max_fields=FIELDS)
        except (ClientDisconnect, HTTPException, MultiPartException, UnicodeDecodeError):
            return Response(status_code=400)
        query = request.scope["query_string"].decode("latin-1")
        signature = request.headers.get("x-twilio-signature", "")
        if not channel.signed(path, query, form, signature):
            return Response(status_code=403)
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        if any(not FIELD_NAME.fullmatch(name) for name in fields):
            return Response(status_code=403)
        if path.endswith("/status"):
            fields |= {name: request.query_params.get(name, "") for name in ("row", "template")}
        heard = channel.parse(fields, machine.time.now())
        try:
            await machine.heard("whatsapp", heard)
        except Unavailable:
            return Response(status_code=503)
        if isinstance(heard, Ignored) and heard.reason in NOT_OURS:
            return Response(status_code=403)
        return Response("<Response></Response>", media_type="text/xml")

    return webhook
