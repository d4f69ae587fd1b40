"""What Twilio posts, read into our words. Pure; a peer is opaque: no number is ever read out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.channels.contract import DeliveryReport, Heard, Ignored
from bot.channels.whatsapp.faults import outcome_of
from handlers.kit import Inbound, Upload

NAME = "whatsapp"
MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
PEER = re.compile(r"whatsapp:[+A-Za-z0-9._-]{3,60}")
STATES = {
    "accepted": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
UNREADABLE = ("sticker", "contacts", "audio")
UNREADABLE_FILES = ("audio/", "text/vcard", "text/x-vcard")
EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "text/csv": "csv"}


def heard(raw: Any, at: datetime, *, account: str, account_sid: str) -> Heard:
    """Read a webhook's form fields (name to value), of an inbound message or a status."""
    if not isinstance(raw, Mapping) or not all(isinstance(value, str) for value in raw.values()):
        return Ignored("malformed")
    status = bool(raw.get("MessageStatus"))
    # Status callbacks of nothing but the message and its status were seen.
    if raw.get("AccountSid", account_sid if status else "") != account_sid:
        return Ignored("foreign")
    if not MESSAGE_SID.fullmatch(raw.get("MessageSid", "")):
        return Ignored("malformed")
    if status:
        return _report(raw)
    return _message(raw, at, account) if raw.get("To") == account else Ignored("foreign")


def _report(raw: Mapping[str, str]) -> Heard:
    state = STATES.get(raw["MessageStatus"])
    if state is None:
        return Ignored("status")
    row = raw.get("row", "")
    return DeliveryReport(
        NAME,
        raw["MessageSid"],
        state,
        int(row) if row.isascii() and row.isdecimal() and len(row) < 19 else 0,
        outcome_of(raw.get("ErrorCode", "")[:10]) if state == "failed" else None,
        template=raw.get("template", "")[:24],
    )


def _message(raw: Mapping[str, str], at: datetime, account: str) -> Heard:
    peer = raw.get("From", "")
    # Empty or not, a Body always comes: one without may be a signed form whose values were made into names.
    if not PEER.fullmatch(peer) or "Body" not in raw:
        return Ignored("malformed")
    common: dict[str, Any] = {
        "channel": NAME,
        "account": account,
        "peer": peer,
        "provider_id": raw["MessageSid"],
        "at": at,
    }
    payload = raw.get("ButtonPayload") or raw.get("ListId", "")
    if payload:
        return Inbound(
            **common, what="tap", tap=payload, message=raw.get("OriginalRepliedMessageSid", "")[:64]
        )
    if raw.get("NumMedia", "0") != "0" and raw.get("MediaUrl0"):
        return _media(raw, common)
    text = raw.get("Body", "")
    if text and raw.get("MessageType", "text") in ("text", "button", "interactive"):
        return Inbound(**common, what="text", text=text)
    return Inbound(**common, what="other", text=text)


def _media(raw: Mapping[str, str], common: dict[str, Any]) -> Inbound:
    mime = raw.get("MediaContentType0", "").split(";")[0].strip().lower()
    if raw.get("MessageType") in UNREADABLE or mime.startswith(UNREADABLE_FILES):
        return Inbound(**common, what="other")
    said = raw.get("Body", "")
    upload = Upload(raw["MediaUrl0"], file_name(said, mime), mime)
    return Inbound(**common, what="file", text=said, upload=upload)


def file_name(said: str, mime: str) -> str:
    """Name a file. WhatsApp gives documents' names as the text beside them, if at all."""
    if re.fullmatch(r"[^\n/\\]{1,120}\.[A-Za-z0-9]{2,5}", said.strip()):
        return said.strip()
    extension = EXTENSIONS.get(mime, "")
    return f"file.{extension}" if extension else "file"
