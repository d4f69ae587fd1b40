"""A survey filled in all at once, on a page: which answers fit, and why others do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.rules.questions import Misfit, questions
from storage.surveys import Answers


@dataclass(frozen=True, slots=True)
class Sheet:
    """What somebody filled in: an answer or None for every question, and what is wrong with those that do not fit."""

    answers: Answers
    misfits: Mapping[str, Misfit]

    @property
    def empty(self) -> bool:
        """Say whether nothing was answered at all."""
        return not self.misfits and not any(self.answers.values())


def read_sheet(template: str, given: Mapping[str, str]) -> Sheet:
    """Read what was given by question code; what was left empty counts as skipped, other codes are ignored."""
    answers: Answers = {}
    misfits: dict[str, Misfit] = {}
    for question in questions(template):
        text = given.get(question.code, "")
        kept = question.read(text) if text.strip() else None
        kept = None if kept is Misfit.EMPTY else kept
        if isinstance(kept, Misfit):
            misfits[question.code] = kept
        else:
            answers[question.code] = kept
    return Sheet(answers, misfits)
