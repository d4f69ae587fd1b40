"""Marking text in a table that is built before the reader's language is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A text still to be said: `Speech.say(message, **values)`; one with a plural needs a `count`."""

    msgid: str
    context: str | None = None
    plural: str | None = None


def N_(msgid: str) -> Message:
    """Mark a text for translation."""
    return Message(msgid)


def NP_(context: str, msgid: str) -> Message:
    """Mark a text whose translation depends on where it stands."""
    return Message(msgid, context)


def NN_(singular: str, plural: str) -> Message:
    """Mark a text that counts something."""
    return Message(singular, plural=plural)
