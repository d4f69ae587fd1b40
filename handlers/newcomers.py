"""The first week: three short messages to whoever is new, which can be stopped, and how people prefer to meet."""

from __future__ import annotations

from datetime import timedelta

from handlers.kit import (
    MEMBERS,
    Button,
    Outdated,
    Screen,
    Tick,
    Turn,
    action,
    column,
    lines,
    notice,
    paragraphs,
    tap,
    tick,
)
from handlers.menu import menu_button
from handlers.rules.newcomers import STEPS, USEFUL, shown_counts
from handlers.rules.quiet import is_quiet
from locales import NP_, Message

TOPIC = "welcome"
PREFERENCES: dict[str, Message] = {
    "in_person": NP_("button", "In person"),
    "online": NP_("button", "Online"),
    "either": NP_("button", "Both are fine"),
}


@tick("newcomers", every=timedelta(minutes=30))
async def greet(tick: Tick) -> None:
    """Say to everybody who is new what their day asks for, each thing once, by day."""
    if is_quiet(tick.now, tick.community.zone):
        return
    async with tick.unit() as unit:
        for step, after in STEPS.items():
            due = tick.now - after
            await unit.outbox.notify(
                "newcomer",
                unit.profiles.newcomers(due - USEFUL, due),
                subject="first-week",
                occurrence=step,
                at=tick.now,
                args=(step,),
                topic=TOPIC,
                expires_at=tick.now + USEFUL,
            )


@notice("newcomer")
async def tell(turn: Turn, step: str) -> Screen | None:
    """Say one of the three things; nothing to somebody who has left, or to one who has answered already."""
    if turn.member.role not in MEMBERS or (step == "meeting" and turn.member.meets):
        return None
    screens = {"hello": _hello, "meeting": _meeting, "around": _around}
    return await screens[step](turn) if step in screens else None


def _stop(turn: Turn) -> Button:
    return Button(turn.p("button", "No more of these"), action("topic", TOPIC, "off"))


async def _hello(turn: Turn) -> Screen:
    event = await turn.unit.events.next_of_kind("induction", turn.now)
    when = turn.speech.moment(event.starts_at, turn.now) if event and event.starts_at else ""
    return turn.screen(
        paragraphs(
            turn._(
                "Organisations from all over Iraq learn from each other here, about democracy, human rights and "
                "governance."
            ),
            turn._("The next session for everyone who is new: {moment}", moment=when)
            if when
            else turn._("When there is a session for everyone who is new, you hear of it."),
        ),
        title=turn._("Welcome to the community"),
        rows=column(
            Button(turn.p("button", "See the session"), action("event", event.id))
            if event and when
            else None,
            Button(turn.p("button", "About the community"), "about"),
            _stop(turn),
        ),
        lasting=True,
    )


async def _meeting(turn: Turn) -> Screen:
    return turn.screen(
        turn._("How do you prefer to meet? Coordinators see only how many prefer what, and plan by it."),
        title=turn._("In person or online"),
        rows=column(*_choices(turn), _stop(turn)),
        lasting=True,
    )


def _choices(turn: Turn) -> list[Button]:
    return [Button(turn.say(label), action("meets", value)) for value, label in PREFERENCES.items()]


async def _around(turn: Turn) -> Screen:
    return turn.screen(
        lines(
            turn._("• After each event its slides and tools are in the library."),
            turn._("• The coordinators answer whatever you ask them."),
            turn._("• In the directory you find organisations that work on what you work on."),
        ),
        title=turn._("Three things worth knowing"),
        rows=column(
            Button(turn.p("button", "Slides and resources"), "library"),
            Button(turn.p("button", "Ask a question"), "ask"),
            Button(turn.p("button", "Organisations"), "directory"),
            menu_button(turn),
        ),
        lasting=True,
    )


# --- how people prefer to meet ------------------------------------------------------------------------------


@tap("how-to-meet", who=MEMBERS)
async def how_to_meet(turn: Turn) -> Screen:
    """Ask how somebody prefers to meet."""
    return _asked(turn)


def _asked(turn: Turn, note: str = "") -> Screen:
    chosen = PREFERENCES.get(turn.member.meets)
    return turn.screen(
        paragraphs(
            turn._("You prefer: {preference}", preference=turn.say(chosen)) if chosen else "",
            turn._("How do you prefer to meet? Coordinators see only how many prefer what, and plan by it."),
        ),
        title=turn._("In person or online"),
        rows=column(
            *_choices(turn),
            Button(turn.p("button", "I'd rather not say"), action("meets", "none")) if chosen else None,
            Button(turn.p("button", "Back"), "settings"),
        ),
        note=note,
    )


@tap("meets", who=MEMBERS)
async def meets(turn: Turn, value: str) -> Screen:
    """Keep how somebody prefers to meet, or that they would rather not say."""
    if value not in PREFERENCES and value != "none":
        raise Outdated(value)
    await turn.change_member(meets="" if value == "none" else value)
    return _asked(turn, turn._("Thank you! It is kept."))


async def preferences_line(turn: Turn) -> str:
    """Say to coordinators how many prefer what; what fewer than five prefer is not shown."""
    counts = shown_counts(await turn.unit.members.meeting_preferences())
    listed = [
        turn._("{preference}: {count}", preference=turn.say(label), count=counts[value])
        for value, label in PREFERENCES.items()
        if value in counts
    ]
    return turn._("Members prefer: {list}", list=turn.speech.list(listed)) if listed else ""
