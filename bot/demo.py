"""The demo: a community of the programme's shape, made up from end to end, and a clock that can be moved.

Organisations and people are invented by theme, place and role; nobody real is named. Everything goes through the
same storage and handlers as in earnest.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from handlers.materials import KINDS as MATERIAL_KINDS
from handlers.reminders import arm
from handlers.rules.kinds import KINDS
from locales import BAGHDAD, LANGUAGES, Language, search_key
from storage.database import Database
from storage.events import Event
from storage.organisations import Entry
from storage.tables import Instant, moments, outbox
from storage.unit import Unit

if TYPE_CHECKING:
    from bot.machine import Machine

SEEDED = "demo-seeded"
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "next": timedelta()}
"""By how much the demo's clock can be moved; `next` means to whatever is due next."""
MOST_STOPS = 40

Said = dict[Language, str]


def _said(en: str, ar: str, ku: str) -> Said:
    return {"en": en, "ar": ar, "ku": ku}


GOVERNORATES = (
    ("baghdad", _said("Baghdad", "بغداد", "بەغدا")),
    ("basra", _said("Basra", "البصرة", "بەسرە")),
    ("nineveh", _said("Nineveh", "نينوى", "نەینەوا")),
    ("erbil", _said("Erbil", "أربيل", "هەولێر")),
    ("sulaymaniyah", _said("Sulaymaniyah", "السليمانية", "سلێمانی")),
    ("duhok", _said("Duhok", "دهوك", "دهۆک")),
    ("kirkuk", _said("Kirkuk", "كركوك", "کەرکووک")),
    ("anbar", _said("Anbar", "الأنبار", "ئەنبار")),
    ("diyala", _said("Diyala", "ديالى", "دیالە")),
    ("salah-al-din", _said("Salah al-Din", "صلاح الدين", "سەلاحەدین")),
    ("najaf", _said("Najaf", "النجف", "نەجەف")),
    ("karbala", _said("Karbala", "كربلاء", "کەربەلا")),
    ("babil", _said("Babil", "بابل", "بابل")),
    ("wasit", _said("Wasit", "واسط", "واست")),
    ("maysan", _said("Maysan", "ميسان", "مەیسان")),
    ("dhi-qar", _said("Dhi Qar", "ذي قار", "زیقار")),
    ("muthanna", _said("Muthanna", "المثنى", "موسەننا")),
    ("qadisiyyah", _said("Qadisiyyah", "القادسية", "قادسییە")),
    ("halabja", _said("Halabja", "حلبجة", "هەڵەبجە")),
)
THEMES = (
    ("participation", _said("Civic Participation Network", "شبكة المشاركة المدنية", "تۆڕی بەشداریی مەدەنی")),
    ("rights", _said("Human Rights Forum", "منتدى حقوق الإنسان", "کۆڕبەندی مافی مرۆڤ")),
    ("governance", _said("Good Governance Centre", "مركز الحكم الرشيد", "ناوەندی حوکمڕانیی باش")),
    ("women", _said("Women's Leadership House", "بيت القيادات النسائية", "ماڵی سەرکردایەتیی ژنان")),
    ("youth", _said("Youth Initiative", "مبادرة الشباب", "دەستپێشخەریی گەنجان")),
)
ORGANISATIONS = 37


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whose phone can be tried. `organisation` is a slug, empty for the organiser's own people."""

    peer: str
    names: Said
    role: str
    lang: Language
    organisation: str

    def about(self, lang: Language) -> str:
        """Say which organisation they are from, in a language."""
        return dict(_organisation_names()).get(self.organisation, {}).get(lang, "")


PERSONAS = (
    Persona(
        "member-basra",
        _said("Member, Basra", "عضو، البصرة", "ئەندام، بەسرە"),
        "member",
        "ar",
        "participation-basra",
    ),
    Persona(
        "member-sulaymaniyah",
        _said("Member, Sulaymaniyah", "عضو، السليمانية", "ئەندام، سلێمانی"),
        "member",
        "ku",
        "youth-sulaymaniyah",
    ),
    Persona(
        "member-baghdad",
        _said("Member, Baghdad", "عضو، بغداد", "ئەندام، بەغدا"),
        "member",
        "en",
        "participation-baghdad",
    ),
    Persona(
        "member-nineveh",
        _said("Member, Nineveh", "عضو، نينوى", "ئەندام، نەینەوا"),
        "member",
        "ar",
        "governance-nineveh",
    ),
    Persona("coordinator", _said("Coordinator", "منسق", "هەماهەنگکار"), "coordinator", "en", ""),
    Persona("administrator", _said("Administrator", "مدير", "بەڕێوەبەر"), "administrator", "en", ""),
)

PAST = {
    "webinar": 5,
    "training": 2,
    "mentorship": 9,
    "roundtable": 4,
    "collaboration_lab": 1,
    "coffee_chat": 4,
    "induction": 4,
    "workshop": 1,
}
"""How much of each activity was done by mid-2025, as the programme tells it."""

TOPICS = (
    _said(
        "What works in local accountability",
        "ما الذي ينجح في المساءلة المحلية",
        "چی سەرکەوتوو دەبێت لە لێپرسینەوەی ناوخۆیی",
    ),
    _said(
        "Writing a grant proposal that is read", "كتابة مقترح منحة يُقرأ", "نووسینی پێشنیازێک کە دەخوێنرێتەوە"
    ),
    _said("Safe documentation", "التوثيق الآمن", "بەڵگەکۆکردنەوەی پارێزراو"),
    _said("Working with local councils", "العمل مع المجالس المحلية", "کارکردن لەگەڵ ئەنجوومەنە ناوخۆییەکان"),
    _said("Reaching young people", "الوصول إلى الشباب", "گەیشتن بە گەنجان"),
)
COMING = (
    # kind, days ahead, hour, mode, capacity, title, place
    (
        "coffee_chat",
        1,
        17,
        "online",
        20,
        _said(
            "Coffee chat: ask the donor",
            "جلسة قهوة: أسئلة إلى الجهة المانحة",
            "دانیشتنی قاوە: پرسیار لە بەخشەر",
        ),
        None,
    ),
    (
        "webinar",
        3,
        18,
        "online",
        None,
        _said(
            "What works in budget monitoring",
            "ما الذي ينجح في مراقبة الموازنة",
            "چی سەرکەوتوو دەبێت لە چاودێریی بودجەدا",
        ),
        None,
    ),
    (
        "roundtable",
        8,
        10,
        "in_person",
        3,
        _said(
            "Roundtable: women in local government",
            "طاولة مستديرة: النساء في الإدارة المحلية",
            "مێزی گرد: ژنان لە بەڕێوەبردنی ناوخۆییدا",
        ),
        _said("Conference hall, Erbil", "قاعة المؤتمرات، أربيل", "هۆڵی کۆنفرانس، هەولێر"),
    ),
    (
        "training",
        15,
        9,
        "in_person",
        25,
        _said(
            "Grant operations and financial management",
            "إدارة المنح والإدارة المالية",
            "بەڕێوەبردنی گرانت و دارایی",
        ),
        _said("Training centre, Baghdad", "مركز التدريب، بغداد", "ناوەندی ڕاهێنان، بەغدا"),
    ),
    (
        "induction",
        20,
        16,
        "hybrid",
        None,
        _said("Getting to know the community", "تعرّف على مجتمع الممارسة", "ناساندنی کۆمەڵگە"),
        _said("Organiser's office, Baghdad", "مكتب الجهة المنظمة، بغداد", "ئۆفیسی ڕێکخەر، بەغدا"),
    ),
)
DESCRIPTION = _said(
    "We look together at what worked in practice, what did not, and what you can take home. Bring an example of your own.",
    "ننظر معًا فيما نجح عمليًا وما لم ينجح، وفيما يمكن الاستفادة منه. يُرجى إحضار مثال من عملكم.",
    "پێکەوە سەیری ئەوە دەکەین کە لە کرداردا سەرکەوتوو بوو و ئەوەی سەرکەوتوو نەبوو. تکایە نموونەیەک لە کاری خۆتان بهێنن.",
)
SLIDES = _said("Slides", "العرض التقديمي", "سلایدەکان")


async def seed(database: Database, account: str, now: datetime) -> None:
    """Fill an empty installation, once; what is there is left alone."""
    async with database.unit() as unit:
        if await unit.facts.get(SEEDED):
            return
        await unit.facts.put(SEEDED, now.isoformat())
        places = await _organisations(unit)
        people = [await _person(unit, account, persona, places, now) for persona in PERSONAS]
        members = people[:4]
        for number, kind in enumerate(PAST):
            await _past(unit, kind, number, members, now)
        await _coming(unit, members, now)


def _organisation_names() -> list[tuple[str, Said]]:
    pairs = [
        (theme, place)
        for round_ in range(2)
        for place in GOVERNORATES
        for theme in (THEMES[(GOVERNORATES.index(place) + 2 * round_) % len(THEMES)],)
    ]
    wanted = [
        (THEMES[0], GOVERNORATES[1]),
        (THEMES[4], GOVERNORATES[4]),
        (THEMES[0], GOVERNORATES[0]),
        (THEMES[2], GOVERNORATES[2]),
    ]
    chosen = dict.fromkeys(f"{theme[0]}|{place[0]}" for theme, place in [*wanted, *pairs])
    by_slug = {theme[0]: theme[1] for theme in THEMES}
    places = dict(GOVERNORATES)
    named = []
    for both in list(chosen)[:ORGANISATIONS]:
        theme, _, place = both.partition("|")
        names = {lang: f"{by_slug[theme][lang]} – {places[place][lang]}" for lang in LANGUAGES}
        named.append((f"{theme}-{place}", names))
    return named


async def _organisations(unit: Unit) -> dict[str, int]:
    ids = {}
    for number, (slug, names) in enumerate(_organisation_names()):
        governorate = slug.partition("-")[2]
        kind = "prime" if number % 2 == 0 else "subgrantee"
        ids[slug] = await unit.organisations.put(
            Entry(slug, names["en"], names["ar"], names["ku"], kind, governorate)
        )
    return ids


async def _person(unit: Unit, account: str, persona: Persona, places: dict[str, int], now: datetime) -> int:
    member = await unit.members.add(at=now, lang=persona.lang, role=persona.role)
    await unit.members.change(
        member.id,
        name=persona.names[persona.lang],
        state="active",
        consent_version=1,
        consented_at=now,
        organisation_id=places.get(persona.organisation),
    )
    address = await unit.addresses.add(member.id, "browser", account, persona.peer)
    await unit.addresses.heard(address.id, now, None)
    return member.id


async def _event(
    unit: Unit, kind: str, uid: str, starts_at: datetime, title: Said, now: datetime, **fields: object
) -> Event:
    usual = KINDS[kind]
    event = await unit.events.draft(
        uid,
        kind,
        at=now,
        minutes=usual.minutes,
        mode=usual.mode,
        capacity=usual.capacity,
        reminders=usual.reminders,
        survey_mode=usual.survey_mode,
    )
    for lang in LANGUAGES:
        event = await unit.events.put_text(event, lang, "title", title[lang])
        event = await unit.events.put_text(event, lang, "description", DESCRIPTION[lang])
    values: dict[str, object] = {"starts_at": starts_at, "state": "published", **fields}
    return await unit.events.change(event, **values)  # type: ignore[arg-type]


async def _past(unit: Unit, kind: str, row: int, members: list[int], now: datetime) -> None:
    """Hold the programme's past events, weeks apart; what webinars left behind goes into the library."""
    for number in range(PAST[kind]):
        topic = TOPICS[(number + row) % len(TOPICS)]
        day = now - timedelta(days=20 + 30 * number + 3 * row)
        starts = day.astimezone(BAGHDAD).replace(hour=16, minute=0, second=0, microsecond=0)
        event = await _event(unit, kind, f"demo-{kind}-{number}", starts, topic, now, survey_mode="none")
        for member in members[: 2 + number % 3]:
            await unit.registrations.add(event.id, member, None, "confirmed", starts - timedelta(days=3))
        if kind == "webinar":
            await _slides(unit, event, topic, now)


async def _slides(unit: Unit, event: Event, topic: Said, now: datetime) -> None:
    for lang in LANGUAGES:
        body = _document(topic[lang], lang)
        name = f"slides-{event.id}-{lang}.docx"
        mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        file = await unit.files.add(name, mime, body, at=now)
        draft = await unit.materials.draft(now, lang, event.id)
        words = " ".join([SLIDES[lang], *(topic[one] for one in LANGUAGES)])
        await unit.materials.change(
            draft.id,
            kind=next(iter(MATERIAL_KINDS)),
            title=f"{SLIDES[lang]}: {topic[lang]}",
            search_key=search_key(words),
            file_id=file.id,
            state="published",
        )


async def _coming(unit: Unit, members: list[int], now: datetime) -> None:
    for number, (kind, days, hour, mode, capacity, title, place) in enumerate(COMING):
        day = (now + timedelta(days=days)).astimezone(BAGHDAD)
        starts = day.replace(hour=hour, minute=0, second=0, microsecond=0)
        link = "https://meet.example.org/diwakhan" if mode != "in_person" else ""
        event = await _event(
            unit,
            kind,
            f"demo-coming-{number}",
            starts,
            title,
            now,
            mode=mode,
            capacity=capacity,
            join_link=link,
        )
        for lang in LANGUAGES if place else ():
            event = await unit.events.put_text(event, lang, "place", place[lang] if place else "")
        for member in members[2:] if kind == "roundtable" else members[:1]:
            await unit.registrations.add(event.id, member, None, "confirmed", now)
        await arm(unit, event, now)


def _document(text: str, lang: Language) -> bytes:
    """Write a one-line word processor document (ECMA-376), right-to-left where the language is."""
    bidi = "<w:pPr><w:bidi/></w:pPr>" if lang != "en" else ""
    rtl = "<w:rPr><w:rtl/></w:rPr>" if lang != "en" else ""
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="{types}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'{head}<w:document xmlns:w="{namespace}"><w:body><w:p>{bidi}<w:r>{rtl}'
        f"<w:t>{text}</w:t></w:r></w:p></w:body></w:document>",
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


async def travel(machine: Machine, step: str) -> bool:
    """Move the demo's time forward, stopping at whatever is due on the way; False where nothing is ever due."""
    start = machine.time.now()
    target = start + STEPS[step]
    for _ in range(MOST_STOPS):
        now = machine.time.now()
        due = await _next_due(machine.database, now)
        if step == "next":
            if due is None:
                return False
            await _arrive(machine, due - now)
            return True
        if due is None or due >= target:
            break
        await _arrive(machine, due - now)
    await _arrive(machine, max(timedelta(), target - machine.time.now()))
    return True


async def _arrive(machine: Machine, after: timedelta) -> None:
    await machine.time.advance(machine.database, after + timedelta(seconds=1))
    await machine.clock.tick_all()


async def _next_due(database: Database, now: datetime) -> datetime | None:
    async with database.reading() as unit:
        first: datetime | None = await unit.moments.scalar(
            sa.select(sa.func.min(moments.c.due_at, type_=Instant)).where(
                moments.c.state == "waiting", moments.c.due_at > now
            )
        )
        later: datetime | None = await unit.outbox.scalar(
            sa.select(sa.func.min(outbox.c.not_before, type_=Instant)).where(
                outbox.c.state == "queued", outbox.c.not_before > now
            )
        )
    return min((one for one in (first, later) if one is not None), default=None)
