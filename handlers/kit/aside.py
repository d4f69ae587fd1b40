"""Long computing, such as a chart or a workbook, without holding everybody else up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def aside(compute: Callable[P, R], *args: P.args, **given: P.kwargs) -> R:
    """Compute in a thread, where this is the event loop's; a Turn that runs in a thread already just computes."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return compute(*args, **given)
    return await asyncio.to_thread(compute, *args, **given)
