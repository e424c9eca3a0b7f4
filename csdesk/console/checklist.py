"""What a new installation still needs before it can serve (M-5)."""

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.chatbot import releases
from apps.chatbot.models import Entry
from apps.sessions.models import Channel
from apps.team import business
from apps.team.abilities import Ability, may
from apps.team.models import Member, SettingsVersion

HOURS = "hours"


@dataclass(frozen=True)
class Step:
    """One thing to set up; an optional one has a default that works."""

    title: str
    help: str
    act: str
    address: str
    is_done: bool
    is_optional: bool = False


def steps(member: Member) -> list[Step]:
    """The steps with what is done; none for who may not set them up, and none once all that is needed is."""
    if not (may(member, Ability.MANAGE_SETTINGS) and may(member, Ability.MANAGE_CHANNELS)):
        return []
    found = [_channel(), _members(member)]
    if business.section_named(HOURS):
        found.append(_hours())
    if may(member, Ability.MANAGE_BOT):
        found += [_knowledge(), _publish()]
    return found if any(not step.is_done and not step.is_optional for step in found) else []


def _channel() -> Step:
    return Step(
        _("Connect a channel"),
        _("Customers reach you through your site or your app."),
        _("Add a website"),
        reverse("admin:service_sessions_channel_add") + "?kind=website",
        Channel.objects.filter(is_active=True).exists(),
    )


def _members(member: Member) -> Step:
    others = Member.objects.present().filter(serves=True).filter(~Q(pk=member.pk))
    return Step(
        _("Add members who serve"),
        _("They get an e-mail with a password, sign in and answer in the workbench."),
        _("Add a member"),
        reverse("admin:team_member_add"),
        others.exists() or member.serves,
    )


def _hours() -> Step:
    return Step(
        _("Set your hours"),
        _("Without hours you are always open."),
        _("Set hours"),
        reverse("admin:section", args=[HOURS]),
        SettingsVersion.objects.filter(section=HOURS).exists(),
        is_optional=True,
    )


def _knowledge() -> Step:
    return Step(
        _("Teach the bot"),
        _("Questions and answers that come up every day."),
        _("To the Q&A library"),
        reverse("admin:bot_qa"),
        Entry.objects.exists(),
    )


def _publish() -> Step:
    return Step(
        _("Publish the bot"),
        _("Customers get what has been published, not what is being written."),
        _("Publish"),
        reverse("admin:bot_publish"),
        releases.newest() is not None,
    )
