"""A second clock: people abroad see Baghdad's time and their own."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from handlers.kit import Button, Outdated, Reply, Screen, Turn, action, answer, paragraphs, tap
from handlers.rules.zones import CITIES, differs, zone_named

LONGEST = 60


def city(turn: Turn, zone: str) -> str:
    """Return what a zone's clocks are called after."""
    return turn.say(CITIES[zone]) if zone in CITIES else zone.rpartition("/")[2].replace("_", " ")


def own_time(turn: Turn, start: datetime, end: datetime | None = None) -> str:
    """Say a time on the reader's own clock; empty where they have none, or it shows what Baghdad's does."""
    zone = turn.member.zone
    if not zone or not differs(zone, start):
        return ""
    clock = ZoneInfo(zone)
    when = (
        turn.speech.moment(start, turn.now, zone=clock)
        if end is None
        else turn.speech.when(start, end, turn.now, zone=clock)
    )
    return turn._("{when} ({city} time)", when=when, city=city(turn, zone))


@tap("zone")
async def zone(turn: Turn) -> Screen:
    """Ask which clock is to be shown beside Baghdad's."""
    return _zone_screen(turn)


def _zone_screen(turn: Turn, note: str = "") -> Screen:
    mine = turn.member.zone
    choices = [Button(turn.say(label), action("zone-set", name)) for name, label in CITIES.items()]
    return turn.screen(
        paragraphs(
            turn._("You see Baghdad time and {city} time.", city=city(turn, mine))
            if mine
            else turn._("You see Baghdad time."),
            turn._(
                "Which other clock shall be shown beside it? Choose, or write a city such as {example}.",
                example="Paris",
            ),
        ),
        title=turn._("Time zone"),
        rows=[
            *(choices[at : at + 2] for at in range(0, len(choices), 2)),
            [
                Button(turn.p("button", "Baghdad only"), action("zone-set", "none")),
                Button(turn.p("button", "Back"), "settings"),
            ],
        ],
        ask="zone",
        note=note,
    )


@answer("zone")
async def zone_typed(turn: Turn, reply: Reply) -> Screen:
    """Take a city's clock."""
    found = zone_named(reply.text[:LONGEST])
    if not found:
        return _zone_screen(turn, turn._("I don't know the clock of that city. Please try the capital."))
    return await _keep(turn, found)


@tap("zone-set")
async def zone_set(turn: Turn, name: str) -> Screen:
    """Take one of the clocks that are offered, or none."""
    if name != "none" and name not in CITIES:
        raise Outdated(name)
    return await _keep(turn, "" if name == "none" else name)


async def _keep(turn: Turn, zone: str) -> Screen:
    if turn.member.zone != zone:
        await turn.change_member(zone=zone)
    return _zone_screen(turn, turn._("Kept."))
