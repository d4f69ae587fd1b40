"""The demo's organisations and people: themes, places and roles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.demo.said import Said, filled, said
from locales import Language
from storage.organisations import Entry

PLACES = {
    "basra": said("Basra", "البصرة", "بەسرە"),
    "nineveh": said("Nineveh", "نينوى", "نەینەوا"),
    "baghdad": said("Baghdad", "بغداد", "بەغدا"),
    "sulaymaniyah": said("Sulaymaniyah", "السليمانية", "سلێمانی"),
    "kirkuk": said("Kirkuk", "كركوك", "کەرکووک"),
    "erbil": said("Erbil", "أربيل", "هەولێر"),
    "halabja": said("Halabja", "حلبجة", "هەڵەبجە"),
    "anbar": said("Anbar", "الأنبار", "ئەنبار"),
    "duhok": said("Duhok", "دهوك", "دهۆک"),
    "diyala": said("Diyala", "ديالى", "دیالە"),
    "salah-al-din": said("Salah al-Din", "صلاح الدين", "سەلاحەددین"),
    "najaf": said("Najaf", "النجف", "نەجەف"),
    "karbala": said("Karbala", "كربلاء", "کەربەلا"),
    "babil": said("Babil", "بابل", "بابل"),
    "wasit": said("Wasit", "واسط", "واست"),
    "maysan": said("Maysan", "ميسان", "مەیسان"),
    "dhi-qar": said("Dhi Qar", "ذي قار", "زیقار"),
    "muthanna": said("Muthanna", "المثنى", "موسەننا"),
    "qadisiyyah": said("Qadisiyyah", "القادسية", "قادسییە"),
}
THEMES = {
    "participation": said(
        "{place} Civic Participation Network",
        "شبكة {place} للمشاركة المدنية",
        "تۆڕی {place} بۆ بەشداریی مەدەنی",
    ),
    "rights": said(
        "{place} Human Rights Forum", "منتدى {place} لحقوق الإنسان", "کۆڕبەندی {place} بۆ مافەکانی مرۆڤ"
    ),
    "governance": said(
        "{place} Good Governance Centre", "مركز {place} للحكم الرشيد", "ناوەندی {place} بۆ حوکمڕانیی باش"
    ),
    "youth": said("{place} Youth Initiative", "مبادرة {place} للشباب", "دەستپێشخەریی {place} بۆ گەنجان"),
    "women": said(
        "{place} House for Women Leaders",
        "بيت {place} للقيادات النسائية",
        "ماڵی {place} بۆ سەرکردایەتیی ژنان",
    ),
    "elections": said("{place} Election Watch", "مرصد {place} للانتخابات", "چاودێریی {place} بۆ هەڵبژاردن"),
    "media": said(
        "{place} Free Media Circle", "ملتقى {place} لحرية الإعلام", "بازنەی {place} بۆ ئازادیی میدیا"
    ),
    "law": said(
        "{place} Legal Aid Association", "جمعية {place} للعون القانوني", "کۆمەڵەی {place} بۆ هاوکاریی یاسایی"
    ),
    "peace": said(
        "{place} Peacebuilding House", "دار {place} لبناء السلام", "خانەی {place} بۆ بنیاتنانی ئاشتی"
    ),
    "openness": said("{place} Transparency Group", "مجموعة {place} للشفافية", "گرووپی {place} بۆ شەفافییەت"),
    "minorities": said(
        "{place} Minority Rights Foundation",
        "مؤسسة {place} لحقوق الأقليات",
        "دامەزراوەی {place} بۆ مافی کەمینەکان",
    ),
    "inclusion": said(
        "{place} Inclusion Association",
        "جمعية {place} للدمج المجتمعي",
        "کۆمەڵەی {place} بۆ تێکەڵبوونی کۆمەڵایەتی",
    ),
}
ORGANISATIONS = 37
PRIMES = 22
KURDISH = ("sulaymaniyah", "erbil", "halabja", "duhok")
MEMBER = said("Member, {place}", "عضو، {place}", "ئەندام، {place}")
ORGANISER = said("The organiser", "الجهة المنظمة", "لایەنی ڕێکخەر")
GUEST = said("Code: {code}", "الرمز: {code}", "کۆد: {code}")
"""What stands beside a guest, so that joining by an invitation can be tried."""
DONOR = said("The donor", "الجهة المانحة", "لایەنی بەخشەر")


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whose phone can be tried. `organisation` is a slug, empty for those who belong to none."""

    peer: str
    names: Said
    role: str
    lang: Language
    organisation: str = ""

    def about(self, lang: Language) -> str:
        """Say where they work, in a language."""
        if self.organisation:
            return _names()[self.organisation][lang]
        return (DONOR if self.role == "donor" else ORGANISER)[lang]


def _member(place: str, theme: str, lang: Language) -> Persona:
    return Persona(f"member-{place}", filled(MEMBER, place=PLACES[place]), "member", lang, f"{place}-{theme}")


def _staff(place: str, lang: Language) -> Persona:
    named = said("Coordinator, {place}", "منسق، {place}", "هەماهەنگکار، {place}")
    return Persona(f"coordinator-{place}", filled(named, place=PLACES[place]), "coordinator", lang)


PERSONAS = (
    _member("basra", "participation", "ar"),
    _member("sulaymaniyah", "youth", "ku"),
    _member("kirkuk", "women", "en"),
    Persona("coordinator", said("Coordinator", "منسق", "هەماهەنگکار"), "coordinator", "en"),
    _staff("baghdad", "ar"),
    _staff("erbil", "ku"),
    Persona("administrator", said("Administrator", "مدير", "بەڕێوەبەر"), "administrator", "en"),
    _member("nineveh", "rights", "ar"),
    _member("halabja", "media", "ku"),
    Persona("donor", said("Donor staff", "موظف الجهة المانحة", "کارمەندی بەخشەر"), "donor", "en"),
)
"""Whose phones the page offers, in its order."""


@cache
def organisations() -> tuple[Entry, ...]:
    """List the organisations: each theme in turn from place to place, twice around."""
    places, themes = list(PLACES), list(THEMES)
    pairs = [(place, themes[number % len(themes)]) for number, place in enumerate(places)]
    pairs += [(place, themes[(number + 5) % len(themes)]) for number, place in enumerate(places)]
    return tuple(_entry(place, theme, number) for number, (place, theme) in enumerate(pairs[:ORGANISATIONS]))


def _entry(place: str, theme: str, number: int) -> Entry:
    names = filled(THEMES[theme], place=PLACES[place])
    kind = "prime" if number < PRIMES else "subgrantee"
    return Entry(f"{place}-{theme}", names["en"], names["ar"], names["ku"], kind, place)


@cache
def crowd() -> tuple[Persona, ...]:
    """List one member for each organisation that has no persona: people without a phone on the page."""
    taken = {persona.organisation for persona in PERSONAS}
    rest = [entry for entry in organisations() if entry.slug not in taken]
    return tuple(
        Persona(
            f"crowd-{number}",
            filled(MEMBER, place=PLACES[entry.governorate]),
            "member",
            "ku" if entry.governorate in KURDISH else "ar",
            entry.slug,
        )
        for number, entry in enumerate(rest)
    )


@cache
def _names() -> dict[str, Said]:
    return {entry.slug: said(entry.name_en, entry.name_ar, entry.name_ku) for entry in organisations()}
