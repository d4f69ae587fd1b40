"""The templates: the few wordings that WhatsApp lets through at any time, once approved.

Each is defined once, here. A changed wording becomes a new version under a new name; the old one goes on being
sent until the new one is approved. Kurdish is not among the languages that Meta offers: its readers get the
opener in their second language.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twilio.base.exceptions import TwilioRestException

from bot.channels.whatsapp.client import Approval, ContentApi
from handlers.kit import Template
from handlers.opening import OPEN
from handlers.rules.routes import OPENER
from locales import clean
from storage.database import Database
from storage.templates import KeptTemplate

LONGEST_VALUE = 200
"""Characters of one value. Twilio recommends fewer than 250; two more stand around it."""
BODY = 1024
"""Characters after substitution: error 63021."""
PREFIX = "diwakhan_"
META = {"en": "en", "ar": "ar"}
"""Our languages that Meta offers, by its codes. Kurdish (ku, ckb, kmr) is not among them."""
OPEN_LABEL = {"en": "Open", "ar": "فتح"}


@dataclass(frozen=True, slots=True)
class Definition:
    """One template: its category, its bodies by language, and a sample for each gap."""

    category: str
    bodies: dict[str, str]
    samples: dict[str, tuple[str, ...]]

    @property
    def gaps(self) -> int:
        """Count the values that it takes."""
        return len(self.samples["en"])


TEMPLATES: dict[str, Definition] = {
    "event_announced": Definition(
        "MARKETING",
        {
            "en": "You are invited to an event of the community of practice: {{1}}. When: {{2}}. "
            "Tap “Open” to read more and to register.",
            "ar": "أنت مدعو إلى فعالية من فعاليات مجتمع الممارسة: {{1}}. الموعد: {{2}}. "
            "اضغط «فتح» لقراءة المزيد والتسجيل.",
        },
        {
            "en": ("Case management in practice", "Tuesday, 3 March 2026, 17:00–18:30"),
            "ar": ("إدارة الحالة عمليًا", "الثلاثاء ٣ آذار ٢٠٢٦، ١٧:٠٠–١٨:٣٠"),
        },
    ),
    "reminder": Definition(
        "UTILITY",
        {
            "en": "A reminder of the event that you registered for: {{1}}. When: {{2}}. "
            "Tap “Open” for the place or the link, or to cancel.",
            "ar": "تذكير بالفعالية التي سجّلت فيها: {{1}}. الموعد: {{2}}. "
            "اضغط «فتح» لمعرفة المكان أو الرابط، أو لإلغاء التسجيل.",
        },
        {
            "en": ("Case management in practice", "tomorrow at 17:00"),
            "ar": ("إدارة الحالة عمليًا", "غدًا الساعة ١٧:٠٠"),
        },
    ),
    "event_changed": Definition(
        "UTILITY",
        {
            "en": "There is news about the event that you registered for: {{1}}. Please note: {{2}}. "
            "Tap “Open” to see everything and to decide.",
            "ar": "هناك جديد بشأن الفعالية التي سجّلت فيها: {{1}}. يرجى الانتباه: {{2}}. "
            "اضغط «فتح» لرؤية التفاصيل واتخاذ قرارك.",
        },
        {
            "en": ("Case management in practice", "New time: Wednesday, 4 March 2026, 17:00"),
            "ar": ("إدارة الحالة عمليًا", "الموعد الجديد: الأربعاء ٤ آذار ٢٠٢٦، ١٧:٠٠"),
        },
    ),
    "slides_ready": Definition(
        "UTILITY",
        {
            "en": "The materials of the event that you registered for are ready: {{1}}. Tap “Open” to get them.",
            "ar": "مواد الفعالية التي سجّلت فيها أصبحت جاهزة: {{1}}. اضغط «فتح» للحصول عليها.",
        },
        {"en": ("Case management in practice",), "ar": ("إدارة الحالة عمليًا",)},
    ),
    "feedback_asked": Definition(
        "UTILITY",
        {
            "en": "Thank you for having registered for this event: {{1}}. Please tell us how it was for you; "
            "it takes about a minute. Tap “Open” to begin.",
            "ar": "شكرًا لتسجيلك في هذه الفعالية: {{1}}. نرجو أن تخبرنا كيف كانت بالنسبة إليك؛ "
            "لن يستغرق ذلك أكثر من دقيقة تقريبًا. اضغط «فتح» للبدء.",
        },
        {"en": ("Case management in practice",), "ar": ("إدارة الحالة عمليًا",)},
    ),
    "seat_offered": Definition(
        "UTILITY",
        {
            "en": "You are on the waiting list, and a seat has become free for you: {{1}}. When: {{2}}. "
            "It is held for you until: {{3}}. Tap “Open” to take it or to leave it to the next person.",
            "ar": "أنت على قائمة الانتظار، وقد توفّر لك مقعد: {{1}}. الموعد: {{2}}. "
            "نحتفظ لك به حتى: {{3}}. اضغط «فتح» لقبوله أو لتركه لمن يليك.",
        },
        {
            "en": (
                "Case management in practice",
                "Tuesday, 3 March 2026, 17:00–18:30",
                "Monday, 2 March, 12:00",
            ),
            "ar": ("إدارة الحالة عمليًا", "الثلاثاء ٣ آذار ٢٠٢٦، ١٧:٠٠–١٨:٣٠", "الاثنين ٢ آذار، ١٢:٠٠"),
        },
    ),
    OPENER: Definition(
        "UTILITY",
        {
            "en": "A message from the community of practice that you take part in is waiting for you. "
            "Tap “Open” to read it.",
            "ar": "لديك رسالة من مجتمع الممارسة الذي تشارك فيه. اضغط «فتح» لقراءتها.",
        },
        {"en": (), "ar": ()},
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One template in one language, as it should stand with WhatsApp."""

    name: str
    lang: str

    @property
    def definition(self) -> Definition:
        """Return what it is made from."""
        return TEMPLATES[self.name]

    @property
    def content(self) -> dict[str, Any]:
        """Return the Content resource, without its name."""
        body, samples = self.definition.bodies[self.lang], self.definition.samples[self.lang]
        actions = [{"title": OPEN_LABEL[self.lang], "id": OPEN}]
        made: dict[str, Any] = {
            "language": META[self.lang],
            "types": {"twilio/quick-reply": {"body": body, "actions": actions}},
        }
        if samples:
            made["variables"] = {str(number): sample for number, sample in enumerate(samples, 1)}
        return made

    @property
    def wording(self) -> str:
        """Sum up what WhatsApp decides about: another wording is another version."""
        said = json.dumps([self.content, self.definition.category], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    @property
    def key(self) -> tuple[str, str, str]:
        """Return under what it is kept."""
        return self.name, self.lang, self.wording

    @property
    def full_name(self) -> str:
        """Return its name with Twilio and WhatsApp: lower case, digits and underscores."""
        return f"{PREFIX}{self.name}_{self.lang}_{self.wording}"


WANTED = tuple(Wanted(name, lang) for name, one in TEMPLATES.items() for lang in one.bodies)


def variables(template: Template) -> str:
    """Write a template's values as ContentVariables: each in one line, bounded and isolated, never empty."""
    values = {str(number): _flat(value) for number, value in enumerate(template.values, 1)}
    return json.dumps(values, ensure_ascii=False)


def fits(template: Template) -> bool:
    """Say whether a screen's template is one of ours and fills its gaps."""
    known = TEMPLATES.get(template.name)
    return known is not None and len(template.values) == known.gaps


def _flat(value: str) -> str:
    """Make one line of a value. No newline, tab or run of spaces may be in it (Meta refuses them)."""
    line = clean(value) or "–"
    if len(line) > LONGEST_VALUE:
        line = line[: LONGEST_VALUE - 1].rstrip() + "…"
    return f"\u2068{line}\u2069"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, or found, about a template: for an operator to read."""

    full_name: str
    done: str
    state: str = ""
    reason: str = ""

    @property
    def line(self) -> str:
        """Say it in a line."""
        said = ": ".join(piece for piece in (self.state, self.reason) if piece)
        return "  ".join(piece for piece in (self.full_name, self.done, said) if piece)


class TemplateBook:
    """Keeps what WhatsApp has in step with what is defined here."""

    def __init__(self, database: Database, api: ContentApi, account: str) -> None:
        self._database, self._api, self._account = database, api, account

    async def sync(self, now: datetime, wanted: Sequence[Wanted] = WANTED) -> AsyncIterator[Step]:
        """Create and submit what is missing, refresh what is there, delete versions that were replaced.

        May be repeated at any time: what exists at Twilio under its name is taken up, never made twice.
        """
        there = await self._api.named(PREFIX)
        for one in wanted:
            yield await self._in_step(one, there.get(one.full_name, ""), now)
        async for step in self._retire(wanted, there):
            yield step

    async def _in_step(self, one: Wanted, content_sid: str, now: datetime) -> Step:
        done = "" if content_sid else "created"
        if not content_sid:
            content_sid = await self._api.create({"friendly_name": one.full_name, **one.content})
            await self._keep(one, content_sid, Approval("unsubmitted"), now)
        found = await self._api.approval(content_sid)
        if found.state == "unsubmitted":
            found = await self._api.submit(content_sid, one.full_name, one.definition.category)
            done = f"{done}, submitted".removeprefix(", ")
        await self._keep(one, content_sid, found, now)
        return Step(one.full_name, done or "in place", found.state, found.reason)

    async def _keep(self, one: Wanted, content_sid: str, found: Approval, now: datetime) -> None:
        async with self._database.unit() as unit:
            await unit.templates.put(
                self._account,
                one.key,
                content_sid,
                one.definition.category,
                at=now,
                state=found.state,
                reason=found.reason,
            )

    async def _retire(self, wanted: Sequence[Wanted], there: dict[str, str]) -> AsyncIterator[Step]:
        """Delete old versions of what is approved by now, and what is not defined any more."""
        current = {one.full_name for one in wanted}
        async with self._database.reading() as unit:
            kept = await unit.templates.listed(self._account)
        replaced = {(one.name, one.lang) for one in kept if _name(one) in current and one.state == "approved"}
        waiting = {(one.name, one.lang) for one in wanted} - replaced
        for full_name, content_sid in there.items():
            if full_name not in current and _pair(full_name) not in waiting:
                yield await self._delete(full_name, content_sid)
        for one in kept:
            if one.content_sid not in there.values() and _name(one) not in current:
                async with self._database.unit() as unit:
                    await unit.templates.forget(self._account, one.content_sid)

    async def refresh(self, now: datetime) -> list[Step]:
        """Ask how every version stands and return those that stand otherwise than before."""
        async with self._database.reading() as unit:
            kept = await unit.templates.listed(self._account)
        changed = []
        for one in kept:
            try:
                found = await self._api.approval(one.content_sid)
            except TwilioRestException as error:
                if error.status != 404:
                    raise
                found = Approval("disabled", "it is no longer there")
            async with self._database.unit() as unit:
                await unit.templates.put(
                    self._account,
                    (one.name, one.lang, one.wording),
                    one.content_sid,
                    one.category,
                    at=now,
                    state=found.state,
                    reason=found.reason,
                )
            if (found.state, found.reason) != (one.state, one.reason):
                changed.append(Step(_name(one), "", found.state, found.reason))
        return changed

    async def delete(self) -> AsyncIterator[Step]:
        """Delete every template of ours at Twilio, and forget it."""
        for full_name, content_sid in (await self._api.named(PREFIX)).items():
            yield await self._delete(full_name, content_sid)
        async with self._database.unit() as unit:
            for one in await unit.templates.listed(self._account):
                await unit.templates.forget(self._account, one.content_sid)

    async def status(self) -> list[Step]:
        """Say how every wanted template stands, as far as is kept here."""
        async with self._database.reading() as unit:
            kept = {_name(one): one for one in await unit.templates.listed(self._account)}
        steps = []
        for one in WANTED:
            found = kept.pop(one.full_name, None)
            steps.append(
                Step(one.full_name, "", found.state, found.reason)
                if found
                else Step(one.full_name, "", "missing", "run: diwakhan whatsapp-templates sync")
            )
        return [*steps, *(Step(name, "old version", one.state, one.reason) for name, one in kept.items())]

    async def _delete(self, full_name: str, content_sid: str) -> Step:
        await self._api.delete(content_sid)
        async with self._database.unit() as unit:
            await unit.templates.forget(self._account, content_sid)
        return Step(full_name, "deleted")


def _name(one: KeptTemplate) -> str:
    return f"{PREFIX}{one.name}_{one.lang}_{one.wording}"


def _pair(full_name: str) -> tuple[str, str]:
    """Read the name and the language out of a full name."""
    found = re.fullmatch(rf"{PREFIX}([a-z_]+)_([a-z]{{2}})_[0-9a-f]{{12}}", full_name)
    return (found[1], found[2]) if found else ("", "")
