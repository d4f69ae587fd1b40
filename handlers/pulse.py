"""The community's pulse: how many take part, how useful it is to them, whether they use it; quarter by quarter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from handlers.charts import Bar, Panel, bar_chart
from handlers.counting import gather
from handlers.kit import (
    COORDINATORS,
    Attachment,
    Button,
    Screen,
    Tick,
    Turn,
    aside,
    lines,
    paragraphs,
    tap,
    tick,
)
from handlers.menu import menu_button
from handlers.numbers import amount, month_names
from handlers.rules.indicators import indicator
from handlers.rules.periods import Quarter, quarter_of
from storage.unit import Unit

SHOWN = ("participations", "useful", "applied", "together")
QUARTERS = 4
KEPT = "pulse"
CHART_LIVES = timedelta(hours=1)
BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Beat:
    """One quarter's numbers, by indicator."""

    quarter: Quarter
    numbers: dict[str, float | None]


async def beats(unit: Unit, zone: tzinfo, now: datetime) -> list[Beat]:
    """Count the last quarters, the oldest first."""
    evidence, _ = await gather(unit, now)
    current = quarter_of(now, zone)
    counted = []
    for back in reversed(range(QUARTERS)):
        quarter = current.moved(-back)
        during = evidence.during(quarter.starts(zone), quarter.ends(zone))
        numbers = {code: found.read(during) for code in SHOWN if (found := indicator(code))}
        counted.append(Beat(quarter, numbers))
    return counted


@tap("pulse", who=COORDINATORS)
async def pulse(turn: Turn) -> Screen:
    """Show the last quarters in numbers, and as a picture."""
    counted = await beats(turn.unit, turn.community.zone, turn.now)
    panels = [_panel(turn, code, counted) for code in SHOWN]
    picture = await aside(bar_chart, panels, rtl=turn.speech.rtl)
    file = await turn.unit.files.add(
        "pulse.png", "image/png", picture, at=turn.now, expires_at=turn.now + CHART_LIVES
    )
    return turn.screen(
        paragraphs(*(_told(turn, code, counted) for code in SHOWN)),
        title=turn._("The community's pulse"),
        rows=[[Button(turn.p("button", "Back"), "reports"), menu_button(turn)]],
        attachments=[Attachment(file.id, picture=True)],
    )


def _told(turn: Turn, code: str, counted: Sequence[Beat]) -> str:
    found = indicator(code)
    if found is None:
        return ""
    return lines(
        turn.say(found.name),
        *(
            turn._(
                "{period}: {number}",
                period=month_names(turn, beat.quarter),
                number=amount(turn, found.unit, beat.numbers[code]),
            )
            for beat in counted
        ),
    )


def _panel(turn: Turn, code: str, counted: Sequence[Beat]) -> Panel:
    found = indicator(code)
    if found is None:
        return Panel("", "", ())
    return Panel(
        heading=turn.say(found.name),
        note="",
        bars=tuple(
            Bar(
                month_names(turn, beat.quarter),
                round(10 * (beat.numbers[code] or 0)),
                amount(turn, found.unit, beat.numbers[code]),
            )
            for beat in counted
        ),
    )


# --- on the coordinator's home ------------------------------------------------------------------------------


@tick("pulse", every=timedelta(hours=1))
async def take_pulse(tick: Tick) -> None:
    """Count for the coordinator's home, which must not count whenever it is opened."""
    async with tick.unit() as unit:
        counted = await beats(unit, tick.community.zone, tick.now)
        kept = [[beat.quarter.code, beat.numbers["participations"]] for beat in counted]
        await unit.facts.put(KEPT, json.dumps(kept))


async def pulse_line(turn: Turn) -> str:
    """Say how many took part in the last quarters, as small bars; empty before the first count."""
    kept = json.loads(await turn.unit.facts.get(KEPT, "[]"))
    numbers = [round(number or 0) for _, number in kept]
    if not any(numbers):
        return ""
    return turn._(
        "Participations by quarter: {bars} (now {count})", bars=sparkline(numbers), count=numbers[-1]
    )


def sparkline(numbers: Sequence[int]) -> str:
    """Draw numbers as a row of small bars."""
    most = max(numbers, default=0)
    if not most:
        return BLOCKS[0] * len(numbers)
    return "".join(BLOCKS[round(number / most * (len(BLOCKS) - 1))] for number in numbers)
