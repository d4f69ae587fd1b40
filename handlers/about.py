"""About the community: what the project is for, what happens in it, how far it has come, and who to ask."""

from __future__ import annotations

from handlers.kit import Button, Screen, Turn, action, column, lines, paragraphs, tap
from handlers.menu import menu_button
from handlers.privacy import contact_line
from handlers.rules.programme import ACTIVITIES, Standing, standings
from storage.progress import Progress


@tap("about")
async def about(turn: Turn) -> Screen:
    """Say in a few lines what the community is, and lead further."""
    organisations = len(await turn.unit.organisations.listed(turn.lang))
    return turn.screen(
        paragraphs(
            turn._(
                "The Community of Practice brings together people from Iraqi organisations who work for "
                "democracy, human rights and good governance, to learn from each other and to act together."
            ),
            turn.n("{count} organisation takes part.", "{count} organisations take part.", organisations)
            if organisations
            else "",
            turn._("What would you like to know?"),
        ),
        title=turn._("About the community"),
        rows=column(
            Button(turn.p("button", "What is it for?"), "about-purpose"),
            Button(turn.p("button", "What happens in it"), "about-activities"),
            Button(turn.p("button", "How far we are"), "about-progress"),
            Button(turn.p("button", "I am new here"), "about-induction"),
            Button(turn.p("button", "Who to contact"), "about-contact"),
            menu_button(turn),
        ),
    )


@tap("about-purpose")
async def purpose(turn: Turn) -> Screen:
    """Answer "what is this project for?"."""
    return _page(
        turn,
        turn._("What is this project for?"),
        turn._(
            "Two things. First: that the work of each organisation has more effect for the people it serves."
        ),
        turn._(
            "Second: that organisations and their partners know each other, coordinate and work together."
        ),
        turn._(
            "Large and small organisations take part as equals, from all over Iraq. Search for Common Ground "
            "organises it; the Bureau of Democracy, Human Rights, and Labor of the United States Department "
            "of State funds it."
        ),
        turn._(
            "The community goes back to 2018, and it belongs to its members: what you need decides what comes."
        ),
    )


@tap("about-activities")
async def activities(turn: Turn) -> Screen:
    """Describe the nine activities."""
    described = (
        turn._("{activity}: {what}", activity=turn.say(one.name), what=turn.say(one.about))
        for one in ACTIVITIES
    )
    return _page(turn, turn._("What happens in it"), lines(*described))


@tap("about-progress")
async def progress(turn: Turn) -> Screen:
    """Tell how much of each activity is done, counted from the events that took place."""
    reached = standings(await Progress(turn.unit).held(turn.now))
    return _page(
        turn,
        turn._("How far we are"),
        lines(*(_reached(turn, one) for one in reached)),
        turn._("Counted from the events that have taken place here."),
    )


def _reached(turn: Turn, standing: Standing) -> str:
    name, target = turn.say(standing.activity.name), standing.activity.target
    if target is None:
        return turn._("{activity}: {done} so far", activity=name, done=standing.done)
    return turn._("{activity}: {done} of {target}", activity=name, done=standing.done, target=target)


@tap("about-induction")
async def induction(turn: Turn) -> Screen:
    """Welcome somebody new: the next induction session, and what was shown at the last one."""
    event = await turn.unit.events.next_of_kind("induction", turn.now)
    last = await turn.unit.materials.latest_event_of_kind("induction")
    return _page(
        turn,
        turn._("Welcome! New here?"),
        turn._(
            "The easiest way in is an induction session: one hour, in which you hear what the project is, "
            "meet others who are new, and can ask anything."
        ),
        turn._("The next one: {moment}", moment=turn.speech.moment(event.starts_at, turn.now))
        if event and event.starts_at
        else turn._("You find the next one under Events. Everyone is welcome, as often as you like."),
        buttons=(
            Button(turn.p("button", "See the session"), action("event", event.id))
            if event
            else Button(turn.p("button", "Events"), "events"),
            Button(turn.p("button", "What was shown last"), action("materials-of", last)) if last else None,
        ),
    )


@tap("about-contact")
async def contact(turn: Turn) -> Screen:
    """Say who to contact."""
    return _page(
        turn,
        turn._("Who to contact"),
        turn._("The coordinators of Search for Common Ground look after this community."),
        contact_line(turn) or turn._("You meet them at every event, and they read your feedback here."),
    )


def _page(turn: Turn, title: str, *texts: str, buttons: tuple[Button | None, ...] = ()) -> Screen:
    back = Button(turn.p("button", "Back"), "about")
    return turn.screen(paragraphs(*texts), title=title, rows=column(*buttons, back, menu_button(turn)))
