"""Numbers and periods of reports as people read them."""

from __future__ import annotations

from datetime import timedelta, tzinfo

from handlers.kit import Turn
from handlers.rules.indicators import Unit
from handlers.rules.periods import Quarter
from locales import Speech, digits

NOTHING = "–"


def amount(turn: Turn, unit: Unit, number: float | None) -> str:
    """Write a number as its unit asks: whole, with one decimal, or in percent."""
    return amount_in(turn.speech, unit, number)


def amount_in(speech: Speech, unit: Unit, number: float | None) -> str:
    """Write a number in a language as its unit asks; a dash where there is none."""
    if number is None:
        return NOTHING
    if unit == "percent":
        return f"{digits(str(round(number)), speech.lang)} %"
    return digits(f"{number:.1f}" if unit == "mean" else str(round(number)), speech.lang)


def month_names(turn: Turn, quarter: Quarter) -> str:
    """Name a quarter by its months."""
    return months_in(turn.speech, quarter, turn.community.zone)


def months_in(speech: Speech, quarter: Quarter, zone: tzinfo) -> str:
    """Name a quarter by its months, in a language."""
    return speech.months(quarter.starts(zone), quarter.ends(zone) - timedelta(days=1), zone=zone)
