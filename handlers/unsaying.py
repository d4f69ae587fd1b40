"""Taking back: what was typed in secret, a report that should not stand in a chat, or a whole conversation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from handlers.kit import Turn
from storage.conversations import Conversation

REMOVABLE_FOR = timedelta(hours=48)
"""For so long the strictest channel lets a message be taken out of a private chat."""


async def unsay(turn: Turn) -> bool:
    """Have what was just typed taken out of the chat; False where the channel can't do that."""
    heard = turn.inbound.typed if turn.inbound is not None else ""
    turn.unsaid = await take_out(turn, [heard])
    return turn.unsaid


async def take_out(turn: Turn, messages: Iterable[str]) -> bool:
    """Have messages of this very chat taken out; False where there is nothing that can be."""
    if not turn.removes:
        return False
    return await turn.unit.removals.ask(turn.address.id, messages, turn.now) > 0


async def clear_chat(turn: Turn, conversation: Conversation) -> None:
    """Have everything of late taken out of this chat, both ways."""
    sent = await turn.unit.removals.sent_since(turn.address.id, turn.now - REMOVABLE_FOR)
    typed = [message for message, _ in conversation.typed]
    await take_out(turn, [*typed, *sent])
