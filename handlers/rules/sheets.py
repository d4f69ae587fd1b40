"""A survey filled in all at once, on a page: which answers fit, and why others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.rules.questions import Misfit, Question, path, settled
from storage.surveys import Answers


@dataclass(frozen=True, slots=True)
class Sheet:
    """What somebody filled in: an answer or None for every question that concerns them, and what does not fit."""

    answers: Answers
    misfits: Mapping[str, Misfit]

    @property
    def empty(self) -> bool:
        """Say whether nothing was answered at all."""
        return not self.misfits and not any(self.answers.values())


def read_sheet(form: Sequence[Question], given: Mapping[str, str]) -> Sheet:
    """Read what was given by question code. What was left empty is skipped.

    What the other answers make beside the point is left out, as are codes of no question.
    """
    answers: Answers = {}
    misfits: dict[str, Misfit] = {}
    for question in form:
        text = given.get(question.code, "")
        kept = question.read(text) if text.strip() else None
        if kept is None or kept is Misfit.EMPTY:
            answers[question.code] = None
        elif isinstance(kept, Misfit):
            misfits[question.code] = kept
        else:
            answers[question.code] = kept
    concerning = {one.code for one in path(form, answers)}
    return Sheet(settled(form, answers), {code: why for code, why in misfits.items() if code in concerning})
