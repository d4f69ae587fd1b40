"""The nine kinds of event of the programme, and what each begins with."""

from __future__ import annotations

from dataclasses import dataclass

from locales import NP_, Message

HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60
USUAL = (DAY, HOUR)
EARLY = (WEEK, DAY, HOUR)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event and its defaults, all of which a coordinator may change for a single event.

    `reminders` are minutes before the start; `capacity` None means no limit; `donors` says that the donor's staff
    may register; `per_organisation` is the most seats of one organisation, `approval` says that coordinators choose
    among those who apply; `certificate` is by which rule of `handlers.rules.attendance` people get one, if any;
    `daily_survey` asks for feedback after each day as well.
    """

    name: str
    label: Message
    minutes: int
    capacity: int | None = None
    mode: str = "online"
    reminders: tuple[int, ...] = USUAL
    survey_mode: str = "anonymous"
    donors: bool = False
    certificate: str = ""
    daily_survey: bool = False
    per_organisation: int | None = None
    approval: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind("webinar", NP_("button", "Webinar"), 90),
        Kind(
            "training",
            NP_("button", "Training"),
            DAY + 6 * HOUR,
            25,
            "in_person",
            per_organisation=2,
            certificate="all",
        ),
        Kind("roundtable", NP_("button", "Roundtable"), 2 * HOUR, 20, "in_person", EARLY),
        Kind("coffee_chat", NP_("button", "Coffee chat"), HOUR, 20, "online", EARLY, donors=True),
        Kind("induction", NP_("button", "Induction"), HOUR),
        Kind("mentorship", NP_("button", "Mentorship"), HOUR, 40),
        Kind("collaboration_lab", NP_("button", "Collaboration lab"), 3 * HOUR, 25, "hybrid", approval=True),
        Kind("small_grant", NP_("button", "Small grant"), HOUR, survey_mode="none"),
        Kind(
            "workshop",
            NP_("button", "Workshop"),
            3 * DAY + 8 * HOUR,
            50,
            "in_person",
            EARLY,
            per_organisation=2,
            approval=True,
            certificate="most",
            daily_survey=True,
        ),
    )
}
"""Every kind under its name, in the order in which a coordinator chooses."""

MODES = {
    "online": NP_("button", "Online"),
    "in_person": NP_("button", "In person"),
    "hybrid": NP_("button", "Online and in person"),
}
SURVEY_MODES = {
    "anonymous": NP_("button", "Anonymous"),
    "named": NP_("button", "With names"),
    "none": NP_("button", "No survey"),
}
REMINDERS = {
    WEEK: NP_("button", "A week before"),
    3 * DAY: NP_("button", "Three days before"),
    DAY: NP_("button", "A day before"),
    3 * HOUR: NP_("button", "Three hours before"),
    HOUR: NP_("button", "An hour before"),
    15: NP_("button", "15 minutes before"),
}
"""The reminders that a coordinator may choose, by minutes before the start."""


def is_online(mode: str) -> bool:
    """Say whether people can take part by a link."""
    return mode in ("online", "hybrid")


def is_in_person(mode: str) -> bool:
    """Say whether people can come to a place."""
    return mode in ("in_person", "hybrid")
