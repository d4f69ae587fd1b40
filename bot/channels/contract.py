"""What a channel is: one class that reads its provider's wire format and sends parts of screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from handlers.kit import Attachment, Button, Inbound, Template, Upload

Layout = Literal["none", "inline", "quick_reply", "list", "numbers"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show. Lengths are characters as the provider counts them (see `measure`).

    `inline` buttons go into rows under a message; `quick_replies` and `list_items` are WhatsApp's two forms; a
    channel without either shows numbers. `window` is for how long after a person wrote free-form text may be
    sent; None: always. `removes`: messages of both sides can be taken out of a chat again.
    """

    text: int
    caption: int
    body_with_buttons: int
    inline: int = 0
    inline_row: int = 0
    inline_label: int = 0
    reverse_rows: bool = False
    quick_replies: int = 0
    quick_reply_label: int = 0
    list_items: int = 0
    list_label: int = 0
    list_description: int = 0
    edits: bool = False
    popups: int = 0
    window: timedelta | None = None
    captions: bool = True
    utf16: bool = False
    removes: bool = False

    def measure(self, text: str) -> int:
        """Measure a text in the provider's unit."""
        return len(text.encode("utf-16-le")) // 2 if self.utf16 else len(text)


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a provider: a piece of a screen. `title` is bold and stands above `text`.

    `rows` are buttons in the order in which they are shown; for the list layout, `choose` is the word on the
    button that opens it, and `listed` pairs each action with its label and description.
    """

    text: str = ""
    title: str = ""
    layout: Layout = "none"
    rows: tuple[tuple[Button, ...], ...] = ()
    choose: str = ""
    listed: tuple[tuple[str, str, str], ...] = ()
    attachment: Attachment | None = None
    private: bool = False
    lasting: bool = False
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A part on its way to one chat.

    `row_id` is our outbox row, for providers that report back on it. `replaces` is the provider's id of a message
    to edit in place; `callback` the tap to answer, with `note` as its pop-up. Once `window_until` is past, only
    the screen's `template` may be sent. `broadcast` says that it is less urgent than what concerns this person.
    """

    peer: str
    part: Part
    row_id: int
    replaces: str = ""
    callback: str = ""
    note: str = ""
    window_until: datetime | None = None
    template: Template | None = None
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it, and calls it `id`. `whole`: it stood for the whole screen, nothing else is to follow."""

    id: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """It did not happen and may be tried again: after so many seconds where the provider said so, else None.

    `account` says that the provider asked the whole account to pause, not only this chat. `reason` is what it
    comes to where no further try is worth it.
    """

    after: float | None = None
    detail: str = ""
    account: bool = False
    reason: str = "gave_up"


@dataclass(frozen=True, slots=True)
class Stopped:
    """The person blocked us here, or opted out with the provider: `reason` is then opted_out, and silences all."""

    detail: str = ""
    reason: str = "blocked"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody can be reached there; `reason` is one of the outbox's reasons."""

    detail: str = ""
    reason: str = "unreachable"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider refuses this very message; `reason` is one of the outbox's reasons."""

    detail: str = ""
    reason: str = "rejected"


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """Our account or what we send is at fault: nothing of this kind will go through. `fault`: see handlers.fallback."""

    detail: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request left and no answer came: it may have happened."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """It may only go out once the person writes: the row waits for that. They were told, or could not be."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Postponed:
    """It may not go out before a moment: today's share is used up."""

    until: datetime
    detail: str = ""


Outcome = Waiting | Postponed | Sent | Retry | Stopped | Unreachable | Rejected | Misconfigured | Unknown


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a provider reports later: state is sent, delivered, read or failed, and `failure` then says how.

    `template` is set where it began a conversation: "opener" of one that the row waits for, else the row itself.
    """

    channel: str
    provider_id: str
    state: str
    row_id: int = 0
    failure: Outcome | None = None
    template: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something heard that is not for us, and why: a short word for the metrics, never a text."""

    reason: str


Heard = Inbound | DeliveryReport | Ignored


class FetchFailed(Exception):
    """A file could not be fetched; `fault` is large, type or gone."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Channel(Protocol):
    """One channel account."""

    name: str
    account: str
    capabilities: Capabilities
    messages_per_second: float

    def seconds_between(self, peer: str) -> float:
        """Return the seconds between two messages to one chat; 0: no limit of its own."""

    def parse(self, raw: Any, at: datetime) -> Heard:
        """Read the provider's wire format. Pure; anything odd is Ignored with its reason, never an exception."""

    async def send(self, parcel: Parcel) -> Outcome:
        """Send one part. Never raises for anything the provider or the network does."""

    async def fetch(self, upload: Upload) -> bytes:
        """Fetch a file that somebody sent; raises FetchFailed."""

    async def remove(self, peer: str, messages: Sequence[str]) -> bool:
        """Take messages out of a chat; False where it has to be tried again."""

    async def close(self) -> None:
        """Let go of connections."""
