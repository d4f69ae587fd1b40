"""Calls for small grants and for collaboration labs: written in chat, published once, joined until the deadline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

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
from handlers.pages import numbered_label
from handlers.questions import ask_about
from handlers.rules.approving import Signed, digest
from handlers.rules.calling import reminder_due
from handlers.rules.drafts import link_in
from handlers.rules.quiet import around, is_quiet
from handlers.second import ACTS, Act, Args, second_person
from locales import (
    BAGHDAD,
    LANGUAGES,
    N_,
    NP_,
    Message,
    block,
    clean,
    isolate,
    parse_moment,
    speech,
    to_ascii_digits,
)
from storage.calls import Call
from storage.outbox import BROADCAST
from storage.unit import Unit

LONGEST = {"title": 120, "text": 800}
FARTHEST = timedelta(days=400)
SHOWN = 5
EXAMPLE = "30/11/2026 15:00"

Ways = Callable[[Turn, Call], Awaitable[list[list[Button]]]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is said of a kind of call, to members and to coordinators."""

    name: Message
    none: Message
    new: Message
    question: Message
    news: Message
    join: Message
    joined: Message
    leave: Message


KINDS: dict[str, Kind] = {
    "grant": Kind(
        name=N_("Small grants"),
        none=N_("No call for grants is open now. You hear when there is one."),
        new=N_("A new call for small grants"),
        question=N_("Who can apply, for what, and by which criteria? Write it in {language}."),
        news=N_("A call for small grants is open."),
        join=NP_("button", "I am interested"),
        joined=N_("Noted. You are reminded before the deadline."),
        leave=NP_("button", "Not interested"),
    ),
    "lab": Kind(
        name=N_("Collaboration labs"),
        none=N_("No collaboration lab is open now. You hear when there is one."),
        new=N_("A new collaboration lab"),
        question=N_("What will the lab work on, and how? Write it in {language}."),
        news=N_("A collaboration lab is open for you to join."),
        join=NP_("button", "Sign up"),
        joined=N_("You are part of the lab. Its working documents are here."),
        leave=NP_("button", "Leave the lab"),
    ),
}
OWN_WAYS: dict[str, Ways] = {}
"""By kind, the further buttons on a member's card; the capability of that kind puts its own here."""
DESK_WAYS: dict[str, Ways] = {}
"""By kind, the further buttons on a coordinator's page."""


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise Outdated(kind)
    return KINDS[kind]


# --- what members see ---------------------------------------------------------------------------------------


@tap("calls", who=MEMBERS)
async def listing(turn: Turn, kind: str) -> Screen:
    """List the calls of a kind that are open, and those that were."""
    return await _list_screen(turn, kind)


async def _list_screen(turn: Turn, kind: str, note: str = "") -> Screen:
    what = _kind(kind)
    shown = await turn.unit.calls.listed(kind, "open", "closed", limit=SHOWN)
    numbered = list(enumerate(shown, 1))
    return turn.screen(
        paragraphs(*(_line(turn, number, one) for number, one in numbered)) or turn.say(what.none),
        title=turn.say(what.name),
        rows=[
            *(
                [Button(numbered_label(turn, number, one.title(turn.lang)), action("call", one.id))]
                for number, one in numbered
            ),
            [Button(turn.p("button", "Our grants"), "our-grants")] if kind == "grant" else [],
            [Button(turn.p("button", "Back"), "community"), menu_button(turn)],
        ],
        note=note,
    )


def _line(turn: Turn, number: int, one: Call) -> str:
    return lines(
        turn._("{number}. {name}", number=number, name=one.title(turn.lang)), deadline_line(turn, one)
    )


def deadline_line(turn: Turn, one: Call) -> str:
    """Say until when a call is open, or that it is closed."""
    if one.state == "closed":
        return turn._("Closed")
    if one.deadline is None:
        return ""
    return turn._("Until: {moment}", moment=turn.speech.moment(one.deadline, turn.now))


@tap("call", who=MEMBERS)
async def show(turn: Turn, call_id: int) -> Screen:
    """Show a call as it stands."""
    return await again(turn, call_id)


async def again(turn: Turn, call_id: int, note: str = "") -> Screen:
    """Show a call to a member, with a word about what just happened."""
    one = await turn.unit.calls.get(call_id)
    if one is None or one.state == "draft":
        return await _list_screen(turn, one.kind if one else "grant", turn._("This is no longer there."))
    return await _card(turn, one, note)


async def _card(turn: Turn, one: Call, note: str = "") -> Screen:
    what = KINDS[one.kind]
    inside = await turn.unit.calls.takes_part(one.id, turn.member.id)
    open_now = one.state == "open"
    switch = (
        Button(turn.say(what.leave), action("call-join", one.id, "no"))
        if inside
        else Button(turn.say(what.join), action("call-join", one.id, "yes"))
    )
    form = Button(turn.p("button", "Application form"), url=one.link) if one.link and open_now else None
    return turn.screen(
        paragraphs(block(one.said(turn.lang, 1)), deadline_line(turn, one)),
        title=one.title(turn.lang),
        rows=[
            *column(form),
            [switch] if open_now or inside else [],
            *(await OWN_WAYS[one.kind](turn, one)),
            [Button(turn.p("button", "Ask a question"), action("call-ask", one.id))] if open_now else [],
            [Button(turn.say(NP_("button", "Back")), action("calls", one.kind)), menu_button(turn)],
        ],
        note=note,
    )


@tap("call-join", who=MEMBERS)
async def join(turn: Turn, call_id: int, wanted: str) -> Screen:
    """Note somebody's interest, or take them into a lab; or let them out again."""
    one = await turn.unit.calls.hold(call_id)
    if one is None or wanted not in ("yes", "no"):
        return await again(turn, call_id)
    if wanted == "no":
        await turn.unit.calls.leave(one.id, turn.member.id)
    elif one.state == "open":
        await turn.unit.calls.join(one.id, turn.member.id, turn.now)
        return await again(turn, call_id, turn.say(KINDS[one.kind].joined))
    return await again(turn, call_id)


@tap("call-ask", who=MEMBERS)
async def ask(turn: Turn, call_id: int) -> Screen:
    """Ask the coordinators something about a call."""
    one = await turn.unit.calls.get(call_id)
    return await ask_about(turn, f"call-{call_id}") if one else await again(turn, call_id)


# --- what coordinators do -----------------------------------------------------------------------------------


@tap("call-desk", who=COORDINATORS)
async def desk(turn: Turn, kind: str) -> Screen:
    """List a kind's calls, drafts too."""
    return await _desk(turn, kind)


async def _desk(turn: Turn, kind: str, note: str = "") -> Screen:
    what = _kind(kind)
    shown = await turn.unit.calls.listed(kind, "draft", "open", "closed", limit=SHOWN)
    numbered = list(enumerate(shown, 1))
    return turn.screen(
        paragraphs(
            *(
                lines(
                    turn._("{number}. {name}", number=number, name=one.title(turn.lang) or "…"),
                    turn._("Draft") if one.state == "draft" else deadline_line(turn, one),
                )
                for number, one in numbered
            )
        )
        or turn._("Nothing is here yet."),
        title=turn.say(what.name),
        rows=[
            *(
                [Button(numbered_label(turn, number, one.title(turn.lang) or "…"), action("call-manage", one.id))]
                for number, one in numbered
            ),
            [Button(turn.p("button", "New"), action("call-new", kind))],
            [Button(turn.p("button", "Back"), "look-after"), menu_button(turn)],
        ],
        note=note,
    )  # fmt: skip


@tap("call-new", who=COORDINATORS)
async def new(turn: Turn, kind: str) -> Screen:
    """Ask for the title: nothing is kept until there is one."""
    return _ask_first(turn, kind)


def _ask_first(turn: Turn, kind: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("What is it called? Write the title in {language}.", language=turn.speech.name),
        title=turn.say(_kind(kind).new),
        rows=column(Button(turn.p("button", "Cancel"), action("call-desk", kind))),
        ask=action("call-new", kind),
        note=note,
    )


@answer("call-new", who=COORDINATORS)
async def begun(turn: Turn, reply: Reply, kind: str) -> Screen:
    """Begin a draft with a title, and ask what it is about."""
    _kind(kind)
    title = clean(reply.text)
    if not 0 < len(title) <= LONGEST["title"]:
        return _ask_first(turn, kind, _fault(turn, "title"))
    call_id = await turn.unit.calls.draft(kind, turn.lang, turn.now)
    await turn.unit.calls.put_text(call_id, turn.lang, title=title)
    return await _onward(turn, call_id)


async def _onward(turn: Turn, call_id: int, note: str = "") -> Screen:
    """Ask for what a draft still needs, else show it."""
    one = await turn.unit.calls.get(call_id)
    if one is None:
        return await _desk(turn, "grant", turn._("This is no longer there."))
    if one.state == "draft" and not one.said(one.lang, 1):
        return _ask(turn, one, "text", one.lang, note)
    if one.state == "draft" and one.deadline is None:
        return _ask(turn, one, "deadline", "", note)
    return await _manage(turn, one, note)


@tap("call-manage", who=COORDINATORS)
async def manage(turn: Turn, call_id: int) -> Screen:
    """Show a call to coordinators, as it stands."""
    return await managed(turn, call_id)


async def managed(turn: Turn, call_id: int, note: str = "") -> Screen:
    """Show a call to coordinators, with a word about what just happened."""
    one = await turn.unit.calls.get(call_id)
    return await _manage(turn, one, note) if one else await _onward(turn, call_id)


async def _manage(turn: Turn, one: Call, note: str = "") -> Screen:
    missing = [speech(lang).name for lang in LANGUAGES if not all(one.texts.get(lang, ("", "")))]
    return turn.screen(
        paragraphs(
            block(one.said(turn.lang, 1)),
            lines(
                deadline_line(turn, one),
                turn._("Application form: {link}", link=one.link) if one.link else "",
                _people_line(turn, one) if one.state != "draft" else turn._("Draft"),
                turn._("Not yet written in: {list}", list=turn.speech.list(missing)) if missing else "",
            ),
        ),
        title=one.title(turn.lang),
        rows=[*(await _manage_rows(turn, one)), [
            Button(turn.p("button", "Back"), action("call-desk", one.kind)), menu_button(turn)]],
        note=note,
    )  # fmt: skip


def _people_line(turn: Turn, one: Call) -> str:
    if one.kind == "lab":
        return turn.n("{count} person takes part.", "{count} people take part.", one.people)
    return turn.n("{count} person is interested.", "{count} people are interested.", one.people)


async def _manage_rows(turn: Turn, one: Call) -> list[list[Button]]:
    edit = [
        Button(turn.p("button", "Texts"), action("call-texts", one.id)),
        Button(turn.p("button", "Deadline"), action("call-ask-for", one.id, "deadline", "")),
    ]
    form = Button(turn.p("button", "Form link"), action("call-ask-for", one.id, "link", ""))
    if one.state == "draft":
        return [
            edit,
            [form] if one.kind == "grant" else [],
            [Button(turn.p("button", "Publish"), action("call-publish", one.id))] if one.ready else [],
            [Button(turn.p("button", "Discard"), action("call-discard", one.id))],
        ]
    close = (
        Button(turn.p("button", "Close now"), action("call-close", one.id))
        if one.state == "open"
        else Button(turn.p("button", "Open again"), action("call-ask-for", one.id, "deadline", ""))
    )
    ways = await DESK_WAYS[one.kind](turn, one)
    return [
        edit if one.state == "open" else edit[:1],
        *ways,
        [form, close] if one.kind == "grant" else [close],
    ]


@tap("call-texts", who=COORDINATORS)
async def texts(turn: Turn, call_id: int) -> Screen:
    """Offer the texts by language."""
    one = await turn.unit.calls.get(call_id)
    if one is None:
        return await _onward(turn, call_id)
    return turn.screen(
        turn._("Which text would you like to write? Whoever reads a language that is missing sees another."),
        title=one.title(turn.lang),
        rows=[
            *(
                [
                    Button(
                        turn._("{language}: title", language=speech(lang).name),
                        action("call-ask-for", one.id, "title", lang),
                    ),
                    Button(
                        turn._("{language}: text", language=speech(lang).name),
                        action("call-ask-for", one.id, "text", lang),
                    ),
                ]
                for lang in LANGUAGES
            ),
            [Button(turn.p("button", "Back"), action("call-manage", one.id))],
        ],
    )


@tap("call-ask-for", who=COORDINATORS)
async def ask_for(turn: Turn, call_id: int, field: str, lang: str) -> Screen:
    """Ask for one field of a call."""
    one = await turn.unit.calls.get(call_id)
    if field not in ("title", "text", "deadline", "link") or (field in LONGEST and lang not in LANGUAGES):
        raise Outdated(field)
    return _ask(turn, one, field, lang) if one else await _onward(turn, call_id)


def _ask(turn: Turn, one: Call, field: str, lang: str, note: str = "") -> Screen:
    named = speech(lang).name if lang in LANGUAGES else ""
    asked = {
        "title": turn._("What is it called? Write the title in {language}.", language=named),
        "text": turn.say(KINDS[one.kind].question, language=named),
        "deadline": turn._("Until when can people answer? Write day and time, for example: {example}", example=EXAMPLE),
        "link": turn._("Send the link to the application form. It begins with https://"),
    }  # fmt: skip
    return turn.screen(
        asked[field],
        title=one.title(turn.lang),
        rows=column(Button(turn.p("button", "Cancel"), action("call-manage", one.id))),
        ask=action("call-ask-for", one.id, field, lang),
        note=note,
    )


def _fault(turn: Turn, field: str) -> str:
    if field in LONGEST:
        return turn._("Please write something, but no more than {count} characters.", count=LONGEST[field])
    if field == "link":
        return turn._("That is not a link that begins with https://")
    return turn._("I could not read that as a day and time to come.")


@answer("call-ask-for", who=COORDINATORS)
async def given(turn: Turn, reply: Reply, call_id: int, field: str, lang: str) -> Screen:
    """Take one field of a call; a new deadline of a closed call opens it again."""
    one = await turn.unit.calls.hold(call_id)
    if one is None:
        return await _onward(turn, call_id)
    if not await _keep(turn, one, field, lang, reply.text):
        return _ask(turn, one, field, lang, _fault(turn, field))
    return await _onward(turn, call_id)


async def _keep(turn: Turn, one: Call, field: str, lang: str, text: str) -> bool:
    store = turn.unit.calls
    if field in LONGEST and lang in LANGUAGES:
        kept = clean(text) if field == "title" else text.strip()
        if fits := 0 < len(kept) <= LONGEST[field]:
            await store.put_text(one.id, lang, **{field: kept})
        return fits
    if field == "link":
        link = link_in(to_ascii_digits(text))
        await store.change(one.id, link=link or one.link)
        return bool(link)
    moment = parse_moment(text, turn.now, BAGHDAD)
    if moment is None or not turn.now < moment <= turn.now + FARTHEST:
        return False
    await store.change(one.id, deadline=moment)
    await store.advance(one.id, "closed", "open")
    return True


@tap("call-discard", who=COORDINATORS)
async def discard(turn: Turn, call_id: int) -> Screen:
    """Throw a draft away."""
    one = await turn.unit.calls.get(call_id)
    await turn.unit.calls.remove_draft(call_id)
    return await _desk(turn, one.kind if one else "grant", turn._("The draft is gone."))


@tap("call-publish", who=COORDINATORS, patient=True)
async def publish(turn: Turn, call_id: int) -> Screen:
    """Publish a call, once, and tell all members; a second person may have to agree, and nobody is woken for it."""
    one = await turn.unit.calls.hold(call_id)
    if one is None or not one.ready or (one.deadline and one.deadline <= turn.now):
        return await _onward(turn, call_id)
    if one.state == "draft":
        if asked := await second_person(turn, "call", one.id):
            return asked
        await _publish(turn.unit, (one.id,), turn.member.id, turn.now)
    return await _onward(turn, call_id, turn._("It is published. All members are told."))


async def _publish(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    one = await unit.calls.hold(int(args[0]))
    if one is None or not await unit.calls.advance(one.id, "draft", "open"):
        return
    await unit.audit.append("published", f"call:{one.id}", actor_id=asker_id, at=now)
    await unit.outbox.notify(
        "call-news",
        unit.members.holding(MEMBERS, asker_id),
        subject=f"call:{one.id}",
        occurrence="open",
        at=now,
        args=(one.id, _wording(one)),
        lane=BROADCAST,
        topic="announcements",
        not_before=daytime(now),
        expires_at=one.deadline,
    )


def _wording(one: Call) -> str:
    """Sum up what a call says, so that nothing else is told than what was agreed to."""
    return digest(sorted(one.texts.items()), one.link)[:12]


async def _sign(unit: Unit, args: Args) -> Signed | None:
    one = await unit.calls.get(int(args[0]))
    if one is None or one.state != "draft" or not one.ready:
        return None
    return Signed(digest(_wording(one), one.deadline), await unit.members.size(unit.members.holding(MEMBERS)))


async def _show_whole(turn: Turn, args: Args) -> Screen:
    one = await turn.unit.calls.get(int(args[0]))
    if one is None:
        return await _onward(turn, int(args[0]))
    wordings = [
        lines(isolate(title), block(text))
        for title, text in (one.texts.get(lang, ("", "")) for lang in LANGUAGES)
    ]
    link = turn._("Application form: {link}", link=one.link) if one.link else ""
    return turn.screen(
        paragraphs(*wordings, lines(deadline_line(turn, one), link)), title=turn.say(KINDS[one.kind].name)
    )


ACTS["call"] = Act(N_("a call to all members"), _sign, _show_whole, _publish, sends=True)


def daytime(now: datetime) -> datetime:
    """Return now, or the next morning where it is night."""
    return around(now)[1] if is_quiet(now) else now


@tap("call-close", who=COORDINATORS)
async def close(turn: Turn, call_id: int) -> Screen:
    """Close a call before its time."""
    await turn.unit.calls.advance(call_id, "open", "closed")
    return await managed(turn, call_id)


# --- what people are told -----------------------------------------------------------------------------------


@notice("call-news")
async def tell_news(turn: Turn, call_id: int, wording: str) -> Screen | None:
    """Tell a member that a call is open, in the words that were published."""
    one = await turn.unit.calls.get(call_id)
    if one is None or one.state != "open" or _wording(one) != wording:
        return None
    return replace(await _card(turn, one, turn.say(KINDS[one.kind].news)), lasting=True)


@notice("call-reminder")
async def remind(turn: Turn, call_id: int) -> Screen | None:
    """Remind somebody who is interested of the deadline."""
    one = await turn.unit.calls.get(call_id)
    if one is None or one.state != "open" or not await turn.unit.calls.takes_part(call_id, turn.member.id):
        return None
    note = (
        turn._("The deadline is near: {until}", until=turn.speech.until(one.deadline - turn.now))
        if one.deadline
        else ""
    )
    return replace(await _card(turn, one, note), lasting=True)  # fmt: skip


@tick("calls", every=timedelta(minutes=10))
async def look_after(tick: Tick) -> None:
    """Remind those who are interested before a deadline, and close what is past it."""
    async with tick.unit() as unit:
        for kind in KINDS:
            for one in await unit.calls.listed(kind, "open", limit=200):
                if one.deadline is not None and one.deadline <= tick.now:
                    await unit.calls.advance(one.id, "open", "closed")
                elif kind == "grant":
                    await _remind(unit, one, tick)


async def _remind(unit: Unit, one: Call, tick: Tick) -> None:
    before = reminder_due(one.deadline, tick.now) if one.deadline else None
    if one.deadline is None or before is None or is_quiet(tick.now, tick.community.zone):
        return
    await unit.outbox.notify(
        "call-reminder",
        unit.calls.people(one.id, until=one.deadline - before),
        subject=f"call:{one.id}",
        occurrence=f"{before.days}:{one.deadline:%Y-%m-%dT%H:%M}",
        at=tick.now,
        args=(one.id,),
        topic="reminders",
        expires_at=one.deadline,
    )
