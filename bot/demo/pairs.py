"""The demo's mentorships: nine of twenty, as in the programme."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.demo.calls import Someone
from bot.demo.said import said
from locales import LANGUAGES
from storage.unit import Unit

PAIRS = 9
GOALS = said(
    "To write a proposal that is accepted",
    "كتابة مقترح مشروع يُقبل",
    "نووسینی پێشنیازێک کە قبووڵ بکرێت",
)
FIRST, APART = 40, 26
"""Days ago of the newest pair, and between one and the next."""


async def make_pairs(unit: Unit, people: Sequence[Someone], now: datetime) -> None:
    """Bring people of different organisations together, each pair with a session that both confirmed."""
    for number, (mentor, mentee) in enumerate(zip(people[:PAIRS], people[PAIRS:], strict=False)):
        begun = now - timedelta(days=FIRST + APART * number)
        pair = await unit.mentoring.propose(mentor.member, mentee.member, begun - timedelta(days=2))
        agreed = {"state": "active", "mentor_said": "yes", "mentee_said": "yes"}
        goal = GOALS[LANGUAGES[number % len(LANGUAGES)]]
        await unit.mentoring.change(
            pair.id, "proposed", **agreed, goal=goal, begun_at=begun, touched_at=now - timedelta(days=3)
        )
        held = (begun + timedelta(days=7)).date()
        session = await unit.mentoring.log(pair.id, mentor.member, held, 60, "online")
        await unit.mentoring.settle_session(session.id, "confirmed")
