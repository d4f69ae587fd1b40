"""What each of Twilio's error codes means for us: one table, for the API's answers and for later reports alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.channels.contract import Misconfigured, Outcome, Rejected, Retry, Stopped, Unreachable

SOON = 5.0
"""Seconds that the account pauses where Twilio says that we are too fast."""
LATER = timedelta(hours=12).total_seconds()
"""Seconds after which it is worth trying somebody again whom WhatsApp itself kept a message from."""

Fault = Callable[[str], Outcome]


def _slow_down(code: str) -> Outcome:
    return Retry(SOON, code, account=True)


def _try_again(code: str) -> Outcome:
    return Retry(detail=code)


def _much_later(code: str) -> Outcome:
    return Retry(LATER, code, reason="withheld")


def _blocked(code: str) -> Outcome:
    return Stopped(code)


def _opted_out(code: str) -> Outcome:
    return Stopped(code, reason="opted_out")


def _nobody_there(code: str) -> Outcome:
    return Unreachable(code)


def _not_joined(code: str) -> Outcome:
    return Unreachable(code, reason="not_joined")


def _window_shut(code: str) -> Outcome:
    return Rejected(code, reason="window_closed")


def _refused(code: str) -> Outcome:
    return Rejected(code)


def _at_fault(fault: str) -> Fault:
    return lambda code: Misconfigured(code, fault)


FAULTS: dict[str, Fault] = {
    "20429": _slow_down,  # too many requests at once; never processed, always safe to repeat
    "63017": _slow_down,  # the account's rate
    "63018": _slow_down,  # the sender's rate, the portfolio's limit, or too many to one person
    "63009": _try_again,  # the provider's own faults
    "63010": _try_again,
    "63012": _try_again,
    "63032": _much_later,  # an experiment of Meta's; costs nothing
    "63049": _much_later,  # Meta chose not to deliver marketing
    "63014": _blocked,  # blocked by the person
    "63033": _blocked,
    "21610": _opted_out,  # the person said STOP to Twilio
    "63003": _nobody_there,  # no such address
    "63024": _nobody_there,  # not on WhatsApp, terms not accepted, an old app
    "21211": _nobody_there,
    "21614": _nobody_there,
    "21604": _nobody_there,
    "63015": _not_joined,  # has not joined the sandbox
    "63016": _window_shut,  # goes as a template instead, never again as it is
    "63021": _refused,  # too long after substitution, or not what the type allows
    "21617": _refused,  # more than 1,600 characters
    "63027": _at_fault("template"),  # not in this language
    "63028": _at_fault("template"),  # number of parameters
    "63041": _at_fault("template"),  # paused
    "21655": _at_fault("template"),  # no such content
    "21656": _at_fault("template"),  # bad variables
    "63005": _at_fault("content"),  # content not accepted
    "63013": _at_fault("content"),  # against the policy
    "63019": _at_fault("media"),  # could not be fetched from us
    "63034": _at_fault("media"),  # too large
    "20003": _at_fault("account"),
    "20404": _at_fault("account"),
    "21606": _at_fault("sender"),
    "21212": _at_fault("sender"),
    "63007": _at_fault("sender"),
}


def outcome_of(code: str, status: int = 400) -> Outcome:
    """Say what a code means, of an answer with an HTTP status or of a report; what is not known has a default."""
    known = FAULTS.get(code)
    if known is not None:
        return known(code)
    if status == 429:
        return _slow_down(code)
    if status >= 500:
        return _try_again(code)
    if status in (401, 403, 404):
        return Misconfigured(code, "account")
    return Rejected(code)
