"""What a report says: gathered from what took place, or read back as it was when it was locked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from handlers.rules.days import days_of
from handlers.rules.directory import GOVERNORATES
from handlers.rules.indicators import (
    INDICATORS,
    Base,
    Correction,
    Cut,
    Evidence,
    Figure,
    Heard,
    Held,
    Plan,
    Presence,
    corrections,
    cut,
    figures,
    people,
)
from handlers.rules.periods import Quarter, quarter_named
from handlers.rules.questions import questions
from handlers.rules.results import tallies
from handlers.rules.surveys import Shown, shown
from handlers.rules.traits import TRAITS
from locales import LANGUAGES
from storage.events import Event
from storage.evidence import EvidenceStore
from storage.organisations import KINDS as ORGANISATION_KINDS
from storage.reports import Report
from storage.surveys import LATER
from storage.unit import Unit

MOST_EVENTS, MOST_SURVEYS = 2_000, 2_000
"""More than a programme of years has; what is older is in locked reports."""
CUTS = (*(one.code for one in TRAITS), "language", "governorate", "organisation")
"""By what the people who took part are told apart, each by itself."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One event of the period, for the log: its titles by language and how many took part."""

    event_id: int
    kind: str
    titles: Mapping[str, str]
    at: datetime
    days: int
    mode: str
    participations: int


@dataclass(frozen=True, slots=True)
class Content:
    """What a report says. `cuts` are there only once it is locked: see docs/decisions/0070."""

    quarter: Quarter
    figures: tuple[Figure, ...]
    corrections: tuple[Correction, ...]
    activities: tuple[Activity, ...]
    people: int
    cuts: Mapping[str, Cut] = field(default_factory=dict)
    locked_at: datetime | None = None

    def figure(self, code: str) -> Figure:
        """Return one line of the table."""
        return next((one for one in self.figures if one.code == code), Figure(code, None, None))


async def content(unit: Unit, quarter: Quarter, zone: tzinfo, now: datetime) -> Content:
    """Return what a report says: as it was locked, or as it would be today."""
    report = await unit.reports.get(quarter.code)
    if report is not None and report.locked and report.frozen is not None:
        return thawed(report)
    return await counted(unit, quarter, zone, now)


async def counted(
    unit: Unit, quarter: Quarter, zone: tzinfo, now: datetime, *, cuts: bool = False
) -> Content:
    """Count a period from what is known now; tell people apart only where asked to."""
    evidence, events = await gather(unit, now)
    start, end = quarter.starts(zone), quarter.ends(zone)
    earlier = await unit.reports.locked(before=quarter.code)
    base = _base(earlier[0], zone) if earlier else None
    filled = figures(evidence, start, end, await _plans(unit, quarter.code), base)
    theirs = evidence.during(start, end)
    return Content(
        quarter,
        filled,
        _corrected(evidence, earlier[0], zone) if earlier else (),
        tuple(
            sorted((_activity(events[one.event_id], theirs) for one in theirs.held), key=lambda one: one.at)
        ),
        len(people(theirs)),
        await _cuts(unit, theirs) if cuts else {},
    )


async def gather(unit: Unit, now: datetime) -> tuple[Evidence, dict[int, Event]]:
    """Collect everything that indicators are counted from, and the events that took place."""
    events = {one.id: one for one in await unit.events.past(now, limit=MOST_EVENTS)}
    store = EvidenceStore(unit)
    kinds = await store.kinds()
    held = [_held(one) for one in events.values()]
    evidence = Evidence(
        tuple(sorted(held, key=lambda one: one.at)),
        tuple(
            Presence(one.event_id, one.day, one.who, one.organisation_id, one.whole)
            for one in await store.presences()
        ),
        tuple(await _heard(unit)),
        {kind: tuple(moments) for kind, moments in (await store.done()).items()},
        frozenset(one for one, (kind, _) in kinds.items() if kind == "subgrantee"),
    )
    return evidence, events


def _held(event: Event) -> Held:
    days = days_of(event)
    return Held(event.id, event.kind, days[-1].ends_at, len(days), event.certificate)


async def _heard(unit: Unit) -> list[Heard]:
    found = []
    for survey in await unit.surveys.newest(MOST_SURVEYS):
        if survey.state != "closed" or survey.day not in (0, LATER):
            continue
        if shown(survey, await unit.surveys.count_answers(survey)) is not Shown.RESULTS:
            continue
        said = await unit.surveys.answers(survey.id)
        found += [
            Heard(survey.event_id, one.question.code, one.counts)
            for one in tallies(questions(survey), said, anonymous=survey.anonymous)
            if one.shown
        ]
    return found


async def _plans(unit: Unit, period: str) -> dict[str, Plan]:
    aims, notes = await unit.reports.aims(), await unit.reports.notes(period)
    plans = {}
    for one in INDICATORS:
        aim = aims.get(one.code)
        note = notes.get(one.code, "")
        plans[one.code] = Plan(aim.baseline, aim.target, note) if aim else Plan(0.0, one.target, note)
    return plans


def _base(report: Report, zone: tzinfo) -> Base:
    found = thawed(report)
    return Base(found.quarter.ends(zone), {one.code: one.cumulative for one in found.figures})


def _corrected(evidence: Evidence, report: Report, zone: tzinfo) -> tuple[Correction, ...]:
    was = thawed(report)
    today = figures(evidence, was.quarter.starts(zone), was.quarter.ends(zone), {})
    return corrections(was.figures, today)


def _activity(event: Event, evidence: Evidence) -> Activity:
    there = [one for one in evidence.presences if one.event_id == event.id]
    alone = Evidence((_held(event),), tuple(there))
    count = next(one for one in INDICATORS if one.code == "participations").read(alone)
    return Activity(
        event.id,
        event.kind,
        {lang: event.title(lang) for lang in LANGUAGES},
        days_of(event)[0].starts_at,
        len(days_of(event)),
        event.mode,
        int(count or 0),
    )


# --- who took part ------------------------------------------------------------------------------------------


async def _cuts(unit: Unit, evidence: Evidence) -> dict[str, Cut]:
    """Count the people of a period apart, by one thing at a time."""
    who = people(evidence)
    known = [int(one) for one in who if one.isdigit()]
    said = {str(one): words for one, words in (await unit.traits.many(known)).items()}
    langs = {str(one.id): one.lang for one in await unit.members.many(known)}
    kinds = await EvidenceStore(unit).kinds()
    places = {
        one.who: kinds[one.organisation_id] for one in evidence.presences if one.organisation_id in kinds
    }
    found = {
        trait.code: cut(who, trait.options, {one: words.get(trait.code, "") for one, words in said.items()})
        for trait in TRAITS
    }
    found["language"] = cut(who, LANGUAGES, langs)
    found["governorate"] = cut(who, GOVERNORATES, {one: place for one, (_, place) in places.items()})
    found["organisation"] = cut(who, ORGANISATION_KINDS, {one: kind for one, (kind, _) in places.items()})
    return found


# --- frozen -------------------------------------------------------------------------------------------------


def frozen(said: Content) -> dict[str, Any]:
    """Write down what a report says, for good."""
    return {
        "figures": [asdict(one) for one in said.figures],
        "corrections": [asdict(one) for one in said.corrections],
        "activities": [{**asdict(one), "at": one.at.isoformat()} for one in said.activities],
        "people": said.people,
        "cuts": dict(said.cuts),
    }


def thawed(report: Report) -> Content:
    """Read back what a locked report says."""
    kept = report.frozen or {}
    quarter = quarter_named(report.period)
    if quarter is None:
        raise ValueError(f"no period is written as {report.period!r}")
    return Content(
        quarter,
        tuple(Figure(**one) for one in kept["figures"]),
        tuple(Correction(**one) for one in kept["corrections"]),
        tuple(Activity(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in kept["activities"]),
        kept["people"],
        kept["cuts"],
        report.locked_at,
    )
