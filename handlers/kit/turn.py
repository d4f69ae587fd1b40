"""A Turn: one Inbound handled for one member, within one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from handlers.kit.community import Community
from handlers.kit.inbound import Inbound, Upload
from handlers.kit.screen import Accepts, Ask, Attachment, Button, Screen
from locales import Message, Safe, Speech, speech
from storage.addresses import Address
from storage.members import Member
from storage.unit import Unit


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person answered to an Ask: a text, or a file that was fetched, or both."""

    text: str = ""
    upload: Upload | None = None


@dataclass(slots=True)
class Turn:
    """Who speaks, in which language, when, and the unit of work. Also used to render a notice for its recipient.

    `inbound` is None when a notice is rendered: nobody spoke.
    """

    unit: Unit
    member: Member
    address: Address
    now: datetime
    community: Community
    inbound: Inbound | None = None
    removes: bool = False
    """Whether messages can be taken out of this chat again."""
    warned: bool = False
    """Whether what was typed was met with a warning instead of being taken."""
    unsaid: bool = False
    """Whether what was typed is being taken out of the chat."""
    traceless: bool = False
    """Whether nothing of this Turn may outlive what it is about: an anonymous survey."""
    farewell: bool = False
    """Whether the member was erased in this Turn, so that its Screen is the last thing they are sent."""

    @property
    def lang(self) -> str:
        """Return the member's language, English until one is chosen."""
        return self.member.lang or "en"

    @property
    def speech(self) -> Speech:
        """Return the voice in the member's language."""
        return speech(self.lang)

    @property
    def occasion(self) -> str:
        """Name what set this Turn off, so that a notice that follows from it is told from the next of its kind."""
        return self.inbound.provider_id if self.inbound else self.now.isoformat()

    def _(self, msgid: str, /, **values: Any) -> Safe:
        """Say a catalog text in the member's language."""
        return self.speech._(msgid, **values)

    def p(self, context: str, msgid: str, /, **values: Any) -> Safe:
        """Say a catalog text that needs a context, such as a button's label."""
        return self.speech.p(context, msgid, **values)

    def n(self, singular: str, plural: str, count: int, /, **values: Any) -> Safe:
        """Say a catalog text that depends on a number, given to it as `count`."""
        return self.speech.n(singular, plural, count, **values)

    def np(self, context: str, singular: str, plural: str, count: int, /, **values: Any) -> Safe:
        """Say a catalog text that depends on a number and needs a context."""
        return self.speech.np(context, singular, plural, count, **values)

    def say(self, message: Message, /, **values: Any) -> Safe:
        """Say a text that a table of the module holds."""
        return self.speech.say(message, **values)

    def screen(
        self,
        text: str = "",
        *,
        title: str = "",
        rows: Sequence[Sequence[Button]] = (),
        ask: str = "",
        accepts: Accepts = "text",
        attachments: Sequence[Attachment] = (),
        **options: Any,
    ) -> Screen:
        """Build a Screen in the member's language. `ask` is the action of the question it asks."""
        return Screen(
            text=text,
            title=title,
            rows=tuple(tuple(row) for row in rows if row),
            ask=Ask(ask, accepts) if ask else None,
            attachments=tuple(attachments),
            lang=self.lang,
            **options,
        )

    def reading(self, lang: str) -> Turn:
        """Return this Turn as a reader of another language would have it: for previews."""
        return replace(self, member=replace(self.member, lang=lang))

    async def change_member(self, **fields: Any) -> None:
        """Change the member, in the database and for the rest of this Turn."""
        await self.unit.members.change(self.member.id, **fields)
        self.member = replace(self.member, **fields)
