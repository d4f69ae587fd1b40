"""Actions: short stable names with arguments, such as `event:42:3`. Never a label, never over 62 bytes."""

from __future__ import annotations

MAX_BYTES = 62
"""Telegram allows 64 bytes of callback data (Bot API, InlineKeyboardButton); two are the channel's own."""


class TooLong(ValueError):
    """An action over its bytes: only arguments that somebody made up are as long as that."""


def action(name: str, *args: int | str) -> str:
    """Write an action down; raises TooLong, or ValueError where an argument holds a colon."""
    parts = [name, *(str(arg) for arg in args)]
    if any(":" in part for part in parts):
        raise ValueError(f"a part of the action {name} holds a colon")
    written = ":".join(parts)
    if len(written.encode()) > MAX_BYTES:
        raise TooLong(f"the action {name} is too long")
    return written


def split(written: str) -> tuple[str, list[str]]:
    """Take an action apart into its name and arguments."""
    name, *args = written.split(":")
    return name, args
