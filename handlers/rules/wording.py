"""What a coordinator makes of a survey's questions: each change gives new questions, or says why it can't be."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from handlers.rules.polling import FEWEST, MOST, options_after
from handlers.rules.polling import Fault as OptionFault
from handlers.rules.questions import KINDS, Condition, Option, Question, Wording, find, place, read, written
from locales import LANGUAGES, clean

MOST_QUESTIONS, MOST_TEXTS = 12, 3
"""Bounds of a survey: more is not answered on a phone, and three texts each still have room in a ballot."""

LONGEST_QUESTION = 300
CODES = "abcdefghij"
"""The codes of options that coordinators write."""

Form = tuple[Question, ...]


class Fault(Enum):
    """Why a change can't be made."""

    FULL = "full"
    TEXTS = "texts"
    LENGTH = "length"


def own(form: Sequence[Question]) -> Form:
    """Return questions with texts of their own in place of texts of the catalogs, so that they can change."""
    return read(written(form))


def ready(form: Sequence[Question]) -> Form:
    """Leave out questions that can't be asked yet: those with too few answers to choose from."""
    return tidied([one for one in form if not one.own_options or len(one.options) >= FEWEST])


def added(form: Form, kind: str, lang: str, text: str) -> tuple[Form, str] | Fault:
    """Add a question of a kind and return its code as well."""
    if len(form) >= MOST_QUESTIONS:
        return Fault.FULL
    if KINDS[kind].typed and sum(one.typed for one in form) >= MOST_TEXTS:
        return Fault.TEXTS
    text = clean(text)
    if not 0 < len(text) <= LONGEST_QUESTION:
        return Fault.LENGTH
    # Whoever takes the question over keeps its code, so that answers stay comparable.
    code = f"q{secrets.token_hex(3)}"
    return (*form, KINDS[kind](code, {}, {lang: text})), code


def reworded(form: Form, code: str, lang: str, text: str) -> Form | Fault:
    """Set what a question asks in one language."""
    text = clean(text)
    if not 0 < len(text) <= LONGEST_QUESTION:
        return Fault.LENGTH
    return _changed(form, code, lambda one: replace(one, text={**texts_of(one.text), lang: text}))


def with_options(form: Form, code: str, lang: str, typed: str) -> Form | OptionFault:
    """Set the answers of a question in one language: one more, or all of them, one a line.

    Where another language has them already and this one does not, they are its translation, in the same order.
    """
    question = find(form, code)
    if question is None or not question.own_options:
        return form
    kept = labels(question, lang)
    found = options_after(kept, typed, expected(question, lang))
    if isinstance(found, OptionFault):
        return found
    return tidied(_changed(form, code, lambda one: replace(one, options=_options(one, lang, found))))


def labels(question: Question, lang: str) -> tuple[str, ...]:
    """List the answers that a question has in one language."""
    texts = [texts_of(option.label).get(lang, "") for option in question.options]
    return tuple(text for text in texts if text)


def expected(question: Question, lang: str) -> int:
    """Return how many answers a translation into a language must have; 0 where it is no translation."""
    elsewhere = any(labels(question, other) for other in LANGUAGES if other != lang)
    return len(question.options) if elsewhere and len(labels(question, lang)) < len(question.options) else 0


def _options(question: Question, lang: str, found: Sequence[str]) -> tuple[Option, ...]:
    old = question.options
    kept = labels(question, lang)
    if expected(question, lang) or len(found) == len(old):
        return tuple(
            Option(option.code, {**texts_of(option.label), lang: text})
            for option, text in zip(old, [*found, *[""] * (len(old) - len(found))], strict=True)
        )
    if tuple(found[:-1]) == kept and len(found) <= MOST:
        unused = next(code for code in CODES if code not in question.codes)
        return (*old, Option(unused, {lang: found[-1]}))
    return tuple(Option(code, {lang: text}) for code, text in zip(CODES, found, strict=False))


def moved(form: Form, code: str, to: int) -> Form:
    """Put a question at a place, from 1; conditions that no longer follow what they depend on go."""
    question = find(form, code)
    if question is None:
        return form
    rest = [one for one in form if one.code != code]
    to = max(0, min(to - 1, len(rest)))
    return tidied([*rest[:to], question, *rest[to:]])


def removed(form: Form, code: str) -> Form:
    """Take a question away, and the conditions that depend on it."""
    return tidied([one for one in form if one.code != code])


def conditioned(form: Form, code: str, on: str, value: str, *, wanted: bool) -> Form:
    """Ask a question only after an answer to an earlier one, or after that one no longer.

    One question depends on one other: an answer of another question replaces the condition.
    """

    def change(one: Question) -> Question:
        among = one.when.among if one.when and one.when.code == on else ()
        left = tuple(each for each in among if each != value)
        among = (*left, value) if wanted else left
        return replace(one, when=Condition(on, among) if among else None)

    return tidied(_changed(form, code, change))


def unconditioned(form: Form, code: str) -> Form:
    """Ask a question of everybody."""
    return _changed(form, code, lambda one: replace(one, when=None))


def before_it(form: Form, code: str) -> list[Question]:
    """List the questions that a condition of this one may depend on."""
    return [one for one in form[: max(0, place(form, code) - 1)] if one.grounds]


def missing(question: Question) -> list[str]:
    """List the languages in which a question or one of its answers has no text."""
    return [
        lang
        for lang in LANGUAGES
        if not texts_of(question.text).get(lang)
        or (question.own_options and len(labels(question, lang)) < len(question.options))
    ]


def tidied(form: Sequence[Question]) -> Form:
    """Drop conditions on what is not asked before, and on answers that are not offered."""
    kept: list[Question] = []
    for one in form:
        other = find(kept, one.when.code) if one.when else None
        among = tuple(code for code in one.when.among if other and code in other.grounds) if one.when else ()
        when = Condition(one.when.code, among) if one.when and among else None
        kept.append(one if when == one.when else replace(one, when=when))
    return tuple(kept)


def _changed(form: Form, code: str, change: Callable[[Question], Question]) -> Form:
    return tuple(change(one) if one.code == code else one for one in form)


def texts_of(wording: Wording | None) -> Mapping[str, str]:
    """Return what coordinators wrote, by language; nothing of a text of the catalogs."""
    return wording if isinstance(wording, Mapping) else {}
