"""The report to the donor, in chat: what it says, where its numbers come from, looking it through and locking it."""

from __future__ import annotations

from handlers.counting import Content, content, counted, frozen
from handlers.cuts import cut_lines
from handlers.kit import (
    COORDINATORS,
    Button,
    Outdated,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    column,
    lines,
    paragraphs,
    tap,
)
from handlers.menu import menu_button, two_a_row
from handlers.numbers import amount, month_names
from handlers.pages import numbered_label
from handlers.rules.indicators import INDICATORS, OBJECTIVES, Figure, Indicator, indicator
from handlers.rules.periods import Quarter, quarter_named, quarter_of
from locales import NP_, Message, Speech, block, clean, to_ascii_digits
from storage.reports import Aim, Report

PERIODS = 4
"""How many quarters are offered: this one and those before it."""
LONGEST_NOTE = 300
MOST = 1_000_000
SECTIONS: dict[str, Message] = {
    "activities": NP_("button", "Activities"),
    "1": NP_("button", "Objective 1"),
    "2": NP_("button", "Objective 2"),
    "people": NP_("button", "Who took part"),
}


@tap("reports", who=COORDINATORS)
async def reports(turn: Turn) -> Screen:
    """Lead to the reports and to what else shows how the programme is doing."""
    now = quarter_of(turn.now, turn.community.zone)
    offered = [now.moved(-back) for back in range(PERIODS)]
    known = {one.code: await turn.unit.reports.get(one.code) for one in offered}
    return turn.screen(
        paragraphs(
            lines(
                *(
                    turn._(
                        "{period}: {state}",
                        period=month_names(turn, one),
                        state=_state(turn, known[one.code]),
                    )
                    for one in offered
                )
            ),
            turn._("A report is counted anew each time you open it, until you lock it."),
        ),
        title=turn._("Results and reports"),
        rows=[
            *([Button(month_names(turn, one), action("report", one.code, "activities"))] for one in offered),
            [
                Button(turn.p("button", "Survey results"), "survey-results"),
                Button(turn.p("button", "Pulse"), "pulse"),
            ],
            [Button(turn.p("button", "Back"), "coordinate"), menu_button(turn)],
        ],
    )


def _state(turn: Turn, report: Report | None) -> str:
    if report is None:
        return turn.p("report", "draft")
    return turn.p("report", "locked") if report.locked else turn.p("report", "looked through")


@tap("report", who=COORDINATORS)
async def report(turn: Turn, period: str, section: str) -> Screen:
    """Show one part of a report."""
    return await report_screen(turn, _quarter(period), section)


def _quarter(period: str) -> Quarter:
    found = quarter_named(period)
    if found is None:
        raise Outdated(period)
    return found


async def report_screen(turn: Turn, quarter: Quarter, section: str = "activities", note: str = "") -> Screen:
    """Show one part of a report, with the ways on."""
    if section not in SECTIONS:
        raise Outdated(section)
    said = await content(turn.unit, quarter, turn.community.zone, turn.now)
    known = await turn.unit.reports.get(quarter.code)
    return turn.screen(
        paragraphs(section_text(turn, said, section), _standing(turn, quarter, known)),
        title=month_names(turn, quarter),
        rows=[
            *two_a_row(
                [
                    Button(turn.say(label), action("report", quarter.code, code))
                    for code, label in SECTIONS.items()
                    if code != section
                ]
            ),
            _numbers_row(turn, quarter, section),
            [step] if (step := _next_step(turn, quarter, known)) else [],
            [Button(turn.p("button", "Get the report"), action("report-get", quarter.code))],
            [Button(turn.p("button", "Back"), "reports"), menu_button(turn)],
        ],
        note=note,
    )


def _numbers_row(turn: Turn, quarter: Quarter, section: str) -> list[Button]:
    if section == "people":
        return []
    return [Button(turn.p("button", "Numbers one by one"), action("figures", quarter.code, section))]


def _standing(turn: Turn, quarter: Quarter, known: Report | None) -> str:
    if known is not None and known.locked and known.locked_at:
        return turn._(
            "Locked on {date}: these numbers stay.", date=turn.speech.date(known.locked_at, turn.now)
        )
    if not quarter.over(turn.now, turn.community.zone):
        return turn._("The quarter is not over yet: these numbers still grow.")
    if known is None:
        return turn._("This is a draft. Look it through before you lock it.")
    return turn._("Looked through. Lock it when nothing is missing.")


def _next_step(turn: Turn, quarter: Quarter, known: Report | None) -> Button | None:
    if not quarter.over(turn.now, turn.community.zone) or (known is not None and known.locked):
        return None
    if known is None:
        return Button(turn.p("button", "I looked it through"), action("report-review", quarter.code))
    return Button(turn.p("button", "Lock the report"), action("report-lock", quarter.code))


def section_text(turn: Turn, said: Content, section: str) -> str:
    """Put one part of a report into words."""
    if section == "activities":
        return lines(*(_activity_line(turn, one, said.figure(one.code)) for one in of_objective(0)))
    if section == "people":
        return _people_text(turn, said)
    objective = int(section)
    return paragraphs(
        objective_name(turn.speech, objective),
        lines(*(_figure_line(turn, one, said.figure(one.code)) for one in of_objective(objective))),
        corrections_text(turn, said) if objective == OBJECTIVES[-1] else "",
    )


def of_objective(objective: int) -> list[Indicator]:
    """List the indicators of an objective; 0 are the activities."""
    return [one for one in INDICATORS if one.objective == objective]


def objective_name(voice: Speech, objective: int) -> str:
    """Say what an objective is."""
    if objective == 1:
        return voice._("Objective 1: the work of the organisations has more effect.")
    return voice._("Objective 2: organisations coordinate and work together.")


def _activity_line(turn: Turn, one: Indicator, figure: Figure) -> str:
    name, done, now = turn.say(one.name), int(figure.cumulative or 0), int(figure.period or 0)
    if figure.target is None:
        return turn._(
            "{activity}: {done} so far, {now} of them this quarter", activity=name, done=done, now=now
        )
    return turn._(
        "{activity}: {done} of {target}, {left} to go, {now} this quarter",
        activity=name,
        done=done,
        target=int(figure.target),
        left=int(figure.remaining or 0),
        now=now,
    )


def _figure_line(turn: Turn, one: Indicator, figure: Figure) -> str:
    values = {
        "name": turn.say(one.name),
        "now": amount(turn, one.unit, figure.period),
        "all": amount(turn, one.unit, figure.cumulative),
    }
    if figure.target is None:
        return turn._("{name}: {now} this quarter, {all} in all", **values)
    target = amount(turn, one.unit, figure.target)
    return turn._("{name}: {now} this quarter, {all} in all, target {target}", **values, target=target)


def _people_text(turn: Turn, said: Content) -> str:
    total = turn.n("{count} person took part.", "{count} people took part.", said.people)
    if not said.cuts:
        return paragraphs(
            total,
            turn._(
                "Who they were is counted once, when the report is locked, and numbers below five are hidden. "
                "Otherwise two looks at different times could tell who came in between."
            ),
        )
    return paragraphs(total, *cut_lines(turn, said))


def corrections_text(turn: Turn, said: Content) -> str:
    """Say which numbers of the report before would be others today."""
    if not said.corrections:
        return ""
    return lines(
        turn._("Corrections to the report before:"),
        *(
            turn._(
                "{name}: {today} instead of {locked}",
                name=turn.say(found.name),
                today=amount(turn, found.unit, one.today),
                locked=amount(turn, found.unit, one.locked),
            )
            for one in said.corrections
            if (found := indicator(one.code))
        ),
    )


# --- one number ---------------------------------------------------------------------------------------------


@tap("figures", who=COORDINATORS)
async def figures(turn: Turn, period: str, section: str) -> Screen:
    """List the numbers of one part, each to be opened."""
    quarter = _quarter(period)
    if section not in SECTIONS or section == "people":
        raise Outdated(section)
    listed = of_objective(0 if section == "activities" else int(section))
    named = [(number, turn.say(one.name), one.code) for number, one in enumerate(listed, 1)]
    return turn.screen(
        paragraphs(
            turn._("Which number do you want to open?"),
            lines(*(turn._("{number}. {name}", number=number, name=name) for number, name, _ in named)),
        ),
        title=month_names(turn, quarter),
        rows=column(
            *(
                Button(numbered_label(turn, number, name), action("figure", quarter.code, code))
                for number, name, code in named
            ),
            Button(turn.p("button", "Back"), action("report", quarter.code, section)),
        ),
    )


@tap("figure", who=COORDINATORS)
async def figure(turn: Turn, period: str, code: str) -> Screen:
    """Show one number with its definition, its target and its note."""
    return await _figure_screen(turn, _quarter(period), _indicator(code))


def _indicator(code: str) -> Indicator:
    found = indicator(code)
    if found is None:
        raise Outdated(code)
    return found


async def _figure_screen(turn: Turn, quarter: Quarter, one: Indicator, note: str = "") -> Screen:
    said = await content(turn.unit, quarter, turn.community.zone, turn.now)
    shown = said.figure(one.code)
    section = "activities" if one.objective == 0 else str(one.objective)
    open_still = said.locked_at is None
    return turn.screen(
        paragraphs(
            turn.say(one.definition),
            lines(
                turn._("This quarter: {number}", number=amount(turn, one.unit, shown.period)),
                turn._("In all: {number}", number=amount(turn, one.unit, shown.cumulative)),
                turn._("Baseline: {number}", number=amount(turn, one.unit, shown.baseline)),
                turn._("Target: {number}", number=amount(turn, one.unit, shown.target)),
                turn._("Reached: {percent} %", percent=shown.percent) if shown.percent is not None else "",
            ),
            lines(turn._("Note:"), block(shown.note)) if shown.note else "",
        ),
        title=turn.say(one.name),
        rows=column(
            Button(turn.p("button", "Where it comes from"), action("evidence", quarter.code, one.code, 0)),
            Button(turn.p("button", "Write a note"), action("figure-note", quarter.code, one.code))
            if open_still
            else None,
            Button(turn.p("button", "Baseline and target"), action("figure-aim", quarter.code, one.code))
            if open_still
            else None,
            Button(turn.p("button", "Back"), action("figures", quarter.code, section)),
        ),
        note=note,
    )


@tap("figure-note", who=COORDINATORS)
async def figure_note(turn: Turn, period: str, code: str) -> Screen:
    """Ask why a number stands where it does."""
    return _ask_note(turn, _quarter(period), _indicator(code))


def _ask_note(turn: Turn, quarter: Quarter, one: Indicator, note: str = "") -> Screen:
    return turn.screen(
        turn._(
            "Why does this number stand where it does? Write a sentence for the donor, without names. To take "
            "the note away, send 0."
        ),
        title=turn.say(one.name),
        rows=column(Button(turn.p("button", "Cancel"), action("figure", quarter.code, one.code))),
        ask=action("figure-note", quarter.code, one.code),
        note=note,
    )


@answer("figure-note", who=COORDINATORS)
async def figure_noted(turn: Turn, reply: Reply, period: str, code: str) -> Screen:
    """Keep a note with the number, unless the report was locked meanwhile."""
    quarter, one = _quarter(period), _indicator(code)
    text = clean(reply.text)
    if not text or len(text) > LONGEST_NOTE:
        said = turn._("Please write up to {count} characters.", count=LONGEST_NOTE)
        return _ask_note(turn, quarter, one, said)
    if await _is_locked(turn, quarter):
        return await _figure_screen(turn, quarter, one, turn._("This report is locked."))
    await turn.unit.reports.put_note(quarter.code, one.code, "" if to_ascii_digits(text) == "0" else text)
    return await _figure_screen(turn, quarter, one, turn._("Kept."))


@tap("figure-aim", who=COORDINATORS)
async def figure_aim(turn: Turn, period: str, code: str) -> Screen:
    """Ask from where an indicator began and where it is to come to."""
    return _ask_aim(turn, _quarter(period), _indicator(code))


def _ask_aim(turn: Turn, quarter: Quarter, one: Indicator, note: str = "") -> Screen:
    return turn.screen(
        turn._(
            "Write two numbers: the baseline, then the target, for example: 0 8. Send only the baseline if there is "
            "no target. It holds for every report that is not locked."
        ),
        title=turn.say(one.name),
        rows=column(Button(turn.p("button", "Cancel"), action("figure", quarter.code, one.code))),
        ask=action("figure-aim", quarter.code, one.code),
        note=note,
    )


@answer("figure-aim", who=COORDINATORS)
async def figure_aimed(turn: Turn, reply: Reply, period: str, code: str) -> Screen:
    """Keep baseline and target."""
    quarter, one = _quarter(period), _indicator(code)
    numbers = _numbers(reply.text)
    if not numbers:
        return _ask_aim(turn, quarter, one, turn._("These are not one or two numbers."))
    await turn.unit.reports.put_aim(one.code, Aim(numbers[0], numbers[1] if len(numbers) > 1 else None))
    await turn.unit.audit.append("target", f"indicator:{one.code}", actor_id=turn.member.id, at=turn.now)
    return await _figure_screen(turn, quarter, one, turn._("Kept."))


def _numbers(text: str) -> list[float]:
    """Read one or two numbers, in any of the three scripts; nothing where there is anything else."""
    try:
        found = [float(word) for word in to_ascii_digits(clean(text[:40])).replace("٫", ".").split()]
    except ValueError:
        return []
    fits = 0 < len(found) <= 2 and all(0 <= number <= MOST for number in found)
    return found if fits else []


async def _is_locked(turn: Turn, quarter: Quarter) -> bool:
    known = await turn.unit.reports.get(quarter.code)
    return known is not None and known.locked


# --- looked through, locked ---------------------------------------------------------------------------------


@tap("report-review", who=COORDINATORS)
async def review(turn: Turn, period: str) -> Screen:
    """Note that a draft was looked through, once its quarter is over."""
    quarter = _quarter(period)
    if not quarter.over(turn.now, turn.community.zone):
        return await report_screen(turn, quarter)
    if await turn.unit.reports.get(quarter.code) is None:
        await turn.unit.reports.review(quarter.code, turn.now)
        await turn.unit.audit.append(
            "reviewed", f"report:{quarter.code}", actor_id=turn.member.id, at=turn.now
        )
    return await report_screen(turn, quarter, note=turn._("Looked through."))


@tap("report-lock", who=COORDINATORS)
async def ask_lock(turn: Turn, period: str) -> Screen:
    """Ask before the numbers are frozen."""
    quarter = _quarter(period)
    known = await turn.unit.reports.get(quarter.code)
    if known is None or known.locked:
        return await report_screen(turn, quarter)
    return turn.screen(
        paragraphs(
            turn._(
                "Locking freezes every number and note. What turns out to be wrong later appears as a correction "
                "in the next report. It cannot be unlocked."
            ),
            turn._(
                "The people who took part are then counted by gender, age and place, small numbers hidden."
            ),
        ),
        title=turn._("Lock this report?"),
        rows=column(
            Button(turn.p("button", "Lock the report"), action("report-freeze", quarter.code)),
            Button(turn.p("button", "Back"), action("report", quarter.code, "activities")),
        ),
    )


@tap("report-freeze", who=COORDINATORS)
async def freeze(turn: Turn, period: str) -> Screen:
    """Freeze a report that was looked through; a second tap finds it frozen."""
    quarter = _quarter(period)
    known = await turn.unit.reports.get(quarter.code)
    if known is None or known.locked or not quarter.over(turn.now, turn.community.zone):
        return await report_screen(turn, quarter)
    said = await counted(turn.unit, quarter, turn.community.zone, turn.now, cuts=True)
    if await turn.unit.reports.lock(quarter.code, frozen(said), turn.now):
        await turn.unit.audit.append("locked", f"report:{quarter.code}", actor_id=turn.member.id, at=turn.now)
    return await report_screen(turn, quarter, note=turn._("The report is locked."))
