"""Logs: one JSON line an event, of ids and classes only; nothing that a person wrote, no token, no number."""

from __future__ import annotations

import json
import logging
import re
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict

SECRETS = re.compile(  # tokens, account ids, and anything with the shape of a phone number
    r"bot\d+:[A-Za-z0-9_-]+|\b\d{5,}:[A-Za-z0-9_-]{20,}|\bAC[0-9a-f]{32}\b"
    r"|[+]?[0-9٠-٩۰-۹][0-9٠-٩۰-۹ ()-]{7,}[0-9٠-٩۰-۹]"
)


class Unfailing:
    """A stream that never raises: on a full disk a line is lost, and its number is told later, but work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = 0

    def write(self, text: str) -> int:
        """Write what can be written."""
        try:
            if self._lost:
                self._stream.write(json.dumps({"event": "log lines were lost", "lines": self._lost}) + "\n")
                self._lost = 0
            self._stream.write(text)
        except (OSError, ValueError):
            self._lost += text.count("\n")
        return len(text)

    def flush(self) -> None:
        """Let everything out that can get out."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure_logs(level: str) -> None:
    """Set up logging for the whole process."""
    out = Unfailing(sys.stderr)
    handler = logging.StreamHandler(out)
    handler.addFilter(_redact)
    # Whatever is asked for, libraries are heard from warnings on: below, they print tokens, account ids, phone
    # numbers and the values of every statement (measured, see docs/operators.md). Our own lines are structlog's.
    libraries = max(logging.WARNING, getattr(logging, level.upper()))
    logging.basicConfig(level=libraries, handlers=[handler], format="%(message)s", force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redacted,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, out)),
    )


def _redact(record: logging.LogRecord) -> bool:
    record.msg = SECRETS.sub("…", record.getMessage())
    record.args = None
    if record.exc_info and record.exc_info[0] is not None:
        record.msg += f" ({record.exc_info[0].__name__})"
    # A traceback can quote values; its class and the message's place are enough to find the line.
    record.exc_info = None
    record.exc_text = None
    return True


def _redacted(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str) and key not in ("timestamp", "level", "at"):
            event[key] = SECRETS.sub("…", value)
    return event
