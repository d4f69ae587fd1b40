"""What those who look after the bot are told of the machine: what needs a person, and the audit's mark."""

from __future__ import annotations

from datetime import timedelta

from handlers.kit import Screen, Tick, Turn, lines, notice, paragraphs, tick
from locales import N_

STAFF = ("coordinator", "administrator")
MARKED = "audit-marked"
MARK_FROM_HOUR = 9
"""The local hour from which the day's mark is sent."""

TROUBLES = {
    "disk": N_("The server's disk is almost full. Please make room on it soon, or the bot stops answering."),
    "read-only": N_(
        "The server can't write to its disk. Until it can, nothing that people send is taken in."
    ),
    "backup": N_("There is no fresh backup. Run “diwakhan backup” on the server to see why."),
    "drill": N_(
        "A backup could not be restored in the weekly trial. Run “diwakhan drill” on the server to see why."
    ),
    "webhook": N_(
        "Telegram hands our messages to an address that is not ours. Somebody may have the bot's token: "
        "run “diwakhan rotate-token” on the server now."
    ),
    "queue": N_(
        "Messages have been waiting for over an hour. Run “diwakhan queue” on the server to see why."
    ),
    "audit": N_("The log of what coordinators did was changed. Run “diwakhan audit verify” on the server."),
}
"""What the machine can't mend by itself, and what to do."""


@notice("needs-a-human")
async def needs_a_human(turn: Turn, trouble: str) -> Screen | None:
    """Say what is wrong and what to do."""
    if trouble not in TROUBLES:
        return None
    return turn.screen(
        paragraphs(
            turn.say(TROUBLES[trouble]),
            turn._("If you do not run the server yourself, please tell the person who does."),
        ),
        title=turn._("The bot needs somebody"),
    )


@notice("audit-mark")
async def audit_mark(turn: Turn, mark: str) -> Screen:
    """Put the end of the audit down where nobody who only has the server can change it."""
    return turn.screen(
        lines(
            turn._("The log of what coordinators did now ends at: {mark}", mark=mark),
            turn._(
                "Nothing to do. Please keep this message: it shows if somebody takes something out later."
            ),
        )
    )


@tick("audit-mark", every=timedelta(hours=1))
async def send_mark(tick: Tick) -> None:
    """Once a day, send the coordinators the audit's mark, if somebody did something that it holds."""
    local = tick.now.astimezone(tick.community.zone)
    if local.hour < MARK_FROM_HOUR:
        return
    async with tick.unit() as unit:
        acted = await unit.audit.last_act()
        newest = await unit.audit.newest()
        kept = await unit.facts.get(MARKED)
        day, _, marked = kept.partition("|")
        number = int(marked.partition("-")[0] or 0)
        if not newest or acted <= number or day == local.date().isoformat():
            return
        mark = newest[0].mark
        await unit.facts.put(MARKED, f"{local.date().isoformat()}|{mark}")
        await unit.outbox.notify_roles(
            "audit-mark", *STAFF, subject="audit", occurrence=mark, args=(mark,), at=tick.now
        )
