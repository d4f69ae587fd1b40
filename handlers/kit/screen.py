"""Screens: what a person sees next, in a form that every channel can show."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Accepts = Literal["text", "file", "either"]


@dataclass(frozen=True, slots=True)
class Button:
    """A choice: a label and the action that a tap sends back, or a web address that it opens."""

    label: str
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question whose typed answer (or file) comes back to the handler named by the action."""

    action: str
    accepts: Accepts = "text"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file to send along, by its id in `storage.files`; `picture` asks to show it rather than list it."""

    file_id: int
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """The prepared wording that announces a screen where only such may be sent, and the words for its gaps."""

    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Screen:
    """What a person sees next. Plain text; the channel sets the title in bold and lays out the rows.

    `note` is a short word about what just happened: a pop-up where the channel has one, else the first line.
    `lasting` keeps this message when one of its buttons is tapped: the answer comes as a new message. `private`
    asks the channel not to let it be forwarded and not to preview its links. `card` names a message that later
    screens of the same name replace, and `quiet` says that such an update is not worth a message of its own where
    the channel can't edit. `then` are further messages, in order. `lang` is the language the text is
    anchored in; empty where the text mixes languages and is anchored already. `template` stands for the screen
    where a channel lets only prepared wordings through; the screen itself is shown once the person answers.
    """

    text: str = ""
    title: str = ""
    note: str = ""
    rows: tuple[tuple[Button, ...], ...] = ()
    ask: Ask | None = None
    attachments: tuple[Attachment, ...] = ()
    lasting: bool = False
    private: bool = False
    card: str = ""
    quiet: bool = False
    lang: str = ""
    template: Template | None = None
    then: tuple[Screen, ...] = field(default=())

    @property
    def buttons(self) -> list[Button]:
        """List every button in reading order: the order in which choices are numbered."""
        return [button for row in self.rows for button in row]

    def noting(self, note: str) -> Screen:
        """Return the same screen with a note about what just happened."""
        return replace(self, note=note)

    def followed_by(self, *screens: Screen) -> Screen:
        """Return the same screen with further messages after it."""
        return replace(self, then=(*self.then, *screens))

    def to_json(self) -> str:
        """Write the screen down for the outbox."""
        return json.dumps(self, default=_fields, ensure_ascii=False, separators=(",", ":"))


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def screen_from_json(text: str) -> Screen:
    """Read a screen back from the outbox."""
    return _screen(json.loads(text))


def _screen(kept: dict[str, Any]) -> Screen:
    ask, template = kept.get("ask"), kept.get("template")
    return Screen(
        text=kept["text"],
        title=kept["title"],
        note=kept["note"],
        rows=tuple(tuple(Button(**button) for button in row) for row in kept["rows"]),
        ask=Ask(**ask) if ask else None,
        attachments=tuple(Attachment(**one) for one in kept["attachments"]),
        lasting=kept["lasting"],
        private=kept["private"],
        card=kept["card"],
        quiet=kept["quiet"],
        lang=kept["lang"],
        template=Template(template["name"], tuple(template["values"])) if template else None,
        then=tuple(_screen(one) for one in kept["then"]),
    )


def paragraphs(*parts: str) -> str:
    """Join the parts that say something with an empty line between them."""
    return "\n\n".join(part for part in parts if part)


def lines(*parts: str) -> str:
    """Join the parts that say something, one a line."""
    return "\n".join(part for part in parts if part)


def column(*buttons: Button | None) -> tuple[tuple[Button, ...], ...]:
    """Lay buttons out one a row, leaving out those that are None."""
    return tuple((button,) for button in buttons if button is not None)
