"""Every table, in SQLAlchemy Core. Instants are UTC; `..._sealed` columns are vault ciphertext.

Personal fields are encrypted and bound to (table, column, row key); `..._index` columns hold a keyed HMAC so
that a value can be found without being readable. Texts in three languages live in their own `_texts` tables.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC microseconds so that both databases compare and sort it alike."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        """Refuse naive datetimes: an instant without a zone is a mistake, not a default."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        delta = value.astimezone(UTC) - EPOCH
        return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Give back an aware UTC datetime."""
        if value is None:
            return None

        return EPOCH + timedelta(microseconds=value)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Json = sa.JSON()
YES, NO = sa.text("true"), sa.text("false")
"""Defaults that both databases read: a migration spells SQLAlchemy's own as 1 and 0, which PostgreSQL refuses."""


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, primary_key=True, autoincrement=True)


def _random_id() -> sa.Column[int]:
    """A row key drawn before insertion (so that ciphertext can be bound to it) that counts nobody."""
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


def _ref(name: str, target: str, *, nullable: bool = False, ondelete: str = "CASCADE") -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, sa.ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable)


def _member(name: str = "member_id", *, nullable: bool = False, ondelete: str = "CASCADE") -> sa.Column[int]:
    return _ref(name, "members", nullable=nullable, ondelete=ondelete)


def _state(default: str) -> sa.Column[str]:
    return sa.Column("state", sa.String(24), nullable=False, server_default=default)


def _lang(name: str = "lang") -> sa.Column[str]:
    return sa.Column(name, sa.String(2), nullable=False)


# --- people -------------------------------------------------------------------------------------------------

organisations = sa.Table(
    "organisations",
    metadata,
    _id(),
    sa.Column("slug", sa.String(64), nullable=False, unique=True),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("name_ar", sa.String(200), nullable=False),
    sa.Column("name_ku", sa.String(200), nullable=False),
    sa.Column(
        "kind", sa.String(16), nullable=False, server_default="prime"
    ),  # prime | subgrantee | organiser | donor
    sa.Column("governorate", sa.String(40), nullable=False, server_default=""),
    sa.Column("active", sa.Boolean, nullable=False, server_default=YES),
)

members = sa.Table(
    "members",
    metadata,
    _random_id(),
    sa.Column("name_sealed", sa.LargeBinary),
    sa.Column("lang", sa.String(2), nullable=False, server_default=""),  # "" until chosen
    sa.Column("second_lang", sa.String(2), nullable=False, server_default="ar"),  # where theirs can't be sent
    sa.Column("role", sa.String(16), nullable=False, server_default="guest"),
    # role: guest | member | coordinator | administrator | donor
    _state("new"),  # new (language, privacy not settled) | active
    _ref("organisation_id", "organisations", nullable=True, ondelete="SET NULL"),
    sa.Column("consent_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("consented_at", Instant),
    sa.Column("silenced", sa.Boolean, nullable=False, server_default=NO),  # said a stop word
    sa.Column(
        "muted", sa.String(200), nullable=False, server_default=""
    ),  # e.g. ",polls,surveys,": not wanted
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_on", sa.Date, nullable=False),  # a day, never a moment
    sa.Column("asked_on", sa.Date),  # whether they want to stay; answered by being seen then or later
    sa.Column("warned_on", sa.Date),  # that they are forgotten without an answer
    sa.Column("wrong_codes", sa.Integer, nullable=False, server_default="0"),  # tried since the moment below
    sa.Column("wrong_codes_since", Instant),
    sa.Column("zone", sa.String(40), nullable=False, server_default=""),  # shown beside Baghdad's time
    sa.Column(
        "meets", sa.String(12), nullable=False, server_default=""
    ),  # prefers in_person | online | either; "" until said
    sa.Column(
        "hold", sa.String(8), nullable=False, server_default=""
    ),  # "" | locked (by themselves) | frozen
)

pins = sa.Table(  # what opens a coordinator's tools: a PIN, and an authenticator's key where chats keep what is typed
    "pins",
    metadata,
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("pin_sealed", sa.LargeBinary),  # salt and argon2id of the PIN
    sa.Column("code_key_sealed", sa.LargeBinary),  # the key of an authenticator app (RFC 6238)
    sa.Column("code_step", sa.BigInteger, nullable=False, server_default="0"),  # the last step that was used
    sa.Column("code_proven", sa.Boolean, nullable=False, server_default=NO),  # a first code was right
    sa.Column("set_at", Instant, nullable=False),
    sa.Column("wrong", sa.Integer, nullable=False, server_default="0"),  # since it was last right
    sa.Column("blocked_until", Instant),
    sa.Column("open_in", sa.BigInteger),  # the chat that it was last opened in
    sa.Column("open_until", Instant),
)

approvals = sa.Table(  # what one coordinator asked for and another has to agree to
    "approvals",
    metadata,
    _id(),
    sa.Column("act", sa.String(24), nullable=False),
    sa.Column("args", Json, nullable=False),
    sa.Column("signed", sa.String(64), nullable=False),  # a digest of exactly what was asked for
    sa.Column("people", sa.Integer, nullable=False, server_default="0"),
    _member("asker_id"),
    _member("approver_id", nullable=True, ondelete="SET NULL"),
    _state("waiting"),  # waiting | alone | approved | done | declined | undone | void
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("runs_at", Instant),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Index("ix_approvals_state", "state", "runs_at"),
)

removals = sa.Table(  # messages that are to be taken out of a chat
    "removals",
    metadata,
    _id(),
    _ref("address_id", "addresses"),
    sa.Column(
        "message", sa.String(170), nullable=False
    ),  # the provider's id, or "key:" and the key of a reply
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.UniqueConstraint("address_id", "message"),
)

member_keys = sa.Table(  # each person's own key; whoever was found to be two people has two. See storage.keys
    "member_keys",
    metadata,
    _random_id(),
    _member(),
    sa.Column("key_sealed", sa.LargeBinary, nullable=False),
    sa.Index("ix_member_keys_member_id", "member_id"),
)

addresses = sa.Table(
    "addresses",
    metadata,
    _random_id(),
    _member(),
    sa.Column("channel", sa.String(16), nullable=False),  # telegram | whatsapp | browser
    sa.Column("account", sa.String(64), nullable=False),  # which bot or sender of ours
    sa.Column("peer_sealed", sa.LargeBinary, nullable=False),  # the provider's opaque address of the person
    sa.Column("peer_index", sa.LargeBinary, nullable=False),
    sa.Column(
        "reachable", sa.String(16), nullable=False, server_default="yes"
    ),  # yes | blocked | unreachable
    sa.Column(
        "window_until", Instant
    ),  # until when free-form text may be sent; null: no window on this channel
    sa.Column("heard_at", Instant),
    sa.Column("preferred", sa.Boolean, nullable=False, server_default=NO),  # announcements go here
    sa.Column(
        "in_doubt", sa.Boolean, nullable=False, server_default=NO
    ),  # silent for so long that the number may be somebody else's by now
    sa.UniqueConstraint("channel", "account", "peer_index"),
    sa.Index("ix_addresses_member_id", "member_id"),
)

link_codes = sa.Table(  # a person's live code for linking another app: shown in one, typed in the other
    "link_codes",
    metadata,
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _ref("address_id", "addresses"),  # where it is shown
    sa.Column("seed", sa.LargeBinary, nullable=False),
    sa.Column("code_index", sa.LargeBinary, nullable=False, unique=True),
    _ref("typed_at_id", "addresses", nullable=True),  # where it was typed first: nobody else can use it then
    sa.Column("asked", sa.Boolean, nullable=False, server_default=NO),  # waits for its maker's yes
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

link_tries = sa.Table(  # wrong codes of late, by chat: leaving does not begin the count anew
    "link_tries",
    metadata,
    sa.Column("peer_index", sa.LargeBinary, primary_key=True),
    sa.Column("wrong", sa.Integer, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sqlite_with_rowid=False,
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column(
        "address_id",
        sa.BigInteger,
        sa.ForeignKey("addresses.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "state_sealed", sa.LargeBinary, nullable=False
    ),  # JSON: the waiting Ask, the choices last offered
    sa.Column("touched_at", Instant, nullable=False),
)

invitations = sa.Table(
    "invitations",
    metadata,
    _id(),
    sa.Column("code_hash", sa.LargeBinary, nullable=False, unique=True),
    _ref("organisation_id", "organisations", nullable=True),
    sa.Column("role", sa.String(16), nullable=False, server_default="member"),
    sa.Column("uses_left", sa.Integer, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

join_requests = sa.Table(
    "join_requests",
    metadata,
    _id(),
    _member(),
    _ref("organisation_id", "organisations"),
    _state("waiting"),  # waiting | approved | declined | withdrawn
    sa.Column("asked_at", Instant, nullable=False),
    sa.Index(
        "uq_join_requests_waiting",
        "member_id",
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)

# --- files and materials ------------------------------------------------------------------------------------

files = sa.Table(
    "files",
    metadata,
    _random_id(),
    sa.Column("name_sealed", sa.LargeBinary, nullable=False),
    sa.Column("mime", sa.String(127), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("body_sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),  # generated files (exports, charts, calendar entries) go away
)

file_references = sa.Table(  # what a provider calls a file we already uploaded once
    "file_references",
    metadata,
    sa.Column(
        "file_id",
        sa.BigInteger,
        sa.ForeignKey("files.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("channel", sa.String(16), primary_key=True),
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("remote", sa.Text, nullable=False),
)

media_links = sa.Table(  # short-lived addresses of our own from which a provider or a calendar fetches a file
    "media_links",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    _ref("file_id", "files"),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("fetches_left", sa.Integer, nullable=False),
)

materials = sa.Table(
    "materials",
    metadata,
    _id(),
    _ref("event_id", "events", nullable=True, ondelete="SET NULL"),
    sa.Column("kind", sa.String(16), nullable=False),  # slides | tool | recording | notes | paper | other
    sa.Column("title", sa.String(200), nullable=False),  # as its coordinator wrote it, in its own language
    sa.Column("search_key", sa.Text, nullable=False, server_default=""),  # folded words, see locales.fold
    _lang(),
    _ref("file_id", "files", nullable=True),
    sa.Column("link", sa.Text, nullable=False, server_default=""),
    _ref("organisation_id", "organisations", nullable=True, ondelete="SET NULL"),  # who made it
    _state("published"),  # draft | published | withdrawn
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("day", sa.SmallInteger, nullable=False, server_default="0"),  # of the event; 0: of all of it
    sa.Index("ix_materials_event_id", "event_id"),
)

# --- events and registrations -------------------------------------------------------------------------------

series = sa.Table(  # events that belong together, of which so many are planned
    "series",
    metadata,
    _id(),
    sa.Column(
        "token", sa.String(32), nullable=False, unique=True
    ),  # so that a repetition makes no second one
    sa.Column("planned", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)

series_texts = sa.Table(
    "series_texts",
    metadata,
    sa.Column(
        "series_id",
        sa.BigInteger,
        sa.ForeignKey("series.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("lang", sa.String(2), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    _id(),
    sa.Column("uid", sa.String(64), nullable=False, unique=True),  # stable, for calendars
    sa.Column("kind", sa.String(24), nullable=False),  # a name of handlers.rules.kinds
    _state("draft"),  # draft | published | cancelled
    sa.Column(
        "revision", sa.Integer, nullable=False, server_default="1"
    ),  # grows with every change people see
    sa.Column(
        "schedule_revision", sa.Integer, nullable=False, server_default="1"
    ),  # grows when the time changes
    sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),  # RFC 5545 SEQUENCE
    sa.Column("starts_at", Instant),
    sa.Column("local_start", sa.String(16), nullable=False, server_default=""),  # wall time, YYYY-MM-DDTHH:MM
    sa.Column("zone", sa.String(40), nullable=False, server_default="Asia/Baghdad"),
    sa.Column("minutes", sa.Integer, nullable=False, server_default="60"),
    sa.Column("mode", sa.String(10), nullable=False, server_default="online"),  # online | in_person | hybrid
    sa.Column("join_link_sealed", sa.LargeBinary),
    sa.Column("capacity", sa.Integer),  # null: no limit
    sa.Column("per_organisation", sa.Integer),  # most seats of one organisation; null: no limit
    sa.Column("approval", sa.Boolean, nullable=False, server_default=NO),  # coordinators choose who comes
    sa.Column("invite_only", sa.Boolean, nullable=False, server_default=NO),
    sa.Column("closes_at", Instant),  # registration deadline; null: until it starts
    sa.Column("reminders", Json, nullable=False, server_default="[]"),  # minutes before the start
    sa.Column(
        "survey_mode", sa.String(10), nullable=False, server_default="anonymous"
    ),  # anonymous | named | none
    sa.Column("plan", Json, nullable=False, server_default="[]"),  # days: [minutes after the start, minutes]
    sa.Column("certificate", sa.String(8), nullable=False, server_default=""),  # "" | all | most (days)
    sa.Column(
        "daily_survey", sa.Boolean, nullable=False, server_default=NO
    ),  # also after each day but the last
    sa.Column("room", sa.Integer),  # hybrid: most people in the room; null: no limit
    _ref("series_id", "series", nullable=True, ondelete="SET NULL"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("ix_events_state_starts_at", "state", "starts_at"),
    sa.Index("ix_events_series_id", "series_id"),
)

event_texts = sa.Table(
    "event_texts",
    metadata,
    sa.Column(
        "event_id",
        sa.BigInteger,
        sa.ForeignKey("events.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("lang", sa.String(2), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False, server_default=""),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("place", sa.String(300), nullable=False, server_default=""),
)

ACTIVE = ("invited", "applied", "waitlisted", "offered", "confirmed")
"""The states of a registration that is not over; a person has at most one of them for an event."""
ACTIVE_REGISTRATION = f"state IN ({', '.join(repr(state) for state in ACTIVE)})"

registrations = sa.Table(
    "registrations",
    metadata,
    _id(),
    _ref("event_id", "events"),
    _member(nullable=True, ondelete="SET NULL"),  # null once the person is erased: the count stays
    _ref("organisation_id", "organisations", nullable=True, ondelete="SET NULL"),
    _state("confirmed"),  # see storage.registrations
    sa.Column("joined_at", Instant, nullable=False),  # place in line
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("offer_until", Instant),  # offered: until when the seat is held
    _member("nominator_id", nullable=True, ondelete="SET NULL"),  # the colleague who proposed them
    sa.Column("kept_schedule", sa.Integer),  # schedule_revision of the event whose time they said suits them
    sa.Column("reason_sealed", sa.LargeBinary),  # why coordinators chose or declined them
    sa.Index(
        "uq_registrations_active",
        "event_id",
        "member_id",
        unique=True,
        sqlite_where=sa.text(ACTIVE_REGISTRATION),
        postgresql_where=sa.text(ACTIVE_REGISTRATION),
    ),
    sa.Index("ix_registrations_state_offer_until", "state", "offer_until"),
    sa.Index("ix_registrations_event_id_state", "event_id", "state", "joined_at"),
    sa.Index("ix_registrations_member_id", "member_id"),
)

nominations = sa.Table(  # colleagues proposed for an event, as their proposer wrote them
    "nominations",
    metadata,
    _random_id(),
    _ref("event_id", "events"),
    _member("author_id"),
    _state("begun"),  # begun | waiting | settled
    sa.Column("name_sealed", sa.LargeBinary, nullable=False),
    sa.Column("why_sealed", sa.LargeBinary),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_nominations_event_id_state", "event_id", "state"),
    sa.Index("ix_nominations_author_id", "author_id"),
)

moments = sa.Table(  # due moments: what the clock has to do for an event, each exactly once
    "moments",
    metadata,
    _id(),
    sa.Column("kind", sa.String(24), nullable=False),  # reminder | survey | announcement | ...
    sa.Column("subject_id", sa.BigInteger, nullable=False),
    sa.Column(
        "occurrence", sa.String(40), nullable=False
    ),  # e.g. minutes before, "r3" for the schedule revision
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("local_due", sa.String(16), nullable=False, server_default=""),
    sa.Column("zone", sa.String(40), nullable=False, server_default="Asia/Baghdad"),
    sa.Column("useful_until", Instant),  # later than this it is recorded as missed
    _state("waiting"),  # waiting | done | missed | withdrawn
    sa.Column("settled_at", Instant),
    sa.UniqueConstraint("kind", "subject_id", "occurrence"),
    sa.Index("ix_moments_state_due_at", "state", "due_at"),
)

# --- days, attendance, certificates -------------------------------------------------------------------------


def _event_key() -> sa.Column[int]:
    return sa.Column(
        "event_id",
        sa.BigInteger,
        sa.ForeignKey("events.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


def _member_key() -> sa.Column[int]:
    return sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


event_days = sa.Table(  # checking in on one day of an event; days are counted from 1
    "event_days",
    metadata,
    _event_key(),
    sa.Column("day", sa.SmallInteger, primary_key=True),
    sa.Column("code_sealed", sa.LargeBinary),
    sa.Column("code_index", sa.LargeBinary, unique=True),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),  # from then on who is not marked did not come
)

event_agendas = sa.Table(
    "event_agendas",
    metadata,
    _event_key(),
    sa.Column("day", sa.SmallInteger, primary_key=True),
    sa.Column("lang", sa.String(2), primary_key=True),
    sa.Column("points", Json, nullable=False),  # [begins, ends, text], minutes of the day
)

attendance = sa.Table(
    "attendance",
    metadata,
    _random_id(),
    _ref("event_id", "events"),
    sa.Column("day", sa.SmallInteger, nullable=False),
    _member(nullable=True, ondelete="SET NULL"),  # null: erased, or written down by a coordinator
    _ref("organisation_id", "organisations", nullable=True, ondelete="SET NULL"),  # as it was that day
    sa.Column("state", sa.String(8), nullable=False),  # present | partly | excused | absent
    sa.Column("how", sa.String(8), nullable=False),  # code | list | closing
    sa.Column("walk_in", sa.Boolean, nullable=False, server_default=NO),  # came without a seat
    sa.Column("name_sealed", sa.LargeBinary),  # of somebody without an account
    sa.Column("name_index", sa.LargeBinary),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("event_id", "day", "member_id"),
    sa.UniqueConstraint("event_id", "day", "name_index"),
    sa.Index("ix_attendance_member_id", "member_id"),
)

attendance_sheets = sa.Table(  # photographs of signed lists
    "attendance_sheets",
    metadata,
    _ref("event_id", "events"),
    sa.Column("day", sa.SmallInteger, nullable=False),
    sa.Column(
        "file_id",
        sa.BigInteger,
        sa.ForeignKey("files.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_attendance_sheets_event_id", "event_id", "day"),
)

intentions = sa.Table(  # whether those who have a seat say that they come, and how
    "intentions",
    metadata,
    _event_key(),
    _member_key(),
    sa.Column("coming", sa.String(8), nullable=False, server_default=""),  # "" | yes | partly | no
    sa.Column("way", sa.String(10), nullable=False, server_default=""),  # "" | online | in_person
    sa.Column("at", Instant, nullable=False),
)

certificates = sa.Table(
    "certificates",
    metadata,
    _random_id(),
    _ref("event_id", "events"),
    _member(nullable=True, ondelete="SET NULL"),
    sa.Column("number_sealed", sa.LargeBinary, nullable=False),
    sa.Column("number_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("name_sealed", sa.LargeBinary),  # as its holder wants to read it
    sa.Column("printed_at", Instant),  # from then on the name stays
    _state("issued"),  # issued | withdrawn
    sa.Column("issued_at", Instant, nullable=False),
    sa.UniqueConstraint("event_id", "member_id"),
    sa.Index("ix_certificates_member_id", "member_id"),
)

calendar_feeds = sa.Table(  # the private address under which a person's calendar finds their events
    "calendar_feeds",
    metadata,
    _member_key(),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("made_at", Instant, nullable=False),
)

# --- announcements, polls, surveys --------------------------------------------------------------------------

announcements = sa.Table(
    "announcements",
    metadata,
    _id(),
    _state("draft"),  # draft | scheduled | missed | sending | paused | stopped | done
    _ref("event_id", "events", nullable=True, ondelete="SET NULL"),  # carries a Register button
    sa.Column("audience", Json, nullable=False, server_default="{}"),
    _ref("file_id", "files", nullable=True, ondelete="SET NULL"),
    _member("author_id", nullable=True, ondelete="SET NULL"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("confirmed_at", Instant),
    sa.Column("send_at", Instant),  # the hour it waits for
    sa.Column("people", sa.Integer, nullable=False, server_default="0"),  # rows written when it was sent
    sa.Column("told_at", Instant),  # when its author was last told how far it has come
    sa.Column("finished_at", Instant),
)

announcement_texts = sa.Table(
    "announcement_texts",
    metadata,
    sa.Column(
        "announcement_id",
        sa.BigInteger,
        sa.ForeignKey("announcements.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("lang", sa.String(2), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)

polls = sa.Table(
    "polls",
    metadata,
    _id(),
    _state("draft"),  # draft | open | closed
    _lang(),  # the language its coordinator wrote it in, shown where a translation is missing
    sa.Column("audience", Json, nullable=False, server_default="{}"),
    _member("author_id", nullable=True, ondelete="SET NULL"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    sa.Column("shared_at", Instant),
)

poll_texts = sa.Table(
    "poll_texts",
    metadata,
    sa.Column(
        "poll_id",
        sa.BigInteger,
        sa.ForeignKey("polls.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("lang", sa.String(2), primary_key=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("options", Json, nullable=False),  # labels in order; an option's code is its position
)

poll_votes = sa.Table(
    "poll_votes",
    metadata,
    sa.Column(
        "poll_id",
        sa.BigInteger,
        sa.ForeignKey("polls.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("choice", sa.Integer, nullable=False),
)

surveys = sa.Table(
    "surveys",
    metadata,
    _id(),
    _ref("event_id", "events"),
    sa.Column("mode", sa.String(10), nullable=False),  # anonymous | named; fixed at creation
    _state("open"),  # open | closed
    sa.Column(
        "template", sa.String(24), nullable=False
    ),  # where its questions come from; "own": a coordinator's
    sa.Column("form", Json, nullable=False),  # the questions as they were when it opened, in every language
    sa.Column("invited", sa.Integer, nullable=False, server_default="0"),
    sa.Column("public_key", sa.LargeBinary),  # anonymous: X25519 key that seals the ballots
    sa.Column(
        "secret_sealed", sa.LargeBinary
    ),  # anonymous, while open: private key and tag key, by the vault
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("closes_at", Instant, nullable=False),
    sa.Column("answered", sa.Integer),  # how many had answered when it closed; null while open
    sa.Column(
        "day", sa.SmallInteger, nullable=False, server_default="0"
    ),  # of the event; 0: all of it; -1: before
    sa.UniqueConstraint("event_id", "day"),
)

survey_forms = (
    sa.Table(  # questions that coordinators wrote: for a part of an event, or kept to begin others with
        "survey_forms",
        metadata,
        _id(),
        _ref("event_id", "events", nullable=True),
        sa.Column(
            "part", sa.String(8), nullable=False
        ),  # event | day | before; "kept": a template of their own
        sa.Column("name", sa.String(60), nullable=False, server_default=""),  # of a template
        sa.Column("questions", Json, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.UniqueConstraint("event_id", "part"),
    )
)

survey_voters = sa.Table(  # anonymous: who has answered, as a keyed tag that dies with the survey's key
    "survey_voters",
    metadata,
    sa.Column(
        "survey_id",
        sa.BigInteger,
        sa.ForeignKey("surveys.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("tag", sa.LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

survey_ballots = sa.Table(  # anonymous, while open: sealed answers under random keys, no time
    "survey_ballots",
    metadata,
    sa.Column("id", sa.LargeBinary, primary_key=True),
    _ref("survey_id", "surveys"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Index("ix_survey_ballots_survey_id", "survey_id"),
    sqlite_with_rowid=False,
)

survey_answers = sa.Table(  # named at once; anonymous only after closing, shuffled, without a member
    "survey_answers",
    metadata,
    sa.Column("id", sa.LargeBinary, primary_key=True),
    _ref("survey_id", "surveys"),
    _member(nullable=True, ondelete="SET NULL"),
    sa.Column("answers_sealed", sa.LargeBinary, nullable=False),  # JSON: question code -> answer code or text
    sa.UniqueConstraint("survey_id", "member_id"),  # one answer each; those without a member do not clash
    sqlite_with_rowid=False,
)

answer_links = sa.Table(  # where somebody answers a survey on a page: one link each, gone once it was used
    "answer_links",
    metadata,
    sa.Column(
        "survey_id",
        sa.BigInteger,
        sa.ForeignKey("surveys.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("expires_at", Instant, nullable=False),
)

survey_drafts = sa.Table(  # answers under way; destroyed when sent or after seven days
    "survey_drafts",
    metadata,
    sa.Column(
        "survey_id",
        sa.BigInteger,
        sa.ForeignKey("surveys.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("answers_sealed", sa.LargeBinary, nullable=False),
    sa.Column("touched_at", Instant, nullable=False),
)

# --- the community among itself -----------------------------------------------------------------------------

questions = sa.Table(  # to the coordinators
    "questions",
    metadata,
    _random_id(),
    _member(),
    _state("waiting"),  # waiting | claimed | answered | closed
    _member("claimer_id", nullable=True, ondelete="SET NULL"),
    sa.Column("about", sa.String(40), nullable=False, server_default=""),  # what it was asked from
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("waiting_since", Instant, nullable=False),
    sa.Column("touched_at", Instant, nullable=False),
    sa.Index("ix_questions_state_touched_at", "state", "touched_at"),
    sa.Index("ix_questions_member_id", "member_id"),
)

question_words = sa.Table(
    "question_words",
    metadata,
    _random_id(),
    _ref("question_id", "questions"),
    sa.Column("number", sa.Integer, nullable=False),  # in the order in which they were written
    sa.Column("staff", sa.Boolean, nullable=False),  # written by a coordinator
    _member("author_id", nullable=True, ondelete="SET NULL"),
    sa.Column("text_sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_question_words_question_id", "question_id", "number"),
    sa.Index("ix_question_words_author_id", "author_id", "at"),
)

suggestions = sa.Table(  # topics for roundtables and webinars
    "suggestions",
    metadata,
    _random_id(),
    _member(nullable=True, ondelete="SET NULL"),
    sa.Column("kind", sa.String(24), nullable=False),
    _lang(),
    sa.Column("text_sealed", sa.LargeBinary, nullable=False),
    _state("open"),  # open | planned | announced | declined | withdrawn
    sa.Column("word_sealed", sa.LargeBinary),  # why it was declined: a code, or "=" and a text
    _ref("event_id", "events", nullable=True, ondelete="SET NULL"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Index("ix_suggestions_state", "state"),
)

suggestion_supports = sa.Table(
    "suggestion_supports",
    metadata,
    sa.Column(
        "suggestion_id",
        sa.BigInteger,
        sa.ForeignKey("suggestions.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
)

profiles = sa.Table(  # what an organisation agreed to show in the directory
    "profiles",
    metadata,
    sa.Column(
        "organisation_id",
        sa.BigInteger,
        sa.ForeignKey("organisations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _member("focal_id", nullable=True, ondelete="SET NULL"),  # who speaks for it
    sa.Column("themes", sa.String(200), nullable=False, server_default=""),  # codes, with commas
    sa.Column("places", sa.String(300), nullable=False, server_default=""),
    sa.Column("langs", sa.String(20), nullable=False, server_default=""),
    sa.Column("listed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("asks", sa.Boolean, nullable=False, server_default=sa.false()),  # takes questions
    sa.Column("shows_focal", sa.Boolean, nullable=False, server_default=sa.false()),
)

profile_lines = sa.Table(
    "profile_lines",
    metadata,
    sa.Column(
        "organisation_id",
        sa.BigInteger,
        sa.ForeignKey("organisations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("lang", sa.String(2), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)

memberships = sa.Table(  # who belonged where and when; counts stay where they were made
    "memberships",
    metadata,
    _id(),
    _member(nullable=True, ondelete="SET NULL"),
    _ref("organisation_id", "organisations"),
    sa.Column("since", Instant, nullable=False),
    sa.Column("until", Instant),
    sa.Index("ix_memberships_member_id", "member_id"),
)

directory_views = sa.Table(  # how many screens of the directory somebody opened on the last day they did
    "directory_views",
    metadata,
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
)

relays = sa.Table(  # conversations in which nobody sees a number
    "relays",
    metadata,
    _random_id(),
    sa.Column("kind", sa.String(16), nullable=False),  # organisation | coffee | mentorship
    sa.Column("subject_id", sa.BigInteger, nullable=False),
    _member("asker_id", nullable=True),
    sa.Column("touched_at", Instant, nullable=False),
    sa.Index("ix_relays_kind_subject_id", "kind", "subject_id"),
    sa.Index("ix_relays_asker_id", "asker_id", "touched_at"),
)

relay_people = sa.Table(
    "relay_people",
    metadata,
    sa.Column(
        "relay_id",
        sa.BigInteger,
        sa.ForeignKey("relays.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
)

relay_words = sa.Table(
    "relay_words",
    metadata,
    _random_id(),
    _ref("relay_id", "relays"),
    sa.Column("number", sa.Integer, nullable=False),  # in the order in which they were written
    _member("author_id"),
    sa.Column("text_sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_relay_words_relay_id", "relay_id", "number"),
    sa.Index("ix_relay_words_author_id", "author_id", "at"),
)

relay_blocks = sa.Table(  # who wants nothing more from whom
    "relay_blocks",
    metadata,
    sa.Column(
        "blocker_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "blocked_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
)

# --- mentorship ---------------------------------------------------------------------------------------------

mentor_offers = sa.Table(  # what somebody offers as a mentor, or seeks as a mentee: codes only
    "mentor_offers",
    metadata,
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("side", sa.String(8), primary_key=True),  # mentor | mentee
    _state("draft"),  # draft | open | paused
    sa.Column("themes", sa.String(200), nullable=False, server_default=""),  # codes, with commas
    sa.Column("langs", sa.String(20), nullable=False, server_default=""),
    sa.Column("places", sa.String(300), nullable=False, server_default=""),
    sa.Column("times", sa.String(60), nullable=False, server_default=""),
    sa.Column("capacity", sa.SmallInteger, nullable=False, server_default="1"),
    sa.Column("opened_at", Instant),
    sa.Index("ix_mentor_offers_side_state", "side", "state"),
)

pairs = sa.Table(
    "pairs",
    metadata,
    _random_id(),
    _member("mentor_id", nullable=True, ondelete="SET NULL"),  # null once erased: the count stays
    _member("mentee_id", nullable=True, ondelete="SET NULL"),
    _state("proposed"),  # proposed | active | closed | refused | lapsed | withdrawn
    sa.Column("mentor_said", sa.String(3), nullable=False, server_default=""),  # yes | no
    sa.Column("mentee_said", sa.String(3), nullable=False, server_default=""),
    sa.Column("mentor_fit", sa.String(6), nullable=False, server_default=""),  # good | unsure | no
    sa.Column("mentee_fit", sa.String(6), nullable=False, server_default=""),
    sa.Column("goal_sealed", sa.LargeBinary),
    sa.Column("ending", sa.String(10), nullable=False, server_default=""),  # met | partly | stopped | no_fit
    sa.Column("proposed_at", Instant, nullable=False),
    sa.Column("begun_at", Instant),
    sa.Column("touched_at", Instant, nullable=False),  # silence is counted from here
    sa.Column("nudged_at", Instant),
    sa.Column("closed_at", Instant),
    sa.Index("ix_pairs_mentor_id_state", "mentor_id", "state"),
    sa.Index("ix_pairs_mentee_id_state", "mentee_id", "state"),
    sa.Index("ix_pairs_state_touched_at", "state", "touched_at"),
)

pair_sessions = sa.Table(
    "pair_sessions",
    metadata,
    _random_id(),
    _ref("pair_id", "pairs"),
    sa.Column("held_on", sa.Date, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Column("mode", sa.String(10), nullable=False),  # online | in_person
    _state("logged"),  # logged | confirmed | disputed
    _member("author_id", nullable=True, ondelete="SET NULL"),
    sa.UniqueConstraint("pair_id", "held_on"),
    sa.Index("ix_pair_sessions_author_id", "author_id"),
)

pair_notes = sa.Table(  # for the two of them, nobody else
    "pair_notes",
    metadata,
    _random_id(),
    _ref("pair_id", "pairs"),
    _member("author_id"),
    sa.Column("text_sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_pair_notes_pair_id", "pair_id", "at"),
    sa.Index("ix_pair_notes_author_id", "author_id"),
)

# --- coffee rounds ------------------------------------------------------------------------------------------

coffee_rounds = sa.Table(  # who wants to meet somebody signs up, and is put together with somebody
    "coffee_rounds",
    metadata,
    _id(),
    _state("draft"),  # draft | open | paired
    sa.Column("closes_at", Instant, nullable=False),  # until when people sign up
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("paired_at", Instant),
    sa.Column("asked_at", Instant),  # when people were asked whether they met
)

coffee_groups = sa.Table(
    "coffee_groups",
    metadata,
    _id(),
    _ref("round_id", "coffee_rounds"),
    sa.Index("ix_coffee_groups_round_id", "round_id"),
)

coffee_guests = sa.Table(
    "coffee_guests",
    metadata,
    sa.Column(
        "round_id",
        sa.BigInteger,
        sa.ForeignKey("coffee_rounds.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _member_key(),
    _ref("group_id", "coffee_groups", nullable=True),  # null until pairs are made
    sa.Column("met", sa.String(3), nullable=False, server_default=""),  # yes | no; "" until said
    sa.Index("ix_coffee_guests_group_id", "group_id"),
    sa.Index("ix_coffee_guests_member_id", "member_id"),
)

# --- calls: small grants and collaboration labs -------------------------------------------------------------

calls = sa.Table(  # what people are invited to take part in until a deadline
    "calls",
    metadata,
    _id(),
    sa.Column("kind", sa.String(8), nullable=False),  # grant | lab
    _state("draft"),  # draft | open | closed
    _lang(),  # in which its coordinator wrote it first
    sa.Column("link", sa.Text, nullable=False, server_default=""),  # the application form
    sa.Column("deadline", Instant),
    sa.Column("paper_sent_at", Instant),  # when a lab's final paper went to everybody
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("ix_calls_kind_state", "kind", "state"),
)

call_texts = sa.Table(
    "call_texts",
    metadata,
    sa.Column(
        "call_id",
        sa.BigInteger,
        sa.ForeignKey("calls.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("lang", sa.String(2), primary_key=True),
    sa.Column("title", sa.String(120), nullable=False, server_default=""),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
)

call_people = sa.Table(  # who is interested in a grant, who works in a lab
    "call_people",
    metadata,
    sa.Column(
        "call_id",
        sa.BigInteger,
        sa.ForeignKey("calls.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("at", Instant, nullable=False),
)

grants = sa.Table(
    "grants",
    metadata,
    _random_id(),
    _ref("call_id", "calls"),
    _ref("organisation_id", "organisations"),
    _member("contact_id", nullable=True, ondelete="SET NULL"),
    _state("applied"),  # applied | declined | awarded | under_way | delivered
    _ref("material_id", "materials", nullable=True, ondelete="SET NULL"),  # the finished tool
    sa.Column("changed_at", Instant, nullable=False),
    sa.UniqueConstraint("call_id", "organisation_id"),
    sa.Index("ix_grants_organisation_id", "organisation_id"),
    sa.Index("ix_grants_contact_id", "contact_id"),
)

milestones = sa.Table(
    "milestones",
    metadata,
    _random_id(),
    _ref("grant_id", "grants"),
    sa.Column("what_sealed", sa.LargeBinary, nullable=False),
    sa.Column("due_on", sa.Date),  # null until it is said
    sa.Column("done", sa.Boolean, nullable=False, server_default=NO),
    sa.Index("ix_milestones_grant_id", "grant_id"),
)

papers = sa.Table(  # a lab's documents: drafts for its members, final ones for everybody
    "papers",
    metadata,
    _id(),
    _ref("call_id", "calls"),
    sa.Column("stage", sa.String(8), nullable=False),  # draft | final
    _lang(),
    sa.Column("version", sa.Integer, nullable=False),
    _ref("file_id", "files", nullable=True),
    sa.Column("link", sa.Text, nullable=False, server_default=""),
    _member("author_id", nullable=True, ondelete="SET NULL"),
    sa.Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("call_id", "stage", "lang", "version"),
    sa.Index("ix_papers_author_id", "author_id"),
)

paper_readers = sa.Table(  # who has opened a lab's final paper
    "paper_readers",
    metadata,
    sa.Column(
        "call_id",
        sa.BigInteger,
        sa.ForeignKey("calls.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "member_id",
        sa.BigInteger,
        sa.ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    _lang(),
)

# --- reports to the donor ------------------------------------------------------------------------------------

member_traits = sa.Table(  # what people said of themselves so that reports can count them
    "member_traits",
    metadata,
    _member_key(),
    sa.Column("said_sealed", sa.LargeBinary, nullable=False),  # JSON: trait -> code
)

indicator_plans = sa.Table(  # where an indicator is to come to, other than the programme says by itself
    "indicator_plans",
    metadata,
    sa.Column("code", sa.String(24), primary_key=True),
    sa.Column("baseline", sa.Float, nullable=False, server_default="0"),
    sa.Column("target", sa.Float),
)

indicator_notes = sa.Table(  # why an indicator stands elsewhere than planned, in a coordinator's words
    "indicator_notes",
    metadata,
    sa.Column("period", sa.String(8), primary_key=True),
    sa.Column("code", sa.String(24), primary_key=True),
    sa.Column("text", sa.String(600), nullable=False),
)

reports = sa.Table(  # reports that were reviewed or locked; a draft has no row, it is counted anew each time
    "reports",
    metadata,
    sa.Column("period", sa.String(8), primary_key=True),  # e.g. 2026Q3
    _state("reviewed"),  # reviewed | locked
    sa.Column("reviewed_at", Instant, nullable=False),
    sa.Column("locked_at", Instant),
    sa.Column("frozen", Json),  # what it said when it was locked; counts only
)

report_links = sa.Table(  # a locked report as a page, once
    "report_links",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("period", sa.String(8), nullable=False),
    _lang(),
    sa.Column("expires_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# --- in and out ---------------------------------------------------------------------------------------------

inbox = (
    sa.Table(  # what was heard: the key that makes a re-sent update harmless, and what could not be handled
        "inbox",
        metadata,
        sa.Column("channel", sa.String(16), primary_key=True),
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("provider_id", sa.String(128), primary_key=True),
        _state("open"),  # open (in hand, or failing) | done | parked
        sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
        sa.Column("error", sa.String(80), nullable=False, server_default=""),  # exception class only
        sa.Column("payload_sealed", sa.LargeBinary),  # parked only
        sa.Column("heard_at", Instant, nullable=False),
        sa.Index("ix_inbox_heard_at", "heard_at"),
    )
)

outbox = sa.Table(
    "outbox",
    metadata,
    _id(),
    sa.Column("key", sa.String(160), nullable=False, unique=True),  # kind, subject, person, occurrence
    sa.Column("lane", sa.SmallInteger, nullable=False),  # 0 reply, 1 reminder or notice, 2 broadcast
    sa.Column("kind", sa.String(40), nullable=False),  # "screen", or a notice of handlers
    sa.Column("subject", sa.String(40), nullable=False, server_default=""),  # e.g. announcement:7
    sa.Column("args", Json, nullable=False, server_default="[]"),
    _member(),
    # No foreign key: checking a million of them takes PostgreSQL longer than everything else about them
    # (docs/decisions/0054). `storage.addresses` takes an address's rows along.
    sa.Column("address_id", sa.BigInteger, nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("screen_sealed", sa.LargeBinary),  # the ready Screen of a reply; notices are rendered when sent
    sa.Column(
        "replaces", sa.String(128), nullable=False, server_default=""
    ),  # provider id of the message to edit
    sa.Column(
        "callback", sa.String(128), nullable=False, server_default=""
    ),  # provider id of the tap to answer
    sa.Column(
        "card", sa.String(40), nullable=False, server_default=""
    ),  # a message kept up to date under this name
    _state("queued"),
    # queued | paused | sending | sent | delivered | read | failed | unknown | expired | withdrawn
    sa.Column("reason", sa.String(40), nullable=False, server_default=""),  # closed set, see storage.outbox
    sa.Column("detail", sa.String(80), nullable=False, server_default=""),  # provider's code, never a text
    sa.Column("provider_id", sa.String(128), nullable=False, server_default=""),
    sa.Column(
        "refused_id", sa.String(128), nullable=False, server_default=""
    ),  # provider's id of the try that came to nothing: what is still reported of it does not count
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("parts_sent", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("not_before", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("lease", sa.String(40), nullable=False, server_default=""),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("settled_at", Instant),
    sa.Index("ix_outbox_due", "state", "channel", "account", "lane", "not_before", "id"),
    sa.Index("ix_outbox_address_id_state", "address_id", "state"),
    sa.Index("ix_outbox_provider_id", "channel", "provider_id"),
    sa.Index("ix_outbox_subject_state", "subject", "state"),
)

cards = sa.Table(  # the live message behind a card name in one chat
    "cards",
    metadata,
    sa.Column(
        "address_id",
        sa.BigInteger,
        sa.ForeignKey("addresses.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("card", sa.String(40), primary_key=True),
    sa.Column("provider_id", sa.String(128), nullable=False),
)

whatsapp_contents = sa.Table(  # Content resources by wording, so that one wording is created once
    "whatsapp_contents",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("wording_hash", sa.LargeBinary, primary_key=True),
    sa.Column("content_sid", sa.String(40), nullable=False),
    sa.Column("used_at", Instant, nullable=False),
)

whatsapp_templates = sa.Table(  # prepared wordings as they stand with WhatsApp; a new wording is a new row
    "whatsapp_templates",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(24), primary_key=True),
    sa.Column("lang", sa.String(2), primary_key=True),
    sa.Column("wording", sa.String(16), primary_key=True),  # a digest of body, buttons, samples, category
    sa.Column("content_sid", sa.String(40), nullable=False),
    sa.Column("category", sa.String(16), nullable=False),
    _state("unsubmitted"),  # unsubmitted | received | pending | approved | rejected | paused | disabled
    sa.Column("reason", sa.String(300), nullable=False, server_default=""),  # why WhatsApp rejected it
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("checked_at", Instant, nullable=False),
)

whatsapp_openings = sa.Table(  # messages by which we began to talk: what is limited each day, and paid for
    "whatsapp_openings",
    metadata,
    _id(),
    sa.Column("account", sa.String(64), nullable=False),
    _ref("address_id", "addresses", nullable=True, ondelete="SET NULL"),
    sa.Column("row_id", sa.BigInteger, nullable=False),  # of the outbox, which forgets sooner
    sa.Column("provider_id", sa.String(64), nullable=False, unique=True),
    sa.Column("template", sa.String(24), nullable=False),
    sa.Column("category", sa.String(16), nullable=False),
    _state("sent"),  # sent | delivered | failed
    sa.Column("sent_at", Instant, nullable=False),
    sa.Index("ix_whatsapp_openings_account_sent_at", "account", "sent_at"),
    sa.Index("ix_whatsapp_openings_address_id", "address_id", "sent_at"),
)

browser_messages = sa.Table(  # what the demo's phones show
    "browser_messages",
    metadata,
    _id(),
    sa.Column("peer", sa.String(64), nullable=False),
    sa.Column("mine", sa.Boolean, nullable=False),  # written by the persona, not by the bot
    sa.Column("body_sealed", sa.LargeBinary, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("sent_at", Instant, nullable=False),
    sa.Index("ix_browser_messages_peer", "peer", "id"),
)

audit = sa.Table(  # what was done by whom, each row sealed together with the one before; see storage.audit
    "audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor_id", sa.BigInteger),  # a member's id, which outlives the member; null: the machine
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),  # ids and counts only
    sa.Column("seal", sa.LargeBinary, nullable=False),
)

facts = sa.Table(  # small facts about this installation: poll offsets, the demo clock, key check value
    "facts",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
