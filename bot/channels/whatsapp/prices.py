"""What messages cost: a table that the operator can edit, with a default that is an example."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).with_name("prices.toml")
CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")


class BadPrices(Exception):
    """The table can't be read; the message says where and what it should hold."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The price of one message by category, the provider's fee included."""

    currency: str
    as_of: str
    by_category: Mapping[str, Decimal]


def read_prices(path: str = "") -> Prices:
    """Read the operator's table, or the shipped one; raises BadPrices."""
    try:
        told = tomllib.loads((Path(path) if path else SHIPPED).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPrices(f"WHATSAPP_PRICES: {path} can't be read as TOML ({type(error).__name__})") from None
    categories, fees = told.get("categories"), told.get("fee", {})
    if not isinstance(categories, dict) or not isinstance(fees, dict):
        raise BadPrices(f"WHATSAPP_PRICES: {path} needs a table [categories], and [fee] as a table if at all")
    unknown = set(categories) - set(CATEGORIES)
    if unknown:
        raise BadPrices(f"WHATSAPP_PRICES: {path}: no such category: {', '.join(sorted(unknown))}")
    fee = _price(path, "fee.message", fees.get("message", "0"))
    prices = {name: _price(path, name, value) + fee for name, value in categories.items()}
    return Prices(str(told.get("currency", "USD"))[:10], str(told.get("as_of", ""))[:60], prices)


def _price(path: str, name: str, value: Any) -> Decimal:
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 <= price < 1000:
        raise BadPrices(f'WHATSAPP_PRICES: {path}: {name} must be a price such as "0.0157"')
    return price


@dataclass(frozen=True, slots=True)
class Line:
    """What messages of one category came to."""

    category: str
    delivered: int
    under_way: int
    failed: int
    cost: Decimal


def bill(tally: Sequence[tuple[str, str, int]], prices: Prices) -> list[Line]:
    """Work out what counted messages (category, state, count) cost: those that arrived are paid for."""
    lines = []
    for category in sorted({category for category, _, _ in tally}):
        counts = {state: count for name, state, count in tally if name == category}
        delivered = counts.get("delivered", 0)
        cost = prices.by_category.get(category, Decimal(0)) * delivered
        lines.append(
            Line(
                category,
                delivered,
                counts.get("sent", 0),
                counts.get("failed", 0),
                cost.quantize(Decimal("0.01")),
            )
        )
    return lines
