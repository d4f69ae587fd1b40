"""What was sent to us while nobody could take it in, and Twilio had given up: made up for by listing messages.

A list tells less than a webhook: a tapped button is but its title, which is understood like typing it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from twilio.rest import Client

from bot.channels.contract import Heard, Ignored
from bot.channels.whatsapp.inbound import NAME, heard
from storage.database import Database

FARTHEST = timedelta(hours=24)
"""Older messages are not answered any more: their window is closed."""
OVERLAP = timedelta(minutes=10)
STILL_COMING = timedelta(minutes=2)
"""Younger messages may yet come by their webhook, which tells more."""
MOST = 1_000
PAGE = 200

log = structlog.get_logger()
Handle = Callable[[Heard], Awaitable[object]]


class CatchingUp:
    """Lists messages to one sender and hands over those that never came."""

    def __init__(
        self, database: Database, client: Client, api_url: str, account: str, account_sid: str
    ) -> None:
        self._database, self._client = database, client
        self._account, self._account_sid = account, account_sid
        self._media_url = f"{api_url}/2010-04-01/Accounts/{account_sid}/Messages"
        self._fact = f"caught-up:{account}"

    async def run(self, handle: Handle, now: datetime) -> int:
        """Hand over what is missing, the oldest first, and return how many; the first time only notes the moment."""
        async with self._database.reading() as unit:
            kept = await unit.facts.get(self._fact)
        missing: Sequence[Any] = []
        if kept:
            since = max(datetime.fromisoformat(kept) - OVERLAP, now - FARTHEST)
            missing = await self._missing(since, now - STILL_COMING)
        for message in missing:
            await handle(await self._read(message))
        async with self._database.unit() as unit:
            await unit.facts.put(self._fact, now.isoformat())
        if missing:
            log.warning("messages were missed and made up for", count=len(missing))
        return len(missing)

    async def _missing(self, since: datetime, until: datetime) -> list[Any]:
        listed = await self._client.messages.list_async(
            to=self._account, date_sent_after=since, page_size=PAGE, limit=MOST
        )
        if len(listed) == MOST:
            log.warning("more messages than are looked through", most=MOST)
        found = [one for one in listed if one.direction == "inbound" and since <= _at(one) <= until]
        async with self._database.reading() as unit:
            known = await unit.inbox.known(NAME, self._account, [str(one.sid) for one in found])
        return [one for one in reversed(found) if str(one.sid) not in known]

    async def _read(self, message: Any) -> Heard:
        """Read a listed message as if its webhook had come."""
        raw = {
            "AccountSid": self._account_sid,
            "MessageSid": str(message.sid),
            "From": str(message.from_),
            "To": str(message.to),
            "Body": str(message.body or ""),
            "NumMedia": str(message.num_media or "0"),
        }
        if raw["NumMedia"] != "0":
            media = await self._client.messages(raw["MessageSid"]).media.list_async(limit=1)
            if not media:
                return Ignored("gone")
            raw["MediaUrl0"] = f"{self._media_url}/{raw['MessageSid']}/Media/{media[0].sid}"
            raw["MediaContentType0"] = str(media[0].content_type)
        return heard(raw, _at(message), account=self._account, account_sid=self._account_sid)


def _at(message: Any) -> datetime:
    at: datetime = message.date_sent or message.date_created
    return at
