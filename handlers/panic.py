"""/panic: close the account at once, stop everything, take out of the chat what can be taken out.

It asks nothing first and explains little: somebody may be looking over the shoulder.
"""

from __future__ import annotations

from handlers.kit import Screen, Turn, tap
from handlers.onboarding import forget
from handlers.pins import closed_screen
from handlers.unsaying import clear_chat, take_out


@tap("panic", consent=False)
async def panic(turn: Turn) -> Screen:
    """Close this person's account in all their apps; a coordinator can open it again."""
    if turn.member.state == "new":
        await forget(turn)
        return turn.screen(turn._("Nothing about you was kept. Goodbye!"))
    if not turn.member.hold:
        await turn.change_member(hold="locked")
        await turn.unit.audit.append("panic", actor_id=turn.member.id, at=turn.now)
        await turn.unit.pins.change(turn.member.id, open_until=None)
    await clear_chat(turn, await turn.unit.conversations.get(turn.address.id))
    if turn.inbound is not None:
        await take_out(turn, [turn.inbound.typed, turn.inbound.message])
    return closed_screen(turn)
