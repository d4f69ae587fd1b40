"""The unit of work: one transaction, and the aggregates that are read and written in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from storage.addresses import Addresses
from storage.agendas import Agendas
from storage.announcements import Announcements
from storage.answer_links import AnswerLinks
from storage.approvals import Approvals
from storage.attendance import Attendance
from storage.audit import Audit
from storage.browser import BrowserMessages
from storage.calendars import Calendars
from storage.calls import Calls
from storage.certificates import Certificates
from storage.coffee import Coffee
from storage.contents import WhatsAppContents
from storage.conversations import Conversations
from storage.direct import Connection
from storage.events import Events
from storage.facts import Facts
from storage.files import Files
from storage.forms import Forms
from storage.inbox import Inbox
from storage.intentions import Intentions
from storage.invitations import Invitations
from storage.join_requests import JoinRequests
from storage.keys import MemberKeys
from storage.linking import Linking
from storage.materials import Materials
from storage.members import Members
from storage.mentoring import Mentoring
from storage.merging import Merging
from storage.moments import Moments
from storage.nominations import Nominations
from storage.openings import Openings
from storage.organisations import Organisations
from storage.outbox import Claimed, Outbox
from storage.pins import Pins
from storage.polls import Polls
from storage.profiles import Profiles
from storage.questions import Questions
from storage.registrations import Registrations
from storage.relays import Relays
from storage.removals import Removals
from storage.reports import Reports
from storage.series import AllSeries
from storage.silence import Silence
from storage.suggestions import Suggestions
from storage.surveys import Surveys
from storage.templates import WhatsAppTemplates
from storage.traits import Traits
from storage.vault import Vault


class Unit:
    """One transaction. Everything read or written through it is committed together or not at all."""

    def __init__(self, connection: Connection, vault: Vault, leases: Mapping[tuple[str, str], str]) -> None:
        self.connection = connection
        self.vault = vault
        self.leases = leases
        """For each (channel, account) whose messages this very process sends: the lease it sends them under."""
        self.outgoing = False
        """Whether something was queued in the outbox, so that delivery can be woken after the commit."""
        self.removing = False
        """Whether messages wait to be taken out of chats."""
        self.handed: list[Claimed] = []
        """Replies to hand to this process's own senders after the commit, leased to them already."""
        self.behind: list[int] = []
        """The addresses to which a reply was queued behind something else."""

    def committed(self) -> None:
        """Take note that what was written is kept."""
        if "keys" in self.__dict__:
            self.keys.committed()

    @property
    def is_postgresql(self) -> bool:
        """Say whether rows and advisory locks can be taken; SQLite has one writer at a time instead."""
        return self.connection.dialect.name == "postgresql"

    @cached_property
    def addresses(self) -> Addresses:
        """Where people can be reached."""
        return Addresses(self)

    @cached_property
    def agendas(self) -> Agendas:
        """What happens on each day of an event."""
        return Agendas(self)

    @cached_property
    def answer_links(self) -> AnswerLinks:
        """Links to pages on which surveys are answered."""
        return AnswerLinks(self)

    @cached_property
    def attendance(self) -> Attendance:
        """Who was there."""
        return Attendance(self)

    @cached_property
    def calendars(self) -> Calendars:
        """Addresses for people's calendars."""
        return Calendars(self)

    @cached_property
    def certificates(self) -> Certificates:
        """Certificates of attendance."""
        return Certificates(self)

    @cached_property
    def intentions(self) -> Intentions:
        """Who says that they come."""
        return Intentions(self)

    @cached_property
    def series(self) -> AllSeries:
        """Events that belong together."""
        return AllSeries(self)

    @cached_property
    def announcements(self) -> Announcements:
        """Messages of coordinators to an audience."""
        return Announcements(self)

    @cached_property
    def approvals(self) -> Approvals:
        """What needs a second person's yes."""
        return Approvals(self)

    @cached_property
    def audit(self) -> Audit:
        """What was done by whom."""
        return Audit(self)

    @cached_property
    def browser(self) -> BrowserMessages:
        """What the demo's phones show."""
        return BrowserMessages(self)

    @cached_property
    def calls(self) -> Calls:
        """Small grants and collaboration labs."""
        return Calls(self)

    @cached_property
    def coffee(self) -> Coffee:
        """Who meets whom over coffee."""
        return Coffee(self)

    @cached_property
    def contents(self) -> WhatsAppContents:
        """WhatsApp content resources by wording."""
        return WhatsAppContents(self)

    @cached_property
    def conversations(self) -> Conversations:
        """What each chat is waiting for."""
        return Conversations(self)

    @cached_property
    def events(self) -> Events:
        """Events and their texts."""
        return Events(self)

    @cached_property
    def facts(self) -> Facts:
        """Small facts about this installation."""
        return Facts(self)

    @cached_property
    def files(self) -> Files:
        """Encrypted files."""
        return Files(self)

    @cached_property
    def inbox(self) -> Inbox:
        """What was heard."""
        return Inbox(self)

    @cached_property
    def invitations(self) -> Invitations:
        """Codes by which people join an organisation."""
        return Invitations(self)

    @cached_property
    def join_requests(self) -> JoinRequests:
        """Requests that a coordinator decides."""
        return JoinRequests(self)

    @cached_property
    def keys(self) -> MemberKeys:
        """Each person's own key."""
        return MemberKeys(self)

    @cached_property
    def linking(self) -> Linking:
        """Codes by which people link another app."""
        return Linking(self)

    @cached_property
    def materials(self) -> Materials:
        """Slides, tools and recordings."""
        return Materials(self)

    @cached_property
    def members(self) -> Members:
        """People."""
        return Members(self)

    @cached_property
    def mentoring(self) -> Mentoring:
        """Who learns from whom."""
        return Mentoring(self)

    @cached_property
    def merging(self) -> Merging:
        """Two records of one person made one."""
        return Merging(self)

    @cached_property
    def moments(self) -> Moments:
        """What the clock has to do."""
        return Moments(self)

    @cached_property
    def nominations(self) -> Nominations:
        """Colleagues proposed for events."""
        return Nominations(self)

    @cached_property
    def openings(self) -> Openings:
        """Messages by which we began to talk."""
        return Openings(self)

    @cached_property
    def organisations(self) -> Organisations:
        """Civil-society organisations."""
        return Organisations(self)

    @cached_property
    def outbox(self) -> Outbox:
        """The only door out."""
        return Outbox(self)

    @cached_property
    def pins(self) -> Pins:
        """What opens coordinators' tools."""
        return Pins(self)

    @cached_property
    def silence(self) -> Silence:
        """Who was asked whether to stay."""
        return Silence(self)

    @cached_property
    def removals(self) -> Removals:
        """Messages to be taken out of chats."""
        return Removals(self)

    @cached_property
    def polls(self) -> Polls:
        """Quick polls."""
        return Polls(self)

    @cached_property
    def questions(self) -> Questions:
        """Questions to the coordinators."""
        return Questions(self)

    @cached_property
    def reports(self) -> Reports:
        """Reports to the donor."""
        return Reports(self)

    @cached_property
    def registrations(self) -> Registrations:
        """Who comes to what."""
        return Registrations(self)

    @cached_property
    def forms(self) -> Forms:
        """The questions of surveys to come."""
        return Forms(self)

    @cached_property
    def surveys(self) -> Surveys:
        """Feedback after events."""
        return Surveys(self)

    @cached_property
    def templates(self) -> WhatsAppTemplates:
        """Prepared wordings, and what WhatsApp says of them."""
        return WhatsAppTemplates(self)

    @cached_property
    def traits(self) -> Traits:
        """What people said of themselves for the reports."""
        return Traits(self)

    @cached_property
    def suggestions(self) -> Suggestions:
        """Topics that members suggest."""
        return Suggestions(self)

    @cached_property
    def profiles(self) -> Profiles:
        """What organisations say of themselves."""
        return Profiles(self)

    @cached_property
    def relays(self) -> Relays:
        """Messages between people who see no numbers."""
        return Relays(self)
