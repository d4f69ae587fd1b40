"""The vocabulary that handlers are written in."""

from handlers.kit.action import action
from handlers.kit.aside import aside
from handlers.kit.community import Community
from handlers.kit.inbound import Inbound, Upload
from handlers.kit.registry import (
    ADMINISTRATORS,
    COORDINATORS,
    EVERYONE,
    MEMBERS,
    Outdated,
    answer,
    notice,
    registry,
    tap,
    tick,
)
from handlers.kit.screen import (
    Ask,
    Attachment,
    Button,
    Screen,
    Template,
    column,
    lines,
    paragraphs,
    screen_from_json,
)
from handlers.kit.ticks import Tick
from handlers.kit.turn import Reply, Turn

__all__ = [
    "ADMINISTRATORS",
    "COORDINATORS",
    "EVERYONE",
    "MEMBERS",
    "Ask",
    "Attachment",
    "Button",
    "Community",
    "Inbound",
    "Outdated",
    "Reply",
    "Screen",
    "Template",
    "Tick",
    "Turn",
    "Upload",
    "action",
    "answer",
    "aside",
    "column",
    "lines",
    "notice",
    "paragraphs",
    "registry",
    "screen_from_json",
    "tap",
    "tick",
]
