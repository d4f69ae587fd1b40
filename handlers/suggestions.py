"""Suggesting topics: a member proposes, others support, a coordinator makes an event of it with a tap."""

from __future__ import annotations

from datetime import timedelta

from handlers import event_editor
from handlers.events import event_card
from handlers.kit import (
    COORDINATORS,
    MEMBERS,
    Button,
    Outdated,
    Reply,
    Screen,
    Tick,
    Turn,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
    tick,
)
from handlers.menu import menu_button
from handlers.pages import numbered_label, page_buttons, page_of
from handlers.rules.kinds import KINDS
from handlers.rules.suggesting import WEEK, may_suggest
from locales import N_, block, clean, speech
from storage.suggestions import Suggestion

LONGEST = 160
LONGEST_WORD = 300
SUGGESTED = ("roundtable", "webinar")
"""The kinds of event that members suggest topics for."""

WORDS = {
    "planned": N_("Something close to it is being planned already."),
    "later": N_("It does not fit into this year's plan, but we keep it in mind."),
    "beyond": N_("It lies outside what this project can do."),
}
"""Kind words with which a coordinator may decline."""

STANDS = {
    "planned": N_("It is being made into an event."),
    "announced": N_("It has become an event."),
    "declined": N_("The coordinators could not take it up."),
    "withdrawn": N_("It was withdrawn."),
}


@tap("suggestions", who=MEMBERS)
async def listing(turn: Turn, page: int = 0) -> Screen:
    """List the open topics, those with the most support in front."""
    return await _list_screen(turn, page)


async def _list_screen(turn: Turn, page: int = 0, note: str = "") -> Screen:
    store = turn.unit.suggestions
    shown = await page_of(lambda limit, skip: store.open(limit=limit, offset=skip), page, 5)
    numbered = list(enumerate(shown.items, shown.first))
    return turn.screen(
        lines(*(_line(turn, number, one) for number, one in numbered))
        or turn._("Nobody has suggested a topic yet. What should we talk about?"),
        title=turn._("Suggested topics"),
        rows=[
            *(
                [Button(numbered_label(turn, number, one.text), action("suggestion", one.id))]
                for number, one in numbered
            ),
            page_buttons(turn, shown, "suggestions"),
            [Button(turn.p("button", "Suggest a topic"), "suggest")],
            [Button(turn.p("button", "Back"), "community"), menu_button(turn)],
        ],
        note=note,
    )


def _line(turn: Turn, number: int, one: Suggestion) -> str:
    return turn._(
        "{number}. {name} (supported by: {count})", number=number, name=one.text, count=one.supports
    )


# --- suggesting ---------------------------------------------------------------------------------------------


@tap("suggest", who=MEMBERS)
async def suggest(turn: Turn) -> Screen:
    """Ask what kind of event the topic is for."""
    if not await _may(turn):
        return await _list_screen(turn, note=_too_many(turn))
    return turn.screen(
        turn._("What is your topic for?"),
        title=turn._("Suggest a topic"),
        rows=column(
            *(Button(turn.say(KINDS[kind].label), action("suggest-for", kind)) for kind in SUGGESTED),
            Button(turn.p("button", "Cancel"), "suggestions"),
        ),
    )


async def _may(turn: Turn) -> bool:
    store, mine = turn.unit.suggestions, turn.member.id
    return may_suggest(await store.count_open(mine), await store.made_since(mine, turn.now - WEEK))


def _too_many(turn: Turn) -> str:
    return turn._("Several topics of yours are open already. Thank you! Please let others go first.")


@tap("suggest-for", who=MEMBERS)
async def suggest_for(turn: Turn, kind: str) -> Screen:
    """Ask for the topic."""
    if kind not in SUGGESTED:
        raise Outdated(kind)
    return _ask_topic(turn, kind)


def _ask_topic(turn: Turn, kind: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("Write the topic in one sentence, in your language. Members see it without your name."),
        title=turn._("Suggest a topic"),
        rows=column(Button(turn.p("button", "Cancel"), "suggestions")),
        ask=action("suggest-for", kind),
        note=note,
    )


@answer("suggest-for", who=MEMBERS)
async def suggested(turn: Turn, reply: Reply, kind: str) -> Screen:
    """Take the topic in and tell the coordinators."""
    if kind not in SUGGESTED:
        raise Outdated(kind)
    if not await _may(turn):
        return await _list_screen(turn, note=_too_many(turn))
    text = clean(reply.text)
    if not 4 < len(text) <= LONGEST:
        return _ask_topic(turn, kind, turn._("A topic has from 5 to {count} characters.", count=LONGEST))
    one = await turn.unit.suggestions.add(turn.member.id, kind, turn.lang, text, turn.now)
    await turn.unit.outbox.notify_roles(
        "suggested",
        *COORDINATORS,
        subject=f"suggestion:{one.id}",
        occurrence="new",
        at=turn.now,
        args=(one.id,),
    )
    return await _screen(
        turn, one, turn._("Thank you! Others can support it now, and you will hear what comes of it.")
    )


# --- one suggestion -----------------------------------------------------------------------------------------


@tap("suggestion", who=MEMBERS)
async def show(turn: Turn, suggestion_id: int) -> Screen:
    """Show one topic as it stands."""
    return await _again(turn, suggestion_id)


async def _again(turn: Turn, suggestion_id: int, note: str = "") -> Screen:
    one = await turn.unit.suggestions.get(suggestion_id)
    return await _screen(turn, one, note) if one else await _gone(turn)


async def _gone(turn: Turn) -> Screen:
    return await _list_screen(turn, note=turn._("This suggestion is no longer kept."))


async def _screen(turn: Turn, one: Suggestion, note: str = "") -> Screen:
    mine = one.member_id == turn.member.id
    return turn.screen(
        paragraphs(
            block(one.text),
            turn._("For: {kind}", kind=turn.say(KINDS[one.kind].label)),
            turn.say(STANDS[one.state])
            if one.state in STANDS
            else turn.n("{count} person supports it.", "{count} people support it.", one.supports),
        ),
        title=turn._("Suggested topic"),
        rows=[
            [await _own_way(turn, one, mine=mine)] if one.state == "open" else [],
            _coordinators_ways(turn, one),
            [Button(turn.p("button", "Suggested topics"), action("suggestions", 0)), menu_button(turn)],
        ],
        note=note,
    )


async def _own_way(turn: Turn, one: Suggestion, *, mine: bool) -> Button:
    if mine:
        return Button(turn.p("button", "Withdraw"), action("suggestion-withdraw", one.id))
    if await turn.unit.suggestions.supports(one.id, turn.member.id):
        return Button(turn.p("button", "Support no more"), action("support", one.id, "no"))
    return Button(turn.p("button", "I support it"), action("support", one.id, "yes"))


def _coordinators_ways(turn: Turn, one: Suggestion) -> list[Button]:
    if turn.member.role not in COORDINATORS:
        return []
    if one.event_id is not None:
        return [Button(turn.p("button", "Manage event"), action("manage", one.event_id))]
    if one.state != "open":
        return []
    return [
        Button(turn.p("button", "Make it an event"), action("suggestion-event", one.id)),
        Button(turn.p("button", "Decline"), action("suggestion-decline", one.id)),
    ]


@tap("support", who=MEMBERS)
async def support(turn: Turn, suggestion_id: int, wanted: str) -> Screen:
    """Count somebody's support once, or take it back; nobody supports their own."""
    one = await turn.unit.suggestions.get(suggestion_id)
    if one is None:
        return await _gone(turn)
    if one.state == "open" and one.member_id != turn.member.id:
        store = turn.unit.suggestions
        await (store.support if wanted == "yes" else store.drop_support)(one.id, turn.member.id)
    return await _again(turn, suggestion_id)


@tap("suggestion-withdraw", who=MEMBERS)
async def withdraw(turn: Turn, suggestion_id: int) -> Screen:
    """Take one's own topic back while it is open."""
    one = await turn.unit.suggestions.get(suggestion_id)
    if one is not None and one.member_id == turn.member.id:
        await turn.unit.suggestions.advance(one.id, "open", "withdrawn", turn.now)
    return await _again(turn, suggestion_id)


# --- what becomes of it -------------------------------------------------------------------------------------


@tap("suggestion-event", who=COORDINATORS)
async def make_event(turn: Turn, suggestion_id: int) -> Screen:
    """Make a draft of a topic, once, and go on with it."""
    one = await turn.unit.suggestions.get(suggestion_id)
    if one is None or one.state != "open":
        return await _again(turn, suggestion_id)
    usual = KINDS[one.kind]
    event = await turn.unit.events.draft(
        f"suggestion-{one.id}-{turn.now.timestamp():.0f}",
        one.kind,
        at=turn.now,
        minutes=usual.minutes,
        mode=usual.mode,
        capacity=usual.capacity,
        reminders=usual.reminders,
        survey_mode=usual.survey_mode,
    )
    event = await turn.unit.events.put_text(event, one.lang, "title", one.text)
    await turn.unit.suggestions.advance(one.id, "open", "planned", turn.now, event_id=event.id)
    await _tell(turn, one, "planned")
    return await event_editor.onward(turn, event, turn._("Whoever suggested it is told."))


@tap("suggestion-decline", who=COORDINATORS)
async def ask_decline(turn: Turn, suggestion_id: int) -> Screen:
    """Ask with which word to decline."""
    one = await turn.unit.suggestions.get(suggestion_id)
    if one is None or one.state != "open":
        return await _again(turn, suggestion_id)
    return _ask_word(turn, one)


def _ask_word(turn: Turn, one: Suggestion, note: str = "") -> Screen:
    numbered = list(enumerate(WORDS.items(), 1))
    return turn.screen(
        paragraphs(
            turn._("Which word shall go with it? Choose one, or write your own in: {language}",
                   language=speech(one.lang).name),
            lines(*(turn._("{number}. {name}", number=number, name=turn.say(word))
                    for number, (_, word) in numbered)),
        ),
        title=turn._("Decline"),
        rows=[
            [Button(turn._("No. {number}", number=number), action("suggestion-declined", one.id, code))
             for number, (code, _) in numbered],
            [Button(turn.p("button", "Cancel"), action("suggestion", one.id))],
        ],
        ask=action("suggestion-decline", one.id),
        note=note,
    )  # fmt: skip


@tap("suggestion-declined", who=COORDINATORS)
async def decline(turn: Turn, suggestion_id: int, word: str) -> Screen:
    """Decline with a ready word."""
    if word not in WORDS:
        raise Outdated(word)
    return await _decline(turn, suggestion_id, word)


@answer("suggestion-decline", who=COORDINATORS)
async def decline_so(turn: Turn, reply: Reply, suggestion_id: int) -> Screen:
    """Decline with a coordinator's own words."""
    one = await turn.unit.suggestions.get(suggestion_id)
    word = clean(reply.text)
    if one is not None and one.state == "open" and not 0 < len(word) <= LONGEST_WORD:
        return _ask_word(turn, one, turn._("Please keep it under {count} characters.", count=LONGEST_WORD))
    return await _decline(turn, suggestion_id, f"={word}")


async def _decline(turn: Turn, suggestion_id: int, word: str) -> Screen:
    one = await turn.unit.suggestions.get(suggestion_id)
    if one is not None and await turn.unit.suggestions.advance(
        one.id, "open", "declined", turn.now, word=word
    ):
        await _tell(turn, one, "declined")
    return await _again(turn, suggestion_id)


async def _tell(turn: Turn, one: Suggestion, state: str) -> None:
    if one.member_id is not None:
        await turn.unit.outbox.notify_one(
            "suggestion-decided",
            one.member_id,
            subject=f"suggestion:{one.id}",
            occurrence=f"{state}:{turn.occasion}",
            at=turn.now,
            args=(one.id, state),
        )


# --- what people are told -----------------------------------------------------------------------------------


@notice("suggested")
async def tell_coordinators(turn: Turn, suggestion_id: int) -> Screen | None:
    """Tell a coordinator of a new topic."""
    one = await turn.unit.suggestions.get(suggestion_id)
    if one is None or one.state != "open" or not turn.member.coordinates:
        return None
    return turn.screen(
        paragraphs(block(one.text), turn._("For: {kind}", kind=turn.say(KINDS[one.kind].label))),
        title=turn._("A new topic was suggested"),
        rows=[_coordinators_ways(turn, one)],
        lasting=True,
    )


@notice("suggestion-decided")
async def tell_suggester(turn: Turn, suggestion_id: int, state: str) -> Screen | None:
    """Tell a suggester what became of the topic, unless that has changed again."""
    one = await turn.unit.suggestions.get(suggestion_id)
    if one is None or one.state != state or one.member_id != turn.member.id:
        return None
    word: str
    if state == "planned":
        word = turn._(
            "Good news: the coordinators are making an event of your topic. You hear when it is set."
        )
    else:
        reason = block(one.word[1:]) if one.word.startswith("=") else turn.say(WORDS[one.word])
        word = paragraphs(
            turn._("Thank you for your topic. The coordinators thought about it and can't take it up now."),
            reason,
        )
    return turn.screen(
        paragraphs(block(one.text), word),
        title=turn._("Your suggestion"),
        rows=column(Button(turn.p("button", "Suggested topics"), "suggestions"), menu_button(turn)),
        lasting=True,
    )


@notice("suggestion-event")
async def tell_interested(turn: Turn, suggestion_id: int) -> Screen | None:
    """Invite those who wanted a topic to the event that came of it."""
    one = await turn.unit.suggestions.get(suggestion_id)
    event = await turn.unit.events.get(one.event_id) if one and one.event_id else None
    if one is None or event is None or event.state != "published" or event.over(turn.now):
        return None
    return await event_card(turn, event, turn._("A topic that you wanted has become an event."))


@tick("suggestions", every=timedelta(minutes=2))
async def follow_up(tick: Tick) -> None:
    """Invite those who wanted a topic once its event is published; open it again where its draft is gone."""
    async with tick.unit() as unit:
        await unit.suggestions.reopen(tick.now)
        for one in await unit.suggestions.now_published():
            if not await unit.suggestions.advance(
                one.id, "planned", "announced", tick.now, event_id=one.event_id
            ):
                continue
            await unit.outbox.notify(
                "suggestion-event",
                unit.suggestions.interested(one),
                subject=f"suggestion:{one.id}",
                occurrence="event",
                at=tick.now,
                args=(one.id,),
                topic="events",
            )
