"""The programme's nine activities and how many of each are meant to take place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from locales import N_, Message


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity: its kind of event, its name, what it is, and its target; None: as many as are wanted."""

    kind: str
    name: Message
    about: Message
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an activity has come."""

    activity: Activity
    done: int

    @property
    def remaining(self) -> int | None:
        """Return how many are still to come; None where there is no target."""
        return None if self.activity.target is None else max(0, self.activity.target - self.done)


ACTIVITIES = (
    Activity(
        "webinar",
        N_("Webinars"),
        N_("Online talks about what works, with the slides and tools afterwards."),
        8,
    ),
    Activity(
        "small_grant",
        N_("Small grants"),
        N_("Support for research and for making tools that everyone can use."),
        4,
    ),
    Activity("training", N_("Trainings"), N_("Two days of learning by doing, such as managing a grant."), 4),
    Activity(
        "mentorship", N_("Mentorship"), N_("One person learns with another who has done it before."), 20
    ),
    Activity("roundtable", N_("Roundtables"), N_("A small circle that talks one topic through."), 8),
    Activity(
        "collaboration_lab", N_("Collaboration lab"), N_("Organisations write a policy paper together.")
    ),
    Activity("coffee_chat", N_("Coffee chats"), N_("Small, informal online meetings with the donor.")),
    Activity(
        "induction", N_("Induction sessions"), N_("For everyone who is new: what this is and how it works.")
    ),
    Activity("workshop", N_("Annual workshop"), N_("Four days together, in person."), 1),
)


def standings(held: Mapping[str, int]) -> tuple[Standing, ...]:
    """Say how far each activity has come, from how many events of its kind took place."""
    return tuple(Standing(activity, held.get(activity.kind, 0)) for activity in ACTIVITIES)
