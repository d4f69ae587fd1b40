"""What people say of themselves for the reports: asked gently, answered in a tap, taken back as easily."""

from __future__ import annotations

from handlers.kit import MEMBERS, Button, Outdated, Screen, Turn, action, column, lines, paragraphs, tap
from handlers.rules.traits import TRAITS, Trait, trait


@tap("traits", who=MEMBERS)
async def traits(turn: Turn) -> Screen:
    """Show what somebody said of themselves, and why it is asked."""
    return await _list(turn)


async def _list(turn: Turn, note: str = "") -> Screen:
    said = await turn.unit.traits.get(turn.member.id)
    return turn.screen(
        paragraphs(
            turn._(
                "The donor asks how many women, young people and people with a disability take part. You decide "
                "whether to say so. Nobody sees your answer: only numbers of five people or more leave here."
            ),
            lines(*(_line(turn, one, said.get(one.code, "")) for one in TRAITS)),
        ),
        title=turn._("About me, for the count"),
        rows=column(
            *(Button(turn.say(one.name), action("trait", one.code)) for one in TRAITS),
            Button(turn.p("button", "Back"), "my-data"),
        ),
        note=note,
        private=True,
    )


def _line(turn: Turn, one: Trait, code: str) -> str:
    answer = turn.say(one.options[code]) if code in one.options else turn.p("trait", "not said")
    return turn._("{what}: {answer}", what=turn.say(one.name), answer=answer)


@tap("trait", who=MEMBERS)
async def ask_trait(turn: Turn, code: str) -> Screen:
    """Ask one thing."""
    one = _trait(code)
    return turn.screen(
        turn.say(one.text),
        title=turn.say(one.name),
        rows=column(
            *(
                Button(turn.say(label), action("trait-say", code, option))
                for option, label in one.options.items()
            ),
            Button(turn.p("button", "Take it back"), action("trait-say", code, "nothing")),
            Button(turn.p("button", "Back"), "traits"),
        ),
        private=True,
    )


def _trait(code: str) -> Trait:
    found = trait(code)
    if found is None:
        raise Outdated(code)
    return found


@tap("trait-say", who=MEMBERS)
async def say_trait(turn: Turn, code: str, option: str) -> Screen:
    """Keep one thing that somebody says of themselves, or forget it."""
    one = _trait(code)
    if option not in one.options and option != "nothing":
        raise Outdated(option)
    await turn.unit.traits.say(turn.member.id, one.code, "" if option == "nothing" else option)
    return await _list(turn, turn._("Kept.") if option != "nothing" else turn._("Forgotten."))
