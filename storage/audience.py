"""Audiences: whom an announcement or a poll is for, as a value and as a SELECT of member ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.addresses import best_address
from storage.outbox import left_out
from storage.registrations import CONCERNED
from storage.tables import addresses, members, registrations

WHO = ("everyone", "organisation", "language", "registered", "not_registered")


@dataclass(frozen=True, slots=True)
class Audience:
    """Everyone, an organisation (id), a language (code), or people (not) registered for an event (id).

    Only people who have settled in are meant: they chose a language and agreed to the privacy notice.
    """

    who: str = "everyone"
    value: str = ""

    def to_json(self) -> dict[str, str]:
        """Write the audience down."""
        return {"who": self.who, "value": self.value}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Audience:
        """Read an audience back; nothing kept means everyone."""
        who = str(kept.get("who", "everyone"))
        return cls(who if who in WHO else "everyone", str(kept.get("value", "")))

    def recipients(self) -> sa.Select[tuple[int]]:
        """Select the ids of the people meant."""
        settled = sa.select(members.c.id).where(members.c.state == "active", members.c.consent_version > 0)
        match self.who:
            case "organisation":
                return settled.where(members.c.organisation_id == int(self.value))
            case "language":
                return settled.where(members.c.lang == self.value)
            case "registered":
                return settled.where(members.c.id.in_(_registered(int(self.value))))
            case "not_registered":
                return settled.where(members.c.id.not_in(_registered(int(self.value))))
            case _:
                return settled


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people of an audience are reached, by (channel, language), and left out, by reason."""

    reached: dict[tuple[str, str], int]
    left_out: dict[str, int]

    @property
    def total(self) -> int:
        """Count the people who will get it."""
        return sum(self.reached.values())

    def by_language(self) -> dict[str, int]:
        """Count those reached by language."""
        counts: dict[str, int] = {}
        for (_, lang), count in self.reached.items():
            counts[lang] = counts.get(lang, 0) + count
        return counts


@dataclass(frozen=True, slots=True)
class Ways:
    """How a message would reach those of an audience who use a channel with a window.

    As it is, as a template, by an opener until the person answers, or not at all unless they write first.
    """

    free: int = 0
    template: int = 0
    opener: int = 0
    none: int = 0

    @property
    def total(self) -> int:
        """Count them all."""
        return self.free + self.opening + self.none

    @property
    def opening(self) -> int:
        """Count those with whom a conversation would begin."""
        return self.template + self.opener


def ways_of(
    audience: Audience, topic: str, now: datetime, langs: Sequence[str], *, opener: bool
) -> sa.Select[Any]:
    """Select (way, count) by the rule of `handlers.rules.routes`, for people who are not left out.

    `langs` are the languages in which the message's template may be sent; `opener` says whether any opener may.
    """
    chosen = audience.recipients().subquery()
    way = sa.case(
        (addresses.c.window_until > now, "free"),
        (members.c.lang.in_(langs), "template"),
        else_="opener" if opener else "none",
    ).label("way")
    return (
        sa.select(way, sa.func.count())
        .select_from(members)
        .join(chosen, chosen.c[0] == members.c.id)
        .join(addresses, addresses.c.id == best_address())
        .where(left_out(topic) == "", addresses.c.window_until.is_not(None))
        .group_by(way)
    )


def reach_of(audience: Audience, topic: str) -> sa.Select[Any]:
    """Select (channel, language, reason, count) of an audience by the very rule by which the outbox leaves out.

    Whoever has no address at all gets no row there, and counts as unreachable here.
    """
    chosen = audience.recipients().subquery()
    reason = sa.case((addresses.c.id.is_(None), "unreachable"), else_=left_out(topic)).label("reason")
    return (
        sa.select(addresses.c.channel, members.c.lang, reason, sa.func.count())
        .select_from(members)
        .join(chosen, chosen.c[0] == members.c.id)
        .outerjoin(addresses, addresses.c.id == best_address())
        .group_by(addresses.c.channel, members.c.lang, reason)
    )


def _registered(event_id: int) -> sa.Select[Any]:
    return sa.select(registrations.c.member_id).where(
        registrations.c.event_id == event_id,
        registrations.c.state.in_(CONCERNED),
        registrations.c.member_id.is_not(None),
    )
