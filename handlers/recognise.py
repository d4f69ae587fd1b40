"""What a person meant: the one place where everything that is sent is recognised, in a fixed order.

Tapped action → opt-out word → command → a code that links another app or checks in → number against the choices last
offered → folded label text → the waiting question → nothing known. A number typed while a question waits is that
question's answer: "How many seats?" must be able to hear "1". Where a numbered list was shown no question waits.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit import Inbound, Reply, action
from handlers.kit.action import split
from handlers.menu import COMMANDS
from handlers.rules.codes import code_in, code_sent
from locales import clean, fold, intent, number_in, to_ascii_digits
from storage.conversations import Conversation
from storage.linking import canonical

AT_ONCE, GREETING = ("stop", "panic"), "hello"
"""Words that are heard before everything else, whatever question waits."""
LONGEST_COMMAND = 64
SETTLING = ("stop", "still-me", "not-me", "panic")
"""All that is heard from a chat that may be somebody else's by now, until it is settled whose it is."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An action was chosen: by a tap, a number or a label."""

    action: str


@dataclass(frozen=True, slots=True)
class Started:
    """The person said start, perhaps by a link that carries a payload."""

    payload: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The waiting question was answered."""

    action: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Nothing was recognised."""


Meaning = Chosen | Started | Answered | NotUnderstood


def recognise(inbound: Inbound, conversation: Conversation) -> Meaning:
    """Say what a person meant; where it is in doubt who they are, nothing but the answer to that."""
    meant = _meant(inbound, conversation)
    if conversation.in_doubt and not (isinstance(meant, Chosen) and split(meant.action)[0] in SETTLING):
        return Chosen("whose")
    return meant


def _meant(inbound: Inbound, conversation: Conversation) -> Meaning:
    if inbound.what == "tap":
        return Chosen(inbound.tap)
    text = inbound.text.strip()
    if inbound.what == "text":
        if intent(text) in AT_ONCE:
            return Chosen(COMMANDS[intent(text) or ""])
        if command := _command(text):
            return command
        if code := canonical(to_ascii_digits(clean(text))):
            return Chosen(action("link-typed", code))
        if code := code_sent(text):
            return Started(f"c{code}")
        if choice := _choice(text, conversation):
            return Chosen(choice)
        if not conversation.ask and (code := code_in(text)):
            return Chosen(action("here", code))
    if conversation.ask and _fits(inbound, conversation.accepts):
        return Answered(conversation.ask, Reply(text, inbound.upload))
    return NotUnderstood()


def _command(text: str) -> Meaning | None:
    if text.startswith("/"):
        name, _, rest = text[1:].partition(" ")
        name = name.partition("@")[0].lower()
        if name == "start":
            payload = rest.strip()[:LONGEST_COMMAND]
            code = canonical(payload[1:]) if payload.startswith("l") else ""
            return Chosen(action("link-typed", code)) if code else Started(payload)
        return Chosen(COMMANDS[name]) if name in COMMANDS else None
    meant = intent(text)
    if meant == "start":
        return Started("")
    if meant == GREETING:
        # A greeting is no wish to get messages again.
        return Chosen(COMMANDS["menu"])
    return Chosen(COMMANDS[meant]) if meant in COMMANDS else None


def _choice(text: str, conversation: Conversation) -> str:
    """Match labels before positions, so that "3" on a scale that has a 3 means that 3."""
    key = fold(text)
    labels = {fold(label): action for label, action in reversed(conversation.offered)}
    if key and key in labels:
        return labels[key]
    number = None if conversation.ask else number_in(text)
    if number is not None:
        if str(number) in labels:
            return labels[str(number)]
        return conversation.offered[number - 1][1] if 0 < number <= len(conversation.offered) else ""
    meant = intent(text)
    return next((action for label, action in conversation.offered if meant and intent(label) == meant), "")


def _fits(inbound: Inbound, accepts: str) -> bool:
    if inbound.what == "file":
        return accepts in ("file", "either")
    return inbound.what == "text" and accepts in ("text", "either")
