"""The demo: a community whose numbers are true by counting, a page for this machine alone, a clock that moves."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
import sqlalchemy as sa

from bot.demo import PERSONAS, invitation, seed, travel
from bot.demo.people import organisations
from bot.machine import Machine
from bot.pages.demo import UPLOAD_PATH
from bot.settings import Settings
from bot.web import application
from handlers.rules.kinds import KINDS
from handlers.rules.programme import standings
from locales import LANGUAGES, search_key
from storage.database import Database
from storage.invitations import canonical
from storage.progress import Progress
from storage.tables import events, files, members

HERE = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the demo's database and keys, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("filled")

    async def fill() -> None:
        async with running(folder):
            pass

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, fill()).result()
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """Return a folder of the test's own in which the demo has run before."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return tmp_path


@asynccontextmanager
async def running(folder: Path, **settings: object) -> AsyncIterator[Machine]:
    given = {"database_url": f"sqlite:///{folder / 'demo.db'}", "diwakhan_demo": True, **settings}
    machine = await Machine.open(Settings(_env_file=None, **given))
    await machine.start()
    try:
        yield machine
    finally:
        await machine.stop()


@asynccontextmanager
async def page(machine: Machine, base: str = HERE) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(machine))
    async with httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base}) as client:
        yield client


# --- the data -----------------------------------------------------------------------------------------------


async def test_filled_once_and_then_left_alone(database: Database, now: datetime) -> None:
    await seed(database, "demo", now)
    async with database.unit() as unit:
        before = [await unit.members.count(), len(await unit.events.past(now, limit=200))]
        address = await unit.addresses.find("browser", "demo", PERSONAS[0].peer)
        assert address is not None
        await unit.members.change(address.member_id, name="Another name")
    await seed(database, "demo", now + timedelta(days=3))
    async with database.reading() as unit:
        assert before == [await unit.members.count(), len(await unit.events.past(now, limit=200))]
        member = await unit.members.get(address.member_id)
    assert member is not None
    assert member.name == "Another name"


async def test_the_programme_is_true_by_counting(database: Database, now: datetime) -> None:
    await seed(database, "demo", now)
    async with database.reading() as unit:
        reached = {one.activity.kind: one for one in standings(await Progress(unit).held(now))}
        listed = await unit.organisations.listed("ar")
        headcounts = await unit.organisations.headcounts()
    done = {kind: one.done for kind, one in reached.items()}
    assert done == {
        "webinar": 5,
        "small_grant": 0,
        "training": 2,
        "mentorship": 9,
        "roundtable": 4,
        "collaboration_lab": 1,
        "coffee_chat": 4,
        "induction": 4,
        "workshop": 1,
    }
    assert reached["webinar"].remaining == 3
    assert len(listed) == len(headcounts) == 37
    assert len({name for one in listed for name in (one.name_en, one.name_ar, one.name_ku)}) == 111


async def test_people_of_every_role_and_language_have_settled_in(database: Database, now: datetime) -> None:
    await seed(database, "demo", now)
    seen = set()
    async with database.reading() as unit:
        for persona in PERSONAS:
            address = await unit.addresses.find("browser", "demo", persona.peer)
            assert address is not None
            member = await unit.members.get(address.member_id)
            assert member is not None
            assert (member.state, member.consented, member.name) == (
                "active",
                True,
                persona.names[persona.lang],
            )
            assert (member.organisation_id is not None) == bool(persona.organisation)
            seen.add((member.role, member.lang))
    assert {("member", lang) for lang in LANGUAGES} <= seen
    assert {("coordinator", lang) for lang in LANGUAGES} <= seen
    assert {("administrator", "en"), ("donor", "en")} <= seen
    slugs = {entry.slug for entry in organisations()}
    assert {one.organisation for one in PERSONAS if one.organisation} <= slugs


async def test_what_is_coming_looks_alive(database: Database, now: datetime) -> None:
    await seed(database, "demo", now)
    async with database.reading() as unit:
        coming = await unit.events.upcoming(now, limit=50)
        seats = {one.kind: (await unit.registrations.seats(one.id)).confirmed for one in coming}
        next_due = await unit.moments.first_after(now)
        drafts = await unit.events.drafts(limit=5)
    assert len({one.kind for one in coming}) == len(coming) >= 6
    assert {one.mode for one in coming} == {"online", "in_person", "hybrid"}
    for one in coming:
        assert one.kind in KINDS
        assert not one.missing("title")
        assert not one.missing("description")
        assert one.starts_at is not None
        assert timedelta() < one.starts_at - now < timedelta(days=30)
    roundtable = next(one for one in coming if one.kind == "roundtable")
    assert seats["roundtable"] + 1 == roundtable.capacity
    assert not roundtable.missing("place")
    assert next_due is not None
    assert next_due - now < timedelta(days=2)
    assert [one.missing("title") for one in drafts] == [("ku",)]


async def test_the_library_is_found_in_any_spelling(database: Database, now: datetime) -> None:
    await seed(database, "demo", now)
    async with database.reading() as unit:
        for typed in ("councils", "المجالس المحليه", "ئەنجومەنە ناوخۆییەکان"):
            found = await unit.materials.search(search_key(typed).split(), limit=20)
            assert {one.lang for one in found} == set(LANGUAGES), typed
        kinds = Counter(one.kind for one in await unit.materials.search([], limit=100))
    assert kinds == {"slides": 12, "tool": 6, "notes": 3}


async def test_the_librarys_files_are_real(database: Database, now: datetime) -> None:
    await seed(database, "demo", now)
    async with database.reading() as unit:
        for row in await unit.files.all(sa.select(files.c.id)):
            file, body = await unit.files.get(row.id), await unit.files.body(row.id)
            assert file is not None
            assert body is not None
            match file.name.rpartition(".")[2]:
                case "pdf":
                    assert body.startswith(b"%PDF-")
                    assert body.rstrip().endswith(b"%%EOF")
                case "png":
                    assert body.startswith(b"\x89PNG\r\n\x1a\n")
                case _:
                    with zipfile.ZipFile(io.BytesIO(body)) as archive:
                        assert archive.testzip() is None
                        for name in archive.namelist():
                            ElementTree.fromstring(archive.read(name))  # noqa: S314 - our own file


async def test_a_closed_survey_has_results_and_a_guest_has_a_code(database: Database, now: datetime) -> None:
    await seed(database, "demo", now)
    code = await invitation(database, now)
    assert code == await invitation(database, now)
    async with database.unit() as unit:
        surveys = await unit.surveys.newest(50)
        assert {(survey.state, survey.answered) for survey in surveys} == {("closed", 9), ("closed", 7)}
        assert len(await unit.surveys.answers(surveys[0].id)) == surveys[0].answered
        found = await unit.invitations.use(canonical(code), now)
    assert found is not None
    assert found.role == "member"


# --- the page -----------------------------------------------------------------------------------------------


async def test_there_is_no_page_without_the_demo(tmp_path: Path) -> None:
    async with running(tmp_path, diwakhan_demo=False) as machine, page(machine) as client:
        for path in ("/", "/demo/stream", "/demo/chat/coordinator", "/demo/static/chat.js"):
            assert (await client.get(path)).status_code == 404
        for path in ("/demo/say", "/demo/tap", "/demo/clock", UPLOAD_PATH):
            assert (await client.post(path, json={})).status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "", "["]
)
async def test_another_name_for_this_machine_is_refused(folder: Path, host: str) -> None:
    async with running(folder) as machine, page(machine) as client:
        for path in ("/", "/demo/chat/coordinator", "/demo/stream", "/demo/static/chat.js", "/demo/file/1"):
            assert (await client.get(path, headers={"Host": host})).status_code == 421
        posted = await client.post("/demo/clock", json={"step": "day"}, headers={"Host": host})
        assert posted.status_code == 421


async def test_another_page_may_change_nothing(folder: Path) -> None:
    async with running(folder) as machine, page(machine) as client:
        for origin in ("https://evil.example", "null", "", "http://127.0.0.1:9999", "https://127.0.0.1:8000"):
            for path in ("/demo/say", "/demo/tap", "/demo/clock", UPLOAD_PATH):
                refused = await client.post(path, json={"step": "day"}, headers={"Origin": origin})
                assert refused.status_code == 403
        del client.headers["Origin"]
        assert (await client.post("/demo/clock", json={"step": "day"})).status_code == 403


@pytest.mark.parametrize("base", [HERE, "http://localhost:8000", "http://[::1]:8000"])
async def test_the_page_speaks_three_languages_and_loads_nothing_foreign(folder: Path, base: str) -> None:
    async with running(folder) as machine, page(machine, base) as client:
        for lang, html in (("en", '<html lang="en" dir="ltr">'), ("ar", '<html lang="ar" dir="rtl">'),
                           ("ku", '<html lang="ckb" dir="rtl">')):  # fmt: skip
            shown = await client.get("/", params={"lang": lang})
            assert shown.status_code == 200
            assert html in shown.text
            assert "script-src 'self'" in shown.headers["content-security-policy"]
            assert "http" not in shown.text.replace("http-equiv", "").replace(base, "")
        assert '<html lang="ckb"' in (await client.get("/")).text
        for name in ("chat.css", "chat.js", "icon.svg", "tiles.svg"):
            assert (await client.get(f"/demo/static/{name}")).status_code == 200
        for name in ("demo.py", "chat.html", "..%2fdemo.py", "nothing"):
            assert (await client.get(f"/demo/static/{name}")).status_code == 404


async def test_the_language_is_guessed_from_the_browser(folder: Path) -> None:
    async with running(folder) as machine, page(machine) as client:
        for spoken, lang in (
            ("ckb-IQ,en;q=0.5", "ckb"),
            ("fr,ar;q=0.9", "ar"),
            ("de", "en"),
            ("," * 999, "en"),
        ):
            shown = await client.get("/", headers={"Accept-Language": spoken})
            assert f'<html lang="{lang}"' in shown.text
            client.cookies.clear()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/demo/say", b"", 400),
        ("/demo/say", b"{", 400),
        ("/demo/say", b"[" * 60_000, 400),
        ("/demo/say", b"x" * 70_000, 400),
        ("/demo/say", b'{"peer": "a b", "id": "1", "text": "hi"}', 400),
        ("/demo/say", b'{"peer": "guest-1", "id": "1", "text": 5}', 400),
        ("/demo/say", b"\xff\xfe", 400),
        ("/demo/tap", b'{"peer": "guest-1", "id": "1", "message": "1", "action": "coordinate"}', 409),
        ("/demo/tap", b'{"peer": "guest-1", "id": "1", "message": 99999999999999999999, "action": "x"}', 409),
        ("/demo/tap", b"[]", 400),
        ("/demo/clock", b'{"step": "year"}', 400),
        ("/demo/clock", b'{"step": ["day"]}', 400),
        (UPLOAD_PATH, b"abc", 400),
        ("/demo/say", b"x" * (2 * 1024 * 1024), 413),
        (UPLOAD_PATH, b"x" * (22 * 1024 * 1024), 413),
    ],
)
async def test_bad_posts_are_refused(folder: Path, path: str, body: bytes, status: int) -> None:
    async with running(folder) as machine, page(machine) as client:
        assert (await client.post(path, content=body)).status_code == status
        async with machine.database.reading() as unit:
            assert await unit.addresses.find("browser", "demo", "guest-1") is None


async def test_odd_addresses_are_not_found(folder: Path) -> None:
    async with running(folder) as machine, page(machine) as client:
        for path in ("/demo/chat/Upper", "/demo/chat/" + "x" * 41, "/demo/file/0", "/demo/file/" + "9" * 30):
            assert (await client.get(path)).status_code == 404


async def test_a_file_is_given_only_by_the_message_that_carries_it(folder: Path, now: datetime) -> None:
    async with running(folder) as machine, page(machine) as client:
        async with machine.database.unit() as unit:
            await unit.browser.add("guest-1", mine=False, body={"text": "no file"}, at=now)
            mine = {"file": {"id": 1, "name": "a", "mime": "text/plain", "size": 1}}
            await unit.browser.add("guest-1", mine=True, body=mine, at=now)
            for name, mime in (("a.html", "text/html"), ("صورة.png", "image/png")):
                file = await unit.files.add(name, mime, b"body", at=now)
                body = {"file": {"id": file.id, "name": name, "mime": mime, "size": 4, "picture": False}}
                await unit.browser.add("guest-1", mine=False, body=body, at=now)
        shown = (await client.get("/demo/chat/guest-1")).json()["messages"]
        answers = [await client.get(f"/demo/file/{one['id']}") for one in shown]
        assert [one.status_code for one in answers] == [404, 404, 200, 200]
        assert [one.headers["content-disposition"].partition(";")[0] for one in answers[2:]] == [
            "attachment",
            "inline",
        ]


async def test_said_twice_is_heard_once(folder: Path) -> None:
    async with running(folder) as machine, page(machine) as client:
        for _ in range(2):
            said = await client.post("/demo/say", json={"peer": "guest-1", "id": "1", "text": "/start"})
            assert said.status_code == 204
        async with machine.database.reading() as unit:
            known = await unit.members.scalar(
                sa.select(sa.func.count()).select_from(members).where(members.c.state == "new")
            )
        assert known == 1


# --- the clock ----------------------------------------------------------------------------------------------


async def test_time_moves_forward_stops_at_what_is_due_and_is_kept(folder: Path) -> None:
    async with running(folder) as machine:
        before = machine.time.now()
        async with machine.database.reading() as unit:
            found = await unit.moments.first_after(before), await unit.outbox.first_after(before, "browser")
        due = min(one for one in found if one is not None)
        assert await travel(machine, "next")
        assert timedelta() <= machine.time.now() - due < timedelta(seconds=30)
        async with machine.database.reading() as unit:
            first = await unit.events.upcoming(before, limit=1)
        assert first[0].starts_at is not None
        for _ in range(2):
            await travel(machine, "day")
        assert machine.time.now() > first[0].starts_at
        async with machine.database.reading() as unit:
            told = [one.body["title"] for one in await unit.browser.of(PERSONAS[0].peer)]
        title = first[0].title(PERSONAS[0].lang)
        assert sum(title in one for one in told) >= 1, told
        moved = machine.time.now()
    async with running(folder) as machine:
        assert machine.time.now() >= moved
        async with page(machine) as client:
            answer = await client.post("/demo/clock", json={"step": "hour"})
    assert answer.status_code == 200
    assert json.loads(answer.text)["moved"]


async def test_nothing_due_is_said_so(folder: Path) -> None:
    async with running(folder) as machine:
        async with machine.database.unit() as unit:
            await unit.moments.run(sa.text("DELETE FROM moments"))
            await unit.moments.run(sa.text("DELETE FROM outbox"))
            await unit.moments.run(events.delete())
        assert not await travel(machine, "next")
