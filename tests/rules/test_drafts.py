"""What a draft lacks, links found in what people paste, and calendar entries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.drafts import LONGEST_LINK, Gap, Obstacle, gaps, lacks_link, link_in, obstacles
from handlers.rules.entry import Entry, ics, web_link
from storage.events import Event, Texts
from tests.rules.test_seats import EVENT, NOW

DRAFT = replace(EVENT, state="draft", texts={"ar": Texts(title="ندوة")})


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"texts": {}}, [Obstacle.NO_TITLE]),
        ({"starts_at": None}, [Obstacle.NO_TIME]),
        ({"texts": {}, "starts_at": None}, [Obstacle.NO_TITLE, Obstacle.NO_TIME]),
        ({"starts_at": NOW}, [Obstacle.PAST]),
        ({"closes_at": NOW}, [Obstacle.DEADLINE]),
        ({"closes_at": NOW + timedelta(days=2)}, [Obstacle.DEADLINE]),
        ({"closes_at": NOW + timedelta(days=1)}, []),
    ],
)
def test_obstacles(changes: dict[str, object], found: list[Obstacle]) -> None:
    assert obstacles(replace(DRAFT, **changes), NOW) == found  # type: ignore[arg-type]


def test_gaps_name_the_languages_and_places_count_only_in_person() -> None:
    assert gaps(DRAFT) == [Gap("title", ("en", "ku")), Gap("description", ("en", "ar", "ku"))]
    assert Gap("place", ("en", "ar", "ku")) in gaps(replace(DRAFT, mode="hybrid"))
    assert lacks_link(DRAFT)
    assert not lacks_link(replace(DRAFT, mode="in_person"))
    assert not lacks_link(replace(DRAFT, join_link="https://a.org"))


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("https://meet.example.org/a-b", "https://meet.example.org/a-b"),
        ("اضغط هنا: https://z.example.org/j/1?pwd=x، شكرا", "https://z.example.org/j/1?pwd=x"),
        ("HTTPS://Meet.Example.org", "HTTPS://Meet.Example.org"),
        ("meet.example.org", ""),
        ("javascript:alert(1)", ""),
        ("https://localhost", ""),
        ("https://a.org/" + "x" * LONGEST_LINK, ""),
    ],
)
def test_links_are_found_in_what_people_paste(typed: str, link: str) -> None:
    assert link_in(typed) == link


@given(st.text())
def test_a_link_never_holds_white_space_and_never_fails(typed: str) -> None:
    link = link_in(typed)
    assert not link or (link.lower().startswith("http") and not any(char.isspace() for char in link))


# The calendar library takes a typed \N for a line break, as RFC 5545 writes one.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), min_size=1, max_size=80
)


@given(texts, texts, texts)
def test_a_calendar_entry_is_read_back_by_a_calendar(title: str, description: str, place: str) -> None:
    entry = Entry(title, description, place, "جماعة", "cop@example.org")
    calendar = icalendar.Calendar.from_ical(ics(EVENT, entry, NOW))
    (component,) = calendar.walk("VEVENT")
    assert component["summary"] == title
    assert component["uid"] == "u@diwakhan"
    assert (component.start, component.end) == (EVENT.starts_at, EVENT.ends_at)
    assert component["dtstamp"].dt == NOW
    assert str(component["organizer"]) == "mailto:cop@example.org"
    assert calendar["method"] == "PUBLISH"


def test_a_cancelled_event_takes_its_entry_out_of_the_calendar() -> None:
    event: Event = replace(EVENT, state="cancelled", sequence=3)
    calendar = icalendar.Calendar.from_ical(ics(event, Entry("t", "", "", "o", ""), NOW))
    (component,) = calendar.walk("VEVENT")
    assert (calendar["method"], component["status"], component["sequence"]) == ("CANCEL", "CANCELLED", 3)
    assert "description" not in component


def test_the_web_link_says_the_time_in_utc() -> None:
    link = web_link(EVENT, Entry("ندوة & more", "", "قاعة", "", ""))
    assert "dates=20260302T090000Z%2F20260302T100000Z" in link
    assert " " not in link
    assert "%26" in link


def test_an_event_without_a_time_has_no_entry() -> None:
    with pytest.raises(ValueError, match="without a time"):
        ics(replace(EVENT, starts_at=None), Entry("", "", "", "", ""), datetime.now(UTC))
