"""Everything that is linked to one person, gathered so that they can take it along.

What cannot be linked to them is not here: sent anonymous answers, and registrations counted after erasure.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.store import Store
from storage.tables import (
    addresses,
    announcements,
    approvals,
    event_texts,
    events,
    join_requests,
    link_codes,
    members,
    organisations,
    outbox,
    poll_texts,
    poll_votes,
    polls,
    registrations,
    survey_answers,
    survey_drafts,
    surveys,
)

Record = dict[str, Any]


class Portability(Store):
    """Reads across aggregates on behalf of the one person whom the rows are about."""

    async def everything(self, member_id: int) -> Record:
        """Return all of it as plain JSON values; times in UTC, ISO 8601."""
        return {
            "person": await self._person(member_id),
            "chat_addresses": await self._addresses(member_id),
            "code_for_linking_an_app": await self._link_code(member_id),
            "join_requests": await self._join_requests(member_id),
            "registrations": await self._registrations(member_id),
            "poll_votes": await self._votes(member_id),
            "survey_answers": await self._answers(member_id),
            "survey_answers_under_way": await self._drafts(member_id),
            "written_by_you": await self._written(member_id),
            "colleagues_you_proposed": await self.unit.nominations.records(member_id),
            "questions_to_coordinators": await self.unit.questions.records(member_id),
            "suggested_topics": await self.unit.suggestions.records(member_id),
            "organisations_over_time": await self.unit.profiles.history(member_id),
            "messages_passed_on": await self.unit.relays.records(member_id),
            "days_attended": await self.unit.attendance.records(member_id),
            "said_about_coming": await self.unit.intentions.records(member_id),
            "said_of_yourself_for_reports": await self.unit.traits.records(member_id),
            "certificates": await self.unit.certificates.records(member_id),
            "links_to_survey_pages": await self.unit.answer_links.records(member_id),
            "calendar_address": await self.unit.calendars.records(member_id),
            "pin": await self._pin(member_id),
            "asked_of_other_coordinators": await self._approvals(member_id),
            "coffee_rounds": await self.unit.coffee.records(member_id),
            "mentorship": await self.unit.mentoring.records(member_id),
            "grants_and_labs": await self.unit.calls.records(member_id),
            "messages_sent_to_you": await self._messages(member_id),
        }

    async def _person(self, member_id: int) -> Record:
        row = await self.one(
            sa.select(members, organisations.c.name_en.label("organisation"))
            .outerjoin(organisations, organisations.c.id == members.c.organisation_id)
            .where(members.c.id == member_id)
        )
        if row is None:
            return {}
        await self.unit.keys.load(row.name_sealed)
        return {
            "number": row.id,
            "name": self.unit.keys.open_text(row.name_sealed, "members", "name", row.id),
            "language": row.lang,
            "role": row.role,
            "organisation": row.organisation,
            "privacy_notice_agreed": row.consent_version,
            "privacy_notice_agreed_at": _iso(row.consented_at),
            "messages_stopped": row.silenced,
            "second_time_zone": row.zone,
            "prefers_to_meet": row.meets,
            "closed_for_now": row.hold,
            "kinds_of_messages_turned_off": [kind for kind in row.muted.split(",") if kind],
            "here_since": _iso(row.created_at),
            "last_seen_on": row.seen_on.isoformat(),
            "asked_whether_to_stay_on": row.asked_on.isoformat() if row.asked_on else None,
            "asked_a_last_time_on": row.warned_on.isoformat() if row.warned_on else None,
        }

    async def _addresses(self, member_id: int) -> list[Record]:
        rows = await self.all(sa.select(addresses).where(addresses.c.member_id == member_id))
        await self.unit.keys.load_column(rows, "peer_sealed")
        opened = self.unit.keys.open_text
        return [
            {
                "channel": row.channel,
                "address": opened(row.peer_sealed, "addresses", "peer", row.id),
                "reachable": row.reachable,
                "announcements_come_here_first": row.preferred,
                "last_heard_at": _iso(row.heard_at),
            }
            for row in rows
        ]

    async def _link_code(self, member_id: int) -> list[Record]:
        rows = await self.all(sa.select(link_codes).where(link_codes.c.member_id == member_id))
        return [{"made_at": _iso(row.made_at), "works_until": _iso(row.expires_at)} for row in rows]

    async def _pin(self, member_id: int) -> list[Record]:
        found = await self.unit.pins.get(member_id)
        return [] if found is None else [{"set_at": _iso(found.set_at), "wrong_tries": found.wrong}]

    async def _approvals(self, member_id: int) -> list[Record]:
        rows = await self.all(
            sa.select(approvals).where(
                sa.or_(approvals.c.asker_id == member_id, approvals.c.approver_id == member_id)
            )
        )
        return [
            {
                "what": row.act,
                "asked_by_you": row.asker_id == member_id,
                "state": row.state,
                "at": _iso(row.asked_at),
            }
            for row in rows
        ]

    async def _join_requests(self, member_id: int) -> list[Record]:
        rows = await self.all(
            sa.select(join_requests.c.state, join_requests.c.asked_at, organisations.c.name_en)
            .join(organisations, organisations.c.id == join_requests.c.organisation_id)
            .where(join_requests.c.member_id == member_id)
            .order_by(join_requests.c.id)
        )
        return [{"organisation": row.name_en, "state": row.state, "at": _iso(row.asked_at)} for row in rows]

    async def _registrations(self, member_id: int) -> list[Record]:
        rows = await self.all(
            sa.select(
                registrations.c.id.label("registration_id"),
                registrations.c.state,
                registrations.c.reason_sealed,
                registrations.c.joined_at,
                registrations.c.changed_at,
                events.c.id,
                events.c.kind,
                events.c.starts_at,
            )
            .join(events, events.c.id == registrations.c.event_id)
            .where(registrations.c.member_id == member_id)
            .order_by(registrations.c.id)
        )
        await self.unit.keys.load_column(rows, "reason_sealed")
        titles = await self._titles({row.id for row in rows})
        return [
            {
                "event": titles.get(row.id, {}),
                "kind": row.kind,
                "starts_at": _iso(row.starts_at),
                "state": row.state,
                "why_you_were_chosen_or_not": self.unit.keys.open_text(
                    row.reason_sealed, "registrations", "reason", row.registration_id
                ),
                "registered_at": _iso(row.joined_at),
                "changed_at": _iso(row.changed_at),
            }
            for row in rows
        ]

    async def _titles(self, event_ids: set[int]) -> dict[int, dict[str, str]]:
        rows = await self.all(
            sa.select(event_texts.c.event_id, event_texts.c.lang, event_texts.c.title).where(
                event_texts.c.event_id.in_(event_ids)
            )
        )
        titles: dict[int, dict[str, str]] = {}
        for row in rows:
            titles.setdefault(row.event_id, {})[row.lang] = row.title
        return titles

    async def _votes(self, member_id: int) -> list[Record]:
        rows = await self.all(
            sa.select(poll_texts.c.question, poll_texts.c.options, poll_votes.c.choice)
            .select_from(poll_votes)
            .join(polls, polls.c.id == poll_votes.c.poll_id)
            .join(poll_texts, sa.and_(poll_texts.c.poll_id == polls.c.id, poll_texts.c.lang == polls.c.lang))
            .where(poll_votes.c.member_id == member_id)
            .order_by(polls.c.id)
        )
        return [{"question": row.question, "choice": _choice(row.options, row.choice)} for row in rows]

    async def _answers(self, member_id: int) -> list[Record]:
        rows = await self.all(
            sa.select(survey_answers.c.id, survey_answers.c.answers_sealed, surveys.c.event_id)
            .join(surveys, surveys.c.id == survey_answers.c.survey_id)
            .where(survey_answers.c.member_id == member_id)
            .order_by(surveys.c.id)
        )
        titles = await self._titles({row.event_id for row in rows})
        await self.unit.keys.load_column(rows, "answers_sealed")
        opened = self.unit.keys.open_text
        return [
            {
                "event": titles.get(row.event_id, {}),
                "answers": json.loads(opened(row.answers_sealed, "survey_answers", "answers", row.id.hex())),
            }
            for row in rows
        ]

    async def _drafts(self, member_id: int) -> list[Record]:
        rows = await self.all(
            sa.select(survey_drafts, surveys.c.event_id)
            .join(surveys, surveys.c.id == survey_drafts.c.survey_id)
            .where(survey_drafts.c.member_id == member_id)
            .order_by(surveys.c.id)
        )
        titles = await self._titles({row.event_id for row in rows})
        return [
            {
                "event": titles.get(row.event_id, {}),
                "answers": json.loads(
                    self.unit.vault.open(
                        row.answers_sealed, "survey_drafts", "answers", f"{row.survey_id}|{member_id}"
                    )
                ),
                "changed_at": _iso(row.touched_at),
            }
            for row in rows
        ]

    async def _written(self, member_id: int) -> list[Record]:
        found = []
        for what, table in (("announcement", announcements), ("poll", polls)):
            rows = await self.all(
                sa.select(table.c.id, table.c.created_at)
                .where(table.c.author_id == member_id)
                .order_by(table.c.id)
            )
            found += [{"what": what, "number": row.id, "at": _iso(row.created_at)} for row in rows]
        return found

    async def _messages(self, member_id: int) -> list[Record]:
        rows = await self.all(
            sa.select(outbox.c.kind, outbox.c.channel, outbox.c.state, outbox.c.created_at)
            .where(outbox.c.member_id == member_id)
            .order_by(outbox.c.id)
        )
        return [
            {"kind": row.kind, "channel": row.channel, "state": row.state, "at": _iso(row.created_at)}
            for row in rows
        ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _choice(options: Any, at: int) -> str | int:
    return str(options[at]) if isinstance(options, list) and 0 <= at < len(options) else at
