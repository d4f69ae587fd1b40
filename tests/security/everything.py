"""A community in which every kind of row about a person exists, each with a canary to look for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.conversations import Conversation
from storage.surveys import Sending
from storage.unit import Unit
from tests.storage.people import opened, past_event, registered

CANARY = "قناري-canary"
PHONE = "+9647712345678"


@dataclass(frozen=True, slots=True)
class Told:
    """One person, and every text that is theirs."""

    member_id: int
    address_id: int
    peer: str
    texts: tuple[str, ...]


async def somebody(unit: Unit, now: datetime, mark: str = "one", peer: str = PHONE) -> Told:
    """Bring in a person who has done everything that leaves a text here."""

    def say(what: str) -> str:
        return f"{CANARY}-{mark}-{what}"

    member = await unit.members.add(at=now, lang="ku", role="member")
    await unit.members.change(member.id, name=say("name"), state="active", consent_version=1)
    address = await unit.addresses.add(member.id, "whatsapp", "stage", peer)
    await unit.conversations.put(address.id, Conversation("ask", "text", ((say("offered"), "menu"),)), now)
    await unit.outbox.reply(f"reply|{mark}", address, say("screen"), at=now)
    question = await unit.questions.ask(member.id, say("question"), now)
    await unit.suggestions.add(member.id, "webinar", "ku", say("suggestion"), now)
    named, box = await past_event(unit, now, survey_mode="named"), await past_event(unit, now)
    for event in (named, box):
        await unit.registrations.add(event.id, member.id, None, "confirmed", now)
    (registration,) = [await unit.registrations.of(named.id, member.id)]
    assert registration is not None
    await unit.registrations.keep_reason(registration.id, say("reason"))
    nomination = await unit.nominations.begin(named.id, member.id, say("nominee"), now)
    await unit.nominations.pass_on(nomination, say("why"), "waiting")
    survey = await opened(unit, named.id, "named", now)
    assert await unit.surveys.send(survey.id, member.id, {"comment": say("answer")}, now) is Sending.TAKEN
    sealed = await opened(unit, box.id, "anonymous", now)
    await unit.surveys.keep_draft(sealed.id, member.id, {"comment": say("draft")}, now)
    (other,) = await registered(unit, box.id, 1, now)
    relay = await unit.relays.open("coffee", member.id, (member.id, other), now)
    await unit.relays.write(relay, member.id, say("relayed"), now)
    await unit.inbox.attempt("whatsapp", "stage", f"wa-{mark}", now)
    await unit.inbox.park("whatsapp", "stage", f"wa-{mark}", error="ValueError", payload=say("parked"))
    await unit.files.add(
        say("file.json"),
        "application/json",
        say("body").encode(),
        at=now,
        expires_at=now + timedelta(hours=1),
    )
    whats = (
        "name", "offered", "screen", "question", "suggestion", "reason", "nominee", "why", "answer", "draft",
        "relayed", "parked", "file.json", "body",
    )  # fmt: skip
    assert question.id
    return Told(member.id, address.id, peer, tuple(map(say, whats)))
