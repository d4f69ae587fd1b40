"""The places at which the program is killed: (function, before or after its call, at most at which call).

`sqlite` and `postgresql` are struck only there. What ends the process comes last: it strikes after a SIGTERM.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One place. It is struck at a call between the first and the `latest`, by the seed."""

    target: str
    when: str = "before"
    latest: int = 20
    only: str = ""
    shutting_down: bool = False

    def __str__(self) -> str:
        return f"{self.when} {self.target}"


def _both(target: str, latest: int = 20, only: str = "", *, shutting_down: bool = False) -> tuple[Point, ...]:
    return tuple(Point(target, when, latest, only, shutting_down) for when in ("before", "after"))


START = (
    *_both("bot.machine:migrate", 1),
    Point("bot.machine:check_ring", "after", 1),
    *_both("storage.leadership:Leadership.claim", 1),
    *_both("storage.leadership:Leadership._strive", 2, "postgresql"),
    *_both("storage.leadership:Leadership._lock_file", 1, "sqlite"),
    *_both("storage.outbox:Outbox.take_over", 1),
    *_both("bot.clock:Clock._tick", 12),
    Point("bot.clock:Clock._hands", "after", 12),
    Point("storage.leadership:Leadership._ask", "after", 2, "postgresql"),
)
IN = (
    *_both("bot.machine:Machine.heard"),
    *_both("bot.dispatch:Dispatcher._tried"),
    Point("bot.dispatch:_hold", "after"),
    *_both("storage.inbox:Inbox.attempt"),
    *_both("storage.inbox:Inbox.done"),
    *_both("bot.dispatch:Dispatcher._turn"),
    *_both("bot.dispatch:Dispatcher._answer"),
    *_both("bot.dispatch:Dispatcher._keep"),
    *_both("storage.conversations:Conversations.put"),
    *_both("storage.outbox:Outbox.reply"),
    *_both("storage.database:Database.work", 40),
    *_both("storage.database:Database._tell", 30),
    *_both("sqlalchemy.engine.base:Connection._commit_impl", 60),
    *_both("sqlalchemy.engine.base:Connection._begin_impl", 60),
    *_both("storage.direct:Direct._note", 20, "sqlite"),
    *_both("storage.direct:Direct._together", 30, "sqlite"),
    *_both("storage.direct:Direct._behind_savepoint", 20, "sqlite"),
)
OUT = (
    *_both("storage.outbox:Outbox.claim", 8),
    *_both("bot.delivery.sender:Sender.wake"),
    Point("bot.delivery.sender:Sender._start"),
    *_both("bot.delivery.rendering:Renderer.render"),
    *_both("bot.delivery.sender:Sender._turn_of"),
    *_both("bot.channels.telegram:TelegramChannel.send"),
    *_both("bot.channels.http:AiohttpRequest.do_request"),
    *_both("bot.delivery.ledger:Ledger.write"),
    *_both("bot.delivery.ledger:Ledger._written"),
    *_both("storage.outbox:Outbox.sent"),
    *_both("bot.delivery.ledger:_remember"),
)
END = (
    *_both("bot.machine:Machine.stop", 1, shutting_down=True),
    *_both("bot.delivery.sender:Sender.stop", 1, shutting_down=True),
    *_both("bot.clock:Clock.stop", 1, shutting_down=True),
    *_both("bot.delivery.ledger:Ledger.settled", 1, shutting_down=True),
    *_both("storage.leadership:Leadership.close", 1, shutting_down=True),
    *_both("storage.database:Database.close", 1, shutting_down=True),
    *_both("storage.direct:Direct.close", 1, "sqlite", shutting_down=True),
)
POINTS = (*START, *IN, *OUT, *END)
