"""Which way a message goes; the SELECT that counts ways agrees with the rule for every kind of person."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from handlers.rules.routes import ByOpener, ByTemplate, Free, NotAtAll, route
from storage.audience import Audience, Ways
from storage.unit import Unit

HOUR = timedelta(hours=1)
NAMES = {Free: "free", ByTemplate: "template", ByOpener: "opener", NotAtAll: "none"}


def test_the_window_decides_first_then_the_template_then_the_opener(now: datetime) -> None:
    both = {("reminder", "ar"), ("opener", "ar"), ("opener", "en")}
    assert route(now + HOUR, now, "reminder", ("ar", "ar"), both) == Free()
    assert route(None, now, "reminder", ("ar", "ar"), both) == Free()
    assert route(now, now, "reminder", ("ar", "ar"), both) == ByTemplate("reminder", "ar")
    assert route(now, now, "reminder", ("en", "ar"), both) == ByOpener("en")
    assert route(now, now, "reminder", ("ku", "en"), both) == ByOpener("en")
    assert route(now, now, "", ("ku", "ku"), both) == ByOpener("ar")
    assert route(now, now, "", ("en", "ar"), {("opener", "ar")}) == ByOpener("ar")
    assert route(now, now, "reminder", ("en", "en"), {("reminder", "ar")}) == NotAtAll()


async def test_the_count_agrees_with_the_rule(unit: Unit, now: datetime) -> None:
    windows = (now - HOUR, now, now + HOUR)
    people = list(itertools.product(windows, ("en", "ar", "ku"), ("en", "ar")))
    for number, (window, lang, second) in enumerate(people):
        member = await unit.members.add(at=now, lang=lang)
        await unit.members.change(member.id, state="active", consent_version=1, second_lang=second)
        address = await unit.addresses.add(member.id, "whatsapp", "whatsapp:+1", f"whatsapp:+{number:09d}")
        await unit.addresses.heard(address.id, now - 3 * HOUR, window)
    keys = [("announced", "en"), ("announced", "ar"), ("opener", "en"), ("opener", "ar")]
    for size in range(len(keys) + 1):
        for approved in itertools.combinations(keys, size):
            for template in ("announced", ""):
                ways = [
                    NAMES[type(route(window, now, template, (lang, second), approved))]
                    for window, lang, second in people
                ]
                langs = [lang for name, lang in approved if name == template]
                opener = any(name == "opener" for name, _ in approved)
                counted = await unit.announcements.ways(Audience(), "", now, langs, opener=opener)
                assert counted == Ways(**{way: ways.count(way) for way in set(ways)})
                assert counted.total == len(people)
