"""Filling an empty installation with the demo's community, once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from bot.demo.calls import make_calls
from bot.demo.documents import PPTX, sheet, slides
from bot.demo.pairs import make_pairs
from bot.demo.people import PERSONAS, Persona, crowd, organisations
from bot.demo.programme import (
    ABOUT,
    AGENDA,
    ANSWERS,
    BECAME,
    COMING,
    DRAFT,
    GROWTH,
    NOTES,
    PAST,
    POINTS,
    SERIES,
    SERIES_PLANNED,
    SLIDES,
    TOOL,
    WEBINARS,
    Coming,
    Past,
)
from bot.demo.said import Said, filled
from handlers.counting import counted, frozen
from handlers.privacy import VERSION
from handlers.reminders import arm
from handlers.rules.attendance import who_completed
from handlers.rules.days import days_of
from handlers.rules.kinds import KINDS, is_online
from handlers.rules.periods import quarter_of
from handlers.rules.questions import settled, written
from handlers.rules.schedule import SURVEY_LATER
from handlers.rules.surveys import ENOUGH, OPEN_FOR
from handlers.rules.templates import part_of, usual_template
from handlers.rules.traits import TRAITS
from handlers.second import RULE_OFF
from locales import BAGHDAD, LANGUAGES, Language, search_key, speech
from storage.database import Database
from storage.events import Event
from storage.invitations import grouped
from storage.surveys import BEFORE, LATER, Answers
from storage.unit import Unit

SEEDED = "demo-seeded"
SURVEYED = timedelta(days=200)
"""How far back the demo's past events have a survey."""
JOIN_LINK = "https://meet.example.org/diwakhan"


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the library, made before the database is asked to wait for it."""

    event: Said
    kind: str
    lang: Language
    title: str
    name: str
    mime: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Someone:
    """A person who was just taken in."""

    member: int
    organisation: int | None


async def seed(database: Database, account: str, now: datetime) -> None:
    """Fill an empty installation; one that was filled before is left as it is."""
    async with database.reading() as unit:
        if await unit.facts.get(SEEDED):
            return
    documents = await asyncio.to_thread(_documents)
    async with database.unit() as unit:
        if await unit.facts.get(SEEDED):
            return
        await unit.facts.put(SEEDED, now.isoformat())
        # One visitor plays everybody here, so nobody else could agree; the Safety screen says that it is off.
        await unit.facts.put(RULE_OFF, "off")
        places = {entry.slug: await unit.organisations.put(entry) for entry in organisations()}
        personas = {one.peer: await _person(unit, account, one, places, now) for one in PERSONAS}
        others = [await _person(unit, account, one, places, now) for one in crowd()]
        members = [personas[one.peer] for one in PERSONAS if one.role == "member"]
        events = [await _past(unit, one, members, others, now) for one in PAST]
        await _library(unit, events, documents)
        for number, coming in enumerate(COMING):
            events.append(await _coming(unit, coming, [*members[:1], *others[number:]], now))
        await _series(unit, [event for event in events if event.kind == "webinar"], now)
        await _draft(unit, now)
        await make_calls(unit, [*members, *others], now)
        await make_pairs(unit, others, now)
        await _say_of_themselves(unit, [*members, *others])
        await _lock_reports(unit, now)


async def invitation(database: Database, now: datetime) -> str:
    """Return a code with which a guest may join an organisation of the demo; empty where that is gone."""
    slug = organisations()[0].slug
    async with database.unit() as unit:
        organisation = (await unit.organisations.by_slug()).get(slug)
        if organisation is None:
            return ""
        code = await unit.invitations.issue(
            "demo",
            organisation_id=organisation.id,
            role="member",
            uses=1000,
            at=now,
            expires_at=now + timedelta(days=3650),
        )
    return grouped(code)


async def _person(
    unit: Unit, account: str, persona: Persona, places: dict[str, int], now: datetime
) -> Someone:
    since = now - timedelta(days=330)
    member = await unit.members.add(at=since, lang=persona.lang, role=persona.role)
    organisation = places.get(persona.organisation)
    await unit.members.change(
        member.id,
        name=persona.names[persona.lang],
        state="active",
        consent_version=VERSION,
        consented_at=since,
        organisation_id=organisation,
    )
    await unit.addresses.add(member.id, "browser", account, persona.peer)
    return Someone(member.id, organisation)


# --- events -------------------------------------------------------------------------------------------------


async def _event(unit: Unit, uid: str, kind: str, title: Said, at: datetime) -> Event:
    """Begin an event as its kind begins, with a title and a description in each language that has one."""
    usual = KINDS[kind]
    event = await unit.events.draft(
        uid,
        kind,
        at=at,
        minutes=usual.minutes,
        mode=usual.mode,
        capacity=usual.capacity,
        reminders=usual.reminders,
        survey_mode=usual.survey_mode,
        certificate=usual.certificate,
        daily_survey=usual.daily_survey,
        per_organisation=usual.per_organisation,
        approval=usual.approval,
    )
    for lang in LANGUAGES:
        if title[lang]:
            event = await unit.events.put_text(event, lang, "title", title[lang])
            event = await unit.events.put_text(event, lang, "description", ABOUT[kind][lang])
    return event


async def _past(
    unit: Unit, past: Past, members: Sequence[Someone], others: Sequence[Someone], now: datetime
) -> Event:
    """Hold an event that is over. Of the last one, which ended yesterday, people are still to be asked."""
    starts = _at(now - timedelta(days=past.days), 16)
    event = await _event(unit, f"demo-past-{past.kind}-{past.days}", past.kind, past.title, starts)
    starts -= timedelta(days=event.minutes // (24 * 60))
    fresh = past.days == 1
    mode = KINDS[past.kind].survey_mode if fresh else "none"
    event = await unit.events.change(event, starts_at=starts, state="published", survey_mode=mode)
    turn = past.days % len(others)
    came = [*members, *others[turn:], *others[:turn]][: 10 + past.days % 11]
    await _register(unit, event, came, starts - timedelta(days=3))
    if fresh:
        await arm(unit, event, now)
    else:
        await _attended(unit, event, came)
        if starts > now - SURVEYED:
            await _survey(unit, event, came, now)
    return event


async def _attended(unit: Unit, event: Event, people: Sequence[Someone]) -> None:
    """Note who was there on each day, all but every sixth, and give certificates."""
    days = days_of(event)
    for day in days:
        there = [one for number, one in enumerate(people, day.number) if number % 6]
        for one in there:
            await unit.attendance.mark(event.id, day.number, one.member, "present", day.starts_at, how="code")
        absent = {one.member: "absent" for one in people if one not in there}
        await unit.attendance.close(event.id, day.number, absent, day.ends_at)
    if event.certificate:
        present = await unit.attendance.present_days(event.id)
        holders = who_completed(event.certificate, len(days), present)
        await unit.certificates.settle(event.id, holders, days[-1].ends_at)


async def _series(unit: Unit, events: Sequence[Event], now: datetime) -> None:
    series = await unit.series.add("demo", "en", SERIES["en"], SERIES_PLANNED, now)
    for lang in LANGUAGES:
        await unit.series.put_title(series.id, lang, SERIES[lang])
    for event in events:
        await unit.events.change(event, series_id=series.id)


async def _coming(unit: Unit, coming: Coming, people: Sequence[Someone], now: datetime) -> Event:
    starts = _at(now + timedelta(days=coming.days), coming.hour)
    uid = f"demo-coming-{coming.kind}-{coming.days}"
    event = await _event(unit, uid, coming.kind, coming.title, now - timedelta(days=6))
    mode = coming.mode or KINDS[coming.kind].mode
    event = await unit.events.change(
        event,
        starts_at=starts,
        state="published",
        mode=mode,
        capacity=coming.capacity or KINDS[coming.kind].capacity,
        join_link=JOIN_LINK if is_online(mode) else "",
        closes_at=starts - timedelta(days=coming.closes) if coming.closes else None,
    )
    for lang in LANGUAGES if coming.place else ():
        event = await unit.events.put_text(event, lang, "place", (coming.place or {})[lang])
    # The first of the people is a persona, who holds a seat in what comes first and may try the others.
    came = people[: coming.seats] if coming.days == 1 else people[1 : coming.seats + 1]
    await _register(unit, event, came, now - timedelta(days=2))
    await arm(unit, event, now)
    days = days_of(event)
    for day in days if len(days) > 1 else ():
        for lang in LANGUAGES:
            items = [(start, end, what[lang]) for start, end, what in AGENDA]
            await unit.agendas.put(event.id, day.number, lang, items)
    return event


async def _say_of_themselves(unit: Unit, people: Sequence[Someone]) -> None:
    """Have most people say something of themselves for the reports, and some nothing."""
    for number, one in enumerate(people):
        for place, trait in enumerate(TRAITS):
            options = [*trait.options, ""]
            if code := options[(number // (place + 1)) % len(options)]:
                await unit.traits.say(one.member, trait.code, code)


async def _lock_reports(unit: Unit, now: datetime) -> None:
    """Lock all quarters that are over but the last one, which waits to be looked through."""
    last = quarter_of(now, BAGHDAD).before
    for quarter in (last.moved(-2), last.before):
        await unit.reports.review(quarter.code, now)
        said = await counted(unit, quarter, BAGHDAD, now, cuts=True)
        await unit.reports.lock(quarter.code, frozen(said), now)


async def _draft(unit: Unit, now: datetime) -> None:
    event = await _event(unit, "demo-draft", "roundtable", DRAFT, now - timedelta(hours=3))
    await unit.events.change(event, starts_at=_at(now + timedelta(days=30), 11))


async def _register(unit: Unit, event: Event, people: Sequence[Someone], at: datetime) -> None:
    for number, one in enumerate(people):
        when = at + timedelta(minutes=number)
        await unit.registrations.add(event.id, one.member, one.organisation, "confirmed", when)


async def _survey(unit: Unit, event: Event, people: Sequence[Someone], now: datetime) -> None:
    """Ask people about an event of some time ago as events of its kind do, before it too, and close the surveys."""
    given: list[Answers] = [
        {
            "rating": rating,
            "knows": after,
            "able": after,
            "recommend": str(2 * int(rating)),
            "use": use,
            "hurdles": "time,practice",
            "words": words,
            "quote": "yes",
        }
        for (rating, use, words), (_, after) in zip(ANSWERS, GROWTH, strict=True)
    ]
    brought: list[Answers] = [{"knows": before, "able": before, "hope": None} for before, _ in GROWTH]
    ended, began = event.ends_at or now, event.starts_at or now
    await _asked(unit, event, BEFORE, people, brought, began - timedelta(days=3), began)
    await _asked(unit, event, 0, people, given, ended + timedelta(hours=1), ended + timedelta(days=7))
    became: list[Answers] = [{"used": used, "together": together} for used, together in BECAME]
    later = ended + SURVEY_LATER
    if later + OPEN_FOR < now:
        await _asked(unit, event, LATER, people, became, later, later + OPEN_FOR)


async def _asked(
    unit: Unit,
    event: Event,
    day: int,
    people: Sequence[Someone],
    given: Sequence[Answers],
    opened: datetime,
    closed: datetime,
) -> None:
    template = usual_template(event.kind, part_of(day))
    if template is None:
        return
    survey = await unit.surveys.create(
        event.id,
        "anonymous",
        template.name,
        written(template.questions),
        people=unit.registrations.recipients(event.id, "confirmed"),
        at=opened,
        closes_at=closed,
        day=day,
    )
    if survey is None:
        return
    for one, answers in zip(people, given, strict=False):
        await unit.surveys.send(survey.id, one.member, settled(template.questions, answers), opened)
    await unit.surveys.close(survey.id, least=ENOUGH)


def _at(day: datetime, hour: int) -> datetime:
    return day.astimezone(BAGHDAD).replace(hour=hour, minute=0, second=0, microsecond=0)


# --- the library --------------------------------------------------------------------------------------------


@cache
def _documents() -> tuple[Document, ...]:
    """Make the slides of every webinar but the last, two checklists, and notes as a picture."""
    made = [_slides(number, title, lang) for number, title in enumerate(WEBINARS[:-1]) for lang in LANGUAGES]
    made += [
        _sheet(number, WEBINARS[number], lang, "pdf", "tool", TOOL) for number in (0, 2) for lang in LANGUAGES
    ]
    talked = next(past.title for past in reversed(PAST) if past.kind == "roundtable")
    made += [_sheet(9, talked, lang, "png", "notes", NOTES) for lang in LANGUAGES]
    return tuple(made)


def _slides(number: int, title: Said, lang: Language) -> Document:
    points = [point[lang] for point in POINTS]
    body = slides(title[lang], points, rtl=speech(lang).rtl)
    said = filled(SLIDES, title=title)[lang]
    return Document(title, "slides", lang, said, f"slides-{number + 1}-{lang}.pptx", PPTX, body)


def _sheet(number: int, title: Said, lang: Language, form: str, kind: str, naming: Said) -> Document:
    body = sheet(title[lang], [point[lang] for point in POINTS], rtl=speech(lang).rtl, form=form)
    mime = "application/pdf" if form == "pdf" else "image/png"
    said = filled(naming, title=title)[lang]
    return Document(title, kind, lang, said, f"{kind}-{number + 1}-{lang}.{form}", mime, body)


async def _library(unit: Unit, events: Sequence[Event], documents: Sequence[Document]) -> None:
    by_title = {event.title("en"): event for event in events}
    for one in documents:
        event = by_title[one.event["en"]]
        at = event.ends_at or event.created_at
        file = await unit.files.add(one.name, one.mime, one.body, at=at)
        material = await unit.materials.draft(at, one.lang, event.id)
        words = " ".join((one.title, *one.event.values()))
        await unit.materials.change(
            material.id,
            kind=one.kind,
            title=one.title,
            search_key=search_key(words),
            file_id=file.id,
            state="published",
        )
