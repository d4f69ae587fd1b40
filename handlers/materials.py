"""Slides and resources: a coordinator sends them once, everybody registered gets them in their own language.

Who gets what: of one event and one kind, a person gets the versions in their language; where there is none, what
there is. A version in their language that appears later is sent too. Everything stays in the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handlers.announcements import file_fault, size_warning
from handlers.kit import (
    COORDINATORS,
    Attachment,
    Button,
    Reply,
    Screen,
    Template,
    Turn,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
)
from handlers.menu import menu_button
from handlers.onboarding import joining_screen, organisation_name
from handlers.pages import Page, numbered_label, page_buttons, page_of
from handlers.rules.days import days_of
from handlers.rules.drafts import link_in
from handlers.rules.sharing import due_to, gained
from locales import BAGHDAD, LANGUAGES, NP_, clean, search_key, speech
from storage.events import Event
from storage.materials import Material

LIBRARY = ("member", "coordinator", "administrator", "donor")
TOPIC = "materials"
LONGEST_TITLE = 200
MOST_DAY_BUTTONS = 9
KINDS = {
    "slides": NP_("list", "Slides"),
    "tool": NP_("list", "Tool"),
    "recording": NP_("list", "Video recording"),
    "notes": NP_("list", "Notes"),
    "paper": NP_("list", "Paper"),
    "other": NP_("list", "Something else"),
}


# --- sending materials in -----------------------------------------------------------------------------------


@tap("material-new", who=COORDINATORS)
async def new(turn: Turn, event_id: int = 0, page: int = 0) -> Screen:
    """Ask which event it belongs to, unless that is known, then for the file."""
    event = await turn.unit.events.get(event_id) if event_id else None
    if event is not None:
        return _ask_first(turn, event.id)
    shown = await page_of(lambda limit, offset: _recent(turn, limit, offset), page, 5)
    drafts = await turn.unit.materials.drafts(limit=1) if page == 0 else []
    return turn.screen(
        paragraphs(turn._("Which event is it from?"), _listed(turn, shown)),
        title=turn._("Send slides or resources"),
        rows=[
            *(
                [Button(numbered_label(turn, number, one.title(turn.lang)), action("material-new", one.id))]
                for number, one in enumerate(shown.items, shown.first)
            ),
            page_buttons(turn, shown, "material-new", 0),
            *([Button(_draft_label(turn, one), action("material-draft", one.id))] for one in drafts),
            [
                Button(turn.p("button", "No event"), "material-loose"),
                Button(turn.p("button", "Back"), "coordinate"),
            ],
        ],
    )


def _draft_label(turn: Turn, draft: Material) -> str:
    name = draft.title or turn.say(KINDS.get(draft.kind, KINDS["other"]))
    return turn._("Draft: {text}", text=name if len(name) <= 14 else name[:13] + "…")


@tap("material-draft", who=COORDINATORS)
async def take_up(turn: Turn, material_id: int) -> Screen:
    """Go on with a draft that was left."""
    return await _show(turn, material_id)


@tap("material-loose", who=COORDINATORS)
async def loose(turn: Turn) -> Screen:
    """Begin a material that belongs to no event."""
    return _ask_first(turn, 0)


async def _recent(turn: Turn, limit: int, offset: int) -> list[Event]:
    past = await turn.unit.events.past(turn.now, limit=limit + offset)
    coming = await turn.unit.events.upcoming(turn.now, limit=limit + offset)
    return [*past, *coming][offset : offset + limit]


def _listed(turn: Turn, shown: Page[Event]) -> str:
    return lines(
        *(
            turn._("{number}. {name}", number=number, name=one.title(turn.lang))
            for number, one in enumerate(shown.items, shown.first)
        )
    )


def _ask_first(turn: Turn, event_id: int, note: str = "") -> Screen:
    """Ask for the file or link of something new: nothing is kept until there is one."""
    back = Button(turn.p("button", "Back"), "material-new")
    return _ask_content(turn, action("material-first", event_id), back, note)


def _ask_other(turn: Turn, draft: Material, note: str = "") -> Screen:
    discard = Button(turn.p("button", "Discard"), action("material-discard", draft.id))
    return _ask_content(turn, action("material-content", draft.id), discard, note)


def _ask_content(turn: Turn, ask: str, way_out: Button, note: str) -> Screen:
    return turn.screen(
        turn._("Send the file here, or a link to it. Files may have up to 20 MB."),
        title=turn._("Send slides or resources"),
        rows=[[way_out]],
        ask=ask,
        accepts="either",
        note=note,
    )


@answer("material-first", who=COORDINATORS)
async def first_given(turn: Turn, reply: Reply, event_id: int) -> Screen:
    """Begin a draft with a file or link, or say why it can't be taken."""
    if fault := fault_of(turn, reply):
        return _ask_first(turn, event_id, fault)
    event = await turn.unit.events.get(event_id) if event_id else None
    day = _day_now(turn, event) if event else 0
    draft = await turn.unit.materials.draft(turn.now, turn.lang, event.id if event else None, day)
    await _keep_content(turn, draft, reply)
    return (await ask_kind(turn, draft.id)).noting(size_warning(turn, reply.upload))


def _day_now(turn: Turn, event: Event) -> int:
    """Return the day of an event of several that is today, or 0."""
    days = days_of(event)
    today = turn.now.astimezone(BAGHDAD).date()
    found = (day.number for day in days if day.starts_at.astimezone(BAGHDAD).date() == today)
    return next(found, 0) if len(days) > 1 else 0


@tap("material-day", who=COORDINATORS)
async def ask_day(turn: Turn, material_id: int) -> Screen:
    """Ask of which day of its event it is."""
    draft = await _draft(turn, material_id)
    event = await turn.unit.events.get(draft.event_id) if draft and draft.event_id else None
    if draft is None or event is None:
        return await _show(turn, material_id)
    days = [day.number for day in days_of(event)][:MOST_DAY_BUTTONS]
    return turn.screen(
        turn._("Which day is it from?"),
        title=draft.title or turn._("Send slides or resources"),
        rows=[
            *(
                [
                    Button(turn.p("button", "Day {day}", day=day), action("material-on", draft.id, day))
                    for day in days[at : at + 2]
                ]
                for at in range(0, len(days), 2)
            ),
            [Button(turn.p("button", "The whole event"), action("material-on", draft.id, 0))],
        ],
    )


@tap("material-on", who=COORDINATORS)
async def day_given(turn: Turn, material_id: int, day: int) -> Screen:
    """Keep of which day it is."""
    draft = await _draft(turn, material_id)
    event = await turn.unit.events.get(draft.event_id) if draft and draft.event_id else None
    if draft is not None and event is not None and 0 <= day <= len(days_of(event)):
        await turn.unit.materials.change(draft.id, day=day)
    return await _show(turn, material_id)


@answer("material-content", who=COORDINATORS)
async def content_given(turn: Turn, reply: Reply, material_id: int) -> Screen:
    """Keep another file or link, or say why it can't be taken."""
    draft = await _draft(turn, material_id)
    if draft is None:
        return await _show(turn, material_id)
    if fault := fault_of(turn, reply):
        return _ask_other(turn, draft, fault)
    await _keep_content(turn, draft, reply)
    following = await _show(turn, draft.id) if draft.title else await ask_kind(turn, draft.id)
    return following.noting(size_warning(turn, reply.upload))


def fault_of(turn: Turn, reply: Reply) -> str:
    """Say why what was sent can't be taken; empty where it can."""
    if reply.upload is None:
        neither = turn._("That is neither a file nor a link that begins with https://")
        return "" if link_in(reply.text) else neither
    return "" if reply.upload.file_id else file_fault(turn, reply.upload.fault)


async def _keep_content(turn: Turn, draft: Material, reply: Reply) -> None:
    file_id = reply.upload.file_id if reply.upload else None
    await turn.unit.materials.change(draft.id, file_id=file_id, link="" if file_id else link_in(reply.text))


@tap("material-content", who=COORDINATORS)
async def ask_content(turn: Turn, material_id: int) -> Screen:
    """Ask for another file or link."""
    draft = await _draft(turn, material_id)
    return _ask_other(turn, draft) if draft else await _show(turn, material_id)


@tap("material-kind", who=COORDINATORS)
async def ask_kind(turn: Turn, material_id: int) -> Screen:
    """Ask what it is."""
    return turn.screen(
        turn._("What is it?"),
        title=turn._("Send slides or resources"),
        rows=[
            *(
                [Button(turn.say(label), action("material-is", material_id, kind))]
                for kind, label in KINDS.items()
            ),
            [Button(turn.p("button", "Discard"), action("material-discard", material_id))],
        ],
    )


@tap("material-is", who=COORDINATORS)
async def kind_given(turn: Turn, material_id: int, kind: str) -> Screen:
    """Keep what it is and ask for its language."""
    draft = await _draft(turn, material_id)
    if draft is None or kind not in KINDS:
        return await _show(turn, material_id)
    await turn.unit.materials.change(draft.id, kind=kind)
    return await ask_language(turn, draft.id) if not draft.title else await _show(turn, draft.id)


@tap("material-lang", who=COORDINATORS)
async def ask_language(turn: Turn, material_id: int) -> Screen:
    """Ask which language it is in."""
    return turn.screen(
        turn._("Which language is it in?"),
        title=turn._("Send slides or resources"),
        rows=column(
            *(Button(speech(lang).name, action("material-in", material_id, lang)) for lang in LANGUAGES),
            Button(turn.p("button", "Discard"), action("material-discard", material_id)),
        ),
    )


@tap("material-in", who=COORDINATORS)
async def language_given(turn: Turn, material_id: int, lang: str) -> Screen:
    """Keep its language and ask for a title."""
    draft = await _draft(turn, material_id)
    if draft is None or lang not in LANGUAGES:
        return await _show(turn, material_id)
    await turn.unit.materials.change(draft.id, lang=lang)
    return _ask_title(turn, draft) if not draft.title else await _show(turn, draft.id)


@tap("material-title", who=COORDINATORS)
async def ask_title(turn: Turn, material_id: int) -> Screen:
    """Ask for another title."""
    draft = await _draft(turn, material_id)
    return _ask_title(turn, draft) if draft else await _show(turn, material_id)


def _ask_title(turn: Turn, draft: Material, note: str = "") -> Screen:
    return turn.screen(
        turn._("Write a title for it, in its own language."),
        title=turn._("Send slides or resources"),
        rows=column(Button(turn.p("button", "Discard"), action("material-discard", draft.id))),
        ask=action("material-title", draft.id),
        note=note,
    )


@answer("material-title", who=COORDINATORS)
async def title_given(turn: Turn, reply: Reply, material_id: int) -> Screen:
    """Keep the title, and the words by which it will be found."""
    draft = await _draft(turn, material_id)
    if draft is None:
        return await _show(turn, material_id)
    title = clean(reply.text)
    if not 0 < len(title) <= LONGEST_TITLE:
        return _ask_title(
            turn, draft, turn._("A title may have up to {count} characters.", count=LONGEST_TITLE)
        )
    await turn.unit.materials.change(draft.id, title=title)
    return await _show(turn, draft.id)


async def _draft(turn: Turn, material_id: int) -> Material | None:
    found = await turn.unit.materials.get(material_id)
    return found if found is not None and found.state == "draft" else None


async def _show(turn: Turn, material_id: int, note: str = "") -> Screen:
    """Show a draft with all that can be changed, or a published material with what can be done about it."""
    found = await turn.unit.materials.get(material_id)
    if found is None:
        return await library_screen(turn, note=turn._("This is no longer there."))
    event = await turn.unit.events.get(found.event_id) if found.event_id else None
    facts = paragraphs(
        lines(
            turn._("Title: {title}", title=found.title or "–"),
            turn.say(KINDS.get(found.kind, KINDS["other"])),
            turn._("Language: {language}", language=speech(found.lang).name),
            turn._("Link: {link}", link=found.link) if found.link else turn._("File: attached"),
            turn._("From: {title}", title=event.title(turn.lang)) if event else "",
            turn._("Day: {day}", day=found.day) if found.day else "",
        ),
        await _readers_line(turn, found, event),
    )
    several = event is not None and len(days_of(event)) > 1
    ways = _ways(turn, found, several=several)
    return turn.screen(facts, title=turn._("Slides and resources"), rows=ways, note=note)


async def _readers_line(turn: Turn, found: Material, event: Event | None) -> str:
    if found.state == "published":
        return turn._("It is in the library.")
    if found.state == "withdrawn":
        return turn._("It was withdrawn.")
    if event is None:
        return turn._("It goes into the library.")
    seats = await turn.unit.registrations.seats(event.id)
    return turn.n(
        "It goes into the library and to {count} registered person.",
        "It goes into the library and to {count} registered people.",
        seats.confirmed,
    )


def _ways(turn: Turn, found: Material, *, several: bool) -> list[list[Button]]:
    if found.state != "draft":
        withdraw = Button(turn.p("button", "Withdraw"), action("material-withdraw", found.id))
        restore = Button(turn.p("button", "Publish"), action("material-publish", found.id))
        return [
            [withdraw if found.state == "published" else restore],
            [Button(turn.p("button", "Back"), "coordinate")],
        ]
    return [
        [Button(turn.p("button", "Publish"), action("material-publish", found.id))] if found.ready else [],
        [
            Button(turn.p("button", "Title"), action("material-title", found.id)),
            Button(turn.p("button", "Kind"), action("material-kind", found.id)),
        ],
        [
            Button(turn.p("button", "Language"), action("material-lang", found.id)),
            Button(turn.p("button", "File or link"), action("material-content", found.id)),
        ],
        [Button(turn.p("button", "Which day"), action("material-day", found.id))] if several else [],
        [Button(turn.p("button", "Discard"), action("material-discard", found.id))],
    ]


@tap("material-discard", who=COORDINATORS)
async def discard(turn: Turn, material_id: int) -> Screen:
    """Forget a draft."""
    if await turn.unit.materials.remove_draft(material_id):
        return await library_screen(turn, note=turn._("The draft was discarded."))
    return await _show(turn, material_id)


@tap("material-publish", who=COORDINATORS)
async def publish(turn: Turn, material_id: int) -> Screen:
    """Publish it, once: into the library, and to everybody registered for whom it is meant."""
    found = await turn.unit.materials.get(material_id)
    if found is None or not found.ready:
        return await _show(turn, material_id)
    fresh = await turn.unit.materials.advance(found.id, "draft", "published")
    if not fresh and not await turn.unit.materials.advance(found.id, "withdrawn", "published"):
        return await _show(turn, found.id, turn._("It is published."))
    event = await turn.unit.events.get(found.event_id) if found.event_id else None
    await turn.unit.materials.change(found.id, search_key=_key_of(found, event))
    if event is None:
        return await _show(turn, found.id, turn._("It is published."))
    await turn.unit.outbox.again(f"material:{found.id}", "withdrawn", now=turn.now)
    await _send_to_registered(turn, event.id, found)
    return _published(turn, found, event)


def _key_of(found: Material, event: Event | None) -> str:
    """Return the words by which it is found: its title, and its event's in every language."""
    titles = [event.said("title", lang) for lang in LANGUAGES] if event else []
    return search_key(" ".join([found.title, *titles]))


def _published(turn: Turn, found: Material, event: Event) -> Screen:
    return turn.screen(
        turn._("Published, and on its way to those registered. Is there a version in another language?"),
        title=turn._("Slides and resources"),
        rows=column(
            Button(turn.p("button", "Another language"), action("material-new", event.id)),
            Button(turn.p("button", "Withdraw"), action("material-withdraw", found.id)),
            menu_button(turn),
        ),
    )


@tap("material-withdraw", who=COORDINATORS)
async def withdraw(turn: Turn, material_id: int) -> Screen:
    """Take a wrong file out of the library; what has not gone out yet stays here."""
    if await turn.unit.materials.advance(material_id, "published", "withdrawn"):
        await turn.unit.outbox.withdraw(f"material:{material_id}", now=turn.now)
    return await _show(turn, material_id)


# --- giving materials out -----------------------------------------------------------------------------------


async def _send_to_registered(turn: Turn, event_id: int, found: Material) -> None:
    """Queue a new material for all it is meant for: its language's readers, and those who have nothing better."""
    published = await turn.unit.materials.of_event(event_id)
    others = [one for one in published if (one.kind, one.day) == (found.kind, found.day)]
    covered = {one.lang for one in others if one.id != found.id}
    readers = [
        lang for lang in LANGUAGES if lang == found.lang or (lang not in covered and _only(others, found))
    ]
    await turn.unit.outbox.notify(
        "material",
        turn.unit.members.readers(turn.unit.registrations.recipients(event_id, "confirmed"), readers),
        subject=f"material:{found.id}",
        occurrence="1",
        at=turn.now,
        args=(found.id,),
        topic=TOPIC,
    )


def _only(others: Sequence[Material], found: Material) -> bool:
    """Say whether this is the first of its kind: later versions only go to readers of their language."""
    return all(one.id == found.id or one.lang == found.lang for one in others)


async def send_published(turn: Turn, event_id: int) -> None:
    """Queue what was published for an event and this person has not got: after registering."""
    await _send(turn, due_to(await turn.unit.materials.of_event(event_id), turn.lang))


async def language_changed(turn: Turn) -> None:
    """Queue versions in the new language of what this person registered for."""
    for event_id in await turn.unit.materials.events_of(turn.member.id):
        await _send(turn, gained(await turn.unit.materials.of_event(event_id), turn.lang))


async def _send(turn: Turn, materials: Sequence[Material]) -> None:
    """Queue materials for this person, each once, whatever the reason."""
    for found in materials:
        await turn.unit.outbox.notify_one(
            "material",
            turn.member.id,
            subject=f"material:{found.id}",
            occurrence="1",
            at=turn.now,
            args=(found.id,),
            topic=TOPIC,
        )


@notice("material", shared=True)
async def material_notice(turn: Turn, material_id: int) -> Screen | None:
    """Hand a material over, unless it was withdrawn meanwhile."""
    found = await turn.unit.materials.get(material_id)
    if found is None or found.state != "published":
        return None
    event = await turn.unit.events.get(found.event_id) if found.event_id else None
    screen = _handed_over(turn, found, event, lasting=True)
    if event is None:
        return screen
    return replace(screen, template=Template("slides_ready", (event.title(turn.lang),)))


def _handed_over(
    turn: Turn, found: Material, event: Event | None, *more_rows: list[Button], lasting: bool
) -> Screen:
    more = (
        Button(turn.p("button", "More"), action("materials-of", found.event_id)) if found.event_id else None
    )
    return turn.screen(
        lines(
            turn.say(KINDS.get(found.kind, KINDS["other"])),
            turn._("From: {title}", title=event.title(turn.lang)) if event else "",
            turn._("Day: {day}", day=found.day) if found.day else "",
            ""
            if found.lang == turn.lang
            else turn._("Language: {language}", language=speech(found.lang).name),
            found.link,
        ),
        title=found.title,
        rows=[[button for button in (more, menu_button(turn)) if button is not None], *more_rows],
        attachments=[Attachment(found.file_id)] if found.file_id else [],
        lasting=lasting,
        private=True,
    )


# --- the library --------------------------------------------------------------------------------------------


@tap("library")
async def library(turn: Turn, page: int = 0) -> Screen:
    """Browse the library by event; guests are shown how to join."""
    return await library_screen(turn, page) if turn.member.role in LIBRARY else await _for_members(turn)


async def _for_members(turn: Turn) -> Screen:
    return await joining_screen(
        turn, note=turn._("Slides and resources are for members. You are welcome to join.")
    )


async def library_screen(turn: Turn, page: int = 0, note: str = "") -> Screen:
    """Show a page of events that have something in the library."""

    async def slice_of(limit: int, offset: int) -> list[Event]:
        ids = await turn.unit.materials.events_with(limit=limit, offset=offset)
        found = {event.id: event for event in await turn.unit.events.many(ids)}
        return [found[one] for one in ids if one in found]

    shown = await page_of(slice_of, page, 5)
    text = (
        paragraphs(turn._("Choose an event, or search."), _listed(turn, shown))
        if shown.items
        else turn._("Nothing is in the library yet. Slides and tools appear here after events.")
    )
    return turn.screen(
        text,
        title=turn._("Slides and resources"),
        rows=[
            *(
                [Button(numbered_label(turn, number, one.title(turn.lang)), action("materials-of", one.id))]
                for number, one in enumerate(shown.items, shown.first)
            ),
            page_buttons(turn, shown, "library"),
            [
                Button(turn.p("button", "Search"), "library-search"),
                Button(turn.p("button", "Other resources"), "library-loose"),
            ],
            [menu_button(turn)],
        ],
        note=note,
    )


@tap("materials-of")
async def of_event(turn: Turn, event_id: int, page: int = 0) -> Screen:
    """List what an event left behind; guests, who may have been sent some of it, are shown how to join."""
    if turn.member.role not in LIBRARY:
        return await _for_members(turn)
    event = await turn.unit.events.get(event_id)
    if event is None:
        return await library_screen(turn, note=turn._("This event is no longer there."))
    shown = await page_of(
        lambda limit, offset: turn.unit.materials.of_event(event_id, limit=limit, offset=offset), page
    )
    return _materials_screen(
        turn, shown, event.title(turn.lang), page_buttons(turn, shown, "materials-of", event_id)
    )


@tap("library-loose", who=LIBRARY)
async def without_event(turn: Turn, page: int = 0) -> Screen:
    """List what belongs to no event."""
    shown = await page_of(
        lambda limit, offset: turn.unit.materials.without_event(limit=limit, offset=offset), page
    )
    return _materials_screen(
        turn, shown, turn._("Other resources"), page_buttons(turn, shown, "library-loose")
    )


def _materials_screen(turn: Turn, shown: Page[Material], title: str, turning: list[Button]) -> Screen:
    numbered = list(enumerate(shown.items, shown.first))
    return turn.screen(
        paragraphs(*(_item(turn, number, found) for number, found in numbered))
        if numbered
        else turn._("Nothing is here yet."),
        title=title,
        rows=[
            *(
                [Button(numbered_label(turn, number, found.title), action("material", found.id))]
                for number, found in numbered
            ),
            turning,
            [Button(turn.p("button", "Library"), "library"), menu_button(turn)],
        ],
    )


def _item(turn: Turn, number: int, found: Material) -> str:
    kind = turn.say(KINDS.get(found.kind, KINDS["other"]))
    return lines(
        turn._("{number}. {name}", number=number, name=found.title),
        turn._("{kind}, in {language}", kind=kind, language=speech(found.lang).name),
        turn._("Day: {day}", day=found.day) if found.day else "",
    )


@tap("material", who=LIBRARY)
async def one(turn: Turn, material_id: int) -> Screen:
    """Hand over one material from the library, with the organisation that made it."""
    found = await turn.unit.materials.get(material_id)
    if found is None or found.state != "published":
        return await library_screen(turn, note=turn._("This is no longer there."))
    event = await turn.unit.events.get(found.event_id) if found.event_id else None
    withdraw = Button(turn.p("button", "Withdraw"), action("material-withdraw", found.id))
    screen = _handed_over(
        turn, found, event, *([[withdraw]] if turn.member.role in COORDINATORS else []), lasting=False
    )
    maker = await organisation_name(turn, found.organisation_id)
    made = turn._("Made by: {organisation}", organisation=maker) if maker else ""
    return replace(screen, text=lines(screen.text, made))


@tap("library-search", who=LIBRARY)
async def ask_search(turn: Turn) -> Screen:
    """Ask what to look for."""
    return turn.screen(
        turn._("What are you looking for? Write a word or two of a title, in any of the three languages."),
        title=turn._("Search"),
        rows=column(Button(turn.p("button", "Library"), "library")),
        ask="library-search",
    )


@answer("library-search", who=LIBRARY)
async def search(turn: Turn, reply: Reply) -> Screen:
    """Show what was found, whatever the spelling."""
    wanted = search_key(reply.text).split()[:6]
    found = await turn.unit.materials.search(wanted, limit=6) if wanted else []
    if not found:
        note = turn._("Nothing was found for: {text}", text=reply.text[:60])
        return (await ask_search(turn)).noting(note)
    return _materials_screen(turn, Page(found, 0, False), turn._("What was found"), [])
