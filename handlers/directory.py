"""Organisations: the page that each one's focal point keeps, the directory that members search, and vouching.

The directory shows only pages that were agreed to, to members only, a few at a time and so many a day.
"""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit import (
    COORDINATORS,
    MEMBERS,
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
from handlers.menu import menu_button
from handlers.onboarding import organisation_name
from handlers.organisations import choose_organisation, shorten
from handlers.pages import Page, page_buttons, page_in
from handlers.people import decide_request
from handlers.relay import DAY, pass_on
from handlers.relay import refused as words_refused
from handlers.rules.directory import GOVERNORATES, MOST_A_DAY, THEMES, Listed, found, matching
from locales import LANGUAGES, N_, NP_, Message, block, clean, speech
from storage.organisations import Organisation
from storage.profiles import Profile

A_PAGE = 6
CHOICES = 8
LONGEST_LINE = 200
ASKS_A_DAY = 5

PARTS: dict[str, tuple[Message, dict[str, Message]]] = {
    "themes": (NP_("button", "Themes"), THEMES),
    "places": (NP_("button", "Governorates"), GOVERNORATES),
    "langs": (
        NP_("button", "Languages"),
        {"ar": NP_("button", "Arabic"), "ku": NP_("button", "Kurdish"), "en": NP_("button", "English")},
    ),
}
SWITCHES: dict[str, Message] = {
    "listed": NP_("button", "In the directory"),
    "asks": NP_("button", "Takes questions"),
    "shows_focal": NP_("button", "Shows my name"),
}
KINDS: dict[str, Message] = {
    "prime": N_("Prime member"),
    "subgrantee": N_("Sub-grantee"),
    "organiser": N_("Organiser"),
    "donor": N_("Donor"),
}


# --- searching ----------------------------------------------------------------------------------------------


@tap("directory", who=MEMBERS)
async def home(turn: Turn) -> Screen:
    """Offer the ways to search, and one's own page."""
    belongs = turn.member.organisation_id is not None
    return turn.screen(
        turn._("Who works on what, and where? Choose a way to search."),
        title=turn._("Organisations"),
        rows=column(
            Button(turn.p("button", "By theme"), action("directory-by", "themes", 0)),
            Button(turn.p("button", "By governorate"), action("directory-by", "places", 0)),
            Button(turn.p("button", "Search"), "directory-search"),
            Button(turn.p("button", "Our own page"), action("profile", turn.member.organisation_id or 0))
            if belongs
            else None,
            Button(turn.p("button", "Back"), "community"),
            menu_button(turn),
        ),
    )


@tap("directory-by", who=MEMBERS)
async def choose(turn: Turn, part: str, page: int) -> Screen:
    """Offer what pages say they work on, or where."""
    if part not in ("themes", "places"):
        raise Outdated(part)
    listed = await _listed(turn)
    used = {code for _, profile in listed for code in profile.chosen(part)}
    codes = [code for code in PARTS[part][1] if code in used]
    shown = page_in(codes, page, CHOICES)
    return turn.screen(
        turn._("Choose one.") if codes else turn._("No organisation has a page in the directory yet."),
        title=turn._("Organisations"),
        rows=[
            *_pairs([_code_button(turn, part, code) for code in shown.items]),
            page_buttons(turn, shown, "directory-by", part),
            [Button(turn.p("button", "Back"), "directory")],
        ],
    )


def _code_button(turn: Turn, part: str, code: str) -> Button:
    return Button(turn.say(PARTS[part][1][code]), action("directory-in", part, code, 0))


def _pairs(buttons: Sequence[Button]) -> list[list[Button]]:
    return [list(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]


@tap("directory-in", who=MEMBERS)
async def within(turn: Turn, part: str, code: str, page: int) -> Screen:
    """List who works on a theme or in a governorate."""
    if part not in ("themes", "places") or code not in PARTS[part][1]:
        raise Outdated(part)
    if not await _may_look(turn):
        return _enough(turn)
    shown = page_in(matching(await _listed(turn), part, code), page)
    turning = page_buttons(turn, shown, "directory-in", part, code)
    return _results(turn, shown, turning, turn.say(PARTS[part][1][code]))


@tap("directory-search", who=MEMBERS)
async def ask_search(turn: Turn) -> Screen:
    """Ask what to look for."""
    return _ask_search(turn)


def _ask_search(turn: Turn, note: str = "") -> Screen:
    return turn.screen(
        turn._("Write a part of the name, or a word about the work, in any of the three languages."),
        title=turn._("Search"),
        rows=column(Button(turn.p("button", "Back"), "directory")),
        ask="directory-search",
        note=note,
    )


@answer("directory-search", who=MEMBERS)
async def search(turn: Turn, reply: Reply) -> Screen:
    """Show a few that fit."""
    if not await _may_look(turn):
        return _enough(turn)
    fitting = found(await _listed(turn), reply.text[:100])
    if not fitting:
        return _ask_search(turn, turn._("Nothing was found for: {text}", text=reply.text[:60]))
    return _results(turn, Page(fitting[:A_PAGE], 0, False, A_PAGE), [], turn._("What was found"))


def _results(turn: Turn, shown: Page[Listed], turning: list[Button], title: str) -> Screen:
    return turn.screen(
        turn._("Which organisation would you like to see?")
        if shown.items
        else turn._("Nothing is here yet."),
        title=title,
        rows=[
            *(
                [Button(shorten(one.name(turn.lang)), action("organisation", one.id))]
                for one, _ in shown.items
            ),
            turning,
            [Button(turn.p("button", "Back"), "directory")],
        ],
        private=True,
    )


async def _listed(turn: Turn) -> list[Listed]:
    """List the organisations that agreed to be shown, by name."""
    pages = {profile.organisation_id: profile for profile in await turn.unit.profiles.listed()}
    return [
        (one, pages[one.id]) for one in await turn.unit.organisations.listed(turn.lang) if one.id in pages
    ]


async def _may_look(turn: Turn) -> bool:
    day = turn.now.astimezone(turn.community.zone).date()
    return await turn.unit.profiles.viewed(turn.member.id, day, MOST_A_DAY)


def _enough(turn: Turn) -> Screen:
    return turn.screen(
        turn._(
            "You have looked at many organisations today. So that nobody copies the list, please go on tomorrow."
        ),
        title=turn._("Organisations"),
        rows=column(menu_button(turn)),
    )


# --- one organisation ---------------------------------------------------------------------------------------


@tap("organisation", who=MEMBERS)
async def show(turn: Turn, organisation_id: int) -> Screen:
    """Show a page that was agreed to."""
    one, profile = await _one(turn, organisation_id)
    if one is None or not profile.listed:
        return (await home(turn)).noting(turn._("This organisation has no page in the directory."))
    if not await _may_look(turn):
        return _enough(turn)
    return await _public(turn, one, profile)


async def _one(turn: Turn, organisation_id: int) -> tuple[Organisation | None, Profile]:
    found_one = await turn.unit.organisations.get(organisation_id)
    active = found_one if found_one is not None and found_one.active else None
    return active, await turn.unit.profiles.get(organisation_id)


async def _public(turn: Turn, one: Organisation, profile: Profile, note: str = "") -> Screen:
    asks = profile.asks and profile.focal_id not in (None, turn.member.id)
    return turn.screen(
        await _about(turn, one, profile),
        title=one.name(turn.lang),
        rows=column(
            Button(turn.p("button", "Ask them"), action("organisation-ask", one.id)) if asks else None,
            Button(turn.p("button", "Organisations"), "directory"),
            menu_button(turn),
        ),
        private=True,
        note=note,
    )


async def _about(turn: Turn, one: Organisation, profile: Profile) -> str:
    focal = (
        await turn.unit.members.get(profile.focal_id) if profile.shows_focal and profile.focal_id else None
    )
    return paragraphs(
        block(profile.line(turn.lang)),
        lines(
            turn.say(KINDS[one.kind]),
            *(_chosen_line(turn, profile, part) for part in PARTS),
            turn._("Contact: {name}", name=focal.name) if focal else "",
        ),
    )


def _chosen_line(turn: Turn, profile: Profile, part: str) -> str:
    label, choices = PARTS[part]
    codes = [code for code in choices if code in profile.chosen(part)]
    if not codes:
        return ""
    return turn._(
        "{what}: {list}",
        what=turn.say(label),
        list=turn.speech.list(turn.say(choices[code]) for code in codes),
    )


@tap("organisation-ask", who=MEMBERS)
async def ask_them(turn: Turn, organisation_id: int) -> Screen:
    """Ask for a message to an organisation's focal point."""
    one, profile = await _one(turn, organisation_id)
    return _ask_them(turn, one) if one and _takes(turn, profile) else await show(turn, organisation_id)


def _takes(turn: Turn, profile: Profile) -> bool:
    return profile.listed and profile.asks and profile.focal_id not in (None, turn.member.id)


def _ask_them(turn: Turn, one: Organisation, note: str = "") -> Screen:
    return turn.screen(
        paragraphs(
            turn._("Write your message to: {organisation}", organisation=one.name(turn.lang)),
            turn._("They see your name and your organisation, never your number. The answer comes here."),
        ),
        title=turn._("Ask them"),
        rows=column(Button(turn.p("button", "Cancel"), action("organisation", one.id))),
        ask=action("organisation-ask", one.id),
        note=note,
    )


@answer("organisation-ask", who=MEMBERS)
async def asked(turn: Turn, reply: Reply, organisation_id: int) -> Screen:
    """Pass a message on to whoever speaks for the organisation."""
    one, profile = await _one(turn, organisation_id)
    if one is None or not _takes(turn, profile) or profile.focal_id is None:
        return await show(turn, organisation_id)
    if note := await words_refused(turn, reply.text):
        return _ask_them(turn, one, note)
    store = turn.unit.relays
    if await store.begun_since(turn.member.id, turn.now - DAY) >= ASKS_A_DAY and not await store.about(
        "organisation", one.id, turn.member.id
    ):
        return _ask_them(turn, one, turn._("You wrote to several organisations today. Please try tomorrow."))
    if not await store.reached(turn.member.id, [profile.focal_id]):
        return await _public(turn, one, profile, turn._("This organisation does not take questions now."))
    relay = await store.open(
        "organisation", one.id, [turn.member.id, profile.focal_id], turn.now, turn.member.id
    )
    return await pass_on(turn, relay, reply.text)


# --- the page that its focal point keeps --------------------------------------------------------------------


@tap("profile", who=MEMBERS)
async def profile_page(turn: Turn, organisation_id: int) -> Screen:
    """Show an organisation's own page to its people; its focal point and coordinators can change it."""
    return await _profile_screen(turn, organisation_id)


async def _profile_screen(turn: Turn, organisation_id: int, note: str = "") -> Screen:
    one, profile = await _one(turn, organisation_id)
    if one is None or not (_keeps(turn, profile) or turn.member.organisation_id == one.id):
        raise Outdated("profile")
    return turn.screen(
        paragraphs(
            await _about(turn, one, profile),
            await _standing(turn, profile),
            turn._("Only members see a page, and only what stands here.") if _keeps(turn, profile) else "",
        ),
        title=one.name(turn.lang),
        rows=[*(await _keeping(turn, one, profile)), [_way_back(turn), menu_button(turn)]],
        note=note,
        private=True,
    )


def _keeps(turn: Turn, profile: Profile) -> bool:
    """Say whether somebody may change a page: whoever speaks for it, and coordinators."""
    return turn.member.role in COORDINATORS or profile.focal_id == turn.member.id


def _way_back(turn: Turn) -> Button:
    if turn.member.role in COORDINATORS:
        return Button(turn.p("button", "Back"), action("pick", "profile", 0))
    return Button(turn.p("button", "Organisations"), "directory")


async def _standing(turn: Turn, profile: Profile) -> str:
    focal = await turn.unit.members.get(profile.focal_id) if profile.focal_id else None
    named = focal is not None and (_keeps(turn, profile) or profile.shows_focal)
    return lines(
        turn._("Focal point: {name}", name=focal.name) if focal and named else "",
        "" if focal else turn._("It has no focal point yet. Coordinators can name one."),
        turn._("It is in the directory.") if profile.listed else turn._("It is not in the directory."),
        turn._("It takes questions.") if profile.asks else "",
    )


async def _keeping(turn: Turn, one: Organisation, profile: Profile) -> list[list[Button]]:
    if not _keeps(turn, profile):
        return []
    focal = Button(turn.p("button", "Focal point"), action("focal", one.id, 0))
    mine = profile.focal_id == turn.member.id
    return [
        [Button(turn.say(PARTS[part][0]), action("profile-part", one.id, part, 0)) for part in ("themes", "places")],
        [
            Button(turn.say(PARTS["langs"][0]), action("profile-part", one.id, "langs", 0)),
            Button(turn.p("button", "Public line"), action("profile-lines", one.id)),
        ],
        [Button(turn.p("button", "What is shown"), action("profile-switches", one.id))],
        [focal] if turn.member.role in COORDINATORS else [],
        [Button(turn.p("button", "Requests to join"), action("vouching", one.id))] if mine else [],
    ]  # fmt: skip


async def _kept_by_me(turn: Turn, organisation_id: int) -> tuple[Organisation, Profile]:
    """Return a page to somebody who may change it; raises Outdated to everybody else."""
    one, profile = await _one(turn, organisation_id)
    if one is None or not _keeps(turn, profile):
        raise Outdated("profile")
    return one, profile


@tap("profile-part", who=MEMBERS)
async def part_screen(turn: Turn, organisation_id: int, part: str, page: int) -> Screen:
    """Offer what can be chosen of one part, with what is chosen."""
    one, profile = await _kept_by_me(turn, organisation_id)
    if part not in PARTS:
        raise Outdated(part)
    return _part_screen(turn, one, profile, part, page)


def _part_screen(turn: Turn, one: Organisation, profile: Profile, part: str, page: int) -> Screen:
    label, choices = PARTS[part]
    shown = page_in(list(choices), page, 6)
    buttons = [
        _switch(turn, choices[code], code in profile.chosen(part), "profile-set", one.id, part, code, page)
        for code in shown.items
    ]
    return turn.screen(
        turn._("Tap what fits your organisation. Tap again to take it away."),
        title=turn.say(label),
        rows=[
            *_pairs(buttons),
            page_buttons(turn, shown, "profile-part", one.id, part),
            [Button(turn.p("button", "Back"), action("profile", one.id))],
        ],
    )


def _switch(turn: Turn, label: Message, on: bool, name: str, *args: int | str) -> Button:
    return Button(f"{'✅' if on else '▫️'} {turn.say(label)}", action(name, *args, "off" if on else "on"))


@tap("profile-set", who=MEMBERS)
async def set_part(turn: Turn, organisation_id: int, part: str, code: str, page: int, state: str) -> Screen:
    """Choose one thing, or take it away."""
    one, profile = await _kept_by_me(turn, organisation_id)
    if part not in PARTS or code not in PARTS[part][1] or state not in ("on", "off"):
        raise Outdated(part)
    chosen = set(profile.chosen(part)) - {code} | ({code} if state == "on" else set())
    changed: dict[str, tuple[str, ...]] = {part: tuple(sorted(chosen))}
    await turn.unit.profiles.change(one.id, **changed)
    return _part_screen(turn, one, await turn.unit.profiles.get(one.id), part, page)


@tap("profile-switches", who=MEMBERS)
async def switches(turn: Turn, organisation_id: int) -> Screen:
    """Offer what is shown of an organisation."""
    return _switches(turn, *(await _kept_by_me(turn, organisation_id)))


def _switches(turn: Turn, one: Organisation, profile: Profile) -> Screen:
    mine = profile.focal_id == turn.member.id
    offered = [name for name in SWITCHES if mine or name != "shows_focal"]
    return turn.screen(
        paragraphs(
            turn._("Members find your organisation only if it is in the directory."),
            turn._("Questions reach the focal point here in the chat, and no number is shown."),
        ),
        title=turn._("What is shown"),
        rows=column(
            *(
                _switch(turn, SWITCHES[name], getattr(profile, name), "profile-switch", one.id, name)
                for name in offered
            ),
            Button(turn.p("button", "Back"), action("profile", one.id)),
        ),
    )  # fmt: skip


@tap("profile-switch", who=MEMBERS)
async def switch(turn: Turn, organisation_id: int, name: str, state: str) -> Screen:
    """Agree to being shown, or take it back; only the focal point agrees to their own name."""
    one, profile = await _kept_by_me(turn, organisation_id)
    if name not in SWITCHES or (name == "shows_focal" and profile.focal_id != turn.member.id):
        raise Outdated(name)
    fields: dict[str, bool] = {name: state == "on"}
    await turn.unit.profiles.change(one.id, **fields)
    return _switches(turn, one, await turn.unit.profiles.get(one.id))


@tap("profile-lines", who=MEMBERS)
async def line_languages(turn: Turn, organisation_id: int) -> Screen:
    """Ask in which language the public line shall be written."""
    one, profile = await _kept_by_me(turn, organisation_id)
    return turn.screen(
        paragraphs(
            turn._("One or two sentences about your work, in each language. Which one would you like to write?"),
            *(block(text) for text in profile.lines.values()),
        ),
        title=turn._("Public line"),
        rows=column(
            *(
                Button(f"{'✅' if profile.lines.get(lang) else '▫️'} {speech(lang).name}",
                       action("profile-line", one.id, lang))
                for lang in LANGUAGES
            ),
            Button(turn.p("button", "Back"), action("profile", one.id)),
        ),
    )  # fmt: skip


@tap("profile-line", who=MEMBERS)
async def ask_line(turn: Turn, organisation_id: int, lang: str) -> Screen:
    """Ask for the public line in one language."""
    one, _ = await _kept_by_me(turn, organisation_id)
    if lang not in LANGUAGES:
        raise Outdated(lang)
    return _ask_line(turn, one, lang)


def _ask_line(turn: Turn, one: Organisation, lang: str, note: str = "") -> Screen:
    return turn.screen(
        turn._("Write the public line in: {language}", language=speech(lang).name),
        title=turn._("Public line"),
        rows=column(Button(turn.p("button", "Cancel"), action("profile-lines", one.id))),
        ask=action("profile-line", one.id, lang),
        note=note,
    )


@answer("profile-line", who=MEMBERS)
async def line_given(turn: Turn, reply: Reply, organisation_id: int, lang: str) -> Screen:
    """Keep the public line in one language."""
    one, _ = await _kept_by_me(turn, organisation_id)
    if lang not in LANGUAGES:
        raise Outdated(lang)
    text = clean(reply.text)
    if not 0 < len(text) <= LONGEST_LINE:
        note = turn._("Please write something, but no more than {count} characters.", count=LONGEST_LINE)
        return _ask_line(turn, one, lang, note)
    await turn.unit.profiles.put_line(one.id, lang, text)
    return await _profile_screen(turn, one.id, turn._("Kept."))


# --- who speaks for it --------------------------------------------------------------------------------------


@tap("profile-org", who=COORDINATORS)
async def chosen(turn: Turn, organisation_id: int) -> Screen:
    """Show a coordinator the page of an organisation chosen from the list."""
    if await turn.unit.organisations.get(organisation_id) is None:
        return await choose_organisation(turn, "profile")
    return await _profile_screen(turn, organisation_id)


@tap("focal", who=COORDINATORS)
async def focal(turn: Turn, organisation_id: int, page: int) -> Screen:
    """Ask who shall speak for an organisation."""
    one, profile = await _kept_by_me(turn, organisation_id)
    shown = page_in(await turn.unit.organisations.people(one.id), page)
    people = await turn.unit.members.many(shown.items)
    return turn.screen(
        turn._("Who shall speak for this organisation? They keep its page and vouch for colleagues.")
        if people
        else turn._("Nobody of this organisation is here yet."),
        title=one.name(turn.lang),
        rows=[
            *(
                [Button(shorten(person.name) or "–", action("focal-is", one.id, person.id))]
                for person in people
            ),
            page_buttons(turn, shown, "focal", one.id),
            [Button(turn.p("button", "Nobody"), action("focal-is", one.id, 0))] if profile.focal_id else [],
            [Button(turn.p("button", "Back"), action("profile", one.id))],
        ],
        private=True,
    )


@tap("focal-is", who=COORDINATORS)
async def name_focal(turn: Turn, organisation_id: int, member_id: int) -> Screen:
    """Name somebody of the organisation, or nobody, to speak for it; they are told."""
    one, profile = await _kept_by_me(turn, organisation_id)
    member = await turn.unit.members.get(member_id) if member_id else None
    if member_id and (member is None or member.organisation_id != one.id):
        raise Outdated("focal-is")
    if profile.focal_id != (member_id or None):
        await turn.unit.profiles.change(one.id, focal_id=member_id or None, shows_focal=False)
        if member is not None:
            await turn.unit.outbox.notify_one(
                "focal-named",
                member.id,
                subject=f"organisation:{one.id}",
                occurrence=turn.occasion,
                at=turn.now,
                args=(one.id,),
            )
    return await _profile_screen(turn, one.id, turn._("Done. The person will be told.") if member else "")


@notice("focal-named")
async def tell_focal(turn: Turn, organisation_id: int) -> Screen | None:
    """Tell somebody that they speak for their organisation now."""
    one, profile = await _one(turn, organisation_id)
    if one is None or profile.focal_id != turn.member.id:
        return None
    return turn.screen(
        paragraphs(
            turn._("You speak for your organisation now: {organisation}", organisation=one.name(turn.lang)),
            turn._(
                "You keep its page in the directory, get questions to it, and can confirm colleagues who join."
            ),
        ),
        title=turn._("Focal point"),
        rows=column(Button(turn.p("button", "Our own page"), action("profile", one.id)), menu_button(turn)),
        lasting=True,
    )


# --- vouching -----------------------------------------------------------------------------------------------


@tap("vouching", who=MEMBERS)
async def vouching(turn: Turn, organisation_id: int) -> Screen:
    """List who asks to join the organisation that this person speaks for."""
    return await _vouching(turn, organisation_id)


async def _vouching(turn: Turn, organisation_id: int, note: str = "") -> Screen:
    one, profile = await _one(turn, organisation_id)
    if one is None or profile.focal_id != turn.member.id:
        raise Outdated("vouching")
    waiting = [
        request for request in await turn.unit.join_requests.waiting() if request.organisation_id == one.id
    ][:A_PAGE]
    names = {
        person.id: person.name
        for person in await turn.unit.members.many([request.member_id for request in waiting])
    }
    return turn.screen(
        turn._("Confirm only people whom you know. A stranger may use a real name.")
        if waiting
        else turn._("No request is waiting."),
        title=turn._("Requests to join"),
        rows=[
            *(
                [Button(shorten(names[request.member_id]) or "–", action("vouch", request.id))]
                for request in waiting
            ),
            [Button(turn.p("button", "Back"), action("profile", one.id)), menu_button(turn)],
        ],
        note=note,
        private=True,
    )


@tap("vouch", who=MEMBERS)
async def vouch(turn: Turn, request_id: int, decision: str = "") -> Screen:
    """Show a colleague's request, confirm it or decline it."""
    request = await turn.unit.join_requests.get(request_id)
    profile = await turn.unit.profiles.get(request.organisation_id) if request else None
    if request is None or profile is None or profile.focal_id != turn.member.id:
        raise Outdated("vouch")
    if decision in ("approved", "declined"):
        done = await decide_request(turn, request.id, decision)
        note = turn._("Done. The person will be told.") if done else turn._("It was decided already.")
        return await _vouching(turn, request.organisation_id, note)
    return await _vouch_screen(turn, request.id) or await _vouching(turn, request.organisation_id)


async def _vouch_screen(turn: Turn, request_id: int) -> Screen | None:
    request = await turn.unit.join_requests.get(request_id)
    asking = await turn.unit.members.get(request.member_id) if request else None
    if request is None or asking is None or request.state != "waiting":
        return None
    return turn.screen(
        paragraphs(
            lines(
                turn._("Name: {name}", name=asking.name),
                turn._("Would like to join: {organisation}",
                       organisation=await organisation_name(turn, request.organisation_id)),
            ),
            turn._("Confirm only people whom you know. A stranger may use a real name."),
        ),
        title=turn._("Request to join"),
        rows=[
            [
                Button(turn.p("button", "I know this person"), action("vouch", request.id, "approved")),
                Button(turn.p("button", "Decline"), action("vouch", request.id, "declined")),
            ],
            [menu_button(turn)],
        ],
        lasting=True,
        private=True,
    )  # fmt: skip


@notice("vouch")
async def tell_request(turn: Turn, request_id: int) -> Screen | None:
    """Tell a focal point that somebody would like to join."""
    request = await turn.unit.join_requests.get(request_id)
    profile = await turn.unit.profiles.get(request.organisation_id) if request else None
    if request is None or profile is None or profile.focal_id != turn.member.id:
        return None
    return await _vouch_screen(turn, request.id)
