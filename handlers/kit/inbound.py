"""What a channel heard, in words that no channel owns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

What = Literal["text", "tap", "file", "other", "left", "returned", "too much"]
"""A typed text; a tapped button; a file; something we cannot read (sticker, voice, contact, location);
the person blocked us; the person unblocked us; or more at once than is heard (its words are gone then)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sent. `remote` is the provider's handle; `file_id` ours, once it was fetched.

    `size` is in bytes, 0 where the provider does not say. `fault` tells why it was not fetched: `large`, `type`
    or `gone`.
    """

    remote: str
    name: str
    mime: str
    size: int = 0
    file_id: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing heard from one person in a private chat.

    `account` is which bot or sender of ours heard it; `peer` is the provider's opaque address of the person;
    `provider_id` tells a re-sent update from a new one. For a tap, `tap` is the action string, `message` the
    provider's id of the tapped message, `callback` the id by which the tap is answered, and `keep` says that the
    tapped message must stay as it is (so that the answer comes as a new message). `acknowledged`: the channel says
    by itself that it was heard, so that only a pop-up has to be sent to `callback`. `typed` is the provider's id of
    the very message that was typed or sent, where it could be taken out of the chat again.
    """

    channel: str
    account: str
    peer: str
    provider_id: str
    at: datetime
    what: What
    text: str = ""
    tap: str = ""
    message: str = ""
    callback: str = ""
    acknowledged: bool = False
    keep: bool = False
    upload: Upload | None = None
    language_code: str = ""
    typed: str = ""
