"""The indicator table: what is counted, how, against which target, and for whom.

An indicator says all about itself: its name, its definition, its unit and how its number comes out of the evidence.
Another indicator is another line in INDICATORS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from handlers.rules.attendance import completed
from handlers.rules.programme import ACTIVITIES
from handlers.rules.suppression import suppressed
from locales import N_, Message

Unit = Literal["count", "mean", "percent"]
Source = Literal["events", "sheets", "surveys", "mentoring", "grants", "labs", "materials"]

COMPLETED_KINDS = ("training", "workshop")
"""The kinds of events that somebody completes, rather than comes to."""


@dataclass(frozen=True, slots=True)
class Held:
    """An event that took place: when it ended, its days, and which of them complete it."""

    event_id: int
    kind: str
    at: datetime
    days: int
    rule: str


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody who was there on a day of an event.

    `who` is the same for the same person; it is empty once nobody knows any more who it was.
    """

    event_id: int
    day: int
    who: str
    organisation_id: int | None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """What a survey that may be shown came to: its question's code, and how many gave which answer."""

    event_id: int
    question: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the indicators are counted from."""

    held: tuple[Held, ...] = ()
    presences: tuple[Presence, ...] = ()
    heard: tuple[Heard, ...] = ()
    done: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    """When pairs began, grants were delivered, papers sent and tools published, by kind."""
    subgrantees: frozenset[int] = frozenset()

    def during(self, start: datetime | None, end: datetime) -> Evidence:
        """Return what belongs to the time from `start` (None: from ever) until before `end`."""
        held = tuple(one for one in self.held if (start is None or start <= one.at) and one.at < end)
        ids = {one.event_id for one in held}
        return Evidence(
            held,
            tuple(one for one in self.presences if one.event_id in ids),
            tuple(one for one in self.heard if one.event_id in ids),
            {
                kind: tuple(at for at in moments if (start is None or start <= at) and at < end)
                for kind, moments in self.done.items()
            },
            self.subgrantees,
        )


Reading = Callable[[Evidence], float | None]
"""How a number comes out of evidence; None where there is nothing to say, which is not the same as 0."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of the table. `objective` 0 are the activities. `target` and `baseline` can be set otherwise."""

    code: str
    objective: int
    name: Message
    definition: Message
    read: Reading
    source: Source
    unit: Unit = "count"
    target: float | None = None
    distinct: Callable[[Evidence], frozenset[str]] | None = None
    """For what is counted once however often it comes: who or what it is."""


# --- how numbers come about ---------------------------------------------------------------------------------


def _held(kind: str) -> Reading:
    return lambda evidence: float(sum(one.kind == kind for one in evidence.held))


def _done(kind: str) -> Reading:
    return lambda evidence: float(len(evidence.done.get(kind, ())))


def people(evidence: Evidence) -> frozenset[str]:
    """Return who was there at all, each once."""
    return frozenset(one.who for one in evidence.presences if one.who)


def completers(evidence: Evidence) -> frozenset[str]:
    """Return who completed a training or a workshop by its rule, each once."""
    found: set[str] = set()
    for event in evidence.held:
        if event.kind in COMPLETED_KINDS:
            days = _whole_days(one for one in evidence.presences if one.event_id == event.event_id)
            found.update(who for who, theirs in days.items() if completed(event.rule, event.days, theirs))
    return frozenset(found)


def _whole_days(presences: Iterable[Presence]) -> dict[str, set[int]]:
    days: dict[str, set[int]] = {}
    for one in presences:
        if one.who and one.whole:
            days.setdefault(one.who, set()).add(one.day)
    return days


def _organisations(evidence: Evidence) -> frozenset[str]:
    return frozenset(str(one.organisation_id) for one in evidence.presences if one.organisation_id)


def _subgrantees(evidence: Evidence) -> frozenset[str]:
    return _organisations(evidence) & {str(one) for one in evidence.subgrantees}


def _participations(evidence: Evidence) -> float:
    """Count each person once for each event; who can't be told apart any more counts by the fullest day."""
    known = {(one.event_id, one.who) for one in evidence.presences if one.who}
    unknown = Counter((one.event_id, one.day) for one in evidence.presences if not one.who)
    fullest: dict[int, int] = {}
    for (event_id, _), count in unknown.items():
        fullest[event_id] = max(fullest.get(event_id, 0), count)
    return float(len(known) + sum(fullest.values()))


def _answers(question: str) -> Callable[[Evidence], Counter[str]]:
    def counted(evidence: Evidence) -> Counter[str]:
        total: Counter[str] = Counter()
        for one in evidence.heard:
            if one.question == question:
                total.update(one.counts)
        return total

    return counted


def _mean(question: str) -> Reading:
    def read(evidence: Evidence) -> float | None:
        counts = _answers(question)(evidence)
        total = counts.total()
        return sum(int(code) * count for code, count in counts.items()) / total if total else None

    return read


def _share(question: str, codes: tuple[str, ...]) -> Reading:
    def read(evidence: Evidence) -> float | None:
        counts = _answers(question)(evidence)
        return 100 * sum(counts[code] for code in codes) / counts.total() if counts.total() else None

    return read


def _sum(question: str, codes: tuple[str, ...]) -> Reading:
    return lambda evidence: float(sum(_answers(question)(evidence)[code] for code in codes))


def _distinct(found: Callable[[Evidence], frozenset[str]]) -> Reading:
    return lambda evidence: float(len(found(evidence)))


# --- the programme's own ------------------------------------------------------------------------------------

_COUNTED_ELSEWHERE: dict[str, tuple[Source, Message]] = {
    "mentorship": ("mentoring", N_("Pairs of a mentor and a mentee in which both have said yes.")),
    "small_grant": ("grants", N_("Grants whose finished tool or study was delivered.")),
    "collaboration_lab": ("labs", N_("Labs whose paper was sent to the members.")),
}
_EVENTS_HELD = N_("Events of this kind that took place. Cancelled ones do not count.")


def _activities() -> tuple[Indicator, ...]:
    made = []
    for one in ACTIVITIES:
        source, definition = _COUNTED_ELSEWHERE.get(one.kind, ("events", _EVENTS_HELD))
        read = _done(one.kind) if one.kind in _COUNTED_ELSEWHERE else _held(one.kind)
        made.append(Indicator(one.kind, 0, one.name, definition, read, source, target=one.target))
    return tuple(made)


INDICATORS: tuple[Indicator, ...] = (
    *_activities(),
    Indicator(
        "people",
        1,
        N_("People who took part"),
        N_("Different people who were there on at least one day of at least one event, each counted once."),
        _distinct(people),
        "sheets",
        distinct=people,
    ),
    Indicator(
        "participations",
        1,
        N_("Participations"),
        N_("Each person counted once for each event at which they were present."),
        _participations,
        "sheets",
    ),
    Indicator(
        "completed",
        1,
        N_("People who completed a training"),
        N_(
            "Different people who were present on as many days of a training or workshop as its rule asks: "
            "all days, or four of five."
        ),
        _distinct(completers),
        "sheets",
        distinct=completers,
    ),
    Indicator(
        "useful",
        1,
        N_("Usefulness, from 1 to 5"),
        N_(
            "Mean of all answers to “How useful was this for your work?”, from surveys with five answers or more."
        ),
        _mean("rating"),
        "surveys",
        "mean",
        target=4.0,
    ),
    Indicator(
        "applied",
        1,
        N_("Used what they learned"),
        N_(
            "Share of those who were asked five weeks after an event and said that they used what they took "
            "from it, in part or in full."
        ),
        _share("used", ("yes", "partly")),
        "surveys",
        "percent",
        target=60.0,
    ),
    Indicator(
        "tools",
        1,
        N_("Tools and papers published"),
        N_("Tools and papers that were put into the library for everybody."),
        _done("tools"),
        "materials",
    ),
    Indicator(
        "organisations",
        2,
        N_("Organisations that took part"),
        N_("Different organisations of which at least one person was present, each counted once."),
        _distinct(_organisations),
        "sheets",
        target=37.0,
        distinct=_organisations,
    ),
    Indicator(
        "subgrantees",
        2,
        N_("Sub-grantees among them"),
        N_("Different sub-grantee organisations of which at least one person was present."),
        _distinct(_subgrantees),
        "sheets",
        distinct=_subgrantees,
    ),
    Indicator(
        "together",
        2,
        N_("New work together"),
        N_(
            "Answers of people who, five weeks after an event, said that they had begun to work with another "
            "organisation they met there."
        ),
        _sum("together", ("yes",)),
        "surveys",
    ),
)
OBJECTIVES = (1, 2)


def indicator(code: str) -> Indicator | None:
    """Find an indicator by its code."""
    return next((one for one in INDICATORS if one.code == code), None)


# --- figures ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """What an indicator began from and is to reach, and why it stands elsewhere."""

    baseline: float = 0.0
    target: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table, filled in: of the period alone, and of everything until its end."""

    code: str
    period: float | None
    cumulative: float | None
    baseline: float = 0.0
    target: float | None = None
    note: str = ""

    @property
    def remaining(self) -> float | None:
        """Return what is still to come; None where there is no target."""
        return None if self.target is None else max(0.0, self.target - (self.cumulative or 0.0))

    @property
    def percent(self) -> int | None:
        """Return how much of the target is reached."""
        if not self.target or self.cumulative is None:
            return None
        return round(100 * self.cumulative / self.target)


@dataclass(frozen=True, slots=True)
class Base:
    """Where a locked report left off: until when it counted, and how many there were by then, by indicator."""

    until: datetime
    cumulative: Mapping[str, float | None]


def figures(
    evidence: Evidence, start: datetime, end: datetime, plans: Mapping[str, Plan], base: Base | None = None
) -> tuple[Figure, ...]:
    """Fill in the whole table for a period.

    Who is counted once is known for a year only; from then on, the count of the last locked report stands for
    everybody who was there before it, and those who come anew are added.
    """
    now, ever = evidence.during(start, end), evidence.during(None, end)
    filled = []
    for one in INDICATORS:
        plan = plans.get(one.code, Plan(target=one.target))
        filled.append(
            Figure(
                one.code,
                one.read(now),
                _cumulative(one, ever, end, base),
                plan.baseline,
                plan.target,
                plan.note,
            )
        )
    return tuple(filled)


def _cumulative(one: Indicator, ever: Evidence, end: datetime, base: Base | None) -> float | None:
    before = base.cumulative.get(one.code) if base else None
    if base is None or before is None or one.unit != "count":
        return one.read(ever)
    if one.distinct is None:
        return max(before, one.read(ever) or 0.0)
    known = one.distinct(ever.during(None, base.until))
    return before + len(one.distinct(ever.during(base.until, end)) - known)


@dataclass(frozen=True, slots=True)
class Correction:
    """A number of an earlier, locked report that would be another one today."""

    code: str
    locked: float | None
    today: float | None


def corrections(locked: Iterable[Figure], today: Iterable[Figure]) -> tuple[Correction, ...]:
    """Compare what a report said of its period with what would be said of it today."""
    now = {one.code: one.period for one in today}
    return tuple(
        Correction(one.code, one.period, now[one.code])
        for one in locked
        if one.code in now and _rounded(one.period) != _rounded(now[one.code])
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)


# --- who took part ------------------------------------------------------------------------------------------

Cut = dict[str, int | None]
"""How many people are of each kind; None where the number is not shown."""
NOT_COLLECTED = "-"


def cut(who: Iterable[str], codes: Iterable[str], said: Mapping[str, str]) -> Cut:
    """Count people by what is known of each, small counts hidden; what is not known is a kind of its own."""
    counted = Counter(said.get(one) or NOT_COLLECTED for one in who)
    return suppressed({code: counted[code] for code in (*codes, NOT_COLLECTED)})
