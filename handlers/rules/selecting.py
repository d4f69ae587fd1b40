"""What coordinators may decide about somebody's registration, and the reasons that are ready to choose from."""

from __future__ import annotations

from datetime import datetime

from locales import N_, Message
from storage.events import Event
from storage.registrations import Registration

LONGEST_REASON = 300
VERDICTS = {
    "yes": ("applied", "declined"),
    "no": ("applied",),
    "off": ("invited", "waitlisted", "offered", "confirmed"),
}
"""The states of a registration in which each decision can be made: chosen, not chosen, taken off the list."""

REASONS: dict[str, dict[str, Message]] = {
    "yes": {
        "work": N_("The topic belongs to their work"),
        "first": N_("They have not had a seat in something like this"),
        "balance": N_("For a balance of organisations, regions, women and men"),
        "vouched": N_("Their organisation proposes them"),
    },
    "no": {
        "seats": N_("There are more applications than seats"),
        "before": N_("They had a seat in something like this before"),
        "colleague": N_("Somebody else of their organisation comes"),
        "other": N_("It is for people with other tasks"),
    },
    "off": {
        "asked": N_("They asked for it"),
        "silent": N_("They do not answer"),
        "mistake": N_("They were registered by mistake"),
    },
}
"""Ready reasons by decision; what is kept is the code, so that it reads in every language."""


def may_decide(event: Event, one: Registration, verdict: str, now: datetime) -> bool:
    """Say whether a decision can still be made: about a person, while the event is ahead."""
    ahead = event.state == "published" and not event.started(now)
    return ahead and one.member_id is not None and one.state in VERDICTS[verdict]


def ready_reason(kept: str) -> Message | None:
    """Return the ready reason that a kept one names; nothing where it is somebody's own words."""
    return next((reasons[kept] for reasons in REASONS.values() if kept in reasons), None)
