"""The menu at the left of the console: what is there now and what this member may see."""

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.team import business
from apps.team.abilities import Ability, may
from apps.team.models import Member


@dataclass
class Entry:
    label: str
    address: str
    icon: str = ""
    is_current: bool = False
    entries: list["Entry"] = field(default_factory=list)
    # Beginnings of other addresses that belong to it.
    others: tuple[str, ...] = ()

    @property
    def is_within(self) -> bool:
        return any(entry.is_current for entry in self.entries)


def navigation(request: HttpRequest) -> list[Entry]:
    """The entries for this member, the one on the screen marked."""
    member = request.user
    entries = [Entry(_("Overview"), reverse("admin:index"), "overview")]
    if may(member, Ability.MANAGE_BOT):
        entries.append(_bot())
    if may(member, Ability.MANAGE_SETTINGS):
        entries.append(_settings())
    if may(member, Ability.EDIT_SHARED_REPLIES):
        address = reverse("admin:service_sessions_quickreply_changelist")
        entries.append(Entry(_("Quick replies"), address, "hash"))
    if may(member, Ability.VIEW_MEMBERS):
        entries.append(_team(member))
    entries.append(_customers(member))
    entries.append(_records(member))
    _mark(entries, request.path)
    return entries


def _bot() -> Entry:
    pages = [
        Entry(_("Q&A library"), reverse("admin:bot_qa")),
        Entry(_("Chit-chat library"), reverse("admin:bot_chitchat")),
        Entry(_("Bot settings"), reverse("admin:bot_settings")),
        Entry(_("Releases"), reverse("admin:bot_releases"), others=(reverse("admin:bot_publish"),)),
        Entry(_("Bot overview"), reverse("admin:bot_numbers")),
    ]
    return Entry(_("Bot"), reverse("admin:bot_numbers"), "bot", entries=pages)


def _settings() -> Entry:
    pages = ("/console/channels/",)
    channels = Entry(_("Channels"), reverse("admin:service_sessions_channel_changelist"), others=pages)
    sections = [
        Entry(str(section.title), reverse("admin:section", args=[section.name]))
        for section in business.sections()
    ]
    summaries = Entry(_("Summary categories"), reverse("admin:service_sessions_summarycategory_changelist"))
    sections.insert(1 + [section.name for section in business.sections()].index("summary"), summaries)
    return Entry(_("Settings"), reverse("admin:settings"), "sliders", entries=[channels, *sections])


def _team(member: Member) -> Entry:
    members = Entry(_("Members"), reverse("admin:team_member_changelist"))
    groups = Entry(_("Groups"), reverse("admin:team_skillgroup_changelist"), others=("/console/groups/",))
    pages = [members, groups]
    if may(member, Ability.MANAGE_CREDENTIALS):
        address = reverse("admin:team_apicredential_changelist")
        pages.append(Entry(_("API credentials"), address))
    if may(member, Ability.VIEW_TRAIL):
        sign_ins = Entry(_("Sign-ins"), reverse("admin:team_signinentry_changelist"))
        pages.append(sign_ins)
    return Entry(_("Team"), members.address, "people", entries=pages)


def _customers(member: Member) -> Entry:
    pages = [Entry(_("All customers"), "/customers/"), Entry(_("Blacklist"), "/customers/blacklist/")]
    if may(member, Ability.MANAGE_TAGS):
        pages.append(Entry(_("Tags"), reverse("admin:service_sessions_tag_changelist")))
    return Entry(_("Customers"), "/customers/", "person", entries=pages)


def _records(member: Member) -> Entry:
    records = Entry(_("Service records"), "/records/", "record")
    if may(member, Ability.VIEW_TRAIL):
        log = Entry(_("Access log"), reverse("admin:team_trailentry_changelist"))
        asked = Entry(_("Requests for access"), reverse("admin:service_sessions_accessrequest_changelist"))
        grants = Entry(_("Grants"), reverse("admin:team_grant_changelist"))
        records.entries = [Entry(_("All records"), "/records/"), asked, grants, log]
    return records


def _mark(entries: list[Entry], path: str) -> None:
    for entry in entries:
        _mark(entry.entries, path)
        if entry.address == reverse("admin:index"):
            entry.is_current = path == entry.address
        else:
            entry.is_current = not entry.entries and path.startswith((entry.address, *entry.others))
