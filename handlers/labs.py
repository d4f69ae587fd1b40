"""Collaboration labs: working documents for their members alone, one paper for every reader's language."""

from __future__ import annotations

from datetime import datetime

from handlers.calls import DESK_WAYS, OWN_WAYS, again, daytime
from handlers.kit import (
    COORDINATORS,
    MEMBERS,
    Attachment,
    Button,
    Outdated,
    Reply,
    Screen,
    Turn,
    action,
    answer,
    column,
    lines,
    notice,
    paragraphs,
    tap,
)
from handlers.materials import fault_of
from handlers.menu import menu_button
from handlers.onboarding import organisation_name
from handlers.rules.approving import Signed, digest
from handlers.rules.drafts import link_in
from handlers.rules.sharing import FALLBACK
from handlers.second import ACTS, Act, Args, second_person
from locales import LANGUAGES, N_, search_key, speech
from storage.calls import Call, Paper
from storage.outbox import BROADCAST
from storage.unit import Unit

NAMED = 8


async def _inside(turn: Turn, one: Call) -> bool:
    """Say whether somebody may see a lab's working documents."""
    return turn.member.role in COORDINATORS or await turn.unit.calls.takes_part(one.id, turn.member.id)


async def own_ways(turn: Turn, one: Call) -> list[list[Button]]:
    """Return what a member can do in a lab."""
    documents = Button(turn.p("button", "Working documents"), action("lab-papers", one.id))
    read = Button(turn.p("button", "Read the paper"), action("paper-read", one.id, turn.lang))
    return [
        [documents] if await _inside(turn, one) else [],
        [read] if one.paper_sent_at is not None else [],
    ]


async def desk_ways(turn: Turn, one: Call) -> list[list[Button]]:
    """Return what coordinators can do in a lab."""
    return [
        [Button(turn.p("button", "Working documents"), action("lab-papers", one.id))],
        [Button(turn.p("button", "Final paper"), action("lab-final", one.id))],
    ]


OWN_WAYS["lab"] = own_ways
DESK_WAYS["lab"] = desk_ways


async def _lab(turn: Turn, call_id: int) -> Call:
    """Return a lab, held, to those who may work in it; raises Outdated to everybody else."""
    one = await turn.unit.calls.hold(call_id)
    if one is None or one.kind != "lab" or one.state == "draft" or not await _inside(turn, one):
        raise Outdated("lab")
    return one


# --- working documents --------------------------------------------------------------------------------------


@tap("lab-papers", who=MEMBERS)
async def documents(turn: Turn, call_id: int) -> Screen:
    """Show the newest draft in each language to the lab's members."""
    return await _documents(turn, await _lab(turn, call_id))


async def _documents(turn: Turn, one: Call, note: str = "") -> Screen:
    drafts = await turn.unit.calls.papers(one.id, "draft")
    return turn.screen(
        turn._("Only the members of this lab see these documents.")
        if drafts
        else turn._("There is no draft yet. Send the first one."),
        title=one.title(turn.lang),
        rows=[
            *([Button(_version(turn, draft), action("paper", draft.id))] for draft in drafts),
            [Button(turn.p("button", "Send a new version"), action("lab-add", one.id, "draft"))],
            [Button(turn.p("button", "Back"), action("call", one.id)), menu_button(turn)],
        ],
        note=note,
        private=True,
    )


def _version(turn: Turn, one: Paper) -> str:
    return turn._("{language}, version {number}", language=speech(one.lang).name, number=one.version)


@tap("paper", who=MEMBERS)
async def hand_over(turn: Turn, paper_id: int) -> Screen:
    """Hand a document over to those who may see it."""
    one = await turn.unit.calls.paper(paper_id)
    if one is None:
        raise Outdated("paper")
    lab = await _lab(turn, one.call_id)
    back = action("lab-papers", lab.id) if one.stage == "draft" else action("lab-final", lab.id)
    return turn.screen(
        lines(_version(turn, one), one.link),
        title=lab.title(turn.lang),
        rows=column(Button(turn.p("button", "Back"), back), menu_button(turn)),
        attachments=[Attachment(one.file_id)] if one.file_id else [],
        private=True,
    )


@tap("lab-add", who=MEMBERS)
async def ask_language(turn: Turn, call_id: int, stage: str) -> Screen:
    """Ask in which language a document is."""
    one = await _lab(turn, call_id)
    _check(turn, stage)
    back = action("lab-papers", one.id) if stage == "draft" else action("lab-final", one.id)
    return turn.screen(
        turn._("Which language is it in?"),
        title=one.title(turn.lang),
        rows=column(
            *(Button(speech(lang).name, action("lab-add-in", one.id, stage, lang)) for lang in LANGUAGES),
            Button(turn.p("button", "Cancel"), back),
        ),
    )


def _check(turn: Turn, stage: str) -> None:
    """Raise Outdated for a stage that this person may not add to."""
    if stage != "draft" and (stage != "final" or turn.member.role not in COORDINATORS):
        raise Outdated(stage)


@tap("lab-add-in", who=MEMBERS)
async def ask_document(turn: Turn, call_id: int, stage: str, lang: str) -> Screen:
    """Ask for a document."""
    return _ask_document(turn, await _lab(turn, call_id), stage, lang)


def _ask_document(turn: Turn, one: Call, stage: str, lang: str, note: str = "") -> Screen:
    _check(turn, stage)
    if lang not in LANGUAGES:
        raise Outdated(lang)
    back = action("lab-papers", one.id) if stage == "draft" else action("lab-final", one.id)
    return turn.screen(
        turn._("Send the file here, or a link to it. Files may have up to 20 MB."),
        title=one.title(turn.lang),
        rows=column(Button(turn.p("button", "Cancel"), back)),
        ask=action("lab-add-in", one.id, stage, lang),
        accepts="either",
        note=note,
    )


@answer("lab-add-in", who=MEMBERS)
async def document_given(turn: Turn, reply: Reply, call_id: int, stage: str, lang: str) -> Screen:
    """Keep a new version; the lab's members are told of a draft. What comes after the sending is in the library."""
    one = await _lab(turn, call_id)
    if fault := fault_of(turn, reply):
        return _ask_document(turn, one, stage, lang, fault)
    _check(turn, stage)
    if lang not in LANGUAGES:
        raise Outdated(lang)
    file_id = reply.upload.file_id if reply.upload else None
    link = "" if file_id else link_in(reply.text)
    kept = await turn.unit.calls.add_paper(
        one.id, stage, lang, turn.member.id, turn.now, file_id=file_id, link=link
    )
    if stage == "draft":
        await _tell_members(turn, one, kept)
        return await _documents(turn, one, turn._("Kept. The lab's members are told."))
    if one.paper_sent_at is not None:
        await _into_library(turn.unit, one, kept, turn.now)
    return await _final(turn, one, turn._("It is kept."))


async def _tell_members(turn: Turn, one: Call, kept: Paper) -> None:
    await turn.unit.outbox.notify(
        "lab-draft",
        turn.unit.calls.people(one.id, besides=turn.member.id),
        subject=f"call:{one.id}",
        occurrence=f"paper:{kept.id}",
        at=turn.now,
        args=(kept.id,),
        topic="materials",
    )


@notice("lab-draft")
async def tell_draft(turn: Turn, paper_id: int) -> Screen | None:
    """Tell a lab's member of a new version, unless there is a newer one or they have left the lab."""
    one = await turn.unit.calls.paper(paper_id)
    lab = await turn.unit.calls.get(one.call_id) if one else None
    if one is None or lab is None or not await turn.unit.calls.takes_part(lab.id, turn.member.id):
        return None
    if all(newest.id != one.id for newest in await turn.unit.calls.papers(lab.id, "draft")):
        return None
    return turn.screen(
        paragraphs(turn._("There is a new version of the draft."), _version(turn, one)),
        title=lab.title(turn.lang),
        rows=column(
            Button(turn.p("button", "Show"), action("paper", one.id)),
            Button(turn.p("button", "Working documents"), action("lab-papers", lab.id)),
        ),
        lasting=True,
        private=True,
    )


# --- the final paper ----------------------------------------------------------------------------------------


@tap("lab-final", who=COORDINATORS)
async def final(turn: Turn, call_id: int) -> Screen:
    """Show coordinators the final paper: in which languages it is there, and who has opened it."""
    return await _final(turn, await _lab(turn, call_id))


async def _final(turn: Turn, one: Call, note: str = "") -> Screen:
    finals = await turn.unit.calls.papers(one.id, "final")
    missing = [speech(lang).name for lang in LANGUAGES if all(paper.lang != lang for paper in finals)]
    return turn.screen(
        paragraphs(
            turn._("Not yet there in: {list}", list=turn.speech.list(missing)) if missing else "",
            await _opened(turn, one)
            if one.paper_sent_at
            else turn._("When you send it, each member is offered it in their language."),
        ),
        title=turn._("Final paper"),
        rows=[
            *([Button(_version(turn, paper), action("paper", paper.id))] for paper in finals),
            [Button(turn.p("button", "Add a language"), action("lab-add", one.id, "final"))],
            [Button(turn.p("button", "Send to everybody"), action("lab-send", one.id))]
            if finals and one.paper_sent_at is None
            else [],
            [Button(turn.p("button", "Back"), action("call-manage", one.id)), menu_button(turn)],
        ],
        note=note,
    )


async def _opened(turn: Turn, one: Call) -> str:
    counts = await turn.unit.calls.readers(one.id)
    places = await turn.unit.calls.reading_organisations(one.id)
    names = [await organisation_name(turn, place) for place in places[:NAMED]]
    total = sum(counts.values())
    return lines(
        turn.n("{count} person has opened it.", "{count} people have opened it.", total),
        *(
            turn._("{language}: {count}", language=speech(lang).name, count=counts[lang])
            for lang in LANGUAGES
            if lang in counts
        ),
        turn.n("From {count} organisation:", "From {count} organisations:", len(places)) if places else "",
        turn.speech.list(names) if names else "",
    )


@tap("lab-send", who=COORDINATORS, patient=True)
async def send(turn: Turn, call_id: int) -> Screen:
    """Offer the final paper to every member, once, and put it into the library; a second person may have to agree."""
    one = await _lab(turn, call_id)
    if asked := await second_person(turn, "paper", one.id):
        return asked
    await _send(turn.unit, (one.id,), turn.member.id, turn.now)
    return await _final(turn, await _lab(turn, call_id))


async def _send(unit: Unit, args: Args, asker_id: int, now: datetime) -> None:
    one = await unit.calls.hold(int(args[0]))
    finals = await unit.calls.papers(int(args[0]), "final")
    if one is None or not finals or not await unit.calls.send_paper(one.id, now):
        return
    await unit.audit.append("sent", f"call:{one.id}", actor_id=asker_id, at=now)
    for paper in finals:
        await _into_library(unit, one, paper, now)
    await unit.outbox.notify(
        "paper-out",
        unit.members.holding(MEMBERS),
        subject=f"call:{one.id}",
        occurrence="final",
        at=now,
        args=(one.id,),
        lane=BROADCAST,
        topic="materials",
        not_before=daytime(now),
    )


async def _sign(unit: Unit, args: Args) -> Signed | None:
    one = await unit.calls.get(int(args[0]))
    finals = await unit.calls.papers(int(args[0]), "final")
    if one is None or not finals or one.paper_sent_at is not None:
        return None
    signed = digest([(paper.id, paper.file_id, paper.link) for paper in finals])
    return Signed(signed, await unit.members.size(unit.members.holding(MEMBERS)))


async def _show_finals(turn: Turn, args: Args) -> Screen:
    one = await turn.unit.calls.get(int(args[0]))
    if one is None:
        raise Outdated("lab")
    finals = await turn.unit.calls.papers(one.id, "final")
    return turn.screen(
        lines(*(lines(_version(turn, paper), paper.link) for paper in finals)),
        title=one.title(turn.lang),
        attachments=[Attachment(paper.file_id) for paper in finals if paper.file_id],
        private=True,
    )


ACTS["paper"] = Act(N_("a paper for all members"), _sign, _show_finals, _send, sends=True)


async def _into_library(unit: Unit, one: Call, paper: Paper, now: datetime) -> None:
    title = one.title(paper.lang)
    words = search_key(" ".join(one.title(lang) for lang in LANGUAGES))
    kept = await unit.materials.draft(now, paper.lang)
    await unit.materials.change(
        kept.id, kind="paper", title=title, search_key=words, file_id=paper.file_id, link=paper.link, state="published"
    )  # fmt: skip


@notice("paper-out")
async def tell_paper(turn: Turn, call_id: int) -> Screen | None:
    """Offer the final paper to a member."""
    one = await turn.unit.calls.get(call_id)
    if one is None or one.paper_sent_at is None:
        return None
    return turn.screen(
        turn._(
            "Organisations of this community have written a paper together. Here it is, in your language."
        ),
        title=one.title(turn.lang),
        rows=column(Button(turn.p("button", "Read the paper"), action("paper-read", one.id, turn.lang))),
        lasting=True,
    )


@tap("paper-read", who=MEMBERS)
async def read(turn: Turn, call_id: int, lang: str) -> Screen:
    """Hand over the final paper in a language, or the nearest; the others are a tap away."""
    one = await turn.unit.calls.get(call_id)
    finals = {paper.lang: paper for paper in await turn.unit.calls.papers(call_id, "final")}
    if one is None or one.paper_sent_at is None or not finals:
        return await again(turn, call_id)
    found = next(finals[code] for code in (lang, *FALLBACK) if code in finals)
    await turn.unit.calls.opened(one.id, turn.member.id, found.lang)
    others = [
        Button(speech(code).name, action("paper-read", one.id, code))
        for code in LANGUAGES
        if code in finals and code != found.lang
    ]
    return turn.screen(
        lines(
            turn._("Language: {language}", language=speech(found.lang).name) if found.lang != lang else "",
            found.link,
        ),
        title=one.title(found.lang),
        rows=[others, [menu_button(turn)]],
        attachments=[Attachment(found.file_id)] if found.file_id else [],
        lasting=True,
    )
