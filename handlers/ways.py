"""What a preview says of channels where one may not write at any time: in which way, when, and for how much."""

from __future__ import annotations

from datetime import timedelta

from handlers.kit import Turn, lines
from handlers.rules.routes import OPENER
from handlers.rules.spending import days_needed, estimate
from storage.audience import Audience, Ways


async def way_lines(turn: Turn, audience: Audience, topic: str, template: str) -> str:
    """Say in how many ways a message goes out, what today's share allows, and about what it costs.

    Empty where nobody of the audience uses such a channel.
    """
    approved = await turn.unit.templates.approved()
    langs = [lang for name, lang in approved if name == template]
    opener = any(name == OPENER for name, _ in approved)
    ways = await turn.unit.announcements.ways(audience, topic, turn.now, langs, opener=opener)
    if not ways.total:
        return ""
    category = next((one.category for (name, _), one in approved.items() if name == template), "")
    return lines(_counted(turn, ways), await _days(turn, ways), _cost(turn, ways, category))


def _counted(turn: Turn, ways: Ways) -> str:
    said = (
        (ways.free, turn._("WhatsApp, as it is: {count}", count=ways.free)),
        (ways.template, turn._("WhatsApp, as a short approved text: {count}", count=ways.template)),
        (ways.opener, turn._("WhatsApp, once they open a short note: {count}", count=ways.opener)),
        (ways.none, turn._("WhatsApp, only if they write first: {count}", count=ways.none)),
    )
    return lines(*(text for count, text in said if count))


async def _days(turn: Turn, ways: Ways) -> str:
    """Say what today's share of new conversations allows, where that is limited."""
    limit = turn.community.daily_conversations
    if not limit or not ways.opening:
        return ""
    used = len(await turn.unit.openings.recent("", turn.now))
    reserved = await turn.unit.openings.reserved(turn.now)
    today, days = days_needed(ways.opening, limit - used - reserved, limit)
    if not days:
        return turn._("New conversations today: {count}, of {limit} a day", count=today, limit=limit)
    last = turn.speech.date(turn.now + timedelta(days=days), turn.now)
    return turn._(
        "⚠ Only {limit} new conversations a day: {count} today, the last ones on {date}",
        limit=limit,
        count=today,
        date=last,
    )


def _cost(turn: Turn, ways: Ways, category: str) -> str:
    """Say about what it costs, where prices are known."""
    counts = {category: ways.template, "UTILITY": ways.opener}
    if category == "UTILITY":
        counts = {category: ways.opening}
    amount = estimate(counts, turn.community.prices)
    if not amount:
        return ""
    return turn._("Estimated cost: {amount} {currency}", amount=str(amount), currency=turn.community.currency)
