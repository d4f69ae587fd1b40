"""The demo's small grants and its collaboration lab."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.demo.said import Said, said
from locales import LANGUAGES, Language
from storage.unit import Unit


class Someone(Protocol):
    """A person of an organisation."""

    @property
    def member(self) -> int:
        """Who it is."""

    @property
    def organisation(self) -> int | None:
        """Where they belong."""


GRANT = said("Tools for local monitoring", "أدوات للرصد المحلي", "ئامراز بۆ چاودێریی ناوخۆیی")
GRANT_TEXT = said(
    "Up to 5,000 USD for research or a tool that other organisations can use. Criteria: useful to many, done within "
    "six months, free for everyone afterwards.",
    "حتى 5,000 دولار لبحث أو أداة تستطيع منظمات أخرى استخدامها. المعايير: النفع لكثيرين، والإنجاز خلال ستة أشهر، "
    "والإتاحة للجميع مجانًا بعد ذلك.",
    "تا 5,000 دۆلار بۆ توێژینەوەیەک یان ئامرازێک کە ڕێکخراوەکانی تر بتوانن بەکاری بهێنن. پێوەرەکان: سوود بۆ زۆر کەس، "
    "تەواوبوون لە ماوەی شەش مانگدا، و پاشان بێبەرامبەر بۆ هەمووان.",
)  # fmt: skip
STEPS = (
    (said("Field interviews", "مقابلات ميدانية", "چاوپێکەوتنی مەیدانی"), -20, True),
    (said("A first version to try", "نسخة أولى للتجربة", "وەشانێکی سەرەتایی بۆ تاقیکردنەوە"), 12, False),
)
"""What is to be reached, in how many days from now, and whether it was."""
LAB = said("Fair local budgets", "موازنات محلية عادلة", "بودجەی ناوخۆیی دادپەروەرانە")
LAB_TEXT = said(
    "Together we write five pages on how local budgets are made and how people can take part.",
    "نكتب معًا خمس صفحات عن كيفية إعداد الموازنات المحلية وكيف يمكن للناس المشاركة.",
    "پێکەوە پێنج لاپەڕە دەنووسین دەربارەی ئەوەی بودجەی ناوخۆیی چۆن ئامادە دەکرێت و خەڵک چۆن دەتوانن بەشداری بکەن.",
)
DONE_LAB = said("Voices of returnees", "أصوات العائدين", "دەنگی گەڕاوەکان")
DONE_TEXT = said(
    "A paper on how local decisions can hear those who came back.",
    "ورقة عن كيف تسمع القرارات المحلية صوت من عادوا.",
    "پەڕەیەک دەربارەی ئەوەی بڕیارە ناوخۆییەکان چۆن گوێ لەوانە بگرن کە گەڕاونەتەوە.",
)
PAPER = "https://docs.example.org/voices-of-returnees"
LINK = "https://forms.example.org/grants"
DOCUMENT = "https://docs.example.org/fair-local-budgets"
UNDER_WAY = 3


async def make_calls(unit: Unit, people: Sequence[Someone], now: datetime) -> None:
    """Make a call of the past with three grants under way, and a lab that can be joined."""
    grant = await _call(unit, "grant", GRANT, GRANT_TEXT, now - timedelta(days=60), now - timedelta(days=30))
    await unit.calls.change(grant, link=LINK, state="closed")
    organised: dict[int, int] = {}
    for one in people:
        if one.organisation is not None:
            organised.setdefault(one.organisation, one.member)
    for organisation, member in list(organised.items())[:UNDER_WAY]:
        made, _ = await unit.calls.apply(grant, organisation, member, now - timedelta(days=40))
        await unit.calls.change_grant(made.id, ("applied",), state="under_way")
        await _steps(unit, made.id, member, now)
    await _finished_lab(unit, list(organised.values()), now)
    lab = await _call(unit, "lab", LAB, LAB_TEXT, now - timedelta(days=5), now + timedelta(days=21))
    await unit.calls.change(lab, state="open")
    for member in list(organised.values())[1:5]:
        await unit.calls.join(lab, member, now - timedelta(days=3))
    author = next(iter(list(organised.values())[1:2]))
    await unit.calls.add_paper(
        lab, "draft", "ar", author, now - timedelta(days=2), file_id=None, link=DOCUMENT
    )


async def _finished_lab(unit: Unit, people: Sequence[int], now: datetime) -> None:
    """Make a lab whose paper went to everybody, and was read by some."""
    began, sent = now - timedelta(days=170), now - timedelta(days=95)
    lab = await _call(unit, "lab", DONE_LAB, DONE_TEXT, began, began + timedelta(days=20))
    for member in people[:6]:
        await unit.calls.join(lab, member, began + timedelta(days=2))
    for lang in LANGUAGES:
        await unit.calls.add_paper(lab, "final", lang, people[0], sent, file_id=None, link=PAPER)
    await unit.calls.change(lab, state="closed", paper_sent_at=sent)


async def _call(unit: Unit, kind: str, title: Said, text: Said, at: datetime, until: datetime) -> int:
    call_id = await unit.calls.draft(kind, "en", at)
    for lang in LANGUAGES:
        await unit.calls.put_text(call_id, lang, title=title[lang], text=text[lang])
    await unit.calls.change(call_id, deadline=until)
    return call_id


async def _steps(unit: Unit, grant_id: int, member_id: int, now: datetime) -> None:
    member = await unit.members.get(member_id)
    lang: Language = next((one for one in LANGUAGES if member and one == member.lang), "en")
    for words, days, done in STEPS:
        milestone = await unit.calls.add_milestone(grant_id, words[lang])
        await unit.calls.change_milestone(milestone, due_on=(now + timedelta(days=days)).date(), done=done)
